"""Sound files that end in an APE tag: Monkey's Audio, WavPack, Musepack. They are read for the works that they name."""

from __future__ import annotations

from tdm_guard.formats.files.ape import Items, tag_end, tag_items
from tdm_guard.formats.files.asset import Asset, more_names
from tdm_guard.formats.files.container import Format

MAX_AWAITED = 16 * 2**20  # bytes of a prefix after which no tag is awaited; no reservation depends on it


def read(data: bytes, *, complete: bool) -> Asset:
    """The identifiers in the tag at the end."""
    items = tag_items(data, tag_end(data)) if complete else Items()
    return Asset(
        format=Format.APE,
        unread=(more_names("APE"),) if items.more else (),
        tags=tuple(dict.fromkeys(items.tags)),
        complete=complete or len(data) >= MAX_AWAITED,
    )
