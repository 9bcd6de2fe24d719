"""
RSL inside files (4.8): a licence document in an XMP packet, in a package document, in a text or frame of its own.

It is about the file that holds it. Where its canonical url is another, as in a copy, its refusals count and its grants
do not; what cannot be parsed leaves the file unlicensed (4.3).
"""

from __future__ import annotations

from dataclasses import replace

from tdm_guard.formats.files.asset import Asset, Packet, Place
from tdm_guard.formats.files.xmp import elements, mentions
from tdm_guard.formats.rsl.rsl_licences import is_unbound, of_attributes, unbound
from tdm_guard.formats.rsl.rsl_vocabulary import MEDIA, NAMESPACE
from tdm_guard.formats.xml import without_doctype, written
from tdm_guard.model import NOTHING, Fault, Layer, Reading, Source, Stance, Statement
from tdm_guard.signals.rsl.rsl_document import read_inline, read_unbound, unlicensed
from tdm_guard.signals.rsl.rsl_site import NAME
from tdm_guard.signals.shape import Listener
from tdm_guard.usage import EVERY

PLACES = frozenset({Place.XMP, Place.OPF, Place.RSL})
MAX_DOCUMENTS = 16  # in one file; with more it counts as unlicensed

_DESCRIPTION = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"
_MARK = frozenset({NAMESPACE.partition("//")[2].lower()})
_ROOTS = (f"{{{NAMESPACE}}}rsl", f"{{{NAMESPACE}}}content")


def read_asset(asset: Asset, source: Source, listener: Listener) -> Reading:
    """The licence documents of a file."""
    statements: list[Statement] = []
    faults: list[Fault] = []
    documents = 0
    for packet in asset.packets:
        if packet.place in PLACES and mentions(packet.data, _MARK):
            for reading in _read(packet, source, listener, intact=asset.complete):
                documents += 1
                if documents > MAX_DOCUMENTS:
                    break
                statements += reading.statements
                faults += reading.faults
    if documents > MAX_DOCUMENTS:
        message = f"more than {MAX_DOCUMENTS} licence documents in one file"
        fault = Fault.at(source, message, signal=NAME, locator=asset.format.name, excerpt=message)
        statements.append(unlicensed(fault))
        faults.append(fault)
    for unread in asset.unread:
        if unread.place in PLACES:
            place, why, unknown = unread.locator, unread.message, Stance.UNDETERMINED
            statements.append(
                Statement.at(source, signal=NAME, usages=EVERY, stance=unknown, locator=place, excerpt=why)
            )
    if not statements and not faults:
        return NOTHING
    return Reading(tuple(replace(statement, layer=Layer.ASSET) for statement in statements), tuple(faults))


def _read(packet: Packet, source: Source, listener: Listener, *, intact: bool) -> list[Reading]:
    """What each document in a packet says; one that only shows its namespace says nothing."""
    body = without_doctype(packet.data)
    for root in _ROOTS:
        xml, damage = elements(body, root)
        if xml.problem is not None:
            place = _place(packet, source, f"the licence in the file cannot be read: {xml.problem}", None)
            return [Reading((unlicensed(place),), (place,))]
        if xml.kept:
            grants = intact and damage is None
            return [
                read_inline(
                    written(element),
                    _place(packet, source, "the licence in the file cannot be read", element.words),
                    source,
                    listener,
                    refusals_only=not grants,
                )
                for element in xml.kept[: MAX_DOCUMENTS + 1]
            ]
    # a licence without a content around it; one of a work (RSL-MEDIA) is not of the file
    xml, _ = elements(body, (f"{{{NAMESPACE}}}", f"{{{MEDIA}}}right"))
    found = [element for element in xml.kept if is_unbound(element)]
    xml, _ = elements(body, _DESCRIPTION)  # and as a property in an attribute, as XMP may be written (RDF/XML 2.5)
    found += [each for element in xml.kept for each in of_attributes(element) if is_unbound(each)]
    alone = tuple(map(unbound, found[: MAX_DOCUMENTS + 1]))
    return [read_unbound(alone, source, listener, f"{packet.locator} ")] if alone else []


def _place(packet: Packet, source: Source, message: str, words: str | None) -> Fault:
    excerpt = words or f'xmlns="{NAMESPACE}"'
    return Fault.at(source, message, signal=NAME, locator=packet.locator, excerpt=excerpt)
