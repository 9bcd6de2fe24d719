"""
Places that a declaration names: domains and what is below them, and URL prefixes.

    domain      whole labels as A-labels: example.org holds www.example.org, not notexample.org
    url_prefix  scheme, host and port equal; the path by whole segments: /p holds /p, /p/1 and /p?id=1, not /photo

A domain under which the public registers names (com, co.uk, github.io) is nobody's own and names nothing.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.errors import UnsupportedURL
from tdm_guard.formats.site.path_pattern import target
from tdm_guard.origin import Origin

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

MAX_LABELS = 127  # RFC 1035 2.3.4: 255 octets hold no more
MAX_CUTS = 64  # segments and parameters of a prefix; paths on the web have a handful
_NO_DOMAIN = re.compile(r"[\s/:@?#%*\[\]\\]")
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_CUT = re.compile(r"[/?&]")


def domain(raw: str) -> str | None:
    """A domain as lower-case A-labels; None for what is none, for an address, and for a public suffix."""
    host = text = raw.strip()
    if not _DOMAIN.fullmatch(text):  # most are written as they should be: lists have a hundred thousand of them
        if not text or _NO_DOMAIN.search(text):
            return None
        try:
            host = Origin.parse(f"https://{text}").host
        except UnsupportedURL:
            return None
    if len(host) > 253 or not _DOMAIN.fullmatch(host) or _suffixes().is_public(host):
        return None
    return host


def url_prefix(raw: str) -> str | None:
    """A URL prefix in the spelling of `path_pattern.target`; None for what is no http(s) URL."""
    place = Place.of(raw.strip())
    if place is None or len(_CUT.findall(place.path)) > MAX_CUTS:
        return None
    return f"{place.origin}{place.path}"


class Place(NamedTuple):
    """Where something stands: its origin, and its path and query in the spelling of a declared prefix."""

    origin: Origin
    path: str

    @classmethod
    def of(cls, url: str) -> Place | None:
        """The place of an http(s) URL; None for anything else."""
        try:
            return cls(Origin.parse(url), target(url))
        except UnsupportedURL:
            return None

    def domains(self) -> tuple[str, ...]:
        """The host and the domains above it, the nearest first; none for an address."""
        host = self.origin.host
        labels = host.split(".")
        if len(labels) < 2 or ":" in host or labels[-1].isdigit():
            return ()
        labels = labels[-MAX_LABELS:]
        return tuple([".".join(labels[at:]) for at in range(len(labels) - 1)])

    def prefixes(self) -> tuple[str, ...]:
        """Every prefix by which the place may have been declared."""
        origin, path = str(self.origin), self.path
        question = path.find("?")
        cuts = {path: None}
        for cut in islice(_CUT.finditer(path), MAX_CUTS + 1):
            at = cut.start()
            if path[at] != "/":
                cuts[path[:at]] = None
            elif question < 0 or at < question:  # a slash in a query divides nothing
                cuts[path[:at]] = cuts[path[: at + 1]] = None
        return tuple([origin + cut for cut in cuts if cut])


@cache
def _suffixes() -> PublicSuffixList:
    """The list that comes with the library: read when the first domain is declared, since it takes 60 ms and 2 MB."""
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - most runs declare no domain

    return PublicSuffixList()
