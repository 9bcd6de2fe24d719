"""TDMRep in words and under names that the report lacks: heard with caution, to the letter a doubt beside a 0."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tdm_guard import Decision, Fetched, Judge
from tdm_guard.model import Posture

NOW = datetime(2026, 11, 28, tzinfo=UTC)
TDMREP = "/.well-known/tdmrep.json"
PATHS = ("/robots.txt", TDMREP, "/ai.txt", "/trust.txt", "/.well-known/ai.txt", "/.well-known/trust.txt")
SILENT = {path: Fetched(status=404) for path in PATHS}
JUDGES = {posture: Judge(agent="ExampleBot", usages={"ai-training"}, posture=posture.value) for posture in Posture}
HTML = [("content-type", "text/html; charset=utf-8")]


def judged(*, fields: Any = (), tags: str = "", rules: Any = None, posture: Posture = Posture.CAUTIOUS) -> Decision:
    policies = SILENT | ({TDMREP: Fetched(status=200, body=json.dumps(rules).encode())} if rules is not None else {})
    how: dict[str, Any] = {"status": 200, "headers": [*HTML, *fields], "body": f"<head>{tags}</head>x".encode()}
    return JUDGES[posture].evaluate("https://site.example/a", policies=policies, now=NOW, **how)


def broken(text: str, *, fields: Any = (), posture: Posture = Posture.CAUTIOUS) -> Decision:
    policies = SILENT | {TDMREP: Fetched(status=200, body=text.encode())}
    how: dict[str, Any] = {"status": 200, "headers": [*HTML, *fields], "body": b"x"}
    return JUDGES[posture].evaluate("https://site.example/a", policies=policies, now=NOW, **how)


REFUSING = ["denied", "no-mining", "No AI training", "not allowed", "opt-out", "prohibited", "reserved"]
SILENT_WORDS = ["no", "none", "not reserved", "no restrictions", "allowed", "n/a", "0.5", "01", "+1", "unset", "free"]


@pytest.mark.parametrize("value", REFUSING)
def test_a_reservation_in_words(value: str) -> None:
    zero = ("tdm-reservation", "0")
    meta = '<meta name="tdm-reservation" content="{}">'
    for fields, tags in (
        ([("tdm-reservation", value)], ""),
        ([zero, ("tdm-reservation", value)], ""),
        ([zero], meta.format(value)),
        ((), meta.format(0) + meta.format(value)),
    ):
        decision = judged(fields=fields, tags=tags)
        assert decision.verdict == "reserved"
        assert "C2" in (decision.because[0].repair or "")
        literal = judged(fields=fields, tags=tags, posture=Posture.LITERAL)
        assert (literal.verdict, bool(literal.faults)) == ("unreserved", True)
    rules = [{"location": "/", "tdm-reservation": value}, {"location": "/", "tdm-reservation": 0}]
    assert judged(rules=rules).verdict == "reserved"
    assert judged(rules=rules, posture=Posture.LITERAL).verdict == "unreserved"


@pytest.mark.parametrize("value", SILENT_WORDS)
def test_what_is_no_reservation_in_words(value: str) -> None:
    for posture in Posture:
        zero = ("tdm-reservation", "0")
        assert judged(fields=[zero, ("tdm-reservation", value)], posture=posture).verdict == "permitted"
        assert judged(fields=[("tdm-reservation", value)], posture=posture).verdict == "unreserved"


@pytest.mark.parametrize(
    "tag",
    [
        '<meta name="tdm-reservation" value="1">',
        '<meta name="tdm–reservation" content="1">',
        '<meta name="tdm‑reservation" content="1">',
        '<meta itemprop="tdm-reservation" content="1">',
        '<meta name="tdmreservation" content="1">',
        '<meta property="tdm:reservation" content="?1">',
    ],
)
def test_a_reservation_under_another_name(tag: str) -> None:
    decision = judged(tags=tag)
    assert (decision.verdict, decision.because[0].repair) == ("reserved", "C2,C6" if "?" in tag else "C6")
    zero = [("tdm-reservation", "0")]
    assert judged(fields=zero, tags=tag, posture=Posture.LITERAL).verdict == "unreserved"
    assert judged(fields=zero, tags=tag.replace("1", "0"), posture=Posture.LITERAL).verdict == "permitted"


@pytest.mark.parametrize(
    ("location", "heard"), [("site.example/", True), ("site.example", True), ("b.example/", False)]
)
def test_a_location_with_its_host(location: str, heard: bool) -> None:
    decision = judged(rules=[{"location": location, "tdm-reservation": 1}])
    assert decision.verdict == ("reserved" if heard else "unreserved")


@pytest.mark.parametrize(
    "text",
    [
        '[{"location":"/","ai-training":"prohibited",}]',
        "[{'location':'/','ai-training':'prohibited'}]",
        '[{"location":"/","tdm-reservation":"yes",}]',
        '[{location: "/", noai: true}]',
        "[{“location”:“/”,“ai-training”:“prohibited”}]",
        '{"location":"/","ai-training":"prohibited"}\n{"location":"/b","tdm-reservation":0}',
        '[{"location":"/","tdm-reservation":0,"ai-training":"prohibited",}]',
    ],
)
def test_a_refusal_in_json_with_slips(text: str) -> None:
    decision = broken(text)
    assert decision.verdict == "reserved"
    assert "C4" in (decision.because[0].repair or "")
    assert (decision.because[0].excerpt or "").startswith('"location": "/"')
    yes = [("content-usage", "train-ai=y")]
    assert broken(text, fields=yes, posture=Posture.LITERAL).verdict == "unreserved"


@pytest.mark.parametrize(
    "text",
    [
        '[{"location":"/","tdm-reservation":0,}]',
        '[{"location":"/b","ai-training":"prohibited",}]',
        '[{"location":"/","ai-training":"allowed",}]',
        '[{"location":"/","title":"No AI",}]',
        '{"error": "access denied",}',
        "{error: forbidden}",
        "access denied",
        "// nothing here\n[]",
        "[" * 600,
    ],
)
def test_json_with_slips_that_refuses_nothing_here(text: str) -> None:
    for posture in Posture:
        assert broken(text, posture=posture).verdict == "unreserved"
