"""
A piece that stands for a longer document: some parts of it, with their places, behind a head that says so.

    extract = "tdm-guard extract 1" LF json LF *part       ; the parts as they stand in the document, in their order

The JSON object has `of` (what it was taken from: `bytes`, its size; `sha256`, its digest, where it was a whole
document) and `parts`, each with `offset` and `bytes`, and `line`, the number of the line that it begins in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

MAGIC = b"tdm-guard extract 1\n"
MAX_HEAD = 64 * 1024  # bytes of the JSON line that are read back; sixty-four parts take some four thousand


class Part(NamedTuple):
    """Some bytes of a document: where they begin, the number of the line there, and they themselves."""

    offset: int
    line: int
    data: bytes


class Extract(NamedTuple):
    """The parts that were kept of a document of `size` bytes; `sha256` is its digest, if that is recorded."""

    parts: tuple[Part, ...]
    size: int
    sha256: str | None = None


def extract(document: bytes, spans: Iterable[tuple[int, int]], *, sha256: str | None = None) -> bytes:
    """The piece that holds these spans (from, to) of a document, in order; those that touch become one."""
    parts: list[dict[str, int]] = []
    data = b""
    line = at = 0
    for start, stop in _joined(spans, len(document)):
        line += line_ends(document, at, start)
        at = start
        parts.append({"offset": start, "bytes": stop - start, "line": line + 1})
        data += document[start:stop]
    of = {"bytes": len(document)} | ({} if sha256 is None else {"sha256": sha256})
    head = json.dumps({"of": of, "parts": parts}, separators=(",", ":"))
    return MAGIC + head.encode() + b"\n" + data


def read_extract(piece: bytes) -> Extract | None:
    """The parts in a piece; None for one that is no extract, but the document itself."""
    if not piece.startswith(MAGIC):
        return None
    end = piece.find(b"\n", len(MAGIC), len(MAGIC) + MAX_HEAD)
    if end < 0:
        return None
    try:
        head = json.loads(piece[len(MAGIC) : end])
        at, parts = end + 1, []
        for each in head["parts"]:
            offset, size, line = int(each["offset"]), int(each["bytes"]), int(each["line"])
            if size < 0 or at + size > len(piece):
                return None
            parts.append(Part(offset, line, piece[at : at + size]))
            at += size
        sha256 = head["of"].get("sha256")
        return Extract(tuple(parts), int(head["of"]["bytes"]), sha256 if isinstance(sha256, str) else None)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _joined(spans: Iterable[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, stop in sorted((start, min(stop, size)) for start, stop in spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        elif stop > start:
            found.append((start, stop))
    return found


def line_ends(document: bytes, start: int, stop: int) -> int:
    """How many lines end in a stretch of bytes, as HTML and robots.txt count them: CR LF, CR or LF."""
    ends = document.count(b"\n", start, stop) + document.count(b"\r", start, stop)
    return ends - document.count(b"\r\n", start, stop)
