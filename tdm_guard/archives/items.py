"""What reading an archive brings: items that can be judged, and damage that must not be passed over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Self

from tdm_guard.errors import TdmGuardError
from tdm_guard.model import Fetched, Headers, Stored

NOT_TOLD = "what the fields of its answer said is not known"  # a note
OF_HEAD = "an answer to HEAD, which has no body"  # a note
AS_READ = "its text is as the browser read it"  # a note
_USUAL = (  # how notes begin of what is as it should be
    OF_HEAD, AS_READ, "a revisit of what lies in ", "judged by what it was made of", "put together from ",
)  # fmt: skip

_new = tuple.__new__  # half the time of a NamedTuple's own, for every record


class Item(NamedTuple):
    """
    One thing of an archive that can be judged.

    `body` is as stored, coded or decoded; None: no body is known, which is not an empty one. `at`: when it was captured
    (UTC). `hops`: the redirects that led to it. `raw`: offset and length of its record in the file as stored, where it
    can be cut out; that file is `within`, if the archive is none of records itself. `notes`: what was wrong and undone.
    `item`: what a row says of the work, for repertoires.
    """

    url: str
    status: int | None
    headers: Headers
    body: bytes | None
    body_complete: bool
    at: datetime | None
    hops: tuple[Fetched, ...]
    stored: Stored
    raw: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    item: Mapping[str, Any] | None = None
    within: str | None = None

    @classmethod
    def usual(
        cls,
        url: str,
        status: int | None,
        headers: Headers,
        body: bytes | None,
        at: datetime | None,
        stored: Stored,
        raw: tuple[int, int] | None,
    ) -> Self:
        """A whole answer of which there is nothing else to say."""
        return _new(cls, (url, status, headers, body, True, at, (), stored, raw, (), None, None))


def unusual(notes: tuple[str, ...]) -> tuple[str, ...]:
    """The notes of an item that its decision's record is to tell: of what was wrong, missing or mended."""
    return tuple([note for note in notes if not note.startswith(_USUAL)])


class Damage(NamedTuple):
    """What could not be read, and where; what has a `url` was there and is to be judged as undetermined."""

    file: str
    offset: int
    what: str
    url: str | None = None


class Unreadable(TdmGuardError):
    """A file that is no archive, or that cannot be opened."""
