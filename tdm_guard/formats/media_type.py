"""Which kind of content a response carries, by its content type or, where that says nothing, by its first bytes."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

SNIFF_BYTES = 1445  # WHATWG MIME Sniffing 5.2: the resource header is the first 1445 bytes

MAX_CONTENT_TYPE = 255  # characters of a field value that are looked at; RFC 6838 4.2 keeps types within 127
_HTML = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
_GENERIC = frozenset(
    {
        "",
        "application/octet-stream",
        "binary/octet-stream",
        "unknown/unknown",
        "application/unknown",
        "*/*",
        "multipart/byteranges",  # parts of a body of some other type
    }
)
_XML = frozenset({"application/xml", "text/xml"})
_FEEDS = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})
_TOKEN = r"[!#$%&'*+.^`|~0-9a-z-]+"
_TYPE = re.compile(rf"{_TOKEN}/{_TOKEN}")  # RFC 9110 8.3.1, lower case
_LEADING = re.compile(rb"(?s)(?:\s|<!--.*?-->|<\?xml.*?\?>)*")
# WHATWG MIME Sniffing 7.1: tags that a document may begin with, each ended by a blank or `>`
_MARKUP = re.compile(
    rb"(?i)<(?:!doctype\s+html|(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta|link|base)"
    rb"(?=[\s/>]))"
)
_FEED_ROOT = re.compile(rb"<(?:rss|(?:[a-zA-Z]+:)?(?:feed|RDF))(?=[\s/>])")
_ROOT = re.compile(rb"(?i)<(?:!doctype\s+html|(?:[a-z]+:)?html(?=[\s/>]))")


class Markup(StrEnum):
    """Whether a body is HTML, or XML that may be a feed; or whether only its first bytes can say."""

    HTML = "html"
    FEED = "feed"
    OTHER = "other"
    UNKNOWN = "unknown"


HTML, FEED, OTHER, UNKNOWN = Markup  # by these names: on Python 3.11 looking a member up on its class is slow
_HEED = {OTHER: 0, FEED: 1, UNKNOWN: 2, HTML: 3}  # how much of a body is read on account of what its type says


def essence(content_type: str) -> str:
    """The media type without parameters, lower case."""
    return content_type.partition(";")[0].strip().lower()


def charset(content_type: str) -> str | None:
    """The charset parameter, if there is one."""
    found = re.search(r"""(?i);\s*charset\s*=\s*["']?([^\s"';]+)""", content_type)
    return found.group(1) if found else None


def markup_of(media_type: str) -> Markup:
    """What the media type alone says."""
    if media_type in _HTML:
        return Markup.HTML
    if media_type in _FEEDS:
        return Markup.FEED
    return Markup.UNKNOWN if media_type in _GENERIC or media_type in _XML else Markup.OTHER


@lru_cache(maxsize=256)  # sites send a handful of values; an entry is a short field value
def _kind(content_type: str) -> tuple[str, Markup]:
    named = [words[0] for part in content_type.split(",") if (words := essence(part).split())]
    found = [media_type for media_type in named if _TYPE.fullmatch(media_type)]
    if not found:
        return essence(content_type), Markup.UNKNOWN
    media_type = max(found, key=lambda each: _HEED[markup_of(each)])
    return media_type, markup_of(media_type)


def content_kind(content_type: str) -> tuple[str, Markup]:
    """
    The media type of a `Content-Type` value, and what it says of markup.

    A value that names no type says nothing (WHATWG MIME Sniffing 4.4, 5.1). Of several, as proxies join repeated lines
    or a semicolon is forgotten, the one counts of whose bodies most is read.
    """
    return _kind(content_type[:MAX_CONTENT_TYPE])


def sniff(prefix: bytes, media_type: str = "") -> Markup:
    """What the first `SNIFF_BYTES` of a body of a generic type, or of plain XML, show it to be."""
    if prefix[:2] in (b"\xff\xfe", b"\xfe\xff"):
        prefix = prefix.decode("utf-16", "replace").encode("utf-8", "replace")
    elif prefix.startswith(b"\xef\xbb\xbf"):
        prefix = prefix[3:]
    leading = _LEADING.match(prefix)
    rest = prefix[leading.end() if leading else 0 :]
    pattern = _ROOT if media_type in _XML else _MARKUP
    if pattern.match(rest):
        return Markup.HTML
    return Markup.FEED if media_type in _XML or _FEED_ROOT.match(rest) else Markup.OTHER
