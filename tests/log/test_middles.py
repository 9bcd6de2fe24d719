"""Middles of decisions told by others: what is not members of a record is never taken for some."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.log.checks.middles import Middles
from tdm_guard.log.checks.outcome import facts_of, outcome_problem

TIME, DIGEST = "2026-11-21T12:00:00.123456Z", "a" * 64


def middle(origin: str, *, time: str = TIME, digest: str = DIGEST, verdict: str = "unreserved") -> str:
    document = {
        "document": f"{origin}/robots.txt", "result": "read", "status": 200, "retrieved_at": time, "sha256": digest,
        "cached": False,
    }  # fmt: skip
    because = [{"source": f"{origin}/x", "excerpt": 'a "b"', "retrieved_at": time}]
    members = {
        "origin": origin, "verdict": verdict, "admitted": verdict == "unreserved", "enforced": True,
        "because": because, "checked": [document], "content": True, "media_type": "text/html",
    }  # fmt: skip
    return json.dumps(members, separators=(",", ":"))[1:-1]


def told(middles: Middles, text: str, url: str) -> object:
    raw = f'{text},"bytes":null'.encode()
    read, facts = middles.of_decision(raw, 0, len(raw), url.encode())
    assert facts is None or read == f'{text},"bytes":'.encode()
    return facts


def test_other_origins_times_and_digests_are_told_alike() -> None:
    middles = Middles()
    for number in range(40):
        origin = f"https://site{number % 11}.example"
        verdict = "unreserved" if number % 3 else "reserved"
        text = middle(origin, time=f"2026-11-21T12:00:{number:02}.000000Z", digest=f"{number:064x}", verdict=verdict)
        assert told(middles, text, f"{origin}/a") == facts_of(json.loads(f"{{{text}}}"))


@given(
    at=st.integers(0, 800), size=st.integers(0, 30), other=st.booleans(),
    words=st.sampled_from(["", '"', "\\", "{", ",", "\0", "Z", "0", "false", "https://site2.example", '"verdict":0,']),
    url=st.sampled_from(["https://site2.example/a", "https://site1.example/", "https://", "ftp://a.example/", ""]),
)  # fmt: skip
@settings(max_examples=100)
def test_no_edit_of_one_is_taken_for_another(at: int, size: int, other: bool, words: str, url: str) -> None:
    middles = Middles()
    assert told(middles, middle("https://site1.example"), "https://site1.example/a") is not None
    text = middle("https://site2.example" if other else "https://site1.example")
    edited = text[:at] + words + text[at + size :]
    facts = told(middles, edited, url)
    if facts is not None:
        record = json.loads(f"{{{edited}}}")
        assert facts == facts_of(record)
        assert outcome_problem(record) is None
