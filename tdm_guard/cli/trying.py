"""`repertoire match`: tries an item against declarations."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from tdm_guard.cli.console import say
from tdm_guard.cli.options import table_of
from tdm_guard.decision import Match
from tdm_guard.errors import ConfigurationError
from tdm_guard.holdings import load
from tdm_guard.matched import DeclaredAs, MatchedBy
from tdm_guard.model import Source, Statement
from tdm_guard.operator import Operator, read_operator
from tdm_guard.origin import Origin
from tdm_guard.plain import printable
from tdm_guard.repertoire.callers_item import GOOD, check_item
from tdm_guard.repertoire.item import CallersItem, read_callers_item
from tdm_guard.repertoire.matching import HeardWorks, Repertoire
from tdm_guard.repertoire.provenance import NO_ADDRESS
from tdm_guard.reports.spelling import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def tried(
    names: Sequence[str], item: str, *, url: str | None, operator: str | None, repertoire_forms: str, as_json: bool
) -> int:
    """Prints by what it is matched, how surely: 1 if it is, else 0."""
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
    return 1 if heard.state is Match.MATCHED or doubtful else 0


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
