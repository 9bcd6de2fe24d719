"""What a record tells of a declared work: what it was matched by, what licences and people made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self

# In the words of a doubt about a licence that no release for all addresses settles; records tell it by these words.
OF_ONE_URL = "which may be said of other works too: a review of it names its url"


class LiftOutcome(StrEnum):
    """What an authorisation that names a statement does to it."""

    LIFTED = "lifted"
    NOT_LIFTED = "not-lifted"
    REVIEW = "review"


class ReviewOutcome(StrEnum):
    """What a person decided of a doubt: what was said does not apply, or it does."""

    RELEASED = "released"
    CONFIRMED = "confirmed"


class Told(Mapping[str, str]):
    """A small value whose members are read by their names too, as in the record; what is None is not there."""

    __slots__: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> str:
        if name in self.__slots__ and (value := getattr(self, name)) is not None:
            return str(value)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.__slots__ if getattr(self, name) is not None)

    def __len__(self) -> int:
        return sum(getattr(self, name) is not None for name in self.__slots__)

    @classmethod
    def of(cls, members: Mapping[str, str]) -> Self:
        """The value with those of `members` that it has, as a record tells them."""
        return cls(**{name: members[name] for name in cls.__slots__ if name in members})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lift(Told):
    """What became of an authorisation that names a statement, for which of the usages asked, and why."""

    id: str
    outcome: LiftOutcome
    usages: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reviewed(Told):
    """What a person decided of a statement in doubt."""

    outcome: ReviewOutcome
    by: str
    at: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MatchedBy(Told):
    """
    By what a declaration and a work were matched, how sure it is, and what agrees.

    `work` is the licensed one that it is; `written`: how the declaration writes the value, a name.
    """

    key: str | None = None
    value: str | None = None
    strength: str | None = None
    also: str | None = None
    work: str | None = None
    written: str | None = None


class Grant(NamedTuple):
    """An authorisation names these `works` (key and value), `where` they are listed; not `sure`: a person decides."""

    authorisation: str
    sure: bool
    where: str
    works: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeclaredAs(Told):
    """Version, form, mandate and addressees of a declaration, its document, the list of works that names one."""

    version: str | None = None
    form: str | None = None
    mandate_status: str | None = None
    mandate_basis: str | None = None
    title: str | None = None
    date: str | None = None
    address: str | None = None
    language: str | None = None
    known_from: str | None = None
    addressees: str | None = None
    list: str | None = None
    list_version: str | None = None
    list_sha256: str | None = None

    @property
    def document(self) -> str:
        """The document for people."""
        return ", ".join(part for part in (self.title, self.date, self.address) if part)
