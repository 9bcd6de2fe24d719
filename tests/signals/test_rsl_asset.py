"""RSL licences inside files: in XMP, in package documents, in texts and frames of their own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.rsl.rsl_vocabulary import NAMESPACE
from tdm_guard.model import Layer, Posture, Reading, Source, Stance
from tdm_guard.signals.rsl import rsl_signal as rsl
from tdm_guard.signals.rsl.rsl_asset import MAX_DOCUMENTS
from tdm_guard.signals.shape import Listener
from tdm_guard.usage import EVERY, Usage
from tests.support import documents, pictures

URL = "https://press.example/books/a.epub"
REFUSAL = '<rsl:prohibits type="usage">ai-train</rsl:prohibits>'
GRANT = '<rsl:permits type="usage">all</rsl:permits>'


def licence(body: str = REFUSAL, url: str = URL) -> str:
    content = f'<rsl:content url="{url}"><rsl:license>{body}</rsl:license></rsl:content>'
    return f'<rsl:rsl xmlns:rsl="{NAMESPACE}">{content}</rsl:rsl>'


def in_xmp(inner: str) -> bytes:
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    return f"<rdf:RDF {rdf}><rdf:Description rdf:about=''>{inner}</rdf:Description></rdf:RDF>".encode()


def in_opf(inner: str) -> bytes:
    return (
        f'<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata>{inner}</metadata></package>'.encode()
    )


def hear(*packets: tuple[Place, bytes], unread: tuple[Unread, ...] = (), url: str = URL) -> Reading:
    found = tuple(Packet(place, "EPUB/p.opf", data) for place, data in packets)
    asset = Asset(format=Format.EPUB, packets=found, unread=unread, complete=not unread)
    listener = Listener("bot", Posture.CAUTIOUS, frozenset({"rsl"}), EVERY)
    return rsl.SIGNAL.read_asset(asset, Source(url, "epub"), listener)  # type: ignore[misc]


def reserved(reading: Reading) -> set[Usage]:
    return {usage for s in reading.statements if s.stance is Stance.RESERVED for usage in s.usages}


def permitted(reading: Reading) -> set[Usage]:
    return {usage for s in reading.statements if s.stance is Stance.PERMITTED for usage in s.usages}


PLACED = {
    Place.OPF: in_opf(licence()),
    Place.XMP: in_xmp(licence()),
    Place.RSL: licence().encode(),
}


@pytest.mark.parametrize("place", PLACED)
def test_a_licence_at_every_place(place: Place) -> None:
    reading = hear((place, PLACED[place]))
    assert {Usage.GENAI_TRAINING, Usage.NONGENAI_TRAINING} <= reserved(reading)
    assert {statement.layer for statement in reading.statements} == {Layer.ASSET}
    assert all(statement.locator and "EPUB/p.opf" in statement.locator for statement in reading.statements)


def test_in_whole_files() -> None:
    packet = in_xmp(licence())
    for data, kind in (
        (pictures.jpeg(pictures.app1(packet)), Format.JPEG),
        (pictures.png(pictures.itxt(licence().encode(), keyword=b"RSL")), Format.PNG),
        (documents.epub({"OEBPS/p.opf": documents.opf(licence())}), Format.EPUB),
        (pictures.svg(packet), Format.SVG),
    ):
        asset = read_asset(data, kind)
        reading = rsl.SIGNAL.read_asset(asset, Source(URL, kind.value), Listener("bot"))  # type: ignore[misc]
        assert Usage.GENAI_TRAINING in reserved(reading), kind


def test_a_grant_for_the_file_itself() -> None:
    reading = hear((Place.OPF, in_opf(licence(GRANT))))
    assert reserved(reading) == set()
    assert Usage.GENAI_TRAINING in permitted(reading)


def test_a_copy_elsewhere_keeps_its_refusals_only() -> None:
    assert Usage.GENAI_TRAINING in reserved(hear((Place.OPF, in_opf(licence())), url="https://mirror.example/x.epub"))
    assert permitted(hear((Place.OPF, in_opf(licence(GRANT))), url="https://mirror.example/x.epub")) == set()


def test_a_grant_in_a_damaged_file_is_none() -> None:
    lost = (Unread(Place.XMP, "JPEG", "lost"),)
    reading = hear((Place.OPF, in_opf(licence(GRANT))), unread=lost)
    assert permitted(reading) == set()
    assert Stance.UNDETERMINED in {statement.stance for statement in reading.statements}


@pytest.mark.parametrize("damage", [lambda text: text[:-30], lambda text: text.replace("</rsl:license>", "&x;")])
def test_a_licence_that_cannot_be_read_leaves_the_file_unlicensed(damage: object) -> None:
    for place, data in PLACED.items():
        assert reserved(hear((place, damage(data.decode()).encode()))) == set(EVERY)  # type: ignore[operator]


def test_the_namespace_alone_says_nothing() -> None:
    assert hear((Place.XMP, in_xmp(f'<a xmlns="http://a.example/" xmlns:rsl="{NAMESPACE}"/>'))) == Reading()


def test_documents_are_counted() -> None:
    reading = hear((Place.OPF, in_opf(licence() * (MAX_DOCUMENTS + 1))))
    assert reserved(reading) == set(EVERY)


def test_what_could_not_be_read_is_undetermined() -> None:
    for place in (Place.XMP, Place.OPF, Place.RSL):
        (statement,) = hear(unread=(Unread(place, "MP3/ID3", "lost"),)).statements
        assert (statement.stance, statement.usages) == (Stance.UNDETERMINED, EVERY)
    assert hear(unread=(Unread(Place.C2PA, "MP3/ID3", "lost"),)) == Reading()


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    for body in (data, in_xmp(licence())[:-40] + data, licence().encode()[:60] + data + NAMESPACE.encode()):
        hear((Place.XMP, body), (Place.OPF, body), (Place.RSL, body))
