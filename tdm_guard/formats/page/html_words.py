"""
Words as they are looked for in the tags of a page: first folded, all at once, and then where they stand.

strategy: most pages have none of them, so that the first look leaves out the marks by which the spellings of a word
differ, and leaps from one rare syllable to the next. Where that suspects some words, these are looked for as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tdm_guard.formats.page.robots_metas import ROBOTS, USUAL_META, usual_folded

MARKED = '"'  # around a word that is a whole value, or before one that a value begins with
BLANKS = "\t\n\x0b\f\r\x1c\x1d\x1e\x1f \x85"  # what `str.strip` takes away; the others are among those not seen
_OCTETS = BLANKS.encode("latin-1") + b"\xc2"  # that of the last, in UTF-8, too
# The rare letters of "c2pa" as those of "noml", and that in which "usage" begins as that of "signal", so that searches
# begin alike
_FOLDED = bytes(range(256)).lower().translate(bytes.maketrans(b"2pu", b"mls"))
_LEFT_OUT = _OCTETS + b"-_+/:.,;?%"  # with the marks by which the spellings of a word differ, and those of addresses
_MARKED = re.compile(r"[^0-9a-z\s][0-9a-z]{3,}")  # a mark is rarer than letters: best looked for from there on
_SHARED = ("ai", "m", "contents", "robots")  # what many of our words share, folded: one, the first that is in it
_LEAPT_TO = "jkqxz"  # letters so rare that the engine, which leaps to a first letter, beats a search that skips
_IN_BLANKS = "\\s\\x1c-\\x1f\\x85\\xc2"
_VALUE_BEGINS, _VALUE_ENDS = f"[=\"'{_IN_BLANKS}]", f"(?=[{_IN_BLANKS}\"'>/])"
_SEVERAL = 3  # words with the same stem before a low line
_FEW_BLANKS = 64  # between a mark and a whole value; where there are more, the value counts


class Finder(NamedTuple):
    """
    Some of our words. `suspects`: one of them may stand in what was folded, or, of those with a `mark`, in what was
    said; `patterns`: in lower case they match where one does. `whole` is that for those that are whole values or begin
    one, each a group; `fronts` is how far they begin before. `usual` are the tags in which these say nothing.
    """

    suspects: re.Pattern[bytes] | bytes
    patterns: tuple[re.Pattern[bytes], ...]
    whole: re.Pattern[bytes] | None = None
    fronts: tuple[int, ...] = ()
    mark: bytes = b""
    usual: re.Pattern[bytes] | None = None

    def first(self, dense: bytes) -> int:
        """Where one of the words may first stand in what was folded, or said; -1 if none does."""
        suspects = self.suspects
        if isinstance(suspects, bytes):
            return dense.find(suspects)
        begin = dense.find(self.mark)  # many pages have none, which is told at once
        found = suspects.search(dense, begin) if begin >= 0 else None
        return -1 if found is None else found.start()

    def suspected(self, dense: bytes, at: int) -> Iterator[int]:
        """Where one may stand from there on."""
        suspects = self.suspects
        pattern = re.compile(re.escape(suspects)) if isinstance(suspects, bytes) else suspects
        for found in pattern.finditer(dense, at):
            yield found.start()

    def stands_in(self, lower: bytes) -> bool:
        """True if one of the words stands in what is in lower case."""
        for pattern in self.patterns:
            if pattern.search(lower):
                return True
        for found in self.whole.finditer(lower) if self.whole else ():
            start = found.start() - self.fronts[(found.lastindex or 1) - 1]
            before = lower[max(0, start - _FEW_BLANKS) : start].rstrip(_OCTETS)
            if not before or before[-1:] in b"=\"'":
                return self.usual is None or self.usual.fullmatch(lower) is None
        return False


def folded(said: bytes) -> bytes:
    """`said` in lower case without blanks and marks."""
    return said.translate(_FOLDED, _LEFT_OUT)


def finders(words: Iterable[str]) -> tuple[Finder, ...]:
    """
    What finds `words`, which are in lower case; those in quotation marks are whole values, or begin one (`"dc.`).

    The engine leaps to a literal beginning, best to a rare character, but not to one of several: so words that share a
    syllable, or begin with the same mark, are looked for from there on and then looking back. A word that shares
    nothing is found soonest by itself, as is a stem that several share.
    """
    plain = [word for word in words if word[0] != MARKED]
    least = sorted({word for word in plain if not any(other in word for other in plain if other != word)})
    stems = Counter(word.partition("_")[0] for word in least)
    groups: dict[str, tuple[list[str], list[str]]] = {}
    for word in sorted(least, key=lambda word: len(_beginning(word, stems))):
        beginning = _beginning(word, stems)
        known = next((each for each in groups if each in beginning), beginning)
        groups.setdefault(known, ([], []))[0].append(word)
    for word in sorted(set(words) - set(plain)):
        dense = _fold(word).strip(MARKED)
        known = next((each for each in groups if dense.startswith(each)), _shared(dense) or dense[:2])
        if known in word:
            groups.setdefault(known, ([], []))[1].append(word)
        else:  # folded it begins otherwise: looked for as one that may stand within a value
            bare = word.strip(MARKED)
            groups.setdefault(_beginning(bare, stems), ([], []))[0].append(bare)
    return tuple(_finder(beginning, plain, whole) for beginning, (plain, whole) in groups.items())


def _fold(word: str) -> str:
    return folded(word.encode()).decode("latin-1")


def _shared(word: str) -> str | None:
    return next((each for each in _SHARED if each in word), None)


def _beginning(word: str, stems: Mapping[str, int]) -> str:
    """By what a word is looked for: the mark it begins with, what it shares with others, or all of it, folded."""
    if _MARKED.fullmatch(word):
        return word[0]
    if shared := _shared(_fold(word)):
        return shared
    if stems[word.partition("_")[0]] >= _SEVERAL:
        return "_"
    return "+" if "+" in word else _fold(word)


def _finder(beginning: str, plain: list[str], whole: list[str]) -> Finder:
    if not beginning.isalnum():  # it is rare, and the folding leaves it out
        ends = [_behind(beginning, word) for word in plain]
        either = re.sub("[a-z]", lambda letter: f"[{letter[0]}{letter[0].upper()}]", _any_of(ends))
        suspected, pattern = _pattern(beginning, either), _pattern(beginning, _any_of(ends))
        return Finder(suspected, (pattern,), mark=beginning.encode("latin-1"))
    found = {_fold(word) for word in plain}
    least = sorted(word for word in found if not any(other in word for other in found - {word}))
    literal = beginning.encode("latin-1")
    suspects: re.Pattern[bytes] | bytes = re.compile(literal) if beginning[0] in _LEAPT_TO else literal
    if whole or beginning in _SHARED:
        ends = [_behind(beginning, word) for word in least]
        values = dict.fromkeys(_fold(word).strip(MARKED) for word in whole)
        ends += [_behind(beginning, word, before="[=\"']") for word in values]
        suspects = _pattern(beginning, usual_folded(_fold) if ROBOTS in whole else _any_of(ends))
    near = [word for word in plain if beginning in word]
    far = [word for word in plain if beginning not in word]
    patterns = [_pattern(beginning, _any_of([_behind(beginning, word) for word in near]))] if near else []
    patterns += [re.compile(re.escape(word).encode()) for word in far]
    fronts = tuple(word.index(beginning) - 1 for word in whole)
    as_whole = _pattern(beginning, "|".join(_value(beginning, word) for word in whole)) if whole else None
    return Finder(suspects, tuple(patterns), as_whole, fronts, usual=USUAL_META if ROBOTS in whole else None)


def _pattern(beginning: str, ends: str) -> re.Pattern[bytes]:
    return re.compile(f"{re.escape(beginning)}(?:{ends})".encode("latin-1"))


class _End(NamedTuple):
    """How a word goes on behind what it shares with others, and, if that is not all, the `whole`, `width` bytes."""

    rest: str
    whole: str = ""
    width: int = 0


def _behind(beginning: str, word: str, before: str = "") -> _End:
    """The end of a word, once the `beginning` that it shares with others was found; a `before` stands before it."""
    front, _, rest = word.partition(beginning)
    if not front and not before:
        return _End(re.escape(rest))
    return _End(re.escape(rest), before + re.escape(word), len(word) + bool(before))


def _any_of(ends: list[_End]) -> str:
    """One pattern for `ends`, by first letters and, where only what stands before tells, by width: soonest left."""
    alike: dict[str, list[_End]] = {}
    for end in ends:
        alike.setdefault(end.rest, []).append(end)
    groups: dict[str, list[str]] = {}
    for rest, same in alike.items():
        first = rest[:1] if rest[:1].isalnum() else ""
        groups.setdefault(first, []).append(rest.removeprefix(first) + _one_of_whole(same))
    return "|".join(f"{first}(?:{'|'.join(rests)})" for first, rests in groups.items())


def _one_of_whole(ends: list[_End]) -> str:
    """What tells that one of the words stands there that end alike."""
    widths: dict[int, list[str]] = {}
    for end in ends:
        widths.setdefault(end.width, []).append(end.whole)
    if 0 in widths:
        return ""
    behind = ["|".join(words) for words in widths.values()]
    return "(?:" + "|".join(f"(?<={words})" for words in behind) + ")"


def _value(beginning: str, word: str) -> str:
    """The pattern, behind `beginning`, for a value that is `word` or begins so."""
    word = word.rstrip("?")
    end = _behind(beginning, word.strip(MARKED), before=_VALUE_BEGINS)
    return f"({end.rest}(?<={end.whole}){word.endswith(MARKED) * _VALUE_ENDS})"
