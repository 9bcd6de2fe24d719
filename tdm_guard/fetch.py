"""
How one policy document is fetched: hop by hop, within time, size and place, without touching a network itself.

strategy: `follow` is a generator that yields single requests (`Get`) and look-ups (`Resolve`); `together` runs several
side by side, so that an edge only has to perform a batch of effects and hand back the answers.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urldefrag, urljoin

from tdm_guard.formats.message_body import document
from tdm_guard.gather import Wanted
from tdm_guard.model import Fetched, Headers
from tdm_guard.origin import Origin, is_private_address

MAX_REDIRECTS = 5  # RFC 9309 2.3.1.2 asks for at least five
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
ACCEPT = "*/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Get:
    """
    One GET without following redirects, without the caller's cookies or credentials.

    `timeout`: seconds of network time, waits for politeness not counted. Reading stops after `max_bytes` of the body
    as received; what came until then is the answer, with `complete=False`. `origin` is the one on whose behalf.
    """

    url: str
    headers: Headers
    timeout: float
    max_bytes: int
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a `Get` brought: the response as received, seconds of network time, the peer's IP address if known."""

    fetched: Fetched
    elapsed: float = 0.0
    peer: str | None = None


@dataclass(frozen=True, slots=True)
class Resolve:
    """Asks for the IP addresses of a host; an empty answer means that they cannot be known here."""

    host: str


Effect = Get | Resolve
Effects = tuple[Effect, ...]


def follow(wanted: Wanted, origin: Origin, timeout: float) -> Generator[Effect, Any, Fetched]:
    """Fetches one document: at most five redirects, never from a public address to a private one."""
    url, remaining, seen = wanted.url, timeout, [wanted.url]
    first_peer: str | None = None
    if not url.startswith(str(origin)):  # declared, and somewhere else: as if it were redirected there
        problem = yield from _refuses(url, origin)
        if problem:
            return Fetched.unreachable(problem.replace("redirect to", "lies at"))
    while True:
        get = Get(url=url, headers=_fields(wanted), timeout=remaining, max_bytes=wanted.max_bytes, origin=origin)
        answer: Answer = yield get
        fetched, remaining = answer.fetched, remaining - answer.elapsed
        first_peer = first_peer or answer.peer
        if fetched.error:
            return fetched
        if len(seen) > 1 and _leads_inside(first_peer, answer.peer):
            return Fetched.unreachable("redirect to a private address", at=fetched.at)
        location = fetched.header("location") if fetched.status in _REDIRECTS else None
        if location is None:
            return _finished(fetched, url, tuple(seen[:-1]), wanted.max_bytes)
        problem = None
        try:
            url = urldefrag(urljoin(url, location.strip())).url
            problem = yield from _refuses(url, origin)
        except ValueError:  # UnsupportedURL, or what urljoin cannot split
            problem = f"redirect to {location[:80]!r}, which is no http(s) URL"
        if url in seen:
            problem = problem or "redirect loop"
        seen.append(url)
        if len(seen) > MAX_REDIRECTS + 1:
            problem = "too many redirects"
        if problem is None and remaining <= 0:
            problem = "timeout"
        if problem:
            return Fetched.unreachable(problem, status=fetched.status, at=fetched.at)


def _fields(wanted: Wanted) -> Headers:
    fields = [("accept", ACCEPT)]
    if wanted.etag:
        fields.append(("if-none-match", wanted.etag))
    if wanted.last_modified:
        fields.append(("if-modified-since", wanted.last_modified))
    return tuple(fields)


def _finished(fetched: Fetched, url: str, redirects: tuple[str, ...], max_bytes: int) -> Fetched:
    """The answer with its codings undone; one that is not whole stays as received, so that its reader says why."""
    fetched = replace(fetched, url=url, redirects=redirects)
    plain = document(fetched, max_bytes)
    if plain.problem is not None:
        partial = replace(fetched, complete=False)
        return partial if document(partial, max_bytes).problem is not None else fetched
    return fetched if plain.note is not None else plain.fetched


def _refuses(url: str, asked: Origin) -> Generator[Effect, Any, str | None]:
    """Why a redirect target may not be followed: it lies on a private network and the origin asked does not."""
    there = Origin.parse(url)
    if asked.private or there.host == asked.host:
        return None
    if there.private:
        return "redirect to a private address"
    addresses = yield Resolve(there.host)
    if not any(is_private_address(address) for address in addresses):
        return None
    own = yield Resolve(asked.host)
    if own and all(is_private_address(address) for address in own):
        return None
    return "redirect to a private address"


def _leads_inside(first: str | None, now: str | None) -> bool:
    return bool(first and now) and is_private_address(now or "") and not is_private_address(first or "")


def together(tasks: Sequence[Generator[Effect, Any, Fetched]]) -> Generator[Effects, Sequence[Any], list[Fetched]]:
    """Runs `tasks` side by side: yields the effects they wait for as one batch, hands each its answer."""
    results: list[Fetched | None] = [None] * len(tasks)
    waiting: dict[int, Effect] = {}
    for place, task in enumerate(tasks):
        _step(place, task, None, waiting, results)
    while waiting:
        places = tuple(waiting)
        answers = yield tuple(waiting[place] for place in places)
        waiting = {}
        for place, answer in zip(places, answers, strict=True):
            _step(place, tasks[place], answer, waiting, results)
    return [result for result in results if result is not None]


def _step(
    place: int,
    task: Generator[Effect, Any, Fetched],
    answer: Any,
    waiting: dict[int, Effect],
    results: list[Fetched | None],
) -> None:
    try:
        waiting[place] = task.send(answer)
    except StopIteration as finished:
        results[place] = finished.value
