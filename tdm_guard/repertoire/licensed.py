"""
Licences for a part of a repertoire: which of the works at a URL are among those that an authorisation names.

    codes       of a work: it is licensed if every code it has, in the schemes that the works are listed by, is in there
    others      of people, societies and places license by themselves only where no works are listed by codes: a list of
                works names their creators too, who made others. Of people, all that the item may be of must be listed
    doubt       a name, a code's prefix or a likeness, and what others say beside codes, is for a person to decide

Codes of other schemes license nothing and stand in no way. An item with a listed code and one that is not listed may be
two works: what was hit by the first is licensed, the rest is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from tdm_guard.matched import Grant
from tdm_guard.repertoire.authorisation import Authorisation, Works
from tdm_guard.repertoire.declaration import Declaration
from tdm_guard.repertoire.hits import PEOPLE, WORKS, Pair, Weighed
from tdm_guard.repertoire.implied import declared, implied
from tdm_guard.repertoire.item import Item, normalise
from tdm_guard.repertoire.names import whole_name
from tdm_guard.repertoire.places import Place

HERE = "the works named in its file"
_CODED = frozenset(WORKS)
_CREATORS = (*PEOPLE, "creator_name")
MAX_WORDS = 2  # of the name of one person: three may be two people and a word between them, in whatever language
_BLANKS_PART = "\u058f"  # the last letter of the scripts that join no names without a blank: Latin to Armenian


class Listed(Protocol):
    """
    A list of values. `keys` are the match keys it holds; `find` takes pairs of key and normalised value and gives those
    that it holds, each with whether it is an exclude. `version` and `sha256` are of the file it was made from.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def keys(self) -> frozenset[str]: ...
    def find(self, pairs: Sequence[Pair]) -> Sequence[tuple[str, str, bool]]: ...


class Found(NamedTuple):
    """What of some pairs is among the works, each with where it is listed, and what is expressly not."""

    listed: Mapping[Pair, str]
    excluded: frozenset[Pair]

    def holds(self, pairs: Iterable[Pair]) -> bool:
        """True if one of `pairs`, which say the same, is listed and none is left out."""
        pairs = tuple(pairs)
        return self.excluded.isdisjoint(pairs) and any(pair in self.listed for pair in pairs)


class Share(NamedTuple):
    """
    What of one item is licensed.

    `whole`: whatever it was hit by; else what was hit by one of `hits` alone. `by` is what it is listed by.
    """

    by: Pair
    sure: bool = True
    whole: bool = True
    hits: frozenset[Pair] = frozenset()


class Licensed:
    """The works of one authorisation, whose scope they narrow. Raises `ValueError` for a value that is none."""

    __slots__ = ("_coded", "_declarations", "_holders", "_keys", "_lists", "_pairs", "authorisation")

    def __init__(self, authorisation: Authorisation, lists: Sequence[Listed] = ()) -> None:
        scope = authorisation.scope
        self.authorisation = authorisation.id
        self._declarations = frozenset(scope.declarations)
        self._holders = frozenset(map(whole_name, scope.rightsholders))
        self._pairs = frozenset(_entered(scope.works or Works()))
        self._lists = tuple(lists)
        self._keys = frozenset(key for key, _ in self._pairs).union(*(each.keys for each in self._lists))
        self._coded = not self._keys.isdisjoint(WORKS)

    @property
    def located(self) -> bool:
        """True if places are among the works."""
        return not self._keys.isdisjoint(("domain", "url_prefix"))

    def names(self, declaration: Declaration) -> bool:
        """True if the authorisation is for works of this declaration."""
        return declaration.id in self._declarations or whole_name(declaration.declarant.name) in self._holders

    def find(self, pairs: Iterable[Pair]) -> Found:
        """What of `pairs` is among the works: one query for each list."""
        asked = [pair for pair in dict.fromkeys(pairs) if pair[0] in self._keys]
        listed = {pair: HERE for pair in asked if pair in self._pairs}
        excluded: set[Pair] = set()
        for each in self._lists:
            told = f"{each.name}, version {each.version}, sha256 {each.sha256}"
            for key, value, out in each.find([pair for pair in asked if pair[0] in each.keys]):
                if out:
                    excluded.add((key, value))
                else:
                    listed.setdefault((key, value), told)
        return Found(listed, frozenset(excluded))

    def grant(self, share: Share | None, found: Found, hit: Pair) -> Grant | None:
        """What the authorisation grants for what was hit by `hit`."""
        if share is None or not (share.whole or hit in share.hits):
            return None
        by = hit if hit in share.hits else share.by
        where = next((found.listed[pair] for pair in same(*by) if pair in found.listed), HERE)
        return Grant(authorisation=self.authorisation, sure=share.sure, where=where, works=(" ".join(by),))

    def share(
        self, item: Item | None, place: Sequence[Pair], found: Found, said: Sequence[Sequence[Pair]] = ()
    ) -> Share | None:
        """What of an item is licensed, or of the `place` where it was found, if all places that it `said` are too."""
        keys = {} if item is None else item.keys
        spoken = [
            (key, value)
            for key in WORKS
            for value in keys.get(key, ())
            if not self._keys.isdisjoint(k for k, _ in same(key, value))
        ]
        good = [pair for pair in spoken if found.holds(same(*pair))]
        hidden = item is not None and any(key in self._keys for key in item.partial if key in _CODED)
        beside = [pair for pair in asked_of(item, place) if pair[0] not in _CODED]
        left_out = not found.excluded.isdisjoint(beside)
        if good:
            hits = frozenset(each for pair in good for each in same(*pair))
            return Share(good[0], whole=len(good) == len(spoken) and not hidden and not left_out, hits=hits)
        if spoken or hidden or left_out:
            return None
        if not self._coded and (by := _by_others(item, place, found, said)):
            return Share(by)
        weak = next((pair for pair in beside if pair in found.listed), None)
        return None if weak is None else Share(weak, sure=False)


