"""
How one policy document is fetched: hop by hop, within time, size and place, without touching a network itself.

strategy: `follow` is a generator that yields single requests (`Get`) and look-ups (`Resolve`); `together` runs several
side by side, so that an edge only has to perform a batch of effects and hand back the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import urljoin

from tdm_guard.errors import UnsupportedURL
from tdm_guard.formats.http.message_body import document
from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.model import Fetched, Headers
from tdm_guard.origin import Origin, Reach, bare, is_private_address, reach_of
from tdm_guard.policies.task import Wanted

MAX_REDIRECTS = 5  # RFC 9309 2.3.1.2 asks for at least five
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PROXYS = 407  # a proxy's word, not the origin's (RFC 9110 15.5.8)
ACCEPT = "*/*"
MAX_PEERS = 10_000  # hosts of which is remembered where they lie; the oldest go first
PRIVATE = "a private address"  # how the errors end that say what was not asked for
EXCLUDED = "an excluded site"  # the same
TIMEOUT = "timeout"  # what did not come within `Get.timeout`


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
    """
    Asks for the IP addresses of a host; an empty answer means that they cannot be known here.

    So it is where a proxy looks it up: the one that a request for `url`, which lies there, would go through.
    """

    host: str
    url: str


Effect = Get | Resolve
Effects = tuple[Effect, ...]


class Peers:
    """Where the hosts of origins were last seen to lie, of those that connected without a proxy; shared by threads."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Reach, str]] = {}  # with the address that said so, which may answer again

    def note(self, host: str, peer: str | None) -> bool:
        """Notes the peer of a host; False if it lies inside and has lain outside before."""
        before = self._seen.get(host)
        if not peer or (before is not None and before[1] == peer):
            return True
        reach = reach_of(peer)
        if reach is None:
            return True
        if before is not None and before[0] is Reach.PUBLIC and reach is not Reach.PUBLIC:
            return False
        if before is None and len(self._seen) >= MAX_PEERS:
            self._seen.pop(next(iter(self._seen)), None)
        self._seen[host] = (reach, peer)
        return True

    def of(self, host: str) -> Reach | None:
        """Where a host lies, if that was seen."""
        seen = self._seen.get(host)
        return None if seen is None else seen[0]


def follow(
    wanted: Wanted,
    origin: Origin,
    timeout: float,
    peers: Peers | None = None,
    *,
    bars: Callable[[Origin], bool] = lambda origin: False,
) -> Generator[Effect, Any, Fetched]:
    """
    Fetches one document: at most five redirects, never from outside to a private address, nor to another network.

    What lies at another host than the origin's, by a redirect or since something declares it there, is looked up
    before it is asked for, and whoever then answers is looked at too: a resolver may change its mind. The body is as
    received: to decode it may take long. What lies at an origin that `bars` knows is not asked for.
    """
    url, remaining, seen = wanted.url, timeout, [wanted.url]
    try:
        declared = Origin.parse(url).host != origin.host
        home = _Home(origin, Peers() if peers is None else peers, declared, bars)
        problem = yield from _refuses(url, home)
    except UnsupportedURL as error:
        return Fetched.unreachable(str(error))
    if problem:
        return Fetched.unreachable(f"lies at {problem}")
    while True:
        get = Get(url=url, headers=_fields(wanted), timeout=remaining, max_bytes=wanted.max_bytes, origin=origin)
        answer: Answer = yield get
        fetched, remaining = _from_there(answer.fetched), remaining - answer.elapsed
        if answer.peer and (yield from _answers_inside(url, answer.peer, home)):
            reached = "redirect to" if len(seen) > 1 else "answered from"
            return Fetched.unreachable(f"{reached} a private address", at=fetched.at)
        if fetched.error:
            return fetched
        location = fetched.header("location") if fetched.status in _REDIRECTS else None
        if location is None:
            return _found(fetched, url, tuple(seen[:-1]))
        problem = None
        try:
            url = normal_url(bare(urljoin(url, location.strip())))
            problem = yield from _refuses(url, home)
            problem = problem and f"redirect to {problem}"
        except ValueError:  # UnsupportedURL, or what urljoin cannot split
            problem = f"redirect to {location[:80]!r}, which is no http(s) URL"
        if url in seen:
            problem = problem or "redirect loop"
        seen.append(url)
        if len(seen) > MAX_REDIRECTS + 1:
            problem = "too many redirects"
        if problem is None and remaining <= 0:
            problem = TIMEOUT
        if problem:
            return Fetched.unreachable(problem, status=fetched.status, at=fetched.at)


