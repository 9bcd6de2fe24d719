"""ID3 tags of three versions, at both ends of MP3 files."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files.asset import Asset, Place, read_asset
from tdm_guard.formats.files.container import Format
from tests.support.documents import (
    STORE,
    flac,
    frame,
    free_text_frame,
    id3,
    mp3,
    object_frame,
    private_frame,
    text_frame,
    unsynchronised,
    vorbis_comment,
    xmp,
)
from tests.support.growth import calls

PACKET = xmp()
RSL = b'<rsl xmlns="https://rslstandard.org/rsl"><content url="https://s.example/a.mp3"/></rsl>'


def read(data: bytes, *, complete: bool = True) -> Asset:
    return read_asset(data, Format.MP3, complete=complete)


def packets(asset: Asset, place: Place = Place.XMP) -> list[bytes]:
    return [packet.data for packet in asset.packets if packet.place is place]


def hidden(asset: Asset) -> set[Place | None]:
    return {unread.place for unread in asset.unread}


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("flags", [0, 0x80])
def test_xmp_and_a_store_are_found(version: int, flags: int) -> None:
    packet = PACKET + b"\xff\x00\xff\xe0"
    content = b"XMP\0" + packet
    if version == 4 and flags:
        private = frame(b"PRIV", unsynchronised(content), flags=2)
        tag = id3(private, object_frame(), flags=flags)
    else:
        tag = id3(private_frame(packet, version=version), object_frame(version=version), version=version, flags=flags)
    asset = read(mp3(tag))
    assert packets(asset) == [packet]
    assert packets(asset, Place.C2PA) == [STORE]
    assert asset.packets[0].locator == "MP3/ID3/PRIV"
    assert asset.complete


def test_version_2_2_has_frames_of_three_letters() -> None:
    tag = id3(text_frame(b"TRC", "FRX761234567", version=2, encoding=0), object_frame(version=2), version=2)
    asset = read(mp3(tag))
    assert asset.tags == (("isrc", "FRX761234567"),)
    assert packets(asset, Place.C2PA) == [STORE]


@pytest.mark.parametrize("encoding", [0, 1, 2, 3])
def test_identifiers_in_each_encoding(encoding: int) -> None:
    tag = id3(
        text_frame(b"TSRC", "FRX761234567", encoding=encoding),
        text_frame(b"TPUB", "Éditions", encoding=encoding),
        text_frame(b"TCOM", "Ann\0Bob", encoding=encoding),
        text_frame(b"TEXT", "Cleo", encoding=encoding),
        text_frame(b"TPE1", "Dan", encoding=encoding),
        text_frame(b"TIT2", "Song", encoding=encoding),
        free_text_frame("iswc", "T-000.000.001-0"),
        text_frame(b"TALB", "An album is no identifier"),
    )
    assert read(mp3(tag)).tags == (
        ("isrc", "FRX761234567"),
        ("publisher", "Éditions"),
        ("creator_name", "Ann"),
        ("creator_name", "Bob"),
        ("creator_name", "Cleo"),
        ("creator_name", "Dan"),
        ("title", "Song"),
        ("iswc", "T-000.000.001-0"),
    )


def test_free_text_about_rights_is_no_packet() -> None:
    asset = read(mp3(id3(text_frame(b"TCOP", "2023 Label. All rights reserved. No TDM."))))
    assert (asset.packets, asset.tags, asset.unread) == ((), (), ())


@pytest.mark.parametrize(
    "content",
    [
        frame(b"PRIV", b"https://rslstandard.org/rsl\0" + RSL),
        frame(b"TXXX", b"\x03RSL\0" + RSL),
        frame(b"TXXX", b"\x01" + "RSL\0".encode("utf-16") + RSL.decode().encode("utf-16-le")),
        frame(b"GEOB", b"\0application/rsl+xml\0\0\0" + RSL),
        frame(b"COMM", b"\x03eng\0" + RSL),
    ],
)
def test_a_licence_document_in_a_frame(content: bytes) -> None:
    assert packets(read(mp3(id3(content))), Place.RSL) == [RSL]


def test_a_private_frame_of_somebody_else_is_no_packet() -> None:
    asset = read(mp3(id3(private_frame(b"peak", owner=b"AverageLevel"), frame(b"GEOB", b"\0image/png\0a\0b\0xyz"))))
    assert asset.packets == ()
    assert asset.complete


def test_sizes_of_eight_bits_in_2_4_and_of_seven_in_2_3() -> None:
    long = PACKET + b" " * 300
    eight = id3(frame(b"PRIV", b"XMP\0" + long, plain_size=True), text_frame(b"TIT2", "x"))
    assert packets(read(mp3(eight))) == [long]
    seven = id3(private_frame(long, version=4), text_frame(b"TIT2", "x", version=3), version=3)
    assert packets(read(mp3(seven))) == [long]


def test_extended_headers_are_stepped_over() -> None:
    new = id3(b"\0\0\0\x06\x01\0" + private_frame(PACKET), flags=0x40)
    old = id3(struct.pack(">IHI", 6, 0, 0) + private_frame(PACKET, version=3), version=3, flags=0x40)
    assert packets(read(mp3(new))) == [PACKET]
    assert packets(read(mp3(old))) == [PACKET]


@pytest.mark.parametrize(
    ("version", "header"),
    [
        (3, b""),
        (4, b""),
        (3, struct.pack(">IHI", 10, 0, 0)),
        (4, struct.pack(">IHI", 6, 0, 0)),
    ],
    ids=["2.3 without", "2.4 without", "2.3 counting itself", "2.4 not counting itself"],
)
def test_frames_behind_an_extended_header_that_is_none_or_lies_are_found(version: int, header: bytes) -> None:
    tag = id3(header + private_frame(PACKET, version=version), version=version, flags=0x40)
    asset = read(mp3(tag))
    assert packets(asset) == [PACKET]
    assert hidden(asset) == {None}
    assert asset.complete


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("size", [b"\x7f\x7f\x7f\x7f", b"\0\0\x70\0"])
def test_an_extended_header_longer_than_its_tag_hides_the_frames(version: int, size: bytes) -> None:
    for frames in (private_frame(PACKET, version=version), b"", frame(b"PRIV", bytes(4) + zlib.compress(PACKET))):
        asset = read(mp3(id3(size + frames, version=version, flags=0x40)))
        assert {Place.XMP, Place.C2PA} <= hidden(asset)
        assert not asset.complete


@pytest.mark.parametrize("version", [3, 4])
def test_an_extended_header_before_padding_alone_is_no_damage(version: int) -> None:
    header = b"\0\0\0\x06\x01\0" if version == 4 else struct.pack(">IHI", 6, 0, 0)
    asset = read(mp3(id3(header, version=version, flags=0x40)))
    assert (asset.packets, asset.unread, asset.complete) == ((), (), True)


def test_compressed_frames_and_frames_with_more_fields() -> None:
    content = b"XMP\0" + PACKET
    deflated = frame(b"PRIV", struct.pack(">I", len(content)) + zlib.compress(content), version=3, flags=0x80)
    grouped = frame(b"PRIV", b"\x01" + content, version=4, flags=0x40)
    assert packets(read(mp3(id3(deflated, version=3)))) == [PACKET]
    assert packets(read(mp3(id3(grouped)))) == [PACKET]


def test_a_frame_that_is_encrypted_or_a_damaged_one_is_undetermined() -> None:
    encrypted = frame(b"PRIV", b"\x01" + bytes(40), version=4, flags=4)
    assert hidden(read(mp3(id3(encrypted)))) == {Place.XMP}
    broken = frame(b"GEOB", b"\0\0\0\x09garbage!", version=3, flags=0x80)
    assert hidden(read(mp3(id3(broken, version=3)))) == {Place.C2PA}


def test_a_bomb_in_a_frame_is_bounded() -> None:
    content = b"XMP\0" + PACKET + b" " * (64 * 2**20)
    bomb = frame(b"PRIV", struct.pack(">I", len(content)) + zlib.compress(content), version=3, flags=0x80)
    asset = read(mp3(id3(bomb, version=3)))
    assert len(packets(asset)[0]) <= 2**20
    assert hidden(asset) == {Place.XMP}


@pytest.mark.parametrize(
    "tail",
    [
        id3(private_frame(PACKET), footer=True),
        id3(private_frame(PACKET), footer=True) + b"TAG" + bytes(125),
        id3(private_frame(PACKET), footer=True) + b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0) + bytes(8),
        b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 1 << 31 | 1 << 29) + bytes(8)
        + b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 1 << 31) + bytes(8)
        + id3(private_frame(PACKET), footer=True) + b"TAG" + bytes(125),
    ],
)  # fmt: skip
def test_a_tag_behind_the_sound(tail: bytes) -> None:
    assert packets(read(mp3(tail=tail))) == [PACKET]


def test_a_seek_frame_leads_to_another_tag() -> None:
    later = id3(private_frame(PACKET))
    first = id3(frame(b"SEEK", struct.pack(">I", 417 * 20)), padding=0)
    assert packets(read(mp3(first, tail=later + bytes(50)))) == [PACKET]


def test_two_tags_one_after_the_other_and_one_behind_junk() -> None:
    other = id3(text_frame(b"TIT2", "x"))
    assert packets(read(mp3(other, id3(private_frame(PACKET))))) == [PACKET]
    assert packets(read(b"\0" * 100 + id3(private_frame(PACKET)) + mp3())) == [PACKET]


def test_a_ninth_tag_before_the_sound_is_not_silence() -> None:
    other = id3(text_frame(b"TIT2", "x"))
    whole = read(mp3(*[other] * 7, id3(private_frame(PACKET))))
    assert (packets(whole), whole.unread, whole.complete) == ([PACKET], (), True)
    for last in (other, id3(private_frame(PACKET))):
        for data in (mp3(*[other] * 8, last), flac(before=other * 8 + last)):
            asset = read(data)
            assert {Place.XMP, Place.C2PA, Place.RSL} <= hidden(asset)
            assert not asset.complete


def test_flac_and_other_sound_behind_a_tag() -> None:
    asset = read(flac((4, vorbis_comment([("ISRC", "FRX761234567")])), before=id3(private_frame(PACKET))))
    assert asset.format is Format.FLAC
    assert packets(asset) == [PACKET]
    assert asset.tags == (("isrc", "FRX761234567"),)


def test_a_file_without_tags_is_whole_and_empty() -> None:
    asset = read(mp3())
    assert (asset.packets, asset.unread, asset.tags, asset.complete) == ((), (), (), True)


@pytest.mark.parametrize("cut", [1, 60, 250])
def test_a_tag_cut_short_hides_what_is_missing(cut: int) -> None:
    tag = id3(private_frame(PACKET), padding=0)
    asset = read(tag[:-cut])
    assert {Place.XMP, Place.C2PA} <= hidden(asset)
    assert not asset.complete
    assert read(tag[:-cut], complete=False).unread == ()


def test_junk_in_the_padding_hides_nothing_but_a_packet_there_is_seen() -> None:
    asset = read(mp3(id3(text_frame(b"TIT2", "x") + b"junk! junk! junk! junk!")))
    assert hidden(asset) == {None}
    asset = read(mp3(id3(text_frame(b"TIT2", "x") + b"?PRIV" + PACKET)))
    assert Place.XMP in hidden(asset)
    assert b"DMI-PROHIBITED" in packets(asset)[0]


def test_a_frame_longer_than_its_tag_is_damage() -> None:
    private = private_frame(PACKET)
    lying = private[:4] + b"\0\0\x7f\x7f" + private[8:]
    asset = read(mp3(id3(lying, padding=0)))
    assert Place.XMP in hidden(asset)


def test_an_unknown_version_is_undetermined() -> None:
    assert {Place.XMP, Place.C2PA} <= hidden(read(mp3(id3(private_frame(PACKET), version=5))))
    assert {Place.XMP, Place.C2PA} <= hidden(read(mp3(id3(object_frame(version=2), version=2, flags=0x40))))


def test_frames_without_end_are_bounded() -> None:
    frames = [text_frame(b"TIT2", "x")] * 6_000
    assert hidden(read(mp3(id3(*frames)))) == {None}
    assert Place.XMP in hidden(read(mp3(id3(*frames, private_frame(PACKET)))))
    assert Place.XMP in hidden(read(mp3(id3(*frames, frame(b"PRIV", bytes(4) + zlib.compress(PACKET), flags=9)))))


def test_a_prefix_gives_what_lies_in_it() -> None:
    data = mp3(id3(private_frame(PACKET)), frames=500)
    asset = read(data[:1_000], complete=False)
    assert packets(asset) == [PACKET]
    assert asset.unread == ()
    assert not asset.complete, "a tag may stand at the end"


SEED = mp3(
    id3(private_frame(PACKET), object_frame(), text_frame(b"TSRC", "FRX761234567"), free_text_frame("ISWC", "T-1")),
    tail=id3(private_frame(PACKET), footer=True) + b"TAG" + bytes(125),
)


@given(st.data())
@settings(max_examples=150)
def test_no_change_of_bytes_makes_it_raise(data: st.DataObject) -> None:
    changed = bytearray(SEED)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.one_of(st.integers(0, 600), st.integers(len(changed) - 600, len(changed) - 1)))
        changed[at] = data.draw(st.integers(0, 255))
    read(bytes(changed), complete=data.draw(st.booleans()))


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=300))
@settings(max_examples=100)
def test_no_bytes_make_it_raise(version: int, flags: int, body: bytes) -> None:
    read(b"ID3" + bytes([version, 0, flags, 0, 0, len(body) >> 7, len(body) & 0x7F]) + body)


def test_compressed_frames_and_packets_without_end_are_bounded() -> None:
    bomb = frame(b"PRIV", struct.pack(">I", 0) + zlib.compress(bytes(2**24)), version=3, flags=0x80)
    bombs = mp3(id3(*[bomb] * 1_000, version=3))
    assert calls("decompress", lambda: read(bombs)) < 10
    assert hidden(read(bombs)) == {Place.XMP}
    asset = read(mp3(id3(*[private_frame(PACKET)] * 400)))
    assert len(asset.packets) == 50
    assert Place.XMP in hidden(asset)


def test_several_tags_behind_the_sound_are_read_and_too_many_are_not_silence() -> None:
    other = id3(text_frame(b"TIT2", "x"), footer=True)
    tail = id3(private_frame(PACKET), footer=True)
    assert packets(read(mp3(tail=tail + other * 5))) == [PACKET]
    asset = read(mp3(tail=tail + other * 8))
    assert {Place.XMP, Place.C2PA, Place.RSL} <= hidden(asset)
    assert not asset.complete
    empty = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0) + bytes(8)
    assert packets(read(mp3(tail=tail + empty * 5))) == [PACKET]
    assert not read(mp3(tail=tail + empty * 9)).complete


def test_a_chain_of_tags_is_followed_and_a_long_one_is_not_silence() -> None:
    def chain(length: int) -> bytes:
        link = id3(frame(b"SEEK", struct.pack(">I", 100)), padding=0)
        return mp3(link, frames=0, tail=(bytes(100) + link) * length + bytes(100) + id3(private_frame(PACKET)))

    assert packets(read(chain(4))) == [PACKET]
    assert not read(chain(9)).complete


def test_a_tag_behind_words_that_are_none_is_found() -> None:
    assert packets(read(b"\0ID3 \xff\xff" + bytes(40) + id3(private_frame(PACKET)) + mp3())) == [PACKET]


def test_a_store_behind_a_long_description_is_found() -> None:
    content = b"\0application/octet-stream\0store.bin\0" + b"described at length " * 80 + b"\0" + STORE
    assert packets(read(mp3(id3(frame(b"GEOB", content)))), Place.C2PA) == [STORE]
    assert read(mp3(id3(frame(b"GEOB", content.replace(STORE, b"a picture"))))).packets == ()


def test_a_licence_document_beyond_the_bound_is_undetermined() -> None:
    content = b"s.example\0" + b" " * 2**20 + RSL
    asset = read(mp3(id3(frame(b"PRIV", content))))
    assert hidden(asset) == {Place.RSL}


def test_every_name_of_a_text_frame_is_read() -> None:
    asset = read(mp3(id3(text_frame(b"TPE1", "\0".join(f"Ann {number}" for number in range(90))))))
    assert len(asset.tags) == 90
