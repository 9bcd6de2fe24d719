"""
The usual records of a run, read without parsing their lines: decisions, common records, and those of bodies.

strategy: what stands around the middle of a decision has one spelling, and is matched whole; so a line is a record
because each of its parts is what may stand there (`checks.middles`). Lines are followed as long as they belong to one
run, so that what there is to do once for many of them is done once. Whatever is spelt otherwise is left to the parser.
"""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

from tdm_guard.log.checks.middles import NUMBER, SIMPLE, Middles
from tdm_guard.log.checks.run import reference
from tdm_guard.log.record import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tdm_guard.log.checks.heads import Heads
    from tdm_guard.log.checks.run import VerifiedRun

MAX_SEQ = 10**17  # far beyond any run, and below what is no number of a decision any more
MAX_TAILS = 4096  # kept: sizes, some 100 bytes each

_START = b'{"type":"decision","v":%d,"run":"' % VERSION
_BODY_START = b'{"type":"body","v":%d,"run":"' % VERSION
_COMMON_START = b'{"type":"common","v":%d,"run":"' % VERSION
_STARTS = (_START, _BODY_START, _COMMON_START)
_PLAIN = re.compile(r"[ !#-\[\]-~]+")
_STORED = rb'"stored":\{"file":%b,"offset":%b,"record":(?:null|%b),"type":%b\},' % (SIMPLE, NUMBER, SIMPLE, SIMPLE)
_HEAD = re.compile(rb'"ts":%b,"url":"([ !#-\[\]-~]*)",(?:"final_url":"(\1(?=")|[ !#-\[\]-~]*)",)?' % SIMPLE)
_TAIL = re.compile(
    rb',"bytes":(?:null|%b),"content_sha256":(?:(null)|"[0-9a-f]{64}"),"cached":(?:true|false),'
    rb'(?:"hops":\[(%b(?:,%b)*)?\],)?(?:"repertoire":%b,)?(?:%b)?' % (NUMBER, SIMPLE, SIMPLE, SIMPLE, _STORED)
)
_BODY = re.compile(
    rb'([1-9][0-9]{0,17})","ts":%b,"bytes":%b,"content_sha256":(?:null|"[0-9a-f]{64}"),"complete":(?:true|false),'
    % (SIMPLE, NUMBER)
)
_MEMBERS = re.compile(rb'"ts":%b,"members":\{' % SIMPLE)
_SIZE = len(b',"bytes":')
_REFERS = 84  # bytes of `"common":"…","bytes":`
_NONE = b"\n"  # what no line has
_SEAL = 148  # bytes of `"prev":"…","hash":"…"}`


class Swift:
    """Follows runs, as long as their records are spelt as usual and as they should be."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads
        self._middles = Middles()
        self._tails: set[bytes] = set()

    def follow(  # noqa: C901, PLR0912, PLR0915 - a call for each line would take as long as what is done with it
        self, lines: Sequence[bytes], at: int, run: VerifiedRun, name: bytes
    ) -> int:
        """
        How many lines from `at` on are records of this run as they should be; they are counted.

        `name` is the run's, as it is spelt there. It stops behind a record that has a hash that is looked for.
        """
        if run.seq >= MAX_SEQ:
            return 0
        heads, tails, totals = self._heads, self._tails, run.totals
        looking = bool(heads)
        start = b'%b%b","seq":' % (_START, name)
        common = b'%b%b",' % (_COMMON_START, name)
        body = b'%b%b","decision":"%b-' % (_BODY_START, name, name)
        ident = b',"id":"%b-' % name
        skip, head, seq, count = len(start), run.head.encode(), run.seq, 0
        hashes: list[bytes] = []
        addresses: list[bytes] = []
        whole: list[int] = []
        full, last, verdict, admitted, content, streamed = True, _NONE, "", False, False, True
        for raw in islice(lines, at, None):
            seal = len(raw) - _SEAL
            digest = sha256(raw[:-75] + b"}").hexdigest().encode()
            if not raw.endswith(b"".join((b'"prev":"', head, b'","hash":"', digest, b'"}'))):
                break
            if raw.startswith(start):
                number = b"%d" % (seq + 1)
                begin = number + ident + number + b'",' if full else number + b',"ts":'
                if not raw.startswith(begin, skip):
                    full, last = not full, _NONE
                    begin = number + ident + number + b'",' if full else number + b',"ts":'
                    if not raw.startswith(begin, skip):
                        break
                found = _HEAD.match(raw, skip + len(begin) - (0 if full else 5))
                if found is None:
                    break
                url, final_url = found.groups()
                if full and final_url is None:
                    break
                end = found.end()
                if not raw.startswith(last, end):
                    if full:
                        last, facts = self._middles.of_decision(raw, end, seal, url)
                    else:
                        last = raw[end : end + _REFERS]
                        facts = run.commons.get(last)
                    if facts is None:
                        break
                    verdict, admitted, content = facts
                end += len(last) - _SIZE
                hops = None
                if not streamed or raw[end:seal] not in tails:
                    tail = _TAIL.fullmatch(raw, end, seal)
                    if tail is None:
                        break
                    streamed, hops = tail[1] is not None, tail[2]
                    if streamed and hops is None:
                        if len(tails) >= MAX_TAILS:
                            tails.clear()
                        tails.add(raw[end:seal])
                seq += 1
                hashes.append(digest)
                totals[verdict] = totals.get(verdict, 0) + 1
                if not admitted:
                    run.bodies.decided(seq, admitted=False, streamed=streamed)
                elif not streamed:
                    whole.append(seq)
                if admitted and content:
                    addresses.append(url)
                    if final_url is not None and final_url != url:
                        addresses.append(final_url)
                    if hops is not None:
                        addresses += [hop for hop in hops[1:-1].split(b'","') if hop != url]
            elif not run.chained:
                break
            elif raw.startswith(common):
                members = _MEMBERS.match(raw, len(common))
                facts = self._middles.of_common(raw, members.end(), seal - 2) if members else None
                if facts is None:
                    break
                run.has_common(digest.decode(), facts)
                full, last, (verdict, admitted, content) = False, reference(digest.decode()), facts
            else:
                whole = run.bodies.are_whole(whole)
                if not (raw.startswith(body) and _takes(raw, len(body), seal, run, seq)):
                    break
            head = digest
            count += 1
            if looking and digest.decode() in heads:
                break
        run.bodies.are_whole(whole)
        run.head, run.seq = head.decode(), seq
        run.records += count
        run.decisions += len(hashes)
        if run.roots is not None and hashes:
            run.roots.extend(hashes, addresses)
        return count


def run_of(raw: bytes) -> bytes:
    """The name of the run as it is spelt in the line of a decision, a body or a common record; else nothing."""
    for start in _STARTS:
        if raw.startswith(start):
            return raw[len(start) : raw.find(b'"', len(start))]
    return b""


def is_simple(name: str) -> bool:
    """True of a name that stands in a line as it is."""
    return _PLAIN.fullmatch(name) is not None


def chained(lines: Sequence[bytes], head: str) -> tuple[int, str]:
    """How many lines continue a chain with this head, each with the hash that its bytes have, and the head then."""
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


def _takes(raw: bytes, begin: int, seal: int, run: VerifiedRun, seq: int) -> bool:
    """True, and noted, of a body of a decision up to `seq` that leaves one to be streamed on."""
    found = _BODY.fullmatch(raw, begin, seal)
    return found is not None and int(found[1]) <= seq and run.bodies.takes(int(found[1]))