def same(key: str, value: str) -> Iterator[Pair]:
    """A code and what says the same in other schemes."""
    yield key, value
    if key in _CODED:
        yield from (pair for pair in implied({key: (value,)}) if pair[0] in _CODED)


def asked_of(item: Item | None, place: Sequence[Pair]) -> Iterator[Pair]:
    """All that an item may be listed by."""
    if item is not None:
        yield from ((key, value) for key, values in item.keys.items() for value in values)
        yield from implied(item.keys)
    yield from place


def shared(grants: Sequence[Sequence[Grant]]) -> tuple[Grant, ...]:
    """What is granted for all of several works, each with what is granted for it; in doubt if one is."""
    first, *rest = grants
    for others in rest:
        by_id = {each.authorisation: each for each in others}
        first = [_both(each, by_id[each.authorisation]) for each in first if each.authorisation in by_id]
    return tuple(first)


def _both(one: Grant, other: Grant) -> Grant:
    works = tuple(dict.fromkeys(one.works + other.works))
    return one._replace(sure=one.sure and other.sure, works=works)


def _by_others(item: Item | None, place: Sequence[Pair], found: Found, said: Sequence[Sequence[Pair]]) -> Pair | None:
    """What licenses an item that no code of a work does: all its creators, all its societies, or where it stands."""
    if item is not None:
        keys = item.keys
        if by := _by_people(item, found):
            return by
        societies = keys.get("society", ())
        if societies and "society" not in item.partial and all(("society", name) in found.listed for name in societies):
            return "society", societies[0]
    if not all(any(pair in found.listed for pair in each) for each in said):
        return None
    return next((pair for pair in place if pair in found.listed), None)


def _by_people(item: Item, found: Found) -> Pair | None:
    """The code of a creator, if each that the item has is listed and its names can be of no more people than these."""
    codes = [(key, value) for key in PEOPLE for value in item.keys.get(key, ())]
    if not all(pair in found.listed for pair in codes) or any(key in item.partial for key in _CREATORS):
        return None
    names = item.keys.get("creator_name", ())
    if not all(map(_of_one, names)):
        return None
    people = max(len(item.keys.get(key, ())) - item.joined.count(key) for key in _CREATORS)
    return next((pair for pair in codes if len(item.keys[pair[0]]) >= people), None)


def _of_one(name: str) -> bool:
    """True if a folded name can only be of one person."""
    return len(name.split()) <= MAX_WORDS and max(name) <= _BLANKS_PART


def _entered(works: Works) -> Iterator[Pair]:
    for key, values in works.match.items():
        for raw in values:
            value = normalise(key, raw)
            if value is None:
                raise ValueError(f"{raw!r} is no usable {key}")
            yield from declared(key, value)


class Grants:
    """What authorisations grant for the items found at an address; one look-up serves them all."""

    def __init__(self, licensed: Sequence[Licensed], items: Sequence[Item], url: str | None) -> None:
        self._licensed = licensed
        self._items = items
        self._url = url
        self._place: tuple[Pair, ...] | None = None
        self._found: dict[int, Found] = {}
        self._shares: dict[tuple[int, int], Share | None] = {}

    def given(self, declaration: Declaration, item: Item | None, hits: Sequence[Weighed]) -> tuple[Weighed, ...]:
        """`hits` of a declaration on one of the items, each with what is granted for it."""
        naming = [number for number, each in enumerate(self._licensed) if each.names(declaration)]
        if not naming:
            return tuple(hits)
        found: list[Weighed] = []
        for weighed in hits:
            pair = (weighed.hit.key, weighed.hit.value)
            grants = (self._grant(number, item, pair) for number in naming)
            found.append(weighed._replace(grants=tuple(grant for grant in grants if grant is not None)))
        return tuple(found)

    def _grant(self, number: int, item: Item | None, hit: Pair) -> Grant | None:
        licensed, place = self._licensed[number], self._here()
        if number not in self._found:
            pairs = [pair for each in self._items for pair in asked_of(each, ())]
            if licensed.located:
                pairs += [pair for each in self._items for said in _said(each) for pair in said]
            self._found[number] = licensed.find((*pairs, *place))
        found, key = self._found[number], (number, id(item))
        if key not in self._shares:
            said = _said(item) if licensed.located else ()
            self._shares[key] = licensed.share(item, place, found, said)
        return licensed.grant(self._shares[key], found, hit)

    def _here(self) -> tuple[Pair, ...]:
        if self._place is None:
            self._place = located(self._url) if self._url is not None else ()
        return self._place


def _said(item: Item | None) -> tuple[tuple[Pair, ...], ...]:
    """For each place where an item says it stands, or else what contains it, the pairs by which it may be listed."""
    if item is None:
        return ()
    said = tuple(map(located, item.urls or item.within))
    return (*said, ()) if "url" in item.partial else said  # one that cannot be read is nowhere listed


def located(url: str) -> tuple[Pair, ...]:
    """The pairs by which the place of a URL may be listed."""
    place = Place.of(url)
    if place is None:
        return ()
    prefixes = (("url_prefix", each) for each in place.prefixes())
    return (*prefixes, *(("domain", each) for each in place.domains()))
