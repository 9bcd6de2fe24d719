"""
The usual spellings of values, many at once: what millions of rows of a list hold.

strategy: a pattern finds the codes that have the usual form when blanks, dots and hyphens are gone. Their check digits
are verified side by side: the digits of one place are a string of bytes, those times their weight another, and strings
of bytes are added as one number each, in which no byte overflows. What is not plainly good is left to the long way.
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


class _Form(NamedTuple):
    """
    The form of a code, and what its characters are multiplied by: with `more` their sum is a multiple of `modulus`.

    No weights: it has no check digit.
    """

    is_form: Callable[[bytes], object]
    weights: tuple[int, ...] = ()
    modulus: int = 10
    more: int = 0

    def plainly(self, texts: Sequence[str]) -> list[str]:
        """The one spelling of each text, empty for what is not plainly a code."""
        raw = "\n".join(texts).encode("ascii", "replace").translate(_UPPER, _BETWEEN)
        codes = raw.split(b"\n")
        if len(codes) != len(texts) or max(map(len, texts)) > MAX_LENGTH:
            return [""] * len(texts)
        formed = [each for each in codes if self.is_form(each)]
        whole = len(formed) == len(codes)
        if self.weights and formed:
            right = self._right(b"".join(formed), len(formed))
            if right.count(1) < len(formed):
                formed, whole = list(compress(formed, right)), False
        if whole:
            return raw.decode("ascii").split("\n")
        good = frozenset(formed)
        return [each.decode("ascii") if each in good else "" for each in codes]

    def _right(self, codes: bytes, count: int) -> bytes:
        """A byte for each code, which is 1 if its check digit is right."""
        width = len(self.weights)
        total = 0
        for place, weight in enumerate(self.weights):
            if weight:
                total += int.from_bytes(codes[place::width].translate(_times(weight, self.modulus)), "little")
        return total.to_bytes(count, "little").translate(_divides(self.modulus, self.more))


@cache
def _times(weight: int, modulus: int) -> bytes:
    """For each character its value times `weight`, as a remainder: sixteen of at most ten stay below 256."""
    values = {**{48 + digit: digit for digit in range(10)}, ord("X"): 10}
    return bytes(values.get(code, 0) * weight % modulus for code in range(256))


@cache
def _divides(modulus: int, more: int) -> bytes:
    """For each sum 1 if it is a multiple with `more`, else 0."""
    return bytes((each + more) % modulus == 0 for each in range(256))


_FORMS = {
    "iswc": _Form(re.compile(rb"T[0-9]{10}").fullmatch, (0, *range(1, 10), 1), more=1),
    "isrc": _Form(re.compile(rb"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}").fullmatch),
    "isbn": _Form(re.compile(rb"97[89][0-9]{10}").fullmatch, (*(1, 3) * 6, 1)),
    "issn": _Form(re.compile(rb"[0-9]{7}[0-9X]").fullmatch, tuple(range(8, 0, -1)), modulus=11),
    "creator_isni": _Form(
        re.compile(rb"[0-9]{15}[0-9X]").fullmatch, tuple(2 ** (15 - place) for place in range(16)), modulus=11, more=10
    ),
}
_NAMES = frozenset({"creator_name", "publisher", "label"})


def plainly(key: str, texts: Sequence[str]) -> list[str]:
    """What each text comes to as a value of `key`, the only one in it; empty where the long way must tell."""
    if key in _NAMES:
        return [fold_name(each) if len(each) <= MAX_LENGTH and is_one_name(each) else "" for each in texts]
    form = _FORMS.get(key)
    return [""] * len(texts) if form is None else form.plainly(texts)
