"""
The Redis store: one server, Redis or Valkey, for the processes of many machines.

strategy: one round trip for each call; what belongs together is a script on the server. Its clock ends leases, so that
those of its clients do not matter.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tdm_guard.cache.serial import FORM, MAX_PACKED
from tdm_guard.cache.store import Leased
from tdm_guard.policies.answers import MAX_STALE

RETRIES = 1  # of a call: the server may have closed a connection that was kept
_PREFIX = f"tdm_guard:{FORM}:"
_LEASE = """
local holder = redis.call('GET', KEYS[2])
if not holder or holder == ARGV[1] then
    redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
    holder = ARGV[1]
end
return {holder == ARGV[1] and 1 or 0, redis.call('GETRANGE', KEYS[1], 0, ARGV[3])}
"""
_PUT = """
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class RedisStore:
    """A `PolicyStore` on a server, which is asked for the first time when it is used. `patience`: seconds of a call."""

    def __init__(self, address: str, *, patience: float) -> None:
        self._client: Any = redis.Redis.from_url(
            address,
            protocol=2,
            socket_timeout=patience,
            socket_connect_timeout=patience,
            retry=Retry(NoBackoff(), RETRIES),
        )
        self._lease = self._client.register_script(_LEASE)
        self._put = self._client.register_script(_PUT)
        self._release = self._client.register_script(_RELEASE)

    def get(self, origin: str) -> bytes | None:
        """What was put last; no more of it than a row may have."""
        return _found(self._client.getrange(_PREFIX + origin, 0, MAX_PACKED))

    def lease(self, origin: str, token: str, seconds: float) -> Leased:
        """Takes the lease, and looks, in one round trip."""
        held, packed = self._lease(_keys(origin), (token, int(seconds * 1000), MAX_PACKED))
        return Leased(held=held == 1, packed=_found(packed))

    def put(self, origin: str, packed: bytes, until: datetime, token: str) -> None:
        """Keeps what was packed and gives back the lease, in one round trip."""
        left = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        lasts = int(min(max(left, 60.0), MAX_STALE.total_seconds()))
        self._put(_keys(origin), (token, packed, lasts))

    def release(self, origin: str, token: str) -> None:
        """Gives back the lease."""
        self._release((_keys(origin)[1],), (token,))

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


def _keys(origin: str) -> tuple[str, str]:
    return f"{_PREFIX}{origin}", f"{_PREFIX}{origin} lease"


def _found(packed: object) -> bytes | None:
    """What a key held; one that is not there is empty here."""
    return packed if isinstance(packed, bytes) and packed else None
