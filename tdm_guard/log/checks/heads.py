"""
The heads that a reader brings: hashes that were written down elsewhere, each of the last record of a run at that time.

A log that was cut does not have the record any more, and one that was altered before it has other hashes from there on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tdm_guard.log.checks.run import VerifiedRun

_HASH = re.compile(r"[0-9a-f]{64}\Z")


class Met(NamedTuple):
    """Where the record was met, and how its run stood then."""

    run: VerifiedRun
    path: str
    line: int
    records: int  # of the run up to here
    deletions: int
    intact: bool


class Heads:
    """
    Looks out for the given hashes, and for the `sealed` ones, about which others answer.

    Raises `ConfigurationError` for what is none.
    """

    def __init__(self, given: Iterable[str], sealed: Iterable[str] = ()) -> None:
        self._met: dict[str, Met | None] = {}
        for head in given:
            if not _HASH.match(head.strip().lower()):
                raise ConfigurationError(f"--head: {head!r} is no hash: 64 hexadecimal digits, as verify prints them")
            self._met[head.strip().lower()] = None
        self._given = tuple(self._met)
        self._met |= {head: None for head in sealed if head not in self._met}

    def __bool__(self) -> bool:
        return bool(self._met)

    def __contains__(self, digest: str) -> bool:
        return digest in self._met

    def look(self, digest: str, run: VerifiedRun) -> None:
        """Notes the record that the run has just come to, if its bytes have one of the hashes."""
        if digest in self._met and self._met[digest] is None:
            self._met[digest] = Met(run, run.path, run.line, run.records, run.deletions, run.intact)

    def met(self, head: str) -> Met | None:
        """What came of one of them."""
        return self._met.get(head)

    def answers(self) -> Iterator[tuple[str, Met | None]]:
        """What came of each given one."""
        for head in self._given:
            yield head, self._met[head]

    def to_dict(self) -> list[dict[str, Any]]:
        """The heads in JSON's own types."""
        return [
            {
                "head": head,
                "found": met is not None and met.intact,
                "run": met.run.name if met else None,
                "path": met.path if met else None,
                "line": met.line if met else None,
                "records_after": met.run.records - met.records if met else None,
            }
            for head, met in self.answers()
        ]
