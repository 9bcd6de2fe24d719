"""Caches that users of requests have: what they kept is judged again, and no policy comes from one."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest
import requests

from tdm_guard import Withheld
from tdm_guard.requests import guard_session
from tests.support.raw_server import RawServer

DATE = {"date": formatdate(usegmt=True)}
HTML = {"content_type": "text/html", "cache_control": "max-age=100000", **DATE}
ROBOTS = {"content_type": "text/plain", "cache_control": "max-age=100000", **DATE}


def cachecontrol() -> requests.Session:
    module = pytest.importorskip("cachecontrol")
    session = requests.Session()
    for prefix in ("http://", "https://"):
        session.mount(prefix, module.CacheControlAdapter())
    return session


def requests_cache() -> requests.Session:
    session: requests.Session = pytest.importorskip("requests_cache").CachedSession(backend="memory")
    return session


@pytest.mark.parametrize("cache", [cachecontrol, requests_cache])
def test_what_a_cache_kept_is_judged_again(one_edge: Any, http: Any, cache: Any) -> None:
    page = b"<html><head></head><body>words</body></html>"
    pages = {
        "/a": http(page, **HTML),
        "/b": http(page.replace(b"<head>", b'<head><meta name="tdm-reservation" content="1">'), **HTML),
    }
    with RawServer(pages) as server:
        session = cache()
        session.trust_env = False
        guard_session(session, **one_edge.options())
        for _ in range(2):
            assert session.get(f"{server.url}/a").content == page
            with pytest.raises(Withheld):
                session.get(f"{server.url}/b")
        session.close()
        asked = server.targets()
    assert asked.count("/a") == 1
    admitted = [record for record in one_edge.decisions if record["admitted"]]
    assert [record["cached"] for record in admitted] == [False, True]
    assert [record["bytes"] for record in admitted] == [len(page)] * 2


@pytest.mark.parametrize("cache", [cachecontrol, requests_cache])
def test_policy_is_not_what_a_cache_kept_of_it(one_edge: Any, http: Any, cache: Any) -> None:
    pages = {"/a": http(b"x", **HTML), "/robots.txt": http(b"User-agent: *\nAllow: /\n", **ROBOTS)}
    with RawServer(pages) as server:
        session = cache()
        session.trust_env = False
        session.get(f"{server.url}/robots.txt")
        pages["/robots.txt"] = http(b"User-agent: *\nDisallow: /\n", **ROBOTS)
        guard_session(session, **one_edge.options())
        with pytest.raises(Withheld):
            session.get(f"{server.url}/a")
        session.close()
