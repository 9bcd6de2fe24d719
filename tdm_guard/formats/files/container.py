"""
The formats of files that are read: one row each, with all that is known of it by table.

strategy: a row is a member of `Format`. To add a format, write its module and its row: what the row forgets is an error
when this module is imported, and what it says against another one when `magic`, which makes tables of the rows, is.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum, unique
from typing import Literal, Self

Work = Literal["sound_recording", "text", "image", "by-type"]

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."


@dataclass(frozen=True, slots=True)
class Container:
    """
    One row: what a format is known by, and what follows from it.

    `name` is the carrier in records; `module`, of this package, has the `read` for it.
    `types`: the media types (lower case, without parameters) that name it.
    `starts`: its first bytes; `riff`: its form in a RIFF file, `iff`: in an IFF file; `boxes`: types of the first box.
    `swells`: a small file may hold much more, compressed (of PNG and SVG `magic.may_swell` looks closer).
    `work`: the type of work that an item from such a file is taken for; `by-type`: its media type tells.
    `c2pa`: the type by which the C2PA reader takes it whole; None where it takes the store alone.
    """

    name: str
    _: KW_ONLY
    module: str
    types: tuple[str, ...]
    swells: bool
    work: Work | None
    c2pa: str | None
    starts: tuple[bytes, ...] = ()
    riff: tuple[bytes, ...] = ()
    iff: tuple[bytes, ...] = ()
    boxes: tuple[bytes, ...] = ()


class FileFormat(StrEnum):
    """A format by the name that it has in records; its `row` has the rest."""

    row: Container

    def __new__(cls, row: Container) -> Self:
        self = str.__new__(cls, row.name)
        self._value_ = row.name
        self.row = row
        return self


@unique
class Format(FileFormat):
    """A kind of file with a place for a reservation, or for identifiers, that is read."""

    JPEG = Container(
        "jpeg",
        module="jpeg",
        types=("image/jpeg", "image/jpg", "image/pjpeg", "image/jfif"),
        starts=(b"\xff\xd8\xff",),
        swells=False,
        work="image",
        c2pa="image/jpeg",
    )
    PNG = Container(
        "png",
        module="png",
        types=("image/png", "image/x-png", "image/apng", "image/vnd.mozilla.apng"),
        starts=(b"\x89PNG\r\n",),
        swells=True,
        work="image",
        c2pa="image/png",
    )
    WEBP = Container(
        "webp", module="riff", types=("image/webp",), riff=(b"WEBP",), swells=False, work="image", c2pa="image/webp"
    )
    GIF = Container(
        "gif", module="gif", types=("image/gif",), starts=(b"GIF8",), swells=False, work="image", c2pa="image/gif"
    )
    TIFF = Container(  # and DNG and other camera files built on it
        "tiff",
        module="tiff",
        types=(
            *("image/tiff", "image/tif", "image/x-tiff", "image/x-adobe-dng", "image/dng"),
            *("image/x-nikon-nef", "image/x-sony-arw", "image/x-canon-cr2"),
        ),
        starts=(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),  # TIFF 6.0 and BigTIFF, both byte orders
        swells=False,
        work="image",
        c2pa="image/tiff",
    )
    WAV = Container(
        "wav",
        module="riff",
        types=("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"),
        riff=(b"WAVE",),
        swells=True,
        work="sound_recording",
        c2pa="audio/wav",
    )
    AVI = Container(
        "avi",
        module="riff",
        types=("video/avi", "video/x-msvideo", "video/vnd.avi", "video/msvideo"),
        riff=(b"AVI ", b"AVIX"),
        swells=False,
        work=None,
        c2pa="video/avi",
    )
    BMFF = Container(  # ISO base media: MP4, MOV, M4A, HEIF, AVIF; JPEG 2000, JPEG XL
        "bmff",
        module="bmff",
        types=(
            *("video/mp4", "video/x-m4v", "video/quicktime", "video/3gpp", "video/3gpp2", "application/mp4"),
            *("audio/mp4", "audio/x-m4a", "audio/m4a", "audio/x-m4b", "audio/3gpp"),
            *("image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"),
            *("image/avif", "image/avif-sequence", "image/jxl", "image/jp2", "image/jpx", "image/jpm"),
        ),
        # QuickTime files older than `ftyp` begin with one of the others
        boxes=(b"ftyp", b"moov", b"mdat", b"wide", b"pnot", b"JXL ", b"jP  "),
        swells=True,
        work="by-type",
        c2pa="video/mp4",
    )
    MP3 = Container(
        "mp3",
        module="mp3",
        types=("audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/mpeg3", "audio/x-mpeg", "audio/x-mpeg-3"),
        starts=(b"ID3",),
        swells=True,
        work="sound_recording",
        c2pa="audio/mpeg",
    )
    FLAC = Container(
        "flac",
        module="flac",
        types=("audio/flac", "audio/x-flac"),
        starts=(b"fLaC",),
        swells=False,
        work="sound_recording",
        c2pa="audio/flac",
    )
    OGG = Container(  # read for the works that it names, and for the XMP that ffmpeg keeps in its comments
        "ogg",
        module="ogg",
        types=("audio/ogg", "audio/opus", "application/ogg", "audio/vorbis", "video/ogg"),
        starts=(b"OggS",),
        swells=False,
        work="sound_recording",
        c2pa=None,
    )
    SVG = Container(
        "svg", module="svg", types=("image/svg+xml", "image/svg"), swells=True, work="image", c2pa="image/svg+xml"
    )
    EPUB = Container(
        "epub",
        module="epub",
        types=("application/epub+zip", "application/epub"),
        swells=True,
        work="text",
        c2pa="application/epub+zip",
    )
    PDF = Container(
        "pdf",
        module="pdf",
        types=("application/pdf", "application/x-pdf"),
        swells=True,
        work="text",
        c2pa="application/pdf",
    )
    C2PA = Container(  # a bare manifest store
        "c2pa",
        module="c2pa_store",
        types=("application/c2pa", "application/x-c2pa-manifest-store"),
        boxes=(b"jumb",),
        swells=False,
        work=None,
        c2pa="application/c2pa",
    )
    TEXT = Container(  # plain text and WebVTT
        "text",
        module="text",
        types=("text/plain", "text/markdown", "text/x-markdown", "text/vtt"),
        swells=False,
        work=None,
        c2pa=None,
    )
    OFFICE = Container(  # documents of Office Open XML and OpenDocument
        "office",
        module="office",
        types=(
            *(_OFFICE + kind for kind in ("wordprocessingml.document", "spreadsheetml.sheet")),
            *(_OFFICE + kind for kind in ("presentationml.presentation", "presentationml.slideshow")),
            *(_OFFICE + kind + "ml.template" for kind in ("wordprocessing", "spreadsheet", "presentation")),
            *("application/vnd.ms-word.document.macroenabled.12", "application/vnd.ms-excel.sheet.macroenabled.12"),
            "application/vnd.ms-powerpoint.presentation.macroenabled.12",
            *(_OPEN + kind for kind in ("text", "spreadsheet", "presentation", "graphics", "formula", "chart")),
            *(_OPEN + kind + "-template" for kind in ("text", "spreadsheet", "presentation")),
        ),
        swells=True,
        work="text",
        c2pa="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    )
    AIFF = Container(
        "aiff",
        module="aiff",
        types=("audio/aiff", "audio/x-aiff", "audio/aifc", "sound/aiff"),
        iff=(b"AIFF", b"AIFC"),
        swells=True,
        work="sound_recording",
        c2pa=None,
    )
    MATROSKA = Container(  # and WebM; no place for a reservation that is read: for the works that it names
        "matroska",
        module="matroska",
        types=(
            *("video/x-matroska", "audio/x-matroska", "video/webm", "audio/webm"),
            *("video/matroska", "audio/matroska"),
        ),
        starts=(b"\x1a\x45\xdf\xa3",),  # EBML
        swells=False,
        work=None,
        c2pa=None,
    )
    APE = Container(  # sound that begins with its own word, APE tag last: Monkey's Audio, WavPack, Musepack
        "ape",
        module="ape_file",
        types=(
            *("audio/ape", "audio/x-ape", "audio/x-monkeys-audio", "audio/x-wavpack", "audio/wavpack"),
            *("audio/x-musepack", "audio/musepack"),
        ),
        starts=(b"MAC ", b"wvpk", b"MPCK", b"MP+"),
        swells=False,
        work="sound_recording",
        c2pa=None,
    )
    MHTML = Container(  # a saved page: its parts are heard as what they are
        "mhtml",
        module="mhtml",
        types=("message/rfc822", "application/x-mimearchive"),
        swells=True,
        work=None,
        c2pa=None,
    )
