"""
The last word on each address, over logs of any size.

strategy: records go into a private database (`log.scratch`), so that memory does not grow with the log.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import closing
from typing import TYPE_CHECKING, Any, Self

from tdm_guard.errors import ConfigurationError
from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.log.members import text_of
from tdm_guard.log.scratch import scratch
from tdm_guard.secrecy.parameters import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tdm_guard.log.reader import LogLine

MAX_ADDRESSES = 100  # of one journey; the guard keeps as many
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
# Rows of the index are small, so that it stays in memory longest; what is superseded leaves only its record behind.
_TABLES = """
    CREATE TABLE latest (
        key BLOB PRIMARY KEY, ts TEXT NOT NULL, number INTEGER NOT NULL, kept INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE records (
        number INTEGER PRIMARY KEY, place TEXT NOT NULL, run TEXT NOT NULL, record BLOB NOT NULL
    );
    CREATE TABLE bodies (decision TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
"""
_PUT = """
    INSERT INTO latest VALUES (?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET ts = excluded.ts, number = excluded.number, kept = excluded.kept
    WHERE excluded.ts >= latest.ts
"""
_KEPT = "FROM latest JOIN records USING (number) WHERE kept"


class Latest:
    """
    Decision records by the address they are about and the usages they were made for; later ones take the place.

    Iterating gives the records kept, in the order of the logs; `by_site()` those of one origin side by side.
    """

    def __init__(self) -> None:
        self._database = scratch(_TABLES)
        self._number = 0
        self.unread = 0  # lines that are no record
        self.strange = 0  # decisions without an address
        self.forgotten = 0  # decisions whose address was forgotten

    @classmethod
    def of(
        cls,
        lines: Iterable[LogLine],
        keeps: Callable[[Mapping[str, Any]], bool],
        *,
        copies: bool = False,
        each: bool = False,
        some: bool = False,
        run: Callable[[str, Mapping[str, Any]], None] = lambda name, record: None,
    ) -> Self:
        """
        The latest decision on each address, where `keeps` wants it.

        `copies`: it wants what was stored. A copy stays, whatever is decided later, until another takes its place.
        `each`: it wants every decision, not the latest only. `some`: the lines are chosen ones of a log, perhaps none.
        `run` is told name and record of each run. Raises `ConfigurationError` if the lines hold no record of ours.
        """
        latest = cls()
        records = 0
        for line in lines:
            if line.record is None:
                latest.unread += 1
            elif line.type == "decision":
                records += 1
                kept = keeps(line.record)
                if kept or not (copies or each):
                    latest._put(line.record, line.spelt if kept else None, hops=not (copies or each), each=each)
            elif line.type == "forgotten":
                records += 1
                latest.forgotten += 1
            elif line.type == "body":
                latest._body(line.record, line.raw)
            elif line.type == "run":
                records += 1
                run(text_of(line.record, "run", 120) or "", line.record)
        if not records and not some:
            raise ConfigurationError("no line is a record of a compliance log; for example tdm-guard.jsonl")
        return latest

    def _body(self, record: Mapping[str, Any], raw: bytes) -> None:
        if name := text_of(record, "decision", 240):
            self._database.execute("INSERT OR IGNORE INTO bodies VALUES (?, ?)", (name, raw))

    def _put(self, record: Mapping[str, Any], raw: bytes | None, *, hops: bool, each: bool) -> None:
        """
        A decision; None for `raw` if it only takes the place of an earlier one.

        With `hops`, those addresses have no content any more: what was decided about them is past.
        """
        addresses = addresses_of(record)
        if not addresses:
            self.forgotten += record.get("forgotten") is True
            self.strange += record.get("forgotten") is not True
            return
        asked = str(self._number) if each or is_redacted(addresses[0]) else _asked(record)
        ts = text_of(record, "ts", 40) or ""
        ts = ts if _TIME.fullmatch(ts) else ""
        place, run = text_of(record, "origin", 1024) or "", text_of(record, "run", 120) or ""
        self._number += 1
        for number, address in enumerate(addresses if hops else addresses[:1]):
            kept = raw is not None and number == 0
            self._database.execute(_PUT, (_digest(address, asked), ts, self._number, kept))
        if raw is not None:
            self._database.execute("INSERT INTO records VALUES (?, ?, ?, ?)", (self._number, place, run, raw))

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return self._records("number")

    def __len__(self) -> int:
        [(count,)] = self._database.execute("SELECT count(*) FROM latest WHERE kept")
        return int(count)

    @property
    def decisions(self) -> int:
        """How many decisions with an address there were."""
        return self._number

    @property
    def superseded(self) -> int:
        """How many of them were taken the place of by later ones."""
        [(standing,)] = self._database.execute("SELECT count(DISTINCT number) FROM latest")
        return self._number - int(standing)

    def by_time(self) -> Iterator[Mapping[str, Any]]:
        """The records, the earliest first, whatever the order of the logs."""
        return self._records("ts, run, number")

    def by_site(self) -> Iterator[Mapping[str, Any]]:
        """The records, those of one origin side by side."""
        return self._records("place, number")

    def completed(self) -> Iterator[dict[str, Any]]:
        """The records, with size, digest and completeness (`complete`) of the bodies that were streamed on."""
        for record in self:
            whole = {**record, "complete": None if record.get("content_sha256") is None else True}
            query = self._database.execute(
                "SELECT body FROM bodies WHERE decision = ?", (text_of(record, "id", 240) or "",)
            )
            with closing(query) as rows:
                for (raw,) in rows:
                    body = json.loads(raw.decode("utf-8"))
                    whole |= {name: body.get(name) for name in ("bytes", "content_sha256", "complete")}
            yield whole

    def runs(self) -> tuple[str, ...]:
        """The names of the runs that the records kept are from."""
        found = self._database.execute(f"SELECT DISTINCT run {_KEPT} ORDER BY run")
        return tuple(name for (name,) in found)

    def close(self) -> None:
        """Gives the space back."""
        self._database.close()

    def _records(self, order: str) -> Iterator[Mapping[str, Any]]:
        query = f"SELECT record {_KEPT} ORDER BY {order}"
        with closing(self._database.execute(query)) as rows:
            for (raw,) in rows:
                yield json.loads(raw.decode("utf-8"))


def addresses_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The address a decision is about, then those that led to it, the latest first; none if the record has none."""
    hops = record.get("hops")
    if not hops and isinstance(usual := record.get("url"), str) and usual and record.get("final_url") == usual:
        return (usual,)
    earlier = [hop for hop in hops[-MAX_ADDRESSES:] if isinstance(hop, str)] if isinstance(hops, list) else []
    judged, first = (value if isinstance(value := record.get(name), str) else "" for name in ("final_url", "url"))
    return tuple(dict.fromkeys(filter(None, (judged or first, *reversed(earlier), first)))) if judged or first else ()


def is_redacted(address: str) -> bool:
    """True of an address of which something was left out: it stands for many, and cannot be asked again."""
    return REDACTED in address


def _asked(record: Mapping[str, Any]) -> str:
    """For what: a decision for one purpose is not taken back by one for another."""
    usages = record.get("usages")
    return " ".join(sorted(usages)) if isinstance(usages, dict) else ""


def _digest(address: str, asked: str) -> bytes:
    """One key for the spellings of an address."""
    return hashlib.blake2b(
        f"{asked}\n{normal_url(address)}".encode("utf-8", "backslashreplace"), digest_size=16
    ).digest()
