"""A store as a source of policies: what it has of an origin, fresh or not, for who judges what was stored before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tdm_guard.cache import open_store
from tdm_guard.cache.sqlite_store import SqliteStore
from tdm_guard.cache.store import Backing
from tdm_guard.errors import ConfigurationError
from tdm_guard.model import Fetched
from tdm_guard.options.caching import GOOD, parse_cache
from tdm_guard.origin import Origin

PATIENCE = 5.0  # seconds of one call of the store, as with the option `policy_timeout`
_GOOD = GOOD.partition(", ")[2]
_LATEST = datetime(9999, 12, 31, tzinfo=UTC)


class StorePolicies:
    """
    A `PolicySource` that reads a store and never writes to it. A store that fails knows nothing of any origin.

    The time asked for does not matter: a store keeps what documents answered last. Who judges reads an origin once.
    """

    timeless = True

    def __init__(self, backing: Backing) -> None:
        self._backing = backing

    def documents(self, origin: str, at: datetime | None = None) -> Mapping[str, Fetched]:
        """What the documents of an origin answered last, by absolute URL; nothing of one that is not known."""
        look = self._backing.look(Origin.parse(origin))
        if look is None:
            return {}
        return {url: answer.fetched(url, _LATEST) for url, answer in look.bundle.latest().items()}

    def close(self) -> None:
        """Closes the store."""
        self._backing.close()


def open_source(address: str, *, patience: float = PATIENCE) -> StorePolicies:
    """
    The policies of the store at an address that the option `cache` takes, but `memory:`.

    Raises `ConfigurationError` for any other, for a file that is not there, and where its extra is not installed.
    """
    named = parse_cache(address)
    if named.kind == "sqlite":
        if not Path(named.place).is_file():
            raise ConfigurationError(f"policies: there is no store {named.name}; for example {_GOOD}")
        return StorePolicies(
            Backing(SqliteStore(named.place, patience=patience, read=True), named.name, patience=patience)
        )
    backing = open_store(address, patience)
    if backing is None:
        raise ConfigurationError(f"policies: memory: is empty; for example {_GOOD}")
    return StorePolicies(backing)
