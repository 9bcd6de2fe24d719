"""Tables of where the figures come from: the runs, the files, what was found in these, what the logs do not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdm_guard.reports.spelling import number_of
from tdm_guard.reports.table import Table, cut
from tdm_guard.reports.worklist_page import umbrella

if TYPE_CHECKING:
    from tdm_guard.reports.summary import Summary


def failed(summary: Summary) -> Table:
    """Downloads that failed."""
    rows, more = cut(
        (run.run, "not in the log" if run.failed is None else run.failed, run.ended or "no end record")
        for run in summary.runs
    )
    return Table(
        key="failed", title="Failed downloads", columns=("run", "failed downloads", "ended"), rows=rows, more=more,
        note="Requests that brought no answer make no decision. Their number is here if the run's end record has it.",
    )  # fmt: skip


def runs(summary: Summary) -> Table:
    """The runs."""
    rows, more = cut(
        (
            run.run, run.operator or "not told", run.contact or "not told", run.agent or "", umbrella(run.usages),
            run.ts or "", run.ended or "no end record: cut short, or goes on", run.posture or "", run.mode or "",
            run.tool or "",
        )
        for run in summary.runs
    )  # fmt: skip
    return Table(
        key="runs", title="Runs", columns=("run", "operator", "contact", "agent", "usages", "began", "ended", "posture",
        "mode", "made with"), rows=rows, more=more + summary.more_runs,
        note="Each run as its first record tells of it, and when it ended.",
    )  # fmt: skip


def files(summary: Summary) -> Table:
    """The files."""
    rows = tuple(
        (
            source.name, "a pipe" if source.size is None else source.size, source.sha256 or "a pipe has none",
            source.lines, len(source.heads), checked(source.errors, source.remarks)
            + (", changed while it was read" if source.grown else ""),
        )
        for source in summary.sources
    )  # fmt: skip
    return Table(
        key="files", title="Files", columns=("file", "bytes", "SHA-256", "lines", "runs", "verified"), rows=rows,
        note="The logs that this report was made from. Size and digest are those of the file as it lies there. "
        "Verified: numbers in order, hash of each record, chain from record to record, totals.",
    )  # fmt: skip


def checked(errors: int, remarks: int) -> str:
    """The outcome of a verification in words."""
    outcome = "no" if errors else "yes"
    return f"{outcome}: {number_of(errors, 'error')}, {number_of(remarks, 'remark')}"


def heads(summary: Summary) -> Table:
    """The last hashes."""
    ended = {run.run: run.ended for run in summary.runs}
    rows, more = cut(
        (source.name, run, "none: not its last file", "goes on in the next file")
        if run in source.goes_on
        else (source.name, run, head or "none", "yes" if ended.get(run) else "no: cut short, or goes on")
        for source in summary.sources
        for run, head in source.heads.items()
    )
    return Table(
        key="heads", title="Last hash of each run", columns=("file", "run", "last hash", "came to its end"), rows=rows,
        more=more, note="With this hash from another place, whoever has the log can tell that nothing before it was "
        "changed or taken out.",
    )  # fmt: skip
