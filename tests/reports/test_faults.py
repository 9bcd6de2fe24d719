"""Faults counted over records, and filters: bounded, and never thrown off by what a record may hold."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import ConfigurationError
from tdm_guard.log.once import Once
from tdm_guard.log.reader import LogLine
from tdm_guard.reports import faults
from tdm_guard.reports.faults import FaultCount, markdown
from tdm_guard.reports.filters import Chosen, Filters

FAULT = {"source": "https://a.example/robots.txt", "carrier": "robots.txt", "signal": "robots", "message": "no JSON"}


def counted(*found: dict[str, Any], records: int = 1) -> FaultCount:
    count = FaultCount()
    for _ in range(records):
        count.add({"faults": list(found)})
    return count


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("no JSON at line 3, column 4", "no JSON at line 30, column 1", True),
        ("'abc' is no number", "'x' is no number", True),
        ("status 404", "status 503", False),
        ("the site's word, the page's", "the site's word, the file's", False),
    ],
)
def test_faults_are_of_one_kind_wherever_they_stand(one: str, other: str, alike: bool) -> None:
    found = counted({**FAULT, "message": one}, {**FAULT, "message": other})
    assert (len(found.kinds) == 1) is alike
    assert found.decisions == 1
    assert all(each.decisions == 1 for each in found.kinds.values())


def test_one_document_is_one_example_and_examples_are_few() -> None:
    [found] = counted(FAULT, records=50).kinds.values()
    assert (found.decisions, list(found.examples)) == (50, [FAULT["source"]])
    many = [{**FAULT, "source": f"https://{number}.example/"} for number in range(9)]
    [found] = counted(*many).kinds.values()
    assert len(found.examples) == faults.MAX_EXAMPLES


def test_kinds_beyond_the_bound_are_counted_together_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "MAX_KINDS", 3)
    monkeypatch.setattr(faults, "SHOWN", 2)
    found = counted(*({**FAULT, "message": f"fault {name}"} for name in "abcdefg"), records=2)
    assert [(kind.message, each.decisions) for kind, each in found.by_size(faults.SITE)] == [
        ("fault a", 2), ("fault b", 2), ("fault c", 2), (faults.OTHER, 2),
    ]  # fmt: skip
    assert "\n2 more kinds of fault: `--format json`.\n" in "".join(markdown(found))


def test_words_of_strangers_stay_words() -> None:
    page = "".join(markdown(counted({**FAULT, "message": "a | b <img>\n# x", "excerpt": "`|\x1b"})))
    assert "<img>" not in page
    assert "\x1b" not in page
    assert all(line.replace("\\|", "").count("|") == 6 for line in page.splitlines() if line.startswith("|"))


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["decision", "run", "repertoire"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("source", "carrier", "signal", "message", "excerpt", "layer"), ANY)
    ),
    max_size=3,
)
RECORDS = st.fixed_dictionaries(
    {"type": st.sampled_from(["decision", "run", "body", "end"])},
    optional={
        **dict.fromkeys(("run", "seq", "ts", "url", "final_url", "origin", "verdict", "repertoire", "hash"), ANY),
        "faults": ANY | ENTRIES, "because": ANY | ENTRIES,
    },
)  # fmt: skip
FILTERS = Filters(
    run=frozenset("r"), host=frozenset(["a.example"]), declaration=frozenset("d"), signal=frozenset("s"), since="2026",
    until="2027",
)  # fmt: skip


@settings(max_examples=100)
@given(st.lists(RECORDS, max_size=4))
def test_no_record_makes_it_raise(records: list[dict[str, Any]]) -> None:
    lines = [LogLine(path="a", number=1, raw=json.dumps(each).encode(), record=each) for each in records]
    ours = [each for each in records if each["type"] in {"decision", "run"}]
    count, chosen = FaultCount(), Chosen(FILTERS)
    with closing(Once()) as once:
        try:
            kept = list(chosen.lines(once.lines(lines)))
        except ConfigurationError:
            assert not ours
            return
    for line in kept:
        assert line.record is not None
        count.add(line.record)
    "".join(markdown(count))
    with pytest.raises(ConfigurationError):
        chosen.check()


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 3), st.booleans()), min_size=1, max_size=12))
def test_each_decision_is_handed_on_once(told: list[tuple[str, int, bool]]) -> None:
    lines = [
        LogLine(path="a", number=1, raw=f"{run}{seq}{same}".encode(),
                record={"type": "decision", "run": run, "seq": seq, "same": same})
        for run, seq, same in told
    ]  # fmt: skip
    with closing(Once()) as once:
        kept = [(line.record["run"], line.record["seq"]) for line in once.lines(lines) if line.record]
        assert kept == list(dict.fromkeys((run, seq) for run, seq, _ in told))
        assert once.repeated + once.contradicting == len(told) - len(kept)
        first = {(run, seq): same for run, seq, same in reversed(told)}
        assert once.repeated == sum(first[run, seq] is same for run, seq, same in told) - len(kept)
