"""
Private SQLite databases that the system deletes with the process.

One stays in memory while it is small and goes to the disk when it is not.
"""

from __future__ import annotations

import sqlite3

CACHE_KIB = 32 * 1024  # of the database in memory; what is more goes to the disk


def scratch(tables: str) -> sqlite3.Connection:
    """A private database of these tables, which goes with the process."""
    database = sqlite3.connect("", isolation_level=None)
    database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    database.execute("PRAGMA journal_mode = OFF")
    database.executescript(tables)
    database.execute("BEGIN")  # one for all: by themselves, writes cost a hundred times as much
    return database
