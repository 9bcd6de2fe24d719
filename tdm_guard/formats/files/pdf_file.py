"""
Objects of a PDF file by number (ISO 32000-1, 7.5), in the open or in an object stream.

strategy: only what leads to the few objects asked for is read (`pdf_tables`). Where the tables fail, the objects are
searched for by their own words, the last of a number being the one that holds.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from tdm_guard.formats.files.pdf_filters import ENCODING, Effort, decode, rows
from tdm_guard.formats.files.pdf_objects import Header, Name, PdfError, Reference, Value, parse
from tdm_guard.formats.files.pdf_tables import Entry, Run, entry_of, read_table, runs_of, widths_of

MAX_SECTIONS = 512  # cross-reference sections: one for each time the file was saved in place
MAX_TABLE = 16 * 2**20  # bytes of a cross-reference stream when decoded: two million objects
MAX_OBJECT_STREAM = 8 * 2**20  # bytes of an object stream when decoded; it has some ten thousand
MAX_KEPT = 3 * 2**20  # bytes of decoded tables and object streams that are kept, besides twice those of the file
MAX_SEARCHED = 64 * 2**20  # bytes of object streams decoded in the searches of one file
MAX_NUMBERS = 2**18  # bytes of an object stream's own table, of some ten thousand objects
MAX_OPENING = 4  # object streams being read at a time: the length of one may be an object in another
MAX_SEARCHES = 12  # objects searched for in one file; each search may go through all of it
MAX_TRIES = 4_096  # places looked at in one search
MAX_HEADER = 4_096  # bytes before an object stream's type in which its dictionary begins
MAX_HOPS = 16  # references that lead to references
_TAIL = 2_048  # bytes at the end in which `startxref` is looked for; readers take 1,024

_START = re.compile(rb"startxref\s*(\d{1,12})")
_OBJECT = re.compile(rb"\s*(\d{1,10})\s+(\d{1,5})\s+obj")
_STREAM = re.compile(rb"\s*stream(?:\r\n|\n|\r)?")
_ROOT = re.compile(rb"/Root\s+(\d{1,10})\s+(\d{1,5})\s+R")
_OBJECT_STREAM = re.compile(rb"/ObjStm\b")


class Stream(NamedTuple):
    """A stream: its dictionary and where its data begins."""

    header: Header
    start: int


class _ObjectStream(NamedTuple):
    """A decoded object stream (7.5.7): where its objects begin, and how many numbers and offsets stand before them."""

    body: bytes
    first: int
    objects: int

    def offset(self, number: int) -> int | None:
        """Where the object of this number begins."""
        try:
            words = self.body[: self.first].split()[: 2 * max(0, self.objects)]
            offset = self.first + int(words[2 * words[::2].index(b"%d" % number) + 1])
        except (ValueError, IndexError):
            return None
        return offset if self.first <= offset < len(self.body) else None


class PdfFile:
    """
    A file of which objects are asked for.

    `trailer` is the newest one with the members of older ones that it lacks; `repaired` says why the file's own tables
    were not used. Raises `PdfError` if there is no catalogue to be found.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.trailer: Header = {}
        self.repaired: str | None = None
        self._runs: list[Run] = []
        self._found: dict[Reference, Value] = {}
        self._streams: dict[int, _ObjectStream] = {}
        self._opening: list[int] = []
        self._searches = 0
        self._effort = Effort()
        self._room = MAX_KEPT + 2 * len(data)
        self._left = MAX_SEARCHED
        self._shift = max(0, data.find(b"%PDF-", 0, 1_024))  # offsets count from the header
        try:
            self._read_tables()
            self.catalogue()
        except PdfError as error:
            self.repaired = self.repaired or str(error)
            self._found.clear()
            if b"Encrypt" not in self.trailer:  # what is encrypted looks damaged; its objects may be in order
                self._search_root()

    def catalogue(self) -> Header:
        """The catalogue (7.7.2). Raises `PdfError` if it cannot be reached."""
        found: Value = self.resolve(self.trailer.get(b"Root"))
        if not _is_catalogue(found):
            raise PdfError("no catalogue where the trailer says that it is")
        return dict(found)

    def resolve(self, value: Value) -> Value:
        """The object that `value` refers to, or `value` itself; None for a number that the file does not have."""
        for _ in range(MAX_HOPS):
            if not isinstance(value, Reference):
                return value
            value = self._object(value)
        raise PdfError("references in a circle")

    def stream(self, stream: Stream, limit: int, *, mended: bool = False) -> bytes:
        """A stream's data, decoded; `mended`: as much of it as can be. Raises `PdfError` beyond `limit` bytes."""
        return decode(self.raw(stream), self._filters(stream), limit, mended=mended, effort=self._effort)

    def raw(self, stream: Stream) -> bytes:
        """A stream's data as it stands; where its length is wrong, up to its last word."""
        length = stream.header.get(b"Length")
        if self.repaired is None:  # else where it refers to would have to be searched for, in streams perhaps
            length = self.resolve(length)
        if isinstance(length, int) and length >= 0:
            after = stream.start + length
            if after <= len(self.data) and self.data[after : after + 32].lstrip().startswith(b"endstream"):
                return self.data[stream.start : after]
        end = self.data.find(b"endstream", stream.start)
        if end < 0:
            raise PdfError("a stream that does not end")
        return self.data[stream.start : end]

    def _filters(self, stream: Stream) -> Header:
        """The members of a stream's dictionary that say how it is encoded, without references."""
        return {key: self._plain(stream.header[key]) for key in ENCODING if key in stream.header}

    def _plain(self, value: Value) -> Value:
        value = self.resolve(value)
        if isinstance(value, list):
            return [self.resolve(item) for item in value[:8]]
        return value

    def _read_tables(self) -> None:
        tail = self.data[-_TAIL:]
        starts = _START.findall(tail)
        if not starts:
            raise PdfError("no startxref at the end of the file")
        waiting = [int(starts[-1])]
        seen: set[int] = set()
        while waiting and len(seen) < MAX_SECTIONS:
            position = waiting.pop(0)
            if position in seen:
                continue
            seen.add(position)
            trailer = self._read_section(position + self._shift)
            # a hybrid file's stream (7.5.8.4) counts before the older section
            waiting[:0] = [where for key in (b"XRefStm", b"Prev") if isinstance(where := trailer.get(key), int)]
            self.trailer = trailer | self.trailer
        if waiting:
            raise PdfError(f"more than {MAX_SECTIONS} cross-reference sections")

    def _read_section(self, position: int) -> Header:
        data = self.data
        head = data[position : position + 32].lstrip()
        if not head.startswith(b"xref"):
            stream = self._at(position)
            if not isinstance(stream, Stream) or stream.header.get(b"Type") != Name(b"XRef"):
                raise PdfError(f"no cross-reference section at byte {position}")
            self._read_rows(stream)
            return stream.header
        runs, trailer = read_table(data, data.index(b"xref", position) + 4)
        self._runs += runs
        return trailer

    def _read_rows(self, stream: Stream) -> None:
        widths = widths_of(stream.header)
        most = min(MAX_TABLE, self._room)
        table = rows(self.raw(stream), self._filters(stream), sum(widths), most, self._effort)
        self._room -= table.size
        self._runs += runs_of(stream.header, table, widths)

    def _object(self, reference: Reference) -> Value:
        if reference not in self._found:
            self._found[reference] = None  # for whatever needs it on the way to itself
            try:
                self._found[reference] = self._looked_up(reference)
            except PdfError:
                del self._found[reference]
                raise
        return self._found[reference]

    def _looked_up(self, reference: Reference) -> Value:
        if self.repaired is None:
            try:
                found = self._by_tables(reference)
                if found is not None or b"Encrypt" in self.trailer:
                    return found
            except PdfError as error:
                if not self.trailer or b"Encrypt" in self.trailer:
                    raise
                self.repaired = str(error)
        found = self._searched(reference)  # deleted, by the tables, or never there; one of them may be wrong
        if found is not None and self.repaired is None:
            self.repaired = f"object {reference.number} is in none of them"
        return found

    def _by_tables(self, reference: Reference) -> Value:
        found = self._entry(reference.number)
        if found is None:
            return None  # free, or in no table: the number stands for nothing
        kind, where, index = found
        if kind == 2:
            return self._in_object_stream(reference.number, where, index)
        return self._at(where + self._shift, reference.number)

    def _entry(self, number: int) -> Entry | None:
        """Of the newest section that has the number: its kind and what its two fields say."""
        return entry_of(self._runs, self.data, number)

    def _at(self, position: int, number: int | None = None) -> Value:
        head = _OBJECT.match(self.data, position, position + 64) if position < len(self.data) else None
        if head is None or (number is not None and int(head[1]) != number):
            raise PdfError(
                f"no object at byte {position}" if number is None else f"no object {number} at byte {position}"
            )
        value, after = parse(self.data, head.end())
        if isinstance(value, dict) and (word := _STREAM.match(self.data, after, after + 32)):
            return Stream(value, word.end())
        return value

    def _in_object_stream(self, number: int, container: int, index: int) -> Value:
        if container not in self._streams:
            if len(self._opening) >= MAX_OPENING or container in self._opening:
                raise PdfError("object streams that need each other")
            self._opening.append(container)
            try:
                opened = self._opened(self._container(container), min(MAX_OBJECT_STREAM, self._room))
                self._room -= len(opened.body)
                self._streams[container] = opened
            finally:
                self._opening.pop()
        opened = self._streams[container]
        offset = opened.offset(number)
        if offset is None:
            raise PdfError(f"object {number} is not number {index} of its object stream")
        return parse(opened.body, offset)[0]

    def _container(self, number: int) -> Stream:
        found = self._entry(number)
        # an object stream is not itself in one
        stream = self._at(found[1] + self._shift, number) if found is not None and found[0] == 1 else None
        if not isinstance(stream, Stream):
            raise PdfError(f"no object stream {number}")
        return stream

    def _opened(self, stream: Stream, limit: int) -> _ObjectStream:
        body = self.stream(stream, limit, mended=True)
        first, count = self.resolve(stream.header.get(b"First")), self.resolve(stream.header.get(b"N"))
        if not (isinstance(first, int) and isinstance(count, int) and 0 <= first <= min(len(body), MAX_NUMBERS)):
            raise PdfError("an object stream without its numbers")
        return _ObjectStream(body, first, count)

    def _search_root(self) -> None:
        """Finds the catalogue by its own words: the last `/Root` that leads to a dictionary."""
        data, end = self.data, len(self.data)
        for _ in range(MAX_HOPS):
            at = data.rfind(b"/Root", 0, end)
            if at < 0:
                break
            end = at
            if found := _ROOT.match(data, at):
                reference = Reference(int(found[1]), int(found[2]))
                if reference not in self._found and _is_catalogue(self._object(reference)):
                    self.trailer = {b"Root": reference} | {k: v for k, v in self.trailer.items() if k != b"Root"}
                    if b"Encrypt" not in self.trailer and b"/Encrypt" in data:
                        self.trailer[b"Encrypt"] = True
                    return
        at = data.rfind(b"/Catalog")
        head = list(_OBJECT.finditer(data, max(0, at - MAX_HEADER), max(0, at)))
        if not head or not _is_catalogue(self._at(head[-1].start())):
            raise PdfError(f"no catalogue was found; {self.repaired}")
        self.trailer[b"Root"] = Reference(int(head[-1][1]), int(head[-1][2]))

    def _searched(self, reference: Reference) -> Value:
        """The last object of this number in the file, in the open or in an object stream."""
        self._searches += 1
        if self._searches > MAX_SEARCHES:
            raise PdfError(f"more than {MAX_SEARCHES} objects that have to be searched for")
        return self._search(b"%d %d obj" % reference, reference.number)

    def _search(self, word: bytes, number: int) -> Value:
        at = len(self.data)
        for _ in range(MAX_TRIES):
            at = self.data.rfind(word, 0, at + len(word) - 1)
            if at < 0:
                return self._searched_streams(number)
            if not self.data[at - 1 : at].isdigit():  # else it is the end of a longer number
                return self._at(at)
        raise PdfError(f"object {number} was not found in {MAX_TRIES} places")

    def _searched_streams(self, number: int) -> Value:
        value: Value = None
        heads: set[int] = set()
        for mark in islice(_OBJECT_STREAM.finditer(self.data), MAX_TRIES):
            at = self.data.rfind(b"obj", max(0, mark.start() - MAX_HEADER), mark.start())
            if self._left < 0:
                raise PdfError(f"more than {MAX_SEARCHED} bytes of object streams")
            head = max((found.start() for found in _OBJECT.finditer(self.data, max(0, at - 24), at + 3)), default=-1)
            if at < 0 or head < 0 or head in heads:
                continue
            heads.add(head)
            try:
                stream = self._at(head)
                if not isinstance(stream, Stream):
                    continue
                opened = self._opened(stream, min(MAX_OBJECT_STREAM, self._left, MAX_KEPT + 2 * len(self.data)))
                self._left -= len(opened.body)
                offset = opened.offset(number)
                if offset is not None:
                    value = parse(opened.body, offset)[0]
            except PdfError:
                self._left -= 2**16  # a stream that fails has cost too
        return value


def is_ended(data: bytes) -> bool:
    """True if the file has its last words, so that it is not cut short."""
    return max(data.rfind(b"%%EOF"), data.rfind(b"startxref")) > data.rfind(b"endobj")


def _is_catalogue(value: Value) -> bool:
    """True for a dictionary that calls itself one, or that has what only a catalogue has."""
    return isinstance(value, dict) and (value.get(b"Type", b"Catalog") == b"Catalog" or b"Pages" in value)
