"""The end of a run: with the last that is closed, or forgotten."""

from __future__ import annotations

import contextlib
import logging
import weakref

from tdm_guard._clients.session import Session
from tdm_guard._clients.tally import Tally
from tdm_guard.errors import LogError
from tdm_guard.guard import Guard

_logger = logging.getLogger("tdm_guard")


class Ending:
    """
    One of those with whose closing a session's run may end; `end` may be called again.

    `owner`: when it is forgotten, or the program exits, the end is written too.
    """

    __slots__ = ("_open", "_session")

    def __init__(self, session: Session, owner: object | None = None) -> None:
        self._session = session
        self._open = True
        session.open += 1
        if owner is not None:
            weakref.finalize(owner, _forgotten, session.guard, session.tallies)

    def end(self) -> None:
        """Ends the run, if this was the last that was open: should the log fail then, nothing is left open."""
        if self._open:
            self._open = False
            session = self._session
            session.open -= 1
            if session.open == 0:
                guard = session.guard
                told = [guard.totals[name] for name in ("admitted", "withheld", "failed")]
                _logger.info("%d admitted, %d withheld, %d failed; log: %s", *told, guard.log.told)
                _end_run(guard, session.tallies)


def _end_run(guard: Guard, tallies: set[Tally]) -> None:
    """Records what came of the bodies that are still being handed on, then ends the run."""
    try:
        while tallies:
            for tally in list(tallies):
                tally.end(complete=False)
    finally:
        guard.end()


def _forgotten(guard: Guard, tallies: set[Tally]) -> None:
    with contextlib.suppress(LogError):  # nobody is left to tell; a log without its end record says it itself
        _end_run(guard, tallies)
