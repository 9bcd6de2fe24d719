"""A decision as a page for people: verdict, usages, the words that decided, what was looked for and not found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from tdm_guard.model import Kind, Result, Stance, Verdict
from tdm_guard.plain import LIMIT, printable
from tdm_guard.repertoire.provenance import STANDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
_EXCLUDED = "its site is on a list of sites that were found to infringe; nobody reserves it, and nobody can lift it"
_STANCES = {Stance.RESERVED: "red", Stance.UNDETERMINED: "yellow", Stance.PERMITTED: "green", Stance.UNSTATED: "dim"}


def show(decision: Decision, console: Console | None = None, *, notes: Sequence[str] = ()) -> None:
    """Prints the page for one decision, at its end what else is known of its record."""
    page = console or Console(highlight=False, soft_wrap=True)
    colour = "green" if decision.admitted else "red"
    page.print(Text.assemble((decision.verdict.upper(), f"bold {colour}"), "  ", (printable(decision.url), "bold")))
    outcome = "admitted" if decision.admitted else "withheld"
    if decision.admitted and decision.verdict.withholds:
        outcome = "admitted, because mode is observe"
    excluded = any(statement.kind is Kind.EXCLUSION for statement in decision.because)
    _line(page, f"{outcome}: {_EXCLUDED if excluded else _MEANING[decision.verdict]}")
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
    for title, faults in _whose(decision.faults).items():
        _heading(page, title)
        for fault in faults:
            _fault(page, fault)
    _looked_for(page, decision.checked)
    if notes:
        _heading(page, "The record")
        for note in notes:
            _line(page, note)
    page.print()


def _statement(page: Console, statement: Statement) -> None:
    said = f"{statement.signal} {statement.kind}: {statement.stance} for {', '.join(statement.usages)}"
    if statement.kind is Kind.EXCLUSION:
        said = statement.signal
    _line(page, said, style="bold")
    _place(page, statement)
    if about := statement.declaration:
        form = f", {about.form}" if about.form else ""
        _line(page, f"  declared in: {about.document}{form}, mandate {about.mandate_status}")
        if standing := STANDINGS.get(about.known_from or ""):
            _line(page, f"  {standing}")
    for name in ("rightsholder", "policy_url", "contact", "terms"):
        if value := getattr(statement, name):
            _line(page, f"  {name.replace('_', ' ')}: {value}")
    for line in _works(statement):
        _line(page, f"  {line}")
    if statement.repair:
        _line(page, f"  read so by the cautious posture, repair {statement.repair}")


def _whose(faults: tuple[Fault, ...]) -> dict[str, list[Fault]]:
    """Faults by whose they are: the site's, the caller's, or ours for a limit."""
    found: dict[str, list[Fault]] = {}
    for fault in faults:
        title = "Written against its own standard"
        if fault.carrier == "item":
            title = "In the item that you gave"
        elif fault.carrier == "archive":
            title = "In how it was stored"
        elif LIMIT in fault.message:
            title = "Not read, for a limit of ours"
        found.setdefault(title, []).append(fault)
    return found


def _works(statement: Statement) -> Iterator[str]:
    """What a declaration was matched by, what is in doubt, and what licences and people made of it."""
    if match := statement.match:
        yield f"matched by: {match.key} {match.value}" + (f" ({match.strength})" if match.strength else "")
        if (named := statement.declaration) and named.list:
            yield f"which is in the list {named.list}" + (
                f", version {named.list_version}" if named.list_version else ""
            )
    if statement.doubt:
        yield f"in doubt because: {statement.doubt}"
    for lift in statement.authorisations:
        yield f"authorisation {lift.id}: {lift.outcome}, {lift.why}"
    if decided := statement.reviewed:
        yield f"{decided.outcome} by {decided.by} on {decided.at}: {decided.why}"


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
