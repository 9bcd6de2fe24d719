"""Answers at hand are read as those are that have to be fetched: the same documents, in the same order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import Fetched, Judge
from tdm_guard.errors import ConfigurationError
from tdm_guard.gather import gather, gather_known
from tdm_guard.origin import Origin
from tdm_guard.policies.policy import OriginPolicy
from tests.support.rounds import driven

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SITE = Origin.parse("https://site.example")
LICENCE = "https://licences.example/all.xml"
PATHS = (
    "/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt", "/.well-known/ai.txt",
    "/.well-known/trust.txt",
)  # fmt: skip
BODIES = (
    b"", b"User-agent: *\nDisallow: /\n", b"User-agent: *\nDisallow: /a\nLicense: " + LICENCE.encode() + b"\n",
    b'[{"location": "/", "tdm-reservation": 1}]', b"datatrainingallowed=no\n", b"<html>none</html>", b"\xff\x00",
)  # fmt: skip
ANSWERS = st.none() | st.builds(
    Fetched,
    status=st.sampled_from([200, 200, 200, 404, 404, 404, 410, 403, 429, 206, 304, 500, None]),
    headers=st.sampled_from([(), (("cache-control", "max-age=900"),), (("content-encoding", "gzip"),)]),
    body=st.sampled_from(BODIES),
    at=st.sampled_from([None, NOW, NOW - timedelta(hours=1), NOW + timedelta(hours=1), NOW.replace(tzinfo=None)]),
    error=st.sampled_from([None, None, None, "timeout"]),
    complete=st.booleans(),
)
JUDGES = (
    Judge(), Judge(posture="literal"), Judge(usages={"search"}), Judge(signals=["ai-txt"]), Judge(signals=["x-robots"]),
)  # fmt: skip


def shown(policy: OriginPolicy) -> list[object]:
    """All of a policy that can be compared, and what it says of some paths."""
    kept = [item._replace(said=item.said._replace(sites=(), copy=None)) for item in policy.kept]
    said = [policy.says(target) for target in ("/", "/a/b", "/x.png")]
    return [kept, [type(site) for site in policy.sites], policy.expires_at, policy.fresh_from, policy.hold, *said]


@given(st.sampled_from(JUDGES), st.dictionaries(st.sampled_from(PATHS), ANSWERS), ANSWERS)
def test_what_is_at_hand_is_read_as_what_is_fetched(
    judge: Judge, answers: dict[str, Fetched | None], licence: Fetched | None
) -> None:
    by_url = {f"{SITE}{path}": answer for path, answer in answers.items()} | {LICENCE: licence}
    known = gather_known(judge.bench.gathering(SITE, NOW), by_url.get)
    assert shown(known) == shown(driven(gather(judge.bench.gathering(SITE, NOW)), by_url))


def test_only_what_can_change_something_is_looked_up() -> None:
    asked: list[str] = []
    answers = {f"{SITE}/robots.txt": Fetched(status=200, body=BODIES[1])}

    def look(url: str) -> Fetched | None:
        asked.append(url)
        return answers.get(url, Fetched(status=404))

    gather_known(Judge().bench.gathering(SITE, NOW), look)
    assert asked == [f"{SITE}{path}" for path in PATHS[:2]]


def test_an_answer_that_is_none_is_named() -> None:
    with pytest.raises(ConfigurationError, match="is no Fetched"):
        gather_known(Judge().bench.gathering(SITE, NOW), lambda _: b"User-agent: *")  # type: ignore[arg-type,return-value]
