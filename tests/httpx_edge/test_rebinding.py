"""A name that is public when it is looked up and private when it is dialled: real servers on loopback."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tdm_guard import Withheld
from tests.support.rebinding import INSIDE, OUTSIDE, rebinding


@pytest.mark.skipif(sys.platform != "linux", reason="one address of loopback has to stand for outside")
def test_a_declared_document_from_inside_is_refused_and_recorded(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(usages={"ai-training"})
        with pytest.raises(Withheld):
            await edge.get(client, web.url("site.example", "/a"))
        await edge.close(client)

    with rebinding() as web:
        edge.run(scenario)
    assert (OUTSIDE, "/robots.txt") in web.asked
    assert web.looked_up.count("rebound.example") >= 2
    assert not [path for place, path in web.asked if place == INSIDE and path != "/l.xml"]
    (decision,) = edge.decisions
    assert "answered from a private address" in str(decision)
