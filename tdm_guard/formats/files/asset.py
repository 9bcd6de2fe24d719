"""
Files that may carry a reservation: which kind a body is, and the packets of metadata that lie in it.

strategy: one module per container walks the bytes it is given and returns an `Asset`: the packets as they stand in the
file, undecided and unparsed, and what could not be read. What a packet says is for the signals. Containers are imported
when the first such file comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import NamedTuple, Protocol, cast


class Format(StrEnum):
    """A kind of file with a place for a reservation, or for identifiers, that is read."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    TIFF = "tiff"  # and DNG and other camera files built on it
    WAV = "wav"
    AVI = "avi"
    BMFF = "bmff"  # ISO base media: MP4, MOV, M4A, HEIF, AVIF; JPEG 2000, JPEG XL
    MP3 = "mp3"
    FLAC = "flac"
    OGG = "ogg"  # read for the works that it names, and for the XMP that ffmpeg keeps in its comments
    SVG = "svg"
    EPUB = "epub"
    PDF = "pdf"
    C2PA = "c2pa"  # a bare manifest store
    TEXT = "text"  # plain text and WebVTT
    OFFICE = "office"  # documents of Office Open XML and OpenDocument
    AIFF = "aiff"
    MATROSKA = "matroska"  # and WebM; no place for a reservation that is read: for the works that it names
    APE = "ape"  # sound that begins with its own word and has its APE tag last: Monkey's Audio, WavPack, Musepack
    MHTML = "mhtml"  # a saved page: its parts are heard as what they are


_PACKED = frozenset(
    {Format.PDF, Format.EPUB, Format.OFFICE, Format.BMFF, Format.MP3, Format.WAV, Format.AIFF, Format.MHTML}
)
_PACKED_CHUNKS = (b"zTXt", b"iTXt", b"iCCP")


def may_swell(body: bytes, kind: Format | None) -> bool:
    """True if a small file of this kind may hold much more, compressed; of PNG and SVG only if it looks so."""
    if kind is Format.PNG:
        return any(name in body for name in _PACKED_CHUNKS)
    if kind is Format.SVG:
        return body.startswith(b"\x1f\x8b")
    return kind in _PACKED


class Place(StrEnum):
    """What kind of packet: an XMP packet, an EPUB package document, a C2PA manifest store, an RSL document."""

    XMP = "xmp"
    OPF = "opf"
    C2PA = "c2pa"
    RSL = "rsl"  # where it stands by itself, outside XMP and OPF: PNG text, an ID3 frame


class Packet(NamedTuple):
    """One packet and where in the file it lies: `JPEG/APP1`, `PDF/Catalog/Metadata`, `EPUB/OEBPS/p.opf`."""

    place: Place
    locator: str
    data: bytes


class Unread(NamedTuple):
    """
    What could not be read, and why.

    With a `place`, a packet of that kind is there, or may be: what it says is undetermined. Without, it is a fault of
    the file that hides no packet.
    """

    place: Place | None
    locator: str
    message: str


