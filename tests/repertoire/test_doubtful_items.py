"""What the caller's own item leaves in doubt: a person decides under the cautious posture, and the run counts it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import ConfigurationError, Decision, Judge, Options, Verdict, evaluate
from tdm_guard.guard import Guard
from tdm_guard.judging.decide import Terms, decide
from tdm_guard.model import Layer, Source, Stance, Statement
from tdm_guard.origin import Origin
from tdm_guard.usage import TDM, Usage

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://catalogue.example/w/1"
WRONG = "T-000.000.001-1"
DECLARED = """
[[declarations]]
id = "society-1"
version = "1"
declarant = { name = "Société d'Essai", type = "collecting_society" }
mandate = { basis = "member_mandate", status = "asserted" }
usages = ["tdm"]
effective_from = "2023-10-12"
form = "press_release"
source = { url = "https://society.example/declaration", retrieved_at = "2026-01-05T09:00:00Z" }
match = { iswc = ["T-000.000.001-0"], creator_ipi = ["00000000199"], creator_name = ["Marie Exemple"] }
"""
LICENCE = """
[[authorisations]]
id = "lic-1"
grantor = { name = "Société d'Essai", mandate = { status = "asserted" } }
licensee = "acme-ai"
scope = { declarations = ["society-1"], origins = ["https://catalogue.example"] }
usages = ["tdm"]
territory = ["WORLD"]
valid_from = "2025-01-01"
status = "active"
evidence = { reference = "contract 1" }
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "declared.toml").write_text(DECLARED, encoding="utf-8")
    return {"repertoire": [tmp_path / "declared.toml"]}


@pytest.fixture
def decide_on(files: dict[str, Any]) -> Callable[..., Decision]:
    def decide_on(item: object, body: bytes = b"<p>x", **options: Any) -> Decision:
        judge = Judge(**{"usages": {"genai-training"}, **files, **options})
        return judge.evaluate(
            URL, status=200, headers=[("content-type", "text/html")], body=body, item=item, unread="ignore", now=NOW
        )

    return decide_on


def test_a_code_that_cannot_be_used_waits_for_a_person(decide_on: Callable[..., Decision]) -> None:
    decision = decide_on({"iswc": WRONG})
    assert (decision.verdict, decision.admitted, decision.repertoire) == (Verdict.REVIEW, False, "unmatchable")
    (said,) = decision.because
    assert (said.source, said.carrier, said.locator, said.excerpt) == (URL, "item", "iswc", WRONG)
    assert (said.signal, said.layer, said.stance) == ("repertoire", Layer.REPERTOIRE, Stance.UNDETERMINED)
    assert said.doubt == "the item that you gave: no usable iswc: its form or its check digit is wrong"
    assert said.match is None
    assert said.rightsholder is None
    (fault,) = decision.faults
    assert (fault.carrier, fault.signal, fault.locator, fault.excerpt) == ("item", "repertoire", "iswc", WRONG)
    assert WRONG in decision.summary()


def test_to_the_letter_it_matches_nothing_and_is_a_fault(decide_on: Callable[..., Decision]) -> None:
    decision = decide_on({"iswc": WRONG}, posture="literal")
    assert (decision.verdict, decision.because) == (Verdict.UNRESERVED, ())
    assert [fault.excerpt for fault in decision.faults] == [WRONG]


def test_what_a_page_says_wrongly_of_itself_stays_a_fault(decide_on: Callable[..., Decision]) -> None:
    script = f'{{"@context": "https://schema.org", "@type": "MusicComposition", "iswcCode": "{WRONG}"}}'
    decision = decide_on(None, f'<script type="application/ld+json">{script}</script>'.encode())
    assert decision.verdict is Verdict.UNRESERVED
    assert [(fault.carrier, fault.excerpt) for fault in decision.faults] == [("html", WRONG)]


