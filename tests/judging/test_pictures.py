"""What pages said of their pictures: which words, for which addresses, for how long, in how many bytes."""

from __future__ import annotations

import sys
import threading
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Judge
from tdm_guard.formats.page.html import read_page
from tdm_guard.judging.bench import Bench
from tdm_guard.judging.case import Case
from tdm_guard.judging.heard_page import Document
from tdm_guard.judging.pictures import MAX_STATEMENTS, SHOWN_FOR, Shown, of_pictures
from tdm_guard.model import NOTHING, Headers, Posture, Source, Stance, Statement
from tdm_guard.signals import x_robots
from tdm_guard.signals.ai_agents import ai_agents_signal as ai_agents
from tdm_guard.signals.shape import Listener
from tdm_guard.signals.tdmrep import tdmrep_signal as tdmrep
from tdm_guard.usage import TRAINING

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PAGE = "https://photos.example/gallery"
PICTURE = "https://cdn.example/1.jpg"


def bench(posture: Posture) -> Bench:
    """Those that listen for such words, and others."""
    return Judge(agent="ExampleBot", posture=posture.value).bench


def said(
    html: str = "", *, headers: Headers = (), posture: Posture = Posture.CAUTIOUS, agent: str = "ExampleBot"
) -> tuple[Statement, ...]:
    """What was said of the pictures on a page, by those signals whose words a page may hold."""
    listener = Listener(agent=agent, posture=posture)
    page = read_page(html.encode(), url=PAGE, charset="utf-8")
    fields = (*headers, ("content-type", "text/html"))
    statements: list[Statement] = []
    for module in (x_robots, ai_agents, tdmrep):
        statements += module.read_headers(fields, Source(url=PAGE, carrier="header"), listener).statements
        statements += module.read_html(page, Source(url=PAGE, carrier="html"), listener).statements
    return of_pictures(statements, bench(posture))


NOIMAGEAI = said('<meta name="robots" content="noimageai">')


def remembering(*urls: str, statements: tuple[Statement, ...] = NOIMAGEAI) -> Shown:
    shown = Shown()
    shown.remember(urls, statements, NOW)
    return shown


# ---- words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("posture", list(Posture))
@pytest.mark.parametrize("word", ["noai", "noimageai", "noml", "noindex, NoImageAI"])
def test_the_words_of_a_page_reserve_its_pictures(word: str, posture: Posture) -> None:
    (statement,) = said(f'<p><meta name="robots" content="{word}">', posture=posture)
    assert statement.stance is Stance.RESERVED
    assert statement.usages == TRAINING
    assert statement.source == PAGE
    assert statement.locator == "line 1"
    assert statement.repair is None


def test_so_do_those_of_its_header_fields() -> None:
    (statement,) = said(headers=(("x-robots-tag", "noimageai"),))
    assert (statement.stance, statement.carrier, statement.excerpt) == (Stance.RESERVED, "header", "noimageai")


@pytest.mark.parametrize(
    "html",
    [
        "",
        '<meta name="robots" content="noindex">',
        '<meta name="robots" content="noimageindex">',
        '<meta name="description" content="noimageai">',
        '<meta name="tdm-reservation" content="1">',
        '<meta name="OtherBot" content="noimageai">',
    ],
)
def test_other_words_say_nothing_of_pictures(html: str) -> None:
    assert said(html) == ()


def test_words_to_a_training_agent_count_with_caution_only() -> None:
    html = '<meta name="GPTBot" content="noimageai">'
    (statement,) = said(html)
    assert (statement.signal, statement.stance, statement.repair) == ("ai-agents", Stance.RESERVED, "ai-agents")
    assert said(html, posture=Posture.LITERAL) == ()


def test_words_to_our_own_agent_count_to_the_letter() -> None:
    (statement,) = said('<meta name="ExampleBot" content="noimageai">', posture=Posture.LITERAL)
    assert (statement.signal, statement.repair) == ("x-robots", None)


