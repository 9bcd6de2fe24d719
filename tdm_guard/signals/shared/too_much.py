"""What is said of an address for which the rules of a document cannot be compared within bounds: that nobody knows."""

from __future__ import annotations

from tdm_guard.formats.site.path_pattern import TooMuchWork
from tdm_guard.model import Fault, Kind, Reading, Source, Stance, Statement
from tdm_guard.usage import Usage


def too_much(
    source: Source,
    signal: str,
    usages: tuple[Usage, ...],
    bound: TooMuchWork,
    *,
    kind: Kind = Kind.RESERVATION,
    rank: int = 0,
) -> Reading:
    """Undetermined in both postures, with a fault that names the bound; other addresses are not concerned."""
    words = str(bound)
    statement = Statement.at(
        source, kind=kind, signal=signal, usages=usages, stance=Stance.UNDETERMINED, excerpt=words, rank=rank
    )
    return Reading((statement,), (Fault.at(source, words, signal=signal),))
