"""FLAC: identifiers of the comment block, and the places of other people's packets."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files.asset import Asset, Place, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tdm_guard.formats.files.vorbis_comment import MAX_COMMENTS, MAX_PACKETS
from tests.support.documents import STORE, flac, id3, object_frame, private_frame, vorbis_comment, xmp

PACKET = xmp()
COMMENT = [
    ("ISRC", "FRX761234567"),
    ("iswc", "T-000.000.001-0"),
    ("Composer", "Ann"),
    ("ARTIST", "Bob"),
    ("LABEL", "Small Records"),
    ("ORGANIZATION", "Other Records"),
    ("COPYRIGHT", "no mining"),
    ("BAD", ""),
]


def read(data: bytes, *, complete: bool = True) -> Asset:
    return read_asset(data, Format.FLAC, complete=complete)


def hidden(asset: Asset) -> set[Place | None]:
    return {unread.place for unread in asset.unread}


def test_identifiers_of_the_comment_block() -> None:
    asset = read(flac((4, vorbis_comment(COMMENT)), (1, bytes(100))))
    assert asset.tags == (
        ("isrc", "FRX761234567"),
        ("iswc", "T-000.000.001-0"),
        ("creator_name", "Ann"),
        ("creator_name", "Bob"),
        ("label", "Small Records"),
        ("label", "Other Records"),
    )
    assert asset.packets == ()
    assert asset.complete


def test_a_tag_before_the_stream() -> None:
    asset = read(flac((4, vorbis_comment(COMMENT)), before=id3(private_frame(PACKET), object_frame())))
    assert [(packet.place, packet.data) for packet in asset.packets] == [(Place.XMP, PACKET), (Place.C2PA, STORE)]
    assert asset.packets[0].locator == "FLAC/ID3/PRIV"
    assert ("isrc", "FRX761234567") in asset.tags


def test_a_foreign_riff_chunk_kept_in_an_application_block() -> None:
    kept = b"riff_PMX" + struct.pack("<I", len(PACKET)) + PACKET
    asset = read(flac((2, kept), (2, b"riffLIST" + bytes(20))))
    assert [packet.data for packet in asset.packets] == [PACKET]


def test_the_type_tells_flac_behind_a_tag() -> None:
    data = flac(before=id3(private_frame(PACKET)))
    assert format_of("audio/flac", data) is Format.FLAC
    assert format_of("audio/mpeg", data) is Format.MP3
    assert read_asset(data, Format.MP3).format is Format.FLAC


def test_the_sound_holds_nothing_so_that_a_prefix_can_be_whole() -> None:
    data = flac((4, vorbis_comment(COMMENT)), sound=100_000)
    assert read(data[:1_000], complete=False).complete
    assert not read(data[:60], complete=False).complete
    assert read(data[:60], complete=False).unread == ()


@pytest.mark.parametrize("cut", [540, 600])
def test_a_block_cut_short_hides_what_is_missing(cut: int) -> None:
    asset = read(flac((4, vorbis_comment(COMMENT)))[:-cut])
    assert {Place.XMP, Place.C2PA} <= hidden(asset)
    assert not asset.complete


def test_what_is_no_flac_is_a_fault_or_hides_what_it_shows() -> None:
    assert hidden(read(b"something else entirely")) == {None}
    assert Place.XMP in hidden(read(b"something else " + PACKET))


@pytest.mark.parametrize(
    "comment",
    [b"", b"\xff\xff\xff\xff", struct.pack("<II", 0, 2**32 - 1), struct.pack("<III", 0, 1, 2**31) + b"ISRC=x"],
)
def test_comments_that_lie_give_nothing(comment: bytes) -> None:
    assert read(flac((4, comment))).tags == ()


def test_blocks_without_end_are_bounded() -> None:
    assert hidden(read(flac(*[(1, b"")] * 2_000))) == {None}
    assert Place.XMP in hidden(read(flac(*[(1, b"")] * 2_000, (2, b"riff_PMX" + bytes(4) + PACKET))))


@given(st.data())
@settings(max_examples=120)
def test_no_change_of_bytes_makes_it_raise(data: st.DataObject) -> None:
    changed = bytearray(flac((2, b"riff_PMX1234" + PACKET), (4, vorbis_comment(COMMENT)), before=id3(object_frame())))
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(changed), complete=data.draw(st.booleans()))


@given(st.binary(max_size=200))
@settings(max_examples=80)
def test_no_bytes_make_it_raise(body: bytes) -> None:
    read(b"fLaC" + body)
    read(flac((4, body)))


def test_the_names_that_ffmpeg_gives_frames_of_an_mp3() -> None:
    spelt = b"".join(b"\\x%02x" % byte if byte < 32 or byte > 126 or byte == 92 else bytes((byte,)) for byte in PACKET)
    for packet in (PACKET, spelt):
        block = vorbis_comment([("TSRC", "FRX761234567"), ("id3v2_priv.XMP", packet.decode())])
        asset = read(flac((4, block)))
        assert asset.tags == (("isrc", "FRX761234567"),)
        assert [(each.place, each.data) for each in asset.packets] == [(Place.XMP, PACKET)]
        assert asset.packets[0].locator == "FLAC/VORBIS_COMMENT/id3v2_priv.XMP"


@pytest.mark.parametrize("name", ["id3v2_priv.www.amazon.com", "priv.XMP", "MYXMP", "id3v2_priv"])
def test_other_private_frames_are_no_packets(name: str) -> None:
    assert read(flac((4, vorbis_comment([(name, PACKET.decode())])))).packets == ()


def overlong(*fields: tuple[str, str], by: int = 5_000) -> bytes:
    """Comments of which the first says that it is longer than it is."""
    block = vorbis_comment(fields)
    return block[:12] + struct.pack("<I", struct.unpack_from("<I", block, 12)[0] + by) + block[16:]


@pytest.mark.parametrize(
    "comment",
    [
        overlong(("TITLE", "x"), ("XMP", PACKET.decode())),
        struct.pack("<I", 60_000) + vorbis_comment([("XMP", PACKET.decode())])[4:],
        vorbis_comment([("A", "b")] * MAX_COMMENTS + [("XMP", PACKET.decode())]),
        vorbis_comment([("XMP", "<a/>")] * MAX_PACKETS + [("XMP", PACKET.decode())]),
    ],
    ids=["a field", "the vendor", "fields", "packets"],
)
def test_comments_that_are_not_read_to_their_end_hide_what_they_show(comment: bytes) -> None:
    asset = read(flac((4, comment)))
    assert hidden(asset) == {Place.XMP}
    assert not asset.complete


@pytest.mark.parametrize(
    "comment",
    [
        overlong(("TITLE", "x"), ("ARTIST", "Ann")),
        vorbis_comment([("A", "b")] * (MAX_COMMENTS + 1)),
        struct.pack("<II", 0, 9),
        b"",
    ],
    ids=["a field", "fields", "a count", "nothing"],
)
def test_comments_that_are_damaged_and_show_nothing_are_a_fault(comment: bytes) -> None:
    asset = read(flac((4, comment)))
    assert hidden(asset) == {None}
    assert asset.complete


@pytest.mark.parametrize(
    "comment",
    [
        vorbis_comment([]),
        vorbis_comment([("A", "b")] * MAX_COMMENTS),
        vorbis_comment([("XMP", "<a/>")] * MAX_PACKETS),
        vorbis_comment(COMMENT) + bytes(9),
    ],
)
def test_comments_within_the_bounds_are_whole(comment: bytes) -> None:
    asset = read(flac((4, comment)))
    assert (asset.unread, asset.complete) == ((), True)


def test_a_fifth_block_of_comments_is_not_silence() -> None:
    block = (4, vorbis_comment(COMMENT))
    assert read(flac(*[block] * 4)).complete
    for last in (block, (4, vorbis_comment([("XMP", PACKET.decode())]))):
        asset = read(flac(*[block] * 4, last, (1, bytes(20))))
        assert hidden(asset) == {Place.XMP}
        assert not asset.complete


def test_packets_beyond_the_bound_take_no_earlier_damage_away() -> None:
    kept = (2, b"riff_PMX" + struct.pack("<I", 4) + b"<a/>")
    lost = (4, overlong(("TITLE", "x"), ("XMP", PACKET.decode())))
    messages = [unread.message for unread in read(flac(lost, *[kept] * 9)).unread]
    assert messages == ["a comment ends behind its block", "more than 8 packets", "more than 8 packets"]


def test_a_packet_longer_than_is_read_is_undetermined() -> None:
    long = PACKET.decode() + " " * 2**20
    for spelt in (long, long.replace("<", "\\x3c")):
        asset = read(flac((4, vorbis_comment([("XMP", spelt)]))))
        assert hidden(asset) == {Place.XMP}
        assert asset.packets[0].data.startswith(PACKET)
    for more, expected in ((0, set()), (1, {Place.XMP})):
        content = PACKET + b" " * (2**20 - len(PACKET) + more)
        asset = read(flac((2, b"riff_PMX" + struct.pack("<I", len(content)) + content)))
        assert hidden(asset) == expected
        assert len(asset.packets[0].data) == 2**20


def test_other_application_blocks_are_no_packets_however_many_there_are() -> None:
    packet = (4, vorbis_comment([("XMP", PACKET.decode())] * 8))
    assert read(flac(packet, (2, b"riffJUNK" + bytes(40)))).unread == ()