def _found(fetched: Fetched, url: str, redirects: tuple[str, ...]) -> Fetched:
    """The answer with where it was found, if it does not say so itself."""
    if fetched.url == url and fetched.redirects == redirects:
        return fetched
    return replace(fetched, url=url, redirects=redirects)


def _from_there(fetched: Fetched) -> Fetched:
    """The answer, if it is one of the place that was asked, and not that of a proxy on the way."""
    return Fetched.unreachable("proxy", at=fetched.at) if fetched.status == _PROXYS else fetched


def _fields(wanted: Wanted) -> Headers:
    fields = [("accept", ACCEPT)]
    if wanted.etag:
        fields.append(("if-none-match", wanted.etag))
    if wanted.last_modified:
        fields.append(("if-modified-since", wanted.last_modified))
    return tuple(fields)


def decoded(fetched: Fetched, max_bytes: int) -> Fetched:
    """An answer that `follow` brought, with its codings undone; one that cannot be read whole stays as received."""
    plain = document(fetched, max_bytes)
    return fetched if plain.problem is not None else plain.fetched


class _Home(NamedTuple):
    """
    The origin on whose behalf something is fetched, and where hosts were seen to lie.

    `declared`: the document was declared to lie elsewhere, by a response of the origin. `bars`: of these nothing is
    asked for.
    """

    origin: Origin
    peers: Peers
    declared: bool
    bars: Callable[[Origin], bool]

    def reaches(self) -> Generator[Effect, Any, set[Reach]]:
        """
        Where the origin lies: by its own words, as it was seen, or as it is looked up.

        A response was received from where it lies, so that a look-up, which its owner can answer as he likes, says no
        more of it.
        """
        known = self.origin.reach or self.peers.of(self.origin.host)
        if known:
            return {known}
        if self.declared:
            return set()
        addresses = yield Resolve(self.origin.host, f"{self.origin}/")
        return {reach_of(address) or Reach.PUBLIC for address in addresses}


def _refuses(url: str, home: _Home) -> Generator[Effect, Any, str | None]:
    """
    Why a document may not be asked for at `url`: it lies on a private network and the origin does not lie there, or at
    a site that is excluded.
    """
    there = Origin.parse(url)
    if home.bars(there):
        return EXCLUDED
    if there.host == home.origin.host:
        return None
    inside = there.reach is Reach.HOST or is_private_address(there.host)
    if inside and home.origin.reach is None:  # that a name of anybody's leads inside is no leave to go to an address
        return PRIVATE
    if there.reach is not None:
        reaches = {there.reach}
    else:
        addresses = yield Resolve(there.host, url)
        reaches = {reach_of(address) or Reach.PUBLIC for address in addresses}
    reaches.discard(Reach.PUBLIC)
    if not reaches or (yield from _lies_there(home, reaches)):
        return None
    return PRIVATE


def _answers_inside(url: str, peer: str, home: _Home) -> Generator[Effect, Any, bool]:
    """True if what answered for `url` lies on a private network on which the origin does not lie."""
    if Origin.parse(url).host == home.origin.host:
        return not home.peers.note(home.origin.host, peer)
    reach = reach_of(peer) or Reach.PUBLIC
    if reach is Reach.PUBLIC:
        return False
    return not (yield from _lies_there(home, {reach}))


def _lies_there(home: _Home, reaches: set[Reach]) -> Generator[Effect, Any, bool]:
    """True if the origin is on the network that these addresses are on; a link is left to nobody."""
    return Reach.LINK not in reaches and (yield from home.reaches()) == reaches


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
