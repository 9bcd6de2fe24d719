"""A party of a policy in vCard terms (http://www.w3.org/2006/vcard/ns#): who it is and how to reach it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tdm_guard.formats.json_members import Members
from tdm_guard.formats.page.json_ld import Node, Vocabulary, printable, text

MAX_TEXT = 500  # characters of one member; longer ones are no names or addresses

_ADDRESS = ("vcard:street-address", "vcard:postal-code", "vcard:locality", "vcard:country-name")
_CONTROLS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigner:
    """Who offers a policy: its identifier, its name, and each way to reach it, as plain text."""

    uid: str | None = None
    name: str | None = None
    email: str | None = None
    telephone: str | None = None
    url: str | None = None
    address: str | None = None

    @property
    def contact(self) -> str | None:
        """The first way to reach it: mail, page, telephone, letter."""
        return self.email or self.url or self.telephone or self.address


def read_party(value: Any, vocabulary: Vocabulary) -> Assigner:
    """A party given by its members, or by its identifier alone."""
    if not isinstance(value, Members):
        return Assigner(uid=_plain(text([value])))
    node = vocabulary.node(value)
    return Assigner(
        uid=_plain(text(node.get("uid", ()))),
        name=_plain(text(node.get("vcard:fn", ())) or text(node.get("vcard:nickname", ()))),
        email=_plain(_without(text(node.get("vcard:hasEmail", ())), "mailto:")),
        telephone=_plain(_without(text(node.get("vcard:hasTelephone", ())), "tel:")),
        url=_plain(text(node.get("vcard:hasURL", ()))),
        address=_address(node, vocabulary),
    )


def _address(node: Node, vocabulary: Vocabulary) -> str | None:
    for item in node.get("vcard:hasAddress", ()):
        if isinstance(item, Members):
            inner = vocabulary.node(item)
            lines = [line for name in _ADDRESS if (line := text(inner.get(name, ())))]
            return _plain(", ".join(lines))
        return _plain(text([item]))
    return None


def _without(address: str | None, scheme: str) -> str | None:
    """The address in a mailto: or tel: URI (RFC 6068, RFC 3966), or as it stands without one."""
    if address is None or not address.lower().startswith(scheme):
        return address
    return unquote(address[len(scheme) :].partition("?")[0])


def _plain(written: str | None) -> str | None:
    """A stranger's words on one line."""
    return printable(_CONTROLS.sub(" ", written), MAX_TEXT) or None if written else None
