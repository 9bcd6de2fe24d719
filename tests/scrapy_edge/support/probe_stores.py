"""Policy stores for crawls in a process of their own."""

from __future__ import annotations

import os
import threading
from datetime import datetime
from pathlib import Path

from tdm_guard.cache.store import Leased

PARSED = threading.Event()  # set when the first response reached its callback


class Folder:
    """Keeps the answers of each origin in a file."""

    def __init__(self) -> None:
        self.folder = Path("store")
        self.folder.mkdir(exist_ok=True)

    def get(self, origin: str) -> bytes | None:
        path = self.path(origin)
        return path.read_bytes() if path.exists() else None

    def lease(self, origin: str, token: str, seconds: float) -> Leased:
        return Leased(held=True, packed=self.get(origin))

    def put(self, origin: str, packed: bytes, until: datetime, token: str) -> None:
        self.path(origin).write_bytes(packed)

    def release(self, origin: str, token: str) -> None:
        pass

    def close(self) -> None:
        (self.folder / "closed").touch()

    def path(self, origin: str) -> Path:
        return self.folder / origin.encode().hex()[-120:]


class Slow(Folder):
    """Has no answer for one origin before a page of another one was parsed."""

    def get(self, origin: str) -> bytes | None:
        if os.environ["PROBE_SLOW"] in origin:
            PARSED.wait()
        return super().get(origin)


class Failing(Folder):
    """Is gone."""

    def get(self, origin: str) -> bytes | None:
        raise ConnectionError("gone")

    lease = put = release = get  # type: ignore[assignment]
