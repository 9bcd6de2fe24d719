"""
Boxes of JPEG XL compressed with Brotli (ISO/IEC 18181-2, `brob`): the type of the box, then its content.

A picture made from a JPEG keeps its XMP so. The decoder is a package of its own; without one a box is undetermined.
"""

from __future__ import annotations

from tdm_guard.formats.http.content_coding import optional

MAX_CONTENT = 2**20  # bytes of a box, decompressed
MAX_INPUT = 2**20  # bytes of one, compressed
_STEP = 2**16  # bytes that are decompressed at a time


def unpacked(data: bytes) -> tuple[bytes, str | None]:
    """The content of a box behind its type, and why it may not be all."""
    module = optional("brotli", "brotlicffi")
    if module is None:
        return b"", "a box compressed with Brotli, which is not read without the package brotli: pip install brotli"
    if len(data) > MAX_INPUT:
        return b"", f"a compressed box of more than {MAX_INPUT} bytes"
    out = bytearray()
    try:
        stream = module.Decompressor()
        piece = stream.process(data, output_buffer_limit=_STEP)
        while piece:
            out += piece
            if len(out) > MAX_CONTENT:
                return bytes(out[:MAX_CONTENT]), f"a box of more than {MAX_CONTENT} bytes when decompressed"
            piece = b"" if stream.is_finished() else stream.process(b"", output_buffer_limit=_STEP)
        finished = stream.is_finished()
    except Exception as error:  # noqa: BLE001 - each of the modules has an error of its own
        return bytes(out), f"a compressed box that is damaged: {str(error)[:80]}"
    return bytes(out), None if finished else "a compressed box without an end"
