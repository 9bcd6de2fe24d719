"""
Downloads that end early: what the header fields reserve, or the beginning of a large file, need not be received.

Of beginnings only those of files that may carry a reservation inside, and that are large or of unknown length, are
looked at, and of large ones of a generic type; of the others Scrapy's own signal would cost every page its time. One
that must be read whole and is too large for that ends when so much of it is there. Looking takes time, and Scrapy's
signals wait for it: so it is done aside, and what is not there at once counts when the next piece is there.
"""

from __future__ import annotations

from concurrent.futures import wait
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from scrapy import signals
from scrapy.exceptions import StopDownload

from tdm_guard.formats.files.magic import format_of_type
from tdm_guard.formats.http.media_type import Markup, content_kind
from tdm_guard.judging.fields import may_last
from tdm_guard.repertoire.callers_item import ITEM
from tdm_guard.scrapy.visit import field

if TYPE_CHECKING:
    from concurrent.futures import Future

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers

    from tdm_guard.guard import Guard
    from tdm_guard.judging.case import Case
    from tdm_guard.scrapy.aside import Aside
    from tdm_guard.scrapy.visit import Fields, Visit

SMALL = 64 * 1024  # bytes of a body that are received even if a header reserves
LARGE = 2**20  # bytes; a smaller file is received whole
LOOKS = (64 * 1024, 2**20)  # bytes at which a beginning is looked at; most files have their metadata within the first
LOOK_WAIT = 0.02  # seconds; most looks take less. Two of them hold up the loop for less than 0.05 s, whatever the file
MAX_WATCHED = 64  # downloads at one time, so that their beginnings take at most 64 MiB


class _Look(NamedTuple):
    """What a beginning tells: `ends` if it reserves; of the longest one, `whole` if the file must be read whole."""

    ends: bool = False
    whole: bool | None = None


class _Beginning:
    """What came of a download so far, the looks at it; `most` bytes of it may come in all, None for any number."""

    __slots__ = ("headers", "looks", "most", "prefix", "size")

    def __init__(self, headers: Headers) -> None:
        self.headers = headers
        self.looks: list[Future[_Look]] = []
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
        self,
        crawler: Crawler,
        guard: Guard,
        fields: Fields,
        visits: WeakKeyDictionary[Request, Visit],
        aside: Aside,
    ) -> None:
        self._aside = aside
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
        speaks = self._fields.speak(headers)
        if speaks and may_last(self._fields.pairs(headers, received=False)):
            return False  # they are heard beside the loop, when the response is there
        if speaks and not _is_small(headers):
            visit.stopped = self._provisional(visit, request, headers).refused
        if self._guard.bench.asset_signals and not visit.stopped:
            self._watch(request, headers)
        return visit.stopped

    def _provisional(self, visit: Visit, request: Request, headers: Headers) -> Case:
        """A case for what is known before the response is there."""
        case = self._guard.open(visit.url, visit.case.policy, item=request.meta.get(ITEM))
        # The status is not known here. As content the case keeps more open, so that it never stops too much.
        case.hear_headers(200, self._fields.pairs(headers, received=False), bodiless=request.method == "HEAD")
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
        found = self._watched.pop(request, None) if self._listening else None
        if found is None:
            return
        for look in found.looks:
            look.cancel()
        if not self._watched:
            self._listening = False
            self._crawler.signals.disconnect(self._received, signals.bytes_received)

    def _received(self, data: bytes, request: Request) -> None:
        """Signal handler: ends the download of what reserves in its beginning, or is too large to be judged."""
        found = self._watched.get(request)
        if found is None:
            return
        if found.add(data):
            self._look(request, found)
        while found.looks and found.looks[0].done():
            self._heed(request, found, found.looks.pop(0).result())
        if found.most is not None and found.size > found.most:
            self.forget(request)
            raise StopDownload(fail=True)

    def _look(self, request: Request, found: _Beginning) -> None:
        """Begins to look at what is there, in a case of its own."""
        visit = self._visits.get(request)
        if visit is None:
            self.forget(request)
            return
        case, last = self._provisional(visit, request, found.headers), found.size >= LOOKS[-1]
        found.looks.append(self._aside.begin(partial(_look_at, case, bytes(found.prefix), last=last)))
        if last:
            found.prefix = bytearray()
        wait(found.looks, timeout=LOOK_WAIT)

    def _heed(self, request: Request, found: _Beginning, look: _Look) -> None:
        """The rest of what reserves need not be received; nor more of what must be read whole than can be."""
        visit = self._visits.get(request)
        if visit is None or (look.whole is False and not look.ends):
            self.forget(request)
        elif look.ends or look.whole:
            visit.stopped = True  # where it ends, if it has not come to its own end by then
            if look.ends:
                self.forget(request)
                raise StopDownload(fail=True)
            found.most = self._guard.options.max_asset_bytes


def _look_at(case: Case, prefix: bytes, *, last: bool) -> _Look:
    """Called in a thread."""
    if case.hear_beginning(prefix):
        return _Look(ends=True)
    if not last:
        return _Look()
    case.hear_body(prefix, complete=False)
    return _Look(whole=case.refused)


def _is_small(headers: Headers) -> bool:
    """
    True for a body that is received anyway: it is withheld when it is there.

    Ending its download would spare little, and Twisted hands a connection that is closing to the next request.
    """
    length = field(headers, b"Content-Length").strip()
    return length.isdigit() and len(length) < 8 and int(length) <= SMALL
