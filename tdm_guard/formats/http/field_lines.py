"""
Field lines that were glued into one on their way, parted again (RFC 9110 5.5, RFC 9112 5.2).

A browser's protocol for developers joins repeated lines by a line feed, others by NUL. No value may hold either, so
that each stands between two lines of the same name. A line break with a blank behind it is none of that: it is the old
folding of one line, and stands for a blank.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_LINES = 1_000  # that one value is parted into; what is glued comes from a handful of lines

_FOLD = re.compile(r"[ \t]*\r?\n[ \t]+")
_GLUE = re.compile(r"[\r\n\0]+")


def lines_of(value: str) -> list[str]:
    """The lines that a glued value was made of; the last one keeps what is left behind `MAX_LINES`."""
    return [line.strip(" \t") for line in _GLUE.split(_FOLD.sub(" ", value), MAX_LINES) if line.strip(" \t")] or [""]


def is_glued(value: str) -> bool:
    """True for a value that holds what no field line can."""
    return "\n" in value or "\r" in value or "\0" in value


def parted(headers: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """`headers` with every glued value as lines of their own; the same object if there is none."""
    for _, value in headers:
        if is_glued(value):
            return tuple([(name, line) for name, value in headers for line in lines_of(value)])
    return headers
