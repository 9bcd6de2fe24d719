"""Identifiers in XMP packets, as tags for the repertoire."""

from __future__ import annotations

import pytest

from tdm_guard.formats.files.asset import Asset, Packet, Place
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.xmp_identifiers import MAX_VALUES, identifiers

NAMESPACES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" '
    'xmlns:xmpDM="http://ns.adobe.com/xmp/1.0/DynamicMedia/" xmlns:other="http://other.example/"'
)


def tags(body: str, *packets: bytes) -> list[tuple[str, str]]:
    packet = f"<rdf:RDF {NAMESPACES}><rdf:Description>{body}</rdf:Description></rdf:RDF>".encode()
    found = tuple(Packet(Place.XMP, "JPEG/APP1", data) for data in (packet, *packets))
    return sorted(identifiers(Asset(format=Format.JPEG, packets=found))[0])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "<dc:creator><rdf:Seq><rdf:li>A. One</rdf:li><rdf:li>B.\n Two</rdf:li></rdf:Seq></dc:creator>",
            [("creator_name", "A. One"), ("creator_name", "B. Two")],
        ),
        ("<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>T</rdf:li></rdf:Alt></dc:title>", [("title", "T")]),
        ("<dc:publisher>P</dc:publisher>", [("publisher", "P")]),
        ("<dc:identifier>doi:10.1234/abc</dc:identifier>", [("doi", "10.1234/abc")]),
        ("<dc:identifier>urn:isbn:9780000000002</dc:identifier>", [("isbn", "9780000000002")]),
        ("<prism:issn>1234-5679</prism:issn><prism:doi>10.1/x</prism:doi>", [("doi", "10.1/x"), ("issn", "1234-5679")]),
        (
            "<xmpDM:artist>A</xmpDM:artist><xmpDM:composer>C</xmpDM:composer>",
            [("creator_name", "A"), ("creator_name", "C")],
        ),
        (
            '<plus:ImageCreator><rdf:Seq><rdf:li plus:ImageCreatorName="N"/></rdf:Seq></plus:ImageCreator>',
            [("creator_name", "N")],
        ),
        ("<dc:identifier>uuid:1234</dc:identifier><other:creator>x</other:creator><dc:creator> </dc:creator>", []),
        ('<other:part rdf:parseType="Resource"><dc:creator>x</dc:creator></other:part>', []),
    ],
)
def test_tags(body: str, expected: list[tuple[str, str]]) -> None:
    assert tags(body) == expected


def test_several_packets_damage_and_bounds() -> None:
    assert tags("<dc:creator>A</dc:creator>", b"<broken creator", b"") == [("creator_name", "A")]
    assert tags(f"<dc:creator>{'x' * 2000}</dc:creator>") == []
    many = "".join(f"<dc:creator>{number}</dc:creator>" for number in range(MAX_VALUES + 20))
    assert len(tags(many)) == MAX_VALUES


@pytest.mark.parametrize(("count", "left"), [(MAX_VALUES, False), (MAX_VALUES + 1, True)])
def test_that_more_names_stand_there_than_are_taken_is_told(count: int, left: bool) -> None:
    names = "".join(f"<rdf:li>N. {number}</rdf:li>" for number in range(count))
    packet = f"<rdf:RDF {NAMESPACES}><rdf:Description><dc:creator><rdf:Seq>{names}</rdf:Seq></dc:creator>"
    data = f"{packet}</rdf:Description></rdf:RDF>".encode()
    found, unread = identifiers(Asset(format=Format.JPEG, packets=(Packet(Place.XMP, "JPEG/APP1", data),)))
    assert len(found) == MAX_VALUES
    assert (unread is not None) == left


def test_that_a_structure_names_more_than_are_taken_is_told() -> None:
    names = "".join(f'<rdf:li plus:ImageCreatorName="N. {number}"/>' for number in range(500))
    body = f"<plus:ImageCreator><rdf:Seq>{names}</rdf:Seq></plus:ImageCreator>"
    packet = f"<rdf:RDF {NAMESPACES}><rdf:Description>{body}</rdf:Description></rdf:RDF>".encode()
    found, unread = identifiers(Asset(format=Format.JPEG, packets=(Packet(Place.XMP, "JPEG/APP1", packet),)))
    assert len(found) == MAX_VALUES
    assert unread is not None
