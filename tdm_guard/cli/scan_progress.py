"""What a scan says on stderr while it goes on: damage, and on a terminal how far it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from time import monotonic
from typing import Any

import typer

from tdm_guard.archives import Damage
from tdm_guard.cli.console import say
from tdm_guard.cli.scan_job import MAX_TOLD


class Progress:
    """Words on stderr: damage, and, on a terminal, how far it is, how fast, and how long it will take."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = {path: number for number, path in enumerate(paths)}
        self._sizes = [_size(path) for path in paths]
        self._met: dict[int, int] = {}
        self._at: dict[int, int] = {}
        self._shown = False
        self._live = sys.stderr.isatty()
        self._began = monotonic()
        self._policies = 0
        self.damaged = 0  # places in archives of policies

    def number(self, path: str) -> int:
        """The number of a file."""
        return self._paths[path]

    def report(self, kind: str, said: Any) -> None:
        """Takes in what `scan_one` reports."""
        if kind == "told":
            self.say(said)
            return
        number, met, place = said
        self._met[number] = met
        if place is not None:
            self._at[number] = min(place, self._sizes[number])
        self._show()

    def finished(self, number: int, met: int) -> None:
        """All of a file was judged."""
        self._met[number] = met
        self._at[number] = self._sizes[number]
        self._show()

    def ticked(self) -> None:
        """A record of an archive of policies was read."""
        self._policies += 1
        if self._live and self._policies % 4096 == 0:
            self._line(f"{self._policies:,} records read for policies …")

    def damage(self, damage: Damage, *, policies: bool) -> None:
        """Damage in an archive of policies."""
        self.damaged += policies
        if self.damaged <= MAX_TOLD:
            self.say(f"{damage.file}, at {damage.offset}: {damage.what}")

    def say(self, message: str) -> None:
        """A line of its own."""
        self.clear()
        say(message)

    def clear(self) -> None:
        """Takes the line away that says how far it is."""
        if self._shown:
            typer.echo("\r\x1b[K", nl=False, err=True)
            self._shown = False

    def _show(self) -> None:
        if self._live:
            gone = max(monotonic() - self._began, 0.001)
            self._line(progress_line(sum(self._met.values()), sum(self._at.values()), sum(self._sizes), gone))

    def _line(self, text: str) -> None:
        self._shown = True
        typer.echo(f"\r\x1b[K{text}", nl=False, err=True)


def progress_line(met: int, read: int, size: int, gone: float) -> str:
    """How many there were in so many seconds, how fast, and how long it will take, by the bytes that were read."""
    words = f"{met:,} records, {met / gone:,.0f} a second"
    if not read or not size:
        return words
    left = round(gone * (size - read) / read)
    hours, minutes = divmod(left // 60, 60)
    return f"{words}, {100 * read // size} %, {hours}:{minutes:02d}:{left % 60:02d} left"


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - as it was given
    except OSError:
        return 0
