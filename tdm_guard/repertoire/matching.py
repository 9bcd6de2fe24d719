"""
Matching: which declarations speak of the works at a URL, and how surely.

strategy: all that is known of an item becomes (key, value) pairs in their one spelling; one look-up per pair in the
index of what was declared, and one call per list, gives the hits; per declaration and item the hits are then weighed:
the type of work, what the declaration excludes, and the strongest hits. A statement stands for each of these.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tdm_guard.decision import Match
from tdm_guard.errors import ConfigurationError
from tdm_guard.model import Statement
from tdm_guard.operator import Operator
from tdm_guard.origin import Origin
from tdm_guard.repertoire.declaration import Declaration
from tdm_guard.repertoire.hits import Hit, Pair, Weighed, narrowest, weigh
from tdm_guard.repertoire.implied import declared, implied
from tdm_guard.repertoire.item import KEYS, Doubt, Item, Strength, is_address, normalise
from tdm_guard.repertoire.licensed import Grants, Licensed, Listed, shared
from tdm_guard.repertoire.places import Place
from tdm_guard.repertoire.statements import Copying, doubts, statement, unmatched
from tdm_guard.repertoire.undeclared import NAMES, may_be_named, telling_words, usable
from tdm_guard.usage import Usage, expand

if TYPE_CHECKING:
    from tdm_guard.formats.page.schema_loose import Loose

MAX_STATEMENTS = 20  # of one declaration; a page of 500 recordings of one label says the same 500 times


class HeardWorks(NamedTuple):
    """What the declarations say, and whether anything could be matched at all."""

    statements: tuple[Statement, ...] = ()
    state: Match = Match.UNMATCHABLE


_NOTHING = HeardWorks()


class Lookup(Listed, Protocol):
    """A list of values that adds to the match keys and excludes of one declaration; picklable."""

    @property
    def declaration(self) -> str: ...


class Query(NamedTuple):
    """What one item may be matched by, and where it is: for each place what it may have been declared by."""

    item: Item | None
    pairs: tuple[Pair, ...]
    places: tuple[tuple[Pair, ...], ...]

    @property
    def all(self) -> Iterator[Pair]:
        """Every pair to look up."""
        yield from self.pairs
        for place in self.places:
            yield from place


class Repertoire:
    """
    Declarations and lists, indexed by what they match, and the works that are licensed in part.

    Raises `ConfigurationError` for two declarations of one id, a value that nothing can be matched by, and a list of
    an unknown declaration.
    """

    __slots__ = (
        "_declarations", "_index", "_keys", "_licensed", "_lists", "_lists_names", "_lists_prefixes", "_located",
        "_prefixed", "_telling",
    )  # fmt: skip

    def __init__(
        self, declarations: Iterable[Declaration], lists: Iterable[Lookup] = (), licensed: Iterable[Licensed] = ()
    ) -> None:
        self._declarations = tuple(declarations)
        self._licensed = tuple(licensed)
        self._index: dict[Pair, tuple[tuple[int, Hit], ...]] = {}
        problems: list[str] = []
        numbers: dict[str, int] = {}
        for number, declaration in enumerate(self._declarations):
            if declaration.id in numbers:
                problems.append(f"two declarations have the id {declaration.id!r}; ids must differ")
            numbers[declaration.id] = number
            problems += self._enter(number, declaration.match, excluded=False)
            problems += self._enter(number, declaration.excludes, excluded=True)
        self._lists: list[tuple[int, Lookup]] = []
        for each in lists:
            if each.declaration in numbers:
                self._lists.append((numbers[each.declaration], each))
            else:
                problems.append(f"{each.name}: the declaration it is for, {each.declaration!r}, is not loaded")
        if problems:
            raise ConfigurationError(*problems)
        self._keys = frozenset(key for key, _ in self._index).union(*(each.keys for _, each in self._lists))
        self._located = not self._keys.isdisjoint(("domain", "url_prefix"))
        self._prefixed = {Origin.parse(value).host for key, value in self._index if key == "url_prefix"}
        self._telling = telling_words(value for key, value in self._index if key in NAMES)
        self._lists_names = any(not each.keys.isdisjoint(NAMES) for _, each in self._lists)
        self._lists_prefixes = any("url_prefix" in each.keys for _, each in self._lists)

    def _enter(self, number: int, table: Mapping[str, tuple[str, ...]], *, excluded: bool) -> Iterator[str]:
        """Enters the values of a declaration; gives a problem for each that is unusable."""
        for key, values in table.items():
            for raw in values:
                value = normalise(key, raw) if key in KEYS else None
                if value is None:
                    yield f"{self._declarations[number].id}: {raw!r} is no usable {key} (form or check digit)"
                    continue
                written = _written(key, raw, value)
                for pair in declared(key, value):
                    entered = self._index.get(pair, ())
                    self._index[pair] = (*entered, (number, Hit(*pair, excluded=excluded, written=written)))

    def says(
        self,
        url: str | None,
        items: Sequence[Item],
        *,
        now: datetime,
        operator: Operator | None = None,
        machine_readable_only: bool = False,
        at: str | None = None,
    ) -> HeardWorks:
        """
        What the declarations in force at `now` say of `items`, and of what stands at `url` (None: leave the place out).

        Each item is matched by itself. What says `machine_readable_only` is the option `repertoire_forms`; `at` is
        where the items were found, which may be licensed.
        """
        place = self._places(url) if url is not None else ()
        if not (items or place):
            return _NOTHING
        state = Match.NOT_MATCHED if any(item.matchable for item in items) else Match.UNMATCHABLE
        queries = [self._query(item, place) for item in items] or [Query(None, (), (place,))]
        found = self._find(dict.fromkeys(pair for query in queries for pair in query.all))
        if not found:
            return HeardWorks((), state)
        copying = Copying(
            now.astimezone(UTC).date(), operator.country if operator is not None else None, machine_readable_only
        )
        heard: dict[int, dict[Hashable, Weighed]] = {}
        grants = Grants(self._licensed, items, at or url) if self._licensed else None
        for query in queries:
            for number, hits in _by_declaration(found, query).items():
                declaration = self._declarations[number]
                if declaration.in_force(copying.day):
                    weighed = weigh(declaration, query.item, hits)
                    if query.item is not None and (repair := query.item.repair):
                        weighed = tuple(each._replace(repair=repair) for each in weighed)
                    if grants is not None and weighed:
                        weighed = grants.given(declaration, query.item, weighed)
                    _gather(heard.setdefault(number, {}), weighed)
        statements = tuple(
            each for number, hits in heard.items() for each in self._statements(number, hits.values(), copying)
        )
        return HeardWorks(statements, Match.MATCHED if statements else state)

    def is_silent_on(self, works: Loose) -> bool:
        """True only if nothing that `works` say is declared, in whichever of them it stands, and none is at fault."""
        codes = usable(works.codes)
        if codes is None or not all(map(is_address, works.urls)):
            return False
        pairs = [(key, value) for key, values in codes.items() for value in values]
        pairs += [pair for pair in implied(codes) if pair[0] in self._keys]
        if self._lists_names:
            names = usable(dict.fromkeys(NAMES, works.names))
            if names is None:
                return False
            pairs += [(key, value) for key, values in names.items() for value in values]
        elif may_be_named(works.names, self._telling):
            return False
        for url in works.urls if self._located else ():
            pairs += self._places(url)
        return not self._find(dict.fromkeys(pairs))

    def unmatched(self, about: Sequence[Doubt], now: datetime) -> tuple[Statement, ...]:
        """What stands for the doubts about a caller's item, for the usages of the declarations in force at `now`."""
        day = now.astimezone(UTC).date()
        usages = {usage for each in self._declarations if each.in_force(day) for usage in expand(each.usages)}
        return unmatched(about, tuple(usage for usage in Usage if usage in usages)) if usages else ()

    def _places(self, url: str) -> tuple[Pair, ...]:
        """The pairs by which the place `url` may have been declared."""
        place = Place.of(url) if self._located else None
        if place is None:
            return ()
        pairs: list[Pair] = []
        if place.origin.host in self._prefixed or self._lists_prefixes:
            pairs += [("url_prefix", prefix) for prefix in place.prefixes()]
        if "domain" in self._keys:
            pairs += [("domain", domain) for domain in place.domains()]
        return tuple(pairs)

    def _query(self, item: Item, place: tuple[Pair, ...]) -> Query:
        """What an item may be matched by, which was found at `place` and may name other places itself."""
        pairs = [(key, value) for key, values in item.keys.items() for value in values]
        pairs += [pair for pair in implied(item.keys) if pair[0] in self._keys]
        return Query(item, tuple(pairs), (place, *map(self._places, item.urls)))

    def _find(self, pairs: Mapping[Pair, None]) -> dict[Pair, tuple[tuple[int, Hit], ...]]:
        """The hits of each pair that hits at all, with the numbers of their declarations."""
        index = self._index
        found = {pair: index[pair] for pair in pairs if pair in index}
        for number, each in self._lists:
            asked = [pair for pair in pairs if pair[0] in each.keys]
            for key, value, excluded in each.find(asked) if asked else ():
                hit = Hit(key, value, excluded=excluded, list=(each.name, each.version, each.sha256))
                found[key, value] = (*found.get((key, value), ()), (number, hit))
        return found

    def _statements(self, number: int, hits: Iterable[Weighed], copying: Copying) -> Iterator[Statement]:
        """The statements of a declaration; beyond the bound one that says how many more there are."""
        declaration = self._declarations[number]
        standing = tuple(doubts(declaration, copying))
        ordered = sorted(hits, key=lambda weighed: (bool(weighed.doubt), bool(weighed.grants)))
        for weighed in ordered[:MAX_STATEMENTS]:
            yield statement(declaration, weighed, standing)
        if rest := ordered[MAX_STATEMENTS:]:
            # spelled so that no review can name it
            hit = rest[0].hit._replace(value=f"…and {len(rest)} more", written=None)
            grants = shared([weighed.grants for weighed in rest])
            yield statement(declaration, rest[0]._replace(hit=hit, grants=grants), standing)


