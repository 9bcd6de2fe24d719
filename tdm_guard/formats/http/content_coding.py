"""
Content codings undone within bounds: gzip, deflate, br, zstd (RFC 9110 8.4.1, RFC 7932, RFC 8878).

strategy: a coding is tried first, whatever the body looks like. Only where it cannot be undone may the body be taken as
it stands, and then only if it is what it should be: stored copies are often kept decoded beside their old fields, and
fields name codings that are none. Data is fed and taken in pieces, so that a bound on the output bounds the memory.
"""

from __future__ import annotations

import importlib
import re
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any, NamedTuple, Protocol

MAX_CODINGS = 4  # more layers than any server sends; each may be a bomb
MAX_MEMBERS = 256  # gzip members or zstd frames of one body
PIECE = 64 * 1024  # bytes that are fed, or taken, at a time

_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?[\t\n\f\r ]*<[A-Za-z!?/]")
_BINARY = re.compile(rb"[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")  # in no text; coded data is full of them
_LOOK = 1024  # bytes in which coded data shows itself
_BOMS = (b"\xff\xfe", b"\xfe\xff")
# How a further member begins: behind zeros that pad the one before it; a frame that is skipped is one (RFC 8878 3.1.2).
_GZIP = re.compile(rb"\0*+(\x1f\x8b)")
_ZSTD = re.compile(rb"(\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)")
_MAGIC = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x1f\x9d")
_NO_CODINGS = frozenset({"none", "binary", "8bit", "7bit", "plain", "text", "raw", "ascii", "us-ascii", "latin1"})
_CHARSETS = ("utf", "iso-8859", "windows-", "cp125")
_SEPARATORS = re.compile(r"[,\r\n\0]")


class Decoded(NamedTuple):
    """The decoded bytes, whether they are all of the body, and what went wrong, if anything."""

    body: bytes
    complete: bool
    problem: str | None = None


class Undone(NamedTuple):
    """
    A body without its codings. `problem`: why it is not whole; `note`: what was not as the field has it.

    `coded`: a coding was undone, at least in part. `cut`: all that is wrong is that the data ends early; `long`: or
    that there is more of it than was asked for.
    """

    body: bytes
    complete: bool
    problem: str | None = None
    note: str | None = None
    coded: bool = False
    cut: bool = False
    long: bool = False


class _Stream(Protocol):
    """A decoder of one member. `feed` gives at most about `most` bytes; what it holds back comes with no more data."""

    eof: bool
    unused: bytes

    def feed(self, data: bytes, most: int) -> bytes: ...


def names_of(codings: str) -> list[str]:
    """The codings of a `Content-Encoding` value, lower case, in the order in which they were applied."""
    if not codings:
        return []
    found = [item.partition(";")[0].strip(" \t\"'").lower() for item in _SEPARATORS.split(codings)]
    return [name for name in found if name not in ("", "identity")]


def begins_as_markup(body: bytes) -> bool:
    """True for a text that begins with a tag, a comment or the like, behind a byte order mark or blanks."""
    head = body[:_LOOK]
    if head[:2] in _BOMS:
        head = head.decode("utf-16", "replace").encode("utf-8", "replace")
    return _MARKUP.match(head) is not None and _BINARY.search(head) is None


def is_text(body: bytes) -> bool:
    """True for what begins as text in UTF-8, as coded data does not."""
    head = body[:_LOOK]
    if _BINARY.search(head) is not None:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(body) > _LOOK and error.start > _LOOK - 4  # cut within a character
    return bool(head)


def _is_none(name: str, body: bytes) -> bool:
    """True for a name that is no coding, but a charset or a word for none, of a body that shows none."""
    return (name in _NO_CODINGS or name.startswith(_CHARSETS)) and not body.startswith(_MAGIC)


def decode(body: bytes, codings: str, max_bytes: int) -> Decoded:
    """
    `body` with the content codings of a `Content-Encoding` field value undone, at most `max_bytes` of it.

    A damaged, unknown or overlong coding gives what could be read, with `complete=False`. What has no such coding, and
    begins as markup, is taken as it is.
    """
    names = names_of(codings)
    if not names:
        return Decoded(body[:max_bytes], len(body) <= max_bytes)
    return Decoded(*undo(body, names, max_bytes, begins_as_markup)[:3])


def undo(body: bytes, names: list[str], max_bytes: int, stands: Callable[[bytes], bool]) -> Undone:
    """
    Undoes the codings called `names`, the last applied first, each within `max_bytes`.

    Where one cannot be undone, the body is taken as it is then if it `stands` as what it should be, else the next one
    is tried on it: tools take off one of several, and name one twice.
    """
    if not body:
        return Undone(b"", complete=True)
    if len(names) > MAX_CODINGS:
        return Undone(b"", complete=False, problem=f"more than {MAX_CODINGS} content codings")
    complete, coded = True, False
    ends_early: str | None = None
    failed: Undone | None = None
    for name in reversed(names):
        if not body:
            break  # nothing was coded, whatever else the field names
        out = _undo(name, body, max_bytes)
        if out.problem is None:
            complete, coded, body = complete and out.complete, True, out.body
        elif stands(body) or _is_none(name, body):
            note = f"the body does not have the content coding {name[:40]!r}: read as it stands"
            complete = complete and len(body) <= max_bytes
            return Undone(body[:max_bytes], complete, ends_early, note, coded, cut=ends_early is not None)
        elif out.cut and out.body:
            complete, coded, body, ends_early = False, True, out.body, ends_early or out.problem
        elif failed is None or len(out.body) > len(failed.body):
            failed = out
    cut = ends_early is not None
    if failed is not None:
        if not (coded and stands(body)):
            return failed
        # One of them was undone, and what came is what it should be.
        return Undone(body, complete, ends_early, f"{failed.problem}: read without it", coded=True, cut=cut)
    long = not complete and not cut
    return Undone(
        body,
        complete,
        f"more than {max_bytes} bytes when decoded" if long else ends_early,
        coded=True,
        cut=cut,
        long=long,
    )


