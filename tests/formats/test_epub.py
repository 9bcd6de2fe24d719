"""EPUB: package documents and identifiers, out of archives whole, cut, damaged and hostile."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files import zip_archive
from tdm_guard.formats.files.asset import Asset, Place, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tests.support.documents import RESERVED, STORE, container, epub, opf

PACKAGE = opf(RESERVED)
DUBLIN = (
    '<dc:title>A  Book</dc:title><dc:creator id="a">Ann Author</dc:creator><dc:creator>Bob</dc:creator>'
    "<dc:publisher>House</dc:publisher><dc:identifier>urn:isbn:9782070408504</dc:identifier>"
    '<dc:identifier opf:scheme="ISBN">2070408507</dc:identifier><dc:identifier>978-2-07-040850-4</dc:identifier>'
    "<dc:identifier>urn:uuid:5e8c5d04-7f0a-4b1b-9b6d-000000000000</dc:identifier>"
    "<dc:identifier>doi:10.1000/182</dc:identifier><dc:source>urn:isbn:9780000000002</dc:source>"
    "<dc:rights>All rights reserved</dc:rights>"
)


def read(data: bytes, *, complete: bool = True) -> Asset:
    return read_asset(data, Format.EPUB, complete=complete)


def hidden(asset: Asset) -> set[Place | None]:
    return {unread.place for unread in asset.unread}


def reserving(asset: Asset) -> list[str]:
    return [packet.locator for packet in asset.packets if b"tdm:reservation" in packet.data]


@pytest.mark.parametrize("path", ["OEBPS/p.opf", "p.opf", "a/b/c d/é.opf", "EPUB/package.xml"])
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_the_package_document_that_the_container_names(path: str, method: int) -> None:
    asset = read(epub({path: PACKAGE}, method=method))
    assert reserving(asset) == [f"EPUB/{path}"]
    assert asset.unread == ()
    assert asset.complete


def test_version_2_has_its_own_form_and_the_packet_is_as_written() -> None:
    meta = '<meta name="tdm:reservation" content="1"/>'
    asset = read(epub({"p.opf": opf(meta, version="2.0")}))
    assert meta.encode() in asset.packets[0].data


def test_identifiers_of_the_book() -> None:
    assert read(epub({"p.opf": opf(DUBLIN)})).tags == (
        ("title", "A Book"),
        ("creator_name", "Ann Author"),
        ("creator_name", "Bob"),
        ("publisher", "House"),
        ("isbn", "9782070408504"),
        ("isbn", "2070408507"),
        ("isbn", "978-2-07-040850-4"),
        ("doi", "10.1000/182"),
        ("isbn", "9780000000002"),
    )


def test_the_manifest_is_left_out_unless_its_beginning_is_in_doubt() -> None:
    assert b"<manifest>" not in read(epub({"p.opf": opf(RESERVED, items=500)})).packets[0].data
    doubtful = opf("<!-- </metadata> -->" + RESERVED)
    assert read(epub({"p.opf": doubtful})).packets[0].data == doubtful


def test_an_rsl_document_comes_with_the_package() -> None:
    rsl = '<rsl:rsl xmlns:rsl="https://rslstandard.org/rsl"><rsl:content url="https://b.example/"/></rsl:rsl>'
    assert rsl.encode() in read(epub({"p.opf": opf(rsl)})).packets[0].data


def test_every_rendition_is_read() -> None:
    asset = read(epub({"one/p.opf": opf(), "two/p.opf": PACKAGE}))
    assert [packet.locator for packet in asset.packets] == ["EPUB/one/p.opf", "EPUB/two/p.opf"]


def test_both_of_two_entries_of_one_name_are_read() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = epub({"p.opf": PACKAGE}, extra=[("p.opf", opf())])
    assert len(read(data).packets) == 2


@pytest.mark.parametrize(
    ("named", "there"),
    [("OEBPS/p%20q.opf", "OEBPS/p q.opf"), ("oebps/P.OPF", "OEBPS/p.opf"), ("/OEBPS/p.opf", "OEBPS/p.opf"),
     ("./OEBPS/../OEBPS/p.opf", "OEBPS/p.opf"), ("OEBPS/package.XML", "OEBPS/Package.xml")],
)  # fmt: skip
def test_paths_spelled_in_another_way(named: str, there: str) -> None:
    asset = read(epub({there: PACKAGE}, with_container=container(named)))
    assert len(reserving(asset)) == 1
    assert asset.unread == ()


def test_without_a_container_the_package_documents_are_searched_for() -> None:
    for broken in (b"", b"<container", b"<!DOCTYPE x [<!ENTITY a 'b'>]><container/>", container()):
        assert reserving(read(epub(with_container=broken))) == ["EPUB/OEBPS/p.opf"]


def test_other_rootfiles_are_no_package_documents() -> None:
    asset = read(
        epub({"p.opf": PACKAGE, "b.pdf": b"%PDF-"}, with_container=container("b.pdf", media_type="application/pdf"))
    )
    assert [packet.locator for packet in asset.packets] == ["EPUB/p.opf"]


def test_a_missing_package_document_is_undetermined() -> None:
    assert hidden(read(epub({}, with_container=container("p.opf")))) == {Place.OPF}
    assert hidden(read(epub({}))) == {Place.OPF}


def test_a_manifest_store() -> None:
    asset = read(epub(extra=[("META-INF/content_credential.c2pa", STORE)]))
    assert [packet.data for packet in asset.packets if packet.place is Place.C2PA] == [STORE]
    assert asset.data


def test_an_encrypted_package_document_is_undetermined_and_encrypted_fonts_are_not() -> None:
    encryption = '<encryption><CipherReference URI="{}"/></encryption>'
    font = read(epub(extra=[("META-INF/encryption.xml", encryption.format("OEBPS/f.otf").encode())]))
    assert font.unread == ()
    package = read(epub(extra=[("META-INF/encryption.xml", encryption.format("OEBPS/p.opf").encode())]))
    assert hidden(package) == {Place.OPF}
    locked = bytearray(epub())
    at = locked.index(b"PK\x01\x02", locked.index(b"OEBPS/p.opf"))
    while not locked[at + 46 :].startswith(b"OEBPS/p.opf"):
        at = locked.index(b"PK\x01\x02", at + 1)
    locked[at + 8] |= 1
    assert hidden(read(bytes(locked))) == {Place.OPF}


def test_bytes_before_and_behind_the_archive() -> None:
    asset = read(b"PK\x03\x04"[:0] + b"#!/bin/sh\n" * 50 + epub() + b"\0" * 100)
    assert reserving(asset) == ["EPUB/OEBPS/p.opf"]


def test_a_zip64_archive() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("META-INF/container.xml", container("p.opf"))
        with book.open("p.opf", "w", force_zip64=True) as entry:
            entry.write(PACKAGE)
    data = out.getvalue()
    end = data.rindex(b"PK\x05\x06")
    count, size, offset = struct.unpack_from("<HII", data, end + 10)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
    wide = data[:end] + record + locator + tail
    assert len(zipfile.ZipFile(io.BytesIO(wide)).namelist()) == 2
    assert reserving(read(wide)) == ["EPUB/p.opf"]


def test_an_entry_beyond_every_file() -> None:
    data = bytearray(epub({"p.opf": PACKAGE}))
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"p.opf") + 1)
    data[at + 42 : at + 46] = b"\xff\xff\xff\xff"
    size = struct.unpack_from("<H", data, at + 28)[0]
    data[at + 30 : at + 32] = struct.pack("<H", 12)
    data[at + 46 + size : at + 46 + size] = struct.pack("<HHQ", 1, 8, 2**64 - 1)
    end = data.rindex(b"PK\x05\x06")
    struct.pack_into("<I", data, end + 12, struct.unpack_from("<I", data, end + 12)[0] + 12)
    assert hidden(read(bytes(data))) == {Place.OPF}


def test_an_archive_cut_short_gives_what_it_has_and_is_undetermined() -> None:
    data = epub(chapters=30)
    asset = read(data[: len(data) // 2])
    assert reserving(asset) == ["EPUB/OEBPS/p.opf"]
    assert hidden(asset) == {Place.OPF, Place.C2PA}


def test_a_prefix_gives_the_package_document_that_lies_in_it() -> None:
    data = epub(chapters=30)
    asset = read(data[: len(data) // 2], complete=False)
    assert reserving(asset) == ["EPUB/OEBPS/p.opf"]
    assert asset.unread == ()
    assert not asset.complete
    assert read(data[:60], complete=False).packets == ()


def test_a_prefix_whose_sizes_follow_the_data() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.body = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.body += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("META-INF/container.xml", container("p.opf"))
        book.writestr("p.opf", PACKAGE)
        book.writestr("text.xhtml", "words " * 5_000)
    assert reserving(read(pipe.body)) == ["EPUB/p.opf"]
    assert reserving(read(pipe.body[:-200], complete=False)) == ["EPUB/p.opf"]


def test_a_bomb_is_bounded_and_undetermined() -> None:
    asset = read(epub({"p.opf": PACKAGE + b" " * (16 * 2**20)}))
    assert hidden(asset) == {Place.OPF}
    assert reserving(asset) == ["EPUB/p.opf"], "what stands before the bound is heard"


def test_a_damaged_entry_gives_what_stands_before_the_damage() -> None:
    noise = "".join(f"<dc:subject>{zlib.crc32(bytes([n])):x}{n * 7919}</dc:subject>" for n in range(250))
    data = bytearray(epub({"p.opf": opf(RESERVED + noise)}))
    start = data.index(b"p.opf") + 5
    data[start + 1_500 : start + 1_600] = b"\xff" * 100
    asset = read(bytes(data))
    assert hidden(asset) >= {Place.OPF}
    assert reserving(asset) == ["EPUB/p.opf"]


def test_a_wrong_checksum_and_an_unknown_method_are_undetermined() -> None:
    data = epub({"p.opf": PACKAGE}, method=zipfile.ZIP_STORED)
    assert hidden(read(data.replace(b'reservation">1', b'reservation">0'))) == {Place.OPF}
    assert hidden(read(epub({"p.opf": PACKAGE}, method=zipfile.ZIP_LZMA))) == {Place.OPF, None}


def test_many_entries_are_bounded() -> None:
    data = epub({"p.opf": PACKAGE})
    end = data.rindex(b"PK\x05\x06")
    size, offset = struct.unpack_from("<II", data, end + 12)
    directory = data[offset:end]
    first = directory[: directory.index(b"PK\x01\x02", 4)]
    record = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, size + len(first) * 70_000, offset, 0)
    asset = read(data[:offset] + first * 70_000 + directory + record)
    assert reserving(asset) == ["EPUB/p.opf"]
    assert hidden(asset) == {Place.OPF, Place.C2PA}


def test_many_package_documents_are_bounded() -> None:
    asset = read(epub({f"{number}.opf": opf() for number in range(40)}))
    assert len(asset.packets) == 16
    assert hidden(asset) == {Place.OPF}


def test_other_archives_are_no_books() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "x")
    assert format_of("application/zip", out.getvalue()) is None
    assert format_of("application/octet-stream", epub()) is Format.EPUB


@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1), st.binary()),
        max_size=8,
    )
)
@settings(max_examples=80)
def test_the_walk_finds_what_zipfile_finds(files: list[tuple[str, bytes]]) -> None:
    unique = dict(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in unique.items():
            archive.writestr(name, body)
    data = out.getvalue()
    listing = zip_archive.entries(data, lambda _: True)
    found = {entry.name: zip_archive.extract(data, entry, 2**20) for entry in listing.entries}
    with zipfile.ZipFile(out) as archive:
        assert {name: extract.body for name, extract in found.items()} == {
            n: archive.read(n) for n in archive.namelist()
        }
    assert {extract.problem for extract in found.values()} <= {None}


@given(st.data())
@settings(max_examples=150)
def test_no_change_of_bytes_makes_it_raise(data: st.DataObject) -> None:
    changed = bytearray(epub({"p.opf": opf(DUBLIN + RESERVED)}, extra=[("META-INF/content_credential.c2pa", STORE)]))
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(changed), complete=data.draw(st.booleans()))


@given(st.binary(max_size=300))
@settings(max_examples=80)
def test_no_bytes_make_it_raise(body: bytes) -> None:
    read(b"PK\x03\x04" + body)
    read(body + b"PK\x05\x06" + body[:18].ljust(18, b"\0"))
    read(epub({"p.opf": body}))
    read(epub(with_container=body))
