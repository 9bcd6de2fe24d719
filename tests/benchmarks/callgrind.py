"""What callgrind counted by function of Python (its format, version 1), with a map of the code as perf's."""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from pathlib import Path

_NAMED = re.compile(r"(c?)fn=\((\d+)\)(?: ([^']+)('\d+)?)?")  # of a callee, number, name the first time, level
_TOTAL = re.compile(r"(?:summary|totals): (\d+)")
Costs = Counter[str]


def by_function(profile: str, names: str) -> Costs:
    """Instructions of each function with all that it calls; those of the whole under no name."""
    code = sorted((int(start, 16), int(size, 16), name) for start, size, name in _lines(names))
    starts = [start for start, _, _ in code]
    known: dict[str, str] = {}
    costs: Costs = Counter()
    name, after_call = "", False
    for line in profile.splitlines():
        if after_call:
            costs[name] += int(line.rsplit(" ", 1)[1])
        elif found := _NAMED.match(line):
            callee, number, said, _ = found.groups()
            if said:
                known[number] = _name(said, code, starts)
            name = name if callee else known[number]
        elif total := _TOTAL.match(line):
            costs[""] = int(total[1])
        after_call = bool(name) and line.startswith("calls=")
    return costs


def _lines(names: str) -> list[tuple[str, str, str]]:
    return [(start, size, name) for start, size, name in (line.split(" ", 2) for line in names.splitlines())]


def _name(said: str, code: list[tuple[int, int, str]], starts: list[int]) -> str:
    """The function of Python that begins at an address; nothing for what has a name of its own, which is C."""
    if not said.startswith("0x"):
        return ""
    address = int(said, 16)
    start, size, name = code[bisect(starts, address) - 1]
    if not start <= address < start + size:
        return ""
    function, _, file = name.removeprefix("py::").partition(":")
    return f"{Path(file).name.removesuffix('.py')}: {function}"
