"""C2PA: an assertion on training and data mining that a later manifest took out may have refused (C2PA 2.x, 6.8)."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import c2pa
import pytest
from PIL import Image

from tdm_guard import Fetched, Judge
from tdm_guard.formats.files.c2pa_store import report as native_report
from tdm_guard.formats.files.container import Format
from tdm_guard.model import Posture, Reading, Source, Stance
from tdm_guard.signals.c2pa.c2pa_report import read_report
from tdm_guard.signals.shape import Listener
from tests.support.signing import Signer

SOURCE = Source(url="https://photos.example/a.jpg", carrier="jpeg")
NOW = datetime(2026, 11, 28, tzinfo=UTC)
WELL_KNOWN = ("/robots.txt", "/ai.txt", "/trust.txt", "/.well-known/tdmrep.json", "/.well-known/ai.txt")
WELL_KNOWN += ("/.well-known/trust.txt",)
OURS = ["cawg.training-mining", "c2pa.training-mining", "cawg.training-mining__2", "org.example.ai_training"]
OTHERS = ["c2pa.metadata", "stds.exif", "cawg.identity", "org.example.location"]
YES = {"label": "cawg.training-mining", "data": {"entries": {"cawg.ai_generative_training": {"use": "allowed"}}}}
NO = {"label": "cawg.training-mining", "data": {"entries": {"cawg.ai_generative_training": {"use": "notAllowed"}}}}


def address(label: str, manifest: str = "parent") -> str:
    return f"self#jumbf=/c2pa/{manifest}/c2pa.assertions/{label}"


def redactions(*found: str) -> dict[str, Any]:
    return {"redactions": list(found)}


def action(found: object) -> dict[str, Any]:
    taken = {"action": "c2pa.redacted", "parameters": {"redacted": found}}
    return {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.opened"}, taken]}}]}


def ingredient(*seen: str, relationship: str = "parentOf", kind: str = "success") -> dict[str, Any]:
    results = {"activeManifest": {kind: [{"code": "assertion.hashedURI.match", "url": each} for each in seen]}}
    said = {"relationship": relationship, "active_manifest": "parent", "validation_results": results}
    return {"ingredients": [said]}


def read(
    *members: dict[str, Any],
    posture: Posture = Posture.CAUTIOUS,
    parent: dict[str, Any] | None = None,
    also: tuple[object, ...] = (),
) -> Reading:
    active: dict[str, Any] = ingredient()
    for each in members:
        active |= each
    active["assertions"] = [*active.get("assertions", []), *also]
    manifests = {"m": active, "parent": parent or {"assertions": []}}
    report = {"validation_state": "Valid", "active_manifest": "m", "manifests": manifests}
    return read_report(report, SOURCE, Listener(agent="ExampleBot", posture=posture))


def taken(label: str) -> list[dict[str, Any]]:
    where = address(label)
    return [redactions(where), action(where), action([where]), action({"url": where}), ingredient(where)]


@pytest.mark.parametrize("label", OURS)
@pytest.mark.parametrize("how", range(5))
def test_what_was_taken_out_is_in_doubt(label: str, how: int) -> None:
    said = taken(label)[how]
    reading = read(said)
    (statement,) = (s for s in reading.statements if s.stance is not Stance.UNSTATED)
    assert statement.stance is Stance.UNDETERMINED
    assert label in (statement.excerpt or "")
    assert any(fault.message.startswith("redacted") and label in (fault.excerpt or "") for fault in reading.faults)
    literal = read(said, posture=Posture.LITERAL)
    assert [s.doubt is None for s in literal.statements] == [True, False]
    assert literal.faults


@pytest.mark.parametrize("label", OTHERS)
@pytest.mark.parametrize("how", range(5))
def test_the_redaction_of_other_assertions_says_nothing(label: str, how: int) -> None:
    for posture in Posture:
        reading = read(taken(label)[how], posture=posture)
        assert not reading.faults
        assert [(s.stance, s.doubt) for s in reading.statements] == [(Stance.UNSTATED, None)]


def test_an_assertion_that_is_still_there_was_not_taken_out() -> None:
    reading = read(ingredient(address("cawg.training-mining")), parent={"assertions": [NO]})
    assert {s.stance for s in reading.statements} == {Stance.UNSTATED, Stance.RESERVED}
    assert not reading.faults


def test_of_two_assertions_one_may_have_been_taken_out() -> None:
    seen = ingredient(address("cawg.training-mining"), address("cawg.training-mining__1"))
    assert any(s.stance is Stance.UNDETERMINED for s in read(seen, parent={"assertions": [NO]}).statements)
    assert not read(seen, parent={"assertions": [NO, NO]}).faults


def test_what_a_component_lost_is_noted_only() -> None:
    component = ingredient(relationship="componentOf") | redactions(address("cawg.training-mining"))
    reading = read(component)
    assert [s.stance for s in reading.statements] == [Stance.UNSTATED]
    assert [fault.locator for fault in reading.faults] == ["C2PA/active/redactions"]
    assert not read(ingredient(address("cawg.training-mining"), relationship="componentOf")).faults


def test_a_parent_may_have_taken_it_out_of_its_own() -> None:
    parent = {"assertions": [], **redactions(address("cawg.training-mining", "first"))}
    (statement,) = (s for s in read(parent=parent).statements if s.stance is Stance.UNDETERMINED)
    assert statement.locator == "C2PA/parentOf[parent]/redactions"


@pytest.mark.parametrize("found", [None, 1, {}, "cawg.training-mining", [None], [["x"]], [{"url": None}]])
def test_whatever_stands_there_nothing_is_raised(found: object) -> None:
    read({"redactions": found}, action(found))
    read({"ingredients": [{"relationship": "parentOf", "validation_results": found, "active_manifest": found}]})
    results = {"activeManifest": {"success": [{"url": address("cawg.training-mining")}]}}
    read({"ingredients": [{"relationship": "parentOf", "validation_results": results, "active_manifest": found}]})


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (32, 32), "teal").save(made, "JPEG")
    return made.getvalue()


@pytest.mark.parametrize("label", ["cawg.training-mining", "org.example.location"])
@pytest.mark.parametrize("allowed", [False, True])
def test_a_file_whose_refusal_the_next_editor_took_out(label: str, allowed: bool) -> None:
    signer = Signer.make()
    entries = {"cawg.ai_generative_training": {"use": "notAllowed"}}
    first = signer.sign(picture(), "image/jpeg", entries, label=label)
    before = native_report(first, Format.JPEG)["active_manifest"]
    where = f"self#jumbf=/c2pa/{before}/c2pa.assertions/{label}"
    yes = {"cawg.ai_generative_training": {"use": "allowed"}} if allowed else None
    data = signer.sign(first, "image/jpeg", yes, parent=first, redacted=where)
    assert b"notAllowed" not in data
    with c2pa.Reader("image/jpeg", io.BytesIO(data)) as reader:
        assert json.loads(reader.json())["validation_state"] == "Valid"

    silent = {path: Fetched(status=404) for path in WELL_KNOWN}
    verdicts = []
    for posture in Posture:
        judge = Judge(usages={"genai-training"}, agent="ExampleBot", posture=posture.value)
        how: dict[str, Any] = {"status": 200, "headers": [("content-type", "image/jpeg")], "body": data, "now": NOW}
        verdicts.append(str(judge.evaluate(SOURCE.url, policies=silent, **how).verdict))
    if label == "cawg.training-mining":
        assert sorted(verdicts) == ["undetermined", "unreserved"]
    else:
        assert set(verdicts) == {"permitted" if allowed else "unreserved"}
