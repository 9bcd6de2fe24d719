"""
A LOG.seal read back, and held against a verification of the log: are its runs, their heads and roots those of the log?

A run that goes on, or of which something was forgotten, has another head than when it was sealed; the record with the
sealed head is there all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.bodies import shown
from tdm_guard.log.checks.finding import LogSeverity
from tdm_guard.log.checks.roots import TREES, root_problems
from tdm_guard.log.members import text_of
from tdm_guard.proofs.proof import parsed
from tdm_guard.proofs.seal_file import MAX_SEAL, TYPE, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tdm_guard.log.checks.heads import Heads, Met
    from tdm_guard.log.checks.run import VerifiedRun

MAX_VALUES = 2_500_000  # in a seal: some 20 for each run
_HASH = re.compile(r"[0-9a-f]{64}\Z")


class NoSealError(Exception):
    """Why something is no seal."""


class Answer(NamedTuple):
    """Something that a seal came to; `explained` as in `Finding`."""

    message: str
    severity: LogSeverity = LogSeverity.ERROR
    explained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The lines of a LOG.seal: what is stated, and the signature, empty if there is none."""

    statement: bytes
    signature: bytes

    @classmethod
    def read(cls, data: bytes) -> Seal:
        """Raises `NoSealError` for what has neither one line nor two."""
        lines = data.split(b"\n")
        if len(data) > MAX_SEAL or len(lines) not in (2, 3) or lines[-1] or not all(lines[:-1]):
            raise NoSealError("is no seal: one line that states what was sealed, and one with a signature")
        return cls(statement=lines[0], signature=lines[1])

    def stated(self) -> Stated:
        """What is stated. Raises `NoSealError`; `ConfigurationError` for what a later version wrote."""
        try:
            found = parsed(self.statement, MAX_VALUES)
        except (ValueError, RecursionError) as error:
            raise NoSealError(f"states nothing that can be read: {error}") from None
        if not isinstance(found, dict) or found.get("type") != TYPE:
            raise NoSealError("is no seal of a log")
        if found.get("v") != VERSION:
            version = shown(found.get("v"))
            raise ConfigurationError(
                f"a seal of version {version}: written by a later tdm_guard, and only such a one can check it"
            )
        runs = found.get("runs")
        if not isinstance(runs, list) or not all(isinstance(run, dict) and _is_run(run) for run in runs):
            raise NoSealError("does not state runs with their heads and roots")
        stated = {run["run"]: run for run in runs}
        if len(stated) < len(runs):
            raise NoSealError("states a run twice")
        return Stated(made_at=text_of(found, "made_at", 100), runs=stated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a seal states: when it was made, by its own word, and the runs by their names."""

    made_at: str | None
    runs: Mapping[str, Mapping[str, Any]]

    @property
    def heads(self) -> Iterator[str]:
        """The heads of all runs."""
        return (run["head"] for run in self.runs.values())

    def answers(self, runs: Mapping[str, VerifiedRun], heads: Heads) -> Iterator[Answer]:
        """What is to say of it, once all of the log was read."""
        for name, sealed in self.runs.items():
            run, met = runs.get(name), heads.met(sealed["head"])
            if run is None:
                yield Answer(f"states run {shown(name)}, which is not in the log")
            elif met is None or met.run is not run:
                yield Answer(
                    f"run {shown(name)} has no record with the head {sealed['head']}: sealed was another log, or this "
                    "one was cut or altered"
                )
            elif not met.intact:
                yield Answer(f"run {shown(name)} is altered before its head {sealed['head']}")
            else:
                for answer in _of_run(sealed, run, met):
                    yield answer._replace(message=f"run {shown(name)}: {answer.message}")


def _of_run(sealed: Mapping[str, Any], run: VerifiedRun, met: Met) -> Iterator[Answer]:
    more, deleted = run.records - met.records, run.deletions - met.deletions
    if more != deleted:
        follow = "record follows" if more == 1 else "records follow"
        words = f"{more} more {follow} what was sealed: its roots are not compared"
        yield Answer(words, LogSeverity.REMARK)
        return
    if deleted:
        words = f"{deleted} {'deletion' if deleted == 1 else 'deletions'} since it was sealed"
        yield Answer(words, LogSeverity.REMARK, explained=True)
    if not run.intact:
        return  # which makes the log invalid; its roots are others then
    if sealed["ended"] is not run.ended:
        yield Answer(f"was sealed as one that {'had' if sealed['ended'] else 'had not'} ended")
    if isinstance(run.stated, dict):  # which the log was held against
        for name in TREES:
            said = run.stated.get(name)
            if not isinstance(said, dict) or any(said.get(each) != sealed[name][each] for each in ("size", "root")):
                yield Answer(f"the tree of {name} was sealed as another than its end record states")
    elif run.recomputed is None:
        yield Answer("its roots are not recomputed: its beginning was not given", LogSeverity.REMARK)
    else:
        forgotten = run.forgotten.count + run.apart > 0
        for words, wrong, explained in root_problems(sealed, run.recomputed, forgotten=forgotten):
            yield Answer(words, LogSeverity.ERROR if wrong else LogSeverity.REMARK, explained)


def _is_run(run: Mapping[str, Any]) -> bool:
    trees = [run.get(name) for name in TREES]
    return (
        isinstance(run.get("run"), str)
        and isinstance(run.get("ended"), bool)
        and _is_hash(run.get("head"))
        and all(isinstance(tree, dict) and "size" in tree and _is_hash(tree.get("root")) for tree in trees)
    )


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.match(value) is not None
