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


ERRORS = {
    "hook's own": (ValueError, ValueError),
    "client's": (httpx.ReadError, requests.ConnectionError),  # raised by a hook all the same
    "no hook": (httpx.TooManyRedirects, requests.TooManyRedirects),
}


def curious(error: type[Exception]) -> Any:
    def hook(response: Any, *_: Any, **__: Any) -> None:
        read = response.read() if isinstance(response, httpx.Response) else response.content
        raise error(read.decode())

    return hook


@pytest.mark.parametrize("whose", ERRORS)
def test_httpx(tmp_path: Path, whose: str) -> None:
    hooked, error = whose != "no hook", ERRORS[whose][0]
    log, hooks = tmp_path / "tdm.jsonl", {"response": [curious(error)] if hooked else []}
    with (
        PretendWeb([Site("a.example", PAGES)]) as web,
        httpx.Client(proxy=web.proxy, follow_redirects=True, event_hooks=hooks) as client,
    ):
        guard_client(client, agent="ExampleBot", log=str(log))
        with pytest.raises(error):
            client.get(f"http://a.example/{'' if hooked else 'loop'}")
    assert statuses(log) == ([302] if hooked else [])


@pytest.mark.parametrize("whose", ERRORS)
def test_requests(tmp_path: Path, whose: str) -> None:
    hooked, error = whose != "no hook", ERRORS[whose][1]
    log = tmp_path / "tdm.jsonl"
    with PretendWeb([Site("a.example", PAGES)]) as web, requests.Session() as session:
        session.proxies = {"http": web.proxy}
        if hooked:
            session.hooks["response"].append(curious(error))
        guard_session(session, agent="ExampleBot", log=str(log))
        with pytest.raises(error):
            session.get(f"http://a.example/{'' if hooked else 'loop'}")
    assert statuses(log) == ([302] if hooked else [])


async def test_httpx_in_an_event_loop(tmp_path: Path) -> None:
    log = tmp_path / "tdm.jsonl"

    async def hook(response: httpx.Response) -> None:
        raise httpx.ReadError((await response.aread()).decode())

    with PretendWeb([Site("a.example", PAGES)]) as web:
        made = httpx.AsyncClient(proxy=web.proxy, follow_redirects=True, event_hooks={"response": [hook]})
        async with guard_client(made, agent="ExampleBot", log=str(log)) as client:
            with pytest.raises(httpx.ReadError):
                await client.get("http://a.example/")
    assert statuses(log) == [302]
