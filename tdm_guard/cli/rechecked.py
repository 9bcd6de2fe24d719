"""What came of a list of addresses that was judged: counted, and said to people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tdm_guard.model import Verdict

_UNITS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))


@dataclass(slots=True)
class Rechecked:
    """
    How many of `total` addresses are `done`, of these `recalled` from the log; of `verdicts` how many there were.

    `unanswered`: the page gave no answer. `empty`: it has no content any more, so its site alone was heard.
    """

    total: int
    done: int = 0
    recalled: int = 0
    unanswered: int = 0
    empty: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)

    @property
    def code(self) -> int:
        """With what the command ends."""
        return 2 if self.unanswered else 1 if any(verdict.withholds for verdict in self.verdicts) else 0

    def told(self, log: str) -> Iterator[str]:
        """What came of all of them."""
        withheld = sum(count for verdict, count in self.verdicts.items() if verdict.withholds)
        yield f"{withheld:,} of {addresses(self.total)} would be withheld today."
        counts = (f"{verdict} {self.verdicts[verdict]:,}" for verdict in Verdict if self.verdicts[verdict])
        yield f"{', '.join(counts) or 'no verdict'}; the log is {log}"
        if unknown := self.verdicts[Verdict.UNDETERMINED]:
            yield f"Of {unknown:,} it is not known: something that had to be read today could not be."
        if self.empty:
            yield f"Of {self.empty:,} there was no page to read: they are judged by what their sites say."
        if self.unanswered:
            yield f"{addresses(self.unanswered)} could not be judged: the page gave no answer"

    def progress(self, seconds: float) -> str:
        """How far it is after so many seconds, how fast it went and how long it will take at that rate."""
        new = self.done - self.recalled
        told = f"{self.done:,} of {self.total:,} so far"
        if not new:
            return f"{told} …"
        left = (self.total - self.done) * seconds / new
        unit = next((f"{left / size:.0f} {name}" for size, name in _UNITS if left >= 2 * size), "a moment")
        return f"{told}, {new / seconds:,.1f} a second; about {unit} to go …"


def addresses(count: int) -> str:
    """`1 address`, `1,024 addresses`."""
    return f"{count:,} address{'' if count == 1 else 'es'}"
