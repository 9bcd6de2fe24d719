"""
Stretches of a log: usual decisions of one run, one behind the other, taken apart column by column.

strategy: what is done with a decision is little, what it takes to come to it and to leave it is more; so each step is
done for many of them at once. A stretch has only lines in exactly the spelling of our writer, in the full form or the
compact one, of an exchange without redirects. It ends before whatever departs from that.
"""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.log.checks.outcome import Facts, facts_of, outcome_problem
from tdm_guard.log.spelt import MAX_MIDDLES, STORED, Parser, whole_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tdm_guard.log.spelt import Forms

MAX_TAILS = 4096  # kept: sizes, some 300 bytes each
SEAL = 148  # bytes of `"prev":"…","hash":"…"}`
_PLAIN = rb"[ !#-\[\]-~]"  # a character of a string without escapes and of ASCII
_HEAD = re.compile(
    rb'\{"type":"decision","v":1,"run":"([A-Za-z0-9._-]{1,240})","seq":([1-9][0-9]{0,17}),(?:"id":"(\1-\2)",)?'
    rb'"ts":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)","url":"(%b+)",(?:"final_url":"(\5)",)?' % _PLAIN
)
_TAIL = re.compile(
    rb',"bytes":(?:null|(0|[1-9][0-9]{0,17})),"content_sha256":(?:null|("[0-9a-f]{64}")),"cached":(?:true|false),'
    rb'("hops":\[\],)?(?:"repertoire":"([a-z-]{1,40})",)?(?:"stored":(%b),)?' % STORED.encode()
)
_COMMON = re.compile(rb'"common":"([0-9a-f]{64})"')
_SIZE = b',"bytes":'
_ELSEWHERE = frozenset({"common", "personal"})  # members that stand for what is written in another line
# What stands in the path of an address in its normal form, as in `log.addresses`, and what is between two of them here
_NORMAL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~/?=&,;:@!'()+-\n"


class Middle:
    """What decisions have in common: it is the same object for all that spell it alike. `facts` are not in doubt."""

    __slots__ = ("facts", "forms", "text")

    def __init__(self, text: bytes, forms: Forms, facts: Facts) -> None:
        self.text = text
        self.forms = forms
        self.facts = facts


class Tail(NamedTuple):
    """
    What stands behind the middle: size and digest of the body, the works matched, and where the record lies that was
    judged, as it is spelt. `full`: as in the full form.
    """

    size: int | None
    content_sha256: str | None
    works: str | None
    stored: str | None
    full: bool


class Stretch(NamedTuple):
    """Decisions `first`, `first + 1`, … of a run, which stand in `lines` from line `number` on, by column."""

    run: str
    first: int
    number: int
    lines: Sequence[bytes]
    middles: Sequence[Middle]
    tails: Sequence[Tail]
    times: Sequence[bytes]
    urls: Sequence[bytes]

    def upto(self, count: int) -> Stretch:
        """The first of them."""
        if count >= len(self.lines):
            return self
        return self._replace(
            lines=self.lines[:count], middles=self.middles[:count], tails=self.tails[:count], times=self.times[:count],
            urls=self.urls[:count],
        )  # fmt: skip

    def normal(self) -> bool:
        """True if each of the addresses is in its normal form where its origin is."""
        joined = b"\n".join(self.urls)
        return not joined.translate(None, _NORMAL) and b"/." not in joined

    def record(self, index: int) -> dict[str, Any]:
        """The record of one of them."""
        tail, seq, url = self.tails[index], self.first + index, self.urls[index].decode()
        raw = self.lines[index]
        room = SEAL + 120 + len(tail.stored or "")  # of the cached member, and of what may stand behind it
        own = {
            "run": self.run, "seq": seq, "id": f"{self.run}-{seq}", "ts": self.times[index].decode(), "url": url,
            "final_url": url, "bytes": tail.size, "content_sha256": tail.content_sha256,
            "cached": b',"cached":true,' in raw[-room:-SEAL], "hops": [],
            "prev": raw[8 - SEAL : 72 - SEAL].decode(), "hash": raw[-66:-2].decode(),
        }  # fmt: skip
        if tail.works is not None:
            own["repertoire"] = tail.works
        record = self.middles[index].forms[tail.works is not None] | own
        if tail.stored is not None:
            chain = {name: record.pop(name) for name in ("prev", "hash")}  # which come behind it
            record.update(stored=json.loads(tail.stored), **chain)
        return record


class Stretches:
    """Finds stretches in lines; `common` gives the members that a record of the compact form refers to."""

    __slots__ = ("_common", "_middles", "_parser", "_tails")

    def __init__(self, parser: Parser, common: Callable[[str], Mapping[str, Any] | None]) -> None:
        self._parser = parser
        self._common = common
        self._middles: dict[bytes, Middle] = {}
        self._tails: dict[bytes, Tail] = {}

    def read(self, lines: Sequence[bytes], at: int, stop: int, number: int) -> Stretch | None:
        """The stretch that begins at a line, before `stop`; None if it is no usual decision."""
        begin = _HEAD.match(lines[at])
        if begin is None:
            return None
        run, first, full = begin[1], int(begin[2]), begin[3] is not None
        columns = list(self._rows(islice(lines, at, stop), run, first, full))
        if not columns:
            return None
        return Stretch(run.decode(), first, number, lines[at : at + len(columns)], *zip(*columns, strict=True))

    def _rows(
        self, lines: Iterator[bytes], run: bytes, seq: int, full: bool
    ) -> Iterator[tuple[Middle, Tail, bytes, bytes]]:
        head_of, middles, tails = _HEAD.match, self._middles, self._tails
        last: Middle | None = None
        for raw in lines:
            head = head_of(raw)
            if head is None:
                return
            name, number, ident, stamp, url, final = head.groups()
            if name != run or int(number) != seq or (ident is not None) is not full or (final is not None) is not full:
                return
            begin, seal = head.end(), len(raw) - SEAL
            if last is not None and raw.startswith(last.text, begin):
                end = begin + len(last.text)
            else:
                end = raw.rfind(_SIZE, begin, seal)
                text = raw[begin:end]
                last = middles.get(text) or self._learn(text, full)
                if end < 0 or last is None:
                    return
            tail = tails.get(raw[end:seal]) or self._tail(raw[end:seal])
            if tail is None or tail.full is not full:
                return
            yield last, tail, stamp, url
            seq += 1

    def _learn(self, text: bytes, full: bool) -> Middle | None:
        forms = self._forms(text, full)
        if forms is None or not _ELSEWHERE.isdisjoint(forms[0]) or outcome_problem(forms[0]) is not None:
            return None
        if len(self._middles) >= MAX_MIDDLES:
            self._middles.clear()
        found = self._middles[text] = Middle(text, forms, facts_of(forms[0]))
        return found

    def _forms(self, text: bytes, full: bool) -> Forms | None:
        try:
            if full:
                return self._parser.forms(text.decode())
        except UnicodeDecodeError:
            return None
        named = _COMMON.fullmatch(text)
        members = self._common(named[1].decode()) if named is not None else None
        return None if members is None else whole_forms(members)

    def _tail(self, text: bytes) -> Tail | None:
        found = _TAIL.fullmatch(text)
        if found is None:
            return None
        size, digest, hops, works, stored = (None if group is None else group.decode() for group in found.groups())
        tail = Tail(
            size=None if size is None else int(size), content_sha256=digest and digest[1:-1], works=works,
            stored=stored, full=hops is not None,
        )  # fmt: skip
        if digest is None and stored is None:
            if len(self._tails) >= MAX_TAILS:
                self._tails.clear()
            self._tails[text] = tail
        return tail
