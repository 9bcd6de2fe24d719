"""
Declarations from rights in works (RSL-MEDIA, TDM·AI): a TOML file with a table for each holder's terms.

Rights that say the same of different works are one declaration. What is written is read back by the reader of such
files before anything is in its place, so that no file is made which a run would refuse.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from json.encoder import encode_basestring
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

from tdm_guard.errors import ConfigurationError
from tdm_guard.formats.rights import Right
from tdm_guard.formats.rows.row import RowsError
from tdm_guard.holdings import MAX_BYTES
from tdm_guard.lists.importing import PIECE, SHOWN, SHOWN_RAW, Imported
from tdm_guard.lists.plan import MADE, Plan, prepare
from tdm_guard.lists.rights import read_rights
from tdm_guard.plain import MAX_EXCERPT
from tdm_guard.repertoire.declaration import read_declaration
from tdm_guard.repertoire.item import normalise
from tdm_guard.repertoire.table import is_email, is_url
from tdm_guard.repertoire.words import MATCH_KEYS

MAX_VALUES = 10_000  # of one key of one table, so that a file stays one that people can look at
_UNNAMED = "a holder whom the document does not name"
_FORMS = {"rsl-media": "RSL-MEDIA", "tdm-ai": "TDM·AI"}


class _Said(NamedTuple):
    """What a right says, but of which works."""

    name: str
    usages: tuple[str, ...]
    since: str
    until: str
    licence: str
    contact: str
    subject: str
    words: str


def import_declarations(
    plan: Plan, *, now: datetime, watched: Callable[[Iterable[Right]], Iterable[Right]] = iter
) -> Imported:
    """
    Make the file at `plan.output` of the rights in the source, in one step. The rights go through `watched`.

    Raises `ConfigurationError` as `import_list` does.
    """
    today = now.astimezone(UTC).date()
    prepare(plan, today=today)
    if plan.append or plan.excludes:
        raise ConfigurationError("--append, --excludes: not for declarations; name a list, for example works.tdmlist")
    idle: Counter[str] = Counter()
    works: dict[_Said, dict[str, dict[str, None]]] = {}
    bad: list[tuple[int, str]] = []
    rows = usable = 0
    try:
        body = plan.source.read_bytes()
        pieces = (body[at : at + PIECE] for at in range(0, len(body), PIECE))
        for right in watched(read_rights(plan.style, pieces, plan.encoding)):
            rows += 1
            if why := right.idle(today):
                idle[why] += 1
                continue
            found, problem = _usable(right)
            if problem:
                bad.append((right.number, problem))
            if found:
                usable += 1
                keys = works.setdefault(_said(right), {})
                for key, value in found:
                    keys.setdefault(key, {})[value] = None
    except RowsError as error:
        raise ConfigurationError(f"{plan.source}: {error}; nothing was imported") from None
    except OSError as error:
        raise ConfigurationError(f"{error.filename or plan.source}: {error.strerror or error}") from None
    sha256 = hashlib.sha256(body).hexdigest()
    tables = list(_tables(plan, works, sha256))
    if tables:
        head = f"{MADE.decode()} from {_line(plan.source.name)}; another import writes it over\n\n"
        _publish(plan.output, head + "\n".join(map(_written, tables)))
    return Imported(
        rows=rows,
        usable=usable,
        bad=len(bad),
        shown=tuple(bad[:SHOWN]),
        entries=len(tables),
        sha256=sha256 if tables else None,
        written=bool(tables),
        idle=tuple(sorted(idle.items())),
    )


def _usable(right: Right) -> tuple[list[tuple[str, str]], str | None]:
    """What a right can be matched by, in its one spelling, and what is wrong with it."""
    found, problem = [], right.problem
    if right.since and right.until and right.until < right.since:
        return [], f"ends on {right.until}, before it begins on {right.since}"
    for key, raw in right.keys:
        value = normalise(key, raw) if raw.isprintable() else None
        if value is None:
            problem = f"no usable {key}, its form is wrong: {raw[:SHOWN_RAW]!r}"
        else:
            found.append((key, value))
    return found, problem


def _said(right: Right) -> _Said:
    contact = right.contact or ""
    return _Said(
        _line(right.name or right.registry or "") or _UNNAMED,
        tuple(usage.value for usage in right.usages),
        right.since.isoformat() if right.since else "",
        right.until.isoformat() if right.until else "",
        right.licence if right.licence and is_url(right.licence) else "",
        contact if is_email(contact) else "",
        _line(right.subject or ""),
        _line(right.words or "", MAX_EXCERPT),
    )


def _line(text: str, limit: int = 150) -> str:
    """Text in one line of characters that can be seen."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:limit]


def _tables(plan: Plan, works: dict[_Said, dict[str, dict[str, None]]], sha256: str) -> Iterator[dict[str, Any]]:
    number = 0
    for said, keys in works.items():
        for match in _parts(keys):
            number += 1
            table: dict[str, Any] = {
                "id": f"{plan.declaration}-{number}",
                "version": plan.version,
                "declarant": {"name": said.name},
                "mandate": {"basis": "unstated", "status": "asserted"},
                "usages": list(said.usages),
                "wording": said.words,
                "effective_from": said.since,
                "withdrawn_at": said.until,
                "form": "registry",
                "match": match,
                "licence": {
                    "available": bool(said.licence or said.contact), "url": said.licence, "email": said.contact
                },
                "source": {
                    "title": f"{_FORMS[plan.style]}{': ' if said.subject else ''}{said.subject}",
                    "known_from": "source", "sha256": sha256, "stored_copy": _line(plan.source.name),
                },
            }  # fmt: skip
            yield table


def _parts(keys: dict[str, dict[str, None]]) -> Iterator[dict[str, list[str]]]:
    values = {key: list(found) for key, found in keys.items() if key in MATCH_KEYS}
    longest = max(map(len, values.values()), default=0)
    for at in range(0, longest, MAX_VALUES):
        yield {key: part for key, found in values.items() if (part := found[at : at + MAX_VALUES])}


def _written(table: dict[str, Any]) -> str:
    lines = ["[[declarations]]"]
    lines += [f"{name} = {_value(value)}" for name, value in table.items() if value not in ("", [], {})]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{name} = {_value(each)}" for name, each in value.items() if each not in ("", [], {}))
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return str(value).lower() if isinstance(value, bool) else encode_basestring(value)


def _publish(path: Path, text: str) -> None:
    raw = text.encode()
    if len(raw) > MAX_BYTES:
        raise ConfigurationError(
            f"{path}: would be larger than {MAX_BYTES} bytes; name a list, for example works.tdmlist"
        )
    for number, table in enumerate(tomllib.loads(text)["declarations"]):
        read, problems = read_declaration(table, f"{path}: declarations[{number}]")
        if read is None:
            raise ConfigurationError(*(str(problem) for problem in problems))
    try:
        with NamedTemporaryFile(dir=path.absolute().parent, prefix=f".{path.name[:50]}.", delete=False) as file:
            try:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written: {error.strerror or error}") from None
