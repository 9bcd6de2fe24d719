"""
XMP packets (ISO 16684-1): the properties that somebody asks for, in any form that RDF has for them.

    packet      = [x:xmpmeta] rdf:RDF *( rdf:Description *property )
    property    = attribute / element text / rdf:resource / rdf:value / rdf:about of a node
                  / rdf:Alt, rdf:Bag, rdf:Seq of rdf:li or rdf:_1

strategy: a packet in which none of the names stands is only checked for damage, which takes microseconds. Damage leaves
what was written before and after it to a bounded search by name: good enough for a reservation, never for a permission.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.xml import Element, Keep, Limits, Xml, parse, well_formed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
MAX_PACKET = 8 * 2**20  # bytes; what a joined extended packet may have
LIMITS = Limits(bytes=MAX_PACKET, elements=100_000, depth=64)  # editing histories are long; real nesting is about ten
MAX_PROPERTIES = 200  # of the names asked for, in one packet
MAX_FIELDS = 1_000  # of one structure; of far fewer names it is told that they are too many
MAX_SEARCHED = 2**20  # bytes of a damaged packet that are searched
MAX_FOUND = 50  # places of a damaged packet at which a name stands

_ROOT = f"{{{RDF}}}RDF"
_RESOURCE = f"{{{RDF}}}resource"
_ABOUT = f"{{{RDF}}}about"  # of a node that is a value: the URI that it stands for
_NUMBERED = f"{{{RDF}}}_"  # rdf:_1 and so on, which RDF has for rdf:li
_IN_ATTRIBUTE = (_RESOURCE, f"{{{RDF}}}value")
_HOLDERS = frozenset(f"{{{RDF}}}{name}" for name in ("value", "Alt", "Bag", "Seq", "li", "Description"))
_OTHER = (f"{{{RDF}}}", "{http://www.w3.org/XML/1998/namespace}")  # attributes of RDF and XML themselves
_DOCTYPE = b"<!DOCTYPE"
_START = re.compile(rb"<((?:[A-Za-z_][\w.-]{0,63}:)?(?:xmpmeta|xapmeta|RDF))(?=[\s/>])")
_NO_CHARACTERS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF], "\ufffd")  # XML 1.0 2.2
_WIDE = {
    b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\0\0\0<": "utf-32-be", b"<\0\0\0": "utf-32-le",
    b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\0<": "utf-16-be", b"<\0": "utf-16-le",
}  # fmt: skip


class Property(NamedTuple):
    """
    One value of one property, as written: namespace, local name, value, the words.

    `nested` is a property of something that the packet describes besides its file, an ingredient for one. `resource`
    is a value that was written as rdf:resource, so that it is a URI. `fields` are the local names and values of a
    structure.
    """

    namespace: str
    name: str
    value: str
    excerpt: str
    nested: bool = False
    resource: bool = False
    fields: tuple[tuple[str, str], ...] = ()


class Xmp(NamedTuple):
    """
    What a packet says under the names asked for.

    `problem` says why it could not be read as it stands; no permission may be taken from it then. `whole` is False if
    properties may be missing: those given were searched for by name, and have no namespace.
    """

    properties: tuple[Property, ...] = ()
    problem: str | None = None
    place: str | None = None
    whole: bool = True


NOTHING = Xmp()


def read(packet: bytes, names: frozenset[str], beside: frozenset[str] = frozenset()) -> Xmp:
    """
    The properties of these local names (lower case), whatever their namespace and letter case; `dmi-*` stands for all
    that begin so.

    Those named in `beside` are only looked for where one of `names` stands. Nothing in `packet` raises.
    """
    body, encoding, problem = _as_bytes(packet)
    if len(body) > MAX_PACKET:
        return Xmp(_search(body, names), f"longer than {MAX_PACKET} bytes", whole=False)
    if not _holds(body.lower(), names):
        return _nothing(body, encoding, problem)
    xml, problem = _parsed(body, encoding, problem, _ROOT)
    if xml.problem is None and xml.kept:
        found = tuple(_properties(xml.kept, names | beside))
        if len(found) <= MAX_PROPERTIES:
            return Xmp(found, problem)
        xml = Xml(problem=f"more than {MAX_PROPERTIES} properties")
    return Xmp(_search(body, names), xml.problem or "no rdf:RDF stands in it", xml.place, whole=False)


def elements(packet: bytes, tag: Keep) -> tuple[Xml, str | None]:
    """The elements of a name in Clark's notation, or of beginnings of names, and what was damaged beside them."""
    body, encoding, problem = _as_bytes(packet)
    return _parsed(body, encoding, problem, tag)


