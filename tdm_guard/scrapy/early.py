"""
Downloads that end early: what the header fields reserve, or the beginning of a large file, need not be received.

Of beginnings only those of files that may carry a reservation inside, and that are large or of unknown length, are
looked at, and of large ones of a generic type; of the others Scrapy's own signal would cost every page its time. One
that must be read whole and is too large for that ends when so much of it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from scrapy import signals
from scrapy.exceptions import StopDownload

from tdm_guard.formats.asset import format_of_type
from tdm_guard.formats.media_type import Markup, content_kind
from tdm_guard.scrapy.visit import ITEM, field

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers

    from tdm_guard.case import Case
    from tdm_guard.guard import Guard
    from tdm_guard.scrapy.visit import Fields, Visit

SMALL = 64 * 1024  # bytes of a body that are received even if a header reserves
LARGE = 2**20  # bytes; a smaller file is received whole
LOOKS = (64 * 1024, 2**20)  # bytes at which a beginning is looked at; most files have their metadata within the first
MAX_WATCHED = 64  # downloads at one time, so that their beginnings take at most 64 MiB


class _Beginning:
    """What came of a download so far; `most` bytes of it may come in all, None for any number."""

    __slots__ = ("headers", "most", "prefix", "size")

    def __init__(self, headers: Headers) -> None:
        self.headers = headers
        self.most: int | None = None
        self.prefix = bytearray()
        self.size = 0

    def add(self, data: bytes) -> bool:
        """Takes a piece; True if it is time for a look."""
        before, self.size = self.size, self.size + len(data)
        if before < LOOKS[-1]:
            self.prefix += data[: LOOKS[-1] - before]
        return any(before < look <= self.size for look in LOOKS)


class Early:
    """Looks at the header fields of the `visits` of a crawl when they arrive, and at the beginnings of its files."""

    def __init__(
        self, crawler: Crawler, guard: Guard, fields: Fields, visits: WeakKeyDictionary[Request, Visit]
    ) -> None:
        self._crawler = crawler
        self._guard = guard
        self._fields = fields
        self._visits = visits
        # Weak: what is cancelled, or fails in a middleware nearer the downloader, is told to nobody.
        self._watched: WeakKeyDictionary[Request, _Beginning] = WeakKeyDictionary()
        self._listening = False

    def stops(self, request: Request, headers: Headers) -> bool:
        """True if the fields alone refuse, on what is known already: the body need not be received."""
        visit = self._visits.get(request)
        if visit is None:
            return False
        if self._fields.speak(headers) and not _is_small(headers):
            visit.stopped = self._provisional(visit, request, headers).refused
        if self._guard.judge.asset_signals and not visit.stopped:
            self._watch(request, headers)
        return visit.stopped

    def _provisional(self, visit: Visit, request: Request, headers: Headers) -> Case:
        """A case for what is known before the response is there."""
        case = self._guard.open(request.url, visit.case.policy, item=request.meta.get(ITEM))
        # The status is not known here. As content the case keeps more open, so that it never stops too much.
        case.hear_headers(200, self._fields.pairs(headers), bodiless=request.method == "HEAD")
        return case

    def _watch(self, request: Request, headers: Headers) -> None:
        """Looks at what comes of this response, if it may be a large file with a reservation inside."""
        length = field(headers, b"Content-Length").strip()
        sized = length.isdigit() and len(length) < 20
        if (sized and int(length) <= LARGE) or len(self._watched) >= MAX_WATCHED:
            return
        media_type, markup = content_kind(field(headers, b"Content-Type").decode("latin-1"))
        if format_of_type(media_type) is None and not (sized and markup is Markup.UNKNOWN):
            return
        if not self._listening:
            self._listening = True
            self._crawler.signals.connect(self._received, signals.bytes_received)
        self._watched[request] = _Beginning(headers)

    def forget(self, request: Request) -> None:
        """The download is over."""
        if self._listening and self._watched.pop(request, None) is not None and not self._watched:
            self._listening = False
            self._crawler.signals.disconnect(self._received, signals.bytes_received)

    def _received(self, data: bytes, request: Request) -> None:
        """Signal handler: ends the download of what reserves in its beginning, or is too large to be judged."""
        found = self._watched.get(request)
        if found is None:
            return
        look = found.add(data)
        if look and self._settles(request, found):
            self.forget(request)
            raise StopDownload(fail=True)
        if look and found.size >= LOOKS[-1]:
            found.most = self._bound(request, found)
            found.prefix = bytearray()
            if found.most is None:
                self.forget(request)
        elif found.most is not None and found.size > found.most:
            self.forget(request)
            raise StopDownload(fail=True)

    def _settles(self, request: Request, found: _Beginning) -> bool:
        """True if the beginning of a file reserves: the rest need not be received."""
        visit = self._visits.get(request)
        if visit is None:
            return False
        visit.stopped = self._provisional(visit, request, found.headers).settled_by(bytes(found.prefix))
        return visit.stopped

    def _bound(self, request: Request, found: _Beginning) -> int | None:
        """How many bytes are received of a file that, as far as its beginning tells, must be read whole."""
        visit = self._visits.get(request)
        if visit is None:
            return None
        case = self._provisional(visit, request, found.headers)
        case.hear_body(bytes(found.prefix), complete=False)
        visit.stopped = case.refused  # where it ends, if it has not come to its own end by then
        return self._guard.options.max_asset_bytes if visit.stopped else None


def _is_small(headers: Headers) -> bool:
    """
    True for a body that is received anyway: it is withheld when it is there.

    Ending its download would spare little, and Twisted hands a connection that is closing to the next request.
    """
    length = field(headers, b"Content-Length").strip()
    return length.isdigit() and len(length) < 8 and int(length) <= SMALL
