"""Ogg: the comments of Vorbis, Opus and FLAC streams."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files.asset import Asset, Place, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tdm_guard.formats.files.ogg import MAX_CHAINED, MAX_PACKET, MAX_PAGES
from tests.support.documents import vorbis_comment, xmp

COMMENT = vorbis_comment([("ISRC", "FRX761234567"), ("ARTIST", "Ann")])
TAGS = (("isrc", "FRX761234567"), ("creator_name", "Ann"))


def page(*packets: bytes, kind: int = 0, serial: int = 7, whole: bool = True) -> bytes:
    sizes = b""
    for packet in packets:
        sizes += b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
    body = b"".join(packets)
    if not whole:
        sizes = sizes[:-1]
        body = body[: len(body) // 255 * 255]
    return b"OggS\0" + struct.pack("<BQIIIB", kind, 0, serial, 0, 0, len(sizes)) + sizes + body


def read(data: bytes, *, complete: bool = True) -> Asset:
    return read_asset(data, Format.OGG, complete=complete)


@pytest.mark.parametrize(
    ("head", "comments"),
    [
        (b"\x01vorbis" + bytes(23), b"\x03vorbis" + COMMENT + b"\x01"),
        (b"OpusHead" + bytes(11), b"OpusTags" + COMMENT),
        (b"\x7fFLAC\x01\0\0\x01fLaC" + bytes(38), b"\x84" + len(COMMENT).to_bytes(3, "big") + COMMENT),
    ],
)
def test_identifiers_of_each_codec(head: bytes, comments: bytes) -> None:
    data = page(head, kind=2) + page(comments, bytes(30)) + page(bytes(200)) * 3
    assert format_of("", data) is Format.OGG
    assert read(data).tags == TAGS
    assert read(data).packets == ()


def test_a_packet_over_several_pages() -> None:
    comments = b"OpusTags" + COMMENT + bytes(600)
    data = page(b"OpusHead" + bytes(11), kind=2) + page(comments[:510], whole=False) + page(comments[510:]) + page(b"x")
    assert read(data).tags == TAGS


@pytest.mark.parametrize("serial", [7, 8])
def test_a_stream_behind_the_end_of_another(serial: int) -> None:
    first = (
        page(b"OpusHead", kind=2) + page(b"OpusTags" + vorbis_comment([])) + page(bytes(200)) * 3 + page(b"x", kind=4)
    )
    packet = xmp().decode()
    said = b"OpusTags" + vorbis_comment([("ISRC", "FRX761234567"), ("ARTIST", "Ann"), ("xmp", packet)])
    second = page(b"OpusHead", kind=2, serial=serial) + page(said, serial=serial) + page(bytes(200), serial=serial)
    assert read(first + second).tags == TAGS
    assert [each.place for each in read(first + second).packets] == [Place.XMP]
    assert read(first * 4).unread == ()
    assert [each.place for each in read(first * (MAX_CHAINED + 2) + second).unread] == [Place.XMP]


def test_two_streams_in_turn() -> None:
    data = page(b"OpusHead", kind=2, serial=1) + page(b"theora", kind=2, serial=2)
    data += page(b"OpusTags" + COMMENT, serial=1) + page(b"other", serial=2) + page(b"sound", serial=1)
    assert read(data).tags == TAGS


def test_a_prefix_is_whole_once_the_comments_are_read() -> None:
    data = page(b"OpusHead", kind=2) + page(b"OpusTags" + COMMENT) + page(bytes(200)) * 50
    assert read(data[:1_000], complete=False) == read(data)
    assert not read(data[:40], complete=False).complete
    assert read(data[:40] + bytes(2**20), complete=False).complete


def test_a_packet_without_end_is_bounded() -> None:
    endless = page(b"OpusHead", kind=2) + page(b"OpusTags" + bytes(255 * 200), whole=False) * 300
    assert read(endless).tags == ()


@given(st.binary(max_size=400), st.integers(0, 60))
@settings(max_examples=100)
def test_no_bytes_make_it_raise(body: bytes, at: int) -> None:
    read(b"OggS" + body)
    data = page(b"OpusHead", kind=2) + page(b"OpusTags" + COMMENT)
    read(data[:at] + body + data[at:], complete=False)
    read(page(b"OpusHead", kind=2) + page(b"OpusTags" + body))


def test_a_packet_of_xmp_that_ffmpeg_kept_in_the_comments() -> None:
    packet = xmp()
    comments = vorbis_comment([("TSRC", "FRX761234567"), ("id3v2_priv.XMP", packet.decode())])
    head, body = page(b"OpusHead" + bytes(11), kind=2), page(b"OpusTags" + comments)
    asset = read(head + body + page(bytes(200)))
    assert asset.tags == (("isrc", "FRX761234567"),)
    assert [(each.locator, each.data) for each in asset.packets] == [("OGG/id3v2_priv.XMP", packet)]
    assert not read(head + body[:60], complete=False).complete


def test_comments_behind_a_large_picture_are_read() -> None:
    packet = b"OpusTags" + vorbis_comment([("METADATA_BLOCK_PICTURE", "A" * 3_000_000), ("ISRC", "FRX761234567")])
    data = page(b"OpusHead" + bytes(11), kind=2)
    while packet:
        piece, packet = packet[: 255 * 255], packet[255 * 255 :]
        data += page(piece, whole=not packet)
    assert read(data).tags == (("isrc", "FRX761234567"),)


def test_xmp_behind_pages_that_are_lost_is_not_silence() -> None:
    data = page(b"OpusHead" + bytes(11), kind=2) + b"LOST" + bytes(40) + xmp()
    assert {unread.place for unread in read(data).unread} == {Place.XMP}


HEAD = page(b"OpusHead" + bytes(11), kind=2)


def paged(packet: bytes, sizes: int = 255) -> bytes:
    """A packet over pages with so many pieces each."""
    data = b""
    while packet:
        piece, packet = packet[: 255 * sizes], packet[255 * sizes :]
        data += page(piece, whole=not packet)
    return data


@pytest.mark.parametrize(("size", "sizes"), [(100_000, 17), (2_300_000, 17), (2_000_000, 1), (3_000_000, 255)])
def test_comments_over_many_pages_are_read(size: int, sizes: int) -> None:
    comments = vorbis_comment([("METADATA_BLOCK_PICTURE", "A" * size), ("XMP", xmp().decode())])
    asset = read(HEAD + paged(b"OpusTags" + comments, sizes) + page(bytes(200)))
    assert [packet.data for packet in asset.packets] == [xmp()]
    assert (asset.unread, asset.complete) == ((), True)


@pytest.mark.parametrize(
    "data",
    [
        HEAD + paged(b"OpusTags" + vorbis_comment([("PICTURE", "A" * MAX_PAGES * 255), ("XMP", "<a/>")]), 1),
        HEAD + paged(b"OpusTags" + vorbis_comment([("PICTURE", "A" * MAX_PACKET), ("XMP", "<a/>")])),
        b"".join(page(b"theora", kind=2, serial=serial) for serial in range(MAX_PAGES))
        + HEAD
        + paged(b"OpusTags" + COMMENT),
        HEAD + paged(b"OpusTags" + vorbis_comment([("XMP", "<a>" * 500)]))[:-900],
        HEAD + paged(b"OpusTags" + vorbis_comment([("XMP", "<a>" * 500)]), 2)[:-700] + b"LOST" + bytes(60),
        HEAD,
    ],
    ids=["pages", "a packet", "streams", "cut", "lost", "a head alone"],
)
def test_comments_that_are_not_read_to_their_end_are_not_silence(data: bytes) -> None:
    asset = read(data)
    assert Place.XMP in {unread.place for unread in asset.unread}
    assert not asset.complete


def test_what_comments_without_end_begin_with_is_heard() -> None:
    comments = vorbis_comment([("XMP", xmp().decode()), ("PICTURE", "A" * 5_000)])
    asset = read(HEAD + paged(b"OpusTags" + comments)[:-3_000])
    assert [packet.data for packet in asset.packets] == [xmp()]
    assert read(HEAD + paged(b"OpusTags" + comments)[:-3_000], complete=False).unread == ()


def test_a_field_longer_than_the_comments_hides_what_they_show() -> None:
    comments = vorbis_comment([("XMP", xmp().decode())])
    lying = comments[:12] + struct.pack("<I", 60_000) + comments[16:]
    asset = read(HEAD + page(b"OpusTags" + lying) + page(bytes(200)))
    assert {unread.place for unread in asset.unread} == {Place.XMP}
    assert not asset.complete


def test_streams_without_comments_await_none() -> None:
    data = page(b"theora", kind=2, serial=1) + page(b"fishead", kind=2, serial=2) + page(b"x", serial=1)
    assert (read(data).unread, read(data).complete) == ((), True)
