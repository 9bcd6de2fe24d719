"""
Asking many origins without hurting any: requests to one origin keep a distance, its documents come one after another.

strategy: the pace is set where requests leave the client, so that documents, pages and their redirects all keep to it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from tdm_guard._clients.session import Session
from tdm_guard._clients.threads import Job, ThreadFetcher
from tdm_guard.errors import UnsupportedURL
from tdm_guard.fetch import Answer, Effect, Effects, Get
from tdm_guard.origin import Origin
from tdm_guard.signals import robots

MAX_PLACES = 10_000  # origins of which is remembered when they may be asked again; then those are forgotten that may
MAX_SHARED = 1_000  # documents that several origins point at, of up to a MiB each; there are a few licences
SHARED_SECONDS = 900.0  # for which the answer of such a document serves all
MAX_CRAWL_DELAY = 60.0  # seconds between two requests, whatever a robots.txt asks for; six documents take six of them
MAX_RETRY_AFTER = 600.0  # seconds that an origin is left alone for; the list goes on to others meanwhile
_LATER = (429, 503)
_LOCKS = 64


class StoppedError(Exception):
    """Nothing is asked any more: the command was interrupted."""


class Pace:
    """
    Requests to one origin begin `delay` seconds apart, and so long after the last answer. Safe for threads.

    Where an origin asks for more, in its robots.txt or by Retry-After, that counts, within bounds.
    """

    def __init__(self, delay: float, stop: threading.Event) -> None:
        self._delay = delay
        self._stop = stop
        self._lock = threading.Lock()
        self._next: dict[Origin, float] = {}
        self._slower: dict[Origin, float] = {}

    def slow(self, origin: Origin, seconds: float) -> None:
        """An origin asks for so long a distance."""
        with self._lock:
            if seconds > self._delay:
                self._slower[origin] = min(seconds, MAX_CRAWL_DELAY)
            if len(self._slower) > MAX_PLACES:
                del self._slower[next(iter(self._slower))]

    def set_on(self, client: Any) -> None:
        """Makes all that a guarded synchronous client sends keep to it."""
        transports = (client._transport, *client._mounts.values())
        for inner in {id(each.inner): each.inner for each in transports if each is not None}.values():
            inner.handle_request = self._paced(inner.handle_request)

    def _paced(self, send: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def paced(request: Any) -> Any:
            place = Origin.parse(str(request.url))
            self._wait(place)
            asked = 0.0
            try:
                response = send(request)
                asked = _retry_after(response.status_code, response.headers.get("retry-after", ""))
                return response
            finally:
                self._note(place, asked)

        return paced

    def _wait(self, place: Origin) -> None:
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next.get(place, now))
            self._next[place] = turn + self._slower.get(place, self._delay)
            if len(self._next) > MAX_PLACES:
                self._next = {name: then for name, then in self._next.items() if then > now}
        if self._stop.wait(turn - now) if turn > now else self._stop.is_set():
            raise StoppedError

    def _note(self, place: Origin, asked: float) -> None:
        with self._lock:
            after = max(self._slower.get(place, self._delay), asked)
            self._next[place] = max(self._next.get(place, 0.0), time.monotonic() + after)


def _retry_after(status: int, said: str) -> float:
    """Seconds for which an answer asks to be left alone (RFC 9110 10.2.3), within bounds; 0 if it does not."""
    said = said.strip()
    if status not in _LATER or not said:
        return 0.0
    if said.isascii() and said.isdigit():
        return float(min(int(said[:9]), MAX_RETRY_AFTER))
    try:
        seconds = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


class Shared:
    """
    What documents at other origins answered, such as a licence that many sites declare. Safe for threads.

    `pace` hears what distance the robots.txt files ask for.
    """

    def __init__(self, pace: Pace | None = None) -> None:
        self.pace = pace
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))
        self._answers: dict[tuple[Any, ...], tuple[float, Answer]] = {}

    def answer(self, get: Get, fetch: Callable[[Get], Answer]) -> Answer:
        """The answer to `get`: for all origins on whose behalf it is asked, it is asked once."""
        key = (get.url, get.headers, get.max_bytes)
        with self._locks[hash(key) % _LOCKS]:
            at, known = self._answers.get(key, (0.0, None))
            if known is None or time.monotonic() - at > SHARED_SECONDS:
                known = fetch(get)
                if len(self._answers) >= MAX_SHARED:
                    self._answers.pop(next(iter(self._answers)), None)
                self._answers[key] = (time.monotonic(), known)
            return known


class GentleFetcher(ThreadFetcher):
    """Performs the effects of one load one after another; what lies at another origin is `shared`."""

    def __init__(self, session: Session, user_agent: str, shared: Shared) -> None:
        super().__init__(session, user_agent, None)
        self._shared = shared

    def perform(self, effects: Effects) -> list[Any]:
        """The answers in the order of the effects. Raises only what is wrong on our side of the network."""
        return [self._performed(effect) for effect in effects]

    def _performed(self, effect: Effect) -> Any:
        if isinstance(effect, Get) and _is_elsewhere(effect):
            return self._shared.answer(effect, self._one)
        return self._one(effect)

    def _one(self, effect: Effect) -> Any:
        answer = self._collect(effect, self._launch(effect))
        pace = self._shared.pace
        if pace is not None and isinstance(effect, Get) and effect.url == f"{effect.origin}{robots.DOCUMENT.path}":
            pace.slow(effect.origin, robots.crawl_delay(answer.fetched, self._session.guard.options.agent))
        return answer


class SharingFetcher(ThreadFetcher):
    """Performs the effects of one load side by side; what lies at another origin is `shared`."""

    def __init__(self, session: Session, user_agent: str, shared: Shared) -> None:
        super().__init__(session, user_agent, None)
        self._shared = shared

    def _get(self, get: Get, job: Job) -> Answer:
        own = super()._get
        return self._shared.answer(get, lambda get: own(get, job)) if _is_elsewhere(get) else own(get, job)


def _is_elsewhere(get: Get) -> bool:
    try:
        return Origin.parse(get.url) != get.origin
    except UnsupportedURL:
        return False
