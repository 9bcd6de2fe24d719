"""Authorisations: permissions granted to us, by whom, for what, where and until when, and the proof of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tdm_guard.repertoire.declaration import Mandate, Party, read_keys, read_mandate, read_party
from tdm_guard.repertoire.problem import Problem, shown
from tdm_guard.repertoire.table import Table
from tdm_guard.repertoire.words import AuthorisationStatus
from tdm_guard.usage import Usage

STATUSES = tuple(AuthorisationStatus)
_GOOD = 'id = "lic-2025-017"'
_GOOD_GRANTOR = '{ name = "Sacem", mandate = { status = "asserted" } }'
_GOOD_SCOPE = '{ declarations = ["sacem-2023"] }'
_GOOD_WORKS = '["licensed.tdmlist"]'
_GOOD_EVIDENCE = '{ reference = "contract 2025-017", holder = "legal department" }'


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """Works in lists (files, relative to that of the authorisation), or by match keys, values as the file has them."""

    lists: tuple[str, ...] = ()
    match: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """
    The statements that an authorisation names; it lifts no other.

    Ids of declarations, origins (`scheme://host[:port]`), URLs or uids of TDM policies, URLs of RSL documents, names
    of rightsholders. `works` narrows the declarations, those of the rightsholders too, to statements over these works.
    """

    declarations: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    rightsholders: tuple[str, ...] = ()
    works: Works | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What shows that an authorisation was granted: a reference or a digest, and who keeps the original."""

    reference: str | None = None
    sha256: str | None = None
    signed_at: date | None = None
    holder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """
    A permission granted to us. `valid_from` and `valid_to` are whole UTC days, inside; no `valid_to` is no end.

    `mandate` is the grantor's, to license. `access` also lifts a robots.txt refusal of the origins named.
    """

    id: str
    grantor: Party
    mandate: Mandate = field(default_factory=Mandate)
    licensee: str
    scope: Scope
    access: bool = False
    usages: tuple[Usage, ...]
    purposes: tuple[str, ...] = ()
    territory: tuple[str, ...]
    valid_from: date | None = None
    valid_to: date | None = None
    status: AuthorisationStatus
    conditions: tuple[str, ...] = ()
    evidence: Proof | None = None
    recorded_by: str | None = None


def read_authorisation(table: Mapping[str, Any], where: str) -> tuple[Authorisation | None, tuple[Problem, ...]]:
    """The authorisation in a table found at `where`, None if it has mistakes; and every problem, not the first only."""
    at = Table(table, where, good=_GOOD)
    grantor = at.table("grantor", _GOOD_GRANTOR)
    read = Authorisation(
        id=at.name("id", '"lic-2025-017"'),
        mandate=read_mandate(grantor.table("mandate", '{ status = "asserted" }')),
        grantor=read_party(grantor),
        licensee=at.name("licensee", '"acme-ai"'),
        scope=_scope(at.table("scope", _GOOD_SCOPE)),
        access=at.flag("access"),
        usages=at.usages("usages"),
        purposes=at.texts("purposes", '["model for music tagging"]'),
        territory=at.territory("territory", required=True),
        valid_from=at.day("valid_from", required=True),
        valid_to=at.day("valid_to"),
        status=AuthorisationStatus(at.choice("status", STATUSES, AuthorisationStatus.PENDING, required=True)),
        conditions=at.texts("conditions", '["attribution"]'),
        evidence=_evidence(at),
        recorded_by=at.text("recorded_by", '"legal@acme.example"'),
    )
    at.close()
    if read.access and not read.scope.origins and not _faulty(at, "scope"):
        at.mistake("access", "no origins in the scope, and access is granted by an origin", '["https://music.example"]')
    if read.valid_from and read.valid_to and read.valid_to < read.valid_from:
        at.mistake("valid_to", f"{read.valid_to} is before valid_from ({read.valid_from})", str(read.valid_from))
    return (None if at.mistakes() else read), tuple(at.problems)


def _scope(at: Table) -> Scope:
    scope = Scope(
        declarations=at.texts("declarations", '["sacem-2023"]'),
        origins=at.origins("origins"),
        policies=at.texts("policies", '["https://society.example/tdm-policy.json"]'),
        licences=at.texts("licences", '["https://music.example/license.xml"]'),
        rightsholders=at.texts("rightsholders", '["Exemple Records"]'),
        works=_works(at),
    )
    at.close()
    if scope.works is not None:
        _check_narrowed(at, scope)
    elif scope == Scope() and not at.broken and not _faulty(at):
        at.mistake("", "names nothing, so nothing would be lifted", _GOOD_SCOPE)
    return scope


def _works(at: Table) -> Works | None:
    value = at.given("works")
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, (list, tuple, Mapping)):
        at.mistake("works", f"{shown(value)} is neither a list of files nor a table of match keys", _GOOD_WORKS)
        return None
    lists: list[str] = []
    match: dict[str, tuple[str, ...]] = {}
    parts = (
        [("works", value)] if isinstance(value, Mapping) else [(f"works[{n}]", each) for n, each in enumerate(value)]
    )
    for place, part in parts:
        if isinstance(part, str) and part.strip() and part.isprintable():
            lists.append(part)
        elif isinstance(part, Mapping):
            keys = read_keys(Table(part, f"{at.where}.{place}", good=_GOOD_WORKS, problems=at.problems))
            match |= {key: (*match.get(key, ()), *values) for key, values in keys.items()}
        else:
            at.mistake(place, f"{shown(part)} is neither a file nor a table of match keys", _GOOD_WORKS)
    if not lists and not match and not _faulty(at, "works"):
        at.mistake("works", "names no work, so nothing would be lifted", _GOOD_WORKS)
    return Works(lists=tuple(lists), match=match)


def _check_narrowed(at: Table, scope: Scope) -> None:
    """Works belong to declarations: what a site or a file says is said of all that is there."""
    if not scope.declarations and not scope.rightsholders and not _faulty(at, "declarations"):
        at.mistake("works", "narrows nothing: name the declarations, or the rightsholders", _GOOD_SCOPE)
    for member in ("origins", "policies", "licences"):
        if getattr(scope, member):
            at.mistake(
                member,
                "is not narrowed by works, since it names what is said of a site or a file: give it an authorisation "
                "of its own",
                "two [[authorisations]]",
            )


def _evidence(at: Table) -> Proof | None:
    """The proof; None if nothing can be looked up by it. Without one a licence is legal and a person has to decide."""
    table = at.table("evidence", _GOOD_EVIDENCE)
    proof = Proof(
        reference=table.text("reference", '"contract 2025-017"'),
        sha256=table.digest("sha256"),
        signed_at=table.day("signed_at"),
        holder=table.text("holder", '"legal department"'),
    )
    table.close()
    if proof.reference or proof.sha256:
        return proof
    if not table.broken and not _faulty(table) and not at.broken:
        at.warning(
            "evidence",
            "neither a reference nor a digest: the licence lifts nothing until a person reviews it",
            _GOOD_EVIDENCE,
        )
    return None


def _faulty(at: Table, member: str = "") -> bool:
    """True if a mistake in the table, or in its `member`, was noted: what is missing there may be that mistake."""
    start = f"{at.where}.{member}" if member else at.where
    return any(problem.path.startswith(start) for problem in at.problems)
