"""Of which modality content is, by its media type: text, image, audio, video, other."""

from __future__ import annotations

from enum import IntEnum


class Modality(IntEnum):
    """The modalities of the EU template (C(2025) 8311, 1.3), in its order."""

    TEXT = 0
    IMAGE = 1
    AUDIO = 2
    VIDEO = 3
    OTHER = 4

    @property
    def word(self) -> str:
        """As it is told."""
        return self.name.lower()


_TOP = {"text": Modality.TEXT, "image": Modality.IMAGE, "audio": Modality.AUDIO, "video": Modality.VIDEO}
# Documents that people read, whatever application they are for.
_TEXTS = frozenset({
    "epub+zip", "json", "ld+json", "msword", "pdf", "postscript", "rtf", "xhtml+xml", "xml", "yaml", "x-ndjson",
    "jsonl", "x-mobipocket-ebook", "vnd.ms-excel", "vnd.ms-powerpoint", "x-tex", "atom+xml", "rss+xml",
})  # fmt: skip
_TEXT_FAMILIES = ("vnd.openxmlformats-officedocument.", "vnd.oasis.opendocument.", "vnd.ms-word", "vnd.amazon.")
_SOUNDS = frozenset({"ogg"})  # RFC 5334: of a film it would be video/ogg
_FILMS = frozenset({"mp4", "mxf", "vnd.apple.mpegurl", "x-mpegurl", "dash+xml", "x-matroska"})


def modality_of(media_type: str | None) -> Modality:
    """The modality of a media type (without parameters); of one that is not told, or that says nothing, other."""
    top, _, sub = (media_type or "").strip().lower().partition("/")
    sub = sub.partition(";")[0].strip()
    if top in _TOP:
        return _TOP[top]
    if top != "application":
        return Modality.OTHER
    if sub in _FILMS:
        return Modality.VIDEO
    if sub in _SOUNDS:
        return Modality.AUDIO
    if sub in _TEXTS or sub.endswith(("+xml", "+json")) or sub.startswith(_TEXT_FAMILIES):
        return Modality.TEXT
    return Modality.OTHER
