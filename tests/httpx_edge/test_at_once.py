"""A small body is looked at once, when it is there; whoever reads it bit by bit comes to the same decision."""

from __future__ import annotations

from typing import Any

import pytest

from tdm_guard import Withheld
from tdm_guard._clients.receive import AT_ONCE
from tests.support.assets import FILES

TYPES = (None, "application/octet-stream", "application/json", "text/plain", "application/xml")
META = b'<!doctype html><meta name="tdm-reservation" content="1"><title>t</title>'
LETTER = b"From: <Saved by a browser>\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\n" + META
BODIES = {
    **{f"{name}, {how}": getattr(kind, how) for name, kind in FILES.items() for how in ("reserving", "silent")},
    "page": META + b"<p>words</p>" * 200,
    "long page": META + b"<p>words</p>" * (AT_ONCE // 10),
    "page behind a comment": b"<!--" + b"x" * 600 + b"-->" + META,
    "page behind blanks": b" " * 700 + META,
    "saved page": LETTER,
    "items": b'{"items": [' + b'{"id": 1},' * 300 + b"{}]}",
    "nothing": b"",
}


UNLIKE = ("ts", "id", "seq", "prev", "hash", "checked", "bytes", "content_sha256")  # of what streams on a record tells


def told(decision: Any) -> dict[str, Any]:
    """The record without its times and its place; the size and digest of what streams stand in another record."""
    record = decision.to_dict()
    for name in UNLIKE:
        del record[name]
    for part in (*record["because"], *record.get("said", ()), *record["faults"]):
        part.pop("retrieved_at", None)
    return dict(record)


@pytest.mark.parametrize("size", [100, 10_000])
def test_the_decision_is_that_of_a_stream(edge: Any, size: int) -> None:
    cases = [(body, media_type) for body in BODIES.values() for media_type in TYPES]

    def answer(request: Any) -> Any:
        number = request.url.path[1:]
        if not number.isdigit():
            return edge.module.Response(404)
        body, media_type = cases[int(number)]
        headers = {"content-type": media_type} if media_type else {}
        return edge.answer(headers=headers, pieces=[body[at : at + size] for at in range(0, len(body), size)])

    async def scenario() -> None:
        client = edge.client(answer)
        verdicts = set()
        for number, (body, media_type) in enumerate(cases):
            url, found = f"http://site.example/{number}", []
            for stream in (False, True):
                try:
                    response = await (edge.open(client, url) if stream else edge.get(client, url))
                    assert (await edge.raw(response) if stream else response.content) == body
                    if stream:
                        await edge.close(response)
                    found.append(response.extensions["tdm_guard"])
                except Withheld as refusal:
                    found.append(refusal.decision)
            assert told(found[0]) == told(found[1]), (media_type, body[:80])
            verdicts.add(str(found[0].verdict))
        assert {"reserved", "unreserved"} <= verdicts
        await edge.close(client)

    edge.run(scenario)
