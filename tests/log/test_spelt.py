"""The faster reading of lines: whatever they hold, it comes to what `json.loads` makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import Fetched, Judge
from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.log.addresses import Addresses, is_normal
from tdm_guard.log.speller import Speller
from tdm_guard.log.spelt import Parser
from tests.support.logs import NOW
from tests.support.varied import varied

SITE = "https://site.example"
SILENT = {
    f"{SITE}{path}": Fetched(status=404)
    for path in ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")
}


def lines() -> list[str]:
    speller = Speller("20260105T090000Z-abc")
    judge = Judge(agent="ExampleBot")
    policies = judge.read_policies(SITE, SILENT, now=NOW)
    addresses = [f"{SITE}/{number}" for number in range(3)] + [f"{SITE}/é?q=\"'\\"]
    decisions = [judge.evaluate(each, status=200, body=b"<p>x", policies=policies, now=NOW) for each in addresses]
    written = [speller.decision(each, seq=seq, prev="0" * 64) for seq, each in enumerate([*decisions, *varied()], 1)]
    return [line.decode().rstrip() for line, *_ in written]


LINES = lines()


def said(read: Callable[[str], Any], text: str) -> str:
    """What is read, in the order of its members, or the error."""
    try:
        return json.dumps(read(text))
    except (ValueError, RecursionError) as error:
        return f"{type(error)}"


def test_alike_lines_share_what_they_say() -> None:
    parser = Parser()
    first, second = parser.value(LINES[0]), parser.value(LINES[1])
    assert first["checked"] is second["checked"]
    assert first["url"] != second["url"]


@pytest.mark.parametrize("line", LINES)
def test_each_line_is_read_as_it_is_written(line: str) -> None:
    parser = Parser()
    for _ in range(2):  # learned, and known
        assert said(parser.value, line) == said(json.loads, line)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"verdict":', '"url":"https://other.example/","verdict":'),  # a member of the line's own among the common ones
        ('"verdict":', '"verdict":"permitted","verdict":'),
        ('"bytes":', '"bytes":1,"bytes":'),
        ('"seq":1,', '"seq":01,'),
        ('"seq":1,', '"seq":1.0,'),
        ('"url":"https', '"url":"\\u0068ttps'),
        ('"url":"https', '"url":"\thttps'),
        ('"cached":false', '"cached":null'),
        ('"cached":false', '"cached":0'),
        ('"hops":[]', '"hops":["https://a.example/"]'),
        ('"checked":[', '"checked":[}'),
        ('"checked":[', '"checked":[[['),
        (',"status":', ',"x":{"status":'),
        ('"media_type":null', '"media_type":"a\\",\\"bytes\\":"'),
        ("}", "} "),
        ("}", "}}"),
        ("{", " {"),
    ],
)
def test_whatever_departs_from_the_spelling_is_parsed_whole(old: str, new: str) -> None:
    parser = Parser()
    parser.value(LINES[0])
    changed = new.join(LINES[0].rsplit(old, 1)) if old == "}" else LINES[0].replace(old, new, 1)
    assert changed != LINES[0]
    for _ in range(2):
        assert said(parser.value, changed) == said(json.loads, changed)


@given(
    line=st.sampled_from(LINES), at=st.integers(0, 3000), size=st.integers(0, 12),
    words=st.text(alphabet='{}[]",:\\ \x00aé0', max_size=6),
)  # fmt: skip
def test_no_edit_is_read_otherwise(line: str, at: int, size: int, words: str) -> None:
    parser = Parser()
    for each in LINES[:4]:
        parser.value(each)
    edited = line[:at] + words + line[at + size :]
    assert said(parser.value, edited) == said(json.loads, edited)


@given(st.text(alphabet="/.%aA?=#:@*$é ", max_size=12))
def test_what_is_taken_for_normal_is(path: str) -> None:
    address = f"{SITE}{path}"
    if is_normal(address, SITE):
        assert normal_url(address) == address


@pytest.mark.parametrize("path", ["/", "/a.html?b=1&c=(2)", "/a/b.c/", "/a//b"])
def test_usual_addresses_are_normal(path: str) -> None:
    assert is_normal(f"{SITE}{path}", SITE)


def test_addresses_are_counted_once_and_by_their_last_decision() -> None:
    addresses = Addresses(("all", "some"))
    purpose, other = addresses.purpose(["tdm"]), addresses.purpose(["search"])
    early, late = "2026-01-05T09:00:00.000000Z", "2026-01-06T09:00:00.000000Z"
    addresses.add(["https://a.example/x"], purpose, 0b11, 7, late)
    addresses.add(["HTTPS://A.example:443/x"], purpose, 0b01, 3, early)  # the same, earlier: the later one stands
    addresses.add(["https://a.example/x"], other, 0b01, 2, early)  # for another purpose: both stand
    addresses.add(["https://b.example/end", "https://b.example/start"], purpose, 0b01, 0, early)
    addresses.add(["https://b.example/start"], purpose, 0b01, 5, "strange")
    assert addresses.counts() == ({"all": 3, "some": 1}, {7: 1, 2: 1})
    addresses.close()


def test_what_does_not_fit_in_memory_lies_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tdm_guard.log.piles.MAX_HELD", 1_000)
    addresses = Addresses(("all",))
    for number in range(500):
        addresses.add(
            [f"https://a.example/{number % 200}"], 0, 1, number % 200 + 1, f"2026-01-05T09:00:00.{number:06}Z"
        )
    counts, outcomes = addresses.counts()
    assert counts == {"all": 200}
    assert set(outcomes.values()) == {1}
    addresses.close()


def test_a_pile_that_grew_large_is_sorted_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tdm_guard.log.piles.MAX_PILE", 100)
    addresses = Addresses(("all", "some"))
    for number in range(2_000):
        stamp = f"2026-01-05T09:00:00.{number:06}Z"
        addresses.add([f"https://a.example/{number % 1_500}"], 0, 1 + 2 * (number < 1_700), number % 3 + 1, stamp)
    counts, outcomes = addresses.counts()
    assert counts == {"all": 1_500, "some": 1_500}
    assert outcomes == {1: 500, 2: 500, 3: 500}
    addresses.close()
