"""hishel, a cache of httpx's and httpx2's: what it kept is judged again and recorded so; policies go past it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anysqlite  # noqa: F401 -- hishel imports it late
import hishel
import hishel.httpx
import hishel.httpx2
import pytest

from tdm_guard import Withheld

HTML = {"content_type": "text/html", "cache_control": "max-age=600"}
RESERVED = b'<meta name="tdm-reservation" content="1"><p>secret'


@pytest.fixture
def cache(edge: Any, tmp_path: Any) -> Iterator[Any]:
    """A function that makes a caching transport over another one."""
    if edge.kind == "trio":
        pytest.skip("its storage in SQLite is for asyncio")
    kind = {"httpx": hishel.httpx, "httpx2": hishel.httpx2}[edge.name]

    def make(inner: Any, **options: Any) -> Any:
        path = str(tmp_path / "cache.db")
        if edge.sync:
            return kind.CacheTransport(
                next_transport=inner, storage=hishel.SqliteStorage(database_path=path), **options
            )
        storage = hishel.AsyncSqliteStorage(database_path=path)
        return kind.AsyncCacheTransport(next_transport=inner, storage=storage, **options)

    return make


@pytest.mark.parametrize("rfc", [True, False])
def test_what_the_cache_kept_is_recorded_so(edge: Any, cache: Any, raw_server: Any, http: Any, rfc: bool) -> None:
    with raw_server({"/page": http(b"<p>words", **HTML)}) as server:

        async def scenario() -> None:
            client = edge.client(transport=cache(edge.http_transport(), rfc=rfc), trust_env=False)
            for _ in range(2):
                assert (await edge.get(client, f"{server.url}/page")).text == "<p>words"
            await edge.close(client)

        edge.run(scenario)
    assert [decision["cached"] for decision in edge.decisions] == [False, True]
    assert server.targets().count("/page") == 1


@pytest.mark.parametrize("rfc", [True, False])
def test_withheld_page_is_never_handed_on_from_the_cache(
    edge: Any, cache: Any, raw_server: Any, http: Any, rfc: bool
) -> None:
    pages = {"/in": http(RESERVED, **HTML), "/field": http(b"<p>secret", tdm_reservation="1", **HTML)}
    with raw_server(pages) as server:

        async def scenario() -> None:
            client = edge.client(transport=cache(edge.http_transport(), rfc=rfc), trust_env=False)
            for path in ("/in", "/in", "/field", "/field"):
                with pytest.raises(Withheld):
                    await edge.get(client, server.url + path)
            await edge.close(client)

        edge.run(scenario)
    assert [decision["verdict"] for decision in edge.decisions] == ["reserved"] * 4


def test_policy_is_not_what_the_cache_kept_of_it(edge: Any, cache: Any, raw_server: Any, http: Any) -> None:
    """By default hishel 2 serves what it stored for ever, whatever the site's fields say."""
    pages = {"/page": http(b"<p>words", **HTML), "/robots.txt": http(b"User-agent: *\nAllow: /\n")}
    with raw_server(pages) as server:

        async def once() -> None:
            client = edge.client(transport=cache(edge.http_transport()), trust_env=False)
            try:
                await edge.get(client, f"{server.url}/page")
            finally:
                await edge.close(client)

        edge.run(once)
        server.pages["/robots.txt"] = http(b"User-agent: *\nDisallow: /\n")
        with pytest.raises(Withheld):
            edge.run(once)
    assert server.targets().count("/robots.txt") == 2


def behind(edge: Any, inner: Any) -> Any:
    """A transport of the project's before `inner`, as retry helpers are."""
    module = edge.module
    if edge.sync:

        class Helper(module.BaseTransport):  # type: ignore[misc, name-defined]
            def handle_request(self, request: Any) -> Any:
                return inner.handle_request(request)

            def close(self) -> None:
                inner.close()

        return Helper()

    class AsyncHelper(module.AsyncBaseTransport):  # type: ignore[misc, name-defined]
        async def handle_async_request(self, request: Any) -> Any:
            return await inner.handle_async_request(request)

        async def aclose(self) -> None:
            await inner.aclose()

    return AsyncHelper()


@pytest.mark.parametrize(("rfc", "second"), [(True, "reserved"), (False, "undetermined")])
def test_what_a_cache_behind_another_transport_kept_is_no_policy_of_now(
    edge: Any, cache: Any, raw_server: Any, http: Any, rfc: bool, second: str
) -> None:
    robots = http(b"User-agent: *\nAllow: /\n", cache_control="max-age=86400")
    pages = {"/page": http(b"<p>words", content_type="text/html", cache_control="no-store"), "/robots.txt": robots}
    with raw_server(pages) as server:

        async def once() -> None:
            inner = cache(edge.http_transport(), rfc=rfc)
            client = edge.client(transport=behind(edge, inner), trust_env=False)
            try:
                await edge.get(client, f"{server.url}/page")
            finally:
                await edge.close(client)

        edge.run(once)
        server.pages["/robots.txt"] = http(b"User-agent: *\nDisallow: /\n")
        with pytest.raises(Withheld, match="Disallow" if rfc else "answered by a cache"):
            edge.run(once)
    assert [decision["verdict"] for decision in edge.decisions] == ["unreserved", second]
