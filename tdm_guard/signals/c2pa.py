"""
C2PA manifests: the assertion on training and data mining (CAWG 1.1, and C2PA 1.x before it).

strategy: the report on the manifest store is walked from the active manifest through its parents. A refusal counts in
any state of validation; a permission only in a manifest that validates, in the active one, and written to the letter
(the specification says nothing of ingredients). What is only referenced is never fetched: it is undetermined.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tdm_guard.formats import c2pa_store, xmp
from tdm_guard.formats.asset import Format, Place
from tdm_guard.formats.link_field import links
from tdm_guard.formats.salvage import is_c2pa
from tdm_guard.model import NOTHING, Fault, Headers, Posture, Reading, Source, Stance, Statement
from tdm_guard.signals._c2pa_entries import USAGES
from tdm_guard.signals._c2pa_report import NAME, STORE, read_report, undetermined
from tdm_guard.signals._signal import Listener, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tdm_guard.formats.asset import Asset

__all__ = ["NAME", "SIGNAL", "read_asset", "read_headers", "read_report", "settle"]

FIELD = "link"
RELATION = "c2pa-manifest"
MAX_PACKETS = 100  # XMP packets of one file that are looked at; a multi-page TIFF has one for each page
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
    if given_up is not None and not stores and not _is_marked(asset.data):
        return undetermined(source, given_up.message, given_up.locator)
    if asset.parts > MAX_PARTS or not all(map(c2pa_store.is_bounded, stores[:MAX_STORES])):
        message = f"a file of more than {MAX_PARTS} parts, or with a manifest store of more than are read"
        sealed: Mapping[str, object] = {"error": "Bound", "message": message}
    else:
        sealed = c2pa_store.report(asset.data, asset.format)
        if "error" not in sealed:
            return read_report(sealed, source, listener, sealed=asset.complete and asset.format is not Format.C2PA)
    if sealed["error"] == c2pa_store.MISSING:
        return undetermined(source, _said(sealed))
    whole = [store for store in stores[:MAX_STORES] if c2pa_store.is_store(store) and c2pa_store.is_bounded(store)]
    reports = [c2pa_store.report(store, Format.C2PA) for store in whole]
    readings = [read_report(found, source, listener, sealed=False) for found in reports if "error" not in found]
    if given_up is not None or not readings or len(readings) < len(stores):
        if all(found.get("error") == c2pa_store.MISSING for found in reports) and reports:
            sealed = reports[0]
        readings.append(undetermined(source, _said(sealed)))
    else:
        fault = Fault.at(source, "the manifest store is read without the file", signal=NAME, excerpt=_said(sealed))
        readings.insert(0, Reading((), (fault,)))
    statements = tuple(statement for each in readings for statement in each.statements)
    return Reading(statements, tuple(fault for each in readings for fault in each.faults))


def _is_marked(data: bytes) -> bool:
    """True if there is something in a file that the native reader would read."""
    return is_c2pa(data) or any(word in data for word in _MARKS)


def _named_in_xmp(asset: Asset, source: Source) -> Reading:
    """A manifest that an XMP packet names by its address (`dcterms:provenance`), of the file itself and of no part."""
    found: list[Reading] = []
    for packet in asset.packets[:MAX_PACKETS]:
        # An XML reader is not asked while the letters are not there; in UTF-16 and UTF-32 they have NULs between them.
        if packet.place is Place.XMP and (_LETTERS in packet.data or b"\0" in packet.data[:4]):
            for item in xmp.read(packet.data, _PROVENANCE).properties:
                url = _ADDRESS.match(item.value.strip())
                if url and not item.nested and item.namespace in ("", _TERMS):
                    locator = f"{packet.locator}/dcterms:provenance"
                    found.append(undetermined(source, f"remote_manifest: {url[0]}", locator=locator))
    for unread in asset.unread:
        if unread.place is Place.XMP:
            found.append(undetermined(source, f"may name a manifest: {unread.message}", locator=unread.locator))
    if not found:
        return NOTHING
    statements = tuple(statement for each in found[:MAX_LINKS] for statement in each.statements)
    return Reading(statements, tuple(fault for each in found[:MAX_LINKS] for fault in each.faults))


def _said(report: object) -> str:
    return str(report["message"]) if isinstance(report, dict) and "message" in report else "the manifest was not read"


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    """A Link field that names a manifest: what it says could not be told, unless the file holds one itself."""
    named = [
        link
        for name, value in headers
        if name.lower() == FIELD and RELATION in value.lower()
        for link in links(value)
        if RELATION in link.relations
    ]
    if not named:
        return NOTHING
    readings = [undetermined(source, link.words, locator=f"#{FIELD}") for link in named[:MAX_LINKS]]
    return Reading(
        tuple(statement for each in readings for statement in each.statements),
        tuple(fault for each in readings for fault in each.faults),
    )


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
    read_headers=read_headers,
    asset_places=frozenset({Place.C2PA, Place.XMP}),
    read_asset=read_asset,
    settle=settle,
)
