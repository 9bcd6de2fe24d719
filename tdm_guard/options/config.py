"""
The options in a TOML file: `--config`, the environment variable `TDM_GUARD_CONFIG`, or `config=`.

Its keys are the option names, `operator` is a table. What is given beside the file wins over it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.options import OPTION_NAMES, Options
from tdm_guard.options.misspelt import CONFIG as VARIABLE
from tdm_guard.options.misspelt import in_environment

MAX_BYTES = 2**20  # a file of options is some lines long; a log given by mistake is not parsed


def with_config(given: Mapping[str, Any], *, environ: Mapping[str, str]) -> dict[str, Any]:
    """
    The options `given`, over those of the file that `given["config"]`, else the environment, names; None is not given.

    Raises `ConfigurationError` if that file cannot be used, or if the environment holds what was meant for us and is
    not read from there.
    """
    options = over_file(given, environ=environ)
    named = ("config",) if given.get("config") is not None else ()
    if problems := tuple(in_environment(environ, (*options, *named), OPTION_NAMES)):
        raise ConfigurationError(*problems)
    return options


def over_file(given: Mapping[str, Any], *, environ: Mapping[str, str]) -> dict[str, Any]:
    """The same, whatever else the environment holds: for who asks for some options, not for all."""
    options = {name: value for name, value in given.items() if value is not None}
    path = options.pop("config", None) or environ.get(VARIABLE)
    return {**(read_config(path) if path else {}), **options}


def read_config(path: str | Path) -> dict[str, Any]:
    """
    The options in the TOML file at `path`, checked.

    Raises `ConfigurationError` with one problem per mistake: file, key, bad value and a good one.
    """
    values = _parse(Path(path))
    try:
        Options.read(values)
    except ConfigurationError as error:
        raise ConfigurationError(*(f"config {path}: {problem}" for problem in error.problems)) from None
    return values


def _parse(path: Path) -> dict[str, Any]:
    good = 'for example a file with the line usages = ["tdm"]'
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"config: {str(path)!r} cannot be read: {reason}; {good}") from None
    if len(raw) > MAX_BYTES:
        raise ConfigurationError(f"config: {str(path)!r} is larger than {MAX_BYTES} bytes; {good}")
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"config: {str(path)!r} is no TOML: {error}; {good}") from None
