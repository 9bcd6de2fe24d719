"""
Which answers are answers to HEAD: in an archive they look like empty pages, and only their requests tell.

strategy: the methods of the last requests are kept by all that links them to answers. An answer without a body, whose
request was not met yet, waits for a few records.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from tdm_guard.archives.framing import Record
from tdm_guard.archives.items import OF_HEAD, Item
from tdm_guard.archives.originals import bare

_REMEMBERED = 4_096  # keys of requests; a request stands beside its answer
_NONE: Sequence[Item] = ()
_PATIENCE = 64  # records that an empty answer waits for its request


class Methods:
    """The requests that were met, and the empty answers that wait for theirs."""

    def __init__(self) -> None:
        self._heads: OrderedDict[str, bool] = OrderedDict()
        self._waiting: dict[int, tuple[Item, frozenset[str]]] = {}
        self._count = 0

    def know(self, fields: dict[str, str], url: str, *, is_head: bool) -> None:
        """Takes in the method of the request for a record, from an index."""
        self._heads.update(dict.fromkeys(_keys(fields, url), is_head))

    def met(self, record: Record, url: str) -> list[Item]:
        """Takes in a request; the answers that it settles."""
        is_head = record.data.startswith(b"HEAD ", record.start)
        keys = _keys(record.fields, url)
        for key in keys:
            self._heads[key] = is_head
        while len(self._heads) > _REMEMBERED:
            self._heads.popitem(last=False)
        if not self._waiting:
            return []
        settled = [number for number, (_, own) in self._waiting.items() if not own.isdisjoint(keys)]
        return [_settled(self._waiting.pop(number)[0], is_head=is_head) for number in settled]

    def answer(self, item: Item, fields: dict[str, str]) -> Item | None:
        """An answer without a body, as what it is; None if it waits for its request."""
        keys = _keys(fields, item.url)
        for key in keys:
            if (is_head := self._heads.get(key)) is not None:
                return _settled(item, is_head=is_head)
        self._waiting[self._count] = item, frozenset(keys)
        return None

    def tick(self) -> Sequence[Item]:
        """Counts a record; the answers that waited long enough."""
        self._count += 1
        if not self._waiting:
            return _NONE
        due = [number for number in self._waiting if self._count - number > _PATIENCE]
        return [self._waiting.pop(number)[0] for number in due]

    def rest(self) -> list[Item]:
        """The answers that still wait, at the end."""
        items = [item for item, _ in self._waiting.values()]
        self._waiting.clear()
        return items


def _keys(fields: dict[str, str], url: str) -> tuple[str, ...]:
    """All by which a request and its answer know each other."""
    keys = [bare(fields.get("warc-record-id", ""))]
    keys += [bare(identifier) for identifier in fields.get("warc-concurrent-to", "").split(",")]
    if date := fields.get("warc-date"):
        keys.append(f"{date} {url}")
    return tuple([key for key in keys if key])


def _settled(item: Item, *, is_head: bool) -> Item:
    if not is_head:
        return item
    return item._replace(body=None, body_complete=False, notes=(*item.notes, OF_HEAD))
