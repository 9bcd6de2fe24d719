"""
Names of people, firms and societies, brought to one spelling.

Strategy: compatibility forms, case and accents go, then what stands between the words; the words are put in order, so
that "EXEMPLE, Marie" and "Marie Exemple" are one name. Two people may share it: a name is never an identifier.
"""

from __future__ import annotations

import re
import unicodedata

_WORDS = re.compile(r"[0-9a-z]+")
# O'Connor is one word, written with and without
_APOSTROPHES = "'`\u00b4\u02b9\u02bb\u02bc\u2018\u2019\u201b\u2032\uff07"
# Letters with a stroke and the like have no decomposition in Unicode; catalogues write them both ways.
_PLAIN = dict(zip("øłđðħŧŋæœþı", ("o", "l", "d", "d", "h", "t", "n", "ae", "oe", "th", "i"), strict=True))
MAX_KNOWN = 10_000  # characters whose spelling is kept, some 1 MB; the alphabets of most names are among the first


class _Letters(dict[int, str]):
    """What `str.translate` writes for a character of a folded name: each is looked up once, which lists rely on."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if unicodedata.combining(character):
            letter = ""
        elif unicodedata.category(character)[0] in "LMN":  # marks that are vowels of a script are part of words
            letter = _PLAIN.get(character, character)
        else:
            letter = " "
        if len(self) < MAX_KNOWN:
            self[code] = letter
        return letter


_letters = _Letters(dict.fromkeys(map(ord, _APOSTROPHES), ""))


def fold_name(name: str) -> str:
    """`name` as its words in alphabetical order, without case, accents and punctuation; empty if it has none."""
    return " ".join(sorted(_words(name)))


def whole_name(name: str) -> str:
    """`name` as a licence names a rightsholder: each word in its place, whatever blanks and case."""
    return " ".join(name.split()).casefold()


def fold_letters(name: str) -> str:
    """`name` as its letters and digits alone, in their order: "S.A.C.E.M." is "sacem"."""
    return "".join(_words(name))


def _words(name: str) -> list[str]:
    if name.isascii():
        return _WORDS.findall(name.replace("'", "").replace("`", "").lower())
    # folding case may bring something to decompose (Unicode 3.13, D146)
    name = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return name.translate(_letters).split()
