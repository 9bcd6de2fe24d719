"""
How all that was said becomes one decision.

Weight, strongest first: exclusion and crawl refusal > exempt > reserved > review > undetermined > authorised >
permitted > unreserved. For several usages the strictest outcome stands. Each branch names its source.
"""

from __future__ import annotations

from dataclasses import dataclass

from tdm_guard.decision import Outcome
from tdm_guard.judging.lift import Occasion, Rights
from tdm_guard.matched import LiftOutcome
from tdm_guard.model import Kind, Stance, Statement, Verdict
from tdm_guard.operator import Research
from tdm_guard.usage import TDM, Usage

MAX_SAID = 50  # statements that settled nothing, in a record; a hostile document could otherwise fill the log
ART_3 = "Art. 3 of Directive (EU) 2019/790"
# by these names: on Python 3.11 looking a member up on its class is slow
_UNRESERVED, _PERMITTED, _AUTHORISED, _EXEMPT, _RESERVED, _REVIEW, _UNDETERMINED = Verdict
_SAYS_NO, _SAYS_YES, _SAYS_NOTHING, _IN_DOUBT = Stance
_ACCESS = Kind.ACCESS
_ORDER = (_RESERVED, _REVIEW, _UNDETERMINED, _AUTHORISED, _PERMITTED, _UNRESERVED)
_REFUSING = (_SAYS_NO, _IN_DOUBT)
_SHUTTING = (Kind.ACCESS, Kind.EXCLUSION)  # what no exemption opens
_STRICTNESS = {verdict: place for place, verdict in enumerate(_ORDER)}
_STANCES = {
    _RESERVED: _SAYS_NO,
    _REVIEW: _IN_DOUBT,
    _UNDETERMINED: _IN_DOUBT,
    _AUTHORISED: _SAYS_NO,  # it is reserved; the licence is ours, not everybody's
    _PERMITTED: _SAYS_YES,
    _UNRESERVED: _SAYS_NOTHING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    On whose behalf is decided: the usages asked, whether refusals take effect, whether Art. 3 exempts and on which
    claim, and what authorisations and reviews there are.
    """

    usages: tuple[Usage, ...]
    enforced: bool = True
    exempt: bool = False
    rights: Rights | None = None
    claim: Research | None = None

    @property
    def exemption_covers(self) -> bool:
        """Directive (EU) 2019/790 Art. 3 speaks of text and data mining only."""
        return self.exempt and set(self.usages) <= set(TDM)


def decide(statements: tuple[Statement, ...], terms: Terms, occasion: Occasion | None = None) -> Outcome:
    """
    What `statements`, each standard's own precedence already applied, come to for these usages.

    Without an `occasion` no authorisation lifts anything.
    """
    if terms.rights is not None and occasion is not None:
        statements = terms.rights.weigh(statements, terms.usages, occasion)
    by_usage = _verdicts(statements, terms.usages)
    stances = {usage: _STANCES[verdict] for usage, verdict in by_usage.items()}

    without: Verdict | None = None

    # RFC 9309 2.2.2, 2.3.1.4: access comes before mining, and no exemption gives access. Nor does one, or a licence,
    # open a site that the operator leaves out because a court or an authority found it to infringe.
    refusals = [s for s in statements if s.kind in _SHUTTING and s.stance in _REFUSING and not s.lifts(terms.usages)]
    if refusals:
        refused = any(s.stance is _SAYS_NO for s in refusals)
        verdict = _RESERVED if refused else _UNDETERMINED
    else:
        verdict = min(by_usage.values(), key=_STRICTNESS.__getitem__)

        # Permitted is only what is expressly permitted for each usage asked.
        if verdict is _PERMITTED and any(each is not _PERMITTED for each in by_usage.values()):
            verdict = _UNRESERVED

        # Directive (EU) 2019/790 Art. 3, Art. 7(1): research by eligible organisations cannot be reserved away.
        if verdict.withholds and terms.exemption_covers:
            without, verdict = verdict, _EXEMPT
    because = _because(without or verdict, statements, terms)
    said = _besides(statements, because)
    ids = [lift.id for s in because for lift in s.authorisations if lift.outcome is LiftOutcome.LIFTED]
    return Outcome(
        verdict=verdict,
        usages=stances,
        because=because,
        authorisations=tuple(dict.fromkeys(ids)),
        enforced=terms.enforced,
        exemption=terms.claim if verdict is _EXEMPT else None,
        without_exemption=without,
        said=said[:MAX_SAID],
        said_more=max(0, len(said) - MAX_SAID),
    )


def _verdicts(statements: tuple[Statement, ...], usages: tuple[Usage, ...]) -> dict[Usage, Verdict]:
    """
    Between standards any reservation wins; what is in doubt or could not be read comes next; then what is lifted.

    A doubt beside no stance, a refusal in words that nobody understands, reserves nothing, and nothing is permitted.
    """
    strictest = dict.fromkeys(usages, _UNRESERVED)
    for statement in statements:
        for usage in statement.usages:
            if usage in strictest:
                verdict = _says(statement, usage)
                if _STRICTNESS[verdict] < _STRICTNESS[strictest[usage]]:
                    strictest[usage] = verdict
    for usage, verdict in strictest.items():
        if verdict is _PERMITTED and any(_questions(statement, usage) for statement in statements):
            strictest[usage] = _UNRESERVED
    return strictest


def _questions(statement: Statement, usage: Usage) -> bool:
    """True for what may refuse a usage and is not understood: it reserves nothing, and no permission outweighs it."""
    return statement.doubt is not None and statement.stance is _SAYS_NOTHING and usage in statement.usages


def _says(statement: Statement, usage: Usage) -> Verdict:
    """What one statement alone comes to for a usage."""
    if statement.stance in _REFUSING:
        if statement.released:
            return _UNRESERVED
        if usage in statement.lifted:
            return _AUTHORISED
        if statement.stance is _IN_DOUBT:  # in doubt: not what could not be read, but what we were told
            return _REVIEW if statement.doubt else _UNDETERMINED
        return _REVIEW if statement.doubt or usage in statement.pending else _RESERVED
    return _PERMITTED if statement.stance is _SAYS_YES else _UNRESERVED


def _because(verdict: Verdict, statements: tuple[Statement, ...], terms: Terms) -> tuple[Statement, ...]:
    """
    The statements an outcome rests on: what withholds if anything does, else what permits; what was released; and what
    was said of access besides (paid for, or refused at the site's edge).
    """
    asked = set(terms.usages)
    heard = [s for s in statements if s.kind is _ACCESS or not asked.isdisjoint(s.usages)]
    refusing = [s for s in heard if s.stance in _REFUSING and not s.released]
    released = tuple(s for s in heard if s.released)
    noted = tuple(s for s in heard if s.kind is _ACCESS and s.stance not in _REFUSING)
    if not refusing:
        return tuple(s for s in heard if s.stance is _SAYS_YES and s.kind is not _ACCESS) + noted + released
    if len(refusing) > 1 and verdict in (_RESERVED, _REVIEW):
        refusing.sort(key=lambda s: min([_STRICTNESS[_says(s, u)] for u in s.usages if u in asked], default=0))
    return tuple(refusing) + noted + released


def _besides(statements: tuple[Statement, ...], because: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """The statements that settled nothing, those that reserve first, so that a bound cuts off what permits."""
    settling = set(map(id, because))
    if len(settling) == len(statements):
        return ()
    rest = [statement for statement in statements if id(statement) not in settling]
    return tuple(sorted(rest, key=lambda statement: statement.stance not in _REFUSING))
