"""One request on its way through both gates, and how its response is told from another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdm_guard.judging.bench import CONTENT_FIELDS
from tdm_guard.judging.case import Case

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request
    from scrapy.http import Headers, Response

CODING = b"Content-Encoding"
_LENGTH = b"Content-Length"
_FRAMING = frozenset({"content-encoding", "content-length", "transfer-encoding"})  # of the body, not of what it says
_ALWAYS = CONTENT_FIELDS - _FRAMING
Words = dict[bytes, list[bytes]]


class Fields:
    """
    Picks from Scrapy's header fields those that a judge listens to.

    Going by the keys as they are stored is what keeps a page without signals cheap.
    """

    __slots__ = ("_names", "_spoken")

    def __init__(self, fields: Iterable[str]) -> None:
        known = {*_ALWAYS, *fields} - _FRAMING
        self._names = {name.encode("latin-1").title(): name for name in known}  # the spelling of Headers' keys
        self._spoken = frozenset(raw for raw, name in self._names.items() if name not in _ALWAYS)

    def words(self, headers: Headers) -> Words:
        """What the fields say, to be compared; without those of the coding, which a middleware takes off."""
        names = self._names
        return {raw: values for raw, values in dict.items(headers) if raw in names}

    def speak(self, headers: Headers) -> bool:
        """True if there is a field that a signal reads."""
        return not self._spoken.isdisjoint(dict.keys(headers))

    def pairs(self, headers: Headers, words: Words | None = None, *, received: bool = True) -> list[tuple[str, str]]:
        """
        The fields as pairs of text, each line apart.

        `received` says that the body is as it was received: only then it has the length that was announced.
        """
        names = self._names
        said = self.words(headers) if words is None else words
        found = [(names[raw], value.decode("latin-1")) for raw, values in said.items() for value in values]
        if codings := dict.get(headers, CODING):
            found += [("content-encoding", value.decode("latin-1")) for value in codings]
        if received and (lengths := dict.get(headers, _LENGTH)):
            found += [("content-length", value.decode("latin-1")) for value in lengths]
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

    __slots__ = (
        "_body",
        "_codings",
        "_reads",
        "_response",
        "_words",
        "case",
        "error",
        "fresh",
        "stopped",
        "stored",
        "url",
    )

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
        self._codings: list[bytes] | None = None
        self._reads = False

    def take(self) -> Case | None:
        """The case, for whom is first to ask: one answer is heard by one case, and each case is one thread's."""
        if not self.fresh:
            return None
        self.fresh = False
        return self.case

    def judged(self, case: Case, response: Response, words: Words, *, reads: bool) -> None:
        """`case` heard `response`; `reads` says that the body bears on it."""
        self._reads = reads
        self.case = case
        self.fresh = False
        self._response = response
        self._words = words
        self._body = response.body
        codings: list[bytes] | None = dict.get(response.headers, CODING)
        self._codings = list(codings) if codings else None  # HttpCompressionMiddleware changes those of the response

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
            and self._same_body(response, fields)
        )

    def received(self, response: Response) -> bytes | None:
        """The body as it was received, if `response` is what became of it when its coding was taken off."""
        if self.stored is not None and "cached" in response.flags:
            return self.stored.body
        return self._body if self._decoded(response) else None

    def _same_body(self, response: Response, fields: Fields) -> bool:
        body, document = response.body, self.case.document
        if body is self._body or not self._reads:
            return True
        if document is not None:
            return body == document
        if not self._decoded(response):
            return body == self._body
        # Nothing could speak in it, by its first bytes. Nor in this, by its own; so it need not be decoded here too.
        mine = self.case
        case = Case(mine.bench, mine.final_url, mine.policy, mine.now)
        told = fields.pairs(response.headers, self._words, received=False)
        case.hear_headers(response.status, [pair for pair in told if pair[0].lower() in CONTENT_FIELDS])
        return not case.wants_body(body, ended=True)

    def _decoded(self, response: Response) -> bool:
        """True if codings were taken off; whatever else may have been done to the body."""
        return self._codings is not None and dict.get(response.headers, CODING) != self._codings


def has_credentials(request: Request) -> bool:
    """True if the request carries, or is told to carry, credentials or cookies."""
    headers = request.headers
    return (
        dict.__contains__(headers, b"Authorization") or dict.__contains__(headers, b"Cookie") or bool(request.cookies)
    )
