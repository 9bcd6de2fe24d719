"""
Any number of pretend origins behind one proxy on loopback, in a process of its own.

What an origin says follows from its number: `o27.example` is of kind 7. No names are looked up, and crawlers keep few
connections, however many origins there are.
"""

from __future__ import annotations

import asyncio
import re

from tests.support.replay import Replay, answer, serve

KINDS = 20  # sixteen that say nothing, and one each of the others
NO_ROBOTS, NO_FILE, NO_HEADER, NO_META = 16, 17, 18, 19
_TARGET = re.compile(rb"\w+ http://o(\d+)\.example(/\S*) ")
_PROSE = b"<p>words and more words, of which nothing follows</p>" * 40


def url(number: int, page: int, word: str = "page") -> str:
    """The address of a page; `moved` leads to another, `broken` breaks off, `silent` never answers."""
    return f"http://o{number}.example/{word}/{page}"


def admitted(address: str) -> bool:
    """True if a guard lets pass what lies there, by the kind of its origin."""
    found = re.match(r"http://o(\d+)\.", address)
    return found is not None and int(found[1]) % KINDS < NO_ROBOTS


def _document(kind: int, number: int, path: bytes) -> bytes | None:
    if path == b"/robots.txt":
        own = b"".join(b"Disallow: /private-%d/%d\n" % (number, place) for place in range(5))
        rules = b"Disallow: /\n" if kind == NO_ROBOTS else own
        return answer("200 OK", b"User-agent: *\n" + rules, "content-type: text/plain")
    if path == b"/.well-known/tdmrep.json" and kind == NO_FILE:
        return answer("200 OK", b'[{"location": "/", "tdm-reservation": 1}]', "content-type: application/json")
    return None


def page(number: int, path: bytes) -> bytes | None:
    """What a path of an origin answers; None is silence."""
    kind = number % KINDS
    document = _document(kind, number, path)
    if document is not None:
        return document
    word, _, place = path[1:].partition(b"/")
    html = "content-type: text/html; charset=utf-8"
    if word == b"silent":
        return None
    if word == b"moved":
        return answer("302 Found", b"", f"location: {url(number, int(place))}")
    if word not in (b"page", b"broken"):
        return answer("404 Not Found", b"not found", "content-type: text/plain")
    said = b'<meta name="tdm-reservation" content="1">' if kind == NO_META else b""
    body = b"<!doctype html><title>%d %b</title>%b%b" % (number, place, said, _PROSE)
    fields = [html, "tdm-reservation: 1"] if kind == NO_HEADER else [html]
    return answer("200 OK", body, *fields, length=len(body) + 1000 if word == b"broken" else None)


class Origins(Replay):
    """Any origin, by the number in its name."""

    def asked(self, head: bytes) -> None:
        found = _TARGET.match(head)
        given = page(int(found[1]), found[2]) if found else answer("400 Bad Request", b"")
        if given is not None:
            self.transport.write(given)
        if found and found[2].startswith(b"/broken/"):
            self.transport.close()


if __name__ == "__main__":
    asyncio.run(serve(Origins))
