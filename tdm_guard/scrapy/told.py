"""The address that a request really asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tdm_guard.errors import UnsupportedURL

if TYPE_CHECKING:
    from scrapy import Request

_HOST = b"Host"  # as Scrapy's `Headers` spell it, however it was given
_AUTHORITY = re.compile(r"[A-Za-z0-9._~:\[\]-]{1,300}")
_URL = re.compile(r"(?i)(https?://)([^/?#]*)")


def told(request: Request) -> str:
    """
    What the server is told (RFC 9110 7.1: scheme, Host field, target), whatever host is dialled.

    Raises `UnsupportedURL` for a Host field that leaves in doubt which site is meant.
    """
    values: list[bytes] | None = dict.get(request.headers, _HOST)
    return request.url if not values else _with_host(request.url, values)


def _with_host(url: str, values: list[bytes]) -> str:
    found = _URL.match(url)
    if found is None:  # no scheme that has one
        return url
    hosts = {value.strip(b" \t").decode("latin-1") for value in values}
    if len(hosts) > 1:
        raise UnsupportedURL(f"the request has {len(hosts)} different Host fields; give one")
    (host,) = hosts
    login, at, netloc = found[2].rpartition("@")
    if host == netloc:
        return url
    if not _AUTHORITY.fullmatch(host):
        raise UnsupportedURL("the Host field of the request is no host; for example example.org:8080")
    return f"{found[1]}{login}{at}{host}{url[found.end() :]}"
