"""
The allow and disallow lines of one group, kept small, and the answer whether they refuse a path (RFC 9309 2.2.2).

strategy: what decides is Protego, over the lines of ours that match the path. Before that a filter says whether any
Disallow can match at all, and for most URLs of most sites it says no. The filter may say yes too often, never too
seldom: it compares in a spelling in which every two strings that Protego takes for equal are equal.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from protego import Protego

from tdm_guard.formats.path_pattern import PathPattern, normalise_pattern
from tdm_guard.formats.robots_txt import Part, access_lines, access_values, read_rule

ROBOTS = "/robots.txt"  # never refused (RFC 9309 2.2.2)

_KEPT = re.compile(r"%(?=2[5FA4]|(?![0-9A-F]{2}))")  # % / * $ and what is no escape stay as they are
_ESCAPES = re.compile(r"(?:%[0-9A-F]{2})+")
_is_plain = re.compile(r"[/*][A-Za-z0-9._~/?=&,;:@!'()+\[\]*-]*\$?(?<!index\.html)").fullmatch
_USUAL_NAME = len("\nDisallow: ")
_SPARE = 200  # characters of comments and other records that may stay: taking them out costs time, keeping them memory
_INDEX = "index.html"  # Protego reads an Allow of /a/index.html as one of /a/ too


class Refusal(NamedTuple):
    """The line that refuses: its number and its words."""

    line: int
    words: str


class AccessRules:
    """
    The rules of one group's parts, compiled. Picklable.

    `utf8` is False for a file that was not UTF-8: its paths are then compared as characters and as the bytes sent.
    """

    __slots__ = ("_exact", "_fragments", "_parts", "_prefixes", "_shortest", "_utf8")

    def __init__(self, parts: Iterable[Part], *, utf8: bool = True) -> None:
        self._utf8 = utf8
        kept: list[tuple[int, bytes]] = []
        prefixes: set[str] = set()
        fragments: set[str] = set()
        exact: set[str] = set()
        for part in parts:
            lines = access_values(part.text)
            if not lines:
                continue
            size = 0
            for refuses, raw in lines:
                value = raw.strip()
                size += len(raw)
                if not value or not refuses:
                    continue
                if "%" in value or "$" in value[:-1] or value[0] not in "/*" or not utf8:
                    for pattern in self._spellings(value):
                        _sort_in(pattern, prefixes, fragments, exact)
                    continue
                text = value[:-1] if value[-1] == "$" else value
                if "*" in text:
                    fragments.add(max(text.split("*"), key=len))
                elif text is value:
                    prefixes.add(value)
                else:  # a final `$` is an anchor, and the character as well
                    exact.add(text)
                    prefixes.add(text + "%24")
            spare = len(part.text) - size - _USUAL_NAME * len(lines)
            text = access_lines(part.text) if spare > _SPARE else part.text
            kept.append((part.line, _pack(text)))
        self._parts = tuple(kept)
        # One string for all, each between line ends: as strings of their own they would weigh three times as much.
        beginnings = _without_longer(prefixes)
        self._prefixes = "\n".join(("", *beginnings, "")) if beginnings else ""
        self._shortest = min(map(len, beginnings), default=0)
        self._fragments = "\n".join(fragments) if "" not in fragments else "/"
        self._exact = tuple(exact)

    @property
    def refuses_all(self) -> bool:
        """True if every path is refused: `Disallow: /`, and no line that allows anything."""
        return self._prefixes == "\n/\n" and not any(read_rule(words)[0] == "allow" for _, words in self._lines())

    def __bool__(self) -> bool:
        """True if there is any Disallow that can match something."""
        return bool(self._prefixes or self._fragments or self._exact)

    def may_refuse(self, target: str) -> bool:
        """False if no Disallow matches `target`, spelled as by `path_pattern.target`: nothing refuses it."""
        # A wildcard may end inside an escape: "*9/b" covers "/%C3%A9/b", so the target counts as it is too.
        return self._filter(target) or ("%" in target and self._filter(_decoded(target)))

    def _filter(self, target: str) -> bool:
        prefixes = self._prefixes
        if prefixes:
            head = "\n" + target[: self._shortest]
            at = prefixes.find(head)
            while at >= 0:
                end = prefixes.find("\n", at + 1)
                if target.startswith(prefixes[at + 1 : end]):
                    return True
                at = prefixes.find(head, end)
        if self._fragments:
            for fragment in self._fragments.split("\n"):
                if fragment in target:
                    return True
        return target in self._exact

    def refusal(self, target: str) -> Refusal | None:
        """The Disallow under which Protego refuses `target`, or None."""
        if not self.may_refuse(target) or target == ROBOTS or target.startswith(ROBOTS + "?"):
            return None
        spelled = _decoded(target)
        asked: list[str] = []
        strongest = -1
        found: Refusal | None = None
        certain = True
        for line, words in self._lines():
            name, value = read_rule(words)
            if not value:
                continue  # RFC 9309 2.2: an empty pattern matches nothing
            if _is_plain(value) and not (_may_match(value, spelled) or _may_match(value, target)):
                continue
            for pattern in self._spellings(value):
                if any(variant.matches(spelled) for variant in _variants(pattern)) or (
                    "*" in pattern and PathPattern.parse(pattern).matches(target)
                ):
                    asked.append(f"{name}: {pattern}")
                    if name == "disallow" and len(pattern) > strongest:
                        strongest, found = len(pattern), Refusal(line, words)
                    certain = certain and name == "disallow" and pattern == value and "*" not in value
                elif name == "allow" and pattern.endswith(_INDEX):
                    asked.append(f"{name}: {pattern}")
                    certain = False
        if found is None or (certain and "%" not in target):
            return found  # plain prefixes that disallow, and nothing that allows: there is no question
        return None if _protego_allows(asked, target) else found

    def _lines(self) -> Iterator[tuple[int, str]]:
        for first, packed in self._parts:
            text = zlib.decompress(packed).decode("utf-8", "surrogatepass")
            for line, raw in enumerate(text.split("\n")[1:], first + 1):
                words = raw.strip()
                if words:
                    yield line, words

    def _spellings(self, value: str) -> tuple[str, ...]:
        """The patterns a value stands for, in the one spelling: for a file that is not UTF-8 also the bytes sent."""
        if value.startswith(("http://", "https://")):
            value = "/" + value  # as Protego has it: a path that has the address in it, and nothing else
        spelled = normalise_pattern(value)
        if self._utf8 or value.isascii():
            return (spelled,)
        sent = "".join(f"%{ord(c):02X}" if "\x7f" < c <= "\xff" else c for c in value)
        return (spelled, normalise_pattern(sent))


def _pack(text: str) -> bytes:
    """The lines are packed until a refusal has to be shown. A small window: making a large one costs ten times more."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 12, 4)
    return packer.compress(text.encode("utf-8", "surrogatepass")) + packer.flush()


