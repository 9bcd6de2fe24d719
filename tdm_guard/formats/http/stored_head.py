"""
The head of an HTTP message as tools store it (RFC 9112 2.1): status line, field lines, blank line.

strategy: what is well formed is split once; what is not is repaired by a few rules, each of which only adds a field,
and is named in a note. Repeated fields stay apart, and in their order.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, Self

from tdm_guard.formats.http.field_lines import lines_of

MAX_HEAD = 2**20  # bytes; servers refuse to send more than some ten thousand

NO_HEAD = "no HTTP head"
NO_STATUS = "a status line without a status"
NO_LINE = "no status line"
NOTHING_SAID = frozenset({NO_HEAD, NO_STATUS, NO_LINE})  # of what was answered

_STATUS = re.compile(r"(?:[A-Za-z]{1,8}/\d{1,3}(?:\.\d{1,3})?|ICY|H2|H3)[ \t]+(\d{3})(?!\d)")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}[ \t]*:")
_FIELD = re.compile(r"(?m)^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*[^\r\n \t]|)\r\n")
_PSEUDO = re.compile(r":[a-z]{1,32}:")  # of HTTP/2 (RFC 9113 8.3), which some tools store among the fields
_ROBOTS = "x-robots-tag"
_ORIGINAL = ("x-archive-orig-", "x-orig-")  # what tools put before names when they rename a field
_LONGEST = 128  # characters of a status line; most have some twenty
_new = tuple.__new__  # half the time of a NamedTuple's own, for every record
FRAMING = frozenset({"content-encoding", "content-length", "transfer-encoding"})  # of a body that is no longer so


class StoredHead(NamedTuple):
    """What a block begins with; `begin`: where the body does. `cut`: the head does not end."""

    status: int | None
    headers: tuple[tuple[str, str], ...]
    begin: int
    cut: bool = False
    notes: tuple[str, ...] = ()

    @classmethod
    def usual(cls, status: int, headers: tuple[tuple[str, str], ...], begin: int) -> Self:
        """A head of which there is nothing else to say."""
        return _new(cls, (status, headers, begin, False, ()))


def read_head(data: bytes, start: int = 0, stop: int | None = None) -> StoredHead:
    """The head of what lies in `data` from `start` to `stop`; one without fields if there is none. Nothing raises."""
    stop = len(data) if stop is None else stop
    most = min(stop, start + MAX_HEAD)
    if (usual := _usual(data, start, most)) is not None:
        return usual
    end, blank = data.find(b"\n\r\n", start, most) + 1, 2
    if bare := data.find(b"\n\n", start, end or most) + 1:
        end, blank = bare, 1
    cut = end == 0
    begin = most if cut else end + blank
    text = data[start : end or most].decode("latin-1")
    first, separator, rest = text.partition("\n")
    found = _STATUS.match(first)
    notes: list[str] = []
    if found is None:
        if first.startswith(("HTTP", "http")):
            notes = [NO_STATUS]
        elif _NAME.match(first):
            rest, notes = text, [NO_LINE]
        else:
            return StoredHead(None, (), start, stop == start, (NO_HEAD,) if stop > start else ())
    if cut:
        notes.append("an HTTP head that does not end")
    headers, more = _fields(rest, crlf=first.endswith("\r") or not separator)
    return StoredHead(int(found[1]) if found else None, headers, begin, cut, (*notes, *more))


def _usual(data: bytes, start: int, most: int) -> StoredHead | None:
    """A head that is well formed from its first byte to its blank line, as nearly all are."""
    end = data.find(b"\r\n\r\n", start, most)
    if end < 0:
        return None
    first, _, rest = data[start : end + 2].decode("latin-1").partition("\r\n")
    status = _status(first) if len(first) <= _LONGEST else None
    fields = _FIELD.findall(rest)
    if status is None or len(fields) != rest.count("\n") or "-orig-" in rest.lower():
        return None
    return StoredHead.usual(status, tuple(fields), end + 4)


@lru_cache(maxsize=256)  # servers send a handful of status lines
def _status(first: str) -> int | None:
    found = None if "\n" in first else _STATUS.match(first)
    return int(found[1]) if found else None


def _fields(text: str, *, crlf: bool) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """Field lines. Where lines end by CRLF, a bare line feed is what glues repeated fields together."""
    usual = _FIELD.findall(text)
    if len(usual) == text.count("\n") and "-orig-" not in text.lower():
        return tuple(usual), []
    found: list[tuple[str, str]] = []
    notes: list[str] = []
    for line in text.split("\r\n" if crlf else "\n"):
        name, colon, value = line.partition(":")
        if name and colon and name.isascii() and "\n" not in line and line[0] not in " \t" and " " not in name:
            found.append((name, value.strip(" \t\r")))
        elif line.strip():
            _odd(line, found, notes)
    renamed = [(name, value) for name, value in found if name[:2] in ("x-", "X-")]
    return (*found, *_originals(renamed, found)), notes


def _odd(line: str, found: list[tuple[str, str]], notes: list[str]) -> None:
    """
    A line that is none: folded, glued, or without a colon. It adds fields, and takes nothing away.

    What a robots tag was glued of may look like fields of their own (`max-image-preview:large`), and these like it:
    it counts as both.
    """
    if line[0] in " \t" and found:
        folded, _, line = line.partition("\n")
        name, value = found[-1]
        found[-1] = (name, f"{value} {folded.strip()}".strip())
    owner = robots = ""
    for piece in lines_of(line):
        if _PSEUDO.match(piece) or not piece:
            continue
        if _NAME.match(piece):
            if robots:
                found.append((robots, piece))
            name, _, value = piece.partition(":")
            owner = name.strip()
            robots = owner if owner.lower().endswith(_ROBOTS) else robots
            found.append((owner, value.strip()))
        elif found:
            tag = robots or next((name for name, _ in reversed(found) if name.lower().endswith(_ROBOTS)), "")
            found += [(name, piece) for name in dict.fromkeys((owner or found[-1][0], tag)) if name]
            notes.append("a field line without a colon was read as one more value of the field before it")


def _originals(renamed: list[tuple[str, str]], found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Fields under the names that they had before a tool renamed them, but those of a framing that is undone."""
    given: list[tuple[str, str]] = []
    known = {name.lower() for name, _ in found} if renamed else set[str]()
    for name, value in renamed:
        key = name.lower()
        for prefix in _ORIGINAL:
            plain = key.removeprefix(prefix)
            if plain != key and plain and plain not in FRAMING and not (plain == "content-type" and plain in known):
                given.append((plain, value))
    return given
