"""
Items: what is known of a work at a URL, in the vocabulary that declarations are matched by.

    item     = mapping of a key to a text or a list of texts; `contains` is a list of items
    layers   = the item and all that it contains, each matched by itself: the work in a recording, a picture in a page

Values are brought to one spelling per key (`normalise`), the same for items, declarations and lists. A value that
cannot be used, such as one with a wrong check digit, is a fault in its place and matches nothing. Several codes in one
value are each matched, those that cannot be used noted; several names are matched in parts beside the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import NamedTuple, Self

from tdm_guard.formats import identifiers, several
from tdm_guard.formats.iscc import iscc
from tdm_guard.formats.registry_codes import isrd, registry_id
from tdm_guard.model import Fault, Source
from tdm_guard.repertoire import names, places
from tdm_guard.repertoire.table import is_url
from tdm_guard.repertoire.words import WORK_TYPES

SIGNAL = "repertoire"
MAX_DEPTH = 8  # a series, a book, a chapter, its pictures: no catalogue nests deeper
MAX_ITEMS = 500  # layers of one item: a long track list with recording and work of each
MAX_VALUES = 100  # of one key: the authors of a large collaboration are told apart by their identifiers
MAX_LENGTH = 1_000  # characters of a value; names and URLs stay far below
MAX_FAULTS = 100  # kept of one item
MAX_DOUBTS = 20  # told of one item, beside the first of each key; the faults name more


class Strength(StrEnum):
    """How surely a matched key speaks of a work, the surest first; the last three are for a person to judge."""

    IDENTIFIER = "identifier"
    AFFILIATION = "affiliation"
    LOCATION = "location"
    PREFIX = "prefix"
    SIMILARITY = "similarity"
    NAME = "name"


class Key(NamedTuple):
    """A key of the vocabulary: how surely it speaks, and its one spelling."""

    strength: Strength
    normalise: Callable[[str], str | None]


KEYS = {
    "iswc": Key(Strength.IDENTIFIER, identifiers.iswc),
    "isrc": Key(Strength.IDENTIFIER, identifiers.isrc),
    "isbn": Key(Strength.IDENTIFIER, identifiers.isbn),
    "issn": Key(Strength.IDENTIFIER, identifiers.issn),
    "doi": Key(Strength.IDENTIFIER, identifiers.doi),
    "isan": Key(Strength.IDENTIFIER, identifiers.isan),
    "eidr": Key(Strength.IDENTIFIER, identifiers.eidr),
    "gtin": Key(Strength.IDENTIFIER, identifiers.gtin),
    "isrd": Key(Strength.IDENTIFIER, isrd),
    "registry_id": Key(Strength.IDENTIFIER, registry_id),
    "iscc": Key(Strength.IDENTIFIER, iscc),
    "creator_ipi": Key(Strength.IDENTIFIER, identifiers.ipi),
    "creator_isni": Key(Strength.IDENTIFIER, identifiers.isni),
    "society": Key(Strength.AFFILIATION, names.fold_letters),
    "domain": Key(Strength.LOCATION, places.domain),
    "url_prefix": Key(Strength.LOCATION, places.url_prefix),
    "isrc_registrant": Key(Strength.PREFIX, identifiers.isrc_registrant),
    "isbn_registrant": Key(Strength.PREFIX, identifiers.isbn_registrant),
    "doi_prefix": Key(Strength.PREFIX, identifiers.doi_prefix),
    "iscc_similar": Key(Strength.SIMILARITY, iscc),
    "creator_name": Key(Strength.NAME, names.fold_name),
    "publisher": Key(Strength.NAME, names.fold_name),
    "label": Key(Strength.NAME, names.fold_name),
}
_DECLARED_ONLY = frozenset({"domain", "url_prefix", "isrc_registrant", "isbn_registrant", "doi_prefix", "iscc_similar"})
_TYPE, _TITLE, _URL, CONTAINS = "type", "title", "url", "contains"
_VALUED = (*(key for key in KEYS if key not in _DECLARED_ONLY), _URL)
_NAMED = frozenset(key for key, (strength, _) in KEYS.items() if strength in (Strength.NAME, Strength.AFFILIATION))
_UNDECLARED = {"": ("",)}
ITEM_KEYS = (_TYPE, _TITLE, *_VALUED, CONTAINS)  # a title matches nothing, since many works bear the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    One layer of what is at a URL. `keys` holds the usable values in their one spelling, `urls` where it says it stands,
    and `within` where what contains it says so.

    `partial` names the keys of which some value could not be used, so that not all is known of them; `joined` those of
    values that stand beside the parts they may be joined of, once for each. `repair` is the code of a repair without
    which it would not have been read.
    """

    type: str | None = None
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    repair: str | None = None
    source: Source

    @classmethod
    def undeclared(cls, source: Source) -> Self:
        """One that stands for works of which nothing is declared: something is known of it, and matches nothing."""
        return cls(keys=_UNDECLARED, source=source)

    @property
    def matchable(self) -> bool:
        """True if it says something that a declaration can be matched by."""
        return bool(self.keys)


