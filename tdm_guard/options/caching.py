"""The option `cache`: where policies are kept between requests, and where the answers they are read from are shared."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from tdm_guard.errors import ConfigurationError
from tdm_guard.options.sizes import read_size
from tdm_guard.plain import address as told_address

GOOD = '"memory:?max_bytes=64MiB", "sqlite:///policies.db" or "redis://localhost:6379/0"'
DEFAULT_MAX_BYTES = 64 * 2**20  # some 20,000 to 60,000 usual origins
SERVERS = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"}  # as redis-py has them


class CacheAddress(NamedTuple):
    """
    What the option names: `max_bytes` of memory, and what lies behind it.

    `kind` is `memory`, `sqlite` or `redis`; `place` the file, or the address for the client; `name` is how it is told.
    """

    kind: str
    max_bytes: int
    place: str = ""
    name: str = ""


def read_cache(value: Any) -> str:
    """The option's reader. Raises `ConfigurationError` for what is no address."""
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"cache: {value!r} is no cache; for example {GOOD}")
    parse_cache(value.strip())
    return value.strip()


def parse_cache(address: str) -> CacheAddress:
    """
    The parts of such an address: `memory:`, `sqlite:///path`, `redis://host:port/db`, `unix:///socket`.

    `?max_bytes=` bounds the memory in front of each. Raises `ConfigurationError`, which leaves out passwords.
    """
    wrong = ConfigurationError(f"cache: {told_address(address)} is no cache; for example {GOOD}")
    try:
        parts = urlsplit(address)
        query = parse_qs(parts.query, keep_blank_values=True)
        port = parts.port  # raises ValueError for what is none
    except ValueError:
        raise wrong from None
    given = query.pop("max_bytes", None)
    size = read_size("cache", given[-1]) if given else DEFAULT_MAX_BYTES
    scheme, path = parts.scheme, parts.path
    if scheme == "unix" and path.strip("/") and not parts.netloc and not set(query) - {"db"}:
        database = query.get("db", ["0"])[-1]
        if not _is_number(database):
            raise wrong
        return CacheAddress("redis", size, f"unix://{path}?db={database}", f"unix://{path}?db={database}")
    if query or parts.fragment:
        raise wrong
    if scheme == "memory" and not parts.netloc and not path:
        return CacheAddress("memory", size)
    if scheme == "sqlite" and not parts.netloc and len(path) > 1 and not path.endswith("/"):
        file = str(_file(unquote(path)))
        return CacheAddress("sqlite", size, file, file)
    if scheme in SERVERS and parts.hostname and (path in ("", "/") or _is_number(path[1:])):
        secret = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        place = f"{host}:{port or 6379}/{path[1:] or 0}"
        return CacheAddress("redis", size, f"{SERVERS[scheme]}://{secret}{place}", f"{scheme}://{place}")
    raise wrong


def _file(path: str) -> Path:
    """
    Three slashes begin a path from the working directory, four an absolute one, as with SQLAlchemy.

    Three do for an absolute one too whose folder is there, if the other is not.
    """
    here = Path(path[1:])
    return Path(path) if not here.parent.is_dir() and Path(path).parent.is_dir() else here


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6
