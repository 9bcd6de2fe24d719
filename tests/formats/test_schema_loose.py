"""What is told of all works of a page at once holds for each of them, as they are read one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tdm_guard.formats.page import schema_loose
from tdm_guard.formats.page.json_graph import Graph
from tdm_guard.formats.page.schema_loose import Loose, read_loosely
from tdm_guard.formats.page.schema_org import read_works

URL = "https://site.example/p/1"
NAMED = ("creator_name", "publisher", "label")

TYPES = (
    "MusicRecording", "MusicComposition", "NewsArticle", "Book", "CreativeWork", "ImageObject", "WebPage", "WebSite",
    "Organization", "Person", "MusicGroup", "MusicAlbum", "ItemList", "ListItem", "Role", "Product", "PropertyValue",
    "Review", "BreadcrumbList", "Offer", "schema:Book", "PerformanceRole",
)  # fmt: skip
IRIS = ("#a", "#b", URL, URL + "#a", "_:c", "https://site.example/marie", "https://doi.org/10.5555/12345678")
TEXTS = (
    "Marie Exemple", "Autre, Jean", "Exemple Press / Autre", "Nobody and Somebody", "A - B", "日本", "Émile", "—", "",
    " ", "Doi Takeo", "ISNI 0000 0000 0000 001X", "IPI 00000000199", "isbn 9780000000019", "9780000000019",
    "T-000.000.001-0", "QMXX12300001", "isrc QM", "10.5555/12345678", "0000-0019", "12345", "mailto:a@site.example",
    "O'Connor", "x" * 1001,
    "https://site.example/w?a=b&c=d", "https://isni.org/isni/000000000000001X", "http://a b/", "/relative", "ISRC",
    "978-0-00-000001-9, 9780000000019",
)  # fmt: skip
NAMES = (
    "name", "url", "@id", "id", "sameAs", "identifier", "author", "byArtist", "publisher", "copyrightHolder",
    "creditText", "recordLabel", "isrcCode", "iswcCode", "isbn", "ISBN-13", "issn", "gtin13", "isni", "ipi", "image",
    "recordingOf", "track", "inAlbum", "isPartOf", "about", "mentions", "itemReviewed", "mainEntity", "itemListElement",
    "item", "lyrics", "lyricist", "givenName", "familyName", "propertyID", "value", "headline", "contentUrl",
    "mainEntityOfPage", "review", "offers", "schema:author", "http://schema.org/name", "@value", "@list", "composer",
    "description", "logo", "author", "name", "byArtist",
)  # fmt: skip
CONTEXTS = (
    "https://schema.org", {"@vocab": "https://schema.org/"}, {"schema": "http://schema.org/"},
    {"writer": "https://schema.org/author"}, ["https://schema.org", {"@language": "en"}],
)  # fmt: skip

texts = st.sampled_from(TEXTS)
types = st.one_of(st.sampled_from(TYPES), st.lists(st.sampled_from(TYPES), max_size=2))
references = st.builds(lambda iri: {"@id": iri}, st.sampled_from(IRIS))


def _nodes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, max_size=3)
    members = st.dictionaries(st.sampled_from(NAMES), st.one_of(inner, inner, several), max_size=6)
    return st.builds(lambda kind, rest: {"@type": kind} | rest, types, members)


nodes = st.recursive(
    st.one_of(texts, st.sampled_from(IRIS), references, st.none(), st.booleans()), _nodes, max_leaves=12
)
works = _nodes(nodes)
documents = st.one_of(
    works,
    st.lists(works, max_size=3),
    st.builds(
        lambda context, graph: {"@context": context, "@graph": graph},
        st.sampled_from(CONTEXTS),
        st.lists(works, max_size=4),
    ),
)

RECORDING = {
    "@context": "https://schema.org",
    "@type": "MusicRecording",
    "@id": URL + "#recording",
    "url": URL,
    "isrcCode": "QMXX12300001",
    "byArtist": {"@type": "MusicGroup", "name": "Marie Exemple", "url": "https://site.example/marie"},
    "recordingOf": {"@type": "MusicComposition", "iswcCode": "T-000.000.001-0", "composer": {"name": "Jean Autre"}},
}
ARTICLE = {
    "@context": "https://schema.org",
    "@graph": [
        {
            "@type": "NewsArticle",
            "@id": URL + "#article",
            "isPartOf": {"@id": URL},
            "author": {"name": "Marie Exemple", "@id": URL + "#marie"},
            "headline": "News",
            "mainEntityOfPage": {"@id": URL},
            "publisher": {"@id": URL + "#press"},
            "image": {"@id": URL + "#image"},
        },
        {"@type": "WebPage", "@id": URL, "url": URL, "name": "News", "primaryImageOfPage": {"@id": URL + "#image"}},
        {"@type": "ImageObject", "@id": URL + "#image", "url": URL + "/a.jpg", "contentUrl": URL + "/a.jpg"},
        {
            "@type": "BreadcrumbList",
            "itemListElement": [{"@type": "ListItem", "position": 1, "name": "Home", "item": "https://site.example/"}],
        },
        {
            "@type": "Organization",
            "@id": URL + "#press",
            "name": "Exemple Press",
            "sameAs": ["https://x.example/press"],
        },
        {"@type": "Person", "@id": URL + "#marie", "name": "Marie Exemple", "url": "https://site.example/marie"},
    ],
}
PRODUCT = {
    "@type": "Book",
    "name": "A book",
    "isbn": "9780000000019",
    "author": "Marie Exemple",
    "offers": {"@type": "Offer", "price": "9.90", "url": URL},
    "aggregateRating": {"@type": "AggregateRating", "ratingValue": 4.5},
}
REVIEWED = {"@type": "Book", "@id": "#b", "author": "Marie Exemple"}
SITE = [
    {"@type": "WebSite", "name": "Site", "url": "https://site.example/", "potentialAction": {"@type": "SearchAction"}},
    {"@type": "Organization", "name": "Site", "logo": "https://site.example/logo.png", "sameAs": ["https://x.example"]},
]


def graph_of(document: Any) -> Graph:
    graph = Graph(URL, repair=True)
    graph.read(json.dumps(document), 1)
    return graph


def every(items: Any) -> Iterator[dict[str, Any]]:
    for item in items:
        yield item
        yield from every(item.get("contains", ()))


def held(loose: Loose, document: Any) -> None:
    """All that the items have is in what was told of them together."""
    items, problems = read_works(graph_of(document))
    assert problems == ()
    assert bool(items) == loose.present
    for item in every(items):
        for key, written in item.items():
            values = {written} if isinstance(written, str) else set(written) if key != "contains" else set()
            if key == "url":
                assert values <= set(loose.urls)
            elif key in NAMED:
                assert values <= set(loose.names)
            elif key not in ("type", "title", "contains"):
                assert values <= set(loose.codes[key])


@given(documents)
@example(RECORDING)
@example(ARTICLE)
@example({"@type": "Book", "author": {"@type": "Role", "author": {"name": "Marie Exemple"}}})
@example(
    [{"@type": "Review", "itemReviewed": {"@id": "#b"}}, {"@type": "Book", "@id": "#b", "author": "Marie Exemple"}]
)
@example([{"@type": "Review", "itemReviewed": "#b"}, {"@type": "Book", "@id": "#b", "author": "Marie Exemple"}])
@settings(max_examples=200, deadline=None)
def test_nothing_that_an_item_has_is_missing(document: Any) -> None:
    loose = read_loosely(graph_of(document))
    if loose is not None:
        held(loose, document)


@pytest.mark.parametrize("document", [RECORDING, ARTICLE, PRODUCT, SITE])
def test_everyday_pages_are_told_at_once(document: Any) -> None:
    loose = read_loosely(graph_of(document))
    assert loose is not None
    assert loose.present == (document is not SITE)
    held(loose, document)


@pytest.mark.parametrize(
    "document",
    [
        {"@context": {"writer": "https://schema.org/author"}, "@type": "Book", "writer": "Marie Exemple"},
        {"@context": {"s": "https://schema.org/"}, "@type": "Book", "s:author": "Marie Exemple"},
        {"@type": "Book", "author": {"@list": ["Marie Exemple"]}},
        {"@type": "Book", "author": [["Marie Exemple"]]},
        {"@type": "Book", "author": {"@value": "Marie Exemple"}},
        {"@type": "Book", "author": {"@type": "Person", "givenName": "Marie", "familyName": "Exemple"}},
        {"@type": "Thing", "author": "Marie Exemple"},
        {
            "@context": {"@vocab": "https://schema.org/"},
            "@type": "Book",
            "author": "A",
            "@vocab:author": "Marie Exemple",
        },
        *({"@type": "Book", "author": "Marie Exemple", wrapper: []} for wrapper in ("@value", "@list", "@set")),
        [REVIEWED, {"@type": "Review", "about": {"@id": "#b"}}],
        {"@type": "Book", "author": [f"Marie {number}" for number in range(schema_loose.MAX_VALUES)]},
    ],
)
def test_what_cannot_be_told_at_once_is_read(document: Any) -> None:
    assert read_loosely(graph_of(document)) is None


def test_items_within_items_are_read() -> None:
    nested: dict[str, Any] = {"@type": "Book", "author": "Marie Exemple"}
    for _ in range(schema_loose.MAX_LEADING):
        nested = {"@type": "Book", "author": "Marie Exemple", "hasPart": nested}
    assert read_loosely(graph_of(nested)) is not None
    assert read_works(graph_of(nested))[1] == ()
    assert read_loosely(graph_of({"@type": "Book", "author": "Marie Exemple", "hasPart": nested})) is None


def test_pages_on_which_bounds_may_be_met_are_read() -> None:
    many = [{"@type": "Book", "author": "Marie Exemple"} for _ in range(111)]
    assert read_loosely(graph_of(many[:109])) is not None
    assert read_loosely(graph_of(many)) is None


def test_a_script_that_is_no_json_is_read() -> None:
    graph = Graph(URL, repair=True)
    graph.read(json.dumps(PRODUCT)[:-1], 1)
    assert graph.repaired
    assert read_loosely(graph) is None


def test_what_is_remembered_of_names_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_loose, "MAX_KNOWN", len(schema_loose._ways) + 1)
    known = len(schema_loose._ways)
    for number in range(5):
        assert read_loosely(graph_of({"@type": "Book", "author": "Marie Exemple", f"made up {number}": "x"}))
    assert read_loosely(graph_of({"@type": "Book", "author": "Marie Exemple", "y" * 65: "x"}))
    assert len(schema_loose._ways) == known + 1
