"""A standard that there is not, as one module over the public parts: `toy-rule: hush` in whatever carries words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tdm_guard.signals import (
    TDM,
    Asset,
    Document,
    DocumentReading,
    Fault,
    Fetched,
    Headers,
    Kind,
    Layer,
    Listener,
    Page,
    Place,
    Reading,
    Result,
    RobotsTxt,
    Signal,
    Source,
    Stance,
    Statement,
    Usage,
    WideSite,
)

NAME = "toy"
FIELD = "toy-rule"
PATH = "/toy.txt"
# words that no other signal takes for a refusal
_STANCES = {"hush": Stance.RESERVED, "sing": Stance.PERMITTED}
_LINE = re.compile(r"(?im)^toy-rule:[ \t]*(\S+)")
_PROPERTY = re.compile(rb'toy:rule="([^"]{0,20})"')


def say(source: Source, word: str, locator: str, layer: Layer = Layer.LOCATION) -> Reading:
    """What one word says of all mining; any other word is a fault."""
    stance = _STANCES.get(word.strip().lower())
    if stance is None:
        return Reading(faults=(Fault.at(source, "neither hush nor sing", signal=NAME, locator=locator, excerpt=word),))
    kind = Kind.PERMISSION if stance is Stance.PERMITTED else Kind.RESERVATION
    said = Statement.at(
        source, kind=kind, signal=NAME, usages=TDM, stance=stance, locator=locator, excerpt=word, layer=layer
    )
    return Reading((said,))


def joined(readings: list[Reading]) -> Reading:
    return Reading(tuple(s for each in readings for s in each.statements), tuple(f for r in readings for f in r.faults))


@dataclass(frozen=True, slots=True)
class Whole(WideSite):
    """One word for the whole site."""

    reading: Reading

    @property
    def everywhere(self) -> tuple[Usage, ...]:
        return TDM if any(said.stance is Stance.RESERVED for said in self.reading.statements) else ()

    def says(self, target: str) -> Reading:
        return self.reading


def read_document(fetched: Fetched, source: Source, listener: Listener) -> DocumentReading:
    if fetched.error or fetched.status != 200:
        return DocumentReading(Result.ABSENT if fetched.status == 404 else Result.UNREACHABLE)
    return DocumentReading(Result.READ, Whole(say(source, fetched.body.decode("utf-8", "replace"), "line 1")))


def read_robots(text: RobotsTxt, source: Source, listener: Listener) -> Whole | None:
    if not text.mentions(FIELD):
        return None
    return Whole(joined([say(source, found[1], f"#{FIELD}") for found in _LINE.finditer(text.text)]))


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    return joined([say(source, value, f"#{FIELD}") for name, value in headers if name.lower() == FIELD])


def read_html(page: Page, source: Source, listener: Listener) -> Reading:
    tags = [tag for tag in page.tags if tag.attributes.get("name", "").lower() == FIELD]
    return joined([say(source, tag.attributes.get("content", ""), f"line {tag.line}") for tag in tags])


def read_asset(asset: Asset, source: Source, listener: Listener) -> Reading:
    found = [
        say(source, word.decode("latin-1"), packet.locator, Layer.ASSET)
        for packet in asset.packets
        for word in _PROPERTY.findall(packet.data)
    ]
    unread = [
        Statement.at(
            source, signal=NAME, usages=TDM, stance=Stance.UNDETERMINED, layer=Layer.ASSET, excerpt=unread.message
        )
        for unread in asset.unread
        if unread.place is Place.XMP
    ]
    return joined([*found, Reading(tuple(unread))])


SIGNAL = Signal(
    name=NAME,
    title="A toy",
    spec="version 1",
    usages=TDM,
    document=Document(path=PATH, max_bytes=1000, read=read_document, signal=NAME, usages=TDM),
    read_robots=read_robots,
    headers=frozenset({FIELD}),
    html_words=(FIELD,),
    read_headers=read_headers,
    read_hop=read_headers,
    read_html=read_html,
    asset_places=frozenset({Place.XMP}),
    read_asset=read_asset,
)
