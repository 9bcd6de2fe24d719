"""
The middles of decisions, from `origin` to `media_type`: what they say, without parsing each.

strategy: those of one origin are spelt alike, byte for byte, and those of different origins but for the origin, the
documents looked for, and when. So a middle is compared with those known of its origin, then with those of others, the
origin put in; only what is none of these is taken apart, and only once parsed where it is alike but for the times.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeAlias

from tdm_guard.log.checks.outcome import Facts, facts_of, outcome_problem

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_ALIKE = 1024  # ways of saying the same of many origins: some 1.2 KB each
MAX_KEPT = 16 * 2**20  # bytes of middles: the origins that a crawl works on at one time, and their kinds of answers
MAX_OF_ORIGIN = 8  # middles known of one origin: kinds of answers, and documents that were looked for again
MAX_PATTERNS = 4  # last ways of saying the same that are tried one after another

SIMPLE = rb'"[ !#-\[\]-~]*"'  # text without an escape
NUMBER = rb"(?:0|[1-9][0-9]{0,17})"
_ORIGIN = re.compile(rb'"origin":%b,' % SIMPLE)
_ORIGIN_OF = re.compile(rb"https?://[!#-.0-\[\]-~]+")  # at the beginning of an address in simple text
_OWN_ORIGIN = re.compile(rb'"origin":"(https?://[!#-\[\]-~]+)",')
_DOCUMENT = (
    rb'\{"document":%b,"result":%b,"status":(?:null|%b),"retrieved_at":(?:null|%b),"sha256":(?:null|"[0-9a-f]{64}"),'
    rb'"cached":(?:true|false)\}' % (SIMPLE, SIMPLE, NUMBER, SIMPLE)
)
_CHECKED = re.compile(rb',"checked":\[(?:%b(?:,%b)*)?\],' % (_DOCUMENT, _DOCUMENT))
_RETRIEVED = b'"retrieved_at":"'
_TIMES = re.compile(rb'(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")*')
_ELSEWHERE = frozenset(
    {
        "type", "v", "run", "seq", "id", "ts", "url", "final_url", "bytes", "content_sha256", "cached", "hops",
        "repertoire", "prev", "hash", "common", "personal", "origin", "checked",
    }
)  # fmt: skip

Middle: TypeAlias = tuple[bytes, Facts]  # with what stands behind it
_Pattern: TypeAlias = tuple[tuple[bytes, ...], Facts]  # what stands around the origin


class Middles:
    """Tells the facts of middles, in bounded memory."""

    def __init__(self) -> None:
        self._known: dict[bytes, list[Middle]] = {}  # by the beginning of the address
        self._size = 0
        self._patterns: dict[bytes, list[_Pattern]] = {}  # by what stands behind the middle
        self._alike: dict[bytes, Facts] = {}

    def of_decision(self, raw: bytes, begin: int, end: int, url: bytes) -> Middle | None:
        """The middle that begins there, with the `,"bytes":` behind it; None if it is spelt otherwise."""
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
        return read

    def of_common(self, raw: bytes, begin: int, end: int) -> Facts | None:
        """The facts of the members of a common record, which stand between these places; None likewise."""
        found = _OWN_ORIGIN.match(raw, begin)
        read = self._read(raw, begin, end + 2, found[1] if found else b"", b"},")
        return read[1] if read is not None and begin + len(read[0]) == end + 2 else None

    def _read(self, raw: bytes, begin: int, end: int, origin: bytes, behind: bytes) -> Middle | None:
        patterns = self._patterns.setdefault(behind, [])
        if origin:
            for around, facts in patterns:
                text = origin.join(around)
                if raw.startswith(text, begin):
                    return text, facts
        stop = raw.rfind(behind, begin, end)
        facts_read = self._facts(raw[begin:stop]) if stop > 0 else None
        if facts_read is None:
            return None
        text = raw[begin : stop + len(behind)]
        if origin:
            # Where one is members of a record, so is it with another origin, and has the same facts: they stand in
            # strings, since nothing else in JSON has `://`.
            patterns.insert(0, (tuple(text.split(origin)), facts_read))
            del patterns[MAX_PATTERNS:]
        return text, facts_read

    def _facts(self, middle: bytes) -> Facts | None:
        alike = _alike(middle)
        facts = self._alike.get(alike)
        if facts is None:
            facts = _apart(middle)
            if facts is not None and alike:
                if len(self._alike) >= MAX_ALIKE:
                    self._alike.clear()
                self._alike[alike] = facts
        return facts


def _alike(middle: bytes) -> bytes:
    """A middle without its origin and the times at which documents were retrieved; empty if it has them otherwise."""
    origin = _OWN_ORIGIN.match(middle)
    if origin is None or b"\0" in middle:
        return b""
    first, *others = middle.split(_RETRIEVED)
    if not _TIMES.fullmatch(b"".join([each[:28] for each in others])):
        return b""
    return _RETRIEVED.join([first, *[each[28:] for each in others]]).replace(origin[1], b"\0")


def _apart(middle: bytes) -> Facts | None:
    """The facts of a middle, of which only what it says beside origin and documents is parsed."""
    origin = _ORIGIN.match(middle)
    checked = _CHECKED.search(middle, origin.end()) if origin else None
    if origin is None or checked is None:
        return None
    return _parsed((middle[origin.end() : checked.start()], middle[checked.end() :]))


def _parsed(parts: Iterable[bytes]) -> Facts | None:
    """The facts of members, each text of which must be some by itself."""
    record: dict[str, object] = {}
    try:
        for each in parts:
            record |= json.loads((b"{%b}" % each).decode())
    except (ValueError, RecursionError):
        return None
    return facts_of(record) if _ELSEWHERE.isdisjoint(record) and not outcome_problem(record) else None
