"""What is wrong in files of declarations, authorisations or sites, as `lint` tells it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import typer

from tdm_guard.plain import printable
from tdm_guard.repertoire.problem import Problem, Severity
from tdm_guard.reports.spelling import number_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def tell_problems(problems: Sequence[Problem]) -> int:
    """Prints what is wrong in files and a last line that sums up; 1 for a mistake, 2 for an unreadable file, else 0."""
    found = Counter(problem.severity for problem in problems)
    for problem in problems:
        typer.echo(printable(f"{problem.severity}: {problem}"))
    mistakes, warnings = found[Severity.MISTAKE], found[Severity.WARNING]
    answer = "invalid" if mistakes else "valid"
    typer.echo(f"{answer}: {number_of(mistakes, 'mistake')}, {number_of(warnings, 'warning')}")
    if not mistakes:
        return 0
    return 2 if any(problem.unreadable for problem in problems) else 1
