"""
Logs as tables of SQLite, for questions of one's own: the schema of `export --sqlite` (`docs/sinks.md`).

strategy: rows go in as records are read, in one transaction, and what has to be looked up again is asked of the
database, so that memory does not grow with the logs. The log stays the proof: each decision says in which line of which
file its record stands.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from tdm_guard.log.members import entries, is_size, text_of
from tdm_guard.log.record import TOOL
from tdm_guard.reports.spelling import in_table
from tdm_guard.reports.summary import host_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tdm_guard.log.reader import LogLine

SCHEMA_VERSION = 1
CACHE_KIB = 32 * 1024  # of the database in memory
MAX_TEXT = 65_536  # characters of an address or of words
MAX_ENTRIES = 10_000  # of one kind in a record; a record with a thousand is rare
MAX_SAID = 4096  # characters that are said of a document which is kept in mind
MAX_KNOWN = 4096  # documents whose numbers are kept in mind: those of the sites a crawl works on at one time

TABLES = """
CREATE TABLE export (schema INTEGER NOT NULL, tool TEXT NOT NULL);
CREATE TABLE logs (number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE runs (
    run TEXT PRIMARY KEY, began_at TEXT, ended_at TEXT, tool TEXT, agent TEXT, posture TEXT, mode TEXT, operator TEXT,
    usages TEXT, signals TEXT, config_sha256 TEXT, repertoire TEXT, excluded_sites TEXT, task TEXT,
    resumes TEXT
);
CREATE TABLE totals (run TEXT, verdict TEXT, decisions INTEGER, PRIMARY KEY (run, verdict)) WITHOUT ROWID;
CREATE TABLE decisions (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE, run TEXT, seq INTEGER, ts TEXT, url TEXT, final_url TEXT, origin TEXT,
    host TEXT, verdict TEXT, admitted INTEGER, enforced INTEGER, stage TEXT, usages TEXT, authorisations TEXT,
    status INTEGER, content INTEGER, authenticated INTEGER, media_type TEXT, bytes INTEGER, content_sha256 TEXT,
    cached INTEGER, hops TEXT, repertoire TEXT, stored TEXT, hash TEXT, log INTEGER REFERENCES logs, line INTEGER
);
CREATE TABLE statements (
    decision INTEGER REFERENCES decisions, place INTEGER, kind TEXT, signal TEXT, carrier TEXT, usages TEXT,
    stance TEXT, layer TEXT, source TEXT, locator TEXT, excerpt TEXT, sha256 TEXT, retrieved_at TEXT,
    rightsholder TEXT, policy_url TEXT, contact TEXT, terms TEXT, match_key TEXT, match_value TEXT,
    match_strength TEXT, doubt TEXT, repair TEXT, PRIMARY KEY (decision, place)
) WITHOUT ROWID;
CREATE TABLE faults (
    decision INTEGER REFERENCES decisions, place INTEGER, signal TEXT, message TEXT, carrier TEXT, source TEXT,
    locator TEXT, excerpt TEXT, PRIMARY KEY (decision, place)
) WITHOUT ROWID;
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, document TEXT, result TEXT, status INTEGER, retrieved_at TEXT, sha256 TEXT
);
CREATE INDEX documents_by_document ON documents (document, retrieved_at);
CREATE TABLE checked (
    decision INTEGER REFERENCES decisions, document INTEGER REFERENCES documents, cached INTEGER,
    PRIMARY KEY (decision, document)
) WITHOUT ROWID;
CREATE TABLE bodies (
    decision INTEGER PRIMARY KEY REFERENCES decisions, ts TEXT, bytes INTEGER, content_sha256 TEXT, complete INTEGER
);
CREATE TABLE unread (log INTEGER REFERENCES logs, line INTEGER, problem TEXT);
"""
INDEXES = """
CREATE INDEX decisions_by_verdict ON decisions (verdict, host);
CREATE INDEX decisions_by_host ON decisions (host);
CREATE INDEX decisions_by_url ON decisions (url);
CREATE INDEX decisions_by_final_url ON decisions (final_url);
CREATE INDEX decisions_by_time ON decisions (ts);
CREATE INDEX decisions_by_digest ON decisions (content_sha256);
CREATE INDEX statements_by_signal ON statements (signal, stance);
CREATE INDEX statements_by_rightsholder ON statements (rightsholder);
CREATE INDEX checked_by_document ON checked (document);
CREATE VIEW received AS
    SELECT number AS decision, coalesce(bodies.bytes, decisions.bytes) AS bytes,
        coalesce(bodies.content_sha256, decisions.content_sha256) AS content_sha256, coalesce(complete, 1) AS complete
    FROM decisions LEFT JOIN bodies ON bodies.decision = decisions.number WHERE admitted AND content;
