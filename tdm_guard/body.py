"""
What the body of a response says: a page, a feed, or the document that a refusal (401, 402) brings.

In a prefix, or in a body that was damaged, only reservations count: what is not found there may stand in the rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.asset import hear_asset
from tdm_guard.formats.asset import Format, format_of
from tdm_guard.formats.content_coding import decode
from tdm_guard.formats.html import Page, read_page
from tdm_guard.formats.media_type import FEED, HTML, OTHER, SNIFF_BYTES, Markup, charset
from tdm_guard.formats.page_images import page_images
from tdm_guard.formats.page_items import page_items
from tdm_guard.model import NOTHING, Fault, Layer, Reading, Source, Stance, Statement
from tdm_guard.repertoire.item import Item, read_item
from tdm_guard.saved_page import hear_saved
from tdm_guard.signals._signal import DocumentReading, Signal

if TYPE_CHECKING:
    from tdm_guard.announced import Announced
    from tdm_guard.judge import Judge


class Heard(NamedTuple):
    """
    What a body says. `problem`: why it was not read whole; `feed`: what its items say; `document`: it, decoded.

    `items`: the works it is about; `format`: what kind of file it was read as; `shown`: the pictures that a page shows.
    """

    reading: Reading
    problem: str | None
    document: bytes
    feed: tuple[tuple[Signal, DocumentReading], ...] = ()
    items: tuple[Item, ...] = ()
    format: Format | None = None
    shown: tuple[str, ...] = ()


def hear(
    judge: Judge, about: Announced, body: bytes, markup: Markup, *, complete: bool, pictures: bool = False
) -> Heard:
    """
    Reads a body as received, of which `complete` says whether it is all.

    `pictures`: something was said of the pictures that it shows, should it be a page.
    """
    decoded = decode(body, about.encoding, judge.max_asset_bytes)
    complete = complete and decoded.complete
    reading = NOTHING
    items: tuple[Item, ...] = ()
    feed: tuple[tuple[Signal, DocumentReading], ...] = ()
    shown: tuple[str, ...] = ()
    found = None
    if judge.asset_signals and decoded.body and not (markup is HTML and _begins_as_markup(decoded.body)):
        found = format_of((about.media_type or ""), decoded.body[:SNIFF_BYTES])
    if markup is HTML:
        if pictures or judge.scanner.may_speak(decoded.body):
            reading, items, page = _hear_page(judge, about, decoded.body, complete=complete)
            complete = complete and page.complete
            shown = page_images(page).urls
    elif markup is not OTHER:
        source = Source(url=about.url, carrier="feed", retrieved_at=about.now)
        feed = tuple((s, s.read_feed(decoded.body, source, judge.listener)) for s in judge.feed_signals if s.read_feed)
    whole = complete
    if found is Format.MHTML:
        saved = hear_saved(judge, about, decoded.body, hear, complete=complete, pictures=pictures)
        reading, items = _joined(reading, saved.reading), items + saved.items
        shown, complete = shown + saved.shown, saved.complete
    elif found is not None:
        heard = hear_asset(judge, about, decoded.body, found, complete=complete)
        reading, items = _joined(reading, heard.reading), items + heard.items
        # As nothing but this file, it is read whole when all its places for a reservation are; the middle of one may
        # begin as a file too, that of a picture within it.
        complete = heard.complete and (complete or (markup is OTHER and about.begins))
    problem = None
    if not complete:
        damage = "the file is damaged: a reservation may stand where nothing could be read" if whole else None
        problem = decoded.problem or damage or f"only {len(decoded.body)} bytes of the document could be read"
    return Heard(reading, problem, decoded.body, feed, items, found, shown)


def _begins_as_markup(body: bytes) -> bool:
    """True for what can be no file of another format, since all of those begin otherwise."""
    return body[:16].lstrip()[:1] == b"<"


def _joined(one: Reading, other: Reading) -> Reading:
    if one is NOTHING:
        return other
    return Reading(one.statements + other.statements, one.faults + other.faults, one.declared + other.declared)


def _hear_page(
    judge: Judge, about: Announced, body: bytes, *, complete: bool
) -> tuple[Reading, tuple[Item, ...], Page]:
    """What a page says, the works it is about, and the page as it was read."""
    page = read_page(
        body,
        url=about.url,
        charset=charset(about.content_type),
        complete=complete,
        xml="xml" in (about.media_type or ""),
        json_ld=judge.repertoire is not None,
        shown=judge.hears_pictures,
    )
    source = Source(url=about.url, carrier="html", retrieved_at=about.now)
    read = [signal.read_html(page, source, judge.listener) for signal in judge.page_signals if signal.read_html]
    reading = Reading(
        tuple(statement for each in read for statement in each.statements),
        tuple(fault for each in read for fault in each.faults),
        tuple(declared for each in read for declared in each.declared),
    )
    if judge.repertoire is None:
        return reading, (), page
    works = page_items(page, source)
    items, faults = read_item(works.items, source)
    reading = replace(reading, faults=reading.faults + works.faults + faults)
    return reading, items, page


def hear_challenge(judge: Judge, about: Announced, body: bytes) -> Reading:
    """Reads the body of a 401 or 402; it carries no content, so that one that cannot be read withholds nothing."""
    decoded = decode(body, about.encoding, judge.max_asset_bytes)
    source = Source(url=about.url, carrier="challenge", retrieved_at=about.now)
    found = [s.read_challenge(decoded.body, source, judge.listener) for s in judge.signals if s.read_challenge]
    return Reading(
        tuple(statement for each in found for statement in each.statements),
        tuple(fault for each in found for fault in each.faults),
    )


def unheard(judge: Judge, about: Announced, problem: str) -> Reading:
    """What stands for header fields that were not read: each signal that could speak in one is undetermined."""
    source = Source(url=about.url, carrier="header", retrieved_at=about.now)
    statements = tuple(
        Statement.at(source, signal=signal.name, usages=signal.usages, stance=Stance.UNDETERMINED, excerpt=problem)
        for signal in judge.header_signals
    )
    return Reading(statements, (Fault.at(source, f"header fields: {problem}"),))


def unread(judge: Judge, about: Announced, markup: Markup, problem: str, kind: Format | None = None) -> Reading:
    """What stands for a body that had to be read and was not: each signal that could speak in it is undetermined."""
    carrier = "feed" if markup is FEED else "html" if kind is None else kind.value
    source = Source(url=about.url, carrier=carrier, retrieved_at=about.now)
    of_it = {"layer": Layer.LOCATION if kind is None else Layer.ASSET, "excerpt": problem}
    statements = tuple(
        Statement.at(source, signal=signal.name, usages=signal.usages, stance=Stance.UNDETERMINED, **of_it)
        for signal in dict.fromkeys((*judge.readers[markup], *(() if kind is None else judge.asset_signals)))
    )
    if not statements:
        return NOTHING
    return Reading(statements, (Fault.at(source, f"document not read whole: {problem}"),))
