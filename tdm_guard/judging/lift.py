"""
What authorisations and reviews do to statements: an authorisation lifts what it names, a person releases what is in
doubt (`docs/repertoires.md`).

| scope           | names                       | reaches statements that reserve                                      |
|-----------------|-----------------------------|----------------------------------------------------------------------|
| `declarations`  | declarations, by id         | of these declarations alone                                          |
| `origins`       | scheme, host and port       | at a location: in a document, field or page of that origin; and with |
|                 |                             | `access` those of access, a robots.txt that was not read included    |
| `policies`      | a TDM policy, by URL or uid | at a location or in a file, that point to it; not those of a licence |
| `licences`      | an RSL document, by URL     | at a location or in a file, of signals like `rsl`, that come from it,|
|                 |                             | or for want of it                                                    |
| `rightsholders` | whole names, without case   | of every layer, that name this rightsholder                          |
| `works`         | lists, or match keys        | of these, only those of declarations that stand for these works      |

No other scope reaches access, and nothing else that could not be read is lifted. Nothing lifts an exclusion.

One that reaches a statement lifts it for the usages asked that both name, if it is granted to this operator, is active,
has begun, has not ended, and reaches the country of the copies. Without evidence, or from a grantor whose mandate is
disputed, that waits for a person, and access stays refused. The record shows each one that reaches a statement, with
what came of it and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

from tdm_guard.errors import UnsupportedURL
from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.matched import OF_ONE_URL, Grant, Lift, LiftOutcome, Reviewed, ReviewOutcome
from tdm_guard.model import Kind, Layer, Stance, Statement
from tdm_guard.operator import Operator
from tdm_guard.origin import Origin
from tdm_guard.repertoire.authorisation import Authorisation
from tdm_guard.repertoire.names import whole_name
from tdm_guard.repertoire.review import Review
from tdm_guard.repertoire.territory import covers
from tdm_guard.repertoire.words import AuthorisationStatus, MandateStatus
from tdm_guard.signals import SIGNALS
from tdm_guard.usage import Usage

MAX_WORKS = 3  # named in what a record says of an authorisation; the match names them all


class Occasion(NamedTuple):
    """When (UTC) and of which URL something is decided."""

    now: datetime
    url: str

    @property
    def today(self) -> date:
        """The UTC day: declarations and licences begin and end with whole days."""
        return self.now.astimezone(UTC).date()


@dataclass(frozen=True, slots=True)
class Rights:
    """
    The authorisations granted to an operator, and what people decided about statements in doubt.

    `licensing` are the signals whose statements `licences` names.
    """

    authorisations: tuple[Authorisation, ...] = ()
    reviews: tuple[Review, ...] = ()
    operator: Operator | None = None
    licensing: frozenset[str] = frozenset(signal.name for signal in SIGNALS if signal.names_licences)

    def weigh(
        self, statements: tuple[Statement, ...], asked: Sequence[Usage], occasion: Occasion
    ) -> tuple[Statement, ...]:
        """`statements` with what is lifted, in doubt or released marked as such."""
        return tuple([self._weigh(s, asked, occasion) if _can_be_lifted(s) else s for s in statements])

    def awaits_policy(self, statement: Statement, speakers: frozenset[str]) -> bool:
        """
        True if the policy behind a statement may turn out to be one that an authorisation names by its uid.

        `speakers` are the signals that name such policies.
        """
        unread = statement.policy_url is not None and statement.terms is None and statement.signal in speakers
        return unread and any(authorisation.scope.policies for authorisation in self.authorisations)

    def _weigh(self, statement: Statement, asked: Sequence[Usage], occasion: Occasion) -> Statement:
        marks, lifted, pending = [], set[Usage](), set[Usage]()
        for authorisation in self.authorisations:
            if not self._names(authorisation, statement):
                continue
            outcome, why, usages = self._outcome(authorisation, statement, asked, occasion)
            covered = " ".join(usage for usage in asked if usage in usages)
            marks.append(Lift(id=authorisation.id, outcome=outcome, usages=covered, why=why))
            if outcome is LiftOutcome.LIFTED:
                lifted.update(usages)
            elif outcome is LiftOutcome.REVIEW:
                pending.update(usages)
        review = self._review(statement, occasion)
        if not marks and review is None:
            return statement
        released = review is not None and review.outcome == ReviewOutcome.RELEASED
        return replace(
            statement,
            authorisations=tuple(marks),
            lifted=frozenset(lifted),
            pending=frozenset(pending - lifted),
            doubt=None if review is not None and not released else statement.doubt,
            reviewed=None if review is None else _told(review),
        )

    def _names(self, authorisation: Authorisation, statement: Statement) -> bool:
        """True if the scope names the declaration, origin, policy, licence or rightsholder of a statement."""
        scope = authorisation.scope
        if scope.works is not None and statement.layer is not Layer.REPERTOIRE:
            return False  # what a site or a file says is said of all that is there
        if statement.kind is Kind.ACCESS:
            return authorisation.access and _origin(statement.source) in scope.origins
        if statement.layer is Layer.REPERTOIRE:
            if statement.source in scope.declarations:
                return True
        elif statement.layer is Layer.LOCATION and scope.origins and _origin(statement.source) in scope.origins:
            return True
        if statement.layer is not Layer.REPERTOIRE:
            named = scope.licences if statement.signal in self.licensing else scope.policies
            if named and not _spellings(statement.policy_url, statement.policy_uid).isdisjoint(_spellings(*named)):
                return True
        holder = statement.rightsholder
        holders = scope.rightsholders
        return holder is not None and bool(holders) and whole_name(holder) in map(whole_name, holders)

    def _outcome(
        self, authorisation: Authorisation, statement: Statement, asked: Sequence[Usage], occasion: Occasion
    ) -> tuple[LiftOutcome, str, frozenset[Usage]]:
        """What an authorisation that names a statement does to it, why, and for which usages."""
        usages = frozenset(authorisation.usages).intersection(asked).intersection(statement.usages)
        if obstacle := self._obstacle(authorisation, occasion.today):
            return LiftOutcome.NOT_LIFTED, obstacle, usages
        if not usages:
            return LiftOutcome.NOT_LIFTED, f"it covers {', '.join(authorisation.usages)}", usages
        grant = next((each for each in statement.grants if each.authorisation == authorisation.id), None)
        if authorisation.scope.works is not None and grant is None:
            return LiftOutcome.NOT_LIFTED, "the work is not among those that it names", usages
        doubts = []
        if grant is not None and not grant.sure:
            doubts.append(f"only {_listed(grant)}, {OF_ONE_URL}")
        if authorisation.evidence is None:
            doubts.append("it has no evidence")
        elif authorisation.mandate.status == MandateStatus.DISPUTED:
            doubts.append(f"the mandate of {authorisation.grantor.name} to license is disputed")
        doubt = "; ".join(doubts)
        if not doubt:
            note = f"mandate {authorisation.mandate.status}" + (f"; {_listed(grant)}" if grant is not None else "")
            return LiftOutcome.LIFTED, f"granted by {authorisation.grantor.name}, {note}", usages
        for review in reversed(self.reviews):  # the last one that applies holds
            if review.authorisation == authorisation.id and _applies(review, occasion):
                released = review.outcome == ReviewOutcome.RELEASED
                if released and review.url is None and grant is not None and not grant.sure:
                    continue  # that somebody found the licence in order says nothing of this work
                outcome = LiftOutcome.LIFTED if released else LiftOutcome.NOT_LIFTED
                return outcome, f"{doubt}; {review.outcome} by {review.by}: {review.why}", usages
        return LiftOutcome.REVIEW, doubt, usages

    def _obstacle(self, authorisation: Authorisation, today: date) -> str | None:
        """Why an authorisation lifts nothing for us today."""
        operator = self.operator or Operator()
        if (operator.name or "").strip().casefold() != authorisation.licensee.strip().casefold():
            return f"granted to {authorisation.licensee}"
        if authorisation.status != AuthorisationStatus.ACTIVE:
            return f"its status is {authorisation.status}"
        if authorisation.valid_from is not None and today < authorisation.valid_from:
            return f"valid from {authorisation.valid_from}"
        if authorisation.valid_to is not None and today > authorisation.valid_to:
            return f"expired on {authorisation.valid_to}"
        reached = "WORLD" in authorisation.territory or (
            operator.country is not None and covers(authorisation.territory, operator.country)
        )
        return None if reached else f"granted for {', '.join(authorisation.territory) or 'no territory'}"

    def _review(self, statement: Statement, occasion: Occasion) -> Review | None:
        """What a person decided of a statement in doubt; of several the last."""
        match = statement.match
        if statement.doubt is None or match is None:
            return None
        found = None
        for review in self.reviews:
            if (
                review.authorisation is None
                and review.declaration == statement.source
                and review.key == match.get("key")
                and review.value == match.get("value")
                and _applies(review, occasion)
            ):
                found = review
        return found


def _applies(review: Review, occasion: Occasion) -> bool:
    in_force = review.until is None or occasion.today <= review.until
    return in_force and (review.url is None or review.url == occasion.url)


def _listed(grant: Grant) -> str:
    """Which works are listed, and where."""
    more = len(grant.works) - MAX_WORKS
    works = ", ".join(grant.works[:MAX_WORKS]) + (f" and {more} more" if more > 0 else "")
    return f"{works} in {grant.where}"


def _told(review: Review) -> Reviewed:
    return Reviewed(outcome=review.outcome, by=review.by, at=str(review.at), why=review.why)


def _can_be_lifted(statement: Statement) -> bool:
    """
    Statements that withhold; of what could not be read only access (it is the origin's to give).

    That a site infringes the rights of others is a court's finding, and nobody's to license.
    """
    if statement.kind is Kind.EXCLUSION:
        return False
    if statement.stance is Stance.RESERVED:
        return True
    return statement.stance is Stance.UNDETERMINED and statement.kind is Kind.ACCESS


@lru_cache(maxsize=1024)  # of the documents a crawl works on at one time; an entry is a URL
def _origin(url: str) -> str | None:
    try:
        return str(Origin.parse(url))
    except UnsupportedURL:
        return None


@lru_cache(maxsize=1024)
def _spellings(*names: str | None) -> frozenset[str]:
    """URLs and uids as they are written, and the URLs in their normal form."""
    return frozenset(spelled for name in names if name for spelled in (name, normal_url(name)))
