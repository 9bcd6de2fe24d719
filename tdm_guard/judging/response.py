"""
What a response announces of its body, by status and header fields, and what the first bytes show beside it.

strategy: the media type names a kind of markup, a kind of file, or nothing; where it names nothing the first bytes
tell, and those of a file that may carry a reservation tell whatever the type says. First bytes are those that are read,
without chunks and codings: where too few of them are there yet, nothing is known of the body.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of, format_of_type, may_swell
from tdm_guard.formats.http.content_coding import begins_as_markup, is_text
from tdm_guard.formats.http.field_lines import is_glued, lines_of
from tdm_guard.formats.http.media_type import (
    HTML,
    MAX_CONTENT_TYPE,
    OTHER,
    SNIFF_BYTES,
    UNKNOWN,
    Markup,
    beginning,
    charset,
    content_kind,
    parts,
    sniff,
)
from tdm_guard.formats.http.message_body import Framing, PlainBody, framing, is_short, undone
from tdm_guard.formats.http.transfer_coding import HEXADECIMAL

if TYPE_CHECKING:
    from tdm_guard.judging.bench import Bench
    from tdm_guard.judging.pieces import Pieces

CHALLENGES = (401, 402)
SHOWN = 16 * SNIFF_BYTES  # decoded bytes in which a body of no type shows what it is; a bomb shows no more either
NOT_MODIFIED = 304  # has no body (RFC 9110 15.4.5)
OFF_LOOP_BYTES = 32 * 1024  # what is longer is read off the event loop: hostile ones take up to a second
CODED_BYTES = 8 * 1024  # a coded body of more is usually one of `OFF_LOOP_BYTES` and more
MANY_METAS = 100  # meta tags of a short page; each may be weighed by several signals, word by word
RECEIVED = 128 * 1024  # of as many bytes as received; a gzip member may begin with fields of 64 KiB
_FROM_START = re.compile(r"bytes\s+0-(\d{1,18})/(\d{1,18}|\*)\s*")


class Beginning(NamedTuple):
    """The first bytes of a body without its codings; `all`: there are no more, or none that could be had."""

    body: bytes
    all: bool
    failed: bool = False


class ContentKind(NamedTuple):
    """What one `Content-Type` value says: the media type, of markup and of files; and the value and its charset."""

    media_type: str | None
    markup: Markup
    file: Format | None
    said: str
    charset: str | None = None


NO_TYPE = ContentKind(None, UNKNOWN, None, "")


class Announced:
    """
    One response to `url` at `now` (UTC), before its body is there.

    `content`: it carries content to judge (2xx with a body). One that expects none (204, 205, an answer to HEAD) does
    as soon as a byte of it comes: `hear_first`. `kind` is what the media type names: a kind of markup, a kind of file
    that may carry a reservation inside. `begins`: the body starts at its beginning; `whole`: it is no part (206).
    `headers` are all that came; what they say of codings and length is looked up when there is a body. `pieces`
    collects what readings rest on, for an evidence folder.
    """

    # What most responses do not say stands here once, so that one costs little.
    kind = NO_TYPE
    begins = True
    _bodiless = False
    whole = True
    pieces: Pieces | None = None
    _framing: Framing | None = None

    def __init__(
        self, url: str, now: datetime, status: int, headers: Sequence[tuple[str, str]] = (), *, bodiless: bool = False
    ) -> None:
        self.url = url
        self.now = now
        self.status = status
        self.headers = headers
        self.content = 200 <= status < 300 and status not in (204, 205) and not bodiless
        if bodiless:
            self._bodiless = True
        if status == 206:
            self.begins = self.whole = False

    def hear(self, name: str, value: str) -> None:
        """One of `bench.CONTENT_FIELDS`, in the order in which they came."""
        if name == "content-type":
            for each in (value,) if len(value) <= MAX_CONTENT_TYPE else parts(value):
                kind = kind_of(each)
                if self.kind is NO_TYPE or kind.markup is HTML:  # of contradictory ones HTML counts: it is read
                    self.kind = kind
        elif self.status == 206 and name == "content-range":
            part = _FROM_START.fullmatch(value.strip())
            self.begins = part is not None
            self.whole = part is not None and str(int(part[1]) + 1) == part[2].lstrip("0")

    @property
    def media_type(self) -> str | None:
        """The media type, lower case, without parameters."""
        return self.kind.media_type

    @property
    def content_type(self) -> str:
        """The whole value that names it."""
        return self.kind.said

    @property
    def markup(self) -> Markup:
        """What it says of markup."""
        return self.kind.markup

    @property
    def file(self) -> Format | None:
        """The kind of file that it names."""
        return self.kind.file

    def hear_first(self, body: bytes) -> bool:
        """Notes that bytes came where none were expected (RFC 9110 9.3.2, 15.3.5); True if there is content."""
        if body and not self.content and 200 <= self.status < 300:
            self.content = True
        return self.content

    @property
    def framing(self) -> Framing:
        """What the fields say of chunks, codings and length."""
        if self._framing is None:
            self._framing = framing(self.headers)
        return self._framing

    def is_whole(self, size: int, *, complete: bool) -> bool:
        """
        True if `size` bytes that were received to their end are all that there is.

        A part (206) is not, nor what is shorter than announced. Of coded ones only the decoding can tell.
        """
        if not (complete and self.whole):
            return False
        return not self.content or not self.framing.lengths or not is_short(size, self.framing)

    def plain(self, body: bytes, max_bytes: int, *, complete: bool) -> PlainBody:
        """`body` as it is read; `complete`: as many bytes were received as came."""
        return undone(body, self._framing or self.framing, max_bytes, self._stands, complete=complete)

    def may_last(self, body: bytes) -> bool:
        """
        True if `body`, as received, may take longer to judge than an event loop can wait (50 ms).

        A few coded bytes may become many: they are decoded as far as needed to know.
        """
        if len(body) > OFF_LOOP_BYTES:
            return True
        if self.framing.codings:
            if len(body) > CODED_BYTES:
                return True
            plain = self.plain(body, OFF_LOOP_BYTES, complete=True)
            if plain.long:
                return True
            body = plain.body
        if self.markup is HTML and body[:16].lstrip()[:1] == b"<":
            return body.lower().count(b"meta") > MANY_METAS  # a short word is looked for five times as long
        return may_swell(body, format_of(self.media_type or "", beginning(body)))

    def _stands(self, body: bytes) -> bool:
        """True for what this body should be by its type, by its first bytes as they are."""
        if self.markup is OTHER and self.file is None:
            return True  # nothing speaks in one
        found = format_of("", body[:SNIFF_BYTES])
        if found is not None and (found is not Format.MP3 or body.startswith(b"ID3") or self.file is found):
            return True
        if self.file is Format.TEXT or self.markup is UNKNOWN:
            return is_text(body)
        return (self.markup is not OTHER or self.file is Format.SVG) and begins_as_markup(body)

    def shown(self, prefix: bytes, *, ended: bool) -> Markup:
        """
        The kind of markup, as far as the type and `prefix` tell; `ended` says that the prefix is all there is.

        Bytes from the middle of a body show nothing (RFC 9110 15.3.7).
        """
        if self.markup is not UNKNOWN or not self.begins:
            return self.markup
        return self._shown(self._beginning(prefix, ended=ended))

    def _shown(self, first: Beginning) -> Markup:
        if first.failed or (not first.all and len(first.body) < SNIFF_BYTES):
            return UNKNOWN
        return sniff(first.body, self.media_type or "", ended=first.all)

    def format(self, prefix: bytes) -> Format | None:
        """The kind of file that may carry a reservation inside, by its first bytes, else by the media type."""
        first = self._beginning(prefix, ended=False).body if self.begins else b""
        return format_of(self.media_type or "", beginning(first))

    def _beginning(self, prefix: bytes, *, ended: bool) -> Beginning:
        """Bounded, and no more than is needed: this is asked of prefixes as they grow."""
        codings = self.framing.codings
        if not codings and prefix[:1] not in HEXADECIMAL:
            return Beginning(prefix, ended)
        first = prefix[:RECEIVED]
        plain = self.plain(first, SHOWN if codings else RECEIVED, complete=ended and len(first) == len(prefix))
        failed = plain.problem is not None and not (plain.cut or plain.long)
        return Beginning(plain.body, plain.complete, failed)

    def wanted(self, bench: Bench, prefix: bytes, *, ended: bool) -> bool:
        """
        True if the body must be heard whole before it can be decided, as far as `prefix` tells.

        A body of a generic type is wanted until its first bytes show that nothing can speak in it. The body of a 401 or
        402 is wanted too: it may be a licence; and where none is expected, the first byte that may yet come.
        """
        if not self.content and not (prefix and 200 <= self.status < 300):
            return self._may_speak(bench, prefix, ended=ended)
        markup = self.kind.markup
        first: Beginning | None = None
        if markup is UNKNOWN:
            if prefix and self.begins:
                first = self._beginning(prefix, ended=ended)
                markup = self._shown(first)
            elif ended and not prefix:
                return False
        if bench.readers[markup]:
            return True
        if not bench.asset_signals or (ended and not prefix):
            return False
        return self.file is not None or self._may_be_file(prefix, first, ended=ended)

    def _may_speak(self, bench: Bench, prefix: bytes, *, ended: bool) -> bool:
        """Of a response that carries no content as far as is known."""
        if self.status in CHALLENGES:
            return bench.hears_challenges and (bool(prefix) or not self._bodiless)
        return 200 <= self.status < 300 and not ended

    def _may_be_file(self, prefix: bytes, first: Beginning | None, *, ended: bool) -> bool:
        """True as long as the first bytes may be, and once they are, those of a file that can carry a reservation."""
        if not self.begins:
            return not ended and len(prefix) < SNIFF_BYTES
        first = first or self._beginning(prefix, ended=ended)
        if not first.failed and not first.all and len(first.body) < SNIFF_BYTES:
            return True
        return format_of(self.media_type or "", beginning(first.body)) is not None

    def type_speaks(self, bench: Bench) -> bool:
        """True if a body that is wanted stays so whatever its first bytes are."""
        if not self.content or (bench.asset_signals and self.file is not None):
            return True
        return self.markup is not UNKNOWN and bool(bench.readers[self.markup])


@lru_cache(maxsize=256)  # sites send a handful of values; an entry is a short field value
def kind_of(content_type: str) -> ContentKind:
    """What a `Content-Type` value says; of lines that were glued the one that counts."""
    if is_glued(content_type):
        lines = lines_of(content_type)
        content_type = next((line for line in lines if content_kind(line)[1] is HTML), lines[0])
    media_type, markup = content_kind(content_type)
    return ContentKind(media_type, markup, format_of_type(media_type), content_type, charset(content_type))
