"""JSON as it comes, in pieces: one value at a time is decoded or passed over, with the line it begins in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from tdm_guard.formats.rows.row import MAX_ROW, RowsError

MAX_OPEN = 1_000  # brackets open at once in what is passed over; `json` decodes no more either
_CLOSING = {"[": "]", "{": "}"}
_BLANK = re.compile(r"[ \t\n\r]*")
_OUTSIDE = re.compile(r'["\[\]{},]')
_INSIDE = re.compile(r'["\\\n]')  # a line end is none of a string (RFC 8259, 7): one that was not closed ends there
_decode = json.JSONDecoder().raw_decode


class JsonText:
    """The text as it comes: one piece, and what is left of the one before."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self._text = ""
        self._at = 0
        self.line = 1

    def peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            end = _BLANK.match(self._text, self._at).end()  # type: ignore[union-attr] # it matches nothing, too
            self._move(end)
            if end < len(self._text):
                return self._text[end]
            if not self._more():
                return ""

    def advance(self, characters: int) -> None:
        """Go on by `characters` of those here."""
        self._move(self._at + characters)

    def value(self) -> tuple[object, str | None]:
        """The JSON value that begins here; or what is wrong, and nothing is passed over."""
        while True:
            problem = None
            value: object = None
            end = 0
            try:
                value, end = _decode(self._text, self._at)
            except RecursionError:
                problem = "nested too deeply"
            except ValueError as error:
                problem = f"no JSON: {error.msg if isinstance(error, json.JSONDecodeError) else error}"
            if problem is None:
                if end - self._at > MAX_ROW:
                    return None, f"longer than {MAX_ROW} characters"
                if end < len(self._text) or not self._more():  # a number at the end of a piece may go on
                    self._move(end)
                    return value, None
            elif len(self._text) - self._at > MAX_ROW:
                return None, f"{problem}, or longer than {MAX_ROW} characters"
            elif not self._more():
                return None, problem

    def skip(self) -> None:
        """
        Go to the end of the value here, however long: a comma or closing bracket that is not in it.

        Raises `RowsError` if it has no end of its own, since what follows would be taken for a part of it.
        """
        start = self.line
        brackets = _Brackets()
        string = escaped = False
        while True:
            if escaped and self._at < len(self._text):
                escaped = False
                self._move(self._at + 1)
            found = (_INSIDE if string else _OUTSIDE).search(self._text, self._at)
            if found is None:
                self._move(len(self._text))
                if not self._more():
                    raise RowsError(f"line {start}: what begins here does not end")
                continue
            character = found[0]
            if string:
                escaped = string = character == "\\"
            elif character == '"':
                string = True
            elif brackets.end_before(character):
                self._move(found.start())
                return
            elif brackets.broken:
                raise RowsError(f"line {start}: what begins here {brackets.broken} in line {self.line}")
            self._move(found.end())

    def skip_line(self) -> None:
        """Go behind the end of this line."""
        while (end := self._text.find("\n", self._at)) < 0:
            self._move(len(self._text))
            if not self._more():
                return
        self._move(end + 1)

    def _more(self) -> bool:
        for piece in self._pieces:
            if piece:
                self._text = self._text[self._at :] + piece
                self._at = 0
                return True
        return False

    def _move(self, to: int) -> None:
        self.line += self._text.count("\n", self._at, to)
        self._at = to


class _Brackets:
    """The brackets that are open in a value which is passed over."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self.broken = ""

    def end_before(self, character: str) -> bool:
        """True if the value ends before `character`, a comma or a bracket; `broken` says why it cannot be told."""
        if character in _CLOSING:
            self._open.append(_CLOSING[character])
            if len(self._open) > MAX_OPEN:
                self.broken = f"nests more than {MAX_OPEN} brackets"
        elif not self._open:
            return True
        elif character in self._open:
            while self._open.pop() != character:  # what was not closed inside
                pass
        elif character != ",":
            self.broken = f"is not closed before {character!r}"
        return False
