"""
Identifiers of works, recordings, publications and people: one spelling each, check characters verified.

strategy: each function takes what somebody wrote and gives the compact spelling, or None if it is no such identifier.
Blanks, hyphens and dots go first, a label in front ("ISBN-13:", "urn:isbn:") is taken off by the pattern.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from operator import mul
from urllib.parse import unquote

# What is written between the groups of an identifier: blanks, dots, the hyphens and dashes of many keyboards
_SEPARATORS = dict.fromkeys(
    map(
        ord,
        " \t\r\n\f\v.-\u00a0\u00ad\u00b7\u2002\u2003\u2007\u2009\u200b\u202f\ufeff"
        "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63",
    )
)
_ASCII_SEPARATORS = bytes(code for code in _SEPARATORS if code < 0x80)
_UPPER = bytes(range(256)).upper()
_VALUES = bytes.maketrans(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", bytes(range(36)))

_ISWC = re.compile(r"(?:ISWC:?)?(T)([0-9]{9})([0-9])")
_ISRC = re.compile(r"(?:(?:URN:)?ISRC:?)?([A-Z]{2}[A-Z0-9]{3}[0-9]{7})")
_IPI = re.compile(r"(?:(?:IPI|CAE)(?:/CAE)?#?:?)?(?:(I)([0-9]{9})([0-9])|([0-9]{1,11}))")
_ISNI = re.compile(r"(?:HTTPS?://(?:WWW)?ISNIORG/(?:ISNI/)?|(?:URN:)?ISNI:?)?([0-9]{15})([0-9X])")
_ISBN = re.compile(r"(?:(?:URN:)?ISBN(?:1[03])?:?)?(?:(97[89][0-9]{10})|([0-9]{9})([0-9X]))(?:\(.*)?")  # "(pbk.)"
_ISSN = re.compile(r"(?:HTTPS?://PORTALISSNORG/RESOURCE/)?(?:(?:URN:)?[EP]?ISSNL?:?/?)?([0-9]{7})([0-9X])")
_ISAN = re.compile(r"(?:(?:URN:)?ISAN:?)?([0-9A-F]{16})(?:([0-9A-Z])|([0-9A-F]{8})|([0-9A-Z])([0-9A-F]{8})([0-9A-Z]))?")
_EIDR = re.compile(r"(?:HTTPS?://(?:DX)?DOIORG/|(?:URN:)?EIDR:|DOI:)?105240[/:]([0-9A-F]{20})([0-9A-Z])")
_GTIN = re.compile(r"(?:(?:GTIN|EAN|UPC)(?:8|12|13|14|A)?:)?([0-9]{8}|[0-9]{12,14})")
_DOI = re.compile(
    r"(?i)(https?://(?:dx\.|www\.)?doi\.org/|(?:urn:|info:)?doi[:/]\s*)?(10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+)"
)
_DOI_PREFIX = re.compile(r"(?i)(?:doi:\s*)?(10\.[0-9]{4,9}(?:\.[0-9]+)*)/?")
_ISRC_REGISTRANT = re.compile(r"[A-Z]{2}[A-Z0-9]{3}")
ISBN_REGISTRANT = (6, 12)  # digits: 978 or 979, a group and a registrant; with fewer it would be a language area
_ISBN_REGISTRANT = re.compile(r"(?:ISBN:?)?(97[89][0-9]{3,9})")

_EAN_WEIGHTS = (3, 1) * 7  # GS1 General Specifications 7.9.1
_ISBN_10_WEIGHTS = range(10, 1, -1)
_ISSN_WEIGHTS = range(8, 1, -1)  # ISO 3297 annex A
_NINE_WEIGHTS = range(1, 10)  # ISO 15707 annex C
_IPI_WEIGHTS = range(10, 1, -1)
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def iswc(raw: str) -> str | None:
    """Musical work (ISO 15707), as `T0345246801`."""
    found = _ISWC.fullmatch(_compact(raw))
    if found is None:
        return None
    letter, digits, check = found.groups()
    return letter + digits + check if int(check) == -(1 + _weighted(digits, _NINE_WEIGHTS)) % 10 else None


def isrc(raw: str) -> str | None:
    """Recording (ISO 3901), as `FRZ039800212`; it has no check digit."""
    found = _ISRC.fullmatch(_compact(raw))
    return found[1] if found else None


def ipi(raw: str) -> str | None:
    """
    Interested party (CISAC): a name number as 11 digits, or a base number as `I0000002297`.

    The check digits of a name number are told by `ipi_fits` only: catalogues carry numbers that lost or changed theirs,
    so that numbers are compared as they are written. That of a base number is verified.
    """
    found = _IPI.fullmatch(_compact(raw))
    if found is None:
        return None
    if found[1]:
        fits = int(found[3]) == -(2 + _weighted(found[2], _NINE_WEIGHTS)) % 10
        return found[1] + found[2] + found[3] if fits else None
    return found[4].zfill(11) if found[4].strip("0") else None


def ipi_fits(number: str) -> bool:
    """True if the two check digits of an IPI name number, given in 11 digits, are right; base numbers always are."""
    if not number.isdigit():
        return True
    rest = _weighted(number[:9], _IPI_WEIGHTS) % 101
    return int(number[9:]) == (-rest % 101) % 100


def isni(raw: str) -> str | None:
    """Person or organisation (ISO 27729; ISO 7064 MOD 11-2), as 16 characters."""
    found = _ISNI.fullmatch(_compact(raw))
    if found is None:
        return None
    total = 0
    for digit in found[1]:
        total = (total + int(digit)) * 2
    return found[1] + found[2] if found[2] == _of_eleven((12 - total) % 11) else None


def isbn(raw: str) -> str | None:
    """Book (ISO 2108), as 13 digits; those of 10 are brought to 13."""
    found = _ISBN.fullmatch(_compact(raw))
    if found is None:
        return None
    if found[1]:
        return found[1] if _ean_fits(found[1]) else None
    if found[3] != _of_eleven(-_weighted(found[2], _ISBN_10_WEIGHTS) % 11):
        return None
    digits = f"978{found[2]}"
    return digits + str(-_weighted(digits + "0", _EAN_WEIGHTS[1:]) % 10)


def issn(raw: str) -> str | None:
    """Serial (ISO 3297), as 8 characters."""
    found = _ISSN.fullmatch(_compact(raw))
    if found is None or found[2] != _of_eleven(-_weighted(found[1], _ISSN_WEIGHTS) % 11):
        return None
    return found[1] + found[2]


def isan(raw: str) -> str | None:
    """Audiovisual work (ISO 15706): its 16 digits; check characters and the version are verified, then dropped."""
    found = _ISAN.fullmatch(_compact(raw))
    if found is None:
        return None
    work, alone, _, check, version, version_check = found.groups()
    right = check is None or _mod_37_36(work + version) == version_check
    if not work.strip("0") or not right or (alone or check or _mod_37_36(work)) != _mod_37_36(work):
        return None
    return work


def eidr(raw: str) -> str | None:
    """Audiovisual content (EIDR ID Format 1.6; ISO 7064 MOD 37,36), as `10.5240/` with 21 characters."""
    found = _EIDR.fullmatch(_compact(raw))
    if found is None or found[2] != _mod_37_36(found[1]):
        return None
    return f"10.5240/{found[1]}{found[2]}"


def gtin(raw: str) -> str | None:
    """Trade item (GS1 General Specifications): GTIN-8, -12, -13 and -14 as 14 digits."""
    found = _GTIN.fullmatch(_compact(raw))
    if found is None or not found[1].strip("0") or not _ean_fits(found[1]):
        return None
    return found[1].zfill(14)


def doi(raw: str) -> str | None:
    """Digital object (ISO 26324), ASCII letters in lower case, the resolver's address taken off."""
    raw = raw.strip()
    found = _DOI.fullmatch(raw)
    if found is None:
        return None
    name = found[2]
    if found[1] and found[1][0] in "hH":
        name = unquote(name)
        if _DOI.fullmatch(name) is None:
            return None
    return name.translate(_LOWER)


