"""X-Robots-Tag and meta robots: the vectors, and what they leave open."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.http.robots_tag import MAX_ITEMS
from tdm_guard.formats.page.html import Scanner, read_page
from tdm_guard.model import Posture, Reading, Source, Stance, Statement
from tdm_guard.signals import x_robots
from tdm_guard.signals.ai_agents import ai_agents_signal as ai_agents
from tdm_guard.signals.shape import Listener
from tdm_guard.signals.shared.ai_words import MAX_LINES, MAX_SEARCHED, MAX_TEXT, in_page, named_metas
from tdm_guard.signals.shared.own_names import PAGE_WORDS
from tdm_guard.usage import TRAINING

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "x_robots.json").read_text("utf-8"))
URL = "https://example.org/page"
# The digest passes over words that nobody defines; by the contract (section 2: a refusal that is not understood is
# never a yes) the cautious posture hears them.
UNDEFINED = {"xr-019-unknown"}
SIGNALS = (x_robots, ai_agents)


def read(
    *lines: str,
    html: str | None = None,
    kind: str | None = "text/html",
    agent: str = "ExampleMiner",
    cautious: bool = True,
) -> Reading:
    """What both signals make of a response with these X-Robots-Tag lines and this body."""
    listener = Listener(agent=agent, posture=Posture.CAUTIOUS if cautious else Posture.LITERAL)
    headers = tuple(("x-robots-tag", line) for line in lines) + ((("content-type", kind),) if kind else ())
    readings = [module.read_headers(headers, Source(url=URL, carrier="header"), listener) for module in SIGNALS]
    if html is not None:
        page = read_page(html.encode(), url=URL, charset="utf-8")
        readings += [module.read_html(page, Source(url=URL, carrier="html"), listener) for module in SIGNALS]
    return Reading(
        tuple(statement for reading in readings for statement in reading.statements),
        tuple(fault for reading in readings for fault in reading.faults),
    )


def reserving(reading: Reading) -> list[Statement]:
    return [statement for statement in reading.statements if statement.stance is Stance.RESERVED]


def word(statement: Statement) -> str:
    """The last word of the excerpt, or for rules that blanks separate the words it must be among."""
    return re.split(r"[\s,:]+", (statement.excerpt or "").lower())[-1]


def observed(vector: dict[str, Any], *, cautious: bool) -> dict[str, Any]:
    given_ = vector["input"]
    options: dict[str, Any] = {"html": given_.get("html"), "agent": given_["product_token"], "cautious": cautious}
    lines = given_["x_robots_tag_lines"]
    page = reserving(read(*lines, **options))
    image = reserving(read(*lines, **options, kind="image/png"))
    usages = sorted({usage.value for statement in page or image for usage in statement.usages})
    return {"usages": usages, "media": "all" if page else "image" if image else None}


def tokens(vector: dict[str, Any], *, cautious: bool) -> set[str]:
    given_ = vector["input"]
    reading = read(
        *given_["x_robots_tag_lines"],
        html=given_.get("html"),
        agent=given_["product_token"],
        cautious=cautious,
        kind="image/png",
    )
    # a doubt, which permits nothing to the letter, is no word that was heard
    heard = [s for s in reading.statements if s.signal == "x-robots" or s.stance is Stance.RESERVED]
    said = " ".join(s.excerpt or "" for s in heard if s.doubt is None).lower()
    return set(re.findall(r"\bno(?:image)?ai\b|\bnoml\b", said))


@pytest.mark.parametrize("posture", ["expect", "cautious"])
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"x_robots: {vector['id']}")
def test_vector(vector: dict[str, Any], posture: str) -> None:
    cautious = posture == "cautious"
    expected = vector.get(posture, vector["expect"])
    reserved = expected["reserved"]
    if cautious and vector["id"] in UNDEFINED:
        assert reserved == {"usages": [], "media": None}
        reserved = {"usages": [usage.value for usage in TRAINING], "media": "all"}
    assert observed(vector, cautious=cautious) == {**reserved, "usages": sorted(reserved["usages"])}
    assert tokens(vector, cautious=cautious) == set(expected["ai_tokens"])


def test_all_vectors_are_here() -> None:
    assert len(VECTORS) == 38


@pytest.mark.parametrize(
    ("html", "repair"),
    [
        ('<meta name="robots" content="noai">', None),
        ('<meta name="robots" content="noindex noai">', "x-robots-blanks"),
        ('<meta property="robots" content="noai">', "x-robots-property"),
        ('<meta http-equiv="X-Robots-Tag" content="noai">', "x-robots-http-equiv"),
        ('<meta name="GPTBot" content="noai">', "ai-agents"),
        ('<meta name="robots" content="GPTBot: noai">', "ai-agents"),
    ],
)
def test_repairs_reserve_under_the_cautious_posture_alone(html: str, repair: str | None) -> None:
    assert [statement.repair for statement in reserving(read(html=html))] == [repair]
    assert len(reserving(read(html=html, cautious=False))) == (repair is None)


def test_of_the_same_word_the_unrepaired_statement_is_kept() -> None:
    reading = read(html='<meta property="robots" content="noai"><meta name="robots" content="noai">')
    assert [statement.repair for statement in reading.statements] == [None]


def test_evidence_is_where_the_words_stand() -> None:
    first, second = read(
        "noindex", "Bot: noindex, ExampleMiner: noindex, NOAI", html='<p>\n<meta name=robots content="noml">'
    ).statements
    assert (first.locator, first.excerpt, first.carrier) == (
        "#x-robots-tag[2]",
        "ExampleMiner: noindex, NOAI",
        "header",
    )
    assert (second.locator, second.excerpt, second.carrier) == ("line 2", "noml", "html")
    assert first.usages == TRAINING
    assert read("noai").statements[0].locator == "#x-robots-tag"


@pytest.mark.parametrize(
    ("kind", "cautious", "stance", "repair"),
    [
        ("image/jpeg", True, Stance.RESERVED, None),
        ("IMAGE/SVG+XML; charset=utf-8", False, Stance.RESERVED, None),
        ("text/html", True, Stance.UNSTATED, None),
        ("application/pdf", True, Stance.UNSTATED, None),
        (None, True, Stance.RESERVED, "x-robots-untyped"),
        ("application/octet-stream", True, Stance.RESERVED, "x-robots-untyped"),
        (None, False, Stance.UNSTATED, None),
    ],
)
def test_noimageai_is_about_images(kind: str | None, cautious: bool, stance: Stance, repair: str | None) -> None:
    (statement,) = read("noimageai", kind=kind, cautious=cautious).statements
    assert (statement.stance, statement.repair) == (stance, repair)


def test_noimageai_on_a_page_is_noted_and_does_not_reserve_its_text() -> None:
    (statement,) = read(html='<meta name="robots" content="noimageai">').statements
    assert statement.stance is Stance.UNSTATED


@pytest.mark.parametrize(
    "line",
    [
        "noindex",
        "none, noarchive",
        "nocache",
        "ExampleMinerTwo: noai",
        "Example: noai",
        "max-snippet: noai",
        "index",
        "noaix",
    ],
)
def test_other_rules_and_other_agents_reserve_nothing(line: str) -> None:
    assert not read(line).statements
    assert not read(html=f'<meta name="robots" content="{line}">').statements


@pytest.mark.parametrize("name", ["description", "keywords", "googlebot", "", "robot", "og:robots"])
def test_other_metas_reserve_nothing(name: str) -> None:
    assert not read(html=f'<meta name="{name}" content="noai"><link rel=robots content=noai>').statements


@pytest.mark.parametrize("line", ["no-ai", "noaitraining", "notrain", "noml-training"])
def test_undefined_spellings_are_noted(line: str) -> None:
    (fault,) = read(f"noindex, {line}").faults
    assert (fault.signal, fault.locator, fault.excerpt) == ("x-robots", "#x-robots-tag", line)


def test_search_controls_are_no_fault() -> None:
    assert (
        read("noindex, nofollow, none, noarchive, nosnippet, noimageindex, notranslate, nositelinkssearchbox")
        == Reading()
    )


def test_nobody_in_particular_hears_what_is_said_to_everyone() -> None:
    assert len(reserving(read("noai", agent="*"))) == 1
    assert not reserving(read("otherbot: noai", agent="*"))


# ai-agents


@pytest.mark.parametrize("agent", ["GPTBot", "gptbot", "CCBot", "Google-Extended"])
def test_words_to_a_training_agent_are_evidence(agent: str) -> None:
    (statement,) = read(f"{agent}: noai").statements
    assert (statement.signal, statement.stance, statement.repair) == ("ai-agents", Stance.RESERVED, "ai-agents")
    (literal,) = read(f"{agent}: noai", cautious=False).statements
    assert (literal.stance, literal.repair) == (Stance.UNSTATED, None)


def test_words_to_us_are_no_words_to_another_even_if_we_are_a_training_agent() -> None:
    (statement,) = read("GPTBot: noai", agent="gptbot").statements
    assert (statement.signal, statement.repair) == ("x-robots", None)


@pytest.mark.parametrize("line", ["PerplexityBot: noai", "Googlebot: noai", "GPTBot: noindex", "GPTBot: noimageai"])
def test_agents_of_other_functions_and_other_words_are_none(line: str) -> None:
    assert not reserving(read(line))


# Properties


RULES = st.sampled_from(
    ["noai", "NOML", "noimageai", "noindex", "Bot:", "ExampleMiner:", "GPTBot:", "*:", ",", " ", "max-snippet:", "0"]
)
LINES = st.lists(RULES, max_size=12).map("".join) | st.text(max_size=40)


@settings(max_examples=150)
@given(st.lists(LINES, max_size=4), st.sampled_from(["text/html", "image/png", None]))
def test_the_cautious_posture_only_ever_adds(lines: list[str], kind: str | None) -> None:
    literal = {word(s) for s in reserving(read(*lines, kind=kind, cautious=False))}
    assert len(literal) <= len(reserving(read(*lines, kind=kind)))
    assert bool(literal) <= bool(reserving(read(*lines, kind=kind)))


@settings(max_examples=150)
@given(st.lists(LINES, max_size=4), LINES, st.booleans())
def test_a_further_line_lifts_nothing(lines: list[str], further: str, cautious: bool) -> None:
    assert len(reserving(read(*lines, cautious=cautious))) <= len(reserving(read(*lines, further, cautious=cautious)))


@settings(max_examples=150)
@given(
    LINES, st.sampled_from(["name", "property", "http-equiv"]), st.sampled_from(["robots", "GPTBot", "X-Robots-Tag"])
)
def test_every_tag_that_is_reacted_to_holds_a_word_for_the_first_look(content: str, attribute: str, name: str) -> None:
    escaped = content.replace("&", "&amp;").replace('"', "&quot;")
    html = f'<meta {attribute}="{name}" content="{escaped}">'
    for module in SIGNALS:
        scanner = Scanner(module.SIGNAL.html_words)
        listener = Listener(agent="ExampleMiner")
        page = read_page(html.encode("utf-8", "replace"), url=URL, charset="utf-8")
        reading = module.read_html(page, Source(url=URL, carrier="html"), listener)
        assert not reading.statements or scanner.may_speak(html.encode("utf-8", "replace"))


@pytest.mark.parametrize(
    "name", ["ExampleMiner/1.0", "exampleminer/2.1-beta", "Mozilla/5.0 (compatible; ExampleMiner/1.0)"]
)
def test_our_name_with_a_version_is_ours(name: str) -> None:
    assert reserving(read(f"{name}: noai"))


@pytest.mark.parametrize("name", ["exampleminer-images", "exampleminer2", "exampleminer_x", "otherbot/1.0", "example"])
def test_a_name_that_only_begins_as_ours_is_another(name: str) -> None:
    assert not reserving(read(f"{name}: noai"))


@pytest.mark.parametrize("name", ["all", "any", "everyone", "robots", "noindex"])
def test_words_for_everyone_are_no_agent(name: str) -> None:
    assert {s.repair for s in reserving(read(f"{name}: noai"))} == {"x-robots-unknown-name"}
    assert not reserving(read(f"{name}: noindex"))
    literal = read(f"{name}: noai", cautious=False)
    assert not reserving(literal)
    assert literal.faults


@pytest.mark.parametrize(
    "tag", ['<meta name="otherbot" content="noai">', '<meta property="article:tag" content="no AI">']
)
def test_many_tags_hide_no_refusal(tag: str) -> None:
    assert reserving(read(html=tag * 2 * MAX_LINES + '<meta name="robots" content="noai">'))
    different = "".join(tag.replace("content=", f'content="x{n}" lang=') for n in range(300))
    assert reserving(read(html=different + '<meta name="robots" content="noai">'))


@pytest.mark.parametrize("cautious", [True, False])
@pytest.mark.parametrize(
    "tags",
    [
        [f'<meta name="otherbot" content="noai, x{n}">' for n in range(MAX_LINES + 1)],
        [f'<meta name="otherbot" content="noai, {n}{"x" * (MAX_TEXT // 3)}">' for n in range(4)],
    ],
)
def test_tags_behind_the_bounds_are_a_doubt(tags: list[str], cautious: bool) -> None:
    reading = read(html="".join(tags), cautious=cautious)
    assert Stance.UNDETERMINED in {statement.stance for statement in reading.statements}
    assert Stance.UNDETERMINED not in {s.stance for s in read(html="".join(tags[:-2]), cautious=cautious).statements}


@pytest.mark.parametrize("cautious", [True, False])
@pytest.mark.parametrize("between", [", ", " ", ",", "; "])
@pytest.mark.parametrize("behind", ["ai-training: no", "no-genai", "OtherBot: ai-use=no"])
def test_unknown_rules_behind_the_bound_of_a_line_are_a_doubt(between: str, behind: str, cautious: bool) -> None:
    line = between.join(["index"] * MAX_ITEMS) + between
    for reading in (
        read(line + behind, cautious=cautious),
        read(html=f'<meta name="robots" content="{line}noai-x, {behind}">', cautious=cautious),
    ):
        (statement,) = [each for each in reading.statements if each.stance is Stance.UNDETERMINED]
        assert statement.usages == TRAINING
        assert "more rules on a line than are looked at" in {fault.message for fault in reading.faults}


@pytest.mark.parametrize("cautious", [True, False])
@pytest.mark.parametrize(
    "line", ["index, " * 999 + "ai-training: maybe", "index, " * 2_000, "noindex " * 2_000 + "all"]
)
def test_known_rules_behind_the_bound_of_a_line_are_no_doubt(line: str, cautious: bool) -> None:
    for reading in (read(line, cautious=cautious), read(html=f'<meta name="robots" content="{line}">')):
        assert Stance.UNDETERMINED not in {each.stance for each in reading.statements}


@pytest.mark.parametrize("word", PAGE_WORDS)
def test_every_word_is_found_in_a_meta_tag(word: str) -> None:
    name, content = (word.strip('"'), "no") if word.startswith('"') else ("robots", f"a, {word}, b")
    page = read_page(f'<meta name="{name}" content="{content}">'.encode(), url=URL, charset="utf-8")
    assert len(list(named_metas(page))) == 1


def test_how_much_of_all_meta_tags_is_searched_is_bounded() -> None:
    tag = '<meta name="k" content="{}' + "x" * 100_000 + '">'
    few = "".join(tag.format(n) for n in range(MAX_SEARCHED // 110_000))
    more = "".join(tag.format(n) for n in range(MAX_SEARCHED // 100_000 + 1))
    word = '<meta name="otherbot" content="noai">'
    stances = [{s.stance for s in read(html=word + tags).statements} for tags in (few, more)]
    assert [Stance.UNDETERMINED in each for each in stances] == [False, True]


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["name", "property", "http-equiv", "Name"]),
            st.sampled_from(["robots", " GPTBot ", "gptbot", "Googlebot", "ExampleMiner", "X-Robots-Tag", ""]),
            LINES,
        ),
        max_size=4,
    ),
    st.booleans(),
)
def test_a_page_that_is_left_at_once_addresses_no_training_agent(
    tags: list[tuple[str, str, str]], mended: bool
) -> None:
    mark = "“" if mended else '"'
    html = "".join(
        f"<meta {attribute}={mark}{name}{mark} content={mark}{re.sub('[<>&]', '', content)}{mark}>"
        for attribute, name, content in tags
    )
    page = read_page(html.encode("utf-8", "replace"), url=URL, charset="utf-8")
    source, listener = Source(url=URL, carrier="html"), Listener(agent="ExampleMiner")
    thorough = ai_agents._read_words(in_page(named_metas(page)), source, listener, image=False)
    assert ai_agents.read_html(page, source, listener) == thorough
