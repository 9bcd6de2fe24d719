"""
PretendWeb: pretend sites on loopback, served from one thread.

strategy: one small HTTP/1.1 server, listening once as a forward proxy and once per site. Which site is meant comes
from the absolute-form target, else from the port, else from the Host field; the rest is the same for all.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections import Counter, deque
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from tdm_guard.testing import http1
from tdm_guard.testing.site import Answer, Received, Site

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

HOST = "127.0.0.1"
MAX_HEAD = 65_536  # bytes of a request's head; real ones stay under 16 KiB
MAX_REQUEST_BODY = 1 << 20  # bytes; crawlers send next to none
MAX_RECORDED = 100_000  # requests kept for the test to look at; the oldest go first
_ABSOLUTE = re.compile(r"(?i)http://([^/?#]*)")
_BODILESS = frozenset({204, 304})
_NO_TUNNEL = Answer.text("this proxy has no tunnels, so no https\n", status=501)
_NO_SITE = Answer.text("there is no such site\n", status=502)


class PretendWeb:
    """
    A web of pretend sites, a context manager; it listens on 127.0.0.1 alone and ends with the block.

    `proxy` is the address of a forward HTTP proxy under which each site has its own name; `origin(name)` the address
    of a site by itself. It can be opened once. A page function that raised has answered 500; its exception comes out
    at the end of the block.
    """

    def __init__(self, sites: Iterable[Site]) -> None:
        given = tuple(sites)
        self.sites: Mapping[str, Site] = {site.name: site for site in given}
        if len(self.sites) != len(given):
            raise ValueError(f"two sites have the same name among {sorted(site.name for site in given)}")
        self._ports: dict[str, int] = {}
        self._requests: deque[Received] = deque(maxlen=MAX_RECORDED)
        self._sent: Counter[tuple[str, str]] = Counter()
        self._failures: list[Exception] = []
        self._lock = threading.Lock()
        self._started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="pretend-web", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.result()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()
        if self._failures and error is None:
            raise self._failures[0]

    @property
    def proxy(self) -> str:
        """The address of the forward proxy, `http://127.0.0.1:PORT`. It has no tunnels: http only."""
        return f"http://{HOST}:{self._port('')}"

    def origin(self, name: str) -> str:
        """The address of one site without the proxy, `http://127.0.0.1:PORT`."""
        return f"http://{HOST}:{self._port(name)}"

    def environment(self) -> dict[str, str]:
        """This process's environment with the proxy in it, for a crawler that runs in a process of its own."""
        kept = {name: value for name, value in os.environ.items() if name.lower() not in {"no_proxy", "all_proxy"}}
        return kept | dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"), self.proxy)

    @property
    def requests(self) -> tuple[Received, ...]:
        """The requests that named a site so far, in the order they came."""
        with self._lock:
            return tuple(self._requests)

    def asked(self, site: str, path: str | None = None) -> int:
        """How many requests came for a path with its query, or for any path, of a site."""
        self._known(site)
        return sum(1 for got in self.requests if got.site == site and path in (None, got.path))

    def sent(self, site: str, path: str) -> int:
        """
        How many bytes of bodies were handed to the network for a path with its query.

        Socket buffers of both sides may still hold some megabytes of them when a client closes early.
        """
        self._known(site)
        with self._lock:
            return self._sent[site, path]

    def _known(self, name: str) -> None:
        if name not in self.sites:
            raise ValueError(f"there is no site {name!r} here; there are {', '.join(sorted(self.sites))}")

    def _port(self, name: str) -> int:
        if name:
            self._known(name)
        if not self._ports:
            raise RuntimeError("the web is not open; use it in a `with` block")
        return self._ports[name]

    # The thread and its loop.

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 -- handed to the thread that opened the web
            if not self._started.done():
                self._started.set_exception(error)
            else:
                self._failures.append(error)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ending = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        servers = []
        try:
            for name in ("", *self.sites):
                servers.append(await self._listen(name))
                self._ports[name] = servers[-1].sockets[0].getsockname()[1]
            self._started.set_result(None)
            await self._ending.wait()
        finally:
            for server in servers:
                server.close()
            for task in tuple(self._connections):
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            await asyncio.sleep(0)  # transports close their sockets in the loop's next turn

    async def _listen(self, name: str) -> asyncio.Server:
        def opened(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = self._loop.create_task(self._converse(name, reader, writer))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

        return await asyncio.start_server(opened, HOST, 0, limit=MAX_HEAD, backlog=512)

    async def _converse(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(name, reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client went away: its affair
        except asyncio.CancelledError:
            writer.transport.abort()  # the web ends
        except Exception as error:  # noqa: BLE001 -- comes out at the end of the block
            self._failures.append(error)
        finally:
            await _close(writer)

    # One request and its answer.

    async def _exchange(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """True if the connection stays open for another request."""
        head = await http1.read_head(reader)
        if head is None:
            return False
        if isinstance(head, Answer):
            await self._send(writer, http1.Head("GET", "/", version="HTTP/1.1", headers=()), head, close=True)
            return False
        length = head.get("content-length") or "0"
        if head.get("transfer-encoding") or not length.isdecimal() or int(length) > MAX_REQUEST_BODY:
            await self._send(writer, head, http1.TOO_LARGE, close=True)
            return False
        body = await reader.readexactly(int(length))
        site, path, direct = self._address(name, head)
        if site is None:
            answer = _NO_TUNNEL if head.method == "CONNECT" else _NO_SITE
            await self._send(writer, head, answer, close=True)
            return False

        def base(name: str) -> str:
            return self.origin(name) if direct and name in self.sites else f"http://{name}"

        request = Received(
            site=site.name,
            method=head.method,
            path=path,
            headers=head.headers,
            at=datetime.now(UTC),
            body=body,
            base=base,
        )
        with self._lock:
            self._requests.append(request)
        answer = self._located(self._answer(site, request), direct=direct)
        close = "close" in (head.get("connection") + head.get("proxy-connection")).lower() or head.version == "HTTP/1.0"
        return await self._send(writer, head, answer, close=close, key=(site.name, path))

    def _address(self, name: str, head: http1.Head) -> tuple[Site | None, str, bool]:
        """The site meant, the path with its query, and whether the client knows sites by their ports."""
        if head.target.startswith("/"):
            host = name or http1.host(head.get("host"))
            return self.sites.get(host), head.target, bool(name)
        found = _ABSOLUTE.match(head.target)
        if found is None:
            return None, "", False
        path = head.target[found.end() :]
        return self.sites.get(http1.host(found[1])), path if path.startswith("/") else f"/{path}", False

    def _answer(self, site: Site, request: Received) -> Answer:
        page = site.page(request.path)
        if not isinstance(page, Answer):
            try:
                page = page(request)
            except Exception as error:  # noqa: BLE001 -- a mistake in the test: comes out at the end of the block
                self._failures.append(error)
                return Answer(status=500)
        return http1.not_modified(page) if http1.is_current(page, request) else page

    def _located(self, answer: Answer, *, direct: bool) -> Answer:
        """For a client that knows sites by their ports, a redirect to a site's name leads to its port."""
        location = answer.header("location")
        if not direct or location is None or not location.startswith("http://"):
            return answer
        host, slash, rest = location.removeprefix("http://").partition("/")
        if host not in self.sites:
            return answer
        moved = ("location", self.origin(host) + slash + rest)
        headers = (*(pair for pair in answer.headers if pair[0].lower() != "location"), moved)
        return replace(answer, headers=headers)

    async def _send(
        self,
        writer: asyncio.StreamWriter,
        head: http1.Head,
        answer: Answer,
        *,
        close: bool,
        key: tuple[str, str] = ("", ""),
    ) -> bool:
        if answer.silent:
            await self._ending.wait()
            return False
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.raw is not None:
            writer.write(answer.raw)
            await writer.drain()
            return False
        has_body = answer.status not in _BODILESS and answer.status >= 200
        length = len(answer.body) if isinstance(answer.body, bytes) else answer.length
        chunked = has_body and length is None and head.version == "HTTP/1.1"
        close = close or (has_body and length is None and not chunked)
        writer.write(http1.head_lines(answer, length if has_body else None, chunked=chunked, close=close))
        await writer.drain()
        if not has_body or head.method == "HEAD":
            return not close
        whole = True
        left = answer.close_after
        async for piece in http1.pieces(answer):
            if left is not None and len(piece) >= left:
                piece, whole = piece[:left], False  # noqa: PLW2901 -- cut where the answer says
            with self._lock:  # before the client can see the bytes
                self._sent[key] += len(piece)
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked and piece else piece)
            await writer.drain()
            if left is not None:
                left -= len(piece)
            if not whole:
                return False
        if chunked:
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        return not close


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close when all is sent; at the end of the web at once, so that no socket stays behind."""
    writer.close()
    try:
        await writer.wait_closed()
    except (OSError, asyncio.CancelledError):
        writer.transport.abort()
