"""What is given back of an earlier run takes nothing away: feeds stay heard, and fields that reserve count."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, Judge, Ledger, Stored

NOW = datetime(2026, 11, 28, tzinfo=UTC)
SITE = "https://site.example"
JUDGE = Judge(usages={"ai-training"}, agent="ExampleBot")
ABSENT = {url: Fetched(status=404) for url in JUDGE.needed_documents(SITE)}
PAGE = b"<html><head><title>words</title></head></html>"
HTML = [("content-type", "text/html")]
RESERVING = [*HTML, ("tdm-reservation", "1")]


def feed(path: str) -> bytes:
    """A feed that prohibits the training of AI with one story."""
    return (
        '<rss version="2.0" xmlns:rsl="https://rslstandard.org/rsl"><channel><title>News</title>'
        f'<item><link>{SITE}{path}</link><rsl:content url="{path}"><rsl:license>'
        '<rsl:prohibits type="usage">ai-train</rsl:prohibits></rsl:license></rsl:content></item></channel></rss>'
    ).encode()


def opened(folder: Path) -> Ledger:
    return Ledger(JUDGE, folder / "tdm.jsonl", task="a.warc", once=True, remembers=True)


def feeds(ledger: Ledger, policies: Any) -> None:
    for number in (1, 2):
        ledger.evaluate(
            f"{SITE}/feed{number}",
            status=200,
            headers=[("content-type", "application/rss+xml")],
            body=feed(f"/story{number}"),
            policies=policies,
            now=NOW,
            stored=Stored("a.warc", number),
        )


def stories(ledger: Ledger, policies: Any) -> list[str]:
    return [
        ledger.evaluate(
            f"{SITE}/story{number}",
            status=200,
            headers=HTML,
            body=PAGE,
            policies=policies,
            now=NOW,
            stored=Stored("a.warc", 10 + number),
        ).verdict.value
        for number in (1, 2)
    ]


POLICIES = [ABSENT, JUDGE.read_policies(SITE, ABSENT, now=NOW)]


@pytest.mark.parametrize("policies", POLICIES, ids=["documents", "policy"])
def test_all_feeds_count_whatever_the_policies_are_given_as(tmp_path: Path, policies: Any) -> None:
    with opened(tmp_path) as ledger:
        feeds(ledger, policies)
        assert stories(ledger, policies) == ["reserved", "reserved"]


def test_all_feeds_of_an_earlier_run_count(tmp_path: Path) -> None:
    first = opened(tmp_path)
    feeds(first, POLICIES[1])
    first.close()  # cut short
    with opened(tmp_path) as ledger:
        feeds(ledger, POLICIES[1])
        assert ledger.totals["recalled"] == 2
        assert stories(ledger, POLICIES[1]) == ["reserved", "reserved"]


@pytest.mark.parametrize("stored", [None, Stored("a.warc", 0)], ids=["by address", "by place"])
def test_a_decision_is_not_given_back_to_an_answer_whose_fields_reserve(tmp_path: Path, stored: Stored | None) -> None:
    given: dict[str, Any] = {"status": 200, "body": PAGE, "policies": ABSENT, "now": NOW, "stored": stored}
    first = opened(tmp_path)
    assert first.evaluate(f"{SITE}/", headers=HTML, **given).admitted
    first.close()
    with opened(tmp_path) as ledger:
        assert ledger.evaluate(f"{SITE}/", headers=iter(RESERVING), **given).verdict == "reserved"
        assert ledger.totals["recalled"] == 0


def test_a_decision_is_given_back_to_an_answer_whose_fields_say_nothing_new(tmp_path: Path) -> None:
    given: dict[str, Any] = {"status": 200, "body": PAGE, "policies": ABSENT, "now": NOW}
    first = opened(tmp_path)
    before = [first.evaluate(f"{SITE}/{path}", headers=said, **given) for path, said in (("a", HTML), ("b", RESERVING))]
    first.close()
    with opened(tmp_path) as ledger:
        after = [
            ledger.evaluate(f"{SITE}/{path}", headers=said, **given) for path, said in (("a", HTML), ("b", RESERVING))
        ]
        assert [each.id for each in after] == [each.id for each in before]


def test_what_failed_in_a_task_that_is_done_begins_no_run(tmp_path: Path) -> None:
    for _ in range(3):
        with opened(tmp_path) as ledger:
            ledger.failed()
    lines = (tmp_path / "tdm.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum('"type":"run"' in line for line in lines) == 1
