"""
Origin: scheme, host and port, the unit for which a site speaks (RFC 6454); and how far away its host lies.

Forms of IPv6 that carry an IPv4 address are judged by that one; IPv4 is read in all the ways that resolvers take it.
An IP address has one spelling, so that an origin is one however its host is written.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from tdm_guard.errors import UnsupportedURL
from tdm_guard.plain import address, without_userinfo

_DEFAULT_PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"(?i)https?://[^/?#]*")
_HOST = re.compile(r"[a-z0-9._~!$&'()*+,;=-]+")  # RFC 3986 3.2.2, lower case, decoded
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+)(%[^\[\]]*)?\](?::[0-9]*)?")
_NUMBER = re.compile(r"0[xX]0*([0-9A-Fa-f]*)|0*([0-9]*)")  # WHATWG URL 3.5
_ZEROS = re.compile(r"\b0(?::0)+\b")
_AROUND = "".join(map(chr, range(0x21)))
_MAX_URL = 65_536  # longer ones are no addresses but payloads
_GLOBAL = IPv6Network("2000::/3")  # all that is given out for global unicast (IANA)
_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64 (RFC 6052)
_LOCALLY_TRANSLATED = IPv6Network("64:ff9b:1::/48")  # NAT64 of one's own network (RFC 8215)
_SIIT = IPv6Network("::ffff:0:0:0/96")  # RFC 7915
_COMPATIBLE = IPv6Network("::/96")  # RFC 4291 2.5.5.1, given up
_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")  # RFC 6890 2.2.2; Python's table has the first eight only
_METADATA = frozenset(map(IPv4Address, ("192.0.0.192", "168.63.129.16")))  # of clouds, which use no link-local address
_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")  # most systems connect to themselves (RFC 1122 3.2.1.3)
_ISATAP = (b"\0\0\x5e\xfe", b"\2\0\x5e\xfe")  # RFC 5214 6.1
_HOSTS = ("localhost", "localhost.localdomain")  # RFC 6761 6.3
_NETWORKS = ("local", "home.arpa", "internal")  # RFC 6762, RFC 8375, ICANN 2024: no public name ends so


class Reach(Enum):
    """Where a host lies: anywhere, on a network of one's own, on the link (cloud metadata, too), on this machine."""

    PUBLIC = "public"
    NETWORK = "network"
    LINK = "link"
    HOST = "host"


class Origin(NamedTuple):
    """
    Scheme, host as lower-case A-label or IP address, effective port. `str()` gives it without a default port.

    An IP address is in its usual spelling (`ip_text`); IPv4 with a zero in front, which not all read alike, as written.
    """

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
    def reach(self) -> Reach | None:
        """Where the host lies by its own words; None for a name that says nothing of it."""
        return reach_of(self.host)

    @property
    def private(self) -> bool:
        """True if the host by its own words is on this machine or a private network (RFC 6761, RFC 6890)."""
        return self.reach not in (None, Reach.PUBLIC)


def trimmed(url: str) -> str:
    """`url` without blanks and control characters around it (WHATWG URL 4.4), which lists of addresses have."""
    return url.strip(_AROUND)


def bare(url: str) -> str:
    """`url` without its fragment and without user and password: so it is recorded."""
    if "#" in url:
        url = url.partition("#")[0]
    return without_userinfo(url) if "@" in url else url


def is_private_address(address: str) -> bool:
    """True for an IP address literal that is not globally reachable; False for public ones and for names."""
    return _of_address(address) not in (None, Reach.PUBLIC)


def addresses_meant(host: str) -> tuple[str, ...]:
    """The IP addresses that a host stands for, in their usual spelling, whatever its own is; none for a name."""
    text = host.partition("%")[0].strip("[]")
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return tuple(map(str, _old_spellings(text)))
    return (str(ip),) if isinstance(ip, IPv4Address) else (ip_text(ip), *map(str, _embedded(ip)))


def ip_text(ip: IPv4Address | IPv6Address) -> str:
    """
    The one spelling of an IP address, without a zone: RFC 5952 4 and WHATWG URL 3.6, IPv4 within IPv6 in hexadecimal.

    Versions of Python write the latter in two ways.
    """
    if isinstance(ip, IPv4Address):
        return str(ip)
    text = ":".join([f"{int.from_bytes(ip.packed[at : at + 2]):x}" for at in range(0, 16, 2)])
    zeros = max(_ZEROS.finditer(text), key=lambda found: len(found[0]), default=None)  # the first of the longest
    return text if zeros is None else f"{text[: zeros.start()].rstrip(':')}::{text[zeros.end() :].lstrip(':')}"


def ipv4_of(host: str, *, octal: bool = True) -> IPv4Address | None:
    """
    The address that a host is, as WHATWG URL 3.5 reads numbers: `127.1`, `0x7f000001`, `2130706433`.

    A number with a zero in front is octal there and for most resolvers, decimal for some. None for a name.
    """
    labels = host.rstrip(".").split(".")
    if len(labels) > 4:
        return None
    try:
        *leading, last = [_number(label, octal=octal) for label in labels]
    except ValueError:
        return None
    if any(n > 255 for n in leading) or last >= 256 ** (4 - len(leading)):
        return None
    return IPv4Address(last + sum(n << (24 - 8 * i) for i, n in enumerate(leading)))


