"""
Case: one URL under examination, stage by stage, from request to final decision.

Each stage only adds statements; nothing of an earlier stage is taken back. A case is the one mutable object here; it
touches neither network nor clock, and it never raises on what a stranger sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tdm_guard.decision import Decision, Exchange, Outcome
from tdm_guard.formats.asset import Format
from tdm_guard.formats.field_lines import parted
from tdm_guard.formats.invisible import seen_field
from tdm_guard.formats.media_type import UNKNOWN
from tdm_guard.formats.path_pattern import normal_url
from tdm_guard.judging.bench import CONTENT_FIELDS, Bench
from tdm_guard.judging.body import hear, hear_challenge, unheard, unread
from tdm_guard.judging.decide import decide
from tdm_guard.judging.declared import as_declared, never_asked, policy_behind, with_terms
from tdm_guard.judging.lift import Occasion
from tdm_guard.judging.pictures import of_pictures
from tdm_guard.judging.response import CHALLENGES, Announced
from tdm_guard.model import (
    NOTHING,
    Checked,
    Declared,
    Fault,
    Headers,
    Kind,
    Layer,
    Posture,
    Reading,
    Result,
    Source,
    Stage,
    Stance,
    Statement,
)
from tdm_guard.origin import bare
from tdm_guard.policies.policy import Kept, OriginPolicy, Said, beside, hear_sites
from tdm_guard.repertoire.item import Item, read_item
from tdm_guard.repertoire.matching import Match
from tdm_guard.signals import robots
from tdm_guard.signals._signal import DocumentReading, Signal
from tdm_guard.usage import EVERY

_new = tuple.__new__  # half the time of a NamedTuple's own, for every page
LEARNED_FOR = timedelta(hours=24)  # what a feed says of its items is remembered as long as a policy at most
_POLICY, _HEADERS, _BODY, _ASSET = Stage  # by these names: on Python 3.11 looking a member up on its class is slow
MAX_FAULTS = 50  # per case; a hostile document could otherwise fill the log
MAX_FIELDS = 1000  # header lines that are looked at; most servers and clients stop far earlier
MAX_FIELD_TEXT = 131_072  # characters of them together: some clients take sixteen mebibytes, h11 stops below this
_MATCHES = (Match.MATCHED, Match.NOT_MATCHED, Match.UNMATCHABLE)  # the first that holds for one of the works counts


class Case:
    """
    One URL under examination; without fragment, user and password, which are nobody's to read in a record.

    `hops` are the addresses that redirected here, `authenticated` says that the request carried credentials or
    cookies. `item` is what the caller knows of the work at the URL. `ignore_unasked` takes documents that nobody ever
    asked for as absent. `document` is the body that was heard, content-decoded; `shows` are the pictures of a page, and
    what it says of them.
    """

    # What most cases never change stands here once, so that opening one costs little.
    authenticated = False
    cached = False
    content = False
    document: bytes | None = None
    hops: tuple[str, ...] = ()
    learned: tuple[Kept, ...] = ()
    media_type: str | None = None
    received: int | None = None
    shows: tuple[tuple[str, ...], tuple[Statement, ...]] = ((), ())
    sha256: str | None = None
    stage = _POLICY
    status: int | None = None
    _about: Announced | None = None
    _body_heard = False
    _checked: tuple[Checked, ...] = ()
    _declared: tuple[Declared, ...] = ()
    _faults: tuple[Fault, ...] = ()
    _ignore_unasked = False
    _imposed = False
    _kind = UNKNOWN
    _outcome: Outcome | None = None
    _works: Match | None = None
    _statements: tuple[Statement, ...] = ()
    _terms: tuple[Statement, ...] = ()
    _held: Format | None = None

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
        if policy.sites or policy.hold or policy.faults:
            reading = policy.hear(policy.target(url))
            self._statements = reading.statements
            self._faults = reading.faults
        if policy.unasked and not ignore_unasked:
            self._statements += policy.unasked
        if bench.repertoire is not None:
            given, faults = read_item(item, Source(url=url, carrier="item", retrieved_at=now)) if item else ((), ())
            self._add(Reading(faults=faults))
            self._hear_works(given, url)

    def _hear_works(self, items: Sequence[Item], url: str | None = None) -> None:
        """What declarations over a repertoire say of `items`, and of what stands at `url`."""
        heard = self.bench.hear_works(url, items, self.now)
        if self._works is None or _MATCHES.index(heard.state) < _MATCHES.index(self._works):
            self._works = heard.state
        known = {(s.source, s.locator, str(s.match)) for s in self._statements if s.layer is Layer.REPERTOIRE}
        self._add(Reading(tuple(s for s in heard.statements if (s.source, s.locator, str(s.match)) not in known)))

    # ---- what is heard ------------------------------------------------------------------------------------------

    def hear_hop(self, url: str, headers: Iterable[tuple[str, str]]) -> None:
        """Header fields of an earlier redirect hop of this fetch (TDMRep repair C9)."""
        url = bare(url)
        self.hops += (url,)
        heeded = self.bench.hop_fields
        lines, cut = _kept([(name, value) for name, value in headers if name.lower() in heeded])
        if not lines and cut is None:
            return
        source = Source(url=url, carrier="header", retrieved_at=self.now)
        for signal, fields in self._speaking(lines):
            if signal.read_hop is not None:
                reading = signal.read_hop(fields, source, self.bench.listener)
                self._add(reading)
                if (visible := self._visible(fields)) is not None:
                    other = signal.read_hop(visible, source, self.bench.listener)
                    self._add(beside(reading.statements, other.statements))
        if cut is not None:
            self._add(unheard(self.bench.hop_signals, source, cut))

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
        about = self._about = Announced(self.final_url, self.now, status, bodiless=bodiless)
        about.headers = headers
        self.content = about.content
        heeded = self.bench.heard
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
        lines, cut = _kept(heard) if heard is not None else ((), None)
        if status != 200 and status in self.bench.statuses:  # most are 200, which costs less to ask
            self._hear_status(status, lines)
        if lines:
            self._hear_fields(lines)
        if cut is not None:
            source = Source(url=self.final_url, carrier="header", retrieved_at=self.now)
            self._add(unheard(self.bench.header_signals, source, cut))

    def _hear_status(self, status: int, heard: Headers) -> None:
        source = Source(url=self.final_url, carrier="header", retrieved_at=self.now)
        for signal in self.bench.status_signals:
            if signal.read_status is not None and status in signal.statuses:
                fields = tuple(pair for pair in heard if pair[0] in signal.headers)
                self._add(signal.read_status(status, fields, source, self.bench.listener))

    def _hear_fields(self, heard: Headers) -> None:
        source = Source(url=self.final_url, carrier="header", retrieved_at=self.now)
        for signal, fields in self._speaking(heard):
            if signal.read_headers is not None:
                reading = signal.read_headers(fields, source, self.bench.listener)
                self._add(reading)
                if (visible := self._visible(fields)) is not None:
                    other = signal.read_headers(visible, source, self.bench.listener)
                    self._add(beside(reading.statements, other.statements))

    def _visible(self, fields: Headers) -> Headers | None:
        """The fields as they are seen; None if that is how they stand, or if it does not count."""
        if not self.bench.listener.cautious or all(value.isascii() for _, value in fields):
            return None
        visible = tuple((name, seen_field(value)) for name, value in fields)
        return None if visible == fields else visible

    def _speaking(self, headers: Iterable[tuple[str, str]]) -> list[tuple[Signal, Headers]]:
        """The signals that have a field among `headers`, each with its fields and the content type."""
        pairs = tuple((name.lower(), value) for name, value in headers)
        said = self._about.content_type if self._about is not None else ""
        typed = (("content-type", said),) if said else ()
        found = []
        for signal in self.bench.header_signals:
            fields = tuple(pair for pair in pairs if pair[0] in signal.headers)
            if fields:
                found.append((signal, fields + typed))
        return found

    def wants_body(self, prefix: bytes = b"", *, ended: bool = False) -> bool:
        """
        True if the body must be heard whole before it can be decided, as far as `prefix` tells.

        `ended` says that `prefix` is all there is.
        """
        about = self._about
        return about is not None and not self._body_heard and about.wanted(self.bench, prefix, ended=ended)

    def may_last(self, body: bytes) -> bool:
        """True if `hear_body(body)` may take longer than an event loop can wait: it is called in a thread then."""
        return self._about is not None and self._about.may_last(body)

    @property
    def type_speaks(self) -> bool:
        """True if a body that is wanted stays so whatever its first bytes are."""
        return self._about is None or self._about.type_speaks(self.bench)

    def hear_body(self, body: bytes, *, complete: bool = True) -> None:
        """
        The body as received, content-encoded or not; a prefix of it with `complete=False`.

        In a prefix only reservations count: what is not found there may stand in the rest. Bytes that come where none
        were expected (204, 205, HEAD) are content; where none come there is none.
        """
        about = self._about
        if about is not None:
            self.content = about.content or about.came(body)
        whole = about is None or about.is_whole(len(body), complete=complete)
        if about is None or not self.wants_body(body, ended=whole):
            self._body_heard = self.content or whole
            return
        self._body_heard = True
        if not self.content:
            if about.status in CHALLENGES:
                self._add(hear_challenge(self.bench, about, body))
            return
        kind = self._kind = about.markup
        if kind is UNKNOWN:
            self._kind = about.shown(body, ended=whole)  # too short a prefix of a generic type may yet become a page
            kind = about.shown(body, ended=True)
        posture = self.bench.listener.posture
        pictures = bool(self._statements) and bool(of_pictures(self._statements, posture))
        heard = hear(self.bench, about, body, kind, complete=complete, pictures=pictures)
        self.stage = _BODY if heard.format is None else _ASSET
        self._held = heard.format
        if heard.problem and heard.format is None and self.bench.asset_signals:  # nothing of it, but it is a file
            self._held = about.file
        self.document = heard.document
        self._add(heard.reading)
        if heard.items:
            self._hear_works(heard.items)
        if heard.shown and (said := of_pictures(self._statements, posture)):
            self.shows = (heard.shown, said)
        for signal, feed in heard.feed:
            self._hear_feed(signal, feed)
        if heard.problem:
            self._body_unread(about, heard.problem)

    def _hear_feed(self, signal: Signal, feed: DocumentReading) -> None:
        """What a feed says of itself counts here; what it says of its items is for the origin to remember."""
        self._add(Reading((), feed.faults))
        if feed.site is not None:
            self._add(feed.site.hear(self.policy.target(self.final_url)))
            checked = Checked(document=self.final_url, result=feed.result, status=self.status, retrieved_at=self.now)
            self.learned += (
                Kept(
                    path=normal_url(self.final_url),
                    checked=checked,
                    expires_at=self.now + LEARNED_FOR,
                    said=Said(sites=(feed.site,)),
                    signal=signal.name,
                ),
            )

    def settled_by(self, prefix: bytes, *, ended: bool = False) -> bool:
        """
        True if a prefix of the body already reserves, so that the rest need not be received.

        The reservation is then heard; nothing else of the prefix is. `ended`: the transfer was ended on its account,
        before the status was known.
        """
        about = self._about
        if about is None or not self.bench.terms.enforced or self._body_heard:
            return False
        self.content = about.came(prefix)
        if not ended and not (self.content and self.wants_body(prefix)):
            return False
        heard = hear(self.bench, about, prefix, about.shown(prefix, ended=False), complete=False)
        reserved = tuple(s for s in heard.reading.statements if s.stance is Stance.RESERVED)
        if not reserved or not self._decide(reserved).verdict.withholds:
            return False
        self.stage = _BODY if heard.format is None else _ASSET
        self._body_heard = True
        self._add(Reading(reserved))
        return True

    def _body_unread(self, about: Announced, problem: str) -> None:
        self._add(unread(self.bench, about, self._kind, problem, self._held))

    @property
    def declared(self) -> tuple[Declared, ...]:
        """
        The documents to read before the case is closed.

        These are what the response declared; of content that is reserved anyway only the policies that say whom to ask.
        """
        if not self._statements or not self._decided().verdict.withholds:
            return self._declared
        known = {item.document for item in self._checked}
        policies = [policy_behind(statement) for statement in self._decided().because]
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
            for reading in hear_sites(said.sites, path, cautious=cautious):
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

    def hear_transfer(self, received: int, sha256: str | None) -> None:
        """
        Size in bytes and SHA-256 of the body as received, before content-decoding; no digest of one that was given up.

        If that was not given up after all, its size is not in the decision either.
        """
        self.received = received
        self.sha256 = sha256

    def _add(self, reading: Reading) -> None:
        if reading is NOTHING:
            return
        self._outcome = None
        self._statements += reading.statements
        self._faults = (self._faults + reading.faults)[:MAX_FAULTS]
        if reading.declared:
            known = {item.url for item in self._declared}
            self._declared += tuple({item.url: item for item in reading.declared if item.url not in known}.values())

    # ---- what follows -------------------------------------------------------------------------------------------

    @property
    def refused(self) -> bool:
        """
        True if what was heard so far ends the journey: nothing that may still come could admit the content.

        Under the literal posture a standard whose nearer carriers supersede speaks only when the last was read.
        """
        if not self._statements or not self.bench.terms.enforced:
            return False
        firm = self._firm()
        rights = self.bench.terms.rights
        if rights is not None:
            known = {item.document for item in self._checked}
            firm = tuple(s for s in firm if not (rights.awaits_policy(s) and _is_to_come(s, known)))
        return self._decide(firm).verdict.withholds

    def _decide(self, statements: tuple[Statement, ...]) -> Outcome:
        return decide(statements, self.bench.terms, Occasion(self.now, self.url))

    def _firm(self) -> tuple[Statement, ...]:
        statements = self._settled()
        if self.stage is not _POLICY and not self.wants_body():
            return statements
        open_ended = {signal.name for signal in self.bench.settling_signals}
        if self.bench.listener.posture is Posture.LITERAL:
            return tuple(s for s in statements if s.signal not in open_ended)
        asking = {signal.name for signal in self.bench.settling_signals if signal.read_challenge}
        # A field that could not be followed may yet be answered by the body itself (C2PA), and the body of a refusal
        # may say what is asked.
        return tuple(
            s
            for s in statements
            if s.carrier != "header"
            or s.signal not in open_ended
            or (s.stance is not Stance.UNDETERMINED and s.signal not in asking)
        )

    def _settled(self) -> tuple[Statement, ...]:
        """The statements with each standard's own precedence applied."""
        statements = self._statements
        for signal in self.bench.settling_signals:
            own = tuple(s for s in statements if s.signal == signal.name)
            if own and signal.settle is not None:
                others = tuple(s for s in statements if s.signal != signal.name)
                statements = others + signal.settle(own, self.bench.listener.posture)
        terms = {statement.policy_url: statement for statement in self._terms}
        return tuple(with_terms(s, terms) for s in statements) if terms else statements

    def _decided(self) -> Outcome:
        if self._outcome is None:
            self._outcome = self._decide(self._settled())
        return self._outcome

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
        outcome = self._decided() if self._statements else self.bench.silence
        if self._imposed and not outcome.enforced:
            outcome = replace(outcome, enforced=True)
        received = self.received
        if received is not None and self.sha256 is None and outcome.admits:
            received = None  # a part of what streams on, of which a body record tells
        exchange = (
            self.final_url,
            self.policy.name,
            self.status,
            self.content,
            self.authenticated,
            self.media_type,
            received,
            self.sha256,
            self.cached,
            self.hops,
            None if self._works is None else self._works.value,
        )
        checked = self.policy.checked + self._checked if self._checked else self.policy.checked
        url = self.hops[0] if self.hops else self.url
        moment = now or self.now
        return _new(Decision, (url, moment, self.stage, outcome, _new(Exchange, exchange), checked, self._faults, None))


def _kept(headers: Headers | list[tuple[str, str]]) -> tuple[Headers, str | None]:
    """The lines that are looked at, and what is said of those that are not."""
    lines = parted(headers)
    length = 0
    for number, (_, value) in enumerate(lines):
        length += len(value)
        if number == MAX_FIELDS or length > MAX_FIELD_TEXT:
            return tuple(lines[:number]), f"only the first {number} of {len(lines)} lines were read"
    return tuple(lines), None


def _is_to_come(statement: Statement, known: set[str]) -> bool:
    """True if the policy behind a statement will still be read; `known` are the documents that were looked for."""
    policy = policy_behind(statement)
    return policy is not None and policy.url not in known
