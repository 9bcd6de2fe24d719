"""
Attributes in quotation marks that HTML does not have: typographic ones, character references, escaped ones.

    <meta name=“robots” content=“noai, noimageai”>      <meta name=&quot;robots&quot; …>      <meta name=\\"robots\\" …>

To HTML these marks are letters: the value is unquoted, holds them, and ends at the first blank (WHATWG HTML 13.2.5.37).
strategy: every such mark becomes one and the same; then the attributes are read again, a mark closing what a mark
opened where a blank or the end of the tag follows. What was read so is kept apart from what the standard has, and only
ever adds to it. In the same way a tag is read again without characters that nobody sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from tdm_guard.formats.invisible import seen
from tdm_guard.formats.page.html_tokens import ascii_lower, resolve

MAX_LENGTH = 4_096  # characters of a tag whose name is glued to its attributes; deployed ones have some hundreds

MARK = "\u201c"
_LIKE = (
    "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u2032\u2018\u2019\u201a"
    "\u201b\u2039\u203a`\u00b4\u301d\u301e\u275d\u275e\uff02\uff07\ufffd"
)
_QUOTES = frozenset(_LIKE + "\"'")
# UTF-8 that was read as windows-1252, and marks behind a backslash
_find_likes = re.compile(
    rf"\u00e2\u20ac[\u0153\x9d\ufffd\u017e\u0178\u02dc\u2122\u0161\u00b3\u00b2]|\u00c2[\u00ab\u00bb]|\\[\"']|[{_LIKE}]"
)
_marked = partial(_find_likes.sub, MARK)
_references = re.compile(r"&#?[0-9A-Za-z]{1,16};?").sub
_ENDS = r"(?=[\s/>]|\Z)"  # behind a mark that closes
_CLOSES = r"(?=\s{0,64}(?:/?(?:\Z|>)|[\w:.-]{1,64}\s{0,16}=))"  # behind a mark that closes what a " opened
_find_pairs = re.compile(
    rf"(?<![^\s\"'>/={MARK}])([^\s\"'>/={MARK}]{{1,64}}+)\s{{0,64}}=\s{{0,64}}(?:"
    rf"{MARK}((?:[^{MARK}\"]|[{MARK}\"](?!{_ENDS}))*+)(?:[{MARK}\"]|\Z)"
    rf"|\"((?:[^{MARK}\"]|{MARK}(?!{_CLOSES}))*+)(?:[{MARK}\"]|\Z)"
    rf"|'((?:[^{MARK}']|{MARK}(?!{_CLOSES}))*+)(?:[{MARK}']|\Z)"
    rf"|([^\s{MARK}\"'>]+))"
).finditer
_split_tags = re.compile(r"(?i)>[^<>]{0,1000}<(?=(?:meta|link)[\s/])").split


def may_be_misquoted(raw: str) -> bool:
    """False if no mark can stand in the attributes `raw` that HTML takes for a letter."""
    return not raw.isascii() or "&" in raw or "\\" in raw or "`" in raw


def requoted(name: str, raw: str) -> Iterator[tuple[str, dict[str, str]]]:
    """
    The tags that stand in the attributes `raw` of a tag `name`, by name and attributes, if such marks are quotes.

    More than one where a mark was meant to close what a quotation mark opened, so that HTML reads on to the next. Time
    is linear in the length of `raw`, which the caller bounds.
    """
    referred = _references(_reference, raw)
    visible = seen(referred)
    text = _marked(visible)
    if MARK not in text and visible == referred:
        return
    first, *more = _split_tags(text)
    yield name, _attributes(first)
    for piece in more:
        yield ascii_lower(piece[:4]), _attributes(piece[4:])


def _reference(found: re.Match[str]) -> str:
    text = resolve(found[0])
    return MARK if text in _QUOTES else text if seen(text) != text else found[0]


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in _find_pairs(text):
        value = next((group for group in pair.groups()[1:] if group is not None), "")
        found.setdefault(ascii_lower(pair[1]), resolve(value).strip(f"{MARK}\"' \t\n\f\r"))
    return found
