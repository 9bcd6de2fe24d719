"""
TDMRep inside files: the XMP packet of a PDF, the package document of an EPUB (sec-pdf, sec-epub2, sec-epub3).

strategy: both are brought to the words that the other carriers have too. The report binds the prefix `tdm` to
`http://www.w3.org/ns/tdmrep/` in PDF and to `http://www.w3.org/ns/tdmrep#` in EPUB 3. What is written otherwise is
heard in the cautious posture where it adds a reservation, under the code of the repair. Literally, only some of these
forms are heard, for both values: those by which the author plainly meant the same vocabulary (`_SAME`).
"""

from __future__ import annotations

from collections.abc import Iterator

from tdm_guard.formats.files import opf
from tdm_guard.formats.files.asset import Asset, Packet, Place
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.xmp import NOTHING as EMPTY
from tdm_guard.formats.files.xmp import mentions
from tdm_guard.formats.files.xmp import read as read_xmp
from tdm_guard.formats.site.tdmrep_value import plain_name
from tdm_guard.model import NOTHING, Fault, Layer, Reading, Source, Stance, Statement
from tdm_guard.signals.shape import Listener
from tdm_guard.signals.tdmrep.tdmrep_rules import NAME
from tdm_guard.signals.tdmrep.tdmrep_words import POLICY, RESERVATION, Word, as_reading
from tdm_guard.usage import EVERY, TDM, Usage

RANK = 4  # the nearest carrier there is (sec-processing-priority)
MAX_PACKETS = 20  # of one file; an EPUB may have several renditions

SLASH = "http://www.w3.org/ns/tdmrep/"
HASH = "http://www.w3.org/ns/tdmrep#"
_OURS = frozenset(  # the two, and what stood in drafts and in careless copies of them
    f"{scheme}://www.w3.org/ns/tdmrep{end}" for scheme in ("http", "https") for end in ("", "/", "#", "/xml", "/xml#")
)
_XMP_NAMES = frozenset({"reservation", "tdm-reservation", "tdm_reservation", "tdmreservation", "reserve_tdm"})
_XMP_BESIDE = frozenset({"policy", "tdm-policy", "tdm_policy", "tdmpolicy"})
_PREFIX = "tdm"

NAMESPACE = "non_canonical_namespace"
PROPERTY = "non_canonical_property"
UNDECLARED = "prefix_undeclared"
LEGACY = "legacy_meta"
DAMAGED = "xml_error"
CARRIER = "non_canonical_carrier"  # a picture's XMP, say: the report knows that of PDF only
FOREIGN = "C7"
_SAME = frozenset({NAMESPACE, UNDECLARED, LEGACY})

_Words = dict[str, list[Word]]


def read_asset(asset: Asset, source: Source, listener: Listener) -> Reading:
    """The reservation in the metadata of a file. What it could not be read from leaves it undetermined."""
    readings = []
    packets = [packet for packet in asset.packets if packet.place in (Place.XMP, Place.OPF)]
    for packet in packets[:MAX_PACKETS]:
        read = _opf if packet.place is Place.OPF else _xmp
        readings.append(read(packet, asset, source, listener))
    if len(packets) > MAX_PACKETS:
        readings.append(_unread(source, packets[MAX_PACKETS].locator, f"more than {MAX_PACKETS} packets"))
    for unread in asset.unread:
        if unread.place is Place.OPF or (unread.place is Place.XMP and asset.format is Format.PDF):
            # the fault is the file's, which whoever reads the file records
            readings.append(Reading(_unread(source, unread.locator, unread.message).statements))
    return Reading.joined(readings)


def _xmp(packet: Packet, asset: Asset, source: Source, listener: Listener) -> Reading:
    """The two properties in an XMP packet."""
    document = asset.format is Format.PDF
    if not document and not mentions(packet.data, _XMP_NAMES):
        return NOTHING
    beside = frozenset() if document else _XMP_BESIDE  # of a document, a policy by itself counts too
    xmp = read_xmp(packet.data, _XMP_NAMES | _XMP_BESIDE if document else _XMP_NAMES, beside)
    if xmp is EMPTY or (not document and not xmp.properties):
        return NOTHING
    words: _Words = {RESERVATION: [], POLICY: []}
    for each in xmp.properties:
        name = each.name.lower()
        if each.nested or (not document and each.namespace not in _OURS):
            continue
        what = RESERVATION if name in _XMP_NAMES else POLICY
        repair = _xmp_repair(each.namespace, each.name, document=document)
        if each.resource and what is RESERVATION:
            continue  # a URI, however it looks
        if what is RESERVATION or repair != FOREIGN:  # many vocabularies have a policy
            locator = f"{packet.locator}/tdm:{each.name}"
            words[what].append(
                Word(each.value, locator, each.excerpt, repair=DAMAGED if xmp.problem is not None else repair)
            )
    # literally, what cannot be read is unset (sec-tdm-reservation)
    problem = xmp.problem if document and listener.cautious and not xmp.whole else None
    return _reading(words, packet, source, listener, problem, xmp.place)


