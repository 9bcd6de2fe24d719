"""
RSL 1.0 licence documents: bytes in, their elements out, every departure from the vocabulary noted with its place.

    rsl      = content+                                        @max-age (days)
    content  = license+ alternate* schema* copyright* terms*   @url [@server] [@encrypted]
    license  = permits* prohibits* payment? reporting* legal*
    payment  = standard* custom* amount* accepts*              [@type]

A document is told by its namespace, not by its media type (2.2). Elements of other namespaces are no business of ours,
unless they begin like refusals: a document in which something stands at a place, under a name or in a namespace where
the vocabulary lacks it is read a second time as it seems to be meant (`Content.meant`), for what it takes away.
`media:right` elements (RSL-MEDIA) speak of works, wherever these are, and not of what declares the document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from tdm_guard.formats.rsl_words import forbids, is_no, says_no
from tdm_guard.formats.xml import DOCUMENT, FEED, Element, Limits, parse

NAMESPACE = "https://rslstandard.org/rsl"
MEDIA = "https://rslmedia.org/media"
MEDIA_TYPE = "application/rsl+xml"
MAX_BYTES = DOCUMENT.bytes
MAX_FLAWS = 100  # of one document; a fatal one is never left out
MAX_STRAYS = 100  # of one document: one is enough to take a grant away, the others are told
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
_CONDITIONS = frozenset({"legal", "terms"})  # of use: at a wrong place, nobody can tell what they are of
_PRICES = frozenset({"payment", "standard", "custom", "amount", "accepts", "price", "fee", "compensation", "royalty"})
_ATTRIBUTES = {
    "rsl": frozenset({"max-age"}),
    "content": frozenset({"url", "server", "encrypted", "lastmod"}),
    "permits": frozenset({"type"}),
    "prohibits": frozenset({"type"}),
    "payment": frozenset({"type"}),
    "reporting": frozenset({"type", "profile", "endpoint"}),
    "legal": frozenset({"type"}),
    "copyright": frozenset({"type", "contactEmail", "contactUrl"}),
    "alternate": frozenset({"type"}),
    "amount": frozenset({"currency"}),
    "accepts": frozenset({"type"}),
}
_LISTING = frozenset({*KINDS, "value", "values", "token", "tokens", "name"})  # attributes in which a list may stand
_NONE: frozenset[str] = frozenset()
_XML = "{http://www.w3.org/"  # xml:lang, xsi:schemaLocation: of XML itself
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


class Stray(NamedTuple):
    """
    Words that take something away, and stand in a form or at a place that the vocabulary lacks.

    A `refusal` has the list that it seems to hold (of unknown tokens, where it holds none); a `price` asks for
    something, `terms` may.
    """

    kind: Literal["refusal", "price", "terms"]
    locator: str
    excerpt: str
    tokens: Tokens | None = None


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
    """
    One content element. `url` is None where the attribute is missing, `server` where no token is asked for.

    `meant` is the same element as it seems to be meant, if that is not as it stands: with children of other namespaces
    and attributes in other letters taken for those of the vocabulary, and the `strays` that are left.
    """

    url: str | None
    server: str | None
    encrypted: bool
    licences: tuple[Licence, ...]
    rightsholder: str | None
    contact: str | None
    locator: str
    excerpt: str
    strays: tuple[Stray, ...] = ()
    meant: Content | None = None


class RslDocument(NamedTuple):
    """
    A licence document, or the licences in a feed, as read.

    `problem` says why nothing could be read, `place` where; `max_age` is in days. `foreign` are content elements of
    other namespaces, as they seem to be meant; `loose` is what stands in a feed outside any content element. `works`:
    it holds declarations over works (RSL-MEDIA), and may hold nothing else.
    """

    contents: tuple[Content, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    max_age: int = MAX_AGE_DAYS
    problem: str | None = None
    place: str | None = None
    foreign: tuple[Content, ...] = ()
    loose: tuple[Content, ...] = ()
    works: bool = False

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
    if is_right(root):
        return RslDocument(works=True)
    if root.namespace != NAMESPACE or root.name not in ("rsl", "content"):
        return RslDocument(problem=f"no RSL document: its root is {root.tag[:100]}", place=f"/{root.name[:100]}")
    reader = _Reader()
    if root.name == "content":
        return reader.document(
            (reader.content(root, "content"),), lambda again: [(again.content(root, "content"), True)]
        )
    contents = tuple(reader.contents(root))
    max_age = reader.max_age(root)
    read = reader.document(contents, lambda again: list(again.pairs(root)), max_age)
    if contents or (read.works and not read.flaws):
        return read
    return RslDocument(flaws=read.flaws, problem="no content element", place="rsl")


def read_feed(body: bytes, *, limits: Limits = FEED) -> RslDocument:
    """
    The content elements of a feed, wherever in it they stand (4.7); without any, a document without contents.

    Elements of the vocabulary outside any content are `loose`.
    """
    xml = parse(body, limits=limits, keep=(f"{{{NAMESPACE}}}", f"{{{MEDIA}}}right"))
    if xml.problem:
        return RslDocument(problem=xml.problem, place=xml.place)
    if xml.root == f"{{{NAMESPACE}}}rsl":
        return RslDocument()
    found = [item for item in xml.kept if item.namespace == NAMESPACE and item.name == "content"]
    places = [f"content[{n}]" for n in range(1, len(found) + 1)]
    reader = _Reader()
    contents = tuple(map(reader.content, found, places))
    read = reader.document(contents, lambda again: [(content, True) for content in map(again.content, found, places)])
    return read._replace(loose=tuple(map(unbound, filter(is_unbound, xml.kept))))


def read_licence(element: Element) -> tuple[Licence, tuple[Stray, ...]]:
    """A license element by itself, as it seems to be meant, and what else in it takes something away."""
    reader = _Reader(meant=True)
    return reader.licence(element, "license"), tuple(reader.strays)


def is_right(element: Element) -> bool:
    """True for an element that declares rights over a work (RSL-MEDIA)."""
    return element.namespace == MEDIA and element.name == "right"


def is_unbound(element: Element) -> bool:
    """True for an element that can refuse or ask for something, and that was found outside any content."""
    return element.namespace == NAMESPACE and (
        element.name in _CHILDREN["license"] | {"license"} or forbids(element.name)
    )


def unbound(element: Element) -> Content:
    """Such an element as if it stood in a content for all that declares it."""
    licence = element
    if element.name != "license":
        licence = Element(f"{{{NAMESPACE}}}license", {})
        licence.children.append(element)
    around = Element(f"{{{NAMESPACE}}}content", {"url": ""})
    around.children.append(licence)
    return _Reader(meant=True).content(around, "")._replace(excerpt=element.words[:500])


class _Reader:
    """
    Reads elements and gathers their flaws.

    With `meant` it takes what stands in other namespaces or letters for what it seems to be, and gathers the strays;
    without, `odd` tells whether there is any such thing.
    """

    def __init__(self, *, meant: bool = False) -> None:
        self.flaws: list[Flaw] = []
        self.works = False
        self._meant = meant
        self._odd = False
        self._fatal = False
        self.strays: list[Stray] = []
        self._taken: list[Flaw] = []

    def document(
        self,
        contents: tuple[Content, ...],
        reread: Callable[[_Reader], list[tuple[Content, bool]]],
        max_age: int = MAX_AGE_DAYS,
    ) -> RslDocument:
        """
        What was read, with what it seems to mean beside it.

        `reread` reads the contents again with the reader given, each with whether it is of the namespace.
        """
        foreign: tuple[Content, ...] = ()
        if self._odd:
            again = _Reader(meant=True)
            pairs = reread(again)
            if again._taken or again.strays:
                everywhere = tuple(again.strays)
                pairs = [(content._replace(strays=content.strays + everywhere), own) for content, own in pairs]
                meant = [content for content, own in pairs if own]
                contents = tuple(content._replace(meant=each) for content, each in zip(contents, meant, strict=True))
                foreign = tuple(content for content, own in pairs if not own)
            noted = {flaw.locator for flaw in self.flaws}
            for flaw in again._taken:
                if flaw.locator not in noted:
                    self._note(flaw.code, flaw.locator, flaw.excerpt)
        return RslDocument(contents, tuple(self.flaws), max_age, foreign=foreign, works=self.works)

    def contents(self, root: Element) -> Iterator[Content]:
        """The content elements of a document."""
        yield from (content for content, _ in self.pairs(root))

    def pairs(self, root: Element) -> Iterator[tuple[Content, bool]]:
        """The content elements of a document, each with whether it is of the namespace."""
        self._look_at(root, "rsl", "rsl")
        own = {id(child) for child in root.children if child.namespace == NAMESPACE}
        for name, child, place in self.children(root, "rsl", "rsl"):
            if name == "content":
                yield self.content(child, place), id(child) in own

    def children(
        self, parent: Element, place: str, name: str, *, through: bool = False
    ) -> Iterator[tuple[str, Element, str]]:
        """
        Name, element and place of the children that the vocabulary has here; the others are noted.

        `through`: the parent is of another namespace, and its children stand for it.
        """
        if not parent.children:
            return
        expected = _CHILDREN.get(name, _NONE)
        counts: dict[str, int] = {}
        for child in parent.children:
            own = child.namespace == NAMESPACE
            if not own and not self._meant:
                if is_right(child):
                    self.works = True
                else:
                    self._odd = True
                continue
            named = child.name
            counts[named] = counts.get(named, 0) + 1
            where = f"{place}/{named[:40]}[{counts[named]}]"
            if not own:
                yield from self._foreign(child, where, name, expected)
            elif named in expected:
                if through:
                    self._take(child, where)
                yield named, child, where
            else:
                if named in _INFORMING:
                    self._odd = True
                if self._meant:
                    self._out_of_place(child, named, where)
                code = "misplaced-element" if named in _KNOWN else "unknown-element"
                self._note(code, where, child.words, fatal=named not in _INFORMING)

    def _foreign(
        self, child: Element, where: str, parent: str, expected: frozenset[str]
    ) -> Iterator[tuple[str, Element, str]]:
        """An element of another namespace, as what it seems to be; what is none of ours is looked through."""
        if is_right(child):
            return
        name = child.name.lower()
        if name in expected and name not in _INFORMING - _PRICES and _seems(child, name):
            self._take(child, where)
            yield name, child, where
        elif not self._misplaced(child, name, where) and not self._refusal(child, where, within=parent == "prohibits"):
            self._attributes(child, where, _NONE)
            yield from self.children(child, where, parent, through=True)

    def _out_of_place(self, element: Element, name: str, where: str) -> None:
        """An element of ours where the vocabulary has none: a refusal, a price, terms, or what holds any of these."""
        if not self._misplaced(element, name, where) and not self._refusal(element, where):
            for _ in self.children(element, where, name):
                pass

    def _misplaced(self, element: Element, name: str, where: str) -> bool:
        """Keeps a price, or terms, that stand where nobody can tell what they are of."""
        if name in _CONDITIONS:
            self._keep(Stray("terms", where, element.words[:500]))
        elif name not in _PRICES:
            return False
        elif not _is_nothing(element, name):
            self._keep(Stray("price", where, element.words[:500]))
        return True

    def _refusal(self, element: Element, where: str, *, within: bool = False) -> bool:
        """Keeps an element that forbids: by its name, by what it says, or as what stands in a list of what is."""
        text = _all_text(element)
        named = forbids(element.name) and not (text and is_no(text) and element.name.lower() != "prohibits")
        if not (within or named or says_no(element.name, text)):
            return False
        kind = (_folded(element.attributes, "type") or "").strip().lower()
        given = text or " ".join(value for name, value in element.attributes.items() if name != "type")
        self._keep(_refused(kind, given or element.name, where, element.words))
        return True

    def _look_at(self, element: Element, place: str, name: str) -> None:
        """What an element of ours says beside its children: attributes that the vocabulary lacks, text among them."""
        known = _ATTRIBUTES.get(name, _NONE)
        stray = name in _CHILDREN and not element.text.isspace() and element.text
        if stray or not element.attributes.keys() <= known or (name in ("legal", "reporting") and element.attributes):
            self._odd = True
            if self._meant:
                self._attributes(element, place, known)
                if stray and (forbids(element.text[:500]) or says_no("", element.text)):
                    self._keep(_refused("", element.text, place, element.words))

    def _attributes(self, element: Element, place: str, known: frozenset[str]) -> None:
        for raw, value in element.attributes.items():
            name = raw.rpartition("}")[2]
            at = f"{place}/@{name[:40]}"
            if raw in known and name != "type":
                continue
            if element.name.lower() == "prohibits" and name.lower() in _LISTING and value.strip():
                self._keep(_refused(name.lower(), value, at, element.words))
            elif name == "type":
                if element.name.lower() in ("legal", "reporting") and forbids(value):
                    self._keep(_refused("", value, at, element.words))
            elif raw.startswith(_XML):
                continue
            elif (forbids(name) and not is_no(value)) or says_no(name, value):
                self._keep(_refused("", value, at, element.words))
            elif name.lower() in _PRICES and not is_no(value) and value.strip().lower() != "free":
                self._keep(Stray("price", at, element.words[:500]))

    def _keep(self, stray: Stray) -> None:
        if len(self.strays) < MAX_STRAYS:
            self.strays.append(stray)
            self._taken.append(Flaw(f"stray-{stray.kind}", stray.locator, stray.excerpt))

    def _take(self, element: Element, place: str) -> None:
        if len(self._taken) < MAX_STRAYS:
            self._taken.append(Flaw("foreign-element", place, element.words[:500]))

    def _attribute(self, element: Element, name: str, place: str) -> str | None:
        """The value of an attribute; as it seems to be meant, in whatever letters and namespace it is written."""
        value = element.attributes.get(name)
        if value is None and self._meant:
            value = _folded(element.attributes, name)
            if value is not None:
                self._take(element, place)
        return value

    def max_age(self, root: Element) -> int:
        raw = root.attributes.get("max-age")
        if raw is None or _DAYS.fullmatch(raw.strip()):
            return MAX_AGE_DAYS if raw is None else int(raw)
        self._note("max-age", "rsl", root.words)
        return MAX_AGE_DAYS

    def content(self, element: Element, place: str) -> Content:
        before = len(self.strays)
        licences = []
        rightsholder = contact = None
        self._look_at(element, place, "content")
        for name, child, where in self.children(element, place, "content"):
            if name == "license":
                licences.append(self.licence(child, where))
                continue
            self._leaf(child, where, name)
            if name == "copyright":
                rightsholder = rightsholder or _text(child)
                contact = contact or child.attributes.get("contactEmail") or child.attributes.get("contactUrl")
        url = self._attribute(element, "url", place)
        server = self._attribute(element, "server", place)
        encrypted = (self._attribute(element, "encrypted", place) or "").strip().lower() in ("true", "1")
        words = element.words
        if url is None:
            self._note("content-without-url", place, words, fatal=True)
        if not licences:
            self._note("content-without-license", place, words)
        if encrypted and not server:
            self._note("encrypted-without-server", place, words)
        strays = tuple(self.strays[before:])
        del self.strays[before:]
        return Content(url, server, encrypted, tuple(licences), rightsholder, contact, place, words, strays)

    def licence(self, element: Element, place: str) -> Licence:
        permits: list[Tokens] = []
        prohibits: list[Tokens] = []
        payments: list[Demand] = []
        reporting: list[Demand] = []
        contact = None
        self._look_at(element, place, "license")
        for name, child, where in self.children(element, place, "license"):
            if name in ("permits", "prohibits"):
                into = permits if name == "permits" else prohibits
                read = self._tokens(child, where, name)
                if read and any(other.kind == read.kind for other in into):
                    self._note(f"duplicate-{name}", where, child.words)
                into += [read] if read else []
            elif name == "payment":
                if payments:
                    self._note("duplicate-payment", where, child.words)
                payments.append(self._payment(child, where))
            elif name == "reporting":
                self._leaf(child, where, name)
                reporting.append(Demand(child.attributes.get("type", ""), where, child.words))
            else:
                self._leaf(child, where, name)
                if child.attributes.get("type") == "contact":
                    contact = contact or _text(child)
        return Licence(
            tuple(permits), tuple(prohibits), tuple(payments), tuple(reporting), contact, place, element.words
        )

    def _tokens(self, element: Element, place: str, name: str) -> Tokens | None:
        self._leaf(element, place, name)
        kind, words = self._attribute(element, "type", place), element.words
        if self._meant and kind is not None:
            kind = kind.strip().lower()
        if kind not in KINDS:
            self._note("unknown-type", place, words, fatal=True)
            if self._meant and name == "prohibits":
                self._refusal(element, place)
            return None
        if "," in element.text:
            self._note("comma-list", place, words)
        tokens = _split(element.text)
        if not all(is_token(kind, token) for token in tokens):
            self._note("unknown-token", place, words)
        return Tokens(kind, tokens, place, words)

    def _payment(self, element: Element, place: str) -> Demand:
        """The type, unless an amount contradicts "free": what costs something is never read as free."""
        kind = (self._attribute(element, "type", place) or "").strip() or UNSPECIFIED
        words = element.words
        address = None
        self._look_at(element, place, "payment")
        for name, child, where in self.children(element, place, "payment"):
            self._leaf(child, where, name)
            text = _text(child)
            if name in ("standard", "custom"):
                address = address or text
            if name == "amount" and kind == "free" and text and text.strip("0.,"):
                self._note("free-with-amount", where, child.words)
                kind = UNSPECIFIED
        if kind not in PAYMENTS and kind != UNSPECIFIED:
            self._note("unknown-payment", place, words)
        return Demand(kind, place, words, address)

    def _leaf(self, element: Element, place: str, name: str) -> None:
        """An element that holds text alone; elements of the vocabulary in it are noted."""
        self._look_at(element, place, name)
        for _ in self.children(element, place, name):
            pass

    def _note(self, code: str, place: str, words: str, *, fatal: bool = False) -> None:
        if len(self.flaws) < MAX_FLAWS or (fatal and not self._fatal):
            self.flaws.append(Flaw(code, place, words[:500], fatal))
        self._fatal = self._fatal or fatal


def _seems(element: Element, name: str) -> bool:
    """Whether an element of another namespace is one of ours by more than its name."""
    if name in ("permits", "prohibits"):
        return (_folded(element.attributes, "type") or "").strip().lower() in KINDS
    if name in ("license", "content"):
        return any(child.name.lower() in _CHILDREN[name] for child in element.children)
    return True


def _is_nothing(element: Element, name: str) -> bool:
    """Whether a price asks for nothing: `free`, or an amount of 0."""
    kind = (_folded(element.attributes, "type") or "").strip().lower()
    text = _all_text(element)
    return kind == "free" and not text if name == "payment" else bool(text) and not text.strip("0.,")


def _refused(kind: str, text: str, place: str, words: str) -> Stray:
    """A refusal in a form of its own: the list that it holds, of usages where it does not say of what."""
    tokens = Tokens(kind if kind in KINDS else KINDS[0], _split(text[:500]), place, words[:500])
    return Stray("refusal", place, words[:500], tokens)


def _split(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def _all_text(element: Element) -> str:
    """The text of an element and of all in it; the parser has bounded the depth."""
    parts = [element.text, *map(_all_text, element.children)] if element.children else [element.text]
    return " ".join(" ".join(parts).split())


def _folded(attributes: dict[str, str], name: str) -> str | None:
    return next((value for raw, value in attributes.items() if raw.rpartition("}")[2].lower() == name), None)


def is_token(kind: str, token: str) -> bool:
    """True if `token` is one that a list of this kind may hold (Appendix A); letters count as they stand."""
    if kind == "usage":
        return token in USAGES
    if kind == "user":
        return token in USERS
    return _COUNTRY.fullmatch(token) is not None


def _text(element: Element) -> str | None:
    return " ".join(element.text.split()) or None
