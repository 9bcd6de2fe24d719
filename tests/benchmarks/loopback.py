"""
The loopback server of the benchmarks, in a process of its own, so that only the client's CPU is counted.

It writes prepared answers on connections that stay open, and does nothing else: an answer in JSON of 2 KB, a page
of 10 KB and an image of 20 KB with the header lines of a usual server, an empty robots.txt, and 404 for the rest.
"""

from __future__ import annotations

import asyncio

from tests.benchmarks.inputs import items, page, picture
from tests.support.replay import Replay, answer, serve

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
    return answer(status, body, *USUAL, f"content-type: {media_type}")


ABSENT = _answer("404 Not Found", "text/plain", b"not found")
ANSWERS = {
    b"/json": _answer("200 OK", "application/json", items()),
    b"/page": _answer("200 OK", "text/html; charset=utf-8", page(total=10_000, head=3_000)[0]),
    b"/image": _answer("200 OK", "image/jpeg", picture()),
    b"/robots.txt": _answer("200 OK", "text/plain", b"User-agent: *\nDisallow:\n"),
}


class Prepared(Replay):
    """Answers with what is prepared for the path."""

    def asked(self, head: bytes) -> None:
        path = head.split(b" ", 2)[1].partition(b"?")[0]
        self.transport.write(ANSWERS.get(path, ABSENT))


if __name__ == "__main__":
    asyncio.run(serve(Prepared))
