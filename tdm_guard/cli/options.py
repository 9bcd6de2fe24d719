"""The options as flags: one list for all commands that judge."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

import typer

from tdm_guard.errors import ConfigurationError

Command = TypeVar("Command", bound=Callable[..., None])

_ONE, _MANY = str | None, list[str] | None
FLAGS: dict[str, tuple[Any, str]] = {
    "usages": (_MANY, "What for; may be repeated, or a,b. Default: tdm."),
    "agent": (_ONE, "robots.txt product token, for example ExampleBot."),
    "operator": (_ONE, 'Who collects, as JSON: {"name": "acme-ai"}.'),
    "posture": (_ONE, "cautious (default) or literal."),
    "mode": (_ONE, "enforce (default) or observe."),
    "signals": (_MANY, "Signals to listen to. Default: all."),
    "log": (_ONE, "Keep the compliance log here. Default: not kept; by scan and recheck --urls in tdm-guard.jsonl."),
    "sinks": (_MANY, "Who else is told: otel, or package.module:factory; may be repeated."),
    "durability": (_ONE, "When the disk must have it: flush (default), fsync, or seconds."),
    "rotate": (_ONE, "Go on in a new file: a size, for example 100MiB, or day."),
    "records": (_ONE, "full (default) or compact."),
    "redact": (_MANY, "Query parameters whose values the log leaves out, for example utm_*; may be repeated, or a,b."),
    "retain_until": (_ONE, "Until when the log keeps what may be personal, for example 2031-12-31."),
    "name_key": (_ONE, "File with a key by which the log has names hashed."),
    "cache": (_ONE, "Policy cache: memory:, sqlite:///FILE or redis://HOST. Default: memory:"),
    "policy_timeout": (_ONE, "Seconds for one policy document. Default: 5."),
    "max_asset_bytes": (_ONE, "Largest asset read whole. Default: 32MiB."),
    "evidence": (_ONE, "Folder for copies of what decisions rest on. Default: not kept."),
    "repertoire": (_MANY, "Declarations: a file, a folder, or bundled:sacem-2023; may be repeated."),
    "authorisations": (_MANY, "Authorisations: a file or a folder; may be repeated."),
    "contacts": (_MANY, "Whom to ask where a declaration names no address: a file or a folder; may be repeated."),
    "excluded_sites": (_MANY, "Sites found to infringe, to leave out: a file or a folder; may be repeated."),
    "repertoire_forms": (_ONE, "all (default) or machine-readable."),
    "policy_tokens": (_ONE, 'robots.txt tokens of a purpose, as JSON: {"AI-Training": ["ai-training"]}.'),
    "config": (_ONE, "TOML file with options."),
}


def _usages() -> tuple[str, ...]:
    from tdm_guard.usage import Usage  # noqa: PLC0415

    return tuple(Usage)


def _signals() -> tuple[str, ...]:
    """Loaded when a shell completes them: a command that judges nothing starts without."""
    from tdm_guard.signals import SIGNALS  # noqa: PLC0415

    return tuple(signal.name for signal in SIGNALS)


_TABLES = {"operator": '{"name": "acme-ai"}', "policy_tokens": '{"AI-Training": ["ai-training"]}'}
_CHOICES: dict[str, Callable[[], tuple[str, ...]] | tuple[str, ...]] = {
    "usages": _usages,
    "posture": ("cautious", "literal"),
    "mode": ("enforce", "observe"),
    "signals": _signals,
    "repertoire_forms": ("all", "machine-readable"),
    "durability": ("flush", "fsync"),
    "rotate": ("day",),
    "records": ("full", "compact"),
    "operator": (),
    "policy_tokens": ("bundled",),
}
_WITH_COMMAS = frozenset({"usages", "signals", "redact"})  # a path may hold one


def completing(name: str) -> Callable[[str], list[str]] | None:
    """What a shell completes the value of a flag with, behind a comma too; None: files, as usual."""
    if name not in _CHOICES:
        return None

    def complete(incomplete: str) -> list[str]:
        done, comma, begun = incomplete.rpartition(",")
        choices = _CHOICES[name]
        known = choices() if callable(choices) else choices
        return [f"{done}{comma}{choice}" for choice in known if choice.startswith(begun)]

    return complete


def with_options(command: Command) -> Command:
    """Gives a command the flags in place of its `**given`, which then holds every option; None is not given."""
    flags = {
        name: Annotated[kind, typer.Option(help=text, autocompletion=completing(name))]
        for name, (kind, text) in FLAGS.items()
    }
    return with_flags(command, flags, lambda given: {n: _given(n, value) for n, value in given.items()}, "given")


def with_flags(
    command: Command, flags: Mapping[str, Any], made: Callable[[dict[str, Any]], dict[str, Any]], instead_of: str
) -> Command:
    """
    Gives a command `flags`, by name with their types, in place of one of its parameters.

    `made` makes keywords of the command of their values.
    """
    signature = inspect.signature(command, eval_str=True)
    own = [item for name, item in signature.parameters.items() if name != instead_of]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in flags.items()
    ]

    def flagged(**values: Any) -> None:
        given = {name: values.pop(name) for name in flags}
        command(**values, **made(given))

    flagged.__name__, flagged.__doc__ = command.__name__, command.__doc__
    flagged.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined] # typer reads it
    return flagged  # type: ignore[return-value]


def _given(name: str, value: Any) -> Any:
    if name in _WITH_COMMAS:
        return ",".join(value) if value else None
    return value or None if isinstance(value, list) else value


def with_tables(given: Mapping[str, Any]) -> dict[str, Any]:
    """The flags with those that hold a table read. Raises `ConfigurationError` for one that is no JSON."""
    return dict(given) | {name: table_of(name, given.get(name)) for name in _TABLES}


def table_of(name: str, value: str | None) -> Any:
    """The table in a flag. Raises `ConfigurationError` if it is no JSON."""
    if value is None or (name, value) == ("policy_tokens", "bundled"):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ConfigurationError(f"{name}: {value!r} is no JSON; for example {_TABLES[name]}") from None
