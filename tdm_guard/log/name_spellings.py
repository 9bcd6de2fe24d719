"""
Names found in words whatever their spelling: case, blanks, composed or not, as character references or escapes.

strategy: a text is read as characters, each with the stretch that spells it (`&eacute;`, `e` and a combining accent,
`\\u00e9`, `%C3%A9`), and folded; names are looked for in what is folded, and replaced where they stand. Letters have to
be the same: a name without its accents is another one.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from html.entities import html5
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ESCAPED = re.compile(
    r"&(?:amp;){0,3}(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};)"  # HTML 13.5, escaped again
    r"|&[A-Za-z]{2,7}"  # those that HTML reads without a semicolon too
    r"|\\+u[dD][89abAB][0-9a-fA-F]{2}\\+u[dD][c-fC-F][0-9a-fA-F]{2}|\\+u[0-9a-fA-F]{4}"  # RFC 8259 7
    r"|%[0-7][0-9a-fA-F]|%[c-fC-F][0-9a-fA-F](?:%[89abAB][0-9a-fA-F]){1,3}"  # RFC 3986 2.1, of UTF-8
)
_AGAIN = re.compile(r"&(?:amp;)+(?=[#A-Za-z])")
_HEX = re.compile(r"u([0-9a-fA-F]{4})")


class _Read(NamedTuple):
    """A character, and where the stretch that spells it begins and ends."""

    text: str
    start: int
    stop: int


class NameSpellings:
    """What stands for each of some `names`, put in their places."""

    __slots__ = ("_found", "_names")

    def __init__(self, names: Mapping[str, str], *, least: int) -> None:
        self._names = {_folded(name): hashed for name, hashed in names.items()}
        shapes = [name for name in self._names if sum(1 for _ in _clusters(name)) >= least]
        shapes.sort(key=len, reverse=True)
        self._found = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, shapes))})(?!\w)") if shapes else None

    def told(self, text: str) -> str:
        """A text without the names: those that are the whole of it, or of at least so many letters."""
        if text and (whole := self._names.get(_folded(text))) is not None:
            return whole
        if self._found is None:
            return text
        clusters = list(_clusters(text))
        folded, begins, ends = "", {}, {}
        for cluster in clusters:
            begins[len(folded)] = cluster.start
            folded += cluster.text
            ends[len(folded)] = cluster.stop
        parts: list[str] = []
        done = 0
        for found in self._found.finditer(folded):
            start, stop = begins.get(found.start()), ends.get(found.end())
            if start is not None and stop is not None:  # else an accent more makes another letter of the last one
                parts += text[done:start], self._names[found[0]]
                done = stop
        return "".join((*parts, text[done:]))


def _folded(text: str) -> str:
    return "".join(cluster.text for cluster in _clusters(text)).strip()


def _clusters(text: str) -> Iterator[_Read]:
    """The letters of a text, folded, with their accents; one blank for any number; nothing for what nobody sees."""
    held: _Read | None = None
    for read in _characters(text):
        if held is not None and all(map(_joins, read.text)):
            seen = "".join(each for each in read.text if unicodedata.category(each) != "Cf")
            held = _Read(held.text + seen, held.start, read.stop)
        elif held is not None and held.text.isspace() and read.text.isspace():
            held = _Read(" ", held.start, read.stop)
        else:
            if held is not None:
                yield _fold(held)
            held = read
    if held is not None:
        yield _fold(held)


def _joins(character: str) -> bool:
    return unicodedata.combining(character) > 0 or unicodedata.category(character) == "Cf"


def _fold(read: _Read) -> _Read:
    if read.text.isascii():
        return read._replace(text=" " if read.text.isspace() else read.text.lower())
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", read.text).casefold())
    return read._replace(text=" " if text.isspace() else text)


def _characters(text: str) -> Iterator[_Read]:
    done = 0
    for found in _ESCAPED.finditer(text):
        character = _meant(found[0])
        if character is None:
            continue
        meant, size = character
        yield from (_Read(text[at], at, at + 1) for at in range(done, found.start()))
        done = found.start() + size
        yield _Read(meant, found.start(), done)
    yield from (_Read(text[at], at, at + 1) for at in range(done, len(text)))


def _meant(escape: str) -> tuple[str, int] | None:
    """What an escape stands for, and how much of it does so; None for what is none."""
    if escape[0] == "%":
        try:
            return bytes.fromhex(escape.replace("%", "")).decode(), len(escape)
        except UnicodeDecodeError:
            return None
    if escape[0] == "\\":
        units = b"".join(int(unit, 16).to_bytes(2, "big") for unit in _HEX.findall(escape))
        return units.decode("utf-16-be", "replace"), len(escape)
    if escape[-1] == ";" or "#" in escape:
        meant = unescape(_AGAIN.sub("&", escape))
        return None if meant.startswith("&") and len(meant) > 1 else (meant, len(escape))
    sizes = (size for size in range(len(escape), 2, -1) if escape[1:size] in html5)
    return next(((html5[escape[1:size]], size) for size in sizes), None)
