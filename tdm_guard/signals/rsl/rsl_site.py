"""
A licence document in force: which of its contents speak of a URL (RSL 1.0 3.3), and the statements they make.

strategy: the contents' patterns stand in an index, and what a set of matching contents comes to is worked out once and
kept, since the pages of a site fall under few sets.
"""

from __future__ import annotations

import math
import re
from functools import partial
from typing import Any, NamedTuple

from tdm_guard.errors import UnsupportedURL
from tdm_guard.formats.rsl.rsl_vocabulary import Content, Flaw, RslDocument
from tdm_guard.formats.site.path_pattern import PathPattern, TooMuchWork
from tdm_guard.formats.site.pattern_index import PatternIndex
from tdm_guard.model import NOTHING, Kind, Reading, Source, Stance, Statement
from tdm_guard.origin import Origin
from tdm_guard.signals.rsl.rsl_answer import Rank, RslAnswer, answer, doubt, doubted
from tdm_guard.signals.rsl.rsl_terms import RELATIVE, UNKNOWN, ContentTerms, Words, compile_content
from tdm_guard.signals.shape import Listener
from tdm_guard.signals.shared.repairs import join
from tdm_guard.signals.shared.too_much import too_much
from tdm_guard.usage import EVERY, Usage

NAME = "rsl"
NOT_UNDERSTOOD = "words that may refuse it are not understood"
MAX_REMEMBERED = 50_000  # contents in the sets whose outcome is kept, all sets together
MAX_COVERING = 256  # contents that may cover one URL; with more no licence can be made out (4.3)

_AUTHORITY = re.compile(r"(?i)(?:[a-z][a-z0-9+.-]*:)?//[^/?#]*")
_SCHEME = re.compile(r"(?i)[a-z][a-z0-9+.-]*:")


class Manner(NamedTuple):
    """
    How a document is heard: what authorisations call it, whether its grants count, the repair by which it was found.

    `prefix` stands before its locators, where it is part of another document. `cautious`: repairs are applied.
    """

    policy_url: str | None = None
    refusals_only: bool = False
    repair: str | None = None
    prefix: str = ""
    cautious: bool = True


class Scoped(NamedTuple):
    """
    A content element: what it covers, or without a pattern all that declares the document; its terms; its own words.

    Terms stand in the site's table, where contents that say the same share them. `meant` are those of the element as
    it seems to be meant.
    """

    pattern: PathPattern | None
    terms: int
    locator: str
    excerpt: str
    repair: str | None = None
    meant: int = -1


Ordered = tuple[tuple[tuple[int, ...], ...], ...]  # places of contents by rank and level


