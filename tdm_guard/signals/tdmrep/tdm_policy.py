"""
The policy behind a tdm-policy (sec-policy): who is to be asked, for what, and whether we could ever fit.

strategy: two pure steps, from a fetched document to terms, and from terms and an actor to what is unmet. Neither lifts
a reservation: one whose policy cannot be had or read stands like one without, no condition being known (note in
sec-tdm-policy), and an offer is no agreement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tdm_guard.formats.countries import alpha_3
from tdm_guard.formats.site.tdmrep_json import is_page
from tdm_guard.model import Declared, Fault, Fetched, Reading, Result, Source, Stance, Statement
from tdm_guard.operator import Operator
from tdm_guard.plain import bounded
from tdm_guard.signals.shape import DocumentReading, Listener
from tdm_guard.signals.tdmrep import odrl
from tdm_guard.signals.tdmrep.odrl import MAX_BYTES, MINE, Constraint, OdrlRule
from tdm_guard.signals.tdmrep.vcard import Assigner
from tdm_guard.usage import TDM

NAME = "tdmrep"
MAX_FAULTS = 20
UNAVAILABLE = "policy_unavailable"
UNREADABLE = "policy_unreadable"
RESEARCH, OTHER_THAN_RESEARCH = "research", "non-research"

_DUTIES = ("obtainConsent", "compensate")  # sec-odrl-profile-permission: the only two of the profile
_COUNTRY = "urn:iso:3166:"
# Actions that are plainly something else than mining; any other prohibition, an unknown one too, is taken to cover it.
_APART = frozenset(
    {
        "annotate", "archive", "attribute", "delete", "display", "distribute", "give", "grantUse", "index", "inform",
        "install", "modify", "move", "play", "present", "print", "sell", "stream", "synchronize", "textToSpeech",
        "transfer", "translate", "uninstall", "watermark", "acceptTracking", "ensureExclusivity",
    }
)  # fmt: skip

Agreed = tuple[str | tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """
    Who would mine: purpose (`research` or `non-research`), country (ISO 3166-1), and what is on record for it.

    `consents`, `payments` and `acceptances` hold the uid of a policy; or uid and target, where only a part is covered.
    """

    purpose: str | None = None
    country: str | None = None
    consents: Agreed = ()
    payments: Agreed = ()
    acceptances: Agreed = ()

    @classmethod
    def of(cls, operator: Operator | None) -> Actor:
        """The operator as an actor with nothing on record; research is what it attested, never inferred."""
        if operator is None:
            return cls()
        return cls(purpose=RESEARCH if operator.exempt else OTHER_THAN_RESEARCH, country=operator.country)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerms:
    """
    What a policy document says, with the address, digest and time (UTC) at which it said so.

    `problem` is None if its terms were read. Faults are where it breaks the profile.
    """

    url: str
    sha256: str | None = None
    retrieved_at: datetime | None = None
    uid: str | None = None
    assigner: Assigner | None = None
    permissions: tuple[OdrlRule, ...] = ()
    prohibitions: tuple[OdrlRule, ...] = ()
    faults: tuple[Fault, ...] = ()
    problem: str | None = None

    @property
    def readable(self) -> bool:
        """False if the document was not to be had, or is no policy that a machine understands."""
        return self.problem is None

    @property
    def rightsholder(self) -> str | None:
        """The name of who offers the policy, or its identifier."""
        return (self.assigner.name or self.assigner.uid) if self.assigner else None

    @property
    def contact(self) -> str | None:
        """How to reach who offers the policy."""
        return self.assigner.contact if self.assigner else None

    @property
    def mining(self) -> tuple[OdrlRule, ...]:
        """The permissions to mine; they are alternatives."""
        return tuple(rule for rule in self.permissions if MINE in rule.actions)

    @property
    def duties(self) -> tuple[str, ...]:
        """What mining is offered for, over all permissions."""
        return tuple(dict.fromkeys(duty for rule in self.mining for duty in rule.duties))

    @property
    def constraints(self) -> tuple[str, ...]:
        """To whom mining is offered, over all permissions."""
        return tuple(dict.fromkeys(str(constraint) for rule in self.mining for constraint in rule.constraints))

    @property
    def targets(self) -> tuple[str, ...]:
        """The collections that permissions are about: names for messages, never to be fetched."""
        return tuple(dict.fromkeys(target for rule in self.mining for target in rule.targets))


class Fit(NamedTuple):
    """
    Whether the terms are met, and what is not.

    `could_fit` is False if no consent, payment or acceptance could mend it, None if the terms are not known. `group` is
    what one request for consent can cover: the target, else the policy.
    """

    may_mine: bool
    unmet: tuple[str, ...]
    could_fit: bool | None
    group: str


def read_policy(fetched: Fetched, source: Source) -> PolicyTerms:
    """The terms in what the address of a policy answered; a type other than JSON is read if it parses."""
    status = fetched.status
    if fetched.error or status is None or not 200 <= status < 300:
        reason = fetched.error or ("no answer" if status is None else f"status {status}")
        return _without_terms(source, UNAVAILABLE, f"the policy could not be had: {reason}")
    if not fetched.complete or len(fetched.body) > MAX_BYTES:
        return _without_terms(source, UNREADABLE, f"the policy is longer than {MAX_BYTES} bytes")
    if is_page(fetched.body):
        return _without_terms(source, UNREADABLE, "the policy is a page for people")
    policy = odrl.parse(fetched.body)
    faults = [_fault(source, problem.message, problem.place) for problem in policy.problems[:MAX_FAULTS]]
    if policy.problem is not None:
        faults.insert(0, _fault(source, policy.problem))
    return PolicyTerms(
        url=source.url,
        sha256=source.sha256,
        retrieved_at=source.retrieved_at,
        uid=policy.uid,
        assigner=policy.assigner,
        permissions=policy.permissions,
        prohibitions=policy.prohibitions,
        faults=tuple(faults),
        problem=UNREADABLE if policy.problem is not None else None,
    )


def _without_terms(source: Source, problem: str, message: str) -> PolicyTerms:
    return PolicyTerms(
        url=source.url,
        sha256=source.sha256,
        retrieved_at=source.retrieved_at,
        faults=(_fault(source, message),),
        problem=problem,
    )


def _fault(source: Source, message: str, place: str | None = None) -> Fault:
    return Fault.at(source, message, signal=NAME, locator=place)


def evaluate_terms(terms: PolicyTerms, actor: Actor) -> Fit:
    """
    What stands between `actor` and mining under `terms`.

    One permission whose constraints all hold and whose duties are all on record is enough; without duties an acceptance
    has to be on record. A constraint or a duty that is not understood is not met.
    """
    if terms.problem is not None:
        return Fit(False, (terms.problem,), None, terms.url)
    if any(_prohibits(rule, actor) for rule in terms.prohibitions):
        return Fit(False, ("prohibition",), False, terms.url)
    if not terms.mining:
        return Fit(False, ("no_permission",), False, terms.url)
    fits = [_fit(rule, terms, actor) for rule in terms.mining]
    return min(fits, key=lambda fit: (not fit.could_fit, len(fit.unmet)))


def _fit(rule: OdrlRule, terms: PolicyTerms, actor: Actor) -> Fit:
    group = rule.targets[0] if rule.targets else terms.url
    failing = [_unmet_constraint(constraint, actor) for constraint in rule.constraints]
    unmet = tuple(dict.fromkeys(label for label in failing if label is not None))
    if unmet:
        return Fit(False, unmet, False, group)
    duties = [
        duty if duty in _DUTIES else f"duty:{duty}" for duty in rule.duties if not _done(duty, rule, terms, actor)
    ]
    if not rule.duties and not _on_record(actor.acceptances, rule, terms):
        duties = ["acceptance"]
    return Fit(not duties, tuple(duties), True, group)


def _done(duty: str, rule: OdrlRule, terms: PolicyTerms, actor: Actor) -> bool:
    if duty == "obtainConsent":
        return _on_record(actor.consents, rule, terms)
    return duty == "compensate" and _on_record(actor.payments, rule, terms)


def _on_record(record: Agreed, rule: OdrlRule, terms: PolicyTerms) -> bool:
    """True if the record names the policy, or each target of the permission under it."""
    if terms.uid is None:
        return False
    return terms.uid in record or (bool(rule.targets) and all((terms.uid, target) in record for target in rule.targets))


def _prohibits(rule: OdrlRule, actor: Actor) -> bool:
    """True if the rule forbids mining to this actor: a constraint that is not understood is taken to hold here."""
    if rule.actions and _APART.issuperset(rule.actions):
        return False
    return all(_holds(constraint, actor) is not False for constraint in rule.constraints)


def _unmet_constraint(constraint: Constraint, actor: Actor) -> str | None:
    holds = _holds(constraint, actor)
    if holds:
        return None
    return constraint.operand if holds is False else f"constraint:{constraint.operand}"


def _holds(constraint: Constraint, actor: Actor) -> bool | None:
    """Whether a constraint holds; None if it is not understood."""
    match constraint.operand, constraint.operator, constraint.values:
        case "purpose", "eq", ("tdm:research" | "tdm:non-research" as purpose,):
            return purpose == f"tdm:{actor.purpose}"
        case "spatial", "isPartOf", (_, *_) as places:
            return _is_in(actor.country, places)
    return None


def _is_in(country: str | None, places: tuple[str, ...]) -> bool | None:
    """True if `country` is among `places`; None if it is not, and one of those is no country that we know."""
    named = [alpha_3(place[len(_COUNTRY) :]) if place.lower().startswith(_COUNTRY) else None for place in places]
    if country is not None and alpha_3(country) in [code for code in named if code]:
        return True
    return None if None in named else False


class TermsSite:
    """What the record says of a policy: nothing that decides, but whom to ask and for what."""

    __slots__ = ("_reading",)

    def __init__(self, source: Source, terms: PolicyTerms, fit: Fit) -> None:
        statement = Statement.at(
            source,
            signal=NAME,
            usages=TDM,
            stance=Stance.UNSTATED,
            policy_url=source.url,
            rightsholder=bounded(terms.rightsholder),
            contact=bounded(terms.contact),
            terms=bounded(_in_short(terms, fit)),
            policy_uid=bounded(terms.uid),
        )
        self._reading = Reading((statement,))

    def says(self, target: str) -> Reading:
        return self._reading


def _in_short(terms: PolicyTerms, fit: Fit) -> str:
    if not terms.readable:
        return f"not known: {terms.problem}"
    offered = f"for {', '.join(terms.duties)}" if terms.duties else "for acceptance"
    limited = f", where {', '.join(terms.constraints)}" if terms.constraints else ""
    return f"{offered}{limited}; unmet: {', '.join(fit.unmet) or 'nothing'}"


def read_declared(declared: Declared, fetched: Fetched, source: Source, listener: Listener) -> DocumentReading:
    """A policy behind a reservation, for the record. Nothing in it lifts the reservation, nor does its absence."""
    terms = read_policy(fetched, source)
    site = TermsSite(source, terms, evaluate_terms(terms, Actor.of(listener.operator)))
    if terms.problem == UNAVAILABLE:
        absent = fetched.error is None and fetched.status in (404, 410)
        return DocumentReading(result=Result.ABSENT if absent else Result.UNREACHABLE, site=site, faults=terms.faults)
    return DocumentReading(result=Result.READ if terms.readable else Result.UNREADABLE, site=site, faults=terms.faults)
