"""What one identifier says besides itself: the same work in another scheme, and who issued it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tdm_guard.formats.identifiers import ISBN_REGISTRANT
from tdm_guard.formats.iscc import units
from tdm_guard.repertoire.item import normalise


def implied(keys: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """What identifiers of one scheme say in another, and who issued them."""
    for value in keys.get("isrc", ()):
        yield "isrc_registrant", value[:5]
    for value in keys.get("isbn", ()):
        yield "gtin", f"0{value}"  # an ISBN-13 is a GTIN-13
        yield from _isbn_registrants(value)
    for value in keys.get("gtin", ()):
        if value.startswith(("0978", "0979")):
            yield "isbn", value[1:]
            yield from _isbn_registrants(value[1:])
    for value in keys.get("doi", ()):
        yield "doi_prefix", value.partition("/")[0]
        if value.startswith("10.5240/") and (eidr := normalise("eidr", value)):  # an EIDR is a DOI
            yield "eidr", eidr
    for value in keys.get("iscc", ()):
        yield from declared("iscc", value)
    for value in keys.get("eidr", ()):
        yield "doi", _hyphenated(value).lower()


def declared(key: str, value: str) -> tuple[tuple[str, str], ...]:
    """What a value in its one spelling is entered as where it is declared: of an ISCC also the units it is made of."""
    if key not in ("iscc", "iscc_similar"):
        return ((key, value),)
    exact, similar = units(value)
    alike = tuple(("iscc_similar", unit) for unit in similar)
    return (*(("iscc", unit) for unit in exact), *alike) if key == "iscc" else alike


def _isbn_registrants(isbn: str) -> Iterator[tuple[str, str]]:
    shortest, longest = ISBN_REGISTRANT
    for digits in range(shortest, longest + 1):
        yield "isbn_registrant", isbn[:digits]


def _hyphenated(eidr: str) -> str:
    """An EIDR as it stands in a DOI: groups of four, the check character apart."""
    prefix, _, code = eidr.partition("/")
    return f"{prefix}/" + "-".join(code[at : at + 4] for at in range(0, len(code), 4))
