"""
Beginnings of large files: one that reserves ends the download, so that the rest need not be received.

Only files that may carry a reservation inside, and that are large or of unknown length, are looked at; of the others
Scrapy's own signal would cost every page its time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from scrapy import signals
from scrapy.exceptions import StopDownload

from tdm_guard.formats.asset import format_of
from tdm_guard.formats.media_type import essence

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers

LARGE = 2**20  # bytes; a smaller file is received whole
LOOKS = (64 * 1024, 2**20)  # bytes at which a beginning is looked at; most files have their metadata within the first
MAX_WATCHED = 64  # downloads at one time, so that their beginnings take at most 64 MiB


class Prefixes:
    """The beginnings that are being received. `settles` is asked whether one ends its download."""

    def __init__(self, crawler: Crawler, settles: Callable[[Request, Headers, bytes], bool]) -> None:
        self._crawler = crawler
        self._settles = settles
        # Weak: what is cancelled, or fails in a middleware nearer the downloader, is told to nobody.
        self._watched: WeakKeyDictionary[Request, tuple[Headers, bytearray]] = WeakKeyDictionary()
        self._listening = False

    def watch(self, request: Request, headers: Headers) -> None:
        """Looks at what comes of this response, if it may be a large file with a reservation inside."""
        length = (headers.get(b"Content-Length") or b"").strip()
        if length.isdigit() and len(length) < 10 and int(length) <= LARGE:
            return
        media_type = essence((headers.get(b"Content-Type") or b"").decode("latin-1"))
        if format_of(media_type, b"") is None or len(self._watched) >= MAX_WATCHED:
            return
        if not self._listening:
            self._listening = True
            self._crawler.signals.connect(self._received, signals.bytes_received)
        self._watched[request] = (headers, bytearray())

    def forget(self, request: Request) -> None:
        """The download is over."""
        if self._watched.pop(request, None) is not None and not self._watched:
            self._listening = False
            self._crawler.signals.disconnect(self._received, signals.bytes_received)

    def _received(self, data: bytes, request: Request) -> None:
        """Signal handler: ends the download of what reserves in its beginning."""
        found = self._watched.get(request)
        if found is None:
            return
        headers, prefix = found
        before = len(prefix)
        prefix += data[: LOOKS[-1] - before]
        if not any(before < look <= len(prefix) for look in LOOKS):
            return
        if len(prefix) >= LOOKS[-1]:
            self.forget(request)
        if self._settles(request, headers, bytes(prefix)):
            self.forget(request)
            raise StopDownload(fail=True)
