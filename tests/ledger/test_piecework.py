"""What every worker of an engine is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tdm_guard import ConfigurationError, Judge, Ledger, Stored
from tdm_guard.ledger.batches import check
from tdm_guard.ledger.piecework import Piecework


@pytest.mark.parametrize(("then", "now", "resumes"), [("ignore", "undetermined", 0), ("ignore", "ignore", 1)])
def test_what_was_judged_with_less_care_is_not_gone_on_with(tmp_path: Path, then: str, now: str, resumes: int) -> None:
    def ledger(unread: str) -> Ledger:
        work = Piecework(
            Judge(agent="ExampleBot"), None, tmp_path / "l.jsonl", word="rank", task="t", once=False, unread=unread
        )
        return work.ledger("0", of=2)

    first = ledger(then)
    first.evaluate("https://site.example/1", stored=Stored("a", 1), unread=then)
    first.close()
    with ledger(now) as second:
        assert len(second.resumes) == resumes


def test_columns_that_differ_in_case_alone_are_named() -> None:
    """An engine may take them for the same; they would be passed over, and the address alone be judged."""
    with pytest.raises(ConfigurationError, match="'Body' is not read; name it 'body'"):
        check(["url", "Status", "Headers", "Body"])
    check(["url", "status", "headers", "body", "language"])
