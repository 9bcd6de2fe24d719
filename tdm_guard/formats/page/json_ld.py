"""
JSON-LD as far as policies need it: names in one spelling whatever the context makes of them, and values unwrapped.

    "tdm:mine", "mine", "http://www.w3.org/ns/tdmrep#mine", {"@id": "tdm:mine"}      one and the same name

Contexts are never fetched: those of ODRL 2.2 and of the TDMRep profile are known here, those written out in the
document are read, others are passed over. Names of ODRL have no prefix, those of other vocabularies keep theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tdm_guard.formats.json_members import Members

ODRL = "http://www.w3.org/ns/odrl/2/"
TDM = "http://www.w3.org/ns/tdmrep#"
ODRL_CONTEXT = "http://www.w3.org/ns/odrl.jsonld"
TDM_CONTEXT = "http://www.w3.org/ns/tdmrep.jsonld"
MAX_NESTING = 6  # lists, sets and wrapping objects around a value; the deepest foreseen has two
MAX_TERMS = 500  # terms that the contexts of one document may define
MAX_NAME = 2048  # characters; longer ones are no names but payloads

_BUILT_IN = {
    "odrl": ODRL,
    "tdm": TDM,
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "mine": "tdm:mine",
    "research": "tdm:research",
    "non-research": "tdm:non-research",
}
_KEYWORDS = {"@id": "uid", "@type": "@type", "type": "@type"}
_SPELLINGS = (
    (re.compile(r"https?://www\.w3\.org/ns/odrl/2/"), ""),
    (re.compile(r"https?://www\.w3\.org/ns/tdmrep[#/]"), "tdm:"),
    (re.compile(r"https?://www\.w3\.org/2006/vcard/ns#"), "vcard:"),
    (re.compile(r"https?://www\.w3\.org/1999/02/22-rdf-syntax-ns#"), "rdf:"),
)
_is_odrl = re.compile(r"https?://www\.w3\.org/ns/odrl(?:/2/|\.jsonld)").match


Node = dict[str, list[Any]]


def loads(body: bytes) -> Any:
    """The value in a body, UTF-8 with or without a byte order mark. Raises `ValueError`, also for deep nesting."""
    try:
        return json.loads(body.decode("utf-8-sig", "replace"), object_pairs_hook=Members)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def items(value: Any, depth: int = 0) -> Iterator[Any]:
    """The single values in `value`: of a list, a set or a list of lists; null is none."""
    if isinstance(value, list):
        if depth < MAX_NESTING:
            for item in value:
                yield from items(item, depth + 1)
    elif isinstance(value, Members) and len(value) == 1 and value[0][0] in ("@list", "@set"):
        yield from items(value[0][1], depth + 1)
    elif value is not None:
        yield value


class Vocabulary:
    """What the names of one document mean. `known` is False if none of them can be a name of ODRL."""

    def __init__(self, contexts: Any) -> None:
        self._terms = dict(_BUILT_IN)
        self._vocabulary = ODRL
        self.known = False
        for context in items(contexts):
            if isinstance(context, str):
                self.known = self.known or _is_odrl(context) is not None
            elif isinstance(context, Members):
                self._define(context)

    def _define(self, context: Members) -> None:
        for term, meaning in context[:MAX_TERMS]:
            if isinstance(meaning, Members):
                meaning = dict(meaning).get("@id")  # noqa: PLW2901 - an expanded term definition
            if not isinstance(meaning, str):
                continue
            self.known = self.known or _is_odrl(meaning) is not None
            if term == "@vocab":
                self._vocabulary = meaning
            elif len(self._terms) < MAX_TERMS:
                self._terms[term] = meaning

    def name(self, raw: str) -> str:
        """A name in the one spelling; one of no vocabulary that is known here as its IRI."""
        raw = printable(raw)
        if raw in _KEYWORDS:
            return _KEYWORDS[raw]
        iri = self._expand(self._terms.get(raw, raw))
        for spelling, prefix in _SPELLINGS:
            if found := spelling.match(iri):
                return prefix + iri[found.end() :]
        return iri

    def _expand(self, raw: str) -> str:
        prefix, colon, local = raw.partition(":")
        if not colon:
            return self._vocabulary + raw
        if prefix in self._terms and not local.startswith("//"):
            return self._terms[prefix] + local
        return raw

    def node(self, members: Members) -> Node:
        """The members of an object under names in the one spelling, each with its single values."""
        node: Node = {}
        for raw, value in members:
            node.setdefault(self.name(raw), []).extend(items(value))
        return node

    def names(self, values: Iterable[Any]) -> tuple[str, ...]:
        """The names that `values` are, in the one spelling; what is no name is passed over."""
        return tuple(name for value in values if (name := self._named(value)) is not None)

    def _named(self, value: Any, depth: int = 0) -> str | None:
        if isinstance(value, str):
            return self.name(value)
        if not isinstance(value, Members) or depth == MAX_NESTING:
            return None
        node = self.node(value)
        inner = next((node[name][0] for name in ("uid", "@value", "rdf:value") if node.get(name)), None)
        return self._named(inner, depth + 1)


def text(values: Iterable[Any]) -> str | None:
    """The first literal or address among `values`, as written."""
    for value in values:
        if isinstance(value, Members):
            members = dict(value)
            value = next((members[name] for name in ("@value", "@id", "uid") if name in members), None)  # noqa: PLW2901
        if isinstance(value, str) and value.strip():
            return printable(value)
    return None


def printable(written: str, limit: int = MAX_NAME) -> str:
    """A stranger's words without outer blanks, bounded, lone surrogates made printable."""
    written = written.strip()[:limit]
    return written if written.isascii() else written.encode("utf-8", "backslashreplace").decode("utf-8")
