"""What stands apart from a decision, in LOG.personal: a line for each, with a salt and the members as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tdm_guard.log.reader import MAX_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_MEMBERS = b',"members":'


def personal_of(files: Iterable[Path], run: str, seq: int) -> dict[str, str] | None:
    """Salt and members of a decision, these as they are spelt there; None where nothing stands apart."""
    named = b'"seq":%d,' % seq
    for path in files:
        if not path.is_file():
            continue
        with path.open("rb") as file:
            while line := file.readline(MAX_LINE):
                if named in line and (found := _read(line, run, seq)) is not None:
                    return found
    return None


def _read(line: bytes, run: str, seq: int) -> dict[str, str] | None:
    try:
        record = json.loads(line)
        members = line[line.index(_MEMBERS) + len(_MEMBERS) :].rstrip().removesuffix(b"}").decode()
    except ValueError:  # torn by a crash
        return None
    if not isinstance(record, dict) or (record.get("run"), record.get("seq")) != (run, seq):
        return None
    salt = record.get("salt")
    return {"salt": salt, "members": members} if isinstance(salt, str) else None
