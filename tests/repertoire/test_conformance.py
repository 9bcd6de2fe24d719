"""The shared vectors, each one call of `evaluate()` with the declarations and authorisations in TOML files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, evaluate

FILE = Path(__file__).parent.parent / "vectors" / "repertoire.json"
GIVEN = json.loads(FILE.read_text(encoding="utf-8"))
# Decided otherwise since: a code of the caller's own that cannot be used is a doubt, no silence (docs/repertoires.md).
# To the letter the vector holds as it is.
OTHERWISE = {("rep-62-wrong-check-digit", "cautious"): {"verdict": "review", "admitted": False}}


def toml(value: Any) -> str:
    """A value of the vectors as TOML spells it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def written(folder: Path, kind: str, names: list[str]) -> list[str]:
    """The tables named, in a file of their own; no file for none."""
    if not names:
        return []
    tables = [f"[[{kind}]]\n" + "\n".join(f"{k} = {toml(v)}" for k, v in GIVEN[kind][name].items()) for name in names]
    path = folder / f"{kind}.toml"
    path.write_text("\n\n".join(tables), encoding="utf-8")
    return [str(path)]


@pytest.mark.parametrize("vector", GIVEN["vectors"], ids=lambda vector: f"repertoire: {vector['id']}")
@pytest.mark.parametrize("posture", ["cautious", "literal"])
def test_vector(vector: dict[str, Any], posture: str, tmp_path: Path) -> None:
    policies = {
        path: Fetched(status=answer["status"], body=answer.get("body", "").encode())
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
        now=datetime.fromisoformat(vector["now"]),
        repertoire=written(tmp_path, "declarations", vector["declarations"]),
        authorisations=written(tmp_path, "authorisations", vector["authorisations"]),
        posture=posture,
        **vector["options"],
    )
    record, expect = decision.to_dict(), vector["expect"] | OTHERWISE.get((vector["id"], posture), {})
    assert {name: record[name] for name in ("verdict", "admitted", "enforced")} == {
        name: expect[name] for name in ("verdict", "admitted", "enforced")
    }
    if "matched" in expect:
        keys = {item["match"]["key"] for item in record["because"] if item["match"]}
        assert keys == set(expect["matched"])
    if "unmatchable" in expect:
        assert (record["repertoire"] == "unmatchable") is expect["unmatchable"]
    if "fault" in expect:
        assert bool(record["faults"]) is expect["fault"]
