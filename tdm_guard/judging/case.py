"""
Case: one URL under examination, stage by stage, from request to final decision.

Each stage only adds statements; nothing of an earlier stage is taken back. A case is the one mutable object here; it
touches neither network nor clock, and it never raises on what a stranger sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from tdm_guard.decision import Checked, Decision, Exchange, Stage
from tdm_guard.judging.bench import CONTENT_FIELDS, Bench
from tdm_guard.judging.content import ContentHearing
from tdm_guard.judging.declared import as_declared, never_asked, policy_behind
from tdm_guard.judging.fields import hear_hop, hear_response
from tdm_guard.judging.pieces import Pieces
from tdm_guard.judging.plain_answer import PlainAnswers
from tdm_guard.judging.response import Announced
from tdm_guard.model import Declared, Fault, Kind, Reading, Result, Source, Stance, Statement
from tdm_guard.origin import bare
from tdm_guard.policies.policy import Kept, OriginPolicy, say_sites
from tdm_guard.repertoire.callers_item import check_item
from tdm_guard.repertoire.item import Doubt, read_callers_item
from tdm_guard.signals import robots
from tdm_guard.usage import EVERY

ARCHIVE = "archive"  # the carrier of what was wrong with how an answer was stored
MAX_NOTE = 240  # characters of it, as of an excerpt
_HEADERS = Stage.HEADERS  # on Python 3.11 looking a member up on its class is slow
_exchange_of, _decision_of = Exchange.of, Decision.of


class Case(ContentHearing):
    """
    One URL under examination; without fragment, user and password, which are nobody's to read in a record.

    `hops` are the addresses that redirected here, `authenticated` says that the request carried credentials or
    cookies. `item` is what the caller knows of the work at the URL, `unusable` what of that nothing is matched by.
    `ignore_unasked` takes documents that nobody ever asked for as absent. `pieces` of the response are collected where
    the bench says so.
    """

    # What most cases never change stands here once, so that opening one costs little.
    authenticated = False
    cached = False
    hops: tuple[str, ...] = ()
    media_type: str | None = None
    pieces: Pieces | None = None
    received: int | None = None
    sha256: str | None = None
    unusable: tuple[Doubt, ...] = ()
    _ignore_unasked = False
    _imposed = False

    def __init__(
        self,
        bench: Bench,
        url: str,
        policy: OriginPolicy,
        now: datetime,
        *,
        hops: tuple[str, ...] = (),
        authenticated: bool = False,
        item: object = None,
        ignore_unasked: bool = False,
    ) -> None:
        if "@" in url or "#" in url:
            plain = bare(url)
            authenticated = authenticated or plain != url.partition("#")[0]
            url = plain
        self.bench = bench
        self.url = url
        self.final_url = url
        self.policy = policy
        self.now = now
        if hops:
            self.hops = tuple([bare(hop) for hop in hops])
        if authenticated:
            self.authenticated = True
        if ignore_unasked:
            self._ignore_unasked = True
        if bench.keeps:
            self.pieces = Pieces(bench.keeps)
        if policy.sites or policy.hold or policy.faults:
            reading = policy.says(policy.target(url))
            self._statements = reading.statements
            self._faults = reading.faults
        excluded = () if bench.excluded is None else bench.excluded.says(policy.origin.host)
        if excluded:
            self._statements = excluded + self._statements
        elif policy.unasked and not ignore_unasked:
            self._statements += policy.unasked
        if item is not None:
            self._hear_item(item)
        elif bench.repertoire is not None:
            self._hear_works((), url)

    def _hear_item(self, item: object) -> None:
        """What the caller knows of the work. Raises `ConfigurationError` for what is no item."""
        check_item(item)
        bench = self.bench
        if bench.repertoire is not None:
            given = read_callers_item(item, Source(url=self.url, carrier="item", retrieved_at=self.now))
            self.unusable = given.doubts
            # To the letter a code that cannot be used matches nothing.
            doubts = given.doubts if bench.listener.cautious else ()
            self._add(Reading(bench.repertoire.unmatched(doubts, self.now), given.faults))
            self._hear_works(given.items, self.url)

    def hear_hop(self, url: str, headers: Iterable[tuple[str, str]]) -> None:
        """Header fields of an earlier redirect hop of this fetch (TDMRep repair C9)."""
        url = bare(url)
        self.hops += (url,)
        if self.bench.excluded is not None:
            self.hear_exclusion(url)
        kept = self.pieces
        if kept is not None:
            headers = tuple(headers)
        for reading in hear_hop(self.bench, headers, self._header_of(url), self._content_type):
            self._add(reading if kept is None else kept.of_fields(reading, headers, self.bench.hop_fields))

    def hear_exclusion(self, url: str) -> None:
        """A place on the way to the content, which must not be a site that the operator excludes, either."""
        said = () if self.bench.excluded is None else self.bench.excluded.says_of(url)
        if more := tuple(statement for statement in said if statement not in self._statements):
            self._add(Reading(more))

    @property
    def _content_type(self) -> str:
        return "" if self._about is None else self._about.content_type

    def _header_of(self, url: str) -> Source:
        return Source(url=url, carrier="header", retrieved_at=self.now)

    def hear_headers(
        self, status: int, headers: Sequence[tuple[str, str]], *, bodiless: bool = False, cached: bool = False
    ) -> None:
        """
        Status and header pairs of the response; repeated lines kept apart.

        `bodiless`: no body is expected, as of an answer to HEAD; bytes that come all the same count. `cached`: the
        response comes from the caller's own HTTP cache.
        """
        self.stage = _HEADERS
        self.status = status
        if cached:
            self.cached = True
        bench = self.bench
        about = self._about = Announced(self.final_url, self.now, status, headers, bodiless=bodiless)
        about.pieces = kept = self.pieces
        self.content = about.content
        heeded = bench.heard
        heard: list[tuple[str, str]] | None = None
        for name, value in headers:
            key = name.lower()
            if key in heeded:
                if key in CONTENT_FIELDS:
                    about.hear(key, value)
                    continue
                if heard is None:
                    heard = []
                heard.append((key, value))
        self.media_type = about.kind[0]
        if heard is not None or (status != 200 and status in bench.statuses):  # most are 200 and say nothing
            for reading in hear_response(
                bench, status, heard or [], self._header_of(self.final_url), self._content_type
            ):
                self._add(reading if kept is None else kept.of_fields(reading, headers, heeded))

    def hear_plain(self, answers: PlainAnswers, headers: Sequence[tuple[str, str]], body: bytes) -> bool:
        """All of a response of status 200, if it plainly says nothing; else False, and it is to be heard."""
        found = answers.find(headers, body, self._statements, self.look)
        if found is None:
            return False
        self.media_type, self.stage = found
        self.status = 200
        self.content = self._body_heard = True
        return True

    @property
    def declared(self) -> tuple[Declared, ...]:
        """
        The documents to read before the case is closed.

        These are what the response declared; of content that is reserved anyway only the policies that say whom to ask.
        """
        if not self._statements or not self._decided().verdict.withholds:
            return self._declared
        known = {item.document for item in self._checked}
        policies = [policy_behind(statement, self.bench.policy_speakers) for statement in self._decided().because]
        return tuple({item.url: item for item in policies if item is not None and item.url not in known}.values())

    def hear_declared(self, kept: tuple[Kept, ...]) -> None:
        """The documents that were declared, as `gather.read_lent` read them; what is missing stays unread."""
        heard = {item.path for item in kept}
        ours = {item.url: item for item in self._declared}
        self._declared = tuple(item for item in self._declared if item.url not in heard)
        path = self.policy.target(self.url)
        cautious = self.bench.listener.cautious
        for item in kept:
            self._checked += (item.checked,)
            said = item.said
            hold = said.hold if self._ignore_unasked else said.hold + said.unasked
            self._add(Reading(as_declared(hold, item, ours.get(item.path)), said.faults))
            for reading in say_sites(said.sites, path, cautious=cautious):
                terms = tuple(s for s in reading.statements if s.terms is not None)
                self._terms += terms
                rest = tuple(s for s in reading.statements if s not in terms)
                self._add(Reading(as_declared(rest, item, ours.get(item.path)), reading.faults))

    def _declared_unread(self) -> None:
        unread = Reading(tuple(never_asked(item, self.bench.signals, self.now) for item in self._declared))
        for item in self._declared:
            self._checked += (Checked(document=item.url, result=Result.NOT_ATTEMPTED),)
        self._declared = ()
        if not self._ignore_unasked and not self.refused:
            self._add(unread)

    def hear_refusal(self, robots_txt: str, words: str) -> None:
        """
        Somebody else refused access for us on account of the document at `robots_txt`; `words` say who.

        Where our own reading of it refuses too, that is the better evidence. The refusal took effect whatever the mode.
        """
        self._imposed = True
        self._outcome = None
        if not any(s.kind is Kind.ACCESS and s.stance is Stance.RESERVED for s in self._statements):
            statement = Statement.at(
                Source(url=robots_txt, carrier=robots.DOCUMENT.carrier),
                kind=Kind.ACCESS,
                signal=robots.NAME,
                usages=EVERY,
                stance=Stance.RESERVED,
                excerpt=words,
            )
            self._add(Reading((statement,)))

    def hear_before(self, statements: tuple[Statement, ...]) -> None:
        """What was read of this URL at an earlier time and is taken to stand."""
        self._add(Reading(statements))

    def hear_notes(self, notes: Sequence[str]) -> None:
        """What was wrong with how the answer was stored."""
        source = Source(url=self.final_url, carrier=ARCHIVE)
        self._add(Reading((), tuple([Fault.at(source, note[:MAX_NOTE]) for note in notes])))

    def hear_transfer(self, received: int, sha256: str | None) -> None:
        """
        Size in bytes and SHA-256 of the body as received, before content-decoding; no digest of one that was given up.

        If that was not given up after all, its size is not in the decision either.
        """
        self.received = received
        self.sha256 = sha256

    def decision(self, now: datetime | None = None) -> Decision:
        """
        The decision on all that was heard, at `now` (UTC).

        A body that had to be heard and was not leaves the verdict undetermined, unless what was heard refuses already.
        """
        about = self._about
        if about is not None and self.content and not self._body_heard:
            kind = about.kind
            held = kind.file if self.bench.asset_signals else None
            if (held is not None or self.bench.readers[kind.markup]) and not self.refused:
                self._kind, self._held = kind.markup, held
                self._body_unread(about, "the document was not read")
                self._body_heard = True
        if self._declared:
            self._declared_unread()
        outcome = self._decided() if self._statements else self.bench.nothing_said
        if self._imposed and not outcome.enforced:
            outcome = replace(outcome, enforced=True)
        received = self.received
        if received is not None and self.sha256 is None and outcome.admits:
            received = None  # a part of what streams on, of which a body record tells
        exchange = _exchange_of(self, self.policy.name, received)
        checked = self.policy.checked + self._checked if self._checked else self.policy.checked
        url = self.hops[0] if self.hops else self.url
        return _decision_of(url, now or self.now, self.stage, outcome, exchange, checked, self._faults)
