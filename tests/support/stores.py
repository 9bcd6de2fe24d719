"""Policy stores for tests: one that keeps bytes, and some that are slow, block, fail or lie."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime
from pathlib import Path

from tests.support.patience import PATIENCE


class Kept:
    """Keeps packed policies in a mapping, and notes what it was asked."""

    def __init__(self, packed: dict[str, bytes] | None = None) -> None:
        self.packed = {} if packed is None else packed
        self.asked: list[str] = []
        self.until: list[datetime] = []
        self.closed = 0
        self.threads: set[int] = set()

    async def get(self, key: str) -> bytes | None:
        self.threads.add(threading.get_ident())
        self.asked.append(key)
        return self.packed.get(key)

    async def put(self, key: str, packed: bytes, until: datetime) -> None:
        self.packed[key] = packed
        self.until.append(until)

    async def close(self) -> None:
        self.closed += 1


class Slow(Kept):
    """Answers for hosts with `slow` in their name once the gate is open; `blocks` its event loop meanwhile."""

    def __init__(self, packed: dict[str, bytes] | None = None, *, blocks: bool = False) -> None:
        super().__init__(packed)
        self.gate = threading.Event()
        self.waits = threading.Event()
        self.blocks = blocks

    async def get(self, key: str) -> bytes | None:
        if "slow" in key:
            self.waits.set()
            if self.blocks:
                self.gate.wait(PATIENCE)
            else:
                await asyncio.to_thread(self.gate.wait, PATIENCE)
        return await super().get(key)


class Failing(Kept):
    """Raises at everything."""

    async def get(self, key: str) -> bytes | None:
        await super().get(key)
        raise ConnectionError("redis://user:password@cache.example is gone")

    async def put(self, key: str, packed: bytes, until: datetime) -> None:
        raise ConnectionError("gone")

    async def close(self) -> None:
        raise ConnectionError("gone")


class Lying(Kept):
    """Has something under every key, and no policy."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer

    async def get(self, key: str) -> bytes | None:
        await super().get(key)
        return self.answer  # type: ignore[return-value]


class Folder(Kept):
    """Files in a folder, for processes that come one after the other."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        folder.mkdir(exist_ok=True)

    async def get(self, key: str) -> bytes | None:
        path = self.folder / key.encode().hex()[-100:]
        return path.read_bytes() if path.exists() else None

    async def put(self, key: str, packed: bytes, until: datetime) -> None:
        (self.folder / key.encode().hex()[-100:]).write_bytes(packed)