def more_names(locator: str) -> Unread:
    """Where a file has more identifiers than are kept of it: no reservation, but declarations may be about them."""
    return Unread(None, locator, "more names than are read: the others are not matched")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """
    What lies in a file.

    `tags` are identifiers that the file itself has, by the keys of an item (`isrc`, `creator_name`, …), as written.
    `data` is the file itself (no copy), only where a C2PA marker was found: its seal covers every byte.
    `parts` is how many pieces it has, where that is what another reader would need its time for.
    `complete` is True if every place that the format has for a packet was looked at. Of a prefix that is so only where
    the rest of the file has no such place (a JPEG's picture data); it is False where damage or a bound ended the walk.
    """

    format: Format
    packets: tuple[Packet, ...] = ()
    unread: tuple[Unread, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    complete: bool = True
    parts: int = 0
    data: bytes = field(default=b"", repr=False)


class Reader(Protocol):
    """The `read` of a container: never raises; of a prefix (`complete=False`) it returns what lies in it."""

    def __call__(self, data: bytes, *, complete: bool) -> Asset: ...


MAX_PACKETS_BYTES = 9 * 2**20  # of the packets of one file that are parsed; extended XMP of a JPEG may have 8 MiB
MAX_PACKETS_TAGS = 250_000  # elements and their ends in those packets together; an XMP packet may have 100,000
MAX_UNWALKED = 2**18  # bytes of a file that has few parts although the walk through it was given up
MAGIC_BYTES = 1024  # how much of a file `format_of` looks at; a PDF's header may come that late (ISO 32000-1, H.3)

_TYPES: dict[str, Format] = {
    "image/jpeg": Format.JPEG, "image/jpg": Format.JPEG, "image/pjpeg": Format.JPEG, "image/jfif": Format.JPEG,
    "image/png": Format.PNG, "image/x-png": Format.PNG, "image/apng": Format.PNG, "image/vnd.mozilla.apng": Format.PNG,
    "image/webp": Format.WEBP, "image/gif": Format.GIF,
    "image/tiff": Format.TIFF, "image/tif": Format.TIFF, "image/x-tiff": Format.TIFF,
    "image/x-adobe-dng": Format.TIFF, "image/dng": Format.TIFF, "image/x-nikon-nef": Format.TIFF,
    "image/x-sony-arw": Format.TIFF, "image/x-canon-cr2": Format.TIFF,
    "audio/wav": Format.WAV, "audio/x-wav": Format.WAV, "audio/wave": Format.WAV, "audio/vnd.wave": Format.WAV,
    "video/avi": Format.AVI, "video/x-msvideo": Format.AVI, "video/vnd.avi": Format.AVI, "video/msvideo": Format.AVI,
    "video/mp4": Format.BMFF, "video/x-m4v": Format.BMFF, "video/quicktime": Format.BMFF, "video/3gpp": Format.BMFF,
    "video/3gpp2": Format.BMFF, "application/mp4": Format.BMFF, "audio/mp4": Format.BMFF, "audio/x-m4a": Format.BMFF,
    "audio/m4a": Format.BMFF, "audio/x-m4b": Format.BMFF, "audio/3gpp": Format.BMFF, "image/heic": Format.BMFF,
    "image/heif": Format.BMFF, "image/heic-sequence": Format.BMFF, "image/heif-sequence": Format.BMFF,
    "image/avif": Format.BMFF, "image/avif-sequence": Format.BMFF,
    "image/jxl": Format.BMFF, "image/jp2": Format.BMFF, "image/jpx": Format.BMFF, "image/jpm": Format.BMFF,
    "audio/mpeg": Format.MP3, "audio/mp3": Format.MP3, "audio/x-mp3": Format.MP3, "audio/mpeg3": Format.MP3,
    "audio/x-mpeg": Format.MP3, "audio/x-mpeg-3": Format.MP3,
    "audio/ogg": Format.OGG, "audio/opus": Format.OGG, "application/ogg": Format.OGG, "audio/vorbis": Format.OGG,
    "video/ogg": Format.OGG,
    "audio/flac": Format.FLAC, "audio/x-flac": Format.FLAC,
    "image/svg+xml": Format.SVG, "image/svg": Format.SVG,
    "application/epub+zip": Format.EPUB, "application/epub": Format.EPUB,
    "application/pdf": Format.PDF, "application/x-pdf": Format.PDF,
    "text/plain": Format.TEXT, "text/markdown": Format.TEXT, "text/x-markdown": Format.TEXT, "text/vtt": Format.TEXT,
    **dict.fromkeys(
        (
            *(f"application/vnd.openxmlformats-officedocument.{kind}" for kind in (
                "wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation",
                "wordprocessingml.template", "spreadsheetml.template", "presentationml.template",
                "presentationml.slideshow",
            )),
            *(f"application/vnd.ms-{kind}.12" for kind in (
                "word.document.macroenabled", "excel.sheet.macroenabled", "powerpoint.presentation.macroenabled",
            )),
            *(f"application/vnd.oasis.opendocument.{kind}" for kind in (
                "text", "spreadsheet", "presentation", "graphics", "text-template", "spreadsheet-template",
                "presentation-template", "formula", "chart",
            )),
        ),
        Format.OFFICE,
    ),
    "audio/aiff": Format.AIFF, "audio/x-aiff": Format.AIFF, "audio/aifc": Format.AIFF, "sound/aiff": Format.AIFF,
    "video/x-matroska": Format.MATROSKA, "audio/x-matroska": Format.MATROSKA, "video/webm": Format.MATROSKA,
    "audio/webm": Format.MATROSKA, "video/matroska": Format.MATROSKA, "audio/matroska": Format.MATROSKA,
    "audio/ape": Format.APE, "audio/x-ape": Format.APE, "audio/x-monkeys-audio": Format.APE,
    "audio/x-wavpack": Format.APE, "audio/wavpack": Format.APE, "audio/x-musepack": Format.APE,
    "audio/musepack": Format.APE,
    "message/rfc822": Format.MHTML, "application/x-mimearchive": Format.MHTML,
    "application/c2pa": Format.C2PA, "application/x-c2pa-manifest-store": Format.C2PA,
}  # fmt: skip
_STARTS: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n", Format.PNG),
    (b"GIF8", Format.GIF),
    (b"II*\0", Format.TIFF), (b"MM\0*", Format.TIFF),  # TIFF 6.0, both byte orders
    (b"II+\0", Format.TIFF), (b"MM\0+", Format.TIFF),  # BigTIFF
    (b"fLaC", Format.FLAC),
    (b"OggS", Format.OGG),
    (b"ID3", Format.MP3),
    (b"\x1a\x45\xdf\xa3", Format.MATROSKA),  # EBML
    (b"MAC ", Format.APE), (b"wvpk", Format.APE), (b"MPCK", Format.APE), (b"MP+", Format.APE),
)  # fmt: skip
_RIFF_STARTS = (b"RIFF", b"RF64", b"BW64")
_RIFF = {b"WEBP": Format.WEBP, b"WAVE": Format.WAV, b"AVI ": Format.AVI, b"AVIX": Format.AVI}
_FORMS = {b"FORMAIFF": Format.AIFF, b"FORMAIFC": Format.AIFF}
_BOXES = {  # the type of the first box, at byte 4; QuickTime files older than `ftyp` begin with one of the others
    b"ftyp": Format.BMFF, b"moov": Format.BMFF, b"mdat": Format.BMFF, b"wide": Format.BMFF, b"pnot": Format.BMFF,
    b"JXL ": Format.BMFF, b"jP  ": Format.BMFF,
    b"jumb": Format.C2PA,
}  # fmt: skip
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
_EPUB_CONTAINER = b"META-INF/container.xml"


