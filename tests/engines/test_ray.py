"""Real runs of Ray Data: two actors, policies by reference, an actor that dies in the middle of a batch."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import ConfigurationError, Fetched, LogError
from tests.engines.stored import (
    SITE,
    TERMS,
    UNKNOWN,
    declared_rows,
    declared_verdicts,
    logged,
    rows,
    sample,
    terms,
    write_rows,
)

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="ray: `make engines`"),
    pytest.mark.filterwarnings("ignore"),  # theirs, of all kinds
]
ABSENT = Fetched(status=404)
POLICIES = {
    f"{SITE}/robots.txt": Fetched(status=200, body=b"User-agent: *\nDisallow: /private/\n"),
    f"{SITE}/.well-known/tdmrep.json": ABSENT,
    f"{SITE}/ai.txt": ABSENT,
}


def policies_with(word: str | None) -> dict[str, Fetched]:
    """With a licence at another site, which says that word."""
    return POLICIES if word is None else {**POLICIES, TERMS: Fetched(status=200, body=terms(word))}


class Deadly:
    """A source of policies whose first reader dies when it is asked for an origin."""

    timeless = True

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def documents(self, origin: str, _: object) -> Mapping[str, Fetched]:
        if UNKNOWN.startswith(origin) and not self.marker.exists():
            self.marker.touch()
            os._exit(7)
        return POLICIES if origin == SITE else {}

    def close(self) -> None:
        """Nothing is open."""


def test_the_sample_of_the_page(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts = write_rows(tmp_path / "rows", 10)
    monkeypatch.chdir(tmp_path)
    code = sample("Ray Data").replace('"rows"', f'"{tmp_path}/rows"').replace('"kept"', f'"{tmp_path}/kept"')
    exec(compile(code, "scale.md", "exec"), {})
    assert logged(tmp_path / "logs") == verdicts
    kept = cluster.data.read_parquet(str(tmp_path / "kept")).to_pandas()
    assert sorted(kept["url"]) == sorted(url for url, said in verdicts.items() if said == "unreserved")
    logs = list((tmp_path / "logs").glob("*.jsonl"))
    assert all('"type":"end"' in log.read_text().splitlines()[-1] for log in logs)


def test_an_actor_that_dies_and_policies_by_reference(cluster: Any, tmp_path: Path) -> None:
    import pyarrow as pa

    from tdm_guard.ray import GuardBatches

    made, verdicts = rows(6)
    given = {
        "judge": {"agent": "ExampleBot"},
        "policies": cluster.put(Deadly(tmp_path / "died")),
        "log": str(tmp_path / "logs" / "{batch}.jsonl"),
        "task": "a crawl",
    }
    judged = cluster.data.from_arrow(pa.Table.from_pylist(made)).map_batches(
        GuardBatches,
        fn_constructor_kwargs=given,
        batch_format="pyarrow",
        batch_size=13,
        compute=cluster.data.ActorPoolStrategy(size=2),
        num_cpus=0.5,
    )
    found = judged.to_pandas()
    assert (tmp_path / "died").exists()
    assert dict(zip(found["url"], found["verdict"], strict=True)) == verdicts
    assert logged(tmp_path / "logs") == verdicts
    lines = [line for log in (tmp_path / "logs").glob("*.jsonl") for line in log.read_text().splitlines()]
    assert any(json.loads(line).get("resumes") for line in lines)


def batches(folder: Path, policies: Any = None, **keywords: Any) -> Any:
    from tdm_guard.ray import GuardBatches

    given = {"task": "a job", "log": folder / "{batch}.jsonl", **keywords}
    return GuardBatches({"agent": "ExampleBot"}, POLICIES if policies is None else policies, **given)


def test_a_batch_that_is_needed_again_is_not_judged_again(tmp_path: Path) -> None:
    import pyarrow as pa

    made, verdicts = rows(3)
    table = pa.Table.from_pylist(made)
    first, again = batches(tmp_path)(table), batches(tmp_path)(pa.Table.from_batches(table.to_batches(4)))
    assert dict(zip(first["url"].to_pylist(), again["verdict"].to_pylist(), strict=True)) == verdicts
    assert first["decision"].to_pylist() == again["decision"].to_pylist()
    because = dict(zip(again["url"].to_pylist(), again["because"].to_pylist(), strict=True))
    assert json.loads(because[f"{SITE}/header0"])[0]["signal"] == "tdmrep"
    assert "could be read" in json.loads(because[f"{SITE}/fields-unknown"])[0]["excerpt"]
    assert batches(tmp_path)(again.slice(0, 0)).num_rows == 0
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_wrong_is_said_where_the_job_is_told(tmp_path: Path) -> None:
    import pyarrow as pa

    from tdm_guard.ray import guard

    log = tmp_path / "{batch}.jsonl"
    with pytest.raises(ConfigurationError, match="agnet"):
        guard(None, {"agnet": "ExampleBot"}, POLICIES, log=log)
    with pytest.raises(ConfigurationError, match="nor a path"):
        guard(None, {}, {"/robots.txt": ABSENT}, log=log)
    with pytest.raises(ConfigurationError, match="unread"):
        guard(None, {}, POLICIES, log=log, unread="no")
    with pytest.raises(ConfigurationError, match="there is no headers"):
        batches(tmp_path)(pa.table({"url": [f"{SITE}/a"], "status": [200]}))
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(LogError):
        batches(tmp_path / "file")(pa.table({"url": [f"{SITE}/a"]}))


def test_rows_that_are_none(tmp_path: Path) -> None:
    import pyarrow as pa

    urls = [None, "", "dns:site.example", "urn:x", "http://[::", f"{SITE}/free", f"{SITE}/private/a"]
    found = batches(tmp_path)(pa.table({"url": pa.array(urls, pa.string())}))
    assert found["verdict"].to_pylist() == [*["undetermined"] * 5, "unreserved", "reserved"]
    assert found["admitted"].to_pylist() == [*[False] * 5, True, False]
    assert [each is None for each in found["decision"].to_pylist()] == [*[True] * 5, False, False]


def test_what_answers_declare_counts_and_other_policies_are_noticed(tmp_path: Path) -> None:
    """Within one task: what rests on a document that says something else now is judged anew, and only that."""
    import pyarrow as pa

    table = pa.Table.from_pylist(declared_rows())
    decided = {}
    for word in (None, "permits", "prohibits", "permits"):
        found = batches(tmp_path, policies_with(word))(table)
        assert dict(zip(found["url"].to_pylist(), found["verdict"].to_pylist(), strict=True)) == declared_verdicts(word)
        ids = found["decision"].to_pylist()
        assert decided.setdefault(word, ids) == ids
    assert {ids[0] for ids in decided.values()} == {decided[None][0]}
    assert len({each for ids in decided.values() for each in ids}) == 7