class LicenceSite:
    """What one licence document says about the URLs of one origin, to one operator."""

    __slots__ = (
        "_always",
        "_answered",
        "_fatal",
        "_index",
        "_manner",
        "_places",
        "_remembered",
        "_said",
        "_scoped",
        "_source",
        "_terms",
    )

    def __init__(
        self,
        source: Source,
        scoped: tuple[Scoped, ...],
        terms: tuple[ContentTerms, ...],
        fatal: Words | None,
        manner: Manner,
    ) -> None:
        self._source = source
        self._scoped = scoped
        self._terms = terms
        self._fatal = fatal
        self._manner = manner
        self._always = tuple(place for place, item in enumerate(scoped) if item.pattern is None)
        self._places = tuple(place for place, item in enumerate(scoped) if item.pattern is not None)
        self._index = PatternIndex([item.pattern for item in scoped if item.pattern is not None])
        self._said: dict[tuple[int, ...], Reading] = {}
        self._answered: dict[Any, dict[Usage, RslAnswer]] = {}
        self._remembered = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return LicenceSite, (self._source, self._scoped, self._terms, self._fatal, self._manner)

    def says(self, target: str) -> Reading:
        """What the document says of a path with its query, in the spelling of `formats.site.path_pattern.target`."""
        try:
            found = self._index.matching(target)
        except TooMuchWork as bound:
            return too_much(self._source, NAME, EVERY, bound)
        if not found and not self._always:
            return NOTHING
        said = self._said.get(found)
        if said is None:
            said = self._say(self._covering(found))
            self._remember(len(found) + 1)
            self._said[found] = said
        return said

    def assess(self, target: str) -> dict[Usage, RslAnswer]:
        """What the document says of a path usage by usage; empty if none of its contents covers it."""
        return self._assess(self._ordered(self._covering(self._index.matching(target))))

    def covers(self, target: str) -> bool:
        """True if one of its contents covers the path."""
        try:
            return bool(self._always or self._index.matching(target))
        except TooMuchWork:  # `hear` says so
            return True

    def all_at_once(self) -> Reading:
        """What the strictest of its contents say, for a document that holds the works of all of them."""
        heard: set[Usage] = set()
        strictest = []
        for place in range(len(self._scoped)):
            if len(heard) == len(EVERY):
                break
            for statement in self._say((place,)).statements:
                if statement.stance is Stance.RESERVED and not heard.issuperset(statement.usages):
                    heard.update(statement.usages)
                    strictest.append(statement)
        return Reading(tuple(strictest)) if strictest else NOTHING

    def _covering(self, found: tuple[int, ...]) -> tuple[int, ...]:
        return (*self._always, *[self._places[place] for place in found])

    def _remember(self, weight: int) -> None:
        self._remembered += weight
        if self._remembered > MAX_REMEMBERED:
            self._said.clear()
            self._answered.clear()
            self._remembered = weight

    def _ordered(self, places: tuple[int, ...]) -> Ordered:
        """The contents by the length of their patterns, longest first; an empty url is the page itself."""
        if len(places) == 1:
            return ((places,),)
        levels: dict[PathPattern | None, list[int]] = {}
        for place in places:
            levels.setdefault(self._scoped[place].pattern, []).append(place)
        ranks: dict[float, list[tuple[int, ...]]] = {}
        for pattern, level in levels.items():
            ranks.setdefault(pattern.octets if pattern else math.inf, []).append(tuple(level))
        return tuple(tuple(ranks[octets]) for octets in sorted(ranks, reverse=True))

    def _assess(self, ordered: Ordered) -> dict[Usage, RslAnswer]:
        scoped = self._scoped
        key = tuple(
            tuple(tuple((scoped[p].terms, scoped[p].repair, scoped[p].meant) for p in level) for level in rank)
            for rank in ordered
        )
        answers = self._answered.get(key)
        if answers is None:
            answers = self._work_out(ordered)
            self._remember(len(key))
            self._answered[key] = answers
        return answers

    def _work_out(self, ordered: Ordered) -> dict[Usage, RslAnswer]:
        """
        The answers to the letter, and what is added by contents that only a repair reads (`rsl-relative`), or by the
        document as it seems to be meant (`rsl-unknown-refusal`).

        Where a repair is not applied, what it would refuse is not granted either.
        """
        if sum(len(level) for rank in ordered for level in rank) > MAX_COVERING:
            words = self._terms[self._scoped[ordered[0][0][0]].terms].words
            return dict.fromkeys(EVERY, RslAnswer("unlicensed", Stance.RESERVED, words))
        places = [place for rank in ordered for level in rank for place in level]
        repairs = {self._scoped[place].repair for place in places}
        letter = self._ranks(ordered, frozenset())
        answers = self._answers(letter)
        if RELATIVE in repairs:
            self._add(answers, self._ranks(ordered, frozenset({RELATIVE})), RELATIVE)
        odd = UNKNOWN in repairs or any(self._scoped[place].meant >= 0 for place in places)
        meant = self._ranks(ordered, frozenset({RELATIVE, UNKNOWN}), meant=True) if odd else letter
        if odd:
            self._add(answers, meant, UNKNOWN)
        for usage, answered in answers.items():
            if answered.stance is Stance.PERMITTED and (words_of_doubt := doubt(meant, usage)):
                answers[usage] = doubted(answered, words_of_doubt)
        return answers

    def _add(self, answers: dict[Usage, RslAnswer], ranks: tuple[Rank, ...], repair: str) -> None:
        """What `ranks` refuse beyond `answers`; in the literal posture it only takes a grant back."""
        for usage, answered in self._answers(ranks, meant=repair == UNKNOWN).items():
            plain = answers.get(usage)
            if answered.stance is not Stance.RESERVED or (plain is not None and plain.stance is Stance.RESERVED):
                continue
            if self._manner.cautious:
                answers[usage] = answered._replace(repair=join(answered.repair, repair, key=str))
            else:
                answers[usage] = doubted(answered, answered.words)

    def _ranks(self, ordered: Ordered, repairs: frozenset[str], *, meant: bool = False) -> tuple[Rank, ...]:
        scoped, terms = self._scoped, self._terms
        ranks: list[Rank] = []
        for rank in ordered:
            levels = [
                [
                    terms[scoped[p].meant if meant and scoped[p].meant >= 0 else scoped[p].terms]
                    for p in level
                    if scoped[p].repair is None or scoped[p].repair in repairs
                ]
                for level in rank
            ]
            if any(levels):
                ranks.append(tuple(tuple(level) for level in levels if level))
        return tuple(ranks)

    def _answers(self, ranks: tuple[Rank, ...], *, meant: bool = False) -> dict[Usage, RslAnswer]:
        # what only seems to be meant is read for its refusals: that it is no valid licence refuses nothing more
        fatal = None if meant else self._fatal
        return {usage: answer(ranks, usage, fatal) for usage in EVERY} if ranks else {}

    def _say(self, places: tuple[int, ...]) -> Reading:
        ordered = self._ordered(places)
        groups: dict[tuple[Stance, Words, str | None], list[Usage]] = {}
        for usage, said in self._assess(ordered).items():
            silent = said.stance is Stance.UNSTATED and said.outcome != "out-of-scope"
            if not (silent or (said.stance is Stance.PERMITTED and self._manner.refusals_only)):
                groups.setdefault((said.stance, said.words, said.repair), []).append(usage)
        statements = tuple(self._statement(*group, tuple(usages), ordered) for group, usages in groups.items())
        return Reading(statements) if statements else NOTHING

    def _statement(
        self, stance: Stance, words: Words, repair: str | None, usages: tuple[Usage, ...], ordered: Ordered
    ) -> Statement:
        manner = self._manner
        locator, excerpt = self._place(words, ordered)
        return Statement.at(
            self._source,
            kind=Kind.PERMISSION if stance is Stance.PERMITTED else Kind.RESERVATION,
            doubt=NOT_UNDERSTOOD if stance is Stance.UNSTATED else None,
            signal=NAME,
            usages=usages,
            stance=stance,
            locator=manner.prefix + locator,
            excerpt=excerpt,
            rightsholder=words.rightsholder,
            policy_url=manner.policy_url,
            contact=words.contact,
            repair=join(repair, manner.repair, key=str) if repair or manner.repair else None,
        )

    def _holds(self, place: int, words: Words) -> bool:
        content = self._scoped[place]
        return self._terms[content.terms].holds(words) or (
            content.meant >= 0 and self._terms[content.meant].holds(words)
        )

    def _place(self, words: Words, ordered: Ordered) -> tuple[str, str]:
        """Where the words stand and how they read: those of the most specific content that has them."""
        if words is self._fatal:
            return words.locator, words.excerpt
        places = [place for rank in ordered for level in rank for place in level]
        owner = places[0]
        if len(places) > 1:
            owner = next((place for place in places if self._holds(place, words)), owner)
        content = self._scoped[owner]
        return content.locator + words.locator, words.excerpt or content.excerpt


