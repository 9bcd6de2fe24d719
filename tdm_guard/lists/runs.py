"""
Texts in order and once each, however many: so many as fit are sorted in memory, and such runs are merged from a file.

strategy: of each run a block or two are in memory. Up to the least of their last texts nothing is missing, so that this
much is taken of all and sorted at once; sorting what is sorted piecewise is merging it. Blocks are JSON, a line each.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from operator import eq
from pathlib import Path

HELD = 2**16  # texts in memory before they go to the disk, 70 bytes each; of the first runs an eighth of that
BLOCK = 512  # texts of a run that are read at a time: of a hundred runs, which are six million, some 4 to 7 MB
SHORT = 16  # runs: for a small list little memory is taken


class Runs:
    """Takes texts in any order and gives them back in that of their characters. The file is made when it is needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: list[str] = []
        self._runs: list[list[int]] = []  # where the blocks of each run begin

    def __len__(self) -> int:
        """No fewer than there are."""
        return len(self._held) + sum(len(blocks) * BLOCK for blocks in self._runs)

    def extend(self, texts: Iterable[str]) -> None:
        """More of them. Raises `OSError`."""
        self._held += texts
        if len(self._held) >= (HELD if len(self._runs) >= SHORT else HELD // 8):
            self._put_away()

    def merged(self) -> Iterator[list[str]]:
        """All of them, many at a time. Raises `OSError`."""
        if not self._runs:
            self._held.sort()
            yield _once(self._held)
            return
        self._put_away()
        with self._path.open("rb") as file:

            def block(place: int) -> list[str]:
                file.seek(place)
                found: list[str] = json.loads(file.readline())
                return found

            left = [iter(blocks) for blocks in self._runs]
            heads: list[list[str]] = [[] for _ in left]
            while True:
                for head, places in zip(heads, left, strict=True):
                    while len(head) < BLOCK and (place := next(places, None)) is not None:
                        head.extend(block(place))
                lasts = [head[-1] for head in heads if head]
                if not lasts:
                    return
                least, taken = min(lasts), []
                for head in heads:
                    end = bisect_right(head, least)
                    taken += head[:end]
                    del head[:end]
                taken.sort()
                yield _once(taken)

    def _put_away(self) -> None:
        self._held.sort()
        texts, blocks = _once(self._held), []  # in each run, so that none stands in two blocks
        with self._path.open("ab") as file:
            for start in range(0, len(texts), BLOCK):
                blocks.append(file.tell())
                file.write(json.dumps(texts[start : start + BLOCK]).encode() + b"\n")
        self._runs.append(blocks)
        self._held = []


def _once(texts: list[str]) -> list[str]:
    """Texts in their order, each once, as most are: to look for two that are alike takes a fraction of a table."""
    alike = any(map(eq, texts, islice(texts, 1, None)))
    return list(dict.fromkeys(texts)) if alike else texts
