"""
JSON-LD scripts of a page as one graph: nodes with their references resolved, under the names of one vocabulary.

strategy: every script is parsed by itself; objects are indexed by their `@id` as the parser completes them, and what
several objects say of one `@id` is joined when it is asked for (JSON-LD 1.1, 7.3: scripts of a page may be one data
set). Contexts are never fetched; those written out are read for prefixes and aliases of our vocabulary. Lenient where
pages in use are: several values in one script, comment wrappers, line breaks in strings, names used twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urljoin

from tdm_guard.formats.page.json_ld import printable
from tdm_guard.formats.page.json_repair import repaired

Node: TypeAlias = dict[str, list[Any]]

MAX_TEXT = 4_194_304  # characters of all scripts of a page: bounds what hostile JSON can take of memory
MAX_REPAIRED = 2**18  # characters of a page that are repaired: such scripts have some thousand
MAX_OBJECTS = 50_000  # of a page; a feed of a mebibyte has under 20,000
MAX_VALUES = 1_000  # top values of one script; one is the rule
MAX_NESTING = 6  # lists within lists around a value
MAX_TERMS = 500  # aliases and prefixes that the contexts of a page may define

# What may stand before, between and behind the values: blanks, comment and CDATA wrappers, a stray semicolon.
_BETWEEN = re.compile(r"(?:[\s\ufeff;,>]|<!(?:--|\[CDATA\[)?|-->|//|/\*|\*/|\]\]>)*")
_VOCABULARY = re.compile(r"(?:https?://(?:www\.)?schema\.org/|schema:|sdo:)")
_is_full = re.compile(r"https?://[A-Za-z0-9.-]+/[A-Za-z0-9/._~%+-]*").fullmatch  # an address that stays as it is
_ASIDE = frozenset({"@context", "@graph", "@reverse"})  # say nothing of a node itself
_NO_JSON = "no JSON: "
_USUAL_PREFIXES = frozenset({"@vocab"})
_ALIASES = {"id": "@id", "type": "@type"}  # of schema.org's own context


class ScriptProblem(NamedTuple):
    """What could not be read, where, and the words there."""

    locator: str
    message: str
    excerpt: str | None = None


class _TooManyObjectsError(ValueError):
    """More than MAX_OBJECTS: the parser is to stop."""


class Graph:
    """
    The nodes of a page. `roots` are those that stand at the top of a script or of its `@graph`, in order.

    With `repair` a script that is no JSON is read as what it was meant to be; `repaired` tells whether one was.
    """

    def __init__(self, base: str, *, repair: bool = False) -> None:
        self._base = base
        self._mendable = MAX_REPAIRED if repair else 0
        self._script = 0
        self._read = 0
        self._terms = dict(_ALIASES)
        self._prefixes: set[str] = set()
        self._by_iri: dict[str, list[dict[str, Any]]] = {}
        self._joined: dict[str | int, Node] = {}
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=str,  # codes written as numbers stay as written, and no number is too long
            parse_float=str,
            parse_constant=lambda _: None,
            strict=False,
        )
        self.repaired = False
        self.objects: list[dict[str, Any]] = []
        self.roots: list[dict[str, Any]] = []
        self.problems: list[ScriptProblem] = []

    def read(self, text: str, line: int) -> None:
        """Takes in the next script of the page, whose text begins at `line`."""
        self._script += 1
        self._read += len(text)
        where = f"script {self._script}, line "
        if self._read > MAX_TEXT:
            self.problems.append(
                ScriptProblem(f"{where}{line}", f"more than {MAX_TEXT} characters of JSON-LD: not read")
            )
            return
        before = len(self.objects)
        problem = self._decode(text, where, line)
        if problem is not None and len(text) <= self._mendable and problem.message.startswith(_NO_JSON):
            self._mendable -= len(text)
            seen = self.roots[:], self.objects[:]
            self._forget(before)
            if self._decode(repaired(text), where, line) is None:
                self.repaired = True
                problem = problem._replace(message=f"{problem.message}; read as what it was meant to be")
            else:  # as far as it could be read
                self._forget(before)
                self.roots, self.objects = seen
                self._index()
        if problem is not None:
            self.problems.append(problem)

    def _decode(self, text: str, where: str, line: int) -> ScriptProblem | None:
        """Takes in the values of `text`, as far as they are JSON; returns what is wrong."""
        at = _end(text, 0)
        try:
            for _ in range(MAX_VALUES):
                if at == len(text):
                    return None
                value, at = self._decoder.raw_decode(text, at)
                self._take_roots(value)
                at = _end(text, at)
        except json.JSONDecodeError as error:
            around = printable(text[max(0, error.pos - 20) : error.pos + 60])
            return ScriptProblem(f"{where}{line + error.lineno - 1}", f"{_NO_JSON}{error.msg}", around)
        except RecursionError:
            return ScriptProblem(f"{where}{line}", "nested too deeply: not read")
        except _TooManyObjectsError:
            return ScriptProblem(f"{where}{line}", f"more than {MAX_OBJECTS} objects: read no further")
        if at < len(text):
            return ScriptProblem(f"{where}{line}", f"more than {MAX_VALUES} values: read no further")
        return None

    def _forget(self, objects: int) -> None:
        """Lets go of the objects behind the first `objects`, and of the roots among them."""
        gone = {id(each) for each in self.objects[objects:]}
        self.roots = [root for root in self.roots if id(root) not in gone]
        del self.objects[objects:]
        self._index()

    def _index(self) -> None:
        self._by_iri = {}
        for each in self.objects:
            if isinstance(own := each.get("@id"), str):
                self._by_iri.setdefault(own, []).append(each)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(self.objects) >= MAX_OBJECTS:
            raise _TooManyObjectsError
        made = dict(pairs)
        if len(made) < len(pairs):  # a name used twice: parsers keep the last value, we all
            made = {}
            for name, value in pairs:
                made.setdefault(name, []).append(value)
        self.objects.append(made)
        if "@context" in made and made["@context"].__class__ is not str:
            self._define(made["@context"])
        own = made.get("@id", made.get("id"))
        if isinstance(own, str) and own.strip():
            made["@id"] = iri = self.iri(own)
            self._by_iri.setdefault(iri, []).append(made)
        return made

    def _define(self, contexts: Any) -> None:
        for context in flat(contexts):
            for term, defined in context.items() if isinstance(context, dict) else ():
                meaning = defined.get("@id") if isinstance(defined, dict) else defined
                if not isinstance(meaning, str) or len(self._terms) + len(self._prefixes) >= MAX_TERMS:
                    continue
                found = _VOCABULARY.match(meaning)
                if found and found.end() == len(meaning):
                    self._prefixes.add(term)
                elif not term.startswith("@"):
                    self._terms[term] = meaning

    def _take_roots(self, value: Any) -> None:
        waiting = [value]
        while waiting:
            value = waiting.pop()
            if isinstance(value, list):
                waiting.extend(reversed(value))
            elif isinstance(value, dict):
                if "@graph" in value:
                    waiting.append(value["@graph"])
                if not value.keys() <= {"@context", "@graph", "@id", "id"}:
                    self.roots.append(value)

    @property
    def defines(self) -> bool:
        """True if a context gives names of its own to what we look for, or to where they are from."""
        return len(self._terms) > len(_ALIASES) or not self._prefixes <= _USUAL_PREFIXES

    def is_alone(self, iri: Any) -> bool:
        """True for the `@id` of one object and of no other: nothing refers to it so."""
        return isinstance(iri, str) and len(self._by_iri.get(iri, ())) == 1

    def iri(self, name: str) -> str:
        """A node's name in full: of a relative one against the page, of a blank one within its script."""
        name = name.strip()
        if name.startswith("_:"):
            return f"_:{self._script}:{name[2:]}"
        if ":" in name:
            return name
        try:
            return urljoin(self._base, name)
        except ValueError:
            return name

    def address(self, written: str) -> str | None:
        """An http(s) address in full; None if it is none."""
        if _is_full(written):
            return written
        try:
            url = urljoin(self._base, written)
        except ValueError:
            return None
        return url if url.startswith(("http://", "https://")) else None

    def name(self, key: str) -> str:
        """A name of our vocabulary without prefix, other names as they are."""
        key = self._terms.get(key, key)
        if ":" not in key:
            return key
        plain = without_prefix(key)
        if plain is not key:
            return plain
        prefix, _, local = key.partition(":")
        return local if prefix in self._prefixes else key

    def find(self, value: Any) -> Node | None:
        """The node that `value` is, or refers to by its `@id`; None if it is none."""
        if isinstance(value, str):
            name = self.iri(value) if value.startswith("#") else value
            return self._join(name) if name in self._by_iri else None
        if not isinstance(value, dict) or "@value" in value:
            return None
        iri = value.get("@id")
        if isinstance(iri, str) and iri in self._by_iri:
            return self._join(iri)
        if id(value) not in self._joined:  # the objects are kept, so that their addresses stay theirs
            self._joined[id(value)] = self._members((value,))
        return self._joined[id(value)]

    def _join(self, iri: str) -> Node:
        if iri not in self._joined:
            self._joined[iri] = self._members(self._by_iri[iri])
        return self._joined[iri]

    def _members(self, objects: Any) -> Node:
        node: Node = {}
        terms = self._terms
        for each in objects:
            for key, value in each.items():
                name = terms.get(key, key)
                if ":" in name:
                    name = self.name(key)
                if name == "@id":
                    node[name] = [each["@id"]] if isinstance(each.get("@id"), str) else []
                elif name not in _ASIDE:
                    single = isinstance(value, str) or (isinstance(value, dict) and len(value) != 1)
                    values = (value,) if single else flat(value)
                    if name in node:
                        node[name].extend(values)
                    else:
                        node[name] = [*values]
        return node


def without_prefix(name: str) -> str:
    """A name of our vocabulary without the usual prefixes, other names as they are."""
    found = _VOCABULARY.match(name) if ":" in name else None
    return name[found.end() :] if found else name


def flat(value: Any, depth: int = 0) -> Iterator[Any]:
    """The single values in `value`: of a list, a set or a list of lists; null is none."""
    if isinstance(value, list):
        if depth < MAX_NESTING:
            for each in value:
                yield from flat(each, depth + 1)
    elif isinstance(value, dict) and len(value) == 1 and not value.keys().isdisjoint(("@list", "@set")):
        yield from flat(next(iter(value.values())), depth + 1)
    elif value is not None:
        yield value


def text(value: Any) -> str | None:
    """The words of a literal; None if it is none or empty."""
    if isinstance(value, dict):
        value = value.get("@value")
    return (printable(value) or None) if isinstance(value, str) else None


def _end(words: str, at: int) -> int:
    found = _BETWEEN.match(words, at)
    return found.end() if found else at
