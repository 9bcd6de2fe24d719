"""
`recheck`: judges again, today, what was admitted before.

The pages are not asked for unless the caller says so. What their sites' documents and the declarations say is read
anew; what the pages themselves said counts as it was recorded.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

import typer

from tdm_guard._httpx.look import look
from tdm_guard.cli.check import AGENT, client_for, judge, requestable
from tdm_guard.cli.console import counted, say
from tdm_guard.cli.console import record as show_record
from tdm_guard.cli.items import Items
from tdm_guard.cli.loaded_then import LoadedThen
from tdm_guard.cli.logs import readable, redacted, unread
from tdm_guard.cli.options import with_tables
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.latest import Latest, addresses_of, is_redacted
from tdm_guard.log.members import text_of
from tdm_guard.log.reader import read_log
from tdm_guard.log.recall import items_of, said_then
from tdm_guard.log.record import line_of
from tdm_guard.model import Verdict
from tdm_guard.options import Options
from tdm_guard.options.config import with_config
from tdm_guard.plain import printable
from tdm_guard.reports.spelling import number_of
from tdm_guard.reports.worklist_page import umbrella

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tdm_guard.decision import Decision
    from tdm_guard.guard import Guard
    from tdm_guard.httpx import GuardClient
    from tdm_guard.model import Statement
    from tdm_guard.policies.policy import OriginPolicy

INHERITED = ("usages", "agent", "posture", "operator")  # of the run that admitted an item, unless the caller says
MAX_DELAY = 3600  # seconds between two pages; who waits longer runs it by site
MAX_RUNS = 100_000  # names of runs kept in mind
MAX_SETTINGS = 20  # ways in which the runs were set up; each has a client and a policy cache of its own


def recheck(
    paths: Sequence[str],
    given: Mapping[str, Any],
    *,
    as_json: bool,
    content: bool,
    delay: float,
    items: str | None = None,
    without_declarations: bool = False,
) -> int:
    """
    Prints what would be withheld today of what was admitted; 1 if there is any, or some of which that could not be read
    today, 2 if something gave no answer.

    `content` asks for the pages again, those of one site `delay` seconds apart. `items` is a file of what is known of
    the works. Raises `ConfigurationError` before anything is fetched, also where declarations that a run had are not
    loaded now, unless it is to go on `without_declarations`.
    """
    options = with_config(with_tables(given), environ=os.environ)
    if not 0 <= delay <= MAX_DELAY:
        raise ConfigurationError(f"--delay: {delay} is no number of seconds up to {MAX_DELAY}; for example 1")
    read = Options.read(options)
    held = read.holdings
    readable(paths)
    runs: dict[str, Mapping[str, Any]] = {}
    loaded = LoadedThen()

    def remember(name: str, record: Mapping[str, Any]) -> None:
        if len(runs) < MAX_RUNS:
            runs[name] = {name: record.get(name) for name in INHERITED}
        loaded.note_run(name, record)

    def is_copy(record: Mapping[str, Any]) -> bool:
        return _is_copy(record) and loaded.note_item(record)

    with (
        closing(Latest.of(counted(read_log(paths), "lines"), is_copy, copies=True, run=remember)) as latest,
        tempfile.TemporaryDirectory(prefix="tdm-guard-") as folder,
        ExitStack() as stack,
    ):
        unread(latest)
        known = stack.enter_context(closing(Items.read(items))) if items else None
        loaded.check(latest.runs(), held, without=without_declarations)
        loaded.check_lists(latest.runs(), read.exclusions, without=without_declarations)
        if options.get("repertoire") and known is None:
            say("what your crawler knew of the works is not in a log: give it with --items to match it again")
        # Not those of a crawl that shares the configuration file: its cache is not of today, its log is its own.
        options["log"] = given.get("log") or str(Path(folder) / "recheck.jsonl")
        options["cache"] = given.get("cache") or "memory:"
        options["sinks"] = given.get("sinks")
        options["evidence"] = given.get("evidence")
        settings = _settings(latest, runs, options)
        clients = {name: stack.enter_context(client_for(each)) for name, each in _distinct(settings).items()}
        found = Rechecker(content=content, delay=delay, items=known)
        left_out = 0
        for record in counted(latest.by_site(), "items", step=1):
            if any(map(is_redacted, addresses_of(record))):
                left_out += 1
                continue
            each = settings[text_of(record, "run", 120) or ""]
            decision = found.decide(clients[_name(each)], record)
            if decision is None or not decision.verdict.withholds:
                continue
            if as_json:
                show_record(line_of(decision.to_dict()))
            else:
                typer.echo("".join(f"{printable(line)}\n" for line in _lines(decision, record)))
        if not as_json:
            typer.echo("\n".join(found.told(len(latest) - left_out)))
        redacted(left_out)
        if found.unanswered:
            say(f"{number_of(found.unanswered, 'item')} could not be judged")
    return found.code


@dataclass(slots=True)
class Rechecker:
    """
    Judges one item after the other, and counts.

    `withheld` today; `unknown`, since something that had to be read could not be; `unanswered` by the page itself.
    """

    content: bool
    delay: float
    items: Items | None = None
    withheld: int = 0
    unknown: int = 0
    unanswered: int = 0
    _place: str = field(default="", repr=False)

    def decide(self, client: GuardClient, record: Mapping[str, Any]) -> Decision | None:
        """The decision of today on an item: that on its address, or on one that led to it if that withholds."""
        decision: Decision | None = None
        for decision in self._decisions(client, record):
            if decision is None or decision.verdict.withholds:
                break
        self.unanswered += decision is None
        undetermined = decision is not None and decision.verdict is Verdict.UNDETERMINED
        self.unknown += undetermined
        self.withheld += decision is not None and decision.verdict.withholds and not undetermined
        return decision

    def told(self, total: int) -> Iterator[str]:
        """What came of so many items."""
        yield f"{self.withheld:,} of {total:,} items that were admitted would be withheld today."
        if self.unknown:
            yield f"Of {self.unknown:,} it is not known: something that had to be read today could not be."

    @property
    def code(self) -> int:
        """With what the command ends."""
        return 2 if self.unanswered else 1 if self.withheld or self.unknown else 0

    def _decisions(self, client: GuardClient, record: Mapping[str, Any]) -> Iterator[Decision | None]:
        addresses = addresses_of(record)
        try:
            for address in addresses:
                requestable(address)
        except ConfigurationError as error:
            say(f"tdm-guard: {addresses[0][:200]} cannot be judged: {error}")
            yield None
            return
        works = [*items_of(record), *(self.items.at(addresses) if self.items else ())]
        if self.content:
            place = text_of(record, "origin", 1024) or ""
            if place == self._place:
                sleep(self.delay)
            self._place = place
            decision = judge(client, addresses[-1], item=works)
            if decision is None or decision.content or decision.verdict.withholds:
                yield decision
                return  # else it is gone, or shut: what was said of it then is all there is

        def recall(guard: Guard, policy: OriginPolicy) -> tuple[Statement, ...]:
            read = {checked.document for checked in policy.checked}
            return said_then(record, read=read, declarations={item.id for item in guard.options.holdings.declarations})

        yield look(client, addresses[0], item=works, recall=recall)
        yield from map(partial(look, client), addresses[1:])


def _is_copy(record: Mapping[str, Any]) -> bool:
    """True if the content was handed on, so that it may have been stored."""
    return record.get("admitted") is True and record.get("content") is True


def _settings(
    latest: Latest, runs: Mapping[str, Mapping[str, Any]], options: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """The options for the items of each run: those given, and for the rest what the run was told."""
    found: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    said: set[str] = set()
    for name in latest.runs():
        run = runs.get(name, {})
        inherited = {item: run[item] for item in INHERITED if item not in options and run.get(item) is not None}
        found[name] = {"agent": AGENT, **inherited, **options}
        try:
            Options.read(found[name])
        except ConfigurationError as error:
            problems.extend(f"run {name}: {problem}" for problem in error.problems)
            continue
        told = (
            _told(found[name], inherited) if run else f"run {name[:120]!r} has no record of its options: the defaults"
        )
        if told not in said:
            said.add(told)
            say(told)
    if problems:
        raise ConfigurationError(*problems)
    if len(_distinct(found)) > MAX_SETTINGS:
        raise ConfigurationError(
            f"recheck: these runs were set up in more than {MAX_SETTINGS} ways; give fewer logs, or the options: "
            "for example --agent ExampleBot --usages tdm"
        )
    return found


def _told(options: Mapping[str, Any], inherited: Mapping[str, Any]) -> str:
    usages = options.get("usages", "tdm")
    usages = usages if isinstance(usages, str) else umbrella(usages)
    taken = f" ({', '.join(inherited)} as the run was told)" if inherited else ""
    return f"judging for {usages} as {options['agent']}{taken}"


def _distinct(settings: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {_name(each): each for each in settings.values()}


def _name(options: Mapping[str, Any]) -> str:
    return json.dumps(options, sort_keys=True, default=str)


def _lines(decision: Decision, record: Mapping[str, Any]) -> Iterator[str]:
    """The item, what it was, and the words that speak against it now."""
    yield f"{decision.verdict}  {addresses_of(record)[0]}"
    was = f"{text_of(record, 'verdict', 40)} on {text_of(record, 'ts', 40)}"
    yield f"  was {was}, decision {text_of(record, 'id', 200)}"
    if decision.final_url != addresses_of(record)[0]:
        yield f"  because of {decision.final_url}, which led there"
    for statement in decision.because:
        place = ", ".join(part for part in (statement.source, statement.carrier, statement.locator) if part)
        read = f", read {statement.retrieved_at:%Y-%m-%d}" if statement.retrieved_at else ""
        yield f"  {statement.signal}: {statement.stance} for {umbrella(statement.usages)}"
        yield f"    {place}{read}"
        if statement.declaration:
            yield f"    declared in {statement.declaration.document}"
        if statement.excerpt:
            yield f"    “{statement.excerpt}”"
        if statement.doubt:
            yield f"    in doubt because: {statement.doubt}"
        for mark in statement.authorisations:
            yield f"    authorisation {mark.id}: {mark.outcome}, {mark.why}"
    for fault in () if decision.because else decision.faults:
        yield f"  {fault.source}: {fault.message}"
