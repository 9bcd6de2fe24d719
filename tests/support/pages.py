"""
What the pages of docs/ hold, whatever form it has there: a table, a list, or sections.

    | `name` | one | two |        * **`name`**: one        #### `name`
                                      * label: two         * **Label**: one

Each is a row: what it is about, and what is said of it. Long cells stand in lists or sections, which read on a narrow
screen; short ones in tables.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r"\|(.+)\|")
_RULE = re.compile(r"\|[-:| ]+\|")
_ITEM = re.compile(r"(?:\*|\d+\.) \*\*(.+?)\*\*(?:: (.*)| (\(.*)|)", re.DOTALL)
_POINT = re.compile(r"(?:\*\*[^*]+\*\*|[a-z][^:`*]*): (.*)", re.DOTALL)


class Row(NamedTuple):
    """`head` is what it is about, `cells` what is said of it, in their order."""

    head: str
    cells: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The spans of code in its head."""
        return re.findall(r"`([^`]+)`", self.head)


def rows(text: str) -> list[Row]:
    """All rows of a page or a part of it, in their order."""
    found: list[tuple[str, list[str]]] = []
    section = False  # within one whose points are the cells
    lines = _lines(_FENCE.sub("", text))
    for number, line in enumerate(lines):
        if table := _TABLE.fullmatch(line):
            head = number + 1 < len(lines) and _RULE.fullmatch(lines[number + 1])
            if not head and not _RULE.fullmatch(line):
                first, *rest = (cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", table[1]))
                found.append((first, rest))
        elif line.startswith("#"):
            section = line.startswith("#### ")
            if section:
                found.append((line.removeprefix("#### "), []))
        elif section and line.startswith("* "):
            found[-1][1].append(_value(line[2:]))
        elif item := _ITEM.fullmatch(line):
            found.append((item[1], [each for each in item.groups()[1:] if each]))
        elif line.startswith("    * ") and found:
            found[-1][1].append(_value(line[6:]))
    return [Row(head, tuple(cells)) for head, cells in found]


def names(text: str) -> set[str]:
    """What the rows of a page are about, by the spans of code in their heads."""
    return {name for row in rows(text) for name in row.names}


def _value(point: str) -> str:
    labelled = _POINT.fullmatch(point)
    return labelled[1] if labelled else point


def _lines(text: str) -> list[str]:
    """Lines, those that go on with an item or a paragraph joined to it."""
    found = [""]
    for line in text.splitlines():
        begins = not line.strip() or re.match(r" *(?:\*|\d+\.) |#|\|", line) or not found[-1]
        if begins:
            found.append(line)
        else:
            found[-1] += " " + line.strip()
    return found
