"""Works that callers name in the extensions of a request: a mistake is an error before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tdm_guard import ConfigurationError, Verdict, Withheld

URL = "http://music.example/a"
ISWC = "T-000.000.001-0"
DECLARED = """
[[declarations]]
id = "society-1"
version = "1"
declarant = { name = "Société d'Essai" }
mandate = { basis = "member_mandate", status = "asserted" }
usages = ["tdm"]
declared_at = "2023-10-12"
form = "press_release"
source = { url = "https://society.example/declaration", retrieved_at = "2026-01-05T09:00:00Z" }
match = { iswc = ["T-000.000.001-0"] }
"""


@pytest.fixture
def declared(tmp_path: Path) -> list[Path]:
    path = tmp_path / "declared.toml"
    path.write_text(DECLARED, encoding="utf-8")
    return [path]


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"tdm_guard_item": {"ISWC": ISWC}}, "tdm_guard_item: unknown key 'ISWC'; did you mean iswc?"),
    ({"tdm_guard_item": ISWC}, "tdm_guard_item: 'T-000.000.001-0' is no item"),
    ({"tdm_guard_item": {"isrcs": ["FRZ039800212"]}}, "did you mean isrc?"),
    ({"tdm_guard_item": [{"iswc": ISWC}, {"isbn": 9780000000019}]}, "[1].isbn: 9780000000019 is neither"),
    ({"tdm_guard_items": {"iswc": ISWC}}, "'tdm_guard_items' is no key of ours; did you mean tdm_guard_item?"),
    ({"tdmguard_item": {"iswc": ISWC}}, "did you mean tdm_guard_item?"),
]


@pytest.mark.parametrize("loaded", [True, False], ids=["declarations", "no declarations"])
def test_a_mistake_is_an_error_and_nothing_is_sent(edge: Any, declared: list[Path], loaded: bool) -> None:
    seen: list[Any] = []

    async def scenario() -> None:
        pages = edge.site({"/a": edge.answer(text="a")}, seen=seen)
        client = edge.client(pages, repertoire=declared if loaded else None)
        for extensions, words in MISTAKES:
            with pytest.raises(ConfigurationError) as caught:
                await edge.get(client, URL, extensions=extensions)
            assert words in str(caught.value)
        assert seen == []
        assert (await edge.get(client, URL)).text == "a"  # others go on
        await edge.close(client)

    edge.run(scenario)
    assert [record["verdict"] for record in edge.decisions] == ["unreserved"]


def test_a_code_that_cannot_be_used_withholds_before_the_page_is_asked_for(edge: Any, declared: list[Path]) -> None:
    seen: list[Any] = []

    async def scenario() -> None:
        client = edge.client(edge.site({"/a": edge.answer(text="a")}, seen=seen), repertoire=declared)
        with pytest.raises(Withheld) as caught:
            await edge.get(client, URL, extensions={"tdm_guard_item": {"iswc": "T-000.000.001-1"}})
        assert caught.value.decision.verdict is Verdict.REVIEW
        assert "/a" not in [request.url.path for request in seen]
        good = {"tdm_guard_item": {"iswc": "T-000.000.002-1"}, "trace_id": "7"}
        assert (await edge.get(client, URL, extensions=good)).text == "a"
        await edge.close(client)

    edge.run(scenario)
    doubted, admitted = edge.decisions
    (said,) = doubted["because"]
    assert (doubted["verdict"], said["carrier"], said["locator"], said["excerpt"]) == (
        "review",
        "item",
        "iswc",
        "T-000.000.001-1",
    )
    assert said["doubt"].startswith("the item that you gave: no usable iswc")
    assert (admitted["verdict"], admitted["faults"]) == ("unreserved", [])
