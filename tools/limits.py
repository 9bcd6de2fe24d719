"""
Writes docs/limits.md: the limits in the sources with their values and reasons, the comments beside them.

    python -m tools.limits

A limit is a number or a length of time in a constant whose name begins with MAX_, or one of `OTHERS`. A test holds the
page against the sources.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import tdm_guard
from tools.wrapped import wrapped

PACKAGE = Path(tdm_guard.__file__).parent
PAGE = Path(__file__).parents[1] / "docs" / "limits.md"
NOT_OURS = {"testing", "_example"}  # the pretend web serves our own tests
OTHERS = {
    "_aiohttp/reading.PIECE",
    "_httpx/body.PIECE",
    "_clients/documents.ATTEMPTS",
    "_clients/offloop.THREADS",
    "_clients/receive.FIRST_LOOK",
    "_clients/receive.LOOK_AGAIN",
    "_clients/receive.READ_AHEAD",
    "_clients/receive.SET_ASIDE",
    "_clients/threads.LEAVE_SECONDS",
    "_clients/sending.HELD_SECONDS",
    "_httpx/wire.CLOSE_SECONDS",
    "options/caching.DEFAULT_MAX_BYTES",
    "cache/sharing.FIRST_PAUSE",
    "cache/sharing.LONGEST_PAUSE",
    "cache/sqlite_store.SWEEP_ROWS",
    "cache/store.LEASE_SECONDS",
    "cache/store.REST_SECONDS",
    "cli/check.PAGE_TIMEOUT",
    "formats/files/magic.MAGIC_BYTES",
    "formats/files/bmff.MOVIE_COST",
    "formats/http/content_coding.PIECE",
    "formats/http/freshness.CEILING",
    "formats/http/freshness.FLOOR",
    "formats/page/html_scan.PIECE",
    "formats/inflate.PIECE",
    "formats/http/media_type.SNIFF_BYTES",
    "formats/files/text.ENOUGH",
    "formats/xml.ROOM",
    "formats/xml.SMALL",
    "judging/content.LEARNED_FOR",
    "judging/pictures.DEFAULT_MAX_BYTES",
    "judging/pictures.SHOWN_FOR",
    "judging/response.CODED_BYTES",
    "drive.POLICY_BYTES",
    "judging/fields.LOOP_TEXT",
    "judging/response.MANY_METAS",
    "judging/response.OFF_LOOP_BYTES",
    "judging/response.RECEIVED",
    "judging/response.SHOWN",
    "lists/importing.BATCH",
    "lists/importing.PIECE",
    "lists/importing.SHOWN",
    "lists/importing.SHOWN_RAW",
    "lists/index.CACHE_KIB",
    "lists/index.IDLE",
    "lists/writing.CACHE_KIB",
    "lists/writing.ROWS",
    "log/scratch.CACHE_KIB",
    "policies/answers.UNREACHABLE_FOR",
    "reports/report.SHOWN_HOSTS",
    "reports/worklist_page.SHOWN",
    "scrapy/aside.THREADS",
    "scrapy/early.LARGE",
    "scrapy/early.LOOK_WAIT",
    "scrapy/early.SMALL",
    "signals/tdmrep/tdmrep_file.EXTRA_RULES",
}
REASONS = {  # where the name says it, the sources do not say it again
    "MAX_FAULTS": "mistakes kept of one document or response; more prove nothing more",
    "MAX_TEXT": "characters of a text that is kept",
    "MAX_BYTES": "bytes of the document or file that are read",
    "_MAX_VALUE": "characters of a value",
    "_MAX_COMMENT": "bytes of the comment at the end of an archive, the most that its field holds",
    "MAX_REDIRECTS": "redirects of a page that are followed",
    "MAX_USAGES": "usages told of one",
    "MAX_SAMPLES": "addresses told of one",
}
_NAME = re.compile(r"_?MAX_[A-Z0-9_]+")
HEAD = """# The limits

What strangers send is read within bounds. This page shows them as they stand in the sources;
[the ones that matter most](security.md#what-is-bounded-by-what) come with what they are against. `max_asset_bytes`,
`policy_timeout` and the size of `cache` are [options](options.md); the others are fixed. Values are in the unit
that the reason names; 1 Ki is 1,024. `python -m tools.limits` writes this page.
"""


class Limit(NamedTuple):
    """`name` is the module's path below the package, a dot, and the constant."""

    name: str
    value: object
    reason: str

    @property
    def module(self) -> str:
        return self.name.partition(".")[0]

    def line(self) -> str:
        return wrapped(f"**`{self.name.partition('.')[2]}`**: {spelled(self.value)} ({self.reason})", "* ", "  ")


def spelled(value: object) -> str:
    """A value as the pages have it."""
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
            if seconds % size == 0 and seconds >= size:
                return f"{seconds // size} {unit if seconds > size else unit[:-1]}"
        return f"{seconds} seconds"
    if isinstance(value, int):
        for power, unit in ((30, "Gi"), (20, "Mi"), (10, "Ki")):
            if value >= 2**power and value % 2**power == 0:
                return f"{value >> power:,} {unit}"
        return f"{value:,}"
    return f"{value:g}"


def limits() -> Iterator[Limit]:
    """The limits, by module and line."""
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).with_suffix("")
        if not NOT_OURS & set(place.parts):
            yield from _of_module(path, place.as_posix())


def _of_module(path: Path, place: str) -> Iterator[Limit]:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if not isinstance(targets[0], ast.Name):
            continue
        constant = targets[0].id
        name = f"{place}.{constant}"
        if not (_NAME.fullmatch(constant) or name in OTHERS):
            continue
        value = _value(f"tdm_guard.{place.replace('/', '.')}", node, constant)
        if isinstance(value, (int, float, timedelta)):
            assert isinstance(node, (ast.Assign, ast.AnnAssign))
            beside = lines[(node.end_lineno or 0) - 1][node.end_col_offset :].strip().removeprefix("#").strip()
            yield Limit(name, value, beside or REASONS.get(constant, ""))


def _value(module: str, node: ast.stmt, constant: str) -> object:
    """What a constant is; of a module whose engine is not installed here by its own text, which names nothing else."""
    try:
        return getattr(importlib.import_module(module), constant)
    except ModuleNotFoundError:
        return eval(ast.unparse(getattr(node, "value")), {})  # noqa: B009, S307 - our own source


def page() -> str:
    """The page as it should be."""
    lines, room = [HEAD], ""
    for module, group in groupby(limits(), key=lambda limit: limit.module):
        if room != (room := module.partition("/")[0]):
            lines.append(f"## {room}\n")
        lines += [f"### {module}\n", *(limit.line() for limit in group), ""]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
