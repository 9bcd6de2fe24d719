"""The first look at a page: what a page says by itself it says beside a tag that speaks, and the other way round."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import Judge
from tdm_guard.signals.shared.own_names import PAGE_WORDS
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
JUDGE = Judge(agent="ExampleBot", usages={"ai-training"})
HTML = [("content-type", "text/html; charset=utf-8")]
SPEAKS = '<meta name="tdm-x" content="">'  # nobody's, but so that the whole page is read


def verdict(html: str) -> str:
    decision = JUDGE.evaluate(
        "https://site.example/a", status=200, headers=HTML, body=html.encode(), policies=SILENT, now=NOW
    )
    return str(decision.verdict)


REFUSES = [
    "<meta name=ai content=no>",
    '<meta content="no" name=ai>',
    '<meta content="no" name=ai />',
    "<meta content='no' name=ml>",
    "<meta name=training content=no>",
    '<meta name=" ai " content="no">',
    '<meta name = "AI" content="no">',
    '<meta name="ai&#32;" content="no">',
    '<meta name="robots" content="no\u00a0ai">',
    '<meta name="robots" content="no\u2028ai">',
    '<meta name="robots" content="no&nbsp;ai">',
    '<meta name="robots" content="no&ensp;ai">',
    '<meta name="robots" content="no&shy;ai">',
    "<meta name='robots' content='no\"\"ai'>",
    '<meta name="robots" content="no llm">',
]
SILENT_TAGS = [
    '<meta name="author" content="Ai Weiwei">',
    '<meta name=description content="ai and its uses">',
    '<meta name="robots" content="no aid">',
    "<meta name=aim content=no>",
    '<meta name="domain" content="site.example">',
]


@pytest.mark.parametrize("tag", REFUSES)
def test_a_refusal_is_heard_whatever_else_the_page_says(tag: str) -> None:
    assert verdict(tag) == verdict(SPEAKS + tag) == "reserved"


@pytest.mark.parametrize("tag", SILENT_TAGS)
def test_what_refuses_nothing_is_none_either_way(tag: str) -> None:
    assert verdict(tag) == verdict(SPEAKS + tag) == "unreserved"


WORDS = sorted(word.strip('"') for word in PAGE_WORDS)
BLANKS = st.sampled_from(["", " ", "\t", "\n", "\u00a0", "\u200b", "&nbsp;", "&#32;"])


@given(
    st.sampled_from(WORDS),
    st.sampled_from(["no", "disallow", "yes", ""]),
    st.sampled_from(['"', "'", ""]),
    st.booleans(),
    st.tuples(BLANKS, BLANKS),
)
def test_no_spelling_of_a_tag_hides_it_from_the_first_look(
    word: str, value: str, mark: str, named: bool, around: tuple[str, str]
) -> None:
    name, content = (f"{around[0]}{word}{around[1]}", value) if named else ("robots", f"{around[0]}{word}{around[1]}")
    tag = f"<meta name={mark}{name}{mark} content={mark}{content}{mark}>"
    assert verdict(tag) == verdict(SPEAKS + tag)
