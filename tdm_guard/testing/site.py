"""What a pretend site is made of: its answers, and the requests it got."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from datetime import datetime

    from tdm_guard.model import Verdict

Body = bytes | Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """
    A request that a pretend site got.

    `path` is the target with its query, `at` the time (UTC). `base` gives for a site's name the address under which
    this client knows it, without a slash at the end: a page that links to another site builds the link with it.
    """

    site: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    at: datetime
    body: bytes = b""
    base: Callable[[str], str] = field(repr=False, compare=False)

    def header(self, name: str) -> str | None:
        """The first value of the field `name`, in any case, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def cookies(self) -> dict[str, str]:
        """Names and values of the Cookie field."""
        pairs = (pair.partition("=") for pair in (self.header("cookie") or "").split(";"))
        return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a path answers, and how.

    `body` is sent as it is, so encode it yourself when a header says so; a function gives it in pieces, made while
    they are sent, under the Content-Length `length` or chunked where none is given. A 200 with an ETag or
    Last-Modified answers a conditional request with 304.

    `delay` is the time in seconds before the first byte, `drip` the time before each further piece of `piece` bytes.
    `silent` takes the request and never answers. `close_after` closes the connection after so many bytes of the body,
    whatever the length promised. `raw` is sent in place of all the rest, status line included, and the connection
    closed.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: Body = b""
    delay: float = 0.0
    length: int | None = None
    drip: float = 0.0
    piece: int = 65_536
    silent: bool = False
    close_after: int | None = None
    raw: bytes | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", tuple((name, value) for name, value in self.headers))
        if any("\r" in part or "\n" in part for pair in self.headers for part in pair):
            raise ValueError(f"a header cannot hold a line break: {self.headers!r}; send such bytes as raw=b'...'")
        if self.piece < 1:
            raise ValueError(f"piece is a number of bytes from 1 on, not {self.piece!r}")

    @classmethod
    def html(cls, text: str, *headers: tuple[str, str], **how: Any) -> Self:
        """A page in UTF-8."""
        return cls(headers=(("content-type", "text/html; charset=utf-8"), *headers), body=text.encode(), **how)

    @classmethod
    def text(cls, text: str, *headers: tuple[str, str], **how: Any) -> Self:
        """Plain text in UTF-8: a robots.txt, say."""
        return cls(headers=(("content-type", "text/plain; charset=utf-8"), *headers), body=text.encode(), **how)

    @classmethod
    def json(cls, value: object, *headers: tuple[str, str], **how: Any) -> Self:
        """A JSON document: a tdmrep.json, say."""
        body = json.dumps(value, ensure_ascii=False, indent=2).encode()
        return cls(headers=(("content-type", "application/json"), *headers), body=body, **how)

    @classmethod
    def redirect(cls, to: str, *headers: tuple[str, str], status: int = 302, **how: Any) -> Self:
        """A redirect; the lifelike address of another site becomes the one that the client knows it by."""
        return cls(status=status, headers=(("location", to), *headers), **how)

    def header(self, name: str) -> str | None:
        """The first value of the field `name`, in any case, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


Page = Answer | Callable[[Received], Answer]

NOT_FOUND = Answer(
    status=404,
    headers=(("content-type", "text/html; charset=utf-8"),),
    body=b"<!doctype html><title>Not found</title><p>There is no page at this address.",
)


@dataclass(frozen=True, slots=True)
class Site:
    """
    A pretend site: its host name (with the port, if it is not 80) and what its paths answer.

    A path with a query is looked for whole, then without the query; `fallback` answers what is not there. `expected`
    holds the verdict that a guard comes to for a path: usages `tdm`, cautious posture, agent `ExampleBot`, no
    repertoire; `with_repertoire` the one with the repertoire, licences and operator of the example project, where that
    is another. `about` says in a sentence what there is to see.
    """

    name: str
    pages: Mapping[str, Page]
    fallback: Page = NOT_FOUND
    expected: Mapping[str, Verdict] = field(default_factory=dict)
    about: str = ""
    with_repertoire: Mapping[str, Verdict] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = urlsplit(f"http://{self.name}")
        if not self.name or self.name != parts.netloc.lower() or "@" in self.name:
            raise ValueError(f"a site's name is a host in lower case, such as 'gazette.example', not {self.name!r}")
        for path in self.pages:
            if not path.startswith("/"):
                raise ValueError(f"a path of {self.name} begins with a slash, for example '/news', not {path!r}")

    def page(self, target: str) -> Page:
        """What a request target, with or without a query, answers."""
        found = self.pages.get(target)
        return found if found is not None else self.pages.get(target.partition("?")[0], self.fallback)
