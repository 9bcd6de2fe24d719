"""
LOG.tree: the trees of the runs in a log, laid out so that a proof reads a few pieces of it.

    header     "tdm-guard tree 1", place and length of the directory (eight bytes each, big-endian), its SHA-256
    sections   of each run: decisions, addresses, domains; under each the root of every 256 leaves; common records
    directory  JSON: the files it was made from, the runs, where their sections begin

strategy: entries have a fixed width and digests are in order, so that finding one is a binary search in the file. Above
the blocks of 256 leaves a tree is made again from the roots of these, a few hundredths of a second for ten million.
"""

from __future__ import annotations

import json
import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.merkle import BLOCK, Root, leaf_hash, path_of, root_of_entries
from tdm_guard.log.sorting import KEY
from tdm_guard.log.trees import SEQ

MAGIC = b"tdm-guard tree 1"
MAX_DIRECTORY = 128 * 2**20  # bytes: 100,000 runs at some 1,200 each
MAX_OFFSET = 2**63  # bytes of a file: what the systems can address
DECISION = struct.Struct(">32sHQ")  # hash, number of the file, place in it; in order of seq
COMMON = DECISION  # the same of common records, in order of their hashes
_HEADER = struct.Struct(">16sQQ32s")
_WIDTHS = {"decisions": DECISION.size, "addresses": KEY + SEQ, "domains": KEY + SEQ}


class Place(NamedTuple):
    """Where a line begins."""

    file: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRun:
    """What a run comes to: the hash of its last record, its trees as an end record has them, how it ended."""

    run: str
    head: str
    ended: bool
    forgotten: int = 0  # decisions whose addresses are gone: the roots are those that were stated before
    trees: Mapping[str, Mapping[str, Any]]
    redact: tuple[str, ...] = ()


class TreeWriter:
    """Writes a LOG.tree into `file`, run by run, and the directory at the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._runs: list[dict[str, Any]] = []
        file.write(bytes(_HEADER.size))

    def section(self, entries: Iterable[bytes]) -> tuple[dict[str, Any], dict[str, int]]:
        """Writes the entries of a tree, then the roots of its blocks; gives size and root, and where both stand."""
        begin = self._file.tell()
        root, size, blocks = Root(), 0, bytearray()
        rest = iter(entries)
        while block := list(islice(rest, BLOCK)):
            self._file.write(b"".join(block))
            size += len(block)
            blocks += root_of_entries([entry[:KEY] for entry in block])
            root.add(bytes(blocks[-KEY:]))
        above = self._file.tell()
        self._file.write(blocks)
        return {"size": size, "root": root.digest().hex()}, {"entries": begin, "blocks": above}

    def commons(self, entries: Iterable[bytes]) -> dict[str, int]:
        """Writes where common records stand."""
        begin = self._file.tell()
        for entry in entries:
            self._file.write(entry)
        return {"entries": begin, "count": (self._file.tell() - begin) // COMMON.size}

    def run(self, sealed: SealedRun, sections: Mapping[str, Mapping[str, int]]) -> None:
        """The run whose sections were written."""
        self._runs.append(
            {
                "run": sealed.run,
                "head": sealed.head,
                "ended": sealed.ended,
                "forgotten": sealed.forgotten,
                "trees": sealed.trees,
                "redact": sealed.redact,
                "sections": sections,
            }
        )

    def finish(self, files: Iterable[Mapping[str, Any]]) -> None:
        """Writes the directory: of these files, as `TreeFile.files` gives them back."""
        directory = json.dumps({"files": list(files), "runs": self._runs}).encode()
        if len(directory) > MAX_DIRECTORY:
            raise ConfigurationError(f"{len(self._runs)} runs are too many for one index; take fewer logs at a time")
        place = self._file.tell()
        self._file.write(directory)
        self._file.seek(0)
        self._file.write(_HEADER.pack(MAGIC, place, len(directory), sha256(directory).digest()))
        self._file.flush()


class TreeFile:
    """A LOG.tree that is read. Raises `ConfigurationError` for what is none, or a damaged one."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        magic, place, length, digest = _HEADER.unpack(self._read(0, _HEADER.size))
        if magic != MAGIC or length > MAX_DIRECTORY:
            raise ConfigurationError(f"{name!r} is no index of a log that this version reads; seal the log anew")
        directory = self._read(place, length)
        if sha256(directory).digest() != digest:
            raise self._damaged()
        found = json.loads(directory)
        self.files: list[Mapping[str, Any]] = found["files"]
        self.runs: list[Mapping[str, Any]] = found["runs"]

    def tree(self, run: Mapping[str, Any], name: str) -> StoredTree:
        """One of the trees of a run of `runs`."""
        return StoredTree(self, run["trees"][name]["size"], _WIDTHS[name], **run["sections"][name])

    def decision(self, run: Mapping[str, Any], seq: int) -> tuple[bytes, Place]:
        """Hash and place of a decision."""
        return self._line(self.tree(run, "decisions").entry(seq - 1))

    def common(self, run: Mapping[str, Any], digest: bytes) -> Place | None:
        """Where the common record of that hash stands."""
        section = run["sections"]["commons"]
        begin, count = section["entries"], section["count"]
        at = bisect_left(range(count), digest, key=lambda n: self._read(begin + n * COMMON.size, KEY))
        found, place = self._line(self._read(begin + at * COMMON.size, COMMON.size)) if at < count else (b"", None)
        return place if found == digest else None

    def _line(self, entry: bytes) -> tuple[bytes, Place]:
        digest, file, offset = DECISION.unpack(entry)
        return digest, Place(file, offset)

    def _read(self, place: int, length: int) -> bytes:
        if not 0 <= place < MAX_OFFSET:
            raise self._damaged()
        self._file.seek(place)
        found = self._file.read(length)
        if len(found) != length:
            raise self._damaged()
        return found

    def _damaged(self) -> ConfigurationError:
        return ConfigurationError(f"{self._name!r} is damaged; remove it, or seal the log anew")


class StoredTree:
    """One tree in a LOG.tree: its entries by their index, and the paths to its root."""

    def __init__(self, of: TreeFile, size: int, width: int, entries: int, blocks: int) -> None:
        self.size = size
        self._read = of._read
        self._width, self._entries, self._blocks = width, entries, blocks
        self._above: list[bytes] | None = None

    def entry(self, index: int) -> bytes:
        """The entry there."""
        return self._read(self._entries + index * self._width, self._width)

    def find(self, digest: bytes) -> int:
        """Where the digest stands, or would stand: the number of those before it."""
        return bisect_left(range(self.size), digest, key=lambda index: self.entry(index)[:KEY])

    def path(self, index: int) -> list[bytes]:
        """The path from the leaf there to the root."""
        block = index // BLOCK
        begin = block * BLOCK
        if self._above is None:
            self._above = list(_keys(self._read(self._blocks, -(-self.size // BLOCK) * KEY), KEY))
        count = min(BLOCK, self.size - begin)
        entries = self._read(self._entries + begin * self._width, count * self._width)
        return path_of([leaf_hash(key) for key in _keys(entries, self._width)], index - begin) + path_of(
            self._above, block
        )


def _keys(entries: bytes, width: int) -> Iterator[bytes]:
    return (entries[at : at + KEY] for at in range(0, len(entries), width))
