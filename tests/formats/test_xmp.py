"""XMP packets: every form that RDF has for a property, encodings, damage, bounds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files.xmp import LIMITS, MAX_PACKET, MAX_PROPERTIES, RDF, Property, Xmp, read
from tests.support.documents import xmp
from tests.support.growth import grows_linearly

NAMES = frozenset({"datamining"})
PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"


def packet(body: str, *, attributes: str = "", root: str = "") -> str:
    return (
        f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:plus="{PLUS}" {root}><rdf:Description rdf:about="" {attributes}>{body}'
        "</rdf:Description></rdf:RDF>"
    )


def values(result: Xmp) -> list[str]:
    return [each.value.strip() for each in result.properties if not each.nested]


FORMS = {
    "attribute": packet("", attributes='plus:DataMining="V"'),
    "text": packet("<plus:DataMining>V</plus:DataMining>"),
    "character reference": packet("<plus:DataMining>&#86;</plus:DataMining>"),
    "section": packet("<plus:DataMining><![CDATA[V]]></plus:DataMining>"),
    "resource": packet('<plus:DataMining rdf:resource="V"/>'),
    "value attribute": packet('<plus:DataMining rdf:value="V" plus:Other="W"/>'),
    "qualified": packet(
        '<plus:DataMining rdf:parseType="Resource"><rdf:value>V</rdf:value><plus:By>W</plus:By></plus:DataMining>'
    ),
    "qualified node": packet(
        "<plus:DataMining><rdf:Description><rdf:value>V</rdf:value></rdf:Description></plus:DataMining>"
    ),
    "qualified resource": packet(
        '<plus:DataMining><rdf:Description><rdf:value rdf:resource="V"/></rdf:Description></plus:DataMining>'
    ),
    "alternatives": packet(
        '<plus:DataMining><rdf:Alt><rdf:li xml:lang="x-default">V</rdf:li></rdf:Alt></plus:DataMining>'
    ),
    "bag": packet("<plus:DataMining><rdf:Bag><rdf:li>V</rdf:li></rdf:Bag></plus:DataMining>"),
    "sequence of resources": packet('<plus:DataMining><rdf:Seq><rdf:li rdf:resource="V"/></rdf:Seq></plus:DataMining>'),
    "numbered": packet("<plus:DataMining><rdf:Seq><rdf:_1>V</rdf:_1></rdf:Seq></plus:DataMining>"),
    "node that is a value": packet('<plus:DataMining><rdf:Description rdf:about="V"/></plus:DataMining>'),
    "typed node": packet("").replace("rdf:Description", "plus:Asset").replace('rdf:about=""', 'plus:DataMining="V"'),
    "default namespace": packet(f'<DataMining xmlns="{PLUS}">V</DataMining>'),
}


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_property(form: str, wrapped: bool) -> None:
    text = FORMS[form]
    if wrapped:
        text = f'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/">{text}</x:xmpmeta><?xpacket end="w"?>'
    result = read(text.encode(), NAMES)
    assert [(each.namespace, each.name, each.value) for each in result.properties] == [(PLUS, "DataMining", "V")]
    assert result.problem is None
    assert result.whole


def test_an_old_root_and_several_descriptions() -> None:
    one = packet("", attributes='plus:DataMining="V"').partition("<rdf:Description")[2].partition("</rdf:RDF>")[0]
    body = f'<x:xapmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}" xmlns:plus="{PLUS}">'
    body += f"<rdf:Description{one}" * 2 + "</rdf:RDF></x:xapmeta>"
    assert values(read(body.encode(), NAMES)) == ["V", "V"]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_encodings(codec: str) -> None:
    text = packet("<plus:Note>Größe</plus:Note>", attributes='plus:DataMining="V"')
    result = read(text.encode(codec), NAMES)
    assert values(result) == ["V"]
    assert result.problem is None


def test_a_declared_encoding() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>' + packet("Größe", attributes='plus:DataMining="Ö"')
    assert values(read(text.encode("latin-1"), NAMES)) == ["Ö"]


@pytest.mark.parametrize("padding", [b" " * 4000 + b"\n", b"\0" * 300, b"\r\n\t"])
def test_padding(padding: bytes) -> None:
    assert values(read(padding + xmp() + padding, NAMES)) == ["http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"]


@pytest.mark.parametrize("around", [(b"junk ", b""), (b"", b"<more/>"), (b"\x01\x02", b"\xff\xff")])
def test_bytes_around_the_packet_are_no_part_of_it(around: tuple[bytes, bytes]) -> None:
    result = read(around[0] + packet("", attributes='plus:DataMining="V"').encode() + around[1], NAMES)
    assert values(result) == ["V"]
    assert result.problem is None


def test_a_property_of_something_inside_is_told_apart() -> None:
    body = '<plus:Part rdf:parseType="Resource"><plus:DataMining>W</plus:DataMining></plus:Part>'
    result = read(packet(body, attributes='plus:DataMining="V"').encode(), NAMES)
    assert [(each.value, each.nested) for each in result.properties] == [("V", False), ("W", True)]


def test_fields_of_a_structure() -> None:
    body = (
        '<plus:Licensor><rdf:Seq><rdf:li rdf:parseType="Resource"><plus:LicensorName>A</plus:LicensorName></rdf:li>'
        '<rdf:li plus:LicensorURL="https://a.example/"/></rdf:Seq></plus:Licensor>'
    )
    result = read(packet(body, attributes='plus:DataMining="V"').encode(), NAMES, frozenset({"licensor"}))
    licensor = next(each for each in result.properties if each.name == "Licensor")
    assert set(licensor.fields) == {("LicensorName", "A"), ("LicensorURL", "https://a.example/")}


def test_names_beside_are_not_looked_for_alone() -> None:
    text = packet("<plus:Licensor>A</plus:Licensor>").encode()
    assert read(text, NAMES, frozenset({"licensor"})).properties == ()


def test_a_name_that_is_only_text_is_no_property() -> None:
    result = read(packet("<plus:Note>DataMining</plus:Note>").encode(), NAMES)
    assert result == Xmp()


# --- damage


def damaged(text: str) -> Xmp:
    result = read(text.encode(), NAMES)
    assert result.problem is not None
    assert not result.whole
    return result


GOOD = packet("<plus:Note>n</plus:Note>", attributes='plus:DataMining="V"')


@pytest.mark.parametrize(
    "text",
    [
        GOOD[: GOOD.index("</rdf:Desc")],
        GOOD.replace("</plus:Note>", "&nbsp;</plus:Note>"),
        GOOD.replace("</rdf:Description>", ""),
        GOOD.replace("xmlns:plus", "xmlns:plum"),
        "<!DOCTYPE a>" + GOOD,
        GOOD.replace(RDF, "http://other.example/"),
    ],
    ids=["cut", "entity", "unclosed", "unbound", "doctype", "no rdf"],
)
def test_what_a_damaged_packet_still_shows(text: str) -> None:
    result = damaged(text)
    assert values(result) == ["V"]
    assert {each.namespace for each in result.properties} == {""}


@pytest.mark.parametrize("form", sorted(set(FORMS) - {"character reference", "section"}))
def test_every_form_in_a_damaged_packet(form: str) -> None:
    assert "V" in values(damaged(FORMS[form].replace("</rdf:RDF>", "&nbsp;")))


def test_a_damaged_packet_without_the_name_is_not_silence() -> None:
    assert damaged(packet("").replace("</rdf:RDF>", "")).properties == ()


def test_a_value_that_was_cut_is_none() -> None:
    text = packet("", attributes='plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AI"')
    assert damaged(text[: text.index("-AI")]).properties == ()


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\ufffe"])
def test_a_character_that_xml_does_not_have_hides_nothing(character: str) -> None:
    result = read(GOOD.replace(">n<", f">{character}<").encode(), NAMES)
    assert values(result) == ["V"]
    assert result.whole
    assert result.problem is not None


def test_bytes_of_another_encoding_hide_nothing() -> None:
    result = read(GOOD.replace(">n<", ">ß<").encode("latin-1"), NAMES)
    assert values(result) == ["V"]
    assert result.whole
    assert result.problem is not None


# --- bounds


def test_too_long() -> None:
    result = read(GOOD.encode() + b" " * MAX_PACKET + b"<", NAMES)
    assert values(result) == ["V"]
    assert not result.whole


def test_too_many_properties() -> None:
    result = read(packet("<plus:DataMining>V</plus:DataMining>" * (MAX_PROPERTIES + 1)).encode(), NAMES)
    assert not result.whole
    assert "V" in values(result)


def test_too_many_values_of_one_property() -> None:
    items = "<rdf:li>V</rdf:li>" * MAX_PROPERTIES
    whole = packet(f"<plus:DataMining><rdf:Bag>{items}</rdf:Bag></plus:DataMining>").encode()
    assert read(whole, NAMES).whole
    more = packet(f"<plus:DataMining><rdf:Bag>{items}<rdf:li>W</rdf:li></rdf:Bag></plus:DataMining>").encode()
    assert not read(more, NAMES).whole


def test_too_deep() -> None:
    depth = LIMITS.depth + 1
    assert values(damaged(packet("<plus:a>" * depth + "</plus:a>" * depth, attributes='plus:DataMining="V"'))) == ["V"]


@pytest.mark.parametrize(
    "hostile",
    [
        lambda n: "<a DataMining " * (n // 14),
        lambda n: "<DataMining>" + " " * n,
        lambda n: "DataMining=" * (n // 11),
        lambda n: "<DataMining" + " <" * (n // 2),
        lambda n: packet("<plus:DataMining>" * (n // 17)),
    ],
    ids=["attributes", "blanks", "equals", "tags", "nested"],
)
def test_hostile_packets_take_linear_time(hostile: Callable[[int], str]) -> None:
    def look(length: int) -> None:
        assert not read(hostile(length).encode(), NAMES).whole

    assert grows_linearly(look, 1_000_000)


def test_entities_of_entities_are_not_put_in() -> None:
    """A reader that does never ends."""
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 30))
    assert not read(f"<!DOCTYPE r [{entities}]><r>DataMining &a29;</r>".encode(), NAMES).whole


@settings(max_examples=200)
@given(
    st.one_of(st.binary(max_size=400), st.text(alphabet="<>/=\"'&;: aDtMinrdfxul\x00ß", max_size=200).map(str.encode))
)
def test_no_bytes_make_it_raise(data: bytes) -> None:
    for body in (data, b"<rdf:RDF DataMining=" + data, GOOD.encode() + data):
        result = read(body, NAMES)
        assert all(isinstance(each, Property) for each in result.properties)


@settings(max_examples=200)
@given(st.sampled_from(sorted(FORMS)), st.integers(1, 1000))
def test_a_packet_cut_anywhere_is_told(form: str, place: int) -> None:
    data = FORMS[form].encode()
    result = read(data[: place % len(data)], NAMES)
    assert result.problem is not None
    assert not result.whole
