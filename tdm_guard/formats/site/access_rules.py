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

from tdm_guard.formats.site.path_pattern import MAX_WORK, PathPattern, TooMuchWork, check_work, normalise_pattern
from tdm_guard.formats.site.robots_txt import Part, access_lines, access_values, holds_rule, read_rule, refused_values

ROBOTS = "/robots.txt"  # never refused (RFC 9309 2.2.2)

_KEPT = re.compile(r"%(?=2[5FA4]|(?![0-9A-F]{2}))")  # % / * $ and what is no escape stay as they are
_ESCAPES = re.compile(r"(?:%[0-9A-F]{2})+")
_is_plain = re.compile(r"[/*][A-Za-z0-9._~/?=&,;:@!'()+\[\]*-]*\$?(?<!index\.html)").fullmatch
_find_prefixes = re.compile(r"\n(/[^*$%\n]*+)(?=\n)").findall  # of values, a line each: those that are no patterns
_USUAL_LINE = 40  # characters; a bound for the average
_SPARE = 200  # characters of comments and other records that may stay: taking them out costs time, keeping them memory
_MARKS = (("\nDisallow: /", "\n\r"), ("\nAllow: /", "\n\v"))  # these end lines, so that no line holds them
_MANY = 500  # wildcards that are worth to be counted exactly
_SMALL = 700  # characters: compressing fewer of them costs more time than it saves memory
_FEW = 50  # beginnings that may stay although another one is a beginning of them: to find those costs time
_WINDOW = -12  # for zlib: 4 KB, no header; to make a larger window costs more than to pack a usual file
MAX_TRIED = 4_000  # different rules that match an address or hold escapes; what is ordinary stays below some hundreds
_INDEX = "index.html"  # Protego reads an Allow of /a/index.html as one of /a/ too


class Refusal(NamedTuple):
    """The line that refuses: its number and its words."""

    line: int
    words: str


