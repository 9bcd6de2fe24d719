"""
The named fields of a record's own head (ISO 28500, 4).

    named-field = field-name ":" [ field-value ] CRLF

strategy: the heads that one writer makes look alike, so that the last shapes are tried first, as patterns; what has no
known shape is read line by line, and repaired.
"""

from __future__ import annotations

import re

USUAL_HEAD = 2**12  # bytes
_MAX_SHAPES = 8  # of heads in one stream: a writer has one for each type of record
MAX_LEARNT = 64  # shapes noted in one stream, a millisecond each: where every head looks different none helps
MAX_FIELDS = 32  # of a head that is noted: writers name a dozen, and a pattern takes its time for each
_FIELD = re.compile(r"(?m)^([!-9;-~]+):[ \t]*([^\r\n]*[^\r\n \t]|)\r\n")
_FOLD = re.compile(r"\r?\n[ \t]+")


class Shapes:
    """
    How the heads of a stream look: a writer names the same fields in the same order, and only their values differ.

    What a pattern matches is a head as `read_fields` reads it without any repair; all others go that way.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], tuple[re.Pattern[bytes], tuple[str, ...]]] = {}
        self._last: tuple[re.Pattern[bytes], tuple[str, ...]] | None = None
        self._learnt = 0

    def read(self, data: bytes, at: int) -> tuple[dict[str, str], int] | None:
        """The fields of a head behind its version line, and where it ends; None if it is of no known shape."""
        if self._last is None:
            return None
        found = self._last[0].match(data, at, at + USUAL_HEAD)
        if found is None:
            for shape in self._known.values():
                if (found := shape[0].match(data, at, at + USUAL_HEAD)) is not None:
                    self._last = shape
                    break
            else:
                return None
        try:
            values = b"\n".join(found.groups()).decode().split("\n")
        except UnicodeDecodeError:
            return None
        return dict(zip(self._last[1], values, strict=True)), found.end()

    def learn(self, head: bytes) -> None:
        """Notes how a head looks that was read, unless too many were."""
        if self._learnt >= MAX_LEARNT or head.count(b"\n") > MAX_FIELDS + 1:
            return
        names = tuple([name for name, _ in _FIELD.findall(text_of(head))])
        if len(names) != head.count(b"\n") - 1 or not names or names in self._known:
            return
        keys = tuple([name.lower() for name in names])
        if len(set(keys)) < len(keys):
            return
        self._learnt += 1
        if len(self._known) >= _MAX_SHAPES:
            del self._known[next(iter(self._known))]
        lines = [re.escape(name.encode()) + rb":[ \t]*+([^\r\n]*[^\r\n \t]|)\r\n" for name in names]
        self._last = self._known[names] = re.compile(b"".join((*lines, b"\r\n"))), keys


def read_fields(head: bytes) -> dict[str, str]:
    """Named fields by their names in lower case; of repeated ones the first."""
    text = text_of(head)
    lines = _FIELD.findall(text)
    found = {name.lower(): value for name, value in lines}
    if len(found) == text.count("\n") - 1:  # each line is one, and the last is blank
        return found
    found.clear()
    for line in _FOLD.sub(" ", text).split("\n"):
        name, colon, value = line.partition(":")
        if not colon:
            continue
        key = name.strip().lower()
        if key not in found:
            found[key] = value.strip()
        elif key == "warc-concurrent-to":  # the one field that may be repeated (ISO 28500, 5.7)
            found[key] += f",{value.strip()}"
    return found


def text_of(octets: bytes) -> str:
    """UTF-8, or what is none as Latin-1 (ISO 28500, 4, has UTF-8)."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")
