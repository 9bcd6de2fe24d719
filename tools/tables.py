"""
Turns tables that are too wide for a narrow screen, those with a line of more than 120 characters, into lists, and
breaks lines of text that are longer.

    python -m tools.tables docs/options.md

    | name | default | meaning |        * **name** (default): meaning
    | name | what it says | decides |   * **name**: what it says
                                            * decides: …
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tools.wrapped import WIDTH, wrapped

ASIDE = {"default", "strength", "where", "in the code"}  # second columns that are short, and said in brackets
_TABLE = re.compile(r"^\|.*\|\n\|[-:| ]+\|\n(?:\|.*\|\n)+", re.MULTILINE)
_CELL = re.compile(r"(?<!\\)\|")
_FENCE = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)
# A paragraph, or a point of a list with what goes on under it.
_PARAGRAPH = re.compile(
    r"^( *)(\* |\d+\. |(?=[^\s|#<])(?!\[[^\]]*\]: ))(?! ).+(?:\n(?! *(?:\* |\d+\. |[|#<]|\[[^\]]*\]: ))[^\n]*\S)*",
    re.MULTILINE,
)


def narrowed(text: str) -> str:
    """The text of a page without such tables and lines; samples stay as they are."""
    parts = _FENCE.split(text)
    parts[::2] = [
        _TABLE.sub(lambda table: _listed(table[0]) if _is_wide(table[0]) else table[0], p) for p in parts[::2]
    ]
    parts[::2] = [_PARAGRAPH.sub(_broken, part) for part in parts[::2]]
    return "".join(parts)


def _broken(found: re.Match[str]) -> str:
    if not _is_wide(found[0]):
        return found[0]
    begin = found[1] + found[2]
    return wrapped(found[0][len(begin) :], begin, " " * len(begin))


def _is_wide(text: str) -> bool:
    return any(len(line) > WIDTH for line in text.splitlines())


def _listed(table: str) -> str:
    head, _, *rows = ([cell.strip() for cell in _CELL.split(line)[1:-1]] for line in table.splitlines())
    return "\n".join(line for row in rows for line in _points(head, [cell.replace("\\|", "|") for cell in row])) + "\n"


def _points(head: list[str], row: list[str]) -> list[str]:
    first, second, *others = row
    if len(row) == 3 and head[1] in ASIDE:
        return [wrapped(f"**{first}** ({second}): {others[0]}", "* ", "  ")]
    lines = [wrapped(f"**{first}**: {second}" if second else f"**{first}**", "* ", "  ")]
    labelled = [(label or "also", cell) for label, cell in zip(head[2:], others, strict=True) if cell]
    return lines + [wrapped(f"{label}: {cell}", "    * ", "      ") for label, cell in labelled]


if __name__ == "__main__":
    for page in map(Path, sys.argv[1:]):
        page.write_text(narrowed(page.read_text(encoding="utf-8")), encoding="utf-8")
