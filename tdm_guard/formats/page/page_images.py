"""
The pictures that a page shows: the addresses in img, source, video, input, SVG image, og:image and the like.

    srcset     = candidate *( "," candidate )             (WHATWG HTML 4.8.4.2.1)
    candidate  = URL [ descriptor ]

Attributes from which scripts load a picture later (`data-src`) are read too: the page shows it once somebody looks. Not
read: style sheets, and pictures that are only linked to.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

from tdm_guard.formats.page.html import MAX_SHOWN
from tdm_guard.formats.page.html_tokens import WS, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tdm_guard.formats.page.html import Page, Tag

MAX_IMAGES = 2_000  # addresses of one page
MAX_WRITTEN = 20_000  # different addresses of one page that are looked at, those that are none of the web among them
MAX_CANDIDATES = 64  # of one srcset; generators write up to twenty
MAX_ADDRESS = 4_096  # characters of one; signed addresses of delivery networks have up to two thousand

_ONE = ("src", "data-src", "data-lazy-src", "data-lazy", "data-original", "data-original-src", "data-fallback-src")
_SEVERAL = ("srcset", "data-srcset", "data-lazy-srcset", "data-original-set")
# Which attributes of a tag hold one address, and which a list of candidates.
_ATTRIBUTES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "img": (_ONE, _SEVERAL),
    "amp-img": (_ONE, _SEVERAL),
    "source": ((), _SEVERAL),  # its src is of sound or film
    "image": (("href", "xlink:href", *_ONE), _SEVERAL),  # of SVG; elsewhere another name of img
    "video": (("poster", "data-poster"), ()),
    "input": (("src",), ()),
    "object": (("data",), ()),
    "embed": (("src",), ()),
}
PICTURE_TAGS = names(
    "og:image og:image:url og:image:secure_url twitter:image twitter:image:src twitter:image0 twitter:image1 "
    "twitter:image2 twitter:image3 image thumbnailurl sailthru.image.full sailthru.image.thumb"
)
_META_NAMES = ("property", "name", "itemprop")
_LINK_RELATIONS = frozenset({"image_src"})
_match_candidate = re.compile(r"[\t\n\f\r ,]*+([^\t\n\f\r ]++)").match
_PARENTHESES = re.compile(r"[(),]")


class PageImages(NamedTuple):
    """Absolute http(s) addresses without fragment, each once, in order; `complete` is False if a bound cut them."""

    urls: tuple[str, ...] = ()
    complete: bool = True


def page_images(page: Page) -> PageImages:
    """The pictures of a page that was read with `shown=True`. Never raises; what is no address is passed over."""
    found: dict[str, None] = {}
    known: set[str] = set()
    complete = page.complete and len(page.shown) <= MAX_SHOWN
    for written in _written(page):
        address = written.strip(WS) if written is not None else None
        if address in known:
            continue
        if address is None or len(address) > MAX_ADDRESS:
            complete = complete and address is not None and _is_data(address)
            continue
        if len(known) >= MAX_WRITTEN:
            return PageImages(tuple(found), False)
        known.add(address)
        if not address or _is_data(address):
            continue
        url = _absolute(page.base, address)
        if url is None or url in found:
            continue
        if len(found) >= MAX_IMAGES:
            return PageImages(tuple(found), False)
        found[url] = None
    return PageImages(tuple(found), complete)


def _is_data(address: str) -> bool:
    return address[:5].lower() in ("data:", "blob:")


def _absolute(base: str, address: str) -> str | None:
    try:
        url = urljoin(base, address).partition("#")[0]
    except ValueError:
        return None
    return url if url[:8].lower().startswith(("http://", "https://")) else None


def _written(page: Page) -> Iterator[str | None]:
    for tag in page.tags:
        if tag.name == "meta":
            yield from _of_meta(tag)
        elif tag.name == "link":
            yield from _of_link(tag)
    for tag in page.shown:
        yield from _of_tag(tag)


def _of_meta(tag: Tag) -> Iterator[str]:
    if any(tag.attributes.get(name, "").strip(WS).lower() in PICTURE_TAGS for name in _META_NAMES):
        yield tag.attributes.get("content", "")


def _of_link(tag: Tag) -> Iterator[str | None]:
    relations = tag.attributes.get("rel", "").lower().split()
    preloads = "preload" in relations and tag.attributes.get("as", "").strip(WS).lower() == "image"
    if preloads or not _LINK_RELATIONS.isdisjoint(relations) or tag.attributes.get("itemprop", "").lower() == "image":
        yield tag.attributes.get("href", "")
    if preloads:
        yield from candidates(tag.attributes.get("imagesrcset", ""))


def _of_tag(tag: Tag) -> Iterator[str | None]:
    if tag.name in ("object", "embed") and not tag.attributes.get("type", "").strip(WS).lower().startswith("image/"):
        return
    if tag.name == "input" and tag.attributes.get("type", "").strip(WS).lower() != "image":
        return
    single, several = _ATTRIBUTES[tag.name]
    for name in single:
        if name in tag.attributes:
            yield tag.attributes[name]
    for name in several:
        if name in tag.attributes:
            yield from candidates(tag.attributes[name])


def candidates(srcset: str) -> Iterator[str | None]:
    """
    The addresses of a srcset, and None behind `MAX_CANDIDATES` of them if there are more.

    An address may hold commas, but end in none.
    """
    at = 0
    for _ in range(MAX_CANDIDATES):
        found = _match_candidate(srcset, at)
        if found is None:
            return
        at = found.end()
        yield found[1].rstrip(",")
        if not found[1].endswith(","):
            at = _behind_descriptors(srcset, at)
    if _match_candidate(srcset, at):
        yield None


def _behind_descriptors(srcset: str, at: int) -> int:
    """Behind the comma that ends the descriptors; one within parentheses does not."""
    inside = False
    for mark in _PARENTHESES.finditer(srcset, at):
        if mark[0] == "(":
            inside = True
        elif mark[0] == ")":
            inside = False
        elif not inside:
            return mark.end()
    return len(srcset)
