"""`recheck --undetermined`: what is worth crawling again. It asks nobody, so it needs no network client."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import typer

from tdm_guard.cli.console import counted
from tdm_guard.cli.logs import readable, redacted, unread
from tdm_guard.log.latest import Latest, addresses_of, is_redacted
from tdm_guard.log.members import text_of
from tdm_guard.log.reader import read_log
from tdm_guard.model import Verdict
from tdm_guard.plain import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def undetermined(paths: Sequence[str]) -> int:
    """Prints the addresses whose latest decision is undetermined, as they were asked for, one a line."""
    readable(paths)
    with closing(Latest.of(counted(read_log(paths), "lines"), _is_undetermined)) as latest:
        left_out = 0
        for record in latest:
            address = text_of(record, "url", 65_536) or addresses_of(record)[0]
            if is_redacted(address):
                left_out += 1
            else:
                typer.echo(printable(address))
        unread(latest)
        redacted(left_out)
    return 0


def _is_undetermined(record: Mapping[str, Any]) -> bool:
    return record.get("verdict") == Verdict.UNDETERMINED
