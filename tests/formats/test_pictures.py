"""The containers of pictures, and RIFF: where packets lie, what damage leaves of them."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files import jpeg as jpeg_format
from tdm_guard.formats.files import png as png_format
from tdm_guard.formats.files import tiff as tiff_format
from tdm_guard.formats.files.asset import Asset, Place, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tdm_guard.formats.files.xmp import read as read_xmp
from tests.support.documents import STORE, id3, private_frame, xmp
from tests.support.growth import grows_linearly
from tests.support.memory import peak
from tests.support.pictures import (
    GUID,
    XMP_HEADER,
    app1,
    avi,
    blocks,
    chunk,
    exif,
    extended,
    gif,
    gif_xmp,
    itxt,
    jpeg,
    manifest,
    naming,
    png,
    riff,
    riff_chunk,
    seeds,
    segment,
    svg,
    tiff,
    wav,
    webp,
    without_wrapper,
)

PACKET = xmp()
OTHER = xmp("DMI-ALLOWED")
NAMES = frozenset({"datamining"})
TYPES = {"svgz": "image/svg+xml"}  # which its first bytes do not show


def read(data: bytes, *, complete: bool = True, media_type: str = "") -> Asset:
    kind = format_of(media_type, data[:1024])
    assert kind is not None
    return read_asset(data, kind, complete=complete)


def packets(asset: Asset, place: Place = Place.XMP) -> list[bytes]:
    return [packet.data for packet in asset.packets if packet.place is place]


def values(asset: Asset) -> list[str]:
    """The data-mining values of all packets, by their last word."""
    read = [read_xmp(packet, NAMES) for packet in packets(asset)]
    return [each.value.rpartition("/")[2] for xmp in read for each in xmp.properties]


def hidden(asset: Asset) -> set[Place]:
    return {unread.place for unread in asset.unread if unread.place is not None}


GOOD = {
    "JPEG/APP1": jpeg(app1(PACKET)),
    "PNG/iTXt": png(itxt(PACKET)),
    "WEBP/XMP": webp(riff_chunk(b"XMP ", PACKET)),
    "WAV/_PMX": wav(riff_chunk(b"_PMX", PACKET)),
    "AVI/_PMX": avi(riff_chunk(b"_PMX", PACKET)),
    "GIF/XMP": gif(gif_xmp(PACKET)),
    "TIFF/IFD0/700": tiff({700: PACKET}),
}


@pytest.mark.parametrize(("locator", "data"), GOOD.items(), ids=GOOD)
def test_the_packet_as_it_stands_in_the_file(locator: str, data: bytes) -> None:
    asset = read(data)
    assert [(packet.place, packet.locator) for packet in asset.packets] == [(Place.XMP, locator)]
    assert packets(asset) == [PACKET]
    assert asset.unread == ()
    assert asset.complete


@pytest.mark.parametrize(
    "data", [jpeg(), png(), webp(), wav(), avi(), gif(), tiff({256: 1}), svg()], ids=lambda d: str(d[:4])
)
def test_a_file_without_packets(data: bytes) -> None:
    asset = read(data)
    assert (asset.packets, asset.unread, asset.complete) == ((), (), True)


STORES = {
    "JPEG/APP11": jpeg(*manifest()),
    "PNG/caBX": png(chunk(b"caBX", STORE)),
    "WEBP/C2PA": webp(riff_chunk(b"C2PA", STORE)),
    "WAV/C2PA": wav(riff_chunk(b"C2PA", STORE)),
    "TIFF/IFD0/52545": tiff({52545: STORE}),
    "GIF/C2PA_GIF": gif(b"\x21\xff\x0bC2PA_GIF\x01\0\0" + blocks(STORE)),
    "SVG/metadata": seeds()["svg-manifest"],
}


@pytest.mark.parametrize(("locator", "data"), STORES.items(), ids=STORES)
def test_a_manifest_store_is_joined_from_its_parts(locator: str, data: bytes) -> None:
    asset = read(data)
    assert [packet.locator for packet in asset.packets] == [locator]
    assert packets(asset, Place.C2PA) == [STORE]
    assert asset.data is data


# --- prefixes


@pytest.mark.parametrize(("name", "data"), seeds().items(), ids=seeds())
def test_no_prefix_says_more_than_the_file(name: str, data: bytes) -> None:
    whole = read(data, media_type=TYPES.get(name, ""))
    said = values(whole)
    for size in range(1, len(data), max(1, len(data) // 97)):
        part = read_asset(data[:size], whole.format, complete=False)
        assert [each for each in values(part) if each not in said] == [], size
        assert not part.complete or values(part) == said, size


def test_a_jpeg_is_read_when_its_picture_begins() -> None:
    data = jpeg(app1(PACKET))
    asset = read(data[: data.index(b"\x12\x34") + 1], complete=False)
    assert packets(asset) == [PACKET]
    assert asset.complete


@pytest.mark.parametrize(("name", "data"), seeds().items(), ids=seeds())
def test_a_file_cut_short_is_never_silent(name: str, data: bytes) -> None:
    """Of the whole file, so nothing more will come: what was lost is undetermined, or nothing was lost."""
    whole = read(data, media_type=TYPES.get(name, ""))
    for size in range(64, len(data), max(1, len(data) // 97)):
        asset = read_asset(data[:size], whole.format)
        damaged = any(not read_xmp(packet, NAMES).whole for packet in packets(asset))
        if len(values(asset)) < len(values(whole)) and not damaged:
            assert Place.XMP in hidden(asset), size
        if asset.complete:
            assert not hidden(asset)


# --- JPEG


def test_extended_xmp_is_joined() -> None:
    asset = read(jpeg(app1(naming()), *extended(PACKET, part=100)))
    assert [packet.locator for packet in asset.packets] == ["JPEG/APP1", "JPEG/APP1/extended"]
    assert packets(asset)[1] == PACKET
    assert values(asset) == ["DMI-PROHIBITED"]
    assert asset.complete


def test_extended_parts_may_come_in_any_order() -> None:
    parts = extended(PACKET, part=100)
    assert packets(read(jpeg(*reversed(parts), app1(naming()))))[1] == PACKET


@pytest.mark.parametrize("lost", [0, 1, -1])
def test_a_lost_part_of_extended_xmp_is_undetermined(lost: int) -> None:
    parts = extended(PACKET, part=100)
    del parts[lost]
    asset = read(jpeg(app1(naming()), *parts))
    assert hidden(asset) == {Place.XMP}
    assert not asset.complete


def test_extended_xmp_of_an_earlier_edition_is_not_the_files() -> None:
    asset = read(jpeg(app1(naming("F" * 32)), *extended(PACKET)))
    assert packets(asset) == [naming("F" * 32)]
    assert [unread.place for unread in asset.unread] == [None]


def test_extended_xmp_without_a_main_packet() -> None:
    assert hidden(read(jpeg(*extended(PACKET)))) == {Place.XMP}


def test_a_main_packet_in_utf16_names_its_extension() -> None:
    main = b"\xff\xfe" + naming().decode().encode("utf-16-le")
    assert packets(read(jpeg(app1(main), *extended(PACKET))))[1] == PACKET


def test_an_extended_packet_that_is_too_long() -> None:
    part = bytes(60_000)
    parts = [
        segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + struct.pack(">32sII", GUID.encode(), 2**31, at) + part)
        for at in range(0, 60_000 * 160, 60_000)
    ]
    asset = read(jpeg(app1(naming()), *parts))
    assert hidden(asset) == {Place.XMP}
    assert max(len(packet) for packet in packets(asset)) <= jpeg_format.MAX_EXTENDED


def test_several_packets_are_all_heard() -> None:
    asset = read(jpeg(app1(OTHER), exif(), app1(PACKET)))
    assert values(asset) == ["DMI-ALLOWED", "DMI-PROHIBITED"]


def test_a_thumbnails_packet_is_not_the_documents() -> None:
    assert packets(read(jpeg(exif(jpeg(app1(PACKET)))))) == []
    assert packets(read(jpeg() + jpeg(app1(PACKET)))) == []  # a second picture behind the first


@pytest.mark.parametrize("header", [b"XMP\0", b"http://ns.adobe.com/xap/1.0/", b""])
def test_a_packet_under_a_misspelt_name_is_heard(header: bytes) -> None:
    assert values(read(jpeg(segment(0xE1, header + PACKET)))) == ["DMI-PROHIBITED"]


def test_bytes_between_segments_are_skipped_and_told() -> None:
    asset = read(jpeg(b"\0\0\0", app1(PACKET)))
    assert values(asset)[:1] == ["DMI-PROHIBITED"]
    assert not asset.complete
    assert asset.unread


@pytest.mark.parametrize("length", [0, 1])
def test_a_length_too_small_to_be_one(length: int) -> None:
    asset = read(jpeg(segment(0xE2, b"", length), app1(PACKET)))
    assert values(asset) == ["DMI-PROHIBITED"]
    assert hidden(asset) == {Place.XMP}


def test_no_damage_is_forgotten_for_a_later_one() -> None:
    astray = b"\0\0" + XMP_HEADER + PACKET  # a segment without its marker
    assert Place.XMP in hidden(read(jpeg(astray, segment(0xE2, b"", 1))))
    cut = jpeg(b"\0\0", segment(0xE2, b"a" * 90))[:80]
    assert hidden(read(cut)) == {Place.XMP, Place.C2PA}
    assert not read(cut, complete=False).unread


def test_a_picture_that_has_its_end_misses_nothing_behind_damage() -> None:
    asset = read(jpeg(b"\0\0", segment(0xE2, b"a", 0xFFF0)))
    assert [unread.place for unread in asset.unread] == [None]


def test_a_length_that_hides_the_packet() -> None:
    data = jpeg(segment(0xE2, b"abc", 0xFFF0), app1(PACKET))
    assert hidden(read(data)) == {Place.XMP, Place.C2PA}


def test_damage_without_a_trace_of_a_packet_hides_nothing() -> None:
    asset = read(jpeg(segment(0xE2, b"", 0)))
    assert [unread.place for unread in asset.unread] == [None]


def test_a_page_that_calls_itself_a_picture() -> None:
    asset = read_asset(b"<!doctype html><title>Not found</title>", Format.JPEG)
    assert asset.packets == ()
    assert [unread.place for unread in asset.unread] == [None]
    assert asset.complete


def test_segments_are_counted() -> None:
    asset = read(b"\xff\xd8" + segment(0xE5, b"") * (jpeg_format.MAX_SEGMENTS + 1))
    assert hidden(asset) == {Place.XMP, Place.C2PA}


# --- PNG


@pytest.mark.parametrize("compressed", [False, True])
def test_the_packet_behind_the_picture(compressed: bool) -> None:
    assert packets(read(png(after=(itxt(PACKET, compressed=compressed),)))) == [PACKET]


@pytest.mark.parametrize(
    "text",
    [
        chunk(b"iTXt", b"XML:com.adobe.xmp\0" + PACKET),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0" + PACKET),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0en\0" + PACKET),
        chunk(b"tEXt", b"XML:com.adobe.xmp\0" + PACKET),
        chunk(b"zTXt", b"XML:com.adobe.xmp\0\0" + zlib.compress(PACKET)),
        chunk(b"tEXt", b"Raw profile type xmp\0\nxmp\n   %d\n%s\n" % (len(PACKET), PACKET.hex().encode())),
        chunk(
            b"zTXt",
            b"Raw profile type APP1\0\0" + zlib.compress(b"\ngeneric\n 9\n" + (XMP_HEADER + PACKET).hex().encode()),
        ),
    ],
    ids=["no fields", "no names", "no keyword", "tEXt", "zTXt", "digits", "segment in digits"],
)
def test_the_packet_as_careless_programs_write_it(text: bytes) -> None:
    asset = read(png(text))
    assert values(asset) == ["DMI-PROHIBITED"]
    assert asset.complete


def test_packets_in_utf16() -> None:
    for codec in ("utf-16-le", "utf-16-be", "utf-16"):
        asset = read(png(itxt(PACKET.decode().replace("\ufeff", "").encode(codec))))
        assert values(asset) == ["DMI-PROHIBITED"], codec


@pytest.mark.parametrize(
    "text",
    [
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + b"nothing compressed"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(PACKET)[:-20]),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\x09\x09whatever"),
        chunk(b"zTXt", b"Raw profile type xmp\0\0" + b"nothing compressed"),
        chunk(b"tEXt", b"Raw profile type xmp\0" + PACKET),
        chunk(b"tEXt", b"Raw profile type APP1\0what is this"),
        chunk(b"tEXt", b"Raw profile type xmp\0\nxmp\n 40\nzz" + PACKET.hex().encode()),
        chunk(b"tEXt", b"Raw profile type xmp\0\nxmp\n 40\n" + bytes(40).hex().encode()),
        chunk(b"tEXt", b"Raw profile type xmp\0\nxmp\n %d\n" % len(PACKET) + PACKET[:-9].hex().encode()),
        chunk(b"tEXt", b"Raw profile type xmp\0\nxmp\n 40\n" + PACKET.hex().encode().replace(b"3c2f", b"3?2f")),
        chunk(b"tEXt", b"XML:com.adobe.xmp\0" + PACKET + b" " * png_format.MAX_TEXT),
    ],
)
def test_a_packet_that_cannot_be_read_is_undetermined(text: bytes) -> None:
    assert hidden(read(png(text))) == {Place.XMP}


@pytest.mark.parametrize("keyword", [b"xmp", b"APP1"])
@pytest.mark.parametrize("before", [b"", b"Exif\0\0" + bytes(2_000)], ids=["alone", "behind Exif"])
def test_the_packet_anywhere_in_a_profile(keyword: bytes, before: bytes) -> None:
    profile = before + XMP_HEADER + PACKET
    text = b"Raw profile type %s\0\ngeneric\n%8d\n%s\n" % (keyword, len(profile), profile.hex().encode())
    asset = read(png(chunk(b"tEXt", text)))
    assert packets(asset) == [PACKET]
    assert asset.complete


def test_a_packet_in_digits_may_be_in_utf16() -> None:
    wide = PACKET.decode().replace("\ufeff", "").encode("utf-16")
    text = b"Raw profile type xmp\0\nxmp\n%8d\n%s\n" % (len(wide), wide.hex().encode())
    assert values(read(png(chunk(b"tEXt", text)))) == ["DMI-PROHIBITED"]


def test_a_text_without_a_keyword_is_read_where_it_stands() -> None:
    document = b'<rsl xmlns="https://rslstandard.org/rsl"><content url="https://a.example/i.png"/></rsl>'
    assert packets(read(png(chunk(b"tEXt", document))), Place.RSL) == [document]


def test_a_compressed_packet_is_bounded() -> None:
    bomb = itxt(b" " * (64 * 2**20), compressed=True)
    asset, most = peak(lambda: read(png(bomb)))
    assert hidden(asset) == {Place.XMP}
    assert most < 4 * png_format.MAX_TEXT


def test_other_texts_are_no_packets() -> None:
    texts = (
        chunk(b"tEXt", b"DataMining\0Allowed"),
        chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 4\n00000000"),
        chunk(b"tEXt", b"Raw profile type APP1\0\ngeneric\n  10\n" + b"Exif\0\0MM\0*".hex().encode()),
        chunk(b"tEXt", b"Raw profile type APP1\0\ngeneric\n  99\n" + (b"Exif\0\0<?xml " + bytes(20)).hex().encode()),
        chunk(b"tEXt", b"Raw profile type APP1\0\ngeneric\n  4\n01020304"),
        chunk(b"tEXt", b"Raw profile type APP1\0\n"),
    )
    assert read(png(*texts)) == Asset(format=Format.PNG, parts=read(png(*texts)).parts)


def test_an_rsl_document_in_a_text() -> None:
    document = b'<rsl xmlns="https://rslstandard.org/rsl"><content url="https://a.example/i.png"/></rsl>'
    asset = read(png(itxt(document, keyword=b"RSL")))
    assert packets(asset, Place.RSL) == [document]


def test_a_length_beyond_the_file_hides_what_follows() -> None:
    assert hidden(read(png(chunk(b"tIME", b"1234567", 2**31)))) == {Place.XMP, Place.C2PA}


def test_lost_among_the_chunks() -> None:
    broken = png(chunk(b"tIME", b"1234567", 3))
    assert [unread.place for unread in read(broken).unread] == [None]
    assert hidden(read(png(chunk(b"tIME", b"1234567", 3), itxt(PACKET, compressed=True)))) == {Place.XMP}


def test_what_stands_behind_the_last_chunk_is_no_part() -> None:
    asset = read(png() + itxt(PACKET))
    assert asset.packets == ()
    assert asset.complete


# --- RIFF


def test_chunks_without_padding() -> None:
    odd = b"ICMT" + struct.pack("<I", 3) + b"abc"
    assert packets(read(riff(b"WAVE", riff_chunk(b"fmt ", bytes(16)), odd, riff_chunk(b"_PMX", PACKET)))) == [PACKET]


def test_chunks_behind_the_length_that_the_file_gives_itself() -> None:
    assert packets(read(webp() + riff_chunk(b"XMP ", PACKET))) == [PACKET]


def test_a_long_recording() -> None:
    sizes = riff_chunk(b"ds64", struct.pack("<QQQI", 0, 10, 0, 0))
    sound = b"data" + struct.pack("<I", 0xFFFFFFFF) + bytes(10)
    asset = read(riff(b"WAVE", sizes, sound, riff_chunk(b"_PMX", PACKET), word=b"RF64"))
    assert packets(asset) == [PACKET]


def test_an_id3_tag_in_a_recording() -> None:
    asset = read(wav(riff_chunk(b"id3 ", id3(private_frame(PACKET)))))
    assert packets(asset) == [PACKET]


def test_names_of_a_recording() -> None:
    names = riff_chunk(b"LIST", b"INFO" + riff_chunk(b"IART", b"A. Artist\0") + riff_chunk(b"INAM", b"Title\0"))
    code = riff_chunk(b"axml", b"<ebu><dc:identifier>ISRC:FRXXX2300001</dc:identifier></ebu>")
    assert read(wav(names, code)).tags == (("creator_name", "A. Artist"), ("title", "Title"), ("isrc", "FRXXX2300001"))


def test_a_film_of_several_lists() -> None:
    first = avi()
    assert packets(read(first + riff(b"AVIX", riff_chunk(b"_PMX", PACKET)))) == [PACKET]


# --- GIF


def test_a_packet_cut_into_blocks() -> None:
    assert packets(read(gif(gif_xmp(PACKET, in_blocks=True)))) == [PACKET]


def test_a_packet_of_a_gif_longer_than_is_read_is_undetermined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tdm_guard.formats.files.gif.MAX_PACKET", 4_096)
    for in_blocks in (False, True):
        assert hidden(read(gif(gif_xmp(PACKET, in_blocks=in_blocks)))) == set()
        assert hidden(read(gif(gif_xmp(PACKET + b" " * 4_096, in_blocks=in_blocks)))) == {Place.XMP}


def test_a_gif_without_its_last_byte_misses_nothing() -> None:
    assert read(gif(gif_xmp(PACKET), end=b"")).complete


def test_an_unknown_block_hides_what_follows() -> None:
    asset = read(gif(b"\x77", gif_xmp(PACKET)))
    assert hidden(asset) == {Place.XMP}
    assert values(asset) == ["DMI-PROHIBITED"]


# --- TIFF


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_every_layout(order: str, big: bool) -> None:
    assert packets(read(tiff({256: 4, 700: PACKET}, order=order, big=big))) == [PACKET]


def test_pages_speak_for_themselves_and_reduced_pictures_do_not() -> None:
    asset = read(tiff({700: OTHER}, {700: PACKET}, {254: 1, 700: PACKET}))
    assert [packet.locator for packet in asset.packets] == ["TIFF/IFD0/700", "TIFF/IFD1/700"]


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_preview_that_stands_first_has_the_packet_of_the_file(order: str) -> None:
    asset = read(tiff({254: 1, 700: PACKET}, {254: 1, 700: OTHER}, order=order))
    assert [(packet.locator, packet.data) for packet in asset.packets] == [("TIFF/IFD0/700", PACKET)]


def below(*directories: dict[int, bytes | int], big: bool = False) -> bytes:
    """A file whose first directory has the others below it."""
    places = bytes(8 * len(directories)) if big else bytes(4 * len(directories))
    width = 8 if big else 4
    plain = tiff({256: 1, 330: places}, *directories, big=big)
    at, found = (16 if big else 8), []
    for _ in range(len(directories)):
        count = int.from_bytes(plain[at : at + (8 if big else 2)], "little")
        link = at + (8 + 20 * count if big else 2 + 12 * count)
        at = int.from_bytes(plain[link : link + width], "little")
        found.append(at)
    data = bytearray(plain)
    head = 16 if big else 8
    entry = head + (8 + 20 if big else 2 + 12)  # of the second tag
    data[entry + 2 : entry + 4] = (16 if big else 4).to_bytes(2, "little")
    data[entry + 4 : entry + 4 + width] = len(directories).to_bytes(width, "little")
    offsets = b"".join(each.to_bytes(width, "little") for each in found)
    start = entry + 4 + width
    if len(offsets) > width:
        start = int.from_bytes(data[start : start + width], "little")
    data[start : start + len(offsets)] = offsets
    link = head + (8 + 40 if big else 2 + 24)
    data[link : link + width] = bytes(width)
    return bytes(data)


@pytest.mark.parametrize("big", [False, True])
def test_directories_below_another(big: bool) -> None:
    for data in (below({700: PACKET}, big=big), below({254: 1, 700: OTHER}, {700: PACKET}, {256: 1}, big=big)):
        assert packets(read(data)) == [PACKET]
        assert read(data).packets[0].locator.startswith("TIFF/SubIFD")
        assert read(data).complete
    assert packets(read(below({254: 1, 700: PACKET}, big=big))) == []


def test_directories_below_that_are_nowhere_or_in_a_ring_or_too_many() -> None:
    lost = read(tiff({700: PACKET, 330: 2**31}))
    assert packets(lost) == [PACKET]
    assert [unread.place for unread in lost.unread] == [None]
    assert lost.complete
    assert packets(read(tiff({700: PACKET, 330: 8}))) == [PACKET]
    places = b"".join((2**20 + number).to_bytes(4, "little") for number in range(tiff_format.MAX_BELOW + 5))
    many = bytearray(tiff({330: places}))
    many[12:14], many[14:18] = (4).to_bytes(2, "little"), (tiff_format.MAX_BELOW + 5).to_bytes(4, "little")
    assert Place.XMP in hidden(read(bytes(many)))


def test_directories_in_a_ring() -> None:
    asset = read(tiff({700: PACKET}, {256: 1}, last=8))
    assert packets(asset) == [PACKET]


@pytest.mark.parametrize("last", [2**31, 7])
def test_a_directory_that_is_nowhere(last: int) -> None:
    asset = read(tiff({700: PACKET}, last=last))
    assert PACKET in packets(asset)
    assert Place.XMP in hidden(asset) or asset.complete


def test_a_packet_that_is_nowhere() -> None:
    data = tiff({700: PACKET})
    assert hidden(read(data[:-100])) >= {Place.XMP}


def test_directories_are_counted() -> None:
    asset = read(tiff(*({256: 1} for _ in range(tiff_format.MAX_IFDS + 1))))
    assert Place.XMP in hidden(asset)


# --- SVG


def test_rdf_in_a_drawing() -> None:
    assert values(read(svg(without_wrapper(PACKET)))) == ["DMI-PROHIBITED"]
    assert values(read(svg(PACKET))) == ["DMI-PROHIBITED"]
    for data in (
        gzip.compress(svg(PACKET)),
        svg(PACKET).replace(b'<?xml version="1.0"?>', b"").decode().encode("utf-16"),
    ):
        assert values(read(data, media_type="image/svg+xml")) == ["DMI-PROHIBITED"]


def test_prefixes_that_the_drawing_declares() -> None:
    declared = (
        b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    )
    rdf = b'<rdf:RDF><rdf:Description plus:DataMining="DMI-ALLOWED &amp; &lt;"/></rdf:RDF>'
    assert values(read(svg(rdf, attributes=declared))) == ["DMI-ALLOWED & <"]


@pytest.mark.parametrize(
    "doctype",
    [
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">',
        b'<!DOCTYPE svg [<!ENTITY ns_ai "http://ns.adobe.com/AdobeIllustrator/10.0/">]>',
    ],
)
def test_a_document_type_around_a_whole_packet(doctype: bytes) -> None:
    asset = read(svg(without_wrapper(PACKET), before=doctype))
    assert values(asset) == ["DMI-PROHIBITED"]
    assert all(read_xmp(packet, NAMES).problem is None for packet in packets(asset))


def test_a_packet_that_needs_what_is_refused() -> None:
    rdf = b'<rdf:RDF xmlns:rdf="&r;"><rdf:Description/></rdf:RDF>'
    asset = read(svg(rdf, before=b'<!DOCTYPE svg [<!ENTITY r "http://www.w3.org/1999/02/22-rdf-syntax-ns#">]>'))
    assert not read_xmp(packets(asset)[0], NAMES).whole


def test_a_drawing_in_a_drawing() -> None:
    """A picture inside is another work; its packet is in base64 and not looked at."""
    assert read(svg(b"<desc>RDF</desc>")).packets == ()


# --- all of them


def mutated(data: bytes, cuts: list[tuple[int, bytes]]) -> bytes:
    out = bytearray(data)
    for place, replacement in cuts:
        at = place % (len(out) + 1)
        out[at : at + len(replacement)] = replacement
    return bytes(out)


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(seeds())),
    st.lists(st.tuples(st.integers(0, 2**16), st.binary(min_size=1, max_size=4)), max_size=6),
    st.integers(0, 2**16),
    st.booleans(),
)
def test_no_bytes_make_a_reader_raise(name: str, cuts: list[tuple[int, bytes]], size: int, complete: bool) -> None:
    good = seeds()[name]
    data = mutated(good, cuts)
    data = data[: size % (len(data) + 1)] if size % 3 == 0 else data
    kind = read(good, media_type=TYPES.get(name, "")).format
    asset = read_asset(data, kind, complete=complete)
    assert len(asset.packets) <= 200
    assert not (asset.complete and hidden(asset))
    for packet in asset.packets:
        read_xmp(packet.data, NAMES)


@settings(max_examples=200)
@given(st.sampled_from(list(seeds())), st.binary(max_size=300))
def test_noise_is_read_in_every_format(name: str, noise: bytes) -> None:
    kind = read(seeds()[name], media_type=TYPES.get(name, "")).format
    read_asset(seeds()[name][:12] + noise, kind)
    read_asset(noise, kind, complete=False)


def test_a_big_picture_is_not_copied() -> None:
    for data in (
        jpeg(app1(PACKET), picture=bytes(5 * 2**20)),
        png(itxt(PACKET), after=(chunk(b"IDAT", bytes(5 * 2**20)),)),
        webp(riff_chunk(b"VP8 ", bytes(5 * 2**20)), riff_chunk(b"XMP ", PACKET)),
        tiff({273: bytes(5 * 2**20), 700: PACKET}),
    ):
        read(data)
        found, most = peak(lambda data=data: packets(read(data)))
        assert found == [PACKET]
        assert most < 64 * 2**10


@pytest.mark.parametrize(
    "hostile",
    [
        lambda n: jpeg(segment(0xE1, b"<" * 60_000) * n),
        lambda n: png(*[itxt(b"<?xpacket " + b"<x:" * 20_000)] * n),
        lambda n: gif(b"\x21\xfe" + b"\x01a" * 2_000 * n + b"\0"),
        lambda n: riff(b"WAVE", *[riff_chunk(b"LIST", b"INFO" + b"IART\0\0\0\0" * 100)] * 10 * n),
        lambda n: tiff({700: b"<rdf:RDF" * 1_000 * n}),
        lambda n: svg(b"<rdf:RDF" * 1_000 * n),
        lambda n: svg(b"<!--" * 1_000 * n + b"RDF"),
    ],
    ids=["jpeg", "png", "gif", "riff", "tiff", "svg", "svg comments"],
)
def test_hostile_files_take_linear_time(hostile: Callable[[int], bytes]) -> None:
    def look(length: int) -> None:
        for packet in read(hostile(length)).packets:
            read_xmp(packet.data, NAMES)

    assert grows_linearly(look, 112)


@pytest.mark.parametrize("packet", [PACKET, OTHER])
def test_a_chunk_whose_name_is_padded_by_nul_is_heard(packet: bytes) -> None:
    """As ImageMagick 6 writes it into WebP."""
    asset = read(webp(riff_chunk(b"XMP\0", packet), riff_chunk(b"ICCP", b"abc")))
    assert asset == read(webp(riff_chunk(b"XMP ", packet), riff_chunk(b"ICCP", b"abc")))
    assert (packets(asset), asset.packets[0].locator, asset.unread) == ([packet], "WEBP/XMP", ())


def test_a_name_that_is_mostly_nul_is_none() -> None:
    assert hidden(read(webp(riff_chunk(b"XM\0\0", PACKET))))


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        (b"FRX761234567\0", [("isrc", "FRX761234567")]),
        (b"FR-X76-12-34567; USRC17607839", [("isrc", "FRX761234567"), ("isrc", "USRC17607839")]),
        (b"A museum that lent the tape\0", []),  # what the RIFF specification means by this chunk
    ],
)
def test_an_isrc_in_the_info_of_a_wav_file(text: bytes, tags: list[tuple[str, str]]) -> None:
    info = riff_chunk(b"LIST", b"INFO" + riff_chunk(b"ISRC", text))
    assert list(read_asset(wav(info), Format.WAV, complete=True).tags) == tags
