"""
Templates and foreign content (SVG, MathML) of an HTML document: whose element a tag is, and whether it is live.

strategy: a stack of the elements from the outermost template or foreign element inwards (WHATWG HTML 13.2.6.5).
HTML elements below it are only counted by name, which is enough to tell whether an end tag closes what is above. Where
the names of the stack lie is kept beside it: no end tag walks it, however deep it is and however many close nothing.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from tdm_guard.formats.page.html_tokens import Attributes, is_self_closing, names

MAX_DEPTH = 512  # what HTML parsers in use allow; deeper elements are read as if they were closed at once

_VOID = names("area base br col embed hr img input link meta param source track wbr")
_BREAKOUT = names(
    "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta "
    "nobr ol p pre ruby s small span strong strike sub sup table tt u ul var"
)
_FONT = frozenset({"color", "face", "size"})
_MATHML_TEXT = frozenset({"mi", "mo", "mn", "ms", "mtext"})
_SVG_HTML = frozenset({"foreignobject", "desc", "title"})
SHAPES = names(
    "g path circle ellipse rect line polyline polygon use defs symbol clippath lineargradient radialgradient stop mask"
)  # elements of SVG that hold nothing of HTML; they stand nowhere else but by mistake
_NEVER_CLOSE = frozenset({"html", "head", "body"})  # their end tags leave the stack as it is


class _Space(Enum):
    HTML = "html"
    TEMPLATE = "template"
    SVG = "svg"
    MATH = "math"


class _Open(NamedTuple):
    """An open element. Within an integration point (`holds_html`, or only `holds_text`) HTML is read."""

    name: str
    space: _Space
    holds_html: bool = False
    holds_text: bool = False

    @property
    def foreign(self) -> bool:
        return self.space is _Space.SVG or self.space is _Space.MATH

    @property
    def turns(self) -> bool:
        """True if what follows may be HTML in spite of foreign surroundings: where popping stops."""
        return self.holds_html or self.holds_text or not self.foreign


class Nesting:
    """The open templates and foreign elements at one place of a document."""

    __slots__ = ("_attributes", "_barriers", "_below", "_html", "_places", "_stack", "counts", "in_template")

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._stack: list[_Open] = []
        self._places: dict[tuple[str, bool], list[int]] = {}  # in the stack, of what has a name, foreign or not
        self._html: list[int] = []  # places of what is not foreign
        self._barriers: list[int] = []  # places that the end tags of HTML elements do not reach beyond
        self._below: dict[str, int] = {}
        self.in_template = 0
        self.counts = False  # it came to what elements of HTML were open around a template or foreign element

    @property
    def is_outermost(self) -> bool:
        """True if no template and no foreign element is open."""
        return not self._stack

    @property
    def foreign(self) -> bool:
        """True if the current node is none of HTML, so that CDATA sections are read."""
        return bool(self._stack) and self._stack[-1].foreign

    def start(self, name: str, text: str, begin: int, end: int) -> bool:
        """Takes in a start tag with its attributes at `text[begin:end]`; True if it opens a foreign element."""
        if self._stack and self._is_foreign(name):
            if name not in _BREAKOUT and not (
                name == "font" and _FONT & self._attributes.read(text, begin, end)[0].keys()
            ):
                self._open_foreign(name, self._stack[-1].space, text, begin, end)
                return True
            self._leave_foreign()
        if name in ("svg", "math"):
            self._open_foreign(name, _Space(name), text, begin, end)
            return True
        if name == "template":
            self._push(_Open(name, _Space.TEMPLATE))
        elif not self._stack:
            self._below[name] = self._below.get(name, 0) + 1
            self.counts = self.counts or name in SHAPES  # drawings that are passed over are taken to close none of them
        elif name not in _VOID and not (name == "p" == self._stack[-1].name):
            self._push(_Open(name, _Space.HTML))
        return False

    def end(self, name: str) -> None:
        """Takes in an end tag."""
        if not self._stack:
            if self._below.get(name):
                self._below[name] -= 1
            return
        if self.foreign and name in ("br", "p"):
            self._leave_foreign()
        at = _last(self._places.get((name, True)))
        if at > _last(self._html):
            self._cut(at)
        else:
            self._end_html(name)

    def _end_html(self, name: str) -> None:
        at = _last(self._places.get((name, False)))
        barrier = -1 if name == "template" else _last(self._barriers)
        if at >= 0 and at >= barrier:
            self._cut(at)
            return
        if barrier >= 0:
            return
        self.counts = True
        if name not in _NEVER_CLOSE and self._below.get(name):
            self._below[name] -= 1
            self._cut(0)

    def _is_foreign(self, name: str) -> bool:
        current = self._stack[-1]
        if current.holds_html or not current.foreign:
            return False
        if current.holds_text:
            return name in ("mglyph", "malignmark")
        return not (current.name == "annotation-xml" and name == "svg")

    def _open_foreign(self, name: str, space: _Space, text: str, begin: int, end: int) -> None:
        if len(self._stack) >= MAX_DEPTH or is_self_closing(text, begin, end):
            return
        holds_html = space is _Space.SVG and name in _SVG_HTML
        if space is _Space.MATH and name == "annotation-xml":
            encoding = self._attributes.read(text, begin, end)[0].get("encoding", "").lower()
            holds_html = encoding in ("text/html", "application/xhtml+xml")
        self._push(_Open(name, space, holds_html, space is _Space.MATH and name in _MATHML_TEXT))

    def _leave_foreign(self) -> None:
        while self._stack and not self._stack[-1].turns:
            self._pop()

    def _push(self, element: _Open) -> None:
        at = len(self._stack)
        if at >= MAX_DEPTH:
            return
        self._stack.append(element)
        self._places.setdefault((element.name, element.foreign), []).append(at)
        if not element.foreign:
            self._html.append(at)
        if element.space is _Space.TEMPLATE or (element.foreign and element.turns):
            self._barriers.append(at)
        self.in_template += element.space is _Space.TEMPLATE

    def _pop(self) -> None:
        element, at = self._stack.pop(), len(self._stack)
        places = self._places[element.name, element.foreign]
        places.pop()
        if not places:
            del self._places[element.name, element.foreign]
        for kept in (self._html, self._barriers):
            if kept and kept[-1] == at:
                kept.pop()
        self.in_template -= element.space is _Space.TEMPLATE

    def _cut(self, at: int) -> None:
        while len(self._stack) > at:
            self._pop()


def _last(places: list[int] | None) -> int:
    return places[-1] if places else -1
