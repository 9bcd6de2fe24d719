"""
Charts of a report's tables, as SVG that stands in the page: bars of one grey with their values as text, so that nothing
is told by colour; the same figures stand in the table beside each.

They are drawn by vl-convert (extra `report`), which needs no network; without it there are none.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from tdm_guard.plain import bounded, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tdm_guard.reports.table import Table

SHOWN = 12  # bars of a chart; the table has more
MIN_PERIODS = 2  # days or months; one is no course of time
MAX_LABEL = 36  # characters of a name above a bar
_WIDTH = 260  # of the bars; with the values it fits on a screen of 400 pixels
_INK = "currentColor"
_CONFIG = {
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": _INK, "titleColor": _INK, "tickColor": _INK, "domainColor": _INK, "labelFontSize": 12,
        "titleFontSize": 12, "titleFontWeight": "normal", "grid": False, "labelLimit": 170,
    },
    "header": {"labelColor": _INK, "titleColor": _INK, "labelFontSize": 12},
    "bar": {"color": "#808080"},
    "text": {"color": _INK, "fontSize": 12},
}  # fmt: skip
_IDS = re.compile(r'(\bid="|url\(#|href="#)')
_ARIA = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')


def charts(tables: Mapping[str, Table]) -> dict[str, str] | None:
    """An SVG element for each table that names a column for it and has rows; None if nothing can draw them."""
    try:
        import vl_convert  # noqa: PLC0415 - an extra, of 80 MB
    except ModuleNotFoundError:
        return None
    wanted = {key: table for key, table in tables.items() if table.chart and table.rows}
    return {
        key: _framed(vl_convert.vegalite_to_svg(spec), f"chart-{key}", _title(table))
        for key, table in wanted.items()
        if (spec := _periods(table) if key == "days" else _bars(table)) is not None
    }


def drawn(table: Table) -> str:
    """What the chart of a table draws, in words that stand below it."""
    if table.key == "days":
        return "decisions, a row of bars for each verdict, each with a scale of its own"
    bars = len(_drawable(table))
    return f"{table.chart}, the {SHOWN} with most of {bars:,} in the table" if bars > SHOWN else f"{table.chart}"


def _title(table: Table) -> str:
    if table.key == "days":
        return f"{table.title}: decisions, a row of bars for each verdict"
    return f"{table.title}: {table.chart} by {table.columns[0]}"


def _drawable(table: Table) -> list[tuple[str | int, ...]]:
    column = table.columns.index(table.chart or "")
    return [row for row in table.rows if isinstance(row[column], int) and row[column] and "(others" not in str(row[0])]


def _bars(table: Table) -> dict[str, Any] | None:
    column = table.columns.index(table.chart or "")
    rows = _drawable(table)
    if column > 1:  # the table has another order
        rows.sort(key=lambda row: -int(row[column]))
    rows = rows[:SHOWN]
    values = [{"name": _label(row[0]), "place": place, "count": row[column]} for place, row in enumerate(rows)]
    if not values:
        return None
    # Names stand above their bars: beside them they would be cut where the reader's font is wider than the drawer's.
    at_start = {"x": {"value": 0}, "text": {"field": "name"}}
    count = {"text": {"field": "count", "format": ","}}
    return {
        "config": _CONFIG,
        "width": _WIDTH,
        "height": {"step": 36},
        "data": {"values": values},
        "encoding": {
            "y": {"field": "place", "type": "nominal", "title": None, "axis": None},
            "x": {"field": "count", "type": "quantitative", "axis": None, "scale": {"domainMin": 0, "nice": False}},
        },
        "layer": [
            {"mark": {"type": "bar", "height": 12, "yOffset": 8}},
            {"mark": {"type": "text", "align": "left", "dx": 4, "dy": 9}, "encoding": count},
            {"mark": {"type": "text", "align": "left", "dy": -7}, "encoding": at_start},
        ],
    }


def _periods(table: Table) -> dict[str, Any] | None:
    """Bars by day or month, a row for each verdict, which has a scale of its own: some are a thousand times others."""
    if len(table.rows) < MIN_PERIODS:
        return None
    word = table.columns[0].partition(" ")[0]
    headings = []
    values: list[dict[str, Any]] = []
    for place, verdict in enumerate(table.columns[2:], 2):
        counts = [(str(row[0]), int(row[place])) for row in table.rows]
        headings.append(f"{verdict}, at most {max(count for _, count in counts):,} a {word}")
        values += [{"at": at, "verdict": headings[-1], "count": count} for at, count in counts]
    all_of_them = [str(row[0]) for row in table.rows]
    ends = [all_of_them[0], all_of_them[-1]]
    header = {"labelAngle": 0, "labelAnchor": "start", "labelOrient": "top", "labelPadding": 2}
    return {
        "config": _CONFIG,
        "data": {"values": values},
        "spacing": 12,
        "facet": {"row": {"field": "verdict", "type": "nominal", "sort": headings, "title": None, "header": header}},
        "resolve": {"scale": {"y": "independent"}},
        "spec": {
            "width": _WIDTH + 40,
            "height": 36,
            "mark": {"type": "bar"},
            "encoding": {
                "x": {
                    "field": "at",
                    "type": "nominal",
                    "sort": all_of_them,
                    "title": None,
                    "axis": {"values": ends, "labelAngle": 0, "labelOverlap": False, "labelFontSize": 11},
                },
                "y": {"field": "count", "type": "quantitative", "axis": None, "scale": {"domainMin": 0}},
            },
        },
    }


def _label(name: object) -> str:
    return bounded(printable(str(name)), MAX_LABEL) or ""


def _framed(svg: str, name: str, title: str) -> str:
    """The drawing under a name of its own for those who hear it, and with names of its own inside."""
    head, end, rest = _ARIA.sub("", _IDS.sub(rf"\1{name}-", svg)).partition(">")
    head = re.sub(r' class="[^"]*"', "", head).replace("<svg", f'<svg role="img" aria-labelledby="{name}"', 1)
    return f'{head}{end}<title id="{name}">{escape(title)}</title>{rest}'
