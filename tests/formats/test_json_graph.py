"""JSON-LD scripts as one graph: leniency, references, bounds, and never an exception."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.page import json_graph
from tdm_guard.formats.page.json_graph import Graph, Node, flat, text

BASE = "https://site.example/d/page"


def graph(*scripts: str, line: int = 1) -> Graph:
    made = Graph(BASE)
    for script in scripts:
        made.read(script, line)
    return made


def roots(*scripts: str) -> list[Node]:
    made = graph(*scripts)
    return [node for root in made.roots if (node := made.find(root))]


def said(*scripts: str) -> list[str]:
    return [f"{problem.locator}: {problem.message}" for problem in graph(*scripts).problems]


@pytest.mark.parametrize(
    "script",
    [
        '{"name":"a"}',
        '\ufeff {"name":"a"} ;\n',
        '<!--\n{"name":"a"}\n-->',
        '//<![CDATA[\n{"name":"a"}\n//]]>',
        '/*<![CDATA[*/{"name":"a"}/*]]>*/',
        '<!--//--><![CDATA[//><!--\n{"name":"a"}\n//--><!]]>',
        '<![CDATA[{"name":"a"}]]>',
        '[{"name":"a"}]',
        '[[[{"name":"a"}]]]',
        '{"@context":"https://schema.org","@graph":[{"name":"a"}]}',
        '{"@graph":{"@graph":[{"name":"a"}]}}',
        '{"schema:name":"a"}',
        '{"http://schema.org/name":"a"}',
        '{"https://www.schema.org/name":"a"}',
        '{"@context":{"s":"http://schema.org/"},"s:name":"a"}',
        '{"@context":[null,{"called":"https://schema.org/name"}],"called":"a"}',
        '{"@context":{"called":{"@id":"schema:name"}},"called":"a"}',
        '{"name":{"@list":["a"]}}',
        '{"name":[["a"],null]}',
    ],
)
def test_many_ways_to_write_one_node(script: str) -> None:
    (node,) = roots(script)
    assert node["name"] == ["a"]
    assert said(script) == []


def test_several_values_in_a_script_and_several_scripts() -> None:
    assert [node["name"] for node in roots('{"name":"a"}{"name":"b"}, [{"name":"c"}]', '{"name":"d"}')] == [
        ["a"], ["b"], ["c"], ["d"],
    ]  # fmt: skip


def test_names_used_twice_numbers_and_constants_are_kept_as_written() -> None:
    (node,) = roots(
        '{"name":"a","name":"b","isbn":9780000000019,"n":1.50,"big":' + "9" * 5000 + ',"x":NaN,"y":-Infinity}'
    )
    assert node["name"] == ["a", "b"]
    assert node["isbn"] == ["9780000000019"]
    assert node["n"] == ["1.50"]
    assert len(node["big"][0]) == 5000
    assert node["x"] == node["y"] == []


def test_control_characters_and_lone_surrogates_in_strings() -> None:
    (node,) = roots('{"name":"a\n\tb","headline":"\\ud800"}')
    assert text(node["name"][0]) == "a\n\tb"
    assert text(node["headline"][0]) == "\\ud800"


def test_character_references_are_words_like_others() -> None:
    (node,) = roots('{"name":"O&#39;Brien &amp; Co"}')
    assert node["name"] == ["O&#39;Brien &amp; Co"]


def test_references_are_resolved_and_what_is_said_of_one_node_is_joined() -> None:
    made = graph(
        '{"@id":"#me","name":"a"}', '[{"author":{"@id":"https://site.example/d/page#me"}},{"@id":"#me","url":"u"}]'
    )
    author = made.find(made.roots[1]) or {}
    assert made.find(author["author"][0]) == {"@id": ["https://site.example/d/page#me"], "name": ["a"], "url": ["u"]}
    assert made.find("#me") is made.find(author["author"][0])
    assert made.find("Jane") is None
    assert made.find({"@value": "Jane"}) is None


def test_blank_names_belong_to_their_script() -> None:
    made = graph('{"@id":"_:b0","name":"a"}', '{"@id":"_:b0","name":"b"}')
    assert [(made.find(root) or {})["name"] for root in made.roots] == [["a"], ["b"]]


def test_aliases_of_keywords() -> None:
    made = graph('{"@graph":[{"id":"#a","type":"Book","name":"a"},{"author":{"id":"#a"}}]}')
    (book, other) = [made.find(root) or {} for root in made.roots]
    assert book["@type"] == ["Book"]
    assert made.find(other["author"][0]) is book


def test_reverse_properties_and_contexts_are_no_properties() -> None:
    (node,) = roots('{"@context":"https://schema.org","@reverse":{"author":{"@type":"Book"}},"name":"a"}')
    assert node == {"name": ["a"]}


@pytest.mark.parametrize(
    "script", ["", " \n", "<!-- -->", "null", "1", '"text"', "{}", "[]", '{"@context":"x"}', "[1,2]"]
)
def test_scripts_without_nodes(script: str) -> None:
    assert roots(script) == []
    assert said(script) == []


@pytest.mark.parametrize(
    ("script", "line", "words"),
    [
        ('{"name": "a",}', 10, '{"name": "a",}'),
        ("\n\n{'name': 1}", 12, "{'name': 1}"),
        ('{"a":1}\n{"b":\n}', 12, '"b":'),
        ("var x = {};", 10, "var x"),
        ('{"name":"a"', 10, '"a"'),
        ('{"name":"a', 10, '"a'),
        ("{&quot;name&quot;:1}", 10, "&quot;"),
    ],
)
def test_broken_json_is_located(script: str, line: int, words: str) -> None:
    (problem,) = graph(script, line=10).problems
    assert problem.locator == f"script 1, line {line}"
    assert problem.message.startswith("no JSON: ")
    assert words in (problem.excerpt or "")


def test_what_stands_before_the_break_counts() -> None:
    assert [node["name"] for node in roots('{"name":"a"} {"name":"b"')] == [["a"]]
    assert said("{", '{"name":"a"}') == ["script 1, line 1: no JSON: Expecting property name enclosed in double quotes"]


@pytest.mark.parametrize("script", ["[" * 200_000, '{"a":' * 100_000, '{"@graph":[' * 50_000])
def test_deep_nesting_is_a_problem(script: str) -> None:
    assert said(script) == ["script 1, line 1: nested too deeply: not read"]


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_graph, "MAX_TEXT", 40)
    monkeypatch.setattr(json_graph, "MAX_OBJECTS", 3)
    monkeypatch.setattr(json_graph, "MAX_VALUES", 2)
    assert said("{}" * 4) == ["script 1, line 1: more than 2 values: read no further"]
    assert said("[{},{},{}]") == []
    assert said("[{},{},{},{}]", "{}") == [
        "script 1, line 1: more than 3 objects: read no further",
        "script 2, line 1: more than 3 objects: read no further",
    ]
    assert said('"' + "x" * 30 + '"', '"' + "x" * 30 + '"', "{}") == [
        "script 2, line 1: more than 40 characters of JSON-LD: not read",
        "script 3, line 1: more than 40 characters of JSON-LD: not read",
    ]


def test_addresses() -> None:
    made = graph()
    assert made.address("../a") == "https://site.example/a"
    assert made.address("//other.example/a") == "https://other.example/a"
    assert made.address("mailto:a@b") is None
    assert made.address("http://[") is None
    assert made.iri("http://[") == "http://["
    assert made.iri("[") == "https://site.example/d/["


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["@id", "@type", "@context", "@graph", "@list", "@value", "id", "name", "author", "s:x", ""]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=200)
@given(st.lists(JSON, max_size=3))
def test_no_json_value_makes_it_raise(values: list[Any]) -> None:
    made = graph(*(json.dumps(value) for value in values))
    assert made.problems == []
    for each in (*made.roots, *made.objects):
        node = made.find(each)
        assert node is None or all(isinstance(found, list) for found in node.values())


@settings(max_examples=200)
@given(st.text(alphabet='{}[]",:<!->/*@graphid \n', max_size=60) | st.text(max_size=40))
def test_no_text_makes_it_raise(script: str) -> None:
    made = graph(script, script)
    assert len(made.problems) <= 2


def test_flat_is_bounded() -> None:
    value: Any = ["a"]
    for _ in range(50):
        value = [value, "b"]
    assert list(flat(value)) == ["b"] * json_graph.MAX_NESTING
    assert list(flat({"@set": {"@list": ["a", None]}})) == ["a"]
    assert list(flat({"@set": ["a"], "x": 1})) == [{"@set": ["a"], "x": 1}]
