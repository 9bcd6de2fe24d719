"""The first look at a page: what a page says by itself it says beside a tag that speaks, and the other way round."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Judge
from tdm_guard.formats.http.robots_tag import USUAL as USUAL_RULES
from tdm_guard.formats.page.html import read_page
from tdm_guard.formats.page.html_scan import Scanner
from tdm_guard.formats.page.html_words import MARKED, folded
from tdm_guard.model import Source
from tdm_guard.signals import SIGNALS, x_robots
from tdm_guard.signals.shape import Listener
from tdm_guard.signals.shared.own_names import PAGE_WORDS
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
JUDGE = Judge(agent="ExampleBot", usages={"ai-training"})
SCANNER = Scanner([word for signal in SIGNALS for word in signal.html_words])
URL = "https://site.example/a"
HTML = [("content-type", "text/html; charset=utf-8")]
SPEAKS = '<meta name="tdm-x" content="">'  # nobody's, but so that the whole page is read


def verdict(html: str) -> str:
    decision = JUDGE.evaluate(URL, status=200, headers=HTML, body=html.encode(), policies=SILENT, now=NOW)
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


REFUSALS = [
    "ai: no", "keine KI", "kein  KI", "kein-KI", "ohne KI", "KI: nein", "not mine", "do not scrape", "no scrape",
    "do not use for AI", "geen AI", "pas IA", "IA: non", "sin IA", "no scraping", "index, keine KI",
    "no machine learning", "no deep-learning", "keine künstliche Intelligenz",
]  # fmt: skip
USUAL = [
    "", "all", "none", "index,follow", "INDEX, FOLLOW", "noindex;nofollow", "noodp,noydir", "noarchive, nosnippet",
    "index, follow, max-image-preview:large, max-snippet:-1, max-video-preview:-1", "max-image-preview: large",
]  # fmt: skip
TO_ROBOTS = [
    '<meta name="robots" content="{}">', "<meta content='{}' name='robots' />", '<meta name=robots content="{}"/>',
    '<meta name="&#9;Robots\x1f" content="{}">', '<meta property="robots" content="{}">',
    '<meta name="x-robots-tag" content="{}">', '<meta data-a="b" name="robots" class=c content="{}" id="d">',
]  # fmt: skip


@pytest.mark.parametrize("cautious", [True, False])
@pytest.mark.parametrize("words", [*REFUSALS, *USUAL])
def test_what_a_tag_says_to_all_robots_is_what_the_field_says(words: str, cautious: bool) -> None:
    judge = Judge(agent="ExampleBot", usages={"ai-training"}, posture="cautious" if cautious else "literal")
    headers = [*HTML, ("x-robots-tag", words)]
    field = judge.evaluate(URL, status=200, headers=headers, body=b"", policies=SILENT, now=NOW)
    assert (field.verdict == "reserved") == (cautious and words in REFUSALS)
    noted = [fault.message for fault in field.faults]
    for tag in TO_ROBOTS:
        body = tag.replace("{}", words).encode()
        found = judge.evaluate(URL, status=200, headers=HTML, body=body, policies=SILENT, now=NOW)
        assert found.verdict == field.verdict, tag
        assert [fault.message for fault in found.faults] == noted, tag


@pytest.mark.parametrize(
    "tag",
    [
        '<meta content="keine KI" name="robots" content="index">',
        "<meta content='keine KI' name='robots' content='all'>",
        '<meta content="keine KI"name="robots"content="index" />',
        '<meta name="robots" data-content="index" content="keine KI">',
        '<meta name="robots" content="keine KI" content="index">',
    ],
)
def test_of_two_contents_the_first_counts(tag: str) -> None:
    for before in ("", SPEAKS, '<meta charset="utf-8">'):
        assert verdict(before + tag) == "reserved"


@pytest.mark.parametrize("words", USUAL)
@pytest.mark.parametrize("tag", TO_ROBOTS[:3])
def test_no_page_is_read_for_the_usual_rules(words: str, tag: str) -> None:
    assert SCANNER.openings(tag.replace("{}", words).encode()) == ()


@pytest.mark.parametrize("words", [*REFUSALS, *USUAL])
@pytest.mark.parametrize("name", ["ExampleBot", "examplebot/1.0", " EXAMPLEBOT"])
def test_what_a_tag_says_to_us_is_heard_as_what_it_says_to_all(words: str, name: str) -> None:
    tag = f'<meta name="{name}" content="{words}">'
    assert (verdict(tag) == "reserved") == (words in REFUSALS)
    assert verdict(tag.replace("BOT", "BAT").replace("Bot", "Bat").replace("bot", "bat")) == "unreserved"


ATTRIBUTES = st.tuples(
    st.sampled_from(["name", "content", "property", "http-equiv", "class", "data-a", "NAME"]),
    st.sampled_from(['"', "'", ""]),
    st.sampled_from([*REFUSALS, *USUAL, *["robots"] * 12, "X-Robots-Tag", "x"]),
    st.sampled_from([" ", "\n", "/", ""]),
)


@settings(max_examples=300)
@given(st.lists(st.lists(ATTRIBUTES, max_size=5), max_size=3), st.sampled_from([">", " />", "/>"]))
def test_no_tag_to_robots_that_refuses_is_passed_over(tags: list[list[tuple[str, str, str, str]]], end: str) -> None:
    said = ["".join(f" {name}={mark}{value}{mark}{behind}" for name, mark, value, behind in tag) for tag in tags]
    body = "".join(f"<meta{each}{end}" for each in said).encode()
    page = read_page(body, url=URL, charset="utf-8")
    reading = x_robots.read_html(page, Source(url=URL, carrier="html"), Listener(agent="ExampleBot"))
    assert not reading.statements or SCANNER.openings(body) != ()
    heard = read_page(body, url=URL, charset="utf-8", openings=SCANNER.openings(body))
    again = x_robots.read_html(heard, Source(url=URL, carrier="html"), Listener(agent="ExampleBot"))
    assert again.statements == reading.statements


def test_rules_set_together_hide_no_refusal() -> None:
    rules = [folded(rule.encode()) for rule in (*USUAL_RULES, "max-image-preview:large", "max-snippet:1")]
    words = [folded(word.encode()) for word in PAGE_WORDS if word[0] != MARKED]  # others are whole values
    found = {word for both in product(rules, repeat=2) for word in words if word in b"".join(both)}
    assert found == {b"llm"}  # of "all, max-snippet:1", written otherwise: no refusal goes "a llm ax"
