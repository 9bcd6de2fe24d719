"""
The tags of an HTML document that can speak of its use: meta, link, base and RSL scripts (WHATWG HTML 13.2).

strategy: the whole document is tokenised, and of tree construction just as much is kept as decides which tags are
live and how the tokeniser goes on: templates, foreign content (SVG, MathML) and where the head ends. Left out: what a
parser drops within select and frameset (their tags are reported), adoption of misnested elements, foster parents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from tdm_guard.formats.invisible import seen
from tdm_guard.formats.page.html_foreign import Nesting
from tdm_guard.formats.page.html_quotes import MAX_LENGTH, may_be_misquoted, requoted
from tdm_guard.formats.page.html_scan import Scanner
from tdm_guard.formats.page.html_skip import behind_head_markup, behind_markup, places_of
from tdm_guard.formats.page.html_tokens import (
    RAW_TEXT,
    WS,
    Attributes,
    ascii_lower,
    decode,
    end_of_comment,
    end_of_raw_text,
    end_of_tag,
    is_self_closing,
    names,
)
from tdm_guard.formats.page.xhtml import MAX_MARKUP, is_disguised, plain

__all__ = ["MAX_SCRIPT", "MAX_SCRIPTS", "MAX_SHOWN", "MAX_TAGS", "REQUOTED", "Page", "Scanner", "Tag", "read_page"]

MAX_TAGS = 20_000  # speaking tags that are kept of one document; real heads have some hundreds
MAX_SCRIPTS = 100  # JSON-LD scripts that are read of one document; real pages have under a dozen
MAX_SCRIPT = 1_048_576  # characters of one of them; the largest product feeds stay below half of it
MAX_SHOWN = 4_000  # tags of pictures that are kept of one document; large galleries show some hundreds
MAX_REQUOTED = 2**20  # characters of tags read again for quotation marks that HTML does not have; real pages have few
MAX_PASSED = 2**19  # characters of a document of which not all tags are read: none has more than a bound of all of it
_OF_A_TAG = 64  # characters that each of them counts besides its own: as much takes what is done once for it
REQUOTED = "html-quotes"  # the repair by which such tags are heard
RSL_TYPE = "application/rsl+xml"
C2PA_TYPE = "application/c2pa"
JSON_LD_TYPES = frozenset({"application/ld+json", "ld+json"})  # the second is Yandex's, in its own guide

_SCRIPTS = frozenset({"", "module", "text/javascript", *JSON_LD_TYPES})
_SPEAKING = frozenset({"meta", "link", "base"})
_SHOWING = names("img source image input video amp-img object embed")
_GLUED = ("meta", "link")
_RAW = RAW_TEXT | {"script", "plaintext"}
_HEAD_CONTENT = names("html head base basefont bgsound link meta title style script noscript noframes template")
_HEAD_ENDERS = frozenset({"head", "body", "html", "br"})
_MARKUP = re.compile(r"<(?:(/?)([A-Za-z][^\t\n\f\r />]*)|(!--)|(!\[CDATA\[)|[!?]|/(?!\Z))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """
    A start tag: lower-case names, references resolved, of repeated attributes the first.

    `line` counts from 1, `offset` in characters of the decoded document. `text` is the raw content of an RSL or C2PA
    script.
    """

    name: str
    attributes: dict[str, str]
    in_head: bool
    line: int
    offset: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    The speaking tags of a document, in order: meta, link, base, RSL and C2PA scripts outside templates.

    `base` is the document's base URL. `complete` is False if the body was a prefix or a bound cut the reading, so that
    further tags may stand in it. `json_ld` are the scripts of that type, if they were asked for: `line` and `offset`
    are those of their text, which is cut behind `MAX_SCRIPT`; one more than `MAX_SCRIPTS` shows that there are more.
    So it is with `shown`, the tags that show pictures, in templates and SVG too, and `MAX_SHOWN`.
    `requoted` are meta, link and RSL script tags that were read again with typographic and other wrong quotation marks
    as quotes, and without what is invisible: good enough for a refusal, and beside what the standard has in `tags`.
    """

    url: str
    base: str
    tags: tuple[Tag, ...]
    complete: bool = True
    json_ld: tuple[Tag, ...] = ()
    shown: tuple[Tag, ...] = ()
    requoted: tuple[Tag, ...] = ()


