"""`init`: settings to start with, asked for on a terminal or given as flags. What is there is not written over."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import typer

from tdm_guard.cli.console import say
from tdm_guard.cli.project import project, scrapy
from tdm_guard.cli.starting import CALLS, KINDS, python, toml_file, user_agent, write
from tdm_guard.errors import ConfigurationError
from tdm_guard.options import Options
from tdm_guard.plain import suggested
from tdm_guard.repertoire.table import is_email, is_url
from tdm_guard.usage import Usage

FILE = "tdm-guard.toml"
_CONTACT = re.compile(r"[!-'*-~]{3,200}")  # stands in a comment of the User-Agent: no blank, no parenthesis
_GOOD = "tdm-guard init --for scrapy --agent ExampleBot --contact https://example.org/bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the caller wants, each None where it was not said."""

    kind: str | None = None
    agent: str | None = None
    usages: str | None = None
    contact: str | None = None
    operator: str | None = None
    repertoire: tuple[str, ...] = ()
    log: str | None = None
    output: str | None = None


def init(wishes: Wishes, *, append: bool = False, force: bool = False) -> None:
    """
    Writes a file of options, or shows or appends the lines for Scrapy's settings.

    Raises `ConfigurationError` for what is wrong or missing, before anything is written.
    """
    try:
        _init(wishes, append=append, force=force)
    except typer.Abort:  # whoever was asked went away
        raise ConfigurationError("init: nothing was written") from None


def _init(wishes: Wishes, *, append: bool, force: bool) -> None:
    asked = (wishes.kind is None or wishes.agent is None) and sys.stdin.isatty()
    if asked:
        wishes = _ask(wishes)
    kind, options = _checked(wishes)
    if kind == "scrapy":
        scrapy(options, wishes.contact, wishes.output, append=append, force=force, asked=asked)
        return
    if append:
        raise ConfigurationError("--append: for scrapy only; --force writes over a file that is there")
    output = wishes.output or FILE
    write(output, toml_file(options, FILE if output == "-" else output), force=force)
    sends = user_agent(options["agent"], wishes.contact)
    if kind in CALLS:
        typer.echo(CALLS[kind].format(file=python(output), sends=python(sends)), nl=False)
    elif output != "-":
        say(f"use it with --config {output}, TDM_GUARD_CONFIG={output} or config={python(output)}; send {sends}")


def _checked(wishes: Wishes) -> tuple[str, dict[str, Any]]:
    """What for, and the options by name, every mistake told at once."""
    problems: list[str] = []
    kind = wishes.kind or ""
    if not kind or not wishes.agent:
        missing = [flag for flag, value in (("--for", kind), ("--agent", wishes.agent)) if not value]
        raise ConfigurationError(f"init: {' and '.join(missing)} not given, and nobody to ask; for example {_GOOD}")
    problems += _problems(_kind, kind)
    problems += _problems(_contact, wishes.contact or "")
    usages = [name for part in ("tdm" if wishes.usages is None else wishes.usages).split(",") if (name := part.strip())]
    if not usages:
        problems.append(f"--usages: {wishes.usages!r} names no usage; known are {', '.join(Usage)}")
    options: dict[str, Any] = {
        "usages": usages or ["tdm"],
        "agent": wishes.agent,
        "log": wishes.log or "tdm-guard.jsonl",
    }
    if wishes.repertoire:
        options["repertoire"] = list(wishes.repertoire)
    try:
        if wishes.operator:
            options["operator"] = _operator(wishes.operator)
        if wishes.contact:
            options["operator"] = _with_contact(options.get("operator", {}), wishes.contact)
        Options.read(options)
        _printable(options)
    except ConfigurationError as error:
        problems += error.problems
    if problems:
        raise ConfigurationError(*problems)
    return kind, options


def _problems(check: Callable[[str], object], value: str) -> tuple[str, ...]:
    try:
        check(value)
    except ConfigurationError as error:
        return error.problems
    return ()


def _kind(value: str) -> None:
    if value not in KINDS:
        raise ConfigurationError(f"--for: {value!r} is unknown{suggested(value, KINDS)}")


def _contact(value: str) -> None:
    if value and not (_CONTACT.fullmatch(value) and (is_url(value) or is_email(value))):
        raise ConfigurationError(
            f"--contact: {value!r} is no address of a page or mailbox in plain characters; "
            "for example https://example.org/bot"
        )


def _operator(value: str) -> Any:
    """A table in JSON, or the name alone."""
    if not value.lstrip().startswith("{"):
        return {"name": value}
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ConfigurationError(f'--operator: {value!r:.200} is no JSON; for example {{"name": "acme-ai"}}') from None


def _with_contact(operator: Any, contact: str) -> Any:
    """The table, if it is one, with the address in it."""
    return {**operator, "contact": contact} if isinstance(operator, dict) else operator


def _printable(value: Any) -> None:
    """Finds what no line of a file should hold."""
    if isinstance(value, str):
        if not value.isprintable():
            raise ConfigurationError(f"init: {value!r:.200} does not stand in one line; for example tdm-guard.jsonl")
    elif isinstance(value, dict):
        _printable([*value, *value.values()])
    elif isinstance(value, list):
        for each in value:
            _printable(each)


def _ask(wishes: Wishes) -> Wishes:
    """What was not said, from the terminal; each answer is checked before the next question."""
    likely = "scrapy" if project() else "toml"
    kind = wishes.kind or _answer(f"Settings for which ({', '.join(KINDS)})", _kind, likely)
    agent = wishes.agent or _answer("Name of your crawler, a robots.txt product token such as ExampleBot", _agent)
    if not wishes.usages:
        say(f"Usages: {', '.join(Usage)}")
    return replace(
        wishes,
        kind=kind,
        agent=agent,
        usages=wishes.usages or _answer("What the content is for", _usages, "tdm"),
        contact=wishes.contact or _answer("Where sites reach you, an address (nothing: none)", _contact, ""),
        operator=wishes.operator or _answer("Who collects, a name (nothing: none)", _name, ""),
    )


def _answer(question: str, check: Callable[[str], object], default: str | None = None) -> str:
    while True:
        answer = str(typer.prompt(question, default=default, err=True, show_default=bool(default))).strip()
        problems = _problems(check, answer)
        if not problems:
            return answer
        for problem in problems:
            say(problem)


def _agent(value: str) -> None:
    Options.read({"agent": value})


def _usages(value: str) -> None:
    Options.read({"usages": value})


def _name(value: str) -> None:
    if value:
        Options.read({"operator": _operator(value)})
