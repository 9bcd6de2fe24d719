"""
Hands what was logged to the sinks of a run, beside it: whatever a sink does, the crawl goes on as it would without.

strategy: each sink has a thread and a queue of its own. Whoever logs puts what was written into the queues and waits
for nobody; what finds a queue full is dropped for that sink, and counted. So a slow sink holds up no other.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from queue import Empty, Full, Queue

from tdm_guard.decision import Decision
from tdm_guard.log.sink import Body, End, NamedSink, Sink, name_of
from tdm_guard.plain import told

MAX_WAITING = 10_000  # of one sink, some 1 KB each: a minute of a fast crawl
MAX_FAILURES = 100  # in a row, after which a sink is not called any more: it will not mend by itself
END_SECONDS = 5.0  # that sinks have together to take what is waiting when the run ends
FAILED, DROPPED = "sink/failed", "sink/dropped"
_logger = logging.getLogger("tdm_guard")
_Call = Callable[[], None]


class Outlet:
    """
    The sinks of a run; `totals` counts calls that failed and what was dropped.

    Raises `ConfigurationError` for a sink that cannot be made.
    """

    def __init__(self, sinks: Iterable[Sink | NamedSink], totals: Counter[str]) -> None:
        made = [(name_of(sink), sink.made() if isinstance(sink, NamedSink) else sink) for sink in sinks]
        self._lines = [_Line(name, sink, self._count) for name, sink in made]
        self._totals = totals
        self._counting = threading.Lock()
        totals[FAILED] = totals[DROPPED] = 0  # so that no key is new while somebody goes through them

    def decision(self, decision: Decision) -> None:
        """A decision that was logged. Each sink has one of its own: nobody changes another's."""
        for line in self._lines:
            outcome = replace(decision.outcome, usages=dict(decision.outcome.usages))
            line.put(partial(line.sink.decision, decision._replace(outcome=outcome)))

    def body(self, body: Body) -> None:
        """A body record that was written."""
        for line in self._lines:
            line.put(partial(line.sink.body, body))

    def failed(self, run: str) -> None:
        """A download that failed, for those who want to know."""
        for line in self._lines:
            if (hear := getattr(line.sink, "failed", None)) is not None:
                line.put(partial(hear, run))

    def end(self, end: End) -> None:
        """The run is over; waits a short time for what the sinks still have to take."""
        until = time.monotonic() + END_SECONDS
        for line in self._lines:
            line.close(partial(line.sink.end, end._replace(totals=dict(end.totals))), until)
        for line in self._lines:
            line.wait(until)

    def _count(self, what: str, number: int = 1) -> None:
        with self._counting:
            self._totals[what] += number


class _Line:
    """One sink, what waits for it, and the thread that hands it over, which begins with the first of it."""

    def __init__(self, name: str, sink: Sink, count: Callable[..., None]) -> None:
        self.name, self.sink = name, sink
        self._count = count
        self._waiting: Queue[_Call | None] = Queue(MAX_WAITING)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._told_full = self._told_failure = False
        self._failures = 0
        self._dead = False

    def put(self, call: _Call) -> None:
        """Leaves a call to the thread; one too many is dropped."""
        if self._dead:
            self._count(DROPPED)
            return
        try:
            self._waiting.put_nowait(call)
        except Full:
            self._count(DROPPED)
            if not self._told_full:
                self._told_full = True
                _logger.warning("The sink %s is too slow: what it cannot take in time is dropped for it", self.name)
        self._start()

    def _start(self) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    thread = threading.Thread(target=self._run, name="tdm-guard-sink", daemon=True)
                    thread.start()
                    self._thread = thread

    def close(self, last: _Call, until: float) -> None:
        """The last call, which has to find room until a time; after it there is nothing more."""
        for item in (last, None):
            try:
                if self._dead:
                    raise Full
                self._waiting.put(item, timeout=max(0.0, until - time.monotonic()))
            except Full:
                self._count(DROPPED, item is not None)
                return
        self._start()

    def wait(self, until: float) -> None:
        """Waits until the thread has done its work; what it has not by a time is told."""
        if self._thread is None or self._dead:
            return
        self._thread.join(max(0.0, until - time.monotonic()))
        if self._thread.is_alive():
            self._dead = True
            self._count(DROPPED, self._left())
            self._waiting.put_nowait(None)  # for the thread, if it ever comes back
            _logger.warning("The sink %s has not taken all of what was logged when the run ended", self.name)

    def _left(self) -> int:
        """Takes what waits away, and counts it."""
        left = 0
        while True:
            try:
                left += self._waiting.get_nowait() is not None
            except Empty:
                return left

    def _run(self) -> None:
        while (call := self._waiting.get()) is not None:
            try:
                call()
            except BaseException as error:  # noqa: BLE001 - somebody's code, in a thread of ours
                self._failed(error)
                if self._dead:
                    return
            else:
                self._failures = 0

    def _failed(self, error: BaseException) -> None:
        self._count(FAILED)
        self._failures += 1
        if not self._told_failure:
            self._told_failure = True
            _logger.warning(
                "The sink %s failed, which no decision and no log depends on; more of it is only counted: %s",
                self.name,
                told(f"{type(error).__name__}: {error}"),
            )
        if self._failures >= MAX_FAILURES:
            self._dead = True
            self._count(DROPPED, self._left())
            _logger.warning("The sink %s failed %d times in a row and is not called any more", self.name, MAX_FAILURES)
