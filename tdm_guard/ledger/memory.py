"""What pages said of the pictures they show, and feeds of their items, for what the same run judges behind them."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from tdm_guard.judging.case import Case
from tdm_guard.judging.pictures import Shown
from tdm_guard.model import Statement
from tdm_guard.policies.policy import OriginPolicy

MAX_ORIGINS = 4096  # with feeds that were met, some kilobytes each; the oldest go first


class _Learned(NamedTuple):
    """The policy that an origin was judged under last, and the same with what its feeds said."""

    plain: OriginPolicy
    full: OriginPolicy


class Memory:
    """
    Of one run. What is judged before the page or feed does not profit, as in a crawl.

    `knows`: something was kept.
    """

    def __init__(self) -> None:
        self.knows = False
        self._shown = Shown()
        self._learned: OrderedDict[str, _Learned] = OrderedDict()

    def said(self, url: str, now: datetime) -> tuple[Statement, ...]:
        """What a page said of a picture."""
        return self._shown.says(url, now).statements

    def policy(self, policy: OriginPolicy, now: datetime) -> OriginPolicy:
        """A policy with what feeds of its origin said, as far as that is fresh."""
        known = self._learned.get(policy.name)
        if known is None:
            return policy
        plain, full = known
        fresh = tuple(item for item in full.learned if item.is_fresh(now))
        if plain is not policy or len(fresh) < len(full.learned):
            full = policy.learning(fresh)
            self._learned[policy.name] = _Learned(policy, full)
        return full

    def heard(self, case: Case) -> None:
        """Keeps what a case brought for others."""
        urls, said = case.shows
        if said:
            self.knows = True
            self._shown.remember(urls, said, case.now)
        if case.learned:
            self.knows = True
            self._learned[case.policy.name] = _Learned(case.policy, case.policy.learning(case.learned))
            if len(self._learned) > MAX_ORIGINS:
                self._learned.popitem(last=False)
