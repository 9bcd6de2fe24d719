"""
The middles of decisions, from `origin` to `media_type`: what they say, without parsing each.

strategy: those of one origin are spelt alike, byte for byte, and those of different origins but for the origin, and
when documents were retrieved, with which digests. So a middle is compared with those known of its origin, then with
those of others, the origin put in; only what is none of these is taken apart, and what stands around the documents
parsed once.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeAlias

from tdm_guard.log.checks.outcome import Facts, facts_of, outcome_problem

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PARSED = 1024  # texts around documents: some 600 bytes each
MAX_KEPT = 16 * 2**20  # bytes of middles: the origins that a crawl works on at one time, and their kinds of answers
MAX_OF_ORIGIN = 8  # middles known of one origin: kinds of answers, and documents that were looked for again
MAX_PATTERNS = 8  # last ways of saying the same that are tried one after another

SIMPLE = rb'"[ !#-\[\]-~]*"'  # text without an escape
NUMBER = rb"(?:0|[1-9][0-9]{0,17})"
_ORIGIN = re.compile(rb'"origin":%b,' % SIMPLE)
_ORIGIN_OF = re.compile(rb"https?://[!#-.0-\[\]-~]+")  # at the beginning of an address in simple text
_OWN_ORIGIN = re.compile(rb'"origin":"(https?://[!#-\[\]-~]+)",')
_DOCUMENT = (
    rb'\{"document":%b,"result":%b,"status":(?:null|%b),"retrieved_at":(?:null|%b),"sha256":(?:null|"[0-9a-f]{64}"),'
    rb'"cached":(?:true|false)\}' % (SIMPLE, SIMPLE, NUMBER, SIMPLE)
)
CHECKED = re.compile(rb',"checked":\[(?:%b(?:,%b)*)?\],' % (_DOCUMENT, _DOCUMENT))
_TIME = rb'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"'
_DIGEST = rb'[0-9a-f]{64}"'
_VARYING = re.compile(rb'(?<="retrieved_at":")%b|(?<="sha256":")%b' % (_TIME, _DIGEST))
_are_times = re.compile(rb"(?:%b)*" % _TIME).fullmatch
_are_digests = re.compile(rb"(?:%b)+" % _DIGEST).fullmatch
_OF_TIME = 28  # bytes
_ELSEWHERE = frozenset(
    {
        "type", "v", "run", "seq", "id", "ts", "url", "final_url", "bytes", "content_sha256", "cached", "hops",
        "repertoire", "stored", "prev", "hash", "common", "personal", "origin", "checked",
    }
)  # fmt: skip

Middle: TypeAlias = tuple[bytes, Facts]  # with what stands behind it


class Middles:
    """Tells the facts of middles, in bounded memory."""

    def __init__(self) -> None:
        self._known: dict[bytes, list[Middle]] = {}  # by the beginning of the address
        self._size = 0
        self._patterns: dict[bytes, list[_Pattern]] = {}  # by what stands behind the middle
        self._parsed: dict[bytes, Facts | None] = {}

    def of_decision(self, raw: bytes, begin: int, end: int, url: bytes) -> tuple[bytes, Facts | None]:
        """The middle that begins there, with the `,"bytes":` behind it; no facts if it is spelt otherwise."""
        found = _ORIGIN_OF.match(url)
        origin = found[0] if found else b""
        known = self._known.get(origin, [])
        for middle in known:
            if raw.startswith(middle[0], begin):
                return middle
        read = self._read(raw, begin, end, origin, b',"bytes":')
        if read is not None:
            self._size += len(read[0])
            if self._size > MAX_KEPT:
                self._known.clear()
                self._size = len(read[0])
            self._known[origin] = [read, *known[: MAX_OF_ORIGIN - 1]]
        return read or (b"", None)

    def of_common(self, raw: bytes, begin: int, end: int) -> Facts | None:
        """The facts of the members of a common record, which stand between these places; None likewise."""
        found = _OWN_ORIGIN.match(raw, begin)
        read = self._read(raw, begin, end + 2, found[1] if found else b"", b"},")
        return read[1] if read is not None and begin + len(read[0]) == end + 2 else None

    def _read(self, raw: bytes, begin: int, end: int, origin: bytes, behind: bytes) -> Middle | None:
        patterns = self._patterns.setdefault(behind, [])
        if origin:
            for place, pattern in enumerate(patterns):
                stop = pattern.end_in(raw, begin, origin)
                if stop > 0:
                    if place:
                        patterns.insert(0, patterns.pop(place))
                    return raw[begin:stop], pattern.facts
        stop = raw.rfind(behind, begin, end)
        facts = self._apart(raw[begin:stop]) if stop > 0 else None
        if facts is None:
            return None
        text = raw[begin : stop + len(behind)]
        if origin:
            patterns.insert(0, _Pattern(text, origin, facts))
            del patterns[MAX_PATTERNS:]
        return text, facts

    def _apart(self, middle: bytes) -> Facts | None:
        """The facts of a middle, of which only what it says beside origin and documents is parsed, once."""
        origin = _ORIGIN.match(middle)
        checked = CHECKED.search(middle, origin.end()) if origin else None
        if origin is None or checked is None:
            return None
        start, end = middle[origin.end() : checked.start()], middle[checked.end() :]
        key = b"%b\0%b" % (start, end)  # no JSON has that
        if key not in self._parsed:
            if len(self._parsed) >= MAX_PARSED:
                self._parsed.clear()
            self._parsed[key] = _parsed((start, end))
        return self._parsed[key]


class _Pattern:
    """
    A middle, of which origin, times and digests may be others.

    Where one is members of a record, so is it with these, and has the same facts: they stand within strings, since
    nothing else in JSON has `://`, or a quote behind a name and its colon.
    """

    __slots__ = ("_last", "_parts", "facts")

    def __init__(self, text: bytes, origin: bytes, facts: Facts) -> None:
        self.facts = facts
        self._parts: list[tuple[tuple[bytes, ...], int]] = []  # what stands around the origin; size of what comes then
        at = 0
        for found in _VARYING.finditer(text):
            self._parts.append((tuple(text[at : found.start()].split(origin)), found.end() - found.start()))
            at = found.end()
        self._last = tuple(text[at:].split(origin))

    def end_in(self, raw: bytes, begin: int, origin: bytes) -> int:
        """Where it ends, if it stands there; else -1."""
        times: list[bytes] = []
        digests: list[bytes] = []
        for around, size in self._parts:
            text = origin.join(around)
            if not raw.startswith(text, begin):
                return -1
            begin += len(text) + size
            (times if size == _OF_TIME else digests).append(raw[begin - size : begin])
        text = origin.join(self._last)
        if not (raw.startswith(text, begin) and _are_times(b"".join(times))):
            return -1
        return begin + len(text) if not digests or _are_digests(b"".join(digests)) else -1


def _parsed(parts: Iterable[bytes]) -> Facts | None:
    """The facts of members, each text of which must be some by itself."""
    record: dict[str, object] = {}
    try:
        for each in parts:
            record |= json.loads((b"{%b}" % each).decode())
    except (ValueError, RecursionError):
        return None
    return facts_of(record) if _ELSEWHERE.isdisjoint(record) and not outcome_problem(record) else None