def read_page(
    body: bytes,
    *,
    url: str,
    charset: str | None = None,
    complete: bool = True,
    xml: bool = False,
    json_ld: bool = False,
    shown: bool = False,
    openings: Sequence[bytes] | None = None,
) -> Page:
    """
    The speaking tags of `body`, which came from `url` with `charset` as its media type's parameter.

    With `openings`, the beginnings of tags as a `Scanner` finds them, no others need be read but the document's base:
    what lies between is passed over, and what lies behind is not looked at. Without, all are.

    `xml` (for application/xhtml+xml) lets `<title/>` and `<script/>` be empty elements, and reads CDATA everywhere,
    names of XHTML under a prefix and the entities that the document declares.
    `json_ld` asks for the scripts with JSON-LD, which describe what the page shows, too; `shown` for the
    tags that show pictures.
    Never raises on what is in `body`; time is linear in its size.
    """
    text, whole = decode(body, charset), True
    if xml and is_disguised(body if b"\0" not in body[:4] else text.encode("utf-8", "replace")):
        del text  # and decoded again, so that nobody but `plain` holds it
        text, whole = plain(decode(body, charset))
    places = None if openings is None or shown or len(text) > MAX_PASSED else places_of(openings, body, text)
    reader = _Reader(text, xml=xml, json_ld=json_ld, shown=shown)
    if places is None or not reader.read_at(places):
        reader = _Reader(text, xml=xml, json_ld=json_ld, shown=shown)
        reader.read()
    return Page(
        url=url,
        base=_base(url, reader.tags),
        tags=tuple(reader.tags),
        complete=complete and whole and reader.whole,
        json_ld=tuple(reader.json_ld),
        shown=tuple(reader.shown),
        requoted=tuple(reader.requoted),
    )


def _base(url: str, tags: list[Tag]) -> str:
    href = next((tag.attributes["href"] for tag in tags if tag.name == "base" and "href" in tag.attributes), None)
    if href is None:
        return url
    try:
        return urljoin(url, href.strip(WS))
    except ValueError:
        return url