def _is_meant_for_all(content: Content) -> bool:
    """Whether a content without a url refuses something, and nobody can tell what of: then it is all there is."""
    strays = content.meant.strays if content.meant else ()
    return any(licence.prohibits for licence in content.licences) or any(each.kind == "refusal" for each in strays)


def build(
    document: RslDocument, source: Source, origin: Origin, listener: Listener, manner: Manner, *, page: bool
) -> tuple[LicenceSite | None, tuple[Flaw, ...]]:
    """
    The site that a document makes on `origin`, and the contents that name nothing there.

    `page`: the channel sets the scope, so that an empty url is what declares the document (3.3.1).
    """
    scoped: list[Scoped] = []
    terms: dict[ContentTerms, int] = {}
    compiled = partial(compile_content, operator=listener.operator, cautious=listener.cautious)
    manner = manner._replace(cautious=listener.cautious)
    flaws: list[Flaw] = []
    for at, content in enumerate((*document.contents, *document.foreign)):
        url = content.url if content.url is not None or content.meant is None else content.meant.url
        scope = _scope(url or "", origin, page=page)
        repair = scope.repair
        if at >= len(document.contents) or (content.url is None and url is not None):
            repair = UNKNOWN
        if url is None and not page and listener.cautious and _is_meant_for_all(content):
            scope, repair = scope._replace(whole=True), UNKNOWN
        if scope.flaw and not (page and scope.flaw == "absolute-url"):
            flaws.append(Flaw(scope.flaw, content.locator, content.excerpt))
        if (scope.pattern or scope.whole) and (repair != RELATIVE or listener.cautious):
            number, meant = (
                -1 if each is None else terms.setdefault(compiled(each), len(terms))
                for each in (content, content.meant)
            )
            scoped.append(Scoped(scope.pattern, number, content.locator, content.excerpt[:500], repair, meant))
    fatal = document.fatal
    words = Words(fatal.locator, fatal.excerpt) if fatal else None
    return LicenceSite(source, tuple(scoped), tuple(terms), words, manner) if scoped else None, tuple(flaws)


class _Scope(NamedTuple):
    """What a content's url covers: a pattern, or `whole`, all that declares the document; else nothing."""

    pattern: PathPattern | None = None
    whole: bool = False
    flaw: str | None = None
    repair: str | None = None


def _scope(url: str, origin: Origin, *, page: bool) -> _Scope:
    text = url.strip().partition("#")[0]
    if not text:
        return _Scope(whole=True) if page else _Scope(flaw="empty-url")
    if text.startswith("*") or (text.startswith("/") and not text.startswith("//")):
        return _Scope(PathPattern.parse(text))
    if found := _AUTHORITY.match(text):
        absolute = f"{origin.scheme}:{text}" if text.startswith("/") else text
        if not _is_of(absolute, origin):
            return _Scope(flaw="other-origin")
        rest = text[found.end() :]
        return _Scope(PathPattern.parse(rest if rest.startswith("/") else f"/{rest}"), flaw="absolute-url")
    if _SCHEME.match(text):
        return _Scope(flaw="other-origin")
    return _Scope(PathPattern.parse("/" + text.removeprefix("./")), flaw="relative-url", repair=RELATIVE)


def _is_of(url: str, origin: Origin) -> bool:
    try:
        return Origin.parse(url) == origin
    except UnsupportedURL:
        return False
