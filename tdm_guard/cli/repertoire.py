"""`repertoire` and `authorisations`: checks the files, tries an item, makes lists, shows the bundled set."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tdm_guard.cli.console import counted, failing, say
from tdm_guard.cli.entries import in_short, whole
from tdm_guard.cli.options import table_of
from tdm_guard.decision import Match
from tdm_guard.errors import ConfigurationError
from tdm_guard.holdings import lint, load
from tdm_guard.matched import DeclaredAs, MatchedBy
from tdm_guard.model import Source, Statement
from tdm_guard.operator import Operator, read_operator
from tdm_guard.origin import Origin
from tdm_guard.plain import printable
from tdm_guard.repertoire.callers_item import GOOD, check_item
from tdm_guard.repertoire.item import CallersItem, read_callers_item
from tdm_guard.repertoire.matching import HeardWorks, Repertoire
from tdm_guard.repertoire.problem import Problem, Severity
from tdm_guard.repertoire.provenance import NO_ADDRESS
from tdm_guard.reports.spelling import json_text, number_of

app = typer.Typer(help="Declarations over repertoires. Check the files, try an item, make lists.", no_args_is_help=True)
authorisations = typer.Typer(help="Permissions granted to you: check the files.", no_args_is_help=True)

Names = Annotated[list[str], typer.Argument(metavar="FILE", help="Files, folders, bundled:sacem-2023.")]
Terms = Annotated[list[str], typer.Argument(metavar="FILE", help="Files and folders of authorisations and reviews.")]


@app.command("lint")
def _lint_repertoire(names: Names) -> None:
    """Every mistake and warning in the files, which are read together."""
    _lint(names)


@authorisations.command("lint")
def _lint_authorisations(names: Terms) -> None:
    """Every mistake and warning in the files, which are read together."""
    _lint(names)


@authorisations.callback()
def _authorisations() -> None:
    """Permissions granted to you: check the files."""  # one command alone would not be a sub-command


def _lint(names: Sequence[str]) -> None:
    """Prints the problems and exits by them."""
    with failing():
        code = tell_problems(lint(names, today=datetime.now(UTC).date()))
    if code:
        raise typer.Exit(code)


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


@app.command("list")
def _list() -> None:
    """The bundled declarations. Who, on what mandate, since when, in which words, matched by what."""
    with failing():
        for line in in_short():
            typer.echo(printable(line))


@app.command("show")
def _show(
    names: Annotated[list[str], typer.Argument(metavar="ID|FILE", help="sacem-2023, or files of declarations.")],
) -> None:
    """All that a declaration says. Its words, the document, what is certain, in doubt and missing."""
    with failing():
        for line in whole(names):
            typer.echo(printable(line))


@app.command("match")
def _match(
    names: Names,
    *,
    item: Annotated[str, typer.Option(metavar="JSON", help=f"What is known of the work: {GOOD}.")],
    url: Annotated[str | None, typer.Option(help="Where it stands.")] = None,
    operator: Annotated[str | None, typer.Option(metavar="JSON", help='Who collects: {"country": "FR"}.')] = None,
    repertoire_forms: Annotated[str, typer.Option(help="all (default) or machine-readable.")] = "all",
    as_json: Annotated[bool, typer.Option("--json", help="The answer as one line of JSON.")] = False,
) -> None:
    """Tries an item against declarations as of today. By what it is matched, how surely; exit 1 if it is."""
    with failing():
        given, who = _asked(item, url, operator, repertoire_forms)
        held = load(names)
        repertoire = Repertoire(held.declarations, held.lists)
        heard = repertoire.says(
            url,
            given.items,
            now=datetime.now(UTC),
            operator=who,
            machine_readable_only=repertoire_forms == "machine-readable",
        )
        for fault in given.faults:
            say(f"{fault.locator or '--item'}: {fault.message}" + (f": {fault.excerpt}" if fault.excerpt else ""))
        doubtful = repertoire.unmatched(given.doubts, datetime.now(UTC))
        if as_json:
            because = [statement.to_dict() for statement in heard.statements + doubtful]
            typer.echo(json_text({"repertoire": heard.state, "because": because}))
        else:
            for line in (*_answer(heard), *map(_doubt, doubtful)):
                typer.echo(printable(line))
    raise typer.Exit(1 if heard.state is Match.MATCHED or doubtful else 0)


def _asked(item: str, url: str | None, operator: str | None, forms: str) -> tuple[CallersItem, Operator | None]:
    """The item and the operator. Raises `ConfigurationError` with every mistake in the call."""
    problems: list[str] = []
    if forms not in {"all", "machine-readable"}:
        problems.append(f"--repertoire-forms: {forms!r} is not one of all, machine-readable")
    value: Any = None
    try:
        value = json.loads(item)
    except (ValueError, RecursionError) as error:
        problems.append(f"--item: {item[:80]!r} is no JSON: {error}; for example {GOOD}")
    else:
        try:
            check_item(value, "--item")
        except ConfigurationError as error:
            problems.extend(error.problems)
    who: Operator | None = None
    try:
        who = None if operator is None else read_operator(table_of("operator", operator))
    except ConfigurationError as error:
        problems.extend(error.problems)
    try:
        if url is not None:
            Origin.parse(url)
    except ConfigurationError as error:
        problems.extend(error.problems)
    if problems:
        raise ConfigurationError(*problems)
    return read_callers_item(value, Source("--item", "item")), who


def _answer(heard: HeardWorks) -> Iterator[str]:
    yield str(heard.state)
    if heard.state is Match.UNMATCHABLE:
        yield "  nothing in the item is an identifier, a name or a society; no declaration can be matched"
    for statement in heard.statements:
        yield from _lines(statement)


def _doubt(statement: Statement) -> str:
    """What the cautious posture makes of a value that nothing can be matched by."""
    return f"review: {statement.locator} {statement.excerpt or ''}: {statement.doubt}"


def _lines(statement: Statement) -> Iterator[str]:
    match, about = statement.match or MatchedBy(), statement.declaration or DeclaredAs()
    yield f"{'review' if statement.doubt else 'reserved'}: {statement.source}"
    yield f"  {'matched by:':<14}{match.get('key')} {match.get('value')} ({match.get('strength')})"
    if "also" in match:
        yield f"  {'and by:':<14}{match['also']}"
    if statement.doubt:
        yield f"  {'doubt:':<14}{statement.doubt}"
    yield f"  {'usages:':<14}{', '.join(statement.usages)}"
    yield f"  {'declared by:':<14}{statement.rightsholder}, {about.get('form')}, mandate {about.get('mandate_status')}"
    yield f"  {'in:':<14}{about.document}"
    yield f"  {'words:':<14}{statement.excerpt}"
    asked = ", ".join(filter(None, (statement.policy_url, statement.contact))) or NO_ADDRESS
    yield f"  {'ask:':<14}{', '.join(filter(None, (statement.terms, asked)))}"
    if "list" in about:
        yield f"  {'list:':<14}{about['list']}, version {about['list_version']}, sha256 {about['list_sha256']}"


@app.command("import")
def _import(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="The file to import.")],
    *,
    style: Annotated[str, typer.Option("--format", help="csv, tsv, json (also JSON lines), xml, rsl-media or tdm-ai.")],
    declaration: Annotated[str, typer.Option(metavar="ID", help="The declaration that the list is of.")],
    version: Annotated[str, typer.Option("--list-version", metavar="V", help="The list's own version or date.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The list to write, FILE.toml: declarations.")
    ],
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="KEY=COLUMN", help="Match key, and its column or path; may be repeated."),
    ] = None,
    row: Annotated[str | None, typer.Option(metavar="PATH", help="XML: the element of a row, /works/work.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Default: what the file says, else utf-8.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="CSV: between cells. Default: a comma.")] = None,
    excludes: Annotated[bool, typer.Option("--excludes", help="The declaration does not speak for these.")] = False,
    append: Annotated[bool, typer.Option("--append", help="Add to the list that is there.")] = False,
) -> None:
    """Makes a list, on disk, of what a declaration is matched by. Bad lines are told and counted; exit 1 then."""
    # it brings SQLite and the readers of tables, which only this command needs
    from tdm_guard.lists.declaring import import_declarations  # noqa: PLC0415
    from tdm_guard.lists.importing import import_list  # noqa: PLC0415
    from tdm_guard.lists.plan import RIGHTS, TOML, Plan  # noqa: PLC0415

    with failing():
        plan = Plan(
            source=source,
            style=style,
            columns=tuple(_column(text) for text in columns or ()),
            declaration=declaration,
            version=version,
            output=output,
            row=row,
            encoding=encoding,
            delimiter=delimiter,
            excludes=excludes,
            append=append,
        )
        declares = output.suffix.lower() == TOML
        work = import_declarations if declares else import_list
        imported = work(plan, now=datetime.now(UTC), watched=_watched)
        place = "right" if style in RIGHTS else "line"
        for line, problem in imported.shown:
            say(f"{source}: {place} {line}: {problem}")
        if imported.bad > len(imported.shown):
            say(f"{source}: {imported.bad - len(imported.shown)} more {place}s with a problem")
        for why, count in imported.idle:
            say(f"{source}: {number_of(count, 'right')} not loaded: {why}")
        what = f"{imported.rows} rows, {imported.usable} of them usable, {imported.bad} with a problem"
        if idle := sum(count for _, count in imported.idle):
            what += f", {idle} not loaded"
        if imported.written:
            made = "declarations" if declares else "entries"
            typer.echo(f"{output}: {imported.entries} {made}, version {version}, sha256 {imported.sha256}; {what}")
        else:
            typer.echo(f"nothing to write: {what}")
    raise typer.Exit(1 if imported.bad else 0)


def _watched(rows: Iterable[Any]) -> Iterable[Any]:
    return counted(rows, "rows", step=2**16)


def _column(text: str) -> tuple[str, str]:
    key, equals, place = text.partition("=")
    if not equals:
        raise ConfigurationError(f"--map: {text!r} has no =; for example iswc=ISWC")
    return key.strip(), place.strip()
