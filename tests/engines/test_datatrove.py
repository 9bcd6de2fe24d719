"""Real pipelines of datatrove: what is withheld carries its verdict, logs are whole, a rank that died goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, LogError
from tests.archives.made import record
from tests.engines.stored import (
    DECLARING,
    SITE,
    TERMS,
    UNKNOWN,
    declared_verdicts,
    jsonl,
    logged,
    sample,
    terms,
    write_crawl,
)
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.skipif(find_spec("datatrove") is None, reason="datatrove: `make engines`")
POLICIES = {
    f"{SITE}/robots.txt": Fetched(status=404),
    f"{SITE}/.well-known/tdmrep.json": Fetched(status=404),
    f"{SITE}/ai.txt": Fetched(status=404),
}
HTML = [["Content-Type", "text/html"]]


def run(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    (folder / "pipeline.py").write_text(script, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "pipeline.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        start_new_session=True,
    )


def test_the_pipeline_of_the_page_killed_and_started_again(tmp_path: Path) -> None:
    verdicts = write_crawl(tmp_path / "crawl", 6)
    script = sample("datatrove")
    deadly = script.replace('            JsonlWriter("kept"),', '            kill,\n            JsonlWriter("kept"),')
    deadly = deadly.replace("if __name__", KILL + "\nif __name__", 1)
    assert run(tmp_path, deadly).returncode == -signal.SIGKILL
    first = logged(tmp_path / "logs")
    assert 0 < len(first) < len(verdicts)
    done = run(tmp_path, script)
    assert done.returncode == 0, done.stderr[-3000:]
    assert logged(tmp_path / "logs") == verdicts
    kept, withheld = jsonl(tmp_path / "kept"), jsonl(tmp_path / "withheld")
    assert {line["metadata"]["url"] for line in kept} == {url for url, said in verdicts.items() if said == "unreserved"}
    assert {line["metadata"]["url"]: line["metadata"]["filter_reason"] for line in withheld} == {
        url: said for url, said in verdicts.items() if said != "unreserved"
    }
    assert all(line["metadata"]["tdm_guard"]["decision"] for line in [*kept, *withheld])
    assert all(line["text"].startswith("<") for line in kept)
    stats = json.loads((tmp_path / "progress" / "stats.json").read_text())
    counted = {name: value for step in stats for name, value in step["stats"].items()}
    assert counted["dropped_reserved"] == 18
    assert counted["dropped_undetermined"] == 1
    assert counted["passed_over_404"] == 1
    assert counted["passed_over_no_text"] == 1
    runs = [line for log in (tmp_path / "logs").glob("*.jsonl") for line in log.read_text().splitlines()]
    assert any(json.loads(line).get("resumes") for line in runs)
    merged = tmp_path / "tdm.jsonl"
    logs = sorted(map(str, (tmp_path / "logs").glob("*.jsonl")))
    guard = [sys.executable, "-m", "tdm_guard"]
    subprocess.run([*guard, "merge", *logs, "-o", merged], check=True, capture_output=True, timeout=PATIENCE)
    subprocess.run([*guard, "verify", merged], check=True, capture_output=True, timeout=PATIENCE)


KILL = """
def kill(data, rank, world_size):
    import os, signal
    for number, document in enumerate(data):
        if number == 2:
            os.killpg(0, signal.SIGKILL)
        yield document
