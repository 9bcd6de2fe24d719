"""What stands apart from a decision, in LOG.personal: a line for each, with a salt and the members as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.compressed import DAMAGED, open_log
from tdm_guard.log.personal import side_of
from tdm_guard.log.reader import MAX_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable

_MEMBERS = b',"members":'


def personal_of(logs: Iterable[str], run: str, seq: int) -> dict[str, str] | None:
    """
    Salt and members of a decision, these as they are spelt beside the logs; None where nothing stands apart.

    Raises `ConfigurationError` if such a file cannot be read.
    """
    named = b'"seq":%d,' % seq
    for path in filter(None, map(side_of, logs)):
        try:
            with open_log(path) as file:
                while line := file.readline(MAX_LINE):
                    if named in line and (found := _read(line, run, seq)) is not None:
                        return found
        except DAMAGED as error:
            raise ConfigurationError(f"{path!r} cannot be read: {error}") from error
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
