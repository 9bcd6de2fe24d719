"""Pages of many kinds, and what they say of the works on them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.page import page_items as module
from tdm_guard.formats.page.html import MAX_SCRIPT, MAX_SCRIPTS, Scanner, read_page
from tdm_guard.formats.page.page_items import WORDS, PageItems, page_items
from tdm_guard.model import Source

URL = "https://site.example/p/1"
SOURCE = Source(url=URL, carrier="html", retrieved_at=datetime(2026, 11, 21, tzinfo=UTC))
SCANNER = Scanner(WORDS)


def read(document: str | bytes) -> PageItems:
    body = document.encode() if isinstance(document, str) else document
    found = page_items(read_page(body, url=URL, charset="utf-8", json_ld=True), SOURCE)
    assert SCANNER.may_speak(body) or found == PageItems((), ())
    return found


def items(document: str) -> list[dict[str, Any]]:
    found = read(document)
    assert found.faults == ()
    return list(found.items)


def meta(**tags: str) -> str:
    return "".join(f'<meta name="{name}" content="{content}">\n' for name, content in tags.items())


MUSIC = """<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Nuit d'essai | Catalogue</title>
<meta property="og:type" content="music.album"><meta property="og:title" content="Nuit d'essai">
<link rel="canonical" href="https://site.example/p/1">
<script type="application/ld+json">
{ "@context": "https://schema.org",
  "@type": "MusicAlbum",
  "@id": "https://site.example/p/1#album",
  "name": "Nuit d'essai", "url": "https://site.example/p/1",
  "byArtist": { "@type": "MusicGroup", "name": "Les Exemples", "sameAs": ["https://fr.wikipedia.example/Les_Exemples",
      "https://isni.org/isni/000000000000001X"] },
  "albumRelease": { "@type": "MusicRelease", "gtin13": "4006381333931",
      "recordLabel": {"@type": "Organization", "name": "BigLabel"} },
  "image": { "@type": "ImageObject", "contentUrl": "/covers/1.jpg",
      "copyrightHolder": {"@type": "Person", "name": "Ana Foto"} },
  "numTracks": 2,
  "track": { "@type": "ItemList", "numberOfItems": 2, "itemListElement": [
    { "@type": "ListItem", "position": 1, "item": {
        "@type": "MusicRecording", "name": "Aube", "isrcCode": "QM-XX1-23-00001", "duration": "PT3M1S",
        "recordingOf": { "@type": "MusicComposition", "name": "Aube", "iswcCode": "T-000.000.001-0",
          "composer": { "@type": "Person", "name": "Marie Exemple",
                        "identifier": { "@type": "PropertyValue", "propertyID": "IPI", "value": "00000000199" } },
          "lyricist": { "@type": "Person", "name": "Lou Parole" } } } },
    { "@type": "ListItem", "position": 2, "item": {
        "@type": "MusicRecording", "name": "Soir", "isrcCode": "QM-XX1-23-00002" } } ] } }
</script></head><body><h1>Nuit d'essai</h1></body></html>"""

BOOKSHOP = """<html><head><title>Un livre</title>
<meta property="og:type" content="book"><meta property="book:isbn" content="9780000000019">
<meta property="book:author" content="https://www.facebook.example/paul">
<script type="application/ld+json">[
 {"@context":"https://schema.org","@type":"BreadcrumbList","itemListElement":[{"@type":"ListItem","position":1,
   "item":{"@id":"https://site.example/","name":"Books"}}]},
 {"@context":"https://schema.org","@type":["Product","Book"],"name":"Un livre","sku":"9-1",
  "gtin13":"9780000000019","author":[{"@type":"Person","name":"Paul Auteur"}],
  "publisher":{"@type":"Organization","name":"Maison"},"image":"https://cdn.site.example/9.jpg",
  "workExample":[{"@type":"Book","bookFormat":"https://schema.org/EBook","isbn":"9780000000026"}],
  "offers":{"@type":"Offer","price":"12.00","seller":{"@type":"Organization","name":"Bookshop"}},
  "aggregateRating":{"@type":"AggregateRating","ratingValue":4},
  "review":[{"@type":"Review","author":{"@type":"Person","name":"A. Reader"},"reviewBody":"!"}],
  "isRelatedTo":[{"@type":"Book","isbn":"9780000000033"}]}]
</script></head><body></body></html>"""

