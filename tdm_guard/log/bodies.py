"""
What a run says of bodies that were streamed on: does each `body` record fit its decision?

They have no hash. So each is held against its decision, which has one: that it was handed on, that it left size and
digest open, and that nothing was said of its body before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tdm_guard.log.members import is_size
from tdm_guard.plain import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DIGEST = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1024  # numbers whose bits are kept together: some 200 bytes, less than one line with a number far off


class Bodies:
    """The decisions of one run as far as its bodies are concerned: at most three bits for each."""

    __slots__ = ("_seen", "_whole", "_withheld")

    def __init__(self) -> None:
        self._withheld = _Numbers()
        self._whole = _Numbers()
        self._seen = _Numbers()

    def decided(self, seq: int, *, admitted: bool, streamed: bool) -> None:
        """Notes whether the decision leaves a body to be streamed on: it was `admitted`, and has no digest of one."""
        if not admitted:
            self._withheld.add(seq)
        elif not streamed:
            self._whole.add(seq)

    def are_whole(self, numbers: list[int]) -> list[int]:
        """Notes admitted decisions that have the digest of their body; none of them is left."""
        blocks = self._whole.blocks
        for number in numbers:
            block = number // _BLOCK
            blocks[block] = blocks.get(block, 0) | 1 << number % _BLOCK
        return []

    def takes(self, seq: int) -> bool:
        """True, and noted, if decision `seq` leaves a body of which nothing was said yet."""
        block, bit = seq // _BLOCK, 1 << seq % _BLOCK
        seen = self._seen.blocks.get(block, 0)
        if (seen | self._withheld.blocks.get(block, 0) | self._whole.blocks.get(block, 0)) & bit:
            return False
        self._seen.blocks[block] = seen | bit
        return True

    def problems(self, seq: int, record: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with a body record of decision `seq`, which the run has."""
        if seq in self._withheld:
            yield "a body handed on of a decision that withheld it"
        elif seq in self._whole:
            yield "a body streamed on after its decision, which has the digest of the whole body"
        if seq in self._seen:
            yield "a second body record of one decision"
        self._seen.add(seq)
        if not is_size(size := record.get("bytes")):
            yield f"bytes {shown(size)} of a body is no size"
        digest = record.get("content_sha256", "")
        if digest is not None and not (isinstance(digest, str) and _DIGEST.fullmatch(digest)):
            yield f"content_sha256 {shown(digest)} of a body is no SHA-256 in lower-case hexadecimal"
        if not isinstance(complete := record.get("complete"), bool):
            yield f"complete {shown(complete)} of a body is neither true nor false"


class _Numbers:
    """A set of numbers, a bit for each where they lie close together."""

    __slots__ = ("blocks",)

    def __init__(self) -> None:
        self.blocks: dict[int, int] = {}

    def add(self, number: int) -> None:
        block, bit = divmod(number, _BLOCK)
        self.blocks[block] = self.blocks.get(block, 0) | 1 << bit

    def __contains__(self, number: int) -> bool:
        block, bit = divmod(number, _BLOCK)
        return bool(self.blocks.get(block, 0) >> bit & 1)


def shown(value: object) -> str:
    """A stranger's value for a message: escapes instead of control characters, and not at any length."""
    return bounded(repr(value), 120) or ""
