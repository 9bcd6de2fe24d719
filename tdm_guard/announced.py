"""
What a response announces of its body, by status and header fields, and what the first bytes show beside it.

strategy: the media type names a kind of markup, a kind of file, or nothing; where it names nothing the first bytes
tell, and those of a file that may carry a reservation tell whatever the type says.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from tdm_guard.formats.asset import Format, format_of, format_of_type
from tdm_guard.formats.content_coding import decode
from tdm_guard.formats.media_type import HTML, MAX_CONTENT_TYPE, SNIFF_BYTES, UNKNOWN, Markup, content_kind, sniff

if TYPE_CHECKING:
    from tdm_guard.judge import Judge

FIELDS = frozenset({"content-type", "content-encoding", "content-range"})
CHALLENGES = (401, 402)
_FROM_START = re.compile(r"bytes\s+0-(\d{1,18})/(\d{1,18}|\*)\s*")


class Announced:
    """
    One response to `url` at `now` (UTC), before its body is there.

    `content`: it carries content to judge (2xx with a body). `markup` and `file` are what the media type names: a kind
    of markup, a kind of file that may carry a reservation inside. `begins`: the body starts at its beginning.
    """

    # What most responses do not say stands here once, so that one costs little.
    content_type = ""
    encoding = ""
    file: Format | None = None
    markup = UNKNOWN
    media_type: str | None = None
    begins = True
    _bodiless = False
    _whole = True

    def __init__(self, url: str, now: datetime, status: int, *, bodiless: bool = False) -> None:
        self.url = url
        self.now = now
        self.status = status
        self.content = 200 <= status < 300 and status not in (204, 205) and not bodiless
        if bodiless:
            self._bodiless = True
        if status == 206:
            self.begins = self._whole = False

    def hear(self, name: str, value: str) -> None:
        """One of the `FIELDS`, in the order in which they came."""
        if name == "content-type":
            media_type, markup, file = _kinds(value[:MAX_CONTENT_TYPE])
            if self.media_type is None or markup is HTML:  # of contradictory ones HTML counts: it is read
                self.media_type, self.markup, self.file, self.content_type = media_type, markup, file, value
        elif name == "content-encoding":
            self.encoding = f"{self.encoding},{value}"
        elif self.status == 206:
            part = _FROM_START.fullmatch(value.strip())
            self.begins = part is not None
            self._whole = part is not None and str(int(part[1]) + 1) == part[2].lstrip("0")

    def is_whole(self, *, complete: bool) -> bool:
        """True if a body that was received to its end is all that there is: a part (206) is not."""
        return complete and self._whole

    def shown(self, prefix: bytes, *, ended: bool) -> Markup:
        """
        The kind of markup, as far as the type and `prefix` tell; `ended` says that the prefix is all there is.

        Bytes from the middle of a body show nothing (RFC 9110 15.3.7).
        """
        if self.markup is not UNKNOWN or not self.begins or (not ended and len(prefix) < SNIFF_BYTES):
            return self.markup
        return sniff(self._plain(prefix), self.media_type or "")

    def format(self, prefix: bytes) -> Format | None:
        """The kind of file that may carry a reservation inside, by its first bytes, else by the media type."""
        return format_of(self.media_type or "", self._plain(prefix) if self.begins else b"")

    def _plain(self, prefix: bytes) -> bytes:
        if self.encoding:
            prefix = decode(prefix, self.encoding, 4 * SNIFF_BYTES).body
        return prefix[:SNIFF_BYTES]

    def wanted(self, judge: Judge, prefix: bytes, *, ended: bool) -> bool:
        """
        True if the body must be heard whole before it can be decided, as far as `prefix` tells.

        A body of a generic type is wanted until its first bytes show that nothing can speak in it. The body of a 401 or
        402 is wanted too: it may be a licence.
        """
        if not self.content:
            return self.status in CHALLENGES and not self._bodiless and judge.hears_challenges
        markup = self.markup
        if markup is UNKNOWN:
            if prefix:
                markup = self.shown(prefix, ended=ended)
            elif ended:
                return False
        if judge.readers[markup]:
            return True
        if not judge.asset_signals or (ended and not prefix):
            return False
        if self.file is not None or (not ended and len(prefix) < SNIFF_BYTES):
            return True
        return self.format(prefix) is not None

    def type_speaks(self, judge: Judge) -> bool:
        """True if a body that is wanted stays so whatever its first bytes are."""
        if not self.content or (judge.asset_signals and self.file is not None):
            return True
        return self.markup is not UNKNOWN and bool(judge.readers[self.markup])


@lru_cache(maxsize=256)  # sites send a handful of values; an entry is a short field value
def _kinds(content_type: str) -> tuple[str, Markup, Format | None]:
    """The media type of a `Content-Type` value, and what it says of markup and of files."""
    media_type, markup = content_kind(content_type)
    return media_type, markup, format_of_type(media_type)
