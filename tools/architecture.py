"""
Draws docs/architecture.svg from the imports, and writes the lists of rooms into docs/architecture.md.

    python -m tools.architecture

A room is a folder or module at the top of the package, or some of them (`TOGETHER`). What a room is for is the first
paragraph of its docstring. A test holds both against the sources.
"""

from __future__ import annotations

import ast
import textwrap
from html import escape
from pathlib import Path

from tools.drawing import Layout, arranged, reduced
from tools.layers import LAYERS, PURE, modules, packages, reached, tree_of
from tools.wrapped import wrapped

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "architecture.md"
PICTURE = DOCS / "architecture.svg"
BEGIN, END = "<!-- python -m tools.architecture writes from here -->", "<!-- to here -->"
TOGETHER = {  # what belongs to a room beside the folder or module it is named after
    "cli": ("__main__",),
    "httpx": ("httpx2", "_httpx"),
    "aiohttp": ("_aiohttp",),
    "datatrove": ("ray", "spark"),
    "lists": ("holdings",),
    "policies": ("gather", "fetch"),
    "requests": ("_requests",),
}
TITLES = {
    6: "edges",
    5: "front doors",
    4: "options, files, memory",
    3: "judging",
    2: "meaning",
    1: "reading",
    0: "ground",
}
OPEN = ("signals", "formats")  # rooms of which the picture names what is in them
WIDTH, MARGIN = 920.0, 16.0
LEFT = 118.0  # the column of the layers' names
LETTER = 10.3  # the width of a letter of the names, at 17 px of a monospaced face
LINE = 22.0
BOX, GAP, PAD = 40.0, 30.0, 14.0
STYLE = """
svg{--paper:#fff;--band:#f3f4f6;--ink:#1b1f24;--box:#fff;--line:#57606a;--soft:#444c56}
@media (prefers-color-scheme:dark){
svg{--paper:#0d1117;--band:#161b22;--ink:#e6edf3;--box:#21262d;--line:#9aa4af;--soft:#b6c0ca}}
text{font:17px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink)}
.name{font-weight:700;text-anchor:middle}.more{text-anchor:middle;fill:var(--soft)}
.head{font:16px system-ui,"Segoe UI",Helvetica,Arial,sans-serif;fill:var(--soft)}
.paper{fill:var(--paper)}.band{fill:var(--band)}.box{fill:var(--box);stroke:var(--line);stroke-width:1.5}
.way{fill:none;stroke:var(--line);stroke-width:1.8}.tip{fill:var(--line)}
.bound{stroke:var(--ink);stroke-width:2;stroke-dasharray:9 6}
"""


def room_of(module: str) -> str:
    """The room in which a module stands."""
    first = module.split(".", maxsplit=1)[0]
    return next((room for room, others in TOGETHER.items() if first in others), first)


def rooms() -> dict[str, int]:
    """The rooms above the ground, with their layers."""
    return {room_of(name): layer for name, layer in LAYERS.items() if layer}


def imports() -> dict[str, set[str]]:
    """Which rooms each room imports. The ground is left out: all stand on it."""
    graph: dict[str, set[str]] = {room: set() for room in rooms()}
    for module in (*modules(), *packages()):
        if LAYERS[module.split(".", maxsplit=1)[0]]:
            graph[room_of(module)] |= {room_of(used) for used in reached(module)} & graph.keys() - {room_of(module)}
    return graph


def inside(room: str) -> list[str]:
    """The folders of a room, and the modules of `signals` that are a standard's by themselves."""
    found = [name.rpartition(".")[2] for name in packages() if name.rpartition(".")[0] == room]
    if room == "signals":
        found += [name.rpartition(".")[2] for name in modules() if name.rpartition(".")[0] == room]
    return sorted(found)


def purpose(module: str) -> str:
    """The first paragraph of a docstring."""
    return " ".join((ast.get_docstring(tree_of(module)) or "").split("\n\n")[0].split())


# ---- the picture ----------------------------------------------------------------------------------------------------


