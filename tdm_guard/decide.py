"""
How all that was said becomes one decision.

Weight, strongest first: crawl refusal > exempt > reserved > review > undetermined > authorised > permitted >
unreserved. For several usages the strictest outcome stands. Each branch names its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tdm_guard.decision import Outcome
from tdm_guard.model import Kind, Stance, Statement, Verdict
from tdm_guard.usage import TDM, Usage

_ORDER = (
    Verdict.RESERVED,
    Verdict.REVIEW,
    Verdict.UNDETERMINED,
    Verdict.AUTHORISED,
    Verdict.PERMITTED,
    Verdict.UNRESERVED,
)
_REFUSING = (Stance.RESERVED, Stance.UNDETERMINED)
_STRICTNESS = {verdict: place for place, verdict in enumerate(_ORDER)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On whose behalf is decided: the usages asked, whether refusals take effect, whether Art. 3 is claimed."""

    usages: tuple[Usage, ...]
    enforced: bool = True
    exempt: bool = False

    @property
    def exemption_covers(self) -> bool:
        """Directive (EU) 2019/790 Art. 3 speaks of text and data mining only."""
        return self.exempt and set(self.usages) <= set(TDM)


def decide(statements: tuple[Statement, ...], terms: Terms) -> Outcome:
    """What `statements`, each standard's own precedence already applied, come to for these usages."""
    stances = {usage: _stance(statements, usage) for usage in terms.usages}

    # RFC 9309 2.2.2, 2.3.1.4: access comes before mining, and no exemption gives access.
    refusals = tuple(s for s in statements if s.kind is Kind.ACCESS and s.stance in _REFUSING)
    if refusals:
        refused = any(s.stance is Stance.RESERVED for s in refusals)
        verdict = Verdict.RESERVED if refused else Verdict.UNDETERMINED
        return _outcome(verdict, stances, statements, terms)

    verdict = min((_verdict(stances[usage]) for usage in terms.usages), key=_STRICTNESS.__getitem__)

    # Permitted is only what is expressly permitted for each usage asked.
    if verdict is Verdict.PERMITTED and any(stance is not Stance.PERMITTED for stance in stances.values()):
        verdict = Verdict.UNRESERVED

    # Directive (EU) 2019/790 Art. 3, Art. 7(1): scientific research by eligible organisations cannot be reserved away.
    if verdict.withholds and terms.exemption_covers:
        verdict = Verdict.EXEMPT
    return _outcome(verdict, stances, statements, terms)


def _stance(statements: tuple[Statement, ...], usage: Usage) -> Stance:
    """Between standards any reservation wins; what could not be read comes next; a permission needs silence besides."""
    heard = {statement.stance for statement in statements if usage in statement.usages}
    for stance in (Stance.RESERVED, Stance.UNDETERMINED, Stance.PERMITTED):
        if stance in heard:
            return stance
    return Stance.UNSTATED


def _verdict(stance: Stance) -> Verdict:
    return {
        Stance.RESERVED: Verdict.RESERVED,
        Stance.UNDETERMINED: Verdict.UNDETERMINED,
        Stance.PERMITTED: Verdict.PERMITTED,
        Stance.UNSTATED: Verdict.UNRESERVED,
    }[stance]


def _outcome(
    verdict: Verdict, stances: Mapping[Usage, Stance], statements: tuple[Statement, ...], terms: Terms
) -> Outcome:
    """The outcome with the statements it rests on: what withholds if anything does, else what permits."""
    withholding = tuple(s for s in statements if s.stance in _REFUSING)
    said = withholding or tuple(s for s in statements if s.stance is Stance.PERMITTED)
    asked = set(terms.usages)
    because = tuple(s for s in said if s.kind is Kind.ACCESS or not asked.isdisjoint(s.usages))
    if verdict is Verdict.RESERVED:
        because = tuple(sorted(because, key=lambda s: s.stance is not Stance.RESERVED))
    return Outcome(verdict=verdict, usages=stances, because=because, enforced=terms.enforced)