def _written(key: str, raw: str, value: str) -> str | None:
    """A name as a declaration has it, which its one spelling for comparing would misspell to a reader."""
    name = " ".join(raw.split())
    return name if KEYS[key].strength in (Strength.NAME, Strength.AFFILIATION) and name != value else None


def _by_declaration(found: Mapping[Pair, tuple[tuple[int, Hit], ...]], query: Query) -> dict[int, list[Hit]]:
    """The hits of one query per declaration; of each place only what is narrowest."""
    hits: dict[int, list[Hit]] = {}
    for pair in dict.fromkeys(query.pairs):
        for number, hit in found.get(pair, ()):
            hits.setdefault(number, []).append(hit)
    for place in dict.fromkeys(query.places):
        here: dict[int, list[Hit]] = {}
        for pair in place:
            for number, hit in found.get(pair, ()):
                here.setdefault(number, []).append(hit)
        for number, each in here.items():
            hits.setdefault(number, []).extend(narrowest(each))
    return hits


def _gather(known: dict[Hashable, Weighed], found: Iterable[Weighed]) -> None:
    """
    Adds what an item was matched by; of two equal hits the one without doubt stays.

    Hits of works that are licensed differently stay apart: what frees one frees no other.
    """
    for weighed in found:
        grants = weighed.grants
        pair = (weighed.hit.key, weighed.hit.value, tuple((grant.authorisation, grant.sure) for grant in grants))
        before = known.get(pair)
        if before is None or before.doubt is not None:
            known[pair] = weighed
        if before is not None and grants:
            known[pair] = known[pair]._replace(grants=shared([before.grants, grants]))
