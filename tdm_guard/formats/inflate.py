"""Deflated data in pieces, for whoever looks through what may be a thousand times as long when it is unpacked."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_INPUT = 2**14  # bytes given at a time: what the decompressor does not take up is copied
PIECE = 2**16  # bytes of a piece
ZLIB, GZIP, BARE = 15, 31, -15


def pieces(data: bytes, bits: int, most: int) -> Iterator[bytes]:
    """
    The data unpacked, in pieces of at most `PIECE` bytes and `most` bytes in all.

    Raises `zlib.error` where it is damaged, `EOFError` where it ends early or goes on after `most` bytes.
    """
    stream = zlib.decompressobj(bits)
    given = 0
    for at in range(0, len(data), _INPUT):
        rest = data[at : at + _INPUT]
        while not stream.eof:
            piece = stream.decompress(rest, PIECE)
            given += len(piece)
            if given > most:
                raise EOFError(f"longer than {most} bytes when decompressed")
            if piece:
                yield piece
            rest = stream.unconsumed_tail
            if not rest and len(piece) < PIECE:
                break
        if stream.eof:
            return
    raise EOFError("compressed data without an end")
