"""
Beginnings of large files: one that reserves ends the download, so that the rest need not be received.

Only files that may carry a reservation inside, and that are large or of unknown length, are looked at, and large ones
of a generic type; of the others Scrapy's own signal would cost every page its time. One that must be read whole and is
too large for that ends when so much of it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from scrapy import signals
from scrapy.exceptions import StopDownload

from tdm_guard.formats.asset import format_of_type
from tdm_guard.formats.media_type import Markup, content_kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers

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


class Prefixes:
    """
    The beginnings that are being received.

    `settles` is asked whether one ends its download, `exceeds` how many bytes of one may come at most.
    """

    def __init__(
        self,
        crawler: Crawler,
        settles: Callable[[Request, Headers, bytes], bool],
        exceeds: Callable[[Request, Headers, bytes], int | None],
    ) -> None:
        self._crawler = crawler
        self._settles = settles
        self._exceeds = exceeds
        # Weak: what is cancelled, or fails in a middleware nearer the downloader, is told to nobody.
        self._watched: WeakKeyDictionary[Request, _Beginning] = WeakKeyDictionary()
        self._listening = False

    def watch(self, request: Request, headers: Headers) -> None:
        """Looks at what comes of this response, if it may be a large file with a reservation inside."""
        length = (headers.get(b"Content-Length") or b"").strip()
        sized = length.isdigit() and len(length) < 20
        if (sized and int(length) <= LARGE) or len(self._watched) >= MAX_WATCHED:
            return
        media_type, markup = content_kind((headers.get(b"Content-Type") or b"").decode("latin-1"))
        if format_of_type(media_type) is None and not (sized and markup is Markup.UNKNOWN):
            return
        if not self._listening:
            self._listening = True
            self._crawler.signals.connect(self._received, signals.bytes_received)
        self._watched[request] = _Beginning(headers)

    def forget(self, request: Request) -> None:
        """The download is over."""
        if self._watched.pop(request, None) is not None and not self._watched:
            self._listening = False
            self._crawler.signals.disconnect(self._received, signals.bytes_received)

    def _received(self, data: bytes, request: Request) -> None:
        """Signal handler: ends the download of what reserves in its beginning, or is too large to be judged."""
        found = self._watched.get(request)
        if found is None:
            return
        look = found.add(data)
        if look and self._settles(request, found.headers, bytes(found.prefix)):
            self.forget(request)
            raise StopDownload(fail=True)
        if look and found.size >= LOOKS[-1]:
            found.most = self._exceeds(request, found.headers, bytes(found.prefix))
            found.prefix = bytearray()
            if found.most is None:
                self.forget(request)
        elif found.most is not None and found.size > found.most:
            self.forget(request)
            raise StopDownload(fail=True)
