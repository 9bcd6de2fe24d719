"""What to import and how to read it: every mistake in the call is found before anything is read or written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TypeVar

from tdm_guard.errors import ConfigurationError
from tdm_guard.formats.rows import csv_rows, json_rows, xml_rows
from tdm_guard.formats.rows.row import Found, decoded
from tdm_guard.lists.index import MAGIC, ListIndex, open_list
from tdm_guard.lists.rights import RightsRows
from tdm_guard.plain import suggested
from tdm_guard.repertoire.item import KEYS
from tdm_guard.repertoire.table import MAX_NAME

RIGHTS = ("rsl-media", "tdm-ai")  # documents that say themselves what is what
RIGHTS_KEYS = ("isrd", "registry_id", "iscc")
FORMATS = ("csv", "tsv", "json", "xml", *RIGHTS)
MADE = b"# made by tdm-guard repertoire import"  # how a file of declarations begins that may be written over
TOML = ".toml"  # the name of an output that is to hold declarations, not a list
MAX_COLUMNS = 100  # of one import; there are some twenty keys
MAX_PATH = 1_000  # characters of a column's name or path
_GOOD = {"csv": "iswc=ISWC", "tsv": "iswc=ISWC", "json": "iswc=works[].iswc", "xml": "iswc=/works/work/iswc"}

_Read = TypeVar("_Read")
Reader = Callable[[Iterable[bytes]], Iterator[Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    One import: `columns` are pairs of a match key and the column or path that its values stand at.

    `row`: path of the elements that are rows; by default the innermost that all columns stand in (XML only).
    `encoding`: by default what the file says, else UTF-8. `delimiter`: between cells, by default a comma (CSV only).
    `excludes`: the values are what the declaration does not speak for. `append`: add to the list at `output`.
    """

    source: Path
    style: str
    columns: tuple[tuple[str, str], ...]
    declaration: str
    version: str
    output: Path
    row: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    excludes: bool = False
    append: bool = False


def prepare(plan: Plan, *, today: date) -> tuple[Reader, ListIndex | None]:
    """How to read the source, and the list to add to. Raises `ConfigurationError` with every mistake in the plan."""
    problems = [*_words(plan)]
    try:
        problems += _files(plan)
    except (OSError, ValueError) as error:  # ValueError: a null character in a name
        problems.append(f"--output: {str(plan.output)!r} cannot be used: {error}; for example members.tdmlist")
    read: Reader | None = None
    old: ListIndex | None = None
    try:
        read = RightsRows(plan.style, plan.encoding, today) if plan.style in RIGHTS else _reader(plan)
    except ValueError as error:
        problems.append(str(error))
    if plan.append and plan.output.exists():
        try:
            old = open_list(plan.output)
        except ConfigurationError as error:
            problems.extend(error.problems)
        else:
            old.close()
            if old.declaration != plan.declaration:
                problems.append(
                    f"--declaration: {plan.declaration!r}, and the list at {plan.output} is of {old.declaration!r}"
                )
    if problems or read is None:
        raise ConfigurationError(*problems)
    return read, old


def _words(plan: Plan) -> Iterator[str]:
    for option, value, good in (
        ("--declaration", plan.declaration, "sacem-2023"),
        ("--list-version", plan.version, "2026-01"),
    ):
        if not value.strip() or not value.isprintable() or len(value) > MAX_NAME:
            yield f"{option}: {value!r} is no name in one line of 1 to {MAX_NAME} characters; for example {good}"
    yield from _columns(plan)
    if plan.encoding is not None:
        try:
            "".encode(plan.encoding)
        except (LookupError, ValueError):
            yield f"--encoding: {plan.encoding!r} is no encoding of text; for example utf-8"
    if plan.delimiter is not None and (plan.style != "csv" or len(plan.delimiter) != 1 or plan.delimiter in '"\r\n'):
        yield f"--delimiter: {plan.delimiter!r}: one character, and for csv only; for example ;"
    if plan.row is not None and plan.style != "xml":
        yield "--row: for xml only; in json the path says it, for example iswc=works[].iswc"


