"""Policy stores for crawls in a process of their own."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import datetime
from pathlib import Path

PARSED = threading.Event()  # set when the first response reached its callback


class Folder:
    """Keeps each policy in a file."""

    def __init__(self) -> None:
        self.folder = Path("store")
        self.folder.mkdir(exist_ok=True)

    async def get(self, key: str) -> bytes | None:
        path = self.path(key)
        return path.read_bytes() if path.exists() else None

    async def put(self, key: str, packed: bytes, until: datetime) -> None:
        self.path(key).write_bytes(packed)

    async def close(self) -> None:
        (self.folder / "closed").touch()

    def path(self, key: str) -> Path:
        return self.folder / key.encode().hex()[-120:]


class Slow(Folder):
    """Has no answer for one origin before a page of another one was parsed."""

    async def get(self, key: str) -> bytes | None:
        if os.environ["PROBE_SLOW"] in key:
            await asyncio.to_thread(PARSED.wait)
        return await super().get(key)


class Failing(Folder):
    """Is gone."""

    async def get(self, key: str) -> bytes | None:
        raise ConnectionError("gone")

    async def put(self, key: str, packed: bytes, until: datetime) -> None:
        raise ConnectionError("gone")
