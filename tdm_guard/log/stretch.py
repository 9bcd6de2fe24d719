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

from tdm_guard.log.kinds import SEAL, SIZE, TAIL, Middles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tdm_guard.log.kinds import Kind, Middle
    from tdm_guard.log.spelt import Parser

MAX_SEQ = 10**18 - 1  # the highest number of a decision that is told from digits here
_PLAIN = rb"[ !#-\[\]-~]"  # a character of a string without escapes and of ASCII
_HEAD = re.compile(
    rb'\{"type":"decision","v":1,"run":"([A-Za-z0-9._-]{1,240})","seq":([1-9][0-9]{0,17}),(?:"id":"(\1-\2)",)?'
    rb'"ts":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)","url":"(%b+)",(?:"final_url":"(\5)",)?' % _PLAIN
)
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_TIMES = bytes.maketrans(b"123456789", b"0" * 9)  # digits, all the same
_ANY_TIME = b"0000-00-00T00:00:00.000000Z"
_URL = re.compile(rb"%b+" % _PLAIN)
_PLAINS = bytes(range(32, 127)).replace(b'"', b"").replace(b"\\", b"") + b"\n"  # none has that
# What stands in the path of an address in its normal form, as in `log.addresses`, and what is between two of them here
_NORMAL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~/?=&,;:@!'()+-\n"


class Stretch(NamedTuple):
    """Decisions `first`, `first + 1`, … of a run, which stand in `lines` from line `number` on, by column."""

    run: str
    first: int
    number: int
    lines: Sequence[bytes]
    kinds: Sequence[Kind]
    sizes: Sequence[int | None]
    times: Sequence[bytes]
    urls: Sequence[bytes]
    normal: bool  # each of the addresses is in its normal form where its origin is

    def upto(self, count: int) -> Stretch:
        """The first of them."""
        if count >= len(self.lines):
            return self
        return self._replace(
            lines=self.lines[:count], kinds=self.kinds[:count], sizes=self.sizes[:count], times=self.times[:count],
            urls=self.urls[:count],
        )  # fmt: skip

    def record(self, index: int) -> dict[str, Any]:
        """The record of one of them."""
        return self.told(index) | self.kinds[index].like.middle.checked()

    def told(self, index: int) -> dict[str, Any]:
        """The same, without the documents that were looked for, where these are spelt as usual."""
        like, seq, url = self.kinds[index].like, self.first + index, self.urls[index].decode()
        raw = self.lines[index]
        tail = TAIL.fullmatch(raw, raw.rfind(SIZE, 0, len(raw) - SEAL), len(raw) - SEAL)
        digest, cached, stored = (None, b"false", None) if tail is None else tail.group(2, 3, 6)
        own: dict[str, Any] = {
            "run": self.run, "seq": seq, "id": f"{self.run}-{seq}", "ts": self.times[index].decode(), "url": url,
            "final_url": url, "bytes": self.sizes[index], "content_sha256": digest and digest.decode(),
            "cached": cached == b"true", "hops": [],
        }  # fmt: skip
        if like.works is not None:
            own["repertoire"] = like.works
        record = like.middle.form(with_works=like.works is not None) | own
        del record["prev"], record["hash"]
        if stored is not None:
            record["stored"] = json.loads(stored)
        record["prev"], record["hash"] = raw[8 - SEAL : 72 - SEAL].decode(), raw[-66:-2].decode()
        return record


class Stretches:
    """Finds stretches in lines; `common` gives the members that a record of the compact form refers to."""

    __slots__ = ("_middles",)

    def __init__(self, parser: Parser, common: Callable[[str], Mapping[str, Any] | None]) -> None:
        self._middles = Middles(parser, common)

    def read(self, lines: Sequence[bytes], at: int, stop: int, number: int) -> Stretch | None:
        """The stretch that begins at a line, before `stop`; None if it is no usual decision."""
        begin = _HEAD.match(lines[at])
        if begin is None:
            return None
        run, first, full = begin[1], int(begin[2]), begin[3] is not None
        stop = min(stop, at + MAX_SEQ - first + 1)
        kinds, sizes, times, urls = self._columns(islice(lines, at, stop), run, first, full)
        joined = b"\n".join(urls)
        normal = not joined.translate(None, _NORMAL) and all(urls)  # which is plain, too
        count = _plain(times, urls, joined, normal=normal)
        if not count:
            return None
        normal = normal and b"/." not in joined
        found = Stretch(run.decode(), first, number, lines[at : at + len(kinds)], kinds, sizes, times, urls, normal)
        return found.upto(count)

    def _columns(
        self, lines: Iterator[bytes], run: bytes, seq: int, full: bool
    ) -> tuple[list[Kind], list[int | None], list[bytes], list[bytes]]:
        """What lines begin with that go on with this number, and end with; times and addresses may be any text."""
        kinds: list[Kind] = []
        sizes: list[int | None] = []
        times: list[bytes] = []
        urls: list[bytes] = []
        start = b'{"type":"decision","v":1,"run":"%b","seq":' % run
        ident = b',"id":"%b-' % run
        middle: Middle | None = None
        other: Middle | None = None
        for raw in lines:
            digits = b"%d" % seq
            head = b"".join((start, digits, ident, digits, b'","ts":"') if full else (start, digits, b',"ts":"'))
            place = len(head) + 36  # of the address
            end = raw.find(b'"', place)
            url = raw[place:end]
            more = b'","final_url":"%b",' % url if full else b'",'
            if not (raw.startswith(head) and raw.startswith(b'","url":"', place - 9) and raw.startswith(more, end)):
                break
            begin, seal = end + len(more), len(raw) - SEAL
            if middle is None or not raw.startswith(middle.text, begin):
                middle, other = other, middle
                if middle is None or not raw.startswith(middle.text, begin):
                    size = raw.rfind(SIZE, begin, seal)
                    text = raw[begin:size]
                    middle = self._middles.of(text, full=full)
                    if size < 0 or middle is None:
                        break
            tail = middle.before(raw[begin + len(middle.text) : seal])
            if tail is None:
                break
            kinds.append(tail[0])
            sizes.append(tail[1])
            times.append(raw[place - 36 : place - 9])
            urls.append(url)
            seq += 1
        return kinds, sizes, times, urls


def _plain(times: Sequence[bytes], urls: Sequence[bytes], joined: bytes, *, normal: bool) -> int:
    """How many of the first of these are times as they are written, and addresses in plain ASCII without escapes."""
    count = len(times)
    plain = normal or (all(urls) and not joined.translate(None, _PLAINS))
    if plain and b"".join(times).translate(_TIMES) == _ANY_TIME * count:
        return count
    fits = (_TIME.fullmatch(stamp) and _URL.fullmatch(url) for stamp, url in zip(times, urls, strict=True))
    return next((place for place, each in enumerate(fits) if not each), count)
