"""The wire of requests: what the exchange asks of its requests and responses, and how one goes through an adapter."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.utils import requote_uri
from urllib3.response import HTTPResponse

from tdm_guard._clients.asked import Asked, read_asked
from tdm_guard._clients.fields import Picker, pairs
from tdm_guard._clients.tally import Tally
from tdm_guard._clients.wire import CLOSE, READ, SEND, Asking, Head, Wire
from tdm_guard._requests.mark import marked
from tdm_guard._requests.raw import PIECE, Replay, Source, with_body
from tdm_guard.decision import Decision
from tdm_guard.errors import UnsupportedURL
from tdm_guard.model import Headers
from tdm_guard.responses import KEY  # the attribute of a response that has its decision

_FOLD = re.compile(r"\r?\n[ \t]*")  # RFC 9110 5.5: folded lines are read as blanks
_CODINGS = frozenset({"content-encoding", "transfer-encoding"})


class RequestsWire(Wire):
    """
    `send` is that of an adapter, `keywords` the others of its arguments.

    `trace` gets what `threads` wants to know of the connection that a document comes on.
    """

    copies = True
    __slots__ = ("_keywords", "_send", "_source", "_trace", "_whole_given")

    def __init__(
        self,
        send: Callable[..., Any],
        request: Any,
        keywords: Mapping[str, Any],
        trace: Callable[[str, dict[str, Any]], None] | None = None,
    ) -> None:
        super().__init__(request)
        self._send = send
        self._keywords = keywords
        self._trace = trace
        self._source: Any = None
        self._whole_given = False

    def perform(self, step: Asking) -> Any:
        """Performs a step in the calling thread."""
        if step is SEND:
            self.response = self._send(self.request, **self._keywords)
            if self._trace is not None:
                self._trace("connection.start_tls.complete", {"return_value": _Connected(self.response.raw)})
            return self.response
        if step is CLOSE:
            with contextlib.suppress(Exception):  # what led here is the news, not how the connection took it
                self.response.close()
            return None
        if self._in_memory:
            return self._give_whole(step)
        if self._source is None:
            self._source = Source(self.response.raw)
        with _as_requests_says():
            return (self._source.piece() or None) if step is READ else self._fill(self._source)

    def _fill(self, source: Source) -> bool:
        while piece := source.piece(min(PIECE, max(1, self.goal - self.size))):
            if self._full(piece):
                return False
        source.close()
        return True

    def _give_whole(self, step: Asking) -> Any:
        whole = b"" if self._whole_given else self.response.content or b""
        self._whole_given = True
        if step is READ:
            return whole or None
        return not whole or not self._full(whole)

    @property
    def _in_memory(self) -> bool:
        """True for the answer of an adapter that has the content already, as it is after decoding."""
        return getattr(self.response, "_content", False) is not False or self.response.raw is None

    def asked(self) -> Asked:
        """What the request asks for, as it would be sent. Raises `UnsupportedURL`, `ConfigurationError`."""
        request = self.request
        if request.method == "CONNECT":
            raise UnsupportedURL(f"a tunnel to {request.url} carries what cannot be judged")
        scheme, netloc, target = _parts(request)
        fields = [(_bytes(name), _bytes(value)) for name, value in request.headers.items()]
        return read_asked(scheme, lambda: netloc, target, fields, bodiless=request.method == "HEAD")

    @property
    def dialled(self) -> str:
        """The address that is connected to, as a URL."""
        return _place(self.request)

    @property
    def item(self) -> object:
        """What the caller knows of the work; None if nothing."""
        return marked(self.request).item

    @property
    def trail(self) -> Any:
        """The trail in the mark of the request, which goes on to the one that follows."""
        return marked(self.request).trail

    @trail.setter
    def trail(self, trail: Any) -> None:
        marked(self.request).trail = trail

    def head(self, picker: Picker) -> Head:
        """Its head, with the fields that `picker` picks."""
        response = self.response
        headers = picker.pairs(_lines(response))
        if self._in_memory:
            headers = tuple([line for line in headers if line[0] not in _CODINGS])
        cached = bool(getattr(response, "from_cache", False))
        return Head(response.status_code, headers, cached=cached, in_memory=self._in_memory)

    @property
    def redirects(self) -> bool:
        """True if a session that follows redirects would follow this one."""
        followed: bool = self.response.is_redirect
        return followed

    def target(self) -> str | None:
        """Where it redirects to; None if that is no address."""
        try:
            location = self.response.headers["location"].encode("latin-1").decode("utf-8")
            following = requests.PreparedRequest()
            following.url = urljoin(self.response.url, requote_uri(location))
            return _place(following)
        except Exception:  # noqa: BLE001 - no address: the session makes no request of it either
            return None

    def document_head(self) -> tuple[int, Headers]:
        """The status and all header lines."""
        return self.response.status_code, pairs(_lines(self.response))

    @property
    def stale(self) -> bool:
        """True for an answer that a cache kept; whether the server was asked, CacheControl does not say."""
        return bool(getattr(self.response, "from_cache", False))

    @property
    def peer(self) -> str | None:
        """The IP address that answered."""
        connected = _Connected(self.response.raw).get_extra_info("socket")
        try:
            address = connected.getpeername()
        except (AttributeError, OSError):
            return None
        return str(address[0]) if isinstance(address, tuple) and address else None

    def decided(self, decision: Decision) -> None:
        """Puts the decision beside the response."""
        setattr(self.response, KEY, decision)

    def hand_on(self, *, ended: bool, tally: Tally | None) -> None:
        """Makes of the pieces heard, and of what is still to come unless it `ended`, the body of the response."""
        response = self.response
        source = None
        if not ended:
            source = Source(response.raw) if self._source is None else self._source
        chunked = bool(getattr(response.raw, "chunked", False))
        response.raw = with_body(response.raw, Replay(self.heard, source=source, tally=tally, chunked=chunked))


class StoredWire(RequestsWire):
    """The wire of a response that a session got elsewhere than through its guarded adapters: from a cache, say."""

    __slots__ = ()

    def __init__(self, request: Any, response: Any) -> None:
        super().__init__(lambda _: response, request, {})

    @property
    def _in_memory(self) -> bool:
        return True

    def head(self, picker: Picker) -> Head:
        """Its head; it was not received for this request."""
        return super().head(picker)._replace(cached=True)


class _Connected:
    """The connection of a response, while it has one, as `threads` knows it."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def get_extra_info(self, name: str) -> Any:
        """The socket, under this name."""
        raw = self._raw
        connected = getattr(getattr(raw, "connection", None), "sock", None)
        if connected is None:  # one that closes afterwards is the response's own (http.client)
            file = getattr(getattr(raw, "_original_response", None), "fp", None)
            connected = getattr(getattr(file, "raw", None), "_sock", None)
        return connected


