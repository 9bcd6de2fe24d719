"""The page for lawyers: every verdict is on it, in the order in which one outranks the other."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from tdm_guard import Stance, Statement, Usage, Verdict
from tdm_guard.judging.decide import Terms, decide
from tdm_guard.model import Kind
from tests.support.pages import rows

PAGE = (Path(__file__).parents[1] / "docs" / "verdicts.md").read_text(encoding="utf-8")
ROWS = {name: row.cells for row in rows(PAGE.partition("## What each means")[0]) for name in row.names}
LADDER = [Verdict(name) for name in ROWS]
POINTS = ["Heard", "Content", "Proves", "Does not prove", "Posture"]
ASKED = (Usage.GENAI_TRAINING,)
RESERVED = Statement(source="x", carrier="file", signal="tdmrep", usages=ASKED, stance=Stance.RESERVED)
REFUSED = replace(RESERVED, kind=Kind.ACCESS, signal="robots")
WORDS = {
    Verdict.RESERVED: RESERVED,
    Verdict.REVIEW: replace(RESERVED, doubt="a name only"),
    Verdict.UNDETERMINED: replace(RESERVED, stance=Stance.UNDETERMINED),
    Verdict.AUTHORISED: replace(RESERVED, lifted=frozenset(ASKED)),
    Verdict.PERMITTED: replace(RESERVED, stance=Stance.PERMITTED, kind=Kind.PERMISSION),
    Verdict.UNRESERVED: replace(RESERVED, stance=Stance.UNSTATED),
}


def test_every_verdict_is_on_the_ladder_once() -> None:
    assert sorted(LADDER) == sorted(Verdict)


def test_every_verdict_is_explained_in_the_order_of_the_ladder() -> None:
    titles, points = [], []
    for part in PAGE.partition("## What each means")[2].partition("\n## ")[0].split("\n### ")[1:]:
        title, _, text = part.partition("\n")
        titles.append(title.strip("`"))
        points.append(re.findall(r"^\* \*\*([A-Z][a-z ]+)\*\*:", text, re.MULTILINE))
    assert titles == ["Access refused", *LADDER]
    assert points == [POINTS] * len(titles)


@pytest.mark.parametrize(("stronger", "weaker"), list(combinations([v for v in LADDER if v in WORDS], 2)))
def test_what_stands_higher_outranks_what_stands_lower(stronger: Verdict, weaker: Verdict) -> None:
    assert decide((WORDS[weaker], WORDS[stronger]), Terms(usages=ASKED)).verdict is stronger


@pytest.mark.parametrize("withheld", [verdict for verdict in WORDS if verdict.withholds])
def test_research_outranks_what_withholds_and_a_refusal_of_access_outranks_research(withheld: Verdict) -> None:
    terms = Terms(usages=ASKED, exempt=True)
    assert LADDER.index(Verdict.EXEMPT) < LADDER.index(withheld)
    assert decide((WORDS[withheld],), terms).verdict is Verdict.EXEMPT
    assert decide((WORDS[withheld], REFUSED), terms).verdict is Verdict.RESERVED


def test_the_page_says_which_of_them_withhold() -> None:
    told = {name: cells[0] for name, cells in ROWS.items()}
    assert told == {verdict.value: "withheld" if verdict.withholds else "admitted" for verdict in Verdict}
