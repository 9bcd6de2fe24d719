"""Sessions under guard, and servers on loopback that say what they are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tdm_guard.requests import GuardSession, guard_session
from tests.support.raw_server import RawServer, http

KINDS = ("built", "guarded")


@dataclass
class Edge:
    """What a scenario needs: a session of the guard's own class, or one of requests that was guarded."""

    kind: str
    log: Path

    def options(self, **options: Any) -> dict[str, Any]:
        return {"agent": "ExampleBot", "log": str(self.log), **options}

    def session(self, **options: Any) -> Any:
        if self.kind == "built":
            made: Any = GuardSession(**self.options(**options))
        else:
            made = guard_session(requests.Session(), **self.options(**options))
        made.trust_env = False
        return made

    def records(self, kind: str | None = None) -> list[dict[str, Any]]:
        if not self.log.exists():
            return []
        lines = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if kind in (None, line["type"])]

    @property
    def decisions(self) -> list[dict[str, Any]]:
        return self.records("decision")


@pytest.fixture(params=KINDS)
def edge(request: pytest.FixtureRequest, tmp_path: Path) -> Edge:
    return Edge(request.param, tmp_path / "tdm.jsonl")


@pytest.fixture
def one_edge(tmp_path: Path) -> Edge:
    """For what does not depend on how the session was made."""
    return Edge("built", tmp_path / "tdm.jsonl")


@pytest.fixture
def raw_server() -> type[RawServer]:
    return RawServer


@pytest.fixture(name="http")
def raw_answer() -> Callable[..., bytes]:
    return http


@pytest.fixture
def chunked() -> Callable[..., bytes]:
    """An answer in chunks, to the byte."""

    def answer(*pieces: bytes, status: str = "200 OK", **fields: str) -> bytes:
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        head = "\r\n".join([f"HTTP/1.1 {status}", "Transfer-Encoding: chunked", *lines, "", ""]).encode()
        return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"

    return answer
