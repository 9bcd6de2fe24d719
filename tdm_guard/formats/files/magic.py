"""
Which format a body has: by its first bytes, else by its media type.

strategy: fixed words, their places and media types come from the rows of `container`, as tables that are made when this
module is imported; formats that no fixed word tells have a function each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from tdm_guard.formats.files.container import Format

MAGIC_BYTES = 1024  # how much of a file `format_of` looks at; a PDF's header may come that late (ISO 32000-1, H.3)

_PNG, _MP3, _FLAC, _SVG = Format.PNG, Format.MP3, Format.FLAC, Format.SVG  # looked up on the class it is slow
_KEY = 3  # bytes by which a start is looked up; none is shorter
_RIFF_STARTS = (b"RIFF", b"RF64", b"BW64")
_IFF_START = b"FORM"
_ZIP_START = b"PK\x03\x04"
_Word = TypeVar("_Word", str, bytes)
_WORKS = frozenset({"sound_recording", "text", "image", "by-type", None})


class Tables:
    """
    What the rows of `formats` say, by what is looked up. Raises `ValueError` for rows that contradict each other.

    `types`, `riff`, `iff` and `boxes` by the whole word; `starts` by their first bytes.
    """

    __slots__ = ("boxes", "iff", "riff", "starts", "types")

    def __init__(self, formats: Iterable[Format]) -> None:
        self.types: dict[str, Format] = {}
        self.riff: dict[bytes, Format] = {}
        self.iff: dict[bytes, Format] = {}
        self.boxes: dict[bytes, Format] = {}
        starts: dict[bytes, Format] = {}
        for kind in formats:
            row = kind.row
            if not row.types or not row.module or row.work not in _WORKS:
                raise ValueError(f"container: {row.name} has no media type, no module or no such work as {row.work!r}")
            if any(name != name.lower().partition(";")[0].strip() or "/" not in name for name in row.types):
                raise ValueError(f"container: {row.name} has media types that are not in lower case: {row.types}")
            if any(len(word) != 4 for word in (*row.riff, *row.iff, *row.boxes)):
                raise ValueError(f"container: {row.name} has a form or a box whose type has not four bytes")
            for words, table in ((row.riff, self.riff), (row.iff, self.iff), (row.boxes, self.boxes)):
                _enter(words, kind, table)
            _enter(row.types, kind, self.types)
            _enter(row.starts, kind, starts)
        self.starts: dict[bytes, tuple[tuple[bytes, Format], ...]] = {}
        for start, kind in starts.items():
            others = [*starts, *_RIFF_STARTS, _IFF_START, _ZIP_START]
            if len(start) < _KEY or any(a != start and (a.startswith(start) or start.startswith(a)) for a in others):
                raise ValueError(f"container: {kind} begins with {start!r}, which is too short, or another's too")
            self.starts[start[:_KEY]] = (*self.starts.get(start[:_KEY], ()), (start, kind))


def _enter(words: Iterable[_Word], kind: Format, table: dict[_Word, Format]) -> None:
    for word in words:
        if table.setdefault(word, kind) is not kind:
            raise ValueError(f"container: {word!r} stands for {table[word]} and for {kind}")


TABLES = Tables(Format)

_MARKUP = frozenset({"text/html", "application/xhtml+xml"})
_SVG_ROOT = re.compile(  # atomic: strings of comments must not be tried in every division
    rb"(?:\xef\xbb\xbf)?(?>\s+|<!--.*?-->|<\?.*?\?>|<!DOCTYPE\s+(?:[A-Za-z]+:)?svg[^>\[]*(?:\[[^\]]*\]\s*)?>)*+"
    rb"<(?:[A-Za-z_][\w.-]*:)?svg(?=[\s/>])",
    re.DOTALL,
)
_EPUB_MIMETYPE = b"mimetypeapplication/epub+zip"  # EPUB 3 OCF 4.3: first and stored, at byte 30
# the first entry of most: ECMA-376 part 2, 10.2; OpenDocument 1.3 part 2, 3.3
_OFFICE_WORDS = (b"mimetypeapplication/vnd.oasis.opendocument.", b"[Content_Types].xml", b"_rels/.rels", b"docProps/")
_TEXT = frozenset({"text/plain", "text/markdown"})  # letters and archives of letters, that are no saved pages
_BYTERANGES = "multipart/byteranges"  # the one in parts that is a body of some other type
_MESSAGE = re.compile(  # header lines with those that say a message in parts, as browsers save pages
    rb"(?is)(?:\xef\xbb\xbf)?\s{0,8}(?=[a-z][a-z-]{0,40}:)(?=.{0,900}?^mime-version:)"
    rb"(?=.{0,900}?^content-type:\s{0,8}(?:multipart/|text/html))",
    re.MULTILINE,
)
# the first lines that browsers write; an address or a title may then fill all that is looked at
_SAVED = re.compile(
    rb"(?i)(?:\xef\xbb\xbf)?\s{0,8}"
    rb"(?:from:[ \t]{0,8}<?saved by |(?:[a-z-]{1,40}:[^\n]{0,200}\n){0,4}snapshot-content-location:)"
)
_LETTER = re.compile(  # a line of a message whose header lines have not ended where we stop looking
    rb"(?i)(?:\xef\xbb\xbf)?\s{0,8}(?:from|to|subject|date|mime-version|message-id|received|return-path|delivered-to"
    rb"|content-(?:type|location|transfer-encoding)|x-mailer|x-unsent):[ \t]"
)
_BLANK_LINE = re.compile(rb"\n\r?\n")
# what the patterns above can begin with: blanks, a mark of UTF-8, a tag, the name of a header line
_BEGINS = frozenset(b"\t\n\v\f\r \xef<-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_PACKED_CHUNKS = (b"zTXt", b"iTXt", b"iCCP")
_EPUB_CONTAINER = b"META-INF/container.xml"


def format_of(media_type: str, prefix: bytes) -> Format | None:
    """
    The format of a body by its first `MAGIC_BYTES`, else by its media type (lower case, without parameters).

    None if it has no place for a reservation that is read.
    """
    return _by_magic(media_type, prefix) or format_of_type(media_type)


def format_of_type(media_type: str) -> Format | None:
    """The format that a media type (lower case, without parameters) names; what `format_of` falls back on."""
    found = TABLES.types.get(media_type)
    if found is None and media_type.startswith("multipart/") and media_type != _BYTERANGES:
        return Format.MHTML
    return found


def _by_magic(media_type: str, body: bytes) -> Format | None:
    tables = TABLES
    for start, found in tables.starts.get(body[:_KEY], ()):
        if body.startswith(start):
            # an ID3 tag may stand before the stream marker of FLAC, further off than we look
            return _FLAC if found is _MP3 and tables.types.get(media_type) is _FLAC else found
    if body.startswith(_RIFF_STARTS):
        return tables.riff.get(body[8:12])
    if body.startswith(_IFF_START) and (form := tables.iff.get(body[8:12])) is not None:
        return form
    return tables.boxes.get(body[4:8]) or _by_later_bytes(media_type, body[:MAGIC_BYTES])


def _by_later_bytes(media_type: str, head: bytes) -> Format | None:
    """Formats that are not known by a fixed first word."""
    if head.startswith(b"PK\x03\x04"):
        return _archive(media_type, head)
    if media_type in _MARKUP:  # a page may speak of the other formats' magic
        return Format.PDF if head.lstrip().startswith(b"%PDF-") else None
    if b"%PDF-" in head:
        return Format.PDF
    if not head or head[0] not in _BEGINS:
        return Format.MP3 if _is_mpeg_frame(head) else None
    if _SVG_ROOT.match(head):
        return Format.SVG
    return Format.MHTML if _is_message(media_type, head) else None


def _is_message(media_type: str, head: bytes) -> bool:
    """True for what browsers save pages as, and, where the type does not call it a text, for other such messages."""
    if _SAVED.match(head):
        return True
    if media_type in _TEXT:
        return _MESSAGE.match(head) is not None and b"multipart/related" in head.lower()
    if _MESSAGE.match(head):
        return True
    return len(head) == MAGIC_BYTES and _LETTER.match(head) is not None and not _BLANK_LINE.search(head)


def _archive(media_type: str, head: bytes) -> Format | None:
    """What a ZIP archive is a container for, if anything that is read."""
    declared = TABLES.types.get(media_type)
    if declared is Format.EPUB or _EPUB_MIMETYPE in head or _EPUB_CONTAINER in head:
        return Format.EPUB
    office = declared is Format.OFFICE or any(word in head for word in _OFFICE_WORDS)
    return Format.OFFICE if office else None


def _is_mpeg_frame(head: bytes) -> bool:
    """True if the first bytes are the header of an MPEG layer III frame."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    reserved_version = head[1] & 0x18 == 0x08
    return not reserved_version and head[2] & 0xF0 not in (0x00, 0xF0) and head[2] & 0x0C != 0x0C


def may_swell(body: bytes, kind: Format | None) -> bool:
    """True if a small file of this kind may hold much more, compressed; of PNG and SVG only if it looks so."""
    if kind is None or not kind.row.swells:
        return False
    if kind is _PNG:
        return any(name in body for name in _PACKED_CHUNKS)
    return kind is not _SVG or body.startswith(b"\x1f\x8b")
