"""
Objects of a PDF file as they are written (ISO 32000-1, 7.3): numbers, names, strings, arrays, dictionaries, references.

strategy: one expression finds the next token, a stack holds the open arrays and dictionaries; both are bounded, so that
neither nesting nor length costs more than a bound says.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

MAX_TOKENS = 50_000  # of one object; a catalogue has some hundred, an object stream's header some thousand
MAX_DEPTH = 64  # of arrays and dictionaries in each other
MAX_STRING = 65_535  # bytes of a string (ISO 32000-1, annex C)

_BLANK = rb"[\0\t\n\f\r ]"
_REGULAR = rb"[^\0\t\n\f\r ()<>\[\]{}/%]"
_TOKEN = re.compile(
    rb"(?>" + _BLANK + rb"+|%[^\r\n]*)*+"
    rb"(?:(?P<number>[+-]?(?>\d++(?:\.\d*+)?|\.\d++))(?!" + _REGULAR + rb")"
    rb"|(?P<name>/" + _REGULAR + rb"*+)"
    rb"|(?P<open><<|\[)|(?P<close>>>|\])"
    rb"|(?P<hex><[0-9A-Fa-f\0\t\n\f\r ]*+>)"
    rb"|(?P<string>\()"
    rb"|(?P<word>" + _REGULAR + rb"++))"
)
_GENERATION = re.compile(_BLANK + rb"+(\d{1,5})" + _BLANK + rb"+R(?!" + _REGULAR + rb")")
_STRING_MARK = re.compile(rb"[()\\]")
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STRING_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|[\s\S])")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\r\n": b"", b"\n": b"", b"\r": b""}
_WORDS = {b"true": True, b"false": False, b"null": None}

Value = Any  # None, bool, int, float, Name, bytes, Reference, list, dict
Header = dict[bytes, Value]  # a dictionary of a file, as of a stream


class PdfError(Exception):
    """Something in the file that cannot be read; its message says what."""


class Name(bytes):
    """A name, without its slash and with its escapes undone."""

    __slots__ = ()


class Reference(NamedTuple):
    """A reference to an object by number and generation."""

    number: int
    generation: int


def parse(data: bytes, position: int, end: int | None = None) -> tuple[Value, int]:
    """The object that begins at `position`, and where it ends. Raises `PdfError`."""
    stop = len(data) if end is None else end
    stack: list[tuple[bytes, list[Value]]] = []
    for _ in range(MAX_TOKENS):
        token = _TOKEN.match(data, position, stop)
        if token is None:
            raise PdfError(f"no object at byte {position}")
        kind = token.lastgroup
        text = token[kind or 0]
        if kind == "open":
            if len(stack) >= MAX_DEPTH:
                raise PdfError(f"objects nested deeper than {MAX_DEPTH}")
            stack.append((text, []))
            position = token.end()
            continue
        if kind == "close":
            position = token.end()
            opening, items = stack.pop() if stack else (b"", [])
            if (opening == b"[") != (text == b"]") or not opening:
                raise PdfError(f"an array or dictionary that does not close at byte {position}")
            value: Value = items if text == b"]" else _dictionary(items)
        else:
            value, position = _simple(kind, text, data, token.end(), stop)
        if not stack:
            return value, position
        stack[-1][1].append(value)
    raise PdfError(f"an object of more than {MAX_TOKENS} parts")


def text_of(value: Value) -> str:
    """A text string (7.9.2.2): UTF-16 or UTF-8 with its mark, else one byte a character."""
    if not isinstance(value, bytes):
        return ""
    if value.startswith((b"\xfe\xff", b"\xff\xfe")):
        return value.decode("utf-16", "replace").strip("\0 \t\r\n")
    if value.startswith(b"\xef\xbb\xbf"):
        return value[3:].decode("utf-8", "replace").strip("\0 \t\r\n")
    return value.decode("latin-1").strip("\0 \t\r\n")


def _simple(kind: str | None, text: bytes, data: bytes, position: int, end: int) -> tuple[Value, int]:
    """The object without parts whose token ends at `position`, and where it ends."""
    if kind == "number":
        return _number(text, data, position, end)
    if kind == "string":
        return _string(data, position, end)
    if kind == "name":
        return Name(_NAME_ESCAPE.sub(_byte, text[1:]) if b"#" in text else text[1:]), position
    if kind == "hex":
        return _hex(text), position
    if text in _WORDS:
        return _WORDS[text], position
    raise PdfError(f"a word that is no object before byte {position}")


def _dictionary(items: list[Value]) -> dict[bytes, Value]:
    found: dict[bytes, Value] = {}
    for key, value in zip(items[::2], items[1::2], strict=False):
        if not isinstance(key, Name):
            raise PdfError("a dictionary with a key that is no name")
        found[bytes(key)] = value
    return found


def _number(text: bytes, data: bytes, position: int, end: int) -> tuple[Value, int]:
    if text.isdigit():
        if len(text) <= 10 and (found := _GENERATION.match(data, position, end)):
            return Reference(int(text), int(found[1])), found.end()
        return int(text[:20]), position
    return float(text[:40]), position


def _hex(text: bytes) -> bytes:
    digits = b"".join(text[1:-1].replace(b"\0", b"").split())[: 2 * MAX_STRING]
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def _string(data: bytes, position: int, end: int) -> tuple[bytes, int]:
    depth, start = 1, position
    stop = min(end, start + MAX_STRING)
    while found := _STRING_MARK.search(data, position, stop):
        position = found.end()
        if found[0] == b"\\":
            position += 1
        else:
            depth += 1 if found[0] == b"(" else -1
        if depth == 0:
            raw = data[start : position - 1]
            return (_STRING_ESCAPE.sub(_unescaped, raw) if b"\\" in raw else raw), position
    raise PdfError(f"a string that does not end, at byte {start}")


def _unescaped(found: re.Match[bytes]) -> bytes:
    escaped = found[1]
    if escaped[:1].isdigit() and escaped[:1] < b"8":
        return bytes([int(escaped, 8) & 0xFF])
    return _ESCAPED.get(escaped, escaped)


def _byte(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode())
