"""
Rights in works as their holders declare them in files (RSL-MEDIA, TDM·AI): into rows of a list, or into declarations.

A list takes their identifiers, for a declaration of one's own that says what is reserved; declarations keep what each
right says itself: usages, days, licence and contact. Those that reserve nothing are counted by why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from tdm_guard.formats import tdm_ai
from tdm_guard.formats.rights import MAX_BYTES, Right
from tdm_guard.formats.rows.row import Row, RowsError, decoded
from tdm_guard.formats.rsl import rsl_media

NOT_YET = "not yet in force"


def read_rights(style: str, pieces: Iterable[bytes], encoding: str | None) -> Iterator[Right]:
    """The rights in a file of that style. Raises `RowsError` if it cannot be read or holds none."""
    body = b""
    for piece in pieces:
        body += piece
        if len(body) > MAX_BYTES:
            raise RowsError(f"longer than {MAX_BYTES} bytes")
    if style == "rsl-media":
        return rsl_media.read_rights(body, encoding=encoding)
    return tdm_ai.read_rights("".join(decoded([body], encoding)))


class RightsRows:
    """
    Reads a file of rights as rows of a list; `idle` counts those left out, and is filled as the rows are taken.

    A list has no days of its own, so that a right to come is left out of it, too.
    """

    def __init__(self, style: str, encoding: str | None, today: date) -> None:
        self.idle: Counter[str] = Counter()
        self._style = style
        self._encoding = encoding
        self._today = today

    def __call__(self, pieces: Iterable[bytes]) -> Iterator[Row]:
        places = {"isrd": 0, "registry_id": 1, "iscc": 2}
        for right in read_rights(self._style, pieces, self._encoding):
            why = right.idle(self._today)
            if why is None and right.since is not None and right.since > self._today:
                why = NOT_YET
            if why is not None:
                self.idle[why] += 1
            else:
                yield Row(right.number, [(places[key], value) for key, value in right.keys], right.problem)