def lines_of(room: str) -> list[str]:
    """What stands in the box of a room: its name, then what belongs to it or is in it."""
    if room in OPEN:
        return [room, *textwrap.wrap(" ".join(inside(room)), 31)]
    return [room, *([" ".join(TOGETHER[room])] if room in TOGETHER and room != "cli" else [])]


def picture() -> str:
    """The picture as it should be."""
    graph = reduced(imports())
    lines = {room: lines_of(room) for room in graph}
    widths = {room: max(len(line) for line in found) * LETTER + 20 for room, found in lines.items()}
    layout = arranged(graph, rooms(), widths, WIDTH - LEFT - MARGIN)
    bands, tops, heights, bottom = _heights(layout, lines)
    parts = [*bands, *_arrows(graph, layout, widths, tops, heights)]
    for row, (_, placed) in enumerate(layout.rows):
        for room, middle in placed.items():
            parts.append(_box(lines[room], middle + LEFT, tops[row], heights[row], widths[room]))
    ground = [name for name, layer in LAYERS.items() if not layer and name != "_version"]
    names = textwrap.wrap(" ".join(ground), 44)
    height = 2 * PAD + LINE * len(names)
    parts.append(_band(bottom, height, 0))
    for number, line in enumerate(names):
        parts.append(_text("name", (LEFT + WIDTH - MARGIN) / 2, bottom + PAD + 16 + LINE * number, line))
    height += bottom + MARGIN
    told = "; ".join(f"{room} imports {', '.join(sorted(ends))}" for room, ends in sorted(graph.items()) if ends)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}" height="{height:g}"'
        f' viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-labelledby="title desc">'
        '<title id="title">The rooms of tdm_guard by layer, and what imports what</title>'
        f'<desc id="desc">Layers from top to bottom: {", ".join(TITLES.values())}. Arrows point down: {told}.'
        " All stand on the ground. Nothing points up. Pure: no network, no files, no clock.</desc>"
    )
    paper = f'<rect class="paper" width="{WIDTH:g}" height="{height:g}"/>'
    return "\n".join([head, f"<style>{STYLE}</style>", paper, *parts, "</svg>"]) + "\n"


def _heights(layout: Layout, lines: dict[str, list[str]]) -> tuple[list[str], list[float], list[float], float]:
    """The bands of the layers, the top and height of each row, and where the ground begins."""
    bands: list[str] = []
    tops: list[float] = []
    heights: list[float] = []
    y = MARGIN
    for layer in sorted({layer for layer, _ in layout.rows}, reverse=True):
        if layer == PURE:
            bands.append(f'<path class="bound" d="M6 {y + GAP / 2:g}H{WIDTH - 6:g}"/>')
            bands.append(_text("head", MARGIN, y + GAP + 8, "below: pure"))
            y += GAP + 20
        start, y = y, y + PAD
        for _, placed in (row for row in layout.rows if row[0] == layer):
            tops.append(y)
            heights.append(max(BOX + LINE * (len(lines[room]) - 1) for room in placed))
            y += heights[-1] + GAP
        bands.append(_band(start, y - start - GAP + PAD, layer))
        y += PAD - GAP + 20
    return bands, tops, heights, y


def _band(top: float, height: float, layer: int) -> str:
    rect = f'<rect class="band" x="6" y="{top:g}" width="{WIDTH - 12:g}" height="{height:g}" rx="8"/>'
    words = textwrap.wrap(f"{layer} {TITLES[layer]}", 13)
    return rect + "".join(_text("head", MARGIN, top + 24 + LINE * number, line) for number, line in enumerate(words))


