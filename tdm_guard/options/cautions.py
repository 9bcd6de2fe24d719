"""What a run does that its operator should know at once: what lets reserved content through, and doubtful files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tdm_guard.judging.decide import ART_3
from tdm_guard.usage import TDM

if TYPE_CHECKING:
    from tdm_guard.options import Options


def cautions(options: Options, named: Callable[[str], str] = str) -> Iterator[str]:
    """A sentence for each, to be warned of when a run starts; `named` spells an option as the caller's users do."""
    yield from map(str, (*options.holdings.warnings, *options.exclusions.warnings))
    if options.mode == "observe":
        yield (
            f"{named('mode')} is observe: tdm_guard only observes, so that what is reserved is handed on, and recorded "
            "as reserved"
        )
    operator = options.operator
    if operator is None or operator.research is None or not operator.exempt:
        return
    claim = f"{named('operator')} claims {ART_3}, {operator.research}"
    if rest := [usage for usage in options.usages if usage not in TDM]:
        yield f"{claim}: it exempts from nothing in this run, which also asks for {', '.join(rest)}"
    else:
        yield f"{claim}: what is reserved is handed on, and recorded as exempt; robots.txt binds all the same"
