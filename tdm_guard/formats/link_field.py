"""
The Link response field (RFC 8288 3): targets with their parameters.

    Link       = #( "<" URI-Reference ">" *( OWS ";" OWS [ parameter ] ) )
    parameter  = token BWS [ "=" BWS ( token / quoted-string ) ]

Time is linear in the field's length; what does not read as a link is passed over up to the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LENGTH = 65_536  # characters of one field line that are read; servers stop far earlier

_LINK = re.compile(r"(?s)<([^<>]*)>((?:[^\",<]|\"(?:[^\"\\]|\\.)*(?:\"|\\?\Z))*)")
_PARAMETER = re.compile(r"""(?s);\s*([^\s;,="]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s;,"]*)))?""")
_QUOTED = re.compile(r"(?s)\\(.)")


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
