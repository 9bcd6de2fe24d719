"""
The one spelling of an address that its digest is made of, and the registrable domain: parts of the format of proofs.

Step by step in `docs/proofs.md`. A change here makes other trees of the same log: it would need another version.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from tdm_guard.errors import UnsupportedURL
from tdm_guard.formats.site.path_pattern import normal_path
from tdm_guard.origin import Origin, bare, ipv4_of

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

MAX_DOMAINS = 4096  # hosts whose domain is remembered: those a crawl works on at one time
_ADDRESS = re.compile(r"(?i)(https?://[^/?#]*)([^?#]*)(\??[^#]*)", re.DOTALL)
# Most addresses are in the form already: one match instead of five. Dot segments and escapes take the long way, and so
# do hosts that end in a digit, and what has `0x` in it: an IPv4 address, perhaps.
_RAW = r"(?:\?[A-Za-z0-9._~/=&,;:@!'()+$*?%\[\]-]*)?"  # a query of what may stand raw there, or none
_is_canonical = re.compile(rf"https?://[a-z0-9._-]*[a-z_-]/[A-Za-z0-9_~/=&,;:@!'()+$*.\[\]-]*{_RAW}").fullmatch
_is_query = re.compile(_RAW).fullmatch
_QUERY = "%/?[]@!$&'()*+,;=:"  # what may stand raw there (RFC 3986 3.4), and what everybody leaves as it is
_HOST = re.compile(r"https?://(?:\[([0-9a-z:.%]+)\]|([a-z0-9._~!$&'()*+,;=-]+))(?::\d+)?/")
_NUMBER = re.compile(r"\d+|0[xX][0-9A-Fa-f]*")


def canonical(url: str) -> str:
    """
    An http(s) address in its one spelling; of another one all but fragment, user and password. Never raises.

    RFC 3986 6.2.2 and 6.2.3 for scheme, host, port and path; a query stays as it is, but for what cannot stand raw.
    """
    if _is_canonical(url) and "/." not in url and "0x" not in url:
        return url
    found = _ADDRESS.match(url)
    try:
        origin = Origin.parse(found[1]) if found else None
    except UnsupportedURL:
        origin = None
    if found is None or origin is None:
        return bare(url)
    query = found[3] if _is_query(found[3]) else quote(found[3], safe=_QUERY, errors="surrogatepass")
    return f"{_without_doubt(origin)}{normal_path(found[2] or '/')}{query}"


@lru_cache(maxsize=MAX_DOMAINS)
def _without_doubt(origin: Origin) -> str:
    """
    The origin without a zone, which names an interface of one machine; numbers of IPv4 with a zero in front are octal,
    as in WHATWG URL 3.5 and for nearly all resolvers.
    """
    host = origin.host
    if ":" in host:
        origin = origin._replace(host=host.partition("%")[0])
    elif host.rpartition(".")[2][:1].isdigit() and (ip := ipv4_of(host)) is not None:
        origin = origin._replace(host=str(ip))
    return str(origin)


def digest_of_text(text: str) -> bytes:
    """SHA-256 of an address in its one spelling, or of a domain: the entry of a tree."""
    return sha256(text.encode("utf-8", "backslashreplace")).digest()


def host_of(address: str) -> str | None:
    """The host of a canonical address, without port and brackets; None if it is no http(s) address."""
    found = _HOST.match(address)
    return (found[1] or found[2]) if found else None


def domain_of(host: str) -> str:
    """
    The registrable domain of a host in lower case, by the ICANN part of the public suffix list.

    Of what has none (an IP address, `localhost`, a public suffix itself): the host.
    """
    labels = host.rsplit(".", 2)
    if len(labels) > 1 and labels[-1].isalpha() and ":" not in host and ".." not in host and not host.startswith("."):
        last, two = labels[-1], f"{labels[-2]}.{labels[-1]}"
        telling = _telling()
        if two.islower() and host.isascii() and "xn--" not in two and last not in telling and two not in telling:
            return two
    return _domain_by_list(host)


@lru_cache(maxsize=MAX_DOMAINS)
def _domain_by_list(host: str) -> str:
    if _is_address(host):
        return host
    return suffixes().privatesuffix(host) or host


def is_suffix(host: str) -> bool:
    """True of a name under which the public registers names (`com`, `co.uk`): what is below it has many owners."""
    return not _is_address(host) and suffixes().publicsuffix(host.rstrip("."), accept_unknown=False) == host.rstrip(".")


def _is_address(host: str) -> bool:
    """WHATWG URL 3.5, "ends in a number"."""
    return ":" in host or _NUMBER.fullmatch(host.rpartition(".")[2]) is not None


@cache
def suffixes_digest() -> str:
    """SHA-256, in hexadecimal, of the public suffix list that domains are told by."""
    import publicsuffixlist  # noqa: PLC0415 - as below

    return sha256(Path(publicsuffixlist.PSLFILE).read_bytes()).hexdigest()


@cache
def _telling() -> frozenset[str]:
    """
    Ends of names of which more than the last label may be a suffix: the last two labels of all rules that have as many,
    and the last of those that have a wildcard before it. Most names have none: no rule needs to be looked for.
    """
    import publicsuffixlist  # noqa: PLC0415 - as below

    found: set[str] = set()
    for line in Path(publicsuffixlist.PSLFILE).read_text(encoding="utf-8").lower().splitlines():
        labels = line.partition(" ")[0].lstrip("!").rsplit(".", 2)
        if len(labels) > 1 and not line.startswith("//"):
            found.add(labels[-1] if labels[-2] == "*" else f"{labels[-2]}.{labels[-1]}")
    return frozenset(found)


@cache
def suffixes() -> PublicSuffixList:
    """The list that comes with the library: read when the first domain is told, since it takes 60 ms and 2 MB."""
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - runs that admit nothing need none

    return PublicSuffixList(only_icann=True)
