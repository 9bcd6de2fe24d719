"""`review`: what waits for a person, and the record of what a person decided."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tdm_guard.cli.console import counted
from tdm_guard.cli.logs import readable, unread
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.latest import Latest
from tdm_guard.log.members import text_of
from tdm_guard.log.reader import read_log
from tdm_guard.model import ReviewOutcome
from tdm_guard.plain import printable
from tdm_guard.repertoire.review import read_review
from tdm_guard.reports.review_file import append
from tdm_guard.reports.reviews import Question, is_waiting, questions
from tdm_guard.reports.spelling import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_GOOD = '--release 1 --by legal@acme.example --why "another person of this name" --to reviews.toml'


def review(paths: Sequence[str], *, as_json: bool, answers: Mapping[str, str | None], url_only: bool) -> None:
    """
    Prints what waits for a person; or, with `release` or `confirm` among `answers`, records what one decided.

    `answers` are the flags by name. Raises `ConfigurationError` for a wrong call, before anything is written.
    """
    named = ((ReviewOutcome.RELEASED, answers.get("release")), (ReviewOutcome.CONFIRMED, answers.get("confirm")))
    wanted = [(outcome, name) for outcome, name in named if name is not None]
    stray = [name for name in ("by", "why", "until", "to") if answers.get(name) is not None]
    if len(wanted) > 1 or (not wanted and (stray or url_only)) or (wanted and as_json):
        raise ConfigurationError(f"review: either lists, or takes one --release or --confirm; for example {_GOOD}")
    missing = [name for name in ("by", "why", "to") if not (answers.get(name) or "").strip()]
    if wanted and missing:
        raise ConfigurationError(*(f"--{name}: is needed; for example {_GOOD}" for name in missing))
    readable(paths)
    with closing(Latest.of(counted(read_log(paths), "lines"), is_waiting)) as latest:
        if wanted:
            [(outcome, name)] = wanted
            _record(paths, latest, outcome, name, answers, url_only=url_only)
        else:
            _list(latest, as_json=as_json)
        unread(latest)


def _list(latest: Latest, *, as_json: bool) -> None:
    number = 0
    for question in questions(latest):
        number = question.number
        if as_json:
            typer.echo(json.dumps(asdict(question), ensure_ascii=True))
        else:
            for line in _lines(question):
                typer.echo(printable(line))
            typer.echo()
    if not as_json:
        typer.echo(f"{number_of(number, 'question')} for a person." if number else "Nothing waits for a person.")
        if number:
            typer.echo(f"Answer with {_GOOD}")


def _lines(question: Question) -> Iterator[str]:
    yield f"{question.number}. {question.url}"
    yield f"   {_about(question)}"
    yield f"   in doubt because: {question.why}"
    if question.words:
        yield f"   “{question.words}”"
    declared = [
        f"{title} {value}" for title, value in (("form", question.form), ("mandate", question.mandate)) if value
    ]
    for title, value in (
        ("declared", ", ".join(declared)),
        ("rightsholder", question.rightsholder),
        ("ask", question.contact),
        ("policy", question.policy_url),
    ):
        if value:
            yield f"   {title}: {value}"
    yield f"   decision {question.decision} of {question.ts}"


def _about(question: Question) -> str:
    if question.authorisation is not None:
        return f"does the authorisation {question.authorisation} count?"
    if question.item is not None:
        return f"is “{question.words or '…'}” right? It stands in the item that you gave, at {question.item}"
    if not question.answerable:
        return "the record does not say what it is about"
    strength = f", a match by {question.strength}" if question.strength else ""
    return f"does {question.declaration} apply? {question.key} “{question.value}”{strength}"


def _record(
    paths: Sequence[str],
    latest: Latest,
    outcome: ReviewOutcome,
    name: str,
    answers: Mapping[str, str | None],
    *,
    url_only: bool,
) -> None:
    """Writes the answer to the question of that number, or to all of the decision of that id."""
    found = [question for question in questions(latest) if name in (str(question.number), question.decision)]
    if not found:
        raise ConfigurationError(f"review: {_not_waiting(paths, name)}")
    if any(question.item is not None for question in found):
        raise ConfigurationError(f"review: {name}: put it right in the item that you give, and judge again")
    if not all(question.answerable for question in found):
        raise ConfigurationError(f"review: {name}: the record does not say what is in doubt, so nothing can answer it")
    given = {name: answers.get(name) or "" for name in ("by", "why", "until")}
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    tables: list[dict[str, str]] = []
    for question in found:
        about = {"url": question.url} if url_only else {}
        table = {"outcome": outcome.value, **_subject(question), **about, "at": at, **given}
        table = {name: value for name, value in table.items() if value}
        if table not in tables:
            tables.append(table)
    _check(tables)
    file = answers["to"] or ""
    append(Path(file), tables)
    for table in tables:
        typer.echo(printable(_consequence(table)))
    count = sum(any(_answers(one, question, url_only=url_only) for one in found) for question in questions(latest))
    typer.echo(f"This answers {number_of(count, 'question')} of these logs.")
    typer.echo(printable(f"It holds in runs that load {file}: --authorisations {file}, or that option elsewhere."))


def _subject(question: Question) -> dict[str, str]:
    if question.authorisation is not None:
        return {"authorisation": question.authorisation}
    return {name: getattr(question, name) or "" for name in ("declaration", "key", "value")}


def _answers(one: Question, other: Question, *, url_only: bool) -> bool:
    return one.same(other) and (not url_only or one.url == other.url)


def _check(tables: Sequence[Mapping[str, str]]) -> None:
    """Finds what a run would refuse to load before it is written."""
    problems = [problem for table in tables for problem in read_review(table, "review")[1]]
    if problems:
        raise ConfigurationError(*map(str, problems))


def _consequence(table: Mapping[str, str]) -> str:
    """What the next run makes of a review."""
    released = table["outcome"] == ReviewOutcome.RELEASED
    if "authorisation" in table:
        what = f"the authorisation {table['authorisation']} {'counts' if released else 'lifts nothing'}"
    else:
        match = f"what matches by {table['key']} “{table['value']}”"
        what = f"{table['declaration']} {'does not reserve' if released else 'reserves'} {match}"
    where = f" at {table['url']}" if "url" in table else ""
    until = f", until {table['until']}" if "until" in table else ""
    rest = "; what else withholds an item stands" if released else ""
    return f"{table['outcome']}: {what}{where}{until}{rest}."


def _not_waiting(paths: Sequence[str], name: str) -> str:
    """Why nothing of that name can be answered."""
    if name.isdecimal():
        return f"there is no question {name[:40]}; tdm-guard review lists them"
    for line in read_log(paths):
        if line.record is not None and line.type == "decision" and text_of(line.record, "id") == name:
            verdict = text_of(line.record, "verdict", 40)
            if not is_waiting(line.record):
                return f"decision {name} is not in review: its verdict is {verdict}"
            return f"decision {name} is not in review any more: its address was decided again since"
    return f"there is no decision {name[:200]!r} in these logs; give a number or an id that tdm-guard review lists"