@pytest.mark.parametrize(
    ("item", "verdict"),
    [
        ({"isbn": ["9780000000019", "9780000000018"]}, Verdict.REVIEW),  # of several codes a good one frees no bad one
        ({"iswc": "T-000.000.002-1", "isrc": "X"}, Verdict.REVIEW),
        ({"type": "text", "contains": [{"title": "x"}, {"isrc": "X"}]}, Verdict.REVIEW),
        ([{"iswc": "T-000.000.002-1"}, {"isrc": "X"}], Verdict.REVIEW),
        ({"url": "w/1"}, Verdict.REVIEW),
        ({"iswc": [WRONG, "T-000.000.001-0"]}, Verdict.RESERVED),  # what matched is reserved, whatever else is wrong
        ({"isrc": "X", "creator_ipi": "199"}, Verdict.RESERVED),
        ({"isrc": "X", "creator_name": "Marie Exemple"}, Verdict.REVIEW),
        ({"iswc": "T-000.000.002-1"}, Verdict.UNRESERVED),
        ({"creator_ipi": "00000000298"}, Verdict.UNRESERVED),  # compared as it is written
        ({"type": "podcast", "title": "x"}, Verdict.UNRESERVED),
        ({"isrc": "FRZ039800212 remix"}, Verdict.UNRESERVED),
        ({"iswc": ""}, Verdict.UNRESERVED),
        ({}, Verdict.UNRESERVED),
        ([], Verdict.UNRESERVED),
        (None, Verdict.UNRESERVED),
    ],
)
def test_what_an_item_comes_to(decide_on: Callable[..., Decision], item: object, verdict: Verdict) -> None:
    assert decide_on(item).verdict is verdict


def test_what_is_reserved_is_told_before_what_is_in_doubt(decide_on: Callable[..., Decision]) -> None:
    decision = decide_on({"isrc": "X", "creator_ipi": "199"})
    assert [said.stance for said in decision.because] == [Stance.RESERVED, Stance.UNDETERMINED]


def test_a_licence_lifts_what_matched_and_no_doubt(decide_on: Callable[..., Decision], tmp_path: Path) -> None:
    path = tmp_path / "licences.toml"
    path.write_text(LICENCE, encoding="utf-8")
    ours: dict[str, Any] = {"authorisations": [path], "operator": {"name": "acme-ai", "country": "FR"}}
    assert decide_on({"iswc": "T-000.000.001-0"}, **ours).verdict is Verdict.AUTHORISED
    assert decide_on({"iswc": "T-000.000.001-0", "isrc": "X"}, **ours).verdict is Verdict.REVIEW


def test_a_doubt_is_of_the_usages_that_are_declared(decide_on: Callable[..., Decision]) -> None:
    assert decide_on({"iswc": WRONG}, usages={"search"}).verdict is Verdict.UNRESERVED
    assert decide_on({"iswc": WRONG}, usages={"search", "analysis"}).usages == {
        Usage.SEARCH: Stance.UNSTATED,
        Usage.ANALYSIS: Stance.UNDETERMINED,
    }


def test_before_a_declaration_is_in_force_there_is_no_doubt_about_it(files: dict[str, Any]) -> None:
    def verdict(day: datetime) -> Verdict:
        return evaluate(URL, item={"iswc": WRONG}, unread="ignore", now=day, **files).verdict

    assert verdict(datetime(2023, 10, 11, tzinfo=UTC)) is Verdict.UNRESERVED
    assert verdict(datetime(2023, 10, 12, tzinfo=UTC)) is Verdict.REVIEW


def test_it_need_not_be_requested_to_know(files: dict[str, Any]) -> None:
    decision = evaluate(URL, item={"iswc": WRONG}, unread="ignore", now=NOW, **files)
    assert (decision.verdict, decision.stage) == (Verdict.REVIEW, "policy")


def test_observing_hands_it_on(decide_on: Callable[..., Decision]) -> None:
    observed = decide_on({"iswc": WRONG}, mode="observe")
    assert (observed.verdict, observed.admitted) == (Verdict.REVIEW, True)