def is_host(text: str, host: str) -> bool:
    """True if the text is the host as an `Origin` has it; an IPv4 address in any spelling."""
    return text == host or (text[:1].isdigit() and str(ipv4_of(text)) == host)


def reach_of(host: str) -> Reach | None:
    """Where a host lies by its own words; None for a name that says nothing of it."""
    name = host.rstrip(".").lower()
    if name in _HOSTS or name.endswith(".localhost"):
        return Reach.HOST
    if name in _NETWORKS or name.endswith(tuple(f".{ending}" for ending in _NETWORKS)):
        return Reach.NETWORK
    return _of_address(name)


def _of_address(address: str) -> Reach | None:
    """Where an IP address literal leads; None for a name."""
    text = address.partition("%")[0].strip("[]")
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return _nearest(map(_of_ipv4, _old_spellings(text)))
    return _of_ipv4(ip) if isinstance(ip, IPv4Address) else _of_ipv6(ip)


def _nearest(found: Iterator[Reach]) -> Reach | None:
    reaches = set(found)
    return next((reach for reach in (Reach.HOST, Reach.LINK, Reach.NETWORK, Reach.PUBLIC) if reach in reaches), None)


def _of_ipv4(ip: IPv4Address) -> Reach:
    if ip.is_loopback or ip in _THIS_NETWORK:
        return Reach.HOST
    if ip.is_link_local or ip in _METADATA:
        return Reach.LINK
    public = ip.is_global and not ip.is_multicast and ip not in _PROTOCOLS
    return Reach.PUBLIC if public else Reach.NETWORK


def _of_ipv6(ip: IPv6Address) -> Reach:
    if ip.is_loopback or ip.is_unspecified:
        return Reach.HOST
    if ip.is_link_local:
        return Reach.LINK
    inside = _nearest(map(_of_ipv4, _embedded(ip)))
    if inside is not None and inside is not Reach.PUBLIC:
        return inside
    if ip in _GLOBAL:  # 6to4 and Teredo are no longer reachable everywhere, and so not global for the module
        return Reach.PUBLIC if ip.is_global or inside is not None else Reach.NETWORK
    return inside or Reach.NETWORK


def _embedded(ip: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries by its form."""
    octets = ip.packed
    last = IPv4Address(octets[12:])
    if ip.ipv4_mapped or ip in _COMPATIBLE or ip in _TRANSLATED or ip in _SIIT or octets[8:12] in _ISATAP:
        yield last
    if ip.sixtofour:
        yield ip.sixtofour
    if ip.teredo:
        yield from ip.teredo
    if ip in _LOCALLY_TRANSLATED:  # RFC 6052 2.2: the last 32 bits, or around bits 64 to 71, which are zero
        if any(octets[12:]) and not any(octets[6:12]):
            yield last
        else:
            yield IPv4Address(octets[6:8] + octets[9:11])
            if any(octets[11:]):
                yield last


def _old_spellings(host: str) -> Iterator[IPv4Address]:
    """What an IPv4 address written in any of the old ways is to somebody: one address, or two."""
    return filter(None, (ipv4_of(host), ipv4_of(host, octal=False)))


def _number(label: str, *, octal: bool) -> int:
    found = _NUMBER.fullmatch(label)
    if not label or found is None or len(digits := found[1] or found[2] or "0") > 64:
        raise ValueError(label[:64])  # no address, and Python refuses to read very long numbers
    if found[1] is not None:
        return int(digits, 16)
    return int(digits, 8 if octal and len(label) > 1 and label[0] == "0" else 10)


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
    place = parts.netloc.rpartition("@")[2]
    if "[" in place or "]" in place:
        return Origin(scheme, _in_brackets(place), _DEFAULT_PORTS[scheme] if port is None else port)
    if "%" in host:  # RFC 3986 6.2.2.2
        host = unquote(host).lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii").lower()
        except UnicodeError:
            raise _NoOriginError("the host of {} is no domain name") from None
    if not _HOST.fullmatch(host):
        raise _NoOriginError("the URL {} has no host; for example https://example.org/")
    host = host.rstrip(".") or host
    if host.rpartition(".")[2][:1].isdigit():
        ip = ipv4_of(host)
        host = str(ip) if ip is not None and ip == ipv4_of(host, octal=False) else host
    return Origin(scheme, host, _DEFAULT_PORTS[scheme] if port is None else port)


def _in_brackets(place: str) -> str:
    """The IPv6 address of a host with a port, perhaps; a zone (RFC 6874) stays as it is: two are two hosts."""
    found = _BRACKETED.fullmatch(place)
    try:
        if found is not None:
            return ip_text(IPv6Address(found[1])) + (found[2] or "").lower()
    except ValueError:
        pass
    raise _NoOriginError("the host of {} is no IPv6 address")