def mentions(packet: bytes, names: frozenset[str]) -> bool:
    """False if none of the names stands in the packet, whatever else is there and however damaged it is."""
    lowered = (packet.replace(b"\0", b"") if b"\0" in packet[:4] else packet).lower()
    return _holds(lowered, names)


def _holds(lowered: bytes, names: frozenset[str]) -> bool:
    return any(name in lowered for name in _encoded(names))


@cache
def _encoded(names: frozenset[str]) -> tuple[bytes, ...]:
    return tuple(name.rstrip("*").encode() for name in names)


@cache
def _is_named(names: frozenset[str]) -> Callable[[str], object]:
    """A test of a local name in lower case."""
    begins = tuple(name[:-1] for name in names if name.endswith("*"))
    if not begins:
        return names.__contains__
    return lambda local: local in names or local.startswith(begins)


def _as_bytes(packet: bytes) -> tuple[bytes, str | None, str | None]:
    """The packet without padding in an encoding that XML readers share with ASCII, its name, and what was damaged."""
    head = packet[:4]
    wide = None
    if not head.isascii() or b"\0" in head:
        wide = next((name for start, name in _WIDE.items() if head.startswith(start)), None)
    if wide is None:
        return packet.strip(b"\0 \t\r\n"), None, None
    text = packet[: 4 * MAX_PACKET].decode(wide, "replace").strip("\ufeff\0 \t\r\n")
    damage = "characters that could not be decoded" if "\ufffd" in text else None
    return text.encode("utf-8", "replace"), "utf-8", damage


def _nothing(body: bytes, encoding: str | None, problem: str | None) -> Xmp:
    """Of a packet without any of the names, whether it is undamaged, so that nothing can be hidden."""
    if well_formed(body, encoding=encoding) is None:
        return NOTHING if problem is None else Xmp((), problem)
    xml, problem = _parsed(body, encoding, problem, _ROOT)
    if xml.problem is None:
        return Xmp((), problem)
    return Xmp((), xml.problem, xml.place, whole=False)


def _parsed(body: bytes, encoding: str | None, problem: str | None, tag: Keep) -> tuple[Xml, str | None]:
    """
    The elements of this name, and what had to be overlooked to read them.

    Bytes around the outermost element are no part of the packet. Characters that XML does not have can hide no element.
    """
    first = xml = parse(body, limits=LIMITS, keep=tag, encoding=encoding)
    if first.problem is None or first.given_up or _DOCTYPE in body:
        return first, problem
    inner = _outermost(body)
    if inner is not None:
        xml = parse(inner, limits=LIMITS, keep=tag, encoding=encoding or "utf-8")
        if xml.problem is None:
            return xml, problem
    text = (body if inner is None else inner).decode("utf-8", "replace").translate(_NO_CHARACTERS)
    xml = parse(text.encode(), limits=LIMITS, keep=tag, encoding="utf-8")
    return (xml, problem or first.problem) if xml.problem is None else (first, first.problem)


def _outermost(body: bytes) -> bytes | None:
    """The outermost element of a packet, without what stands before and behind it."""
    start = _START.search(body)
    if start is None:
        return None
    closing = b"</" + start.group(1)
    last = body.rfind(closing)
    end = body.find(b">", last) + 1 if last >= 0 else 0
    return body[start.start() : end] if end > start.start() else None


