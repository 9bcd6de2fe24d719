"""Where all works of a page are told undeclared at once, none of them matches, and nothing in them is at fault."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tdm_guard.decision import Match
from tdm_guard.formats.page.schema_loose import Loose, read_loosely
from tdm_guard.formats.page.schema_org import read_works
from tdm_guard.repertoire.item import Item, normalise, read_item
from tdm_guard.repertoire.matching import Repertoire
from tdm_guard.repertoire.undeclared import telling_words
from tests.formats.test_schema_loose import ARTICLE, PRODUCT, RECORDING, documents, graph_of
from tests.repertoire.test_matching import NOW, SOURCE, Listed, declared

VALUES = {
    "creator_name": ("Marie Exemple", "Jean Autre", "Émile", "O’Connor", "日本", "Somebody"),
    "publisher": ("Exemple Press", "Nobody"),
    "label": ("B", "Exemple, Marie"),
    "isbn": ("9780000000019",),
    "gtin": ("9780000000019",),
    "iswc": ("T-000.000.001-0",),
    "isrc_registrant": ("QMXX1",),
    "isbn_registrant": ("978-0-00",),
    "doi_prefix": ("10.5555",),
    "creator_isni": ("000000000000001X",),
    "creator_ipi": ("00000000199",),
    "domain": ("site.example",),
    "url_prefix": ("https://site.example/marie", "https://site.example/p"),
}
NAMED = [(key, value) for key, values in VALUES.items() for value in values]
pairs = st.lists(st.sampled_from(NAMED), max_size=3)


def repertoire_of(match: list[tuple[str, str]], listed: list[tuple[str, str]], excluded: bool = False) -> Repertoire:
    values: dict[str, list[str]] = {}
    for key, value in match:
        values.setdefault(key, []).append(value)
    rows = tuple((key, normalise(key, value) or "", excluded) for key, value in listed)
    lists = (Listed(rows),) if rows else ()
    return Repertoire((declared(match=values),), lists)


@given(documents, pairs, pairs, st.booleans())
@example(RECORDING, [("creator_name", "Jean Autre")], [], False)
@example(RECORDING, [], [("creator_name", "Autre Jean")], False)
@example(ARTICLE, [("publisher", "Exemple Press")], [], False)
@example(ARTICLE, [("domain", "site.example")], [], False)
@example(PRODUCT, [("gtin", "9780000000019")], [], False)
@example(PRODUCT, [], [("isbn", "9780000000019")], True)
@settings(max_examples=200, deadline=None)
def test_silence_on_all_is_silence_on_each(
    document: Any, match: list[tuple[str, str]], listed: list[tuple[str, str]], excluded: bool
) -> None:
    repertoire = repertoire_of(match, listed, excluded)
    loose = read_loosely(graph_of(document))
    if loose is None or not repertoire.is_silent_on(loose):
        return
    items, faults = read_item(read_works(graph_of(document))[0], SOURCE)
    heard = repertoire.says(None, items, now=NOW)
    assert (faults, heard.statements) == ((), ())
    assert not items or not loose.present or heard.state is Match.NOT_MATCHED


@pytest.mark.parametrize("document", [RECORDING, ARTICLE, PRODUCT])
def test_everyday_pages_are_told_undeclared(document: Any) -> None:
    loose = read_loosely(graph_of(document))
    assert loose is not None
    assert repertoire_of([("publisher", "Some Other Firm")], []).is_silent_on(loose)
    assert repertoire_of([("domain", "other.example")], [("creator_name", "Some One")]).is_silent_on(loose)
    assert not repertoire_of([("creator_name", "Marie Exemple")], []).is_silent_on(loose)
    assert not repertoire_of([], [("publisher", "Exemple Marie")]).is_silent_on(loose)


@pytest.mark.parametrize(
    ("codes", "names", "urls"),
    [
        ({"isbn": ["9780000000018"]}, [], []),
        ({"creator_ipi": ["00000000198"]}, [], []),
        ({}, ["—"], []),
        ({}, ["Marie", "…"], []),
        ({}, ["x" * 1001], []),
        ({}, [], ["http://a b/"]),
    ],
)
def test_what_leaves_a_fault_is_read(codes: Any, names: list[str], urls: list[str]) -> None:
    assert repertoire_of([], []).is_silent_on(Loose({"isrc": ["QMXX12300001"]}, ["Marie"], [], present=True))
    assert not repertoire_of([], []).is_silent_on(Loose(codes, names, urls, present=True))
    assert not repertoire_of([], [("creator_name", "Other")]).is_silent_on(Loose(codes, names, urls, present=True))


@given(st.text(alphabet="aB é'`-–,;/& .1日<br>\n\t", max_size=30))
@settings(max_examples=300, deadline=None)
def test_a_name_has_a_word_of_each_that_it_holds(text: str) -> None:
    item, _ = read_item({"creator_name": text}, SOURCE)
    folded = item[0].keys["creator_name"] if item and item[0].matchable else ()
    for name in folded:
        repertoire = repertoire_of([("creator_name", name)], [])
        assert len(telling_words([name])) == 1
        assert not repertoire.is_silent_on(Loose({}, [text], [], present=True))


def test_an_undeclared_work_is_known_and_matches_nothing() -> None:
    heard = repertoire_of(NAMED, [("creator_name", "Other")]).says(None, [Item.undeclared(SOURCE)], now=NOW)
    assert (heard.statements, heard.state) == ((), Match.NOT_MATCHED)
