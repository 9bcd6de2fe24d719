"""
Several processes for the files of a scan, the largest file first, so that none is left with it at the end.

A process that dies is followed by another one, which goes on with its file where the log ends; once for each file.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from tdm_guard.archives.sources import PolicySource
from tdm_guard.cli.scan_job import Done, Job, Report, scan_one
from tdm_guard.errors import TdmGuardError

_TRIES = 2  # of one file: who dies of it twice will die again


@dataclass(slots=True)
class _Hand:
    process: BaseProcess
    connection: Connection
    number: int = -1


def scan_all(
    job: Job, sources: tuple[PolicySource, ...], workers: int, report: Report
) -> Iterator[tuple[int, Done | str]]:
    """What came of each file, by its number, in any order; words where it could not be judged."""
    crew = _Crew(job, sources, report)
    try:
        for _ in range(workers):
            crew.begin()
        while crew.hands:
            for ready in wait(list(crew.hands)):
                if (found := crew.heard(crew.hands[ready])) is not None:  # type: ignore[index] # all are connections
                    yield found
    finally:
        crew.end()


class _Crew:
    """Who works, and what is due."""

    def __init__(self, job: Job, sources: tuple[PolicySource, ...], report: Report) -> None:
        self.hands: dict[Connection, _Hand] = {}
        self._job, self._sources, self._report = job, sources, report
        self._context = mp.get_context("spawn")
        self._processes: list[BaseProcess] = []
        self._due = deque(sorted(range(len(job.paths)), key=lambda number: -_size(job.paths[number])))
        self._tries: Counter[int] = Counter()

    def begin(self) -> None:
        """Another process, if anything is due."""
        if not self._due:
            return
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, self._job, self._sources), daemon=True)
        process.start()
        theirs.close()
        self._processes.append(process)
        self.hands[ours] = _Hand(process, ours)
        self._give(self.hands[ours])

    def heard(self, hand: _Hand) -> tuple[int, Done | str] | None:
        """What a process says: that a file is done, or something to report; or nothing any more."""
        number = hand.number
        try:
            kind, said = hand.connection.recv()
        except (EOFError, OSError):
            return self._lost(hand)
        if kind == "done":
            self._give(hand)
            return number, said
        self._report(kind, said)
        return None

    def _give(self, hand: _Hand) -> None:
        """The next file for a process that has none; without one it goes."""
        hand.number = self._due.popleft() if self._due else -1
        if hand.number >= 0:
            self._tries[hand.number] += 1
        else:
            del self.hands[hand.connection]
        with suppress(OSError):  # it has died, which shows when it is listened to
            hand.connection.send((hand.number, self._tries[hand.number] > 1))

    def _lost(self, hand: _Hand) -> tuple[int, str] | None:
        """A process has died: another one goes on with its file, once."""
        hand.process.join()
        del self.hands[hand.connection]
        code = hand.process.exitcode or 0
        cause = f"signal {-code}" if code < 0 else f"exit code {code}"
        again = self._tries[hand.number] < _TRIES
        if again:
            self._due.appendleft(hand.number)
            words = f"the process for it died ({cause}); another one goes on where it was"
            self._report("told", f"{self._job.paths[hand.number]}: {words}")
        self.begin()
        return None if again else (hand.number, f"the process for it died again ({cause}): it is not judged whole")

    def end(self) -> None:
        """Nobody works any more."""
        for hand in self.hands.values():
            hand.process.terminate()
        for process in self._processes:
            process.join()


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - as it was given
    except OSError:
        return 0  # it is named when it is read


def _work(connection: Connection, job: Job, sources: tuple[PolicySource, ...]) -> None:
    """A process of the crew: takes numbers of files, gives what came of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who began it ends it

    def report(kind: str, said: Any) -> None:
        try:
            connection.send((kind, said))
        except OSError:  # nobody listens any more
            os._exit(1)

    while True:
        try:
            number, again = connection.recv()
        except (EOFError, OSError):
            return
        if number < 0:
            return
        try:
            done: Done | str = scan_one(job, number, sources, report, again=again)
        except (TdmGuardError, OSError) as error:
            done = str(error)
        report("done", done)
