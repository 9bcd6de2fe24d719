"""What a verification keeps in mind of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tdm_guard.log.bodies import Bodies
from tdm_guard.log.checks.forgotten import Forgotten
from tdm_guard.log.members import text_of
from tdm_guard.log.record import CHAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tdm_guard.log.checks.outcome import Facts
    from tdm_guard.log.checks.roots import Roots

MAX_COMMONS = 512  # of a run, whose last ones a decision may refer to: as many as the writer keeps
MAX_AGENT = 200  # characters; a robots.txt token is a word


class VerifiedRun:
    """
    One run: where its last record in the chain stands, its head (the hash of that record) and what was counted.

    `partial`: its beginning was not given, so that what stood before is not known. `intact`: no error so far.
    """

    __slots__ = (
        "agent",
        "apart",
        "bodies",
        "chained",
        "commons",
        "decisions",
        "deletions",
        "ended",
        "forgotten",
        "head",
        "intact",
        "line",
        "name",
        "part",
        "partial",
        "path",
        "recomputed",
        "records",
        "refused",
        "roots",
        "seq",
        "stated",
        "told",
        "totals",
    )

    def __init__(self, name: str, told: Mapping[str, Any], *, head: str) -> None:
        self.name = name
        self.told = members_of(told)
        self.agent = text_of(told, "agent", MAX_AGENT)
        self.chained = told.get("chain") == CHAIN
        self.head = head
        self.path, self.line = "", 0
        self.part, self.partial = 1, False
        self.apart = 0  # decisions whose personal members are not in the log
        self.records = self.deletions = self.decisions = self.seq = 0
        self.ended, self.refused, self.intact = False, False, True
        self.totals: dict[str, int] = {}
        self.bodies = Bodies()
        self.forgotten = Forgotten()
        self.commons: dict[bytes, Facts] = {}  # by how decisions refer to them
        self.roots: Roots | None = None
        self.stated: object = None
        self.recomputed: Mapping[str, Any] | None = None

    def has_common(self, digest: str, facts: Facts) -> None:
        """Notes what the decisions have in common that refer to a record by its hash."""
        while len(self.commons) >= MAX_COMMONS:
            del self.commons[next(iter(self.commons))]
        self.commons[reference(digest)] = facts

    def recompute(self) -> None:
        """Closes the trees that its records came to, if they were grown."""
        roots, self.roots = self.roots, None
        if roots is not None:
            self.recomputed = roots.stated()
            roots.close()

    def to_dict(self) -> dict[str, Any]:
        """The run in JSON's own types."""
        return {
            "name": self.name,
            "file": self.path,
            "agent": self.agent,
            "decisions": self.decisions,
            "ended": self.ended,
            "whole": not self.partial,
            "forgotten": self.forgotten.count,
            "head": self.head,
            "roots": {"stated": self.stated, "recomputed": self.recomputed},
        }


def reference(digest: str) -> bytes:
    """How a usual decision refers to a common record, up to the next of its members."""
    return b'"common":"%b","bytes":' % digest.encode("utf-8", "surrogatepass")


def members_of(told: Mapping[str, Any]) -> int:
    """What a run record says of its run, as a number to compare it by with what a later part repeats."""
    try:
        return hash(repr(sorted((name, repr(value)) for name, value in told.items() if name not in _PLACE)))
    except RecursionError:
        return 0


_PLACE = frozenset({"type", "v", "run"})  # what a part does not repeat