@contextlib.contextmanager
def _as_requests_says() -> Iterator[None]:
    """What urllib3 raises while a body is read becomes what `iter_content` of requests makes of it."""
    try:
        yield
    except urllib3.exceptions.ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error
    except urllib3.exceptions.DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from error
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.exceptions.ConnectionError(error) from error
    except urllib3.exceptions.SSLError as error:
        raise requests.exceptions.SSLError(error) from error


def _lines(response: Any) -> Sequence[tuple[bytes, bytes]]:
    """
    The header lines as they were received, repeated ones apart.

    `http.client` stops at a line that is none and takes what follows for a body, which nobody reads: those lines are
    heard all the same.
    """
    raw = response.raw
    headers = getattr(raw, "headers", None)
    known = headers if isinstance(raw, HTTPResponse) and headers is not None else response.headers
    lines = [(_bytes(name), _bytes(_FOLD.sub(" ", value))) for name, value in known.items()]
    message = getattr(getattr(raw, "_original_response", None), "msg", None)
    rest = message.get_payload() if message is not None and hasattr(message, "get_payload") else None
    if isinstance(rest, str) and rest:
        for line in rest.splitlines():
            name, colon, value = line.partition(":")
            if colon and name.strip():
                lines.append((_bytes(name.strip()), _bytes(value.strip())))
    return lines


def _bytes(text: Any) -> bytes:
    if isinstance(text, bytes):
        return text
    try:
        return str(text).encode("latin-1")
    except UnicodeEncodeError:
        return str(text).encode("utf-8", "surrogateescape")


def _parts(request: Any) -> tuple[str, bytes, bytes]:
    """Scheme, host with port, and target of a request's address. Raises `UnsupportedURL`."""
    url = str(request.url)
    try:
        parts = urlsplit(url)
        return parts.scheme.lower(), parts.netloc.rpartition("@")[2].encode("ascii"), _target(request)
    except ValueError:
        raise UnsupportedURL(f"{url[:200]!r} is no address that can be judged") from None


def _target(request: Any) -> bytes:
    target: str = requote_uri(request.path_url)
    return (f"/{target.lstrip('/')}" if target.startswith("//") else target).encode("ascii")  # as adapters have it


def _place(request: Any) -> str:
    scheme, netloc, target = _parts(request)
    return f"{scheme}://{netloc.decode('ascii')}{target.decode('ascii')}"
