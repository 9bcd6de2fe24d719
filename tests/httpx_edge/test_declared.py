"""Documents that a response declares, and bodies that speak although they are no pages."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from tdm_guard import Statement, Withheld
from tdm_guard.model import Declared, Reading, Result, Source, Stance
from tdm_guard.signals import SIGNALS
from tdm_guard.signals.shape import DocumentReading, Signal
from tdm_guard.usage import EVERY

LICENCE = "http://licences.example/terms"
IMAGE = {"content-type": "image/png"}


class Says:
    def __init__(self, statement: Statement) -> None:
        self.statement = statement

    def says(self, target: str) -> Reading:
        return Reading((self.statement,))


def read_headers(fields: Any, source: Source, listener: Any) -> Reading:
    found = tuple(
        Declared.at(source, url=value, signal="terms", excerpt=value) for name, value in fields if name == "terms"
    )
    return Reading(declared=found)


def read_declared(declared: Declared, fetched: Any, source: Source, listener: Any) -> DocumentReading:
    def states(stance: Stance) -> Statement:
        return Statement.at(source, signal="terms", usages=EVERY, stance=stance)

    if fetched.status != 200:
        return DocumentReading(result=Result.UNREACHABLE, hold=(states(Stance.UNDETERMINED),))
    stance = Stance.PERMITTED if fetched.body == b"yes" else Stance.RESERVED
    return DocumentReading(result=Result.READ, site=Says(states(stance)))


TERMS = Signal(
    name="terms",
    title="Terms",
    spec="made for this test",
    headers=frozenset({"terms"}),
    read_headers=read_headers,
    read_declared=read_declared,
)


@pytest.mark.parametrize(("terms", "verdict"), [(b"yes", "permitted"), (b"no", "reserved"), (None, "undetermined")])
@pytest.mark.parametrize("kind", ["image/png", "text/html"])
def test_declared_document_is_read_before_the_decision(edge: Any, terms: bytes | None, verdict: str, kind: str) -> None:
    seen: list[Any] = []
    answer = edge.answer(headers={"content-type": kind, "terms": LICENCE}, pieces=[b"<p>"])
    document = edge.module.Response(503) if terms is None else edge.module.Response(200, content=terms)

    async def scenario() -> None:
        client = edge.client(edge.site({"/": answer, "/terms": document}, seen=seen), signals=(*SIGNALS, TERMS))
        if verdict == "permitted":
            assert (await edge.get(client, "http://a.example/")).content == b"<p>"
        else:
            with pytest.raises(Withheld):
                await edge.get(client, "http://a.example/")
            assert answer.is_closed
        await edge.close(client)

    edge.run(scenario)
    assert [decision["verdict"] for decision in edge.decisions] == [verdict]
    assert [str(request.url) for request in seen if request.url.path == "/terms"] == [LICENCE]


def test_declared_document_is_read_once_for_many(async_edge: Any) -> None:
    edge = async_edge
    seen: list[Any] = []
    site = edge.site(
        {
            "/": lambda _: edge.answer(headers={**IMAGE, "terms": LICENCE}, pieces=[b"png"]),
            "/terms": lambda _: edge.module.Response(200, content=b"yes"),
        },
        seen=seen,
    )

    async def slow(request: Any) -> Any:
        await anyio.sleep(0)
        return site(request)

    async def scenario() -> None:
        client = edge.client(slow, signals=(*SIGNALS, TERMS))
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(edge.get, client, "http://a.example/")
        assert client._transport.session._flights == {}
        await edge.close(client)

    edge.run(scenario)
    assert len([request for request in seen if request.url.path == "/terms"]) == 1
    assert [decision["verdict"] for decision in edge.decisions] == ["permitted"] * 5


def test_refusal_by_other_words_needs_no_declared_document(edge: Any) -> None:
    seen: list[Any] = []
    headers = {**IMAGE, "terms": LICENCE, "tdm-reservation": "1"}

    async def scenario() -> None:
        client = edge.client(
            edge.site({"/": edge.answer(headers=headers, pieces=[])}, seen=seen), signals=(*SIGNALS, TERMS)
        )
        with pytest.raises(Withheld):
            await edge.get(client, "http://a.example/")
        await edge.close(client)

    edge.run(scenario)
    assert LICENCE not in {str(request.url) for request in seen}
