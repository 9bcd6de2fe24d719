"""A page of which only the tags that may speak are read says what it says when all are read."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tdm_guard import Judge
from tdm_guard.formats.page import html, html_skip
from tdm_guard.formats.page.html import read_page
from tdm_guard.formats.page.html_skip import MAX_OPENINGS, behind_head_markup, places_of
from tdm_guard.judging.heard_page import Document, HeardPage, hear_page
from tdm_guard.judging.response import Announced
from tdm_guard.testing.sample import _LISTED as LISTED
from tdm_guard.testing.site import Received
from tests.benchmarks.inputs import page
from tests.formats.test_html import HAND_MADE, META, PIECES
from tests.support.growth import grows_linearly

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://site.example/a/page.html"
DECLARED = ("bundled:sacem-2023", "bundled:sony-music-2024")
JUDGES = [
    Judge(agent="ExampleBot", posture=posture, repertoire=names)  # type: ignore[arg-type]
    for posture in ("literal", "cautious")
    for names in (None, DECLARED)
]
NOAI = '<meta name="robots" content="noai, noimageai">'
# of a declared label, so that all is read of it
WORK = {"@type": "MusicRecording", "isrcCode": "QM-ABC-26-00017", "recordLabel": "Sony Music", "url": "song"}
SCRIPT = f'<script type="application/ld+json">{json.dumps(WORK)}</script>'
CITED, DUBLIN_CORE = (
    '<meta name="citation_title" content="t">',
    '<meta name="DC.identifier" content="978-3-16-148410-0">',
)
SPEAKING = [
    NOAI,
    SCRIPT,
    META,
    "<META\nNAME=TDM-Reservation CONTENT=1>",
    '<meta name="robots" content="noai" title="a>b">',
    '<meta title="a>b" name="robots" content="noai">',
    "<meta name=“robots” content=“noai, noml”>",
    '<meta name="robots" content="no\u200bai">',
    '<meta name="robots" content="&#110;oai">',
    "<base href='/q/'>",
    '<meta name="rob',
    '<link rel="license" type="application/rsl+xml" href="l.xml">',
    '<link rel="c2pa-manifest">',
    '<script type="application/rsl+xml"><rsl xmlns="https://rslstandard.org/rsl"></rsl></script>',
    "<script>a<b</script>",
    '<meta property="book:isbn" content="978-3-16-148410-0">',
    '<meta property="og:type" content="book">',
    '<meta property="book:author" content="A. Example">',
    '<meta name="citation_author" content="Ä. B">',
    CITED,
    DUBLIN_CORE,
    '<meta name="description" content="ai for you, it\'s “new” – é">',
    "<p class=a id='b'>",
    '<img src=a.png alt="x>y">',
    '<p title="<meta name=robots content=noai>">',
    "<meta\u00a0name=robots content=noai>",
    "<meta content='noai' / name=robots>",
    '<a href=/x?a=b&c="d e">',
    '<a b=c="d>e">',
    "<!-- \r\n -->\r\n",
    "<svg viewBox=\"0 0 1 1\"><path d='M0'/></svg>",
    "<svg><meta name=robots content=noai>",
    '<svg role="img"><title>x</title><g><use href="#a"></use><path d="M0"/></g><!-- a --></svg>',
    "<svg id=a><path><linearGradient/></path></g>",
    "</path>",
    "</g></svg>",
    "<table><tr><td>",
    "<div><svg><g></div>",
    "</p>",
    "<x-y z>",
    "text",
    "<br/>",
]
SOUP = st.lists(st.one_of(PIECES, st.sampled_from(SPEAKING)), max_size=24).map("".join)


def both(judge: Judge, body: bytes, *, xml: bool = False) -> tuple[HeardPage, HeardPage]:
    document, about = Document(body, URL, None, xml), Announced(URL, NOW, 200)
    openings = judge.bench.scanner.openings(body)
    return (
        hear_page(judge.bench, about, document, openings, complete=True),
        hear_page(judge.bench, about, document, None, complete=True),
    )


def agree(body: bytes, *, xml: bool = False) -> None:
    for judge in JUDGES:
        brief, thorough = both(judge, body, xml=xml)
        assert brief.reading == thorough.reading
        assert brief.items == thorough.items
        assert brief.complete == thorough.complete


@settings(max_examples=100, deadline=None)
@given(SOUP, st.booleans())
@example("<p><svg><p></svg>" + NOAI, False)
@example("<div><svg><g></div>" + META, False)
@example("<g><svg id=a></g></svg>" + NOAI, False)
@example('<a b="<!--">' + NOAI + "<!-- -->", False)
@example(DUBLIN_CORE + CITED, False)
@example("<title><meta </title " + NOAI, False)
def test_whatever_stands_around_a_tag_both_ways_hear_the_same(document: str, xml: bool) -> None:
    agree(document.encode(), xml=xml)


@settings(max_examples=50, deadline=None)
@given(SOUP, st.sampled_from(["utf-8-sig", "utf-16", "cp1252", "shift_jis", "iso2022_jp"]))
def test_in_whatever_encoding_both_ways_hear_the_same(document: str, charset: str) -> None:
    agree(f'<meta charset="{charset}">{document}'.encode(charset, "replace"))


@pytest.mark.parametrize("document", HAND_MADE.values(), ids=HAND_MADE.keys())
def test_of_hand_made_documents_both_ways_hear_the_same(document: str) -> None:
    for said in (NOAI, SCRIPT):
        agree((document + said).encode())
        agree((said + document + said).encode())
        agree(document.replace(META, said).encode())


SLOWLY = re.compile(html_skip._HEAD.replace(f"{html_skip._USUALLY}|", "")).match
ATTRIBUTES = [" async", ' a-b="c>d"', ' e="f"', ' e="f"g', " h=i", ' ="j"', " /", "/", " ", "k", ' l="', " m='n\"'"]
ENDS = [">", "/>", " />", ">a</style>", ">a<b</style>", "></script>", ">a</script >", "><!--</script>", "</style>", ""]
HEADS = st.lists(
    st.one_of(
        st.sampled_from(SPEAKING),
        st.tuples(
            st.sampled_from(["<meta", "<link", "<style", "<script", "<title"]),
            st.lists(st.sampled_from(ATTRIBUTES), max_size=2).map("".join),
            st.sampled_from(ENDS),
        ).map("".join),
    ),
    max_size=3,
).map("".join)


@settings(max_examples=300)
@given(HEADS)
@example("<script /></script><meta k>")
@example("<script><!--<script></script>")
@example("<style async>a<b</style>")
def test_the_usual_form_of_a_tag_ends_where_any_form_does(head: str) -> None:
    quickly, slowly = behind_head_markup(head), SLOWLY(head)
    assert quickly
    assert slowly
    assert quickly.end() == slowly.end()


def test_of_an_everyday_page_hardly_a_tag_is_read_by_the_book(monkeypatch: pytest.MonkeyPatch) -> None:
    silent, _ = page(20_000, 8_000)
    body = silent.replace(b"</head>", NOAI.encode() + b"</head>")
    [opening] = JUDGES[0].bench.scanner.openings(body) or ()
    read = []
    real = html.end_of_tag
    monkeypatch.setattr(html, "end_of_tag", lambda *about: read.append(about) or real(*about))
    [tag] = read_page(body, url=URL, openings=[opening]).tags
    assert (tag.name, tag.in_head, tag.line) == ("meta", True, 1)
    assert tag == next(
        each for each in read_page(body, url=URL).tags if each.attributes.get("content", "")[:4] == "noai"
    )
    assert body.decode()[tag.offset :].startswith(NOAI)


def test_a_tag_says_the_line_it_stands_in_whatever_was_passed_over() -> None:
    body = "\r\n<p title='\n'>é\n<!--\n--><script>\n</script>\r" + NOAI
    openings = JUDGES[0].bench.scanner.openings(body.encode())
    [tag] = read_page(body.encode(), url=URL, charset="utf-8", openings=openings).tags
    assert (tag.line, tag.in_head) == (7, False)


def test_many_tags_that_speak_are_all_read() -> None:
    agree("".join(f'<meta name="citation_author" content="A. B{n}">' for n in range(MAX_OPENINGS + 2)).encode())


def test_a_base_behind_the_words_counts() -> None:
    body = SCRIPT + '<p><base href="/b/">'
    brief, _ = both(JUDGES[1], body.encode())
    assert brief.items[0].urls == ("https://site.example/b/song",)
    agree(body.encode())


def test_pages_of_the_sample_web_say_the_same() -> None:
    seen = 0
    for site in LISTED:
        for path, made in site.pages.items():
            asked = Received(site=site.name, method="GET", path=path, headers=(), at=NOW, base="http://{}".format)
            answer = made(asked) if callable(made) else made
            if isinstance(answer.body, bytes) and b"<" in answer.body[:100]:
                agree(answer.body)
                seen += 1
    assert seen > 50


@pytest.mark.parametrize(
    "piece",
    [
        "<a b='",
        "<svg>",
        "<svg a>",
        "<svg a><g></g></svg>",
        "<title>",
        "<!-- -",
        "<a b=c=d>",
        "<script><!--",
        NOAI,
        "<meta x='",
    ],
)
def test_hostile_repetition_takes_linear_time(piece: str) -> None:
    def look(length: int) -> None:
        body = (piece * (length // len(piece)) + NOAI).encode()
        openings = JUDGES[0].bench.scanner.openings(body) or [NOAI.encode()[:-1]]
        read_page(body, url=URL, openings=openings)

    assert grows_linearly(look, 100_000)


@pytest.mark.parametrize(
    "tag", ["<base>", "<meta\u00a0name=robots content=noai>", "<meta é noai>", "<BASE href='/b/'>"]
)
def test_short_beginnings_of_tags_are_found_as_tags(tag: str) -> None:
    body = f"<p>e>k é e>\u00a0</p>{tag}{NOAI}<p>a\u00a0e></p>{tag}{SCRIPT}"
    for judge in JUDGES:
        openings = judge.bench.scanner.openings(body.encode())
        assert openings
        places = places_of(openings, body.encode(), body)
        assert places
        assert {body[at : at + 5].lower() for at in places} <= {"<meta", "<base", "<scri"}
    agree(body.encode())
