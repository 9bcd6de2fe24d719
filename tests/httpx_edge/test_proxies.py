"""Policies go the way of pages: the proxy or mount of their own URL, with its credentials and nobody else's."""

from __future__ import annotations

import base64
import socket
from typing import Any

import pytest

from tdm_guard import Withheld

TAR = {"content_type": "application/x-tar"}
DENIED = "407 Proxy Authentication Required"
RSL = (
    b'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>'
    b'<permits type="usage">ai-all</permits></license></content></rsl>'
)


def asking(http: Any, name: str, word: str, answer: bytes) -> Any:
    """An answer for those who bring the credentials; the proxy keeps its connections."""
    basic = "basic " + base64.b64encode(f"{name}:{word}".encode()).decode().lower()

    def page(head: str) -> bytes:
        given = basic in head.lower()
        return answer if given else http(b"", DENIED, proxy_authenticate="Basic realm=x")

    return page


class Everything(dict):  # type: ignore[type-arg]
    """Pages of a proxy: what is not named is a 404, for those who bring the credentials."""

    def __init__(self, pages: dict[str, bytes], http: Any, name: str = "", word: str = "") -> None:
        super().__init__(pages)
        self.wrap = (lambda answer: asking(http, name, word, answer)) if name else (lambda answer: answer)
        self.missing = http(b"", "404 Not Found")

    def get(self, target: str, default: Any = None) -> Any:
        return self.wrap(super().get(target, self.missing))


def mounts(edge: Any, **proxies: str) -> dict[str, Any]:
    return {
        "all://" + ("" if host == "rest" else host.replace("_", ".")): edge.http_transport(proxy=url)
        for host, url in proxies.items()
    }


def with_word(url: str, name: str, word: str) -> str:
    return url.replace("http://", f"http://{name}:{word}@")


def test_policies_and_declared_documents_take_the_mount_of_their_own_url(edge: Any, raw_server: Any, http: Any) -> None:
    link = '<http://licences.example/l.xml>; rel="license"; type="application/rsl+xml"'
    one = Everything({"http://a.example/tar": http(b"words", link=link, **TAR)}, http, "me", "one")
    other = Everything(
        {"http://licences.example/l.xml": http(RSL, content_type="application/rsl+xml")}, http, "me", "2"
    )
    with raw_server(one) as first, raw_server(other) as second:

        async def scenario() -> None:
            proxies = mounts(
                edge, a_example=with_word(first.url, "me", "one"), licences_example=with_word(second.url, "me", "2")
            )
            client = edge.client(mounts=proxies, trust_env=False, usages={"ai-training"})
            assert (await edge.get(client, "http://a.example/tar")).content == b"words"
            await edge.close(client)

        edge.run(scenario)
    assert sorted(first.targets()) == sorted(
        ["http://a.example/tar", *[f"http://a.example{d}" for d in edge.documents]]
    )
    assert second.targets() == ["http://licences.example/l.xml"]
    assert {result["result"] for result in edge.decisions[0]["checked"]} == {"absent", "read"}
    words = [base64.b64encode(word).decode() for word in (b"me:one", b"me:2")]
    assert all(words[0] in head and words[1] not in head for head in first.asked)
    assert all(words[1] in head and words[0] not in head for head in second.asked)


def test_redirected_policy_takes_the_mount_of_where_it_leads(edge: Any, raw_server: Any, http: Any) -> None:
    moved = http(b"", "301 Moved Permanently", location="http://b.example/robots.txt")
    one = Everything({"http://a.example/robots.txt": moved}, http)
    other = Everything({"http://b.example/robots.txt": http(b"User-agent: *\nDisallow: /\n")}, http)
    with raw_server(one) as first, raw_server(other) as second:

        async def scenario() -> None:
            client = edge.client(mounts=mounts(edge, rest=first.url, b_example=second.url), trust_env=False)
            with pytest.raises(Withheld):
                await edge.get(client, "http://a.example/tar")
            await edge.close(client)

        edge.run(scenario)
    assert "http://a.example/tar" not in first.targets()
    assert second.targets() == ["http://b.example/robots.txt"]


