"""One scenario for six edges: httpx and httpx2, each synchronous, on asyncio and on trio."""

from __future__ import annotations

import asyncio
import importlib
import json
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

import anyio
import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest

from tests.support.patience import PATIENCE
from tests.support.raw_server import RawServer, http

FAMILIES = ("httpx", "httpx2")
KINDS = ("sync", "asyncio", "trio")
TRUST = ssl.create_default_context()  # made once: reading the certificates takes longer than most tests
DOCUMENTS = [
    "/.well-known/ai.txt",
    "/.well-known/tdmrep.json",
    "/.well-known/trust.txt",
    "/ai.txt",
    "/robots.txt",
    "/trust.txt",
]  # of an origin that has none of them but robots.txt
ROBOTS = "User-agent: *\nDisallow: /private\n"


class Chunks:
    """A body in pieces that says how many of them were taken, and whether it was closed."""

    def __init__(self, pieces: Any, error: Exception | None = None) -> None:
        self.pieces = pieces
        self.error = error
        self.taken = 0
        self.closed = 0

    def _each(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.taken += 1
            yield piece
        if self.error:
            raise self.error

    def __iter__(self) -> Iterator[bytes]:
        return self._each()

    def close(self) -> None:
        self.closed += 1

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._each():
            await anyio.sleep(0)
            yield piece

    async def aclose(self) -> None:
        self.closed += 1


@dataclass
class Edge:
    """What a scenario needs of one family and kind. Calls are awaited whatever the kind is."""

    name: str
    kind: str
    log: Path
    documents = DOCUMENTS

    @property
    def module(self) -> ModuleType:
        return importlib.import_module(self.name)

    @property
    def guarded(self) -> ModuleType:
        return importlib.import_module(f"tdm_guard.{self.name}")

    @property
    def sync(self) -> bool:
        return self.kind == "sync"

    def plain(self, **keywords: Any) -> Any:
        """An unguarded client."""
        made = self.module.Client if self.sync else self.module.AsyncClient
        return made(verify=TRUST, **keywords)

    @property
    def client_class(self) -> Any:
        return self.guarded.GuardClient if self.sync else self.guarded.AsyncGuardClient

    @property
    def transport_class(self) -> Any:
        return self.guarded.GuardTransport if self.sync else self.guarded.AsyncGuardTransport

    def http_transport(self, **keywords: Any) -> Any:
        made = self.module.HTTPTransport if self.sync else self.module.AsyncHTTPTransport
        return made(verify=TRUST, **keywords)

    def options(self, **options: Any) -> dict[str, Any]:
        return {"agent": "ExampleBot", "log": str(self.log), **options}

    def client(self, handler: Callable[..., Any] | None = None, **options: Any) -> Any:
        """A guarded client; with `handler`, over a mock transport."""
        options.setdefault("verify", TRUST)
        if handler is not None:
            options["transport"] = self.module.MockTransport(handler)
        return self.client_class(**self.options(**options))

    def stream(self, pieces: Any, error: Exception | None = None) -> Any:
        base = self.module.SyncByteStream if self.sync else self.module.AsyncByteStream
        return type("Streamed", (Chunks, base), {})(pieces, error)

    def answer(self, status: int = 200, *, pieces: Any = None, error: Exception | None = None, **given: Any) -> Any:
        """A response as it comes from a network (its body not read yet), if `pieces` are given."""
        if pieces is not None:
            given["stream"] = self.stream(pieces, error)
        return self.module.Response(status, **given)

    def site(self, pages: dict[str, Any], *, robots: str = ROBOTS, seen: list[Any] | None = None) -> Callable[..., Any]:
        """A handler: `pages` maps paths, or `host/path`, to a response, or to a function of the request."""

        def handler(request: Any) -> Any:
            if seen is not None:
                seen.append(request)
            path = request.url.path
            page = pages.get(f"{request.url.host}{path}", pages.get(path))
            if page is None:
                if path == "/robots.txt":
                    return self.module.Response(200, text=robots)
                return self.module.Response(404, text="not found")
            return page(request) if callable(page) else page

        return handler

    async def call(self, function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
        result = function(*args, **keywords)
        return result if self.sync or not hasattr(result, "__await__") else await result

    async def get(self, client: Any, url: str, **keywords: Any) -> Any:
        return await self.call(client.get, url, **keywords)

    async def open(self, client: Any, url: str, method: str = "GET", **keywords: Any) -> Any:
        """A response whose body is not read yet."""
        return await self.call(client.send, client.build_request(method, url), stream=True, **keywords)

    async def raw(self, response: Any) -> bytes:
        if self.sync:
            return b"".join(response.iter_raw())
        return b"".join([chunk async for chunk in response.aiter_raw()])

    async def close(self, closable: Any) -> None:
        await self.call(closable.close if self.sync else closable.aclose)

    def run(self, scenario: Callable[[], Any]) -> None:
        anyio.run(scenario, backend="trio" if self.kind == "trio" else "asyncio")

    def records(self, kind: str | None = None) -> list[dict[str, Any]]:
        if not self.log.exists():
            return []
        lines = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if kind in (None, line["type"])]

    @property
    def decisions(self) -> list[dict[str, Any]]:
        return self.records("decision")


@pytest.fixture(params=[(name, kind) for name in FAMILIES for kind in KINDS], ids="-".join)
def edge(request: pytest.FixtureRequest, tmp_path: Path) -> Edge:
    name, kind = request.param
    return Edge(name, kind, tmp_path / "tdm.jsonl")


@pytest.fixture(params=[(name, kind) for name in FAMILIES for kind in ("asyncio", "trio")], ids="-".join)
def async_edge(request: pytest.FixtureRequest, tmp_path: Path) -> Edge:
    name, kind = request.param
    return Edge(name, kind, tmp_path / "tdm.jsonl")


@pytest.fixture(params=FAMILIES)
def sync_edge(request: pytest.FixtureRequest, tmp_path: Path) -> Edge:
    return Edge(request.param, "sync", tmp_path / "tdm.jsonl")


class H2Server:
    """
    A small HTTP/2 server over TLS on loopback, in a thread: fixed answers, connections counted.

    `streams` are how many it admits at a time on a connection. The body of a path in `unfinished` does not end.
    `resets` are the codes with which the client gave up streams that it was still sending.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        pages: dict[str, tuple[int, list[tuple[str, str]], bytes]],
        *,
        streams: int | None = None,
        unfinished: frozenset[str] = frozenset(),
    ) -> None:
        self.context = context
        self.pages = pages
        self.streams = streams
        self.unfinished = unfinished
        self.connections = 0
        self.resets: list[int] = []
        self.asked: list[str] = []
        self.port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(PATIENCE)

    async def _main(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0, ssl=self.context)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        if self.streams is not None:
            admitted = {h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: self.streams}
            connection.local_settings = h2.settings.Settings(client=False, initial_values=admitted)
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        rest: dict[int, tuple[str, bytes]] = {}
        try:
            while data := await reader.read(65536):
                for event in connection.receive_data(data):
                    self._react(connection, event, rest)
                self._send(connection, rest)
                writer.write(connection.data_to_send())
        except (ConnectionError, ssl.SSLError):
            pass
        writer.transport.abort()

    def _react(self, connection: Any, event: Any, rest: dict[int, tuple[str, bytes]]) -> None:
        if isinstance(event, h2.events.StreamReset):
            self.resets.append(event.error_code)
            rest.pop(event.stream_id, None)
        if not isinstance(event, h2.events.RequestReceived):
            return
        path = dict(event.headers)[":path"]
        self.asked.append(path)
        status, headers, body = self.pages.get(path, (404, [], b""))
        connection.send_headers(event.stream_id, [(":status", str(status)), *headers])
        rest[event.stream_id] = path, body

    def _send(self, connection: Any, rest: dict[int, tuple[str, bytes]]) -> None:
        """As much as the windows of the client have room for."""
        for stream, (path, body) in list(rest.items()):
            at = 0
            while room := min(connection.local_flow_control_window(stream), connection.max_outbound_frame_size):
                connection.send_data(stream, body[at : at + room])
                at += room
                if at >= len(body):
                    break
            rest[stream] = path, body[at:]
            if at >= len(body):
                del rest[stream]
                if path not in self.unfinished:
                    connection.end_stream(stream)


@pytest.fixture
def h2_server() -> type[H2Server]:
    return H2Server


@pytest.fixture
def raw_server() -> type[RawServer]:
    return RawServer


@pytest.fixture(name="http")
def raw_answer() -> Callable[..., bytes]:
    return http
