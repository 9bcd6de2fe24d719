"""
Lines of text in UTF-16 or UTF-32, with or without a mark, as Windows tools write them, brought to UTF-8.

strategy: a document of our kinds is nearly all ASCII, so that wide text shows itself by ASCII characters that stand in
a row with one or three NULs between them. Stray NULs in a file of bytes, and padding, are left as they are. XML says by
itself how it is written.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

MAX_LOST = 100  # one character in so many may be broken in what counts as read

_RUN = 6  # characters in a row; the names of all records are longer
_ASCII = rb"[\t\n\r -~]"
_WIDE = re.compile(b"|".join(
    rb"(?:%b){%d}" % (form % _ASCII, _RUN) for form in (rb"%b\0\0\0", rb"\0\0\0%b", rb"%b\0", rb"\0%b")
))  # fmt: skip
# a record written in single bytes beside wide ones, as `>>` of PowerShell leaves it
_NARROW = re.compile(rb"[A-Za-z][A-Za-z_-]{5,40}[\"']?[ \t]{0,8}[:=]")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODECS = tuple(name for _, name in _MARKS)


class Narrowed(NamedTuple):
    """
    A wide text as UTF-8, and what it was.

    `whole`: False if a part of it could not be read so; what is left is then all but its NULs.
    """

    body: bytes
    encoding: str
    whole: bool = True


def narrowed(body: bytes) -> Narrowed | None:
    """`body` in UTF-8 if it is text in UTF-16 or UTF-32; None if it is not, as nearly always, or is XML."""
    if b"\0" not in body or _WIDE.search(body) is None:
        return None
    dense = body.translate(None, b"\0")
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        dense = dense.removeprefix(mark)
    if dense.lstrip().startswith(b"<"):
        return None
    name, text = _decoded(body)
    if not text.isascii() and _NARROW.search(body):
        # Without its NULs, text of both kinds is what it says as long as all of it is ASCII.
        plain = dense.replace(codecs.BOM_UTF16_LE, b"").replace(codecs.BOM_UTF16_BE, b"")
        return Narrowed(plain, f"{name} in parts", whole=plain.isascii())
    if (text.count("\ufffd") + text.count("\0")) * MAX_LOST > len(text):
        return Narrowed(dense, name, whole=False)
    return Narrowed(text.encode("utf-8", "replace"), name)


def _decoded(body: bytes) -> tuple[str, str]:
    """By its mark, else by the codec in which most of it is ASCII; a character that was cut off at its end is none."""
    marked = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    found = [(name, _text(body, name)) for name in ([marked] if marked else _CODECS)]
    return max(found, key=lambda pair: _ascii_in(pair[1]) * (2 if "32" in pair[0] else 1))


def _text(body: bytes, name: str) -> str:
    unit = 4 if "32" in name else 2
    text = body[: len(body) - len(body) % unit].decode(name, "replace")
    return text.removeprefix("\ufeff").rstrip("\0")


def _ascii_in(text: str) -> int:
    return len(text.encode("ascii", "ignore").translate(None, b"\0"))
