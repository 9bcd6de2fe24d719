"""
XML from strangers: no document type, no entities, bounded in bytes, elements and depth.

strategy: expat drives a builder of ours, which counts what comes and stops it at a bound. A document type is refused
where it begins, and with it all that defusedxml guards against, since entities can be declared nowhere else; its
parser would cost a packet of metadata half as much again. Of a large document only the subtrees that somebody asks for
are kept. Damage is an answer, never an exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

MAX_CHARACTERS = 8 * 2**20  # of the text kept of one document: a feed has as many bytes at most
MAX_KEPT = 2_000  # subtrees kept of one document; a feed has some hundreds of items


class Limits(NamedTuple):
    """How much is read: bytes, elements, depth of nesting, subtrees kept."""

    bytes: int
    elements: int
    depth: int
    kept: int = MAX_KEPT


DOCUMENT = Limits(bytes=2**20, elements=50_000, depth=32)  # a licence document has five levels
FEED = Limits(bytes=8 * 2**20, elements=200_000, depth=128)  # items hold XHTML
_DOCTYPE_REFUSED = "a document type or an entity is declared, which is not read"
_EXTERNAL_DOCTYPE = re.compile(
    rb"""(?x) <!DOCTYPE \s{1,64} [^\s<>\[\]"']{1,128} \s{0,64}
    (?: (?: SYSTEM | PUBLIC \s{1,64} ("[^"<>]{0,512}" | '[^'<>]{0,512}') ) \s{0,64}
        ("[^"<>]{0,512}" | '[^'<>]{0,512}')? \s{0,64} )? >"""
)


_NO_CHILDREN: tuple[Element, ...] = ()  # most elements have none
_NO_ATTRIBUTES: Mapping[str, str] = {}


class Element:
    """An element: its name in Clark's notation (`{namespace}name`), attributes, direct text, child elements."""

    __slots__ = ("attributes", "children", "tag", "text")

    def __init__(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.text = ""
        self.children: Sequence[Element] = _NO_CHILDREN

    @property
    def namespace(self) -> str:
        """The namespace name; empty if there is none."""
        return self.tag[1:].partition("}")[0] if self.tag.startswith("{") else ""

    @property
    def name(self) -> str:
        """The local name."""
        return self.tag.rpartition("}")[2]

    @property
    def words(self) -> str:
        """The element without its children, as it might be written: local names, blanks in the text collapsed."""
        attributes = "".join(f' {name.rpartition("}")[2]}="{value}"' for name, value in self.attributes.items())
        text = " ".join(self.text.split())
        if not text and not self.children:
            return f"<{self.name}{attributes}/>"
        return f"<{self.name}{attributes}>{text}" + (f"</{self.name}>" if not self.children else "")


class Xml(NamedTuple):
    """
    A document that was read: the tag of its root and the elements kept of it.

    `problem` says why it could not be read, `place` where (a line); nothing is kept then. `given_up`: for a bound,
    which another attempt would reach as well.
    """

    root: str | None = None
    kept: tuple[Element, ...] = ()
    problem: str | None = None
    place: str | None = None
    given_up: bool = False


Keep = str | tuple[str, ...]


def parse(body: bytes, *, limits: Limits = DOCUMENT, keep: Keep | None = None, encoding: str | None = None) -> Xml:
    """
    Reads `body`; `keep` names the elements to keep with all below them, the root if there is none. Several names are
    beginnings of names: `{namespace}` for all of that namespace.

    `encoding` overrides what the document declares. Nothing in `body` raises.
    """
    if len(body) > limits.bytes:
        return Xml(problem=f"longer than {limits.bytes} bytes", given_up=True)
    builder = _Builder(limits, keep)
    try:
        parser = expat.ParserCreate(encoding, "}")
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartDoctypeDeclHandler = _refuse
        parser.StartElementHandler = builder.opened
        parser.EndElementHandler = builder.closed
        parser.CharacterDataHandler = builder.text
        parser.Parse(body, True)  # in one piece: expat reads a long token again for each piece it comes in
    except _TooMuchError as error:
        return Xml(problem=str(error), given_up=True)
    except expat.ExpatError as error:
        return Xml(problem=f"not well-formed: {error}", place=f"line {error.lineno}")
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        return Xml(problem=f"not readable: {error}")
    return Xml(root=builder.root, kept=tuple(builder.kept))


def well_formed(body: bytes, *, encoding: str | None = None) -> str | None:
    """
    Why `body` could not be read, None if it could; for a fraction of the price of `parse`, since nothing of it is kept.

    Prefixes are not resolved.
    """
    try:
        parser = expat.ParserCreate(encoding)
        parser.StartDoctypeDeclHandler = _refuse  # entities can be declared nowhere else
        parser.Parse(body, True)
    except _TooMuchError as error:
        return str(error)
    except expat.ExpatError as error:
        return f"not well-formed: {error}"
    except (ValueError, LookupError) as error:
        return f"not readable: {error}"
    return None


def _refuse(*_declaration: object) -> None:
    raise _TooMuchError(_DOCTYPE_REFUSED)


def without_doctype(body: bytes) -> bytes:
    """
    `body` without a document type that only names an external one, as old SVG and package documents have it.

    Such a one is never fetched, so that leaving it out changes nothing but that the rest can be read. A document type
    with declarations of its own stays, to be refused.
    """
    return _EXTERNAL_DOCTYPE.sub(b"", body, count=1)


def written(element: Element) -> str:
    """The element as a document of its own, with prefixes of ours."""
    namespaces: dict[str, str] = {}

    def name(tag: str) -> str:
        namespace, _, local = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
        if not namespace or namespace == "http://www.w3.org/XML/1998/namespace":
            return f"xml:{local}" if namespace else local
        return f"{namespaces.setdefault(namespace, f'n{len(namespaces)}')}:{local}"

    def body(each: Element) -> Iterator[str]:  # the parser has bounded the depth
        attributes = "".join(f" {name(tag)}={quoteattr(value)}" for tag, value in each.attributes.items())
        yield f"<{name(each.tag)}{attributes}>{escape(each.text)}"
        for child in each.children:
            yield from body(child)
        yield f"</{name(each.tag)}>"

    content = "".join(body(element))
    declared = "".join(f" xmlns:{prefix}={quoteattr(namespace)}" for namespace, prefix in namespaces.items())
    first = len(name(element.tag)) + 1
    return content[:first] + declared + content[first:]


class _TooMuchError(Exception):
    """A bound was reached."""


class _Builder:
    """What the parser reports to."""

    def __init__(self, limits: Limits, keep: Keep | None) -> None:
        self._limits = limits
        self._keep = keep
        self._depth = 0
        self._seen = 0
        self._characters = 0
        self._pieces: list[str] = []  # text of the innermost element, joined once
        self._open: list[Element] = []
        self.root: str | None = None
        self.kept: list[Element] = []

    def opened(self, name: str, attributes: list[str]) -> None:
        self._depth += 1
        self._seen += 1
        if self._depth > self._limits.depth:
            raise _TooMuchError(f"nested deeper than {self._limits.depth} elements")
        if self._seen > self._limits.elements:
            raise _TooMuchError(f"more than {self._limits.elements} elements")
        tag = "{" + name if "}" in name else name
        if self.root is None:
            self.root = tag
        if self._open:
            if self._pieces:
                self._join()
            element = Element(tag, _mapping(attributes))
            around = self._open[-1]
            if isinstance(around.children, list):
                around.children.append(element)
            else:
                around.children = [element]
            self._open.append(element)
        elif self._keep is None or tag == self._keep or (isinstance(self._keep, tuple) and tag.startswith(self._keep)):
            if len(self.kept) >= self._limits.kept:
                raise _TooMuchError(f"more than {self._limits.kept} elements of one kind")
            element = Element(tag, _mapping(attributes))
            self.kept.append(element)
            self._open.append(element)

    def closed(self, _name: str) -> None:
        self._depth -= 1
        if self._open:
            if self._pieces:
                self._join()
            self._open.pop()

    def _join(self) -> None:
        self._open[-1].text += "".join(self._pieces)
        self._pieces.clear()

    def text(self, text: str) -> None:
        if self._open:
            self._characters += len(text)
            if self._characters > MAX_CHARACTERS:
                raise _TooMuchError(f"more than {MAX_CHARACTERS} characters of text")
            self._pieces.append(text)


def _mapping(attributes: list[str]) -> Mapping[str, str]:
    """Attributes as expat has them, names and values in turn, `namespace}name` each."""
    if not attributes:
        return _NO_ATTRIBUTES
    return {
        "{" + name if "}" in name else name: value
        for name, value in zip(attributes[::2], attributes[1::2], strict=True)
    }
