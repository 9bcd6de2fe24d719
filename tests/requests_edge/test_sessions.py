"""Guarding a session: options, names, what is mounted and when, ways round, the end of a run."""

from __future__ import annotations

import copy
import gc
import logging
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.util.retry import Retry

from tdm_guard import ConfigurationError, LogError, UnsupportedURL, Withheld, __version__, decision_of
from tdm_guard.requests import GuardAdapter, GuardSession, guard_session
from tests.support.raw_server import RawServer

TAR = {"content_type": "application/x-tar"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"usage": "tdm"}, "usage: unknown option; .*usages"),
        ({"usages": {"mining"}}, "mining"),
        ({"mode": "off"}, "mode: 'off' is not one of enforce, observe"),
        ({"enabled": False}, "enabled: only Scrapy"),
    ],
)
def test_bad_options_are_named_and_nothing_is_begun(edge: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        edge.session(**options)
    assert not edge.log.exists()


def test_log_that_cannot_be_opened_is_an_error(edge: Any) -> None:
    with pytest.raises(LogError, match="cannot be opened"):
        edge.session(log="/dev/null/tdm.jsonl")


def test_a_session_is_guarded_once_and_only_a_session(one_edge: Any) -> None:
    session = one_edge.session()
    with pytest.raises(ConfigurationError, match="session: it is guarded already"):
        guard_session(session, **one_edge.options())
    with pytest.raises(ConfigurationError, match="no session of requests"):
        guard_session(requests, **one_edge.options())  # type: ignore[type-var]
    with pytest.raises(ConfigurationError, match="inner: it is guarded already"):
        GuardAdapter(session.get_adapter("http://site.example"))
    session.close()


# ---- Names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bare", [False, True])
def test_with_an_agent_the_site_sees_its_name(one_edge: Any, http: Any, bare: bool) -> None:
    with RawServer({"/a": http(b"x", **TAR)}) as server:
        session: Any = requests.Session() if bare else one_edge.session()
        if bare:
            session.mount("http://", GuardAdapter(**one_edge.options()))
        session.get(f"{server.url}/a")
        session.get(f"{server.url}/a", headers={"User-Agent": None})
        session.get(f"{server.url}/a", headers={"User-Agent": "Other/1.0"})
        session.close()
        told = {head.partition("User-Agent: ")[2].split("\r\n")[0] for head in map(fields, server.asked)}
    assert told == {f"ExampleBot/{__version__}", "Other/1.0"}


def fields(head: str) -> str:
    return head.replace("user-agent", "User-Agent")


def test_without_a_name_the_first_request_is_a_mistake(one_edge: Any, http: Any) -> None:
    with RawServer({"/a": http(b"x", **TAR)}) as server:
        session = GuardSession(log=str(one_edge.log))
        with pytest.raises(ConfigurationError, match="agent: this request goes out as python-requests"):
            session.get(f"{server.url}/a")
        session.close()
        assert server.asked == []


def test_the_agent_is_the_sessions_own_name(one_edge: Any, http: Any) -> None:
    robots = http(b"User-agent: mybot\nDisallow: /\n", content_type="text/plain")
    with RawServer({"/robots.txt": robots, "/a": http(b"x", **TAR)}) as server:
        plain = requests.Session()
        plain.headers["User-Agent"] = "MyBot/2.0 (+http://example.org/bot)"
        session = guard_session(plain, log=str(one_edge.log))
        with pytest.raises(Withheld):
            session.get(f"{server.url}/a")
        with pytest.raises(ConfigurationError, match='give the guard agent="Other"'):
            session.get(f"{server.url}/a", headers={"User-Agent": "Other/1.0"})
        session.close()
    assert one_edge.records("run")[0]["agent"] == "MyBot"


# ---- Ways round ------------------------------------------------------------------------------------------------------


def refusing(http: Any) -> dict[str, bytes]:
    return {"/a": http(b"x", tdm_reservation="1", **TAR), "/b/c": http(b"x", tdm_reservation="1", **TAR)}


def test_what_is_mounted_later_is_guarded(edge: Any, http: Any) -> None:
    with RawServer(refusing(http)) as server:
        session = edge.session()
        session.mount(f"{server.url}/b", HTTPAdapter(max_retries=1))
        session.adapters[f"{server.url}/b/c"] = HTTPAdapter()
        session.adapters.move_to_end("http://")
        for path in ("/a", "/b/c"):
            with pytest.raises(Withheld):
                session.get(server.url + path)
        assert isinstance(session.get_adapter(f"{server.url}/b/c"), GuardAdapter)
        assert all(
            isinstance(each, GuardAdapter)
            for each in session.adapters.values()
            if each is not session.adapters[f"{server.url}/b/c"]
        )
        session.close()


def test_adapter_of_another_run_is_refused(one_edge: Any, tmp_path: Path) -> None:
    session = one_edge.session()
    other = GuardAdapter(agent="ExampleBot", log=str(tmp_path / "other.jsonl"))
    with pytest.raises(ConfigurationError, match="by another run"):
        session.mount("http://site.example", other)
    session.adapters["http://other.example"] = other
    session.adapters.move_to_end("http://")
    with pytest.raises(ConfigurationError, match="by another run"):
        session.get("http://other.example/")
    session.close()
    other.close()


def test_settings_of_an_adapter_reach_the_one_within(one_edge: Any) -> None:
    session = one_edge.session()
    adapter = session.get_adapter("http://site.example")
    adapter.max_retries = Retry(7)
    assert adapter.inner.max_retries.total == adapter.max_retries.total == 7
    assert adapter.poolmanager is adapter.inner.poolmanager
    with pytest.raises(AttributeError):
        adapter.nothing_of_that_name  # noqa: B018
    session.close()


class Memory(BaseAdapter):
    """An adapter that has its answer already."""

    def __init__(self, content: bytes, **headers: str) -> None:
        super().__init__()
        self.content, self.headers = content, headers

    def send(self, request: Any, **_: Any) -> Any:  # type: ignore[override]
        response = requests.Response()
        found = request.url.endswith("/a")
        response.status_code, response.url, response.request = (200 if found else 404), request.url, request
        response.headers.update({name.replace("_", "-"): value for name, value in self.headers.items()})
        response._content = self.content if found else b""
        return response

    def close(self) -> None:
        pass


@pytest.mark.parametrize("coded", [False, True])
def test_what_an_adapter_has_in_memory_is_judged(edge: Any, coded: bool) -> None:
    head = '<meta name="tdm-reservation" content="1">'
    session = edge.session()
    kind = {"content_type": "text/html"} | ({"content_encoding": "gzip"} if coded else {})
    session.mount("http://one.example", Memory(f"<html><head>{head}</head></html>".encode(), **kind))
    session.mount("http://two.example", Memory(b"<html><body>words</body></html>", **kind))
    with pytest.raises(Withheld):
        session.get("http://one.example/a")
    assert session.get("http://two.example/a").content == b"<html><body>words</body></html>"
    session.close()
    assert [record["verdict"] for record in edge.decisions] == ["reserved", "unreserved"]


class Remembering(requests.Session):
    """A session with a cache in front of its adapters, as requests-cache has it."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, Any] = {}

    def send(self, request: Any, **keywords: Any) -> Any:
        if request.url not in self.kept:
            self.kept[request.url] = super().send(request, **keywords)
        return self.kept[request.url]


def test_what_a_session_kept_is_judged_again(one_edge: Any, http: Any) -> None:
    pages = {"/a": http(b"x", **TAR), "/robots.txt": http(b"", "404 Not Found")}
    with RawServer(pages) as server:
        kept = Remembering()
        session = guard_session(kept, **one_edge.options())
        assert session.get(f"{server.url}/a").content == b"x"
        assert session.get(f"{server.url}/a").content == b"x"
        session.close()
        assert server.targets().count("/a") == 1
        pages["/robots.txt"] = http(b"User-agent: *\nDisallow: /\n", content_type="text/plain")
        kept = Remembering()
        kept.kept[f"{server.url}/a"] = requests.get(f"{server.url}/a", timeout=5)
        session = guard_session(kept, **one_edge.options())
        with pytest.raises(Withheld):
            session.get(f"{server.url}/a")
        session.close()
    assert [(record["cached"], record["admitted"]) for record in one_edge.decisions] == [
        (False, True),
        (True, True),
        (False, False),
    ]


def test_what_stands_in_for_the_adapters_is_judged(one_edge: Any) -> None:
    """As libraries for tests do, which replace `get_adapter` of the class or of the session."""
    session = one_edge.session()
    session.get_adapter = lambda url: Memory(b"x", content_type="application/x-tar", tdm_reservation="1")
    with pytest.raises(Withheld):
        session.get("http://one.example/a")
    session.close()


def test_nothing_guarded_is_pickled_or_copied(edge: Any) -> None:
    session = edge.session()
    for act in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="a guarded session is not pickled"):
            act(session)
    assert all(isinstance(adapter, GuardAdapter) for adapter in copy.copy(session).adapters.values())
    session.close()


@pytest.mark.parametrize("url", ["file:///etc/hostname", "http://", "http://[::1", "ftp://site.example/"])
def test_what_is_no_web_address_is_an_error_that_says_so(edge: Any, url: str) -> None:
    session = edge.session()
    session.mount("file://", Memory(b"x"))
    with pytest.raises((UnsupportedURL, requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        session.get(url)
    with pytest.raises(UnsupportedURL, match="tunnel"):
        session.request("CONNECT", "http://site.example/")
    session.close()


def test_address_is_the_one_that_the_server_is_told(edge: Any, http: Any) -> None:
    robots = http(b"User-agent: *\nDisallow: /a\n", content_type="text/plain")
    with RawServer({"/a": http(b"x", **TAR), "/robots.txt": robots}) as server:
        session = edge.session(policy_timeout=0.5)
        port = server.url.rpartition(":")[2]
        with pytest.raises(Withheld):
            session.get(f"{server.url}//a")
        with pytest.raises(Withheld):
            session.get(f"{server.url}/%61")
        with pytest.raises(Withheld) as caught:
            session.get(f"{server.url}/a", headers={"Host": f"localhost:{port}"})
        session.close()
    assert caught.value.decision.url == f"http://localhost:{port}/a"


# ---- Works ---------------------------------------------------------------------------------------------------------

DECLARATION = """
[[declarations]]
id = "works"
version = "1"
declarant = { name = "A Society", type = "collecting_society" }
on_behalf_of = "members"
mandate = { basis = "statutory_assignment", status = "asserted" }
rights = ["reproduction"]
work_types = ["musical_work"]
usages = ["tdm"]
territory = ["WORLD"]
declared_at = "2023-10-12"
effective_from = "2023-10-12"
form = "web_statement"
source = { url = "https://society.example/declaration", retrieved_at = "2026-01-05T09:00:00Z", language = "en" }
match = { iswc = ["T-000.000.001-0"] }
"""


def test_what_is_known_of_a_work_is_heard_and_goes_on_to_redirects(edge: Any, http: Any, tmp_path: Path) -> None:
    (tmp_path / "works.toml").write_text(DECLARATION, encoding="utf-8")
    pages = {"/a": http(b"x", **TAR), "/r": http(b"", "302 Found", location="/a")}
    known = {"iswc": "T-000.000.001-0"}
    with RawServer(pages) as server:
        session = edge.session(repertoire=str(tmp_path / "works.toml"))
        for path in ("/a", "/r"):
            with pytest.raises(Withheld):
                session.get(server.url + path, tdm_guard_item=known)
            with pytest.raises(Withheld):
                session.request("GET", server.url + path, tdm_guard_item=known)
        prepared = session.prepare_request(requests.Request("GET", f"{server.url}/a"))
        with pytest.raises(Withheld):
            session.send(prepared, tdm_guard_item=known)
        assert session.get(f"{server.url}/a").content == b"x"
        with pytest.raises(ConfigurationError, match="tdm_guard_items' is no key of ours; did you mean tdm_guard_item"):
            session.get(f"{server.url}/a", tdm_guard_items=known)
        with pytest.raises(ConfigurationError, match="ISWCC"):
            session.get(f"{server.url}/a", tdm_guard_item={"ISWCC": "T-000.000.001-0"})
        session.close()
        assert server.targets().count("/a") == 1
    assert {record["repertoire"] for record in edge.decisions} == {"matched", "not-matched", "unmatchable"} - (
        {"not-matched"} if "unmatchable" in {record["repertoire"] for record in edge.decisions} else {"unmatchable"}
    )


def test_licence_tokens_are_added_and_go_nowhere_else(edge: Any, http: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pages: dict[str, bytes] = {}
    with RawServer({"/b": http(b"x", **TAR)}, host="127.0.0.2") as other, RawServer(pages) as server:
        pages["/a"] = http(b"", "302 Found", location=f"{other.url}/b")
        monkeypatch.setenv("TDM_GUARD_LICENCE_TOKENS", f"{server.url} s3cret")
        session = edge.session()
        session.get(f"{server.url}/a")
        session.get(f"{server.url}/a", auth=HTTPBasicAuth("me", "word"))
        session.close()
        told = [head for head in server.asked if head.startswith("GET /a ")]
        assert ["License s3cret" in head for head in told] == [True, False]
        assert not [head for head in other.asked if "s3cret" in head or "Authorization" in head]
        assert not [head for head in server.asked if "s3cret" in head and not head.startswith("GET /a ")]
    assert "s3cret" not in edge.log.read_text(encoding="utf-8")


# ---- The end -------------------------------------------------------------------------------------------------------


def test_closing_ends_the_run_once_and_for_good(edge: Any, http: Any, caplog: pytest.LogCaptureFixture) -> None:
    with RawServer({"/a": http(b"x", **TAR)}) as server, caplog.at_level(logging.INFO, "tdm_guard"):
        session = edge.session()
        session.get(f"{server.url}/a")
        session.close()
        session.close()
        asked = len(server.asked)
        with pytest.raises(LogError, match="the run of this session has ended"):
            session.get(f"{server.url}/a")
        assert len(server.asked) == asked
    assert [record["type"] for record in edge.records()] == ["run", "decision", "end"]
    assert "1 admitted, 0 withheld, 0 failed" in caplog.text


def test_context_ends_the_run(edge: Any) -> None:
    with edge.session():
        pass
    assert edge.records()[-1]["type"] == "end"


def test_forgotten_session_ends_its_run(edge: Any) -> None:
    session = edge.session()
    del session
    gc.collect()
    assert edge.records()[-1]["type"] == "end"


def test_session_that_lives_to_the_exit_ends_its_run(one_edge: Any) -> None:
    code = (
        f"from tdm_guard.requests import GuardSession; s = GuardSession(agent='ExampleBot', log={str(one_edge.log)!r})"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tempfile.gettempdir())
    assert one_edge.records()[-1]["type"] == "end"


def test_failed_downloads_are_counted(edge: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tdm_guard"):
        session = edge.session(signals=["x-robots"])
        with pytest.raises(requests.ConnectionError):
            session.get("http://127.0.0.1:9/")
        session.close()
    assert "0 admitted, 0 withheld, 1 failed" in caplog.text


def test_an_unguarded_response_has_no_decision(http: Any) -> None:
    with RawServer({"/a": http(b"x", **TAR)}) as server:
        assert decision_of(requests.get(f"{server.url}/a", timeout=5)) is None
