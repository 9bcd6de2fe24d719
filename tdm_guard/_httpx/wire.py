"""The wire of httpx: what the exchange asks of its requests and responses, and how one goes through a transport."""

from __future__ import annotations

import contextlib
from typing import Any

import anyio

from tdm_guard._clients.asked import Asked, read_asked
from tdm_guard._clients.fields import Picker, pairs
from tdm_guard._clients.offloop import CODED
from tdm_guard._clients.tally import Tally
from tdm_guard._clients.wire import CLOSE, READ, SEND, Asking, Head, Wire
from tdm_guard._httpx.body import PIECE
from tdm_guard._httpx.caching import is_from_cache, is_stale_copy
from tdm_guard._httpx.http2 import abandon
from tdm_guard.decision import Decision
from tdm_guard.errors import ConfigurationError, UnsupportedURL
from tdm_guard.model import Headers
from tdm_guard.repertoire.callers_item import ITEM, check_request_keys
from tdm_guard.responses import KEY  # in the extensions of requests: the trail

CLOSE_SECONDS = 2.0  # a cancelled task gives its connection back within this


class HttpxWire(Wire):
    """`inner` is the transport that sends; `body` the class of streams to hand on, of what is not only read."""

    __slots__ = ("_body", "inner", "pieces", "source")

    def __init__(self, inner: Any, request: Any, body: type[Any] = bytes) -> None:
        super().__init__(request)
        self.inner = inner
        self.source: Any = None
        self.pieces: Any = None
        self._body = body

    def perform(self, step: Asking) -> Any:
        """Performs a step in the calling thread."""
        if step is SEND:
            self.response = self.inner.handle_request(self.request)
            self.source = self.response.stream
            return self.response
        if step is CLOSE:
            for end in (self._abandon, self.response.close):
                with contextlib.suppress(Exception):  # what led here is the news, not how the connection took it
                    end()
            return None
        if self.pieces is None:
            self.pieces = iter(self.source)
        if step is READ:
            return next(self.pieces, None)
        while (chunk := next(self.pieces, None)) is not None:
            if self._full(chunk):
                return False
        self.source.close()
        return True

    async def perform_async(self, step: Asking) -> Any:
        """Performs a step in an event loop; closing goes on when the task is cancelled."""
        if step is SEND:
            self.response = await self.inner.handle_async_request(self.request)
            self.source = self.response.stream
            return self.response
        if step is CLOSE:
            with anyio.move_on_after(CLOSE_SECONDS, shield=True):
                with contextlib.suppress(Exception):
                    if abandoned := abandon(self.source):
                        await abandoned.tell()
                with contextlib.suppress(Exception):
                    if hasattr(self.pieces, "aclose"):
                        await self.pieces.aclose()
                    await self.response.aclose()
            return None
        if self.pieces is None:
            self.pieces = self.source.__aiter__()
        if step is READ:
            return await anext(self.pieces, None)
        try:
            while True:
                if self._full(await self.pieces.__anext__()):
                    return False
        except StopAsyncIteration:
            await self.source.aclose()
            return True

    def _abandon(self) -> None:
        if abandoned := abandon(self.source):
            abandoned.tell()

    def asked(self) -> Asked:
        """What the request asks for, as it would be sent. Raises `UnsupportedURL`, `ConfigurationError`."""
        request = self.request
        url = request.url
        target = url.raw_path
        if request.method == "CONNECT":
            raise UnsupportedURL(f"a tunnel to {url} carries what cannot be judged")
        if "target" in request.extensions and request.extensions["target"] != target:
            raise ConfigurationError(
                f'extensions: "target" asks for {request.extensions["target"][:200]!r} instead of {target[:200]!r}; '
                "put the path into the URL"
            )
        return read_asked(
            url.scheme, lambda: bytes(url.netloc), target, request.headers.raw, bodiless=request.method == "HEAD"
        )

    @property
    def dialled(self) -> str:
        """The address that is connected to, as a URL."""
        return _place(self.request.url)

    @property
    def item(self) -> object:
        """What the caller knows of the work; None if nothing. Raises `ConfigurationError` for a key nearly as ours."""
        extensions = self.request.extensions
        check_request_keys(extensions)
        return extensions.get(ITEM)

    @property
    def trail(self) -> Any:
        """The trail in the extensions of the request, which httpx copies to the one that follows."""
        return self.request.extensions.get(KEY)

    @trail.setter
    def trail(self, trail: Any) -> None:
        self.request.extensions[KEY] = trail

    def head(self, picker: Picker) -> Head:
        """Its head, with the fields that `picker` picks."""
        response = self.response
        headers = picker.pairs(response.headers.raw)
        cached = is_from_cache(response.extensions)
        return Head.of(response.status_code, headers, cached=cached, in_memory=response.is_stream_consumed)

    @property
    def redirects(self) -> bool:
        """True if a client that follows redirects would follow this one."""
        followed: bool = self.response.has_redirect_location
        return followed

    def target(self) -> str | None:
        """Where it redirects to; None if that is no address."""
        try:
            return _place(self.request.url.join(self.response.headers["location"]))
        except Exception:  # noqa: BLE001 - no address: the client makes no request of it either
            return None

    def document_head(self) -> tuple[int, Headers]:
        """The status and all header lines."""
        return self.response.status_code, pairs(self.response.headers.raw)

    @property
    def stale(self) -> bool:
        """True for an answer that a cache kept and did not ask the server about."""
        return is_stale_copy(self.response.extensions)

    @property
    def peer(self) -> str | None:
        """The IP address that answered, where the transport tells it."""
        stream = self.response.extensions.get("network_stream")
        address = stream.get_extra_info("server_addr") if stream is not None else None
        return str(address[0]) if isinstance(address, tuple) and address else None

    def decided(self, decision: Decision) -> None:
        """Puts the decision into the extensions of the response."""
        self.response.extensions[KEY] = decision

    def hand_on(self, *, ended: bool, tally: Tally | None) -> None:
        """Makes of the pieces heard, and of what is still to come unless it `ended`, the body of the response."""
        if ended:
            coded = self.size > PIECE and CODED in self.response.headers
            self.response.stream = self._body(self.heard, coded=coded)
        else:
            self.response.stream = self._body(self.heard, source=self.source, pieces=self.pieces, tally=tally)


def _place(url: Any) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.raw_path.decode('ascii')}"
