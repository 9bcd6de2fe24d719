"""
What decisions have in common: the compact form of records read back whole.

strategy: what was read last is held parsed, within a bound; what is older goes to a private database on the disk.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tdm_guard.log.scratch import scratch

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

MAX_HELD = 2048  # parsed, some 8 KB each: the origins that several runs worked on at one time
_BEFORE = ("type", "v", "run", "seq", "id", "ts", "url", "final_url")
_BEHIND = ("bytes", "content_sha256", "cached", "hops", "repertoire", "stored", "prev", "hash")
_OWN = frozenset((*_BEFORE, *_BEHIND))
_UNKNOWN = "what it has in common with other decisions stands in no record before it"


class Commons:
    """The common records met so far; makes decisions that refer to them whole."""

    def __init__(self) -> None:
        self._held: dict[str, Mapping[str, Any]] = {}
        self._older: sqlite3.Connection | None = None

    def whole(self, record: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, str | None]:
        """The record as the full form has it; or a problem, where what it refers to is not known."""
        kind = record.get("type")
        if kind == "decision" and "common" in record:
            members = self.members(record["common"])
            return (None, _UNKNOWN) if members is None else (full(record, members), None)
        if kind == "common":
            name, members = record.get("hash"), record.get("members")
            if isinstance(name, str) and isinstance(members, dict) and _OWN.isdisjoint(members):
                self._hold(name, members)
        return record, None

    def _hold(self, name: str, members: Mapping[str, Any]) -> None:
        if len(self._held) >= MAX_HELD:
            oldest = next(iter(self._held))
            if self._older is None:
                self._older = scratch("CREATE TABLE older (name TEXT PRIMARY KEY, members TEXT NOT NULL)")
            self._older.execute(
                "INSERT OR REPLACE INTO older VALUES (?, ?)", (oldest, json.dumps(self._held.pop(oldest)))
            )
        self._held[name] = members

    def members(self, name: object) -> Mapping[str, Any] | None:
        """What decisions have in common that refer to the record with this hash; None if it is not known."""
        if not isinstance(name, str):
            return None
        found = self._held.get(name)
        if found is None and self._older is not None:
            row = self._older.execute("SELECT members FROM older WHERE name = ?", (name,)).fetchone()
            if row is not None:
                found = json.loads(row[0])
                self._hold(name, found)
        return found

    def close(self) -> None:
        """Gives the space back."""
        if self._older is not None:
            self._older.close()


def full(record: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    """A decision of the compact form in the full one, with the members that it has in common with others."""
    usual: dict[str, Any] = {} if "personal" in record else {"url": None, "final_url": record.get("url"), "hops": []}
    filled = {"id": f"{record.get('run')}-{record.get('seq')}", **usual, **record}
    before = {name: filled[name] for name in _BEFORE if name in filled}
    behind = {name: filled[name] for name in _BEHIND if name in filled}
    rest = {name: value for name, value in filled.items() if name not in _OWN and name != "common"}
    return {**before, **members, **rest, **behind}
