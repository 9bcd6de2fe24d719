"""
Pieces of pages without secrets in their addresses: asterisks in the place of each, as many as it had bytes.

So every part of a piece keeps its place and its lines. What is masked is so before the piece is hashed: its digest is
that of what is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tdm_guard.plain import USERINFO
from tdm_guard.secrecy.parameters import redacted

if TYPE_CHECKING:
    from collections.abc import Sequence

_RUN = re.compile(r"[^\s\"'<>]{4,}")  # what an address, or its escaped spelling in an attribute or JSON, stands in


def masked(piece: bytes, patterns: Sequence[str]) -> bytes:
    """`piece` with user, password and values of such parameters masked in the addresses in it, relative ones too."""

    def told(found: re.Match[str]) -> str:
        run = found[0]
        if "@" in run and "//" in run:
            run = USERINFO.sub(lambda named: f"{named[1]}{_stars(len(named[0]) - len(named[1]) - 1)}@", run)
        if any(mark in run for mark in "?;&#%") and ("=" in run or "%" in run):
            run = redacted(run, patterns, _stars)
        return run

    if b"=" not in piece and b"@" not in piece and b"%" not in piece:
        return piece
    text = piece.decode("latin-1")  # a character for each byte
    new = _RUN.sub(told, text)
    return piece if new == text else new.encode("latin-1")


def _stars(size: int) -> str:
    return "*" * size