def test_repairs_keep_their_code() -> None:
    (statement,) = said('<meta property="robots" content="noimageai">')
    assert statement.repair == "x-robots-property"
    assert said('<meta property="robots" content="noimageai">', posture=Posture.LITERAL) == ()


def test_a_page_keeps_no_more_than_it_can_mean() -> None:
    assert len(of_pictures(NOIMAGEAI * 100, bench(Posture.CAUTIOUS))) == MAX_STATEMENTS


# ---- addresses ---------------------------------------------------------------------------------------------------


def test_a_picture_is_heard_and_no_other() -> None:
    shown = remembering(PICTURE)
    assert shown.says(PICTURE, NOW).statements == NOIMAGEAI
    assert shown.says("https://cdn.example/2.jpg", NOW) is NOTHING
    assert shown.says(PICTURE + "?size=2", NOW) is NOTHING
    assert len(shown) == 1


def test_an_empty_memory_says_nothing() -> None:
    assert Shown().says(PICTURE, NOW) is NOTHING
    assert Shown().says("no address", NOW) is NOTHING


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("https://cdn.example/a b.jpg", "https://cdn.example/a%20b.jpg"),
        ("https://cdn.example/%7ea.jpg", "https://cdn.example/~a.jpg"),
        ("https://CDN.example:443/1.jpg", "https://cdn.example/1.jpg"),
        ("http://cdn.example/1.jpg", "https://cdn.example/1.jpg"),
        ("https://cdn.example/1.jpg", "https://cdn.example/1.jpg#x"),
        ("https://bücher.example/é.jpg", "https://xn--bcher-kva.example/%C3%A9.jpg"),
        ("https://cdn.example", "https://cdn.example/"),
    ],
)
def test_spellings_of_one_address_are_one(written: str, asked: str) -> None:
    assert remembering(written).says(asked, NOW).statements == NOIMAGEAI
    assert remembering(asked).says(written, NOW).statements == NOIMAGEAI


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("https://cdn.example/1.jpg", "https://cdn.example:8443/1.jpg"),
        ("https://cdn.example/a.jpg", "https://cdn.example/A.jpg"),
        ("https://cdn.example/1.jpg", "https://cdn.example.org/1.jpg"),
        ("https://cdn.example/a%2Fb.jpg", "https://cdn.example/a/b.jpg"),
    ],
)
def test_different_addresses_stay_apart(written: str, asked: str) -> None:
    assert remembering(written).says(asked, NOW) is NOTHING


@pytest.mark.parametrize("url", ["", "ftp://cdn.example/1.jpg", "https:///1.jpg", "https://[::1/", "x" * 100_000])
def test_what_is_no_address_is_passed_over(url: str) -> None:
    shown = remembering(url, PICTURE)
    assert len(shown) == 1
    assert shown.says(url, NOW) is NOTHING


@settings(max_examples=200)
@given(url=st.text(max_size=40) | st.text(max_size=20).map("https://cdn.example/{}".format))
def test_no_address_makes_it_raise(url: str) -> None:
    shown = remembering(url)
    if len(shown):
        assert shown.says(url, NOW).statements == NOIMAGEAI


# ---- how long, how much ------------------------------------------------------------------------------------------


def test_it_ends_after_a_day() -> None:
    shown = remembering(PICTURE)
    assert shown.says(PICTURE, NOW + SHOWN_FOR - timedelta(seconds=1)).statements
    assert shown.says(PICTURE, NOW + SHOWN_FOR) is NOTHING
    shown.remember([PICTURE], NOIMAGEAI, NOW + SHOWN_FOR)
    assert shown.says(PICTURE, NOW + SHOWN_FOR).statements


def test_the_page_read_last_counts() -> None:
    shown = remembering(PICTURE)
    noai = said('<meta name="robots" content="noai">')
    shown.remember([PICTURE], noai, NOW)
    assert shown.says(PICTURE, NOW).statements == noai


