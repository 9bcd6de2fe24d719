"""Which works a page presents, and which it merely mentions; what each of them says of itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.page import schema_item, schema_org
from tdm_guard.formats.page.json_graph import Graph
from tdm_guard.formats.page.schema_org import read_works

URL = "https://site.example/p/1"
Mapping = dict[str, Any]


def read(*nodes: Any) -> tuple[list[Mapping], list[str]]:
    graph = Graph(URL)
    for node in nodes:
        graph.read(json.dumps(node), 1)
    items, problems = read_works(graph)
    assert graph.problems == []
    return list(items), [problem.message for problem in problems]


def works(*nodes: Any) -> list[Mapping]:
    items, problems = read(*nodes)
    assert problems == []
    return items


def graph_of(*nodes: Any) -> Mapping:
    return {"@context": "https://schema.org", "@graph": list(nodes)}


def one(kind: str, **members: Any) -> Mapping:
    """The only item that a node of one type makes, without its contained ones."""
    (item,) = works({"@type": kind, **members})
    return {key: value for key, value in item.items() if key != "contains"}


def every(items: list[Mapping]) -> list[Mapping]:
    return [each for item in items for each in (item, *every(item.get("contains", [])))]


PERSON = {"@type": "Person", "name": "Marie Exemple"}
BOOK = {"@type": "Book", "name": "Un livre", "isbn": "9780000000019"}


# Codes


@pytest.mark.parametrize(
    ("kind", "members", "codes"),
    [
        ("MusicComposition", {"iswcCode": "T-000.000.001-0"}, {"iswc": "T-000.000.001-0"}),
        ("MusicRecording", {"isrcCode": "QMXX12300001"}, {"isrc": "QMXX12300001"}),
        ("MusicRecording", {"isrcCode": ["QMXX12300001", "QMXX12300002"]}, {"isrc": ["QMXX12300001", "QMXX12300002"]}),
        ("MusicAlbum", {"gtin13": 4006381333931}, {"gtin": "4006381333931"}),
        ("MusicRelease", {"gtin14": "04006381333931"}, {"gtin": "04006381333931"}),
        ("Book", {"isbn": 9780000000019}, {"isbn": "9780000000019"}),
        ("Book", {"identifier": "urn:isbn:9780000000019"}, {"isbn": "9780000000019"}),
        ("Book", {"productID": "isbn:9780000000019"}, {"isbn": "9780000000019"}),
        ("Book", {"isbn": {"@value": "9780000000019"}}, {"isbn": "9780000000019"}),
        ("Book", {"@id": "urn:isbn:9780000000019"}, {"isbn": "9780000000019"}),
        ("Product", {"gtin13": "9780000000019"}, {"gtin": "9780000000019"}),
        ("Periodical", {"issn": ["1234-5679", "0000-0019"]}, {"issn": ["1234-5679", "0000-0019"]}),
        ("ScholarlyArticle", {"@id": "https://doi.org/10.1000/x"}, {"doi": "10.1000/x"}),
        ("ScholarlyArticle", {"sameAs": ["https://doi.org/10.1000/x", "https://ex.org"]}, {"doi": "10.1000/x"}),
        (
            "ScholarlyArticle",
            {"identifier": {"@type": "PropertyValue", "propertyID": "doi", "value": "10.1000/x"}},
            {"doi": "10.1000/x"},
        ),
        (
            "Article",
            {"identifier": [{"@type": "PropertyValue", "name": "ISSN", "value": "1234-5679"}, {"value": "10.1000/x"}]},
            {"issn": "1234-5679", "doi": "10.1000/x"},
        ),
        (
            "MusicRecording",
            {"identifier": {"propertyID": "https://www.wikidata.org/wiki/Property:P1243", "value": "QMXX12300001"}},
            {"isrc": "QMXX12300001"},
        ),
        ("Movie", {"titleEIDR": "10.5240/7791-8534-2C23-9030-8610-5"},
         {"eidr": "10.5240/7791-8534-2C23-9030-8610-5"}),
        ("TVEpisode", {"identifier": {"propertyID": "ISAN", "value": "0000-0000-D07A-0090-Q"}},
         {"isan": "0000-0000-D07A-0090-Q"}),
    ],
)  # fmt: skip
def test_codes(kind: str, members: Mapping, codes: Mapping) -> None:
    found = one(kind, **members)
    assert {key: value for key, value in found.items() if key not in ("type", "title", "url")} == codes


@pytest.mark.parametrize(
    "members",
    [
        {"identifier": "12345"},
        {"identifier": {"propertyID": "sku", "value": "9"}},
        {"sku": "QMXX12300001", "mpn": "1234-5679"},
        {"identifier": {"propertyID": "isni", "value": "000000000000001X"}},  # a code of people does not name a work
        {"isbn": None, "issn": True, "doi": {}},
    ],
)
def test_what_is_no_code_of_a_work(members: Mapping) -> None:
    assert works({"@type": "Article", "name": "x", **members}) == []


# Makers


@pytest.mark.parametrize(
    ("kind", "members", "said"),
    [
        ("Article", {"author": "Marie Exemple"}, {"creator_name": "Marie Exemple"}),
        ("Article", {"author": [PERSON, {"name": "Paul"}]}, {"creator_name": ["Marie Exemple", "Paul"]}),
        ("Article", {"author": {"@type": "Person", "givenName": "Marie", "familyName": "Exemple"}},
         {"creator_name": "Marie Exemple"}),
        ("Article", {"author": {"@type": "Role", "author": PERSON, "roleName": "desk"}},
         {"creator_name": "Marie Exemple"}),
        ("Article", {"author": "https://isni.org/isni/000000000000001X"}, {"creator_isni": "000000000000001X"}),
        ("MusicComposition", {"composer": PERSON | {"sameAs": "https://isni.org/isni/000000000000001X"}},
         {"creator_name": "Marie Exemple", "creator_isni": "000000000000001X"}),
        ("MusicComposition",
         {"composer": PERSON | {"identifier": {"propertyID": "IPI", "value": "00000000199"}}, "publisher": "Edition"},
         {"creator_name": "Marie Exemple", "creator_ipi": "00000000199", "publisher": "Edition"}),
        ("MusicRecording",
         {"byArtist": {"@type": "MusicGroup", "name": "The Examples"}, "recordLabel": {"name": "BigLabel"}},
         {"creator_name": "The Examples", "label": "BigLabel"}),
        ("MusicRecording", {"publisher": "BigLabel"}, {"publisher": "BigLabel", "label": "BigLabel"}),
        ("Photograph", {"copyrightHolder": PERSON}, {"creator_name": "Marie Exemple"}),
        ("Photograph", {"copyrightHolder": {"@type": "Organization", "name": "Agence"}},
         {"creator_name": "Agence", "publisher": "Agence"}),
        ("ImageObject", {"creditText": "Ana Foto"}, {"creator_name": "Ana Foto"}),
        ("Article", {"author": "Doi Takeo"}, {"creator_name": "Doi Takeo"}),
        ("ImageObject", {"creditText": "Ana Foto / Agence|X"}, {"creator_name": ["Ana Foto", "Agence", "X"]}),
        ("Movie", {"director": PERSON, "productionCompany": {"name": "Films"}},
         {"creator_name": "Marie Exemple", "publisher": "Films"}),
        ("Article", {"author": {"@value": "Marie Exemple", "@language": "fr"}}, {"creator_name": "Marie Exemple"}),
    ],
)  # fmt: skip
def test_makers(kind: str, members: Mapping, said: Mapping) -> None:
    found = one(kind, **members)
    assert {key: value for key, value in found.items() if key != "type"} == said


@pytest.mark.parametrize(
    "author",
    [
        "",
        " ",
        "https://site.example/authors/me",
        "mailto:me@site.example",
        7.0,
        True,
        {"@type": "Person"},
        {"@id": "#nobody"},
    ],
)
def test_makers_that_are_not_named(author: Any) -> None:
    found = works({"@type": "Article", "name": "x", "author": author})
    assert found == [] or author == 7.0  # a number is kept as its digits


def test_authors_beyond_the_bound_are_a_problem() -> None:
    (item,), problems = read({"@type": "Article", "author": [f"Author {n}" for n in range(101)], "publisher": "P"})
    assert len(item["creator_name"]) == 100
    assert item["publisher"] == "P"
    assert problems == ["more than 100 values of creator_name: the others are not matched"]


# Types


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("Book", "text"),
        ("schema:Book", "text"),
        ("http://schema.org/Book", "text"),
        ("https://schema.org/Book", "text"),
        (["Product", "Book"], "text"),
        (["http://purl.org/ontology/bibo/Book"], "text"),
        ("MusicAlbum", "sound_recording"),
        ("VideoObject", "audiovisual"),
        ("Photograph", "image"),
        ("CoverArt", "artwork"),
        ("CreativeWork", None),
        ("Audiobook", None),
        (["CreativeWork", "Painting"], "artwork"),
        ("Product", None),
        ("NoSuchType", None),
        ([], None),
        ([None, 1, {}], None),
        (None, None),
    ],
)
def test_types(written: Any, kind: str | None) -> None:
    (item,) = works({"@type": written, "isbn": "9780000000019"})
    assert item.get("type") == kind


@pytest.mark.parametrize("kind", ["Product", "NoSuchType", "Offer", ""])
def test_what_is_no_work_by_its_type_needs_the_code_of_one(kind: str) -> None:
    assert works({"@type": kind, "name": "x", "author": "Marie Exemple", "publisher": "P"}) == []


def test_an_item_without_anything_to_match_by_is_none() -> None:
    assert works({"@type": "VideoObject", "name": "x", "contentUrl": "https://cdn.example/v.mp4"}) == []


def test_title_and_address() -> None:
    assert one("Book", name=" Un livre ", url="/b/1", isbn="9780000000019") == {
        "type": "text",
        "title": "Un livre",
        "url": "https://site.example/b/1",
        "isbn": "9780000000019",
    }


# Layers


def test_a_recording_holds_a_work_with_its_words_and_the_cover_of_its_album() -> None:
    (item,) = works(
        {
            "@type": "MusicRecording",
            "isrcCode": "QMXX12300001",
            "recordingOf": {
                "@type": "MusicComposition",
                "iswcCode": "T-000.000.001-0",
                "composer": PERSON,
                "lyricist": {"name": "Lu Parole"},
                "lyrics": {"@type": "CreativeWork", "text": "la la", "author": {"name": "Li Parole"}},
            },
            "inAlbum": {
                "@type": "MusicAlbum",
                "gtin13": "4006381333931",
                "recordLabel": "BigLabel",
                "image": {"@type": "ImageObject", "creator": "Ana Foto"},
                "track": {"@type": "MusicRecording", "isrcCode": "QMXX12300009"},
            },
        }
    )
    assert item == {
        "type": "sound_recording",
        "isrc": "QMXX12300001",
        "gtin": "4006381333931",
        "label": "BigLabel",
        "contains": [
            {
                "type": "musical_work",
                "iswc": "T-000.000.001-0",
                "creator_name": ["Marie Exemple", "Lu Parole"],
                "contains": [{"type": "lyrics", "creator_name": ["Lu Parole", "Li Parole"]}],
            },
            {"type": "artwork", "creator_name": "Ana Foto"},
        ],
    }


@pytest.mark.parametrize(
    "tracks",
    [
        [{"@type": "MusicRecording", "isrcCode": f"QMXX1230000{n}"} for n in range(3)],
        {
            "@type": "ItemList",
            "itemListElement": [
                {"@type": "ListItem", "position": n, "item": {"@type": "MusicRecording", "isrcCode": f"QMXX1230000{n}"}}
                for n in range(3)
            ],
        },
        {"@type": "ItemList", "itemListElement": {"@list": [{"isrcCode": f"QMXX1230000{n}"} for n in range(3)]}},
    ],
)
def test_each_track_of_an_album_is_a_layer(tracks: Any) -> None:
    (album,) = works({"@type": "MusicAlbum", "byArtist": "The Examples", "track": tracks})
    assert [track["isrc"] for track in album["contains"]] == ["QMXX12300000", "QMXX12300001", "QMXX12300002"]
    assert {track["type"] for track in album["contains"] if "type" in track} <= {"sound_recording"}


@pytest.mark.parametrize(
    "node",
    [
        {"@type": "ItemList", "itemListElement": [BOOK]},
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": BOOK}]},
        {"@type": "CollectionPage", "mainEntity": {"@type": "ItemList", "itemListElement": [BOOK]}},
        {"@type": "WebPage", "mainEntity": BOOK},
        {"@type": "ItemPage", "about": BOOK},
        {"@type": "WebPage", "hasPart": [BOOK]},
        {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": BOOK}]},
        {"@type": "Offer", "itemOffered": BOOK},
        {"@type": "Product", "offers": {"@type": "Offer", "itemOffered": BOOK}},
        {"@type": "Book", "workExample": [BOOK]},
        {"@type": "Product", "exampleOfWork": BOOK},
        {"@type": "NoSuchType", "hasPart": BOOK},
    ],
)
def test_what_a_page_lists_or_is_made_of_is_a_layer(node: Mapping) -> None:
    assert "9780000000019" in [item.get("isbn") for item in every(works(node))]


@pytest.mark.parametrize(
    "node",
    [
        {"@type": "Article", "author": "A", "mentions": BOOK},
        {"@type": "Article", "author": "A", "about": BOOK},
        {"@type": "ScholarlyArticle", "author": "A", "citation": [BOOK]},
        {"@type": "Review", "author": "A", "itemReviewed": BOOK},
        {"@type": "Product", "gtin": "4006381333931", "isRelatedTo": BOOK, "isSimilarTo": [BOOK]},
        {"@type": "Article", "author": "A", "isBasedOn": BOOK},
        {"@type": "Book", "isbn": "9780000000026", "review": {"@type": "Review", "itemReviewed": BOOK}},
        {"@type": "Organization", "name": "P", "hasPart": BOOK, "subjectOf": BOOK},
        {"@type": "Person", "name": "A", "image": BOOK},
        {"@type": "WebSite", "hasPart": BOOK},
        {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "item": BOOK}]},
        {"@type": "Event", "workPerformed": BOOK},
        {"@type": "Article", "author": "A", "@reverse": {"isPartOf": BOOK}},
        {"@type": "Comment", "about": BOOK, "hasPart": BOOK},
    ],
)
def test_what_is_merely_mentioned_is_no_layer(node: Mapping) -> None:
    assert "9780000000019" not in [item.get("isbn") for item in every(works(node))]


@pytest.mark.parametrize("mention", ["mentions", "about", "citation", "itemReviewed", "isRelatedTo", "isBasedOn"])
def test_mentioned_nodes_at_the_top_of_a_graph_are_no_items(mention: str) -> None:
    review = {"@type": "Review", "author": "A", mention: {"@id": "#book"}}
    part = {"@id": "#chapter", "@type": "Chapter", "identifier": "doi:10.1000/x"}
    book = {"@id": "#book", **BOOK, "hasPart": {"@id": "#chapter"}}
    for nodes in ([review, book, part], [part, book, review]):
        assert [item["creator_name"] for item in works(graph_of(*nodes))] == ["A"]


@pytest.mark.parametrize(
    "presented",
    [
        {"mainEntityOfPage": {"@id": URL}},
        {"review": [{"@id": "#review"}]},
        {"offers": {"@type": "Offer", "price": "10"}},
    ],
)
def test_a_mentioned_node_that_the_page_presents_is_an_item(presented: Mapping) -> None:
    review = {"@id": "#review", "@type": "Review", "author": "A", "itemReviewed": {"@id": "#book"}}
    items = works(graph_of(review, {"@id": "#book", **BOOK, **presented}))
    assert [item.get("isbn") for item in items] == [None, "9780000000019"]


def test_a_node_that_one_mentions_and_another_holds_is_an_item() -> None:
    page = {"@type": "WebPage", "mainEntity": {"@id": "#book"}}
    review = {"@type": "Review", "author": "A", "itemReviewed": {"@id": "#book"}}
    items = works(graph_of(review, page, {"@id": "#book", **BOOK}))
    assert [item.get("isbn") for item in items] == [None, "9780000000019"]


def test_the_furniture_of_a_site_makes_no_items() -> None:
    assert works(
        graph_of(
            {"@type": "WebSite", "@id": "#site", "name": "S", "publisher": {"@id": "#org"}, "issn": "1234-5679"},
            {"@type": ["Organization", "Brand"], "@id": "#org", "name": "P", "logo": {"@id": "#logo"}},
            {"@type": "ImageObject", "@id": "#logo", "url": "https://site.example/logo.png", "caption": "P"},
            {
                "@type": "WebPage",
                "@id": URL,
                "name": "x",
                "isPartOf": {"@id": "#site"},
                "breadcrumb": {"@id": "#crumbs"},
            },
            {
                "@type": "BreadcrumbList",
                "@id": "#crumbs",
                "itemListElement": [{"@type": "ListItem", "item": {"@id": URL}}],
            },
            {"@type": "Person", "name": "Marie Exemple"},
            {"@type": "SearchAction", "target": "x"},
        )
    ) == [{"type": "text", "title": "x", "issn": "1234-5679"}]  # the page is of a site that has a number as a serial


def test_a_page_by_somebody_is_a_text_and_a_gallery_may_be_anything() -> None:
    assert one("WebPage", author=PERSON) == {"type": "text", "creator_name": "Marie Exemple"}
    assert one("ImageGallery", author=PERSON) == {"creator_name": "Marie Exemple"}


def test_pictures_count_where_something_is_said_of_them() -> None:
    items = works(
        {
            "@type": "NewsArticle",
            "author": PERSON,
            "image": [
                "https://cdn.example/a.jpg",
                {"@type": "ImageObject", "url": "/b.jpg"},
                {"url": "/c.jpg", "creditText": "Ana Foto"},
            ],
        }
    )
    assert items[0]["contains"] == [{"type": "image", "url": "https://site.example/c.jpg", "creator_name": "Ana Foto"}]


def test_what_a_work_is_part_of_lends_its_codes_and_publisher() -> None:
    journal = {"@type": "Periodical", "name": "J", "issn": "1234-5679", "publisher": {"name": "Verlag"}}
    issue = {"@type": "PublicationIssue", "isPartOf": {"@type": "PublicationVolume", "isPartOf": journal}}
    assert one("ScholarlyArticle", isPartOf=issue, author="A") == {
        "type": "text",
        "creator_name": "A",
        "issn": "1234-5679",
        "publisher": "Verlag",
    }
    series = {"@type": "TVSeries", "titleEIDR": "10.5240/7791-8534-2C23-9030-8610-5"}
    assert one("TVEpisode", partOfSeries=series)["eidr"] == "10.5240/7791-8534-2C23-9030-8610-5"
    assert one("Chapter", isPartOf=BOOK)["isbn"] == "9780000000019"


# Graphs


def test_references_within_the_page_are_followed() -> None:
    items = works(
        {
            "@type": "Article",
            "@id": "#a",
            "author": {"@id": "#me"},
            "publisher": {"@id": "_:p"},
            "image": {"@id": "#i"},
        },
        {"@type": "Person", "@id": "https://site.example/p/1#me", "name": "Marie Exemple"},
        {"@type": "ImageObject", "@id": "#i", "creditText": "Ana Foto"},
    )
    assert items == [
        {
            "type": "text",
            "creator_name": "Marie Exemple",
            "contains": [{"type": "image", "creator_name": "Ana Foto"}],
        }
    ]


def test_cycles_end() -> None:
    recording = {"@id": "#r", "@type": "MusicRecording", "isrcCode": "QMXX12300001", "recordingOf": {"@id": "#w"}}
    work = {"@id": "#w", "@type": "MusicComposition", "iswcCode": "T0000000010", "recordedAs": {"@id": "#r"}}
    items = works(graph_of(recording, work))
    assert [(item.get("isrc"), item.get("iswc")) for item in every(items)] == [
        ("QMXX12300001", None),
        (None, "T0000000010"),
    ]
    loop = {
        "@id": "#a",
        "@type": "Article",
        "author": {"@id": "#a"},
        "isPartOf": {"@id": "#a"},
        "hasPart": {"@id": "#a"},
    }
    assert works(loop) == []
    assert works(loop | {"name": "A"}) == [{"type": "text", "title": "A", "creator_name": "A"}]


def test_every_node_is_one_item() -> None:
    assert (
        len(
            every(
                works(
                    graph_of({"@id": "#b", **BOOK}, {"@type": "WebPage", "mainEntity": {"@id": "#b"}}),
                    {"@id": "#b", **BOOK},
                )
            )
        )
        == 1
    )


# Bounds


def test_items_beyond_the_bound_are_a_problem() -> None:
    items, problems = read([{"@type": "Book", "isbn": f"{n}"} for n in range(schema_org.MAX_ITEMS + 1)])
    assert len(items) == schema_org.MAX_ITEMS
    assert problems == ["more than 500 items: the others are not matched"]


def test_nesting_beyond_the_bound_is_a_problem() -> None:
    node: Mapping = BOOK
    for _ in range(schema_org.MAX_NESTING):
        node = {"@type": "Book", "isbn": "9780000000026", "hasPart": node}
    assert len(every(works(node))) == schema_org.MAX_NESTING + 1
    items, problems = read({"@type": "Book", "isbn": "9780000000026", "hasPart": node})
    assert len(every(items)) == schema_org.MAX_NESTING + 1
    assert problems == ["nested too deeply: read no further"]
    for _ in range(schema_org.MAX_DEPTH):
        node = {"@type": "ItemList", "itemListElement": node}
    assert read(node)[1] == ["nested too deeply: read no further"]


@pytest.mark.parametrize(
    "nodes",
    [
        graph_of(
            {"@id": "#many", "@type": "Person", "name": "A", "identifier": ["x"] * 5000},
            *({"@id": f"#{n}", "@type": "Article", "author": [{"@id": "#many"}] * 90} for n in range(400)),
        ),
        graph_of(
            *(
                {
                    "@id": f"#{n}",
                    "hasPart": [{"@id": f"#{(n + 1) % 300}"}] * 50,
                    "isPartOf": [{"@id": f"#{n - 1}"}] * 50,
                }
                for n in range(300)
            )
        ),
        graph_of(*({"@id": f"#{n}", "isPartOf": [{"@id": f"#{m}"} for m in range(100)]} for n in range(100))),
        [{"@type": "Article", "identifier": [f"isbn {n}" for n in range(100)]} for _ in range(450)],
    ],
    ids=["shared author", "doubling", "all in all", "many codes"],
)
def test_work_is_bounded_however_nodes_refer_to_each_other(nodes: Any) -> None:
    """Without bounds on what is looked at, some of these would take minutes."""
    items, problems = read(nodes)
    assert len(every(items)) <= schema_org.MAX_ITEMS
    assert set(problems) <= {
        f"more than {schema_item.MAX_STEPS} values: read no further",
        "nested too deeply: read no further",
    }


def test_values_beyond_the_bound_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_item, "MAX_STEPS", 20)
    items, problems = read([{"@type": "Article", "author": "A", "publisher": "P"} for _ in range(20)])
    assert 0 < len(items) < 20
    assert problems == ["more than 100000 values: read no further"]


NAMES = st.sampled_from(
    [
        "@id", "@type", "@value", "@list", "name", "author", "publisher", "identifier", "propertyID", "value", "isbn",
        "isrcCode", "hasPart", "isPartOf", "mentions", "about", "mainEntity", "track", "itemListElement", "item",
        "lyrics", "lyricist", "inAlbum", "image", "copyrightHolder", "sameAs", "url", "recordingOf", "offers",
    ]
)  # fmt: skip
VALUES = st.sampled_from(
    [
        "#a", "#b", "_:c", URL, "Book", "MusicRecording", "WebPage", "ItemList", "Person", "Role", "MusicComposition",
        "", "9780000000019", "https://isni.org/isni/000000000000001X", "doi:10.1000/x", "A", 1, True, None,
    ]
)  # fmt: skip
JSON = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=25
)


def is_item(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(
            (key == "contains" and isinstance(found, list) and all(map(is_item, found)))
            or isinstance(found, str)
            or (isinstance(found, list) and len(found) > 1 and all(isinstance(each, str) for each in found))
            for key, found in value.items()
        )
    )


@settings(max_examples=120)
@given(st.lists(JSON, max_size=3))
def test_any_json_makes_items_or_none(nodes: list[Any]) -> None:
    items, _ = read(*nodes)
    assert all(is_item(item) for item in items)
    assert len(every(items)) <= schema_org.MAX_ITEMS


@settings(max_examples=60)
@given(st.lists(JSON, max_size=3), JSON)
def test_mentions_never_add_a_code(nodes: list[Any], mentioned: Any) -> None:
    """A work that is only cited, whatever it says of itself, leaves the items as they are."""
    nodes = [{"@type": "Article", "author": "A", "hasPart": nodes}]
    cited = {"@type": "Book", "isbn": "9780000000099", "hasPart": {"@type": "Book", "isbn": "9780000000098"}}
    items = works({**nodes[0], "citation": cited, "comment": cited})
    assert "978000000009" not in repr(items)
