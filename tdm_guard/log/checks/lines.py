"""Lines of logs as bytes: whoever needs their records asks for them, line by line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.errors import ConfigurationError
from tdm_guard.log import reader
from tdm_guard.log.reader import LogLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_STRANGE = 100  # lines that a file may begin with before one is a record; a log has its first in the first or second


class RawLine(NamedTuple):
    """A line without its newline; `whole` is False if the file ends before the newline."""

    path: str
    number: int
    raw: bytes
    whole: bool
    problem: str | None = None
