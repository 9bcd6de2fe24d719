"""
WARC records as what can be judged (ISO 28500, 6): responses, revisits, resources, conversions and metadata.

strategy: one method a type of record. What no site speaks for is counted, what cannot be read is damage, and both are
never passed over without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tdm_guard.archives import framing, inflating
from tdm_guard.archives.captured import cleaned, is_judged, moment, scheme_of, unjudgeable
from tdm_guard.archives.framing import Gap, Record
from tdm_guard.archives.items import NOT_TOLD, Damage, Item
from tdm_guard.archives.methods import Methods
from tdm_guard.archives.octets import Octets
from tdm_guard.archives.originals import Spot, is_original
from tdm_guard.archives.reading_on import some_at_a_time
from tdm_guard.archives.redirects import REDIRECTS, Redirects
from tdm_guard.archives.segments import Segments
from tdm_guard.archives.setting import INSIDE, Setting
from tdm_guard.archives.tape import Tape
from tdm_guard.archives.usual import Usual
from tdm_guard.archives.wat import read_wat
from tdm_guard.archives.writer import Writer
from tdm_guard.formats.http.stored_head import FRAMING, NO_HEAD, StoredHead, read_head
from tdm_guard.model import Headers, Stored

MAX_INSIDE = 2**28  # decoded bytes read over to come to a record that others refer to, in a member of many
_GZIP = b"\x1f\x8b"
_ZSTD = (b"\x28\xb5\x2f\xfd", b"\x2a\x4d\x18")
_EMPTY = frozenset({204, 205, 304})  # answers that have no body by their status
_FRAMING = FRAMING | {"content-type"}  # what belongs to a body, and goes with it
_COUNTED = frozenset({"warcinfo", "c2paprovenance"})


def tape_of(octets: Octets, offset: int = 0) -> Tape:
    """The stream that a file holds, from a place on, whatever it is compressed by."""
    head = octets.take(0, 4)
    if head.startswith(_GZIP):
        return Tape(inflating.gzip_members(octets, offset))
    if head == _ZSTD[0] or head[1:] == _ZSTD[1]:
        return Tape(inflating.zstd_frames(octets, offset))
    return Tape(inflating.plain(octets, offset), plain=octets, origin=offset)


def read_warc(octets: Octets, path: str, setting: Setting, *, name: str, offset: int = 0) -> Iterator[Item | Damage]:
    """All that is in a WARC file; `path` is where it can be opened again, `name` what it is called."""
    if not octets.size:
        yield Damage(name, 0, "an empty file")
    yield from read_tape(tape_of(octets, offset), octets, path, setting, name=name)
    if not offset:
        setting.originals.done(path)


def read_tape(tape: Tape, octets: Octets, path: str, setting: Setting, *, name: str) -> Iterator[Item | Damage]:
    """All that is in the stream of a file."""
    yield from WarcReading(octets, path, setting, name).items(tape)
    if octets.error:
        yield Damage(name, 0, f"it could not be read to its end: {octets.error}")


class WarcReading:
    """The reading of one file: what was met of it so far, and what waits for something else in it."""

    def __init__(self, octets: Octets, path: str, setting: Setting, name: str) -> None:
        self._octets = octets
        self._setting = setting
        self._name = name
        self._usual = Usual(name)
        self._path = path
        self._number = setting.originals.number(path)
        self.methods = Methods()
        self._redirects = Redirects()
        self._segments = Segments()
        self._writer = Writer(lambda: tape_of(octets))
        self._readers: dict[str, Callable[[Record, str], Iterator[Item | Damage]]] = {
            "response": self._response,
            "revisit": self._revisit,
            "resource": self._resource,
            "conversion": self._conversion,
            "metadata": self._metadata,
            "request": self._request,
        }

    def items(self, tape: Tape) -> Iterator[Item | Damage]:
        """All that the stream holds."""
        for record in some_at_a_time(framing.records(tape)):
            if due := self.methods.tick():
                yield from due
            if isinstance(record, Gap):
                file, place = self._spot(record.place)
                url = cleaned(record.url) if record.url else None
                yield Damage(file, place, record.what, url=url if url and is_judged(url) else None)
            elif (item := self._usual.item(record)) is not None:
                self._setting.originals.note(record.fields, item.url, Spot(self._number, *record.place))
                yield self._redirects.along(item) if self._redirects.ways else item
            else:
                yield from self.read(record)
        yield from self.rest()

    def rest(self) -> Iterator[Item | Damage]:
        """What waited to the end."""
        yield from self._segments.rest()
        yield from self.methods.rest()

    def read(self, record: Record) -> Iterator[Item | Damage]:
        """What one record is."""
        fields = record.fields
        kind = fields.get("warc-type", "").lower()
        url = cleaned(fields.get("warc-target-uri", ""))
        if record.damage:
            yield self._damage(record, f"a record with {record.damage}", None)
        reader = self._readers.get(kind)
        if reader is None and kind == "continuation":
            yield from self._continuation(record)
        elif reader is None and not kind:
            yield self._damage(record, "a record without a type", url)
        elif reader is None:
            if kind == "warcinfo":
                self._writer.met(record)
                if record.raw is not None:
                    self._setting.met_info(self._path, record.raw)
            self._setting.passed[kind if kind in _COUNTED else f"record of type {kind[:40]}"] += 1
        elif not url and kind != "request":
            yield self._damage(record, f"a {kind} record without an address", None)
        elif not is_judged(url) and kind != "request":
            self._setting.passed[scheme_of(url) or "an address without a scheme"] += 1
        elif kind != "request" and (problem := unjudgeable(url)):
            yield self._damage(record, problem, url)
        else:
            yield from reader(record, url)

    def _response(self, record: Record, url: str) -> Iterator[Item | Damage]:
        fields = record.fields
        if record.start == record.end:
            yield self._damage(record, "a response record without a payload", url)
            return
        head = _head(record)
        item = self._item(record, url, head, "response")
        if not item.body:
            item = self._writer.answer(item)
        if self._redirects.ways or item.status in REDIRECTS:
            item = self._redirects.along(item)
        self._setting.originals.note(fields, url, Spot(self._number, *record.place))
        if "warc-segment-number" in fields:
            self._segments.begin(fields, item)
        elif item.body or item.status in _EMPTY or not item.body_complete:
            yield item
        elif (known := self.methods.answer(item, fields)) is not None:
            yield known

    def _resource(self, record: Record, url: str) -> Iterator[Item | Damage]:
        fields = record.fields
        kind = fields["warc-type"].lower()
        media_type = fields.get("content-type", "")
        if (
            media_type.lower().startswith("application/http") and record.start < record.end
        ):  # what some tools store so all the same
            item = self._item(record, url, _head(record), kind)
        else:
            item = _without_fields(self._item(record, url, StoredHead(None, (), record.start), kind))
        self._setting.originals.note(fields, url, Spot(self._number, *record.place))
        item = self._redirects.along(item)
        if "warc-segment-number" in fields:
            self._segments.begin(fields, item)
        else:
            yield item

    def _conversion(self, record: Record, url: str) -> Iterator[Item | Damage]:
        """What was made of an answer, such as the text of a page: judged by that answer, of which it keeps no word."""
        item = self._item(record, url, StoredHead(None, (), record.start), "conversion")
        original = self._original(record, url)
        if original is None:
            note = "what it was made of is not in these archives: what that said is not known"
            yield item._replace(body_complete=False, notes=(*item.notes, note))
            return
        note = f"judged by what it was made of, which lies in {original.stored.file}"
        yield self._redirects.along(
            item._replace(
                status=original.status,
                headers=original.headers,
                body=original.body,
                body_complete=original.body_complete,
                notes=(*item.notes, *original.notes, note),
            )
        )

    def _metadata(self, record: Record, url: str) -> Iterator[Item | Damage]:
        """What a tool knows of a page; fields of its answer among it count as such."""
        media_type = record.fields.get("content-type", "")
        headers: Headers = (("content-type", media_type),) if media_type else ()
        known_of = read_wat(record.block) if "json" in media_type else None
        if known_of is not None and known_of.is_request:
            self._setting.passed["metadata of a request"] += 1
        elif known_of is not None:
            item = self._item(record, url, StoredHead(known_of.status, known_of.headers, record.start), "metadata")
            note = "put together from what a WAT record keeps"
            whole = item.body_complete and known_of.body is not None
            yield item._replace(body=known_of.body, body_complete=whole, notes=(*item.notes, note))
        elif "fields" in media_type or "http" in media_type:
            inner = _head(record)
            known = tuple([(name, value) for name, value in inner.headers if name.lower() not in _FRAMING])
            yield self._item(record, url, StoredHead(inner.status, (*headers, *known), record.start), "metadata")
        else:
            yield self._item(record, url, StoredHead(None, headers, record.start), "metadata")

    def _request(self, record: Record, url: str) -> Iterator[Item | Damage]:
        self._setting.passed["request"] += 1
        yield from self.methods.met(record, url)

    def _continuation(self, record: Record) -> Iterator[Item | Damage]:
        known = self._segments.go_on(record)
        if known is None:
            yield self._damage(record, "a continuation of a record that is not here", None)
        else:
            yield from known

    def _revisit(self, record: Record, url: str) -> Iterator[Item | Damage]:
        """Judged by what it refers to: its own fields, and the body, and what frames it, of the original."""
        own = _head(record)
        heard = record.whole and (record.start == record.end or not (own.cut or NO_HEAD in own.notes))
        if own.notes == (NO_HEAD,):
            own = StoredHead(None, (), record.start)
        item = self._item(record, url, own, "revisit")
        original = self._original(record, url)
        if original is None:
            note = "what it refers to is not in these archives: no body is known"
            yield self._redirects.along(item._replace(body=None, body_complete=False, notes=(*item.notes, note)))
            return
        headers, status = original.headers, original.status
        if item.headers:
            mine = {name.lower() for name, _ in item.headers}
            kept = [(name, value) for name, value in item.headers if name.lower() not in _FRAMING]
            more = mine - _FRAMING if item.status == 304 else None  # RFC 9111 3.2: the rest stays as it was
            headers = (*kept, *((n, v) for n, v in original.headers if _stays(n.lower(), more)))
            status = original.status if item.status in (None, 304) else item.status
        yield self._redirects.along(
            item._replace(
                status=status,
                headers=headers,
                body=original.body,
                body_complete=original.body_complete and heard,
                notes=(*item.notes, *original.notes, f"a revisit of what lies in {original.stored.file}"),
            )
        )

    def _original(self, record: Record, url: str) -> Item | None:
        spots = self._setting.originals.find(record.fields, url, self._index)
        found = (self._original_at(spot, record, url, alone=len(spots) == 1) for spot in spots)
        return next((item for item in found if item is not None), None)

    def _original_at(self, spot: Spot, record: Record, url: str, *, alone: bool) -> Item | None:
        setting = self._setting
        try:
            octets = self._octets if spot.file == self._number else setting.opened(setting.originals.path(spot.file))
        except Exception:  # noqa: BLE001 - whatever an archive that is gone raises: then nothing is known
            return None
        try:
            found = _at(octets, spot)
        finally:
            if octets is not self._octets:
                octets.close()
        if found is None or not is_original(found, record.fields, url, alone=alone):
            return None
        kind = found.fields.get("warc-type", "").lower()
        media_type = found.fields.get("content-type", "")
        plain = kind == "resource" and not media_type.lower().startswith("application/http")
        head = StoredHead(None, (), found.start) if plain else _head(found)
        path = self._name if spot.file == self._number else setting.originals.path(spot.file)
        item = _item(found, url, head, Stored(path.rpartition("/")[2] or path, spot.member))
        item = _without_fields(item) if plain else item
        if "warc-segment-number" in found.fields:
            return item._replace(body_complete=False, notes=(*item.notes, "the first segment of what it refers to"))
        if not item.body and item.body_complete and 200 <= (item.status or 200) < 300 and item.status not in _EMPTY:
            return item._replace(body=None, body_complete=False, notes=(*item.notes, "of which no body is known"))
        return item

    def _index(self, path: str) -> Iterator[object]:
        """Notes all of an archive that may be referred to."""
        number = self._setting.originals.number(path)
        try:
            octets = self._setting.opened(path)
        except Exception:  # noqa: BLE001 - it is named when it is read itself
            return
        for record in framing.records(tape_of(octets)):
            if isinstance(record, Record) and record.fields.get("warc-type", "").lower() in ("response", "resource"):
                url = cleaned(record.fields.get("warc-target-uri", ""))
                self._setting.originals.note(record.fields, url, Spot(number, *record.place))
                yield record
        octets.close()

    def _item(self, record: Record, url: str, head: StoredHead, kind: str) -> Item:
        file, place = self._spot(record.place)
        identifier = record.fields.get("warc-record-id", "")[:1024] or None
        return _item(record, url, head, Stored(file, place, identifier, type=kind))

    def _damage(self, record: Record, what: str, url: str | None) -> Damage:
        file, place = self._spot(record.place)
        return Damage(file, place, what, url=url or None)

    def _spot(self, place: tuple[int, int]) -> tuple[str, int]:
        """File and offset of a record; of one that stands within a member, of what that member holds."""
        member, inside = place
        return (f"{self._name}{INSIDE}@{member}", inside) if inside else (self._name, member)


def _item(record: Record, url: str, head: StoredHead, stored: Stored) -> Item:
    fields = record.fields
    notes = head.notes
    whole = record.whole and not head.cut and NO_HEAD not in notes  # what its fields said is not known
    if not record.whole and record.damage is None:
        notes = (*notes, "a record that is not whole")
    if truncated := fields.get("warc-truncated"):
        whole, notes = False, (*notes, f"cut short by who stored it: {truncated[:80]}")
    body = record.data[head.begin : record.end]
    at = moment(fields.get("warc-date", ""))
    return Item(
        url=url,
        status=head.status,
        headers=head.headers,
        body=body,
        body_complete=whole,
        at=at,
        hops=(),
        stored=stored,
        raw=record.raw,
        notes=notes,
    )


def _without_fields(item: Item) -> Item:
    """What was stored without the fields of its answer, which may have reserved: it is not whole."""
    return item._replace(body_complete=False, notes=(*item.notes, NOT_TOLD)) if item.body_complete else item


def _head(record: Record) -> StoredHead:
    return read_head(record.data, record.start, record.end)


def _stays(name: str, replaced: set[str] | None) -> bool:
    """True for a field of an original that counts for a revisit, whose own fields `replaced` others, or all (None)."""
    return name in _FRAMING or (replaced is not None and name not in replaced)


def _at(octets: Octets, spot: Spot) -> Record | None:
    if spot.inside > MAX_INSIDE:
        return None
    tape = tape_of(octets, spot.member)
    tape.skip(spot.inside, None)
    found = next(framing.records(tape), None)
    return found if isinstance(found, Record) else None
