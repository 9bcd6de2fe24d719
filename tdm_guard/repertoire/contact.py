"""
Contacts: whom the operator asks where a declaration names no address. They are the operator's knowledge, not the
declarant's word, and are marked as such wherever they are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tdm_guard.repertoire.problem import Problem
from tdm_guard.repertoire.table import Table

_FOLDERS = re.compile(r".*[/\\]", re.DOTALL)  # a record names the file, not where the operator keeps it
GOOD_CONTACT = '[[contacts]] with declarant = "Sacem" and address = "ai@society.example"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to ask of a declarant: an address of any kind, a note, and the name of the file that says so."""

    declarant: str
    address: str
    note: str | None = None
    source: str = ""

    @property
    def marked(self) -> str:
        """The address, and whose word it is; the note stays out of the log."""
        return f"{self.address} (from {self.source})"

    @property
    def whole(self) -> str:
        """The same with the note."""
        return f"{self.address} (from {self.source}: {self.note})" if self.note else self.marked


def read_contact(table: Mapping[str, Any], where: str) -> tuple[Contact | None, tuple[Problem, ...]]:
    """The contact in a table found at `where` (`<file>: …`), None if it has mistakes; and every problem."""
    at = Table(table, where, good=GOOD_CONTACT)
    read = Contact(
        declarant=at.name("declarant", '"Sacem"'),
        address=at.name("address", '"ai@society.example"'),
        note=at.text("note", '"the department for licences"'),
        source=_FOLDERS.sub("", where.rpartition(": ")[0]),
    )
    at.close()
    return (None if at.mistakes() else read), tuple(at.problems)


def folded(name: str) -> str:
    """The spelling in which names of declarants are compared: whole, in any letters."""
    return " ".join(name.split()).casefold()


def contacts_of(contacts: Iterable[Contact], name: str) -> tuple[Contact, ...]:
    """Those of the declarant with this name, in their order."""
    wanted = folded(name)
    return tuple(contact for contact in contacts if folded(contact.declarant) == wanted)
