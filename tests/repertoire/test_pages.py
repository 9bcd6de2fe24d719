"""Works that a page is about: matched from its own metadata, before it is handed on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Decision, Judge, Verdict
from tdm_guard.decision import Stage

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://catalogue.example/w/1"
DECLARED = """
[[declarations]]
id = "society-1"
version = "1"
declarant = { name = "Société d'Essai", type = "collecting_society" }
mandate = { basis = "member_mandate", status = "asserted" }
work_types = ["musical_work", "lyrics"]
usages = ["tdm"]
declared_at = "2023-10-12"
form = "press_release"
licence = { available = true, url = "https://society.example/ai", email = "ai@society.example" }
source = { url = "https://society.example/declaration", retrieved_at = "2026-01-05T09:00:00Z" }
match = { iswc = ["T-000.000.001-0"], creator_name = ["Marie Exemple"], domain = ["label.example"] }
"""


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    path = tmp_path / "declared.toml"
    path.write_text(DECLARED, encoding="utf-8")
    return Judge(usages={"genai-training"}, repertoire=[path])


def page(judge: Judge, body: str, **how: Any) -> Decision:
    return judge.evaluate(
        how.pop("url", URL),
        status=200,
        headers=[("content-type", "text/html")],
        body=body.encode(),
        unread="ignore",
        now=NOW,
        **how,
    )


def json_ld(value: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


WORK = {"@context": "https://schema.org", "@type": "MusicComposition", "iswcCode": "T-000.000.001-0"}


def test_a_work_of_the_repertoire_is_withheld_with_its_evidence(judge: Judge) -> None:
    decision = page(judge, "<p>x" + json_ld(WORK))
    assert decision.verdict is Verdict.RESERVED
    assert decision.stage is Stage.BODY
    record = decision.to_dict()
    assert record["repertoire"] == "matched"
    [said] = record["because"]
    assert (said["signal"], said["layer"], said["source"]) == ("repertoire", "repertoire", "society-1")
    assert said["match"] == {"key": "iswc", "value": "T0000000010", "strength": "identifier"}
    assert (said["rightsholder"], said["contact"]) == ("Société d'Essai", "ai@society.example")
    assert said["policy_url"] == "https://society.example/ai"
    assert said["declaration"]["mandate_status"] == "asserted"


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("<p>nothing", "unmatchable"),
        (json_ld({**WORK, "iswcCode": "T-000.000.002-1"}), "not-matched"),
        ("<script>" + json.dumps(WORK) + "</script>", "unmatchable"),
        ("<!--" + json_ld(WORK) + "-->", "unmatchable"),
        (json_ld({"@context": "https://schema.org", "@type": "WebPage", "mentions": WORK}), "unmatchable"),
    ],
)
def test_what_is_not_of_the_repertoire_is_admitted_and_says_whether_it_could_be_matched(
    judge: Judge, body: str, state: str
) -> None:
    decision = page(judge, body)
    assert decision.verdict is Verdict.UNRESERVED
    assert decision.repertoire == state


def test_a_name_is_for_a_person_to_decide(judge: Judge) -> None:
    composer = {"@type": "Person", "name": "EXEMPLE, Marie"}
    decision = page(judge, json_ld({**WORK, "iswcCode": "T-000.000.002-1", "composer": composer}))
    assert decision.verdict is Verdict.REVIEW
    assert decision.because[0].doubt


def test_the_author_of_an_article_is_not_taken_for_a_composer_of_that_name(judge: Judge) -> None:
    assert page(judge, '<meta name="citation_author" content="EXEMPLE, Marie">').verdict is Verdict.UNRESERVED


@pytest.mark.parametrize("script", ["{", '{"@type": "MusicComposition", "iswcCode": "T-000.000.001-1"}', "[" * 5000])
def test_what_is_broken_is_a_fault_of_the_page_and_not_fatal(judge: Judge, script: str) -> None:
    decision = page(judge, f'<script type="application/ld+json">{script}</script>')
    assert decision.verdict is Verdict.UNRESERVED
    assert decision.faults
    assert all(fault.source == URL for fault in decision.faults)


def test_a_declared_place_need_not_be_requested(judge: Judge) -> None:
    decision = judge.evaluate("https://www.label.example/a", unread="ignore", now=NOW)
    assert decision.verdict is Verdict.RESERVED
    assert decision.stage is Stage.POLICY


def test_what_the_caller_knows_counts_beside_what_the_page_says(judge: Judge) -> None:
    other = {"iswc": "T-000.000.002-1"}
    assert page(judge, json_ld(WORK), item=other).verdict is Verdict.RESERVED
    assert page(judge, "<p>x", item={"iswc": "T0000000010"}).stage is not Stage.POLICY
    assert page(judge, "<p>x", item=[other, {"contains": [{"iswc": "T0000000010"}]}]).verdict is Verdict.RESERVED
    odd = page(judge, "<p>x", item={"iswc": "T-000.000.002-1", "type": "podcast"})
    assert odd.verdict is Verdict.UNRESERVED
    assert {fault.carrier for fault in odd.faults} == {"item"}


def test_the_same_match_is_told_once(judge: Judge) -> None:
    decision = page(judge, json_ld([WORK, WORK]), item={"iswc": "T0000000010"})
    assert len(decision.because) == 1


def test_a_page_that_could_not_be_read_is_undetermined_also_without_other_signals(tmp_path: Path) -> None:
    path = tmp_path / "declared.toml"
    path.write_text(DECLARED, encoding="utf-8")
    judge = Judge(signals=["repertoire"], repertoire=[path])
    assert page(judge, "<p>x", body_complete=False).verdict is Verdict.UNDETERMINED
    assert page(judge, "<p>x").verdict is Verdict.UNRESERVED


def test_who_does_not_listen_hears_nothing(tmp_path: Path) -> None:
    path = tmp_path / "declared.toml"
    path.write_text(DECLARED, encoding="utf-8")
    decision = page(Judge(signals=["robots"], repertoire=[path]), json_ld(WORK))
    assert decision.verdict is Verdict.UNRESERVED
    assert decision.repertoire is None
    assert "repertoire" not in decision.to_dict()


SLIP = '<!doctype html><script type="application/ld+json">{"@context":"https://schema.org","@type":"MusicComposition","iswcCode":"T-000.000.001-0",}</script>'


def test_json_ld_with_a_slip_is_matched_and_says_so(judge: Judge) -> None:
    decision = page(judge, SLIP)
    assert decision.verdict is Verdict.RESERVED
    assert [statement.repair for statement in decision.because] == ["json-ld-slips"]
    assert [fault.message for fault in decision.faults] == [
        "no JSON: Illegal trailing comma before end of object; read as what it was meant to be"
        if "Illegal" in decision.faults[0].message
        else "no JSON: Expecting property name enclosed in double quotes; read as what it was meant to be"
    ]


def test_to_the_letter_a_slip_is_a_fault_alone(tmp_path: Path) -> None:
    path = tmp_path / "declared.toml"
    path.write_text(DECLARED, encoding="utf-8")
    decision = page(Judge(usages={"genai-training"}, repertoire=[path], posture="literal"), SLIP)
    assert decision.verdict is Verdict.UNRESERVED
    assert len(decision.faults) == 1


def test_an_item_of_another_tag_is_not_called_repaired(judge: Judge) -> None:
    tags = '<meta name="DC.creator" content="Jean Autre; Marie Exemple">'
    decision = page(judge, SLIP.replace("T-000.000.001-0", "T-034.524.680-1") + tags)
    assert decision.verdict is Verdict.REVIEW
    assert {statement.repair for statement in decision.because} == {None}


@pytest.mark.parametrize("joined", ["T-034.524.680-1, T-000.000.001-0", "T-034.524.680-1/T-000.000.001-0"])
def test_several_codes_in_one_value_are_each_matched(judge: Judge, joined: str) -> None:
    script = SLIP.replace(",}", "}").replace("T-000.000.001-0", joined)
    assert page(judge, script).verdict is Verdict.RESERVED
    assert page(judge, f'<meta name="DC.identifier" content="{joined}">').verdict is Verdict.RESERVED


def test_one_bad_code_beside_a_good_one_is_a_fault(judge: Judge) -> None:
    decision = page(judge, SLIP.replace(",}", "}").replace("000.001-0", "000.001-0; T-000.000.001-9"))
    assert decision.verdict is Verdict.RESERVED
    assert [fault.excerpt for fault in decision.faults] == ["T-000.000.001-9"]
