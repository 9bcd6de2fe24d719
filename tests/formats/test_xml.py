"""XML from strangers: what is kept, what is refused, and that nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tdm_guard.formats.xml import DOCUMENT, FEED, MAX_KEPT, Limits, parse

BOMB = (
    b'<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>',
    b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    b"<!DOCTYPE a><a/>",
    b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><a/>',
)


def test_a_tree_with_namespaces() -> None:
    xml = parse(b'<?xml version="1.0"?><p:a xmlns:p="urn:p" k="v &amp; w">x<b>y</b><!-- c -->z<p:c p:k="1"/></p:a>')
    assert (xml.problem, xml.root) == (None, "{urn:p}a")
    (root,) = xml.kept
    assert (root.namespace, root.name, root.text, root.attributes) == ("urn:p", "a", "xz", {"k": "v & w"})
    assert [(child.namespace, child.name, child.words) for child in root.children] == [
        ("", "b", "<b>y</b>"),
        ("urn:p", "c", '<c k="1"/>'),
    ]
    assert root.words == '<a k="v & w">xz'


@pytest.mark.parametrize(
    "body",
    [
        '<a xmlns="urn:é">é</a>'.encode("utf-16"),
        '<?xml version="1.0" encoding="iso-8859-1"?><a xmlns="urn:é">é</a>'.encode("latin-1"),
    ],
)
def test_encodings(body: bytes) -> None:
    (root,) = parse(body).kept
    assert (root.namespace, root.text) == ("urn:é", "é")


def test_the_callers_encoding_comes_first() -> None:
    body = '<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode()
    assert parse(body, encoding="utf-8").kept[0].text == "é"
    assert parse(body).kept[0].text == "Ã©"


def test_only_subtrees_that_were_asked_for_are_kept() -> None:
    xml = parse(b"<r><i><k n='1'><k n='2'/></k></i><k n='3'>t</k></r>", keep="k")
    assert [element.attributes["n"] for element in xml.kept] == ["1", "3"]
    assert [child.attributes["n"] for child in xml.kept[0].children] == ["2"]
    assert xml.kept[1].text == "t"
    assert parse(b"<r/>", keep="k").kept == ()


@pytest.mark.parametrize("body", BOMB)
def test_no_document_type_and_no_entity(body: bytes) -> None:
    xml = parse(body)
    assert xml.problem is not None
    assert "not read" in xml.problem
    assert (xml.root, xml.kept) == (None, ())


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "line 1"),
        (b"<a>\n<b></a>", "line 2"),
        (b"<a/><a/>", "line 1"),
        (b"\n<?xml version='1.0'?><a/>", "line 2"),
        (b"<a>&nbsp;</a>", "line 1"),
        (b"plain", "line 1"),
        (b"<a b='1' b='2'/>", "line 1"),
        (b"<p:a/>", "line 1"),
        (b"<a>\xff</a>", "line 1"),
    ],
)
def test_damage_has_a_place(body: bytes, place: str) -> None:
    xml = parse(body)
    assert xml.problem is not None
    assert xml.place == place
    assert xml.kept == ()


@pytest.mark.parametrize("name", ["x-unknown", "utf-7", "hex", "cp037", "a" * 300])
def test_an_encoding_that_nobody_knows(name: str) -> None:
    assert parse(f'<?xml version="1.0" encoding="{name}"?><a/>'.encode()).problem is not None


def test_bounds() -> None:
    assert parse(b"<a>" * 32 + b"</a>" * 32).problem is None
    assert parse(b"<a>" * 33 + b"</a>" * 33).problem == "nested deeper than 32 elements"
    small = Limits(bytes=100, elements=3, depth=9)
    assert parse(b"<a><b/><c/></a>", limits=small).problem is None
    assert parse(b"<a><b/><c/><d/></a>", limits=small).problem == "more than 3 elements"
    assert parse(b"<a>" + b" " * 93 + b"</a>", limits=small).problem is None
    assert parse(b"<a>" + b" " * 94 + b"</a>", limits=small).problem == "longer than 100 bytes"
    many = b"<r>" + b"<k/>" * (MAX_KEPT + 1) + b"</r>"
    assert parse(many, limits=FEED, keep="k").problem == f"more than {MAX_KEPT} elements of one kind"
    assert parse(many, limits=FEED, keep="r").problem is None


def test_ten_megabytes_are_not_even_looked_at() -> None:
    assert parse(b"<a>" + b"x" * (10 * 2**20)).problem == f"longer than {DOCUMENT.bytes} bytes"


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=200), st.text(alphabet="<>/ab=\"'&;!?[]-x \n", max_size=80).map(str.encode)))
@example(b'<?xml version="1.0" encoding="utf-16"?><a/>')
@example(b"<a>" * 5000)
def test_no_bytes_make_it_raise(body: bytes) -> None:
    xml = parse(body)
    assert (xml.problem is None) == bool(xml.kept)
