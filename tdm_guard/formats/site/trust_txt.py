"""
trust.txt (JournalList; draft-org-trust-relationship-protocol-00, 2024-08-06): who belongs to whom, a variable a line.

    line     = [variable "=" value] ["#" comment]
    variable = "member" / "belongto" / "control" / … / "datatrainingallowed"      in either case

The text of the draft was not at hand; the grammar is that of two validators.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_BYTES = 512 * 1024  # as robots.txt (RFC 9309 2.5): an association lists its members, thousands of them

_find_training = re.compile(r"(?im)^[ \t]*datatrainingallowed[ \t]*([=:])([^#\n]*)").finditer
_has_variable = re.compile(r"(?m)^[ \t]*[A-Za-z]{1,40}[ \t]*=").search


class TrainingLine(NamedTuple):
    """A line of the variable `datatrainingallowed`: number, value in lower case, whole line; `exact` if with `=`."""

    line: int
    value: str
    words: str
    exact: bool


class TrustTxt(NamedTuple):
    """The lines on training, whether the text has any variable, so that it is a trust.txt at all, and the text."""

    training: tuple[TrainingLine, ...]
    has_variables: bool
    text: str


def parse(body: bytes, *, complete: bool = True) -> TrustTxt:
    """
    Reads a trust.txt, at most `MAX_BYTES` of it. Nothing in `body` raises.

    A body that is longer, or by `complete=False` was cut on its way, loses its last, broken line.
    """
    if len(body) > MAX_BYTES:
        body, complete = body[:MAX_BYTES], False
    if not complete:
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    text = "\n".join(body.decode("utf-8-sig", "replace").splitlines())
    found: list[TrainingLine] = []
    number, counted = 1, 0
    for match in _find_training(text):
        number += text.count("\n", counted, match.start())
        counted = match.start()
        end = text.find("\n", counted)
        words = text[counted : end if end >= 0 else len(text)].strip()
        found.append(TrainingLine(number, match[2].strip().lower(), words, match[1] == "="))
    return TrustTxt(tuple(found), bool(found) or _has_variable(text) is not None, text)
