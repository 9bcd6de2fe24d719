"""
HAR 1.2: the requests of a browser with their answers, as JSON.

strategy: entries are cut out of the text one by one, so that a large file is never held. A browser keeps the text of
a body as it decoded it, and may keep none: then no body is known.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tdm_guard.archives.captured import is_judged, mapping, moment, scheme_of, unjudgeable
from tdm_guard.archives.items import AS_READ, NOT_TOLD, OF_HEAD, Damage, Item
from tdm_guard.archives.octets import Octets
from tdm_guard.archives.setting import Setting
from tdm_guard.archives.tape import Tape
from tdm_guard.archives.warc import tape_of
from tdm_guard.formats.http.stored_head import FRAMING
from tdm_guard.model import Headers, Stored

MAX_ENTRY = 2**28  # bytes of one entry: the largest body that is kept, as base64, and what is around it
_STEP = 2**20
_ENTRIES = re.compile(rb'(?<!\\)"entries"\s{0,64}:\s{0,64}\[')
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|["{}\[\]]', re.DOTALL)
_BARE = re.compile(rb"[\s,]*+[^\s,]")  # a value that is no text, list or object
_NO_OBJECT = b"null"
_PAIRS = {b"{": b"{}", b"[": b"[]"}
_BOM = b"\xef\xbb\xbf"


def read_har(octets: Octets, path: str, setting: Setting, *, name: str) -> Iterator[Item | Damage]:
    """All answers that a HAR file holds."""
    tape = tape_of(octets)
    if not _go_to_entries(tape):
        yield Damage(name, 0, "no list of entries in what should be HAR")
        return
    met = False
    while True:
        place = sum(tape.place())
        found = _next_entry(tape)
        if found is None:
            if met or not _go_to_entries(tape):  # what had that name before held none
                return
            continue
        met = True
        if isinstance(found, str):
            yield Damage(name, place, found)
            return
        at = place + found[0]
        try:
            entry = json.loads(found[1])
        except (ValueError, RecursionError):
            yield Damage(name, at, "an entry that is no JSON")
            continue
        if not isinstance(entry, dict):
            yield Damage(name, at, "an entry that is no object")
            continue
        if (item := _item(entry, name, at, setting.passed)) is not None:
            yield item


def _go_to_entries(tape: Tape) -> bool:
    while True:
        more = tape.fill(_STEP)
        found = _ENTRIES.search(tape.data, tape.at)
        if found is not None:
            tape.at = found.end()
            return True
        if not more:
            return False
        tape.at = len(tape.data) - 256


class _Value:
    """A value of the list as far as it was read: where it begins, and how many of its kind are open."""

    def __init__(self) -> None:
        self.begin = -1
        self.depth = 0
        self._pair = b""

    def ends_with(self, mark: bytes, place: int) -> bool:
        """Takes in what stands at a place; True if the value is whole then, as a text is, and what closes nothing."""
        if self.depth:
            self.depth += (mark == self._pair[:1]) - (mark == self._pair[1:])
        else:
            self.begin, self._pair = place, _PAIRS.get(mark, b"")
            self.depth = 1 if self._pair else 0
        return not self.depth


def _next_entry(tape: Tape) -> tuple[int, bytes] | str | None:
    """The next value of the list and where it begins from here; why there is none, or None at the end of the list."""
    wanted, at, value = _STEP, 0, _Value()
    while True:
        more = tape.fill(wanted)
        data, start = tape.data, tape.at
        for token in _TOKEN.finditer(data, start + at):
            mark = token[0]
            if mark == b'"':  # a text of which the end is not here yet
                break
            if not value.depth and (bare := _BARE.match(data, start + at, token.start())) is not None:
                tape.at = token.start()  # all such values up to here count as one
                return bare.end() - 1 - start, _NO_OBJECT
            if not value.depth and mark == b"]":
                return None
            at = token.end() - start
            if value.ends_with(mark, token.start() - start):
                tape.at = start + at
                return value.begin, data[start + value.begin : start + at]
        if not more:
            return "it ends before the last of its entries"
        if wanted >= MAX_ENTRY:
            return f"an entry of more than {MAX_ENTRY} bytes: what stands behind it is not read"
        wanted *= 2


def _item(entry: dict[str, Any], name: str, place: int, passed: Counter[str]) -> Item | Damage | None:
    request, response = (mapping(entry.get(key)) for key in ("request", "response"))
    url, status = request.get("url"), response.get("status")
    if not isinstance(url, str) or not url:
        return Damage(name, place, "an entry without an address")
    if not is_judged(url):
        passed[scheme_of(url) or "an address without a scheme"] += 1
        return None
    if (problem := unjudgeable(url)) is not None:
        return Damage(name, place, problem, url=url)
    headers = _headers(response.get("headers"))
    body, notes = _body(mapping(response.get("content")), is_head=request.get("method") == "HEAD")
    if not isinstance(status, int) or status <= 0:
        if not isinstance(status, int) and (body or headers):  # 0: none came
            return Damage(name, place, "an answer without a status", url=url)
        passed["a request without an answer"] += 1
        return None
    whole = body is not None
    if not _are_pairs(response.get("headers")):
        whole, notes = False, (*notes, NOT_TOLD)
    if body is not None:
        headers = tuple([field for field in headers if field[0].lower() not in FRAMING])
    at = moment(str(entry.get("startedDateTime", "")))
    stored = Stored(name, place, type="entry")
    return Item(
        url=url,
        status=status,
        headers=headers,
        body=body,
        body_complete=whole,
        at=at,
        hops=(),
        stored=stored,
        notes=notes,
    )


def _are_pairs(given: Any) -> bool:
    """True for a list of fields: one that is something else may have reserved."""
    return isinstance(given, list) and all(isinstance(each, dict) for each in given)


def _body(content: dict[str, Any], *, is_head: bool) -> tuple[bytes | None, tuple[str, ...]]:
    """The body, if it was saved."""
    text, size = content.get("text"), content.get("size")
    if is_head:
        return None, (OF_HEAD,)
    if not isinstance(text, str) or (not text and size):
        return (b"", ()) if size == 0 else (None, ("its body was not saved",))
    if content.get("encoding") == "base64":
        try:
            return base64.b64decode("".join(text.split()), validate=True), ()
        except (binascii.Error, ValueError):
            return None, ("its body is damaged base64",)
    octets = text.encode("utf-8", "surrogatepass")
    # what was decoded from another charset says so by its mark, which is heard before any field
    return (octets, ()) if text.isascii() else (_BOM + octets.removeprefix(_BOM), (AS_READ,))


def _headers(given: Any) -> Headers:
    found = (
        [(mapping(each).get("name"), mapping(each).get("value")) for each in given] if isinstance(given, list) else []
    )
    fields = [(name, str(value)) for name, value in found if isinstance(name, str) and value is not None]
    return tuple([(name, value) for name, value in fields if name[:1] not in ("", ":")])
