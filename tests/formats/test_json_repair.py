"""JSON with everyday slips: what was meant is read; JSON itself is left as it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.page import json_graph
from tdm_guard.formats.page.json_graph import Graph
from tdm_guard.formats.page.json_repair import MAX_OPEN, repaired
from tests.support.growth import grows_linearly

CODE = "FR6V80000001"
SLIPS = [
    f'{{"isrcCode":"{CODE}",}}',
    f'[{{"isrcCode":"{CODE}"}},]',
    f'{{"a":1,,"isrcCode":"{CODE}"}}',
    f'// the song\n{{"isrcCode":"{CODE}"}}',
    f'/* the song */ {{"isrcCode":"{CODE}",}} // end',
    f'{{"a":"x", // one\n /* two */ "isrcCode":"{CODE}"}}',
    f'{{"name":"L\\\'été","isrcCode":"{CODE}"}}',
    f'{{"path":"C:\\dir","isrcCode":"{CODE}"}}',
    f'{{"name":"one\ntwo\tthree","isrcCode":"{CODE}",}}',
    f"{{'name':'L\\'été','isrcCode':'{CODE}'}}",
    f"{{'name':'it's so','isrcCode':'{CODE}'}}",
    f'{{name:"a",isrcCode:"{CODE}"}}',
    f"{{\u201cisrcCode\u201d: \u201c{CODE}\u201d}}",
    f'{{"name":"The "best" song","isrcCode":"{CODE}"}}',
    f'{{"name":"a"\n"isrcCode":"{CODE}"}}',
    f'//<![CDATA[{{"isrcCode":"{CODE}",}}//]]>',
    f'<![CDATA[{{"isrcCode":"{CODE}",}}]]>',
    f'<!--\n{{"isrcCode":"{CODE}",}}\n-->',
    f'{{"a":[[1]],<!-- gone -->"isrcCode":"{CODE}"}}',
    f'\ufeff{{"isrcCode":"{CODE}",}};',
    f'{{"name":"b",}}{{"isrcCode":"{CODE}",}}',
    f'{{"name":"b",}}\n,{{"isrcCode":"{CODE}"}}',
    f"{{&quot;isrcCode&quot;:&quot;{CODE}&quot;}}",
    f'var song = {{"isrcCode":"{CODE}"}};',
    f'{{"a":undefined,"gtin":012345,"isrcCode":"{CODE}"}}',
    f'{{"a":[1,2,{{"b":1],"isrcCode":"{CODE}"',
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def graph(script: str, *, repair: bool = True) -> Graph:
    made = Graph("https://site.example/", repair=repair)
    made.read(script, 1)
    return made


def codes(made: Graph) -> list[str]:
    return [each["isrcCode"] for each in made.roots if "isrcCode" in each]


@pytest.mark.parametrize("script", SLIPS)
def test_what_was_meant_is_read_and_the_slip_is_told(script: str) -> None:
    made = graph(script)
    assert codes(made) == [CODE]
    assert made.repaired
    (problem,) = made.problems
    assert problem.message.startswith("no JSON: ")
    assert problem.message.endswith("; read as what it was meant to be")


@pytest.mark.parametrize("script", SLIPS)
def test_to_the_letter_the_slip_is_told_only(script: str) -> None:
    made = graph(script, repair=False)
    assert codes(made) == []
    assert not made.repaired
    assert len(made.problems) == 1


@pytest.mark.parametrize(
    "script", [f'{{"isrcCode":"{CODE}"}}', f'//<![CDATA[\n{{"isrcCode":"{CODE}"}}\n//]]>', "", "{}"]
)
def test_what_needs_no_repair_gets_none(script: str) -> None:
    made = graph(script)
    assert (made.repaired, made.problems) == (False, [])


@pytest.mark.parametrize("script", ["no words of ours", "{", '{"a" "b": ', "[[[", "<!-- -->x", '"', "'", "\\"])
def test_what_means_nothing_comes_to_nothing(script: str) -> None:
    made = graph(script)
    assert codes(made) == []
    assert len(made.problems) == 1


def test_what_could_be_read_before_the_slip_is_read_once() -> None:
    made = graph(f'{{"@id":"#a","name":"a"}}\n{{"@id":"#b","isrcCode":"{CODE}",}}')
    assert [each["@id"] for each in made.roots] == ["https://site.example/#a", "https://site.example/#b"]
    assert len(made.objects) == 2
    node = made.find("https://site.example/#a")
    assert node is not None
    assert node["name"] == ["a"]


def test_more_than_the_bound_is_told_and_not_repaired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_graph, "MAX_REPAIRED", 60)
    made = Graph("https://site.example/", repair=True)
    for script in (SLIPS[0], SLIPS[0], SLIPS[0]):
        made.read(script, 1)
    assert codes(made) == [CODE, CODE]
    assert [problem.message.endswith("meant to be") for problem in made.problems] == [True, True, False]


@settings(max_examples=300)
@given(
    st.dictionaries(st.text(max_size=8), JSON, max_size=4) | st.lists(JSON, max_size=4),
    st.booleans(),
    st.sampled_from([None, 2]),
)
def test_json_is_left_as_it_is(value: object, escaped: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=escaped, indent=indent)
    assert json.loads(repaired(text), strict=False) == value


@settings(max_examples=300)
@given(st.text(alphabet="{}[]:,\"'\\/*<!->]a1&; \n\u201c\u201d") | st.text())
def test_no_text_makes_it_raise(text: str) -> None:
    repaired(text)
    graph('{"a":' + text)


@settings(max_examples=200)
@given(st.sampled_from(SLIPS), st.integers(0, 60), st.text(alphabet="{}[]:,\"'\\/ a", max_size=3))
def test_a_second_slip_raises_nothing(script: str, at: int, more: str) -> None:
    graph(script[:at] + more + script[at:])


@pytest.mark.parametrize(
    "piece", ["{", '"', "\\", "/*", "<!--", "//", '{"a":', '" ', "'", "[", '{"a":"b" ', "&quot;", "}", "]]>"]
)
def test_long_texts_take_linear_time(piece: str) -> None:
    assert grows_linearly(lambda length: repaired('{"x":' + piece * (length // len(piece))), 200_000)
    assert repaired(piece * MAX_OPEN * 4) is not None
