"""A resolver that changes its mind, before two real servers: one that counts as outside, and one on this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import tdm_guard.fetch
from tdm_guard.origin import Reach

OUTSIDE, INSIDE = "127.0.0.2", "127.0.0.1"
TRIES = 20
LICENCE = (
    b'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>'
    b'<permits type="usage">ai-all</permits></license></content></rsl>'
)
_really, _reach_of = socket.getaddrinfo, tdm_guard.fetch.reach_of


class Rebinding:
    """
    `site.example` is outside; `rebound.example` too when it is looked up, and inside when it is dialled.

    Unless it is `inside` from the first. The servers are proxies as well.
    """

    def __init__(self, *, inside: bool = False) -> None:
        self._inside = inside
        self.asked: list[tuple[str, str]] = []
        self.looked_up: list[str] = []
        self.servers = self._of_one_port()
        self.port = self.servers[0].server_port
        for server in self.servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def _of_one_port(self) -> list[ThreadingHTTPServer]:
        """One outside and one inside; a port that is free there may be another test's here."""
        for _ in range(TRIES):
            outside = ThreadingHTTPServer((OUTSIDE, 0), self._handler(OUTSIDE))
            try:
                return [outside, ThreadingHTTPServer((INSIDE, outside.server_port), self._handler(INSIDE))]
            except OSError:
                outside.server_close()
        raise OSError(f"no port is free at both addresses, of {TRIES}")

    def url(self, host: str, path: str) -> str:
        return f"http://{host}:{self.port}{path}"

    def getaddrinfo(self, host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in ("site.example", "rebound.example"):
            return _really(host, *args, **kwargs)
        self.looked_up.append(name)
        first = name == "rebound.example" and self.looked_up.count(name) == 1 and not self._inside
        return _really("93.184.216.34" if first else OUTSIDE if name == "site.example" else INSIDE, *args, **kwargs)

    def _handler(self, place: str) -> type[BaseHTTPRequestHandler]:
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                web.asked.append((place, path))
                licence = web.url("rebound.example", "/l.xml")
                pages = {
                    "/robots.txt": f"License: {licence}\nUser-agent: *\nAllow: /\n".encode(),
                    "/l.xml": LICENCE,
                    "/a": b"<p>words</p>",
                }
                body = pages.get(path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Type", "text/html" if path == "/a" else "text/plain")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@contextmanager
def rebinding(*, inside: bool = False) -> Iterator[Rebinding]:
    """The servers and the resolver, in force in this process."""
    web = Rebinding(inside=inside)
    try:
        socket.getaddrinfo = web.getaddrinfo
        socket.gethostbyname = lambda host: web.getaddrinfo(host, None)[0][4][0]  # type: ignore[assignment]
        tdm_guard.fetch.reach_of = lambda host: Reach.PUBLIC if host == OUTSIDE else _reach_of(host)
        yield web
    finally:
        socket.getaddrinfo, tdm_guard.fetch.reach_of = _really, _reach_of
        for server in web.servers:
            server.shutdown()
            server.server_close()