def format_of(media_type: str, prefix: bytes) -> Format | None:
    """
    The format of a body by its first `MAGIC_BYTES`, else by its media type (lower case, without parameters).

    None if it has no place for a reservation that is read.
    """
    return _by_magic(media_type, prefix[:MAGIC_BYTES]) or format_of_type(media_type)


def format_of_type(media_type: str) -> Format | None:
    """The format that a media type (lower case, without parameters) names; what `format_of` falls back on."""
    found = _TYPES.get(media_type)
    if found is None and media_type.startswith("multipart/") and media_type != _BYTERANGES:
        return Format.MHTML
    return found


def _by_magic(media_type: str, head: bytes) -> Format | None:
    for start, found in _STARTS:
        if head.startswith(start):
            # an ID3 tag may stand before the stream marker of FLAC, further off than we look
            return Format.FLAC if found is Format.MP3 and _TYPES.get(media_type) is Format.FLAC else found
    if head.startswith(_RIFF_STARTS):
        return _RIFF.get(head[8:12])
    return _FORMS.get(head[:4] + head[8:12]) or _BOXES.get(head[4:8]) or _by_later_bytes(media_type, head)


def _by_later_bytes(media_type: str, head: bytes) -> Format | None:
    """Formats that are not known by a fixed first word."""
    if head.startswith(b"PK\x03\x04"):
        return _archive(media_type, head)
    if media_type in _MARKUP:  # a page may speak of the other formats' magic
        return Format.PDF if head.lstrip().startswith(b"%PDF-") else None
    if b"%PDF-" in head:
        return Format.PDF
    if _SVG_ROOT.match(head):
        return Format.SVG
    if _is_message(media_type, head):
        return Format.MHTML
    return Format.MP3 if _is_mpeg_frame(head) else None


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
    declared = _TYPES.get(media_type)
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


# The module of each container; a format that has none yet is not read.
_MODULES: dict[Format, str] = {
    Format.JPEG: "jpeg",
    Format.PNG: "png",
    Format.WEBP: "riff",
    Format.WAV: "riff",
    Format.AVI: "riff",
    Format.GIF: "gif",
    Format.TIFF: "tiff",
    Format.SVG: "svg",
    Format.BMFF: "bmff",
    Format.MP3: "mp3",
    Format.FLAC: "flac",
    Format.OGG: "ogg",
    Format.EPUB: "epub",
    Format.PDF: "pdf",
    Format.C2PA: "c2pa_store",
    Format.TEXT: "text",
    Format.OFFICE: "office",
    Format.AIFF: "aiff",
    Format.MATROSKA: "matroska",
    Format.APE: "ape_file",
    Format.MHTML: "mhtml",
}


@cache
def _reader(module: str) -> Reader:
    return cast("Reader", import_module(f"tdm_guard.formats.files.{module}").read)


def read_asset(data: bytes, format: Format, *, complete: bool = True) -> Asset:  # noqa: A002 - the word for it
    """What lies in a file of this format. `complete=False`: `data` is only its beginning. Never raises."""
    asset = _reader(_MODULES[format])(data, complete=complete)
    if len(asset.packets) > 1:
        asset = _bounded(asset)
    sealed = any(p.place is Place.C2PA for p in asset.packets) or any(u.place is Place.C2PA for u in asset.unread)
    if not sealed:
        return asset
    lost = len(data) > MAX_UNWALKED and any(u.place is Place.C2PA for u in asset.unread)
    return replace(asset, data=data, parts=len(data) if lost else asset.parts)


def _bounded(asset: Asset) -> Asset:
    """A file whose packets are together no more than their readers should have to parse."""
    left, tags = MAX_PACKETS_BYTES, MAX_PACKETS_TAGS
    kept: list[Packet] = []
    left_out: dict[Place, Unread] = {}
    for packet in asset.packets:
        if packet.place is not Place.C2PA:
            left -= len(packet.data)
            tags -= packet.data.count(b"<")
            if kept and (left < 0 or tags < 0):
                left_out[packet.place] = Unread(packet.place, packet.locator, "more packets than are read of one file")
                continue
        kept.append(packet)
    if not left_out:
        return asset
    unread = (*asset.unread, *left_out.values())
    return replace(asset, packets=tuple(kept), unread=unread, complete=False)
