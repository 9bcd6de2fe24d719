"""
Whom to ask: the items that somebody's reservation withholds, grouped by who can license them.

Each layer of an item speaks for its own rightholder, so an item may need several licences; it is counted under each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tdm_guard.errors import UnsupportedURL
from tdm_guard.log.latest import addresses_of
from tdm_guard.log.members import entries, is_size, text_of
from tdm_guard.matched import LiftOutcome, ReviewOutcome
from tdm_guard.model import Kind, Layer, Stance, Verdict
from tdm_guard.origin import Origin
from tdm_guard.plain import bounded
from tdm_guard.repertoire.contact import contacts_of
from tdm_guard.reports.exclusions import exclusions
from tdm_guard.reports.exemption import is_exempt
from tdm_guard.reports.quoted import document_of
from tdm_guard.signals import payment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tdm_guard.repertoire.contact import Contact

MAX_ASKS = 20_000  # whom to ask, counted by themselves, some KB each; those met later are counted together
MAX_SAID = 5  # contacts, terms and the like kept of one; nobody writes to more
MAX_USAGES = 20
MAX_SAMPLES = 5
MAX_TEXT = 1024  # characters of a name, a URL or terms
WITHHOLDING = frozenset(verdict.value for verdict in Verdict if verdict.withholds)
_LAYERS = {layer.value: layer for layer in Layer}
_KINDS = {kind.value: kind for kind in Kind}

Because: TypeAlias = "Mapping[str, Any]"


@dataclass(frozen=True, slots=True)
class Licensor:
    """Who can license: a rightsholder, who stands behind a policy, or whoever speaks for a site or a declaration."""

    kind: str
    folded: str
    name: str = field(compare=False)  # as it was first written


OTHER = Licensor("other", "", "(others)")


class Sample(NamedTuple):
    """An item, and how many licences it needs."""

    url: str
    licences: int


@dataclass(slots=True)
class Ask:
    """
    One to ask, and for what.

    `review` items also wait for a person, `shared` ones need other licences too, `stored` ones were handed on under
    `mode = "observe"`. `bytes` is of the `sized` items whose size is in the log. `contacts` are named by whoever
    reserves, `yours` by the operator; `documents` are those in which declarations stand, with their `words`.
    """

    kind: str
    name: str
    items: int = 0
    review: int = 0
    shared: int = 0
    stored: int = 0
    bytes: int = 0
    sized: int = 0
    first: str | None = None
    last: str | None = None
    usages: dict[str, None] = field(default_factory=dict)
    contacts: dict[str, None] = field(default_factory=dict)
    policies: dict[str, None] = field(default_factory=dict)
    terms: dict[str, None] = field(default_factory=dict)
    signals: dict[str, None] = field(default_factory=dict)
    declarations: dict[str, None] = field(default_factory=dict)
    documents: dict[str, None] = field(default_factory=dict)
    words: dict[str, None] = field(default_factory=dict)
    yours: dict[str, None] = field(default_factory=dict)
    origins: dict[str, None] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)

    @property
    def addressed(self) -> bool:
        """True if whoever reserves says whom to ask, or where."""
        return bool(self.contacts or self.policies)

    def count(self, record: Mapping[str, Any], *, licences: int) -> None:
        """Counts an item that needs so many licences."""
        self.items += 1
        self.review += record.get("verdict") == Verdict.REVIEW
        self.shared += licences > 1
        self.stored += record.get("admitted") is True
        if is_size(size := record.get("bytes")):
            self.bytes += size
            self.sized += 1
        if stamp := text_of(record, "ts", 40):
            self.first = min(self.first or stamp, stamp)
            self.last = max(self.last or stamp, stamp)
        if len(self.samples) < MAX_SAMPLES:
            self.samples.append(Sample(bounded(addresses_of(record)[0], MAX_TEXT) or "", licences))

    def note(self, record: Mapping[str, Any], said: list[Because]) -> None:
        """Keeps what was said: for which usages, whom to ask, on what terms, where."""
        for entry in said:
            for usage in open_usages(record, entry, _KINDS.get(text_of(entry, "kind", 40) or "", Kind.RESERVATION)):
                _note(self.usages, usage, MAX_USAGES)
            contact = text_of(entry, "contact", MAX_TEXT)
            _note(self.yours if _is_yours(entry, contact) else self.contacts, contact)
            _note(self.policies, text_of(entry, "policy_url", MAX_TEXT) or text_of(entry, "policy_uid", MAX_TEXT))
            _note(self.terms, text_of(entry, "terms", MAX_TEXT))
            _note(self.signals, text_of(entry, "signal", 40))
            if _layer(entry) is Layer.REPERTOIRE:
                _note(self.declarations, text_of(entry, "source", MAX_TEXT))
                _note(self.documents, document_of(entry))
                _note(self.words, text_of(entry, "excerpt", MAX_TEXT))
            else:
                _note(self.origins, _site(record, entry))


@dataclass(slots=True)
class Worklist:
    """
    What is withheld, by whom to ask.

    Each item is counted once: in `items`, if licences would do, else in one of the others. No licence helps where
    robots.txt refuses access (`refused`, with some of the `refusing` sites); where access is sold (402) the seller is
    asked. None is known to be needed where something could not be read (`undetermined`), or
    stands wrong in the caller's own item (`doubtful`). Of a site that a list excludes nobody is asked (`excluded`).
    `unexplained` records name no reason. `exempt` items would want a licence, but for a claim to Art. 3.
    """

    items: int = 0
    refused: int = 0
    refusing: dict[str, None] = field(default_factory=dict)
    undetermined: int = 0
    doubtful: int = 0
    unexplained: int = 0
    exempt: int = 0
    excluded: int = 0
    asks: dict[Licensor, Ask] = field(default_factory=dict)

    @property
    def by_size(self) -> list[Ask]:
        """Those to ask, who hold most items first; those counted together last."""
        return sorted(self.asks.values(), key=lambda ask: (ask.kind == OTHER.kind, -ask.items, ask.name))

    def count(self, wants: Wanting, items: int) -> None:
        """Counts items that want the same."""
        self.items += items if wants.needed else 0
        self.refused += items if wants.refused else 0
        if wants.lacking is not None:
            setattr(self, wants.lacking, getattr(self, wants.lacking) + items)

    def refuses(self, record: Mapping[str, Any]) -> None:
        """Keeps a site that refuses access."""
        _note(self.refusing, _site(record))

    def asked(self, needed: dict[Licensor, list[Because]]) -> Iterator[tuple[Ask, list[Because]]]:
        """Those to ask for an item, each with what they said."""
        for key, said in needed.items():
            whom = key if key in self.asks or len(self.asks) < MAX_ASKS else OTHER
            yield self.asks.setdefault(whom, Ask(kind=whom.kind, name=whom.name)), said

    def settle(self, contacts: Sequence[Contact] = ()) -> None:
        """When all were counted: the operator's contacts for those who name no address, and for these alone."""
        for ask in self.asks.values():
            told = contacts_of(contacts, ask.name) if ask.kind == "rightsholder" else ()
            if told or ask.addressed:
                ask.yours.clear()
            for contact in () if ask.addressed else told:
                _note(ask.yours, contact.whole)


