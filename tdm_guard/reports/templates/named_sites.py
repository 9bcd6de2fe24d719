"""
Of which domain name an address is: the registrable one, by the ICANN part of the public suffix list.

The literal second level would make one name of all of `co.uk`; the private part of the list would split `github.io`.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from tdm_guard.errors import UnsupportedURL
from tdm_guard.log.canonical import suffixes
from tdm_guard.origin import Origin, ip_text


class SiteKind(IntEnum):
    """What names a site: a registrable domain, an IP address, or a host that has no such domain."""

    DOMAIN = 0
    ADDRESS = 1
    HOST = 2


class NamedSite(NamedTuple):
    """A site by its name in lower-case A-labels."""

    name: str
    kind: SiteKind


NOWHERE = NamedSite("(no host)", SiteKind.HOST)


@lru_cache(maxsize=4096)  # the addresses of a log come site by site
def site_of(host: str) -> NamedSite:
    """The site of a host as `Origin` spells it."""
    bare = host.strip("[]").rstrip(".").lower()
    try:
        return NamedSite(ip_text(ip_address(bare)), SiteKind.ADDRESS)
    except ValueError:
        pass
    if not bare:
        return NOWHERE
    domain = suffixes().privatesuffix(bare)
    return NamedSite(domain, SiteKind.DOMAIN) if domain else NamedSite(bare, SiteKind.HOST)


def host_in(url: str | None) -> str | None:
    """The host of an http(s) address, or of an origin; None for what is none."""
    try:
        return Origin.parse(url or "").host
    except UnsupportedURL:
        return None


def top_level(name: str) -> str:
    """The top-level domain of a name: a country, perhaps."""
    return "." + name.rpartition(".")[2]
