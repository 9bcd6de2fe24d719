"""
`--policies live`: the sites themselves are asked, each once for all processes of a scan.

strategy: one process asks, that of the command. What the others get in its place is an address, at which they ask it;
each of them is answered by a thread, so that one slow site holds up only those that wait for it.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from multiprocessing.process import current_process
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from tdm_guard.errors import TdmGuardError
from tdm_guard.model import Fetched
from tdm_guard.origin import Origin

MAX_KNOWN_BYTES = 2**28  # of answers in memory; some kilobytes an origin. One that fell out is asked again
_EACH = 2**11  # bytes that the answers of an origin take beside their bodies
_CALLERS = 256  # processes that may knock at one time
MAX_NEAR_BYTES = 2**24  # of answers that a process keeps: for each document of an origin it is asked again
_LEAVE_SECONDS = 2.0  # that the thread at the door has to leave in
_PAUSE = 0.1  # seconds after which one who could not be let in is let in, when there are no files left to open
_Answers = Mapping[str, Fetched]


class LivePolicies:
    """Asks origins for their documents, each once, through the guarded client of the commands. Safe for threads."""

    timeless = True

    def __init__(self, options: Mapping[str, Any]) -> None:
        from tdm_guard._httpx.gently import Shared  # noqa: PLC0415 - it needs an extra
        from tdm_guard.cli.check import client_for  # noqa: PLC0415

        self._folder = tempfile.TemporaryDirectory(prefix="tdm-guard-")
        quiet = {"log": str(Path(self._folder.name) / "live.jsonl"), "sinks": None, "evidence": None}
        self._client = client_for({**options, **quiet})
        self._shared = Shared()
        self._lock = threading.Lock()  # of what follows
        self._known: LRUCache[str, _Answers] = LRUCache(MAX_KNOWN_BYTES, getsizeof=_size)
        self._asking: dict[str, Future[_Answers]] = {}
        self._door: _Door | None = None

    def documents(self, origin: str, at: datetime | None) -> _Answers:
        """What an origin answers today, whatever time is asked for. Who asks for what is being asked waits for it."""
        with self._lock:
            if (known := self._known.get(origin)) is not None:
                return known
            waiting = self._asking.get(origin)
            asked = waiting or self._asking.setdefault(origin, Future())
        if waiting is not None:
            return waiting.result()
        try:
            found = self._asked(Origin.parse(origin))
        except BaseException as error:
            with self._lock:
                del self._asking[origin]
            asked.set_exception(error)
            raise
        with self._lock:
            del self._asking[origin]
            if _size(found) <= MAX_KNOWN_BYTES:
                self._known[origin] = found
        asked.set_result(found)
        return found

    def _asked(self, origin: Origin) -> _Answers:
        from tdm_guard._httpx.gently import SharingFetcher  # noqa: PLC0415
        from tdm_guard.drive import run  # noqa: PLC0415

        transport: Any = self._client._transport
        session = transport.session
        fetcher = SharingFetcher(session, self._client.headers["user-agent"], self._shared)
        found: dict[str, Fetched | None] = {}
        run(session.guard.load(origin, found), fetcher.perform)
        return {url: answer for url, answer in found.items() if answer is not None}

    def __reduce__(self) -> tuple[object, ...]:
        """What another process has of it."""
        with self._lock:
            self._door = self._door or _Door(self)
            return AskedPolicies, (self._door.address,)

    def close(self) -> None:
        """Closes the client."""
        if self._door is not None:
            self._door.close()
        self._client.close()
        self._folder.cleanup()


def _size(answers: _Answers) -> int:
    return _EACH + sum([len(answer.body) for answer in answers.values()])


class _Door:
    """Lets in the processes of this scan, which know its key, and answers them."""

    def __init__(self, policies: LivePolicies) -> None:
        self._policies = policies
        self._listener = Listener(backlog=_CALLERS, authkey=current_process().authkey)
        self.address: Any = self._listener.address
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._let_in, name="tdm-guard-door", daemon=True)
        self._thread.start()

    def _let_in(self) -> None:
        while not self._closed.is_set():
            try:
                connection = self._listener.accept()
            except (OSError, EOFError, AuthenticationError):  # one that died at the door, or does not belong here
                self._closed.wait(_PAUSE)
                continue
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: Connection) -> None:
        with connection, suppress(EOFError, OSError):  # it has gone
            while True:
                origin = connection.recv()
                if self._closed.is_set():
                    return
                try:
                    said: _Answers | str = self._policies.documents(origin, None)
                except Exception as error:  # noqa: BLE001 - it is that of who asked
                    said = str(error) or type(error).__name__
                connection.send(said)

    def close(self) -> None:
        self._closed.set()
        with suppress(OSError, EOFError, AuthenticationError):
            Client(self.address, authkey=current_process().authkey).close()  # the thread waits for somebody to come
        self._thread.join(_LEAVE_SECONDS)
        self._listener.close()


class AskedPolicies:
    """The same in another process: it asks the one that asks the sites."""

    timeless = True

    def __init__(self, address: Any) -> None:
        self._address = address
        self._connection: Connection | None = None
        self._near: LRUCache[str, _Answers] = LRUCache(MAX_NEAR_BYTES, getsizeof=_size)

    def documents(self, origin: str, at: datetime | None) -> _Answers:
        """What an origin answers today. Raises `TdmGuardError` where nobody asks any more."""
        found = self._near.get(origin)
        if found is None:
            found = self._asked(origin)
            if _size(found) <= MAX_NEAR_BYTES:
                self._near[origin] = found
        return found

    def _asked(self, origin: str) -> _Answers:
        try:
            if self._connection is None:
                self._connection = Client(self._address, authkey=current_process().authkey)
            self._connection.send(origin)
            said = self._connection.recv()
        except (OSError, EOFError, AuthenticationError) as error:
            raise TdmGuardError(f"{origin}: the process that asks the sites is gone ({type(error).__name__})") from None
        if isinstance(said, str):
            raise TdmGuardError(f"{origin}: its documents could not be asked for: {said}")
        return said  # type: ignore[no-any-return] # of our own process

    def close(self) -> None:
        """Leaves."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
