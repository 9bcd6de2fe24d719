"""What was handed on under a claim to Art. 3 of Directive (EU) 2019/790: who attested it, and what rests on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.log.members import text_of
from tdm_guard.model import Verdict
from tdm_guard.reports.spelling import csv_line, markdown_cell, markdown_row, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_CLAIMS = 100  # told apart; an operator has one, or one a year
UNKNOWN = "unknown"  # verdict without the claim, in records that do not say it


class Claim(NamedTuple):
    """A claim as it was attested: by whom, when, on what reference."""

    attested_by: str
    at: str
    reference: str

    @classmethod
    def of(cls, research: Any) -> Claim | None:
        """The claim in a record; None if there is none."""
        if not isinstance(research, dict):
            return None
        return cls(*(text_of(research, name, 200) or "" for name in cls._fields))


@dataclass(slots=True)
class Exempted:
    """
    What rests on claims: for each, decisions by the verdict that they would have without it.

    A claim under which nothing was decided stands with none.
    """

    claims: dict[Claim, Counter[str]] = field(default_factory=dict)

    def count_run(self, record: Mapping[str, Any]) -> None:
        """The claim of a run, where it exempts."""
        operator = record.get("operator")
        research = operator.get("research") if isinstance(operator, dict) else None
        if isinstance(research, dict) and research.get("eligible") is True is research.get("lawful_access"):
            self._of(Claim.of(research))

    def count_decision(self, record: Mapping[str, Any], times: int = 1) -> None:
        """A decision, if it rests on a claim; as many like it."""
        if record.get("verdict") != Verdict.EXEMPT:
            return
        without = text_of(record, "without_exemption", 40)
        self._of(Claim.of(record.get("exemption")))[without or UNKNOWN] += times

    def _of(self, claim: Claim | None) -> Counter[str]:
        claim = claim or Claim("", "", "")
        if claim not in self.claims and len(self.claims) >= MAX_CLAIMS:
            claim = Claim("(others)", "", "")
        return self.claims.setdefault(claim, Counter())

    @property
    def decisions(self) -> int:
        """How many decisions rest on a claim."""
        return sum(counts.total() for counts in self.claims.values())

    def headline(self, stored: int | None) -> str:
        """The sentence at the head of a report, with the addresses stored if known; empty if nobody claims anything."""
        if not self.claims:
            return ""
        if stored is None:
            made = number_of(self.decisions, "decision")
            return f"**Art. 3 of Directive (EU) 2019/790 is claimed: {made} would withhold without the claim.**\n\n"
        items = "is 1 item" if stored == 1 else f"are {stored:,} items"
        return (
            f"**Art. 3 of Directive (EU) 2019/790 is claimed: among what is stored {items} that would have been "
            "withheld without the claim.**\n\n"
        )

    def markdown(self) -> Iterator[str]:
        """The section of a report; nothing if nobody claimed anything."""
        if not self.claims:
            return
        yield "\n## Exempt under Art. 3\n\n"
        yield f"{number_of(self.decisions, 'decision')} would withhold without the claim.\n"
        yield "\n| attested by | on | reference | without the claim | decisions |\n|---|---|---|---|---:|\n"
        for claim, counts in self.claims.items():
            for verdict, count in counts.most_common() or [("", 0)]:
                yield markdown_row(*map(markdown_cell, (*claim, verdict, str(count))))

    def csv(self) -> Iterator[str]:
        """A row for each claim and verdict."""
        for claim, counts in self.claims.items():
            name = ", ".join(filter(None, claim))
            for verdict, count in counts.most_common() or [("", 0)]:
                yield csv_line(["exempt", name, verdict, count])

    def to_json(self) -> list[dict[str, Any]]:
        """The claims, each with what rests on it."""
        return [{**claim._asdict(), "without": dict(counts.most_common())} for claim, counts in self.claims.items()]


def is_exempt(record: Mapping[str, Any]) -> bool:
    """True of an item that was handed on under a claim; an error page is no item."""
    return record.get("verdict") == Verdict.EXEMPT and record.get("content") is not False
