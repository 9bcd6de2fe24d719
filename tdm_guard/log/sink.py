"""
What else is told of what the compliance log has: your own monitoring, beside the log, which is the one that counts.

A `Sink` is any object with these methods; nobody has to inherit. Which ones a run has, the option `sinks` says; how
they are called, `docs/sinks.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, NamedTuple, Protocol, runtime_checkable

from tdm_guard.decision import Decision
from tdm_guard.errors import ConfigurationError
from tdm_guard.operator import names_in
from tdm_guard.plain import suggested

SHORT = {"otel": "tdm_guard.log.otel:OtelSink"}  # sinks of ours, by their short names
GOOD_SINKS = '["otel", "package.module:factory"]'
METHODS = ("decision", "body", "end")


class Body(NamedTuple):
    """A body that was streamed on after its decision (log reference: body record); `ts` is UTC."""

    decision: str
    run: str
    ts: datetime
    bytes: int
    content_sha256: str | None
    complete: bool


class End(NamedTuple):
    """The end of a run, and what it counted by name: `admitted`, `verdict/reserved`, `policy/fetched`, `failed`, …"""

    run: str
    ts: datetime
    totals: Mapping[str, int]


@runtime_checkable
class Sink(Protocol):
    """
    Hears what a run logged, each after its line was written; in a thread of its own, one call after the other.

    What it raises is counted and never reaches the crawl. Several threads may log at a time, so that decisions may come
    out of order: `seq` says which was first.
    """

    def decision(self, decision: Decision) -> None:
        """A decision with its place in the log."""

    def body(self, body: Body) -> None:
        """What became of the body of an earlier decision."""

    def end(self, end: End) -> None:
        """The run is over: the last call. Write out what is waiting."""


@runtime_checkable
class FailureSink(Sink, Protocol):
    """A sink that also hears of downloads that failed, which the log does not record."""

    def failed(self, run: str) -> None:
        """A request that was let go brought no answer."""


@dataclass(frozen=True, slots=True)
class NamedSink:
    """A sink by its name, which is made when a run begins; `factory` takes nothing."""

    name: str
    factory: Callable[[], object]

    def made(self) -> Sink:
        """The sink. Raises `ConfigurationError` if there is none."""
        try:
            return checked(self.factory(), self.name)
        except ConfigurationError:
            raise
        except Exception as error:
            raise ConfigurationError(f"sinks: {self.name!r} cannot be made: {type(error).__name__}: {error}") from error


def read_sinks(value: object) -> tuple[Sink | NamedSink, ...]:
    """The sinks that an option gives: one or several, objects or names. Raises `ConfigurationError`."""
    if isinstance(value, (str, Mapping)):
        value = names_in("sinks", value, GOOD_SINKS)
    given = value if isinstance(value, Iterable) else [value]
    return tuple(
        each if isinstance(each, NamedSink) else named(each) if isinstance(each, str) else checked(each)
        for each in given
    )


def named(name: str) -> NamedSink:
    """The sink with a short name, or by `package.module:factory`. Raises `ConfigurationError`; calls nothing of it."""
    place = SHORT.get(name, name)
    module, colon, attribute = place.partition(":")
    if not colon or not module or not attribute:
        hint = suggested(name, SHORT)
        raise ConfigurationError(f"sinks: {name!r:.120} is no name of a sink{hint}; for example {GOOD_SINKS}")
    try:
        found: Any = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except ModuleNotFoundError as error:
        if name in SHORT:
            missing = (error.name or "").partition(".")[0]
            raise ConfigurationError(f'sinks: {name} needs {missing}: pip install "tdm-guard[{name}]"') from None
        raise ConfigurationError(
            f"sinks: {name!r:.120} cannot be imported: {error}; for example {GOOD_SINKS}"
        ) from None
    except Exception as error:  # whatever a module of somebody's does when it is imported
        raise ConfigurationError(
            f"sinks: {name!r:.120} cannot be imported: {type(error).__name__}: {error}; for example {GOOD_SINKS}"
        ) from error
    if not callable(found):
        raise ConfigurationError(f"sinks: {name!r:.120} is nothing that can be called; for example {GOOD_SINKS}")
    return NamedSink(name, found)


def checked(sink: object, name: str | None = None) -> Sink:
    """`sink`, if it is one. Raises `ConfigurationError` with the method that it lacks."""
    lacking = [method for method in METHODS if not callable(getattr(sink, method, None))]
    if lacking or isinstance(sink, type):
        what = f"{name!r} gives {sink!r:.80}, which" if name else f"{sink!r:.80}"
        why = f"has no method {lacking[0]}" if lacking else "is a class: give an object of it"
        raise ConfigurationError(f"sinks: {what} {why}; for example {GOOD_SINKS}")
    return sink  # type: ignore[return-value] # its methods are there


def name_of(sink: object) -> str:
    """What a sink is called where it is told of."""
    return sink.name if isinstance(sink, NamedSink) else f"{type(sink).__module__}.{type(sink).__qualname__}"
