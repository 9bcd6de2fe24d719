"""
A picture of rooms in layers: who stands where, and the way of each arrow. Deterministic, and of nothing but numbers.

strategy: rooms of one layer that lean on each other stand in rows of their own, so that every arrow points down. An
arrow that passes rows takes a place in each of them. The order within rows is that of fewest crossings among a few
sweeps; then everything is drawn towards what it is joined to, as far as its neighbours leave room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import fsum
from typing import NamedTuple

SWEEPS = 12
PULLS = 40
MIDDLE = 0.1  # how strongly a room is pulled to the middle of the picture, against 1 for what it is joined to
LANE = 18.0  # between an arrow that passes a row and what stands beside it
Graph = Mapping[str, set[str]]
Place = tuple[str, str] | str  # an arrow that passes, or a room


class Layout(NamedTuple):
    """
    `rows` from top to bottom: the layer of each, and its rooms by their middle. `ways`: of each arrow the places
    at which it passes rows, by row.
    """

    rows: tuple[tuple[int, dict[str, float]], ...]
    ways: dict[tuple[str, str], dict[int, float]]


def reduced(graph: Graph) -> dict[str, set[str]]:
    """Without the arrows that a way over others stands for; what is left is the same for every order of reading."""
    far = {room: _reach(graph, room) for room in graph}
    return {room: {end for end in ends if not any(end in far[other] for other in ends)} for room, ends in graph.items()}


def _reach(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = sorted(graph[start])
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += sorted(graph[each])
    return found


def arranged(graph: Graph, layers: Mapping[str, int], widths: Mapping[str, float], width: float) -> Layout:
    """The layout of rooms, each of its `layers` and `widths`, in a picture of `width`. The graph has no circle."""
    rows = _rows(graph, layers)
    number = {room: place for place, (_, rooms) in enumerate(rows) for room in rooms}
    ends = [(start, end) for start in sorted(graph) for end in sorted(graph[start])]
    order: list[list[Place]] = [list(rooms) for _, rooms in rows]
    joined: list[tuple[tuple[int, Place], tuple[int, Place]]] = []
    for start, end in ends:
        above: tuple[int, Place] = (number[start], start)
        for row in range(number[start] + 1, number[end]):
            order[row].append((start, end))
            joined.append((above, (row, (start, end))))
            above = (row, (start, end))
        joined.append((above, (number[end], end)))
    order = _ordered(order, joined)
    middles = _pulled(order, joined, widths, width)
    ways: dict[tuple[str, str], dict[int, float]] = {pair: {} for pair in ends}
    for row, places in enumerate(order):
        for place in places:
            if not isinstance(place, str):
                ways[place][row] = middles[row, place]
    placed = [(layer, {room: middles[row, room] for room in rooms}) for row, (layer, rooms) in enumerate(rows)]
    return Layout(tuple(placed), ways)


def _rows(graph: Graph, layers: Mapping[str, int]) -> list[tuple[int, list[str]]]:
    """The rows of all layers. A room on which more rooms lean than it leans on stands high in its layer."""
    found: list[tuple[int, list[str]]] = []
    for layer in sorted(set(layers.values()), reverse=True):
        rooms = sorted(room for room, place in layers.items() if place == layer)
        inner = {room: {end for end in graph[room] if layers[end] == layer} for room in rooms}
        outer = {room: {start for start in rooms if room in inner[start]} for room in rooms}
        deepest = max(_depth(outer, room) for room in rooms)
        rows: list[list[str]] = [[] for _ in range(deepest + 1)]
        for room in rooms:
            leaning = sum(room in ends for ends in graph.values())
            high = leaning > len(graph[room]) or not graph[room]
            rows[_depth(outer, room) if high else deepest - _depth(inner, room)].append(room)
        found += [(layer, row) for row in rows]
    return found


def _depth(graph: Graph, room: str) -> int:
    return max((1 + _depth(graph, end) for end in sorted(graph[room])), default=0)


Joined = list[tuple[tuple[int, Place], tuple[int, Place]]]


def _ordered(order: list[list[Place]], joined: Joined) -> list[list[Place]]:
    """The order within rows that has the fewest crossings among those that are tried."""
    order = [sorted(places, key=str) for places in order]
    best, fewest = order, _crossings(order, joined)
    for sweep in range(SWEEPS):
        order = [list(places) for places in order]
        rows = range(1, len(order)) if sweep % 2 == 0 else range(len(order) - 2, -1, -1)
        for row in rows:
            other = row - 1 if sweep % 2 == 0 else row + 1
            at = {place: index / max(1, len(order[other]) - 1) for index, place in enumerate(order[other])}
            own = {place: index / max(1, len(order[row]) - 1) for index, place in enumerate(order[row])}
            order[row].sort(key=lambda place: _mean(_beside(joined, row, place, other), at, own[place]))
        crossings = _crossings(order, joined)
        if crossings < fewest:
            best, fewest = order, crossings
    return best


def _beside(joined: Joined, row: int, place: Place, other: int) -> list[Place]:
    up = [above[1] for above, below in joined if below == (row, place) and above[0] == other]
    return up + [below[1] for above, below in joined if above == (row, place) and below[0] == other]


def _mean(places: Iterable[Place], at: Mapping[Place, float], otherwise: float) -> float:
    found = [at[place] for place in places]
    return fsum(found) / len(found) if found else otherwise


def _crossings(order: list[list[Place]], joined: Joined) -> int:
    at = {(row, place): index for row, places in enumerate(order) for index, place in enumerate(places)}
    by_row: dict[int, list[tuple[int, int]]] = {}
    for above, below in joined:
        by_row.setdefault(above[0], []).append((at[above], at[below]))
    return sum(
        (one[0] - two[0]) * (one[1] - two[1]) < 0
        for pairs in by_row.values()
        for index, one in enumerate(pairs)
        for two in pairs[:index]
    )


def _pulled(
    order: list[list[Place]], joined: Joined, widths: Mapping[str, float], width: float
) -> dict[tuple[int, Place], float]:
    """The middle of each place, near to those that it is joined to."""
    middles: dict[tuple[int, Place], float] = {}
    for row, places in enumerate(order):
        gap = width / (len(places) + 1)
        middles.update({(row, place): gap * (index + 1) for index, place in enumerate(places)})
    chains: dict[Place, list[tuple[int, Place]]] = {}  # an arrow that passes rows goes straight where it can
    for one, other in joined:
        for place in {one[1], other[1]}:
            if not isinstance(place, str):
                chains.setdefault(place, []).extend((one, other))
    for _ in range(PULLS):
        for row, places in enumerate(order):
            wanted = []
            for place in places:
                near = chains.get(place) or [
                    one if other == (row, place) else other for one, other in joined if (row, place) in (one, other)
                ]
                wanted.append((fsum(middles[each] for each in near) + MIDDLE * width / 2) / (len(near) + MIDDLE))
            halves = [widths[place] / 2 if isinstance(place, str) else 0.0 for place in places]
            for place, middle in zip(places, _apart(wanted, halves, width), strict=True):
                middles[row, place] = middle
    return middles


def _apart(wanted: list[float], halves: list[float], width: float) -> list[float]:
    """The middles that are nearest to those wanted, in this order, none over another or over the edge."""
    offsets = [0.0]
    for left, right in pairwise(halves):
        offsets.append(offsets[-1] + left + right + LANE)
    groups: list[tuple[float, int]] = []  # the mean of neighbours that touch, and how many they are
    for each, offset in zip(wanted, offsets, strict=True):
        mean, count = each - offset, 1
        while groups and groups[-1][0] > mean:
            other, many = groups.pop()
            mean, count = (other * many + mean * count) / (many + count), many + count
        groups.append((mean, count))
    lowest, highest = halves[0], width - halves[-1] - offsets[-1]
    free = [min(max(mean, lowest), highest) for mean, count in groups for _ in range(count)]
    return [each + offset for each, offset in zip(free, offsets, strict=True)]
