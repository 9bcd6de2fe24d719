"""
The package document of an EPUB (EPUB 3 Packages 3.4, OPF 2.0.1): its `meta` elements.

    EPUB 3   <meta property="prefix:name" [refines]>value</meta>     prefixes: package/@prefix
    EPUB 2   <meta name="name" content="value"/>

Of a damaged document the `meta` tags are searched for: good enough for a reservation, never for a permission.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from tdm_guard.formats.xml import DOCUMENT, Element, parse, without_doctype

MAX_METAS = 2_000  # a book has some dozens
MAX_SEARCHED = 2**20  # bytes of a damaged document that are searched

_TAG = re.compile(r"<(?:[\w.-]{1,64}+:)?meta(?=[\s/>])([^<>]{0,2048}+)>([^<>]{0,256}+)(?=<)")
_ATTRIBUTE = re.compile(r"""([\w:.-]{1,64}+)\s{0,64}+=\s{0,64}+(?:"([^"<>]{0,1024})"|'([^'<>]{0,1024})')""")
_PREFIX = re.compile(r"([^\s:]{1,64}+):\s{1,64}+(\S{1,512}+)")


class OpfMeta(NamedTuple):
    """One `meta`: the attributes, the text, where it stands (`meta[3]`), the words."""

    attributes: Mapping[str, str]
    text: str
    locator: str
    excerpt: str


class Package(NamedTuple):
    """
    What a package document has: its version, the prefixes it declares, its `meta` elements, elements of other
    namespaces in the metadata.

    `problem` says why it could not be read; what is there then was searched for.
    """

    version: str = ""
    prefixes: tuple[tuple[str, str], ...] = ()
    metas: tuple[OpfMeta, ...] = ()
    foreign: tuple[Element, ...] = ()
    problem: str | None = None
    place: str | None = None


def read(document: bytes) -> Package:
    """Reads a package document. Nothing in it raises."""
    xml = parse(without_doctype(document.strip(b"\0 \t\r\n")), limits=DOCUMENT)
    if xml.problem is not None or not xml.kept:
        return _search(document, xml.problem or "no element stands in it", xml.place)
    package = xml.kept[0]
    if package.name != "package":
        return _search(document, f"its root is no package but {package.name[:64]}", "line 1")
    holders = [child for child in package.children if child.name == "metadata"]
    holders += [child for holder in holders for child in holder.children if child.name.endswith("-metadata")]
    inside = [child for holder in holders for child in holder.children]
    metas = [child for child in inside if child.name == "meta"]
    if len(metas) > MAX_METAS:
        return _search(document, f"more than {MAX_METAS} meta elements", None)
    return Package(
        version=package.attributes.get("version", "").strip(),
        prefixes=tuple(_PREFIX.findall(package.attributes.get("prefix", ""))),
        metas=tuple(
            OpfMeta(meta.attributes, meta.text, f"meta[{number}]", meta.words) for number, meta in enumerate(metas, 1)
        ),
        foreign=tuple(child for child in inside if child.namespace not in ("", package.namespace)),
    )


def _search(document: bytes, problem: str, place: str | None) -> Package:
    text = _text(document[:MAX_SEARCHED])
    found = []
    for number, tag in enumerate(_TAG.finditer(text), 1):
        if number > MAX_METAS:
            break
        attributes = {name: double or single for name, double, single in _ATTRIBUTE.findall(tag.group(1))}
        found.append(OpfMeta(attributes, tag.group(2), f"meta[{number}]", tag.group()))
    prefix = re.search(r"""\bprefix\s{0,64}+=\s{0,64}+["']([^"'<>]{0,2048})["']""", text)
    version = re.search(r"""\bversion\s{0,64}+=\s{0,64}+["'](\d)""", text.partition("package")[2][:2048])
    return Package(
        version=version.group(1) if version else "",
        prefixes=tuple(_PREFIX.findall(prefix.group(1))) if prefix else (),
        metas=tuple(found),
        problem=problem,
        place=place,
    )


def _text(data: bytes) -> str:
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    return data.decode("utf-16" if wide else "utf-8", "replace")