"""
_DECISION = {
    "id": "text", "run": "text", "seq": "size", "ts": "text", "url": "text", "final_url": "text", "origin": "text",
    "verdict": "text", "admitted": "flag", "enforced": "flag", "stage": "text", "usages": "json",
    "authorisations": "json", "status": "size", "content": "flag", "authenticated": "flag", "media_type": "text",
    "bytes": "size", "content_sha256": "text", "cached": "flag", "hops": "json", "repertoire": "text",
    "stored": "json", "hash": "text",
}  # fmt: skip
_STATEMENT = {
    "kind": "text", "signal": "text", "carrier": "text", "usages": "json", "stance": "text", "layer": "text",
    "source": "text", "locator": "text", "excerpt": "text", "sha256": "text", "retrieved_at": "text",
    "rightsholder": "text", "policy_url": "text", "contact": "text", "terms": "text", "doubt": "text", "repair": "text",
}  # fmt: skip
_RUN = {
    "tool": "text", "agent": "text", "posture": "text", "mode": "text", "operator": "json", "usages": "json",
    "signals": "json", "config_sha256": "text", "repertoire": "json", "excluded_sites": "json",
    "task": "text", "resumes": "json",
}  # fmt: skip
_FAULT = dict.fromkeys(("signal", "message", "carrier", "source", "locator", "excerpt"), "text")
_DOCUMENT = {"document": "text", "result": "text", "status": "size", "retrieved_at": "text", "sha256": "text"}
_BODY = {"ts": "text", "bytes": "size", "content_sha256": "text", "complete": "flag"}
Row = dict[str, Any]


class Tables:
    """A database at `path`, which must not be there yet; `close` alone leaves it without what it needs to be asked."""

    def __init__(self, path: Path) -> None:
        self.decisions = 0
        self.runs = 0
        self.unread = 0
        self.strange = 0  # decisions with the id of another one
        self._logs: dict[str, int] = {}
        self._documents: dict[str, int] = {}  # by what is said of them
        self._database = database = sqlite3.connect(path, isolation_level=None)
        for pragma in (f"cache_size = -{CACHE_KIB}", "journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"):
            database.execute(f"PRAGMA {pragma}")  # it is written beside, and is nothing before it is whole
        database.executescript(TABLES)
        database.execute("BEGIN")
        database.execute("INSERT INTO export VALUES (?, ?)", (SCHEMA_VERSION, TOOL))

    def add(self, line: LogLine) -> None:
        """A line of a log."""
        record = line.record
        if record is None:
            self.unread += 1
            self._insert("unread", {"log": self._log(line), "line": line.number, "problem": line.problem})
        elif line.type == "decision":
            self._decision(line, record)
        elif line.type == "run":
            self._run(record)
        elif line.type == "body":
            self._body(record)
        elif line.type == "end":
            self._end(record)

    def finish(self) -> None:
        """Makes the indexes."""
        self._database.execute("COMMIT")
        self._database.executescript(INDEXES)
        self._database.execute("PRAGMA optimize")

    def close(self) -> None:
        """Gives the file back."""
        self._database.close()

    def _insert(self, table: str, row: Row, *, conflict: str = "") -> sqlite3.Cursor:
        return self._database.execute(_insertion(table, tuple(row), conflict), tuple(map(in_table, row.values())))

    def _log(self, line: LogLine) -> int:
        number = self._logs.get(line.path)
        if number is None:
            number = self._logs[line.path] = self._insert("logs", {"path": line.path}).lastrowid or 0
        return number

    def _decision(self, line: LogLine, record: Mapping[str, Any]) -> None:
        row = _row(record, _DECISION)
        row.update(host=host_of(record), log=self._log(line), line=line.number)
        cursor = self._insert("decisions", row, conflict="OR IGNORE")
        if not cursor.rowcount:
            self.strange += 1
            return
        self.decisions += 1
        number = cursor.lastrowid or 0
        for place, entry in enumerate(entries(record, "because")[:MAX_ENTRIES]):
            said = _row(entry, _STATEMENT)
            match = entry.get("match")
            for member in ("key", "value", "strength"):
                said[f"match_{member}"] = text_of(match, member, MAX_TEXT) if isinstance(match, dict) else None
            self._insert("statements", {"decision": number, "place": place, **said})
        for place, entry in enumerate(entries(record, "faults")[:MAX_ENTRIES]):
            self._insert("faults", {"decision": number, "place": place, **_row(entry, _FAULT)})
        looked = entries(record, "checked")[:MAX_ENTRIES]
        checked = [(number, self._document(entry), _flag(entry.get("cached"))) for entry in looked]
        if checked:
            text = _insertion("checked", ("decision", "document", "cached"), "OR IGNORE")
            self._database.executemany(text, checked)

    def _document(self, entry: Mapping[str, Any]) -> int:
        """The number of a document as it was read once; the decisions of an origin share it."""
        said = repr([entry.get(name) for name in _DOCUMENT])
        number = self._documents.get(said)
        if number is None:
            row = _row(entry, _DOCUMENT)
            key = tuple(map(in_table, row.values()))
            where = " AND ".join(f"{name} IS ?" for name in row)
            found = self._database.execute(f"SELECT number FROM documents WHERE {where}", key).fetchone()  # noqa: S608
            number = found[0] if found else self._insert("documents", row).lastrowid or 0
            if len(self._documents) >= MAX_KNOWN:
                self._documents.clear()
            if len(said) <= MAX_SAID:
                self._documents[said] = number
        return number

    def _run(self, record: Mapping[str, Any]) -> None:
        self.runs += 1
        row = {"run": text_of(record, "run", 240), "began_at": text_of(record, "ts", 40), **_row(record, _RUN)}
        self._insert("runs", row, conflict="OR IGNORE")

    def _body(self, record: Mapping[str, Any]) -> None:
        name = in_table(text_of(record, "decision", 240))
        found = self._database.execute("SELECT number FROM decisions WHERE id = ?", (name,)).fetchone()
        if found:
            self._insert("bodies", {"decision": found[0], **_row(record, _BODY)}, conflict="OR IGNORE")

    def _end(self, record: Mapping[str, Any]) -> None:
        run = in_table(text_of(record, "run", 240))
        self._database.execute(
            "UPDATE runs SET ended_at = ? WHERE run IS ?", (in_table(text_of(record, "ts", 40)), run)
        )
        totals = record.get("totals")
        for verdict, count in list(totals.items())[:MAX_ENTRIES] if isinstance(totals, dict) else ():
            row = {"run": run, "verdict": verdict[:MAX_TEXT], "decisions": count if is_size(count) else None}
            self._insert("totals", row, conflict="OR IGNORE")


@cache
def _insertion(table: str, columns: tuple[str, ...], conflict: str) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT {conflict} INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names of ours


def _row(record: Mapping[str, Any], columns: Mapping[str, str]) -> Row:
    """The members of a record that are what they should be; what is not is NULL."""
    row: Row = {}
    for name, kind in columns.items():
        value = record.get(name)
        if kind == "text":
            row[name] = text_of(record, name, MAX_TEXT)
        elif kind == "size":
            row[name] = value if is_size(value) else None
        elif kind == "flag":
            row[name] = _flag(value)
        else:
            row[name] = None if value is None else json.dumps(value)
    return row


def _flag(value: object) -> int | None:
    return int(value) if isinstance(value, bool) else None


def discard(path: Path) -> None:
    """Takes a database away that did not become whole."""
    with suppress(OSError):
        path.unlink()
