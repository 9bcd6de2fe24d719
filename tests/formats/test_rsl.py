"""RSL documents: structure, and every departure from the vocabulary with its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.rsl.rsl_licences import read_document, read_feed
from tdm_guard.formats.rsl.rsl_reader import MAX_FLAWS
from tdm_guard.formats.rsl.rsl_vocabulary import NAMESPACE, RslDocument

LICENCE = '<license><permits type="usage">all</permits></license>'


def document(inside: str, attributes: str = "") -> RslDocument:
    return read_document(f'<rsl xmlns="{NAMESPACE}"{attributes}>{inside}</rsl>'.encode())


def flaws(inside: str) -> list[tuple[str, str, bool]]:
    return [(flaw.code, flaw.locator, flaw.fatal) for flaw in document(inside).flaws]


def content(inside: str, attributes: str = 'url="/"') -> str:
    return f"<content {attributes}>{inside}</content>"


def test_a_whole_document() -> None:
    read = document(
        """
        <content url="/a" server="https://ls.example" encrypted="TRUE" lastmod="2026-01-01">
          <alternate type="application/pdf">https://a.example/x.pdf</alternate>
          <license>
            <permits type="usage"> ai-train
              search</permits>
            <permits type="geo">FR</permits>
            <prohibits type="user">commercial</prohibits>
            <payment type="purchase"><custom>https://a.example/buy</custom><amount currency="EUR">1</amount></payment>
            <reporting type="telemetry" profile="https://a.example/p"/>
            <legal type="contact">legal@a.example</legal>
          </license>
          <copyright type="organization" contactEmail="rights@a.example">A  Press</copyright>
          <terms>https://a.example/terms</terms>
        </content>
        <x:y xmlns:x="urn:x"><permits/></x:y>
        """,
        ' max-age="7"',
    )
    assert (read.problem, read.flaws, read.max_age, read.fatal) == (None, (), 7, None)
    (only,) = read.contents
    assert (only.url, only.server, only.encrypted, only.rightsholder, only.contact, only.locator) == (
        "/a",
        "https://ls.example",
        True,
        "A Press",
        "rights@a.example",
        "rsl/content[1]",
    )
    (licence,) = only.licences
    assert [(p.kind, p.tokens, p.locator) for p in licence.permits] == [
        ("usage", ("ai-train", "search"), "rsl/content[1]/license[1]/permits[1]"),
        ("geo", ("FR",), "rsl/content[1]/license[1]/permits[2]"),
    ]
    assert licence.permits[0].excerpt == '<permits type="usage">ai-train search</permits>'
    assert [(p.kind, p.tokens) for p in licence.prohibits] == [("user", ("commercial",))]
    assert [(p.type, p.address) for p in licence.payments] == [("purchase", "https://a.example/buy")]
    assert [(r.type, r.locator) for r in licence.reporting] == [("telemetry", "rsl/content[1]/license[1]/reporting[1]")]
    assert licence.contact == "legal@a.example"


def test_a_content_element_may_stand_alone() -> None:
    read = read_document(f'<content xmlns="{NAMESPACE}" url="">{LICENCE}</content>'.encode())
    assert [(item.url, item.locator) for item in read.contents] == [("", "content")]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (content("<x/>" + LICENCE), [("unknown-element", "rsl/content[1]/x[1]", True)]),
        (content(f"{LICENCE}<permits type='usage'>all</permits>"),
         [("misplaced-element", "rsl/content[1]/permits[1]", True)]),
        (content(LICENCE + "<standard>x</standard>"), [("misplaced-element", "rsl/content[1]/standard[1]", False)]),
        (LICENCE + content(LICENCE), [("misplaced-element", "rsl/license[1]", True)]),
        (content("<license><permits type='usage'>all<search/></permits></license>"),
         [("unknown-element", "rsl/content[1]/license[1]/permits[1]/search[1]", True)]),
        (content("<license><legal><prohibits type='usage'>all</prohibits></legal></license>"),
         [("misplaced-element", "rsl/content[1]/license[1]/legal[1]/prohibits[1]", True)]),
        (content("<license><permits>all</permits></license>"),
         [("unknown-type", "rsl/content[1]/license[1]/permits[1]", True)]),
        (content("<license><prohibits type='Usage'>all</prohibits></license>"),
         [("unknown-type", "rsl/content[1]/license[1]/prohibits[1]", True)]),
        (content("<license><permits type='geo'>fr</permits></license>"),
         [("unknown-token", "rsl/content[1]/license[1]/permits[1]", False)]),
        (content("<license><payment type='free'><amount>0.00</amount></payment></license>"), []),
        (content("<license><payment type='free'><amount>0.10</amount></payment></license>"),
         [("free-with-amount", "rsl/content[1]/license[1]/payment[1]/amount[1]", False)]),
        (content("<license><payment/><payment type='free'/></license>"),
         [("duplicate-payment", "rsl/content[1]/license[1]/payment[2]", False)]),
        (content("<license><payment type='inference'/></license>"), []),
        (content(LICENCE, ""), [("content-without-url", "rsl/content[1]", True)]),
        (content(LICENCE, "url='/' encrypted='true'"), [("encrypted-without-server", "rsl/content[1]", False)]),
        (content(LICENCE) + content(""), [("content-without-license", "rsl/content[2]", False)]),
    ],
)  # fmt: skip
def test_flaws(inside: str, expected: list[tuple[str, str, bool]]) -> None:
    assert flaws(inside) == expected
    assert (document(inside).fatal is not None) == any(fatal for _, _, fatal in expected)


@pytest.mark.parametrize(
    ("raw", "days"), [("0", 0), (" 1 ", 1), ("-1", 30), ("1.5", 30), ("9" * 30, 30), ("", 30), ("week", 30)]
)
def test_max_age(raw: str, days: int) -> None:
    read = document(content(LICENCE), f' max-age="{raw}"')
    assert read.max_age == days
    assert [flaw.code for flaw in read.flaws] == ([] if raw.strip() in ("0", "1") else ["max-age"])


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<rsl><content url="/"/></rsl>', "no RSL document"),
        ('<rsl xmlns="http://rslstandard.org/rsl"><content url="/"/></rsl>', "no RSL document"),
        (f'<license xmlns="{NAMESPACE}"/>', "no RSL document"),
        (f'<rsl xmlns="{NAMESPACE}"/>', "no content element"),
        (f'<rsl xmlns="{NAMESPACE}"><x:content xmlns:x="urn:x" url="/"/></rsl>', "no content element"),
        (f'<rsl xmlns="{NAMESPACE}">', "not well-formed"),
        ("<html><body>", "not well-formed"),
        ("", "not well-formed"),
    ],
)
def test_what_is_no_licence_document(body: str, problem: str) -> None:
    read = read_document(body.encode())
    assert read.contents == ()
    assert str(read.problem).startswith(problem)
    assert read.place


def test_many_flaws_are_bounded_and_never_hide_a_fatal_one() -> None:
    read = document(content("<license/>" + "<license><payment type='x'/></license>" * 500 + "<x/>"))
    assert len(read.flaws) == MAX_FLAWS + 1
    assert read.fatal is not None
    assert read.fatal.code == "unknown-element"


def test_contents_of_a_feed() -> None:
    item = '<item><r:content url="/a"><r:license/></r:content></item>'
    feed = f'<rss xmlns:r="{NAMESPACE}"><channel>{item}{item}<content url="/no"/></channel></rss>'
    read = read_feed(feed.encode())
    assert [(each.url, each.locator) for each in read.contents] == [("/a", "content[1]"), ("/a", "content[2]")]
    assert read_feed(b"<rss><channel/></rss>") == RslDocument()
    own = f'<rsl xmlns="{NAMESPACE}"><content url="/"/></rsl>'
    assert read_feed(own.encode()) == RslDocument()  # a licence document is no feed
    assert read_feed(b"<rss>").problem is not None


parents = ["rsl", "content", "license", "payment"]
leaves = ["permits", "prohibits", "reporting", "legal", "copyright", "amount", "x", "e:y"]
names = st.sampled_from(parents + leaves)
attributes = st.sampled_from(
    ["", 'type="usage"', 'type="geo"', 'type="x"', 'url="/"', 'url=""', 'server="s"', 'type="free"']
)
texts = st.sampled_from(["", "all", "ai-train,search", "FR EU", "AI-All", "1.0"])
trees = st.recursive(
    st.tuples(names, attributes, texts, st.just([])),
    lambda inner: st.tuples(names, attributes, texts, st.lists(inner, max_size=3)),
    max_leaves=12,
)


def written(tree: tuple[str, str, str, list[object]]) -> str:
    name, attribute, text, inner = tree
    return f"<{name} {attribute}>{text}{''.join(written(item) for item in inner)}</{name}>"  # type: ignore[arg-type]


@settings(max_examples=200)
@given(st.lists(trees, max_size=4))
def test_no_tree_makes_it_raise(inside: list[tuple[str, str, str, list[object]]]) -> None:
    body = f'<rsl xmlns="{NAMESPACE}" xmlns:e="urn:e">{"".join(written(tree) for tree in inside)}</rsl>'
    read = read_document(body.encode())
    assert (read.problem is None) == bool(read.contents)
    assert all(flaw.locator.startswith("rsl") for flaw in read.flaws)


@settings(max_examples=100)
@given(st.binary(max_size=100))
def test_no_bytes_make_it_raise(tail: bytes) -> None:
    head = f'<rsl xmlns="{NAMESPACE}"><content url="/">'.encode()
    for body in (tail, head + tail, head + tail + b"</content></rsl>"):
        assert isinstance(read_document(body), RslDocument)
        assert isinstance(read_feed(body), RslDocument)
