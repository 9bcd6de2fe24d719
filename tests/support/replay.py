"""
A server on loopback in a process of its own, which writes prepared answers on connections that stay open.

A module that serves runs `asyncio.run(serve(...))` as its main; `serving` starts it.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]  # where `tests` is found as a package
MAX_HEAD = 65_536  # bytes of a request; ours are far shorter


class Replay(asyncio.Protocol):
    """Hands each request head to `asked`, which answers; requests have no body."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.head = b""

    def data_received(self, data: bytes) -> None:
        self.head += data
        if len(self.head) > MAX_HEAD:
            self.transport.abort()
        while b"\r\n\r\n" in self.head:
            head, _, self.head = self.head.partition(b"\r\n\r\n")
            self.asked(head)

    def asked(self, head: bytes) -> None:
        raise NotImplementedError


def answer(status: str, body: bytes, *fields: str, length: int | None = None) -> bytes:
    """An answer as it goes over the wire; `length` may lie."""
    lines = (f"HTTP/1.1 {status}", f"content-length: {len(body) if length is None else length}", *fields, "", "")
    return "\r\n".join(lines).encode() + body


async def serve(protocol: Callable[[], asyncio.Protocol]) -> None:
    """Serves until it is ended; the first line on standard output is the port."""
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def serving(module: str) -> Iterator[str]:
    """The address at which `module` serves meanwhile."""
    with subprocess.Popen([sys.executable, "-m", module], cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()
