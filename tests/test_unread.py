"""What documents count as that nobody ever asked for: in doubt, or absent where the site's robots.txt is known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tdm_guard import ConfigurationError, Decision, Fetched, Judge, evaluate

NOW = datetime(2026, 11, 29, tzinfo=UTC)
URL = "https://site.example/page"
FREE = Fetched(status=200, body=b"User-agent: *\nDisallow: /shut\n", at=NOW)
ABSENT = Fetched(status=404, at=NOW)
NAMES = b"License: https://site.example/licence.xml\n"
BESIDE = "ignore-beside-robots"


def judged(policies: dict[str, Fetched] | None, unread: str = BESIDE, url: str = URL, **given: Any) -> Decision:
    response = {"status": 200, "headers": [("content-type", "text/plain")], "body": b"words"} | given
    return evaluate(url, policies=policies, unread=unread, now=NOW, agent="ExampleBot", **response)


@pytest.mark.parametrize("robots", [FREE, ABSENT])
@pytest.mark.parametrize("read", [False, True])
def test_where_robots_txt_is_known_what_nobody_asked_for_is_ignored(robots: Fetched, read: bool) -> None:
    policies: Any = {"/robots.txt": robots}
    if read:
        policies = Judge(agent="ExampleBot").read_policies("https://site.example", policies, now=NOW)
    assert judged(policies, "undetermined").verdict == "undetermined"
    decision = judged(policies)
    assert decision.verdict == "unreserved"
    results = {each.document.rpartition("/")[2]: each.result for each in decision.checked}
    assert results["tdmrep.json"] == "not-attempted"  # the record says so all the same


@pytest.mark.parametrize(
    "policies",
    [
        None,
        {},
        {"/.well-known/tdmrep.json": ABSENT},  # it is robots.txt that tells whether a site was asked
        {"/robots.txt": Fetched.unreachable("its body was not stored")},
        {"/robots.txt": Fetched(status=503, at=NOW)},
    ],
)
def test_where_it_is_not_known_all_stays_in_doubt(policies: dict[str, Fetched] | None) -> None:
    assert judged(policies).verdict == "undetermined"


def test_what_robots_txt_says_counts() -> None:
    assert judged({"/robots.txt": FREE}, url="https://site.example/shut").verdict == "reserved"
    assert judged({"/robots.txt": FREE}, headers=[("tdm-reservation", "1")]).verdict == "reserved"


def test_a_licence_that_the_site_names_is_there_and_stays_in_doubt() -> None:
    named = {"/robots.txt": Fetched(status=200, body=NAMES + FREE.body, at=NOW)}
    assert judged(named).verdict == "undetermined"
    assert judged(named, "ignore").verdict == "unreserved"
    link = [("content-type", "text/plain"), ("link", '</licence.xml>; rel="license"; type="application/rsl+xml"')]
    assert judged({"/robots.txt": FREE}, headers=link).verdict == "undetermined"


def test_a_document_that_is_known_counts() -> None:
    reserves = Fetched(status=200, body=b'[{"location":"/","tdm-reservation":1}]', at=NOW)
    assert judged({"/robots.txt": FREE, "/.well-known/tdmrep.json": reserves}).verdict == "reserved"
    assert judged({"/robots.txt": FREE, "/.well-known/tdmrep.json": Fetched(status=500)}).verdict == "undetermined"


def test_other_words_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="unread: 'ignore-all' is none of undetermined, ignore-beside-robots"):
        judged({}, "ignore-all")