def _properties(roots: tuple[Element, ...], names: frozenset[str]) -> Iterator[Property]:
    """The properties asked for, first those of the file itself, at most one more than are kept."""
    nodes = [(node, False) for root in roots for node in root.children]
    count = 0
    named = _is_named(names)
    for node, nested in nodes:  # it grows by the elements below, which the parser has counted
        if count > MAX_PROPERTIES:
            return
        for tag, value in node.attributes.items():
            if named(_local(tag)):
                yield _property(tag, value, f'{tag.rpartition("}")[2]}="{value}"', nested)
                count += 1
        for child in node.children:
            if named(_local(child.tag)):
                fields = tuple(_fields(child)) if child.children or child.attributes else ()
                for value, resource in _values(child) or [("", False)]:
                    words = f"<{child.name}>{value.strip()}</{child.name}>"
                    each = _property(child.tag, value, words, nested)
                    yield each._replace(resource=resource, fields=fields)
                    count += 1
            else:
                nodes.append((child, True))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def _property(tag: str, value: str, excerpt: str, nested: bool) -> Property:
    namespace, _, name = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
    return Property(namespace, name, value, excerpt, nested)


def _values(element: Element) -> list[tuple[str, bool]]:
    """The values of a property element, whatever its form, and whether each is an rdf:resource."""
    values = [(element.attributes[name], name == _RESOURCE) for name in _IN_ATTRIBUTE if name in element.attributes]
    if element.text.strip():
        values.append((element.text, False))
    for child in element.children:
        if (child.tag in _HOLDERS or child.tag.startswith(_NUMBERED)) and len(values) <= MAX_PROPERTIES:
            if about := child.attributes.get(_ABOUT):
                values.append((about, True))
            values += _values(child)  # the parser bounds the depth
    return values


def _fields(element: Element) -> Iterator[tuple[str, str]]:
    """The fields of a structure, and of the structures in it, by their local names."""
    waiting = [element]
    count = 0
    for each in waiting:  # it grows by the elements below
        for tag, value in each.attributes.items():
            if not tag.startswith(_OTHER):
                yield tag.rpartition("}")[2], value
                count += 1
        if each is not element and each.tag not in _HOLDERS:
            for value, _ in _values(each):
                yield each.name, value.strip()
                count += 1
        if count > MAX_FIELDS or len(waiting) > MAX_FIELDS:
            return
        waiting += each.children


def _search(body: bytes, names: frozenset[str]) -> tuple[Property, ...]:
    """What a damaged packet has under the names: an attribute's value, or the text behind up to four tags."""
    text = body[:MAX_SEARCHED].decode("utf-8", "replace")
    found: list[Property] = []
    for name in _by_name(names).finditer(text):
        if len(found) == MAX_FOUND:
            break
        value = _ATTRIBUTE.match(text, name.end()) or _IN_TAG.match(text, name.end()) or _TEXT.match(text, name.end())
        if value and value.group(1).strip():
            found.append(Property("", name.group(1), value.group(1), value.string[name.start(1) : value.end()]))
    return tuple(found)


@cache
def _by_name(names: frozenset[str]) -> re.Pattern[str]:
    words = "|".join(sorted(name.replace("*", "[A-Za-z_-]{0,64}") for name in names))
    return re.compile(rf"(?i)[<\s](?:[\w.-]{{1,64}}+:)?({words})(?=[\s=/>])")


_ATTRIBUTE = re.compile(r"""\s{0,64}+=\s{0,64}+["']([^"'<>]{0,512})["']""")
_IN_TAG = re.compile(
    r"""(?:[^<>]{0,512}+>\s{0,512}+<(?!/)){0,3}[^<>]{0,512}?"""
    r"""(?:resource|value|about)\s{0,64}+=\s{0,64}+["']([^"'<>]{1,512})["']"""
)
_TEXT = re.compile(r"[^<>]{0,512}+>\s{0,512}+(?:<[^</>][^<>]{0,512}+>\s{0,512}+){0,3}([^<>]{1,512}+)<")
