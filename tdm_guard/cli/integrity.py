"""The commands by which a log is evidence: is it whole, and what of it can be shown to others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tdm_guard.cli.console import Logs, failing

app = typer.Typer()


@app.command()
def verify(
    logs: Logs,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="One document: the runs, their heads and the findings.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Remarks count as errors: a run cut short, say.")] = False,
    evidence: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Where copies are. Default: where each run says.")
    ] = None,
    heads: Annotated[
        list[str] | None, typer.Option("--head", metavar="HASH", help="A hash that must be there; may be repeated.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="PUB.pem", help="The public key with which the log's seal was signed.")
    ] = None,
    seals: Annotated[
        list[Path] | None,
        typer.Option("--seal", metavar="FILE", help="A seal elsewhere than in LOG.seal."),
    ] = None,
) -> None:
    """Is the log whole: order, gaps, hash chain, torn lines. And the copies. Remarks do not make it invalid."""
    with failing():
        from tdm_guard.cli.verifying import Wish  # noqa: PLC0415
        from tdm_guard.cli.verifying import verify as verified  # noqa: PLC0415

        wish = Wish(
            as_json=as_json, strict=strict, heads=tuple(heads or ()), evidence=evidence, key=key,
            seals=tuple(seals or ()),
        )  # fmt: skip
        code = verified(logs, wish)
    raise typer.Exit(code)


@app.command()
def forget(
    logs: Logs,
    *,
    by: Annotated[str, typer.Option("--by", help="Who removes it: a name or a role, which the log will have.")],
    on: Annotated[
        str | None, typer.Option("--on", help="As if this were today, for example 2031-01-01. Not after today.")
    ] = None,
    runs: Annotated[
        list[str] | None, typer.Option("--run", help="This run too, whatever its date; may be repeated.")
    ] = None,
    why: Annotated[str | None, typer.Option("--why", help="Why, which the log will have.")] = None,
    cut_short: Annotated[
        bool, typer.Option("--cut-short", help="Runs without an end record do not go on any more.")
    ] = False,
    folder: Annotated[
        str | None, typer.Option("--evidence", metavar="FOLDER", help="Where copies are. Default: where the run says.")
    ] = None,
) -> None:
    """Remove what may be personal from runs whose time is over. The chain holds, and says who removed how much."""
    with failing():
        from tdm_guard.cli.forgetting import forget as removed  # noqa: PLC0415

        removed(logs, by=by, on=on, runs=runs or (), why=why, cut_short=cut_short, evidence=folder)


@app.command()
def merge(
    logs: Logs,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The merged log; not there yet.")],
) -> None:
    """Several logs as one, by time. Each run keeps its order and its bytes, so that it verifies as before."""
    with failing():
        from tdm_guard.cli.merging import merge as merged  # noqa: PLC0415

        merged(logs, output)


@app.command()
def seal(
    logs: Logs,
    *,
    key: Annotated[Path | None, typer.Option(metavar="KEY.pem", help="Sign with this Ed25519 key.")] = None,
) -> None:
    """The roots of each run, printed and kept beside the log. Publish them: proofs are checked by them."""
    with failing():
        from tdm_guard.cli.proofs import seal as sealed  # noqa: PLC0415

        code = sealed(logs, key)
    raise typer.Exit(code)


@app.command()
def prove(
    logs: Logs,
    *,
    url: Annotated[list[str] | None, typer.Option(metavar="URL", help="Was this address admitted?")] = None,
    domain: Annotated[list[str] | None, typer.Option(metavar="DOMAIN", help="Was anything of this site?")] = None,
    run: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only of this run; may be repeated.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here, not to stdout.")] = None,
) -> None:
    """A proof that an address or a site was admitted, or was not. It shows nothing else of the log."""
    with failing():
        from tdm_guard.cli.proofs import proven  # noqa: PLC0415

        code = proven(logs, run or (), output, url=url or (), domain=domain or ())
    raise typer.Exit(code)


@app.command(name="verify-proof")
def verify_proof(
    proof: Annotated[str, typer.Argument(metavar="PROOF", help="What prove wrote.")],
    *,
    root: Annotated[
        list[str] | None, typer.Option("--root", metavar="SIZE:HEX", help="A published root; may be repeated.")
    ] = None,
) -> None:
    """Does a proof hold. Needs the published roots, not the log."""
    with failing():
        from tdm_guard.cli.proofs import checked  # noqa: PLC0415

        code = checked(proof, root or ())
    raise typer.Exit(code)
