"""
What a page says, and of which works: its tags, read by the book where they may speak.

strategy: the first look knows which tags those are. Only they are read, unless what they say leads to others; which
pictures a page shows is read when somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.page.html import Page, read_page
from tdm_guard.formats.page.page_images import page_images
from tdm_guard.formats.page.page_items import JSON_REPAIR, PageItems, gives_code, page_items
from tdm_guard.model import NOTHING, Fault, Posture, Reading, Source
from tdm_guard.repertoire.item import Item, read_item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tdm_guard.judging.bench import Bench
    from tdm_guard.judging.response import Announced

Look = Callable[[bytes], "Sequence[bytes] | None"]  # the beginnings of the tags of a page that may speak; None for any


class Document(NamedTuple):
    """The bytes of a page, decoded as far as its transfer coded them, and how they are read."""

    body: bytes
    url: str
    label: str | None
    xml: bool

    def read(self, openings: Sequence[bytes] | None, *, complete: bool, json_ld: bool) -> Page:
        """The tags that speak; `openings`: the beginnings of those that may, if they are known."""
        return read_page(
            self.body,
            url=self.url,
            charset=self.label,
            complete=complete,
            xml=self.xml,
            json_ld=json_ld,
            openings=openings,
        )

    def pictures(self) -> tuple[str, ...]:
        """The addresses of the pictures that the page shows."""
        return page_images(read_page(self.body, url=self.url, charset=self.label, xml=self.xml, shown=True)).urls


class HeardPage(NamedTuple):
    """What a page says, and the works it is about; `complete`: all of it was read."""

    reading: Reading = NOTHING
    items: tuple[Item, ...] = ()
    complete: bool = True


def hear_page(
    bench: Bench, about: Announced, document: Document, openings: Sequence[bytes] | None, *, complete: bool
) -> HeardPage:
    """What a page says, and the works it is about; nothing if there are no `openings` of tags that may speak."""
    if openings == ():
        return HeardPage()
    declared = bench.repertoire
    works = declared is not None
    page = document.read(openings, complete=complete, json_ld=works)
    if works and openings is not None and gives_code(page):  # to which other tags add
        page = document.read(None, complete=complete, json_ld=works)
    source = Source(url=about.url, carrier="html", retrieved_at=about.now)
    read = [signal.read_html(page, source, bench.listener) for signal in bench.page_signals if signal.read_html]
    reading = Reading.joined(read)
    if about.pieces is not None:
        reading = about.pieces.of_page(reading, document.body, document.label)
    if declared is None:
        return HeardPage(reading, (), page.complete)
    repair = bench.listener.posture is Posture.CAUTIOUS
    described = page_items(page, source, repair=repair, undeclared=declared.is_silent_on)
    items, faults = _items(described, source)
    if described.others:
        items += (Item.undeclared(source),)
    if described.faults or faults:
        reading = replace(reading, faults=reading.faults + described.faults + faults)
    return HeardPage(reading, items, page.complete)


def _items(works: PageItems, source: Source) -> tuple[tuple[Item, ...], tuple[Fault, ...]]:
    """The items of a page; those of JSON-LD that was repaired say so."""
    if not works.repaired:
        return read_item(works.items, source)
    plain, faults = read_item(works.items[: -works.repaired], source)
    mended, more = read_item(works.items[-works.repaired :], source)
    return (*plain, *(replace(item, repair=JSON_REPAIR) for item in mended)), faults + more
