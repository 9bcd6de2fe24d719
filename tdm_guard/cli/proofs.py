"""`seal`, `prove` and `verify-proof`: what runs come to, one address or domain shown of it, and that checked."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import typer

from tdm_guard.cli.console import counted, say, waiting
from tdm_guard.cli.logs import BELONGS, belongs_to_a_log, readable
from tdm_guard.cli.seals import say_if_signed, signing_with
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.checks.finding import Finding, LogSeverity
from tdm_guard.log.compressed import open_log
from tdm_guard.log.reader import MAX_LINE, in_order, read_log
from tdm_guard.log.rewriting import replacing, settle
from tdm_guard.log.trees import Trees
from tdm_guard.log.verify import Verification
from tdm_guard.plain import printable
from tdm_guard.proofs.personal import personal_of
from tdm_guard.proofs.proof import MAX_BYTES, Known, UnreadableProofError, check, read_proof, read_root
from tdm_guard.proofs.proving import Question, prove
from tdm_guard.proofs.seal_file import beside, statement
from tdm_guard.proofs.sealing import Placed, Sealing, TreesDifferError, known_by
from tdm_guard.proofs.tree_file import TreeFile
from tdm_guard.reports.spelling import number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tdm_guard.proofs.tree_file import Place

_CUT = "was cut short, or goes on: these are the trees of what is there"


class _BadLogError(Exception):
    """Why a log cannot be sealed."""


def seal(paths: Sequence[str], key: Path | None = None) -> int:
    """
    Writes LOG.seal and LOG.tree beside the first log, and prints the roots of each run; the logs stay as they are.

    With a key the statement in LOG.seal is signed.

    1, with the first bad record named and nothing written, if `verify` would refuse the logs.
    """
    paths = _files("seal", paths)
    place = beside(paths[0], ".tree")
    sign = signing_with(key) if key is not None else None
    try:
        with replacing(place) as file:
            sealing, placed = _sealed(paths, cast("BinaryIO", file))
            settle(file)
            said = statement(sealing.runs, placed.files, datetime.now(UTC))
            if sign is None:
                say_if_signed(beside(paths[0], ".seal"))
            with replacing(beside(paths[0], ".seal")) as sealed:  # first, so that no new .tree is beside an old one
                sealed.write(said + b"\n" + (sign(said) + b"\n" if sign is not None else b""))
    except (_BadLogError, TreesDifferError) as error:
        say(f"tdm-guard: not sealed: {error}")
        return 1
    for run in sealing.runs:
        typer.echo(printable(f"run {run.run}"))
        for name, tree in run.trees.items():
            typer.echo(f"{name} {tree['size']}:{tree['root']}")
        typer.echo(f"head {run.head}")
        if not run.ended:
            say(printable(f"run {run.run} {_CUT}"))
        if run.forgotten:
            say(f"run {run.run}: {number_of(run.forgotten, 'decision')} forgotten, what they admitted is not checkable")
    return 0


def proven(
    paths: Sequence[str], runs: Sequence[str], output: Path | None, *, url: Sequence[str], domain: Sequence[str]
) -> int:
    """Writes the proof to `output` or stdout; 1 if the logs do not hold."""
    if len(url) + len(domain) != 1:
        raise ConfigurationError(
            "prove: give one --url or one --domain, each other spelling by itself; for example --domain gazette.example"
        )
    question = Question.url(url[0]) if url else Question.domain(domain[0])
    paths = _files("prove", paths)
    belongs_to_a_log(output)
    if output is not None and output.exists() and any(output.samefile(path) for path in _and_beside(paths)):
        raise ConfigurationError(f"--output: {str(output)!r} belongs to one of the logs; for example proof.json")
    try:
        with _tree(paths) as tree, ExitStack() as stack:
            lines = _lines_of(paths, stack)
            proof = prove(question, tree, lines, runs, personal_of=lambda *of: personal_of(paths, *of))
    except (_BadLogError, TreesDifferError) as error:
        say(f"tdm-guard: nothing is proved from this log: {error}")
        return 1
    text = json.dumps(proof, indent=1) + "\n"
    _look_at(text.encode())
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
    for each in proof["proofs"]:
        if output is not None or sys.stdout.isatty():
            say(printable(f"run {each['run']}: {each['outcome']}: {proof['canonical']}"))
    return 0


def _look_at(proof: bytes) -> None:
    """Raises `ConfigurationError` for what `verify-proof` would refuse, under the very roots that it is made for."""
    try:
        found = read_proof(proof)
    except UnreadableProofError as error:
        raise ConfigurationError(f"prove: too much for one proof ({error}); name fewer runs with --run") from None
    of_runs = found["proofs"]
    decisions = [each["decision"] for each in of_runs if "decision" in each]
    roots = [Known(each["size"], each["root"], each["tree"]) for each in of_runs]
    roots += [Known(each["size"], each["root"], "decisions") for each in decisions]
    for answer in check(found, roots):
        if not answer.holds:
            raise ConfigurationError(f"prove: verify-proof would not take it: {answer.message}")


def checked(path: str, roots: Sequence[str]) -> int:
    """Prints what the proof comes to for each run, and whether all of it holds: 0, else 1."""
    known = [read_root(root) for root in roots]
    if not known:
        raise ConfigurationError(
            "--root: give the roots that were published, as SIZE:HEX; the proof cannot name its own"
        )
    try:
        with Path(path).open("rb") as file:
            proof = read_proof(file.read(MAX_BYTES + 1))
    except UnreadableProofError as error:
        raise ConfigurationError(f"{path!r} cannot be read as a proof: {error}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"{path!r} cannot be read as a proof: {reason}") from error
    if sum(root.tree is None for root in known) > 1:
        say("--root: of roots without names any may be that of any tree; give them as seal prints them")
    answers = list(check(proof, known))
    for answer in answers:
        typer.echo(printable(answer.message if answer.holds else f"wrong: {answer.message}"))
    holds = all(answer.holds for answer in answers)
    typer.echo("holds" if holds else "does not hold")
    return 0 if holds else 1


def _and_beside(paths: Sequence[str]) -> list[str]:
    """The logs and what belongs to them."""
    return [place for path in paths for end in ("", *BELONGS) if Path(place := f"{path}{end}").exists()]


def _files(command: str, paths: Sequence[str]) -> list[str]:
    """The logs in the order in which they are read."""
    for path in paths:
        if Path(path).exists() and not Path(path).is_file():
            raise ConfigurationError(
                f"{command}: {path!r} is no file; a log that comes through a pipe is read only once"
            )
    readable(paths)
    return in_order(paths)


def _sealed(paths: Sequence[str], file: BinaryIO) -> tuple[Sealing, Placed]:
    """The runs of the logs, and their trees in `file`."""
    verification = Verification(trees=lambda told: Trees())
    placed = Placed(counted(read_log(paths), "lines"))
    with closing(Sealing(file)) as sealing:
        for line, number, offset in placed:
            _hold(verification, verification.look(line))
            sealing.look(line, number, offset)
        # An empty log has no line that could say in which file nothing is.
        _hold(verification, (each if each.path else replace(each, path=paths[-1]) for each in verification.close()))
        with waiting("sorting what was admitted …"):
            sealing.finish(placed.files)
    return sealing, placed


def _hold(verification: Verification, findings: Iterable[Finding]) -> None:
    """Raises what the first finding comes to that is no remark."""
    for finding in findings:
        if verification.refused is not None:
            raise ConfigurationError(str(verification.refused))
        if finding.severity is not LogSeverity.ERROR:
            continue
        if not verification.runs:
            raise ConfigurationError(f"no compliance log: {finding}")
        raise _BadLogError(str(finding))


@contextmanager
def _tree(paths: Sequence[str]) -> Iterator[TreeFile]:
    """The index of the logs: the LOG.tree if it is theirs, else one made for the moment."""
    place = beside(paths[0], ".tree")
    with ExitStack() as stack:
        if place.is_file():
            kept = TreeFile(stack.enter_context(place.open("rb")), str(place))
            if _fits(kept, paths):
                yield kept
                return
            say(f"{str(place)!r} is of another state of the log, which is read instead; tdm-guard seal makes it anew")
        file = cast("BinaryIO", stack.enter_context(tempfile.TemporaryFile(prefix="tdm-guard-")))
        _sealed(paths, file)
        yield TreeFile(file, "the index made for this")


def _fits(tree: TreeFile, paths: Sequence[str]) -> bool:
    names = [{name: file.get(name) for name in ("size", "edges")} for file in tree.files]
    found = [known_by(path) for path in paths]
    return names == [{name: file[name] for name in ("size", "edges")} for file in found]


def _lines_of(paths: Sequence[str], stack: ExitStack) -> Callable[[Place], bytes]:
    files: dict[int, Any] = {}

    def line_at(place: Place) -> bytes:
        if place.file not in files:
            files[place.file] = stack.enter_context(open_log(paths[place.file]))
        files[place.file].seek(place.offset)
        found: bytes = files[place.file].readline(MAX_LINE + 1)
        return found

    return line_at