def _columns(plan: Plan) -> Iterator[str]:
    good = f"--map {_GOOD.get(plan.style, _GOOD['csv'])}"
    if plan.style in RIGHTS:
        if plan.columns:
            yield f"--map: not for {plan.style}, which says itself what is what"
    elif not 0 < len(plan.columns) <= MAX_COLUMNS:
        yield f"--map: from 1 to {MAX_COLUMNS} are needed; for example {good}"
    for key, place in plan.columns:
        if key not in KEYS:
            yield f"--map: {key!r} is no match key{suggested(key, KEYS)}; for example {good}"
        if not place or len(place) > MAX_PATH:
            yield f"--map: {key} from where? 1 to {MAX_PATH} characters after the =; for example {good}"


def _files(plan: Plan) -> Iterator[str]:
    """What is wrong with the two files, as far as can be told before they are opened."""
    if not plan.source.is_file():
        yield f"{plan.source}: is no file that can be read; for example members.csv"
    output = plan.output
    if output.suffix.lower() == TOML and plan.style not in RIGHTS:
        yield f"--output: {output}: declarations are made of {' and '.join(RIGHTS)} only; for example members.tdmlist"
        return
    if not output.name or "\0" in str(output) or output.is_dir() or not output.parent.is_dir():
        yield f"--output: {str(output)!r} is no file in a folder that is there; for example members.tdmlist"
    elif plan.append and not output.exists():
        yield f"--append: there is no list at {output}; leave --append out for the first"
    elif output.exists() and not plan.append:
        ours = MADE if output.suffix.lower() == TOML else MAGIC
        with output.open("rb") as file:
            if file.read(len(ours)) != ours:
                yield f"--output: {output} is there and no list of ours; name another file, for example members.tdmlist"


def _reader(plan: Plan) -> Reader:
    """Raises `ValueError` for a format or a path that there is not."""
    places = [place for _, place in plan.columns]
    encoding = plan.encoding
    if plan.style in {"csv", "tsv"}:
        delimiter = csv_rows.TAB if plan.style == "tsv" else plan.delimiter or ","
        return lambda pieces: csv_rows.read_blocks(decoded(pieces, encoding), places, delimiter=delimiter)
    if plan.style == "json":
        paths = [_path(json_rows.read_path, place, _GOOD["json"]) for place in places]
        arrays = {array for array, _ in paths}
        if len(arrays) > 1:
            raise ValueError(
                f"--map: the paths lead to several arrays; one import reads one, for example {_GOOD['json']}"
            )
        (array,) = arrays or {()}
        return lambda pieces: json_rows.read_json(decoded(pieces, encoding), array, [rest for _, rest in paths])
    if plan.style == "xml":
        return _xml(plan.row, places, encoding)
    raise ValueError(f"--format: {plan.style!r} is not one of {', '.join(FORMATS)}; for example csv")


def _xml(row: str | None, places: list[str], encoding: str | None) -> Reader:
    paths = [_path(xml_rows.read_path, place, _GOOD["xml"]) for place in places]
    if row is None:
        above = _common([path[:-1] for path in paths])
        if len(above) < 2:  # the values may stand in the rows themselves
            above = _common(paths)
    else:
        above = _path(xml_rows.read_path, row, "/works/work", "--row")
    if len(above) < 2 or above[-1][0] == "@":  # below the root: as one row, a whole document would be held at once
        raise ValueError(f"--row: {row!r} is no element below the root; for example --row /works/work")
    outside = [place for place, path in zip(places, paths, strict=True) if path[: len(above)] != above]
    if outside:
        raise ValueError(f"--map: {outside[0]!r} is not below the row /{'/'.join(above)}; for example {_GOOD['xml']}")
    return partial(xml_rows.read_xml, row=above, paths=[path[len(above) :] for path in paths], encoding=encoding)


def _common(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The steps that all paths begin with."""
    steps = zip(*paths, strict=False)
    return tuple(same[0] for same in takewhile(lambda step: len(set(step)) == 1, steps))


def _path(read: Callable[[str], _Read], text: str, good: str, option: str = "--map") -> _Read:
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(f"{option}: {error}; for example {good}") from None
