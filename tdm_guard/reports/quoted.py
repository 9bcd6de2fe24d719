"""What was declared, in which words and in which document, as a record tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.log.members import text_of
from tdm_guard.matched import DeclaredAs

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEMBERS = ("title", "date", "address")


class Declaring(NamedTuple):
    """The words of a declaration, and the document they stand in."""

    words: str
    document: str

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Declaring:
        """Those that a statement of a repertoire tells."""
        return cls(text_of(entry, "excerpt") or "", document_of(entry))


def document_of(entry: Mapping[str, Any]) -> str:
    """Title, date and address of the document behind a statement, or that none is known; empty if none is named."""
    about = entry.get("declaration")
    if not isinstance(about, dict):
        return ""
    return DeclaredAs.of({name: text for name in _MEMBERS if (text := text_of(about, name))}).document