JOURNAL = """<html><head>
<meta name="citation_title" content="On examples"><meta name="citation_author" content="Auteur, Paul">
<meta name="citation_author" content="Exemple, Marie"><meta name="citation_author_institution" content="University">
<meta name="citation_doi" content="10.1000/j.2026.1"><meta name="citation_issn" content="1234-5679">
<meta name="citation_issn" content="2049-3630"><meta name="citation_publisher" content="Verlag">
<meta name="citation_journal_title" content="Journal of Examples"><meta name="citation_pdf_url" content="/1.pdf">
<meta name="citation_reference" content="citation_title=Other; citation_doi=10.1000/other; citation_author=B. Other">
<meta name="DC.Identifier" content="doi:10.1000/j.2026.1"><meta name="DC.Creator.PersonalName" content="Paul Auteur">
<meta name="DC.Source.ISSN" content="1234-5679"><meta name="DC.Relation" content="doi:10.1000/data">
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[
 {"@type":"ScholarlyArticle","@id":"https://doi.org/10.1000/j.2026.1","headline":"On examples",
  "author":[{"@id":"#paul"},{"@type":"Person","name":"Marie Exemple"}],
  "isPartOf":{"@type":"PublicationIssue","isPartOf":
    {"@type":"Periodical","issn":["1234-5679"],"publisher":{"@id":"#verlag"}}},
  "citation":[{"@type":"ScholarlyArticle","sameAs":"https://doi.org/10.1000/other"}],"mentions":{"@id":"#data"}},
 {"@type":"Person","@id":"#paul","name":"Paul Auteur","sameAs":"https://orcid.org/0000-0002-1825-0097"},
 {"@type":"Organization","@id":"#verlag","name":"Verlag"},
 {"@type":"Dataset","@id":"#data","identifier":"doi:10.1000/data"}]}</script></head></html>"""

PHOTO = """<html><head><title>Harbour</title><script type="application/ld+json"><!--
{"@context":"http://schema.org/","@type":"ImageObject","contentUrl":"https://photos.example/p/1.jpg",
 "creator":{"@type":"Person","name":"Jean Peintre","identifier":"ISNI:0000 0000 0000 001X"},
 "copyrightHolder":{"@type":"Organization","name":"Agence"},"creditText":"Jean Peintre / Agence",
 "copyrightNotice":"(c) 2026","license":"https://photos.example/licence","acquireLicensePage":"https://photos.example/buy"}
//--></script></head><body><img src="/p/1.jpg"></body></html>"""

VIDEO = """<html><head><script type='application/ld+json'>/*<![CDATA[*/
{"@context":"https://schema.org","@type":"TVEpisode","name":"One","episodeNumber":1,
 "identifier":{"@type":"PropertyValue","propertyID":"EIDR","value":"10.5240/7791-8534-2C23-9030-8610-5"},
 "director":{"@type":"Person","name":"Dominique Image"},"musicBy":{"@type":"Person","name":"Marie Exemple"},
 "partOfSeries":{"@type":"TVSeries","name":"Series","publisher":"Chaîne"},
 "video":{"@type":"VideoObject","embedUrl":"https://cdn.site.example/e/1","thumbnailUrl":"/t.jpg","uploadDate":"2026-01-01"}}
/*]]>*/</script></head></html>"""


def test_a_page_of_a_music_catalogue() -> None:
    (album,) = items(MUSIC)
    release, cover, first, second = album.pop("contains")
    assert album == {
        "type": "sound_recording",
        "title": "Nuit d'essai",
        "url": URL,
        "creator_name": "Les Exemples",
        "creator_isni": "000000000000001X",
    }
    assert release == {"type": "sound_recording", "gtin": "4006381333931", "label": "BigLabel"}
    assert cover == {"type": "artwork", "url": "https://site.example/covers/1.jpg", "creator_name": "Ana Foto"}
    assert first == {
        "type": "sound_recording",
        "title": "Aube",
        "isrc": "QM-XX1-23-00001",
        "contains": [
            {
                "type": "musical_work",
                "title": "Aube",
                "iswc": "T-000.000.001-0",
                "creator_name": ["Marie Exemple", "Lou Parole"],
                "creator_ipi": "00000000199",
                "contains": [{"type": "lyrics", "creator_name": "Lou Parole"}],
            }
        ],
    }
    assert second == {"type": "sound_recording", "title": "Soir", "isrc": "QM-XX1-23-00002"}