def normalise(key: str, raw: str) -> str | None:
    """The one spelling of a value of `key` (an entry of `KEYS`); None if nothing can be matched by it."""
    return KEYS[key].normalise(raw) or None if len(raw) <= MAX_LENGTH else None


def spellings(key: str, raw: str, *, listed: bool = False) -> several.Parts:
    """
    The values of `key` in `raw`, each in its one spelling, and the words in it that nothing can be matched by.

    Of joined names the whole comes first. `listed`: `raw` is of a list of what is declared.
    """
    if key in _DECLARED_ONLY:
        value = normalise(key, raw)
        return several.Parts((), (raw,)) if value is None else several.Parts((value,))
    if key not in _NAMED:
        return several.codes(key, raw, partial(normalise, key))
    values = dict.fromkeys(normalise(key, each) for each in (raw, *several.names(raw, listed=listed)))
    usable = tuple(value for value in values if value)
    return several.Parts(usable, () if usable else (raw,))


def read_item(value: object, source: Source) -> tuple[tuple[Item, ...], tuple[Fault, ...]]:
    """The layers of `value`, an item or a list of items, and what was wrong in them; it never raises."""
    reader = _Reader(source)
    items = tuple(reader.read(value, "", 0))
    return items, reader.found


class Doubt(NamedTuple):
    """A value of `key` by which something may have been declared, had it been usable; `fault` says where and why."""

    key: str
    fault: Fault


