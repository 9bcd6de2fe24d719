"""Policy stores for tests: one that keeps bytes, and some that are slow, fail or lie; and a server of the real kind."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.cache.store import Leased
from tests.support.patience import PATIENCE

SERVER = shutil.which("redis-server") or shutil.which("valkey-server")


class Kept:
    """Keeps packed answers in a mapping, and notes what it was asked."""

    def __init__(self, packed: dict[str, bytes] | None = None) -> None:
        self.packed = {} if packed is None else packed
        self.holders: dict[str, str] = {}
        self.asked: list[str] = []
        self.calls: list[str] = []
        self.closed = 0
        self.threads: set[int] = set()

    def get(self, origin: str) -> bytes | None:
        self.threads.add(threading.get_ident())
        self.calls.append("get")
        self.asked.append(origin)
        return self.packed.get(origin)

    def lease(self, origin: str, token: str, seconds: float) -> Leased:
        self.calls.append("lease")
        held = self.holders.setdefault(origin, token) == token
        return Leased(held=held, packed=self.packed.get(origin))

    def put(self, origin: str, packed: bytes, until: datetime, token: str) -> None:
        self.calls.append("put")
        self.packed[origin] = packed
        self._end(origin, token)

    def release(self, origin: str, token: str) -> None:
        self.calls.append("release")
        self._end(origin, token)

    def _end(self, origin: str, token: str) -> None:
        if self.holders.get(origin) == token:
            del self.holders[origin]

    def close(self) -> None:
        self.closed += 1


class Slow(Kept):
    """Answers for hosts with `slow` in their name once the gate is open."""

    def __init__(self, packed: dict[str, bytes] | None = None) -> None:
        super().__init__(packed)
        self.gate = threading.Event()
        self.waits = threading.Event()

    def get(self, origin: str) -> bytes | None:
        if "slow" in origin:
            self.waits.set()
            self.gate.wait(PATIENCE)
        return super().get(origin)


class Failing(Kept):
    """Raises at everything."""

    def get(self, origin: str) -> bytes | None:
        super().get(origin)
        raise ConnectionError("redis://user:password@cache.example is gone")

    def lease(self, origin: str, token: str, seconds: float) -> Leased:
        raise ConnectionError("gone")

    put = release = close = lease  # type: ignore[assignment]


class Full(Kept):
    """Can be read, and takes nothing."""

    def lease(self, origin: str, token: str, seconds: float) -> Leased:
        self.calls.append("lease")
        raise OSError("no space left")

    put = release = lease  # type: ignore[assignment]


class Lying(Kept):
    """Has something for every origin, and no answers."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer: Any = answer

    def get(self, origin: str) -> bytes | None:
        super().get(origin)
        return self.answer  # type: ignore[no-any-return]

    def lease(self, origin: str, token: str, seconds: float) -> Leased:
        return Leased(held=True, packed=self.answer)


class Redis:
    """A real server on a loopback port of its own, which keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, *options: str) -> None:
        words = [
            SERVER or pytest.skip("Debian's package redis-server"),
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        self._process = subprocess.Popen([*words, *options], cwd=self._folder, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if b"ready to accept connections" in line.lower():
                return
        raise AssertionError("redis-server did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate(timeout=PATIENCE)
            self._process = None

    def stats(self) -> dict[str, int]:
        """How often each command was called, those of connecting left out."""
        found = self.ask("INFO", "commandstats").decode()
        calls = {line.split(":")[0]: int(line.partition("calls=")[2].partition(",")[0]) for line in found.split()[2:]}
        return {name.removeprefix("cmdstat_"): number for name, number in calls.items()}

    def ask(self, *words: str | bytes) -> bytes:
        """The server's answer to one command, as it stands in the protocol."""
        parts = [word if isinstance(word, bytes) else word.encode() for word in words]
        sent = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            connection.sendall(sent)
            reader = connection.makefile("rb")
            head = reader.readline()
            return reader.read(int(head[1:])) if head[:1] == b"$" and head != b"$-1\r\n" else head


@contextmanager
def redis_server(folder: Path, *options: str) -> Iterator[Redis]:
    """A server that is there, and goes at the end."""
    server = Redis(folder)
    server.start(*options)
    try:
        yield server
    finally:
        with suppress(ProcessLookupError):
            server.stop()
