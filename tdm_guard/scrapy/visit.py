"""One request on its way through both gates, and how its response is told from another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request
    from scrapy.http import Headers, Response

    from tdm_guard.case import Case

EARLIER = "tdm_guard_earlier"  # in a request's meta: how many of its "redirect_urls" are those of another request
ITEM = "tdm_guard_item"  # in a request's meta: what the caller knows of the work
_CODING = "content-encoding"
_RAW_CODING = b"Content-Encoding"
_ALWAYS = ("content-type", "content-range")
Words = dict[bytes, list[bytes]]


class Fields:
    """
    Picks from Scrapy's header fields those that a judge listens to.

    Going by the keys as they are stored is what keeps a page without signals cheap.
    """

    __slots__ = ("_names", "_spoken")

    def __init__(self, fields: Iterable[str]) -> None:
        known = {*_ALWAYS, *fields} - {_CODING}
        self._names = {name.encode("latin-1").title(): name for name in known}  # the spelling of Headers' keys
        self._spoken = frozenset(raw for raw, name in self._names.items() if name not in _ALWAYS)

    def words(self, headers: Headers) -> Words:
        """What the fields say, to be compared; content-encoding is left out, since a middleware takes it off."""
        names = self._names
        return {raw: values for raw, values in dict.items(headers) if raw in names}

    def speak(self, headers: Headers) -> bool:
        """True if there is a field that a signal reads."""
        return not self._spoken.isdisjoint(dict.keys(headers))

    def pairs(self, headers: Headers, words: Words | None = None, *, decoded: bool = False) -> list[tuple[str, str]]:
        """The fields as pairs of text, each line apart; `decoded` says that no content coding is left on the body."""
        names = self._names
        said = self.words(headers) if words is None else words
        found = [(names[raw], value.decode("latin-1")) for raw, values in said.items() for value in values]
        if not decoded and (codings := dict.get(headers, _RAW_CODING)):
            found += [(_CODING, value.decode("latin-1")) for value in codings]
        return found


def field(headers: Headers, name: bytes) -> bytes:
    """The last value of a field, by its name as Scrapy's `Headers` spell it; empty if there is none."""
    values: list[bytes] | None = dict.get(headers, name)
    return values[-1] if values else b""


class Visit:
    """
    One request that entered the gates: its `url`, its case and, once judged, what exactly was judged.

    `stored` is the copy that Scrapy's HTTP cache holds and may hand on in place of the answer it asked for.
    """

    __slots__ = ("_body", "_reads", "_response", "_words", "case", "error", "fresh", "stopped", "stored", "url")

    def __init__(self, case: Case, url: str) -> None:
        self.case = case
        self.url = url
        self.fresh = True
        self.stopped = False
        self.error: Exception | None = None
        self.stored: Response | None = None
        self._response: Response | None = None
        self._words: Words = {}
        self._body = b""
        self._reads = False

    def judged(self, case: Case, response: Response, words: Words, *, reads: bool) -> None:
        """`case` heard `response`; `reads` says that the body bears on it."""
        self._reads = reads
        self.case = case
        self.fresh = False
        self._response = response
        self._words = words
        self._body = response.body

    def covers(self, response: Response, fields: Fields) -> bool:
        """
        True if `response` is what was judged, or the same with its content coding taken off.

        Anything else, such as a copy from the HTTP cache in place of a 304, must be judged by itself.
        """
        mine = self._response
        if mine is None or response is mine:
            return response is mine
        return (
            response.status == mine.status
            and response.url == mine.url
            and fields.words(response.headers) == self._words
            and self._same_body(response.body)
        )

    def _same_body(self, body: bytes) -> bool:
        if body is self._body or not self._reads:
            return True
        return body == (self._body if self.case.document is None else self.case.document)


def has_credentials(request: Request) -> bool:
    """True if the request carries, or is told to carry, credentials or cookies."""
    headers = request.headers
    return (
        dict.__contains__(headers, b"Authorization") or dict.__contains__(headers, b"Cookie") or bool(request.cookies)
    )