def test_a_page_of_a_bookshop() -> None:
    assert items(BOOKSHOP) == [
        {"type": "text", "isbn": "9780000000019"},
        {
            "type": "text",
            "title": "Un livre",
            "gtin": "9780000000019",
            "creator_name": "Paul Auteur",
            "publisher": "Maison",
            "contains": [{"type": "text", "isbn": "9780000000026"}],
        },
    ]


def test_a_page_of_a_journal_article() -> None:
    described, article = items(JOURNAL)
    assert described == {
        "type": "text",
        "title": "On examples",
        "creator_name": ["Auteur, Paul", "Exemple, Marie", "Paul Auteur"],
        "doi": "10.1000/j.2026.1",
        "issn": ["1234-5679", "2049-3630"],
        "publisher": "Verlag",
    }
    assert article == {
        "type": "text",
        "title": "On examples",
        "doi": "10.1000/j.2026.1",
        "creator_name": ["Paul Auteur", "Marie Exemple"],
        "issn": "1234-5679",
        "publisher": "Verlag",
    }


def test_a_page_of_a_photograph() -> None:
    assert items(PHOTO) == [
        {
            "type": "image",
            "url": "https://photos.example/p/1.jpg",
            "creator_name": ["Jean Peintre", "Agence"],
            "creator_isni": "0000 0000 0000 001X",
            "publisher": "Agence",
        }
    ]


def test_a_page_of_a_video() -> None:
    assert items(VIDEO) == [
        {
            "type": "audiovisual",
            "title": "One",
            "eidr": "10.5240/7791-8534-2C23-9030-8610-5",
            "creator_name": ["Dominique Image", "Marie Exemple"],
            "publisher": "Chaîne",
        }
    ]


# Meta tags


@pytest.mark.parametrize(
    ("document", "item"),
    [
        (meta(**{"DC.creator": "Marie Exemple", "DC.title": "x"}), {"creator_name": "Marie Exemple", "title": "x"}),
        (meta(**{"dcterms.creator": "A; B;"}), {"creator_name": ["A", "B"]}),
        (meta(**{"DC:Publisher": "P", "DC.type": "Image"}), {"publisher": "P", "type": "image"}),
        (meta(**{"dcterms:rightsHolder": "R", "DC.Type": "MovingImage"}), {"creator_name": "R", "type": "audiovisual"}),
        (meta(**{"DC.contributor": "C", "dc.type": "Text.Serial.Journal"}), {"creator_name": "C", "type": "text"}),
        (meta(**{"DC.creator": "C", "dc.type": "Sound"}), {"creator_name": "C", "type": "sound_recording"}),
        (meta(**{"DC.creator": "C", "dc.type": "Event"}), {"creator_name": "C"}),
        (meta(**{"DC.creator": "https://isni.org/isni/000000000000001X"}), {"creator_isni": "000000000000001X"}),
        (meta(**{"DC.identifier": "urn:isbn:9780000000019"}), {"isbn": "9780000000019"}),
        (meta(**{"DC.Identifier.DOI": "10.1000/x"}), {"doi": "10.1000/x"}),
        (meta(**{"DC.identifier": "https://doi.org/10.1000/x"}), {"doi": "10.1000/x"}),
        ('<meta name="DC.identifier" scheme="ISBN" content="9780000000019">', {"isbn": "9780000000019"}),
        ('<meta property="dc:identifier" content="doi:10.1000/x">', {"doi": "10.1000/x"}),
        (meta(**{"DC.isPartOf": "urn:issn:1234-5679"}), {"issn": "1234-5679"}),
        (meta(citation_isbn="9780000000019", citation_authors="A; B"),
         {"type": "text", "isbn": "9780000000019", "creator_name": ["A", "B"]}),
        (meta(CITATION_DOI="https://doi.org/10.1000/x"), {"type": "text", "doi": "10.1000/x"}),
        (meta(**{"DC.creator": "Isni Kola", "DC.identifier": "doi:10.1000/x"}),
         {"doi": "10.1000/x", "creator_name": "Isni Kola"}),
        (meta(bepress_citation_doi="10.1000/x"), {"type": "text", "doi": "10.1000/x"}),
        (meta(citation_issn="1234-5679, 2049-3630"), {"type": "text", "issn": ["1234-5679", "2049-3630"]}),
        ('<meta property="music:isrc" content="QMXX12300001"><meta property="og:type" content="music.song">',
         {"isrc": "QMXX12300001", "type": "sound_recording"}),
        ('<meta property="books:isbn" content="9780000000019"><meta property="book:author" content="Paul Auteur">',
         {"isbn": "9780000000019", "creator_name": "Paul Auteur"}),
        ('<meta property="product:ean" content="4006381333931">', {"gtin": "4006381333931"}),
        ('<meta property="og:upc" content="036000291452">', {"gtin": "036000291452"}),
    ],
)  # fmt: skip
def test_meta_tags(document: str, item: dict[str, Any]) -> None:
    assert items(document) == [item]


