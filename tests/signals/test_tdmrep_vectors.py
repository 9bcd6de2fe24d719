"""Every conformance vector of TDMRep's file, response fields, HTML metadata and their order, in both postures."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, Posture, Stance, Statement, Verdict, evaluate
from tdm_guard.formats.http.media_type import Markup, charset, essence, markup_of, sniff
from tdm_guard.formats.page.html import read_page
from tdm_guard.formats.site.path_pattern import target
from tdm_guard.model import Reading, Source
from tdm_guard.origin import Origin
from tdm_guard.signals.shape import Listener
from tdm_guard.signals.tdmrep.tdmrep_signal import SIGNAL, read_headers, read_hop, read_html, settle

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "tdmrep.json").read_text(encoding="utf-8"))
CHANNELS = ("file", "fetch", "header", "html", "merge")
INSIDE = {"epub", "pdf"}  # tests/signals/test_embedded_vectors.py
ELSEWHERE = {"policy"}  # tests/signals/test_tdm_policy.py
MERGED_INSIDE = {"merge-011": "XMP", "merge-012": "EPUB"}  # with the channels inside files
STALE = {"fetch-019", "fetch-020"}  # an older copy of the file: tests/policies/test_policy.py
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WELL_KNOWN = "/.well-known/tdmrep.json"

RUN = [
    vector
    for vector in VECTORS
    if vector["channel"] in CHANNELS and vector["id"] not in MERGED_INSIDE and vector["id"] not in STALE
]


def name(vector: dict[str, Any]) -> str:
    return f"tdmrep/{vector['channel']}: {vector['id']}"


every = pytest.mark.parametrize("vector", RUN, ids=name)
postures = pytest.mark.parametrize("posture", list(Posture))


def test_every_vector_is_run_or_listed() -> None:
    assert len(VECTORS) == 265
    assert {vector["channel"] for vector in VECTORS} == INSIDE | ELSEWHERE | set(CHANNELS)
    assert len(RUN) + len(MERGED_INSIDE) + len(STALE) == 211
    for vector in VECTORS:
        if vector["id"] in MERGED_INSIDE:
            assert {"xmp", "opf"} & set(vector["input"])


def expected(vector: dict[str, Any], posture: Posture) -> dict[str, Any]:
    return vector.get("cautious", vector["expect"]) if posture is Posture.CAUTIOUS else vector["expect"]


def asked(given: dict[str, Any]) -> str:
    return given.get("fetch", {}).get("asked", f"{Origin.parse(given['url'])}{WELL_KNOWN}")


def document(given: dict[str, Any]) -> Fetched:
    """What the address of the file answered."""
    fetch = given.get("fetch", {})
    if "error" in fetch:
        return Fetched.unreachable(fetch["error"])
    body = given.get("tdmrep_body")
    if "tdmrep_json" in given:
        body = json.dumps(given["tdmrep_json"])
    if body is None and not fetch:
        return Fetched(status=404)
    hops = fetch.get("redirects", [])
    return Fetched(
        status=fetch.get("final_status", fetch.get("status", 200)),
        headers=[("content-type", fetch["content_type"])] if "content_type" in fetch else [],
        body=(body or "").encode(),
        url=hops[-1] if hops else asked(given),
        redirects=(asked(given),) if hops else (),
    )


def response_headers(given: dict[str, Any]) -> list[tuple[str, str]]:
    """The response's fields; after a 304 the stored ones stand where it has none."""
    fresh = [(field, value) for field, value in given.get("headers", [])]
    known = {field.lower() for field, _ in fresh}
    stored = [(field, value) for field, value in given.get("stored_headers", []) if field.lower() not in known]
    if given.get("content_type") and "content-type" not in known:
        fresh.append(("Content-Type", given["content_type"]))
    return fresh + stored


def said(given: dict[str, Any], posture: Posture) -> tuple[Statement, ...]:
    """What the readers make of a vector's input, in the report's order."""
    listener = Listener(agent="*", posture=posture)
    url = given["url"]
    readings: list[Reading] = []

    fetched = document(given)
    assert SIGNAL.document is not None
    file = SIGNAL.document.read(fetched, Source(url=asked(given), carrier="file"), listener)
    if asked(given) == f"{Origin.parse(url)}{SIGNAL.document.path}":
        readings.append(Reading(file.hold))
        if file.site:
            readings.append(file.site.says(target(url)))

    for hop in given.get("hops", []):
        fields = tuple((field, value) for field, value in hop["headers"])
        readings.append(read_hop(fields, Source(url=hop["url"], carrier="header"), listener))
    headers = response_headers(given)
    readings.append(read_headers(tuple(headers), Source(url=url, carrier="header"), listener))

    body = given.get("html", "").encode()
    content_type = next((value for field, value in headers if field.lower() == "content-type"), "")
    markup = markup_of(essence(content_type))
    if markup is Markup.UNKNOWN:
        markup = sniff(body, essence(content_type))
    if body and markup is Markup.HTML:
        page = read_page(body, url=url, charset=charset(content_type))
        readings.append(read_html(page, Source(url=url, carrier="html"), listener))

    return settle(tuple(statement for reading in readings for statement in reading.statements), posture)


@postures
@every
def test_readers(vector: dict[str, Any], posture: Posture) -> None:
    want = expected(vector, posture)
    statements = [s for s in said(vector["input"], posture) if s.stance is not Stance.UNSTATED]

    if want["reserved"] is None:
        stances = [Stance.UNDETERMINED] if want.get("action") == "hold" else []
        assert [s.stance for s in statements] == stances
        return
    (statement,) = statements
    assert statement.stance is (Stance.RESERVED if want["reserved"] else Stance.PERMITTED)
    assert statement.policy_url == want["policy"]
    assert statement.locator
    if want["matched_location"]:
        missing = want["matched_location"] == "/" and {"C3", "C4"} & set((statement.repair or "").split(","))
        assert missing or json.dumps(want["matched_location"], ensure_ascii=False) in str(statement.excerpt)
    if posture is Posture.LITERAL:
        assert statement.repair is None
    elif want["reserved"] != vector["expect"]["reserved"]:
        assert statement.repair


@postures
@every
def test_whole_way(vector: dict[str, Any], posture: Posture) -> None:
    given, want = vector["input"], expected(vector, posture)
    decision = evaluate(
        given["url"],
        status=given.get("status", 200),
        headers=response_headers(given),
        body=given.get("html", "").encode(),
        policies={WELL_KNOWN: Fetched(status=404), asked(given): document(given)},
        hops=[Fetched(status=hop["status"], url=hop["url"], headers=hop["headers"]) for hop in given.get("hops", [])],
        now=NOW,
        signals=["tdmrep"],
        posture=posture,
    )
    silent = Verdict.UNDETERMINED if want.get("action") == "hold" else Verdict.UNRESERVED
    assert decision.verdict is {True: Verdict.RESERVED, False: Verdict.PERMITTED, None: silent}[want["reserved"]]
    policies = [statement.policy_url for statement in decision.because if statement.policy_url]
    assert policies == ([want["policy"]] if want["policy"] else [])