"""


def documents(filter_: Any, *given: Any) -> list[Any]:
    return list(filter_.run(iter(given)))


def guard_filter(folder: Path, **keywords: Any) -> Any:
    from tdm_guard.datatrove import GuardFilter

    given = {"policies": POLICIES, "log": folder / "tdm-{rank}.jsonl", **keywords}
    return GuardFilter({"agent": "ExampleBot"}, **given)


def document(text: str = "<p>words", **metadata: Any) -> Any:
    from datatrove.data import Document

    return Document(text, "1", metadata={"url": f"{SITE}/a", "status": 200, **metadata})


@pytest.mark.parametrize(
    ("text", "metadata", "verdict"),
    [
        ("<p>words", {}, "undetermined"),  # of another reader: nobody knows its fields
        ('<meta name="robots" content="noai"><p>words', {}, "reserved"),
        ("<p>words", {"headers": "none"}, "undetermined"),
        ("<p>words", {"headers": [["Content-Type"]]}, "undetermined"),
        ("<p>words", {"headers": HTML}, "undetermined"),  # and no body
        ("<p>words", {"headers": [], "status": None}, "undetermined"),  # the address alone does not tell
        ("<p>words", {"headers": HTML, "body_complete": "false"}, "undetermined"),
        ("<p>words", {"headers": HTML, "status": "200 OK"}, "undetermined"),
        ("<p>words", {"headers": HTML, "item": "{"}, "undetermined"),
        ("<p>words", {"headers": HTML, "date": 7, "hops": 3}, "undetermined"),
        ("<p>words", {"url": None}, "undetermined"),
        ("<p>words", {"url": "dns:site.example"}, "undetermined"),
        ("<p>words", {"url": "http://[::"}, "undetermined"),
        ("", {"damage": "cut short"}, "undetermined"),
    ],
)
def test_what_cannot_be_judged_is_dropped_and_the_task_goes_on(
    tmp_path: Path, text: str, metadata: dict[str, Any], verdict: str
) -> None:
    from datatrove.data import Media, MediaType

    from tdm_guard.datatrove.documents import BODY

    whole = document(headers=HTML)
    whole.media = [Media(BODY, MediaType.DOCUMENT, "", media_bytes=b"<p>words")]
    filter_, odd = guard_filter(tmp_path), document(text, **metadata)
    assert documents(filter_, odd, whole) == [whole]
    assert odd.metadata["tdm_guard"]["verdict"] == verdict
    assert not whole.media
    assert filter_.stats[f"dropped_{verdict}"].total == 1


@pytest.mark.parametrize("word", [None, "permits", "prohibits"])
def test_what_answers_declare_counts(tmp_path: Path, word: str | None) -> None:
    from tdm_guard.datatrove import WarcReader

    (tmp_path / "crawl").mkdir()
    with (tmp_path / "crawl" / "a.warc").open("wb") as file:
        for url, (fields, body) in DECLARING.items():
            head = "".join(f"{name}: {value}\r\n" for name, value in fields).encode()
            file.write(record(block=b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body, url=url))
    policies = POLICIES if word is None else {**POLICIES, TERMS: Fetched(status=200, body=terms(word))}
    pages = list(WarcReader(str(tmp_path / "crawl")).run())
    kept = documents(guard_filter(tmp_path, policies=policies), *pages)
    found = {page.metadata["url"]: page.metadata["tdm_guard"]["verdict"] for page in pages}
    assert found == declared_verdicts(word)
    assert [page.metadata["url"] for page in kept] == [
        url for url, said in found.items() if said in ("unreserved", "permitted")
    ]


def test_no_log_no_data(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError):
        documents(guard_filter(tmp_path, log=tmp_path / "file" / "tdm.jsonl"), document())


class Failing:
    """A source of policies that is down."""

    def documents(self, *_: object) -> dict[str, Fetched]:
        raise OSError("connection refused")

    def close(self) -> None:
        """Nothing is open."""


def test_a_source_of_policies_that_fails_lets_nothing_pass(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from datatrove.data import Media, MediaType

    from tdm_guard.datatrove.documents import BODY

    page = document(headers=HTML)
    page.media = [Media(BODY, MediaType.DOCUMENT, "", media_bytes=b"<p>words")]
    assert documents(guard_filter(tmp_path, policies=Failing), page) == []
    assert page.metadata["tdm_guard"]["verdict"] == "undetermined"
    assert "connection refused" in caplog.text


def test_places_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    from tdm_guard.datatrove import WarcReader

    for name in ("one", "two"):
        write_crawl(tmp_path / name, 1)
    found = list(WarcReader(str(tmp_path)).run())
    assert {each.metadata["stored"]["file"] for each in found} == {
        f"{folder}/{name}" for folder in ("one", "two") for name in ("a.warc", "b.warc.gz")
    }
    assert {each.metadata["url"] for each in found} >= {UNKNOWN, f"{SITE}/free0"}
    assert os.path.isabs(found[0].metadata["file_path"])  # noqa: PTH117
