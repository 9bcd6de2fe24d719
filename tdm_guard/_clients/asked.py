"""What a request asks for: the address it really goes to, and on whose behalf."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from tdm_guard.errors import ConfigurationError

_CREDENTIALS = frozenset({b"authorization", b"cookie", b"proxy-authorization"})
_TELLING = _CREDENTIALS | {b"host", b"user-agent"}
_AUTHORITY = re.compile(rb"[A-Za-z0-9._~:\[\]-]{1,300}")


_new = tuple.__new__  # half the time of a NamedTuple's own, for every request


class Asked(NamedTuple):
    """
    The address, without credentials and fragment; the User-Agent, empty if there is none; whether there were
    credentials or cookies.

    `bodiless`: the method is HEAD.
    """

    url: str
    user_agent: str
    authenticated: bool
    bodiless: bool = False


def read_asked(
    scheme: str, dialled: Callable[[], bytes], target: bytes, fields: Iterable[tuple[bytes, bytes]], *, bodiless: bool
) -> Asked:
    """
    The address is what the server is told (RFC 9110 7.1: scheme, Host field, target), whatever host is dialled.

    `fields` are the header lines as they are sent, `dialled` gives host and port of the URL.
    Raises `ConfigurationError` for contradictory ones.
    """
    host = None
    user_agent = b""
    authenticated = False
    for name, value in fields:
        key = name.lower()
        if key not in _TELLING:
            continue
        if key == b"host":
            if host not in (None, value):
                raise ConfigurationError(f"headers: two Host fields, {host!r} and {value!r}; give one")
            host = value
        elif key == b"user-agent":
            user_agent = value
        else:
            authenticated = True
    if host is None or not _AUTHORITY.fullmatch(host):
        netloc = dialled()
        if host not in (None, netloc):
            raise ConfigurationError(f"headers: the Host field {host[:200]!r} is no host")
        host = netloc
    url = f"{scheme}://{host.decode('ascii')}{target.decode('ascii')}"
    return _new(Asked, (url, user_agent.decode("latin-1"), authenticated, bodiless))
