"""
Words of an RSL document that take something away where the vocabulary lacks them: strays.

A refusal by its name or its words, a price or terms at a place where they are of nothing, attributes in other letters.
What they mean is not known; that they are no yes, is.
"""

from __future__ import annotations

from collections.abc import Mapping

from tdm_guard.formats.rsl.rsl_vocabulary import CHILDREN, KINDS, Flaw, Stray, TokenList
from tdm_guard.formats.rsl.rsl_words import MAX_TEXT, forbids, is_no, says_no
from tdm_guard.formats.xml import Element

MAX_LOOKED = 20_000  # elements and attributes of other vocabularies in one document; with more it is a doubt itself
MAX_STRAYS = 100  # of one document: one is enough to take a grant away, the others are told

_CONDITIONS = frozenset({"legal", "terms"})  # of use: at a wrong place, nobody can tell what they are of
_PRICES = frozenset({"payment", "standard", "custom", "amount", "accepts", "price", "fee", "compensation", "royalty"})
_LISTING = frozenset({*KINDS, "value", "values", "token", "tokens", "name"})  # attributes in which a list may stand
_XML = "{http://www.w3.org/"  # xml:lang, xsi:schemaLocation: of XML itself


class Strays:
    """What was found: the strays of the content under way, and all that was noticed, as flaws."""

    def __init__(self) -> None:
        self.found: list[Stray] = []
        self.noticed: list[Flaw] = []
        self._looked = 0

    def misplaced(self, element: Element, name: str, where: str) -> bool:
        """Keeps a price, or terms, that stand where nobody can tell what they are of."""
        if name in _CONDITIONS:
            self.keep(Stray("terms", where, element.words[:500]))
        elif name not in _PRICES:
            return False
        elif not _is_nothing(element, name):
            self.keep(Stray("price", where, element.words[:500]))
        return True

    def refusal(self, element: Element, where: str, *, within: bool = False) -> bool:
        """Keeps an element that forbids: by its name, by what it says, or as what stands in a list of what is."""
        if self._too_many(element, where):
            return True
        text = all_text(element)
        named = forbids(element.name) and not (text and is_no(text) and element.name.lower() != "prohibits")
        if not (within or named or says_no(element.name, text)):
            return False
        kind = (folded(element.attributes, "type") or "").strip().lower()
        given = text or " ".join(value for name, value in element.attributes.items() if name != "type")
        self.keep(refused(kind, given or element.name, where, element.words))
        return True

    def attributes(self, element: Element, place: str, known: frozenset[str]) -> None:
        """Keeps what attributes that the vocabulary lacks take away."""
        for raw, value in element.attributes.items():
            name = raw.rpartition("}")[2]
            at = f"{place}/@{name[:40]}"
            if raw in known and name != "type":
                continue
            if self._too_many(element, at):
                return
            if element.name.lower() == "prohibits" and name.lower() in _LISTING and value.strip():
                self.keep(refused(name.lower(), value, at, element.words))
            elif name == "type":
                if element.name.lower() in ("legal", "reporting") and forbids(value):
                    self.keep(refused("", value, at, element.words))
            elif raw.startswith(_XML):
                continue
            elif (forbids(name) and not is_no(value)) or says_no(name, value):
                self.keep(refused("", value, at, element.words))
            elif name.lower() in _PRICES and not is_no(value) and value.strip().lower() != "free":
                self.keep(Stray("price", at, element.words[:500]))

    def _too_many(self, element: Element, place: str) -> bool:
        """Counts what is looked at; what is left unread beyond the bound may be a refusal."""
        self._looked += 1
        if self._looked == MAX_LOOKED + 1:
            self.keep(refused("", "unread", place, element.words))
        return self._looked > MAX_LOOKED

    def keep(self, stray: Stray) -> None:
        """Keeps a stray, and notices it."""
        if len(self.found) < MAX_STRAYS:
            self.found.append(stray)
            self.noticed.append(Flaw(f"stray-{stray.kind}", stray.locator, stray.excerpt))

    def take(self, element: Element, place: str) -> None:
        """Notices an element that is taken for one of ours."""
        if len(self.noticed) < MAX_STRAYS:
            self.noticed.append(Flaw("foreign-element", place, element.words[:500]))


def seems(element: Element, name: str) -> bool:
    """Whether an element of another namespace is one of ours by more than its name."""
    if name in ("permits", "prohibits"):
        return (folded(element.attributes, "type") or "").strip().lower() in KINDS
    if name in ("license", "content"):
        return any(child.name.lower() in CHILDREN[name] for child in element.children)
    return True


def _is_nothing(element: Element, name: str) -> bool:
    """Whether a price asks for nothing: `free`, or an amount of 0."""
    kind = (folded(element.attributes, "type") or "").strip().lower()
    text = all_text(element)
    return kind == "free" and not text if name == "payment" else bool(text) and not text.strip("0.,")


def refused(kind: str, text: str, place: str, words: str) -> Stray:
    """A refusal in a form of its own: the list that it holds, of usages where it does not say of what."""
    long = len(text) >= 2 * MAX_TEXT  # nobody knows what more it names
    listed = ("all",) if long else split(text)
    tokens = TokenList(kind if kind in KINDS and not long else KINDS[0], listed, place, excerpt=words[:500])
    return Stray("refusal", place, words[:500], tokens=tokens)


def split(text: str) -> tuple[str, ...]:
    """The tokens of a list, each once; commas stand for blanks."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def all_text(element: Element) -> str:
    """The text of an element and of what is in it, of a long one so much that it can be told to be long."""
    parts: list[str] = []
    left = 2 * MAX_TEXT
    waiting = [element]
    while waiting and left > 0:
        each = waiting.pop()
        text = " ".join(each.text[: 4 * MAX_TEXT].split())
        parts.append(text)
        left -= len(text) + 1
        waiting += reversed(each.children[:MAX_TEXT])
    return " ".join(filter(None, parts))


def folded(attributes: Mapping[str, str], name: str) -> str | None:
    """The value of an attribute, in whatever letters and namespace it is written."""
    return next((value for raw, value in attributes.items() if raw.rpartition("}")[2].lower() == name), None)
