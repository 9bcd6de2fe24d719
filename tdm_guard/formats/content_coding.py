"""Content codings undone within bounds: gzip, deflate, br, zstd (RFC 9110 8.4.1, RFC 7932, RFC 8878)."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

MAX_CODINGS = 4  # more layers than any server sends; each may be a bomb
MAX_MEMBERS = 256  # gzip members or zstd frames of one body; each costs a copy of what follows it


class Decoded(NamedTuple):
    """The decoded bytes, whether they are all of the body, and what went wrong, if anything."""

    body: bytes
    complete: bool
    problem: str | None = None


_Decoder = Callable[[bytes, int], tuple[bytes, bool]]  # data, most bytes to give -> bytes, whether all


def decode(body: bytes, codings: str, max_bytes: int) -> Decoded:
    """
    `body` with the content codings of a `Content-Encoding` field value undone, at most `max_bytes` of it.

    A damaged, unknown or overlong coding gives what could be read, with `complete=False`. A body that is plain markup
    although the field names a coding is taken as it is: stored copies are often kept decoded.
    """
    names = codings and [name for item in codings.split(",") if (name := item.strip().lower()) not in ("", "identity")]
    if not names:
        return Decoded(body[:max_bytes], len(body) <= max_bytes)
    if not body:
        return Decoded(b"", True)
    if len(names) > MAX_CODINGS:
        return Decoded(b"", False, f"more than {MAX_CODINGS} content codings")
    if body.lstrip()[:1] == b"<":
        return Decoded(body[:max_bytes], len(body) <= max_bytes)
    complete = True
    for name in reversed(names):
        decoded = _undo(name, body, max_bytes)
        complete = complete and decoded.complete
        body = decoded.body
        if decoded.problem:
            return Decoded(body, False, decoded.problem)
    return Decoded(body, complete, None if complete else f"more than {max_bytes} bytes when decoded")


def _undo(name: str, body: bytes, max_bytes: int) -> Decoded:
    decoder = _decoder(name, body)
    if decoder is None:
        return Decoded(b"", False, f"content coding {name[:40]!r} cannot be decoded here")
    try:
        out, finished = decoder(body, max_bytes + 1)
    except Exception as error:  # noqa: BLE001 - each codec has an error type of its own; all mean damaged data
        return Decoded(b"", False, f"damaged {name} data: {str(error)[:80]}")
    if len(out) > max_bytes:
        return Decoded(out[:max_bytes], False)
    return Decoded(out, finished, None if finished else f"{name} data ends early or is damaged")


def _members(new: Callable[[], Any], magic: bytes) -> _Decoder:
    """Reads members (gzip) or frames (zstd) one after another; a damaged later one leaves the earlier ones readable."""

    def decode(data: bytes, limit: int) -> tuple[bytes, bool]:
        out = b""
        for _ in range(MAX_MEMBERS):
            member = new()
            try:
                out += member.decompress(data, limit - len(out))
            except Exception:
                if not out:
                    raise
                return out, False
            if not member.eof or len(out) >= limit:
                return out, member.eof
            data = member.unused_data
            if not magic or not data.startswith(magic):
                return out, True
        return out, False

    return decode


def _brotli(module: Any) -> _Decoder:
    def decode(data: bytes, limit: int) -> tuple[bytes, bool]:
        stream = module.Decompressor()
        out: bytes = stream.process(data, output_buffer_limit=limit)
        while len(out) < limit and not stream.is_finished():
            more = stream.process(b"", output_buffer_limit=limit - len(out))
            if not more:
                break
            out += more
        return out, bool(stream.is_finished())

    return decode


def _decoder(name: str, body: bytes) -> _Decoder | None:
    match name:
        case "gzip" | "x-gzip":
            return _members(lambda: zlib.decompressobj(31), b"\x1f\x8b")
        case "deflate":  # RFC 9110 8.4.1.2: zlib; many servers send it bare
            bare = body[:1] != b"\x78" or int.from_bytes(body[:2], "big") % 31 != 0
            return _members(lambda: zlib.decompressobj(-15 if bare else 15), b"")
        case "br":
            module = _optional("brotli", "brotlicffi")
            return _brotli(module) if module else None
        case "zstd":
            module = _optional("compression.zstd", "backports.zstd")
            return _members(module.ZstdDecompressor, b"\x28\xb5\x2f\xfd") if module else None
    return None


def _optional(*names: str) -> Any:
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None
