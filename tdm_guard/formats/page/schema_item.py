"""
One node of schema.org as an item: its codes, its makers, and what it has from the whole that it is part of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from tdm_guard.formats.page.json_graph import Graph, Node, text
from tdm_guard.formats.page.schema_words import PARTIES, WHOLES, sort
from tdm_guard.formats.page.work_codes import Codes, any_digit, key_of, recognise, recognise_as

WorkItem: TypeAlias = dict[str, Any]

MAX_VALUES = 100  # of one key of an item; longer lists of authors are told apart by their codes
MAX_STEPS = 100_000  # values looked at on one page; the largest real pages have some thousands
MAX_WHOLES = 4  # wholes within wholes: an article, its issue, volume and journal

SELF_DESCRIBING = ("identifier", "productID", "sameAs", "@id", "url")  # codes that must say what they are
_OF_PEOPLE = ("identifier", "sameAs", "@id", "isni", "ipi", "ipiCode")
_OF_WHOLES = ("issn", "isbn", "doi", "gtin", "isan", "eidr", "isrd", "registry_id", "iscc")
_ROLES = 2  # role within role around a name


class Draft:
    """An item in the making. `cut` is the key of which there were too many values."""

    def __init__(self, kind: str | None) -> None:
        self.kind = kind
        self.cut: str | None = None
        self._keys: dict[str, dict[str, None]] = {}

    @property
    def has_code(self) -> bool:
        """True if some code of a work is among the keys."""
        return not self._keys.keys() <= {"creator_name", "creator_ipi", "creator_isni", "publisher", "label"}

    def is_full(self, key: str) -> bool:
        """True if no further value of the key is taken; asked when there is one."""
        full = len(self._keys.get(key, ())) >= MAX_VALUES
        if full:
            self.cut = key
        return full

    def add(self, key: str, value: str) -> None:
        values = self._keys.setdefault(key, {})
        if value not in values and not self.is_full(key):
            values[value] = None

    def finish(self, node: Node, graph: Graph) -> WorkItem | None:
        """The mapping, with title and address from `node`; None if it says nothing to match by."""
        if not self._keys:
            return None
        titles = [title for name in ("name", "headline") for title in map(text, node.get(name, ())[:1]) if title]
        written = [url for name in ("url", "contentUrl") for url in map(text, node.get(name, ())[:1]) if url]
        urls = [url for url in map(graph.address, written) if url]
        known = {"type": self.kind, "title": next(iter(titles), None), "url": next(iter(urls), None)}
        made: WorkItem = {key: value for key, value in known.items() if value}
        return made | {key: next(iter(each)) if len(each) == 1 else [*each] for key, each in self._keys.items()}


class Describer:
    """Reads nodes of one page; `exhausted` once it has looked at `MAX_STEPS` values."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._steps = MAX_STEPS
        self._people: dict[int, Codes] = {}

    @property
    def exhausted(self) -> bool:
        """True if some value was not looked at."""
        return self._steps < 0

    def types(self, value: Any) -> list[str]:
        """The names of the types in the value of an `@type`, without the prefix of their vocabulary."""
        if isinstance(value, str) and value.isalnum():
            value = self._graph.name(value)
            if value.isalnum():
                return [value]
        given = value if isinstance(value, list) else [value]
        spelled = (self._graph.name(name.strip()) for name in given[:MAX_VALUES] if isinstance(name, str))
        return [name.replace("#", "/").replace(":", "/").rpartition("/")[2] for name in spelled]

    def nodes(self, node: Node, name: str) -> Iterator[Node]:
        """The nodes that a property of `node` leads to."""
        for value in node.get(name, ()):
            if not self._step():
                return
            if found := self._graph.find(value):
                yield found

    def describe(self, node: Node, draft: Draft) -> None:
        """Adds all that `node` says of a work."""
        self._codes(node, draft)
        for name in [name for name in node if name in PARTIES]:
            key = PARTIES[name]
            for value in node[name]:
                if draft.is_full(key) or not self._step():
                    break
                self.add_party(value, name, key, draft)
        if not node.keys().isdisjoint(WHOLES):
            self._wholes(node, draft, {id(node)})

    def _codes(self, node: Node, draft: Draft, only: Iterable[str] = ()) -> None:
        for name, values in node.items():
            named = None if name in SELF_DESCRIBING else key_of(name)
            if named is None and name not in SELF_DESCRIBING:
                continue
            for value in values[:MAX_VALUES]:
                for key, code in self.coded(value, named):
                    if not key.startswith("creator_") and (not only or key in only):
                        draft.add(key, code)

    def coded(self, value: Any, named: str | None) -> Codes:
        """The codes in a text, an address or a PropertyValue; `named`: what the property that it stands at is for."""
        if not self._step():
            return ()
        written = text(value)
        if written is None:
            node = self._graph.find(value) or {}
            schemes = (text(scheme) or "" for scheme in (*node.get("propertyID", ()), *node.get("name", ())))
            named = named or next(filter(None, map(key_of, schemes)), None)
            values = (text(each) for name in ("value", "url", "@id") for each in node.get(name, ()))
            written = next(filter(None, values), "")
        return recognise_as(named, written) if named else recognise(written)

    def add_party(self, value: Any, name: str, key: str, draft: Draft, depth: int = 0) -> None:
        """Adds who has a part in a work, found at the property `name`: names under `key`, codes of people."""
        node = self._graph.find(value)
        if node is None:
            if written := text(value):
                self._add_written(written, name, key, draft)
            return
        types = self.types(node.get("@type", []))
        if depth < _ROLES and name in node and any(each.endswith("Role") for each in types):
            for inner in node[name][:MAX_VALUES]:
                self.add_party(inner, name, key, draft, depth + 1)
            return
        called = [found for found in map(text, node.get("name", ())[:MAX_VALUES]) if found]
        parts = [found for part in ("givenName", "familyName") for found in map(text, node.get(part, ())[:1]) if found]
        for each in called or ([" ".join(parts)] if parts else []):
            _add_name(each, name, key, draft, person=not {"Person", "MusicGroup"}.isdisjoint(types))
        if id(node) not in self._people:  # nodes are kept by the graph, so that their addresses stay theirs
            self._people[id(node)] = tuple(self._codes_of_people(node))
        _add_codes(self._people[id(node)], draft)

    def _codes_of_people(self, node: Node) -> Iterator[tuple[str, str]]:
        for name in _OF_PEOPLE:
            named = None if name in SELF_DESCRIBING else key_of(name)
            for value in node.get(name, ())[:MAX_VALUES]:
                yield from self.coded(value, named)

    def _add_written(self, written: str, name: str, key: str, draft: Draft) -> None:
        codes = tuple(pair for pair in recognise(written) if any_digit(pair[1]))
        _add_codes(codes, draft)
        if codes or written.startswith(("http://", "https://", "mailto:", "#", "_:")):
            return
        for each in credited(written, name):
            _add_name(each, name, key, draft, person=False)

    def _wholes(self, node: Node, draft: Draft, seen: set[int], depth: int = 0) -> None:
        for whole in (found for name in WHOLES for found in self.nodes(node, name)):
            if id(whole) in seen or depth >= MAX_WHOLES:
                continue
            seen.add(id(whole))
            types = self.types(whole.get("@type", []))
            if sort(types).page or "WebSite" in types:
                self._codes(whole, draft, ("issn",))  # a site may be a serial; who runs it did not publish all in it
                continue
            self._codes(whole, draft, _OF_WHOLES)
            for party in ("publisher", "recordLabel"):
                for value in whole.get(party, ())[:MAX_VALUES]:
                    self.add_party(value, party, PARTIES[party], draft)
            self._wholes(whole, draft, seen, depth + 1)

    def _step(self) -> bool:
        self._steps -= 1
        return self._steps >= 0


def credited(written: str, name: str) -> list[str]:
    """The names in what stands at the property `name`."""
    parts = re.split(r"[/|]", written) if name == "creditText" else [written]  # "photographer / agency"
    return [part for each in parts if (part := each.strip())]


def _add_name(written: str, name: str, key: str, draft: Draft, *, person: bool) -> None:
    draft.add(key, written)
    holder = name == "copyrightHolder" and not person  # a firm, or nobody says what: it may have published the work
    if holder:
        draft.add("publisher", written)
    if draft.kind == "sound_recording" and (holder or name == "publisher"):
        draft.add("label", written)


def _add_codes(codes: Codes, draft: Draft) -> None:
    for key, code in codes:
        if key.startswith("creator_"):
            draft.add(key, code)
