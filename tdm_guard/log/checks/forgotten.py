"""
Records that were forgotten: a tombstone stands in the place of each, and a chained `deletion` record lists its hash.

A tombstone keeps `prev` and `hash` of the record it stands for, whose bytes are gone: the chain goes on through it, but
it could stand for any record. So it counts only if the run itself says, later, that it was put there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tdm_guard.log.bodies import shown
from tdm_guard.log.members import is_digest, is_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Place = tuple[str, int]


MAX_DIGESTS = 100_000  # of forgotten copies of a run that are kept in mind, 10 MB; of others it is said that they miss


class Forgotten:
    """The tombstones of one run, until a deletion record lists them."""

    __slots__ = ("_unlisted", "copies", "count", "digests", "removed")

    def __init__(self) -> None:
        self.count = 0  # tombstones
        self.copies = 0  # of evidence that only forgotten decisions rested on
        self.digests: set[str] = set()  # theirs
        self.removed = 0  # decisions whose personal members were removed, as deletion records say
        self._unlisted: dict[str, Place] = {}

    def tombstone(self, digest: str, place: Place) -> None:
        """Notes a tombstone with the hash of the record that it stands for."""
        self.count += 1
        self._unlisted[digest] = place

    def deleted(self, record: Mapping[str, Any]) -> Iterator[str]:
        """Hears a deletion record; what is wrong with it."""
        decisions, hashes = record.get("decisions"), record.get("hashes")
        if not is_size(decisions):
            yield f"decisions {shown(decisions)} of a deletion is no number"
            return
        copies = record.get("copies", [])
        if not isinstance(copies, list) or not all(map(is_digest, copies)):
            yield f"copies {shown(copies)} of a deletion are none"
            return
        self.copies += len(copies)
        self.digests.update(copies[: MAX_DIGESTS - len(self.digests)])
        if hashes is None:
            self.removed += decisions
            return
        if not isinstance(hashes, list) or not all(isinstance(each, str) for each in hashes):
            yield f"hashes {shown(hashes)} of a deletion are none"
            return
        if len(hashes) != decisions:
            yield f"a deletion of {decisions} decisions that lists {len(hashes)}"
        for each in hashes:
            self._unlisted.pop(each, None)

    def unlisted(self) -> Iterator[Place]:
        """Where tombstones stand that no deletion record lists."""
        yield from self._unlisted.values()
