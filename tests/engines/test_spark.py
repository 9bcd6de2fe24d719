"""Real runs of Spark in local mode: two cores, policies broadcast, an attempt that fails and is made again."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import ConfigurationError
from tests.engines.stored import SITE, declared_rows, declared_verdicts, logged, sample, write_rows
from tests.engines.test_ray import ABSENT, POLICIES, Deadly, policies_with

pytestmark = [
    pytest.mark.skipif(find_spec("pyspark") is None, reason="pyspark: `make engines`"),
    pytest.mark.filterwarnings("ignore"),  # theirs, of all kinds
]


def verdicts_of(df: Any) -> dict[str, str]:
    return {row["url"]: row["verdict"] for row in df.select("url", "verdict").collect()}


def test_the_sample_of_the_page(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts = write_rows(tmp_path / "rows", 10)
    monkeypatch.chdir(tmp_path)
    code = sample("PySpark").replace('"rows"', f'"{tmp_path}/rows"').replace('"kept"', f'"{tmp_path}/kept"')
    names: dict[str, Any] = {}
    exec(compile(code, "scale.md", "exec"), names)
    assert logged(tmp_path / "logs") == verdicts
    kept = spark.read.parquet(str(tmp_path / "kept"))
    assert verdicts_of(kept) == {url: said for url, said in verdicts.items() if said == "unreserved"}
    assert verdicts_of(names["judged"]) == verdicts  # computed once more: nothing is judged again
    assert logged(tmp_path / "logs") == verdicts


def test_an_attempt_that_fails_is_gone_on_with(spark: Any, tmp_path: Path) -> None:
    from tdm_guard.spark import guard

    verdicts = write_rows(tmp_path / "rows", 6, files=1)
    df = spark.read.parquet(str(tmp_path / "rows")).coalesce(1)
    judged = guard(df, {"agent": "ExampleBot"}, Deadly(tmp_path / "died"), log=tmp_path / "logs" / "{partition}.jsonl")
    assert verdicts_of(judged) == verdicts
    assert (tmp_path / "died").exists()
    assert logged(tmp_path / "logs") == verdicts
    lines = [line for log in (tmp_path / "logs").glob("*.jsonl") for line in log.read_text().splitlines()]
    assert any(json.loads(line).get("resumes") for line in lines)


def test_what_is_wrong_is_said_where_the_job_is_told(spark: Any, tmp_path: Path) -> None:
    from tdm_guard.spark import guard

    df = spark.createDataFrame([(f"{SITE}/a", 200)], ["url", "status"])
    with pytest.raises(ConfigurationError, match="there is no headers"):
        guard(df, {}, POLICIES, log=tmp_path / "{partition}.jsonl")
    with pytest.raises(ConfigurationError, match="nor a path"):
        guard(df.select("url"), {}, {"/robots.txt": ABSENT}, log=tmp_path / "{partition}.jsonl")
    (tmp_path / "file").touch()
    with pytest.raises(Exception, match="LogError"):
        guard(df.select("url").coalesce(1), {}, POLICIES, log=tmp_path / "file" / "tdm.jsonl").collect()


@pytest.mark.parametrize("word", [None, "prohibits"])
def test_what_answers_declare_counts(spark: Any, tmp_path: Path, word: str | None) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tdm_guard.spark import guard

    pq.write_table(pa.Table.from_pylist(declared_rows()), tmp_path / "rows.parquet")
    df = spark.read.parquet(str(tmp_path / "rows.parquet")).repartition(3, "url")
    judged = guard(df, {"agent": "ExampleBot"}, policies_with(word), log=tmp_path / "logs" / "{partition}.jsonl")
    assert verdicts_of(judged) == declared_verdicts(word)
