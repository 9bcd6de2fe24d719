"""
The usual records, read without parsing their lines again.

strategy: between the addresses and the size, the decisions of one origin are spelt alike, byte for byte, and those of
different origins but for the origin and the documents looked for. What stands around has one spelling too, and is
matched whole; so a middle has to be parsed once, and a line is a record because each of its parts is what may stand
there. Whatever is spelt otherwise is left to the parser.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

from tdm_guard.log.checks.outcome import Facts, facts_of, outcome_problem
from tdm_guard.log.record import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tdm_guard.log.checks.heads import Heads
    from tdm_guard.log.checks.run import VerifiedRun

MAX_COMMON = 1024  # ways of saying the same of many origins: some 600 bytes each
MAX_KEPT = 16 * 2**20  # bytes of middles: the origins that a crawl works on at one time, and their kinds of answers
MAX_TAILS = 4096  # kept: sizes, some 100 bytes each

_START = b'{"type":"decision","v":%d,"run":"' % VERSION
_BODY_START = b'{"type":"body","v":%d,"run":"' % VERSION
_COMMON_START = b'{"type":"common","v":%d,"run":"' % VERSION
_SIMPLE = rb'"[ !#-\[\]-~]*"'  # text without an escape
_TEXT = rb'"([ !#-\[\]-~]*)"'  # the same, to be read
_NUMBER = rb"(?:0|[1-9][0-9]{0,17})"
_HEAD = re.compile(rb'"ts":%b,"url":%b,(?:"final_url":"(\1(?=")|[ !#-\[\]-~]*)",)?' % (_SIMPLE, _TEXT))
_TAIL = re.compile(
    rb',"bytes":(?:null|%b),"content_sha256":(?:(null)|"[0-9a-f]{64}"),"cached":(?:true|false),'
    rb'(?:"hops":\[(%b(?:,%b)*)?\],)?(?:"repertoire":%b,)?' % (_NUMBER, _SIMPLE, _SIMPLE, _SIMPLE)
)
_ORIGIN = re.compile(rb'"origin":%b,' % _SIMPLE)
_DOCUMENT = (
    rb'\{"document":%b,"result":%b,"status":(?:null|%b),"retrieved_at":(?:null|%b),"sha256":(?:null|"[0-9a-f]{64}"),'
    rb'"cached":(?:true|false)\}' % (_SIMPLE, _SIMPLE, _NUMBER, _SIMPLE)
)
_CHECKED = re.compile(rb',"checked":\[(?:%b(?:,%b)*)?\],' % (_DOCUMENT, _DOCUMENT))
_BODY = re.compile(
    rb'([1-9][0-9]{0,17})","ts":%b,"bytes":%b,"content_sha256":(?:null|"[0-9a-f]{64}"),"complete":(?:true|false),'
    % (_SIMPLE, _NUMBER)
)
_MEMBERS = re.compile(rb'"ts":%b,"members":\{' % _SIMPLE)
_COMMON = re.compile(rb'"common":"([0-9a-f]{64})"')
_STARTS = (_START, _BODY_START, _COMMON_START)
_SIZE = b',"bytes":'
_NONE = b"\n"  # what no line begins with, anywhere
_SEAL = 148  # bytes of `"prev":"…","hash":"…"}`
_ELSEWHERE = frozenset(
    {
        "type", "v", "run", "seq", "id", "ts", "url", "final_url", "bytes", "content_sha256", "cached", "hops",
        "repertoire", "prev", "hash", "common", "personal", "origin", "checked",
    }
)  # fmt: skip


class Swift:
    """Reads the records of runs, as long as they are spelt as usual, and remembers the middles of decisions."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads
        self._known: dict[bytes, Facts | None] = {}
        self._common: dict[bytes, Facts | None] = {}
        self._tails: set[bytes] = set()
        self._size = 0

    def follow(self, lines: Sequence[bytes], at: int, run: VerifiedRun, name: bytes) -> int:
        """
        How many lines from `at` on are decisions, bodies or common records of this run as they should be, which were
        counted. It stops behind one that has a hash that is looked for.
        """
        heads = self._heads
        start = b'%b%b","seq":' % (_START, name)
        ident = b',"id":"%b-' % name
        skip, head, seq = len(start), run.head.encode(), run.seq
        hashes: list[bytes] = []
        addresses: list[bytes] = []
        totals, count, full, last = run.totals, 0, True, _NONE
        verdict, admitted, content = "", False, False
        for raw in islice(lines, at, None):
            seal = len(raw) - _SEAL
            digest = sha256(raw[:-75] + b"}").hexdigest().encode()
            if raw[seal:] != b'"prev":"%b","hash":"%b"}' % (head, digest):
                break
            if raw.startswith(start):
                number = b"%d" % (seq + 1)
                begin = number + ident + number + b'",'
                is_full = raw.startswith(begin, skip)
                if not is_full:
                    begin = number + b","
                    if not raw.startswith(begin, skip):
                        break
                if is_full is not full:
                    full, last = is_full, _NONE
                found = _HEAD.match(raw, skip + len(begin))
                if found is None:
                    break
                url, final_url = found.groups()
                end = found.end()
                if raw.startswith(last, end):
                    end += len(last) - len(_SIZE)
                else:
                    start_of_tail = raw.rfind(_SIZE, end, seal)
                    middle = raw[end:start_of_tail]
                    facts = self._facts(middle) if full else _referred(middle, run)
                    if facts is None or start_of_tail < 0 or (full and final_url is None):
                        break
                    last, end = middle + _SIZE, start_of_tail
                    verdict, admitted, content = facts
                if full and final_url is None:
                    break
                hops = None
                if raw[end:seal] in self._tails:
                    streamed = True
                else:
                    tail = _TAIL.fullmatch(raw, end, seal)
                    if tail is None:
                        break
                    streamed, hops = tail[1] is not None, tail[2]
                    if streamed and hops is None:
                        self._keep_tail(raw[end:seal])
                seq += 1
                hashes.append(digest)
                totals[verdict] = totals.get(verdict, 0) + 1
                if not (admitted and streamed):
                    run.bodies.decided(seq, admitted=admitted, streamed=streamed)
                if admitted and content:
                    addresses.append(url)
                    if final_url is not None and final_url != url:
                        addresses.append(final_url)
                    if hops is not None:
                        addresses += hops[1:-1].split(b'","')
            elif not self._beside(raw, seal, digest, name, run, seq):
                break
            else:
                last = _NONE
            head = digest
            count += 1
            if heads and digest.decode() in heads:
                break
        run.head = head.decode()
        run.seq = seq
        run.records += count
        run.decisions += len(hashes)
        if run.roots is not None and hashes:
            run.roots.extend(hashes, addresses)
        return count

    def _beside(self, raw: bytes, seal: int, digest: bytes, name: bytes, run: VerifiedRun, seq: int) -> bool:
        """True of a body or a common record, which continues the chain, if it is spelt as usual and fits; noted."""
        if not run.chained:
            return False
        start = b'%b%b","decision":"%b-' % (_BODY_START, name, name)
        if raw.startswith(start):
            found = _BODY.fullmatch(raw, len(start), seal)
            return found is not None and int(found[1]) <= seq and run.bodies.takes(int(found[1]))
        start = b'%b%b",' % (_COMMON_START, name)
        found = _MEMBERS.match(raw, len(start)) if raw.startswith(start) else None
        facts = self._facts(raw[found.end() : seal - 2]) if found and raw[seal - 2 : seal] == b"}," else None
        if facts is None:
            return False
        run.has_common(digest.decode(), facts)
        return True

    def _keep_tail(self, text: bytes) -> None:
        if len(self._tails) >= MAX_TAILS:
            self._tails.clear()
        self._tails.add(text)

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
        origin = _ORIGIN.match(middle)
        checked = _CHECKED.search(middle, origin.end()) if origin else None
        if origin is None or checked is None:
            return None
        start, end = middle[origin.end() : checked.start()], middle[checked.end() :]
        key = b"%b\0%b" % (start, end)  # no JSON has that
        if key not in self._common:
            if len(self._common) >= MAX_COMMON:
                self._common.clear()
            self._common[key] = _parsed(start, end)
        return self._common[key]