def _text(kind: str, x: float, y: float, words: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def _box(lines: list[str], middle: float, top: float, height: float, width: float) -> str:
    rect = (
        f'<rect class="box" x="{middle - width / 2:.1f}" y="{top:g}" width="{width:.1f}" height="{height:g}" rx="6"/>'
    )
    first = top + (height - LINE * len(lines)) / 2 + 16
    words = [
        _text("more" if number else "name", middle, first + LINE * number, line) for number, line in enumerate(lines)
    ]
    return rect + "".join(words)


def _arrows(
    graph: dict[str, set[str]], layout: Layout, widths: dict[str, float], tops: list[float], heights: list[float]
) -> list[str]:
    """Each arrow from the foot of a box to the head of another; several at one box stand side by side."""
    row_of = {room: row for row, (_, placed) in enumerate(layout.rows) for room in placed}
    middle = {room: at for _, placed in layout.rows for room, at in placed.items()}
    pairs = sorted(layout.ways)

    def at(row: int, pair: tuple[str, str], otherwise: str) -> float:
        return layout.ways[pair].get(row, middle[otherwise])

    def port(
        pair: tuple[str, str], room: str, others: list[tuple[str, str]], towards: dict[tuple[str, str], float]
    ) -> float:
        ordered = sorted(others, key=lambda other: (towards[other], other))
        step = min(28.0, (widths[room] - 24) / len(ordered))
        return middle[room] + LEFT + step * (ordered.index(pair) - (len(ordered) - 1) / 2)

    down = {pair: at(row_of[pair[0]] + 1, pair, pair[1]) for pair in pairs}
    up = {pair: at(row_of[pair[1]] - 1, pair, pair[0]) for pair in pairs}
    found = []
    for pair in pairs:
        start, end = pair
        x = port(pair, start, [other for other in pairs if other[0] == start], down)
        y = tops[row_of[start]] + heights[row_of[start]]
        way = f"M{x:.1f} {y:.1f}"
        for row in sorted(layout.ways[pair]):
            to = layout.ways[pair][row] + LEFT
            way += _curve(x, y, to, tops[row]) + f"V{tops[row] + heights[row]:.1f}"
            x, y = to, tops[row] + heights[row]
        to, head = port(pair, end, [other for other in pairs if other[1] == end], up), tops[row_of[end]]
        way += _curve(x, y, to, head - 8)
        tip = f"M{to:.1f} {head:.1f}l-5.5 -10h11z"
        found.append(f'<path class="way" d="{way}"/><path class="tip" d="{tip}"/>')
    assert len(found) == sum(len(ends) for ends in graph.values())
    return found


def _curve(x: float, y: float, to: float, end: float) -> str:
    half = (y + end) / 2
    return f"C{x:.1f} {half:.1f} {to:.1f} {half:.1f} {to:.1f} {end:.1f}"


# ---- the page -------------------------------------------------------------------------------------------------------


def lists() -> str:
    """The rooms by layer, and what is in `formats` and `signals`."""
    graph = imports()
    found: list[str] = []
    for layer in sorted(set(rooms().values()), reverse=True):
        found += [f"### Layer {layer}: {TITLES[layer]}", ""]
        for room in sorted(room for room, its in rooms().items() if its == layer):
            names = " ".join(f"`{name}`" for name in (room, *TOGETHER.get(room, ())))
            found += _room(names, purpose(room), sorted(graph[room], key=lambda name: (-rooms()[name], name)))
        found.append("")
    found += [f"### Layer 0: {TITLES[0]}", ""]
    for name in sorted(name for name, layer in LAYERS.items() if not layer):
        found += _room(f"`{name}`", purpose(name), sorted(reached(name)))
    for room in reversed(OPEN):
        found += ["", f"### Within `{room}`", ""]
        found += [wrapped(f"**`{room}/{name}`**: {purpose(f'{room}.{name}')}", "* ", "  ") for name in inside(room)]
    return "\n".join(found)


def _room(names: str, what: str, used: list[str]) -> list[str]:
    """What a room is for, and which it imports."""
    told = " ".join(f"`{name}`" for name in used) or "none"
    return [wrapped(f"**{names}**: {what}", "* ", "  "), wrapped(f"imports: {told}", "    * ", "      ")]


def page(text: str) -> str:
    """The page with the lists as they should be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{lists()}\n\n{END}{after}"


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
