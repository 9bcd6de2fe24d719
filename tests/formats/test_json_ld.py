"""Names and values of JSON-LD without fetching a context."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.json_members import Members
from tdm_guard.formats.page.json_ld import MAX_NAME, Vocabulary, items, loads, text

BOTH_CONTEXTS = ["http://www.w3.org/ns/odrl.jsonld", "http://www.w3.org/ns/tdmrep.jsonld"]


def vocabulary(contexts: Any = None) -> Vocabulary:
    return Vocabulary(loads(json.dumps(BOTH_CONTEXTS if contexts is None else contexts).encode()))


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("permission", "permission"),
        ("odrl:permission", "permission"),
        ("http://www.w3.org/ns/odrl/2/permission", "permission"),
        ("https://www.w3.org/ns/odrl/2/permission", "permission"),
        ("mine", "tdm:mine"),
        (" tdm:mine ", "tdm:mine"),
        ("http://www.w3.org/ns/tdmrep#mine", "tdm:mine"),
        ("https://www.w3.org/ns/tdmrep/mine", "tdm:mine"),
        ("non-research", "tdm:non-research"),
        ("vcard:fn", "vcard:fn"),
        ("http://www.w3.org/2006/vcard/ns#fn", "vcard:fn"),
        ("@id", "uid"),
        ("uid", "uid"),
        ("type", "@type"),
        ("Mine", "Mine"),
        ("https://other.example/mine", "https://other.example/mine"),
        ("urn:iso:3166:FRA", "urn:iso:3166:FRA"),
        ("a\ud800b", "a\\ud800b"),
    ],
)
def test_names_in_one_spelling(raw: str, name: str) -> None:
    assert vocabulary().name(raw) == name


@pytest.mark.parametrize(
    ("context", "raw", "name"),
    [
        ({"tdm": "http://www.w3.org/ns/tdmrep#"}, "tdm:mine", "tdm:mine"),
        ({"t": "http://www.w3.org/ns/tdmrep#"}, "t:mine", "tdm:mine"),
        ({"t": {"@id": "http://www.w3.org/ns/tdmrep#"}}, "t:mine", "tdm:mine"),
        ({"digging": "tdm:mine"}, "digging", "tdm:mine"),
        ({"tdm": "https://evil.example/#"}, "tdm:mine", "https://evil.example/#mine"),
        ({"mine": "https://evil.example/mine"}, "mine", "https://evil.example/mine"),
        ({"@vocab": "https://schema.org/"}, "permission", "https://schema.org/permission"),
        ({"tdm": 7, "@vocab": None, "a": ["b"]}, "tdm:mine", "tdm:mine"),
    ],
)
def test_a_context_in_the_document_is_read(context: dict[str, Any], raw: str, name: str) -> None:
    assert vocabulary([BOTH_CONTEXTS[0], context]).name(raw) == name


@pytest.mark.parametrize(
    ("contexts", "known"),
    [
        (BOTH_CONTEXTS, True),
        ("https://www.w3.org/ns/odrl.jsonld", True),
        ({"odrl": "http://www.w3.org/ns/odrl/2/"}, True),
        ([["http://www.w3.org/ns/odrl.jsonld"]], True),
        ([], False),
        ("https://schema.org", False),
        ({"@vocab": "https://schema.org/"}, False),
        (7, False),
    ],
)
def test_whether_it_can_be_odrl(contexts: Any, known: bool) -> None:
    assert vocabulary(contexts).known is known


def test_values_are_unwrapped() -> None:
    root = loads(b'{"a": [1, [2, {"@list": [3, null]}], {"@set": 4}], "a": 5}')
    assert list(items(root)) == [root]
    assert vocabulary().node(root) == {"a": [1, 2, 3, 4, 5]}


def test_names_of_wrapped_values() -> None:
    raw = b'[{"@id": "mine"}, {"@value": "mine"}, {"rdf:value": {"@id": "tdm:mine"}, "x": []}, {"x": 1}, 7, null]'
    assert vocabulary().names(items(loads(raw))) == ("tdm:mine",) * 3


def test_texts() -> None:
    assert text([7, " ", Members((("@value", " a "),)), "b"]) == "a"
    assert text([Members((("x", "y"),)), []]) is None
    assert len(text(["a" * 10_000]) or "") == MAX_NAME
    assert text(["\udfff"]) == "\\udfff"


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000, b"\xff\xfe{"])
def test_what_is_no_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads(body)


def test_nesting_is_bounded() -> None:
    assert list(items(loads(b"[" * 100 + b"1" + b"]" * 100))) == []
    assert vocabulary().names([loads(b'{"@id":' * 100 + b'"mine"' + b"}" * 100)]) == ()


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=100)
def test_no_name_makes_it_raise(raw: str, term: str, meaning: str) -> None:
    vocabulary([{term: meaning}]).name(raw).encode()
