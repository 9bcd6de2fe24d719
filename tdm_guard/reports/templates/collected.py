"""
What logs tell of the content that was collected: sizes by modality, media type and site, the time, the runs.

strategy: each content that was handed on is a row of a private database (`log.scratch`), so that memory does not
grow with the logs. Of each address the latest copy counts, of each archive apart.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.errors import ConfigurationError
from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.log.latest import addresses_of
from tdm_guard.log.members import is_size, text_of
from tdm_guard.log.scratch import scratch
from tdm_guard.model import Verdict
from tdm_guard.reports.exclusions import exclusions, is_excluded_alone
from tdm_guard.reports.templates.measures import MAX_ARCHIVES, OTHERS, Archive, Measures
from tdm_guard.reports.templates.modality import Modality, modality_of
from tdm_guard.reports.templates.named_sites import NOWHERE, NamedSite, host_in, site_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

    from tdm_guard.log.reader import LogLine
    from tdm_guard.reports.templates.trained import Trained

MAX_MEDIA = 1_000  # media types counted by themselves; those met later are counted together
_MAX_KNOWN = 50_000  # sites whose numbers are kept in mind, some MB; the others are looked up
CRAWL = 0  # what was not from an archive
OTHER_MEDIA = "(other media types)"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
_TABLES = """
    CREATE TABLE sites (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL);
    CREATE TABLE items (
        number INTEGER PRIMARY KEY, key BLOB NOT NULL, ts TEXT NOT NULL, site INTEGER NOT NULL,
        modality INTEGER NOT NULL, media INTEGER NOT NULL, bytes INTEGER, archive INTEGER NOT NULL,
        verdict INTEGER NOT NULL, used INTEGER NOT NULL
    );
    CREATE TABLE streamed (decision TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
"""
_KEPT = """
    CREATE TABLE kept AS SELECT site, modality, media, bytes, archive, verdict,
        max(ts || printf(' %019d', number)) AS latest FROM items WHERE used GROUP BY key, archive;
    CREATE INDEX by_site ON kept (archive, modality, site);
"""
_VERDICTS = tuple(verdict.value for verdict in Verdict)
EXCLUDED, EXCLUDED_TOO = "excluded", "excluded and reserved"  # what lists would have withheld, in place of its verdict
_COUNTED = (*_VERDICTS, "unknown", EXCLUDED, EXCLUDED_TOO)


class Amount(NamedTuple):
    """So many contents, their size in bytes as far as it is known, and how many it is not known of."""

    items: int
    bytes: int
    unsized: int

    def told(self) -> dict[str, int]:
        """In JSON's types; what is not known is told where there is any."""
        return {"items": self.items, "bytes": self.bytes} | ({"of_unknown_size": self.unsized} if self.unsized else {})


@dataclass(slots=True)
class Collected:
    """
    What was collected, from `CRAWL` or from one of `archives`; `measures` are about all decisions, used or not.

    `unread` counts lines that are no record.
    """

    database: sqlite3.Connection
    measures: Measures = field(default_factory=Measures)
    media: dict[str, int] = field(default_factory=dict)
    archives: list[Archive] = field(default_factory=list)
    unread: int = 0

    @classmethod
    def of(cls, lines: Iterable[LogLine], trained: Trained | None = None) -> Collected:
        """Goes through the lines. `trained` narrows what was collected to what it names."""
        found = cls(scratch(_TABLES))
        sites: dict[str, int] = {}
        records = 0
        for line in lines:
            record = line.record
            if record is None:
                found.unread += 1
            elif line.type == "run":
                records += 1
                found.measures.run(record)
            elif line.type == "decision":
                records += 1
                found._decision(record, trained, sites)
            elif line.type == "body":
                found._body(record, trained)
            elif line.type == "end":
                found.measures.end(record)
        if not records:
            raise ConfigurationError("no line is a record of a compliance log; for example tdm-guard.jsonl")
        found.database.executescript(_KEPT)
        return found

    def _decision(self, record: Mapping[str, Any], trained: Trained | None, sites: dict[str, int]) -> None:
        stored = record.get("admitted") is True and record.get("content") is True
        used = trained is None or trained.names(record, stored=stored)
        run = self.measures.decision(record, stored=stored)
        addresses = addresses_of(record)
        if not stored:
            return
        # One whose address was forgotten, or that never had one, is an item of its own.
        about = normal_url(addresses[0]) if addresses else f"{text_of(record, 'run', 240)} {record.get('seq')}"
        archive = 0 if run is None or not run.archives else self._archive(run.archives)
        host = host_in(text_of(record, "origin", 1024)) or host_in(next(iter(addresses), None))
        named = text_of(record, "media_type", 120)
        size, stamp = record.get("bytes"), text_of(record, "ts", 40) or ""
        cursor = self.database.execute(
            "INSERT INTO items VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                blake2b(about.encode("utf-8", "backslashreplace"), digest_size=16).digest(),
                stamp if _TIME.fullmatch(stamp) else "",
                self._site(site_of(host) if host else NOWHERE, sites),
                modality_of(named),
                self._medium((named or "(not told)").lower()),
                size if is_size(size) else None,
                archive,
                _COUNTED.index(_came_to(record)),
                used,
            ),
        )
        if record.get("content_sha256") is None and (name := text_of(record, "id", 240)):
            self.database.execute("INSERT OR IGNORE INTO streamed VALUES (?, ?)", (name, cursor.lastrowid))

    def _body(self, record: Mapping[str, Any], trained: Trained | None) -> None:
        """The size and digest of a body that was streamed on after its decision."""
        name, size = text_of(record, "decision", 240) or "", record.get("bytes")
        row = self.database.execute("SELECT number FROM streamed WHERE decision = ?", (name,)).fetchone()
        if row is None:
            return
        if is_size(size):
            self.database.execute("UPDATE items SET bytes = ? WHERE number = ?", (size, row[0]))
        if trained is not None and trained.names_digest(text_of(record, "content_sha256", 64)):
            self.database.execute("UPDATE items SET used = 1 WHERE number = ?", row)

    def _site(self, site: NamedSite, known: dict[str, int]) -> int:
        if (found := known.get(site.name)) is not None:
            return found
        self.database.execute("INSERT OR IGNORE INTO sites VALUES (NULL, ?, ?)", (site.name, site.kind))
        [number] = self.database.execute("SELECT id FROM sites WHERE name = ?", (site.name,)).fetchone()
        if len(known) >= _MAX_KNOWN:
            known.clear()
        known[site.name] = number
        return int(number)

    def _medium(self, named: str) -> int:
        if named not in self.media and len(self.media) >= MAX_MEDIA:
            named = OTHER_MEDIA
        return self.media.setdefault(named, len(self.media))

    def _archive(self, archives: tuple[Archive, ...]) -> int:
        known = self.archives
        name = archives[0]
        if len(archives) > 1:
            name = Archive(", ".join(each.name for each in archives), archives[0].link)
        if name not in known and len(known) >= MAX_ARCHIVES:
            name = Archive(OTHERS)
        if name not in known:
            known.append(name)
        return known.index(name) + 1

    def amount(self, archive: int | None) -> Amount:
        """All that was collected from there; None is from everywhere."""
        return next(iter(self.by("0", archive).values()), Amount(0, 0, 0))

    def by_modality(self, archive: int | None) -> dict[str, Amount]:
        """The same by modality, those that there are, in the order of the template."""
        return {Modality(kind).word: amount for kind, amount in self.by("modality", archive).items()}

    def by_media(self, archive: int | None) -> dict[str, Amount]:
        """The same by media type, the most frequent first."""
        names = list(self.media)
        found = sorted(self.by("media", archive).items(), key=lambda item: (-item[1].items, names[item[0]]))
        return {names[number]: amount for number, amount in found}

    def by_verdict(self, archive: int | None) -> Counter[str]:
        """How many of them by verdict."""
        return Counter({_COUNTED[kind]: amount.items for kind, amount in self.by("verdict", archive).items()})

    def by(self, column: str, archive: int | None) -> dict[int, Amount]:
        """Amounts by the values of a column of ours."""
        query = f"""
            SELECT {column}, count(*), cast(total(bytes) AS INTEGER), sum(bytes IS NULL) FROM kept
            WHERE ? IS NULL OR archive = ? GROUP BY 1 ORDER BY 1
        """  # noqa: S608 - columns of ours
        with closing(self.database.execute(query, (archive, archive))) as rows:
            return {key: Amount(*rest) for key, *rest in rows}

    def period(self, archive: int | None) -> tuple[str | None, str | None]:
        """The first and the last time at which content was handed on."""
        query = "SELECT min(ts), max(ts) FROM items WHERE used AND ts <> '' AND (? IS NULL OR archive = ?)"
        [(first, last)] = self.database.execute(query, (archive, archive))
        return first, last

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """What a query of ours finds."""
        with closing(self.database.execute(query, values)) as found:
            yield from found

    def close(self) -> None:
        """Gives the space back."""
        self.database.close()


def _came_to(record: Mapping[str, Any]) -> str:
    """The verdict of what was stored, or that a list excludes its site, with or without a reservation."""
    verdict = record.get("verdict")
    if verdict not in _VERDICTS:
        return "unknown"
    if not Verdict(verdict).withholds or not exclusions(record):
        return Verdict(verdict).value
    return EXCLUDED if is_excluded_alone(record) else EXCLUDED_TOO