@pytest.mark.parametrize("posture", ["cautious", "literal"])
@pytest.mark.parametrize("loaded", [True, False], ids=["declarations", "no declarations"])
@pytest.mark.parametrize("item", [{"ISWC": "x"}, "T-000.000.001-0", {"iswc": 7}, {"contains": "x"}, 0, ""], ids=str)
def test_a_wrong_item_is_an_error_whatever_is_loaded(
    files: dict[str, Any], item: object, loaded: bool, posture: Any
) -> None:
    options = files if loaded else {}
    with pytest.raises(ConfigurationError, match="item: "):
        evaluate(URL, item=item, unread="ignore", now=NOW, posture=posture, **options)
    judge = Judge(posture=posture, **options)
    with pytest.raises(ConfigurationError, match="item: "):
        judge.evaluate(URL, item=item, unread="ignore", now=NOW)


def test_without_declarations_a_code_is_in_no_doubt() -> None:
    decision = evaluate(URL, item={"iswc": WRONG}, unread="ignore", now=NOW)
    assert (decision.verdict, decision.faults) == (Verdict.UNRESERVED, ())


def test_only_what_is_doubtful_waits_for_a_person_and_not_what_could_not_be_read() -> None:
    said = Statement.at(Source(URL, "item"), signal="repertoire", usages=TDM, stance=Stance.UNDETERMINED)
    doubted = Statement.at(Source(URL, "item"), signal="repertoire", usages=TDM, stance=Stance.UNDETERMINED, doubt="x")
    terms = Terms(usages=TDM)
    assert decide((said,), terms).verdict is Verdict.UNDETERMINED
    assert decide((doubted,), terms).verdict is Verdict.REVIEW
    assert decide((said, doubted), terms).verdict is Verdict.REVIEW


# ---- a run --------------------------------------------------------------------------------------------------------


@pytest.fixture
def guard(files: dict[str, Any], tmp_path: Path) -> Guard:
    options = {"agent": "ExampleBot", "log": tmp_path / "log.jsonl", **files}
    return Guard(Options.read(options), clock=lambda: NOW)


def closed(guard: Guard, item: object) -> Decision:
    policy = guard.judge.read_policies(Origin.parse(URL), {}, now=NOW)
    return guard.close(guard.open(URL, policy, item=item))


def test_a_run_counts_doubtful_items_and_tells_the_first_of_each_key(
    guard: Guard, caplog: pytest.LogCaptureFixture
) -> None:
    items: list[object] = [
        {"iswc": WRONG}, {"iswc": [WRONG, "x"], "isbn": "1"}, {"iswc": "T-000.000.002-1"}, {"isbn": "2"}, None,
    ]  # fmt: skip
    with caplog.at_level(logging.WARNING, logger="tdm_guard"):
        for item in items:
            closed(guard, item)
    assert {name: total for name, total in guard.totals.items() if name.startswith("item/")} == {
        "item/unusable": 3,
        "item/unusable/iswc": 2,
        "item/unusable/isbn": 2,
    }
    assert [record.message for record in caplog.records] == [
        f"The item given for {URL}: no usable {code}; such items wait for a person"
        for code in (
            f"iswc: its form or its check digit is wrong ({WRONG})",
            "isbn: its form or its check digit is wrong (1)",
        )
    ]


def test_a_run_to_the_letter_counts_and_tells_them_too(
    files: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = {"agent": "ExampleBot", "log": tmp_path / "log.jsonl", "posture": "literal", **files}
    guard = Guard(Options.read(given), clock=lambda: NOW)
    closed(guard, {"iswc": WRONG})
    assert guard.totals["item/unusable/iswc"] == 1
    assert "it matches nothing" in caplog.text


def test_a_case_is_not_opened_for_a_wrong_item(guard: Guard) -> None:
    with pytest.raises(ConfigurationError, match="did you mean iswc"):
        closed(guard, {"ISWC": "x"})
    assert guard.totals["admitted"] == 0