@pytest.mark.parametrize("before", [*(chr(code) for code in range(0x2100) if chr(code).isspace()), "\u3000"])
@pytest.mark.parametrize("as_reference", [True, False])
@pytest.mark.parametrize("name", ["DC.creator", "dcterms:creator", "citation_author"])
def test_a_tag_is_found_behind_all_that_its_reader_takes_away(before: str, as_reference: bool, name: str) -> None:
    blank = f"&#{ord(before)};" if as_reference else before
    document = f'<meta name="{blank}{name}" content="Marie Exemple"><meta name="DC.identifier" content="doi:10.5555/1">'
    of_it = document.partition('<meta name="DC.i')[0].encode()
    assert SCANNER.may_speak(of_it) or "creator_name" not in items(document)[0]
    assert SCANNER.may_speak(of_it) or as_reference  # of some references HTML makes other characters


@pytest.mark.parametrize(
    "document",
    [
        "",
        "<p>DC.identifier citation_doi isbn 9780000000019 ld+json</p>",
        meta(**{"DC.title": "x", "DC.type": "Text", "DC.date": "2026"}),
        meta(**{"DC.creator": " ", "DC.identifier": "12345", "DC.relation": "doi:10.1000/x"}),
        meta(**{"DC.source": "doi:10.1000/x"}),  # another work
        meta(**{"DC.Creator.Address": "marie@site.example", "DC.Identifier.URI": "https://site.example/1"}),
        meta(citation_title="x", citation_reference="citation_doi=10.1000/x", citation_year="2026"),
        meta(**{"citationXdoi": "10.1000/x", "dcx.creator": "A", "author": "A", "keywords": "isbn:9780000000019"}),
        '<meta property="og:type" content="article"><meta property="article:author" content="A">',
        '<meta property="og:title" content="x"><meta property="book:author" content="A">',
        '<meta property="music:musician" content="A"><meta property="og:type" content="music.song">',
        '<link name="citation_doi" content="10.1000/x"><meta content="10.1000/x"><meta name="citation_doi">',
        '<script type="application/ld+json"></script><script type="application/ld+json"> {} </script>',
        '<script type="application/json">{"@type":"Book","isbn":"9780000000019"}</script>',
        '<template><script type="application/ld+json">{"@type":"Book","isbn":"9780000000019"}</script></template>',
    ],
)
def test_pages_that_say_nothing_of_works(document: str) -> None:
    assert items(document) == []


def test_meta_values_beyond_the_bound_are_a_fault() -> None:
    found = read("".join(f'<meta name="citation_author" content="A{n}">\n' for n in range(120)))
    assert len(found.items[0]["creator_name"]) == module.MAX_VALUES
    (fault,) = found.faults
    assert (fault.locator, fault.signal) == ("line 101", "repertoire")
    assert "more than 100 values of creator_name" in fault.message


# Scripts


def ld(*values: Any) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(value)}</script>\n' for value in values)


BOOK = {"@type": "Book", "isbn": "9780000000019"}


def test_the_same_script_twice_counts_once() -> None:
    assert items(ld(BOOK, BOOK)) == [{"type": "text", "isbn": "9780000000019"}]


def test_nodes_of_one_script_are_known_in_the_others() -> None:
    assert items(
        ld({"@type": "Book", "author": {"@id": "#a"}}, {"@id": URL + "#a", "@type": "Person", "name": "A"})
    ) == [{"type": "text", "creator_name": "A"}]


def test_relative_names_follow_the_base_of_the_document() -> None:
    document = '<base href="https://other.example/x/">' + ld(BOOK | {"url": "b"})
    assert items(document)[0]["url"] == "https://other.example/x/b"


def test_a_broken_script_is_a_fault_in_its_place_and_hides_no_other() -> None:
    found = read(f"<html>\n{ld(BOOK)}<script type='application/ld+json'>\n{{\n  'name': 1\n}}</script>")
    assert [item["isbn"] for item in found.items] == ["9780000000019"]
    (fault,) = found.faults
    assert fault.locator == "script 2, line 5"
    assert fault.source == URL
    assert fault.carrier == "html"
    assert fault.signal == "repertoire"
    assert fault.message.startswith("no JSON: ")
    assert "'name': 1" in (fault.excerpt or "")


