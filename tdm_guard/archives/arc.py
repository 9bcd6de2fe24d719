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
from tdm_guard.formats.http.stored_head import NO_HEAD, StoredHead, read_head
from tdm_guard.model import Stored

MAX_LINE = 2**17  # bytes of the line before an answer; an address has at most 64 KiB
_LINE_FORM = (
    rb"([A-Za-z][A-Za-z0-9+.-]{0,31}:[^\s]{0,65536}) ([\d.:A-Fa-f]{1,45}) (\d{8,17}) ([^\r\n]{0,4096}) (\d{1,18})\r?\n"
)
_LINE = re.compile(_LINE_FORM)
_NEXT = re.compile(rb"(?m)^" + _LINE_FORM)
_STEP = 2**20
_USUAL_LINE = 2**10  # bytes of such a line, as most are
_MAX_DIGITS = 19  # of a length: what has more is longer than any file


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
    kept = min(length, MAX_BLOCK)
    more = tape.fill(kept)
    fits = more if length > MAX_BLOCK else _fits(tape, length)
    data, at = tape.data, tape.at
    block = data[at : at + kept]
    head = read_head(block)
    end = _ends_before(data, at, head)
    known = end is not None and end < kept
    if not known and not fits:
        found = _NEXT.search(data, at)
        end = None if found is None else found.start() - at
    if end is not None and end < kept:
        yield Damage(*place, f"a length of {length}: another record begins behind {end} bytes")
        block, tape.at = block[:end].removesuffix(b"\n").removesuffix(b"\r"), at + end
        fits, length = known, end
    elif (there := tape.skip(length, None)) < length:
        yield Damage(*place, f"a record of {length} bytes of which {there} are there")
        fits = False
    if not is_judged(url):
        setting.passed[scheme_of(url)] += 1
    elif (problem := unjudgeable(url)) is not None:
        yield Damage(*place, problem, url=url)
    elif not block:
        yield Damage(*place, "a record without a payload", url=url)
    else:
        whole = fits and length <= MAX_BLOCK and not head.cut and NO_HEAD not in head.notes
        yield Item(
            url=url,
            status=head.status,
            headers=head.headers or (("content-type", media_type),),
            body=block[head.begin :],
            body_complete=whole,
            at=moment(date),
            hops=(),
            stored=Stored(*place),
            notes=head.notes if fits else (*head.notes, "a length that is not that of its record"),
        )


def _fits(tape: Tape, length: int) -> bool:
    """True if behind an answer of this length a line names the next capture, or the file ends."""
    for most in (_USUAL_LINE, MAX_LINE):
        more = tape.fill(length + most)
        at = tape.at + length
        while tape.data[at : at + 1] in (b"\n", b"\r"):
            at += 1
        if _LINE.match(tape.data, at) is not None or (at == len(tape.data) and not more):
            return True
        if not more:
            return False
    return False


def _ends_before(data: bytes, start: int, head: StoredHead) -> int | None:
    """How far behind `start` another capture begins: behind the body, as long as the answer's own fields say."""
    said = next((value for name, value in head.headers if name.lower() == "content-length"), "")
    if not (said.isascii() and said.isdigit() and len(said) <= _MAX_DIGITS):
        return None
    at = end = start + head.begin + int(said)
    while data[at : at + 1] in (b"\n", b"\r"):
        at += 1
    return at - start if at > end and _LINE.match(data, at) is not None else None
