"""
Reads the elements of RSL documents, to the letter or as they seem to be meant, and notes every departure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tdm_guard.formats.rsl.rsl_strays import Strays, folded, refused, seems, split
from tdm_guard.formats.rsl.rsl_vocabulary import (
    ATTRIBUTES,
    CHILDREN,
    INFORMING,
    KINDS,
    KNOWN,
    MAX_AGE_DAYS,
    MEDIA,
    NAMESPACE,
    NONE,
    PAYMENTS,
    UNSPECIFIED,
    Content,
    Demand,
    Flaw,
    RslDocument,
    RslLicence,
    Stray,
    TokenList,
    is_token,
)
from tdm_guard.formats.rsl.rsl_words import forbids, says_no
from tdm_guard.formats.xml import Element

MAX_FLAWS = 100  # of one document; a fatal one is never left out
_DAYS = re.compile(r"[0-9]{1,5}")
_PLAIN = INFORMING - {"standard", "custom", "amount", "accepts"}  # what asks for nothing


def is_right(element: Element) -> bool:
    """True for an element that declares rights over a work (RSL-MEDIA)."""
    return element.namespace == MEDIA and element.name == "right"


class Reader:
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
        self._strays = Strays()

    def document(
        self,
        contents: tuple[Content, ...],
        reread: Callable[[Reader], list[tuple[Content, bool]]],
        max_age: int = MAX_AGE_DAYS,
    ) -> RslDocument:
        """
        What was read, with what it seems to mean beside it.

        `reread` reads the contents again with the reader given, each with whether it is of the namespace.
        """
        foreign: tuple[Content, ...] = ()
        if self._odd:
            again = Reader(meant=True)
            pairs = reread(again)
            if again._strays.noticed:
                everywhere = again.strays
                pairs = [(content._replace(strays=content.strays + everywhere), own) for content, own in pairs]
                meant = [content for content, own in pairs if own]
                contents = tuple(content._replace(meant=each) for content, each in zip(contents, meant, strict=True))
                foreign = tuple(content for content, own in pairs if not own)
            noted = {flaw.locator for flaw in self.flaws}
            for flaw in again._strays.noticed:
                if flaw.locator not in noted:
                    self._note(flaw.code, flaw.locator, flaw.excerpt)
        return RslDocument(contents, tuple(self.flaws), max_age, foreign=foreign, works=self.works)

    @property
    def strays(self) -> tuple[Stray, ...]:
        """Those of no content, or of a licence that was read by itself."""
        return tuple(self._strays.found)

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
        expected = CHILDREN.get(name, NONE)
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
                    self._strays.take(child, where)
                yield named, child, where
            else:
                if named in INFORMING:
                    self._odd = True
                if self._meant:
                    self._out_of_place(child, named, where)
                code = "misplaced-element" if named in KNOWN else "unknown-element"
                self._note(code, where, child.words, fatal=named not in INFORMING)

    def _foreign(
        self, child: Element, where: str, parent: str, expected: frozenset[str]
    ) -> Iterator[tuple[str, Element, str]]:
        """An element of another namespace, as what it seems to be; what is none of ours is looked through."""
        if is_right(child):
            return
        name = child.name.lower()
        if name in expected and name not in _PLAIN and seems(child, name):
            self._strays.take(child, where)
            yield name, child, where
        elif not self._strays.misplaced(child, name, where) and not self._strays.refusal(
            child, where, within=parent == "prohibits"
        ):
            self._strays.attributes(child, where, NONE)
            yield from self.children(child, where, parent, through=True)

    def _out_of_place(self, element: Element, name: str, where: str) -> None:
        """An element of ours where the vocabulary has none: a refusal, a price, terms, or what holds any of these."""
        if not self._strays.misplaced(element, name, where) and not self._strays.refusal(element, where):
            for _ in self.children(element, where, name):
                pass

    def _look_at(self, element: Element, place: str, name: str) -> None:
        """What an element of ours says beside its children: attributes that the vocabulary lacks, text among them."""
        known = ATTRIBUTES.get(name, NONE)
        stray = name in CHILDREN and not element.text.isspace() and element.text
        if stray or not element.attributes.keys() <= known or (name in ("legal", "reporting") and element.attributes):
            self._odd = True
            if self._meant:
                self._strays.attributes(element, place, known)
                if stray and (forbids(element.text[:500]) or says_no("", element.text)):
                    self._strays.keep(refused("", element.text, place, element.words))

    def _attribute(self, element: Element, name: str, place: str) -> str | None:
        """The value of an attribute; as it seems to be meant, in whatever letters and namespace it is written."""
        value = element.attributes.get(name)
        if value is None and self._meant:
            value = folded(element.attributes, name)
            if value is not None:
                self._strays.take(element, place)
        return value

    def max_age(self, root: Element) -> int:
        raw = root.attributes.get("max-age")
        if raw is None or _DAYS.fullmatch(raw.strip()):
            return MAX_AGE_DAYS if raw is None else int(raw)
        self._note("max-age", "rsl", root.words)
        return MAX_AGE_DAYS

    def content(self, element: Element, place: str) -> Content:
        before = len(self._strays.found)
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
        strays = tuple(self._strays.found[before:])
        del self._strays.found[before:]
        return Content(
            url=url,
            server=server,
            encrypted=encrypted,
            licences=tuple(licences),
            rightsholder=rightsholder,
            contact=contact,
            locator=place,
            excerpt=words,
            strays=strays,
        )

    def licence(self, element: Element, place: str) -> RslLicence:
        permits: list[TokenList] = []
        prohibits: list[TokenList] = []
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
        return RslLicence(
            permits=tuple(permits),
            prohibits=tuple(prohibits),
            payments=tuple(payments),
            reporting=tuple(reporting),
            contact=contact,
            locator=place,
            excerpt=element.words,
        )

    def _tokens(self, element: Element, place: str, name: str) -> TokenList | None:
        self._leaf(element, place, name)
        kind, words = self._attribute(element, "type", place), element.words
        if self._meant and kind is not None:
            kind = kind.strip().lower()
        if kind not in KINDS:
            self._note("unknown-type", place, words, fatal=True)
            if self._meant and name == "prohibits":
                self._strays.refusal(element, place)
            return None
        if "," in element.text:
            self._note("comma-list", place, words)
        tokens = split(element.text)
        if not all(is_token(kind, token) for token in tokens):
            self._note("unknown-token", place, words)
        return TokenList(kind, tokens, place, excerpt=words)

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
        return Demand(kind, place, words, address=address)

    def _leaf(self, element: Element, place: str, name: str) -> None:
        """An element that holds text alone; elements of the vocabulary in it are noted."""
        self._look_at(element, place, name)
        for _ in self.children(element, place, name):
            pass

    def _note(self, code: str, place: str, words: str, *, fatal: bool = False) -> None:
        if len(self.flaws) < MAX_FLAWS or (fatal and not self._fatal):
            self.flaws.append(Flaw(code, place, words[:500], fatal=fatal))
        self._fatal = self._fatal or fatal


def _text(element: Element) -> str | None:
    return " ".join(element.text.split()) or None
