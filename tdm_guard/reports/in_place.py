"""
The words of a statement in the document they stand in: some lines around them, the deciding one marked.

strategy: a copy becomes numbered lines, of an extract those of its parts, of a binary packet the text in it or rows of
bytes. The deciding line is the one that the locator names by its number or by a field, else the one that holds the
quoted words, of several the one that reserves, else the one with the last name of the locator's path.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from tdm_guard.judging.extract import read_extract

AROUND = 2  # lines before and behind the deciding one
MAX_WIDTH = 400  # characters of a line that are shown, around the words
MAX_ROWS = 16  # rows of bytes of what has no text
MAX_TEXT = 4 * 2**20  # characters that are looked through for the words

_LINE = re.compile(r"line (\d{1,9})")
_RULE = re.compile(r"rule (\d{1,9})\Z")
_FIELD = re.compile(r"#([\w-]+)(?:\[(\d{1,9})\])?")
_NAME = re.compile(r"[\w:.-]{3,}")
_BLANK = re.compile(r"\s+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_PER_ROW = 16
# Of words that run over several lines those by which something is reserved, in whatever vocabulary
_RESERVING = re.compile(r"(?i)reserv|prohibit|disallow|\bno-?(?:ai|tdm)|train|\btdm\b")
_SETTING = '"tdm-reservation"'


class Shown(NamedTuple):
    """One line of a document: its number, None for a row of bytes; its text; whether it is the deciding one."""

    number: int | None
    text: str
    decides: bool = False


def in_place(piece: bytes, locator: str | None, excerpt: str | None, *, is_extract: bool) -> tuple[Shown, ...]:
    """The lines around the words, the deciding one marked; none of an empty piece."""
    sought = _Sought(locator or "", excerpt or "")
    lines = list(_lines(piece, sought, is_extract=is_extract))
    at = next((place for place, line in enumerate(lines) if line.decides), None)
    if at is None:
        at = _deciding(lines, sought)
    if at is None:
        return tuple(_narrow(line, ()) for line in lines[: 2 * AROUND + 1])
    first = max(0, at - AROUND)
    return tuple(
        _narrow(line._replace(decides=place == at), (sought.excerpt, *sought.names) if place == at else ())
        for place, line in enumerate(lines[first : at + AROUND + 1], first)
    )


class _Sought(NamedTuple):
    locator: str
    excerpt: str

    @property
    def names(self) -> Iterator[str]:
        """The names in the locator's path, without prefixes and numbers, the last first."""
        for name in reversed(_NAME.findall(self.locator)):
            yield name.rpartition(":")[2].partition("[")[0]


def _lines(piece: bytes, sought: _Sought, *, is_extract: bool) -> Iterator[Shown]:
    extract = read_extract(piece) if is_extract else None
    if extract is None:
        yield from _numbered(piece, 1, sought)
        return
    for part in extract.parts:
        yield from _numbered(part.data, part.line, sought)


def _numbered(data: bytes, first: int, sought: _Sought) -> Iterator[Shown]:
    text = _text(data) if data else None
    if text is None:
        yield from _rows(data, sought)
        return
    lines = _LINE_END.split(text[:MAX_TEXT])
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, first):
        yield Shown(number, line)


def _text(data: bytes) -> str | None:
    """The text of a document, or of the XML in a packet; None for what has none."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" not in data:
        return data.decode("utf-8", "replace").removeprefix("\ufeff")
    start, stop = data.find(b"<"), data.rfind(b">") + 1
    plain = start >= 0 and 2 * (stop - start) > len(data) and b"\0" not in data[start:stop]
    return data[start:stop].decode("utf-8", "replace") if plain else None


def _rows(data: bytes, sought: _Sought) -> Iterator[Shown]:
    """Bytes as hexadecimal digits, with the characters that they may stand for beside them, around the words."""
    found = [data.find(words.encode("utf-8", "replace")) for words in (sought.excerpt, *sought.names) if words]
    at = next((place for place in found if place >= 0), None)
    row = 0 if at is None else at // _PER_ROW
    first = max(0, row - AROUND)
    for start in range(first * _PER_ROW, min(len(data), (first + MAX_ROWS) * _PER_ROW), _PER_ROW):
        each = data[start : start + _PER_ROW]
        plain = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in each)
        decides = at is not None and start // _PER_ROW == row
        yield Shown(None, f"{start:06x}  {each.hex(' '):<{3 * _PER_ROW - 1}}  {plain}", decides)


def _deciding(lines: list[Shown], sought: _Sought) -> int | None:
    locator, excerpt = sought
    if found := _LINE.search(locator):
        on_it = [place for place, line in enumerate(lines) if line.number == int(found[1])]
        if on_it:  # parts of one long line stand apart
            return next((place for place in on_it if _holds(lines[place].text, excerpt)), on_it[0])
    if found := _FIELD.match(locator):
        named = [n for n, line in enumerate(lines) if line.text.partition(":")[0].lower() == found[1].lower()]
        if named:
            return named[min(int(found[2] or 1), len(named)) - 1]
    if excerpt and (place := _with_words(lines, excerpt)) is not None:
        return place
    if found := _RULE.match(locator):
        number, places = int(found[1]), [line.text for line in lines]
        settings, rules = (sum(text.count(word) for text in places) for word in (_SETTING, '"location"'))
        return _nth(lines, _SETTING if settings == rules else '"location"', number)
    for part in reversed(excerpt.split("; ")[1:]):  # "HTTP 402; www-authenticate: License"
        if (place := _with_words(lines, part)) is not None:
            return place
    return next((place for name in sought.names if (place := _nth(lines, name, 1)) is not None), None)


def _holds(text: str, excerpt: str) -> bool:
    return bool(excerpt) and _squeezed(excerpt) in _BLANK.sub("", text)


def _squeezed(excerpt: str) -> str:
    return _BLANK.sub("", excerpt.removesuffix("…"))


def _with_words(lines: list[Shown], excerpt: str) -> int | None:
    """The line of the quoted words, however they are broken into lines: the first that reserves, else the first."""
    words = _squeezed(excerpt)
    if not words:
        return None
    texts = [_BLANK.sub("", line.text) for line in lines]
    at = "".join(texts).find(words)
    if at < 0:
        return None
    ends = list(accumulate(map(len, texts)))
    first, last = (bisect_right(ends, place) for place in (at, at + len(words) - 1))
    return next((place for place in range(first, last + 1) if _RESERVING.search(lines[place].text)), first)


def _nth(lines: Iterable[Shown], word: str, number: int) -> int | None:
    for place, line in enumerate(lines):
        number -= line.text.count(word)
        if number <= 0:
            return place
    return None


def _narrow(line: Shown, sought: Iterable[str]) -> Shown:
    """A line that is shown in part, around the first words that it has of those `sought`, if it is long."""
    text = line.text
    if len(text) <= MAX_WIDTH:
        return line
    found = [text.find(plain) for words in sought if (plain := words.removesuffix("…"))]
    at = max(0, next((place for place in found if place >= 0), 0) - MAX_WIDTH // 4)
    cut = text[at : at + MAX_WIDTH]
    return line._replace(text=("…" if at else "") + cut + ("…" if at + MAX_WIDTH < len(text) else ""))
