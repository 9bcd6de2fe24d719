"""`report --template`: what authorities ask of whoever trained on what was collected, as far as logs know."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from tdm_guard.cli.console import counted
from tdm_guard.cli.logs import answer, heading, no_log, readable
from tdm_guard.errors import ConfigurationError
from tdm_guard.log.once import Once
from tdm_guard.log.reader import read_log
from tdm_guard.plain import timestamp
from tdm_guard.reports.filters import Chosen, Filters
from tdm_guard.reports.remarks import Remarks
from tdm_guard.reports.templates import ab2013, art53
from tdm_guard.reports.templates.collected import Collected
from tdm_guard.reports.templates.form_page import FORMATS, render
from tdm_guard.reports.templates.trained import Trained

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tdm_guard.reports.templates.form import Form

TEMPLATES: dict[str, Callable[..., Form]] = {art53.KEY: art53.art53, ab2013.KEY: ab2013.ab2013}


def fill_in(
    paths: Sequence[str],
    name: str,
    *,
    style: str | None,
    output: Path | None,
    filters: Filters,
    trained: Path | None = None,
    sme: bool = False,
) -> None:
    """Writes the template of this name, as far as the logs know, to `output` or stdout."""
    if name not in TEMPLATES:
        raise ConfigurationError(f"--template: {name!r} is not one of {', '.join(TEMPLATES)}")
    if style is not None and style not in FORMATS:
        raise ConfigurationError(f"--format: {style!r} is not one of {', '.join(FORMATS)}, with --template")
    readable(paths)
    no_log(output, paths)
    chosen = Chosen(filters)
    with ExitStack() as held:
        named = held.enter_context(closing(Trained(trained))) if trained is not None else None
        once = held.enter_context(closing(Once()))
        lines = chosen.lines(once.lines(counted(read_log(paths), "lines")))
        collected = held.enter_context(closing(Collected.of(lines, named)))
        chosen.check()
        said = Remarks.on(once, chosen)
        collected.measures.forgotten = said.forgotten
        facts: dict[str, Any] = {"made_at": timestamp(datetime.now(UTC)), "trained": named, "sme": sme}
        form = TEMPLATES[name](collected, **facts)
        form = replace(form, remarks=(*filter(None, (said.warning, *said.notes, said.choice)), *form.remarks))
        answer(chain(heading(said, text=False), render(form, style or "markdown")), output)