class CallersItem(NamedTuple):
    """What a caller knows of a work: its layers, what was wrong in them, and what of that leaves a doubt."""

    items: tuple[Item, ...] = ()
    faults: tuple[Fault, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def read_callers_item(value: object, source: Source) -> CallersItem:
    """
    What a caller handed in, as `read_item` reads it; a code that cannot be used, or was not read, is a doubt as well.

    A name of which nothing is left, or a type of another vocabulary, is none: no declaration could be matched by it.
    """
    reader = _Reader(source)
    items = tuple(reader.read(value, "", 0))
    return CallersItem(items, reader.found, tuple(reader.doubts))


class _Usable(NamedTuple):
    """Values of one key; `whole` if that is all that was written, `joined` counts those beside their own parts."""

    texts: tuple[str, ...]
    whole: bool = True
    joined: int = 0


class _Reader:
    """Reads one item with all it contains; faults and items are counted over the whole."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.doubts: list[Doubt] = []
        self._faults: list[Fault] = []
        self._more = 0
        self._items = 0

    @property
    def found(self) -> tuple[Fault, ...]:
        """The faults, in their order."""
        if not self._more:
            return tuple(self._faults)
        return (*self._faults, Fault.at(self.source, f"{self._more} more faults", signal=SIGNAL))

    def read(self, value: object, at: str, depth: int, within: tuple[str, ...] = ()) -> Iterator[Item]:
        """The layers of an item or of a list of items that stands at `at`, in one that says it stands at `within`."""
        if isinstance(value, Mapping):
            yield from self._item(value, at, depth, within)
        elif isinstance(value, (list, tuple)):
            for place, each in enumerate(value):
                if self._items > MAX_ITEMS or place > MAX_ITEMS:
                    break
                if isinstance(each, Mapping):
                    yield from self._item(each, f"{at}[{place}]", depth, within)
                else:
                    self._fault(f"{at}[{place}]", f"no item but {_kind(each)}")
        else:
            self._fault(at, f"neither an item nor a list of items but {_kind(value)}")

    def _item(self, value: Mapping[object, object], at: str, depth: int, within: tuple[str, ...]) -> Iterator[Item]:
        self._items += 1
        if self._items > MAX_ITEMS:
            self._fault(at, f"only the first {MAX_ITEMS} items are matched", doubt=CONTAINS)
            return
        dot = f"{at}." if at else ""
        read = {key: self._usable(key, value[key], dot + key) for key in _VALUED if value.get(key) is not None}
        known = {key: each.texts for key, each in read.items() if each.texts and key != _URL}
        kind = self._type(value[_TYPE], dot + _TYPE) if value.get(_TYPE) not in (None, "") else None
        urls = read[_URL].texts if _URL in read else ()
        if known or urls or kind:
            hidden = tuple(key for key, each in read.items() if not each.whole)
            joined = tuple(key for key, each in read.items() for _ in range(each.joined))
            yield Item(
                type=kind, keys=known, urls=urls, within=within, partial=hidden, joined=joined, source=self.source
            )
        for key in value:
            if key not in ITEM_KEYS:
                self._fault(dot + _shown(key), f"unknown key; known are {', '.join(ITEM_KEYS)}")
        contained = value.get(CONTAINS)
        if contained is not None and depth < MAX_DEPTH:
            yield from self.read(contained, dot + CONTAINS, depth + 1, urls or within)
        elif contained:
            self._fault(dot + CONTAINS, f"items are read to a depth of {MAX_DEPTH}", doubt=CONTAINS)

    def _type(self, raw: object, at: str) -> str | None:
        """A type of the vocabulary; any other word is no type, so that it keeps nothing from matching."""
        word = raw.strip().lower().replace(" ", "_").replace("-", "_") if isinstance(raw, str) else ""
        if word in WORK_TYPES:
            return word
        self._fault(at, f"not one of {', '.join(WORK_TYPES)}", raw)
        return None

    def _usable(self, key: str, raw: object, at: str) -> _Usable:
        """The values in their one spelling, each once, and whether that is all that was written."""
        if isinstance(raw, str):
            found = [self._value(key, raw, at)]
        elif isinstance(raw, (list, tuple)):
            found = [self._value(key, each, f"{at}[{place}]") for place, each in enumerate(raw[:MAX_VALUES])]
            if len(raw) > MAX_VALUES:
                self._fault(at, f"only the first {MAX_VALUES} values are matched", doubt=key)
                found.append(_Usable((), whole=False))
        else:
            self._fault(at, f"neither a text nor a list of texts but {_kind(raw)}")
            return _Usable((), whole=False)
        texts = tuple(dict.fromkeys(text for each in found for text in each.texts))
        if len(texts) > (most := MAX_VALUES + several.MAX_PARTS):
            self._fault(at, f"only the first {most} of joined values are matched", doubt=key)
            found.append(_Usable((), whole=False))
        return _Usable(texts[:most], whole=all(each.whole for each in found), joined=sum(each.joined for each in found))

    def _value(self, key: str, raw: object, at: str) -> _Usable:
        """The one spelling of a value, of each if it is several; nothing for one that is empty or cannot be used."""
        if not isinstance(raw, str):
            self._fault(at, f"no text but {_kind(raw)}")
            return _Usable((), whole=False)
        if not raw.strip():
            return _Usable(())
        if key == _URL:
            parts = several.Parts((raw.strip(),)) if is_address(raw) else several.Parts((), (raw,))
        else:
            parts = spellings(key, raw)
        for bad in parts.bad:
            # Words beside a code ("FRZ039800212 remix") are none, a second code with a wrong digit is one.
            is_code = key not in _NAMED and (not parts.codes or any(map(str.isdigit, bad)))
            wrong = f"no usable {key}: its form or its check digit is wrong"
            self._fault(at, wrong, bad, doubt=key if is_code else None)
        for text in parts.codes if key == "creator_ipi" else ():
            if not identifiers.ipi_fits(text):
                self._fault(at, "the check digits of this IPI name number are wrong; it is compared as written", raw)
        return _Usable(parts.codes, whole=not parts.bad, joined=int(key in _NAMED and len(parts.codes) > 1))

    def _fault(self, at: str, message: str, raw: object = None, *, doubt: str | None = None) -> None:
        """Notes what is wrong at a place; `doubt` is the key that may have matched, had it been right."""
        doubtful = doubt is not None and (
            len(self.doubts) < MAX_DOUBTS or all(doubt != known.key for known in self.doubts)
        )
        if len(self._faults) >= MAX_FAULTS:
            self._more += 1
            if not doubtful:
                return
        words = raw if isinstance(raw, str) else None
        fault = Fault.at(self.source, message, excerpt=words, signal=SIGNAL, locator=at or None)
        if len(self._faults) < MAX_FAULTS:
            self._faults.append(fault)
        if doubtful and doubt is not None:
            self.doubts.append(Doubt(doubt, fault))


def is_address(raw: str) -> bool:
    """True for an http(s) URL, blanks around it aside."""
    url = raw.strip()
    return len(url) <= MAX_LENGTH and is_url(url)


def _kind(value: object) -> str:
    return f"a {type(value).__name__}"


def _shown(key: object) -> str:
    return key[:80] if isinstance(key, str) else f"<{type(key).__name__}>"
