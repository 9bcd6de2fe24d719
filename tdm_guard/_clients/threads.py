"""
The same for synchronous clients: each effect in a thread of its own, so that documents come side by side.

The network calls of a synchronous client have a time limit each, but none together; a server that sends a byte now and
then could hold a caller for ever. So the caller waits for the thread only as long as the document may take, then wakes
it by shutting its connection, as far as that is known, and goes on. The threads are daemons: they hold up no exit.
"""

from __future__ import annotations

import contextlib
import contextvars
import math
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from tdm_guard._clients.documents import ATTEMPTS, Fetcher, addresses, failed, read_document
from tdm_guard._clients.wire import CLOSE, Asking, Wire, drive
from tdm_guard.fetch import TIMEOUT, Answer, Effects, Get, Resolve
from tdm_guard.origin import Origin

_HEADERS = ("http11.send_request_headers.started", "http2.send_request_headers.started")
_SENDING = ("connection.connect_tcp.started", *_HEADERS)
LEAVE_SECONDS = 0.5  # that a thread has to leave a full pool once its time there is over
_OPENED = ("connection.connect_tcp.complete", "connection.start_tls.complete")


class Job:
    """One effect on its thread."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.done = threading.Event()
        self.launched = time.monotonic()
        self.started = math.nan
        self.sent = False  # true once it has a connection to be sent on
        self.given_up = False
        self.stream: Any = None
        self.answer: Any = None
        self.problem: Exception | None = None

    def launch(self, work: Callable[[], Any]) -> None:
        """Starts `work` on a thread, in the caller's context."""
        context = contextvars.copy_context()
        threading.Thread(target=lambda: context.run(self._run, work), name="tdm-guard-policy", daemon=True).start()

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self.answer = work()
        except Exception as error:  # noqa: BLE001 - raised in the caller's thread
            self.problem = error
        finally:
            self.begun.set()
            self.done.set()

    def start(self) -> None:
        """The network time begins."""
        if math.isnan(self.started):
            self.started = time.monotonic()
            self.begun.set()

    def trace(self, name: str, info: dict[str, Any]) -> None:
        """What the transport reports: the request has its connection, and which one, if it was opened for it."""
        if self.given_up and name in _SENDING:
            raise TimeoutError
        self.start()
        if name in _OPENED:
            self.stream = info.get("return_value")
        elif name in _HEADERS:
            self.sent = True

    def begins(self, patience: float | None) -> bool:
        """
        True if the network time began within `patience` seconds; None is without limit.

        The pool keeps to the same limit on the thread, and is left time for it: were a connection given back while the
        thread leaves, httpcore would keep it for a request that is gone, and for nobody else.
        """
        left = None if patience is None else max(0.0, self.launched + patience + LEAVE_SECONDS - time.monotonic())
        if self.begun.wait(left):
            return True
        self.given_up = True
        return False

    def wait(self, timeout: float) -> bool:
        """True if the effect, which has begun, was done within `timeout` seconds of network time."""
        begun_at = time.monotonic() if math.isnan(self.started) else self.started
        if self.done.wait(max(0.0, begun_at + timeout - time.monotonic())):
            return True
        self.given_up = True
        opened = self.stream.get_extra_info("socket") if self.stream is not None else None
        if opened is not None:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
        return False


class _Watched:
    """The wire of a job: stops between two pieces when nobody waits for it any more."""

    __slots__ = ("job", "wire")

    def __init__(self, wire: Wire, job: Job) -> None:
        self.wire = wire
        self.job = job

    def perform(self, step: Asking) -> Any:
        if self.job.given_up and step is not CLOSE:
            raise TimeoutError
        return self.wire.perform(step)


class ThreadFetcher(Fetcher):
    """
    Performs the effects of one load side by side, on threads; over HTTP/2 one after another.

    httpcore numbers the streams of a connection without a lock: of two threads that begin one at the same time, the
    later may be sent first, upon which the server drops the connection and with it what was asked for (RFC 9113 5.1.1).
    """

    def perform(self, effects: Effects) -> list[Any]:
        """The answers in the order of the effects. Raises only what is wrong on our side of the network."""
        if any(isinstance(effect, Get) and self.shares(effect.url) for effect in effects):
            return self._in_turn(effects)
        jobs = [self._launch(effect) for effect in effects]
        try:
            return [self._collect(effect, job) for effect, job in zip(effects, jobs, strict=True)]
        except BaseException:
            for job in jobs:
                job.given_up = True
            raise

    def _in_turn(self, effects: Effects) -> list[Any]:
        """What could not even be sent in its time speaks for the others that would wait for the same connection."""
        answers: list[Any] = []
        closed: set[Origin] = set()
        for effect in effects:
            if isinstance(effect, Get) and Origin.parse(effect.url) in closed:
                answers.append(failed(self._session.guard, TIMEOUT, effect.timeout))
                continue
            job = self._launch(effect)
            answer = self._collect(effect, job)
            answers.append(answer)
            if isinstance(effect, Get) and answer.fetched.error == TIMEOUT and not job.sent and self.shares(effect.url):
                closed.add(Origin.parse(effect.url))
        return answers

    def _launch(self, effect: Get | Resolve) -> Job:
        job = Job()
        if isinstance(effect, Resolve):
            job.start()
            job.launch(lambda: self._resolve(effect))
        else:
            job.launch(lambda: self._get(effect, job))
        return job

    def _collect(self, effect: Get | Resolve, job: Job) -> Any:
        guard = self._session.guard
        if isinstance(effect, Resolve):
            return job.answer if job.wait(guard.options.policy_timeout) and job.answer else ()
        if not job.begins(self._pool):
            raise self._session.framework.crowded("no connection was free for a policy document in time")
        if not job.wait(effect.timeout):
            return failed(guard, TIMEOUT, effect.timeout)
        if job.problem is not None:
            raise job.problem
        return job.answer

    def _get(self, get: Get, job: Job) -> Answer:
        framework, guard = self._session.framework, self._session.guard
        try:
            inner = self._route(get.url)
            if not framework.traced(inner):
                job.start()
            for attempt in range(ATTEMPTS):
                wire = framework.document(inner, get, self._user_agent, self._pool, job.trace, again=attempt > 0)
                try:
                    fetched, peer = drive(read_document(wire, guard, get.max_bytes), _Watched(wire, job))
                    break
                except Exception as error:
                    if attempt == ATTEMPTS - 1 or not framework.worth_another(error, inner):
                        raise
            job.start()
            peer = peer if framework.direct(inner) else None
            return Answer(fetched=fetched, elapsed=time.monotonic() - job.started, peer=peer)
        except framework.crowded:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a stranger or the network did is an answer
            job.start()
            return failed(guard, framework.reason(error), time.monotonic() - job.started)

    def _resolve(self, effect: Resolve) -> tuple[str, ...]:
        if not self._session.framework.direct(self._route(effect.url)):
            return ()
        try:
            return addresses(socket.getaddrinfo(effect.host, None))
        except (OSError, UnicodeError):
            return ()
