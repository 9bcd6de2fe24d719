"""
Which tool wrote an archive, for the one thing that only this tells: whether an empty body was empty.

har2warc writes what a browser's log did not save as an empty page of length 0, and what was never answered as a 204.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tdm_guard.archives import framing
from tdm_guard.archives.items import Item
from tdm_guard.archives.tape import Tape

_LOSES_BODIES = re.compile(rb"(?im)^software[ \t]*:[ \t]*har2warc\b")


class Writer:
    """What the `warcinfo` records that were met say; `whole` gives the file from its beginning, if none was."""

    def __init__(self, whole: Callable[[], Tape]) -> None:
        self._whole = whole
        self._loses_bodies: bool | None = None

    def met(self, record: framing.Record) -> None:
        """Takes in a `warcinfo` record: it speaks for what stands behind it (ISO 28500, 6.2)."""
        self._loses_bodies = _LOSES_BODIES.search(record.block) is not None

    def answer(self, item: Item) -> Item:
        """An answer without a body, as what it is; a reading that began in the middle looks at the first record."""
        if self._loses_bodies is None:
            self._loses_bodies = False
            first = next(framing.records(self._whole()), None)
            if isinstance(first, framing.Record) and first.fields.get("warc-type", "").lower() == "warcinfo":
                self.met(first)
        if not self._loses_bodies or not 200 <= (item.status or 200) < 300:
            return item
        note = "har2warc writes what was not saved as empty: no body is known"
        return item._replace(body=None, body_complete=False, notes=(*item.notes, note))
