"""Does the outcome of a decision fit together: verdict, `admitted`, `enforced`, address?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.log.bodies import shown
from tdm_guard.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

VERDICTS = frozenset(verdict.value for verdict in Verdict)
_WITHHOLDING = frozenset(verdict.value for verdict in Verdict if verdict.withholds)


class Facts(NamedTuple):
    """What a decision has in common with others, as far as a verification needs it."""

    verdict: str
    admitted: bool
    content: bool


def facts_of(record: Mapping[str, Any]) -> Facts:
    """These facts of a record, or of the members that records have in common."""
    return Facts(verdict_of(record), record.get("admitted") is True, record.get("content") is True)


def verdict_of(record: Mapping[str, Any]) -> str:
    """The verdict, or "unknown"."""
    verdict = record.get("verdict")
    return verdict if isinstance(verdict, str) and verdict in VERDICTS else "unknown"


def outcome_problem(record: Mapping[str, Any]) -> str | None:
    """What is wrong with the outcome itself."""
    verdict, admitted, enforced = record.get("verdict"), record.get("admitted"), record.get("enforced")
    if not isinstance(verdict, str) or verdict not in VERDICTS:
        return f"verdict {shown(verdict)} is unknown"
    if admitted is not (enforced is False or verdict not in _WITHHOLDING):
        return f"admitted is {shown(admitted)} under verdict {verdict} and enforced {shown(enforced)}"
    return None


def addresses_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses of a decision's journey."""
    hops = record.get("hops")
    found = [record.get("url"), record.get("final_url"), *(hops if isinstance(hops, list) else ())]
    return tuple(dict.fromkeys(url for url in found if isinstance(url, str)))
