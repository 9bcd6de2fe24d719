"""`decision_of` over the clients: the decision in the log, for what was handed on."""

from __future__ import annotations

from typing import Any

import pytest

from tdm_guard import Withheld, decision_of


def test_it_is_the_decision_in_the_log(edge: Any) -> None:
    async def scenario() -> None:
        pages = {"/": edge.answer(text="words"), "/gone": edge.answer(410)}
        client = edge.client(edge.site(pages))
        for path, status in (("/", 200), ("/gone", 410)):
            decision = decision_of(await edge.get(client, f"http://a.example{path}"))
            assert decision is not None
            assert (decision.admitted, decision.status) == (True, status)
            assert decision.id == edge.decisions[-1]["id"] != ""
        response = await edge.open(client, "http://a.example/")  # while its body streams
        streaming = decision_of(response)
        assert streaming is not None
        assert streaming.id == edge.decisions[-1]["id"]
        await edge.close(response)
        await edge.close(client)

    edge.run(scenario)


def test_of_a_journey_only_what_was_handed_on_has_one(edge: Any) -> None:
    async def scenario() -> None:
        pages = {"/": edge.answer(302, headers={"location": "/end"}), "/end": edge.answer(text="words")}
        client = edge.client(edge.site(pages), follow_redirects=True)
        response = await edge.get(client, "http://a.example/")
        decision = decision_of(response)
        assert decision is not None
        assert decision.final_url == "http://a.example/end"
        assert [decision_of(followed) for followed in response.history] == [None]
        await edge.close(client)

    edge.run(scenario)


def test_no_guard_no_decision(edge: Any) -> None:
    async def scenario() -> None:
        handler = edge.site({"/": edge.answer(text="words"), "/private": edge.answer(text="words")})
        plain = edge.plain(transport=edge.module.MockTransport(handler))
        assert decision_of(await edge.get(plain, "http://a.example/")) is None
        await edge.close(plain)
        client = edge.client(handler)
        with pytest.raises(Withheld) as withheld:
            await edge.get(client, "http://a.example/private")
        assert withheld.value.decision.id == edge.decisions[-1]["id"]
        await edge.close(client)

    edge.run(scenario)


def test_one_response_has_its_own(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(edge.site({"/": lambda _: edge.answer(text="words")}))
        responses = [await edge.get(client, "http://a.example/") for _ in range(3)]
        decisions = [decision_of(response) for response in responses]
        assert [item and item.id for item in decisions] == [record["id"] for record in edge.decisions]
        assert len(set(map(id, decisions))) == 3
        await edge.close(client)

    edge.run(scenario)
