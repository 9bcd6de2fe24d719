"""A redirect whose body a hook reads and then raises over is in the log: httpx and requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests

from tdm_guard.httpx import guard_client
from tdm_guard.requests import guard_session
from tdm_guard.testing import Answer, PretendWeb, Site

PAGES = {
    "/": Answer(status=302, headers=(("location", "/page"),), body=b"<p>moved</p>"),
    "/loop": Answer.redirect("/loop"),
    "/page": Answer.html("<p>open</p>"),
}


def statuses(log: Path) -> list[int]:
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [line["status"] for line in lines if line["type"] == "decision"]


def curious(response: Any, *_: Any, **__: Any) -> None:
    read = response.read() if isinstance(response, httpx.Response) else response.content
    raise ValueError(read.decode())


@pytest.mark.parametrize("hooked", [True, False])
def test_httpx(tmp_path: Path, hooked: bool) -> None:
    log, hooks = tmp_path / "tdm.jsonl", {"response": [curious] if hooked else []}
    with (
        PretendWeb([Site("a.example", PAGES)]) as web,
        httpx.Client(proxy=web.proxy, follow_redirects=True, event_hooks=hooks) as client,
    ):
        guard_client(client, agent="ExampleBot", log=str(log))
        with pytest.raises(ValueError if hooked else httpx.TooManyRedirects):
            client.get(f"http://a.example/{'' if hooked else 'loop'}")
    assert statuses(log) == ([302] if hooked else [])


@pytest.mark.parametrize("hooked", [True, False])
def test_requests(tmp_path: Path, hooked: bool) -> None:
    log = tmp_path / "tdm.jsonl"
    with PretendWeb([Site("a.example", PAGES)]) as web, requests.Session() as session:
        session.proxies = {"http": web.proxy}
        if hooked:
            session.hooks["response"].append(curious)
        guard_session(session, agent="ExampleBot", log=str(log))
        with pytest.raises(ValueError if hooked else requests.TooManyRedirects):
            session.get(f"http://a.example/{'' if hooked else 'loop'}")
    assert statuses(log) == ([302] if hooked else [])
