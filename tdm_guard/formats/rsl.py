"""
RSL 1.0 licence documents: bytes in, their elements out, every departure from the vocabulary noted with its place.

    rsl      = content+                                        @max-age (days)
    content  = license+ alternate* schema* copyright* terms*   @url [@server] [@encrypted]
    license  = permits* prohibits* payment? reporting* legal*
    payment  = standard* custom* amount* accepts*              [@type]

A document is told by its namespace, not by its media type (2.2). Elements of other namespaces are no business of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tdm_guard.formats.xml import DOCUMENT, FEED, Element, Limits, parse

NAMESPACE = "https://rslstandard.org/rsl"
MEDIA_TYPE = "application/rsl+xml"
MAX_BYTES = DOCUMENT.bytes
MAX_FLAWS = 100  # of one document; a fatal one is never left out
MAX_AGE_DAYS = 30  # 3.2: where the document has no max-age of its own
UNSPECIFIED = "unspecified"  # a payment without a type

USAGES = frozenset({"all", "ai-all", "ai-train", "ai-input", "ai-index", "search"})
USERS = frozenset({"commercial", "non-commercial", "education", "government", "personal"})
PAYMENTS = frozenset(
    {"purchase", "subscription", "training", "crawl", "use", "contribution", "attribution", "free"}
    | {"inference"}  # 0.9 for "use"
)
KINDS = ("usage", "user", "geo")

_CHILDREN = {
    "rsl": frozenset({"content"}),
    "content": frozenset({"license", "alternate", "schema", "copyright", "terms"}),
    "license": frozenset({"permits", "prohibits", "payment", "reporting", "legal"}),
    "payment": frozenset({"standard", "custom", "amount", "accepts"}),
}
_KNOWN = frozenset({"rsl"}).union(*_CHILDREN.values())
# These inform and neither grant nor ask for anything: at a wrong place they change nothing.
_INFORMING = frozenset(
    {"alternate", "schema", "copyright", "terms", "legal", "standard", "custom", "amount", "accepts"}
)
_COUNTRY = re.compile(r"[A-Z]{2}")
_DAYS = re.compile(r"[0-9]{1,5}")


class Flaw(NamedTuple):
    """
    A departure from the vocabulary, by its code and with its place.

    After a `fatal` one no valid licence can be had from the document (3, 4.3).
    """

    code: str
    locator: str
    excerpt: str
    fatal: bool = False


class Tokens(NamedTuple):
    """One permits or prohibits element: its type (`usage`, `user`, `geo`) and its list."""

    kind: str
    tokens: tuple[str, ...]
    locator: str
    excerpt: str


class Demand(NamedTuple):
    """A payment or reporting element: its type and the address or text that its children give."""

    type: str
    locator: str
    excerpt: str
    address: str | None = None


class Licence(NamedTuple):
    """One license element."""

    permits: tuple[Tokens, ...]
    prohibits: tuple[Tokens, ...]
    payments: tuple[Demand, ...]
    reporting: tuple[Demand, ...]
    contact: str | None
    locator: str
    excerpt: str


class Content(NamedTuple):
    """One content element. `url` is None where the attribute is missing, `server` where no token is asked for."""

    url: str | None
    server: str | None
    encrypted: bool
    licences: tuple[Licence, ...]
    rightsholder: str | None
    contact: str | None
    locator: str
    excerpt: str


class RslDocument(NamedTuple):
    """
    A licence document, or the licences in a feed, as read.

    `problem` says why nothing could be read, `place` where; `max_age` is in days.
    """

    contents: tuple[Content, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    max_age: int = MAX_AGE_DAYS
    problem: str | None = None
    place: str | None = None

    @property
    def fatal(self) -> Flaw | None:
        """The first flaw for which the document gives no valid licence."""
        return next((flaw for flaw in self.flaws if flaw.fatal), None)


def read_document(body: bytes, *, encoding: str | None = None) -> RslDocument:
    """
    Reads a licence document: an rsl element, or a content element alone as it may stand inline.

    Nothing in `body` raises. A document without a content element licenses nothing and counts as unreadable.
    """
    xml = parse(body, encoding=encoding)
    if xml.problem:
        return RslDocument(problem=xml.problem, place=xml.place)
    root = xml.kept[0]
    if root.namespace != NAMESPACE or root.name not in ("rsl", "content"):
        return RslDocument(problem=f"no RSL document: its root is {root.tag[:100]}", place=f"/{root.name[:100]}")
    reader = _Reader()
    if root.name == "content":
        return reader.document((reader.content(root, "content"),))
    contents = tuple(
        reader.content(child, place) for name, child, place in reader.children(root, "rsl") if name == "content"
    )
    if not contents:
        return RslDocument(flaws=tuple(reader.flaws), problem="no content element", place="rsl")
    return reader.document(contents, reader.max_age(root))


def read_feed(body: bytes, *, limits: Limits = FEED) -> RslDocument:
    """The content elements of a feed, wherever in it they stand (4.7); without any, a document without contents."""
    xml = parse(body, limits=limits, keep=f"{{{NAMESPACE}}}content")
    if xml.problem:
        return RslDocument(problem=xml.problem, place=xml.place)
    if xml.root == f"{{{NAMESPACE}}}rsl":
        return RslDocument()
    reader = _Reader()
    return reader.document(tuple(reader.content(item, f"content[{n}]") for n, item in enumerate(xml.kept, 1)))


class _Reader:
    """Reads elements and gathers their flaws."""

    def __init__(self) -> None:
        self.flaws: list[Flaw] = []
        self._fatal = False

    def document(self, contents: tuple[Content, ...], max_age: int = MAX_AGE_DAYS) -> RslDocument:
        return RslDocument(contents=contents, flaws=tuple(self.flaws), max_age=max_age)

    def children(self, parent: Element, place: str) -> Iterator[tuple[str, Element, str]]:
        """Name, element and place of the children that the vocabulary has here; the others are noted."""
        expected = _CHILDREN.get(parent.name, frozenset())
        counts: dict[str, int] = {}
        for child in parent.children:
            if child.namespace != NAMESPACE:
                continue
            name = child.name
            counts[name] = counts.get(name, 0) + 1
            where = f"{place}/{name[:40]}[{counts[name]}]"
            if name in expected:
                yield name, child, where
            else:
                code = "misplaced-element" if name in _KNOWN else "unknown-element"
                self._note(code, where, child.words, fatal=name not in _INFORMING)

    def max_age(self, root: Element) -> int:
        raw = root.attributes.get("max-age")
        if raw is None or _DAYS.fullmatch(raw.strip()):
            return MAX_AGE_DAYS if raw is None else int(raw)
        self._note("max-age", "rsl", root.words)
        return MAX_AGE_DAYS

    def content(self, element: Element, place: str) -> Content:
        licences = []
        rightsholder = contact = None
        for name, child, where in self.children(element, place):
            if name == "license":
                licences.append(self._licence(child, where))
                continue
            self._leaf(child, where)
            if name == "copyright":
                rightsholder = rightsholder or _text(child)
                contact = contact or child.attributes.get("contactEmail") or child.attributes.get("contactUrl")
        url = element.attributes.get("url")
        server = element.attributes.get("server")
        encrypted = element.attributes.get("encrypted", "").strip().lower() in ("true", "1")
        words = element.words
        if url is None:
            self._note("content-without-url", place, words, fatal=True)
        if not licences:
            self._note("content-without-license", place, words)
        if encrypted and not server:
            self._note("encrypted-without-server", place, words)
        return Content(url, server, encrypted, tuple(licences), rightsholder, contact, place, words)

    def _licence(self, element: Element, place: str) -> Licence:
        permits: list[Tokens] = []
        prohibits: list[Tokens] = []
        payments: list[Demand] = []
        reporting: list[Demand] = []
        contact = None
        for name, child, where in self.children(element, place):
            if name in ("permits", "prohibits"):
                into = permits if name == "permits" else prohibits
                read = self._tokens(child, where)
                if read and any(other.kind == read.kind for other in into):
                    self._note(f"duplicate-{name}", where, child.words)
                into += [read] if read else []
            elif name == "payment":
                if payments:
                    self._note("duplicate-payment", where, child.words)
                payments.append(self._payment(child, where))
            elif name == "reporting":
                self._leaf(child, where)
                reporting.append(Demand(child.attributes.get("type", ""), where, child.words))
            else:
                self._leaf(child, where)
                if child.attributes.get("type") == "contact":
                    contact = contact or _text(child)
        return Licence(
            tuple(permits), tuple(prohibits), tuple(payments), tuple(reporting), contact, place, element.words
        )

    def _tokens(self, element: Element, place: str) -> Tokens | None:
        self._leaf(element, place)
        kind, words = element.attributes.get("type"), element.words
        if kind not in KINDS:
            self._note("unknown-type", place, words, fatal=True)
            return None
        if "," in element.text:
            self._note("comma-list", place, words)
        tokens = tuple(dict.fromkeys(element.text.replace(",", " ").split()))
        if not all(is_token(kind, token) for token in tokens):
            self._note("unknown-token", place, words)
        return Tokens(kind, tokens, place, words)

    def _payment(self, element: Element, place: str) -> Demand:
        """The type, unless an amount contradicts "free": what costs something is never read as free."""
        kind = element.attributes.get("type", "").strip() or UNSPECIFIED
        words = element.words
        address = None
        for name, child, where in self.children(element, place):
            self._leaf(child, where)
            text = _text(child)
            if name in ("standard", "custom"):
                address = address or text
            if name == "amount" and kind == "free" and text and text.strip("0.,"):
                self._note("free-with-amount", where, child.words)
                kind = UNSPECIFIED
        if kind not in PAYMENTS and kind != UNSPECIFIED:
            self._note("unknown-payment", place, words)
        return Demand(kind, place, words, address)

    def _leaf(self, element: Element, place: str) -> None:
        """An element that holds text alone; elements of the vocabulary in it are noted."""
        for _ in self.children(element, place):
            pass

    def _note(self, code: str, place: str, words: str, *, fatal: bool = False) -> None:
        if len(self.flaws) < MAX_FLAWS or (fatal and not self._fatal):
            self.flaws.append(Flaw(code, place, words[:500], fatal))
        self._fatal = self._fatal or fatal


def is_token(kind: str, token: str) -> bool:
    """True if `token` is one that a list of this kind may hold (Appendix A); letters count as they stand."""
    if kind == "usage":
        return token in USAGES
    if kind == "user":
        return token in USERS
    return _COUNTRY.fullmatch(token) is not None


def _text(element: Element) -> str | None:
    return " ".join(element.text.split()) or None
