"""`review`: what waits for a person."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tdm_guard.cli.answers import MAX_KNOWN, Wanted, given_in, none_of, record
from tdm_guard.cli.bare_flags import ALL
from tdm_guard.cli.console import counted
from tdm_guard.cli.logs import answer, no_log, readable, unread
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.latest import Latest
from tdm_guard.log.reader import read_log
from tdm_guard.matched import ReviewOutcome
from tdm_guard.plain import printable
from tdm_guard.reports import review_table
from tdm_guard.reports.review_file import reviews_in
from tdm_guard.reports.reviews import Answers, Question, is_waiting, questions
from tdm_guard.reports.spelling import number_of
from tdm_guard.reports.styles import WORKLIST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_GOOD = '--release 1 --by legal@acme.example --why "another person of this name" --to reviews.toml'


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The flags of a call, by their names; `source` is `--from`."""

    style: str | None = None
    output: Path | None = None
    reviews: Sequence[str] = ()
    all_of: Sequence[str] = ()
    release: Sequence[str] = ()
    confirm: Sequence[str] = ()
    source: Path | None = None
    by: str | None = None
    why: str | None = None
    until: str | None = None
    url_only: bool = False
    to: str | None = None

    @property
    def answers(self) -> bool:
        """True if it records what a person decided."""
        return bool(self.release or self.confirm or self.source)

    def check(self) -> None:
        """Raises `ConfigurationError` for flags that do not go together."""
        if self.style is not None and self.style not in WORKLIST:
            raise ConfigurationError(f"--format: {self.style!r} is not one of {', '.join(WORKLIST)}")
        lists = self.style is not None or self.output is not None
        stray = self.url_only or any(flag is not None for flag in (self.by, self.why, self.until))
        both = self.source is not None and (self.release or self.confirm or self.all_of)
        if both or (self.answers and lists) or (not self.answers and stray):
            raise ConfigurationError(
                "review: either lists, or takes one or more --release and --confirm, or one --from FILE.csv; "
                f"for example {_GOOD}"
            )
        if self.answers:
            needed = ("to",) if self.source else ("by", "why", "to")
            missing = [name for name in needed if not (getattr(self, name) or "").strip()]
            if missing:
                raise ConfigurationError(*(f"--{name}: is needed; for example {_GOOD}" for name in missing))

    def wanted(self) -> list[Wanted]:
        """What is to be answered how: numbers and names of questions, ids of decisions, or all of a declaration."""
        found: list[Wanted] = []
        for outcome, flag, values in (
            (ReviewOutcome.RELEASED, "release", self.release),
            (ReviewOutcome.CONFIRMED, "confirm", self.confirm),
        ):
            names = [name for value in values for part in value.split(",") if (name := part.strip())]
            if values and (not names or (ALL in names) != bool(self.all_of)):
                raise ConfigurationError(
                    f"--{flag}: which questions? For example --{flag} 1,2, or --{flag} --all-of sacem-2023"
                )
            found += [Wanted(outcome, name) for name in names if name != ALL]
            found += [Wanted(outcome, name, all_of=True) for name in self.all_of if names]
        return list(dict.fromkeys(found))


def review(paths: Sequence[str], call: Call) -> None:
    """
    Prints what waits for a person, or records what one decided.

    Raises `ConfigurationError` for a wrong call, before anything is written.
    """
    call.check()
    wanted = call.wanted()
    readable(paths)
    no_log(call.output, paths)
    with closing(Latest.of(counted(read_log(paths), "lines"), is_waiting)) as latest:
        left = _Left(latest, call)
        if call.answers:
            given = {name: getattr(call, name) or "" for name in ("by", "why", "until")}
            answers = given_in(call.source) if call.source else wanted
            record(paths, latest, answers, given, to=Path(call.to or ""), url_only=call.url_only)
            answer(left.rest(), None)
        else:
            answer(left.told(call.style or "text"), call.output)
        unread(latest)


class _Left:
    """The questions that no review answers yet, and how many are answered."""

    def __init__(self, latest: Latest, call: Call) -> None:
        self._latest, self._call = latest, call
        self._answered = 0

    def told(self, style: str) -> Iterator[str]:
        """The list in a style. Raises `ConfigurationError` before the first line."""
        known = dict.fromkeys(islice(filter(None, map(_about_whom, questions(self._latest.by_time()))), MAX_KNOWN))
        problems = [f"--all-of: {none_of(name, known)}" for name in self._call.all_of if name not in known]
        if problems:
            raise ConfigurationError(*problems)
        found = self._questions(self._read())
        if style == "csv":
            yield from review_table.written(found)
        elif style == "json":
            for question in found:
                yield json.dumps({"question": question.ident, **asdict(question)}, ensure_ascii=True) + "\n"
        else:
            yield from self._text(found)

    def rest(self) -> Iterator[str]:
        """How many questions are left, now that some were answered."""
        answers = self._read()
        count = sum(not answers.have(question) for question in questions(self._latest.by_time()))
        yield f"Left: {number_of(count, 'question')}.\n" if count else "Nothing else waits for a person.\n"

    def _files(self) -> list[str]:
        to = self._call.to
        return [*self._call.reviews, *([to] if to and Path(to).exists() else [])]

    def _read(self) -> Answers:
        reviews = (review for file in self._files() for review in reviews_in(Path(file)))
        return Answers(reviews, datetime.now(UTC).date())

    def _questions(self, answers: Answers) -> Iterator[Question]:
        for question in questions(self._latest.by_time()):
            if self._call.all_of and _about_whom(question) not in self._call.all_of:
                continue
            if answers.have(question):
                self._answered += 1
            else:
                yield question

    def _text(self, found: Iterable[Question]) -> Iterator[str]:
        number = 0
        for question in found:
            number += 1
            yield "".join(f"{printable(line)}\n" for line in _lines(question)) + "\n"
        yield f"{number_of(number, 'question')} for a person.\n" if number else "Nothing waits for a person.\n"
        if self._answered:
            yield f"Answered in {printable(', '.join(self._files()))}: {number_of(self._answered, 'question')}.\n"
        if number:
            yield f"Answer with {_GOOD}; or in a table, by --format csv and --from\n"


def _about_whom(question: Question) -> str | None:
    return question.authorisation or question.declaration


def _lines(question: Question) -> Iterator[str]:
    yield f"{question.number}. {question.url}"
    yield f"   {_about(question)}"
    yield f"   in doubt because: {question.why}"
    if question.of_one_url:
        yield "   what releases it holds for this address alone: --url-only"
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
    yield f"   question {question.ident}, decision {question.decision} of {question.ts}"


def _about(question: Question) -> str:
    if question.authorisation is not None:
        return f"does the authorisation {question.authorisation} count?"
    if question.item is not None:
        return f"is “{question.words or '…'}” right? It stands in the item that you gave, at {question.item}"
    if not question.answerable:
        return "the record does not say what it is about"
    strength = f", a match by {question.strength}" if question.strength else ""
    return f"does {question.declaration} apply? {question.key} “{question.written or question.value}”{strength}"
