"""
What the body of a response says: a page, a feed, or the document that a refusal (401, 402) brings.

In a prefix, or in a body that was damaged or is not what it should be, only reservations count: what is not found there
may stand in the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from tdm_guard.formats.charset import encoding_of, is_settled
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tdm_guard.formats.http.media_type import FEED, HTML, OTHER, SNIFF_BYTES, UNKNOWN, Markup, beginning, is_xml
from tdm_guard.formats.http.message_body import PlainBody, unsaid_coding
from tdm_guard.formats.page.xhtml import is_disguised
from tdm_guard.judging.asset import hear_asset
from tdm_guard.judging.heard_page import Document, Look, hear_page
from tdm_guard.judging.saved_page import hear_saved
from tdm_guard.judging.unread import carrier_of, too_large, undetermined
from tdm_guard.model import NOTHING, Fault, Reading, Source
from tdm_guard.repertoire.item import Item
from tdm_guard.signals.shape import DocumentReading, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tdm_guard.judging.bench import Bench
    from tdm_guard.judging.response import Announced

_new = tuple.__new__  # half the time of a NamedTuple's own, for every page


class HeardBody(NamedTuple):
    """
    What a body says. `problem`: why it was not read whole; `feed`: what its items say; `document`: it, decoded.

    `items`: the works it is about; `format`: what kind of file it was read as; `shown`: the page, or pages in
    one file, whose pictures it may be about.
    """

    reading: Reading
    problem: str | None
    document: bytes
    feed: tuple[tuple[Signal, DocumentReading], ...] = ()
    items: tuple[Item, ...] = ()
    format: Format | None = None
    shown: tuple[Document, ...] = ()

    @classmethod
    def silent(cls, document: bytes) -> Self:
        """A body that was read whole and says nothing."""
        return _new(cls, (NOTHING, None, document, (), (), None, ()))


def hear(
    bench: Bench,
    about: Announced,
    body: bytes,
    markup: Markup,
    *,
    complete: bool,
    pictures: bool = False,
    look: Look | None = None,
) -> HeardBody:
    """
    Reads a body as received, of which `complete` says whether it is all; one of unknown `markup` as either kind.

    `pictures`: something was said of the pictures that it shows, should it be a page; `look` finds its tags that may
    speak.
    """
    decoded = about.plain(body, bench.max_asset_bytes, complete=complete)
    received, complete = complete, complete and decoded.complete and about.whole
    plainly = markup is HTML and _begins_as_markup(decoded.body)  # as nearly every page: no other file, nor coded
    asked = plainly and complete and decoded.note is None
    openings = _openings(look or bench.scanner.openings, about, decoded.body) if asked else None
    if openings == () and not pictures and is_settled(about.kind.charset):
        return HeardBody.silent(decoded.body)
    doubt: str | None = None
    reading = NOTHING
    items: tuple[Item, ...] = ()
    feed: tuple[tuple[Signal, DocumentReading], ...] = ()
    shown: tuple[Document, ...] = ()
    found = None
    media_type = about.media_type or ""
    if bench.asset_signals and decoded.body and not plainly:
        found = format_of(media_type, beginning(decoded.body))
    if found is None and not plainly and about.begins and (markup in (HTML, FEED) or is_xml(media_type)):
        name = unsaid_coding(decoded.body)
        doubt = None if name is None else f"the body is {name} data, which no field says"
    if markup is HTML or (markup is UNKNOWN and about.begins):
        label, other = encoding_of(about.kind.charset, decoded.body)
        doubt = doubt or other
        openings = openings if asked else _openings(look or bench.scanner.openings, about, decoded.body)
        document = Document(body=decoded.body, url=about.url, label=label, xml="xml" in media_type)
        page = hear_page(bench, about, document, openings, complete=complete and doubt is None)
        reading, items, complete = page.reading, page.items, complete and page.complete
        shown = (document,) if pictures or openings != () else ()
    if markup is FEED or markup is UNKNOWN:
        feed = _hear_feed(bench, about, decoded.body)
    complete = complete and doubt is None
    whole = complete
    if found is Format.MHTML:
        saved = hear_saved(bench, about, decoded.body, hear, complete=complete, pictures=pictures)
        reading, items = Reading.joined((reading, saved.reading)), items + saved.items
        shown, complete = shown + saved.shown, saved.complete
    elif found is not None:
        heard = hear_asset(bench, about, decoded.body, found, complete=complete)
        reading, items = Reading.joined((reading, heard.reading)), items + heard.items
        # As nothing but this file, it is read whole when all its places for a reservation are; the middle of one may
        # begin as a file too, that of a picture within it.
        alone = markup is OTHER and about.begins
        if decoded.problem is not None:  # what is damaged must at least begin as that file
            alone = alone and format_of("", decoded.body[:SNIFF_BYTES]) is found
        complete = heard.complete and (complete or alone)
    problem = None
    if not complete:
        damage = "the file is damaged: a reservation may stand where nothing could be read" if whole else None
        ours = _too_large(bench.max_asset_bytes, body, decoded, complete=received)
        problem = (
            ours
            or decoded.problem
            or doubt
            or damage
            or f"only {len(decoded.body)} bytes of the document could be read"
        )
    if decoded.note is not None:
        source = Source(url=about.url, carrier=carrier_of(markup, found), retrieved_at=about.now)
        reading = Reading.joined((Reading(faults=(Fault.at(source, decoded.note),)), reading))
    return HeardBody(reading, problem, decoded.body, feed=feed, items=items, format=found, shown=shown)


def _too_large(limit: int, body: bytes, decoded: PlainBody, *, complete: bool) -> str | None:
    """Why a body was not read whole, if that is for its size alone; who receives one cuts it there, coded or not."""
    if decoded.long:
        return too_large(limit, decoded=True)
    cut = len(body) > limit or (len(body) == limit and not complete)
    return too_large(limit) if cut and (decoded.problem is None or decoded.cut) else None


def _openings(look: Look, about: Announced, body: bytes) -> Sequence[bytes] | None:
    """The beginnings of the tags that can say anything; none only if no tag of the page can, None for any."""
    if "xml" in (about.media_type or "") and is_disguised(body):
        return None
    return look(body)


def _begins_as_markup(body: bytes) -> bool:
    """True for what can be no file of another format, since all of those begin otherwise."""
    return body.startswith(b"<") or body[:16].lstrip().startswith(b"<")


def _hear_feed(bench: Bench, about: Announced, body: bytes) -> tuple[tuple[Signal, DocumentReading], ...]:
    """What the items of a feed say; it is read again with the piece that it rests on, if that is to be kept."""
    source = Source(url=about.url, carrier="feed", retrieved_at=about.now)
    feed = tuple((s, s.read_feed(body, source, bench.listener)) for s in bench.feed_signals if s.read_feed)
    if about.pieces is None or not any(read.site or read.faults for _, read in feed):
        return feed
    source = source._replace(evidence=about.pieces.of_feed(body))
    return tuple((s, s.read_feed(body, source, bench.listener)) for s in bench.feed_signals if s.read_feed)


def hear_challenge(bench: Bench, about: Announced, body: bytes) -> Reading:
    """
    Reads the body of a 401 or 402; it carries no content, so that one which was cut withholds nothing.

    One that cannot be decoded may be the licence that is asked for.
    """
    decoded = about.plain(body, bench.max_asset_bytes, complete=True)
    source = Source(url=about.url, carrier="challenge", retrieved_at=about.now)
    if decoded.problem is not None and not decoded.body and body:
        asking = (signal for signal in bench.signals if signal.read_challenge)
        fault = Fault.at(source, f"document not read: {decoded.problem}")
        return Reading(undetermined(asking, source, decoded.problem), (fault,))
    found = [s.read_challenge(decoded.body, source, bench.listener) for s in bench.signals if s.read_challenge]
    reading = Reading.joined(found)
    return reading if about.pieces is None else about.pieces.of_challenge(reading, decoded.body)
