"""The sample web against the judge: each page comes to the verdict that its site names, evidence included."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from tdm_guard import Decision, Fetched, Judge
from tdm_guard.testing import SITES, PretendWeb, Site, sample_web
from tdm_guard.testing.sample.town import BULK

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TARPIT = "tarpit.example"


@pytest.fixture(scope="module")
def web() -> Iterator[PretendWeb]:
    with sample_web() as web:
        yield web


@pytest.fixture(scope="module")
def client(web: PretendWeb) -> Iterator[httpx.Client]:
    with httpx.Client(proxy=web.proxy, timeout=10, trust_env=False) as client:
        yield client


def fetched(client: httpx.Client, url: str) -> Fetched:
    if TARPIT in url:
        return Fetched.unreachable("timeout", at=NOW)
    answer = client.get(url, follow_redirects=True)
    return Fetched(
        status=answer.status_code,
        headers=answer.headers.multi_items(),
        body=answer.content,
        url=str(answer.url),
        at=NOW,
        redirects=[str(hop.url) for hop in answer.history],
    )


def judged(client: httpx.Client, url: str, **options: object) -> Decision:
    """The decision for a URL as a guard comes to it: policy first, then the response of each hop."""
    judge = Judge(agent="ExampleBot", **options)
    origin = "/".join(url.split("/")[:3])
    policies = judge.read_policies(
        origin, {document: fetched(client, document) for document in judge.needed_documents(origin)}, now=NOW
    )
    if TARPIT in url:
        return judge.evaluate(url, policies=policies, now=NOW)
    with client.stream("GET", url) as answer:
        if answer.is_redirect:
            return judged(client, answer.headers["location"], **options)
        headers = answer.headers.multi_items()
        if answer.headers.get("content-length") == str(BULK):
            return judge.evaluate(url, status=200, headers=headers, policies=policies, now=NOW)
        body = b"".join(answer.iter_raw())
    return judge.evaluate(url, status=answer.status_code, headers=headers, body=body, policies=policies, now=NOW)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_every_page_comes_to_the_expected_verdict(client: httpx.Client, site: Site) -> None:
    verdicts = {path: judged(client, f"http://{site.name}{path}").verdict for path in site.expected}
    assert verdicts == dict(site.expected)


@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        ("http://bakery.example/", "unreserved"),  # C3
        ("http://translations.example/", "unreserved"),  # C2
        ("http://museum.example/collection/sextant.html", "permitted"),  # C1
        ("http://weekly.example/", "permitted"),  # C10
        ("http://tidesrecords.example/", "unreserved"),  # refusals by name are reported only
        ("http://gazette.example/", "reserved"),
        ("http://agency.example/", "reserved"),
    ],
)
def test_to_the_letter_the_repaired_sites_reserve_nothing(client: httpx.Client, url: str, verdict: str) -> None:
    assert judged(client, url, posture="literal").verdict == verdict


def test_the_ways_of_reserving_are_all_there(client: httpx.Client) -> None:
    said = {
        (statement.signal, statement.carrier)
        for site in SITES
        for path, verdict in site.expected.items()
        if verdict == "reserved"
        for statement in judged(client, f"http://{site.name}{path}").because
    }
    assert said >= {
        ("robots", "robots.txt"),
        ("ai-agents", "robots.txt"),
        ("tdmrep", "file"),
        ("tdmrep", "header"),
        ("tdmrep", "html"),
        ("x-robots", "header"),
        ("x-robots", "html"),
    }
