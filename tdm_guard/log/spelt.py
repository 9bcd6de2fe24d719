"""
Reads the lines of a log as `json.loads` does, faster: what is spelt alike in many lines is parsed once.

strategy: the reading side of `log.speller.Speller`. A decision's line is its own members, then those from `origin` to
`media_type`, which the pages of one origin have in common, then its own again. Only lines in exactly the spelling of
our writer are taken apart; whatever departs from it is parsed whole. The records of alike lines share the values of
their middle: they are to be read, not changed.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias

MAX_MIDDLES = 512  # kept, some 10 KB each with what they come to; as many as the writer keeps
MAX_MIDDLE = 8192  # characters; longer ones are parsed anew
_WORD = "[A-Za-z0-9._-]{1,240}"
_PLAIN = r"[ !#-\[\]-~]*"  # a string without escapes and of ASCII
_HEAD = re.compile(
    rf'\{{"type":"decision","v":1,"run":"({_WORD})","seq":([1-9][0-9]{{0,17}}),"id":"(\1-\2)",'
    rf'"ts":"({_PLAIN})","url":"({_PLAIN})","final_url":"(\5"|{_PLAIN}"),'
)
_TAIL = re.compile(
    r',"bytes":(?:null|(0|[1-9][0-9]{0,17})),"content_sha256":(?:null|"([0-9a-f]{64})"),"cached":(true|false),'
    r'"hops":\[\],(?:"repertoire":"([a-z-]{1,40})",)?'
)
_SEAL = 148  # characters of `"prev":"…","hash":"…"}`
_BEFORE = ("type", "v", "run", "seq", "id", "ts", "url", "final_url")
_BEHIND = ("bytes", "content_sha256", "cached", "hops", "repertoire", "prev", "hash")
_OWN = frozenset((*_BEFORE, *_BEHIND))

Forms: TypeAlias = "tuple[dict[str, Any], dict[str, Any]]"  # of a record: without and with `repertoire`


class Spelt(NamedTuple):
    """A decision as its line spells it; `forms` have the members that it shares with others, in a record."""

    forms: Forms
    run: str
    seq: str
    id: str
    ts: str
    url: str
    final_url: str  # with the quotation mark behind it
    bytes: str | None
    content_sha256: str | None
    cached: str
    repertoire: str | None
    prev: str
    hash: str

    def record(self) -> dict[str, Any]:
        """The record in the line."""
        record = self.forms[self.repertoire is not None].copy()
        record["run"] = self.run
        record["seq"] = int(self.seq)
        record["id"] = self.id
        record["ts"] = self.ts
        record["url"] = self.url
        record["final_url"] = self.final_url[:-1]
        if self.bytes is not None:
            record["bytes"] = int(self.bytes)
        record["content_sha256"] = self.content_sha256
        record["cached"] = self.cached == "true"
        record["hops"] = []
        if self.repertoire is not None:
            record["repertoire"] = self.repertoire
        record["prev"] = self.prev
        record["hash"] = self.hash
        return record


class Parser:
    """Parses lines; remembers the middles of decisions."""

    __slots__ = ("_middles",)

    def __init__(self) -> None:
        self._middles: dict[str, Forms | None] = {}

    def value(self, text: str) -> Any:
        """What `json.loads` makes of it. Raises what that raises."""
        spelt = self.parts(text)
        return json.loads(text) if spelt is None else spelt.record()

    def spelt(self, raw: bytes) -> Spelt | None:
        """The decision in a line of bytes, if it is spelt as usual."""
        try:
            return self.parts(raw.decode())
        except UnicodeDecodeError:
            return None

    def parts(self, text: str) -> Spelt | None:
        """A decision in exactly the spelling of our writer; None of whatever departs from it."""
        head = _HEAD.match(text)
        if head is None:
            return None
        begin, seal = head.end(), len(text) - _SEAL
        end = text.rfind(',"bytes":', begin, seal)
        tail = _TAIL.fullmatch(text, end, seal) if end > 0 else None
        prev, digest = text[seal + 8 : seal + 72], text[-66:-2]
        if (
            tail is None
            or not (prev.isalnum() and digest.isalnum() and text.startswith('"prev":"', seal))
            or text[seal + 72 : -66] != '","hash":"'
            or not text.endswith('"}')
        ):
            return None
        middle = text[begin:end]
        try:
            forms = self._middles[middle]
        except KeyError:
            forms = self._learn(middle)
        if forms is None:
            return None
        return Spelt._make((forms, *head.groups(), *tail.groups(), prev, digest))

    def _learn(self, middle: str) -> Forms | None:
        """The record that `middle` is the middle of; None if it is no list of members of its own, or too long."""
        if len(middle) > MAX_MIDDLE:
            return None
        members: dict[str, Any] | None = None
        with suppress(ValueError, RecursionError):
            members = json.loads(f"{{{middle}}}")
        found: Forms | None = None
        if members is not None and _OWN.isdisjoint(members):
            whole = dict.fromkeys(_BEFORE) | {"type": "decision", "v": 1} | members | dict.fromkeys(_BEHIND)
            found = ({name: value for name, value in whole.items() if name != "repertoire"}, whole)
        if len(self._middles) >= MAX_MIDDLES:
            self._middles.clear()
        self._middles[middle] = found
        return found
