"""
The commands.

Answers go to stdout, all else to stderr. Exit: 0 all admitted or valid; 1 something withheld or invalid; 2 a wrong
call, a bad configuration, or something that cannot be read.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tdm_guard._version import __version__
from tdm_guard.cli import archiving as _archiving
from tdm_guard.cli import excluded_sites as _excluded_sites
from tdm_guard.cli import handing_over as _handing_over
from tdm_guard.cli import integrity as _integrity
from tdm_guard.cli import repertoire as _repertoire
from tdm_guard.cli.bare_flags import BareFlags
from tdm_guard.cli.choosing import with_filters
from tdm_guard.cli.console import Logs, asking, failing, speak_any_encoding
from tdm_guard.cli.options import completing, with_options
from tdm_guard.cli.starting import KINDS
from tdm_guard.errors import ConfigurationError
from tdm_guard.reports.filters import Filters
from tdm_guard.reports.styles import REPORT, WORKLIST

_ALIKE: dict[str, Any] = {
    "name": "tdm-guard",
    "help": "Honour the text-and-data-mining reservations of web content, and keep the proof.",
    "no_args_is_help": True,
    "context_settings": {"help_option_names": ["-h", "--help"]},
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
}
app = typer.Typer(**_ALIKE)

app.add_typer(_repertoire.app, name="repertoire")
app.add_typer(_repertoire.authorisations, name="authorisations")
app.add_typer(_excluded_sites.app, name="excluded-sites")

DEMO = "tdm-guard-demo"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tdm-guard {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    *, version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False
) -> None:
    """Honour the text-and-data-mining reservations of web content, and keep the proof."""
    speak_any_encoding()


@app.command()
@with_options
def check(
    urls: Annotated[list[str], typer.Argument(metavar="URL", help="http(s) addresses to judge.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One decision record per line.")] = False,
    **given: Any,
) -> None:
    """One decision per URL, with the words it rests on. And what was looked for and not found."""
    with failing():
        with asking("check"):
            from tdm_guard.cli.check import check as judged  # noqa: PLC0415
        code = judged(urls, given, as_json=as_json)
    raise typer.Exit(code)


@app.command()
@with_filters
def report(
    logs: Logs,
    *,
    style: Annotated[str | None, typer.Option("--format", help=f"{', '.join(REPORT)}. Default: markdown.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here, not to stdout.")] = None,
    withheld: Annotated[bool, typer.Option("--withheld", help="List the skipped items, one a line.")] = False,
    would_withhold: Annotated[
        bool, typer.Option("--would-withhold", help="List what observe mode let pass, one a line.")
    ] = False,
    admitted: Annotated[bool, typer.Option("--admitted", help="List what was admitted, with its digest.")] = False,
    latest: Annotated[bool, typer.Option("--latest", help="Of each address the last decision only.")] = False,
    template: Annotated[
        str | None, typer.Option("--template", help="art53 (EU summary of training content) or ab2013 (California).")
    ] = None,
    trained: Annotated[
        Path | None,
        typer.Option(help="With --template: only what this file names, an address, domain or digest a line."),
    ] = None,
    sme: Annotated[bool, typer.Option("--sme", help="With --template: list the domains that an SME must.")] = False,
    filters: Filters,
) -> None:
    """What was admitted and withheld, why, and by whom."""
    with failing():
        if template is not None:
            if withheld or would_withhold or admitted or latest:
                raise ConfigurationError("report: --template is a page of its own; give it without lists and --latest")
            from tdm_guard.cli.template import fill_in  # noqa: PLC0415

            fill_in(logs, template, style=style, output=output, filters=filters, trained=trained, sme=sme)
            return
        if trained is not None or sme:
            raise ConfigurationError("report: --trained and --sme go with --template; for example --template art53")
        if style is not None and style not in REPORT:
            raise ConfigurationError(f"--format: {style!r} is not one of {', '.join(REPORT)}")
        from tdm_guard.cli.report import Wish  # noqa: PLC0415
        from tdm_guard.cli.report import report as reported  # noqa: PLC0415

        wish = Wish(
            style=style, withheld=withheld, would_withhold=would_withhold, admitted=admitted, latest=latest,
            filters=filters,
        )  # fmt: skip
        reported(logs, wish, output)


@app.command()
@with_filters
def licences(
    logs: Logs,
    *,
    style: Annotated[str, typer.Option("--format", help=f"{', '.join(WORKLIST)}.")] = "text",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here, not to stdout.")] = None,
    filters: Filters,
    contacts: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Whom to ask where nobody is named; may be repeated.")
    ] = None,
) -> None:
    """Whom to ask for what. Withheld items by rightsholder, policy or site, with contacts."""
    with failing():
        if style not in WORKLIST:
            raise ConfigurationError(f"--format: {style!r} is not one of {', '.join(WORKLIST)}")
        from tdm_guard.cli.licensing import licences as listed  # noqa: PLC0415

        listed(logs, style=style, output=output, filters=filters, contacts=contacts or ())


@app.command(cls=BareFlags)
def review(
    logs: Logs,
    *,
    style: Annotated[str | None, typer.Option("--format", help=f"{', '.join(WORKLIST)}. Default: text.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here, not to stdout.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    reviews: Annotated[
        list[str] | None,
        typer.Option("--reviews", "--authorisations", metavar="FILE.toml", help="List only what these leave open."),
    ] = None,
    release: Annotated[
        list[str] | None, typer.Option(metavar="N|ID,...", help="It does not apply: let such items go.")
    ] = None,
    confirm: Annotated[
        list[str] | None, typer.Option(metavar="N|ID,...", help="It applies: such items are reserved.")
    ] = None,
    all_of: Annotated[
        list[str] | None,
        typer.Option(metavar="DECLARATION", help="Only its questions; with --release or --confirm: all of them."),
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE.csv", help="Answers in the table that --format csv made.")
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="WHO", help="Who decided.")] = None,
    why: Annotated[str | None, typer.Option(metavar="TEXT", help="The reason.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Last day it holds. Default: no end.")] = None,
    url_only: Annotated[bool, typer.Option("--url-only", help="For this address only.")] = False,
    to: Annotated[str | None, typer.Option(metavar="FILE.toml", help="The file of reviews to add to.")] = None,
) -> None:
    """What waits for a person. And the record of what a person decided."""
    with failing():
        if as_json and style not in {None, "json"}:
            raise ConfigurationError(f"--json: the same as --format json, and --format is {style!r}")
        from tdm_guard.cli.review import Call  # noqa: PLC0415
        from tdm_guard.cli.review import review as reviewed  # noqa: PLC0415

        call = Call(
            style="json" if as_json else style, output=output, reviews=reviews or (), all_of=all_of or (),
            release=release or (), confirm=confirm or (), source=source, by=by, why=why, until=until,
            url_only=url_only, to=to,
        )  # fmt: skip
        reviewed(logs, call)


@app.command()
@with_options
def recheck(
    logs: Annotated[list[str] | None, typer.Argument(metavar="LOG", help="Compliance logs (JSON lines).")] = None,
    *,
    urls: Annotated[
        str | None, typer.Option(metavar="LIST", help="Judge a list of addresses in place of logs; - is stdin.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One decision record per line.")] = False,
    undetermined: Annotated[bool, typer.Option("--undetermined", help="List what is worth crawling again.")] = False,
    content: Annotated[bool, typer.Option("--content", help="Ask for the pages again, too.")] = False,
    delay: Annotated[
        float, typer.Option(help="Seconds between the pages of a site; with --urls between any two requests to it.")
    ] = 1.0,
    concurrency: Annotated[int | None, typer.Option(help="With --urls: sites side by side. Default: 16.")] = None,
    items: Annotated[
        str | None, typer.Option(help="What you know of the works: JSON lines, each with its url.")
    ] = None,
    without_declarations: Annotated[
        bool,
        typer.Option("--without-declarations", help="Go on without declarations, or lists of sites, that a run had."),
    ] = False,
    **given: Any,
) -> None:
    """
    What was admitted and would be withheld today. Or what of a list of addresses would be.

    Of a log, usages, agent, posture and operator are those of the run that admitted an item, unless given here.
    """
    with failing():
        if undetermined and (content or as_json or items or without_declarations):
            raise ConfigurationError("recheck: --undetermined only lists addresses; give it alone")
        if (urls is None) == (not logs):
            raise ConfigurationError("recheck: give logs, or a list of addresses; for example --urls list.txt")
        if urls is not None:
            if undetermined or without_declarations:
                raise ConfigurationError("recheck: --undetermined and --without-declarations are for logs, not --urls")
            with asking("recheck"):
                from tdm_guard.cli.rechecking import Wish, recheck_urls  # noqa: PLC0415
            wish = Wish(
                as_json=as_json,
                content=content,
                delay=delay,
                concurrency=16 if concurrency is None else concurrency,
                items=items,
            )
            raise typer.Exit(recheck_urls(urls, given, wish))
        logs = logs or []
        if concurrency is not None:
            raise ConfigurationError("recheck: --concurrency goes with --urls")
        if undetermined:
            from tdm_guard.cli.undetermined import undetermined as listed  # noqa: PLC0415

            code = listed(logs)
        else:
            with asking("recheck"):
                from tdm_guard.cli.recheck import recheck as judged_again  # noqa: PLC0415
            code = judged_again(
                logs,
                given,
                as_json=as_json,
                content=content,
                delay=delay,
                items=items,
                without_declarations=without_declarations,
            )
    raise typer.Exit(code)


@app.command()
def demo(
    *,
    output: Annotated[
        Path | None, typer.Option("--output", help=f"Folder for items, log and report. Default: {DEMO}.")
    ] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Crawl nothing: keep the sample web up for yours.")] = False,
) -> None:
    """The example project over a pretend web. A crawl by Scrapy, on loopback."""
    with failing():
        if not serve:
            from tdm_guard.cli import demonstration  # noqa: PLC0415

            demonstration.run(output or Path(DEMO))
        elif output is not None:
            raise ConfigurationError("demo: --serve leaves nothing behind; give it without --output")
        else:
            from tdm_guard.cli import serving  # noqa: PLC0415

            serving.serve()


@app.command()
def explain(
    decision: Annotated[str, typer.Argument(metavar="ID", help="The id of a decision, or how it alone begins.")],
    logs: Logs,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The record as it stands in the log.")] = False,
) -> None:
    """One decision of a log as a page. The words it rests on, what was looked for, which run, agent and posture."""
    with failing():
        from tdm_guard.cli.explain import explain as explained  # noqa: PLC0415

        code = explained(decision, logs, as_json=as_json)
    raise typer.Exit(code)


def _kinds(incomplete: str) -> list[str]:
    return [kind for kind in KINDS if kind.startswith(incomplete)]


@app.command()
def init(
    *,
    kind: Annotated[str | None, typer.Option("--for", help=f"{', '.join(KINDS)}.", autocompletion=_kinds)] = None,
    agent: Annotated[str | None, typer.Option(help="robots.txt product token, for example ExampleBot.")] = None,
    usages: Annotated[
        list[str] | None,
        typer.Option(help="What for; may be repeated, or a,b. Default: tdm.", autocompletion=completing("usages")),
    ] = None,
    contact: Annotated[
        str | None, typer.Option(help="Where sites reach you, for the User-Agent: a page or a mailbox.")
    ] = None,
    operator: Annotated[str | None, typer.Option(help='Who collects: a name, or JSON {"name": "acme-ai"}.')] = None,
    repertoire: Annotated[
        list[str] | None, typer.Option(help="Declarations to honour: a file, or bundled:sacem-2023; may be repeated.")
    ] = None,
    log: Annotated[str | None, typer.Option(help="The compliance log. Default: tdm-guard.jsonl.")] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Write here; - is stdout. Default: by what it is for.")
    ] = None,
    append: Annotated[bool, typer.Option("--append", help="Scrapy: add to the settings file that is there.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Settings to start with, for Scrapy, a client or a file. Asks on a terminal for what no flag says."""
    with failing():
        from tdm_guard.cli.init import Wishes  # noqa: PLC0415
        from tdm_guard.cli.init import init as begun  # noqa: PLC0415

        wishes = Wishes(
            kind=kind,
            agent=agent,
            usages=",".join(usages) if usages is not None else None,
            contact=contact,
            operator=operator,
            repertoire=tuple(repertoire or ()),
            log=log,
            output=output,
        )
        begun(wishes, append=append, force=force)


app.add_typer(_archiving.app)
app.add_typer(_integrity.app)
app.add_typer(_handing_over.app)


def narrowed(words: Sequence[str]) -> typer.Typer:
    """
    The command line with that command or group alone which the first of these words names, just as it is in `app`.

    To build the others, with a reader for each flag, takes longer than many a command does. Where the word names none,
    or a shell asks what there is, it is `app`.
    """
    if not words or any(name.endswith("_COMPLETE") for name in os.environ):
        return app
    lane = typer.Typer(**_ALIKE)
    lane.registered_callback = app.registered_callback
    lane.registered_groups = [each for each in app.registered_groups if each.name == words[0]]
    lane.registered_commands = [
        each
        for named in (app, _archiving.app, _integrity.app, _handing_over.app)
        for each in named.registered_commands
        if words[0] == (each.name or getattr(each.callback, "__name__", None))
    ]
    return lane if lane.registered_groups or lane.registered_commands else app
