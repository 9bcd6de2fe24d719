"""
What a page says of the works on it: schema.org in JSON-LD, and the meta tags of Dublin Core, Highwire and Open Graph.

    WORDS         one of them stands in each tag that can say something here (for `Scanner`)
    page_items    the items, in the vocabulary of `repertoire.item`, with values as written

All meta tags of a page describe the page itself, hence make one item. Open Graph counts where it gives a code of a
work (`book:isbn`, `music:isrc`, …): by itself it has neither makers nor codes. Microdata and RDFa are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from tdm_guard.formats.page.html import MAX_SCRIPT, MAX_SCRIPTS, Page, Tag
from tdm_guard.formats.page.json_graph import Graph, ScriptProblem
from tdm_guard.formats.page.json_ld import printable
from tdm_guard.formats.page.schema_item import MAX_VALUES, WorkItem
from tdm_guard.formats.page.schema_loose import Loose, read_loosely
from tdm_guard.formats.page.schema_org import read_works
from tdm_guard.formats.page.work_codes import Codes, any_digit, key_of, recognise, recognise_as
from tdm_guard.model import Fault, Source

WORDS = (
    "ld+json",
    "citation_author", "citation_title", "citation_publisher", "citation_doi", "citation_isbn",
    "citation_issn", "citation_eissn", "citation_pissn",
    '"dc.', '"dc:', '"dcterms.', '"dcterms:',
    ":isbn", ":isrc", ":iswc", ":issn", ":upc", ":ean", ":gtin",
)  # fmt: skip
MAX_DESCRIBED = 262_144  # characters of a page's meta tags in which codes and names are looked for: hundreds of authors
_SIGNAL = "repertoire"
JSON_REPAIR = "json-ld-slips"  # code of what was read in JSON-LD that is no JSON

_DUBLIN_CORE = re.compile(r"(?:dc|dcterms)[.:]([a-z]+)(?:[.:](.{1,40}))?")
_HIGHWIRE = re.compile(r"(?:bepress_)?citation_(title|authors?|publisher|(?:doi|isbn|[ep]?issn)[a-z0-9_]{0,9})")
_OPEN_GRAPH = re.compile(
    r"(?:og|music|video|books?|product):(author|creator|musician|type|(?:isbn|isrc|iswc|issn|upc|ean|gtin)[a-z0-9_]{0,9})"
)
_MARK = re.compile("[.:_]")  # no tag of ours is without one
_NO_CODES = ("type", "title", "creator_name")
_MAKERS = frozenset({"creator", "contributor", "rightsholder", "author", "authors", "musician"})
_PLAIN_MAKER = frozenset(
    {None, "personalname", "corporatename", "author"}
)  # other qualifiers are addresses and the like
_TYPES = (
    (re.compile(r"(?i)(?:still)?image|photograph\w*"), "image"),
    (re.compile(r"(?i)moving ?image|video(?:[.:]\w*)?|film"), "audiovisual"),
    (re.compile(r"(?i)sound(?: ?recording)?|music\.(?:song|album)|audio"), "sound_recording"),
    (re.compile(r"(?i)text(?:[.: ].*)?|article|books?(?:[.:]\w*)?|journal ?article|thesis"), "text"),
)


class PageItems(NamedTuple):
    """
    The items of a page, and what in it could not be read; the last `repaired` are of JSON-LD that was repaired.

    `others`: there are more, in JSON-LD, of which nothing is declared.
    """

    items: tuple[WorkItem, ...]
    faults: tuple[Fault, ...]
    repaired: int = 0
    others: bool = False


def page_items(
    page: Page, source: Source, *, repair: bool = False, undeclared: Callable[[Loose], bool] | None = None
) -> PageItems:
    """
    What `page`, read with `json_ld=True`, says of the works on it; `repair`: also in scripts that are no JSON.

    `undeclared` tells that nothing of what all works in JSON-LD say together is declared, or at fault: they are not
    given then.

    Never raises on what is in the page. Bounds: `MAX_SCRIPTS` scripts of `MAX_SCRIPT` characters, and those of
    `schema_org`; beyond them a fault says what was not read.
    """
    graph = Graph(page.base, repair=repair)
    problems: list[ScriptProblem] = []
    for number, script in enumerate(page.json_ld[:MAX_SCRIPTS], 1):
        if len(script.text) > MAX_SCRIPT:
            where = f"script {number}, line {script.line}"
            problems.append(ScriptProblem(where, f"more than {MAX_SCRIPT} characters of JSON-LD: not read"))
        graph.read("" if len(script.text) > MAX_SCRIPT else script.text, script.line)
    if len(page.json_ld) > MAX_SCRIPTS:
        where = f"script {MAX_SCRIPTS + 1}, line {page.json_ld[MAX_SCRIPTS].line}"
        problems.append(ScriptProblem(where, f"more than {MAX_SCRIPTS} scripts of JSON-LD: read no further"))
    loose = _told(graph, undeclared)
    works, found = read_works(graph) if loose is None and graph.roots else ((), ())
    described, cut = _described(page.tags)
    faults = tuple(
        Fault.at(source, problem.message, signal=_SIGNAL, locator=problem.locator, excerpt=problem.excerpt)
        for problem in (*problems, *graph.problems, *found, *cut)
    )
    distinct = _distinct(works)
    return PageItems(
        (*described, *distinct),
        faults,
        repaired=len(distinct) if graph.repaired else 0,
        others=loose is not None and loose.present,
    )


def _told(graph: Graph, undeclared: Callable[[Loose], bool] | None) -> Loose | None:
    """What all works of the page say together, if nothing of it is declared."""
    loose = read_loosely(graph) if undeclared is not None and graph.roots else None
    if loose is None or undeclared is None or (loose.present and not undeclared(loose)):
        return None
    return loose


def gives_code(page: Page) -> bool:
    """True if a meta tag of Open Graph gives the code of a work: others, without our words, then say more of it."""
    return any(
        tag.name == "meta"
        and (found := _OPEN_GRAPH.fullmatch(_name_of(tag)))
        and found[1] not in _MAKERS
        and found[1] != "type"
        for tag in page.tags
    )


def _name_of(tag: Tag) -> str:
    return (tag.attributes.get("name") or tag.attributes.get("property") or "").strip().lower()


def _distinct(works: tuple[WorkItem, ...]) -> list[WorkItem]:
    """Without repetitions: many pages bear the same script twice."""
    kept: dict[str, WorkItem] = {}
    for work in works:
        kept.setdefault(repr(work), work)
    return list(kept.values())


def _described(tags: tuple[Tag, ...]) -> tuple[list[WorkItem], list[ScriptProblem]]:
    """The one item that the meta tags describe, if they do."""
    values: dict[str, dict[str, None]] = {}
    linked: list[tuple[str, str]] = []
    cut: dict[str, ScriptProblem] = {}
    seen: set[tuple[str, str, str]] = set()
    room = MAX_DESCRIBED
    for tag in tags:
        name = _name_of(tag)
        if tag.name != "meta" or _MARK.search(name) is None:
            continue
        content, scheme = tag.attributes.get("content", ""), tag.attributes.get("scheme", "")
        if (name, content, scheme) in seen:
            continue
        seen.add((name, content, scheme))
        room -= len(content)
        if room < 0:
            message = f"more than {MAX_DESCRIBED} characters of meta tags: the others are not matched"
            cut.setdefault("", ScriptProblem(f"line {tag.line}", message))
            break
        content = printable(content)
        if found := _OPEN_GRAPH.fullmatch(name):
            linked += _open_graph(found[1], content)
            continue
        for key, value in _said(name, content, scheme):
            kept = values.setdefault(key, {})
            if len(kept) < MAX_VALUES or value in kept:
                kept[value] = None
            else:
                message = f"more than {MAX_VALUES} values of {key}: the others are not matched"
                cut.setdefault(key, ScriptProblem(f"line {tag.line}", message))
    if any(key not in _NO_CODES for key, _ in linked):
        for key, value in linked[:MAX_VALUES]:
            values.setdefault(key, {})[value] = None
    if values.keys() <= {"type", "title"}:
        return [], []
    item: WorkItem = {
        key: next(iter(found)) if len(found) == 1 or key in ("type", "title") else [*found]
        for key, found in values.items()
    }
    return [item], list(cut.values())


def _said(name: str, content: str, scheme: str) -> Codes:
    """What a meta tag of Dublin Core or Highwire says, as pairs of key and value."""
    if not content:
        return ()
    if found := _DUBLIN_CORE.fullmatch(name):
        return _dublin_core(found[1], found[2], content, scheme)
    if found := _HIGHWIRE.fullmatch(name):
        return (("type", "text"), *_plain(found[1], content))
    return ()


def _open_graph(name: str, content: str) -> Codes:
    if name in _MAKERS:
        return () if content.startswith(("http://", "https://")) else _makers(content)
    return _plain(name, content)


def _plain(name: str, content: str) -> Codes:
    if name in _MAKERS:
        return _makers(content)
    if name in ("publisher", "title"):
        return ((name, content),)
    if name == "type":
        return _kind(content)
    key = key_of(name)
    return recognise_as(key, content) if key else ()


def _dublin_core(element: str, qualifier: str | None, content: str, scheme: str) -> Codes:
    if element in _MAKERS:
        own = tuple(pair for pair in recognise(content) if pair[0].startswith("creator_") and any_digit(pair[1]))
        return own or (_makers(content) if qualifier in _PLAIN_MAKER else ())
    named = key_of(qualifier or "") or key_of(scheme)
    if element in ("identifier", "bibliographiccitation"):
        return recognise_as(named, content) if named else recognise(content)
    if element in ("source", "ispartof"):  # a journal lends its number; another source is another work
        return tuple(
            pair for pair in (recognise_as(named, content) if named else recognise(content)) if pair[0] == "issn"
        )
    return _plain(element, content) if qualifier is None else ()


def _makers(content: str) -> Codes:
    return tuple(("creator_name", name.strip()) for name in content.split(";") if name.strip())


def _kind(content: str) -> Codes:
    return next(((("type", kind),) for pattern, kind in _TYPES if pattern.fullmatch(content)), ())