@pytest.mark.parametrize("kind", ["proxy", "guarded", "environment"])
def test_proxy_and_its_word_are_the_same_for_policies(
    edge: Any, raw_server: Any, http: Any, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with raw_server(Everything({"http://a.example/tar": http(b"words", **TAR)}, http, "me", "word")) as proxy:
        url = with_word(proxy.url, "me", "word")
        if kind == "environment":
            monkeypatch.setenv("http_proxy", url)

        async def scenario() -> None:
            if kind == "guarded":
                client = edge.guarded.guard_client(edge.plain(proxy=url), **edge.options(agent="ExampleBot"))
            else:
                client = edge.client(**({"proxy": url} if kind == "proxy" else {}))
            assert (await edge.get(client, "http://a.example/tar")).content == b"words"
            await edge.close(client)

        edge.run(scenario)
    assert len(proxy.asked) == 1 + len(edge.documents)
    assert {result["result"] for result in edge.decisions[0]["checked"]} == {"absent"}


def test_proxy_that_turns_us_away_is_no_word_of_the_site(edge: Any, raw_server: Any, http: Any) -> None:
    """RFC 9309 takes a 4xx for a site without rules; this one is not the site's."""
    with raw_server(Everything({"http://a.example/tar": http(b"words", **TAR)}, http, "me", "word")) as proxy:

        async def scenario() -> None:
            client = edge.client(proxy=proxy.url, trust_env=False)
            with pytest.raises(Withheld) as caught:
                await edge.get(client, "http://a.example/tar")
            assert caught.value.decision.verdict == "undetermined"
            await edge.close(client)

        edge.run(scenario)
    assert "http://a.example/tar" not in proxy.targets()
    assert edge.decisions[0]["checked"][0]["result"] == "unreachable"


def test_host_that_a_mount_exempts_is_asked_directly(edge: Any, raw_server: Any, http: Any) -> None:
    site = {"/tar": http(b"words", **TAR)}
    with raw_server(Everything({}, http)) as proxy, raw_server(site) as direct:

        async def scenario() -> None:
            proxies = mounts(edge, rest=proxy.url) | {"all://127.0.0.1": None}
            client = edge.client(mounts=proxies, trust_env=False)
            assert (await edge.get(client, f"{direct.url}/tar")).content == b"words"
            await edge.close(client)

        edge.run(scenario)
    assert proxy.asked == []
    assert sorted(direct.targets()) == sorted(["/tar", *edge.documents])


@pytest.mark.parametrize("exempt", ["http://inside.example:{port}", "http://"])
def test_a_host_is_looked_up_where_its_very_url_goes_without_a_proxy(
    edge: Any, raw_server: Any, http: Any, monkeypatch: pytest.MonkeyPatch, exempt: str
) -> None:
    really = socket.getaddrinfo

    def looked_up(host: Any, *rest: Any, **more: Any) -> Any:
        return really("127.0.0.1" if host in ("inside.example", b"inside.example") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    with raw_server({"/l.xml": http(RSL), "/admin": http(b"")}) as inside:
        port = inside.url.rpartition(":")[2]
        link = f'<http://inside.example:{port}/l.xml>; rel="license"; type="application/rsl+xml"'
        moved = http(b"", "302 Found", location=f"http://inside.example:{port}/admin")
        pages = {"http://site.example/tar": http(b"words", link=link, **TAR), "http://site.example/ai.txt": moved}
        with raw_server(Everything(pages, http)) as proxy:

            async def scenario() -> None:
                ways = mounts(edge, rest=proxy.url) | {exempt.format(port=port): None}
                ways |= {"http://site.example": edge.http_transport(proxy=proxy.url)}
                client = edge.client(mounts=ways, trust_env=False, usages={"ai-training"})
                with pytest.raises(Withheld):
                    await edge.get(client, "http://site.example/tar")
                await edge.close(client)

            edge.run(scenario)
    assert inside.asked == []
    assert "private address" in str(edge.decisions[0])
