"""Sessions of aiohttp under guard, over a pretend web."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tdm_guard.aiohttp import guard
from tdm_guard.testing import PretendWeb
from tests.support.logs import flaws

POLICIES = {"/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/.well-known/ai.txt", "/trust.txt"}
POLICIES |= {"/.well-known/trust.txt"}


@dataclass
class Desk:
    """Guarded sessions and what they left in their log."""

    log: Path

    def guard(self, **options: Any) -> Any:
        return guard(**{"agent": "ExampleBot", "log": str(self.log), **options})

    @asynccontextmanager
    async def session(
        self, web: PretendWeb | None = None, *, before: tuple[Any, ...] = (), options: Any = None, **own: Any
    ) -> AsyncIterator[aiohttp.ClientSession]:
        """A session through the proxy of a web, if one is given; `before` are middlewares before the guard."""
        if web is not None:
            own.setdefault("proxy", web.proxy)
        async with (
            self.guard(**(options or {})) as middleware,
            aiohttp.ClientSession(middlewares=[*before, middleware], **own) as session,
        ):
            yield session

    def records(self, kind: str = "decision") -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if line["type"] == kind]

    def flaws(self) -> list[str]:
        return flaws(self.log)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "tdm.jsonl")


@pytest.fixture
def web() -> Iterator[Callable[..., PretendWeb]]:
    """Opens a pretend web of sites."""
    with ExitStack() as stack:
        yield lambda *sites: stack.enter_context(PretendWeb(sites))


@pytest.fixture
def policies() -> set[str]:
    return POLICIES