def test_scripts_beyond_the_bounds_are_faults() -> None:
    long = f'<script type="application/ld+json">"{"x" * MAX_SCRIPT}"</script>'
    found = read(long + ld(*[BOOK] * MAX_SCRIPTS))
    assert len(found.items) == 1
    assert [(fault.locator, fault.message) for fault in found.faults] == [
        ("script 1, line 1", f"more than {MAX_SCRIPT} characters of JSON-LD: not read"),
        (
            f"script {MAX_SCRIPTS + 1}, line {MAX_SCRIPTS}",
            f"more than {MAX_SCRIPTS} scripts of JSON-LD: read no further",
        ),
    ]


def test_a_script_cut_off_by_the_end_of_a_prefix_is_a_fault() -> None:
    found = read(ld(BOOK, BOOK)[:-20])
    assert len(found.items) == 1
    assert [fault.locator for fault in found.faults] == ["script 2, line 2"]


FLOODS = {
    "objects": '{"@type":"Book","isbn":"1"},',
    "lists": "[" * 900 + "]" * 900,
    "deep": "[",
    "names": '"A",{"author":["B"]},',
    "ids": '{"@id":"#a","hasPart":{"@id":"#b"}},{"@id":"#b","isPartOf":[{"@id":"#a"},"#b"]},',
    "blanks": " \n",
    "wrappers": "<!--//",
    "quotes": '"',
    "backslashes": "\\",
    "minus": "-",
}


@pytest.mark.parametrize("piece", FLOODS.values(), ids=FLOODS.keys())
def test_floods_take_linear_time(piece: str) -> None:
    """A quadratic reader would need minutes for this."""
    flood = piece * (MAX_SCRIPT // len(piece) - 5)
    scripts = (flood, f"[{flood}", f"[{flood}null]")
    read("".join(f'<script type="application/ld+json">{script[:MAX_SCRIPT]}</script>' for script in scripts))


PIECES = st.sampled_from(
    [
        '<script type="application/ld+json">', "</script>", "<!--", "-->", '{"@type":"Book",', '"isbn":"9780000000019"',
        '"author":', '{"@id":"#a"}', '"name":"A"', "{", "}", "[", "]", ",", ":", '"', "<meta name=", "'citation_doi'",
        '"DC.creator"', "dcterms:identifier", " content=", "'10.1000/x'", '"urn:isbn:1"', ">", "property='book:isbn'",
        "property=og&colon;upc", "name=d&#99;.creator", "<base href=x>", "<template>", "é", "\\ud800", "\n", "&",
    ]
)  # fmt: skip


@settings(max_examples=200)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_page_makes_it_raise_and_the_first_look_misses_none(document: str) -> None:
    read(document)


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(body: bytes) -> None:
    read(b'<script type="application/ld+json">' + body)
    read(b"<meta name=citation_doi content='" + body)


ORDINARY = """<html><head><meta charset=utf-8><meta name="viewport" content="width=device-width">
<meta name="author" content="Jane"><meta property="og:type" content="article">
<meta property="article:author" content="https://www.facebook.example/jane"><meta property="article:tag" content="x">
<meta name="twitter:label1" content="Written by"><meta property="og:title" content="A city: ideas">
<meta property="og:image" content="https://cdn.site.example/i_doi.jpg?a=1&amp;b=2">
<link rel="manifest" type="application/manifest+json" href="/m.json"><link type="application/rss+xml">
<link rel="alternate" type="application/json+oembed" href="/oembed"><script src="/isbn/x.js"></script></head></html>"""


def test_the_first_look_passes_ordinary_pages() -> None:
    assert not SCANNER.may_speak(ORDINARY.encode())
    assert items(ORDINARY) == []


def test_meta_tags_are_read_up_to_a_bound() -> None:
    tag = '<meta name="citation_doi" content="10.1000/{}">'
    same = read(tag.format("x" * 200) * 5_000)
    assert same.faults == ()
    found = read(tag.format(1) + "".join(tag.format(f"{n}x{'y' * 400}") for n in range(1_000)) + tag.format(2))
    assert found.items[0]["doi"][0] == "10.1000/1"
    assert any("characters of meta tags" in fault.message for fault in found.faults)
