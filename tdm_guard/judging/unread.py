"""What stands for what had to be read and was not: each signal that could have spoken there is undetermined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdm_guard.formats.files.container import Format
from tdm_guard.formats.http.media_type import FEED, Markup
from tdm_guard.model import NOTHING, Fault, Layer, Reading, Source, Stance, Statement
from tdm_guard.plain import our_limit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tdm_guard.judging.bench import Bench
    from tdm_guard.judging.response import Announced
    from tdm_guard.signals.shape import Signal


def too_large(max_asset_bytes: int, *, decoded: bool = False) -> str:
    """Why a body was not read whole that is longer than the option says, and nothing else."""
    coded = " when decoded" if decoded else ""
    return f"more than {max_asset_bytes} bytes{coded}, {our_limit('max_asset_bytes')}"


def undetermined(
    signals: Iterable[Signal], source: Source, problem: str, layer: Layer = Layer.LOCATION
) -> tuple[Statement, ...]:
    """A statement for each of the `signals`, once each, with the `problem` for its words."""
    unknown = Stance.UNDETERMINED
    return tuple(
        Statement.at(source, signal=signal.name, usages=signal.usages, stance=unknown, layer=layer, excerpt=problem)
        for signal in dict.fromkeys(signals)
    )


def carrier_of(markup: Markup, kind: Format | None) -> str:
    """What a body is called in the record."""
    return "feed" if markup is FEED else "html" if kind is None else kind.value


def unheard(signals: Iterable[Signal], source: Source, problem: str) -> Reading:
    """What stands for header fields that were not read; `signals` are those that can speak in one."""
    return Reading(undetermined(signals, source, problem), (Fault.at(source, f"header fields: {problem}"),))


def unread(bench: Bench, about: Announced, markup: Markup, problem: str, kind: Format | None = None) -> Reading:
    """What stands for a body that had to be read and was not."""
    source = Source(url=about.url, carrier=carrier_of(markup, kind), retrieved_at=about.now)
    speaking = bench.readers[markup] if kind is None else (*bench.readers[markup], *bench.asset_signals)
    statements = undetermined(speaking, source, problem, Layer.LOCATION if kind is None else Layer.ASSET)
    return Reading(statements, (Fault.at(source, f"document not read whole: {problem}"),)) if statements else NOTHING
