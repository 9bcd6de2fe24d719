"""
What is heard of a response's body, once its head was heard: a page, a feed, a file, or what a refusal brings.

What it says of works is matched with the declarations loaded; what a feed says of its items is for the origin to keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tdm_guard.decision import Checked, Match, Stage
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.http.media_type import UNKNOWN
from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.judging.body import hear, hear_challenge
from tdm_guard.judging.heard_page import Document
from tdm_guard.judging.hearing import Hearing
from tdm_guard.judging.pictures import of_pictures
from tdm_guard.judging.response import CHALLENGES, Announced
from tdm_guard.judging.unread import unread
from tdm_guard.model import Layer, Reading, Stance, Statement
from tdm_guard.policies.policy import Kept, OriginPolicy, Said
from tdm_guard.repertoire.item import Item
from tdm_guard.signals.shape import DocumentReading, Signal

LEARNED_FOR = timedelta(hours=24)  # what a feed says of its items is remembered as long as a policy at most
_, _, _BODY, _ASSET = Stage  # by these names: on Python 3.11 looking a member up on its class is slow
_MATCHES = (Match.MATCHED, Match.NOT_MATCHED, Match.UNMATCHABLE)  # the first that holds for one of the works counts


class ContentHearing(Hearing):
    """
    What the body of `final_url` says, under the policy of its origin.

    `content`: there is some to judge. `document` is the body that was heard, content-decoded; `learned` is what a feed
    said of its items. `remembers`: somebody will ask what the page `shows`, so that it is looked for with the body, off
    an event loop if need be.
    """

    final_url: str
    policy: OriginPolicy
    status: int | None = None
    content = False
    document: bytes | None = None
    learned: tuple[Kept, ...] = ()
    remembers = False
    _looked: tuple[bytes, Sequence[bytes] | None] | None = None
    _shown: tuple[tuple[Document, ...], tuple[Statement, ...]] = ((), ())
    _shows: tuple[tuple[str, ...], tuple[Statement, ...]] | None = None
    _kind = UNKNOWN
    _held: Format | None = None
    works: Match | None = None

    @property
    def shows(self) -> tuple[tuple[str, ...], tuple[Statement, ...]]:
        """The pictures of a page, and what it says of them."""
        if self._shows is None:
            self._shows = self._of_pictures()
        return self._shows

    def _of_pictures(self) -> tuple[tuple[str, ...], tuple[Statement, ...]]:
        pages, statements = self._shown
        said = of_pictures(statements, self.bench) if statements else ()
        urls = tuple(url for page in pages for url in page.pictures()) if said else ()
        return (urls, said) if urls else ((), ())

    def look(self, body: bytes) -> Sequence[bytes] | None:
        """The beginnings of the tags of a page that may speak, None for any; whoever asks again is told the same."""
        if self._looked is None or self._looked[0] is not body:
            self._looked = (body, self.bench.scanner.openings(body))
        return self._looked[1]

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
            self.content = about.content or about.hear_first(body)
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
        pictures = bool(self._statements) and bool(of_pictures(self._statements, self.bench))
        heard = hear(self.bench, about, body, kind, complete=complete, pictures=pictures, look=self.look)
        self.stage = _BODY if heard.format is None else _ASSET
        self._held = heard.format
        if heard.problem and heard.format is None and self.bench.asset_signals:  # nothing of it, but it is a file
            self._held = about.file
        self.document = heard.document
        self._add(heard.reading)
        if heard.items:
            self._hear_works(heard.items)
        if heard.shown:
            self._shown = (heard.shown, self._statements)
            self._shows = self._of_pictures() if self.remembers else None
        for signal, feed in heard.feed:
            self._hear_feed(signal, feed)
        if heard.problem:
            self._body_unread(about, heard.problem)

    def _hear_feed(self, signal: Signal, feed: DocumentReading) -> None:
        """What a feed says of itself counts here; what it says of its items is for the origin to remember."""
        self._add(Reading((), feed.faults))
        if feed.site is not None:
            self._add(feed.site.says(self.policy.target(self.final_url)))
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

    def hear_beginning(self, prefix: bytes, *, ended: bool = False) -> bool:
        """
        True if a prefix of the body already reserves, so that the rest need not be received.

        The reservation is then heard; nothing else of the prefix is. `ended`: the transfer was ended on its account,
        before the status was known.
        """
        about = self._about
        if about is None or not self.bench.terms.enforced or self._body_heard:
            return False
        self.content = about.hear_first(prefix)
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

    def _hear_works(self, items: Sequence[Item], url: str | None = None) -> None:
        """What declarations over a repertoire say of `items`, and of what stands at `url`."""
        heard = self.bench.says_of_works(url, items, self.now, at=self.url)
        if self.works is None or _MATCHES.index(heard.state) < _MATCHES.index(self.works):
            self.works = heard.state
        if not heard.statements:
            return
        known = {(s.source, s.locator, str(s.match)) for s in self._statements if s.layer is Layer.REPERTOIRE}
        self._add(Reading(tuple(s for s in heard.statements if (s.source, s.locator, str(s.match)) not in known)))
