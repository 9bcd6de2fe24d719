"""
Changes to texts that keep something of their form: lines, tags, members and words that are lost, repeated, exchanged,
taken from elsewhere; words of the vocabularies, quotes, controls, entities, huge numbers and nesting put in.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tests.fuzz.running import LARGEST, change

USUAL = 8_000  # bytes of an input, apart from the floods
FLOOD = 4_001  # one input in so many is one piece over and over, up to LARGEST bytes
AS_IT_IS = 101  # one in so many is not changed, so that what is only seldom left whole is read too
_LINES, _TAGS = re.compile(r"(?<=\n)"), re.compile(r"(?=<)|(?<=>)")
_MEMBERS, _WORDS = re.compile(r"(?=[,;{}\[\]])"), re.compile(r"\b")
CUTS = {"lines": (_LINES, _LINES, _MEMBERS, _WORDS), "tags": (_TAGS, _TAGS, _LINES, _WORDS), "json": (_MEMBERS, _WORDS)}
_NUMBER = re.compile(r"\d+")

ODD = (
    "\0", "\x1b$B", "\x85", "\u2028", "\ufeff", "\u200b", "\u00ad", "\ud800", "\udc00", "\r", "\r\n", "\t", "\v",
    "“", "”", "„", "«", "’", "″", "`", '"', "'", '\\"', "\\", "&quot;", "&#0;", "&#xD800;", "&#9999999999;",
    "<!--", "-->", "<![CDATA[", "]]>", "<!DOCTYPE x [<!ENTITY a 'b'>]>", "<?x?>", "&a;", "</", "<", ">", "%", "%2e%2e/",
    "%zz", "%C3", "*", "$", "?", "#", "：", "；", "，", "=", ":", ",", ";", "[", "]", "{", "}", "//", "/../", "\\u0000",
    "9" * 20, "-1", "1e999", "NaN", "٣", "null", "true", "0", "1", "İ", "ſ", "K", "e\u0301" * 9, "ｄｅｎｙ", "a" * 999,
)  # fmt: skip
_PAIRS = (
    ("[", "]"),
    ("{", "}"),
    ("(", ")"),
    ("<a>", "</a>"),
    ("<b ", ">"),
    ('{"a":', "}"),
    ('"', '"'),
    ("<svg>", "</svg>"),
)
_BYTES = (
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\0\0",
    b"\x1b(B",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\r",
    b"<!--",
    b"]]>",
    b"&#0;",
)


class Maker:
    """Makes the inputs of one reader: number `n` of a seed is always the same."""

    def __init__(self, seeds: list[bytes], form: str, words: tuple[str, ...], seed: int) -> None:
        self._seeds = seeds
        self._form = form
        self._cuts = CUTS.get(form, (_LINES, _WORDS))
        self._words = words
        self._seed = seed
        self._pieces: Callable[[bytes, re.Pattern[str]], list[str]] = lru_cache(1024)(_split)

    def __call__(self, number: int) -> bytes:
        rng = random.Random(f"{self._seed}:{number}")
        seed = data = rng.choice(self._seeds)
        if number % AS_IT_IS == 0:
            return data
        as_json = self._form == "json" and rng.random() < 0.6
        if as_json:
            data = self._member(data, rng)
        if self._form != "bytes" and not (as_json and rng.random() < 0.5):
            data = self._as_text(data, rng)
        if self._form == "bytes" or rng.random() < 0.1:
            changed = bytearray(data)
            for _ in range(rng.choice((1, 1, 2, 4))):
                change(changed, rng, _BYTES)
            data = bytes(changed)
        if data == seed:
            data += self._word(rng).encode("utf-8", "replace")
        if number % FLOOD == FLOOD - 1:
            return _flood(data, rng)
        if rng.random() < 0.01:
            data = data.decode("utf-8", "replace").encode(rng.choice(("utf-16", "utf-16-be", "utf-8-sig", "utf-32")))
        return data[:USUAL]

    def _as_text(self, data: bytes, rng: random.Random) -> bytes:
        text = data.decode("utf-8", "surrogateescape")
        for _ in range(rng.choice((1, 1, 2, 3, 5, 8))):
            text = self._changed(text, rng)
        return _encoded(text)

    def _word(self, rng: random.Random) -> str:
        return rng.choice(self._words if self._words and rng.random() < 0.6 else ODD)

    def _changed(self, text: str, rng: random.Random) -> str:
        kind = rng.randrange(10)
        if kind < 6:
            return self._rearranged(text, rng)
        at = rng.randrange(len(text) + 1)
        match kind:
            case 6:
                return text[:at] + self._word(rng) + text[at:]
            case 7:
                mark = rng.choice("\"'<>:=,;/\n ")
                return text.replace(mark, rng.choice(ODD), rng.choice((-1, 1, 2)))
            case 8:
                opening, closing = rng.choice(_PAIRS)
                count = rng.choice((1, 2, 40, 300))
                end = min(len(text), at + rng.choice((0, 5, 100)))
                return text[:at] + opening * count + text[at:end] + closing * rng.choice((0, count)) + text[end:]
            case _:
                if rng.random() < 0.5:
                    return text[:at] + text[at : at + 40].swapcase() + text[at + 40 :]
                return _NUMBER.sub(
                    rng.choice(("9" * 30, "-1", "1e400", "٣", "0", "1", "1.0")), text, rng.choice((0, 1))
                )

    def _rearranged(self, text: str, rng: random.Random) -> str:
        cut = rng.choice(self._cuts)
        pieces = cut.split(text)
        at = rng.randrange(len(pieces))
        match rng.randrange(8):
            case 0:
                del pieces[at]
            case 1:
                pieces.insert(at, pieces[rng.randrange(len(pieces))])
            case 2:
                other = rng.randrange(len(pieces))
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case 3:
                pieces.insert(at, rng.choice(self._pieces(rng.choice(self._seeds), cut)))
            case 4:
                pieces[at] = rng.choice(self._pieces(rng.choice(self._seeds), cut))
            case 5:
                pieces[at] = self._word(rng)
            case 6:
                pieces[at] *= rng.choice((2, 3, 20))
            case _:
                pieces[at:] = self._pieces(rng.choice(self._seeds), cut)[at:]
        return "".join(pieces)

    def _member(self, data: bytes, rng: random.Random) -> bytes:
        """A JSON text with some of its members renamed, exchanged, lost, wrapped, or with other values."""
        try:
            root = json.loads(data)
        except (ValueError, RecursionError):
            return data
        for _ in range(rng.choice((1, 1, 2, 4))):
            root = self._other_value(root, rng, 0)
        return json.dumps(root, indent=rng.choice((None, 1)), ensure_ascii=rng.random() < 0.5).encode(
            "utf-8", "replace"
        )

    def _other_value(self, value: Any, rng: random.Random, depth: int) -> Any:
        """`value` with one change somewhere within."""
        if isinstance(value, dict) and value and depth < 30:
            key = rng.choice(list(value))
            match rng.randrange(6):
                case 0:
                    return {name: item for name, item in value.items() if name != key}
                case 1:
                    return {(self._word(rng) if name == key else name): item for name, item in value.items()}
                case 2:
                    return {**value, self._word(rng): rng.choice((value[key], self._plain(rng)))}
                case _:
                    return {**value, key: self._other_value(value[key], rng, depth + 1)}
        if isinstance(value, list) and value and depth < 30:
            at = rng.randrange(len(value))
            match rng.randrange(6):
                case 0:
                    return value[:at] + value[at + 1 :]
                case 1:
                    return [*value, rng.choice(value)]
                case 2:
                    return rng.sample(value, len(value))
                case _:
                    return [*value[:at], self._other_value(value[at], rng, depth + 1), *value[at + 1 :]]
        match rng.randrange(5):
            case 0:
                return [value]
            case 1:
                return {self._word(rng): value}
            case 2:
                return str(value)
            case _:
                return self._plain(rng)

    def _plain(self, rng: random.Random) -> Any:
        return rng.choice(
            (None, True, False, 0, 1, -1, 10**30, 1e300, "", [], {}, [[]], self._word(rng), self._word(rng))
        )


def _encoded(text: str) -> bytes:
    """The text with the bytes that were none of UTF-8 as they were."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a pair was put in
        return text.encode("utf-8", "surrogatepass")


def _split(data: bytes, cut: re.Pattern[str]) -> list[str]:
    return cut.split(data.decode("utf-8", "surrogateescape")) or [""]


def _flood(data: bytes, rng: random.Random) -> bytes:
    """A piece of an input over and over."""
    at = rng.randrange(max(1, len(data)))
    piece = data[at : at + rng.choice((1, 5, 30, 200, 2_000))] or b"["
    return data[:at] + piece * (rng.randrange(50_000, LARGEST) // len(piece)) + data[at:]
