"""The options of a ledger: those of its judge, with those that say how its log is kept."""

from __future__ import annotations

from dataclasses import replace

from tdm_guard.errors import ConfigurationError
from tdm_guard.options import OPTION_NAMES, Options
from tdm_guard.options.keywords import KeepingOptions
from tdm_guard.plain import suggested

KEEPING = tuple(KeepingOptions.__annotations__)


def log_options(options: Options, path: str, keeping: KeepingOptions) -> Options:
    """The options of a judge with those of the log. Raises `ConfigurationError` for those that are not of a log."""
    problems = []
    for name in keeping:
        if name in OPTION_NAMES and name not in KEEPING:
            problems.append(f"{name}: says nothing of how a log is kept; give it to the judge")
        elif name not in KEEPING:
            problems.append(f"{name}: unknown keyword{suggested(name, KEEPING)}")
    if problems:
        raise ConfigurationError(*problems)
    read = Options.read({**keeping, "log": path})
    given = [name for name in ("log", *KEEPING) if name == "log" or keeping.get(name) is not None]
    return replace(options, **{name: getattr(read, name) for name in given})
