"""
Structured header fields (RFC 9651): a Dictionary, or the place where the text stops being one.

    dictionary = [ member *( OWS "," OWS member ) ]
    member     = key [ "=" ( item / inner-list ) ] *( ";" key [ "=" bare-item ] )

Of a key that is there twice the last member counts, with its own parameters only (4.2.2). One mistake spoils the whole
(4.2). The grammar is http-sf's; here it is bounded, never raises, and gives values that need no import of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

import http_sf

MAX_LENGTH = 64 * 1024  # bytes; 1024 members, which RFC 9651 3.2 asks for, of 64 bytes each


class Form(StrEnum):
    """What a value was written as. `OTHER`: a number, a date, bytes, a display string or an inner list."""

    TOKEN = "token"
    STRING = "string"
    BOOLEAN = "boolean"
    OTHER = "other"


class BareItem(NamedTuple):
    """A bare value. `text` is its content; of a boolean `?1` or `?0`, of other forms but integers empty."""

    form: Form
    text: str = ""


class Member(NamedTuple):
    """A member's value and its parameters; a key without a value is the boolean `?1` (RFC 9651 3.2)."""

    item: BareItem
    parameters: Mapping[str, BareItem]


class DictionaryProblem(NamedTuple):
    """Why a text is no Dictionary, and the offset in characters at which it stops being one."""

    message: str
    position: int


class Dictionary(NamedTuple):
    """The members by key; none if there is a `problem`, and none in an empty field, which is a Dictionary."""

    members: Mapping[str, Member]
    problem: DictionaryProblem | None = None


_find_members = re.compile(r'(?:[^,"(]|"(?:[^"\\]|\\.)*+(?:"|\Z)|\([^)]*+(?:\)|\Z)|"(?=\\\Z))+').findall
_NONE: Mapping[str, Any] = MappingProxyType({})


def read_dictionary(text: str) -> Dictionary:
    """Reads the value of a field, its lines already joined by commas. Nothing in `text` raises."""
    if len(text) > MAX_LENGTH:
        return Dictionary(_NONE, DictionaryProblem(f"longer than is read ({MAX_LENGTH} characters)", MAX_LENGTH))
    if not text.isascii():
        first = next(place for place, character in enumerate(text) if not character.isascii())
        return Dictionary(_NONE, DictionaryProblem("a character that is not ASCII", first))
    try:
        parsed: Any = http_sf.parse(text.encode("ascii"), tltype="dictionary")
    except (ValueError, OverflowError) as error:  # http-sf's own is a ValueError
        return Dictionary(_NONE, DictionaryProblem(str(error.args[0]), getattr(error, "position", None) or 0))
    return Dictionary({key: _member(value) for key, value in parsed.items()})


def members(text: str) -> list[str]:
    """The members of a Dictionary as they are written, repeated keys too; of a text that is none, its pieces."""
    return [piece for piece in _find_members(text) if piece.strip()]


def _member(value: Any) -> Member:
    content, parameters = value
    return Member(_item(content), {key: _item(item) for key, item in parameters.items()} if parameters else _NONE)


def _item(value: Any) -> BareItem:
    if isinstance(value, http_sf.Token):
        return BareItem(Form.TOKEN, str(value))
    if isinstance(value, str):
        return BareItem(Form.STRING, value)
    if isinstance(value, bool):
        return BareItem(Form.BOOLEAN, "?1" if value else "?0")
    if isinstance(value, int):
        return BareItem(Form.OTHER, str(value))
    return BareItem(Form.OTHER)
