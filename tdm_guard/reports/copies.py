"""The copies that a decision rests on, as an evidence folder has them, and the words of each statement in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.log.evidence import Copy, State, copy_of
from tdm_guard.log.evidence_check import LOADED, Named, named_by, named_in
from tdm_guard.log.members import entries, text_of
from tdm_guard.reports.in_place import Shown, in_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WORDS = ("signal", "kind", "stance", "usages", "message", "source", "carrier", "locator", "excerpt", "repair")
_LOST = "the deciding line was not found in the copy; its beginning:"
_STATUS = "this rests on the status of the answer, which stands in no copy; what came with it begins:"
_FAULT = ("signal", "message", "source", "carrier", "locator", "excerpt", "evidence", "sha256")


class Words(NamedTuple):
    """
    A statement or fault (`entry`) of a decision, what it rests on, and the lines around its words.

    `named` is None where no copy is kept of what it rests on, `why` says so in words; `copy` is what was found.
    """

    entry: Mapping[str, Any]
    named: Named | None
    copy: Copy | None
    lines: tuple[Shown, ...] = ()
    why: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready mapping."""
        return {
            **{name: self.entry[name] for name in WORDS if self.entry.get(name) is not None},
            "sha256": self.named.digest if self.named else None,
            "copy": self.copy.state.value if self.copy else None,
            "why": self.why,
            "lines": [line._asdict() for line in self.lines],
        }


def words_of(record: Mapping[str, Any], folder: str | None) -> Iterator[Words]:
    """Each statement and fault of a decision, each fault once, in the order of its record, with its words in place."""
    told: set[tuple[str | None, ...]] = set()
    for entry in (*entries(record, "because"), *entries(record, "faults")):
        if "message" in entry:
            fault = tuple(text_of(entry, name) for name in _FAULT)
            if fault in told:
                continue
            told.add(fault)
        named = named_by(entry)
        if named is None:
            yield Words(entry, None, None, why=_none_kept(entry))
        elif folder is None:
            yield Words(entry, named, None, why="the run kept no copies; --evidence names a folder that may have it")
        else:
            yield _found(entry, named, copy_of(folder, named.digest))


def _none_kept(entry: Mapping[str, Any]) -> str:
    if text_of(entry, "carrier") in LOADED:
        return "the document is a file that you loaded, of which the run record has the digest"
    return "no document or piece is kept of this"


def _found(entry: Mapping[str, Any], named: Named, copy: Copy) -> Words:
    if copy.state is State.MISSING:
        return Words(entry, named, copy, why="the copy is missing: it may stand in the folder of an earlier run")
    if copy.state is State.DAMAGED:
        return Words(entry, named, copy, why=f"the copy is not what it was: {copy.problem}")
    is_extract = named.piece or copy.state is State.CUT
    lines = in_place(copy.data, text_of(entry, "locator"), text_of(entry, "excerpt"), is_extract=is_extract)
    sought = (text_of(entry, "locator") or "").strip("/") or text_of(entry, "excerpt")
    lost = sought and not any(line.decides for line in lines)
    why = (_STATUS if _is_status(entry) else _LOST) if lost else None
    return Words(entry, named, copy, lines, why)


def _is_status(entry: Mapping[str, Any]) -> bool:
    return text_of(entry, "locator") == "status" or (text_of(entry, "excerpt") or "").startswith("status ")


def documents_of(record: Mapping[str, Any], folder: str | None) -> Iterator[tuple[Mapping[str, Any], State | None]]:
    """The documents that were looked for and came with a body, each with what became of its copy."""
    for entry in entries(record, "checked"):
        digest = text_of(entry, "sha256", 64)
        if digest:
            yield entry, None if folder is None else copy_of(folder, digest).state


def all_copies(record: Mapping[str, Any], folder: str) -> Iterator[tuple[Named, Copy]]:
    """All that a decision names, as it is found."""
    for named in named_in(record):
        yield named, copy_of(folder, named.digest)