def _undo(name: str, body: bytes, max_bytes: int) -> Undone:
    best = Undone(b"", complete=False, problem=f"content coding {name[:40]!r} cannot be decoded here")
    for new, magic, checked in _decoders(name, body):
        out = _members(name, new, magic, body, max_bytes, checked=checked)
        if out.problem is None:
            return out
        if not best.coded:
            best = out
    return best


def _members(
    name: str, new: Callable[[], Any], magic: re.Pattern[bytes] | None, body: bytes, max_bytes: int, *, checked: bool
) -> Undone:
    """Reads members (gzip) or frames (zstd) one after another; a damaged later one leaves the earlier ones readable."""
    out = BytesIO()
    at = members = 0
    problem, cut = None, False
    while problem is None:
        stream = new()
        members += 1
        try:
            at = _run(stream, body, at, out, max_bytes)
        except Exception as error:  # noqa: BLE001 - each codec has an error type of its own; all mean damaged data
            problem = f"damaged {name} data: {str(error)[:80]}"
            break
        if out.tell() > max_bytes:
            out.truncate(max_bytes)
            return Undone(out.getvalue(), complete=False, coded=True)
        if not stream.eof:
            problem, cut = f"{name} data ends early or is damaged", True
        elif magic is not None and (further := magic.match(body, at)) is not None:
            at = further.start(1)
            if members == MAX_MEMBERS:
                problem = f"more than {MAX_MEMBERS} members of {name} data"
        elif at < len(body) and not checked:
            problem = f"bytes behind the end of {name} data"  # without a check sum the end may be none
        else:
            return Undone(out.getvalue(), complete=True, coded=True)
    return Undone(out.getvalue(), complete=False, problem=problem, coded=out.tell() > 0, cut=cut)


def _run(stream: _Stream, body: bytes, at: int, out: BytesIO, max_bytes: int) -> int:
    """Feeds a member from `at` on, into `out` until that has more than `max_bytes`; where the member ended."""
    while at < len(body):
        data = body[at : at + PIECE]
        at += len(data)
        while not stream.eof:
            most = min(PIECE, max_bytes + 1 - out.tell())
            if most <= 0:
                return at
            piece = stream.feed(data, most)
            out.write(piece)
            data = b""
            if not piece:
                break
        if stream.eof:
            return at - len(stream.unused)
    return at


class _Inflate:
    def __init__(self, bits: int) -> None:
        self._object = zlib.decompressobj(bits)

    def feed(self, data: bytes, most: int) -> bytes:
        return self._object.decompress(self._object.unconsumed_tail + data, most)

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused(self) -> bytes:
        return self._object.unused_data


class _Zstd:
    def __init__(self, module: Any) -> None:
        self._object = module.ZstdDecompressor()

    def feed(self, data: bytes, most: int) -> bytes:
        out: bytes = self._object.decompress(data, most)
        return out

    @property
    def eof(self) -> bool:
        return bool(self._object.eof)

    @property
    def unused(self) -> bytes:
        found: bytes = self._object.unused_data
        return found


class _Brotli:
    unused = b""  # the library raises for what stands behind the end

    def __init__(self, module: Any) -> None:
        self._object = module.Decompressor()

    def feed(self, data: bytes, most: int) -> bytes:
        out: bytes = self._object.process(data, output_buffer_limit=most)
        return out

    @property
    def eof(self) -> bool:
        return bool(self._object.is_finished())


def _decoders(name: str, body: bytes) -> list[tuple[Callable[[], Any], re.Pattern[bytes] | None, bool]]:
    """What makes a decoder, how a further member begins, and whether a check sum shows that the end is one."""
    match name:
        case "gzip" | "x-gzip":
            return [(lambda: _Inflate(31), _GZIP, True)]
        case "deflate":  # RFC 9110 8.4.1.2: zlib; many servers send it bare, and bare data may begin like zlib's
            zlibs = body[0] & 0x0F == 0x08 and int.from_bytes(body[:2], "big") % 31 == 0
            wrapped = [(lambda: _Inflate(15), None, True)] if zlibs else []
            return [*wrapped, (lambda: _Inflate(-15), None, False)]
        case "br":
            module = optional("brotli", "brotlicffi")
            return [(lambda: _Brotli(module), None, False)] if module else []
        case "zstd":
            module = optional("compression.zstd", "backports.zstd")
            return [(lambda: _Zstd(module), _ZSTD, True)] if module else []
    return []


def optional(*names: str) -> Any:
    """The first of these modules that is installed."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None
