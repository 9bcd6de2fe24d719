"""Identifiers in an EPUB package document (EPUB 3.3, 5.5; OPF 2.0.1, 2.2): Dublin Core elements, read for matching."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tdm_guard.formats.page.work_codes import Codes, key_of, recognise, recognise_as
from tdm_guard.formats.xml import Limits, parse

MAX_VALUES = 64  # values taken of one document
_LIMITS = Limits(bytes=2**20, elements=5_000, depth=32)
_METADATA_END = re.compile(rb"</(?:[A-Za-z_][\w.-]{0,63}+:)?metadata\s*+>")
_ROOT = re.compile(rb"<((?:[A-Za-z_][\w.-]{0,63}+:)?package)(?=[\s>])")
_SCHEMES = ("isbn", "doi", "issn", "isrc", "iswc", "isan", "eidr", "gtin")
_NAMES = {"creator": "creator_name", "publisher": "publisher", "title": "title"}


def identifiers(package: bytes) -> tuple[list[tuple[str, str]], bool]:
    """
    The identifiers in a package document, by the keys of an item, none if it cannot be parsed; and whether there are
    more than are read.
    """
    document = parse(package, limits=_LIMITS)
    found: list[tuple[str, str]] = []
    waiting = list(document.kept)
    while waiting and len(found) <= MAX_VALUES:
        element = waiting.pop()
        waiting += reversed(element.children)
        text = " ".join(element.text.split())
        if not text or not element.namespace.startswith("http://purl.org/dc/"):
            continue
        if element.name in _NAMES:
            found.append((_NAMES[element.name], text))
        elif element.name in ("identifier", "source"):
            found += _identifier(text, _scheme(element.attributes))
    return found[:MAX_VALUES], len(found) > MAX_VALUES


def without_manifest(package: bytes) -> bytes:
    """
    The document without what follows its metadata (manifest, spine), which is most of it and says nothing of rights.

    As it is, unless there is one place where the metadata end: the words may stand in a comment too.
    """
    ends = list(_METADATA_END.finditer(package, 0, len(package)))
    root = _ROOT.search(package)
    if root is None or len(ends) != 1:
        return package
    return package[: ends[0].end()] + b"</" + root[1] + b">"


def _scheme(attributes: Mapping[str, str]) -> str:
    return next((value.lower() for name, value in attributes.items() if name.rpartition("}")[2] == "scheme"), "")


def _identifier(text: str, scheme: str) -> Codes:
    named = key_of(scheme)
    own = tuple(pair for pair in recognise(text) if pair[0] in _SCHEMES)
    if named not in _SCHEMES or (own and all(key != named for key, _ in own)):
        return own
    return recognise_as(named, text)
