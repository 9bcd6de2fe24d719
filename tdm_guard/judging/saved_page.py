"""
What a saved page says (MHTML): its root as the page, the files in it as files.

What is read of another part, a frame or a picture, may only reserve: it does not speak for the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.mhtml import Message, Part
from tdm_guard.formats.http.media_type import HTML, Markup
from tdm_guard.judging.response import Announced
from tdm_guard.judging.unread import undetermined
from tdm_guard.model import NOTHING, Fault, Reading, Source, Stance, Statement
from tdm_guard.repertoire.item import Item

if TYPE_CHECKING:
    from tdm_guard.judging.bench import Bench
    from tdm_guard.judging.heard_page import Document

MAX_SPEAKING = 64  # parts that say something; what each says costs more than to look at a silent one


class _Heard(Protocol):
    @property
    def reading(self) -> Reading: ...
    @property
    def problem(self) -> str | None: ...
    @property
    def items(self) -> tuple[Item, ...]: ...
    @property
    def shown(self) -> tuple[Document, ...]: ...


class _Hear(Protocol):
    """`body.hear`, which cannot be imported from here."""

    def __call__(
        self, bench: Bench, about: Announced, body: bytes, markup: Markup, *, complete: bool, pictures: bool = False
    ) -> _Heard: ...


class HeardParts(NamedTuple):
    """What the parts say together, and whether all of them could be read."""

    reading: Reading
    items: tuple[Item, ...]
    shown: tuple[Document, ...]
    complete: bool


def hear_saved(
    bench: Bench, about: Announced, body: bytes, hear: _Hear, *, complete: bool, pictures: bool
) -> HeardParts:
    """Hears each part of a saved page as what it is."""
    message = Message(body, about.content_type)
    statements: list[Statement] = []
    faults: list[Fault] = []
    declared = NOTHING.declared
    items: tuple[Item, ...] = ()
    shown: tuple[Document, ...] = ()
    speaking = 0
    problem: str | None = None
    rooted = False
    for part in message.parts():
        inner = _announced(about, part)
        plain = message.decoded(part)
        markup = inner.shown(plain, ended=True)
        if inner.format(plain) is Format.MHTML:
            problem = "a saved page within a saved page"
            continue
        heard = hear(bench, inner, plain, markup, complete=complete or part.end < len(body), pictures=pictures)
        problem = problem or heard.problem
        rooted = rooted or part.root
        if part.root:
            shown, items, declared = heard.shown, heard.items, heard.reading.declared
        statements += (s for s in heard.reading.statements if part.root or s.stance in _HEARD_OF_PARTS)
        faults += heard.reading.faults
        speaking += heard.reading is not NOTHING
        if speaking > MAX_SPEAKING:
            problem = f"more than {MAX_SPEAKING} parts that say something"
            break
    problem = message.problem or problem or (None if rooted else "a saved page without its page")
    if problem is not None and complete:
        source = Source(url=about.url, carrier="mhtml", retrieved_at=about.now)
        statements += undetermined((*bench.readers[HTML], *bench.asset_signals), source, problem)
        faults.append(Fault.at(source, f"saved page not read whole: {problem}"))
    reading = Reading(tuple(statements), tuple(faults), declared) if statements or faults or declared else NOTHING
    return HeardParts(reading, items, shown, complete and problem is None)


_HEARD_OF_PARTS = (Stance.RESERVED, Stance.UNDETERMINED)


def _announced(about: Announced, part: Part) -> Announced:
    inner = Announced(about.url, about.now, about.status)
    inner.begins = True  # a part does, whatever the response is
    inner.pieces = about.pieces
    inner.hear("content-type", part.content_type)
    return inner
