"""
The pieces of a response that statements and faults rest on, collected while it is heard for an evidence folder.

Of a page its head or the tags that speak, of a file the packets, of the fields those that are heard: never the whole of
a body, whose content may turn out to be withheld. Where nothing is said nothing is kept, and nothing copied.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from tdm_guard.formats.files.asset import Packet, Place
from tdm_guard.formats.page.html_tokens import decode
from tdm_guard.judging.extract import MAGIC, extract, line_ends
from tdm_guard.judging.masked import masked
from tdm_guard.judging.spans import Span, assertions, licences, page_head, tags, without_pictures
from tdm_guard.model import Declared, Evidence, Fault, Reading, Statement
from tdm_guard.plain import without_secrets
from tdm_guard.secrecy.parameters import SECRETS, redacted_words

MAX_PIECE = 256 * 1024  # bytes of one; packets of metadata without pictures have some thousands
MAX_PIECES = 64  # of one response and the hops before it
MAX_TOTAL = 2**20  # bytes of all of them: they are compressed and written in some ten milliseconds, on an event loop
SECRET = frozenset({  # response fields that are never kept, whoever reads them
    "set-cookie", "set-cookie2", "cookie", "authorization", "proxy-authorization", "authentication-info",
    "proxy-authentication-info",
})  # fmt: skip

_LINE = re.compile(r"line (\d{1,9})")
_DigestOf = Callable[[str | None], str | None]  # of the piece, by a locator
_E = TypeVar("_E", Statement, Fault, Declared)


class Pieces:
    """
    Pieces of one response by their SHA-256; what rests on one gets its digest as `evidence`.

    `hidden` are patterns of names of parameters whose values are left out, but of packets: these are files of a kind.
    """

    __slots__ = ("_hidden", "_left", "by_digest")

    def __init__(self, hidden: Sequence[str] = SECRETS) -> None:
        self._hidden = hidden
        self.by_digest: dict[str, bytes] = {}
        self._left = MAX_TOTAL

    def keep(self, piece: bytes) -> str | None:
        """The digest of a piece that is kept from now on; None for nothing, and for more than is kept."""
        if not piece:
            return None
        digest = hashlib.sha256(piece).hexdigest()
        if digest not in self.by_digest:
            if len(self.by_digest) >= MAX_PIECES or len(piece) > self._left:
                return None
            self.by_digest[digest] = piece
            self._left -= len(piece)
        return digest

    def of_fields(self, reading: Reading, headers: Iterable[tuple[str, str]], heard: frozenset[str]) -> Reading:
        """`reading` on those header fields that are `heard`, `content-type` and the like among them."""
        if not says(reading):
            return reading
        lines = [
            f"{name}: {redacted_words(without_secrets(value), self._hidden)}\r\n"
            for name, value in headers
            if (key := name.lower()) in heard and key not in SECRET
        ]
        return stamped(reading, self.keep(bounded("".join(lines).encode("utf-8", "surrogatepass"))))

    def of_page(self, reading: Reading, page: bytes, label: str | None) -> Reading:
        """`reading` on the head of a page, or on its tags that speak, where words stand behind it."""
        if not says(reading):
            return reading
        if b"\0" in page[:1024]:  # UTF-16, whose line ends no byte shows
            page = decode(page, label).encode("utf-8", "replace")
        lines = {int(found[1]) for each in _said(reading) if (found := _LINE.search(each.locator or ""))}
        head = page_head(page)
        spans = [] if head is None else [head]
        last = 0 if head is None else 1 + line_ends(page, 0, head[1])
        behind = {line for line in lines if line >= last}
        if head is None or behind:
            spans += tags(page, behind, 0 if head is None else head[1], all_else=head is None or max(behind) > last)
        return stamped(reading, self.keep(masked(_cut(page, spans), self._hidden)))

    def of_feed(self, body: bytes) -> str | None:
        """The digest of what a feed, or a refusal's body, holds of licences; of one that cannot be read too."""
        return self.keep(masked(_cut(body, licences(body)), self._hidden))

    def of_challenge(self, reading: Reading, body: bytes) -> Reading:
        """`reading` on the body of a refusal: the licences in it, or the terms, as JSON has them."""
        if not says(reading):
            return reading
        plain = body[:64].lstrip()[:1] in (b"{", b"[")
        return stamped(reading, self.keep(masked(bounded(body), self._hidden)) if plain else self.of_feed(body))

    def of_packets(self, reading: Reading, packets: Sequence[Packet], places: frozenset[Place]) -> Reading:
        """`reading` on the packets of a file, each statement on the one that it names, or on the first of its kind."""
        if not says(reading):
            return reading
        ours = [packet for packet in packets if packet.place in places]
        digests = [self.keep(_of_packet(packet)) for packet in ours]

        def found(locator: str | None) -> str | None:
            near = [n for n, packet in enumerate(ours) if (locator or "").startswith(packet.locator)]
            best = max(near, key=lambda n: len(ours[n].locator), default=0 if ours else None)
            return None if best is None else digests[best]

        return _mapped(reading, found)


def says(reading: Reading) -> bool:
    """True if something rests on what was read."""
    return bool(reading.statements or reading.faults or reading.declared)


def stamped(reading: Reading, digest: str | None) -> Reading:
    """`reading`, all of it on one piece."""
    return reading if digest is None else _mapped(reading, lambda _locator: digest)


def bounded(document: bytes) -> bytes:
    """A document as it is kept: itself, or its beginning, which says so. Nobody's words pass for an extract."""
    if len(document) <= MAX_PIECE and not document.startswith(MAGIC):
        return document
    return extract(document, [(0, MAX_PIECE)])


def _mapped(reading: Reading, digest_of: _DigestOf) -> Reading:
    return Reading(
        tuple([_on(statement, digest_of) for statement in reading.statements]),
        tuple([_on(fault, digest_of) for fault in reading.faults]),
        tuple([_on(declared, digest_of) for declared in reading.declared]),
    )


def _on(evidence: _E, digest_of: _DigestOf) -> _E:
    if evidence.sha256 is not None or evidence.evidence is not None:
        return evidence
    digest = digest_of(evidence.locator)
    return evidence if digest is None else replace(evidence, evidence=digest)


def _said(reading: Reading) -> Iterable[Evidence]:
    return (*reading.statements, *reading.faults, *reading.declared)


def _cut(document: bytes, spans: Sequence[Span]) -> bytes:
    """The piece of these spans, as long as they are together no longer than a piece may be; nothing of none."""
    kept, left = [], MAX_PIECE
    for start, stop in spans:
        size = min(stop - start, left)
        if size > 0:
            kept.append((start, start + size))
            left -= size
    return extract(document, kept) if kept else b""


def _of_packet(packet: Packet) -> bytes:
    if packet.place is Place.C2PA:
        return _cut(packet.data, assertions(packet.data))
    spans = without_pictures(packet.data)
    return _cut(packet.data, spans) if len(spans) > 1 else bounded(packet.data)
