"""
The works that a page presents by its schema.org nodes, as items.

What a page is about, and what it merely mentions, is told by how its nodes hang together:

* Items are the works at the top of a script or of its `@graph`, and what they are made of or list: the composition of
  a recording, the tracks of an album, the editions of a book, pictures, the entries of a list. Each is a layer.
* What a work cites, reviews, resembles or is about (`citation`, `itemReviewed`, `isRelatedTo`, `about`, …) is not
  followed: a review does not hold the book. Of a WebPage `about` and `mainEntity` are, since a page has no other way
  to name the work that it presents.
* In a `@graph` all nodes stand at the top, mentioned ones too. One that is only mentioned is no item, unless it says
  itself that the page presents it (`mainEntityOfPage`, `review`, `offers`).
* Who runs the site, and how it is laid out (Organization, WebSite, BreadcrumbList, …), is no work. Comments and user
  reviews within another node are left out: they name their writers, not a work that the page was made to show.
* A picture of which only the address is given is judged when that address is fetched.
* What a work is part of (journal, album, series) lends it its codes, its publisher and its label.
"""

from __future__ import annotations

from typing import Any

from tdm_guard.formats.page.json_graph import Graph, Node, ScriptProblem, flat
from tdm_guard.formats.page.schema_item import MAX_STEPS, MAX_VALUES, Describer, Draft, WorkItem
from tdm_guard.formats.page.schema_words import MENTIONS, PARTS, PARTS_OF_PAGES, PRESENTED, Sort, sort

MAX_ITEMS = 500  # of a page; long track lists have some hundreds
MAX_NESTING = 7  # items in items; a series, an album, a recording, its work and the lyrics are five
MAX_DEPTH = 24  # nodes in nodes; the same with the lists between them are twelve

_MUSIC = ("musical_work", "sound_recording")
_PICTURES = ("image", "thumbnail")


def read_works(graph: Graph) -> tuple[tuple[WorkItem, ...], tuple[ScriptProblem, ...]]:
    """The works that the page presents, and what could not be read."""
    reader = _Reader(graph)
    reader.read()
    return tuple(reader.items), tuple(reader.problems.values())


class _Reader:
    """
    One walk over the nodes of a page. Each node is taken once, so that neither cycles nor repetition cost anything.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._describer = Describer(graph)
        self._seen: set[int] = set()
        self._count = 0
        self.items: list[WorkItem] = []
        self.problems: dict[str, ScriptProblem] = {}

    def read(self) -> None:
        followed, mentioned = self._references()
        roots = [(node, self._ids(root)) for root in self._graph.roots if (node := self._graph.find(root))]
        tops = [(node, iri) for node, iri in roots if not iri & followed]
        for node, iri in tops:
            if not iri & mentioned or any(name in node for name in PRESENTED):
                self._take(node, self.items)
        count, self._count = self._count, 0
        for node, _ in tops:  # those that are mentioned, so that their parts are known to be no more than that
            self._take(node, [])
        self._count = count
        for node, _ in roots:  # parts of each other
            self._take(node, self.items)
        if self._describer.exhausted:
            self._problem(f"more than {MAX_STEPS} values: read no further")

    def _references(self) -> tuple[set[str], set[str]]:
        """The `@id`s that parts of some node lead to, and those that are mentioned."""
        followed: set[str] = set()
        mentioned: set[str] = set()
        for each in self._graph.objects:
            for key, value in each.items():
                name = self._graph.name(key)
                if name in PARTS or (name in PARTS_OF_PAGES and self._sort(each.get("@type", each.get("type"))).page):
                    followed |= self._ids(value)
                elif name in MENTIONS:
                    mentioned |= self._ids(value)
        return followed, mentioned

    def _ids(self, value: Any) -> set[str]:
        given = tuple(flat(value))
        named = {each["@id"] for each in given if isinstance(each, dict) and isinstance(each.get("@id"), str)}
        return named | {self._graph.iri(each) for each in given if isinstance(each, str) and each.startswith("#")}

    def _sort(self, types: Any) -> Sort:
        return sort(self._describer.types(types))

    def _take(
        self,
        node: Node,
        into: list[WorkItem],
        *,
        implied: str | None = None,
        forced: str | None = None,
        depth: int = 0,
        nesting: int = 0,
    ) -> None:
        """Adds the item that `node` is, if it is one, with what it is made of; else only the latter."""
        if id(node) in self._seen:
            return
        self._seen.add(id(node))
        own = self._sort(node.get("@type", []))
        if own.surrounding:
            return
        if depth > MAX_DEPTH or nesting > MAX_NESTING:
            self._problem("nested too deeply: read no further")
            return
        kind = forced or own.kind or (None if own.work or own.listing else implied)
        made = None if own.listing else self._item(node, kind, named=own.work or own.page or bool(forced or implied))
        if made is not None:
            if self._count >= MAX_ITEMS:
                self._problem(f"more than {MAX_ITEMS} items: the others are not matched")
                return
            self._count += 1
            into.append(made)
        parts = into if made is None else []
        self._take_parts(node, parts, kind, page=own.page, depth=depth + 1, nesting=nesting + (made is not None))
        if made is not None and parts:
            made["contains"] = parts

    def _item(self, node: Node, kind: str | None, *, named: bool) -> WorkItem | None:
        """The item; of a node not `named` a work only if it bears the code of one."""
        draft = Draft(kind)
        self._describer.describe(node, draft)
        if not (named or draft.has_code):
            return None
        return self._finished(draft, node)

    def _finished(self, draft: Draft, node: Node) -> WorkItem | None:
        if draft.cut:
            self._problem(f"more than {MAX_VALUES} values of {draft.cut}: the others are not matched")
        return draft.finish(node, self._graph)

    def _take_parts(
        self, node: Node, into: list[WorkItem], kind: str | None, *, page: bool, depth: int, nesting: int
    ) -> None:
        followed = PARTS_OF_PAGES if page else PARTS
        for name in [name for name in node if name in followed]:
            cover = "artwork" if kind in _MUSIC and name in _PICTURES else None
            for part in self._describer.nodes(node, name):
                self._take(part, into, implied=followed[name], forced=cover, depth=depth, nesting=nesting)
        for album in self._describer.nodes(node, "inAlbum") if "inAlbum" in node else ():
            for picture in self._describer.nodes(album, "image"):
                self._take(picture, into, forced="artwork", depth=depth, nesting=nesting)
        if "lyrics" in node or "lyricist" in node:
            self._take_lyrics(node, into)

    def _take_lyrics(self, node: Node, into: list[WorkItem]) -> None:
        """The words of a song are a work of their own; who wrote them may stand at either."""
        draft = Draft("lyrics")
        words: Node = {}
        for value in node.get("lyricist", ()):
            if draft.is_full("creator_name"):
                break
            self._describer.add_party(value, "lyricist", "creator_name", draft)
        for words in self._describer.nodes(node, "lyrics"):
            self._seen.add(id(words))
            self._describer.describe(words, draft)
        made = self._finished(draft, words)
        if made is not None and self._count < MAX_ITEMS:
            self._count += 1
            into.append(made)

    def _problem(self, message: str) -> None:
        self.problems.setdefault(message, ScriptProblem("JSON-LD", message))
