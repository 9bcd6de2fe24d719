"""Works named in the meta of requests: a mistake fails the request before anything is sent, a doubt withholds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.testing import Answer, PretendWeb, Site

Web = Callable[..., PretendWeb]
Crawl = Callable[..., Any]
ISWC = "T-000.000.001-0"
WRONG = "T-000.000.001-1"
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
MISTAKES: dict[str, dict[str, Any]] = {
    "/case": {"tdm_guard_item": {"ISWC": ISWC}},
    "/text": {"tdm_guard_item": ISWC},
    "/number": {"tdm_guard_item": {"isbn": 9780000000019}},
    "/nested": {"tdm_guard_item": {"contains": [ISWC]}},
    "/items": {"tdm_guard_items": {"iswc": ISWC}},
    "/joined": {"tdmguard_item": {"iswc": ISWC}},
}
PAGE = Answer.html("<p>a page")


@pytest.mark.parametrize(
    ("loaded", "obeyed"), [(False, True), (True, False)], ids=["RobotsTxtMiddleware", "declarations"]
)
def test_a_wrong_item_fails_its_request_before_anything_is_sent(
    web: Web, crawl: Crawl, tmp_path: Path, loaded: bool, obeyed: bool
) -> None:
    (tmp_path / "declared.toml").write_text(DECLARED, encoding="utf-8")
    pretend = web(Site("music.example", dict.fromkeys(MISTAKES, PAGE)), Site("other.example", {"/": PAGE}))
    wrong, other = pretend.origin("music.example"), pretend.origin("other.example")
    options = {"TDM_GUARD_REPERTOIRE": ["declared.toml"]} if loaded else {}
    crawled = crawl(
        *({"url": wrong + path, "meta": meta} for path, meta in MISTAKES.items()),
        {"url": other + "/", "meta": {"tdm_guard_item": {"iswc": "T-000.000.002-1"}, "item": 7}},
        ROBOTSTXT_OBEY=obeyed,
        **options,
    )
    assert pretend.asked("music.example") == 0
    assert {item["url"]: (item["type"], item["ignored"]) for item in crawled.errors} == dict.fromkeys(
        (wrong + path for path in MISTAKES), ("ConfigurationError", True)
    )
    told = {item["url"].removeprefix(wrong): item["text"] for item in crawled.errors}
    assert told["/case"] == "tdm_guard_item: unknown key 'ISWC'; did you mean iswc?"
    assert told["/items"] == "'tdm_guard_items' is no key of ours; did you mean tdm_guard_item?"
    assert [item["url"] for item in crawled.responses] == [other + "/"]
    assert [record["final_url"] for record in crawled.decisions] == [other + "/"]
    assert crawled.stats["tdm_guard/item/wrong"] == len(MISTAKES)
    assert "tdm_guard/failed" not in crawled.stats
    assert f"Not requested: {wrong}/case: tdm_guard_item: unknown key 'ISWC'; did you mean iswc?" in crawled.text
    assert "Traceback" not in crawled.text


def test_a_doubtful_item_is_withheld_counted_and_told_once(web: Web, crawl: Crawl, tmp_path: Path) -> None:
    (tmp_path / "declared.toml").write_text(DECLARED, encoding="utf-8")
    pretend = web(Site("music.example", dict.fromkeys(("/a", "/b", "/c", "/d"), PAGE)))
    origin = pretend.origin("music.example")
    items: dict[str, Any] = {
        "/a": {"iswc": WRONG},
        "/b": {"iswc": WRONG},
        "/c": {"iswc": "T-000.000.002-1"},
        "/d": None,
    }
    crawled = crawl(
        *({"url": origin + path, "meta": {"tdm_guard_item": item}} for path, item in items.items()),
        TDM_GUARD_REPERTOIRE=["declared.toml"],
    )
    assert crawled.verdicts() == {"/a": "review", "/b": "review", "/c": "unreserved", "/d": "unreserved"}
    assert (pretend.asked("music.example", "/a"), pretend.asked("music.example", "/c")) == (0, 1)
    assert {item["type"] for item in crawled.errors} == {"Withheld"}
    assert crawled.stats["tdm_guard/item/unusable"] == crawled.stats["tdm_guard/item/unusable/iswc"] == 2
    assert crawled.text.count("no usable iswc: its form or its check digit is wrong (T-000.000.001-1); such items") == 1