def is_wanting(record: Mapping[str, Any]) -> bool:
    """True of an item under a verdict that withholds, whether or not it was enforced; an error page is no item."""
    handed_on = record.get("admitted") is True
    return text_of(record, "verdict") in WITHHOLDING and not (handed_on and record.get("content") is False)


class Wanting(NamedTuple):
    """
    What one item wants, one of the three: licences of these, each with what they said; access, if it is `refused`: no
    licence helps that, whoever else reserves it; or nothing known, and `lacking` names the count of a `Worklist`.
    """

    needed: dict[Licensor, list[Because]]
    refused: bool
    lacking: str | None


def wanting(record: Mapping[str, Any]) -> Wanting:
    """What a withheld item wants. What a record may hold does not raise."""
    if is_exempt(record):
        return Wanting({}, refused=False, lacking="exempt")
    if exclusions(record):
        return Wanting({}, refused=False, lacking="excluded")
    because = entries(record, "because")
    closed = [entry for entry in because if open_usages(record, entry, Kind.ACCESS)]
    sold = [entry for entry in closed if entry.get("signal") == payment.NAME]
    if len(sold) < len(closed):
        return Wanting({}, refused=True, lacking=None)
    needed = _needed(record, [entry for entry in because if open_usages(record, entry)] + sold)
    lacking = None
    if not needed and record.get("verdict") == Verdict.UNDETERMINED:
        lacking = "undetermined"
    elif not needed:
        lacking = "doubtful" if any(map(_is_unknown, because)) else "unexplained"
    return Wanting(needed, refused=False, lacking=lacking)


def worklist(records: Iterable[Mapping[str, Any]], contacts: Sequence[Contact] = ()) -> Worklist:
    """
    Groups withheld decisions, one record per item. What a record may hold does not raise.

    `contacts` of the operator's are for those who name no address themselves.
    """
    found = Worklist()
    for record in records:
        wants = wanting(record)
        found.count(wants, 1)
        if wants.refused:
            found.refuses(record)
        for ask, said in found.asked(wants.needed):
            ask.count(record, licences=len(wants.needed))
            ask.note(record, said)
    found.settle(contacts)
    return found


