"""
Stores behind the memory cache: what documents answered, beyond this process.

strategy: a store deals in bytes by origin. It is called where blocking is allowed and nowhere else, and each call is
bounded by the store itself. A store is a help and no condition: whatever is wrong with it is named once, the origin is
asked itself, and the store is left alone for a while.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, TypeVar

from tdm_guard.cache.bundle import Bundle
from tdm_guard.cache.serial import Damaged, Newer, pack, unpack
from tdm_guard.origin import Origin
from tdm_guard.plain import told
from tdm_guard.policies.answers import MAX_STALE

LEASE_SECONDS = 30.0  # six rounds of 5 s bring the documents of an origin; a dead holder holds it no longer
REST_SECONDS = 30.0  # that a store which failed is left alone: each origin would wait for its failure
_logger = logging.getLogger("tdm_guard")
T = TypeVar("T")


class Leased(NamedTuple):
    """`held`: it is ours. `packed`: what the store has of the origin by now."""

    held: bool
    packed: bytes | None


class PolicyStore(Protocol):
    """
    Keeps packed answers by origin, and may forget any of them; of one origin one at a time holds the lease.

    Its methods are called in threads, several side by side, and may raise. A lease ends by itself when its seconds are
    over. `token` is that of one holder.
    """

    def get(self, origin: str) -> bytes | None:
        """What was put last, expired or not; None if there is nothing."""

    def lease(self, origin: str, token: str, seconds: float) -> Leased:
        """Takes the lease unless somebody else holds it; whoever holds it already gets it for longer."""

    def put(self, origin: str, packed: bytes, until: datetime, token: str) -> None:
        """Keeps `packed`, which nobody wants behind `until` (UTC), and gives back the lease."""

    def release(self, origin: str, token: str) -> None:
        """Gives back the lease, unless it is somebody else's."""

    def close(self) -> None:
        """The run is over."""


class StoreError(Exception):
    """A store that cannot be used as it is: another program's file, or that of a later version."""


class Look(NamedTuple):
    """What a store has of an origin: as it came, and read. `sealed`: a later version wrote it, and keeps it."""

    packed: bytes | None
    bundle: Bundle
    sealed: bool = False


class Lease:
    """One holder's claim to an origin. Who gives it up while it is being taken gives it back when it is there."""

    __slots__ = ("given_up", "held", "origin", "token")

    def __init__(self, origin: Origin, token: str) -> None:
        self.origin = str(origin)
        self.token = token
        self.held = False
        self.given_up = False


class Backing:
    """A store as the guard uses it. Thread-safe; nothing here raises. `name` is how it is told, without secrets."""

    def __init__(self, store: PolicyStore, name: str, *, patience: float) -> None:
        self._store = store
        self.name = name
        self._patience = patience
        self._lock = threading.Lock()
        self._rests_until = {"read": 0.0, "written": 0.0}
        self._failed: set[str] = set()
        self._named: set[str] = set()
        self._closed = False

    def look(self, origin: Origin) -> Look | None:
        """What is kept of `origin`, fresh or not; None if the store is of no help."""
        name = str(origin)
        packed = self._call("read", lambda: (self._store.get(name),))
        return None if packed is None else self._read(packed[0], name)

    def take(self, lease: Lease) -> Look | None:
        """Takes or renews a lease, if nobody else has it, and looks; None if the store is of no help."""
        leased = self._call("written", lambda: self._store.lease(lease.origin, lease.token, LEASE_SECONDS))
        if leased is None:
            return None
        lease.held = leased.held
        if lease.given_up:
            self.release(lease)
        return self._read(leased.packed, lease.origin)

    def put(self, lease: Lease, bundle: Bundle) -> None:
        """Keeps the answers of an origin and gives the lease back."""
        lease.held = False
        try:
            packed = pack(bundle)
        except ValueError as error:
            self._tell("large", "The policy store %s does not keep what %s answered: %s", bundle.origin, error)
            self._call("written", lambda: self._store.release(lease.origin, lease.token))
            return
        until = datetime.now(UTC) + MAX_STALE
        self._call("written", lambda: self._store.put(lease.origin, packed, until, lease.token))

    def release(self, lease: Lease) -> None:
        """Gives a lease back of which nothing came."""
        lease.held = False
        self._call("written", lambda: self._store.release(lease.origin, lease.token))

    def give_up(self, lease: Lease) -> None:
        """The same, without waiting for it: whoever wanted the origin is gone."""
        lease.given_up = True
        if lease.held:
            with suppress(RuntimeError):  # the interpreter ends: no thread can be begun
                threading.Thread(target=self.release, args=(lease,), name="tdm-guard-store", daemon=True).start()

    def close(self) -> None:
        """Closes the store, and waits some time for that."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        closing = threading.Thread(target=self._close, name="tdm-guard-store", daemon=True)
        with suppress(RuntimeError):
            closing.start()
            closing.join(self._patience)

    def _close(self) -> None:
        try:
            self._store.close()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a store
            _logger.warning("The policy store %s could not be closed: %s", self.name, _words(error))

    def _read(self, packed: bytes | None, origin: str) -> Look:
        if packed is None:
            return Look(None, Bundle(origin))
        try:
            return Look(packed, unpack(packed, origin))
        except Newer as error:
            self._tell("newer", "What the policy store %s has of %s are %s; it is asked itself", origin, error)
            return Look(packed, Bundle(origin), sealed=True)
        except Damaged as error:
            self._tell("damaged", "The policy store %s has damage for %s (%s); it is asked itself", origin, error)
            return Look(packed, Bundle(origin))

    def _call(self, what: str, call: Callable[[], T]) -> T | None:
        """Calls the store, unless that rests or is closed; what it raises is named once, until it is well again."""
        if self._closed or time.monotonic() < self._rests_until[what]:
            return None
        try:
            result = call()
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(what, error)
            return None
        if what in self._failed:
            self._mend(what)
        return result

    def _fail(self, what: str, error: Exception) -> None:
        with self._lock:
            self._rests_until[what] = time.monotonic() + REST_SECONDS
            if what in self._failed or self._closed:
                return
            known = bool(self._failed)
            self._failed.add(what)
        if not known:
            _logger.warning(
                "The policy store %s cannot be %s (%s); origins are asked themselves, it is tried again every %d s",
                self.name,
                what,
                _words(error),
                REST_SECONDS,
            )

    def _mend(self, what: str) -> None:
        with self._lock:
            self._failed.discard(what)
            well = not self._failed
        if well:
            _logger.warning("The policy store %s is there again", self.name)

    def _tell(self, kind: str, message: str, *details: object) -> None:
        """Says once what is wrong with what a store has."""
        with self._lock:
            if kind in self._named:
                return
            self._named.add(kind)
        shown = [told(str(detail)[:200]) for detail in details]
        _logger.warning(message, self.name, *shown)


def _words(error: Exception) -> str:
    return told(f"{type(error).__name__}: {error}"[:300] if str(error) else type(error).__name__)
