"""
Which stored answers plainly say nothing: the short way of what is judged with all of it at hand.

strategy: what is tested here is a part of what a case does when it hears fields and body one after the other, in an
order that comes to an end soon. What is not plainly silent, or not usual in any way, is left to the case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.decision import Decision, Exchange, Stage
from tdm_guard.formats.charset import encoding_of, is_settled
from tdm_guard.formats.files.asset import read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tdm_guard.formats.http.media_type import HTML, MAX_CONTENT_TYPE, OTHER, beginning
from tdm_guard.formats.http.transfer_coding import HEXADECIMAL, dechunk
from tdm_guard.formats.page.xhtml import is_disguised
from tdm_guard.judging.arguments import UNREAD
from tdm_guard.judging.pictures import of_pictures
from tdm_guard.judging.plainly import is_silent_about
from tdm_guard.judging.response import kind_of
from tdm_guard.policies.policy import OriginPolicy

if TYPE_CHECKING:
    from tdm_guard.judging.bench import Bench
    from tdm_guard.judging.heard_page import Look
    from tdm_guard.judging.response import ContentKind
    from tdm_guard.model import Statement, Stored

_, _HEADERS, _BODY, _ASSET = Stage  # by these names: on Python 3.11 looking a member up on its class is slow
_FRAMING = frozenset({"content-length", "transfer-encoding"})  # beside the coding, what a body is told by
_SAVED_PAGE = Format.MHTML


class PlainAnswer(NamedTuple):
    """An answer of 200 whose fields and body, all of it, say nothing; and how far it had to be heard to know."""

    media_type: str | None
    stage: Stage


class PlainAnswers:
    """Tells them from others under one set of options."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._watched = bench.heard | _FRAMING
        self._never = bool(bench.keeps) or 200 in bench.statuses  # what these collect is for a case to hear

    def decision(
        self,
        url: str,
        *,
        status: int | None,
        headers: Sequence[tuple[str, str]],
        body: bytes | None,
        content_sha256: str,
        policies: object,
        unread: str,
        now: datetime,
        stored: Stored | None,
    ) -> Decision | None:
        """
        The decision on a whole answer, with the digest of its body; None if a case is needed.

        The fields are pairs of text; no hop, item or page said anything of it before.
        """
        if status != 200 or not isinstance(policies, OriginPolicy) or unread not in UNREAD or now.tzinfo is not UTC:
            return None
        if not isinstance(body, bytes) or status.__class__ is not int:
            return None
        bench, ignores = self._bench, unread == "ignore"
        if not bench.plain:  # a declaration may name the address, or a list its site
            return None
        if policies.unasked and not ignores and unread != "undetermined":
            policies = policies.beside_robots()
        if not is_silent_about(policies, bench.listener, url, ignores=ignores):
            return None
        if (found := self.find(headers, body, ())) is None:
            return None
        media_type, stage = found
        exchange = Exchange(
            final_url=url, origin=policies.name, status=200, content=True, media_type=media_type, bytes=len(body),
            content_sha256=content_sha256,
        )  # fmt: skip
        return Decision(
            url=url, ts=now, stage=stage, outcome=bench.nothing_said, exchange=exchange, checked=policies.checked,
            stored=stored,
        )  # fmt: skip

    def find(
        self,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        statements: Iterable[Statement],
        look: Look | None = None,
    ) -> PlainAnswer | None:
        """
        The answer with these fields and this body, if it is one; `statements` were heard of its address before.

        `look` finds the tags of a page that may speak, and keeps what it found.
        """
        if self._never or not 0 < len(body) <= self._bench.max_asset_bytes:
            return None
        said: str | None = None
        watched = self._watched
        for name, value in headers:
            key = name.lower()
            if key in watched:
                if key == "content-type" and said is None and len(value) <= MAX_CONTENT_TYPE:
                    said = value
                elif key != "content-length" or value != str(len(body)):
                    return None
        if said is None:
            return None
        kind = kind_of(said)
        if kind.markup is HTML:
            stage = self._page(kind, body, statements, look or self._bench.scanner.openings)
        else:
            stage = self._file(kind, body)
        return None if stage is None else PlainAnswer(kind.media_type, stage)

    def _page(self, kind: ContentKind, body: bytes, statements: Iterable[Statement], look: Look) -> Stage | None:
        bench = self._bench
        if not body.startswith(b"<") or not bench.readers[HTML] or (statements and of_pictures(statements, bench)):
            return None
        if ("xml" in (kind.media_type or "") and is_disguised(body)) or look(body) != ():
            return None
        if not is_settled(kind.charset) and encoding_of(kind.charset, body)[1] is not None:
            return None
        return _BODY

    def _file(self, kind: ContentKind, body: bytes) -> Stage | None:
        """Of what no page or feed may be."""
        bench = self._bench
        if kind.markup is not OTHER or (body[:1] in HEXADECIMAL and dechunk(body, strict=True) is not None):
            return None
        found = format_of(kind.media_type or "", beginning(body)) if bench.asset_signals else None
        if found is None:
            return _HEADERS
        if found is _SAVED_PAGE or bench.repertoire is not None:  # its tags may name a work
            return None
        asset = read_asset(body, found)
        return _ASSET if asset.complete and not asset.packets and not asset.unread else None
