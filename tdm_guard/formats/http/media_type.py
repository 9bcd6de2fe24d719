"""Which kind of content a response carries, by its content type or, where that says nothing, by its first bytes."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

SNIFF_BYTES = 1445  # WHATWG MIME Sniffing 5.2: the resource header is the first 1445 bytes
MAX_LEADING = 2**20  # bytes of blanks and comments that are looked through; real prologues have some kilobytes

MAX_CONTENT_TYPE = 255  # characters of each type in a field value; RFC 6838 4.2 keeps types within 127
MAX_TYPES = 1_000  # that a long field value may join
_HTML = frozenset(
    {
        "text/html",
        "application/xhtml+xml",
        "application/vnd.wap.xhtml+xml",
        "text/htm",  # from here on registered by nobody, and sent
        "text/x-html",
        "text/xhtml",
        "text/xhtml+xml",
        "application/html",
        "application/xhtml",
    }
)
_GENERIC = frozenset(
    {
        "",
        "application/octet-stream",
        "application/x-octet-stream",
        "binary/octet-stream",
        "unknown/unknown",
        "x-unknown/x-unknown",
        "application/unknown",
        "application/x-unknown",
        "application/x-unknown-content-type",
        "content/unknown",
        "text/unknown",
        "*/*",
        "text/*",
        "application/*",
        "application/download",  # what shall be saved
        "application/x-download",
        "application/force-download",
        "application/x-force-download",
        "application/x-httpd-php",  # what made the document
        "httpd/unix-directory",
        "multipart/byteranges",  # parts of a body of some other type
    }
)
_XML = frozenset({"application/xml", "text/xml"})
_FEEDS = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})
_TOKEN = r"[!#$%&'*+.^`|~0-9a-z-]+"
_TYPE = re.compile(rf"{_TOKEN}/{_TOKEN}")  # RFC 9110 8.3.1, lower case
# What may stand before the tag that shows what a document is: blanks, comments, processing instructions.
_LEADING = re.compile(rb"(?s)(?>\s++|<!--.*?-->|<\?.*?\?>)*+")
_XML_LEADING = re.compile(
    rb"(?si)(?>\s++|<!--.*?-->|<\?.*?\?>|<!doctype\s++(?!html[\s>\[])[^>\[]*+(?:\[.*?\]\s*+)?>)*+"
)
_UNENDED = re.compile(rb"<(?:!--|\?|![^>]*\Z|[^>\s]{0,64}\Z)|\Z")
# WHATWG MIME Sniffing 7.1: tags that a document may begin with, each ended by a blank or `>`
_MARKUP = re.compile(
    rb"(?i)<(?:!doctype\s+html|(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta|link|base)"
    rb"(?=[\s/>]))"
)
_CHARSET = re.compile(r"""(?i)[;,\s]\s*charset\s*=\s*["']?([^\s"';,]+)""")
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
    """The charset parameter, if there is one; behind a blank or a comma too, where some readers find it."""
    found = _CHARSET.search(content_type)
    return found[1] if found else None


def markup_of(media_type: str) -> Markup:
    """What the media type alone says."""
    if media_type in _HTML:
        return Markup.HTML
    if media_type in _FEEDS:
        return Markup.FEED
    return Markup.UNKNOWN if media_type in _GENERIC or media_type in _XML else Markup.OTHER


def is_xml(media_type: str) -> bool:
    """True for the types of XML that name no kind of document."""
    return media_type in _XML


@lru_cache(maxsize=256)  # sites send a handful of values; an entry is a short field value
def _kind(content_type: str) -> tuple[str, Markup]:
    named = [words[0] for part in content_type.split(",") if (words := essence(part).strip("'").split())]
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
    if len(content_type) <= MAX_CONTENT_TYPE:
        return _kind(content_type)
    found = [_kind(part) for part in parts(content_type)]
    return max(found, key=lambda each: (_TYPE.fullmatch(each[0]) is not None, _HEED[each[1]]))


def parts(content_type: str) -> list[str]:
    """The types that a long value joins, each so far as it is looked at: what pads the first hides no other."""
    return [part.strip()[:MAX_CONTENT_TYPE] for part in content_type.split(",", MAX_TYPES)]


def beginning(body: bytes) -> bytes:
    """The first bytes of a body, those of a document from the tag on that shows what it is."""
    if body[:1] not in (b"<", b" ", b"\t", b"\n", b"\r", b"\f"):
        return body[:SNIFF_BYTES]
    leading = _XML_LEADING.match(body, 0, MAX_LEADING)
    at = leading.end() if leading else 0
    return body[at : at + SNIFF_BYTES] if at > SNIFF_BYTES // 4 else body[:SNIFF_BYTES]


def sniff(prefix: bytes, media_type: str = "", *, ended: bool = True) -> Markup:
    """
    What the beginning of a body of a generic type, or of plain XML, shows it to be (WHATWG MIME Sniffing 7.1).

    `UNKNOWN` if nothing but blanks and comments is there and more may come, or if they do not end within bounds: such
    a body may be either. A comment that never ends makes a page of what bears no type.
    """
    if prefix[:2] in (b"\xff\xfe", b"\xfe\xff"):
        ended = ended and len(prefix) <= MAX_LEADING
        prefix = prefix[:MAX_LEADING].decode("utf-16", "replace").encode("utf-8", "replace")
    start = 3 if prefix.startswith(b"\xef\xbb\xbf") else 0
    xml = media_type in _XML
    leading = (_XML_LEADING if xml else _LEADING).match(prefix, start, MAX_LEADING)
    at = leading.end() if leading else start
    pattern = _ROOT if xml else _MARKUP
    if pattern.match(prefix, at):
        return Markup.HTML
    if at >= MAX_LEADING or (_UNENDED.match(prefix, at) and (not ended or len(prefix) > MAX_LEADING)):
        return Markup.UNKNOWN
    if not xml and prefix.startswith(b"<!--", at):
        return Markup.HTML
    return Markup.FEED if xml or _FEED_ROOT.match(prefix, at) else Markup.OTHER
