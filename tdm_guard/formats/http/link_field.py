"""
The Link response field (RFC 8288 3): targets with their parameters.

    Link       = #( "<" URI-Reference ">" *( OWS ";" OWS [ parameter ] ) )
    parameter  = token BWS [ "=" BWS ( token / quoted-string ) ]

Time is linear in the field's length; what does not read as a link is passed over up to the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

MAX_LENGTH = 65_536  # characters of one field line that are read; servers stop far earlier

_LINK = re.compile(r"(?s)<([^<>]*)>((?:[^\",<]|\"(?:[^\"\\]|\\.)*(?:\"|\\?\Z))*)")
_PARAMETER = re.compile(r"""(?s);\s*([^\s;,="]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s;,"]*)))?""")
_QUOTED = re.compile(r"(?s)\\(.)")
# Other quotation marks, outside targets and quoted strings: apostrophes, typographic ones (in windows-1252 too), those
# of HTML, and escaped ones.
_LIKE = (
    "'`\u00b4\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u2039\u203a\uff02\uff07"
    "\x91\x92\x93\x94"
)
_MARKS = rf"[{_LIKE}]|&(?:quot|apos|#3[49]);|\\[\"']"
_find_mark = re.compile(_MARKS).search
_find_marks = re.compile(rf'(?s)(<[^<>]*>|(?<!\\)"(?:[^"\\]|\\.)*")|{_MARKS}').sub
QUOTES = "link-quotes"  # the repair by which such links are heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link: target as written, parameters (lower-case names, of repeated ones the first), the words it stands in."""

    target: str
    parameters: dict[str, str]
    words: str

    @property
    def relations(self) -> tuple[str, ...]:
        """The relation types, lower case (RFC 8288 3.3)."""
        return tuple(self.parameters.get("rel", "").lower().split())


def links(value: str) -> Iterator[Link]:
    """The links of one field line, in order."""
    for found in _LINK.finditer(value[:MAX_LENGTH]):
        parameters: dict[str, str] = {}
        for name, quoted, plain in _PARAMETER.findall(found[2]):
            parameters.setdefault(name.lower(), _QUOTED.sub(r"\1", quoted) or plain)
        yield Link(target=found[1].strip(), parameters=parameters, words=found[0].strip())


def requoted(value: str) -> Iterator[Link]:
    """
    The links of a field line that are others once all quotation marks are plain ones: `rel='license'`, `rel=“license”`.

    The octets of a field may be UTF-8 that was read as Latin-1 (RFC 9110 5.5).
    """
    value = value[:MAX_LENGTH]
    if not value.isascii():
        with suppress(UnicodeError):
            value = value.encode("latin-1").decode()
    if _find_mark(value) is None:
        return
    plain = {(link.target, *link.parameters.items()) for link in links(value)}
    for link in links(_find_marks(lambda found: found[1] or '"', value)):
        parameters = {name: said.strip(_LIKE) for name, said in link.parameters.items()}
        if (link.target, *parameters.items()) not in plain:
            yield Link(target=link.target, parameters=parameters, words=link.words)
