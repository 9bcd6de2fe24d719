"""
What the body of a response says: a page, a feed, or the document that a refusal (401, 402) brings.

In a prefix, or in a body that was damaged, only reservations count: what is not found there may stand in the rest.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.content_coding import decode
from tdm_guard.formats.html import read_page
from tdm_guard.formats.media_type import SNIFF_BYTES, Markup, charset, sniff
from tdm_guard.model import NOTHING, Fault, Reading, Source, Stance, Statement
from tdm_guard.signals._signal import DocumentReading, Signal

if TYPE_CHECKING:
    from tdm_guard.judge import Judge

CHALLENGES = (401, 402)


class Body(NamedTuple):
    """What is known of a body before it is read: where it came from, and what its header fields say of it."""

    url: str
    now: datetime
    markup: Markup
    media_type: str
    content_type: str
    encoding: str

    def shown(self, prefix: bytes, *, ended: bool) -> Markup:
        """The kind of body, as far as the type and `prefix` tell; `ended` says that the prefix is all there is."""
        if self.markup is not Markup.UNKNOWN or (not ended and len(prefix) < SNIFF_BYTES):
            return self.markup
        plain = decode(prefix, self.encoding, 4 * SNIFF_BYTES).body if self.encoding else prefix
        return sniff(plain[:SNIFF_BYTES], self.media_type)


class Heard(NamedTuple):
    """What a body says. `problem`: why it was not read whole; `feed`: what its items say; `document`: it, decoded."""

    reading: Reading
    problem: str | None
    document: bytes
    feed: tuple[tuple[Signal, DocumentReading], ...] = ()


def hear(judge: Judge, about: Body, body: bytes, markup: Markup, *, complete: bool) -> Heard:
    """Reads a body as received, of which `complete` says whether it is all."""
    decoded = decode(body, about.encoding, judge.max_asset_bytes)
    complete = complete and decoded.complete
    reading = NOTHING
    feed: tuple[tuple[Signal, DocumentReading], ...] = ()
    if markup is Markup.HTML:
        if judge.scanner.may_speak(decoded.body):
            reading, whole = _hear_page(judge, about, decoded.body, complete=complete)
            complete = complete and whole
    else:
        source = Source(url=about.url, carrier="feed", retrieved_at=about.now)
        feed = tuple((s, s.read_feed(decoded.body, source, judge.listener)) for s in judge.feed_signals if s.read_feed)
    problem = None
    if not complete:
        problem = decoded.problem or f"only {len(decoded.body)} bytes of the document could be read"
    return Heard(reading, problem, decoded.body, feed)


def _hear_page(judge: Judge, about: Body, body: bytes, *, complete: bool) -> tuple[Reading, bool]:
    page = read_page(
        body, url=about.url, charset=charset(about.content_type), complete=complete, xml="xml" in about.media_type
    )
    source = Source(url=about.url, carrier="html", retrieved_at=about.now)
    read = [signal.read_html(page, source, judge.listener) for signal in judge.page_signals if signal.read_html]
    reading = Reading(
        tuple(statement for each in read for statement in each.statements),
        tuple(fault for each in read for fault in each.faults),
        tuple(declared for each in read for declared in each.declared),
    )
    return reading, page.complete


def hear_challenge(judge: Judge, about: Body, body: bytes) -> Reading:
    """Reads the body of a 401 or 402; it carries no content, so that one that cannot be read withholds nothing."""
    decoded = decode(body, about.encoding, judge.max_asset_bytes)
    source = Source(url=about.url, carrier="challenge", retrieved_at=about.now)
    found = [s.read_challenge(decoded.body, source, judge.listener) for s in judge.signals if s.read_challenge]
    return Reading(
        tuple(statement for each in found for statement in each.statements),
        tuple(fault for each in found for fault in each.faults),
    )


def unread(judge: Judge, about: Body, markup: Markup, problem: str) -> Reading:
    """What stands for a body that had to be read and was not: each signal that could speak in it is undetermined."""
    source = Source(url=about.url, carrier="feed" if markup is Markup.FEED else "html", retrieved_at=about.now)
    statements = tuple(
        Statement.at(source, signal=signal.name, usages=signal.usages, stance=Stance.UNDETERMINED, excerpt=problem)
        for signal in judge.readers[markup]
    )
    return Reading(statements, (Fault.at(source, f"document not read whole: {problem}"),))
