"""
Pages saved with what they show (MHTML, RFC 2557) and other messages in parts (RFC 2045, 2046): the parts, decoded.

    message = header-lines CRLF ( part | *( "--" boundary CRLF message ) "--" boundary "--" )

strategy: boundaries are searched for as bytes and each part is decoded when it is asked for, so that never more than
one is held besides the body. What is not read is said in `Message.problem`.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

from tdm_guard.formats.files.asset import Asset
from tdm_guard.formats.files.container import Format

MAX_PARTS = 1_000  # of one message; a saved page has some hundred
MAX_HEADER = 2**14  # bytes of the header lines of a part
MAX_PADDED = 4_096  # pieces of base64 of one part, each with its padding; it has one
MAX_DEPTH = 3  # of parts in parts: `related` in `alternative` in `mixed`

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(rb"\r?\n[ \t]+")
_FIELD = re.compile(
    rb"(?m)^(content-type|content-transfer-encoding|content-id|content-location)[ \t]{0,16}:[ \t]*([^\r\n]*)",
    re.IGNORECASE,
)
_PARAMETER = r"""(?i);\s{0,64}%s\s{0,16}=\s{0,16}(?:"([^"]{1,256})"|([^\s;"]{1,256}))"""
_BOUNDARY = re.compile(_PARAMETER % "boundary")
_START = re.compile(_PARAMETER % "start")
_FIRST_LINE = re.compile(rb"\s{0,16}--([^\s]{1,200})[ \t]*\r?\n")
_MARK = b"\xef\xbb\xbf"  # of UTF-8, which some tools put before the first field
_padding = re.compile(rb"=[^0-9A-Za-z+/]*+").search
_PLAIN = frozenset({"", "7bit", "8bit", "binary"})


class Part(NamedTuple):
    """
    A part: what its fields say, and where it lies; `root` is the one that the others belong to, `location` the address
    that it was saved from.
    """

    content_type: str
    encoding: str
    start: int
    end: int
    root: bool
    identifier: str = ""
    location: str = ""


class Message:
    """The parts of a message; `problem` says why there may be more than those that were given."""

    def __init__(self, data: bytes, content_type: str = "") -> None:
        self._data = data
        self._count = 0
        self._content_type = content_type
        said = content_type.strip().lower()
        self._is_divided = said.startswith("multipart/")
        self._is_endless = said.startswith("multipart/x-mixed-replace")  # nothing need follow its last part
        self.problem: str | None = None

    def parts(self) -> Iterator[Part]:
        """The parts that hold something themselves, the root the first of its level unless `start` names another."""
        data, begin = self._data, len(_MARK) if self._data.startswith(_MARK) else 0
        opening = _FIRST_LINE.match(data, begin)
        if opening is not None:  # the fields are those of the response
            yield from self._divided(opening[1], self._content_type, opening.start(1) - 2, len(data), 1, root=True)
            return
        boundary = _parameter(_BOUNDARY, self._content_type).encode("latin-1", "replace") if self._is_divided else b""
        if boundary and b"\n--" + boundary in data:  # behind words to readers that know no parts, or fields of its own
            yield from self._divided(boundary, self._content_type, begin, len(data), 1, root=True)
        else:
            yield from self._read(begin, len(data), 0, root=True)

    def decoded(self, part: Part) -> bytes:
        """The part's bytes; with a problem those before the damage, or none if its encoding cannot be undone."""
        raw = self._data[part.start : part.end]
        try:
            match part.encoding:
                case "base64":
                    return self._from_base64(raw)
                case "quoted-printable":
                    return binascii.a2b_qp(raw)
                case encoding if encoding in _PLAIN:
                    return raw
        except binascii.Error as error:
            self.problem = f"a part that is damaged: {error}"
            return b""
        self.problem = f"a part in the encoding {part.encoding[:40]!r}, which is not read"
        return b""

    def _from_base64(self, raw: bytes) -> bytes:
        """Reads on behind padding, where tools join what was encoded piece by piece: the standard library does not."""
        out = bytearray()
        at = 0
        for _ in range(MAX_PADDED):
            padding = _padding(raw, at)
            after = len(raw) if padding is None else padding.end()
            try:
                out += binascii.a2b_base64(raw[at:after])
            except binascii.Error as error:
                self.problem = f"a part that is damaged: {error}"
                return bytes(out)
            at = after
            if at >= len(raw):
                return bytes(out)
        self.problem = f"a part of more than {MAX_PADDED} pieces of base64"
        return bytes(out)

    def _read(self, start: int, end: int, depth: int, *, root: bool) -> Iterator[Part]:
        """The message, or the part with fields of its own, between `start` and `end`."""
        if self._count >= MAX_PARTS:
            self.problem = f"more than {MAX_PARTS} parts"
            return
        self._count += 1
        content = start
        if not self._data.startswith((b"\n", b"\r\n"), start):  # else it has no fields
            blank = _BLANK_LINE.search(self._data, start, min(end, start + MAX_HEADER))
            if blank is None:
                self.problem = "a part whose fields do not end"
                return
            content = blank.end()
        fields = _fields(self._data[start:content])
        if not depth and self._is_divided and "content-type" not in fields:
            self.problem = "no part begins where one should"
            return
        content_type = fields.get("content-type", "text/plain")
        if content_type.lower().startswith("multipart/"):
            boundary = _parameter(_BOUNDARY, content_type)
            if not boundary or depth >= MAX_DEPTH:
                self.problem = "parts without a boundary, or in too many others"
                return
            yield from self._divided(
                boundary.encode("latin-1", "replace"), content_type, content, end, depth + 1, root=root
            )
            return
        encoding = fields.get("content-transfer-encoding", "").lower().strip()
        identifier, location = (fields.get(name, "").strip("<> ") for name in ("content-id", "content-location"))
        yield Part(content_type, encoding, content, end, root, identifier, location)

    def _divided(
        self, boundary: bytes, content_type: str, start: int, end: int, depth: int, *, root: bool
    ) -> Iterator[Part]:
        data, word = self._data, b"--" + boundary
        chosen = _parameter(_START, content_type).strip("<> ")
        at = start if data.startswith(word, start) else data.find(b"\n" + word, max(0, start - 1), end) + 1
        if at <= 0 and not data.startswith(word, start):
            self.problem = "no part begins where one should"
            return
        first = True
        while self.problem is None or self._count < MAX_PARTS:
            line = data.find(b"\n", at, end)
            if data.startswith(b"--", at + len(word)):
                return
            following = data.find(b"\n" + word, at + len(word), end)
            stop = end if following < 0 else following - (data[following - 1 : following] == b"\r")
            if line < 0 or line + 1 > max(stop, line):
                self.problem = "it ends before its last part"
                return
            is_root = root and (first if not chosen else False)
            for part in self._read(line + 1, max(stop, line + 1), depth, root=is_root or (root and bool(chosen))):
                yield part._replace(root=part.root and (not chosen or part.identifier == chosen))
            first = False
            if following < 0:
                if not self._is_endless:
                    self.problem = "it ends before its last part"
                return
            at = following + 1


def read(data: bytes, *, complete: bool) -> Asset:
    """Nothing: its parts are heard one by one, as what they are."""
    return Asset(format=Format.MHTML, complete=complete)


def _fields(header: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in _FIELD.finditer(_FOLDED.sub(b" ", header)):
        found.setdefault(field[1].decode().lower(), field[2].decode("latin-1").strip())
    return found


def _parameter(form: re.Pattern[str], content_type: str) -> str:
    found = form.search(content_type)
    return "" if found is None else found[1] or found[2] or ""
