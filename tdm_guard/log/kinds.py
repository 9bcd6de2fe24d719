"""
What usual decisions have in common, told apart by its spelling: what stands between their addresses and their sizes.

strategy: it is parsed once for all that spell it alike; and of those that spell it alike but for the origin and the
documents looked for, as the silent pages of different sites do, only these are read anew.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tdm_guard.log.checks.middles import CHECKED
from tdm_guard.log.checks.outcome import Facts, facts_of, outcome_problem
from tdm_guard.log.spelt import MAX_MIDDLE, MAX_MIDDLES, STORED, Parser, whole_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tdm_guard.log.spelt import Forms

MAX_TAILS = 64  # of a middle, kept: sizes, some 300 bytes each
MAX_SHARED = 512  # ways of saying the same of many origins, some 10 KB each
SEAL = 148  # bytes of `"prev":"…","hash":"…"}`
SIZE = b',"bytes":'
TAIL = re.compile(
    rb',"bytes":(?:null|(0|[1-9][0-9]{0,17})),"content_sha256":(?:null|"([0-9a-f]{64})"),"cached":(true|false),'
    rb'("hops":\[\],)?(?:"repertoire":"([a-z-]{1,40})",)?(?:"stored":(%b),)?' % STORED.encode()
)
_ORIGIN = re.compile(rb'"origin":"([ !#-\[\]-~]*)",')
_COMMON = re.compile(rb'"common":"([0-9a-f]{64})"')
_LOOKED_FOR = b',"checked":['
_ELSEWHERE = frozenset({"common", "personal"})  # members that stand for what is written in another line
_NOT_SHARED = frozenset({"common", "personal", "origin", "checked"})


class Shared:
    """What decisions say in the same words, perhaps of different origins. `facts` are not in doubt."""

    __slots__ = ("facts", "forms")

    def __init__(self, forms: Forms) -> None:
        self.forms = forms
        self.facts: Facts = facts_of(forms[0])


class Middle:
    """What stands between address and size: it is the same object for all that spell it alike."""

    __slots__ = ("_apart", "_kinds", "_tails", "full", "shared", "text")

    def __init__(self, text: bytes, shared: Shared, *, full: bool, apart: tuple[bytes, bytes] | None = None) -> None:
        self.text = text
        self.shared = shared
        self.full = full
        self._apart = apart  # the origin, and the documents looked for
        self._kinds: dict[str | None, tuple[Kind, Kind]] = {}
        self._tails: dict[bytes, tuple[Kind, int | None]] = {}

    def form(self, *, with_works: bool) -> dict[str, Any]:
        """The record's members, those of its own empty, and `checked` where that stands apart."""
        form = self.shared.forms[with_works]
        return form if self._apart is None else form | {"origin": self._apart[0].decode()}

    def checked(self) -> dict[str, Any]:
        """The member that stands apart, if it does."""
        return {} if self._apart is None else {"checked": json.loads(self._apart[1])}

    def before(self, tail: bytes) -> tuple[Kind, int | None] | None:
        """What decisions are that have this behind the middle, and the size of their body; None if it is not usual."""
        known = self._tails.get(tail)
        if known is not None:
            return known
        found = TAIL.fullmatch(tail)
        if found is None or (found[4] is not None) is not self.full:
            return None
        size, digest, works = found[1], found[2], found[5].decode() if found[5] else None
        kinds = self._kinds.get(works)
        if kinds is None:
            like = Like(self, works)
            kinds = self._kinds[works] = Kind(like, streamed=False), Kind(like, streamed=True)
        before = kinds[digest is None], None if size is None else int(size)
        if digest is None and found[6] is None:
            if len(self._tails) >= MAX_TAILS:
                self._tails.clear()
            self._tails[tail] = before
        return before


class Like:
    """What decisions have in common before they are told apart by size: `works` is what the repertoire had of them."""

    __slots__ = ("middle", "works")

    def __init__(self, middle: Middle, works: str | None) -> None:
        self.middle = middle
        self.works = works


class Kind:
    """
    Decisions that differ by number, address, time and size: it is the same object for all of them.

    `streamed`: without the digest of a body.
    """

    __slots__ = ("facts", "like", "streamed")

    def __init__(self, like: Like, *, streamed: bool) -> None:
        self.like = like
        self.facts = like.middle.shared.facts
        self.streamed = streamed


class Middles:
    """Remembers middles; `common` gives the members that a record of the compact form refers to."""

    __slots__ = ("_common", "_known", "_parser", "_shared")

    def __init__(self, parser: Parser, common: Callable[[str], Mapping[str, Any] | None]) -> None:
        self._parser = parser
        self._common = common
        self._known: dict[bytes, Middle] = {}
        self._shared: dict[bytes, Shared | None] = {}

    def of(self, text: bytes, *, full: bool) -> Middle | None:
        """The middle of this spelling, in the full form or the compact one; None if it is no usual one."""
        known = self._known.get(text)
        if known is None:
            known = self._apart(text) if full else None
            known = known or self._whole(text, full=full)
            if known is None:
                return None
            if len(self._known) >= MAX_MIDDLES:
                self._known.clear()
            self._known[text] = known
        return known if known.full is full else None

    def _apart(self, text: bytes) -> Middle | None:
        """A middle of which only what it says beside origin and documents is parsed, once."""
        origin = _ORIGIN.match(text)
        place = text.find(_LOOKED_FOR) if origin else -1
        documents = CHECKED.match(text, place) if place > 0 else None
        if origin is None or documents is None or len(text) > MAX_MIDDLE:
            return None
        start, end = text[origin.end() : place], text[documents.end() :]
        key = b"%b\0%b" % (start, end)  # no JSON has that
        if key not in self._shared:
            if len(self._shared) >= MAX_SHARED:
                self._shared.clear()
            self._shared[key] = _parsed(start, end)
        shared = self._shared[key]
        if shared is None:
            return None
        looked_for = text[place + len(_LOOKED_FOR) - 1 : documents.end() - 1]
        return Middle(text, shared, full=True, apart=(origin[1], looked_for))

    def _whole(self, text: bytes, *, full: bool) -> Middle | None:
        forms = self._forms(text, full)
        if forms is None or not _ELSEWHERE.isdisjoint(forms[0]) or outcome_problem(forms[0]) is not None:
            return None
        return Middle(text, Shared(forms), full=full)

    def _forms(self, text: bytes, full: bool) -> Forms | None:
        try:
            if full:
                return self._parser.forms(text.decode())
        except UnicodeDecodeError:
            return None
        named = _COMMON.fullmatch(text)
        members = self._common(named[1].decode()) if named is not None else None
        return None if members is None else whole_forms(members)


def _parsed(start: bytes, end: bytes) -> Shared | None:
    """What these say, each text of which must be some by itself."""
    try:
        before, behind = json.loads((b"{%b}" % start).decode()), json.loads((b"{%b}" % end).decode())
    except (ValueError, RecursionError):
        return None
    members = before | behind
    if not _NOT_SHARED.isdisjoint(members) or outcome_problem(members) is not None:
        return None
    forms = whole_forms({"origin": None, **before, "checked": None, **behind})
    return None if forms is None else Shared(forms)
