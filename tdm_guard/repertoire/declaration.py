"""
Declarations: who reserves a repertoire, on what mandate, for which usages, and by what its works are known.

A declaration is read from one table of a TOML file; what every member means is in docs/repertoires.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tdm_guard.formats.identifiers import ipi_fits
from tdm_guard.repertoire.item import normalise
from tdm_guard.repertoire.problem import Problem, shown
from tdm_guard.repertoire.provenance import GOOD_SOURCE, UNKNOWN, Provenance, read_provenance
from tdm_guard.repertoire.table import Table
from tdm_guard.repertoire.words import (
    BASES,
    FORMS,
    IDLE_KEYS,
    MACHINE_FORMS,
    MATCH_KEYS,
    PARTY_TYPES,
    READABILITY,
    RIGHTS,
    STATUSES,
    UNSTATED,
    WORK_TYPES,
    WORLD,
    MandateStatus,
)
from tdm_guard.usage import Usage

_IDS = {"isni": "000000000000001X", "ipi_base": "I-000000001-9", "ddex_party_id": "PADPIDA…", "lei": "5299…"}
_GOOD = 'id = "sacem-2023"'
_GOOD_PARTY = '{ name = "Sacem", type = "collecting_society" }'
_GOOD_MANDATE = '{ basis = "statutory_assignment", status = "asserted" }'
_GOOD_MATCH = '{ society = ["Sacem"] }'
_GOOD_LICENCE = '{ available = true, email = "ai@society.example" }'
KEYLESS = "no keys: without them, or a list that names this declaration, it matches nothing"
_WANTED = (
    ("version", "is missing: the run record cannot say which entry was used", '"1"'),
    ("form", "is missing: where only machine-readable forms count, every match leads to review", '"web_statement"'),
    ("source", "is missing: nobody can look the reservation up", GOOD_SOURCE),
    ("match", KEYLESS, _GOOD_MATCH),
)
_GOOD_NOTES = '{ certain = ["the date"], uncertain = ["the mandate"] }'


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who declares or grants: name, kind, identifiers by scheme, own domains."""

    name: str
    type: str | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """By what right a party speaks or licenses for others, and how sure that is."""

    basis: str = UNSTATED
    status: MandateStatus = MandateStatus.UNKNOWN
    note: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """
    Whether a licence is on offer, and whom to ask.

    `yours` is whom the operator asks, with the file that says so: in no declaration, and only where that names nobody.
    """

    available: bool = False
    url: str | None = None
    email: str | None = None
    yours: str | None = None

    @property
    def addressed(self) -> bool:
        """True if the declaration itself says whom to ask."""
        return bool(self.url or self.email)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What whoever entered a declaration holds for certain, what not, and what the entry still lacks."""

    certain: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """
    One party's reservation over a repertoire.

    `match` and `excludes` are values by key as the file writes them. Dates are whole UTC days, all of them inside.
    """

    id: str
    version: str
    declarant: Party
    on_behalf_of: str | None = None
    mandate: Mandate = Mandate()
    rights: tuple[str, ...] = ()
    work_types: tuple[str, ...] = ()
    usages: tuple[Usage, ...]
    wording: str | None = None
    addressees: str | None = None
    exceptions: tuple[str, ...] = ()
    territory: tuple[str, ...] = (WORLD,)
    legal_basis: tuple[str, ...] = ()
    declared_at: date | None = None
    effective_from: date | None = None
    withdrawn_at: date | None = None
    form: str = UNSTATED
    machine_readability: tuple[str, ...] = ()
    match: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    excludes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    licence: Licence = Licence()
    source: Provenance = UNKNOWN
    entered_by: str | None = None
    reviewed_by: str | None = None
    expires_review_at: date | None = None
    notes: Notes = Notes()

    def in_force(self, day: date) -> bool:
        """
        True if the declaration reaches a copy made on `day` (UTC).

        Without `effective_from` it does so from `declared_at`; without either it reaches every copy, since a
        reservation of unknown age is a reservation.
        """
        begins = self.effective_from or self.declared_at
        return (begins is None or begins <= day) and (self.withdrawn_at is None or day <= self.withdrawn_at)

    @property
    def machine_readable(self) -> bool:
        """True if the declaration came in a form made for machines; one of unknown form did not."""
        return self.form in MACHINE_FORMS


def read_declaration(table: Mapping[str, Any], where: str) -> tuple[Declaration | None, tuple[Problem, ...]]:
    """The declaration in a table found at `where`, None if it has mistakes; and every problem, not the first only."""
    at = Table(table, where, good=_GOOD)
    read = Declaration(
        id=at.name("id", '"sacem-2023"'),
        version=at.name("version", '"1"', required=False),
        declarant=read_party(at.table("declarant", _GOOD_PARTY)),
        on_behalf_of=at.text("on_behalf_of", '"members"'),
        mandate=read_mandate(at.table("mandate", _GOOD_MANDATE)),
        rights=at.texts("rights", '["reproduction"]', usual=RIGHTS),
        work_types=at.texts("work_types", '["musical_work"]', choices=WORK_TYPES),
        usages=at.usages("usages"),
        wording=at.text("wording", '"the words of the reservation"'),
        addressees=at.text("addressees", '"entities developing AI tools"'),
        exceptions=at.texts("exceptions", '["search engines"]'),
        territory=at.territory("territory") or (WORLD,),
        legal_basis=at.texts("legal_basis", '["EU:2019/790:4(3)"]'),
        declared_at=at.day("declared_at"),
        effective_from=at.day("effective_from"),
        withdrawn_at=at.day("withdrawn_at"),
        form=at.choice("form", FORMS, UNSTATED),
        machine_readability=at.texts("machine_readability", '["parseable"]', usual=READABILITY),
        match=read_keys(at.table("match", _GOOD_MATCH)),
        excludes=read_keys(at.table("excludes", _GOOD_MATCH)),
        licence=_licence(at.table("licence", _GOOD_LICENCE)),
        source=read_provenance(at.table("source", GOOD_SOURCE)),
        entered_by=at.text("entered_by", '"rights@acme.example"'),
        reviewed_by=at.text("reviewed_by", '"legal@acme.example"'),
        expires_review_at=at.day("expires_review_at"),
        notes=_notes(at.table("notes", _GOOD_NOTES)),
    )
    at.close()
    _check_dates(at, read)
    _warn(at, read)
    return (None if at.mistakes() else read), tuple(at.problems)


def read_party(at: Table) -> Party:
    """A party: name, type, identifiers, domains."""
    ids = at.table("ids", '{ isni = "000000000000001X" }')
    party = Party(
        name=at.name("name", '"Sacem"'),
        type=at.choice("type", PARTY_TYPES) or None,
        ids={scheme: text for scheme, good in _IDS.items() if (text := ids.text(scheme, f'"{good}"'))},
        domains=at.texts("domains", '["society.example"]'),
    )
    if "isni" in party.ids and normalise("creator_isni", party.ids["isni"]) is None:
        ids.mistake("isni", f"{shown(party.ids['isni'])} is no ISNI", f'"{_IDS["isni"]}"')
    for place, domain in enumerate(party.domains):
        if normalise("domain", domain) is None:
            at.mistake(f"domains[{place}]", f"{shown(domain)} is no domain of one's own", '"society.example"')
    ids.close()
    at.close()
    return party


def read_mandate(at: Table) -> Mandate:
    """A mandate, to reserve or to license: basis, status, note, source."""
    mandate = Mandate(
        basis=at.choice("basis", BASES, UNSTATED),
        status=MandateStatus(at.choice("status", STATUSES, MandateStatus.UNKNOWN)),
        note=at.text("note", '"commentators doubt it"'),
        source=at.text("source", '"by-laws, article 2"'),
    )
    at.close()
    return mandate


def read_keys(at: Table) -> dict[str, tuple[str, ...]]:
    """Values by key. What cannot be matched is a mistake: a reservation must not be lost by a slip of the pen."""
    values: dict[str, list[str]] = {}
    for key, place, text in at.keyed(MATCH_KEYS):
        values.setdefault(key, []).append(text)
        value = normalise(key, text)
        if value is None:
            at.mistake(place, f"{shown(text)} is no usable {key} (form or check digit)", f'"{MATCH_KEYS[key]}"')
        elif key == "creator_ipi" and not ipi_fits(value):
            at.warning(place, "the check digits of this IPI name number are wrong; it is compared as written")
    for key, why in IDLE_KEYS.items():
        if key in at:
            at.texts(key, '["…"]')
            at.warning(key, why)
    at.close()
    return {key: tuple(found) for key, found in values.items()}


def _licence(at: Table) -> Licence:
    licence = Licence(available=at.flag("available"), url=at.url("url"), email=at.email("email"))
    if licence.available and "url" not in at and "email" not in at:
        at.warning("", "a licence is on offer but nobody to ask", 'email = "ai@society.example"')
    at.close()
    return licence


def _notes(at: Table) -> Notes:
    good = '["the date"]'
    notes = Notes(
        certain=at.texts("certain", good), uncertain=at.texts("uncertain", good), missing=at.texts("missing", good)
    )
    at.close()
    return notes


def _check_dates(at: Table, read: Declaration) -> None:
    declared, effective, withdrawn = read.declared_at, read.effective_from, read.withdrawn_at
    if declared and effective and effective < declared:
        at.mistake("effective_from", f"{effective} is before the declaration itself ({declared})", str(declared))
    begins = effective or declared
    if begins and withdrawn and withdrawn < begins:
        at.mistake("withdrawn_at", f"{withdrawn} is before the first day in force ({begins})", str(begins))
    if not at.broken and "declared_at" not in at and "effective_from" not in at:
        at.warning(
            "declared_at", "neither it nor effective_from is given: copies of any time are reached", "2023-10-12"
        )


def _warn(at: Table, read: Declaration) -> None:
    """What is legal and perhaps not meant."""
    for member, message, good in _WANTED:
        if member not in at and not at.broken:
            at.warning(member, message, good)
    if "match" in at and not read.match and not at.mistakes():
        at.warning("match", KEYLESS, _GOOD_MATCH)
