"""`tdm-guard verify`: is the log whole?"""

from __future__ import annotations

import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tdm_guard.cli.console import Progress, counted, say
from tdm_guard.cli.evidence import is_folder
from tdm_guard.cli.logs import readable
from tdm_guard.cli.seals import Seals
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.checks.lines import STEP
from tdm_guard.log.evidence_check import EvidenceCheck
from tdm_guard.log.reader import BrokenLogError, read_log
from tdm_guard.log.trees import Trees
from tdm_guard.log.verify import Verification
from tdm_guard.plain import printable
from tdm_guard.reports.spelling import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tdm_guard.log.checks.finding import Finding
    from tdm_guard.log.checks.run import VerifiedRun

MAX_FINDINGS = 10_000  # in the one document of --json; a log with as many is not read to its last finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    What is asked: `strict` counts remarks as errors, `heads` are hashes that records must have, `evidence` is the
    folder of copies, if not the one that each run says. `key` has signed the seals, which lie beside
    the logs or are given.
    """

    as_json: bool = False
    strict: bool = False
    heads: tuple[str, ...] = ()
    evidence: str | None = None
    key: Path | None = None
    seals: tuple[Path, ...] = ()


def verify(paths: Sequence[str], wish: Wish) -> int:
    """Prints findings, the head of each run, and a last line that sums up; 0 if the log is whole, else 1."""
    kept: list[bool] = [wish.evidence is not None]

    def trees(told: Mapping[str, Any]) -> Trees:
        kept[0] = kept[0] or bool(told.get("evidence"))
        return Trees()

    is_folder(wish.evidence)
    for path in paths:
        with suppress(BrokenLogError):  # of which is said what could be read
            readable([path])
    seals = Seals(paths, wish.seals, wish.key)
    verification = Verification(heads=wish.heads, trees=trees, sealed=seals.heads)
    progress, steps = Progress("lines"), count(STEP, STEP)
    found = chain(
        verification.files(paths, lambda: progress.reached(next(steps))),
        seals.findings(verification),
        _of_copies(paths, wish, verification, kept),
    )
    # An empty log has no line that could say in which file nothing is.
    findings = (each if each.path else replace(each, path=paths[-1]) for each in found)
    if wish.as_json:
        told = list(islice(findings, MAX_FINDINGS))
        deque(findings, maxlen=0)  # the others are counted
        valid = _valid(verification, wish)
        typer.echo(json.dumps(_document(verification, seals, told, wish, valid=valid), indent=1))
    else:
        for finding in findings:
            typer.echo(printable(str(finding)))
        valid = _valid(verification, wish)
        for run in verification.each_run():
            typer.echo(printable(_told(run)))
        for words in seals.told():
            typer.echo(printable(words))
        typer.echo(_summary(verification, valid=valid))
    return 0 if valid else 1


def _of_copies(paths: Sequence[str], wish: Wish, verification: Verification, kept: Sequence[bool]) -> Iterator[Finding]:
    """What is wrong with the copies that decisions name, if a run `kept` some: the logs are read once more for it."""
    if not kept[0]:
        return
    if any(Path(path).is_fifo() for path in paths):
        say("copies were not looked at: what is read from a pipe is gone")
        return
    check = EvidenceCheck(verification.count, wish.evidence, verification.forgotten_copies)
    with suppress(BrokenLogError):  # which was said
        for line in counted(read_log(paths), "lines"):
            yield from check.look(line)


def _valid(verification: Verification, wish: Wish) -> bool:
    """Whether the log is whole. Raises `ConfigurationError` for one of a later version, of which nobody here knows."""
    if verification.refused is not None:
        raise ConfigurationError(str(verification.refused))
    return not verification.count.errors and not (wish.strict and verification.count.doubts)


def _told(run: VerifiedRun) -> str:
    state = "ended" if run.ended else "no end"
    return f"run {run.name}: {number_of(run.decisions, 'decision')}, {state}, head {run.head}"


def _summary(verification: Verification, *, valid: bool) -> str:
    answer = "valid" if valid else "invalid"
    return (
        f"{answer}: {number_of(verification.decisions, 'decision')} in {number_of(verification.runs, 'run')}, "
        f"{number_of(verification.count.errors, 'error')}, {number_of(verification.count.remarks, 'remark')}"
    )


def _document(
    verification: Verification, seals: Seals, kept: list[Finding], wish: Wish, *, valid: bool
) -> dict[str, Any]:
    return {
        "valid": valid,
        "strict": wish.strict,
        "decisions": verification.decisions,
        "errors": verification.count.errors,
        "remarks": verification.count.remarks,
        "runs": [run.to_dict() for run in verification.each_run()],
        "heads": verification.heads.to_dict(),
        "seals": seals.to_list(),
        "findings": [finding.to_dict() for finding in kept],
        "findings_left_out": verification.count.errors + verification.count.remarks - len(kept),
    }
