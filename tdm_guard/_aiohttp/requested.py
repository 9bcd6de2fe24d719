"""The wire of aiohttp: one request of a session, what sends it, its response and the body as received."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from string import punctuation
from typing import Any
from urllib.parse import quote

from aiohttp import ClientRequest
from aiohttp.client_reqrep import ClientResponse
from aiohttp.streams import EMPTY_PAYLOAD
from yarl import URL

from tdm_guard._aiohttp.about import known
from tdm_guard._aiohttp.answered import Answered, answered
from tdm_guard._aiohttp.calls import Call
from tdm_guard._aiohttp.reading import Content
from tdm_guard._aiohttp.sender import Sender
from tdm_guard._clients.asked import Asked, read_asked
from tdm_guard._clients.tally import Tally
from tdm_guard._clients.wire import CLOSE, READ, SEND, Asking, Head, Wire
from tdm_guard.decision import Decision
from tdm_guard.errors import UnsupportedURL
from tdm_guard.responses import remember

_FOLLOWED = frozenset({301, 302, 303, 307, 308})
_CHALLENGE = 401


class ExchangeWire(Wire):
    """The wire of a request of the caller's."""

    __slots__ = ("_at_end", "_before", "_call", "_recorded", "_replaced", "_sender", "_source")

    def __init__(self, request: ClientRequest, sender: Sender, call: Call) -> None:
        super().__init__(request)
        self._sender = sender
        self._call = call
        self._source: Any = None
        self._recorded = self._replaced = self._at_end = False
        self._before = call.before(request)

    async def perform_async(self, step: Asking) -> Any:
        """Performs a step; nothing has to be waited for to close."""
        if step is SEND:
            return await self._send()
        if step is CLOSE:
            with contextlib.suppress(Exception):
                self.response.close()
            return None
        while piece := await self._piece():
            if step is READ:
                return piece
            if self._full(piece):
                return False
        return None if step is READ else True

    async def _piece(self) -> bytes:
        """The next piece, up to the end of a chunk of the transfer, so that those that are left keep theirs."""
        piece, self._at_end = b"", True
        while self._source is not EMPTY_PAYLOAD and not piece and self._at_end:
            piece, self._at_end = await self._source.readchunk()
        return piece

    async def _send(self) -> ClientResponse:
        request = self.request
        request.response_class = answered(request.response_class)
        self.response = await self._sender.send(request)
        self._source = self.response.content
        self._call.journey.answers = self.response.status == _CHALLENGE  # a middleware before the guard may do so
        return self.response  # type: ignore[no-any-return]

    # What the request says.

    def asked(self) -> Asked:
        """What the request asks for, as it would be sent. Raises `UnsupportedURL`, `ConfigurationError`."""
        request, url = self.request, self.request.url
        if request.method == "CONNECT":
            raise UnsupportedURL(f"a tunnel to {url} carries what cannot be judged")
        if url.scheme not in ("http", "https") or "websocket" in request.headers.get("upgrade", "").lower():
            raise UnsupportedURL(f"{str(url)[:200]} is asked for another protocol, which cannot be judged")
        fields = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in request.headers.items()]
        return read_asked(
            url.scheme,
            lambda: str(url.host_port_subcomponent).encode(),
            _target(url).encode(),
            fields,
            bodiless=request.method == "HEAD",
        )

    @property
    def dialled(self) -> str:
        """The address that is connected to, as a URL."""
        return _place(self.request.url)

    @property
    def item(self) -> object:
        """What the caller knows of the work, said by `about`."""
        return known()

    @property
    def item_name(self) -> str:
        """As the caller knows it."""
        return "about"

    @property
    def trail(self) -> Any:
        """What led to this request."""
        return self._before

    @trail.setter
    def trail(self, trail: Any) -> None:
        self._call.trail = trail

    # What the response says.

    def head(self, picker: Any) -> Head:
        """Its head; `picker` is the one of the session."""
        return Head(self.response.status, picker.pairs(self.response.raw_headers), cached=False, in_memory=False)

    @property
    def redirects(self) -> bool:
        """True if a session that follows redirects would follow this one."""
        return self.response.status in _FOLLOWED and self._location() is not None

    def target(self) -> str | None:
        """Where it redirects to; None if that is no address."""
        try:
            return _place(self.request.url.join(URL(self._location() or "")))
        except ValueError:
            return None

    def _location(self) -> str | None:
        headers = self.response.headers
        found: str | None = headers.get("location") or headers.get("uri")
        return found

    # What becomes of it.

    def decided(self, decision: Decision) -> None:
        """Remembers the decision for `decision_of`."""
        self._recorded = True
        remember(self.response, decision)

    def hand_on(self, *, ended: bool, tally: Tally | None) -> None:
        """Puts what was heard, and what is still to come, in the place of the body."""
        response: Answered = self.response
        self._replaced = True
        response.content = Content(
            response,
            self.heard,
            source=None if ended else self._source,
            ends_chunk=ended or self._at_end,
            limit=self._sender.buffer,
            decodes=self._sender.decodes and self.request.method != "HEAD",
            tally=tally,
            opens=None if self._recorded else self._opens(),
        )
        response.ends = response.content.give_up

    def _opens(self) -> Callable[[], None] | None:
        """Writes the record that waits, whatever became of its call meanwhile: whoever reads the body is handed it."""
        journey, waiting = self._call.journey, self._call.journey.waiting
        return None if waiting is None else lambda: journey.write(waiting)

    def finish(self) -> ClientResponse:
        """The response, as the caller wants it: of one without content nobody has touched the body."""
        if not self._recorded:
            self._call.waits(self.response)
        if not self._replaced and self._source is not EMPTY_PAYLOAD:
            self.hand_on(ended=False, tally=None)
        return self.response  # type: ignore[no-any-return]


def _place(url: URL) -> str:
    return f"{url.scheme}://{url.host_port_subcomponent}{_target(url)}"


def _target(url: URL) -> str:
    """Path and query; of an address that is said to be encoded already, nobody has encoded what was left."""
    return quote(url.raw_path_qs, safe=punctuation)
