"""
Items that callers hand in: whether they have the shape of one, and whether a request names them by the right key.

What a page says of a work is a stranger's, and never raises. What the caller knows of it is the caller's: an unknown
key or a value of another type would leave the work unmatched without a word, so it is an error. Whether a code can be
used is not asked here: that is a doubt (`item.read_callers_item`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.plain import address, nearest
from tdm_guard.repertoire.item import CONTAINS, ITEM_KEYS, MAX_DEPTH, MAX_ITEMS, MAX_VALUES
from tdm_guard.repertoire.problem import shown

ITEM = "tdm_guard_item"  # in a Scrapy request's meta, an httpx request's extensions: what the caller knows of the work
GOOD = '{"iswc": "T-000.000.001-0"}'
MAX_PROBLEMS = 10  # told of one item; who repairs these sees the next
MAX_KEPT = 1_024  # keys of requests that are known to be other people's; a project has a few dozen
NEAR_KEY = 0.6  # of an item's keys: `creater`, `isrcs`, `ISBN13`
NEAR_REQUEST_KEY = 0.85  # of all that others put into a request: `tdm_guard_items`, no `standard_item`
MAX_OTHER_LETTERS = 4  # in which such a key differs; most are told apart by this alone
_LENGTHS = range(7, 21)  # of a request's key that can be as near as that, with what joins its words
_NOISE = re.compile(r"[^a-z0-9]+")
_SAME = frozenset({"tdmitem", "tdmitems", "tdmguardwork", "tdmguardworks", "tdmguardmetadata"})
# What other vocabularies call it: no spelling comes near.
_MEANT = {
    "creator_name": ("author", "authors", "artist", "artists", "composer", "performer", "writer", "person"),
    "gtin": ("ean", "upc", "barcode"),
    "type": ("kind", "category", "genre", "worktype"),
    "contains": ("items", "works", "tracks", "parts", "work"),
    "url": ("uri", "link", "href", "address", "domain"),
    "society": ("cmo", "pro"),
}
_BY_OTHER_NAME = {name: key for key, names in _MEANT.items() for name in names}
_others = {ITEM, "tdm_guard", "tdm_guard_policy"}  # keys that were looked at, and the ones that we set ourselves


def callers_item(about: Mapping[Any, Any]) -> object:
    """
    What a request's meta or extensions say of the work there, None for nothing; it is asked before anything is sent.

    Raises `ConfigurationError` for a key that is nearly `tdm_guard_item`, and for what `check_item` refuses.
    """
    check_request_keys(about)
    item: object = about.get(ITEM)
    if item is not None:
        check_item(item, ITEM)
    return item


def check_request_keys(keys: Collection[object]) -> None:
    """Raises `ConfigurationError` for a key that is nearly `tdm_guard_item`: what stands there would go unheard."""
    if _others.issuperset(keys):  # as of nearly every request
        return
    for key in keys:
        if key in _others:
            continue
        if isinstance(key, str) and len(key) in _LENGTHS and _is_near(key):
            raise ConfigurationError(f"{shown(key)} is no key of ours; did you mean {ITEM}?")
        if len(_others) < MAX_KEPT:
            _others.add(key)  # type: ignore[arg-type]


def check_item(item: object, name: str = "item") -> None:
    """
    Raises `ConfigurationError`, with every mistake, for what is no item and no list of items; `name` is told in it.

    Values of None are not given. What is beyond the bounds of an item is not looked at: it is a doubt.
    """
    problems = [f"{name}: {problem}" for problem in _Walk().mistakes(item, "", 0)]
    if problems:
        more = problems[MAX_PROBLEMS:]
        rest = [f"{name}: {len(more)} more mistakes"] if more else []
        raise ConfigurationError(*problems[:MAX_PROBLEMS], *rest)


def nearest_keys(key: str) -> tuple[str, ...]:
    """The keys of an item that a wrong one may mean, the likeliest first; none if nothing comes near."""
    plain = {_plain(known): known for known in ITEM_KEYS}
    word = _plain(key[:80])
    if word in plain:
        return (plain[word],)
    if word in _BY_OTHER_NAME:
        return (_BY_OTHER_NAME[word],)
    spoken = "_".join(filter(None, _NOISE.split(key[:80].casefold()))).removesuffix("s")
    related = [known for known in ITEM_KEYS if spoken in (known.partition("_")[0], known.rpartition("_")[2])]
    if not related:
        related = [known for known in ITEM_KEYS if spoken.startswith(f"{known}_")]  # isrc_registrant, isrc_code
    if related:
        return tuple(sorted(related, key=lambda known: known != "creator_name"))
    found = nearest(key, ITEM_KEYS, cutoff=NEAR_KEY)
    return (found,) if found else ()


class _Walk:
    """One walk over an item and all that it contains; items are counted over the whole."""

    def __init__(self) -> None:
        self._items = 0

    def mistakes(self, value: object, at: str, depth: int) -> Iterator[str]:
        if isinstance(value, Mapping):
            yield from self._of_item(value, at, depth)
        elif isinstance(value, (list, tuple)):
            for place, each in enumerate(value[: MAX_ITEMS + 1]):
                if self._items > MAX_ITEMS:
                    return
                if isinstance(each, Mapping):
                    yield from self._of_item(each, f"{at}[{place}]", depth)
                else:
                    yield f"{_at(f'{at}[{place}]')}{_told(each)} is no item; for example {GOOD}"
        else:
            yield f"{_at(at)}{_told(value)} is no item and no list of items; for example {GOOD}"

    def _of_item(self, item: Mapping[object, object], at: str, depth: int) -> Iterator[str]:
        self._items += 1
        if self._items > MAX_ITEMS:
            return
        dot = f"{at}." if at else ""
        for key, value in item.items():
            if key not in ITEM_KEYS:
                yield f"{_at(at)}{_unknown(key)}"
            elif value is None or (isinstance(value, str) and key != CONTAINS):
                continue
            elif key == CONTAINS:
                if depth < MAX_DEPTH:
                    yield from self.mistakes(value, f"{dot}{CONTAINS}", depth + 1)
            elif isinstance(value, (list, tuple)):
                for place, each in enumerate(value[:MAX_VALUES]):
                    if not isinstance(each, str):
                        yield f"{dot}{key}[{place}]: {_told(each)} is no text{_as_text(each)}"
            else:
                yield f"{dot}{key}: {_told(value)} is neither a text nor a list of texts{_as_text(value)}"


def _unknown(key: object) -> str:
    near = nearest_keys(key) if isinstance(key, str) else ()
    good = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(ITEM_KEYS)}"
    return f"unknown key {_told(key)}; {good}"


def _at(at: str) -> str:
    return f"{at}: " if at else ""


def _told(value: object) -> str:
    return address(value[:80]) if isinstance(value, str) else shown(value)


def _as_text(value: object) -> str:
    return f'; for example "{value}"' if type(value) is int and value.bit_length() < 256 else ""


def _is_near(key: str) -> bool:
    word, ours = _plain(key), _plain(ITEM)
    if word in _SAME or len(set(word) ^ set(ours)) > MAX_OTHER_LETTERS:
        return word in _SAME
    from difflib import SequenceMatcher  # noqa: PLC0415 - few keys come so far

    return SequenceMatcher(None, word, ours, autojunk=False).ratio() >= NEAR_REQUEST_KEY


def _plain(key: str) -> str:
    return _NOISE.sub("", key.casefold())
