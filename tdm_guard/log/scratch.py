"""
Private SQLite databases that the system deletes with the process.

One stays in memory while it is small and goes to the disk when it is not.
"""

from __future__ import annotations

import sqlite3

CACHE_KIB = 32 * 1024  # of the database in memory; what is more goes to the disk


def scratch(tables: str, *, shared: bool = False) -> sqlite3.Connection:
    """A private database of these tables, which goes with the process; `shared` by threads that take turns."""
    database = sqlite3.connect("", isolation_level=None, check_same_thread=not shared)
    database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    database.execute("PRAGMA journal_mode = OFF")
    database.executescript(tables)
    database.execute("BEGIN")  # one for all: by themselves, writes cost a hundred times as much
    return database
