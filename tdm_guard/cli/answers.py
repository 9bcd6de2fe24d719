"""What a person decided, from flags or from a table, into the file of reviews: all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import typer

from tdm_guard.log.members import text_of
from tdm_guard.log.reader import read_log
from tdm_guard.matched import OF_ONE_URL, ReviewOutcome
from tdm_guard.plain import nearest, printable
from tdm_guard.repertoire.review import read_review
from tdm_guard.reports.review_file import append, tables_in
from tdm_guard.reports.review_table import Row, refuse, rows_in
from tdm_guard.reports.reviews import Question, is_waiting, questions
from tdm_guard.reports.spelling import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tdm_guard.log.latest import Latest

MAX_SHOWN = 20  # consequences that are told one by one; the file has all
MAX_KNOWN = 10_000  # declarations that a misspelt one is compared with


_Key: TypeAlias = tuple[str, ...]


class Wanted(NamedTuple):
    """An outcome for the questions of a number, a name or a decision; with `all_of` for those about a declaration."""

    outcome: ReviewOutcome
    name: str
    all_of: bool = False

    def means(self, question: Question) -> bool:
        """True if it answers the question. A licence in doubt is not answered with the declaration that it is for."""
        if self.all_of:
            return question.answerable and self.name == (question.authorisation or question.declaration)
        return self.name in (str(question.number), question.ident, question.decision)


class FromTable(NamedTuple):
    """A table that came back, with the rows that have an outcome."""

    path: Path
    rows: list[Row]


@dataclass(slots=True)
class _Answered:
    """The reviews to be written; `places` says for each subject which answer was first, and how it is called."""

    given: Mapping[str, str]
    url_only: bool
    earlier: dict[_Key, dict[str, str]]  # the last review of each subject
    in_rows: bool  # of a table, whose rows have an address each
    tables: dict[tuple[tuple[str, str], ...], None] = field(default_factory=dict)
    recorded: int = 0
    problems: list[str] = field(default_factory=list)
    places: dict[tuple[str | None, ...], tuple[ReviewOutcome, str]] = field(default_factory=dict)

    def add(self, outcome: ReviewOutcome, question: Question, place: str, said: Mapping[str, str]) -> None:
        """One answer to one question; `said` are who, why and until when, as far as its row says so."""
        url = question.url if self.url_only or (question.of_one_url and self.in_rows) else ""
        table = self.table(outcome, question.table(), url, said)
        subject = (*question.subject, url or None)
        first, earlier = self.places.setdefault(subject, (outcome, place))
        if first is not outcome:
            both = (
                f"{earlier} is {first} and {place} {outcome}"
                if earlier != place
                else f"{place} is {first} and {outcome}"
            )
            self.problems.append(f"review: either lists, or takes one outcome for a question: {both}")
        if not url and not question.answered_for_all(outcome):
            self._refuse_for_all(question)
        if self.is_recorded(table):
            self.recorded += 1
        elif not (problems := _mistakes(table, place)):
            self.tables[tuple(table.items())] = None
        else:
            self.problems += problems

    def table(
        self, outcome: ReviewOutcome, about: Mapping[str, str], url: str, said: Mapping[str, str]
    ) -> dict[str, str]:
        given = {name: said.get(name) or value for name, value in self.given.items()}
        return {
            name: value for name, value in {"outcome": outcome.value, **about, "url": url, **given}.items() if value
        }

    def _refuse_for_all(self, question: Question) -> None:
        said = (
            f"--url-only: is needed to release {question.authorisation} here: it lists only a name, which may be said "
            "of other works too, so a release holds for one address"
        )
        if said not in self.problems:
            self.problems.append(said)

    def answers(self, question: Question) -> bool:
        """True if what is given answers a question of these logs."""
        general = self.places.get((*question.subject, None))
        by_all = general is not None and question.answered_for_all(general[0])
        return by_all or (*question.subject, question.url) in self.places

    def is_recorded(self, table: Mapping[str, str]) -> bool:
        """True if the last word in the file is the same already."""
        return self.earlier.get(_key(table)) == table


def _key(table: Mapping[str, Any]) -> _Key:
    return tuple(str(table.get(name, "")) for name in ("authorisation", "declaration", "key", "value", "url"))


def _earlier(path: Path) -> dict[_Key, dict[str, str]]:
    tables = tables_in(path)
    return {_key(each): {name: str(value) for name, value in each.items() if name != "at"} for each in tables}


def given_in(path: Path) -> FromTable:
    """The answers in a table. Raises `ConfigurationError` with every wrong row."""
    return FromTable(path, rows_in(path))


def record(
    paths: Sequence[str],
    latest: Latest,
    answers: FromTable | Sequence[Wanted],
    given: Mapping[str, str],
    *,
    to: Path,
    url_only: bool,
) -> None:
    """Writes the answers to the questions that they name. Raises `ConfigurationError` before anything is written."""
    found = _Answered(given=given, url_only=url_only, earlier=_earlier(to), in_rows=isinstance(answers, FromTable))
    if isinstance(answers, FromTable):
        _from_table(latest, answers, found)
    else:
        _from_flags(paths, latest, answers, found)
    refuse(found.problems)
    if found.recorded:
        typer.echo(printable(f"Recorded in {to} before: {number_of(found.recorded, 'answer')}."))
    if not found.tables:
        typer.echo("Nothing to record: no row has an outcome." if not found.places else "Nothing new to record.")
        return
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    tables = [{**dict(table), "at": at} for table in found.tables]
    tables.sort(key=lambda table: "url" in table)  # of several the last holds: what is said of one address goes last
    append(to, tables)
    for table in tables[:MAX_SHOWN]:
        typer.echo(printable(_consequence(table)))
    if len(tables) > MAX_SHOWN:
        typer.echo(printable(f"And {number_of(len(tables) - MAX_SHOWN, 'answer')} more; {to} has all."))
    count = sum(map(found.answers, questions(latest.by_time())))
    typer.echo(f"This answers {number_of(count, 'question')} of these logs.")
    typer.echo(printable(f"It holds in runs that load {to}: --authorisations {to}, or that option elsewhere."))


def _from_flags(paths: Sequence[str], latest: Latest, wanted: Sequence[Wanted], found: _Answered) -> None:
    met: set[Wanted] = set()
    known: dict[str, None] = {}
    for question in questions(latest.by_time()):
        if (about := question.authorisation or question.declaration) and len(known) < MAX_KNOWN:
            known[about] = None
        for each in wanted:
            if not each.means(question):
                continue
            met.add(each)
            if question.answerable:
                found.add(each.outcome, question, each.name if not each.all_of else f"question {question.number}", {})
            else:
                said = _unanswerable(question)
                found.problems.append(f"review: {each.name}: {said}")
    for each in wanted:
        if each not in met:
            why = none_of(each.name, known) if each.all_of else _not_waiting(paths, each.name)
            found.problems.append(f"{'--all-of' if each.all_of else 'review'}: {why}")


def _from_table(latest: Latest, table: FromTable, found: _Answered) -> None:
    rows: dict[str, list[Row]] = {}
    for row in table.rows:
        rows.setdefault(row.question, []).append(row)
    met: set[str] = set()
    for question in questions(latest.by_time()):
        for row in rows.get(question.ident, ()):
            place = f"{table.path}:{row.line}"
            if not question.answerable:
                found.problems.append(f"{place}: {_unanswerable(question)}")
            elif column := row.differs(question):
                found.problems.append(
                    f"{place}: {row.question} is about another {column} than this row; was a column sorted by itself?"
                )
            elif question.ident not in met:  # the same is asked of an address once for each purpose
                missing = [name for name in ("by", "why") if not (row.cells.get(name) or found.given[name].strip())]
                found.problems += [f"{place}: the column {name} is empty; or give --{name} for all" for name in missing]
                if not missing:
                    found.add(row.outcome, question, place, row.cells)
        met.add(question.ident)
    for row in table.rows:
        if row.question not in met:
            urls = (
                (row.cells.get("url", ""),)
                if found.url_only or OF_ONE_URL in row.cells.get("doubt", "")
                else ("", row.cells.get("url", ""))
            )
            if any(found.is_recorded(found.table(row.outcome, row.subject(), url, row.cells)) for url in urls):
                found.recorded += 1
            else:
                said = f"{row.question[:80]!r} does not wait in these logs: it was decided since, or is of others"
                found.problems.append(f"{table.path}:{row.line}: {said}")


def _unanswerable(question: Question) -> str:
    if question.item is not None:
        return "put it right in the item that you give, and judge again"
    return "the record does not say what is in doubt, so nothing can answer it"


def none_of(name: str, known: Mapping[str, None]) -> str:
    """That no question is about a declaration of that name, and which one may be meant."""
    near = nearest(name, known) or next(iter(known), None)
    return f"no question is about {name[:200]!r}" + (f"; for example {near}" if near else "")


def _mistakes(table: Mapping[str, str], place: str) -> list[str]:
    """What a run would refuse to load, found before it is written."""
    today = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    review, problems = read_review({**table, "at": today}, "review")
    return [f"{place}: {problem}" for problem in problems] if review is None else []


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
    if name.startswith("q-"):
        return f"{name[:80]!r} does not wait in these logs: it was decided since, or is of others"
    for line in read_log(paths):
        if line.record is not None and line.type == "decision" and text_of(line.record, "id") == name:
            verdict = text_of(line.record, "verdict", 40)
            if not is_waiting(line.record):
                return f"decision {name} is not in review: its verdict is {verdict}"
            return f"decision {name} is not in review any more: its address was decided again since"
    return f"there is no decision {name[:200]!r} in these logs; give a number or an id that tdm-guard review lists"