def test_a_page_without_words_is_not_remembered() -> None:
    shown = remembering(PICTURE, statements=())
    assert len(shown) == 0


def test_the_oldest_go_first_and_what_is_asked_for_stays() -> None:
    shown = Shown(max_bytes=100_000)
    shown.remember([PICTURE], NOIMAGEAI, NOW)
    for n in range(2_000):
        shown.remember([f"https://cdn.example/{n}.jpg"], NOIMAGEAI, NOW)
        assert shown.says(PICTURE, NOW).statements, n
    assert shown.says("https://cdn.example/0.jpg", NOW) is NOTHING
    assert shown.says("https://cdn.example/1999.jpg", NOW).statements
    assert len(shown) < 200


def test_it_holds_no_more_bytes_than_it_says() -> None:
    bound = 2 * 2**20
    tracemalloc.start()
    try:
        shown = Shown(max_bytes=bound)
        for page in range(400):
            html = f'<meta name="robots" content="noimageai, noai, {page}">'
            shown.remember([f"https://cdn.example/{page}/{n}.jpg" for n in range(100)], said(html), NOW)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < bound * 1.2
    assert len(shown) > bound // 2 // 300


def test_threads_share_it() -> None:
    urls = [[f"https://cdn.example/{thread}/{n}.jpg" for n in range(300)] for thread in range(4)]

    def work(shown: Shown, own: list[str]) -> None:
        for url in own:
            shown.remember([url], NOIMAGEAI, NOW)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(20):
            shown = Shown(max_bytes=2_000_000)  # the older generation is full on the way, the younger is not
            threads = [threading.Thread(target=work, args=(shown, own)) for own in urls]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(shown) == 1200
            assert all(shown.says(url, NOW).statements for own in urls for url in own)
    finally:
        sys.setswitchinterval(interval)


def test_a_clock_set_back_keeps_no_picture_for_years() -> None:
    shown = Shown()
    shown.remember([PICTURE], said('<meta name="robots" content="noai">'), NOW)
    assert shown.says(PICTURE, NOW - timedelta(hours=1)) is not NOTHING
    assert shown.says(PICTURE, NOW - 2 * SHOWN_FOR) is NOTHING


@pytest.mark.parametrize("headers", [(), (("x-robots-tag", "noai"),)])
def test_pictures_are_looked_for_when_somebody_asks_or_with_the_body_if_somebody_will(
    monkeypatch: pytest.MonkeyPatch, headers: Headers
) -> None:
    judge = Judge(agent="ExampleBot")
    policy = judge.policy_for(PAGE, {}, NOW)
    body = b"<p><img src=/1.jpg>" if headers else b'<meta name="robots" content="noai"><p><img src=/1.jpg>'
    looked: list[Document] = []
    pictures = Document.pictures
    monkeypatch.setattr(Document, "pictures", lambda page: looked.append(page) or pictures(page))
    for remembers in (False, True):
        case = Case(judge.bench, PAGE, policy, NOW)
        case.remembers = remembers
        case.hear_headers(200, (*headers, ("content-type", "text/html")))
        case.hear_body(body)
        assert len(looked) == remembers
        assert case.shows[0] == ("https://photos.example/1.jpg",)
        assert {each.carrier for each in case.shows[1]} == {"header" if headers else "html"}
        assert len(looked) == 1
        looked.clear()


def test_of_a_page_that_says_nothing_of_its_pictures_none_are_looked_for() -> None:
    judge = Judge(agent="ExampleBot")
    case = Case(judge.bench, PAGE, judge.policy_for(PAGE, {}, NOW), NOW)
    case.remembers = True
    case.hear_headers(200, (("content-type", "text/html"),))
    case.hear_body(b'<meta name="tdm-reservation" content="1"><img src=/1.jpg>')
    assert case.shows == ((), ())
