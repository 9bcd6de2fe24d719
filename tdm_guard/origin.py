"""Origin: scheme, host and port, the unit for which a site speaks (RFC 6454)."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from tdm_guard.errors import UnsupportedURL
from tdm_guard.plain import address, without_userinfo

_DEFAULT_PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"(?i)https?://[^/?#]*")
_HOST = re.compile(r"[a-z0-9._~!$&'()*+,;=%-]+")  # RFC 3986 3.2.2, lower case
_MAX_URL = 65_536  # longer ones are no addresses but payloads


class Origin(NamedTuple):
    """Scheme, host as lower-case A-label, effective port. `str()` gives its serialisation without a default port."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> Origin:
        """The origin of an http(s) URL. Raises `UnsupportedURL` for anything else."""
        if len(url) > _MAX_URL:
            raise UnsupportedURL(f"the URL {address(url[:80])}… is longer than {_MAX_URL} characters")
        found = _AUTHORITY.match(url)
        try:
            return _parse(found.group() if found else url)
        except _NoOriginError as error:
            raise UnsupportedURL(error.message.format(address(url))) from None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.port == _DEFAULT_PORTS[self.scheme]:
            return f"{self.scheme}://{host}"
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def private(self) -> bool:
        """True if the host by its own words is on this machine or a private network (RFC 6761, RFC 6890)."""
        return self.host == "localhost" or self.host.endswith(".localhost") or is_private_address(self.host)


def bare(url: str) -> str:
    """`url` without its fragment and without user and password: so it is recorded."""
    if "#" in url:
        url = url.partition("#")[0]
    return without_userinfo(url) if "@" in url else url


def is_private_address(address: str) -> bool:
    """True for an IP address literal that is not globally reachable; False for public ones and for names."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return _is_private_shorthand(address)
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    return not ip.is_global


def _is_private_shorthand(host: str) -> bool:
    """IPv4 written the old ways (`127.1`, `0x7f000001`, `2130706433`) is an address for most resolvers too."""
    labels = host.rstrip(".").split(".")
    if len(labels) > 4:
        return False
    try:
        numbers = [_number(label) for label in labels]
    except ValueError:
        return False
    *leading, last = numbers
    if any(n > 255 for n in leading) or last >= 256 ** (5 - len(numbers)):
        return False
    value = last + sum(n << (24 - 8 * i) for i, n in enumerate(leading))
    return not ipaddress.IPv4Address(value).is_global


def _number(label: str) -> int:
    if not label or not label.isascii() or not label[0].isdigit():
        raise ValueError(label)
    if label[:2].lower() == "0x":
        return int(label[2:] or "0", 16)
    return int(label, 8 if len(label) > 1 and label[0] == "0" else 10)


class _NoOriginError(ValueError):
    """Why there is no origin; the address is named by whoever knows all of it, since parts may be secret."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@lru_cache(maxsize=2048)
def _parse(authority: str) -> Origin:
    try:
        parts = urlsplit(authority)
        port = parts.port
    except ValueError:  # its words may hold a password
        raise _NoOriginError("the URL {} has no usable host or port") from None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise _NoOriginError("only http and https URLs can be judged, not {}")
    host = (parts.hostname or "").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii").lower()
        except UnicodeError:
            raise _NoOriginError("the host of {} is no domain name") from None
    if not host or (":" not in host and not _HOST.fullmatch(host)):
        raise _NoOriginError("the URL {} has no host; for example https://example.org/")
    host = host.rstrip(".") or host
    return Origin(scheme, host, _DEFAULT_PORTS[scheme] if port is None else port)
