"""
The file of reviews: what stands in it, and more `[[reviews]]` tables at its end, all of them or none.

strategy: the new content is written beside the file, under a name that nobody else can take meanwhile, and then takes
its place. Comments and the order of what people wrote stay as they are.
"""

from __future__ import annotations

import os
import tomllib
from json.encoder import encode_basestring
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.repertoire.review import Review, read_review

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_BYTES = 16 * 2**20  # of the file: what a run is willing to load
MAX_FILES = 10_000  # of a folder: as many as a run is willing to load
_FILE_MODE = 0o640  # reasons and names may be personal data
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def reviews_in(path: Path) -> tuple[Review, ...]:
    """
    The reviews in a file, or in those of a folder. Raises `ConfigurationError` with every mistake in them.
    """
    found: list[Review] = []
    problems: list[str] = []
    for file in _files(path):
        for number, table in enumerate(tables_in(file)):
            review, mistakes = read_review(table, f"{file}: reviews[{number}]")
            found += [review] if review is not None else []
            problems += map(str, mistakes) if review is None else ()
    if problems:
        raise ConfigurationError(*problems)
    return tuple(found)


def tables_in(path: Path) -> list[dict[str, Any]]:
    """The `[[reviews]]` tables of a file, as they stand there; none if there is no file."""
    try:
        octets = _read(path) or b""
    except OSError as error:
        raise ConfigurationError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    if len(octets) > MAX_BYTES:
        raise ConfigurationError(f"{str(path)!r} is larger than {MAX_BYTES} bytes")
    try:
        found = tomllib.loads(octets.decode("utf-8")).get("reviews", [])
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{str(path)!r} is no TOML: {error}") from None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ConfigurationError(f"{str(path)!r}: reviews is no list of tables; for example [[reviews]]")
    return found


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise ConfigurationError(f"--reviews: there is no {str(path)!r}; for example reviews.toml")
    if not path.is_dir():
        return [path]
    found = sorted(path.rglob("*.toml"))
    if len(found) > MAX_FILES:
        raise ConfigurationError(f"--reviews: {str(path)!r} has more than {MAX_FILES} files")
    return found


def append(path: Path, tables: Iterable[Mapping[str, str]]) -> None:
    """
    Adds a `[[reviews]]` table for each of `tables` to the file at `path`, which need not exist.

    Raises `ConfigurationError` if the file is no TOML, cannot take the tables, or cannot be written; it is then as it
    was before.
    """
    target = Path(os.path.realpath(path))  # a link stays one
    beside = target.with_name(f".{target.name}.new")
    try:
        descriptor = os.open(beside, _FLAGS, _FILE_MODE)
    except FileExistsError:
        raise ConfigurationError(
            f"--to: another review is being written to {str(path)!r}; if none is, remove {str(beside)!r}"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"--to: {str(path)!r} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            before = _read(target)
            file.write(_with(path, before, tables))
            file.flush()
            os.fsync(file.fileno())
        if before is not None:
            beside.chmod(target.stat().st_mode & 0o7777)
        beside.replace(target)
    except BaseException as error:
        beside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ConfigurationError(f"--to: {str(path)!r} cannot be written: {error.strerror}") from error
        raise


def table(members: Mapping[str, str]) -> str:
    """A `[[reviews]]` table with text members."""
    return "".join(["[[reviews]]\n", *(f"{name} = {quoted(value)}\n" for name, value in members.items())])


def quoted(text: str) -> str:
    """`text` as a TOML basic string: its escapes are those of JSON, and DEL. A lone surrogate is shown as an escape."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return encode_basestring(text).replace("\x7f", "\\u007f")


def _read(target: Path) -> bytes | None:
    try:
        with target.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None


def _with(path: Path, before: bytes | None, tables: Iterable[Mapping[str, str]]) -> bytes:
    """The whole new content, checked."""
    try:
        text = (before or b"").decode("utf-8")
        tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"--to: {str(path)!r} is no TOML: {error}; for example a new file") from None
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    whole = text + gap + "\n".join(table(members) for members in tables)
    try:
        tomllib.loads(whole)
    except ValueError as error:
        raise ConfigurationError(
            f"--to: {str(path)!r} cannot take a [[reviews]] table: {error}; for example a new file"
        ) from None
    octets = whole.encode("utf-8")
    if len(octets) > MAX_BYTES:
        raise ConfigurationError(f"--to: {str(path)!r} would be larger than {MAX_BYTES} bytes; give a new file")
    return octets