def isrc_registrant(raw: str) -> str | None:
    """The first five characters of an ISRC: who issued it."""
    text = _compact(raw)
    return text if _ISRC_REGISTRANT.fullmatch(text) else None


def isbn_registrant(raw: str) -> str | None:
    """The digits of an ISBN-13 that name the publisher: 978 or 979, group and registrant."""
    found = _ISBN_REGISTRANT.fullmatch(_compact(raw))
    return found[1] if found else None


def doi_prefix(raw: str) -> str | None:
    """The part of a DOI before the slash: who registered it."""
    found = _DOI_PREFIX.fullmatch(raw.strip())
    return found[1] if found else None


def _compact(raw: str) -> str:
    if raw.isascii():  # as bytes, in a quarter of the time: lists hold millions
        return raw.encode().translate(_UPPER, _ASCII_SEPARATORS).decode()
    raw = unicodedata.normalize("NFKC", raw)  # digits in full width
    return raw.translate(_SEPARATORS).upper()


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(map(mul, weights, digits.encode().translate(_VALUES)))


def _of_eleven(value: int) -> str:
    return "X" if value == 10 else str(value)


def _ean_fits(digits: str) -> bool:
    return _weighted(digits.zfill(14), _EAN_WEIGHTS) % 10 == 0


def _mod_37_36(text: str) -> str:
    """The check character of ISO 7064 MOD 37,36."""
    product = 36
    for value in text.encode().translate(_VALUES):
        product = ((product + value) % 36 or 36) * 2 % 37
    check = (1 - product) % 36
    return "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[check]
