"""
How the decisions of a run are spelt as lines: whole or compact, in one line or split.

strategy: what the pages of one origin have in common is spelt once and kept. What is redacted is so before anything is
spelt. A split run keeps what may be personal in a line of its own, which the chained line only commits to (see
`log.personal`): so it can be forgotten, and the chain stays as it is.
"""

from __future__ import annotations

from json.encoder import encode_basestring
from typing import NamedTuple

from tdm_guard.decision import Checked, Decision, LogEntry, Outcome
from tdm_guard.log.personal import commitment, new_salt, side_line
from tdm_guard.log.record import VERSION, decision_id, encode, octets, sealed
from tdm_guard.log.redaction import Redaction
from tdm_guard.log.wording import MAX_KEPT_TEXT, MAX_KEPT_TEXTS, Middle, Seconds, Wording
from tdm_guard.model import Stored


class Written(NamedTuple):
    """A decision as it is written: its line, its entry in the chain, and the line of a split run that stands aside."""

    line: bytes
    entry: LogEntry
    side: bytes = b""
    addresses: tuple[str, ...] = ()


class Speller:
    """
    Writes the decisions of a run as lines.

    It remembers how the middle of a line is spelt that rests on silence: the pages of one origin have it in common.
    With `compact` that middle is written once, as a record of its own that decisions refer to by its hash. With `split`
    the personal members get a line aside.
    """

    __slots__ = ("_common", "_compact", "_head", "_middles", "_redaction", "_run", "_seconds", "_split", "_wording")

    def __init__(
        self, run: str, *, compact: bool = False, split: bool = False, redaction: Redaction | None = None
    ) -> None:
        self._run = run
        self._compact = compact
        self._split = split
        self._redaction = redaction or Redaction()
        self._common: dict[str, str] = {}  # hash of the record that has a middle, by that middle
        self._head = f'{{"type":"decision","v":{VERSION},"run":"{run}","seq":'
        self._seconds = Seconds()
        self._wording = Wording(self._redaction, split=split)
        self._middles: dict[tuple[object, ...], tuple[Middle, Outcome, tuple[Checked, ...]]] = {}

    def decision(self, decision: Decision, *, seq: int, prev: str) -> Written:
        """The line of a decision, newline included, and its entry in the chain; before it that of its common record."""
        exchange = decision.exchange
        address = self._redaction.address
        asked = address(decision.url)
        final_url = exchange.final_url
        judged = asked if final_url == decision.url else address(final_url)
        earlier = tuple(map(address, exchange.hops)) if exchange.hops else ()
        ident = decision_id(self._run, seq)
        ts, size, digest = self._seconds.spelt(decision.ts), exchange.bytes, exchange.content_sha256
        (middle, aside), is_common = self._middle(decision)
        works = "" if exchange.repertoire is None else f'"repertoire":{encode_basestring(exchange.repertoire)},'
        if decision.stored is not None:
            works += self._stored(decision.stored)
        url, hops = encode_basestring(asked), encode(earlier) if earlier else "[]"
        final = url if judged == asked else encode_basestring(judged)
        before = side = b""
        personal = ""
        if self._split:
            members = octets(f'{{"url":{url},"final_url":{final},"hops":{hops},{aside}}}')
            salt = new_salt()
            side = side_line(self._run, seq, salt, members)
            personal = f'"personal":"{commitment(salt, members)}",'
        if is_common and self._compact:
            known = self._common.get(middle)
            if known is None:
                before, known = self._state_common(middle, ts=ts, prev=prev)
                prev = known
            final = "" if judged == asked else f'"final_url":{final},'
            head = f'"ts":"{ts}",' if self._split else f'"ts":"{ts}","url":{url},{final}'
            between, middle = f'"hops":{hops},' if earlier and not self._split else "", f'"common":"{known}"'
        else:
            head = f'"id":"{ident}","ts":"{ts}",' + ("" if self._split else f'"url":{url},"final_url":{final},')
            between = "" if self._split else f'"hops":{hops},'
        text = (
            f'{self._head}{seq},{head}{middle},"bytes":{"null" if size is None else size},'
            f'"content_sha256":{"null" if digest is None else encode_basestring(digest)},'
            f'"cached":{"true" if exchange.cached else "false"},{between}{works}{personal}"prev":"{prev}"}}'
        )
        line, seal = sealed(octets(text))
        entry = LogEntry.of(self._run, seq, ident, prev, seal)
        return Written(before + line if before else line, entry, side, (asked, judged, *earlier))

    def _stored(self, stored: Stored) -> str:
        """The member that says where a record lies; an address may have secrets in it."""
        file, record = encode_basestring(self._redaction.address(stored.file)), stored.record
        name = "null" if record is None else encode_basestring(record)
        kind = encode_basestring(stored.type)
        return f'"stored":{{"file":{file},"offset":{stored.offset:d},"record":{name},"type":{kind}}},'

    def start_file(self) -> None:
        """A new file must be readable by itself: what was written once is written again."""
        self._common.clear()

    def _state_common(self, middle: str, *, ts: str, prev: str) -> tuple[bytes, str]:
        head = f'{{"type":"common","v":{VERSION},"run":"{self._run}","ts":"{ts}"'
        text = f'{head},"members":{{{middle}}},"prev":"{prev}"}}'
        line, seal = sealed(octets(text))
        if len(self._common) >= MAX_KEPT_TEXTS:
            self._common.clear()
        self._common[middle] = seal
        return line, seal

    def _middle(self, decision: Decision) -> tuple[Middle, bool]:
        """The members from `origin` to `media_type`, and whether other decisions are likely to have them too."""
        exchange, outcome, checked = decision.exchange, decision.outcome, decision.checked
        if outcome.because or decision.faults or outcome.said:
            return self._wording.middle(decision), False
        # What has an `id` here is held beside the text, so that its identity cannot pass to another one.
        key = (
            id(outcome),
            id(checked),
            exchange.origin,
            decision.stage,
            exchange.status,
            exchange.content,
            exchange.authenticated,
            exchange.media_type,
        )
        kept = self._middles.get(key)
        if kept is not None:
            return kept[0], True
        middle = self._wording.middle(decision)
        if len(middle.chained) + len(middle.aside) > MAX_KEPT_TEXT:
            return middle, False
        if len(self._middles) >= MAX_KEPT_TEXTS:
            self._middles.clear()
        self._middles[key] = (middle, outcome, checked)
        return middle, True