class AccessRules:
    """
    The rules of one group's parts, compiled. Picklable.

    `utf8` is False for a file that was not UTF-8: its paths are then compared as characters and as the bytes sent.
    `wildcards` are those of all different rules, or a few more.
    """

    __slots__ = ("_exact", "_fragments", "_longest", "_parts", "_prefixes", "_shortest", "_utf8", "wildcards")

    def __init__(self, parts: Iterable[Part], *, utf8: bool = True) -> None:
        self._utf8 = utf8
        kept: list[str | bytes] = []
        texts: list[str] = []
        written: list[str] = []
        dotted = False  # whether a segment of some path begins with a dot
        wildcards = 0
        for part in parts:
            text = part.text
            found = refused_values(text)
            if found or holds_rule(text):
                dotted = dotted or "/." in text
                wildcards += text.count("*")
                written += found
                texts.append(text)
                usual = len(text) <= _SPARE or len(text) <= _USUAL_LINE * text.count("llow:") + _SPARE
                kept.append(_packed(part.line, text if usual else access_lines(text)))
        refused = dict.fromkeys(map(str.strip, written))  # in the order of the file
        refused.pop("", None)  # RFC 9309 2.2: an empty pattern matches nothing
        values = "\n".join(("", *refused, ""))
        prefixes: dict[str, None] = {}
        if utf8:
            usual = values.count("\n/") == len(refused) and not ("*" in values or "$" in values or "%" in values)
            prefixes = refused if usual else dict.fromkeys(_find_prefixes(values))
        if dotted:
            prefixes = {value: None for value in prefixes if "/." not in value}
        fragments: set[str] = set()  # of patterns: the longest part, where no path need begin with it
        exact: set[str] = set()
        for value in [v for v in refused if v not in prefixes] if len(prefixes) < len(refused) else ():
            odd = "$" in value and value.find("$") < len(value) - 1
            if odd or not utf8 or "%" in value or (dotted and "/." in value) or value[0] not in "/*":
                for pattern in self._spellings(value):
                    _sort_in(pattern, prefixes, fragments, exact)
            elif "*" not in value:  # a final `$` is an anchor, and the character as well
                exact.add(value[:-1])
                prefixes[value[:-1] + "%24"] = None
            else:
                head, _, rest = value.partition("*")
                if len(head) > len(rest):
                    prefixes[head] = None
                    continue
                rest = rest.removesuffix("$")
                longest = max(rest.split("*"), key=len) if "*" in rest else rest
                fragments.add(longest if len(longest) >= len(head) else head)
        self._parts = tuple(kept)
        # One string for all, each between line ends: as strings of their own they would weigh three times as much.
        beginnings = _without_longer(prefixes) if "/" in prefixes or len(prefixes) > _FEW else prefixes
        self._prefixes = "\n".join(("", *beginnings, "")) if beginnings else ""
        self._shortest = min(map(len, beginnings)) if beginnings else 0
        self._fragments = "\n".join(fragments) if fragments and "" not in fragments else "/" if fragments else ""
        self._exact = tuple(exact)
        self.wildcards = wildcards if wildcards < _MANY else _wildcards(texts)
        self._longest = MAX_WORK // (self.wildcards or 1)  # address that is looked at without a question

    @property
    def refuses_all(self) -> bool:
        """True if every path is refused: `Disallow: /` or `/*`, and no line that allows anything."""
        return self._prefixes == "\n/\n" and not any(read_rule(words)[0] == "allow" for _, words in self._lines())

    def __bool__(self) -> bool:
        """True if there is any Disallow that can match something."""
        return bool(self._prefixes or self._fragments or self._exact)

    def may_refuse(self, target: str) -> bool:
        """
        False if no Disallow matches `target`, spelled as by `path_pattern.target`: nothing refuses it.

        Raises `TooMuchWork` where it would take too long to know, as `refusal` does.
        """
        if len(target) > self._longest:
            check_work(self.wildcards, target)
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
        # A wildcard may end inside an escape: "*9/b" covers "/%C3%A9/b", so the target counts as it is too.
        return target in self._exact or ("%" in target and self._refuses_decoded(target))

    def _refuses_decoded(self, target: str) -> bool:
        decoded = _decoded(target)
        return decoded != target and self.may_refuse(decoded)

    def refusal(self, target: str) -> Refusal | None:
        """The Disallow under which Protego refuses `target`, or None."""
        if not self.may_refuse(target) or target == ROBOTS or target.startswith(ROBOTS + "?"):
            return None
        spelled = _decoded(target)
        asked: list[str] = []
        strongest = -1
        found: Refusal | None = None
        certain = True
        tried = 0
        known: set[str] = set()
        for line, words in self._lines():
            if words in known:
                continue
            known.add(words)
            name, value = read_rule(words)
            if not value:
                continue  # RFC 9309 2.2: an empty pattern matches nothing
            plain = _is_plain(value) and "/." not in value
            if plain and not (_may_match(value, spelled) or (spelled is not target and _may_match(value, target))):
                continue
            tried += 1
            if tried > MAX_TRIED:
                raise TooMuchWork(f"more than {MAX_TRIED} rules that may be about one address")
            for pattern in (value,) if plain else self._spellings(value):
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
        for kept in self._parts:
            before, *lines = _unpacked(kept).split("\n")
            for line, raw in enumerate(lines, int(before) + 1):
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


def _wildcards(texts: list[str]) -> int:
    return "".join({raw.strip() for text in texts for _, raw in access_values(text)}).count("*")


def _packed(line: int, text: str) -> str | bytes:
    """Lines as they are kept until a refusal has to be shown; the first is the number of the user-agent line before."""
    text = text[text.index("\n") :]
    for words, mark in _MARKS:
        text = text.replace(words, mark)
    text = f"{line}{text}"
    return text if len(text) <= _SMALL else zlib.compress(text.encode("utf-8", "surrogatepass"), 1, _WINDOW)


def _unpacked(kept: str | bytes) -> str:
    text = kept if isinstance(kept, str) else zlib.decompress(kept, _WINDOW).decode("utf-8", "surrogatepass")
    for words, mark in _MARKS:
        text = text.replace(mark, words)
    return text


def _sort_in(pattern: str, prefixes: dict[str, None], fragments: set[str], exact: set[str]) -> None:
    for variant in _variants(pattern):
        if len(variant.parts) > 1:
            fragments.add(max(variant.parts, key=len))
        elif variant.anchored:
            exact.add(variant.parts[0])
        else:
            prefixes[variant.parts[0]] = None


def _may_match(value: str, target: str) -> bool:
    """For a value without anything to be decoded: False if `target` lacks a part of it. Quicker than to match."""
    if "*" not in value and value[-1] != "$":
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


def _without_longer(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Sorted, without those that begin with another one."""
    last = "\n"
    return tuple([last := prefix for prefix in sorted(prefixes) if not prefix.startswith(last)])


def _protego_allows(rules: list[str], target: str) -> bool:
    robots = Protego.parse("\n".join(["User-agent: *", *rules]))
    return bool(robots.can_fetch("https://site.invalid" + target, "*"))
