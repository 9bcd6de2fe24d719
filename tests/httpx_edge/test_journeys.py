"""Redirects and authentication: each address judged, one record for what is handed on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from tdm_guard import LogError, Withheld

IMAGE = {"content-type": "image/png"}
DIGEST = {"www-authenticate": 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'}


def redirect(edge: Any, to: str, **headers: str) -> Any:
    return lambda _: edge.answer(302, headers={"location": to, **headers}, pieces=[b"moved"])


def image(edge: Any, **headers: str) -> Any:
    return lambda _: edge.answer(headers={**IMAGE, **headers}, pieces=[b"png"])


def test_followed_redirects_are_hops_of_one_record(edge: Any) -> None:
    seen: list[Any] = []
    pages = {
        "a.example/": redirect(edge, "/next"),
        "a.example/next": redirect(edge, "https://b.example/photo"),
        "b.example/photo": image(edge),
    }

    async def scenario() -> None:
        client = edge.client(edge.site(pages, seen=seen), follow_redirects=True)
        response = await edge.get(client, "http://a.example/")
        assert response.content == b"png"
        assert response.extensions["tdm_guard"].hops == ("http://a.example/", "http://a.example/next")
        assert [earlier.status_code for earlier in response.history] == [302, 302]
        await edge.close(client)

    edge.run(scenario)
    (decision,) = edge.decisions
    assert (decision["url"], decision["final_url"]) == (decision["hops"][0], "https://b.example/photo")
    assert decision["origin"] == "https://b.example"
    assert "https://b.example/robots.txt" in {str(request.url) for request in seen}


def test_each_hop_is_judged_by_its_own_origin(edge: Any) -> None:
    seen: list[Any] = []

    async def scenario() -> None:
        client = edge.client(
            edge.site({"a.example/": redirect(edge, "http://b.example/private/x")}, seen=seen), follow_redirects=True
        )
        with pytest.raises(Withheld) as caught:
            await edge.get(client, "http://a.example/")
        assert str(caught.value.request.url) == "http://b.example/private/x"
        await edge.close(client)

    edge.run(scenario)
    (decision,) = edge.decisions
    assert (decision["final_url"], decision["hops"]) == ("http://b.example/private/x", ["http://a.example/"])
    assert not [request for request in seen if request.url.path.startswith("/private")]


def test_reserving_hop_is_the_refusal_of_that_hop(edge: Any) -> None:
    seen: list[Any] = []
    pages = {"a.example/": redirect(edge, "http://b.example/photo", **{"tdm-reservation": "1"})}

    async def scenario() -> None:
        client = edge.client(edge.site(pages, seen=seen), follow_redirects=True)
        with pytest.raises(Withheld):
            await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)
    (decision,) = edge.decisions
    assert (decision["url"], decision["status"], decision["hops"]) == ("http://a.example/", 302, [])
    assert "b.example" not in {request.url.host for request in seen}


@pytest.mark.parametrize("per_call", [True, False])
def test_redirect_that_is_not_followed_is_handed_on_and_recorded(edge: Any, per_call: bool) -> None:
    async def scenario() -> None:
        client = edge.client(
            edge.site({"a.example/": redirect(edge, "/photo"), "/photo": image(edge)}), follow_redirects=per_call
        )
        keywords = {"follow_redirects": False} if per_call else {}
        response = await edge.get(client, "http://a.example/", **keywords)
        assert response.status_code == 302
        assert response.extensions["tdm_guard"].content is False
        followed = await edge.call(client.send, response.next_request)
        assert followed.extensions["tdm_guard"].hops == ("http://a.example/",)
        await edge.close(client)

    edge.run(scenario)
    assert [(decision["status"], decision["hops"]) for decision in edge.decisions] == [
        (302, []),
        (200, ["http://a.example/"]),
    ]


def test_redirect_without_end_hands_nothing_on(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(edge.site({"/": redirect(edge, "/")}), follow_redirects=True, max_redirects=3)
        with pytest.raises(edge.module.TooManyRedirects):
            await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions == []


def test_redirect_to_what_is_no_page_is_refused(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(edge.site({"/": redirect(edge, "ftp://a.example/file")}), follow_redirects=True)
        with pytest.raises((ValueError, edge.module.UnsupportedProtocol), match="http"):
            await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)


def test_request_sent_again_inherits_no_hops(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(
            edge.site({"a.example/": redirect(edge, "/photo"), "/photo": image(edge)}), follow_redirects=True
        )
        request = client.build_request("GET", "http://a.example/")
        for _ in range(2):
            response = await edge.call(client.send, request)
            assert response.extensions["tdm_guard"].hops == ("http://a.example/",)
        await edge.close(client)

    edge.run(scenario)
    assert len(edge.decisions) == 2


@pytest.mark.parametrize("status", [200, 404])
def test_one_request_sent_several_times_at_once_has_a_record_each(edge: Any, status: int) -> None:
    site = edge.site(
        {
            "a.example/": redirect(edge, "/photo"),
            "/photo": lambda _: edge.answer(status, headers=IMAGE, pieces=[b"png"]),
        }
    )
    responses: list[Any] = []

    async def slow(request: Any) -> Any:
        await anyio.sleep(0.01)
        return site(request)

    async def scenario() -> None:
        client = edge.client(site if edge.sync else slow, follow_redirects=True, auth=("me", "word"))
        request = client.build_request("GET", "http://a.example/")

        async def send() -> None:
            responses.append(await client.send(request))

        if edge.sync:
            with ThreadPoolExecutor(4) as threads:
                responses.extend(threads.map(client.send, [request] * 4))
        else:
            async with anyio.create_task_group() as group:
                for _ in range(4):
                    group.start_soon(send)
        await edge.close(client)

    edge.run(scenario)
    assert len({response.extensions["tdm_guard"].id for response in responses}) == 4
    assert [decision["hops"] for decision in edge.decisions] == [["http://a.example/"]] * 4
    assert {decision["final_url"] for decision in edge.decisions} == {"http://a.example/photo"}


def test_final_request_sent_again_has_hops_of_its_own_only(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(
            edge.site({"a.example/": redirect(edge, "/photo"), "/photo": image(edge)}), follow_redirects=True
        )
        response = await edge.get(client, "http://a.example/")
        for again in (response.request, response.history[0].request):
            await edge.call(client.send, again)
        await edge.get(client, "http://a.example/photo", extensions=dict(response.history[0].request.extensions))
        await edge.get(client, "http://b.example/photo", extensions=dict(response.history[0].request.extensions))
        await edge.close(client)

    edge.run(scenario)
    assert [(decision["url"], decision["hops"]) for decision in edge.decisions] == [
        ("http://a.example/", ["http://a.example/"]),
        ("http://a.example/photo", []),
        ("http://a.example/", ["http://a.example/"]),
        ("http://a.example/", ["http://a.example/"]),  # made of that redirect's extensions, and where it leads
        ("http://b.example/photo", []),
    ]


def test_redirect_followed_by_hand_keeps_its_hop_until_it_is_answered(edge: Any) -> None:
    failures = [edge.module.ConnectError("reset")]

    def photo(request: Any) -> Any:
        if failures:
            raise failures.pop()
        return image(edge)(request)

    async def scenario() -> None:
        client = edge.client(edge.site({"a.example/": redirect(edge, "/photo"), "/photo": photo}))
        moved = await edge.get(client, "http://a.example/")
        with pytest.raises(edge.module.ConnectError):
            await edge.call(client.send, moved.next_request)
        for _ in range(2):
            await edge.call(client.send, moved.next_request)
        await edge.close(client)

    edge.run(scenario)
    assert [decision["hops"] for decision in edge.decisions] == [[], ["http://a.example/"], []]


def test_redirects_of_a_sign_in_are_no_hops_of_the_page(edge: Any) -> None:
    class Token(edge.module.Auth):  # type: ignore[name-defined]
        def auth_flow(self, request: Any) -> Any:
            yield edge.module.Request("GET", "http://login.example/", extensions=request.extensions)
            yield request

    async def scenario() -> None:
        pages = {"login.example/": redirect(edge, "/token"), "/token": image(edge), "/photo": image(edge)}
        client = edge.client(edge.site(pages), auth=Token(), follow_redirects=True)
        await edge.get(client, "http://a.example/photo")
        await edge.close(client)

    edge.run(scenario)
    assert [(decision["url"], decision["hops"]) for decision in edge.decisions] == [
        ("http://login.example/", ["http://login.example/"]),
        ("http://a.example/photo", []),
    ]


def test_request_within_a_hook_is_a_journey_of_its_own(edge: Any) -> None:
    asked: list[Any] = []

    async def scenario() -> None:
        client = edge.client(
            edge.site({"a.example/": redirect(edge, "/photo"), "/photo": image(edge), "/other": image(edge)}),
            follow_redirects=True,
        )

        def hook(response: Any) -> Any:
            if not asked:
                asked.append(None)
                client.get("http://b.example/other")

        async def hook_async(response: Any) -> None:
            if not asked:
                asked.append(None)
                await client.get("http://b.example/other")

        client.event_hooks = {"response": [hook if edge.sync else hook_async]}
        await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)
    assert [(decision["url"], decision["hops"]) for decision in edge.decisions] == [
        ("http://b.example/other", []),
        ("http://a.example/", ["http://a.example/"]),
    ]


def test_cookie_without_domain_reaches_each_hop_and_is_recorded(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(
            edge.site({"a.example/": redirect(edge, "http://b.example/photo"), "/photo": image(edge)}),
            follow_redirects=True,
            cookies={"session": "1"},
        )
        await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions[0]["authenticated"] is True


def test_observed_hop_keeps_its_record(edge: Any) -> None:
    pages = {"a.example/private/1": redirect(edge, "http://b.example/photo"), "/photo": image(edge)}

    async def scenario() -> None:
        client = edge.client(edge.site(pages), follow_redirects=True, mode="observe")
        response = await edge.get(client, "http://a.example/private/1")
        assert response.content == b"png"
        await edge.close(client)

    edge.run(scenario)
    hop, final = edge.decisions
    assert (hop["url"], hop["verdict"], hop["admitted"]) == ("http://a.example/private/1", "reserved", True)
    assert final["hops"] == ["http://a.example/private/1"]


def test_bare_transport_records_each_redirect_and_knows_the_hops(edge: Any) -> None:
    site = edge.site({"a.example/": redirect(edge, "/photo"), "/photo": image(edge)})

    async def scenario() -> None:
        transport = edge.transport_class(edge.module.MockTransport(site), **edge.options())
        client = edge.plain(transport=transport, follow_redirects=True)
        response = await edge.get(client, "http://a.example/")
        assert response.extensions["tdm_guard"].hops == ("http://a.example/",)
        await edge.close(client)

    edge.run(scenario)
    assert [(decision["status"], decision["content"]) for decision in edge.decisions] == [(302, False), (200, True)]
    assert len(edge.records("end")) == 1


# Authentication.


def protected(edge: Any, word: str) -> Any:
    def page(request: Any) -> Any:
        if word in request.headers.get("authorization", ""):
            return edge.answer(headers=IMAGE, pieces=[b"png"])
        return edge.answer(401, headers=DIGEST, pieces=[b"sign in"])

    return page


def test_digest_challenge_is_answered_and_leaves_one_record(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(
            edge.site({"a.example/": redirect(edge, "/photo"), "/photo": protected(edge, 'username="me"')}),
            auth=edge.module.DigestAuth("me", "word"),
            follow_redirects=True,
        )
        response = await edge.get(client, "http://a.example/")
        assert response.content == b"png"
        await edge.close(client)

    edge.run(scenario)
    (decision,) = edge.decisions
    assert (decision["final_url"], decision["status"]) == ("http://a.example/photo", 200)
    assert decision["authenticated"] is True
    assert decision["hops"] == ["http://a.example/"]


def test_challenge_that_stays_unanswered_is_recorded(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(edge.site({"/": protected(edge, "never")}))
        for auth in (None, edge.module.DigestAuth("me", "word")):
            response = await edge.get(client, "http://a.example/", auth=auth)
            assert response.status_code == 401
            assert response.extensions["tdm_guard"].content is False
        await edge.close(client)

    edge.run(scenario)
    assert [decision["status"] for decision in edge.decisions] == [401, 401]


def test_responses_that_an_auth_flow_uses_are_judged(edge: Any) -> None:
    class Token(edge.module.Auth):  # type: ignore[name-defined]
        requires_response_body = True

        def auth_flow(self, request: Any) -> Any:
            response = yield edge.module.Request("POST", "http://login.example/token")
            request.headers["authorization"] = response.text
            yield request

    pages = {
        "/token": lambda _: edge.module.Response(200, text="Bearer t", headers={"content-type": "text/plain"}),
        "/photo": protected(edge, "Bearer t"),
    }

    async def scenario() -> None:
        client = edge.client(edge.site(pages), auth=Token())
        response = await edge.get(client, "http://a.example/photo")
        assert response.content == b"png"
        await edge.close(client)

    edge.run(scenario)
    assert [decision["url"] for decision in edge.decisions] == [
        "http://login.example/token",
        "http://a.example/photo",
    ]


@pytest.mark.parametrize("signed", [False, True])
def test_response_that_only_a_hook_saw_is_recorded(edge: Any, signed: bool) -> None:
    def complain(response: Any) -> None:
        response.request = response.request
        response.raise_for_status()

    async def complain_later(response: Any) -> None:
        complain(response)

    async def scenario() -> None:
        client = edge.client(
            edge.site({}),
            event_hooks={"response": [complain if edge.sync else complain_later]},
            auth=edge.module.DigestAuth("me", "word") if signed else None,
        )
        with pytest.raises(edge.module.HTTPStatusError):
            await edge.get(client, "http://a.example/missing")
        await edge.close(client)

    edge.run(scenario)
    assert [decision["status"] for decision in edge.decisions] == [404]


def test_waiting_record_that_cannot_be_written_closes_the_response(edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = edge.answer(401, pieces=[b"sign in"])

    def fail(*_: Any, **__: Any) -> None:
        raise LogError("no space")

    async def scenario() -> None:
        client = edge.client(edge.site({"/": answer}), auth=edge.module.DigestAuth("me", "word"))
        monkeypatch.setattr("tdm_guard.log.jsonl.JsonlLog.decision", fail)
        with pytest.raises(LogError):
            await edge.open(client, "http://a.example/")
        monkeypatch.undo()
        assert answer.is_closed
        await edge.close(client)

    edge.run(scenario)
