"""
Parquet with a row an answer: columns `url`, `status`, `headers`, `body` by their names; `date` and `item` if there are.

Fields may be pairs, structures, a map, or text that is JSON or a head as it was sent.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tdm_guard.archives.captured import in_utc, is_judged, moment, scheme_of, unjudgeable
from tdm_guard.archives.items import NOT_TOLD, Damage, Item, Unreadable
from tdm_guard.archives.setting import Setting
from tdm_guard.formats.http.stored_head import NO_LINE, read_head
from tdm_guard.model import Headers, Stored

ROWS = 256  # at once: bodies of a few megabytes are usual
MAX_STATUS = 999  # three digits (RFC 9110 15)
_NUMBER = re.compile(r"\s*\d{1,3}\s*", re.ASCII)
COLUMNS = ("url", "status", "headers", "body", "body_complete", "date", "item")


def read_parquet(path: str, setting: Setting, *, name: str) -> Iterator[Item | Damage]:
    """All rows of a file. Raises `Unreadable` for one without a column `url`."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - an extra

    try:
        file = pq.ParquetFile(path)
        columns = [column for column in COLUMNS if column in file.schema_arrow.names]
    except Exception as error:  # noqa: BLE001 - the library's own, and the system's
        raise Unreadable(f"{path}: {str(error)[:200]}") from None
    if "url" not in columns:
        raise Unreadable(f"{path}: it has no column url; columns that are read: {', '.join(COLUMNS)}")
    if odd := [each for each in file.schema_arrow.names if each not in COLUMNS and each.lower() in COLUMNS]:
        raise Unreadable(f"{path}: its column {odd[0]!r} is not read; name it {odd[0].lower()!r}")
    number = 0
    with file:
        for group in range(file.num_row_groups):
            first, size = number, file.metadata.row_group(group).num_rows
            try:
                for batch in file.iter_batches(ROWS, row_groups=[group], columns=columns):
                    for row in batch.to_pylist():
                        yield from read_row(row, name, number, setting.passed)
                        number += 1
            except Exception as error:  # noqa: BLE001 - as above
                yield Damage(name, number, f"rows {number} to {first + size - 1} cannot be read: {str(error)[:200]}")
            number = first + size


def read_row(row: Mapping[str, Any], name: str, number: int, passed: Counter[str] | None) -> Iterator[Item | Damage]:
    """What a row is, with its number for its place."""
    url = row.get("url")
    if not isinstance(url, str) or not url.strip():
        yield Damage(name, number, "a row without an address")
        return
    url = url.strip()
    if not is_judged(url):
        if passed is not None:
            passed[scheme_of(url) or "an address without a scheme"] += 1
        return
    if (problem := unjudgeable(url)) is not None:
        yield Damage(name, number, problem, url=url)
        return
    headers, notes = _headers(row.get("headers"))
    if headers is None:
        yield Damage(name, number, "a row whose headers are in a form that is not read", url=url)
        return
    status, body = _status(row.get("status")), row.get("body")
    body = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    if not isinstance(body, (bytes, type(None))) or status is ...:
        yield Damage(name, number, "a row whose status or body is in a form that is not read", url=url)
        return
    whole = body is not None and row.get("body_complete", True) in (True, None)
    if whole and _is_blank(row.get("headers")):
        whole, notes = False, (*notes, NOT_TOLD)
    yield Item(
        url=url,
        status=status,
        headers=headers,
        body=body,
        body_complete=whole,
        at=_date(row.get("date")),
        hops=(),
        stored=Stored(name, number, type="row"),
        notes=notes,
        item=_work(row.get("item")),
    )


def _is_blank(headers: Any) -> bool:
    """True for no headers, and for a text without a word, which is how a table of texts has none."""
    return headers is None or (isinstance(headers, (str, bytes)) and not headers.strip())


def _status(given: Any) -> Any:
    """A status; None for none, which pandas spells NaN; an ellipsis for what is in no form that is read."""
    if isinstance(given, str) and _NUMBER.fullmatch(given):
        return int(given)
    if given is None or (isinstance(given, float) and given != given):  # noqa: PLR0124
        return None
    return int(given) if isinstance(given, (int, float)) and 0 <= given <= MAX_STATUS else ...


def _headers(given: Any) -> tuple[Headers | None, tuple[str, ...]]:
    """Fields as pairs; None for what is in no form that is known."""
    if isinstance(given, (bytes, bytearray)):
        given = bytes(given).decode("latin-1")
    if isinstance(given, str):
        text = given.strip()
        if text and text[0] not in "[{":
            head = read_head(given.encode("latin-1", "replace") + b"\r\n\r\n")
            return (head.headers or None), tuple([note for note in head.notes if note != NO_LINE])
        given = _json(text) if text else None
        if given is None and text:
            return None, ()
    pairs = list(given.items()) if isinstance(given, Mapping) else () if given is None else given
    if not isinstance(pairs, Sequence):
        return None, ()
    found: list[tuple[str, str]] = []
    for name, value in map(_pair, pairs):
        if not isinstance(name, str):
            return None, ()
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                found.append((name, each.decode("latin-1") if isinstance(each, bytes) else str(each)))
    return tuple(found), ()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _pair(given: Any) -> tuple[Any, Any]:
    if isinstance(given, Mapping):
        by_name = {str(key).lower(): value for key, value in given.items()}
        for name, value in (("name", "value"), ("key", "value"), ("name", "values")):
            if name in by_name and value in by_name:
                return _text(by_name[name]), by_name[value]
        return (None, None) if len(given) != 2 else (_text(next(iter(given.values()))), list(given.values())[1])
    if isinstance(given, str) and ":" in given:
        name, _, value = given.partition(":")
        return name.strip(), value.strip()
    if isinstance(given, Sequence) and not isinstance(given, str) and len(given) == 2:
        return _text(given[0]), given[1]
    return None, None


def _text(given: Any) -> Any:
    return given.decode("latin-1") if isinstance(given, bytes) else given


def _date(given: Any) -> datetime | None:
    if isinstance(given, datetime):
        return in_utc(given)
    return moment(given) if isinstance(given, str) else None


def _work(given: Any) -> Mapping[str, Any] | None:
    given = _json(given) if isinstance(given, str) else given
    return {key: value for key, value in given.items() if value is not None} if isinstance(given, Mapping) else None
