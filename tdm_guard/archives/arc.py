"""
ARC 1.0 and 1.1, what archives had before WARC: a line that names a capture, and its answer behind it.

    record  = address SP ip SP date SP media-type [ SP … ] SP length LF content LF
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tdm_guard.archives.captured import is_judged, moment, scheme_of, unjudgeable
from tdm_guard.archives.framing import MAX_BLOCK
from tdm_guard.archives.items import Damage, Item
from tdm_guard.archives.octets import Octets
from tdm_guard.archives.redirects import Redirects
from tdm_guard.archives.setting import INSIDE, Setting
from tdm_guard.archives.tape import Tape
from tdm_guard.archives.warc import tape_of
from tdm_guard.formats.http.stored_head import NO_HEAD, read_head
from tdm_guard.model import Stored

MAX_LINE = 2**17  # bytes of the line before an answer; an address has at most 64 KiB
_LINE_FORM = (
    rb"([A-Za-z][A-Za-z0-9+.-]{0,31}:[^\s]{0,65536}) ([\d.:A-Fa-f]{1,45}) (\d{8,17}) ([^\r\n]{0,4096}) (\d{1,18})\r?\n"
)
_LINE = re.compile(_LINE_FORM)
_NEXT = re.compile(rb"(?m)^" + _LINE_FORM)
_STEP = 2**20


def read_arc(octets: Octets, path: str, setting: Setting, *, name: str) -> Iterator[Item | Damage]:
    """All that an ARC file holds."""
    tape, redirects = tape_of(octets), Redirects()
    while True:
        while tape.fill(1) and tape.data[tape.at : tape.at + 1] in (b"\n", b"\r"):
            tape.at += 1
        if not tape.fill(1):
            if (broken := tape.broken) is None:
                return
            yield Damage(name, broken.start, broken.what)
            tape.mend()
            continue
        member, inside = tape.place()
        place = (f"{name}{INSIDE}@{member}", inside) if inside else (name, member)
        line = _LINE.match(tape.data, tape.at)
        if line is None:
            tape.fill(MAX_LINE)
            line = _LINE.match(tape.data, tape.at)
        if line is None:
            yield Damage(*place, f"{_go_to_the_next(tape)} bytes that are no record")
            continue
        tape.at = line.end()
        for found in _capture(tape, line, place, setting):
            yield redirects.along(found) if isinstance(found, Item) else found


def _go_to_the_next(tape: Tape) -> int:
    """Goes to the next line that names a capture; how far."""
    size = 0
    while True:
        more = tape.fill(_STEP)
        found = _NEXT.search(tape.data, tape.at + (0 if size else 1))
        end = found.start() if found else len(tape.data)
        if more and not found:
            end = max(tape.at + 1, end - MAX_LINE)
        size += end - tape.at
        tape.at = end
        if found or not more:
            return size


def _capture(tape: Tape, line: re.Match[bytes], place: tuple[str, int], setting: Setting) -> Iterator[Item | Damage]:
    url, date, length = line[1].decode("latin-1"), line[3].decode(), int(line[5])
    media_type = line[4].decode("latin-1").split(" ")[0]
    tape.fill(min(length, MAX_BLOCK))
    block = tape.data[tape.at : tape.at + min(length, MAX_BLOCK)]
    there = tape.skip(length, None)
    if there < length:
        yield Damage(*place, f"a record of {length} bytes of which {there} are there")
    if not is_judged(url):
        setting.passed[scheme_of(url)] += 1
    elif (problem := unjudgeable(url)) is not None:
        yield Damage(*place, problem, url=url)
    elif not block:
        yield Damage(*place, "a record without a payload", url=url)
    else:
        head = read_head(block)
        headers = head.headers or (("content-type", media_type),)
        whole = there == length <= MAX_BLOCK and not head.cut and NO_HEAD not in head.notes
        body = block[head.begin :]
        yield Item(
            url=url,
            status=head.status,
            headers=headers,
            body=body,
            body_complete=whole,
            at=moment(date),
            hops=(),
            stored=Stored(*place),
            notes=head.notes,
        )
