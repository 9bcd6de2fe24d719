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
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_MIDDLES = 512  # kept, some 10 KB each with what they come to; as many as the writer keeps
MAX_MIDDLE = 8192  # characters; longer ones are parsed anew
_WORD = "[A-Za-z0-9._-]{1,240}"
_PLAIN = r"[ !#-\[\]-~]*"  # a string without escapes and of ASCII
STORED = (  # where the record lies that was judged
    rf'\{{"file":"{_PLAIN}","offset":(?:0|[1-9][0-9]{{0,17}}),"record":(?:null|"{_PLAIN}"),"type":"{_PLAIN}"\}}'
)
_HEAD = re.compile(
    rf'\{{"type":"decision","v":1,"run":"({_WORD})","seq":([1-9][0-9]{{0,17}}),"id":"(\1-\2)",'
    rf'"ts":"({_PLAIN})","url":"({_PLAIN})","final_url":"(\5"|{_PLAIN}"),'
)
_TAIL = re.compile(
    r',"bytes":(?:null|(0|[1-9][0-9]{0,17})),"content_sha256":(?:null|"([0-9a-f]{64})"),"cached":(true|false),'
    rf'"hops":\[\],(?:"repertoire":"([a-z-]{{1,40}})",)?(?:"stored":({STORED}),)?'
)
_SEAL = 148  # characters of `"prev":"…","hash":"…"}`
_BEFORE = ("type", "v", "run", "seq", "id", "ts", "url", "final_url")
_BEHIND = ("bytes", "content_sha256", "cached", "hops", "repertoire", "prev", "hash")
_OWN = frozenset((*_BEFORE, *_BEHIND, "stored"))

Forms: TypeAlias = "tuple[dict[str, Any], dict[str, Any]]"  # of a record: without and with `repertoire`


class Parser:
    """Parses lines; remembers the middles of decisions."""

    __slots__ = ("_middles",)

    def __init__(self) -> None:
        self._middles: dict[str, Forms | None] = {}

    def value(self, text: str) -> Any:
        """What `json.loads` makes of it. Raises what that raises."""
        record = self._record(text)
        return json.loads(text) if record is None else record

    def _record(self, text: str) -> dict[str, Any] | None:
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
        forms = self.forms(text[begin:end])
        if forms is None:
            return None
        run, seq, ident, stamp, url, final_url = head.groups()
        size, content, cached, works, stored = tail.groups()
        record = forms[works is not None].copy()
        record["run"] = run
        record["seq"] = int(seq)
        record["id"] = ident
        record["ts"] = stamp
        record["url"] = url
        record["final_url"] = final_url[:-1]
        if size is not None:
            record["bytes"] = int(size)
        record["content_sha256"] = content
        record["cached"] = cached == "true"
        record["hops"] = []
        if works is not None:
            record["repertoire"] = works
        if stored is not None:
            del record["prev"], record["hash"]  # which come behind it
            record["stored"] = json.loads(stored)
        record["prev"] = prev
        record["hash"] = digest
        return record

    def forms(self, middle: str) -> Forms | None:
        """The record that `middle` is the middle of; None if it is no list of members of its own, or too long."""
        try:
            return self._middles[middle]
        except KeyError:
            pass
        if len(middle) > MAX_MIDDLE:
            return None
        members: dict[str, Any] | None = None
        with suppress(ValueError, RecursionError):
            members = json.loads(f"{{{middle}}}")
        found = None if members is None else whole_forms(members)
        if len(self._middles) >= MAX_MIDDLES:
            self._middles.clear()
        self._middles[middle] = found
        return found


def whole_forms(members: Mapping[str, Any]) -> Forms | None:
    """The records with these members between those of their own; None if one of them is a record's own."""
    if not _OWN.isdisjoint(members):
        return None
    whole = dict.fromkeys(_BEFORE) | {"type": "decision", "v": 1} | dict(members) | dict.fromkeys(_BEHIND)
    return {name: value for name, value in whole.items() if name != "repertoire"}, whole
