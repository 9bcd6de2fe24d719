"""
WARC records out of a stream (ISO 28500, 4 to 6): head, block, two line ends; and all that is none.

    record = "WARC/" 1*DIGIT "." 1*DIGIT CRLF *named-field CRLF block CRLF CRLF

strategy: a record is what its length says, if the next one begins behind it. Where it does not, the stream is read on
to where one begins, and the record is what stands before it. What is no record is a gap, with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, Self

from tdm_guard.archives.named_fields import USUAL_HEAD, Shapes, read_fields, text_of
from tdm_guard.archives.tape import MARK, Tape

MAX_HEAD = 2**16  # bytes of a record's own head; some hundred are usual, long addresses have thousands
MAX_BLOCK = 2**26  # bytes of a block that are kept, more than the largest asset that is read by default
_MAX_DIGITS = 19  # of a length: what has more is longer than any file
_STEP = 2**22  # bytes of the stream in which the next record is searched for at once

_VERSION = re.compile(rb"WARC/\d{1,3}\.\d{1,3}[ \t]*\r?\n")
_BEGINS = re.compile(rb"WARC/\d{1,3}\.\d{1,3}[ \t]*\r?\n[!-9;-~]{1,64}:")  # what no text about it has so
_LINE_ENDS = re.compile(rb"[\r\n]*")
_ADDRESS = re.compile(rb"(?im)^warc-target-uri[ \t]*:[ \t]*<?([^\s>]{1,65536})")
_OWN_LENGTH = re.compile(rb"(?i)\ncontent-length[ \t]*:[ \t]*(\d{1,18})[ \t]*\r\n")
_END = b"\r\n\r\n"
_UNCHECKED = 2**16  # bytes: a length up to this may lie without costing much
_MAX_LIES = 16  # of lengths in one file, after which none is believed
_LONGEST_MARK = 96  # bytes of line ends, version line and the next name, which two steps may share

_new = tuple.__new__  # half the time of a NamedTuple's own, for every record


class Record(NamedTuple):
    """
    A record: its own fields by lower-case name (of repeated ones the first), and its block, or the first part of it,
    which lies in `data` from `start` to `end`: large ones are copied once only.

    `place`: of the member that it begins in, and in what that member holds. `raw`: offset and length in the file as
    stored. `size`: of the block; `whole`: all of it is there. `damage`: what is wrong with it.
    """

    fields: dict[str, str]
    data: bytes
    start: int
    end: int
    place: tuple[int, int]
    raw: tuple[int, int] | None
    size: int
    whole: bool
    damage: str | None = None

    @classmethod
    def of(
        cls,
        fields: dict[str, str],
        data: bytes,
        start: int,
        end: int,
        place: tuple[int, int],
        raw: tuple[int, int] | None,
        *,
        size: int,
        whole: bool,
        damage: str | None,
    ) -> Self:
        """A record that ends where it should."""
        return _new(cls, (fields, data, start, end, place, raw, size, whole, damage))

    @property
    def block(self) -> bytes:
        """What the record holds."""
        return self.data[self.start : self.end]


class Gap(NamedTuple):
    """What is no record, and the address that stands in it, if one does."""

    place: tuple[int, int]
    what: str
    url: str | None = None


def records(tape: Tape) -> Iterator[Record | Gap]:
    """All that the stream holds."""
    shapes = Shapes()
    while True:
        if _at_end(tape):
            broken = tape.broken
            if broken is None:
                return
            yield Gap((broken.start, 0), f"{broken.what}, up to {broken.end}")
            tape.mend()
            continue
        place = tape.place()
        begin, data = tape.at, tape.data
        if (version := _VERSION.match(data, begin)) is None and tape.fill(64):
            begin, data = tape.at, tape.data
            version = _VERSION.match(data, begin)
        yield _gap(tape, place) if version is None else _record(tape, place, version.end() - begin, shapes)


def _at_end(tape: Tape) -> bool:
    """True at the end or at a break; goes over the line ends between records."""
    while True:
        data, at = tape.data, tape.at
        if data[at : at + 1] in (b"\r", b"\n"):
            at = tape.at = _LINE_ENDS.match(data, at).end()  # type: ignore[union-attr] # it matches nothing, too
        if at < len(data):
            return False
        if not tape.more():
            return True


def _gap(tape: Tape, place: tuple[int, int], what: str = "that are no record") -> Gap:
    """Goes on to where a record begins."""
    size, address = 0, None
    for piece in _to_the_next(tape):
        if address is None:
            address = _ADDRESS.search(piece, 0, MAX_HEAD)
        size += len(piece)
    return Gap(place, f"{size} bytes {what}", text_of(address[1]) if address else None)


def _to_the_next(tape: Tape) -> Iterator[bytes]:
    """What stands before the next record, or before the end of the stream; at least a byte."""
    begun = False
    while True:
        more = tape.fill(_STEP, across=False) or tape.fresh
        data, at = tape.data, tape.at
        cut = tape.cut()
        limit = len(data) if cut is None else cut
        found = find_record(data, at if begun else at + 1, limit)
        stop = found >= 0 or cut is not None or not more
        end = found if found >= 0 else limit if stop else max(at, limit - _LONGEST_MARK)
        tape.at = end
        yield data[at:end]
        begun = begun or end > at
        if stop:
            return


def find_record(data: bytes, start: int, stop: int) -> int:
    """Where a record begins in `data`; -1 for nowhere."""
    while (at := data.find(MARK, start, stop)) >= 0:
        if _BEGINS.match(data, at) is not None:
            return at
        start = at + 1
    return -1


def _record(tape: Tape, place: tuple[int, int], first: int, shapes: Shapes) -> Record | Gap:
    if (usual := shapes.read(tape.data, tape.at + first)) is not None:
        fields, tape.at = usual
    else:
        size = _head_size(tape, first)
        if size is None:
            return _gap(tape, place, "of a record whose head does not end")
        head = tape.data[tape.at + first : tape.at + size]
        fields = read_fields(head)
        shapes.learn(head)
        tape.at += size
    said = fields.get("content-length", "")
    length = int(said) if said.isascii() and said.isdigit() and len(said) <= _MAX_DIGITS else None
    if length is None:
        return _by_the_next(tape, fields, place, "no length" if not said else "a length that is no number")
    if length > _UNCHECKED and not _is_credible(tape, length):
        return _by_the_next(tape, fields, place, f"a length of {length}, which is not that of its block", length)
    if length > MAX_BLOCK:
        return _long(tape, fields, place, length)
    if len(tape.data) - tape.at < length + 4:
        tape.fill(length + 4, across=False)
    end = tape.at + length
    exact = tape.data[end : end + 4] == _END
    if not (exact or _follows(tape, length)) or ((cut := tape.cut()) is not None and cut < tape.at + length):
        return _by_the_next(tape, fields, place, f"a length of {length}, which is not that of its block", length)
    at, data = tape.at, tape.data
    end = at + length
    damaged = not exact and _BEGINS.match(data, end + len(_END)) is not None
    damage, behind = None, 4 if exact or damaged else _line_ends(data[end : end + 4])
    if (place[1] or not tape.coded) and (inner := _ends_before(data, at, end)) >= 0:  # else a member ends with it
        damage, end, behind = f"a length of {length}, within which another record begins", inner, len(_END)
    tape.at = end + behind
    raw = _raw(tape, place)  # it may show that what was read is damaged
    return Record.of(fields, data, at, end, place, raw, size=end - at, whole=tape.broken is None, damage=damage)


def _ends_before(data: bytes, start: int, stop: int) -> int:
    """Where an answer ends by its own length, if another record begins there; -1 for nowhere. Else that is content."""
    end = data.find(_END, start, min(stop, start + MAX_HEAD))
    said = _OWN_LENGTH.search(data, start, end + 2) if end >= 0 and data.startswith(b"HTTP/", start) else None
    if said is None:
        return -1
    at = end + len(_END) + int(said[1])
    return at if at < stop and data.startswith(_END, at) and _BEGINS.match(data, at + len(_END)) is not None else -1


def _is_credible(tape: Tape, length: int) -> bool:
    """False for a length that can be seen to lie, or may, after many that did."""
    behind = tape.ahead(length, _LONGEST_MARK)
    if behind is None:
        return tape.coded and tape.lies < _MAX_LIES
    return not behind.strip(b"\r\n") or _VERSION.match(behind.lstrip(b"\r\n")) is not None


def _head_size(tape: Tape, first: int) -> int | None:
    """The length of a head, its blank line in it; None if it does not end before another one begins."""
    size = _to_blank_line(tape, first, USUAL_HEAD)
    if size is not None:
        return size
    for most in (USUAL_HEAD, MAX_HEAD):
        tape.fill(most, across=False)
        size = _to_blank_line(tape, first, most)
        if find_record(tape.data, tape.at + 1, tape.at + (size or most)) >= 0:
            return None
        if size is not None:
            return size
    return None


def _to_blank_line(tape: Tape, first: int, most: int) -> int | None:
    at, data = tape.at, tape.data
    begin, stop = at + first - 1, at + most
    end = data.find(b"\n\r\n", begin, stop)
    bare = data.find(b"\n\n", begin, stop if end < 0 else end)
    if bare >= 0:
        return bare + 2 - at
    return end + 3 - at if end >= 0 else None


def _follows(tape: Tape, length: int) -> bool:
    """True if behind a block of this length the next record begins, or the stream ends."""
    tape.fill(length + _LONGEST_MARK, across=False)
    data, end = tape.data, tape.at + length
    if end > len(data):
        return False
    following = end + _line_ends(data[end : end + 4])
    if following == len(data) or tape.cut() == following:
        return True
    if _BEGINS.match(data, end + len(_END)) is not None:  # what stands between is damaged
        return True
    return following > end and _VERSION.match(data, following) is not None


def _line_ends(behind: bytes) -> int:
    return len(behind) - len(behind.lstrip(b"\r\n"))


def _raw(tape: Tape, place: tuple[int, int]) -> tuple[int, int] | None:
    """Where the record lies in the file as stored; None if it has no member of its own."""
    member, inside = place
    if inside:
        return None
    end = tape.ended()
    return None if end is None else (member, end - member)


def _long(tape: Tape, fields: dict[str, str], place: tuple[int, int], length: int) -> Record:
    """A record of which the first part is kept; the rest is read over."""
    tape.fill(MAX_BLOCK, across=False)
    lie = f"a length of {length}, which is not that of its block"
    following = find_record if tape.coded else None
    if tape.cut() is not None or (following and following(tape.data, tape.at, tape.at + MAX_BLOCK) >= 0):
        return _by_the_next(tape, fields, place, lie, length)
    block = tape.data[tape.at : tape.at + MAX_BLOCK]
    there = tape.skip(length, following)
    if there < length:
        tape.lies += 1
        damage = f"{lie}: {there} bytes stand before what follows"
        return _held(fields, block, place, size=there, whole=False, damage=damage)
    tape.fill(4, across=False)
    tape.at += _line_ends(tape.data[tape.at : tape.at + 4])
    return _held(fields, block, place, size=length, whole=False, raw=_raw(tape, place))


def _by_the_next(
    tape: Tape, fields: dict[str, str], place: tuple[int, int], what: str, length: int | None = None
) -> Record:
    """A record whose length does not say where it ends: that is where the next one begins, or its member ends."""
    kept: list[bytes] = []
    size = 0
    for piece in _to_the_next(tape):
        if size < MAX_BLOCK:
            kept.append(piece)
        size += len(piece)
    block = b"".join(kept)
    for end in (_END, b"\n\n"):
        if block.endswith(end):
            block, size = block[: -len(end)], size - len(end)
    tape.lies += 1
    # one that is longer than it says has all of its block; one that is shorter lacks what follows
    whole = size <= MAX_BLOCK and (length is None or size >= length) and tape.broken is None
    damage = f"{what}: {size} bytes stand before what follows"
    return _held(fields, block[:MAX_BLOCK], place, size=size, whole=whole, damage=damage)


def _held(
    fields: dict[str, str],
    block: bytes,
    place: tuple[int, int],
    *,
    size: int,
    whole: bool,
    damage: str | None = None,
    raw: tuple[int, int] | None = None,
) -> Record:
    """A record whose block was put together."""
    return Record(
        fields=fields,
        data=block,
        start=0,
        end=len(block),
        place=place,
        raw=raw,
        size=size,
        whole=whole,
        damage=damage,
    )
