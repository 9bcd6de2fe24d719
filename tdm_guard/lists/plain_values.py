"""
The usual spellings of values, many at once: what millions of rows of a list hold.

strategy: when blanks, dots and hyphens are gone, codes of a kind have the same width. What stands at a place of all of
them is a string of bytes: whether only characters of that place are in it is asked once. Check digits are verified side
by side, too: such a string times its weight is another, and strings of bytes are added as one number each, in which no
byte overflows. What is not plainly good is left to the long way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import compress
from typing import NamedTuple

from tdm_guard.formats.several import is_one_name
from tdm_guard.repertoire.item import MAX_LENGTH
from tdm_guard.repertoire.names import fold_name

_BETWEEN = b" .-"  # of an identifier; a tab or a line end may be between two
_UPPER = bytes(range(256)).upper()
_DIGIT = b"0123456789"
_LETTER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_is_doi = re.compile(r"10\.[0-9]{4,9}/[A-Za-z0-9._()-]*[A-Za-z0-9]").fullmatch  # with nothing in it that joins codes


class _Form(NamedTuple):
    """
    The form of a code: the characters of each of its places, and what these are multiplied by: with `more` their sum is
    a multiple of `modulus`.

    No weights: it has no check digit. `before`: what its one spelling has in front; `never`: what has the form and is
    none.
    """

    places: tuple[bytes, ...]
    weights: tuple[int, ...] = ()
    modulus: int = 10
    more: int = 0
    before: str = ""
    never: bytes | None = None

    def plainly(self, texts: Sequence[str]) -> list[str]:
        """The one spelling of each text, empty for what is not plainly a code."""
        count = len(texts)
        raw = "\n".join(texts).encode("ascii", "replace").translate(_UPPER, _BETWEEN)
        if max(map(len, texts), default=0) > MAX_LENGTH or (self.never is not None and self.never in raw):
            return [""] * count
        if self._are_formed(raw, count) and self._right(raw, count).count(1) == count:
            text = raw.decode("ascii")
            return (self.before + text.replace("\n", "\n" + self.before) if self.before else text).split("\n")
        codes = raw.split(b"\n")
        if len(codes) != count:
            return [""] * count
        formed = list(filter(_pattern(self.places), codes))
        good = frozenset(compress(formed, self._right(b"\n".join(formed), len(formed))))
        return [self.before + each.decode("ascii") if each in good else "" for each in codes]

    def _are_formed(self, codes: bytes, count: int) -> bool:
        """True if `codes`, with a line end between two, are so many and each has the form."""
        step = len(self.places) + 1
        if len(codes) != step * count - 1 or codes[step - 1 :: step].count(b"\n") != count - 1:
            return False
        return not any(codes[at::step].translate(None, each) for at, each in enumerate(self.places))

    def _right(self, codes: bytes, count: int) -> bytes:
        """A byte for each of the codes, with a line end between two, which is 1 if its check digit is right."""
        if not self.weights:
            return b"\1" * count
        step = len(self.places) + 1
        total = 0
        for place, weight in enumerate(self.weights):
            if weight:
                total += int.from_bytes(codes[place::step].translate(_times(weight, self.modulus)), "little")
        return total.to_bytes(count, "little").translate(_divides(self.modulus, self.more))


@cache
def _pattern(places: tuple[bytes, ...]) -> Callable[[bytes], object]:
    return re.compile(b"".join(b"[%s]" % each for each in places)).fullmatch


@cache
def _times(weight: int, modulus: int) -> bytes:
    """For each character its value times `weight`, as a remainder: sixteen of at most ten stay below 256."""
    values = {**{48 + digit: digit for digit in range(10)}, ord("X"): 10}
    return bytes(values.get(code, 0) * weight % modulus for code in range(256))


@cache
def _divides(modulus: int, more: int) -> bytes:
    """For each sum 1 if it is a multiple with `more`, else 0."""
    return bytes((each + more) % modulus == 0 for each in range(256))


_CHECK = _DIGIT + b"X"
_EAN = (*(1, 3) * 6, 1)
_FORMS = {
    "iswc": _Form((b"T", *[_DIGIT] * 10), (0, *range(1, 10), 1), more=1),
    "isrc": _Form((*[_LETTER] * 2, *[_LETTER + _DIGIT] * 3, *[_DIGIT] * 7)),
    "isbn": _Form((b"9", b"7", b"89", *[_DIGIT] * 10), _EAN),
    "issn": _Form((*[_DIGIT] * 7, _CHECK), tuple(range(8, 0, -1)), modulus=11),
    "creator_isni": _Form(
        (*[_DIGIT] * 15, _CHECK), tuple(2 ** (15 - place) for place in range(16)), modulus=11, more=10
    ),
    "gtin": _Form(tuple([_DIGIT] * 13), _EAN, before="0", never=b"0" * 13),
    "isan": _Form(tuple([_DIGIT + b"ABCDEF"] * 16), never=b"0" * 16),
}
_NAMES = frozenset({"creator_name", "publisher", "label"})


def plainly(key: str, texts: Sequence[str]) -> list[str]:
    """What each text comes to as a value of `key`, the only one in it; empty where the long way must tell."""
    if key in _NAMES:
        return [fold_name(each) if len(each) <= MAX_LENGTH and is_one_name(each) else "" for each in texts]
    if key == "doi":
        return [each.lower() if len(each) <= MAX_LENGTH and _is_doi(each) else "" for each in texts]
    form = _FORMS.get(key)
    return [""] * len(texts) if form is None else form.plainly(texts)
