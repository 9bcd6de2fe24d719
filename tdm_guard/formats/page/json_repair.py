"""
JSON with the slips of everyday pages, as the JSON that was meant.

    comments, commas too many, raw or escaped apostrophes, unquoted and single-quoted names, typographic quotes,
    CDATA and comment wrappers, `&quot;`, numbers with leading zeros, an assignment before, a bracket too few

strategy: one pass over tokens; what is JSON is copied as it stands, so that repairing JSON changes no value. Between
values everything but a bracket is dropped. Time is linear: nothing is looked at more often than twice.
"""

from __future__ import annotations

import html
import json
import re

MAX_OPEN = 500  # brackets open at once; the parser takes no more

_TOKEN = re.compile(
    r"(?P<blank>[\s\ufeff\u200b;]+)|(?P<mark><!\[CDATA\[|-->|\]\]>)|(?P<comment>//|/\*|<!--)"
    r"|(?P<open>[{\[])|(?P<close>[}\]])|(?P<point>[:,])|(?P<quote>[\"'`\u2018\u2019\u201c-\u201f\u00ab\u00bb])"
    r"|(?P<word>[^\s{}\[\]:,\"'`/;<\u2018\u2019\u201c-\u201f\u00ab\u00bb]+)|(?P<other>.)",
    re.DOTALL,
)
_CLOSING = {"{": "}", "[": "]"}
_DOUBLE = '"\u201c\u201d\u201e\u201f\u00ab\u00bb'
_SINGLE = "'`\u2018\u2019"
# where a string that began with a quote of this kind may end, and what has to be spelt anew in it
_INSIDE = {
    **dict.fromkeys('"', re.compile(r'["\\]')),
    **dict.fromkeys(_DOUBLE[1:], re.compile(f"[\\\\{_DOUBLE}]")),
    **dict.fromkeys(_SINGLE, re.compile(f'[\\\\"{_SINGLE}]')),
}
_AFTER = re.compile(r"[\s\ufeff]*+(?:(//|/\*|<!--)|(.))?", re.DOTALL)
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})')
_LITERAL = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MARKERS = re.compile(r"//[ \t]*(?=<!|-->|\]\]>)")  # "//<![CDATA[": what stands behind is no comment


def repaired(text: str) -> str:
    """The values in `text` as JSON, one behind the other; it may still be none."""
    if '"' not in text and "&quot;" in text:
        text = html.unescape(text)
    return _Repair(text).run()


class _Repair:
    """One pass. `_last` is what was written last: a value, a point, an opening bracket, or nothing yet."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._out: list[str] = []
        self._open: list[str] = []
        self._last = ""
        self._comma = False  # one that waits for a value behind it
        self._unclosed: set[str] = set()

    def run(self) -> str:
        text, at = self._text, 0
        while at < len(text) and len(self._open) <= MAX_OPEN:
            found = _TOKEN.match(text, at)
            if found is None:  # pragma: no cover - any character is a token
                break
            kind, token = found.lastgroup, found[0]
            at = found.end()
            if kind == "comment":
                at = self._behind_comment(token, found.start(), at)
            elif kind == "quote" and self._open:
                at = self._string(token, at)
            elif kind == "open":
                self._value(token, "open")
                self._open.append(token)
            else:
                self._take(kind or "", token)
        while self._open:
            self._close(_CLOSING[self._open[-1]])
        return "".join(self._out)

    def _take(self, kind: str, token: str) -> None:
        """One token without an inside; between values only blanks count."""
        if kind == "blank":
            self._out.append(" ")
        elif token == "]]>":  # the end of CDATA, or of two lists
            for _ in range(2 if self._open[-2:] == ["[", "["] else 0):
                self._close("]")
        elif kind == "close":
            self._close(token)
        elif kind == "point" and self._open:
            self._point(token)
        elif kind == "word" and self._open:
            plain = "null" if token in ("undefined", "NaN") else token
            self._value(plain if _LITERAL.fullmatch(plain) else json.dumps(plain), "value")

    def _value(self, spelt: str, kind: str) -> None:
        if self._comma or (self._last == "value" and self._open):
            self._out.append(",")
        self._comma = False
        self._out.append(spelt)
        self._last = kind

    def _point(self, token: str) -> None:
        if token == ",":
            self._comma = self._comma or self._last == "value"
        elif self._last == "value" and not self._comma:
            self._out.append(token)
            self._last = "colon"

    def _close(self, token: str) -> None:
        wanted = "{" if token == "}" else "["
        if wanted not in self._open:
            return
        while True:
            opened = self._open.pop()
            if self._last == "colon":
                self._out.append("null")
            self._comma = False
            self._out.append(_CLOSING[opened])
            self._last = "value"
            if opened == wanted:
                return

    def _behind_comment(self, token: str, start: int, at: int) -> int:
        """Where it goes on behind a comment, or behind the mark of a wrapper."""
        if token == "//":
            if marker := _MARKERS.match(self._text, start):
                return marker.end()
            return self._end("\n", at, len(self._text))
        if token == "/*":
            return self._end("*/", at, len(self._text))
        return self._end("-->", at, at) if token == "<!--" and self._open else at

    def _end(self, mark: str, at: int, otherwise: int) -> int:
        """Behind the next `mark`; a mark that is not to come is looked for once."""
        found = -1 if mark in self._unclosed else self._text.find(mark, at)
        if found < 0:
            self._unclosed.add(mark)
            return otherwise
        return found + len(mark)

    def _string(self, quote: str, at: int) -> int:
        """Writes the string that begins before `at`; a quote that no name or value can end with is a part of it."""
        text, inside = self._text, _INSIDE[quote]
        parts = ['"']
        while (found := inside.search(text, at)) is not None:
            parts.append(text[at : found.start()])
            at = found.end()
            if found[0] == "\\":
                escape = _ESCAPE.match(text, found.start())
                parts.append(escape[0] if escape else "")  # an apostrophe needs no escape, and JSON has none for it
                at = escape.end() if escape else at
            elif self._ends(found[0], quote, at):
                break
            else:
                parts.append('\\"' if found[0] == '"' else found[0])
        else:
            parts.append(text[at:])
            at = len(text)
        parts.append('"')
        self._value("".join(parts), "value")
        return at

    def _ends(self, mark: str, quote: str, at: int) -> bool:
        if (mark in _SINGLE) != (quote in _SINGLE):
            return False
        after = _AFTER.match(self._text, at)
        if after is None or after[1] or after[2] is None:
            return True
        return after[2] in ',:}]"' or (after[2] in "'\u201c" and quote == after[2])
