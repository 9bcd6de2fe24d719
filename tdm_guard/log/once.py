"""
Lines of logs that may be given twice: each record once, and whether `verify` would refuse what was read.

strategy: a private database (`log.scratch`) keeps a digest of every record that was met, so that memory
does not grow with the log.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from tdm_guard.errors import ConfigurationError
from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.log.checks.finding import Finding, LogSeverity
from tdm_guard.log.latest import addresses_of
from tdm_guard.log.members import text_of
from tdm_guard.log.scratch import scratch
from tdm_guard.log.verify import Verification

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from tdm_guard.log.reader import LogLine

_ADD = """
    INSERT INTO seen VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = value | excluded.value
    WHERE value <> value | excluded.value
"""


class Once:
    """
    Hands lines on, but each decision once, by its run and number.

    `repeated` counts those left out that are the same byte for byte, `contradicting` those that say otherwise than the
    one before under their number. `errors` are what `verify` finds wrong with the logs, `first` is the first of these.
    """

    def __init__(self) -> None:
        self.repeated = 0
        self.contradicting = 0
        self.first: Finding | None = None
        self._verification = Verification()
        self._seen = scratch("CREATE TABLE seen (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")

    @property
    def errors(self) -> int:
        """What `verify` would find wrong."""
        return self._verification.errors

    def lines(self, lines: Iterable[LogLine]) -> Iterator[LogLine]:
        """The lines, once each. Raises `ConfigurationError` at their end if none is a record of ours."""
        records = 0
        for line in lines:
            records += line.type in {"decision", "run"}
            known = self._known(line)
            if known != line.raw:
                self._note(self._verification.look(line))
            if known is None:
                yield line
            elif line.type == "decision":
                self.repeated += known == line.raw
                self.contradicting += known != line.raw
        self._note(self._verification.close())
        if not records:
            raise ConfigurationError("no line is a record of a compliance log; for example tdm-guard.jsonl")

    def _known(self, line: LogLine) -> bytes | None:
        """None for what is new; else the line itself if it is the same as before, or nothing if it is another."""
        record = line.record
        if record is None:
            return None
        digest = blake2b(line.raw, digest_size=16).digest()
        run, seq = text_of(record, "run", 240), record.get("seq")
        key = digest
        if line.type == "decision":
            if not run or not isinstance(seq, int):
                return None
            key = blake2b(f"{run}\n{seq}".encode("utf-8", "backslashreplace"), digest_size=16).digest()
        found = self._seen.execute("SELECT value FROM seen WHERE key = ?", (key,)).fetchone()
        if found is None:
            self._seen.execute("INSERT INTO seen VALUES (?, ?)", (key, digest))
            return None
        return line.raw if found[0] == digest else b""

    def _note(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if finding.severity is LogSeverity.ERROR and self.first is None:
                self.first = finding

    def close(self) -> None:
        """Gives the space back."""
        self._seen.close()


class Addresses:
    """How many addresses decisions are about, by up to eight kinds of them."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self._kinds = kinds
        self._seen = scratch("CREATE TABLE seen (key BLOB PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID")

    def add(self, record: Mapping[str, Any], kinds: Iterable[bool]) -> None:
        """A decision that is of each kind that is true. The spellings of an address are one, as in `log.latest`."""
        bits = sum(1 << number for number, is_one in enumerate(kinds) if is_one)
        for address in addresses_of(record)[:1]:
            key = blake2b(normal_url(address).encode("utf-8", "backslashreplace"), digest_size=16).digest()
            self._seen.execute(_ADD, (key, bits))

    def counts(self) -> dict[str, int]:
        """The number of different addresses of each kind."""
        columns = ", ".join(f"total(value >> {number} & 1)" for number in range(len(self._kinds)))
        [row] = self._seen.execute(f"SELECT {columns} FROM seen")  # noqa: S608 - numbers of ours
        return {kind: int(count) for kind, count in zip(self._kinds, row, strict=True)}

    def close(self) -> None:
        """Gives the space back."""
        self._seen.close()
