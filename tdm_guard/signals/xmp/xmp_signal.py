"""
PLUS and IPTC: the data-mining property in the XMP packet of a picture, a film, a sound file, a document.

strategy: a value is a URI of the PLUS vocabulary and means what the table says. What is written otherwise, in other
words, under another name or namespace or in a damaged packet, can still reserve, in the cautious posture and under the
code of its repair; it never permits. Programs name the property after its values too (`Iptc4xmpExt:DMI-Prohibited`).
Properties of no vocabulary that refuse AI by their words (`noAI`) are heard alike; constraints that do are a doubt.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from tdm_guard.formats.files.asset import Asset, Packet, Place
from tdm_guard.formats.files.xmp import NOTHING as EMPTY
from tdm_guard.formats.files.xmp import Property, Xmp, read
from tdm_guard.model import NOTHING, Fault, Kind, Layer, Reading, Source, Stance, Statement
from tdm_guard.signals.shape import Listener, Signal
from tdm_guard.signals.shared.refusing_vocabulary import says_no, spelled
from tdm_guard.signals.shared.refusing_words import DOUBT, refused, statement
from tdm_guard.signals.xmp.xmp_contacts import BESIDE, Companions, companions
from tdm_guard.usage import EVERY, TDM, TRAINING, Usage

NAME = "xmp"
NAMESPACE = "http://ns.useplus.org/ldf/xmp/1.0/"
VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
MAX_PACKETS = 100  # of one file; a multi-page TIFF has one for each page
MAX_FAULTS = 20  # of one file; one more says how many were left out
MAX_VALUES = 20  # of one packet; the property has at most one

_MISNAMED = frozenset(
    {"data-mining", "data_mining", "dataminingpolicy", "dataminingconstraint", "textanddatamining", "dmi"}
)
_OF_AI = ("aitrain", "ai-train", "ai_train", "noai", "no-ai", "no_ai", "disallowai", "tdm-opt", "tdmopt")  # beginnings
_BY_VALUE = "dmi-"  # how a property is called that is named after a value
_NAMES = _MISNAMED | {"datamining", "otherconstraints", "dmi-*", "dmi_*", *(f"{name}*" for name in _OF_AI)}
_PROPERTY = "DataMining"
_CONSTRAINTS = "OtherConstraints"
_ALL = (*TDM, Usage.SEARCH)  # no value speaks of archiving
_UNTOLD: tuple[Usage, ...] = ()


class _Meaning(NamedTuple):
    reserved: tuple[Usage, ...] = ()
    permitted: tuple[Usage, ...] = ()


_EVERYTHING = _Meaning(_ALL)
# PLUS Licence Data Format, vocabulary of data mining; `search` beside the training values is left to other words
_KEYS: dict[str, _Meaning] = {
    "DMI-UNSPECIFIED": _Meaning(),
    "DMI-ALLOWED": _Meaning((), _ALL),
    "DMI-PROHIBITED": _EVERYTHING,
    "DMI-PROHIBITED-AIMLTRAINING": _Meaning(TRAINING),
    "DMI-PROHIBITED-GENAIMLTRAINING": _Meaning((Usage.GENAI_TRAINING,)),
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING": _Meaning(TDM, (Usage.SEARCH,)),
    "DMI-PROHIBITED-SEECONSTRAINT": _EVERYTHING,
    "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR": _EVERYTHING,
    "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR": _EVERYTHING,
}
_PROHIBITED = "DMI-PROHIBITED"
_FOLDED = {key.casefold(): key for key in _KEYS}
# What programs print in place of a value, letters and digits only
_LABELS = {
    "unspecified": "DMI-UNSPECIFIED",
    "unspecifiednoprohibitiondefined": "DMI-UNSPECIFIED",
    "allowed": "DMI-ALLOWED",
    "prohibited": "DMI-PROHIBITED",
    "prohibitedforaimltraining": "DMI-PROHIBITED-AIMLTRAINING",
    "prohibitedforgenerativeaimltraining": "DMI-PROHIBITED-GENAIMLTRAINING",
    "prohibitedexceptforsearchengineindexing": "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING",
    "prohibitedaimltraining": "DMI-PROHIBITED-AIMLTRAINING",
    "prohibitedgenaimltraining": "DMI-PROHIBITED-GENAIMLTRAINING",
    "prohibitedexceptsearchengineindexing": "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING",
}
_LABEL_START = "prohibited"
_NO = frozenset({"0", "n", "no", "false", "off"})

DAMAGED = "xml_error"
VALUE = "non_canonical_value"
UNKNOWN = "unknown_value"
PROPERTY = "non_canonical_property"


class _Value(NamedTuple):
    """A value that was recognised: what it means and the repair it took."""

    meaning: _Meaning
    repair: str | None = None


def _recognise(text: str) -> _Value | None:
    """What a value means; None for one that nobody has defined and that reserves nothing."""
    written = spelled(text).strip()
    key = text.strip().removeprefix(VOCABULARY)
    if key in _KEYS and len(key) < len(text.strip()):
        return _Value(_KEYS[key])
    last = re.split(r"[/#]", written)[-1].strip().replace("_", "-")
    key = last if last in _KEYS else _FOLDED.get(last.casefold(), "")
    label = "".join(character for character in written.casefold() if character.isalnum())
    key = key or _LABELS.get(label, "")
    if key:
        return _Value(_KEYS[key], VALUE)
    bare = last.upper().removeprefix("DMI-")
    if last.upper().startswith(_PROHIBITED) or label.startswith(_LABEL_START) or (bare != "NONE" and says_no(bare)):
        return _Value(_EVERYTHING, UNKNOWN)
    return None


def read_asset(asset: Asset, source: Source, listener: Listener) -> Reading:
    """
    The data-mining properties of all packets of a file.

    A permission counts only if all packets of the file were read.
    """
    reader = _Reader(asset, source, listener)
    for packet in asset.packets:
        if packet.place is Place.XMP:
            reader.read(packet)
    for unread in asset.unread:  # a fault of the file, which whoever reads the file records
        if unread.place is Place.XMP:
            reader.undetermined(unread.locator, unread.message)
    return reader.reading()


class _Reader:
    """Collects what the packets of one file say."""

    def __init__(self, asset: Asset, source: Source, listener: Listener) -> None:
        self._source = source
        self._listener = listener
        self._intact = asset.complete and not any(unread.place is Place.XMP for unread in asset.unread)
        self._statements: list[Statement] = []
        self._faults: list[Fault] = []
        self._packets = 0

    def reading(self) -> Reading:
        if not self._statements and not self._faults:
            return NOTHING
        return Reading(tuple(self._statements), tuple(self._faults[:MAX_FAULTS]))

    def read(self, packet: Packet) -> None:
        """The statements of one packet."""
        self._packets += 1
        if self._packets > MAX_PACKETS:
            if self._packets == MAX_PACKETS + 1:
                self.unread(packet.locator, f"more than {MAX_PACKETS} packets")
            return
        xmp = read(packet.data, _NAMES, BESIDE)
        if xmp is EMPTY:
            return
        where = packet.locator
        properties = [each for each in xmp.properties if not self._is_nested(each, where)]
        mining = [each for each in properties if _is_mining(each)]
        more = companions(properties)
        reserved: set[Usage] = set()
        for each in mining[:MAX_VALUES]:
            reserved.update(self._hear(each, xmp, where, more))
        for each in properties:
            if each.name.casefold().startswith(_OF_AI) or each.name == _CONSTRAINTS:
                reserved.update(self._hear_words(each, where, more))
        if len(mining) > 1:
            self._fault(f"{where}/plus:{_PROPERTY}", "the property stands more than once", mining[1].excerpt)
        if not mining and more.constraints and xmp.whole:
            self._say(where, _CONSTRAINTS, more.constraints, _ALL, Stance.UNSTATED, more, None)
        if xmp.problem is not None:
            place = where if xmp.place is None else f"{where}/{xmp.place}"
            if xmp.whole and self._listener.cautious:
                self._fault(place, f"the packet is damaged: {xmp.problem}", None)
            else:
                left = tuple(usage for usage in EVERY if usage not in reserved)
                self.unread(place, f"the packet is damaged: {xmp.problem}", left)
        elif len(mining) > MAX_VALUES:
            self.unread(where, f"more than {MAX_VALUES} values")

    def unread(self, locator: str, message: str, usages: tuple[Usage, ...] = EVERY) -> None:
        """Something is there that could not be read: nothing is known of these usages."""
        self._fault(locator, message, None)
        self.undetermined(locator, message, usages)

    def undetermined(self, locator: str, message: str, usages: tuple[Usage, ...] = EVERY) -> None:
        """Nothing is known of these usages."""
        self._statements.append(
            Statement.at(
                self._source,
                signal=NAME,
                usages=usages,
                stance=Stance.UNDETERMINED,
                layer=Layer.ASSET,
                locator=locator,
                excerpt=message,
            )
        )

    def _doubt(self, locator: str, excerpt: str, usages: tuple[Usage, ...], repair: str) -> None:
        """A refusal that is not as the vocabulary has it, to the letter: nothing is permitted beside it."""
        doubt = statement(
            self._source, usages, signal=NAME, cautious=False, locator=locator, excerpt=excerpt, repair=repair
        )
        self._statements.append(replace(doubt, layer=Layer.ASSET))

    def _is_nested(self, each: Property, where: str) -> bool:
        if each.nested and _is_mining(each):
            self._fault(f"{where}/{_name(each)}", "said of something inside the file, not of the file", each.excerpt)
        return each.nested

    def _hear(self, each: Property, xmp: Xmp, where: str, more: Companions) -> tuple[Usage, ...]:
        """Adds the statements of one value; returns what it reserves."""
        locator = f"{where}/{_name(each)}"
        value = _read(each)
        ours = each.namespace == NAMESPACE and each.name == _PROPERTY
        if value is None:
            if each.value.strip() and (ours or not xmp.whole):
                self._fault(locator, "no value of the vocabulary; it counts as unspecified", each.excerpt)
            return _UNTOLD
        repair = DAMAGED if xmp.problem is not None else value.repair if ours else PROPERTY
        if repair is not None:
            if value.meaning.reserved or value.meaning.permitted:
                self._fault(locator, f"not as the vocabulary has it ({repair})", each.excerpt)
            if not self._listener.cautious:
                if value.meaning.reserved and repair != DAMAGED:
                    self._doubt(locator, each.excerpt, value.meaning.reserved, repair)
                return _UNTOLD
        if value.meaning.reserved:
            self._say(where, _name(each), each.excerpt, value.meaning.reserved, Stance.RESERVED, more, repair)
        if value.meaning.permitted and repair == DAMAGED and xmp.whole:
            self.unread(locator, "a permission in a damaged packet", value.meaning.permitted)
        elif value.meaning.permitted and repair is None and self._intact:
            self._say(where, _name(each), each.excerpt, value.meaning.permitted, Stance.PERMITTED, more, None)
        return value.meaning.reserved

    def _hear_words(self, each: Property, where: str, more: Companions) -> tuple[Usage, ...]:
        """Adds what a property refuses by its words; returns what it reserves. A constraint is a doubt and no more."""
        usages = refused("" if each.name == _CONSTRAINTS else each.name, each.value)
        if not usages:
            return _UNTOLD
        locator = f"{where}/{_name(each)}"
        self._fault(locator, DOUBT, each.excerpt)
        if each.name == _CONSTRAINTS or not self._listener.cautious:
            self._doubt(locator, each.excerpt, usages, UNKNOWN)
            return _UNTOLD
        self._say(where, _name(each), each.excerpt, usages, Stance.RESERVED, more, UNKNOWN)
        return usages

    def _say(
        self,
        where: str,
        name: str,
        excerpt: str,
        usages: tuple[Usage, ...],
        stance: Stance,
        more: Companions,
        repair: str | None,
    ) -> None:
        self._statements.append(
            Statement.at(
                self._source,
                kind=Kind.PERMISSION if stance is Stance.PERMITTED else Kind.RESERVATION,
                signal=NAME,
                usages=usages,
                stance=stance,
                layer=Layer.ASSET,
                locator=f"{where}/{name}",
                excerpt=excerpt,
                rightsholder=more.rightsholder,
                policy_url=more.policy_url,
                contact=more.contact,
                terms=more.terms,
                repair=repair,
            )
        )

    def _fault(self, locator: str, message: str, excerpt: str | None) -> None:
        if len(self._faults) < MAX_FAULTS:
            self._faults.append(Fault.at(self._source, message, signal=NAME, locator=locator, excerpt=excerpt))


def _is_mining(each: Property) -> bool:
    """True for the property, under whatever name."""
    name = each.name.casefold()
    return name == _PROPERTY.casefold() or name in _MISNAMED or name.replace("_", "-").startswith(_BY_VALUE)


def _read(each: Property) -> _Value | None:
    """
    What a property says; of one that is named after a value: that value, or what its own value says of it.

    A value of the vocabulary counts before the name; a word that says no turns the name round, so that nothing is
    prohibited by `DMI-Prohibited="false"` and everything by `DMI-Allowed="no"`.
    """
    name = each.name.replace("_", "-")
    if not name.casefold().startswith(_BY_VALUE):
        return _recognise(each.value)
    named = _recognise(name)
    prohibits = named is not None and bool(named.meaning.reserved)
    if each.value.strip().casefold() in _NO:
        return None if prohibits else _Value(_EVERYTHING, UNKNOWN)
    value = _recognise(each.value)
    if value is not None and (value.meaning.reserved or not prohibits):
        return value
    return named if prohibits else None


def _name(each: Property) -> str:
    """A property's name for a locator: with the usual prefix, or with its foreign namespace."""
    if each.namespace == NAMESPACE or not each.namespace:
        return f"plus:{each.name}"
    return f"{{{each.namespace[:128]}}}{each.name}"


SIGNAL = Signal(
    name=NAME,
    title="PLUS and IPTC data mining property",
    spec="IPTC Photo Metadata Standard 2025.1 and PLUS Licence Data Format 2.0.1, https://ns.useplus.org/LDF/ldf-XMPSpecification",
    usages=_ALL,
    asset_places=frozenset({Place.XMP}),
    read_asset=read_asset,
)
