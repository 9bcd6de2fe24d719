"""What an earlier decision rests on beside what its documents say now: given back only where they say the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from tdm_guard.decision import Checked, Decision
from tdm_guard.judge import Judge, Policies, aware
from tdm_guard.model import Result


def rests_on_same(
    known: Decision,
    judge: Judge,
    url: str,
    *,
    policies: Policies | None,
    now: datetime,
    address: Callable[[str], str],
) -> bool:
    """
    True if the documents of the origin, and those that the answer declared, came to the same, byte for byte.

    `address` spells one as the log has it, which may leave out secrets.
    """
    policy = judge.policy_for(url, {} if policies is None else policies, aware(now))
    then = {each.document: _came_to(each) for each in known.checked}
    for each in policy.checked:
        if then.pop(address(each.document), None) != _came_to(each):
            return False
    if not then:
        return True
    lent = {item.path: _came_to(item.checked) for item in policy.lent}
    return all(
        came_to == (lent[document] if document in lent else _looked_up(judge, document, came_to, now))
        for document, came_to in then.items()
    )


_CameTo = tuple[Result, int | None, str | None]


def _came_to(checked: Checked) -> _CameTo:
    return checked.result, checked.status, checked.sha256


def _looked_up(judge: Judge, document: str, came_to: _CameTo, now: datetime) -> _CameTo:
    """What a document that an answer declared comes to now, as far as that can be told without reading it."""
    found = None if judge.library is None else judge.library(document, now)
    if found is None:
        return Result.NOT_ATTEMPTED, None, None
    result, _, sha256 = came_to
    return result, found.status, None if sha256 is None else hashlib.sha256(found.body).hexdigest()