def _sort_in(pattern: str, prefixes: set[str], fragments: set[str], exact: set[str]) -> None:
    for variant in _variants(pattern):
        if len(variant.parts) > 1:
            fragments.add(max(variant.parts, key=len))
        elif variant.anchored:
            exact.add(variant.parts[0])
        else:
            prefixes.add(variant.parts[0])


def _may_match(value: str, target: str) -> bool:
    """For a value without anything to be decoded: False if `target` lacks a part of it. Quicker than to match."""
    if "*" not in value and not value.endswith("$"):
        return target.startswith(value)
    return all(part in target for part in value.rstrip("$").split("*"))


def _variants(pattern: str) -> tuple[PathPattern, ...]:
    """A pattern as Protego reads it: a final `$` is an anchor, and the character as well."""
    if not pattern.endswith("$"):
        return (_pattern(pattern, anchored=False),)
    return (_pattern(pattern[:-1], anchored=True), _pattern(pattern[:-1] + "%24", anchored=False))


def _pattern(text: str, *, anchored: bool) -> PathPattern:
    return PathPattern(tuple(_decoded(text).split("*")), anchored, len(text))


def _decoded(text: str) -> str:
    """`text`, in the one spelling, with its escapes decoded; octets that are no UTF-8 all become U+FFFD."""
    return _ESCAPES.sub(_characters, text) if "%" in text else text


def _characters(found: re.Match[str]) -> str:
    return unquote_to_bytes(_KEPT.sub("%25", found.group())).decode("utf-8", "replace")


def _without_longer(prefixes: set[str]) -> tuple[str, ...]:
    """Sorted, without those that begin with another one."""
    kept: list[str] = []
    for prefix in sorted(prefixes):
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return tuple(kept)


def _protego_allows(rules: list[str], target: str) -> bool:
    robots = Protego.parse("\n".join(["User-agent: *", *rules]))
    return bool(robots.can_fetch("https://site.invalid" + target, "*"))
