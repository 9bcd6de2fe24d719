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
MAX_ATTRIBUTES = 10_000  # of one element; real ones have a few dozen
MAX_TAG = 4 * 2**20  # bytes of one tag, of which the parser holds five times as many; longer are pictures in drawings
SMALL = 64 * 1024  # bytes with room for no more attributes than these; in what is smaller nobody counts
ROOM = 7 * 2**20  # bytes that what is kept may take, beside twice those of the document
OF_ELEMENT, OF_NAME, OF_TEXT = 120, 200, 60  # bytes that an element takes, a name that is new, a piece of text
OF_ATTRIBUTES, OF_ATTRIBUTE = 190, 110  # the attributes of one element, and each of them without its value


class Limits(NamedTuple):
    """How much is read: bytes, elements, depth of nesting, subtrees kept."""

    bytes: int
    elements: int
    depth: int
    kept: int = MAX_KEPT


DOCUMENT = Limits(bytes=2**20, elements=50_000, depth=32)  # a licence document has five levels
FEED = Limits(bytes=8 * 2**20, elements=200_000, depth=128)  # items hold XHTML
_NO_ROOM = "more elements and attributes than there is room for"
_DOCTYPE_REFUSED = "a document type or an entity is declared, which is not read"
_EXTERNAL_DOCTYPE = re.compile(
    rb"""(?x) <!DOCTYPE \s{1,64} [^\s<>\[\]"']{1,128} \s{0,64}
    (?: (?: SYSTEM | PUBLIC \s{1,64} ("[^"<>]{0,512}" | '[^'<>]{0,512}') ) \s{0,64}
        ("[^"<>]{0,512}" | '[^'<>]{0,512}')? \s{0,64} )? >"""
)


_NO_CHILDREN: tuple[Element, ...] = ()  # most elements have none
_NO_ATTRIBUTES: Mapping[str, str] = {}
_TAG = re.compile(rb"""<(?:[^>"']++|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*+""")
_NARROW, _WIDE = 2, 8  # bytes that a character of text takes in its piece and in the whole; all do as the widest


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
    builder = _Builder(limits, keep, ROOM + 2 * len(body))
    try:
        _look_for_crowds(body)
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
        _look_for_crowds(body)
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


def _look_for_crowds(body: bytes) -> None:
    """
    Raises for an element that may have too many attributes: the parser makes objects of all before it asks anybody.

    No tag holds a second "<", so that only a long way from one to the next can be such a tag, or a tag and text; each
    attribute in it takes a "=" and two quotation marks. A tag that is too long is found likewise.
    """
    at = SMALL - 1  # any way of that length holds one of the places that are looked at
    while at < len(body):
        start = max(body.rfind(b"<", 0, at + 1), 0)
        end = body.find(b"<", at + 1)
        end = len(body) if end < 0 else end
        if end - start >= SMALL and body[start + 1 : start + 2] not in (b"!", b"?"):
            marks = body.count(b'"', start, end) + body.count(b"'", start, end)
            if min(body.count(b"=", start, end), marks // 2) > MAX_ATTRIBUTES:
                raise _TooMuchError(f"more than {MAX_ATTRIBUTES} attributes of one element")
            if end - start > MAX_TAG and (tag := _TAG.match(body, start)) and tag.end() - start > MAX_TAG:
                raise _TooMuchError(f"a tag longer than {MAX_TAG} bytes")
        at = end + SMALL - 1


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

    def __init__(self, limits: Limits, keep: Keep | None, room: int) -> None:
        self._limits = limits
        self._keep = keep
        self._room = room
        self._tags: dict[str, str] = {}  # the name of an element as it is kept, once for all of that name
        self._depth = 0
        self._seen = 0
        self._characters = 0
        self._width = _NARROW
        self._open: list[Element] = []
        self._texts: list[list[str]] = []  # the text of each of these in pieces, joined once
        self.root: str | None = None
        self.kept: list[Element] = []

    def opened(self, name: str, attributes: list[str]) -> None:
        self._depth += 1
        self._seen += 1
        if self._depth > self._limits.depth:
            raise _TooMuchError(f"nested deeper than {self._limits.depth} elements")
        if self._seen > self._limits.elements:
            raise _TooMuchError(f"more than {self._limits.elements} elements")
        tag = self._tags.get(name) or self._named(name)
        if self.root is None:
            self.root = tag
        if self._open:
            around = self._open[-1]
            element = self._element(tag, attributes)
            if isinstance(around.children, list):
                around.children.append(element)
            else:
                around.children = [element]
        elif self._keep is None or tag == self._keep or (isinstance(self._keep, tuple) and tag.startswith(self._keep)):
            if len(self.kept) >= self._limits.kept:
                raise _TooMuchError(f"more than {self._limits.kept} elements of one kind")
            self.kept.append(self._element(tag, attributes))

    def _named(self, name: str) -> str:
        tag = self._tags[name] = "{" + name if "}" in name else name
        self._room -= OF_NAME + len(tag)
        if self._room < 0:
            raise _TooMuchError(_NO_ROOM)
        return tag

    def _element(self, tag: str, attributes: list[str]) -> Element:
        self._room -= OF_ELEMENT
        if attributes:
            self._room -= OF_ATTRIBUTES + len(attributes) // 2 * OF_ATTRIBUTE + sum(map(len, attributes))
        if self._room < 0:
            raise _TooMuchError(_NO_ROOM)
        element = Element(tag, _mapping(attributes))
        self._open.append(element)
        self._texts.append([])
        return element

    def closed(self, _name: str) -> None:
        self._depth -= 1
        if self._open:
            self._open.pop().text = "".join(self._texts.pop())

    def text(self, text: str) -> None:
        if self._open:
            self._characters += len(text)
            self._width = self._width if text.isascii() else _WIDE
            if self._characters > MAX_CHARACTERS or self._characters * self._width > self._room:
                raise _TooMuchError(f"more than {min(MAX_CHARACTERS, self._room // self._width)} characters of text")
            self._room -= OF_TEXT
            self._texts[-1].append(text)


def _mapping(attributes: list[str]) -> Mapping[str, str]:
    """Attributes as expat has them, names and values in turn, `namespace}name` each."""
    if not attributes:
        return _NO_ATTRIBUTES
    return {
        "{" + name if "}" in name else name: value
        for name, value in zip(attributes[::2], attributes[1::2], strict=True)
    }
