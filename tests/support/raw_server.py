"""A server of HTTP/1.1 that says what it is told, to the byte."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Any, Self

from tests.support.patience import PATIENCE


def http(body: bytes = b"", status: str = "200 OK", **fields: str) -> bytes:
    """An HTTP/1.1 answer, to the byte; `_` stands for `-` in names of fields."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines, "", ""]).encode() + body


class RawServer:
    """
    A server of HTTP/1.1 on a loopback address that sends what it is told to the byte and keeps connections open.

    `pages` maps the target of a request (a path, or a URL for a proxy) to an answer or to a function of the request's
    head, after which the connection is closed if the function has an attribute `closes`; what is missing is a 404.
    `asked` are the heads of the requests, in order.
    """

    def __init__(self, pages: dict[str, Any], host: str = "127.0.0.1") -> None:
        self.pages = pages
        self.asked: list[str] = []
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((host, 0))
        self.url = f"http://{host}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads.append(threading.Thread(target=self._accept))
        self._threads[0].start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(PATIENCE)
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)

    def targets(self) -> list[str]:
        return [head.split()[1] for head in self.asked]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = self._listener.accept()[0]
                self._connections.append(connection)
                self._threads.append(threading.Thread(target=self._converse, args=(connection,)))
                self._threads[-1].start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as stream:
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = stream.readline()
                    if not line:
                        return
                    head += line
                self.asked.append(head.decode("latin-1"))
                answer = self.pages.get(head.split()[1].decode(), http(status="404 Not Found"))
                connection.sendall(answer(head.decode("latin-1")) if callable(answer) else answer)
                if getattr(answer, "closes", False):
                    return
