"""How a site of the sample web is written down: its pages as data, turned into answers here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tdm_guard.model import Verdict
from tdm_guard.testing import content, files
from tdm_guard.testing.site import NOT_FOUND, Answer, Page, Received, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UNRESERVED, PERMITTED = Verdict.UNRESERVED, Verdict.PERMITTED
RESERVED, UNDETERMINED = Verdict.RESERVED, Verdict.UNDETERMINED

TDMREP = "/.well-known/tdmrep.json"
RESERVING = (("tdm-reservation", "1"),)
Headers = tuple[tuple[str, str], ...]
_MADE: dict[str, tuple[str, Callable[[bytes, str], bytes]]] = {
    ".png": ("image/png", lambda mark, _: content.png(mark)),
    ".jpg": ("image/jpeg", lambda mark, _: files.jpeg(mark)),
    ".wav": ("audio/wav", lambda mark, _: content.wav(mark)),
    ".mp3": ("audio/mpeg", lambda mark, _: files.mp3(mark, {})),
    ".flac": ("audio/flac", lambda mark, _: files.flac(mark, ())),
    ".pdf": ("application/pdf", content.pdf),
    ".epub": ("application/epub+zip", lambda mark, title: files.epub(mark, title, "")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """
    A page or file. What its path ends with says what it is: a picture, sound, a book, otherwise a page.

    `made` makes the bytes of a file from its marker and title, where it says something inside. `media` are addresses
    that a page shows, on this site or another; `head` and `body` markup of its own; `how` further members of its
    `Answer`; `wrap` a behaviour around the finished page. `expected` overrides the site's, `with_repertoire` is the
    verdict where the example project's repertoire makes it another.
    """

    path: str
    title: str = ""
    text: str = ""
    head: str = ""
    body: str = ""
    media: tuple[str, ...] = ()
    headers: Headers = ()
    zipped: bool = False
    how: Mapping[str, Any] = field(default_factory=dict)
    made: Callable[[bytes, str], bytes] | None = None
    wrap: Callable[[Page], Page] | None = None
    expected: Verdict | None = None
    with_repertoire: Verdict | None = None


def site(
    name: str,
    about: str,
    *leaves: Leaf,
    expected: Verdict,
    documents: Mapping[str, Page] | None = None,
    headers: Headers = (),
    fallback: Page = NOT_FOUND,
) -> Site:
    """A site of `leaves`, which link to each other and have the site's `headers`, and of `documents` as they are."""
    links = [(leaf.path, leaf.title) for leaf in leaves if leaf.title]
    pages: dict[str, Page] = dict(documents or {})
    for leaf in leaves:
        page = _page(name, leaf, links, headers)
        pages[leaf.path] = leaf.wrap(page) if leaf.wrap else page
    verdicts = {leaf.path: leaf.expected or expected for leaf in leaves}
    turned = {leaf.path: leaf.with_repertoire for leaf in leaves if leaf.with_repertoire}
    return Site(name=name, about=about, pages=pages, fallback=fallback, expected=verdicts, with_repertoire=turned)


def robots(*lines: str) -> Answer:
    """A robots.txt of these lines."""
    return Answer.text("\n".join((*lines, "")))


def tdmrep(*rules: tuple[str, int], policy: str | None = None) -> Answer:
    """A tdmrep.json of pairs of location and reservation, in this order, all with the same policy."""
    extra = {"tdm-policy": policy} if policy else {}
    return Answer.json([{"location": place, "tdm-reservation": value, **extra} for place, value in rules])


def _page(name: str, leaf: Leaf, links: list[tuple[str, str]], headers: Headers) -> Page:
    mark = content.marker(name, leaf.path)
    kind, make = next((_MADE[end] for end in _MADE if leaf.path.endswith(end)), ("text/html; charset=utf-8", None))
    packed = (("content-encoding", "gzip"),) if leaf.zipped else ()
    given = {field.lower() for field, _ in leaf.headers}
    every = tuple(pair for pair in headers if pair[0].lower() not in given)  # the page's own word comes first
    fields = (("content-type", kind), ("etag", f'"{mark.decode()[5:21]}"'), *packed, *every, *leaf.headers)
    answer = Answer(headers=fields, **leaf.how)
    if make is not None:
        return replace(answer, body=(leaf.made or make)(mark, leaf.title))
    if answer.body:
        return answer

    def render(request: Received) -> Answer:
        html = content.page(
            mark=mark,
            title=leaf.title,
            text=leaf.text,
            head=leaf.head,
            body=leaf.body,
            links=[link for link in links if link[0] != leaf.path],
            media=[_address(place, request) for place in leaf.media],
        ).encode()
        return replace(answer, body=content.gzipped(html, mark) if leaf.zipped else html)

    return render


def _address(place: str, request: Received) -> str:
    """`place`, or for one on another site the address under which this client knows it."""
    host, slash, rest = place.removeprefix("http://").partition("/")
    return request.base(host) + slash + rest if place.startswith("http://") else place
