"""
XHTML that only an XML reader sees as such: prefixed names and entities that the document declares (XML 1.0 4, Names 3).

    <h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:meta …/>        <!DOCTYPE html [<!ENTITY r "1">]> … content="&r;"

strategy: such a document is rewritten as the plain one that it means, as text, and read like any other. An entity is
put in where it is used, within bounds; what would take a parameter entity, an external one or too much room to know is
not rewritten, and the document counts as not read whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ENTITIES = 200  # declared by one document; real ones have a handful
MAX_ENTITY = 4_096  # characters of one, with those within it put in
MAX_NESTED = 8  # entities within entities
MAX_PREFIXES = 8  # bound to XHTML in one document
MAX_PREFIXED = 300_000  # names with a prefix that are rewritten; as many tags are looked at of any document
_PIECE = 2**18  # characters rewritten at one time; each name takes several times its own room meanwhile
MAX_GROWTH = 2**20  # characters that entities may add to one document
MAX_MARKUP = 300_000  # tags, comments and the like that are looked at; the largest real pages have a tenth of it

NAMESPACE = "http://www.w3.org/1999/xhtml"
_NAME = r"[A-Za-z_\u0080-\uffff][\w.\-\u0080-\uffff]{0,63}"
_find_doctype = re.compile(r"<!DOCTYPE[^\[>]{0,1024}\[").search
_find_declaration = re.compile(
    rf"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<!ENTITY\s+(%\s+)?({_NAME})\s+(?:\"([^\"]*)\"|'([^']*)'|(SYSTEM|PUBLIC)\b[^>]*)\s*>"
    r"|%[\w.-]+;|<![A-Z](?:[^>\"']|\"[^\"]*\"|'[^']*')*>|(\]\s*>)",
    re.DOTALL,
).finditer
_REFERENCE = re.compile(rf"&({_NAME});")
_find_reference, _each_reference = _REFERENCE.sub, _REFERENCE.finditer
_find_prefix = re.compile(rf"xmlns:({_NAME})\s*=\s*(?:\"{NAMESPACE}/?\"|'{NAMESPACE}/?')").finditer
_PREFIXED = re.compile(rb"xmlns:[^\s=]{1,64}\s*=\s*[\"'](?:http://www\.w3\.org/1999/xhtml|[^\"'>]{0,64}&)")
_PREDEFINED = frozenset({"lt", "gt", "amp", "quot", "apos"})


class PlainPage(NamedTuple):
    """The document as it is to be read. `whole` is False if something in it could not be known."""

    text: str
    whole: bool = True


def is_disguised(body: bytes) -> bool:
    """True if the document may name elements of XHTML by a prefix, or declares entities."""
    return b"<!ENTITY" in body or _PREFIXED.search(body) is not None


def plain(text: str) -> PlainPage:
    """A disguised document as the plain one that it means."""
    text, whole = _without_entities(text) if "<!ENTITY" in text else (text, True)
    prefixes = list(dict.fromkeys(found[1] for found in _find_prefix(text)))
    if len(prefixes) > MAX_PREFIXES:
        prefixes, whole = prefixes[:MAX_PREFIXES], False
    if prefixes:
        names = "|".join(re.escape(prefix) for prefix in prefixes)
        pieces, all_renamed = _renamed(text, re.compile(rf"<(/?)(?:{names}):(?=[A-Za-z])"))
        del text  # so that no more than two copies are held at one time
        return PlainPage("".join(pieces), whole and all_renamed)
    return PlainPage(text, whole)


def _renamed(text: str, prefixed: re.Pattern[str]) -> tuple[list[str], bool]:
    """
    The text without these prefixes, in pieces; False if it ends before the text does.

    Nothing is kept of what stands behind the last name that is rewritten: it cannot be known there.
    """
    pieces: list[str] = []
    left, at, size = MAX_PREFIXED, 0, len(text)
    while at < size:
        end = size
        if size - at > _PIECE:  # up to a "<", so that no name is cut
            end = text.rfind("<", at + 1, at + _PIECE)
            if end < 0:
                end = text.find("<", at + _PIECE)
            end = size if end < 0 else end
        piece, renamed = prefixed.subn(r"<\1", text[at:end], count=left)
        pieces.append(piece)
        left -= renamed
        if left <= 0:
            return pieces, end == size and not prefixed.search(piece)
        at = end
    return pieces, True


def _without_entities(text: str) -> tuple[str, bool]:
    start = _find_doctype(text)
    if start is None:  # the words stand in some text or comment
        return text, True
    values: dict[str, str] = {}
    unknown: set[str] = set()
    whole = False  # until the end of the declarations is seen
    end = start.end()
    for declared in _find_declaration(text, start.end()):
        end = declared.end()
        parameter, name, double, single, external, closing = declared.groups()
        if closing:
            whole = True
            break
        if declared[0].startswith("%") or (parameter and external):
            return text, False  # what it holds may declare anything
        if name and not parameter and name not in values and name not in unknown and name not in _PREDEFINED:
            value = double if double is not None else single
            if len(values) + len(unknown) >= MAX_ENTITIES:
                return text, False
            if external or value is None or len(value) > MAX_ENTITY:
                unknown.add(name)
            else:
                values[name] = value
    expanded = _expanded(values, unknown)
    unknown |= {name for name, value in expanded.items() if value is None}
    room = MAX_GROWTH
    missed = False

    def put_in(found: re.Match[str]) -> str:
        nonlocal room, missed
        value = expanded.get(found[1])
        if value is None:
            missed = missed or found[1] in unknown
            return found[0]
        room -= len(value)
        if room < 0:
            missed = True
            return found[0]
        return value

    pieces = [text[: start.start()], "\n" * text.count("\n", start.start(), end)]
    pieces += [_find_reference(put_in, piece) for piece in _between_references(text, end)]
    return "".join(pieces), whole and not missed


def _between_references(text: str, at: int) -> Iterator[str]:
    """The text from `at` on, in pieces that cut no reference."""
    while at < len(text):
        end = at + _PIECE
        if end < len(text):
            end = max(text.rfind("&", at + 1, end), 0) or end
        yield text[at:end]
        at = end


def _expanded(values: dict[str, str], unknown: set[str]) -> dict[str, str | None]:
    """
    The values with the entities in them put in, and quotation marks as references; None for one without an end in
    sight.

    Each is put together once: of entities that hold one another twice, the text doubles with each.
    """
    whole: dict[str, tuple[str | None, int]] = dict.fromkeys(unknown, (None, 0))

    def expand(name: str) -> tuple[str | None, int]:
        """The value, and how many entities within entities it takes; of a circle, none."""
        if name in whole:
            return whole[name]
        whole[name] = (None, 0)
        raw = values[name]
        pieces: list[str] = []
        size = at = height = 0
        for found in _each_reference(raw):
            if found[1] not in values and found[1] not in unknown:
                continue
            inner, below = expand(found[1])
            height = max(height, below + 1)
            if inner is None or height >= MAX_NESTED or size > MAX_ENTITY:
                return whole[name]
            pieces += raw[at : found.start()], inner
            size += len(pieces[-2]) + len(inner)
            at = found.end()
        value = "".join([*pieces, raw[at:]])
        if len(value) <= MAX_ENTITY:
            whole[name] = (value, height)
        return whole[name]

    return {name: _quoted(expand(name)[0]) for name in values}


def _quoted(value: str | None) -> str | None:
    if value is None or "<" in value:
        return value
    return value.replace('"', "&quot;").replace("'", "&#39;").replace(">", "&gt;")
