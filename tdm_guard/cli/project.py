"""`init` and the settings of a Scrapy project: people's code is added to at most, where they ask for it."""

from __future__ import annotations

import configparser
import tokenize
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from tdm_guard.cli.console import say
from tdm_guard.cli.held import ADDON, Held
from tdm_guard.cli.starting import MADE, python, user_agent, write
from tdm_guard.errors import ConfigurationError

MAX_PARENTS = 20  # folders above this one that may hold scrapy.cfg
MAX_SETTINGS = 2**20  # bytes of a settings file


def scrapy(
    options: Mapping[str, Any], contact: str | None, output: str | None, *, append: bool, force: bool, asked: bool
) -> None:
    """
    Writes a new settings file, or shows the lines for one that is there; adds them with `append`.

    `asked`: there is somebody at the terminal, who may want them added.

    Raises `ConfigurationError` before anything is written.
    """
    wanted = _settings(options, contact)
    path = Path(output) if output else project()
    whole = _lines(wanted)
    if path is None or output == "-":
        if append:
            raise ConfigurationError("--append: to which file? There is no scrapy.cfg here; give --output settings.py")
        say("put these lines into your project's settings.py:")
        typer.echo(_text(whole), nl=False)
    elif not path.exists():
        write(str(path), _text(whole), force=False)
    elif force:
        if not _source(path)[0].startswith(MADE):
            raise ConfigurationError(f"--force: {path} is your code, which is not written over; --append adds to it")
        write(str(path), _text(whole), force=True)
    else:
        _add(path, wanted, options["agent"], append=append, asked=asked)


def _add(path: Path, wanted: Mapping[str, Any], agent: str, *, append: bool, asked: bool) -> None:
    source, encoding = _source(path)
    held = Held.read(source, str(path))
    if held.off is not None and not held.off.perhaps:
        raise ConfigurationError(f"{path}: {held.off}; take that away, and call this again")
    lines = _lines(wanted, held)
    for remark in held.remarks(wanted, agent):
        say(f"{path}: {remark}")
    if not lines:
        say(f"{path}: nothing to add")
    elif append or (asked and typer.confirm(f"Append {len(lines)} lines to {path}?", err=True)):
        with path.open("a", encoding=encoding) as file:
            file.write(("\n" if source.endswith("\n") else "\n\n") + _text(lines))
        say(f"{path}: {len(lines)} lines appended")
    else:
        say(f"put these lines at the end of {path}, or call this again with --append:")
        typer.echo(_text(lines), nl=False)


def _settings(options: Mapping[str, Any], contact: str | None) -> dict[str, Any]:
    """The settings of a guarded project, by name."""
    ours = {f"TDM_GUARD_{name.upper()}": value for name, value in options.items()}
    sends = user_agent(options["agent"], contact)
    return {"ADDONS": {ADDON: 500}, "USER_AGENT": sends, "ROBOTSTXT_OBEY": True, **ours}


def _lines(wanted: Mapping[str, Any], held: Held | None = None) -> list[str]:
    """The lines for a settings file, but for what it says already; add-ons that it has are kept."""
    said = held.bound if held else {}
    lines = [f"{name} = {python(value)}" for name, value in wanted.items() if name not in said and name != "ADDONS"]
    if held is None or not held.guarded:
        others = ""
        if "ADDONS" in said:
            others = '**globals().get("ADDONS", {}), ' if said["ADDONS"].perhaps else "**ADDONS, "
        lines.insert(0, f'ADDONS = {{{others}"{ADDON}": 500}}')
    return [f"{MADE} docs/scrapy.md says what each setting means.", *lines] if lines else []


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _source(path: Path) -> tuple[str, str]:
    """The text of a settings file, and its encoding."""
    try:
        if path.stat().st_size > MAX_SETTINGS:
            raise ConfigurationError(f"--output: {str(path)!r} is larger than {MAX_SETTINGS} bytes; is it settings.py?")
        with tokenize.open(path) as file:  # its own coding line counts
            return file.read(), file.encoding
    except OSError as error:
        raise ConfigurationError(f"--output: {str(path)!r} cannot be read: {error.strerror}") from None
    except (SyntaxError, UnicodeError) as error:
        raise ConfigurationError(f"{path} cannot be read as Python: {error}") from None


def project() -> Path | None:
    """The settings file of the Scrapy project that this folder is in."""
    here = Path.cwd()
    for folder in (here, *here.parents[:MAX_PARENTS]):
        config = folder / "scrapy.cfg"
        if config.is_file():
            parser = configparser.ConfigParser(interpolation=None)
            try:
                parser.read(config, encoding="utf-8")
                module = parser.get("settings", "default")
            except (configparser.Error, UnicodeError):
                return None
            place = folder.joinpath(*module.strip().split("."))
            package = place / "__init__.py"
            path = package if package.is_file() else place.with_suffix(".py")
            return Path(path.relative_to(here)) if path.is_relative_to(here) else path
    return None
