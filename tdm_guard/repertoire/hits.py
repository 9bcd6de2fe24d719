"""
Weighing what was hit: which of a declaration's hits on one item count, and which leave a doubt.

    work type    a known, different type of work defeats name, prefix and location, never an identifier or a society
    excludes     free what they name, and nothing else
    strength     where a strong key hits, weak ones add no doubt: they are only told beside it
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tdm_guard.matched import Grant
from tdm_guard.repertoire.declaration import Declaration
from tdm_guard.repertoire.item import KEYS, Item, Strength

Pair = tuple[str, str]

WORKS = ("iswc", "isrc", "isbn", "issn", "doi", "isan", "eidr", "gtin", "isrd", "registry_id", "iscc")
PEOPLE = ("creator_ipi", "creator_isni")
_DEFEATED = (Strength.NAME, Strength.PREFIX, Strength.LOCATION)
# A recording or a film carries a musical work and its words; sleeve art is an image, words are a text.
_CARRIED = {
    "sound_recording": {"sound_recording", "musical_work", "lyrics"},
    "audiovisual": {"audiovisual", "musical_work", "lyrics"},
    "artwork": {"artwork", "image"},
    "lyrics": {"lyrics", "text"},
}
_WEAK = {
    "creator_name": "only a creator's name matches, which several people may bear",
    "publisher": "only a publisher's name matches, which several firms may bear",
    "label": "only a label's name matches, which several firms may bear",
    "isrc_registrant": "only the registrant in an ISRC matches: who issued it, not who owns the recording now",
    "isbn_registrant": "only the registrant in an ISBN matches: who issued it, not who owns the book now",
    "iscc_similar": "only what is alike in an ISCC matches: content like this, not this file",
    "doi_prefix": "only the prefix of a DOI matches: who registered it, not who owns the work now",
}
_EXCLUDED = "every creator named is excluded from the declaration"


class Hit(NamedTuple):
    """
    A value that a declaration matches or excludes; `list` is name, version and digest of the list it stood in.

    `written` is a name as it stands in the declaration.
    """

    key: str
    value: str
    excluded: bool
    list: tuple[str, str, str] | None = None
    written: str | None = None

    @property
    def strength(self) -> Strength:
        return KEYS[self.key].strength


class Weighed(NamedTuple):
    """
    A hit that counts, why it leaves a doubt, the weaker keys that hit too, and how its item was repaired.

    `grants`: the authorisations for a part of the repertoire that its work is in.
    """

    hit: Hit
    doubt: str | None
    also: tuple[str, ...] = ()
    repair: str | None = None
    grants: tuple[Grant, ...] = ()


def weigh(declaration: Declaration, item: Item | None, hits: Sequence[Hit]) -> tuple[Weighed, ...]:
    """What counts of a declaration's `hits` on one item, or on a place of which no item is known."""
    matched = [hit for hit in hits if not hit.excluded]
    if not matched:
        return ()
    if item is not None and not _of_its_type(declaration.work_types, item.type):
        matched = [hit for hit in matched if hit.strength not in _DEFEATED]
    doubtful = False
    if len(matched) < len(hits):
        excluded = {(hit.key, hit.value) for hit in hits if hit.excluded}
        matched, doubtful = _freed(matched, excluded, item)
    return tuple(_strongest(matched, doubtful=doubtful))


def _of_its_type(declared: tuple[str, ...], kind: str | None) -> bool:
    return kind is None or not declared or not _CARRIED.get(kind, {kind}).isdisjoint(declared)


def _freed(matched: list[Hit], excluded: set[Pair], item: Item | None) -> tuple[list[Hit], bool]:
    """
    The hits that the excludes leave, and whether those of a society or a place have become doubtful.

    An excluded work is free but for other identifiers of works that are declared themselves. An excluded person is:
    where every creator is one, names and numbers of people no longer count, and what speaks for the work as a whole is
    doubtful. Where a name may be that of a creator who is not excluded, it stays.
    """
    matched = [hit for hit in matched if (hit.key, hit.value) not in excluded and not _spared(hit, excluded)]
    if item is None:
        return matched, False
    if any(_all_excluded(item, key, excluded) for key in WORKS):
        return [hit for hit in matched if hit.key in WORKS], False
    people = max(len(item.keys.get(key, ())) - item.joined.count(key) for key in (*PEOPLE, "creator_name"))
    unknown = any(key in item.partial for key in (*PEOPLE, "creator_name"))
    for key in PEOPLE:
        if _all_excluded(item, key, excluded) and len(item.keys[key]) >= people and not unknown:
            return [hit for hit in matched if hit.key not in (*PEOPLE, "creator_name")], True
    return matched, False


def _all_excluded(item: Item, key: str, excluded: set[Pair]) -> bool:
    values = item.keys.get(key, ())
    return bool(values) and key not in item.partial and all((key, value) in excluded for value in values)


def _spared(hit: Hit, excluded: set[Pair]) -> bool:
    """True if a publisher's ISBN prefix holds a longer one that is excluded."""
    return hit.key == "isbn_registrant" and any(k == hit.key and len(value) > len(hit.value) for k, value in excluded)


def narrowest(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The narrowest of the hits of one place, a URL prefix before a domain; none if that is an exclude."""
    nearest = max(hits, key=lambda hit: (hit.key == "url_prefix", len(hit.value), hit.excluded))
    return () if nearest.excluded else (nearest,)


def _strongest(hits: list[Hit], *, doubtful: bool) -> Iterator[Weighed]:
    """The strong hits if there are any, with the weak keys told beside them; else the weak ones, each in doubt."""
    if len(hits) > 1:
        hits = sorted(hits, key=lambda hit: _ORDER[hit.key])
    strong = [hit for hit in hits if hit.key not in _WEAK]
    if not strong:
        yield from (Weighed(hit, _WEAK[hit.key]) for hit in hits)
        return
    weak = tuple(dict.fromkeys(hit.key for hit in hits if hit.key in _WEAK))
    for hit in strong:
        sure = not doubtful or hit.strength is Strength.IDENTIFIER
        yield Weighed(hit, None if sure else _EXCLUDED, weak)


_ORDER = {key: place for place, key in enumerate(KEYS)}