def _xmp_repair(namespace: str, name: str, *, document: bool) -> str | None:
    if namespace not in _OURS:
        return FOREIGN
    if not document:
        return CARRIER
    if name not in ("reservation", "policy"):
        return PROPERTY
    return None if namespace == SLASH else NAMESPACE


def _opf(packet: Packet, asset: Asset, source: Source, listener: Listener) -> Reading:
    """The two properties in a package document; they cover every resource of the package."""
    package = opf.read(packet.data)
    words: _Words = {RESERVATION: [], POLICY: []}
    for meta in package.metas:
        for what, text, repair in _meta(meta, package):
            code = DAMAGED if package.problem is not None else repair
            words[what].append(Word(text, f"{packet.locator}/{meta.locator}", meta.excerpt, repair=code))
    for element in package.foreign:
        if element.namespace in _OURS and (named := _property(element.name)):
            words[named].append(Word(element.text, f"{packet.locator}/{element.name}", element.words, repair=PROPERTY))
    return _reading(words, packet, source, listener, package.problem, package.place)


def _meta(meta: opf.OpfMeta, package: opf.Package) -> Iterator[tuple[str, str, str | None]]:
    """Property, value and repair of what one `meta` says of this protocol."""
    attributes = meta.attributes
    if "property" in attributes:
        prefix, colon, name = attributes["property"].strip().rpartition(":")
        if what := _property(name):
            repair = _prefix_repair(prefix, package) if colon else PROPERTY
            if name != what.removeprefix("tdm-"):
                repair = repair or PROPERTY
            if attributes.get("refines", "").strip():
                repair = FOREIGN  # of a part, where the report knows the whole only
            text = meta.text if meta.text.strip() else attributes.get("content", "")
            yield what, text, repair
    if "name" in attributes:
        name = attributes["name"].strip()
        if plain_name(name) in (RESERVATION, POLICY):
            as_reported = name in ("tdm:reservation", "tdm:policy")
            legacy = LEGACY if package.version.startswith("3") else None
            yield plain_name(name), attributes.get("content") or meta.text, legacy if as_reported else PROPERTY


def _property(name: str) -> str | None:
    """Which of the two properties a local name is."""
    plain = plain_name(name)
    plain = plain if plain.startswith("tdm-") else f"tdm-{plain}"
    return plain if plain in (RESERVATION, POLICY) else None


def _prefix_repair(prefix: str, package: opf.Package) -> str | None:
    namespace = dict(package.prefixes).get(prefix)
    if namespace == HASH:
        return None
    if namespace is None:
        return UNDECLARED if prefix == _PREFIX else FOREIGN
    return NAMESPACE if namespace in _OURS else FOREIGN


def _reading(
    words: _Words, packet: Packet, source: Source, listener: Listener, problem: str | None, place: str | None
) -> Reading:
    """What the words of one packet come to; of a damaged one nothing else is known."""
    if not listener.cautious:
        words = {
            what: [word._replace(repair=None) if word.repair in _SAME else word for word in of_it]
            for what, of_it in words.items()
        }
    reading = as_reading(words, source, listener, base="", rank=RANK, layer=Layer.ASSET)
    if problem is None:
        return reading
    reserved = any(statement.stance is Stance.RESERVED for statement in reading.statements)
    usages = tuple(usage for usage in EVERY if usage not in TDM) if reserved else EVERY
    locator = packet.locator if place is None else f"{packet.locator}/{place}"
    unread = _unread(source, locator, f"the packet is damaged: {problem}", usages)
    kept = tuple(statement for statement in reading.statements if statement.stance is Stance.RESERVED)
    return Reading(kept + unread.statements, reading.faults + unread.faults)


def _unread(source: Source, locator: str, message: str, usages: tuple[Usage, ...] = EVERY) -> Reading:
    """Something is there that could not be read: nothing is known of these usages."""
    statement = Statement.at(
        source,
        signal=NAME,
        usages=usages,
        stance=Stance.UNDETERMINED,
        layer=Layer.ASSET,
        locator=locator,
        excerpt=message,
        rank=RANK,
    )
    return Reading((statement,), (Fault.at(source, message, signal=NAME, locator=locator),))
