"""
Reads the lines of a log as `json.loads` does, faster: what is spelt alike in many lines is parsed once.

strategy: the reading side of `log.record.Speller`. A decision's line is its own members, then those from `origin` to
`media_type`, which the pages of one origin have in common, then its own again. Only lines in exactly the spelling of
our writer are taken apart; whatever departs from it is parsed whole. The records of alike lines share the values of
their middle: they are to be read, not changed.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

MAX_MIDDLES = 1024  # kept, some 10 KB each with what they come to; the writer keeps half as many
MAX_MIDDLE = 8192  # characters; longer ones are parsed anew
_WORD = "[A-Za-z0-9._-]{1,240}"
_PLAIN = r"[ !#-\[\]-~]*"  # a string without escapes and of ASCII
_HEAD = re.compile(
    rf'\{{"type":"decision","v":1,"run":"({_WORD})","seq":([1-9][0-9]{{0,17}}),"id":"({_WORD})",'
    rf'"ts":"({_PLAIN})","url":"({_PLAIN})","final_url":"({_PLAIN})",'
)
_TAIL = re.compile(
    r',"bytes":(?:null|(0|[1-9][0-9]{0,17})),"content_sha256":(?:null|"([0-9a-f]{64})"),"cached":(true|false),'
    r'"hops":\[\],(?:"repertoire":"([a-z-]{1,40})",)?"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}'
)
_OWN = frozenset(
    ("type", "v", "run", "seq", "id", "ts", "url", "final_url", "bytes", "content_sha256", "cached", "hops",
     "repertoire", "prev", "hash")
)  # fmt: skip


class Parser:
    """Parses lines; remembers the middles of decisions."""

    __slots__ = ("_middles",)

    def __init__(self) -> None:
        self._middles: dict[str, dict[str, Any] | None] = {}

    def value(self, text: str) -> Any:
        """What `json.loads` makes of it. Raises what that raises."""
        head = _HEAD.match(text)
        if head is None:
            return json.loads(text)
        begin, end = head.end(), text.rfind(',"bytes":')
        tail = _TAIL.fullmatch(text, end) if end > begin else None
        if tail is None:
            return json.loads(text)
        middle = text[begin:end]
        try:
            members = self._middles[middle]
        except KeyError:
            members = self._learn(middle)
        if members is None:
            return json.loads(text)
        run, seq, ident, ts, url, final_url = head.groups()
        size, digest, cached, works, prev, seal = tail.groups()
        record = {
            "type": "decision", "v": 1, "run": run, "seq": int(seq), "id": ident, "ts": ts, "url": url,
            "final_url": final_url, **members, "bytes": None if size is None else int(size), "content_sha256": digest,
            "cached": cached == "true", "hops": [],
        }  # fmt: skip
        if works is not None:
            record["repertoire"] = works
        record["prev"] = prev
        record["hash"] = seal
        return record

    def _learn(self, middle: str) -> dict[str, Any] | None:
        """The members that `middle` spells; None if it is no list of members of its own, or too long to keep."""
        if len(middle) > MAX_MIDDLE:
            return None
        members: dict[str, Any] | None = None
        with suppress(ValueError, RecursionError):
            members = json.loads(f"{{{middle}}}")
        if members is not None and not _OWN.isdisjoint(members):
            members = None
        if len(self._middles) >= MAX_MIDDLES:
            self._middles.clear()
        self._middles[middle] = members
        return members
