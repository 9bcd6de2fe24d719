"""PLUS data mining in files: what the vectors leave open. Companions, damage of the file, nested properties, bounds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.model import Posture, Reading, Source, Stance
from tdm_guard.signals import SIGNALS
from tdm_guard.signals.shape import Listener
from tdm_guard.signals.tdmrep import tdmrep_signal as tdmrep
from tdm_guard.signals.xmp import xmp_signal as xmp
from tdm_guard.usage import EVERY, TDM, TRAINING, Usage
from tests.support import documents, pictures

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
MORE = (
    'xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" '
    'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    'xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"'
)
PROHIBITED = "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"
SOURCE = Source("https://agency.example/a.jpg", "jpeg")


def packet(body: str = "", value: str = PROHIBITED) -> bytes:
    attribute = f'plus:DataMining="{value}"' if value else ""
    return f"<rdf:RDF {RDF} {MORE}><rdf:Description {attribute}>{body}</rdf:Description></rdf:RDF>".encode()


def asset(*packets: bytes, unread: tuple[Unread, ...] = (), complete: bool = True) -> Asset:
    found = tuple(Packet(Place.XMP, "JPEG/APP1", each) for each in packets)
    return Asset(format=Format.JPEG, packets=found, unread=unread, complete=complete)


def hear(found: Asset, posture: Posture = Posture.CAUTIOUS) -> Reading:
    return xmp.read_asset(found, SOURCE, Listener("bot", posture, frozenset({"xmp"}), EVERY))


def test_it_is_listened_to() -> None:
    assert xmp.SIGNAL in SIGNALS
    assert xmp.SIGNAL.asset_places == {Place.XMP}
    assert {Place.XMP, Place.OPF} == tdmrep.SIGNAL.asset_places


def test_evidence_says_where_and_what() -> None:
    (statement,) = hear(asset(packet())).statements
    assert (statement.source, statement.carrier) == (SOURCE.url, "jpeg")
    assert statement.locator == "JPEG/APP1/plus:DataMining"
    assert statement.excerpt == f'DataMining="{PROHIBITED}"'
    assert statement.usages == (*TDM, Usage.SEARCH)


def test_whom_to_ask() -> None:
    body = """
        <plus:Licensor><rdf:Seq><rdf:li rdf:parseType="Resource"><plus:LicensorName>Agency</plus:LicensorName>
          <plus:LicensorEmail>licences@agency.example</plus:LicensorEmail>
          <plus:LicensorURL>https://agency.example/ask</plus:LicensorURL></rdf:li></rdf:Seq></plus:Licensor>
        <plus:CopyrightOwner><rdf:Seq><rdf:li plus:CopyrightOwnerName="A. Owner"/></rdf:Seq></plus:CopyrightOwner>
        <xmpRights:WebStatement>https://agency.example/terms</xmpRights:WebStatement>
        <xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="en">By licence</rdf:li></rdf:Alt></xmpRights:UsageTerms>
    """
    (statement,) = hear(asset(packet(body))).statements
    assert statement.contact == "Agency, licences@agency.example, https://agency.example/ask"
    assert statement.rightsholder == "A. Owner"
    assert statement.policy_url == "https://agency.example/terms"
    assert statement.terms == "By licence"


def test_an_expression_of_rights_comes_before_the_terms_of_a_page() -> None:
    body = """
        <Iptc4xmpExt:LinkedEncRightsExpr><rdf:Bag><rdf:li rdf:parseType="Resource">
          <Iptc4xmpExt:LinkedRightsExpr>https://agency.example/odrl.json</Iptc4xmpExt:LinkedRightsExpr>
        </rdf:li></rdf:Bag></Iptc4xmpExt:LinkedEncRightsExpr>
        <Iptc4xmpExt:EmbdEncRightsExpr><rdf:Bag><rdf:li rdf:parseType="Resource">
          <Iptc4xmpExt:EncRightsExpr>{"@type": "Offer"}</Iptc4xmpExt:EncRightsExpr>
        </rdf:li></rdf:Bag></Iptc4xmpExt:EmbdEncRightsExpr>
        <xmpRights:WebStatement>https://agency.example/terms</xmpRights:WebStatement>
    """
    (statement,) = hear(asset(packet(body))).statements
    assert statement.policy_url == "https://agency.example/odrl.json"
    assert statement.terms == '{"@type": "Offer"}'


@pytest.mark.parametrize("url", ["/terms", "javascript:alert(1)", "agency.example", "http://", ""])
def test_a_policy_that_is_no_address(url: str) -> None:
    (statement,) = hear(asset(packet(f"<xmpRights:WebStatement>{url}</xmpRights:WebStatement>"))).statements
    assert statement.policy_url is None


def test_the_creator_is_asked_where_there_is_no_licensor() -> None:
    body = '<Iptc4xmpCore:CreatorContactInfo Iptc4xmpCore:CiEmailWork="me@photo.example"/>'
    (statement,) = hear(asset(packet(body))).statements
    assert statement.contact == "me@photo.example"


@pytest.mark.parametrize(
    ("value", "usages"),
    [
        ("dmi-prohibited-aimltraining", TRAINING),
        ("http://ns.useplus.org/LDF/VOCAB/DMI-PROHIBITED-AIMLTRAINING", TRAINING),
        ("https://cv.iptc.org/x#DMI-PROHIBITED-AIMLTRAINING", TRAINING),
        ("PROHIBITED FOR AI/ML TRAINING", TRAINING),
        ("Prohibited, see Other Constraints property", (*TDM, Usage.SEARCH)),
        ("Prohibited except for search engine indexing", TDM),
        ("DMI-PROHIBITED-anything", (*TDM, Usage.SEARCH)),
    ],
)
def test_other_spellings_reserve_and_never_permit(value: str, usages: tuple[Usage, ...]) -> None:
    reading = hear(asset(packet(value=value)))
    assert [(statement.stance, statement.usages) for statement in reading.statements] == [(Stance.RESERVED, usages)]
    assert reading.statements[0].repair is not None
    assert reading.faults
    (literal,) = hear(asset(packet(value=value)), Posture.LITERAL).statements
    assert (literal.stance, literal.repair) == (Stance.UNSTATED, None)


@pytest.mark.parametrize(
    "value",
    ["Allowed", "DMI-ALLOWED", "https://ns.useplus.org/ldf/vocab/DMI-ALLOWED", "DMI-ALLOWED-noaitraining", "yes"],
)
def test_nothing_but_the_uri_permits(value: str) -> None:
    for posture in Posture:
        reading = hear(asset(packet(value=value)), posture)
        assert reading.statements == ()
        assert reading.faults


ALLOWED = packet(value="http://ns.useplus.org/ldf/vocab/DMI-ALLOWED")


@pytest.mark.parametrize("posture", list(Posture))
def test_a_permission_in_a_damaged_file_is_none(posture: Posture) -> None:
    damage = (Unread(Place.XMP, "JPEG", "lost"),)
    (statement,) = hear(asset(ALLOWED, unread=damage, complete=False), posture).statements
    assert statement.stance is Stance.UNDETERMINED
    assert statement.usages == EVERY
    assert hear(asset(ALLOWED, complete=False), posture).statements == ()


def test_damage_of_another_kind_takes_nothing_away() -> None:
    damage = (Unread(Place.C2PA, "JPEG", "lost"), Unread(None, "JPEG", "noise"))
    assert [s.stance for s in hear(asset(ALLOWED, unread=damage)).statements] == [Stance.PERMITTED]


def test_a_permission_beside_a_bad_character_is_undetermined() -> None:
    bad = ALLOWED.replace(b"></rdf:Description>", b">\x01</rdf:Description>")
    for posture in Posture:
        assert {s.stance for s in hear(asset(bad), posture).statements} == {Stance.UNDETERMINED}


def test_a_reservation_beside_a_bad_character() -> None:
    bad = packet("\x01")
    (statement,) = hear(asset(bad)).statements
    assert (statement.stance, statement.repair) == (Stance.RESERVED, "xml_error")
    assert {s.stance for s in hear(asset(bad), Posture.LITERAL).statements} == {Stance.UNDETERMINED}


def test_a_bad_character_beside_nothing_is_a_fault_only() -> None:
    reading = hear(asset(packet("\x01", value="")))
    assert reading.statements == ()
    assert reading.faults


def test_what_is_said_of_an_ingredient_is_not_said_of_the_file() -> None:
    reading = hear(asset(packet(f'<plus:Part plus:DataMining="{PROHIBITED}"/>', value="")))
    assert reading.statements == ()
    assert "inside the file" in reading.faults[0].message


def test_each_packet_speaks() -> None:
    stances = [statement.stance for statement in hear(asset(ALLOWED, packet())).statements]
    assert stances == [Stance.PERMITTED, Stance.RESERVED]


def test_packets_and_values_are_counted() -> None:
    reading = hear(asset(*[packet()] * (xmp.MAX_PACKETS + 5)))
    assert len(reading.statements) == xmp.MAX_PACKETS + 1
    assert reading.statements[-1].stance is Stance.UNDETERMINED
    many = "".join(f"<plus:DataMining>{PROHIBITED}</plus:DataMining>" for _ in range(xmp.MAX_VALUES + 5))
    assert Stance.UNDETERMINED in {s.stance for s in hear(asset(packet(many))).statements}


@pytest.mark.parametrize(
    "name", ["jpeg", "jpeg-extended", "png-compressed", "webp", "wav", "avi", "gif", "tiff", "svg"]
)
def test_in_whole_files(name: str) -> None:
    data = pictures.seeds()[name]
    kind = Format(name.partition("-")[0])
    reading = hear(read_asset(data, kind))
    assert {statement.stance for statement in reading.statements} == {Stance.RESERVED}


def test_tdmrep_in_a_picture_is_heard_by_the_careful_only() -> None:
    found = asset(documents.tdm_xmp("1"))
    listener = Listener("bot", Posture.CAUTIOUS)
    (statement,) = tdmrep.read_asset(found, SOURCE, listener).statements
    assert (statement.stance, statement.repair) == (Stance.RESERVED, "non_canonical_carrier")
    (doubt,) = tdmrep.read_asset(found, SOURCE, Listener("bot", Posture.LITERAL)).statements
    assert (doubt.stance, bool(doubt.doubt)) == (Stance.UNSTATED, True)
    assert tdmrep.read_asset(asset(documents.tdm_xmp("0")), SOURCE, listener).statements == ()
    assert tdmrep.read_asset(asset(b"<rdf:RDF reservation"), SOURCE, listener).statements == ()


@pytest.mark.parametrize("posture", list(Posture))
def test_a_book_that_cannot_be_read_is_undetermined(posture: Posture) -> None:
    lost = Asset(format=Format.EPUB, unread=(Unread(Place.OPF, "EPUB", "encrypted"),), complete=False)
    reading = tdmrep.read_asset(lost, SOURCE, Listener("bot", posture))
    assert [(s.stance, s.usages) for s in reading.statements] == [(Stance.UNDETERMINED, EVERY)]
    assert tdmrep.settle(reading.statements, posture) == reading.statements


def test_a_reservation_in_a_book_and_one_that_cannot_be_read() -> None:
    package = b'<package version="2.0"><metadata><meta name="tdm:reservation" content="1"/></metadata>'
    found = Asset(format=Format.EPUB, packets=(Packet(Place.OPF, "EPUB/p.opf", package),))
    statements = tdmrep.read_asset(found, SOURCE, Listener("bot")).statements
    settled = tdmrep.settle(statements, Posture.CAUTIOUS)
    assert [(s.stance, s.repair) for s in settled] == [(Stance.RESERVED, "xml_error"), (Stance.UNDETERMINED, None)]
    assert set(settled[0].usages).isdisjoint(settled[1].usages)


@settings(max_examples=200)
@given(st.binary(max_size=200), st.sampled_from(list(Format)), st.sampled_from(list(Posture)))
def test_no_bytes_make_a_signal_raise(data: bytes, kind: Format, posture: Posture) -> None:
    listener = Listener("bot", posture)
    bodies = (data, packet()[:-40] + data, b"<package><metadata><meta property='tdm:reservation'" + data)
    found = tuple(Packet(place, "x", body) for place in (Place.XMP, Place.OPF) for body in bodies)
    for signal in (xmp, tdmrep):
        for statement in signal.read_asset(Asset(format=kind, packets=found), SOURCE, listener).statements:
            assert statement.stance is not Stance.RESERVED or posture is Posture.CAUTIOUS or b"1" in data


@settings(max_examples=100)
@given(st.permutations([ALLOWED, packet(), packet("", "http://ns.useplus.org/ldf/vocab/DMI-UNSPECIFIED"), b"<broken"]))
def test_a_reservation_stands_wherever_it_is(order: list[bytes]) -> None:
    assert Stance.RESERVED in {statement.stance for statement in hear(asset(*order)).statements}


def misnamed(attributes: str, value: str = "") -> Asset:
    attribute = f'plus:DataMining="{value}"' if value else ""
    description = f"<rdf:Description {attribute} {attributes}/>"
    return asset(f"<rdf:RDF {RDF} {MORE}>{description}</rdf:RDF>".encode())


@pytest.mark.parametrize(
    ("attributes", "usages"),
    [
        ('Iptc4xmpExt:DMI-PROHIBITED="true"', (*TDM, Usage.SEARCH)),
        ('Iptc4xmpExt:DMI-Prohibited="ProhibitedAiMlTraining"', TRAINING),
        ('Iptc4xmpExt:DMI-PROHIBITED-AIMLTRAINING=""', TRAINING),
        ('Iptc4xmpExt:DMI="Prohibited"', (*TDM, Usage.SEARCH)),
        ('Iptc4xmpExt:DMI-Allowed="no"', (*TDM, Usage.SEARCH)),
        ('Iptc4xmpExt:DMI-ALLOWED="Prohibited"', (*TDM, Usage.SEARCH)),
        ('plus:Data_Mining="DMI-PROHIBITED"', (*TDM, Usage.SEARCH)),
        ('plus:DMI-PROHIBITED-ELSE="1"', (*TDM, Usage.SEARCH)),
        ('plus:DataMining="forbidden"', (*TDM, Usage.SEARCH)),
    ],
)
def test_other_names_reserve_and_to_the_letter_permit_nothing(attributes: str, usages: tuple[Usage, ...]) -> None:
    (statement,) = hear(misnamed(attributes)).statements
    assert (statement.stance, statement.usages) == (Stance.RESERVED, usages)
    assert statement.repair in ("non_canonical_property", "unknown_value")
    literal = hear(misnamed(attributes), Posture.LITERAL)
    assert {each.stance for each in literal.statements} == {Stance.UNSTATED}
    assert literal.faults


@pytest.mark.parametrize(
    "attributes",
    [
        'Iptc4xmpExt:DMI-PROHIBITED="false"',
        'Iptc4xmpExt:DMI-Allowed="Allowed"',
        'Iptc4xmpExt:DMI-UNSPECIFIED=""',
        'plus:DataMining="None"',
    ],
)
def test_other_names_that_refuse_nothing_say_nothing(attributes: str) -> None:
    for posture in Posture:
        assert hear(misnamed(attributes), posture).statements == ()
