"""
All that the nodes of a page may say of any work, told without asking which of them is one.

strategy: one pass over the objects as they stand gathers every code, name and address that some item could have, and
finds a node that is an item for sure. Where nothing of what was gathered is declared, no item matches, and which there
are need not be told: so it is with nearly all pages. What the pass cannot be sure of (terms that contexts define,
wrapped values, bounds that may be met) is for `read_works` to tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, TypeAlias

from tdm_guard.formats.page.json_graph import Graph, flat, text, without_prefix
from tdm_guard.formats.page.schema_item import MAX_VALUES, SELF_DESCRIBING, Describer, Draft, credited
from tdm_guard.formats.page.schema_words import MENTIONS, PARTIES, PARTS_OF_PAGES, PRESENTING, WHOLES
from tdm_guard.formats.page.work_codes import key_of, recognise

MAX_LOOKED = 12_000  # objects times values: with so few of them a `Describer` takes fewer steps than it may
MAX_LEADING = 7  # objects that have parts: no more items can stand within each other than `read_works` takes

MAX_KNOWN = 2_000  # names that are remembered, with what takes them in; schema.org has some hundreds in use
_USUAL = 64  # characters of a name that is remembered
_may_be_of_people = re.compile(r"(?i)\d|isni|ipi|cae").search  # a text without these is nobody's code
_Object: TypeAlias = dict[str, Any]
_is_no_name = re.compile(r"https?://|mailto:|#|_:").match


class Loose(NamedTuple):
    """Codes by their key, names and addresses of all items together; `present`: one surely is there, else none is."""

    codes: Mapping[str, Collection[str]]
    names: Collection[str]
    urls: Collection[str]
    present: bool


def read_loosely(graph: Graph) -> Loose | None:
    """What the nodes of `graph` may say; None where that can only be told by reading them."""
    if graph.problems or graph.repaired or graph.defines:
        return None
    found = _Pass(graph)
    if not found.read():
        return None
    if not (found.parties or found.codes):
        return Loose({}, (), (), present=False)
    if not any(map(found.is_item, graph.roots)):
        return None
    return Loose(found.codes, found.names, found.urls, present=True)


class _Pass:
    """One pass over the objects of a page. What takes in one value of an object says False where it cannot be sure."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._describer = Describer(graph)
        self._bearing: set[int] = set()
        self._leading: set[int] = set()
        self._anchored = False
        self.parties = False
        self.codes: dict[str, dict[str, None]] = {}
        self.names: dict[str, None] = {}
        self.urls: dict[str, None] = {}

    def read(self) -> bool:
        """Takes in all that the objects say; False if it cannot be told so."""
        objects, ways = self._graph.objects, _ways
        left = MAX_LOOKED // max(1, len(objects))
        for each in objects:
            for name, values in each.items():
                way = ways[name]
                if way is None:
                    continue
                if way is _ODD:
                    return False
                take, key = way
                several = values.__class__ is list
                left -= len(values) if several else 1
                if left < 0:
                    return False
                for value in values if several else (values,):
                    if value.__class__ is list or not take(self, each, key, value):
                        return False
        most = max(len(self.names), len(self.urls), *map(len, self.codes.values()), 0)
        return len(self._leading) <= MAX_LEADING and most < MAX_VALUES

    def is_item(self, root: _Object) -> bool:
        """True if `root` surely is an item: that no other node can mention, or be made of."""
        types = self._describer.types(root.get("@type", root.get("type")))
        iri = root.get("@id")
        if PRESENTING.isdisjoint(types) or not (iri is None or (self._graph.is_alone(iri) and not self._anchored)):
            return False
        return id(root) in self._bearing or any(self._has_party(root, name) for name in PARTIES if name in root)

    def _has_party(self, root: _Object, name: str) -> bool:
        draft = Draft(None)
        for value in flat(root[name]):
            self._describer.add_party(value, name, PARTIES[name], draft)
        return draft.finish({}, self._graph) is not None

    def code(self, each: _Object, key: str | None, value: Any) -> bool:
        """A code of `key`, or one that says itself what it is of."""
        for found, code in self._describer.coded(value, key):
            self.codes.setdefault(found, {})[code] = None
            if not found.startswith("creator_"):
                self._bearing.add(id(each))
        return True

    def url(self, each: _Object, key: str | None, value: Any) -> bool:
        """Where a work is, which may have its code in it."""
        return self.address(each, key, value) and self.code(each, key, value)

    def address(self, each: _Object, key: str | None, value: Any) -> bool:
        """Where a work is."""
        if value.__class__ is str and (written := text(value)) and (url := self._graph.address(written)):
            self.urls[url] = None
        return True

    def called(self, each: _Object, key: str | None, value: Any) -> bool:
        """What a node is called, which may be a party."""
        if value.__class__ is str and (written := text(value)):
            self.names[written] = None
        return True

    def half(self, each: _Object, key: str | None, value: Any) -> bool:
        """A part of a person's name, of which nothing is made where the whole is given."""
        return text(each.get("name")) is not None

    def party(self, each: _Object, key: str | None, value: Any) -> bool:
        """Who has a part in a work, in words; a node is looked at by itself."""
        self.parties = True
        if value.__class__ is str and (written := text(value)):
            for found, code in recognise(written) if _may_be_of_people(written) else ():
                if found.startswith("creator_"):
                    self.codes.setdefault(found, {})[code] = None
            if not _is_no_name(written):
                self.names |= dict.fromkeys(credited(written, key or ""))
        return True

    def part(self, each: _Object, key: str | None, value: Any) -> bool:
        """What a node is made of."""
        self._leading.add(id(each))
        return self.other(each, key, value)

    def other(self, each: _Object, key: str | None, value: Any) -> bool:
        """Another node."""
        self._anchored = self._anchored or (value.__class__ is str and value.startswith("#"))
        return True


_Way: TypeAlias = tuple[Callable[[_Pass, _Object, str | None, Any], bool], str | None]
_ODD: _Way = (_Pass.other, "")  # seldom written so: for `read_works` to tell
_WAYS: dict[str, _Way] = {
    **dict.fromkeys((*MENTIONS, *WHOLES, "lyrics"), (_Pass.other, None)),
    **dict.fromkeys((*PARTS_OF_PAGES, "inAlbum"), (_Pass.part, None)),
    **{name: (_Pass.party, name) for name in PARTIES},
    **dict.fromkeys(SELF_DESCRIBING, (_Pass.code, None)),
    "url": (_Pass.url, None),
    "contentUrl": (_Pass.address, None),
    "name": (_Pass.called, None),
    **dict.fromkeys(("givenName", "familyName"), (_Pass.half, None)),
    **dict.fromkeys(("@value", "@list", "@set"), _ODD),
}


class _Ways(dict[str, _Way | None]):
    """What takes in the values at a name, and the key of their codes; None if nothing of an item can come of them."""

    def __missing__(self, name: str) -> _Way | None:
        if name.startswith("@vocab:"):
            return _ODD
        plain = without_prefix(name)
        key = key_of(plain)
        way = _WAYS.get(plain) or ((_Pass.code, key) if key else None)
        if len(self) < MAX_KNOWN and len(name) <= _USUAL:
            self[name] = way
        return way


_ways = _Ways(_WAYS)
