"""
A list of addresses as it is stored: lines of text, JSON lines, a table (CSV, tabs or Parquet), plain or compressed.

strategy: the form is told by the name of the file, else by how it begins. Each row becomes an `Entry`, also one that
holds no address: what is in the list is judged or told, never passed over. A file that breaks off raises.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.errors import ConfigurationError, UnsupportedURL
from tdm_guard.formats.rows.csv_rows import TAB, lines_of, read_csv
from tdm_guard.formats.rows.row import DAMAGED, MAX_ROW, RowsError, decoded
from tdm_guard.log.compressed import DAMAGED as UNREADABLE
from tdm_guard.log.compressed import open_log
from tdm_guard.origin import Origin, trimmed
from tdm_guard.repertoire.callers_item import check_item

if TYPE_CHECKING:
    from io import BufferedReader

STDIN = "-"
COLUMN = "url"
ITEM = "item"  # the member of a JSON line, or the column of a Parquet file, that says what is known of the work
_PIECE = 256 * 1024  # bytes read at a time
_BATCH = 1_024  # rows of a Parquet file held at a time
_PACKED = (".gz", ".zst", ".zstd")
_FORMS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": ",", ".tsv": TAB, ".tab": TAB}
_DELIMITERS = (TAB, ";", ",")
_NO_TEXT = re.compile(rf"[\x00-\x1f\x7f\ud800-\udfff{DAMAGED}]")  # no URL has these


class Entry(NamedTuple):
    """A row: its line (of Parquet its number), the address as it stands there, and what is known of the work."""

    line: int
    url: str
    place: str | None  # its origin; None: it is no http(s) address
    item: object = None


def read_addresses(path: str) -> Iterator[Entry]:
    """
    The rows of the list at `path`; `-` is stdin.

    Raises `ConfigurationError` for a file that cannot be read to its end, and for an item that is none.
    """
    with _at_hand(path) as file:
        try:
            yield from _rows(file, path)
        except RowsError as error:
            raise ConfigurationError(f"--urls: {path}: {error}") from None
        except (FileNotFoundError, PermissionError) as error:
            raise ConfigurationError(f"--urls: {path}: {error.strerror}") from None
        except ConfigurationError:
            raise
        except UNREADABLE as error:
            raise ConfigurationError(f"--urls: {path} cannot be read to its end: {error}") from None


@contextmanager
def _at_hand(path: str) -> Iterator[str]:
    """A file that can be read twice: what comes from stdin, or from a pipe, is put on the disk first."""
    if path != STDIN and (Path(path).is_file() or not Path(path).exists()):
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="tdm-guard-") as copy:
        if path == STDIN:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        else:
            with Path(path).open("rb") as pipe:
                shutil.copyfileobj(pipe, copy)
        copy.flush()
        yield copy.name


def _rows(file: str, path: str) -> Iterator[Entry]:
    with Path(file).open("rb") as raw:
        if raw.read(4) == b"PAR1":
            yield from _in_parquet(file, path)
            return
    form, header = _form(file, path)
    with open_log(file) as opened:
        pieces = decoded(_pieces(opened))
        if form == "jsonl":
            yield from _in_json_lines(pieces, path)
        elif form == "text":
            for number, line in enumerate(lines_of(pieces), 1):
                if line.strip():
                    yield _entry(number, line)
        else:
            column = _column(header, path)
            for row in read_csv(pieces, (column,), delimiter=form):
                url = row.texts[0][1] if row.texts else row.problem or "no address"
                yield Entry(row.line, url, None) if row.problem else _entry(row.line, url)


def _pieces(file: BufferedReader) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _form(file: str, path: str) -> tuple[str, list[str]]:
    """`jsonl`, `text`, or the delimiter of a table with its header."""
    name = PurePath(path)
    suffix = (PurePath(name.stem) if name.suffix.lower() in _PACKED else name).suffix.lower()
    with open_log(file) as opened:
        first = next((line for line in lines_of(decoded(_pieces(opened))) if line.strip()), "")
    form = _FORMS.get(suffix)
    if form == "jsonl" or (form is None and first.lstrip().startswith("{")):
        return "jsonl", []
    for delimiter in (form,) if form == TAB else _DELIMITERS:
        header = [cell.strip().strip('"').strip() for cell in first.split(delimiter)]
        if any(cell.lower() == COLUMN for cell in header):
            return delimiter, header
    return (form, first.split(form)) if form is not None else ("text", [])


def _column(names: list[str], path: str) -> str:
    """The one that holds the addresses, however it is capitalised."""
    found = [name for name in names if name.lower() == COLUMN]
    if len(found) == 1:
        return found[0]
    what = "no column" if not found else "more than one column"
    known = ", ".join(repr(name.strip()) for name in names[:50])
    raise ConfigurationError(f"--urls: {path} has {what} {COLUMN}; its columns are {known[:2000]}")


def _in_json_lines(pieces: Iterator[str], path: str) -> Iterator[Entry]:
    for number, line in enumerate(lines_of(pieces), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line) if len(line) <= MAX_ROW else None
        except (ValueError, RecursionError):
            record = None
        url = record.get(COLUMN, record.get("URL")) if isinstance(record, dict) else None
        if not isinstance(url, str) or not isinstance(record, dict):
            yield Entry(number, line, None)
        else:
            yield _entry(number, url, record.get(ITEM), path)


def _in_parquet(file: str, path: str) -> Iterator[Entry]:
    try:
        import pyarrow  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415
    except ModuleNotFoundError:
        raise ConfigurationError(f'--urls: {path} needs pyarrow: pip install "tdm-guard[parquet]"') from None
    try:
        with parquet.ParquetFile(file) as opened:
            names = opened.schema_arrow.names
            column = _column(names, path)
            wanted = [column, *(name for name in names if name == ITEM)]
            number = 0
            for batch in opened.iter_batches(batch_size=_BATCH, columns=wanted):
                for row in batch.to_pylist():
                    number += 1
                    url = row[column]
                    known = _given(row.get(ITEM))
                    yield _entry(number, url, known, path) if isinstance(url, str) else Entry(number, repr(url), None)
    except (pyarrow.ArrowException, OSError) as error:
        raise ConfigurationError(f"--urls: {path} cannot be read to its end: {error}") from None


def _given(item: Any) -> Any:
    """An item without the keys that a table has for all its rows and this one has nothing for."""
    if isinstance(item, dict):
        return {name: _given(value) for name, value in item.items() if value is not None and value != []} or None
    return [_given(each) for each in item] if isinstance(item, list) else item


def _entry(line: int, url: str, item: object = None, path: str = "") -> Entry:
    url = trimmed(url)
    if item:
        check_item(item, f"--urls: {path}: line {line}: {ITEM}")
    try:
        if _NO_TEXT.search(url):
            return Entry(line, url, None)
        return Entry(line, url, str(Origin.parse(url)), item or None)
    except UnsupportedURL:
        return Entry(line, url, None)
