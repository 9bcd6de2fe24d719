"""
Chunk framing that was left in a body (RFC 9112 7.1).

    chunked-body = *chunk last-chunk trailer-section CRLF
    chunk        = chunk-size [chunk-ext] CRLF chunk-data CRLF         last-chunk = 1*"0" [chunk-ext] CRLF

Archives keep bodies as they came, or with the framing taken off beside the old field, or framed without the field. So
a body is undone where it fits the grammar to its last byte, whatever the field says.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_CHUNKS = 2**17  # 32 MiB in pieces of 256 bytes; servers send kilobytes at a time

HEXADECIMAL = frozenset(bytes([byte]) for byte in b"0123456789abcdefABCDEF")  # how a chunk begins
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]{0,4096})?(\r?\n)")
_SIZE_BEGUN = re.compile(rb"(?:[0-9A-Fa-f]{1,16}[ \t]*(?:;[^\r\n]{0,4096})?\r?)?")
_TRAILERS = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}:[^\r\n]{0,8192}\r?\n){0,100}(?:\r?\n)?")


class Dechunked(NamedTuple):
    """
    What the framing held; `exact`: all of it from first to last byte is framing and data; `cut`: as far as it goes.
    `bare`: neither, and its lines end as those of a text do, which no server writes.

    Where it was damaged or cut, the rest stands behind what was undone, as it is.
    """

    body: bytes
    exact: bool
    cut: bool = False
    bare: bool = False


def dechunk(body: bytes, *, strict: bool = False) -> Dechunked | None:
    """
    `body` without its chunk framing; None if it does not begin with a chunk.

    `strict`, for bodies that no field calls chunked, wants CRLF and at least one chunk of data.
    """
    if body[:1] not in HEXADECIMAL:
        return None
    at, pieces, view = 0, list[memoryview](), memoryview(body)
    rest, cut = 0, False
    for _ in range(MAX_CHUNKS):
        found = _SIZE.match(body, at)
        if found is None or (strict and found[2] != b"\r\n"):
            cut = _SIZE_BEGUN.fullmatch(body, at) is not None
            break
        size, begin = int(found[1], 16), found.end()
        if size == 0:
            end = _TRAILERS.match(body, begin)
            exact = end is not None and end.end() == len(body) and (bool(pieces) or not strict)
            whole = b"".join(pieces if exact else [*pieces, view[begin:]])
            return Dechunked(whole, exact, bare=not exact and found[2] == b"\n")
        end_of_data = begin + size
        if not body.startswith(found[2], end_of_data):
            cut = end_of_data >= len(body) - 1
            rest = begin if cut else at  # else it is no chunk
            break
        pieces.append(view[begin:end_of_data])
        at = rest = end_of_data + len(found[2])
    first = _SIZE.match(body)
    if first is None:
        return None
    return Dechunked(b"".join([*pieces, view[rest:]]), exact=False, cut=cut, bare=first[2] == b"\n")
