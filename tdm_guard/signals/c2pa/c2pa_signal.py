"""
C2PA manifests: the assertion on training and data mining (CAWG 1.1, and C2PA 1.x before it).

strategy: the report on the manifest store is walked from the active manifest through its parents. A refusal counts in
any state of validation; a permission only in a manifest that validates, in the active one, and written to the letter
(the specification says nothing of ingredients). What is only referenced is never fetched: it is undetermined.
"""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING

from tdm_guard.formats.files import c2pa_store, xmp
from tdm_guard.formats.files.asset import Place
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.http.link_field import MAX_LENGTH, links, requoted
from tdm_guard.formats.http.media_type import essence
from tdm_guard.formats.page.html import C2PA_TYPE as TYPE
from tdm_guard.formats.salvage import is_c2pa
from tdm_guard.model import NOTHING, Fault, Headers, Posture, Reading, Source, Stance, Statement
from tdm_guard.signals.c2pa.c2pa_entries import USAGES
from tdm_guard.signals.c2pa.c2pa_report import NAME, STORE, read_report, undetermined
from tdm_guard.signals.shape import Listener, Signal
from tdm_guard.signals.shared.refusing_words import DOUBT

if TYPE_CHECKING:
    from tdm_guard.formats.files.asset import Asset
    from tdm_guard.formats.page.html import Page, Tag

__all__ = ["NAME", "SIGNAL", "read_asset", "read_headers", "read_html", "read_report", "settle"]

FIELD = "link"
RELATION = "c2pa-manifest"
MAX_PACKETS = 100  # XMP packets with the word that are read of one file; a multi-page TIFF has one for each page
MAX_STORES = 4  # of one file that are read singly when the file as a whole is not; there should be one
MAX_PARTS = 5_000  # pieces of a file that the native reader may have to walk; it takes up to 0.1 ms for one
MAX_LINKS = 8  # manifests that one response or file may name

_LETTERS = b"provenance"
_PROVENANCE = frozenset({"provenance"})
_MARKS = (b"c2pa:manifest", b"dcterms:provenance")  # in SVG, where a store is in base64; in XMP
_TERMS = "http://purl.org/dc/terms/"
# Dublin Core has the property for prose too; "self#jumbf=…" stands where the manifest was inside the file, and is cut.
_ADDRESS = re.compile(r"(?i)https?://[^\s]{1,2048}\Z")


def read_asset(asset: Asset, source: Source, listener: Listener) -> Reading:
    """The manifest store in a file; without one, the manifest that its XMP names."""
    if any(p.place is Place.C2PA for p in asset.packets) or any(u.place is Place.C2PA for u in asset.unread):
        return _embedded(asset, source, listener)
    return _named_in_xmp(asset, source)


def _embedded(asset: Asset, source: Source, listener: Listener) -> Reading:
    """
    The store as it lies in the file, whose bytes it seals; else each store by itself, for its refusals.

    So a refusal is found in a prefix and in a damaged file. The native reader's time has no bound of its own: it gets a
    file only if a store was found in it and our own walk came to its end within ours.
    """
    stores = [packet.data for packet in asset.packets if packet.place is Place.C2PA]
    given_up = next((unread for unread in asset.unread if unread.place is Place.C2PA), None)
    if asset.format.row.c2pa is None:
        return _stores(stores, source, listener, None if given_up is None else given_up.message)
    if given_up is not None and not stores and not _is_marked(asset.data):
        return undetermined(source, given_up.message, given_up.locator)
    if asset.parts > MAX_PARTS or not all(map(c2pa_store.is_bounded, stores[:MAX_STORES])):
        why = f"a file of more than {MAX_PARTS} parts, or with a manifest store of more than are read"
    else:
        sealed = c2pa_store.report(asset.data, asset.format)
        if "error" not in sealed:
            return read_report(sealed, source, listener, sealed=asset.complete and asset.format is not Format.C2PA)
        why = _said(sealed)
        if sealed["error"] == c2pa_store.MISSING:
            return undetermined(source, why)
    whole = [store for store in stores[:MAX_STORES] if c2pa_store.is_store(store)]
    missing = why if given_up is not None or not whole or len(whole) < len(stores) else None
    return _stores(whole, source, listener, missing, why)


def _stores(
    stores: list[bytes], source: Source, listener: Listener, missing: str | None, why: str | None = None
) -> Reading:
    """
    Manifest stores by themselves, without what they seal: their refusals count.

    `missing`: what could not be read beside them; `why` the file as a whole was not.
    """
    readings: list[Reading] = []
    for store in stores[:MAX_STORES]:
        if not c2pa_store.is_bounded(store):
            missing = missing or why or "a manifest store of more than is read"
            continue
        found = c2pa_store.report(store, Format.C2PA)
        if "error" not in found:
            readings.append(read_report(found, source, listener, sealed=False))
        elif found["error"] == c2pa_store.MISSING:
            missing = _said(found)
        else:
            missing = missing or why or _said(found)
    if len(stores) > MAX_STORES:
        missing = missing or f"more than {MAX_STORES} manifest stores"
    if readings and not missing:
        fault = Fault.at(source, "the manifest store is read without the file", signal=NAME, excerpt=why)
        readings.append(Reading(faults=(fault,)))
    if missing or not readings:
        readings.append(undetermined(source, missing or "no manifest store could be read"))
    return Reading.joined(readings)


