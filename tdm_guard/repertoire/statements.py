"""What a declaration that was matched says: its statement, with what was hit and why a person must decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from tdm_guard.matched import DeclaredAs, MatchedBy
from tdm_guard.model import Fault, Kind, Layer, Source, Stance, Statement
from tdm_guard.plain import bounded
from tdm_guard.repertoire.declaration import Declaration
from tdm_guard.repertoire.hits import Weighed
from tdm_guard.repertoire.item import KEYS, SIGNAL, Doubt
from tdm_guard.repertoire.territory import covers
from tdm_guard.repertoire.words import MandateStatus
from tdm_guard.usage import Usage, expand

CARRIER = "declaration"
MAX_WORKS = 50  # named beside one match: a page of a large catalogue names as many


class Copying(NamedTuple):
    """The day of a copy (UTC), who makes it, and which forms of declaration are heard without a person."""

    day: date
    country: str | None
    machine_readable_only: bool


def doubts(declaration: Declaration, copying: Copying) -> Iterator[str]:
    """Why a person must decide, whatever was matched."""
    mandate = declaration.mandate
    if mandate.status == MandateStatus.DISPUTED:
        yield f"mandate disputed: {mandate.note}" if mandate.note else "mandate disputed"
    if covers(declaration.territory, copying.country) is False:
        yield f"declared for {', '.join(declaration.territory)}, copied in {copying.country}"
    if copying.machine_readable_only and not declaration.machine_readable:
        yield f"its form, {declaration.form}, is not machine-readable"


def statement(declaration: Declaration, weighed: Weighed, standing: tuple[str, ...]) -> Statement:
    """The statement of `declaration` for one hit; `standing` are the doubts that do not depend on it."""
    hit, licence, mandate = weighed.hit, declaration.licence, declaration.mandate
    name, version, sha256 = hit.list or (None, None, None)
    origin = declaration.source
    said = Statement.at(
        Source(declaration.id, CARRIER, sha256=origin.sha256, retrieved_at=origin.retrieved_at),
        kind=Kind.RESERVATION,
        signal=SIGNAL,
        usages=expand(declaration.usages),
        stance=Stance.RESERVED,
        layer=Layer.REPERTOIRE,
        locator=f"match.{hit.key}",
        excerpt=declaration.wording or origin.unquoted,
        rightsholder=declaration.declarant.name,
        policy_url=licence.url,
        contact=licence.email or licence.yours,
        terms="prior authorisation, licence on offer" if licence.available else None,
        match=MatchedBy(
            key=hit.key,
            value=hit.value,
            strength=KEYS[hit.key].strength.value,
            also=", ".join(weighed.also) or None,
            work=_works(weighed),
            written=hit.written,
        ),
        declaration=DeclaredAs(
            version=declaration.version,
            form=declaration.form,
            mandate_status=str(mandate.status),
            mandate_basis=mandate.basis,
            title=origin.title,
            date=origin.date,
            address=origin.address,
            language=origin.language,
            known_from=origin.known_from,
            addressees=bounded(declaration.addressees),
            list=name,
            list_version=version,
            list_sha256=sha256,
        ),
        doubt="; ".join(filter(None, (weighed.doubt, *standing))) or None,
        repair=weighed.repair,
    )
    return replace(said, grants=weighed.grants) if weighed.grants else said


def _works(weighed: Weighed) -> str | None:
    """The works that are licensed, as the record names them; none of very many, of which a part would mislead."""
    works = dict.fromkeys(work for grant in weighed.grants for work in grant.works)
    return ", ".join(works) if 0 < len(works) <= MAX_WORKS else None


def unmatched(doubts: Iterable[Doubt], usages: tuple[Usage, ...]) -> tuple[Statement, ...]:
    """
    What stands for values of a caller's item that nothing could be matched by, though something may be declared so.

    Nobody is known to reserve `usages`, those of the declarations loaded; a person must decide, by putting it right.
    """
    return tuple(
        Statement.at(
            _source_of(doubt.fault),
            excerpt=doubt.fault.excerpt,
            kind=Kind.RESERVATION,
            signal=SIGNAL,
            usages=usages,
            stance=Stance.UNDETERMINED,
            layer=Layer.REPERTOIRE,
            locator=doubt.fault.locator,
            doubt=f"the item that you gave: {doubt.fault.message}",
        )
        for doubt in doubts
    )


def _source_of(fault: Fault) -> Source:
    return Source(fault.source, fault.carrier, retrieved_at=fault.retrieved_at)
