"""
Stores behind the memory cache: policies beyond this process.

strategy: a store is asynchronous and deals in bytes; it runs in an event loop of its own, on a thread of its own, so
that a slow one, or one that blocks, holds up no crawl, whichever event loop that has. Who wants something waits for it
in a worker thread, for a limited time. A store is a help and no condition: whatever is wrong with it, the origin is
asked itself, and the store is left alone for a while.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from typing import Protocol, TypeVar

from tdm_guard.cache.packing import MAX_BYTES, Damaged, pack, prefix, trusted, unpack
from tdm_guard.model import Result
from tdm_guard.origin import Origin
from tdm_guard.plain import told
from tdm_guard.policies.policy import MAX_OWN_AGE, OriginPolicy
from tdm_guard.signals.shape import Listener, Signal

REST_SECONDS = 60.0  # that a store which failed is left alone: each origin would wait for its failure
MAX_PENDING = 1000  # policies that wait to be kept; a store that is that far behind gets no more
_UNHEARD = frozenset({Result.UNREACHABLE, Result.NOT_ATTEMPTED})  # here and now: that says nothing to other processes
_logger = logging.getLogger("tdm_guard")
T = TypeVar("T")


class PolicyStore(Protocol):
    """
    Keeps packed policies by key, and may forget any of them.

    Its methods are called in an event loop of its own, several side by side. What they raise is logged.
    """

    async def get(self, key: str) -> bytes | None:
        """What was put under `key` last, expired or not; None if it has nothing."""

    async def put(self, key: str, packed: bytes, until: datetime) -> None:
        """Keeps `packed`, which nobody wants behind `until` (UTC)."""

    async def close(self) -> None:
        """The run is over."""


class Backing:
    """The policies for one listener in a store. Thread-safe; nothing here raises."""

    def __init__(self, store: PolicyStore, listener: Listener, signals: Iterable[Signal], *, patience: float) -> None:
        listed = tuple(signals)
        self._store = store
        self._listener = listener
        self._prefix = prefix(listener, listed)
        self._modules = trusted(listed)
        self._patience = patience
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pending: set[Future[None]] = set()
        self._rests_until = 0.0
        self._closed = False

    def get(self, origin: Origin) -> OriginPolicy | None:
        """The policy of `origin`, fresh or not. Waits for the store: not to be called in an event loop."""
        future = self._begin(lambda: self._store.get(self._prefix + str(origin)))
        if future is None:
            return None
        try:
            packed = future.result(self._patience)
            return None if packed is None else unpack(packed, origin, self._listener, self._modules)
        except Damaged as error:
            _logger.warning("The policy store gave %s; %s is asked itself", told(str(error)[:200]), origin)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a store
            future.cancel()
            self._fail(error)
        return None

    def put(self, policy: OriginPolicy) -> None:
        """Keeps `policy` some time, without waiting for it."""
        if len(self._pending) >= MAX_PENDING or any(checked.result in _UNHEARD for checked in policy.checked):
            return
        future = self._begin(lambda: self._keep(policy))
        if future is not None:
            self._pending.add(future)
            future.add_done_callback(self._pending.discard)

    def close(self) -> None:
        """Waits some time for what is still to be kept, then closes the store."""
        if self._closed:
            return
        deadline = time.monotonic() + self._patience
        for future in tuple(self._pending):
            with suppress(Exception):
                future.result(max(0.0, deadline - time.monotonic()))
        self._rests_until = 0.0
        closing = self._begin(self._end)
        self._closed = True
        try:
            if closing is not None:
                closing.result(self._patience)
        except Exception as error:  # noqa: BLE001 - as above
            _logger.warning("The policy store could not be closed: %s", _words(error))
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(self._patience)

    async def _end(self) -> None:
        await self._store.close()

    async def _keep(self, policy: OriginPolicy) -> None:
        try:
            packed = pack(policy)
            if len(packed) <= MAX_BYTES:
                kept = self._store.put(self._prefix + policy.name, packed, policy.expires_at + MAX_OWN_AGE)
                await asyncio.wait_for(kept, self._patience)
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(error)

    def _begin(self, call: Callable[[], Awaitable[T]]) -> Future[T] | None:
        """Calls something in the event loop of the store, unless that rests or is closed."""

        async def called() -> T:
            return await call()

        with self._lock:
            if self._closed or time.monotonic() < self._rests_until:
                return None
            try:
                loop = self._loop or self._start()
            except RuntimeError as error:  # the interpreter ends: no thread can be begun
                self._fail(error)
                return None
            return asyncio.run_coroutine_threadsafe(called(), loop)

    def _start(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=_run, args=(loop,), name="tdm-guard-store", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            loop.close()
            raise
        self._loop, self._thread = loop, thread
        return loop

    def _fail(self, error: Exception) -> None:
        with self._lock:
            if time.monotonic() < self._rests_until:
                return
            self._rests_until = time.monotonic() + REST_SECONDS
        _logger.warning(
            "The policy store failed (%s); origins are asked themselves, it is left alone for %d s",
            _words(error),
            REST_SECONDS,
        )


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    finally:
        loop.close()


def _words(error: Exception) -> str:
    return told(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
