"""Licences for some works of a repertoire: our own vectors, each one call of `evaluate()` with files and lists."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, evaluate
from tdm_guard.lists.importing import import_list
from tdm_guard.lists.plan import Plan
from tests.repertoire.test_conformance import toml

FILE = Path(__file__).parent.parent / "vectors" / "repertoire_works.json"
GIVEN = json.loads(FILE.read_text(encoding="utf-8"))
OPERATOR = {"name": "acme-ai", "classes": ["commercial"], "country": "FR"}
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file for each declaration and authorisation, and the lists beside the latter."""
    folder = tmp_path_factory.mktemp("held")
    for kind in ("declarations", "authorisations"):
        folder.joinpath(kind).mkdir()
        for name, members in GIVEN[kind].items():
            text = "".join(f"{member} = {toml(value)}\n" for member, value in members.items())
            folder.joinpath(kind, f"{name}.toml").write_text(f"[[{kind}]]\n{text}", encoding="utf-8")
    for name, listed in GIVEN["lists"].items():
        for excludes, rows in ((False, listed["rows"]), (True, listed.get("without", []))):
            if rows:
                make_list(folder / "authorisations" / name, listed["declaration"], rows, excludes=excludes)
    return folder


def make_list(path: Path, declaration: str, rows: list[dict[str, str]], *, excludes: bool = False) -> None:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    source = path.with_suffix(f".{excludes}.csv")
    lines = [",".join(keys), *(",".join(row.get(key, "") for key in keys) for row in rows)]
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    plan = Plan(
        source=source, style="csv", columns=tuple((key, key) for key in keys), declaration=declaration, version="1",
        output=path, excludes=excludes, append=path.exists(),
    )  # fmt: skip
    assert import_list(plan, now=NOW).written


@pytest.mark.parametrize("vector", GIVEN["vectors"], ids=lambda vector: f"repertoire: {vector['id']}")
@pytest.mark.parametrize("posture", ["cautious", "literal"])
def test_vector(vector: dict[str, Any], posture: str, held: Path) -> None:
    policies = {
        path: Fetched(status=answer["status"], body=answer["body"].encode())
        for path, answer in vector["policies"].items()
    }
    decision = evaluate(
        vector["url"],
        status=200,
        headers=[("content-type", "text/html")],
        body=b"",
        item=vector["item"],
        policies=policies,
        unread="ignore",
        now=NOW,
        usages=["genai-training"],
        operator=OPERATOR,
        posture=posture,
        repertoire=[str(held / "declarations" / f"{name}.toml") for name in vector["declarations"]],
        authorisations=[str(held / "authorisations" / f"{name}.toml") for name in vector["authorisations"]],
    )
    record, expect = decision.to_dict(), vector["expect"]
    assert (record["verdict"], record["admitted"]) == (expect["verdict"], expect["admitted"])
    said = [entry for entry in record["because"] if entry["match"]]
    lifted = [entry for entry in said if any(mark["outcome"] == "lifted" for mark in entry["authorisations"])]
    if "lifted" in expect:
        assert {entry["match"]["key"] for entry in lifted} == set(expect["lifted"])
    if "open" in expect:
        assert {entry["match"]["key"] for entry in said if entry not in lifted} == set(expect["open"])
    if "works" in expect:
        assert [entry["match"]["work"] for entry in lifted] == expect["works"]