def _is_marked(data: bytes) -> bool:
    """True if there is something in a file that the native reader would read."""
    return is_c2pa(data) or any(word in data for word in _MARKS)


def _named_in_xmp(asset: Asset, source: Source) -> Reading:
    """A manifest that an XMP packet names by its address (`dcterms:provenance`), of the file itself and of no part."""
    found: list[Reading] = []
    looked = 0
    for packet in asset.packets:
        # An XML reader is not asked while the letters are not there; in UTF-16 and UTF-32 they have NULs between them.
        if packet.place is Place.XMP and (_LETTERS in packet.data or b"\0" in packet.data[:4]):
            looked += 1
            if looked > MAX_PACKETS:
                message = f"more than {MAX_PACKETS} packets that may name a manifest"
                found.insert(0, undetermined(source, message, locator=packet.locator))
                break
            for item in xmp.read(packet.data, _PROVENANCE).properties:
                url = _ADDRESS.match(item.value.strip())
                if url and not item.nested and item.namespace in ("", _TERMS):
                    locator = f"{packet.locator}/dcterms:provenance"
                    found.append(undetermined(source, f"remote_manifest: {url[0]}", locator=locator))
    for unread in asset.unread:
        if unread.place is Place.XMP:
            found.append(undetermined(source, f"may name a manifest: {unread.message}", locator=unread.locator))
    return Reading.joined(found[:MAX_LINKS])


def _said(report: object) -> str:
    return str(report["message"]) if isinstance(report, dict) and "message" in report else "the manifest was not read"


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    """
    A Link field that names a manifest: what it says could not be told, unless the file holds one itself.

    One whose quotation marks are wrong is a doubt as well; to the letter it only takes permissions.
    """
    fields = [value for name, value in headers if name.lower() == FIELD and RELATION in value.lower()]
    said = [link.words for value in fields for link in links(value) if RELATION in link.relations]
    if not said and any(RELATION in value[MAX_LENGTH:].lower() for value in fields):
        said = [f"a field of more than {MAX_LENGTH} characters"]
    if not said and (misquoted := _misquoted(fields)):
        reading = undetermined(source, misquoted, locator=f"#{FIELD}")
        if listener.cautious:
            return reading
        doubts = tuple(replace(s, stance=Stance.UNSTATED, doubt=DOUBT) for s in reading.statements)
        return Reading(doubts, reading.faults)
    return (
        Reading.joined([undetermined(source, words, locator=f"#{FIELD}") for words in said[:MAX_LINKS]])
        if said
        else NOTHING
    )


def _misquoted(fields: list[str]) -> str | None:
    """A field that names a manifest in other quotation marks than a field has."""
    return next((value for value in fields for link in requoted(value) if RELATION in link.relations), None)


def read_html(page: Page, source: Source, listener: Listener) -> Reading:
    """
    A manifest store in a script of its type, and links to one (C2PA 2.4 A.7).

    A link to what the page holds itself adds nothing, as with a Link field.
    """
    scripts, named = [], []
    for tag in page.tags:
        if tag.name == "link" and RELATION in tag.attributes.get("rel", "").lower().split():
            named.append(tag)
        elif tag.name == "script" and essence(tag.attributes.get("type", "")) == TYPE:
            scripts.append(tag)
    if not scripts:
        readings = [
            undetermined(source, f'<link rel="{RELATION}" href="{tag.attributes.get("href", "")}">', f"line {tag.line}")
            for tag in named[:MAX_LINKS]
        ]
        return Reading.joined(readings)
    stores, missing = [], None
    for tag in scripts:
        store = _inline(tag)
        if store is None:
            missing = missing or f"a script of type {TYPE} on line {tag.line} that holds no manifest store"
        else:
            stores.append(store)
    return _stores(stores, source, listener, missing)


def _inline(tag: Tag) -> bytes | None:
    """The store that stands in a script in base64; None if there is none to read."""
    if tag.attributes.get("src"):
        return None
    try:
        store = b64decode("".join(tag.text.split()), validate=True)
    except ValueError:
        return None
    return store if c2pa_store.is_store(store) else None


def settle(statements: tuple[Statement, ...], posture: Posture) -> tuple[Statement, ...]:
    """Where the file holds a manifest, that is the active one, and what a field names is none (C2PA 2.x)."""
    if any(statement.locator == STORE and statement.stance is Stance.UNSTATED for statement in statements):
        return tuple(s for s in statements if s.carrier != "header")
    return statements


SIGNAL = Signal(
    name=NAME,
    title="C2PA manifests: training and data mining",
    spec="CAWG Training and Data Mining Assertion 1.1 (2025-05-16); c2pa.training-mining of C2PA 1.x",
    usages=USAGES,
    headers=frozenset({FIELD}),
    html_words=("c2pa",),
    read_headers=read_headers,
    read_html=read_html,
    asset_places=frozenset({Place.C2PA, Place.XMP}),
    read_asset=read_asset,
    settle=settle,
)
