"""
RSL 1.0 licence documents: bytes in, their elements out, every departure from the vocabulary noted with its place.

A document is told by its namespace, not by its media type (2.2). Elements of other namespaces are no business of ours,
unless they begin like refusals: a document in which something stands at a place, under a name or in a namespace where
the vocabulary lacks it is read a second time as it seems to be meant (`Content.meant`), for what it takes away.
`media:right` elements (RSL-MEDIA) speak of works, wherever these are, and not of what declares the document.
"""

from __future__ import annotations

from collections.abc import Iterator

from tdm_guard.formats.rsl.rsl_reader import Reader, is_right
from tdm_guard.formats.rsl.rsl_vocabulary import (
    CHILDREN,
    KINDS,
    MEDIA,
    NAMESPACE,
    Content,
    RslDocument,
    RslLicence,
    Stray,
)
from tdm_guard.formats.rsl.rsl_words import forbids
from tdm_guard.formats.xml import FEED, Element, Limits, parse


def read_document(body: bytes, *, encoding: str | None = None) -> RslDocument:
    """
    Reads a licence document: an rsl element, or a content element alone as it may stand inline.

    Nothing in `body` raises. A document without a content element licenses nothing and counts as unreadable.
    """
    xml = parse(body, encoding=encoding)
    if xml.problem:
        return RslDocument(problem=xml.problem, place=xml.place)
    root = xml.kept[0]
    if is_right(root):
        return RslDocument(works=True)
    if root.namespace != NAMESPACE or root.name not in ("rsl", "content"):
        return RslDocument(problem=f"no RSL document: its root is {root.tag[:100]}", place=f"/{root.name[:100]}")
    reader = Reader()
    if root.name == "content":
        return reader.document(
            (reader.content(root, "content"),), lambda again: [(again.content(root, "content"), True)]
        )
    contents = tuple(reader.contents(root))
    max_age = reader.max_age(root)
    read = reader.document(contents, lambda again: list(again.pairs(root)), max_age)
    if contents or (read.works and not read.flaws):
        return read
    return RslDocument(flaws=read.flaws, problem="no content element", place="rsl")


def read_feed(body: bytes, *, limits: Limits = FEED) -> RslDocument:
    """
    The content elements of a feed, wherever in it they stand (4.7); without any, a document without contents.

    Elements of the vocabulary outside any content are `loose`.
    """
    xml = parse(body, limits=limits, keep=(f"{{{NAMESPACE}}}", f"{{{MEDIA}}}right"))
    if xml.problem:
        return RslDocument(problem=xml.problem, place=xml.place)
    if xml.root == f"{{{NAMESPACE}}}rsl":
        return RslDocument()
    found = [item for item in xml.kept if item.namespace == NAMESPACE and item.name == "content"]
    places = [f"content[{n}]" for n in range(1, len(found) + 1)]
    reader = Reader()
    contents = tuple(map(reader.content, found, places))
    read = reader.document(contents, lambda again: [(content, True) for content in map(again.content, found, places)])
    return read._replace(loose=tuple(map(unbound, filter(is_unbound, xml.kept))))


def read_licence(element: Element) -> tuple[RslLicence, tuple[Stray, ...]]:
    """A license element by itself, as it seems to be meant, and what else in it takes something away."""
    reader = Reader(meant=True)
    return reader.licence(element, "license"), reader.strays


def is_unbound(element: Element) -> bool:
    """True for an element that can refuse or ask for something, and that was found outside any content."""
    return element.namespace == NAMESPACE and (
        element.name in CHILDREN["license"] | {"license"} or forbids(element.name)
    )


def of_attributes(element: Element) -> Iterator[Element]:
    """The attributes of the namespace, each as the element that it stands for: of usages, as it cannot say of what."""
    for name, value in element.attributes.items():
        if name.startswith(f"{{{NAMESPACE}}}"):
            made = Element(name, {"type": KINDS[0]})
            made.text = value
            yield made


def unbound(element: Element) -> Content:
    """Such an element as if it stood in a content for all that declares it."""
    licence = element
    if element.name != "license":
        licence = Element(f"{{{NAMESPACE}}}license", {})
        licence.children = [element]
    around = Element(f"{{{NAMESPACE}}}content", {"url": ""})
    around.children = [licence]
    return Reader(meant=True).content(around, "")._replace(excerpt=element.words[:500])
