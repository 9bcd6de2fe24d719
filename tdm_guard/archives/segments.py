"""Records that were cut into segments (ISO 28500, 7): the first one, and the continuations behind it."""

from __future__ import annotations

from tdm_guard.archives.framing import MAX_BLOCK, Record
from tdm_guard.archives.items import Item
from tdm_guard.archives.originals import bare

_OPEN = 4  # records of which segments are waited for at once; each may hold as much as a block


class Segments:
    """The records of which some segments were met."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[Item, list[bytes], int]] = {}
        self._given_up: list[Item] = []

    def begin(self, fields: dict[str, str], item: Item) -> None:
        """Takes in a first segment."""
        if len(self._open) >= _OPEN:
            self._given_up.append(self._cut(next(iter(self._open))))
        if (key := bare(fields.get("warc-record-id", ""))) in self._open:
            self._given_up.append(self._cut(key))
        self._open[key] = item, [item.body or b""], 2

    def go_on(self, record: Record) -> list[Item] | None:
        """Takes in a continuation; the record, if it is whole then. None if its first segment was not met."""
        origin = bare(record.fields.get("warc-segment-origin-id", ""))
        known = self._open.get(origin)
        if known is None:
            return None
        item, parts, number = known
        said = record.fields.get("warc-segment-number", "").strip()
        if said != str(number) or not record.whole or sum(map(len, parts)) + len(record.block) > MAX_BLOCK:
            return [self._cut(origin)]
        parts.append(record.block)
        if "warc-segment-total-length" not in record.fields:
            self._open[origin] = item, parts, number + 1
            return []
        del self._open[origin]
        whole = item.body_complete and "warc-truncated" not in record.fields
        return [item._replace(body=b"".join(parts), body_complete=whole, raw=None)]

    def rest(self) -> list[Item]:
        """The records of which the last segment never came."""
        items = [*self._given_up, *(self._cut(origin) for origin in list(self._open))]
        self._given_up.clear()
        return items

    def _cut(self, origin: str) -> Item:
        item, parts, _ = self._open.pop(origin)
        note = "segments of it are missing"
        return item._replace(body=b"".join(parts), body_complete=False, raw=None, notes=(*item.notes, note))
