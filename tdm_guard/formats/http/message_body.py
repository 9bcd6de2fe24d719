"""
From the bytes of a message as received, or as somebody stored them, to the bytes that are read.

strategy: chunks first (RFC 9112 7.1), then content codings (RFC 9110 8.4), then the length that was announced (8.6).
Each is undone where the bytes fit the field; where they do not, they are taken as they stand if they are what they
should be. What could not be undone is never empty: a problem says so. This is the one place where it is done, for
content and for policy documents.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple, Self

from tdm_guard.formats.http.content_coding import begins_as_markup, names_of, undo
from tdm_guard.formats.http.field_lines import parted
from tdm_guard.formats.http.transfer_coding import HEXADECIMAL, dechunk
from tdm_guard.formats.wide_text import narrowed
from tdm_guard.model import Fetched

MAX_LENGTH = 10**18  # a longer number is as good as this one
MAX_NOTHING = 128  # bytes that a coding takes for an empty body; a longer one was not empty

_FIELDS = {16: "content-encoding", 14: "content-length", 17: "transfer-encoding"}  # by the length of their names
_LENGTHS = frozenset(_FIELDS)
_USUAL = frozenset([b"", *(bytes([byte]) for byte in b"\t\n\r #*/<[{GHIJKLMNOPQRSTUVWYZghijklmnopqrstuvwyz\xef")])
_ASCII = bytes(range(128))
_SHOWN = 1024  # decoded bytes in which a text shows itself
_BINARY_TEXT = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_BOMS = (b"\xff\xfe", b"\xfe\xff")
_BETWEEN = re.compile(r"[,\r\n\0]")  # numbers
# `name: value` as robots.txt and ai.txt have it, `name=value` as trust.txt; nothing but comments and blanks
_LINE = re.compile(rb"(?m)^[ \t]*[A-Za-z][A-Za-z _-]{0,40}[ \t]*(?::|=[ \t]*[^=\s])")
_COMMENTS = re.compile(rb"(?:[\t\n\f\r ]++|#[^\r\n]*+)*+")
_MAGIC = ((b"\x1f\x8b\x08", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"\x1f\x9d", "compress"))


_new = tuple.__new__  # half the time of a NamedTuple's own, for every body


class Framing(NamedTuple):
    """What fields say of a body: its content codings and other transfer codings, whether it is chunked, its length."""

    codings: list[str]
    chunked: bool
    lengths: list[int]


class PlainBody(NamedTuple):
    """
    A body as it is read. `problem`: why it is not whole; `note`: what was not as the fields have it.

    `cut`: all that is wrong is that coded data ends early; `long`: or that it is longer than was asked for.
    """

    body: bytes
    complete: bool
    problem: str | None = None
    note: str | None = None
    cut: bool = False
    long: bool = False

    @classmethod
    def usual(cls, body: bytes, complete: bool) -> Self:
        """A body of which there is nothing else to say."""
        return _new(cls, (body, complete, None, None, False, False))


NO_FRAMING = Framing([], chunked=False, lengths=[])


def framing(headers: Iterable[tuple[str, str]]) -> Framing:
    """What `headers` say of the body."""
    found: list[tuple[str, str]] = []
    for name, value in headers:
        if len(name) in _LENGTHS and (key := name.lower()) == _FIELDS[len(name)]:
            found.append((key, value))
    if not found:
        return NO_FRAMING
    codings: list[str] = []
    transfer: list[str] = []
    lengths: list[int] = []
    for name, value in found:
        if name == "content-length":
            # a list of one number is what some proxies make of repeated lines (RFC 9110 8.6)
            digits = [value] if _is_number(value) else [item.strip() for item in _BETWEEN.split(value)]
            lengths += [int(item) if len(item) < 19 else MAX_LENGTH for item in digits if _is_number(item)]
        else:
            (codings if name == "content-encoding" else transfer).extend(names_of(value))
    chunked = "chunked" in transfer
    codings += [name for name in transfer if name not in ("chunked", "trailers")]
    return Framing(codings, chunked, [] if transfer else lengths)  # RFC 9112 6.3: then the length does not count


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def is_short(size: int, said: Framing, *, coded: bool = False) -> bool:
    """
    True if a body of `size` bytes, as received, is shorter than announced; `coded`: its codings were still on it.

    Of several lengths that contradict each other the one that fits counts. With a coding the length is that of the
    coded body, so that it says nothing of one that was stored decoded, but that something was there.
    """
    lengths = said.lengths
    if not lengths or size in lengths or size > max(lengths):
        return False
    return coded or not said.codings or (size == 0 and max(lengths) > MAX_NOTHING)


def undone(
    body: bytes, said: Framing, max_bytes: int, stands: Callable[[bytes], bool], *, complete: bool = True
) -> PlainBody:
    """
    `body` without chunks and codings, at most `max_bytes` of it; `complete`: it is all that was received.

    `stands` says whether bytes are what the body should be.
    """
    size = len(body)
    usual = not said.codings and not said.chunked and size <= max_bytes
    usual = usual and (body.startswith(b"<") or body[:1] not in HEXADECIMAL)
    if usual and not (complete and said.lengths and is_short(size, said)):
        return PlainBody.usual(body, complete)
    whole, cut, long = complete, False, False
    problem: str | None = None
    note: str | None = None
    chunks = dechunk(body, strict=not said.chunked) if body[:1] in HEXADECIMAL else None
    if chunks is not None and chunks.bare and complete and not (chunks.cut and begins_as_markup(chunks.body)):
        chunks = None  # a text whose first line is a number; its chunks were undone before
    if chunks is not None and said.chunked:
        body = chunks.body
        if not chunks.exact:
            whole, problem = False, "damaged or cut chunks" if complete or not chunks.cut else None
    elif chunks is not None and chunks.exact and complete:
        body, note = chunks.body, "chunks, which no field says, were undone"
    coded = False
    if said.codings:
        out = undo(body, said.codings, max_bytes, stands)
        coded = out.coded
        if out.problem is not None:
            cut, long = out.cut and problem is None, out.long and problem is None
            problem = problem or out.problem
        body, whole, note = out.body, whole and out.complete, out.note or note
    elif len(body) > max_bytes:
        body, whole = body[:max_bytes], False
    if said.lengths and complete and is_short(size, said, coded=coded):
        whole = cut = long = False
        problem = problem or f"only {size} of {max(said.lengths)} bytes that were announced"
    return PlainBody(body, whole, problem, note, cut, long)


def unsaid_coding(body: bytes, stands: Callable[[bytes], bool] = begins_as_markup) -> str | None:
    """The coding that a body which should be text visibly has, although no field says so."""
    if body[:64].lstrip()[:1] in (b"<", b"", b"{", b"["):
        return None
    for magic, name in _MAGIC:
        if body.startswith(magic):
            return name
    if body[:2] in _BOMS or not _BINARY_TEXT.search(body, 0, 512):
        return None
    return next((name for name in ("deflate", "br") if _hides(body, name, stands)), None)


def _hides(body: bytes, name: str, stands: Callable[[bytes], bool]) -> bool:
    out = undo(body, [name], _SHOWN, _never)
    return out.coded and (out.complete or out.cut or out.long) and stands(out.body)


def _never(_body: bytes) -> bool:
    return False


def stands_as_document(body: bytes) -> bool:
    """True for what a policy document may be: a text of lines, JSON, XML, or the page that sites answer with."""
    if begins_as_markup(body):
        return True
    if body[:2] in _BOMS:
        body = body.decode("utf-16", "replace").encode("utf-8", "replace")
    body = body.removeprefix(b"\xef\xbb\xbf")
    if _BINARY_TEXT.search(body) or 4 * len(body.translate(None, _ASCII)) > len(body):
        return False
    if body[:64].lstrip()[:1] in (b"{", b"["):
        return _is_json(body)
    return _LINE.search(body) is not None or _COMMENTS.fullmatch(body) is not None


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


class PlainDocument(NamedTuple):
    """
    The answer to a request for a document, its body as it is read, without the fields that were undone.

    `problem`: why it is not whole; of its body, which may be empty, only what it reserves counts then. `note`: what was
    not as its fields have it. `octets`: its body before it was brought to UTF-8, if it was.
    """

    fetched: Fetched
    problem: str | None = None
    note: str | None = None
    octets: bytes = b""

    @classmethod
    def usual(cls, fetched: Fetched) -> Self:
        """A document of which there is nothing else to say."""
        return _new(cls, (fetched, None, None, b""))


def document(fetched: Fetched, max_bytes: int) -> PlainDocument:
    """
    What a document, of which at most `max_bytes` count, answered.

    Only of an answer with content (2xx): what a refusal says counts by its status. Text in UTF-16 or UTF-32 is brought
    to UTF-8, which all readers of documents read.
    """
    body = fetched.body
    usual = not _has_content(fetched) or (body[:1] in _USUAL and b"\0" not in body)
    if usual and not fetched.headers:
        return PlainDocument.usual(fetched)
    plain = _undone_document(fetched, max_bytes)
    body = plain.fetched.body
    if b"\0" not in body or plain.problem is not None or not _has_content(plain.fetched):
        return plain
    narrow = narrowed(body)
    if narrow is None:
        return plain
    note = "; ".join(filter(None, (plain.note, f"{narrow.encoding}, read as text")))
    if narrow.whole:
        return PlainDocument(replace(plain.fetched, body=narrow.body), None, note, body)
    problem = f"{narrow.encoding}, of which a part is not"
    return PlainDocument(replace(plain.fetched, body=narrow.body, complete=False), problem, plain.note, body)


def may_be_longer(fetched: Fetched, most: int) -> bool:
    """True if a document may be longer than `most` bytes as it is read; only so many are decoded to know."""
    if len(fetched.body) > most:
        return True
    said = framing(parted(tuple(fetched.headers))) if fetched.headers and _has_content(fetched) else NO_FRAMING
    if not said.codings:
        return False
    if len(said.codings) > 1:  # the outer one may hide how much there is in the inner one
        return True
    return len(undone(fetched.body, said, most, _never, complete=fetched.complete).body) >= most


def _has_content(fetched: Fetched) -> bool:
    return not fetched.error and fetched.status is not None and 200 <= fetched.status < 300


def _undone_document(fetched: Fetched, max_bytes: int) -> PlainDocument:
    headers: Sequence[tuple[str, str]] = ()
    if fetched.headers:
        given = fetched.headers if isinstance(fetched.headers, tuple) else tuple(fetched.headers)
        headers = parted(given)
        if headers is not given:
            fetched = replace(fetched, headers=headers)
    if not _has_content(fetched):
        return PlainDocument(fetched)
    said = framing(headers) if headers else NO_FRAMING
    body = fetched.body
    if said is NO_FRAMING and body[:1] in _USUAL:
        return PlainDocument(fetched)
    plain = undone(body, said, max_bytes if said.codings else len(body), stands_as_document, complete=fetched.complete)
    problem = plain.problem
    if plain.long or (plain.cut and not fetched.complete):  # cut by us, or by who received it and says so
        problem = None
    if problem is None and (name := unsaid_coding(plain.body, stands_as_document)) is not None:
        problem, plain = f"{name} data, which no field says", plain._replace(body=b"")
    if problem is not None:
        return PlainDocument(replace(fetched, body=plain.body, complete=False), problem, plain.note)
    rest = [field for field in headers if _FIELDS.get(len(field[0])) != field[0].lower()]
    complete = fetched.complete and plain.complete
    return PlainDocument(replace(fetched, body=plain.body, complete=complete, headers=rest), None, plain.note)