class _Reader:
    """One pass over a document."""

    def __init__(self, text: str, *, xml: bool, json_ld: bool, shown: bool) -> None:
        self._text = text
        self._xml = xml
        self._wants_json_ld = json_ld
        self._showing = _SHOWING if shown else frozenset[str]()
        self._attributes = Attributes()
        self._nesting = Nesting(self._attributes)
        self._in_head = True
        self._line = 1
        self._counted = 0
        self.tags: list[Tag] = []
        self.json_ld: list[Tag] = []
        self.shown: list[Tag] = []
        self.requoted: list[Tag] = []
        self._left = MAX_REQUOTED
        self.whole = True

    def read(self) -> None:
        """Reads all of the document."""
        at = seen = 0
        while at >= 0 and (found := _MARKUP.search(self._text, at)):
            seen += 1
            if not self.whole and (self._attributes.left < 0 or len(self.tags) >= MAX_TAGS):  # no more would be kept
                return
            if seen > MAX_MARKUP:
                self.whole = False
                return
            at = self._read_markup(found, at)
        self.whole = self.whole and self._attributes.left >= 0

    def read_at(self, places: Iterable[int]) -> bool:
        """
        Reads the tags at these places, in order, if they are tags; everyday markup before them is passed over.

        False if it cannot be told so what is live: elements around it would have to be counted.
        """
        at = 0
        for place in places:
            while 0 <= at <= place:
                if at < place and self._nesting.is_outermost:
                    behind = behind_head_markup if self._in_head else behind_markup
                    found = behind(self._text, at, place)
                    at = found.end() if found else at
                markup = _MARKUP.search(self._text, at)
                if markup is None:
                    return True
                at = self._read_markup(markup, at)
                if self._nesting.counts:
                    return False
        return self._attributes.left >= 0

    def _read_markup(self, found: re.Match[str], at: int) -> int:
        """Reads a tag, comment or the like that stands behind text from `at` on; where to go on, or -1 at the end."""
        text, start = self._text, found.start()
        if self._in_head and text[at:start].strip(WS):
            self._in_head = False
        closing, name, comment, cdata = found.groups()
        if name is not None:
            return self._read_tag(start, found.end(), ascii_lower(name), closing=bool(closing))
        if comment:
            return end_of_comment(text, found.end())
        if cdata and (self._xml or self._nesting.foreign):
            return _behind(text, "]]>", found.end())
        return _behind(text, ">", start + 2)  # a doctype or a bogus comment

    def _read_tag(self, start: int, begin: int, name: str, *, closing: bool) -> int:
        """Reads one tag (and the raw text it opens); where to go on, or -1 at the end of the text."""
        if not name.isascii() and not closing:
            self._part(name, start, begin)
        end = end_of_tag(self._text, begin, self._attributes)
        if end < 0:
            opens = name in _SPEAKING and not closing and not self._nesting.in_template
            if opens and (stop := self._text.find(">", begin)) > 0:
                self._requote(name, start, begin, stop)
            return -1  # a tag cut off by the end of the text is none
        if closing:
            if name in _HEAD_ENDERS:
                self._in_head = False
            self._nesting.end(name)
            return end + 1
        if name not in _HEAD_CONTENT:
            self._in_head = False
        foreign = self._nesting.start(name, self._text, begin, end)
        if name in self._showing and len(self.shown) <= MAX_SHOWN:
            self.shown.append(self._tag(name, self._attributes.read(self._text, begin, end)[0], start))
        if not foreign and name in _SPEAKING:
            self._keep(name, start, begin, end)
        elif not foreign and name in _RAW and not (self._xml and is_self_closing(self._text, begin, end)):
            stop = end_of_raw_text(self._text, end + 1, name)
            if name == "script" and not self._nesting.in_template:
                self._keep_script(start, begin, end, stop)
            return stop
        return end + 1

    def _keep(self, name: str, start: int, begin: int, end: int) -> None:
        if self._nesting.in_template:
            return
        found, whole = self._attributes.read(self._text, begin, end)
        self._add(self._tag(name, found, start), whole=whole)
        self._requote(name, start, begin, end)

    def _requote(self, name: str, start: int, begin: int, end: int, content: str = "") -> None:
        raw = self._text[begin:end]
        if name != "base" and may_be_misquoted(raw):
            self._reread(name, start, raw, content)

    def _reread(self, name: str, start: int, raw: str, content: str = "") -> None:
        self._left -= len(raw) + _OF_A_TAG
        if self._left < 0:
            self.whole = False
            return
        for tag, found in requoted(name, raw):
            if len(self.requoted) >= MAX_TAGS:
                self.whole = False
                return
            if found:
                self.requoted.append(self._tag(tag, found, start, content))

    def _part(self, name: str, start: int, begin: int) -> None:
        """Reads a tag again whose name a character glues to its attributes that is a blank, or none, to the eye."""
        word = next((word for word in _GLUED if name.startswith(word)), None)
        if word is None or seen(name[len(word)]) == name[len(word)] or self._nesting.in_template:
            return
        if self._left < 0:
            self.whole = False
            return
        begin -= len(name) - len(word)
        raw = self._text[begin : begin + MAX_LENGTH]  # no more: a quote that is not closed goes on to the end
        end = end_of_tag(raw, 0, self._attributes)
        if end < 0:
            if begin + MAX_LENGTH >= len(self._text):
                self._left -= len(raw)
                return  # cut off by the end of the text, it is no tag
            self.whole, end = False, len(raw)
        self._reread(word, start, raw[:end])

    def _keep_script(self, start: int, begin: int, end: int, stop: int) -> None:
        if begin == end:
            return
        found, whole = self._attributes.read(self._text, begin, end)
        kind = found.get("type", "").partition(";")[0].strip(WS).lower()
        if kind in (RSL_TYPE, C2PA_TYPE):
            self._add(self._tag("script", found, start, self._text[end + 1 : stop]), whole=whole)
        elif self._wants_json_ld and kind in JSON_LD_TYPES and len(self.json_ld) <= MAX_SCRIPTS:
            text = self._text[end + 1 : min(stop, end + 2 + MAX_SCRIPT)]
            self.json_ld.append(self._tag("script", found, end + 1, text))
        elif kind not in _SCRIPTS:
            self._requote("script", start, begin, end, self._text[end + 1 : min(stop, end + 2 + MAX_SCRIPT)])

    def _tag(self, name: str, found: dict[str, str], offset: int, content: str = "") -> Tag:
        self._line += self._text.count("\n", self._counted, offset)
        self._counted = offset
        return Tag(name=name, attributes=found, in_head=self._in_head, line=self._line, offset=offset, text=content)

    def _add(self, tag: Tag, *, whole: bool) -> None:
        if not whole or len(self.tags) >= MAX_TAGS:
            self.whole = False
        if len(self.tags) < MAX_TAGS:
            self.tags.append(tag)


def _behind(text: str, mark: str, at: int) -> int:
    found = text.find(mark, at)
    return len(text) if found < 0 else found + len(mark)
