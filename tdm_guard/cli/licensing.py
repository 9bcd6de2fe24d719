"""`licences`: whom to ask for what was withheld."""

from __future__ import annotations

from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Any

from tdm_guard.cli.console import counted
from tdm_guard.cli.logs import answer, heading, no_log, readable, unread
from tdm_guard.holdings import load_contacts
from tdm_guard.log.latest import Latest
from tdm_guard.log.once import Once
from tdm_guard.log.reader import read_log
from tdm_guard.reports import worklist_page
from tdm_guard.reports.exemption import is_exempt
from tdm_guard.reports.filters import Chosen
from tdm_guard.reports.remarks import Remarks
from tdm_guard.reports.worklist import is_wanting, worklist

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tdm_guard.reports.filters import Filters


def licences(
    paths: Sequence[str], *, style: str, output: Path | None, filters: Filters, contacts: Sequence[str] = ()
) -> None:
    """Writes whom to ask for licences to `output` or stdout. Of each item the latest decision counts."""
    yours = load_contacts(contacts)
    readable(paths)
    no_log(output, paths)
    chosen = Chosen(filters)
    with closing(Once()) as once:
        lines = chosen.lines(once.lines(counted(read_log(paths), "lines")), of_kind=False)
        with closing(Latest.of(lines, _is_listed, some=True)) as latest:
            chosen.check()
            found = worklist(filter(chosen.wants, counted(latest, "items")), yours)
            remarks = Remarks.on(once, chosen)
            head = heading(remarks, text=style == "text")
            answer(chain(head, worklist_page.render(found, style, forgotten=remarks.forgotten)), output)
            unread(latest)


def _is_listed(record: Mapping[str, Any]) -> bool:
    return is_wanting(record) or is_exempt(record)
