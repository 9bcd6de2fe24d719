"""A decision as a page for people: verdict, usages, the words that decided, what was looked for and not found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from tdm_guard.model import Result, Stance, Verdict
from tdm_guard.plain import printable

if TYPE_CHECKING:
    from tdm_guard.decision import Checked, Decision
    from tdm_guard.model import Evidence, Fault, Statement

_MEANING = {
    Verdict.UNRESERVED: "nothing reserves it for these usages",
    Verdict.PERMITTED: "expressly permitted for each of these usages",
    Verdict.AUTHORISED: "reserved, and lifted by an authorisation",
    Verdict.EXEMPT: "reserved, but the operator collects under Art. 3 of Directive (EU) 2019/790",
    Verdict.RESERVED: "reserved for at least one of these usages",
    Verdict.REVIEW: "a person must decide",
    Verdict.UNDETERMINED: "what had to be read could not be",
}
_STANCES = {Stance.RESERVED: "red", Stance.UNDETERMINED: "yellow", Stance.PERMITTED: "green", Stance.UNSTATED: "dim"}


def show(decision: Decision, console: Console | None = None) -> None:
    """Prints the page for one decision."""
    page = console or Console(highlight=False, soft_wrap=True)
    colour = "green" if decision.admitted else "red"
    page.print(Text.assemble((decision.verdict.upper(), f"bold {colour}"), "  ", (printable(decision.url), "bold")))
    outcome = "admitted" if decision.admitted else "withheld"
    if decision.admitted and decision.verdict.withholds:
        outcome = "admitted, because mode is observe"
    _line(page, f"{outcome}: {_MEANING[decision.verdict]}")
    if decision.exemption is not None:
        _line(page, f"claimed: {decision.exemption}")
        _line(page, f"without that claim it would be withheld: {decision.without_exemption}")
    if decision.final_url != decision.url:
        _line(page, f"judged at {decision.final_url}, after redirects")
    if decision.status is not None and not decision.content:
        _line(page, f"status {decision.status}: an answer without content to judge")

    width = max((len(usage) for usage in decision.usages), default=0)
    _heading(page, "Usages")
    for usage, stance in decision.usages.items():
        page.print(Text.assemble(f"  {usage:<{width}}  ", (stance.value, _STANCES[stance])))

    if decision.because:
        _heading(page, "The words that decided")
        for statement in decision.because:
            _statement(page, statement)
    if decision.faults:
        _heading(page, "Written against its own standard")
        for fault in decision.faults:
            _fault(page, fault)
    _looked_for(page, decision.checked)
    page.print()


def _statement(page: Console, statement: Statement) -> None:
    said = f"{statement.signal} {statement.kind}: {statement.stance} for {', '.join(statement.usages)}"
    _line(page, said, style="bold")
    _place(page, statement)
    for name in ("rightsholder", "policy_url", "contact", "terms"):
        if value := getattr(statement, name):
            _line(page, f"  {name.replace('_', ' ')}: {value}")
    if statement.repair:
        _line(page, f"  read so by the cautious posture, repair {statement.repair}")


def _fault(page: Console, fault: Fault) -> None:
    _line(page, f"{fault.signal}: {fault.message}" if fault.signal else fault.message)
    _place(page, fault)


def _place(page: Console, evidence: Evidence) -> None:
    _line(page, "  " + ", ".join(part for part in (evidence.source, evidence.carrier, evidence.locator) if part))
    if evidence.excerpt:
        _line(page, f"  “{evidence.excerpt}”")


def _looked_for(page: Console, checked: tuple[Checked, ...]) -> None:
    groups = {
        "Looked for and read": (Result.READ,),
        "Looked for and not found": (Result.ABSENT,),
        "Looked for and not read": (Result.UNREADABLE, Result.UNREACHABLE, Result.NOT_ATTEMPTED),
    }
    for title, results in groups.items():
        items = [item for item in checked if item.result in results]
        if items:
            _heading(page, title)
            for item in items:
                status = f" ({item.status})" if item.status is not None else ""
                _line(page, f"{item.document}  {item.result}{status}")


def _heading(page: Console, title: str) -> None:
    page.print()
    page.print(Text(title, style="underline"))


def _line(page: Console, text: str, style: str = "") -> None:
    page.print(Text(f"  {printable(text)}", style=style))
