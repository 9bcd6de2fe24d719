"""
Any number of pretend origins behind one proxy on loopback, in a process of its own.

What an origin says follows from its number: `o27.example` is of kind 7. No names are looked up, and crawlers keep few
connections, however many origins there are.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]  # where `tests` is found as a package
KINDS = 20  # sixteen that say nothing, and one each of the others
NO_ROBOTS, NO_FILE, NO_HEADER, NO_META = 16, 17, 18, 19
MAX_HEAD = 65_536  # bytes of a request; ours are far shorter
_TARGET = re.compile(rb"\w+ http://o(\d+)\.example(/\S*) ")
_PROSE = b"<p>words and more words, of which nothing follows</p>" * 40


def url(number: int, page: int, word: str = "page") -> str:
    """The address of a page; `moved` leads to another, `broken` breaks off, `silent` never answers."""
    return f"http://o{number}.example/{word}/{page}"


def admitted(address: str) -> bool:
    """True if a guard lets pass what lies there, by the kind of its origin."""
    found = re.match(r"http://o(\d+)\.", address)
    return found is not None and int(found[1]) % KINDS < NO_ROBOTS


def _answer(status: str, body: bytes, *fields: str, length: int | None = None) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"content-length: {len(body) if length is None else length}", *fields, "", "")
    return "\r\n".join(lines).encode() + body


def _document(kind: int, number: int, path: bytes) -> bytes | None:
    if path == b"/robots.txt":
        own = b"".join(b"Disallow: /private-%d/%d\n" % (number, place) for place in range(5))
        rules = b"Disallow: /\n" if kind == NO_ROBOTS else own
        return _answer("200 OK", b"User-agent: *\n" + rules, "content-type: text/plain")
    if path == b"/.well-known/tdmrep.json" and kind == NO_FILE:
        return _answer("200 OK", b'[{"location": "/", "tdm-reservation": 1}]', "content-type: application/json")
    return None


def answer(number: int, path: bytes) -> bytes | None:
    """What a path of an origin answers; None is silence."""
    kind = number % KINDS
    document = _document(kind, number, path)
    if document is not None:
        return document
    word, _, page = path[1:].partition(b"/")
    html = "content-type: text/html; charset=utf-8"
    if word == b"silent":
        return None
    if word == b"moved":
        return _answer("302 Found", b"", f"location: {url(number, int(page))}")
    if word not in (b"page", b"broken"):
        return _answer("404 Not Found", b"not found", "content-type: text/plain")
    said = b'<meta name="tdm-reservation" content="1">' if kind == NO_META else b""
    body = b"<!doctype html><title>%d %b</title>%b%b" % (number, page, said, _PROSE)
    fields = [html, "tdm-reservation: 1"] if kind == NO_HEADER else [html]
    return _answer("200 OK", body, *fields, length=len(body) + 1000 if word == b"broken" else None)


class Origins(asyncio.Protocol):
    """Answers each request head; requests have no body."""

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
            found = _TARGET.match(head)
            given = answer(int(found[1]), found[2]) if found else _answer("400 Bad Request", b"")
            if given is not None:
                self.transport.write(given)
            if found and found[2].startswith(b"/broken/"):
                self.transport.close()


async def serve() -> None:
    """Serves until it is ended; the first line on standard output is the port."""
    server = await asyncio.get_running_loop().create_server(Origins, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def serving() -> Iterator[str]:
    """The address of the proxy, whose process runs meanwhile."""
    with subprocess.Popen([sys.executable, "-m", "tests.soak.web"], cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(serve())