def open_usages(record: Mapping[str, Any], entry: Mapping[str, Any], kind: Kind = Kind.RESERVATION) -> tuple[str, ...]:
    """The usages asked that a statement reserves, and neither an authorisation nor a person's release gives free."""
    reviewed = entry.get("reviewed")
    released = isinstance(reviewed, dict) and reviewed.get("outcome") == ReviewOutcome.RELEASED
    if released or entry.get("kind", Kind.RESERVATION) != kind or entry.get("stance") != Stance.RESERVED:
        return ()
    asked, usages = record.get("usages"), entry.get("usages")
    said = [usage[:40] for usage in usages[:MAX_USAGES] if isinstance(usage, str)] if isinstance(usages, list) else []
    if isinstance(asked, dict):
        said = [usage for usage in said if usage in asked]
    for mark in entries(entry, "authorisations"):
        if mark.get("outcome") == LiftOutcome.LIFTED:
            lifted = text_of(mark, "usages")
            said = [usage for usage in said if usage not in lifted.split()] if lifted is not None else []
    return tuple(said)


def _needed(record: Mapping[str, Any], reservations: list[Because]) -> dict[Licensor, list[Because]]:
    """Whom to ask for one item, each with what they said."""
    found: dict[Licensor, list[Because]] = {}
    # One policy is one ask, also where only one of the carriers that name it told whose it is. And a site speaks with
    # one voice: what its documents reserve without a name is reserved by the one that another of them names.
    holders = {text_of(entry, "policy_url"): entry for entry in reservations if text_of(entry, "rightsholder")}
    at_site = [entry for entry in reservations if _layer(entry) is Layer.LOCATION]
    speaker = next(iter(sorted(filter(_is_named, at_site), key=lambda entry: not text_of(entry, "rightsholder"))), None)
    for entry in reservations:
        by = entry
        if not text_of(entry, "rightsholder") and (policy := text_of(entry, "policy_url")):
            by = holders.get(policy, entry)
        elif not _is_named(entry) and _layer(entry) is Layer.LOCATION and speaker is not None:
            by = speaker
        found.setdefault(_key(record, by), []).append(entry)
    return found


def _is_unknown(entry: Mapping[str, Any]) -> bool:
    """True for what nobody is known to reserve: a code in the caller's own item that cannot be used."""
    return entry.get("stance") == Stance.UNDETERMINED


def _layer(entry: Mapping[str, Any]) -> Layer:
    return _LAYERS.get(text_of(entry, "layer", 40) or "", Layer.LOCATION)


def _is_named(entry: Mapping[str, Any]) -> bool:
    return bool(text_of(entry, "rightsholder") or text_of(entry, "policy_url"))


def _key(record: Mapping[str, Any], entry: Mapping[str, Any]) -> Licensor:
    if holder := text_of(entry, "rightsholder", MAX_TEXT):
        return Licensor("rightsholder", " ".join(holder.casefold().split()), " ".join(holder.split()))
    if policy := text_of(entry, "policy_url", MAX_TEXT):
        return Licensor("policy", policy, policy)
    if _layer(entry) is Layer.REPERTOIRE and (declaration := text_of(entry, "source", MAX_TEXT)):
        return Licensor("declaration", declaration, declaration)
    site = _site(record, entry)
    return Licensor("site", site, site)


def _site(record: Mapping[str, Any], entry: Mapping[str, Any] | None = None) -> str:
    """The site that withholds the item: one that redirected to it, if the words are that one's."""
    said = _origin(text_of(entry, "source") or "") if entry else None
    if said and said in {_origin(address) for address in addresses_of(record)}:
        return said
    return bounded(text_of(record, "origin", MAX_TEXT) or said, MAX_TEXT) or "(no site)"


@lru_cache(maxsize=4096)  # the sites of a log come together
def _origin(url: str) -> str | None:
    try:
        return str(Origin.parse(url))
    except UnsupportedURL:
        return None


def _is_yours(entry: Because, contact: str | None) -> bool:
    """True of a contact that the run had from the operator: a declaration's own is a mail address, without a mark."""
    return _layer(entry) is Layer.REPERTOIRE and contact is not None and " (from " in contact


def _note(kept: dict[str, None], value: str | None, limit: int = MAX_SAID) -> None:
    if value and len(kept) < limit:
        kept[value] = None
