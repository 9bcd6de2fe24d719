"""`tdm-guard verify`: is the log whole?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from tdm_guard.cli.console import counted, say
from tdm_guard.cli.logs import readable
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.checks.finding import Finding
from tdm_guard.log.checks.lines import only_logs, raw_lines, record_in
from tdm_guard.log.verify import Verification
from tdm_guard.plain import printable
from tdm_guard.reports.spelling import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tdm_guard.log.checks.run import VerifiedRun

MAX_FINDINGS = 10_000  # in the one document of --json; a log with as many is not read to its last finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked: `strict` counts remarks as errors, `heads` are hashes that records must have."""

    as_json: bool = False
    strict: bool = False
    heads: tuple[str, ...] = ()


def verify(paths: Sequence[str], wish: Wish) -> int:
    """Prints findings, the head of each run, and a last line that sums up; 0 if the log is whole, else 1."""
    verification = Verification(heads=wish.heads)
    readable(paths)
    findings = _findings(paths, verification)
    if wish.as_json:
        kept = []
        for finding in findings:
            if len(kept) < MAX_FINDINGS:
                kept.append(finding)
        valid = _valid(verification, wish)
        typer.echo(json.dumps(_document(verification, kept, wish, valid=valid), indent=1))
    else:
        for finding in findings:
            typer.echo(printable(str(finding)))
        valid = _valid(verification, wish)
        for run in verification.each_run():
            typer.echo(printable(_told(run)))
        typer.echo(_summary(verification, valid=valid))
    return 0 if valid else 1


def _findings(paths: Sequence[str], verification: Verification) -> Iterator[Finding]:
    for raw in counted(only_logs(raw_lines(paths)), "lines"):
        if not (raw.whole and verification.passes(raw.raw, raw.path, raw.number)):
            yield from verification.look(record_in(raw))
    for finding in verification.close():
        # An empty log has no line that could say in which file nothing is.
        yield finding if finding.path else Finding(
            path=paths[-1], line=0, severity=finding.severity, message=finding.message
        )


def _valid(verification: Verification, wish: Wish) -> bool:
    """Whether the log is whole. Raises `ConfigurationError` for one of a later version, of which nobody here knows."""
    if verification.refused is not None:
        raise ConfigurationError(str(verification.refused))
    return not verification.errors and not (wish.strict and verification.doubts)


def _told(run: VerifiedRun) -> str:
    state = "ended" if run.ended else "no end"
    return f"run {run.name}: {number_of(run.decisions, 'decision')}, {state}, head {run.head}"


def _summary(verification: Verification, *, valid: bool) -> str:
    answer = "valid" if valid else "invalid"
    return (
        f"{answer}: {number_of(verification.decisions, 'decision')} in {number_of(verification.runs, 'run')}, "
        f"{number_of(verification.errors, 'error')}, {number_of(verification.remarks, 'remark')}"
    )


def _document(verification: Verification, kept: list[Finding], wish: Wish, *, valid: bool) -> dict[str, Any]:
    return {
        "valid": valid,
        "strict": wish.strict,
        "decisions": verification.decisions,
        "errors": verification.errors,
        "remarks": verification.remarks,
        "runs": [run.to_dict() for run in verification.each_run()],
        "heads": verification.heads.to_dict(),
        "findings": [finding.to_dict() for finding in kept],
        "findings_left_out": verification.errors + verification.remarks - len(kept),
    }
