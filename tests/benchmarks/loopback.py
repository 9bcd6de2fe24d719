"""
A loopback server for the benchmarks, in a process of its own, so that only the client's CPU is counted.

It writes prepared answers on connections that stay open, and does nothing else: a page of 10 KB and an image of 20 KB
with the header lines of a usual server, an empty robots.txt, and 404 for the rest.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.inputs import page, picture

MAX_HEAD = 65_536  # bytes of a request; ours are far shorter
USUAL = (
    "date: Sat, 21 Nov 2026 12:00:00 GMT",
    "server: nginx",
    "cache-control: public, max-age=3600",
    "last-modified: Fri, 20 Nov 2026 08:00:00 GMT",
    'etag: "5f1b-62a"',
    "accept-ranges: bytes",
    "vary: accept-encoding",
)


def _answer(status: str, media_type: str, body: bytes) -> bytes:
    lines = (f"HTTP/1.1 {status}", *USUAL, f"content-type: {media_type}", f"content-length: {len(body)}", "", "")
    return "\r\n".join(lines).encode() + body


ABSENT = _answer("404 Not Found", "text/plain", b"not found")
ANSWERS = {
    b"/page": _answer("200 OK", "text/html; charset=utf-8", page(total=10_000, head=3_000)[0]),
    b"/image": _answer("200 OK", "image/jpeg", picture()),
    b"/robots.txt": _answer("200 OK", "text/plain", b"User-agent: *\nDisallow:\n"),
}


class Replay(asyncio.Protocol):
    """Answers each request head with what is prepared for its path; requests have no body."""

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
            path = head.split(b" ", 2)[1].partition(b"?")[0]
            self.transport.write(ANSWERS.get(path, ABSENT))


async def serve() -> None:
    """Serves until it is ended; the first line on standard output is the port."""
    server = await asyncio.get_running_loop().create_server(Replay, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server that runs in another process meanwhile."""
    with subprocess.Popen([sys.executable, "-m", "tests.benchmarks.loopback"], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(serve())
