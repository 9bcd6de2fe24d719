"""
What is surely not declared, told of all works of a page together: nearly all pages present none that is.

strategy: codes are brought to their one spelling and looked up as ever. Of names it is asked at once whether any word
of theirs is the one by which a declared name is told here, the longest of each: a name that is declared has it, alone
or joined with others. What would leave a fault, or is none of everyday writing, is for `read_item` to tell.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from tdm_guard.formats.identifiers import ipi_fits
from tdm_guard.repertoire.item import KEYS, MAX_LENGTH, Strength, spellings

NAMES = tuple(key for key, (strength, _) in KEYS.items() if strength is Strength.NAME)

_have_letters = re.compile(r"(?:[^0-9A-Za-z\n]*+[0-9A-Za-z][^\n]*+(?:\n|\Z))*+").fullmatch
_words = re.compile(r"[0-9a-z]+").findall


def telling_words(names: Iterable[str]) -> frozenset[str]:
    """A word of each of these names, which are in their one spelling."""
    return frozenset([max(name.split(), key=len, default="") for name in names])


def may_be_named(names: Collection[str], telling: frozenset[str]) -> bool:
    """False only if each of `names` can be used, and none is or holds a name that has one of the words `telling`."""
    together = "\n".join(names)
    if not together.isascii() or max(map(len, names), default=0) > MAX_LENGTH or not _have_letters(together):
        return True
    words = _words(together.replace("'", "").replace("`", "").lower()) if telling else ()
    return not telling.isdisjoint(words)


def usable(values: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]] | None:
    """All of `values` in their one spelling; None if any of them leaves a fault."""
    found: dict[str, tuple[str, ...]] = {}
    for key, written in values.items():
        codes: list[str] = []
        for raw in written:
            parts = spellings(key, raw)
            if parts.bad or (key == "creator_ipi" and not all(map(ipi_fits, parts.codes))):
                return None
            codes += parts.codes
        found[key] = tuple(codes)
    return found