def run_of(raw: bytes) -> bytes:
    """The name of the run as it is spelt in the line of a decision, a body or a common record; else nothing."""
    for start in _STARTS:
        if raw.startswith(start):
            return raw[len(start) : raw.find(b'"', len(start))]
    return b""


def chained(lines: Iterable[bytes], head: str) -> tuple[int, str]:
    """How many lines continue a chain with this head, each with the hash that its bytes have, and the head then."""
    count, before = 0, head.encode()
    for raw in lines:
        digest = sha256(raw[:-75] + b"}").hexdigest().encode()
        if raw[-_SEAL:] != b'"prev":"%b","hash":"%b"}' % (before, digest):
            break
        before = digest
        count += 1
    return count, before.decode()


def _referred(middle: bytes, run: VerifiedRun) -> Facts | None:
    found = _COMMON.fullmatch(middle)
    return run.commons.get(found[1].decode()) if found else None


def _parsed(*members: bytes) -> Facts | None:
    """The facts of members, each text of which must be some by itself."""
    record: dict[str, object] = {}
    try:
        for each in members:
            record |= json.loads((b"{%b}" % each).decode())
    except (ValueError, RecursionError):
        return None
    return facts_of(record) if _ELSEWHERE.isdisjoint(record) and not outcome_problem(record) else None
