"""
The usual records, read without parsing their lines again.

strategy: between the addresses and the size, the decisions of one origin are spelt alike, byte for byte, and those of
different origins but for the origin and the documents looked for. What stands around has one spelling too, and is
matched whole; so a middle has to be parsed once, and a line is a record because each of its parts is what may stand
there. Whatever is spelt otherwise is left to the parser.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, TypeAlias

from tdm_guard.log.checks.outcome import Facts, facts_of, outcome_problem
from tdm_guard.log.record import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tdm_guard.log.checks.run import VerifiedRun

MAX_DIGITS = 18  # of a number of a decision
MAX_COMMON = 1024  # ways of saying the same of many origins: some 600 bytes each
MAX_KEPT = 16 * 2**20  # bytes of middles: the origins that a crawl works on at one time, and their kinds of answers

_START = b'{"type":"decision","v":%d,"run":"' % VERSION
_SIMPLE = rb'"[ !#-\[\]-~]*"'  # text without an escape
_TEXT = rb'"([ !#-\[\]-~]*)"'  # the same, to be read
_HEAD = re.compile(
    rb'","seq":([1-9][0-9]{0,17}),(?:"id":%b,)?"ts":%b,"url":%b,(?:"final_url":%b,)?' % (_TEXT, _SIMPLE, _TEXT, _TEXT)
)
_TAIL = re.compile(
    rb'"bytes":(?:null|0|[1-9][0-9]{0,17}),"content_sha256":(?:(null)|"[0-9a-f]{64}"),"cached":(?:true|false),'
    rb'(?:"hops":\[\],)?(?:"repertoire":%b,)?' % _SIMPLE
)
_NUMBER = rb"(?:0|[1-9][0-9]{0,17})"
ORIGIN = re.compile(rb'"origin":%b,' % _TEXT)
_DOCUMENT = (
    rb'\{"document":%b,"result":%b,"status":(?:null|%b),"retrieved_at":(?:null|%b),"sha256":(?:null|"[0-9a-f]{64}"),'
    rb'"cached":(?:true|false)\}' % (_SIMPLE, _SIMPLE, _NUMBER, _SIMPLE)
)
DOCUMENTS = re.compile(rb',"checked":\[(?:%b(?:,%b)*)?\],' % (_DOCUMENT, _DOCUMENT))
_BODY_START = b'{"type":"body","v":%d,"run":"' % VERSION
_BODY = re.compile(
    rb'","decision":%b,"ts":%b,"bytes":%b,"content_sha256":(?:null|"[0-9a-f]{64}"),"complete":(?:true|false),'
    % (_TEXT, _SIMPLE, _NUMBER)
)
_COMMON = re.compile(rb'"common":"([0-9a-f]{64})"')
_SEAL = 148  # bytes of `"prev":"…","hash":"…"}`
_COMMA = ord(",")
_ELSEWHERE = frozenset(
    {
        "type", "v", "run", "seq", "id", "ts", "url", "final_url", "bytes", "content_sha256", "cached", "hops",
        "repertoire", "prev", "hash", "common", "personal", "origin", "checked",
    }
)  # fmt: skip


# seq; digest that its bytes have and it states; facts; has it no digest of its body; addresses of its journey
Swift: TypeAlias = tuple[int, str, Facts, bool, tuple[str, ...]]


class Middles:
    """Reads decisions, and remembers their middles."""

    def __init__(self) -> None:
        self._known: dict[bytes, Facts | None] = {}
        self._common: dict[bytes, Facts | None] = {}
        self._size = 0

    def read(self, raw: bytes, name: bytes, run: VerifiedRun) -> Swift | None:
        """The decision in a line, if it is spelt as usual and continues the chain of this run; else None."""
        head = _HEAD.match(raw, len(_START) + len(name))
        seal = len(raw) - _SEAL
        if head is None or not _continues(raw, run):
            return None
        seq, ident, url, final_url = head.groups()
        start = raw.rfind(b'"bytes":', head.end(), seal)
        tail = _TAIL.fullmatch(raw, start, seal) if start > 0 else None
        if tail is None or raw[start - 1] != _COMMA:
            return None
        digest = _digest(raw)
        if digest is None:
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
        facts = self._apart(middle)
        self._size += len(middle)
        if self._size > MAX_KEPT:
            self._known.clear()
            self._size = len(middle)
        self._known[middle] = facts
        return facts

    def _apart(self, middle: bytes) -> Facts | None:
        """The facts of a middle, of which only what it says beside origin and documents is parsed, once."""
        origin = ORIGIN.match(middle)
        checked = DOCUMENTS.search(middle, origin.end()) if origin else None
        if origin is None or checked is None:
            return None
        start, end = middle[origin.end() : checked.start()], middle[checked.end() :]
        key = b"%b\0%b" % (start, end)  # no JSON has that
        if key not in self._common:
            if len(self._common) >= MAX_COMMON:
                self._common.clear()
            self._common[key] = _parsed(start, end)
        return self._common[key]


def run_of(raw: bytes) -> tuple[bytes, bool]:
    """The name of the run as it is spelt in the line of a decision or body, and whether it is one of a body."""
    body = raw.startswith(_BODY_START)
    start = len(_BODY_START) if body else len(_START)
    return (raw[start : raw.find(b'"', start)] if body or raw.startswith(_START) else b""), body


def body_of(raw: bytes, name: bytes, run: VerifiedRun) -> tuple[int, str] | None:
    """Of a body record that is spelt as usual and continues the chain: number of its decision and hash; else None."""
    found = _BODY.match(raw, len(_BODY_START) + len(name))
    if found is None or found.end() != len(raw) - _SEAL or not _continues(raw, run):
        return None
    start, _, seq = found[1].rpartition(b"-")
    digest = _digest(raw)
    if digest is None or start != name or not seq.isdigit() or len(seq) > MAX_DIGITS or seq.startswith(b"0"):
        return None
    return int(seq), digest


def chained(lines: Sequence[bytes], head: str) -> tuple[int, str]:
    """How many lines continue a chain with this head, each with the hash that its bytes have, and the head then."""
    sha256 = hashlib.sha256
    digests = [sha256(raw[:-75] + b"}").hexdigest() for raw in lines]
    seals = [raw[-_SEAL:] for raw in lines]
    # all in one comparison; one by one only to tell where it ends
    links = map('","hash":"'.join, zip([head, *digests], digests, strict=False))
    if b"".join(seals) == '"prev":"{}"}}'.format('"}"prev":"'.join(links)).encode():
        return len(digests), digests[-1] if digests else head
    count = 0
    for seal, digest in zip(seals, digests, strict=True):
        if seal != f'"prev":"{head}","hash":"{digest}"}}'.encode():
            break
        head = digest
        count += 1
    return count, head


def _continues(raw: bytes, run: VerifiedRun) -> bool:
    return raw[-_SEAL:-66] == b'"prev":"%b","hash":"' % run.head.encode()


def _digest(raw: bytes) -> str | None:
    """The hash of a line's bytes, if it is the one that the line states."""
    digest = hashlib.sha256(raw[:-75] + b"}").hexdigest()
    return digest if raw[-66:] == b'%b"}' % digest.encode() else None


def _parsed(*members: bytes) -> Facts | None:
    """The facts of members, each text of which must be some by itself."""
    record: dict[str, object] = {}
    try:
        for each in members:
            record |= json.loads((b"{%b}" % each).decode())
    except (ValueError, RecursionError):
        return None
    return facts_of(record) if _ELSEWHERE.isdisjoint(record) and not outcome_problem(record) else None
