"""Text of pages in lines of at most 120 characters, so that they read on a narrow screen and in a diff."""

from __future__ import annotations

import re

WIDTH = 120
_PIECE = re.compile(r"`[^`]*`|\]\([^)]*\)|\s+|.", re.DOTALL)  # spans of code and targets of links stay whole
_MARKUP = re.compile(r"[#*+>|=-]|\d+[.)]$|:")  # what means something else where a line begins


def wrapped(text: str, first: str = "", rest: str = "") -> str:
    """A paragraph; its first line begins with `first`, the others with `rest`."""
    lines: list[str] = []
    line: list[str] = []
    for word in _words(text):
        begin = rest if lines else first
        if line and len(begin) + len(" ".join([*line, word])) > WIDTH:
            carried = [word]
            while _MARKUP.match(carried[0]) and len(line) > 1:
                carried.insert(0, line.pop())
            lines.append(begin + " ".join(line))
            line = carried
        else:
            line.append(word)
    return "\n".join([*lines, (rest if lines else first) + " ".join(line)])


def _words(text: str) -> list[str]:
    found = [""]
    for piece in _PIECE.findall(text):
        if piece.isspace():
            found.append("")
        else:
            found[-1] += piece
    return [word for word in found if word]
