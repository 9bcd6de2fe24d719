"""Making clients: options, the agent's name, proxies and mounts, addresses that cannot be judged, the end of a run."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
from typing import Any

import httpx2
import pytest

from tdm_guard import ConfigurationError, LogError, UnsupportedURL, Withheld, __version__

IMAGE = {"content-type": "image/png"}


def image(edge: Any) -> Any:
    return lambda _: edge.answer(headers=IMAGE, pieces=[b"png"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"usage": "tdm"}, "usage: unknown option; did you mean usages"),
        ({"usages": {"mining"}}, "mining"),
        ({"mode": "off"}, "mode: 'off' is not one of enforce, observe"),
        ({"policy_timeout": -1}, "policy_timeout"),
        ({"enabled": False}, "enabled: only Scrapy"),
        ({"agent": "two words"}, "agent"),
        ({"cache": "pickle:"}, "cache"),
    ],
)
def test_bad_options_are_named_and_nothing_is_begun(edge: Any, options: dict[str, Any], message: str) -> None:
    seen: list[Any] = []
    with pytest.raises(ConfigurationError, match=message):
        edge.client(edge.site({}, seen=seen), **options)
    with pytest.raises(ConfigurationError, match=message):
        edge.transport_class(edge.module.MockTransport(edge.site({}, seen=seen)), **edge.options(**options))
    client = edge.plain()
    with pytest.raises(ConfigurationError, match=message):
        edge.guarded.guard_client(client, **edge.options(**options))
    assert not isinstance(client._transport, edge.transport_class)
    assert seen == []
    assert not edge.log.exists()


def test_log_that_cannot_be_opened_is_an_error(edge: Any) -> None:
    with pytest.raises(LogError):
        edge.client(edge.site({}), log=str(edge.log.parent))


def test_client_keeps_its_own_keywords(edge: Any) -> None:
    client = edge.client(edge.site({}), base_url="http://a.example/v1", headers={"x-own": "1"}, timeout=7)
    assert str(client.base_url) == "http://a.example/v1/"
    assert client.headers["x-own"] == "1"
    assert client.timeout.read == 7


@pytest.mark.parametrize(
    ("user_agent", "agent"),
    [
        ("ExampleBot/1.0 (+http://example.org/bot)", "ExampleBot"),
        ("Mozilla/5.0 (compatible; OtherBot/2.1; +http://example.org)", "OtherBot"),
        (None, "*"),  # nobody, and nothing is sent
    ],
)
def test_agent_is_the_clients_own(edge: Any, user_agent: str | None, agent: str) -> None:
    headers = {"user-agent": user_agent} if user_agent else {}
    edge.client(edge.site({}), agent=None, headers=headers)
    assert edge.records("run")[0]["agent"] == agent


@pytest.mark.parametrize("by_environment", [False, True])
def test_options_of_a_file_are_read_and_what_is_given_beside_wins(
    edge: Any, by_environment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = edge.log.with_name("tdm.toml")
    file.write_text('usages = ["search"]\nposture = "literal"\nagent = "FileBot"\n')
    if by_environment:
        monkeypatch.setenv("TDM_GUARD_CONFIG", str(file))
    given = {} if by_environment else {"config": file}
    edge.client(edge.site({}), agent=None, posture="cautious", **given)
    run = edge.records("run")[0]
    assert (run["usages"], run["agent"], run["posture"]) == (["search"], "FileBot", "cautious")


def test_file_that_cannot_be_used_is_an_error(edge: Any) -> None:
    with pytest.raises(ConfigurationError, match="config"):
        edge.client(edge.site({}), config=edge.log.with_name("none.toml"))
    assert not edge.log.exists()


def test_browsers_name_needs_an_agent(edge: Any) -> None:
    with pytest.raises(ConfigurationError, match='agent="ExampleBot"'):
        edge.client(edge.site({}), agent=None, headers={"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})


def test_request_under_another_name_is_refused_unless_the_agent_was_given(
    edge: Any, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[Any] = []
    site = edge.site({"/": image(edge)}, seen=seen)

    async def scenario() -> None:
        client = edge.client(site, agent=None, headers={"user-agent": "ExampleBot/1.0"})
        with pytest.raises(ConfigurationError, match='agent="OtherBot"'):
            await edge.get(client, "http://a.example/", headers={"user-agent": "OtherBot/1.0"})
        assert seen == []
        await edge.get(client, "http://a.example/")
        named = edge.client(site)
        await edge.get(named, "http://a.example/", headers={"user-agent": "Mozilla/5.0 (compatible; ExampleBot/2)"})
        assert caplog.messages == []
        for _ in range(2):
            await edge.get(named, "http://a.example/", headers={"user-agent": "OtherBot/1.0"})
        await edge.get(named, "http://a.example/", headers={"user-agent": "ThirdBot/1.0"})
        said = "and what sites say to ExampleBot is obeyed"
        assert [told.partition(", not what")[0] for told in caplog.messages] == [
            f"agent: requests go out as {name}, {said}" for name in ("OtherBot", "ThirdBot")
        ]
        await edge.close(client)
        await edge.close(named)

    edge.run(scenario)


@pytest.mark.parametrize("way", ["made", "guarded", "transport"])
@pytest.mark.parametrize("contact", ["", "https://bot.example/"])
def test_the_site_sees_the_name_that_the_record_has(edge: Any, way: str, contact: str) -> None:
    seen: list[Any] = []
    over = edge.module.MockTransport(edge.site({"/": image(edge)}, seen=seen))
    given = {"operator": {"contact": contact}} if contact else {}

    async def scenario() -> None:
        if way == "made":
            client = edge.client(transport=over, **given)
        elif way == "guarded":
            client = edge.guarded.guard_client(edge.plain(transport=over), **edge.options(**given))
        else:
            client = edge.plain(transport=edge.transport_class(over, **edge.options(**given)))
        await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)
    sent = f"ExampleBot/{__version__}" + (f" (+{contact})" if contact else "")
    assert {request.headers["user-agent"] for request in seen} == {sent}
    assert len(seen) == len(edge.documents) + 1
    assert edge.records("run")[0]["agent"] == "ExampleBot"


@pytest.mark.parametrize("way", ["made", "guarded", "transport"])
def test_who_has_no_name_sends_nothing(edge: Any, way: str) -> None:
    seen: list[Any] = []
    over = edge.module.MockTransport(edge.site({"/": image(edge)}, seen=seen))
    options = edge.options(agent=None)

    async def scenario() -> None:
        if way == "made":
            client = edge.client(transport=over, agent=None)
        elif way == "guarded":
            client = edge.guarded.guard_client(edge.plain(transport=over), **options)
        else:
            client = edge.plain(transport=edge.transport_class(over, **options))
        for headers in ({}, {"user-agent": ""}):
            with pytest.raises(ConfigurationError, match='give the guard agent="ExampleBot"'):
                await edge.get(client, "http://a.example/", headers=headers)
        with pytest.raises(ConfigurationError, match=r'said to everybody.*agent="OtherBot"'):
            await edge.get(client, "http://a.example/", headers={"user-agent": "OtherBot/1.0"})
        await edge.close(client)

    edge.run(scenario)
    assert seen == []
    assert edge.decisions == []


def test_robots_group_of_the_clients_name_is_heard(edge: Any) -> None:
    site = edge.site({"/": image(edge)}, robots="User-agent: MyBot\nDisallow: /\n")

    async def scenario() -> None:
        client = edge.client(site, agent=None, headers={"user-agent": "MyBot/3"})
        with pytest.raises(Withheld):
            await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)


# Every way out is guarded.


def test_private_names_that_guarding_rests_on(edge: Any) -> None:
    inner = edge.http_transport()
    client = edge.plain(transport=inner, mounts={"http://a.example": None}, trust_env=False)
    assert client._transport is inner
    assert list(client._mounts.values()) == [None]
    assert client._transport_for_url(edge.module.URL("http://b.example/")) is inner
    proxied = edge.http_transport(proxy="http://127.0.0.1:9")
    local = edge.http_transport(uds="/nowhere")
    family = edge.transport_class.family
    assert (family.direct(inner), family.direct(proxied), family.direct(local)) == (True, False, False)
    assert (family.traced(inner), family.traced(edge.module.MockTransport(print))) == (True, False)


def wrapped(edge: Any, client: Any) -> list[bool]:
    ways = [client._transport, *client._mounts.values()]
    return [isinstance(way, edge.transport_class) for way in ways if way is not None]


def test_transport_beside_a_proxy_is_guarded_and_so_is_the_proxy(edge: Any) -> None:
    inner = edge.http_transport()
    client = edge.client(transport=inner, proxy="http://127.0.0.1:9")
    assert wrapped(edge, client) == [True, True]
    assert client._transport.inner is inner


def test_proxies_of_the_environment_are_guarded(edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "internal.example")
    client = edge.client()
    assert wrapped(edge, client) == [True, True, True]
    assert None in client._mounts.values()


def test_mounts_are_guarded_and_policies_take_the_same_way(edge: Any) -> None:
    ways: dict[str, list[Any]] = {"default": [], "mounted": []}
    mock = edge.module.MockTransport
    pages = {"/": image(edge), "/r": lambda _: edge.answer(headers={"tdm-reservation": "1"}, pieces=[])}

    async def scenario() -> None:
        client = edge.client(
            edge.site(pages, seen=ways["default"]),
            mounts={"all://b.example": mock(edge.site(pages, seen=ways["mounted"])), "all://c.example": None},
        )
        assert wrapped(edge, client) == [True, True]
        for host in "abc":
            await edge.get(client, f"http://{host}.example/")
            with pytest.raises(Withheld):
                await edge.get(client, f"http://{host}.example/r")
        await edge.close(client)

    edge.run(scenario)
    assert {request.url.host for request in ways["mounted"]} == {"b.example"}
    assert {request.url.host for request in ways["default"]} == {"a.example", "c.example"}
    assert "/robots.txt" in {request.url.path for request in ways["mounted"]}


def test_policy_redirect_takes_the_way_of_its_new_host(edge: Any) -> None:
    mounted: list[Any] = []
    away = edge.module.Response(301, headers={"location": "http://b.example/robots.txt"})

    async def scenario() -> None:
        client = edge.client(
            edge.site({"a.example/robots.txt": away, "/private/x": image(edge)}),
            mounts={"all://b.example": edge.module.MockTransport(edge.site({}, seen=mounted))},
        )
        with pytest.raises(Withheld):
            await edge.get(client, "http://a.example/private/x")
        await edge.close(client)

    edge.run(scenario)
    assert [request.url.path for request in mounted] == ["/robots.txt"]


def test_built_client_is_guarded_in_place_and_once(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.plain(transport=edge.module.MockTransport(edge.site({"/": image(edge)})))
        assert edge.guarded.guard_client(client, **edge.options()) is client
        assert (await edge.get(client, "http://a.example/")).extensions["tdm_guard"].admitted
        with pytest.raises(ConfigurationError, match="guarded already"):
            edge.guarded.guard_client(client, **edge.options())
        with pytest.raises(ConfigurationError, match="guarded already"):
            edge.transport_class(client._transport, **edge.options())
        with pytest.raises(ConfigurationError, match="guarded already"):
            edge.client(transport=edge.transport_class(edge.module.MockTransport(print), **edge.options()))
        await edge.close(client)
        with pytest.raises(ConfigurationError, match="closed"):
            edge.guarded.guard_client(client, **edge.options())

    edge.run(scenario)
    assert len(edge.decisions) == 1


def test_what_is_no_client_of_this_package_is_refused(edge: Any) -> None:
    import httpx
    import httpx2

    stranger = (httpx2 if edge.name == "httpx" else httpx).Client(transport=object(), trust_env=False)
    for given in (stranger, edge.module, None):
        with pytest.raises(ConfigurationError, match=f"no client of {edge.name}"):
            edge.guarded.guard_client(given, **edge.options())


def test_transport_of_its_own_reaches_the_network(edge: Any) -> None:
    transport = edge.transport_class(**edge.options())
    assert isinstance(transport.inner, type(edge.http_transport()))


# Addresses.


@pytest.mark.parametrize(
    "url", ["ftp://a.example/x", "mailto:a@a.example", "/relative", "ws://a.example/", "http:///x"]
)
def test_what_is_no_web_address_is_an_error_that_says_so(edge: Any, url: str) -> None:
    seen: list[Any] = []

    async def scenario() -> None:
        client = edge.client(edge.site({}, seen=seen))
        with pytest.raises(UnsupportedURL, match="http"):
            await edge.get(client, url)
        await edge.close(client)

    edge.run(scenario)
    assert seen == []


def test_tunnel_is_refused(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(edge.site({}))
        with pytest.raises(UnsupportedURL, match="tunnel"):
            await edge.call(client.request, "CONNECT", "http://a.example/")
        await edge.close(client)

    edge.run(scenario)


def test_address_is_the_one_that_the_server_is_told(edge: Any) -> None:
    seen: list[Any] = []
    reserving = "User-agent: *\nDisallow: /\n"
    site = edge.site({"named.example/robots.txt": edge.module.Response(200, text=reserving)}, seen=seen)

    async def scenario() -> None:
        client = edge.client(site)
        with pytest.raises(Withheld):
            await edge.get(client, "http://192.0.2.1/x", headers={"host": "named.example"})
        for host in ("bad/host", "a b", ""):
            with pytest.raises(ConfigurationError, match="no host"):
                await edge.get(client, "http://192.0.2.1/x", headers={"host": host})
        with pytest.raises(ConfigurationError, match="two Host"):
            await edge.get(client, "http://192.0.2.1/x", headers=[("host", "a.example"), ("host", "b.example")])
        with pytest.raises(ConfigurationError, match="target"):
            await edge.get(client, "http://a.example/x", extensions={"target": b"/private/x"})
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions[0]["url"] == "http://named.example/x"
    assert "/x" not in {request.url.path for request in seen}


# The end of a run.


def test_closing_ends_the_run_once(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(edge.site({"/": image(edge)}))
        await edge.get(client, "http://a.example/")
        await edge.close(client)
        await edge.close(client)

    edge.run(scenario)
    (end,) = edge.records("end")
    assert end["totals"] == {"unreserved": 1}


def test_context_ends_the_run(edge: Any) -> None:
    async def scenario() -> None:
        if edge.sync:
            with edge.client(edge.site({"/": image(edge)})) as client:
                client.get("http://a.example/")
        else:
            async with edge.client(edge.site({"/": image(edge)})) as client:
                await client.get("http://a.example/")

    edge.run(scenario)
    assert len(edge.records("end")) == 1


def test_forgotten_client_ends_its_run(edge: Any) -> None:
    client = edge.client(edge.site({}))
    assert edge.records("end") == []
    del client
    gc.collect()
    assert len(edge.records("end")) == 1


def test_client_that_lives_to_the_exit_ends_its_run(sync_edge: Any) -> None:
    code = (
        f"from tdm_guard.{sync_edge.name} import GuardClient\n"
        f"client = GuardClient(agent='ExampleBot', log={str(sync_edge.log)!r})\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert len(sync_edge.records("end")) == 1


@pytest.mark.skipif(not hasattr(httpx2, "alias_httpx"), reason="this httpx2 cannot stand in for httpx")
def test_both_modules_work_when_the_application_made_them_one(sync_edge: Any) -> None:
    code = (
        "import httpx2; httpx2.alias_httpx()\n"
        "import httpx, tdm_guard.httpx, tdm_guard.httpx2\n"
        "assert httpx is httpx2\n"
        "def site(request): return httpx.Response(404)\n"
        f"log = {str(sync_edge.log)!r}\n"
        "for guarded in (tdm_guard.httpx, tdm_guard.httpx2):\n"
        "    with guarded.GuardClient(transport=httpx.MockTransport(site), agent='ExampleBot', log=log) as client:\n"
        "        assert client.get('http://a.example/').extensions['tdm_guard'].status == 404\n"
        "client = tdm_guard.httpx.guard_client(httpx2.Client(), agent='ExampleBot', log=log)\n"
        "try: tdm_guard.httpx2.guard_client(client, agent='ExampleBot', log=log)\n"
        "except ValueError: print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "refused"
    assert len(sync_edge.decisions) == 2


def test_a_run_ends_with_its_counts(edge: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tdm_guard")

    def fails(request: Any) -> Any:
        raise edge.module.ReadTimeout("silent", request=request)

    async def scenario() -> None:
        client = edge.client(edge.site({"/": image(edge), "/late": fails}))
        await edge.get(client, "http://a.example/")
        with pytest.raises(Withheld):
            await edge.get(client, "http://a.example/private")
        with pytest.raises(edge.module.ReadTimeout):
            await edge.get(client, "http://a.example/late")
        await edge.close(client)

    edge.run(scenario)
    assert len(edge.decisions) == 2  # what failed has no record
    assert f"1 admitted, 1 withheld, 1 failed; log: {edge.log}" in caplog.messages
