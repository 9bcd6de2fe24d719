"""
What of a document can be passed over at one go on the way to a place in it: markup in its everyday forms.

strategy: one regular expression each for head and body that matches tags, raw text elements and comments just as
`html_tokens` would end them, and stops in front of whatever is written in another way, for the caller to read by the
book. It never backtracks. A place that stands within a value, a comment or raw text is not reached either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tdm_guard.formats.page.html_foreign import SHAPES

MAX_OPENINGS = 64  # different ones that are looked for; behind more, reading all tags takes no longer
OMITTED = 4  # characters of a tag before its opening: "<" and three letters
_beyond_ascii = re.compile(rb"[^\0-\x7f]").split
_TAG = "<[MmLlSsBb][EeIiCcAa][TtNnRrSs]"
_find_tags, _find_bytes_of_tags = re.compile(_TAG).finditer, re.compile(_TAG.encode()).finditer
_WS = r"[\t\n\f\r ]"
_NAME_ENDS = r"(?=[\t\n\f\r />])"
# Attributes, each value behind a name and in quotation marks, or with nothing in it that could be taken for another.
_ATTRIBUTES = (
    r"(?:[^<>\"'=]*+(?<![\t\n\f\r /\"'])=(?:\"[^\"]*+\"|'[^']*+'|[^<>\"'=`\t\n\f\r ]++(?=[\t\n\f\r >])))*+[^<>\"'=]*+>"
)


def _each(names: str) -> str:
    """The names in a line of them, in either case and nothing else (U+017F is no s)."""
    letters = "|".join(names.split())
    return "(?:" + re.sub("[a-z]", lambda found: f"[{found[0]}{found[0].upper()}]", letters) + ")"


def _element(name: str, within: str = "") -> str:
    """A raw text element, behind its `<`; a `<` in it is followed by nothing of `within`."""
    end = f"/{_each(name)}{_NAME_ENDS}"
    text = f"[^<]*+(?:<(?!{end}{within})[^<]*+)*+"
    return f"{_each(name)}{_NAME_ENDS}{_ATTRIBUTES}(?<!/>){text}</{_each(name)}{_WS}*+>"


_RAW = "|".join((_element("script", "|!--"), *map(_element, ("style", "title", "noframes"))))
_OTHER_RAW = "|".join(map(_element, ("textarea", "xmp", "iframe", "noembed")))
_COMMENT = r"!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+)*+-->|![A-Za-z][^>]*+>|\?[^>]*+>"
_END = rf"[A-Za-z][A-Za-z0-9:-]*+{_WS}*+>"

# Drawings of nothing but shapes, which icons are. Elsewhere their names are read by the book (`Nesting`).
_SHAPES = " ".join(sorted(SHAPES))
_SHAPE = rf"{_each(_SHAPES)}{_NAME_ENDS}{_ATTRIBUTES}|/{_each(_SHAPES)}{_WS}*+>"
_TITLE = rf"{_each('title')}{_NAME_ENDS}{_ATTRIBUTES}(?<!/>)[^<]*+</{_each('title')}{_WS}*+>"
_DRAWN = rf"[^<]*+(?:<(?:{_SHAPE}|{_TITLE}|!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+)*+-->)[^<]*+)*+"
_DRAWING = rf"{_each('svg')}{_NAME_ENDS}{_ATTRIBUTES}(?<!/>){_DRAWN}</{_each('svg')}{_WS}*+>"

# Elements with a meaning of their own, and the bounds of the head
_SPECIAL = _each("script style title noframes textarea xmp iframe noembed plaintext template svg math base " + _SHAPES)
_USUAL = "p|a|div|span|li|ul|td|tr|h[1-6]|img|br|i|b|em|strong|section|button|input|meta|link"  # soonest told
_PLAIN = rf"(?:(?:{_USUAL}){_NAME_ENDS}|(?!{_SPECIAL}{_NAME_ENDS})[A-Za-z][A-Za-z0-9:-]*+{_NAME_ENDS}){_ATTRIBUTES}"
_IN_HEAD = rf"{_each('meta link html head noscript basefont bgsound')}{_NAME_ENDS}{_ATTRIBUTES}"
_LEAVES = _each("head body html br")

# The same tags and elements as most are written, told in half the time
_NAMED = r" [a-z-]++=\"[^\"]*+\""
_USUAL_SCRIPT = rf"script(?: async| defer|{_NAMED})*+>[^<]*+</script>"
_USUALLY = rf"meta(?:{_NAMED})++[ /]*+>|link(?:{_NAMED})++[ /]*+>|style>[^<]*+</style>|{_USUAL_SCRIPT}"
_IN_ANY_FORM = rf"{_IN_HEAD}|{_RAW}|/(?!{_LEAVES}{_NAME_ENDS}){_END}|{_COMMENT}"
_HEAD = rf"{_WS}*+(?:<(?:{_USUALLY}|{_IN_ANY_FORM}){_WS}*+)*+"

behind_head_markup = re.compile(_HEAD).match
behind_markup = re.compile(rf"[^<]*+(?:<(?:{_PLAIN}|/{_END}|{_DRAWING}|{_RAW}|{_OTHER_RAW}|{_COMMENT})[^<]*+)*+").match


def places_of(openings: Sequence[bytes], body: bytes, text: str) -> list[int] | None:
    """
    Where tags in `text`, which is `body` decoded, begin that go on with `openings`; None if that cannot be told.

    Of one with characters beyond ASCII only what stands before them is looked for.
    """
    if len(openings) > MAX_OPENINGS:
        return None
    same = text.isascii() and len(text) == len(body)
    places: set[int] = set()
    torn: list[bytes] = []
    for opening in openings:
        if not opening.isascii():
            torn.append(_beyond_ascii(opening, 1)[0])
            continue
        wanted = _decoded(opening) + ">"
        count, at = 0, text.find(wanted)
        while at >= 0:
            if at >= OMITTED and text[at - OMITTED] == "<":
                places.add(at - OMITTED)
            count += 1
            at = text.find(wanted, at + 1)
        if not same and count != body.count(opening + b">"):
            return None
    if torn:
        wanted_any, torn_any = tuple(map(_decoded, torn)), tuple(torn)
        found = [each.start() for each in _find_tags(text) if text.startswith(wanted_any, each.end())]
        if len(found) != sum(body.startswith(torn_any, each.end()) for each in _find_bytes_of_tags(body)):
            return None
        places.update(found)
    return sorted(places)


def _decoded(opening: bytes) -> str:
    text = opening.decode("ascii")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
