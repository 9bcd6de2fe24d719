"""What records say of copies, whatever they say: nothing raises, and nothing outside the folder is looked at."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.log.checks.finding import Findings
from tdm_guard.log.evidence import EvidenceStore
from tdm_guard.log.evidence_check import EvidenceCheck, Folders, Named, named_by, named_in
from tdm_guard.log.reader import LogLine
from tdm_guard.reports.copies import documents_of, words_of

BODY = b"User-agent: *\nDisallow: /\n"
DIGEST = hashlib.sha256(BODY).hexdigest()
OTHER = "0" * 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evidence")
    EvidenceStore(folder).store({DIGEST: BODY})
    return folder


VALUES = (
    st.none()
    | st.integers()
    | st.text(max_size=9)
    | st.sampled_from([DIGEST, OTHER, "../../x", "line 2", "declaration"])
)
ENTRY = st.dictionaries(
    st.sampled_from(["evidence", "sha256", "carrier", "source", "locator", "excerpt", "document", "signal", "usages"]),
    VALUES | st.lists(VALUES, max_size=2),
    max_size=6,
)
RECORDS = st.fixed_dictionaries(
    {"type": st.sampled_from(["decision", "run", "part", "end"])},
    optional={
        name: st.lists(ENTRY | VALUES, max_size=3) | VALUES
        for name in ("because", "faults", "checked", "run", "of", "evidence")
    },
)


@settings(max_examples=80, deadline=None)
@given(records=st.lists(RECORDS, max_size=3))
def test_whatever_records_say_nothing_raises(folder: Path, records: list[dict[str, Any]]) -> None:
    check, own = EvidenceCheck(Findings(), str(folder)), EvidenceCheck(Findings())
    for number, record in enumerate(records, 1):
        line = LogLine("tdm.jsonl", number, json.dumps(record).encode(), record)
        named = {each.digest for each in named_in(record)}
        findings = list(check.look(line))
        assert len(findings) <= len(named)
        assert not (named == {DIGEST} and findings)
        list(own.look(line))
        for each in words_of(record, str(folder)):
            json.dumps(each.to_dict())
        list(documents_of(record, None))


def test_what_names_a_copy() -> None:
    assert named_by({"evidence": OTHER, "sha256": DIGEST, "source": "u"}) == Named(OTHER, piece=True, source="u")
    assert named_by({"sha256": DIGEST, "source": "u"}) == Named(DIGEST, piece=False, source="u")
    assert named_by({"sha256": DIGEST, "carrier": "declaration"}) is None
    assert named_by({"sha256": DIGEST, "carrier": "list"}) is None
    assert named_by({"sha256": None}) is None
    record = {"because": [{"sha256": DIGEST}], "faults": [{"sha256": DIGEST}], "checked": [{"sha256": OTHER}]}
    assert [named.digest for named in named_in(record)] == [DIGEST, OTHER]


def test_where_copies_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs" / "kept").mkdir(parents=True)
    folders = Folders()
    folders.note({"run": "a", "evidence": "kept"}, "logs/tdm.jsonl")
    folders.note({"run": "b", "of": {"evidence": "nowhere"}}, "logs/tdm.part-0002.b.jsonl")
    folders.note({"run": "c", "evidence": None}, "logs/tdm.jsonl")
    found = [folders.of({"run": run}) for run in "abc"]
    assert found == [str(Path("logs/kept")), "nowhere", None]
    (tmp_path / "kept").mkdir()
    folders.note({"run": "a", "evidence": "kept"}, "logs/tdm.jsonl")
    assert folders.of({"run": "a"}) == "kept"
    assert Folders("given").of({"run": "c"}) == "given"


def test_a_copy_is_looked_at_once(folder: Path) -> None:
    check = EvidenceCheck(Findings(), str(folder))
    record = {"type": "decision", "run": "r", "checked": [{"sha256": DIGEST}, {"sha256": OTHER, "document": "u"}]}
    line = LogLine("tdm.jsonl", 1, b"", record)
    assert [str(finding) for finding in check.look(line)] == [
        f"tdm.jsonl:1: remark: the copy 000000000000… of u is missing in {folder}"
    ]
    assert (list(check.look(line)), check.copies) == ([], 1)
