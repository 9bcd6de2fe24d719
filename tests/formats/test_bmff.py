"""ISO base media: where XMP, manifest stores and identifiers lie, and what damage hides."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files import bmff, bmff_items
from tdm_guard.formats.files.asset import Asset, Place, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tests.support.documents import (
    STORE,
    box,
    c2pa_box,
    full_box,
    heif,
    id3,
    ilst,
    mp4,
    private_frame,
    text_frame,
    xmp,
    xmp_box,
)
from tests.support.growth import calls

PACKET = xmp()


def read(data: bytes, *, complete: bool = True) -> Asset:
    return read_asset(data, Format.BMFF, complete=complete)


def packets(asset: Asset, place: Place = Place.XMP) -> list[bytes]:
    return [packet.data for packet in asset.packets if packet.place is place]


def hidden(asset: Asset) -> set[Place | None]:
    return {unread.place for unread in asset.unread}


META = full_box(b"meta", full_box(b"hdlr", bytes(20)), ilst((b"\xa9nam", "Song"), (b"----ISRC", "FRX761234567")))


@pytest.mark.parametrize(
    ("data", "locator"),
    [
        (mp4(tail=xmp_box(PACKET)), "BMFF/uuid"),
        (xmp_box(PACKET) + mp4(), "BMFF/uuid"),
        (mp4(movie=box(b"udta", box(b"XMP_", PACKET), bytes(4)), brand=b"qt  "), "BMFF/moov/udta/XMP_"),
        (mp4(movie=box(b"trak", box(b"udta", box(b"XMP_", PACKET)))), "BMFF/moov/trak/udta/XMP_"),
        (mp4(movie=xmp_box(PACKET)), "BMFF/moov/uuid"),
        (mp4(tail=box(b"udta", box(b"XMP_", PACKET))), "BMFF/udta/XMP_"),
        (mp4(tail=box(b"xml ", PACKET)), "BMFF/xml"),
        (mp4(movie=full_box(b"meta", full_box(b"hdlr", bytes(20)), xmp_box(PACKET))), "BMFF/moov/meta/uuid"),
        (mp4(movie=box(b"meta", full_box(b"hdlr", bytes(20)), xmp_box(PACKET))), "BMFF/moov/meta/uuid"),
        (heif(PACKET), "BMFF/meta/item 2"),
        (heif(PACKET, version=0), "BMFF/meta/item 2"),
        (heif(PACKET, version=2, brand=b"avif"), "BMFF/meta/item 2"),
        (heif(PACKET, method=1), "BMFF/meta/item 2"),
        (heif(zlib.compress(PACKET), encoding=b"deflate"), "BMFF/meta/item 2"),
    ],
)
def test_xmp_is_found_in_each_place(data: bytes, locator: str) -> None:
    asset = read(data)
    assert [(packet.locator, packet.data) for packet in asset.packets] == [(locator, PACKET)]
    assert asset.complete
    assert asset.unread == ()


def test_boxes_of_jpeg_2000_and_jpeg_xl() -> None:
    jp2 = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 ", bytes(8)) + xmp_box(PACKET) + box(b"jp2c", bytes(99))
    jxl = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl ", bytes(8)) + box(b"xml ", PACKET) + box(b"jxlc", bytes(9))
    for data in (jp2, jxl):
        assert format_of("application/octet-stream", data) is Format.BMFF
        assert packets(read(data)) == [PACKET]
    assert packets(read(jxl + STORE), Place.C2PA) == [STORE]
    assert hidden(read(jxl + box(b"brob", b"xml ", bytes(20)))) == {Place.XMP}
    bare = b"\xff\x0a" + bytes(100)
    assert format_of("image/jxl", bare) is Format.BMFF
    assert read(bare) == Asset(format=Format.BMFF)


def test_a_length_of_64_bits_and_a_length_of_zero() -> None:
    wide = box(b"mdat", bytes(500), wide=True)
    assert packets(read(wide + xmp_box(PACKET))) == [PACKET]
    last = struct.pack(">I4s", 0, b"uuid") + xmp_box(PACKET)[8:]
    assert packets(read(mp4() + last)) == [PACKET]


def test_both_of_two_packets_are_given() -> None:
    other = xmp("DMI-ALLOWED")
    assert packets(read(mp4(tail=xmp_box(PACKET) + xmp_box(other)))) == [PACKET, other]


def test_a_manifest_store_is_given_without_the_fields_before_it() -> None:
    asset = read(mp4(tail=c2pa_box()))
    assert packets(asset, Place.C2PA) == [STORE]
    assert asset.data, "its seal covers the whole file"


def test_a_merkle_box_and_foreign_uuids_are_no_packets() -> None:
    asset = read(mp4(tail=c2pa_box(purpose=b"merkle") + box(b"uuid", bytes(16), PACKET)))
    assert asset.packets == ()
    assert asset.unread == ()


def test_a_compressed_movie_header_is_opened() -> None:
    movie = box(b"moov", box(b"udta", box(b"XMP_", PACKET)))
    body = struct.pack(">I", len(movie)) + zlib.compress(movie)
    cmov = box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", body))
    assert packets(read(box(b"moov", cmov) + box(b"mdat", bytes(9)))) == [PACKET]
    broken = box(b"cmov", box(b"cmvd", body[:4] + b"\xff" * 40))
    assert hidden(read(box(b"moov", broken))) == {Place.XMP}


@pytest.mark.parametrize("lost", [1, 4, 8])
def test_a_compressed_movie_header_that_ends_early_is_undetermined(lost: int) -> None:
    movie = box(b"moov", box(b"udta", box(b"XMP_", PACKET)))
    body = struct.pack(">I", len(movie)) + zlib.compress(movie)[:-lost]
    cmov = box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", body))
    assert Place.XMP in hidden(read(box(b"moov", cmov) + box(b"mdat", bytes(9))))


def test_a_movie_header_of_just_the_bound_that_goes_on_is_undetermined() -> None:
    movie = box(b"moov", box(b"free", bytes(bmff.MAX_MOVIE - 16)))
    for more, expected in ((b"", set()), (box(b"XMP_", PACKET), {Place.XMP})):
        cmov = box(b"cmov", box(b"cmvd", bytes(4), zlib.compress(movie + more)))
        assert hidden(read(box(b"moov", cmov) + box(b"mdat", bytes(9)))) == expected


def test_an_item_that_ends_early_is_undetermined() -> None:
    whole = zlib.compress(PACKET)
    assert hidden(read(heif(whole[:-2], encoding=b"deflate"))) == {Place.XMP}
    assert hidden(read(heif(whole, encoding=b"deflate"))) == set()


def _meta_of(*children: bytes) -> bytes:
    """A picture whose XMP lies in `idat`, with other boxes before the tables of its items."""
    handler = full_box(b"hdlr", bytes(4), b"pict", bytes(13))
    name = full_box(b"infe", struct.pack(">HH4s", 2, 0, b"mime"), b"XMP\0application/rdf+xml\0\0", version=2)
    place = struct.pack(">HHHHHHII", 0x4400, 1, 2, 1, 0, 1, 0, len(PACKET))
    idat = box(b"idat", PACKET)
    tables = full_box(b"iinf", struct.pack(">H", 1), name) + full_box(b"iloc", place, version=1)
    return box(b"ftyp", b"heic") + full_box(b"meta", handler, *children, tables, idat) + box(b"mdat", bytes(99))


@pytest.mark.parametrize("between", [box(b"free") * 300, box(b"free", bytes(40), wide=True)], ids=["many", "wide"])
def test_tables_of_items_are_found_behind_other_boxes(between: bytes) -> None:
    asset = read(_meta_of(between))
    assert packets(asset) == [PACKET]
    assert hidden(asset) == set()


def test_a_second_table_of_items_hides_no_other() -> None:
    foreign = full_box(b"infe", struct.pack(">HH4s", 1, 0, b"hvc1"), b"\0", version=2)
    for asset in (
        read(_meta_of(full_box(b"iinf", struct.pack(">H", 1), foreign))),
        read(_meta_of() + full_box(b"meta", full_box(b"iinf", struct.pack(">H", 1), foreign))),
    ):
        assert packets(asset) == [PACKET]


def test_tables_of_items_behind_damage_or_a_bound_are_undetermined() -> None:
    assert Place.XMP in hidden(read(_meta_of(b"\0\0\0\1free" + bytes(8)).replace(PACKET, PACKET[::-1])))
    assert Place.XMP in hidden(read(_meta_of(box(b"free") * (bmff.MAX_BOXES + 9)).replace(PACKET, PACKET[::-1])))


def test_more_items_than_are_looked_at_are_undetermined(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = full_box(b"infe", struct.pack(">HH4s", 1, 0, b"hvc1"), b"\0", version=2)
    items = foreign * 20
    monkeypatch.setattr(bmff_items, "MAX_ITEMS", 20)
    table = full_box(b"iinf", struct.pack(">I", 21), items, b"\0application/rdf+xml", version=1)
    asset = read(box(b"ftyp", b"heic") + full_box(b"meta", full_box(b"hdlr", bytes(20)), table))
    assert [(unread.place, unread.message) for unread in asset.unread] == [(Place.XMP, "more than 20 items")]


def test_a_box_of_xml_whose_packet_stands_late_is_read_or_undetermined() -> None:
    jp2 = box(b"jP  ", b"\r\n\x87\n") + box(b"xml ", b"<a>" + b" " * 2**20 + PACKET + b"</a>")
    assert hidden(read(jp2)) == {Place.XMP}
    assert hidden(read(box(b"jP  ", b"\r\n\x87\n") + box(b"xml ", b"<a>" + b" " * 2**20 + b"</a>"))) == set()


def test_more_lists_of_names_than_are_read_are_told() -> None:
    names = box(b"udta", full_box(b"meta", full_box(b"hdlr", bytes(20)), ilst((b"\xa9nam", "Title"))))
    asset = read(mp4(movie=names * (bmff.MAX_TAGS + 1)))
    assert asset.complete
    assert [unread.place for unread in asset.unread] == [None]


def test_identifiers_come_from_the_item_list_and_from_an_id3_tag() -> None:
    tagged = box(b"ID32", bytes(6), id3(text_frame(b"TPE1", "Ann"), private_frame(PACKET)))
    asset = read(mp4(movie=box(b"udta", META) + full_box(b"meta", full_box(b"hdlr", bytes(20)), tagged)))
    assert asset.tags == (("title", "Song"), ("isrc", "FRX761234567"), ("creator_name", "Ann"))
    assert packets(asset) == [PACKET]


def test_a_store_writes_the_isrc_into_its_own_item() -> None:
    asset = read(
        mp4(movie=box(b"udta", full_box(b"meta", full_box(b"hdlr", bytes(20)), ilst((b"xid ", "V:isrc:USX1")))))
    )
    assert asset.tags == (("isrc", "USX1"),)


def test_a_file_without_anything_is_whole_and_empty() -> None:
    asset = read(mp4())
    assert (asset.packets, asset.unread, asset.tags, asset.complete) == ((), (), (), True)


@pytest.mark.parametrize("cut", [20, 100, 300])
def test_a_file_cut_short_hides_what_is_missing(cut: int) -> None:
    data = mp4(tail=xmp_box(PACKET))
    asset = read(data[:-cut])
    assert Place.XMP in hidden(asset)
    assert not asset.complete
    assert read(data[:-cut], complete=False).unread == (), "of a prefix nobody knows yet"


def test_what_was_seen_before_the_damage_is_given() -> None:
    asset = read(xmp_box(PACKET) + mp4()[:-100])
    assert packets(asset) == [PACKET]
    assert Place.XMP in hidden(asset)


@pytest.mark.parametrize(
    "tail",
    [b"\0" * 500, b"trailing text that is no box", b"\0\0\0", struct.pack(">I4s", 3, b"odd ") + bytes(30)],
)
def test_junk_behind_the_boxes_hides_nothing(tail: bytes) -> None:
    asset = read(mp4(tail=tail))
    assert not asset.packets
    assert hidden(asset) <= {None}


def test_a_packet_behind_a_lying_length_is_cut_out_but_not_trusted() -> None:
    asset = read(mp4(tail=struct.pack(">I4s", 5, b"odd ") + PACKET))
    assert [b"DMI-PROHIBITED" in packet for packet in packets(asset)] == [True]
    assert Place.XMP in hidden(asset)


def test_a_box_that_reaches_beyond_its_parent_is_read_to_the_parents_end() -> None:
    packet = box(b"XMP_", PACKET)
    lying = struct.pack(">I", len(packet) + 4_000) + packet[4:]
    asset = read(box(b"moov", box(b"udta", lying)) + box(b"mdat", bytes(8_000)))
    assert packets(asset) == [PACKET]


def test_a_packet_beyond_the_bound_is_given_in_part() -> None:
    asset = read(mp4(tail=xmp_box(PACKET + b" " * 2**20)))
    assert len(packets(asset)[0]) == 2**20
    assert hidden(asset) == {Place.XMP}


def test_tables_of_items_that_lie() -> None:
    good = heif(PACKET)
    for word, instead in ((b"iloc", b"\xff\xff\xff\xff"), (b"iinf", b"\xff\xff\xff\xff")):
        at = good.index(word)
        asset = read(good[: at + 12] + instead + good[at + 16 :])
        assert packets(asset) == [PACKET] or Place.XMP in hidden(asset)
    beyond = read(good.replace(struct.pack(">I", len(PACKET)), struct.pack(">I", 2**28)))
    assert Place.XMP in hidden(beyond)


def test_an_item_without_a_table_of_places_is_undetermined() -> None:
    assert hidden(read(heif(PACKET).replace(b"iloc", b"ilox"))) == {Place.XMP}
    assert read(heif(PACKET).replace(b"iloc", b"ilox").replace(b"rdf+xml", b"octets ")).unread == ()


def test_an_item_in_an_unknown_encoding_or_another_file_is_undetermined() -> None:
    assert hidden(read(heif(PACKET, encoding=b"br"))) == {Place.XMP}
    assert hidden(read(heif(b"\xff" * 50, encoding=b"deflate"))) == {Place.XMP}
    assert hidden(read(heif(zlib.compress(bytes(2**21)), encoding=b"deflate"))) == {Place.XMP}
    assert hidden(read(heif(PACKET, method=2))) == {Place.XMP}


def test_boxes_without_end_are_bounded() -> None:
    boxes = mp4() + box(b"free") * 60_000
    assert hidden(read(boxes)) == {None}
    assert Place.XMP in hidden(read(boxes + xmp_box(PACKET)))


def test_a_prefix_gives_what_lies_in_it() -> None:
    data = xmp_box(PACKET) + mp4(media=100_000)
    asset = read(data[:2_000], complete=False)
    assert packets(asset) == [PACKET]
    assert not asset.complete
    assert read(mp4(tail=xmp_box(PACKET))[:900], complete=False).packets == ()


@given(st.data())
@settings(max_examples=150)
def test_no_change_of_bytes_makes_it_raise(data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from([mp4(movie=box(b"udta", META), tail=xmp_box(PACKET) + c2pa_box()), heif(PACKET)]))
    changed = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(changed), complete=data.draw(st.booleans()))


@given(st.binary(max_size=400))
@settings(max_examples=100)
def test_no_bytes_make_it_raise(body: bytes) -> None:
    read(b"\0\0\0\x18ftypisom" + body)
    read(box(b"ftyp") + full_box(b"meta", full_box(b"iinf", body), full_box(b"iloc", body)))


def test_packets_and_compressed_movies_without_end_are_bounded() -> None:
    track = box(b"trak", box(b"udta", box(b"XMP_", PACKET)))
    asset = read(box(b"moov", track * 200) + box(b"mdat", bytes(9)))
    assert len(asset.packets) == 50
    assert hidden(asset) == {Place.XMP}
    movie = zlib.compress(box(b"moov", box(b"free") * 400_000))
    many = box(b"moov", box(b"cmov", box(b"cmvd", bytes(4), movie)) * 100) + box(b"mdat", bytes(9))
    assert calls("decompress", lambda: read(many)) < 10
    assert Place.XMP in hidden(read(many))
