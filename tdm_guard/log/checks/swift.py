"""
The usual decision, read without parsing its line again.

strategy: between the addresses and the size, the decisions of one origin are spelt alike, byte for byte. What stands
around that middle has one spelling too, and is matched whole; so the middle has to be parsed once, and a line is a
record because its three parts are. Whatever is spelt otherwise is left to the parser.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, TypeAlias

from tdm_guard.log.checks.outcome import Facts, facts_of, outcome_problem
from tdm_guard.log.record import VERSION

if TYPE_CHECKING:
    from tdm_guard.log.checks.run import VerifiedRun

MAX_MIDDLES = 4096  # middles kept: the origins that a crawl works on at one time, and their kinds of answers
MAX_MIDDLE = 4096  # bytes; longer ones are parsed anew, so that all of them stay within 16 MiB

_START = b'{"type":"decision","v":%d,"run":"' % VERSION
_TEXT = rb'"([ !#-\[\]-~]*)"'  # without an escape
_HEAD = re.compile(
    rb'","seq":([1-9][0-9]{0,17}),(?:"id":%b,)?"ts":%b,"url":%b,(?:"final_url":%b,)?' % (_TEXT, _TEXT, _TEXT, _TEXT)
)
_TAIL = re.compile(
    rb'"bytes":(?:null|0|[1-9][0-9]{0,17}),"content_sha256":(?:(null)|"[0-9a-f]{64}"),"cached":(?:true|false),'
    rb'(?:"hops":\[\],)?(?:"repertoire":%b,)?' % _TEXT
)
_COMMON = re.compile(rb'"common":"([0-9a-f]{64})"')
_SEAL = 148  # bytes of `"prev":"…","hash":"…"}`
_COMMA = ord(",")
_ELSEWHERE = frozenset(
    {
        "type", "v", "run", "seq", "id", "ts", "url", "final_url", "bytes", "content_sha256", "cached", "hops",
        "repertoire", "prev", "hash", "common", "personal",
    }
)  # fmt: skip


# seq; digest that its bytes have and it states; facts; has it no digest of its body; addresses of its journey
Swift: TypeAlias = tuple[int, str, Facts, bool, tuple[str, ...]]


class Middles:
    """Reads decisions, and remembers their middles."""

    def __init__(self) -> None:
        self._known: dict[bytes, Facts | None] = {}

    def read(self, raw: bytes, name: bytes, run: VerifiedRun) -> Swift | None:
        """The decision in a line, if it is spelt as usual and continues the chain of this run; else None."""
        head = _HEAD.match(raw, len(_START) + len(name))
        seal = len(raw) - _SEAL
        if head is None or raw[seal:-66] != b'"prev":"%b","hash":"' % run.head.encode():
            return None
        seq, ident, _, url, final_url = head.groups()
        start = raw.rfind(b'"bytes":', head.end(), seal)
        tail = _TAIL.fullmatch(raw, start, seal) if start > 0 else None
        if tail is None or raw[start - 1] != _COMMA:
            return None
        digest = hashlib.sha256(raw[:-75] + b"}").hexdigest()
        if raw[-66:] != b'%b"}' % digest.encode():
            return None
        middle = raw[head.end() : start - 1]
        facts: Facts | None = None
        if ident is None:
            common = _COMMON.fullmatch(middle)
            facts = run.commons.get(common[1].decode()) if common else None
        elif ident == b"%b-%b" % (name, seq) and final_url is not None:
            facts = self._facts(middle)
        if facts is None:
            return None
        journey = (url.decode(),) if final_url is None or url == final_url else (url.decode(), final_url.decode())
        return int(seq), digest, facts, tail[1] is not None, journey

    def _facts(self, middle: bytes) -> Facts | None:
        try:
            return self._known[middle]
        except KeyError:
            pass
        facts = _parsed(middle)
        if len(middle) <= MAX_MIDDLE:
            if len(self._known) >= MAX_MIDDLES:
                self._known.clear()
            self._known[middle] = facts
        return facts


def run_of(raw: bytes) -> bytes | None:
    """The name of the run, as it is spelt in the line of a decision."""
    return raw[len(_START) : raw.find(b'"', len(_START))] if raw.startswith(_START) else None


def _parsed(middle: bytes) -> Facts | None:
    try:
        record = json.loads((b"{%b}" % middle).decode())
    except (ValueError, RecursionError):
        return None
    return facts_of(record) if _ELSEWHERE.isdisjoint(record) and not outcome_problem(record) else None
