"""
What is surely not in a list, told without asking it: a bit for each remainder that a value of it has.

strategy: nearly all that is looked up is not there. A value whose bit is not set is none of the list; for one whose bit
is set, as by chance for one in eight to sixteen, the list is asked. The remainder is that of a CRC-32, which takes a
tenth of the time of any other digest and is spread evenly enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

PER_ENTRY = 8  # bits; of those that are not there one in eight passes, or fewer
LEAST, MOST = (
    2**10,
    2**25,
)  # bytes: with 270 million entries the half of what is asked passes, which is slower, not wrong


class Sieve:
    """The bits of a list, a power of two of them."""

    __slots__ = ("_bits", "_last")

    def __init__(self, bits: bytes | bytearray) -> None:
        self._bits = bits
        self._last = 8 * len(bits) - 1

    @classmethod
    def of(cls, entries: int, old: Sieve | None = None) -> Sieve:
        """One for so many entries at most, with those of an older one in it."""
        size = LEAST
        while size < MOST and 8 * size < PER_ENTRY * entries:
            size *= 2
        if old is None:
            return cls(bytearray(size))
        return cls(bytearray(old._bits) * max(1, size // len(old._bits)))  # a bit stands for all that it is a rest of

    @property
    def bits(self) -> bytes | bytearray:
        """All of it, as it is kept."""
        return self._bits

    @property
    def crc(self) -> str:
        """What tells whether all of it is as it was."""
        return f"{crc32(self._bits):08x}"

    @property
    def whole(self) -> bool:
        """True if it has a size that one can have."""
        return LEAST <= len(self._bits) <= MOST and not len(self._bits) & (len(self._bits) - 1)

    def add(self, key: int, values: Iterable[str]) -> None:
        """Lets values of a key pass, by its number."""
        bits, last = self._bits, self._last
        for rest in [crc32(value.encode("utf-8", "surrogatepass"), key) & last for value in values]:
            bits[rest >> 3] |= 1 << (rest & 7)  # type: ignore[index] # only what `of` made is added to

    def may_have(self, key: int, value: str) -> bool:
        """False for what was surely not added."""
        rest = crc32(value.encode("utf-8", "surrogatepass"), key) & self._last
        return self._bits[rest >> 3] & 1 << (rest & 7) != 0
