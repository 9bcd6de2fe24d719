"""Tally: what is counted of a body that is handed on after its decision, while it streams."""

from __future__ import annotations

import hashlib

from tdm_guard.decision import Decision
from tdm_guard.errors import LogError
from tdm_guard.guard import Guard


class Tally:
    """
    Size and digest of a body as received; writes its `body` record once, at the end or when it is given up.

    It stands in `tallies` until then, so that the end of the run finds it.
    """

    __slots__ = ("_decision", "_digest", "_guard", "_size", "_tallies")

    def __init__(self, guard: Guard, decision: Decision, heard: list[bytes], tallies: set[Tally]) -> None:
        self._guard = guard
        self._decision = decision
        self._digest = hashlib.sha256()
        self._size = 0
        self._tallies = tallies
        tallies.add(self)
        for chunk in heard:
            self.add(chunk)

    def add(self, chunk: bytes) -> None:
        """Counts a piece; called before it is handed on. Raises `LogError` for one that comes after the record."""
        if self not in self._tallies:
            raise LogError("what still comes of a body cannot be recorded: it was closed, or its run has ended")
        self._size += len(chunk)
        self._digest.update(chunk)

    def end(self, *, complete: bool) -> None:
        """Writes the record, whichever thread is first. Raises `LogError` when that fails."""
        try:
            self._tallies.remove(self)
        except KeyError:
            return
        digest = self._digest.hexdigest()
        self._guard.body(self._decision, size=self._size, content_sha256=digest, complete=complete)
