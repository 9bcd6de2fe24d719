"""Office and OpenDocument, AIFF, APE tags, Matroska, compressed boxes of JPEG XL: what they say, and where they end."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import UTC, datetime

import brotli
import pytest

from tdm_guard import Verdict, evaluate
from tdm_guard.formats.files.asset import Place, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tests.support.documents import (
    STORE,
    box,
    epub,
    full_box,
    id3,
    mp3,
    mp4,
    opf,
    private_frame,
    text_frame,
    xmp,
)
from tests.support.documents import ilst as items_of
from tests.support.pictures import riff_chunk, wav

CREATOR = "<dc:creator>Ann</dc:creator>"

CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Essai</dc:title><dc:creator>Marie</dc:creator></cp:coreProperties>'
)


def zipped(*entries: tuple[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in entries:
            archive.writestr(zipfile.ZipInfo(name), body)
    return out.getvalue()


def docx(*more: tuple[str, bytes | str]) -> bytes:
    return zipped(
        ("[Content_Types].xml", "<Types/>"), ("docProps/core.xml", CORE), ("word/document.xml", "<w/>"), *more
    )


def odt(*more: tuple[str, bytes | str]) -> bytes:
    return zipped(("mimetype", "application/vnd.oasis.opendocument.text"), ("meta.xml", CORE), *more)


def aiff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"AIFF" + b"".join(
        name + struct.pack(">I", len(content)) + content + b"\0" * (len(content) % 2)
        for name, content in ((b"COMM", bytes(18)), *chunks, (b"SSND", bytes(40)))
    )
    return b"FORM" + struct.pack(">I", len(body)) + body


def ape_tag(*items: tuple[str, str], header: bool = True) -> bytes:
    body = b"".join(
        struct.pack("<II", len(value.encode()), 0) + name.encode() + b"\0" + value.encode() for name, value in items
    )

    def ends(flags: int) -> bytes:
        return b"APETAGEX" + struct.pack("<IIII", 2_000, len(body) + 32, len(items), flags) + bytes(8)

    return (ends(0xA0000000) if header else b"") + body + ends(0x80000000 if header else 0)


def element(identifier: int, *content: bytes, unknown: bool = False) -> bytes:
    body = b"".join(content)
    name = identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")
    size = b"\x01" + b"\xff" * 7 if unknown else (len(body) | 1 << 56).to_bytes(8, "big")
    return name + size + body


def tags(**values: str) -> bytes:
    simple = [element(0x67C8, element(0x45A3, k.encode()), element(0x4487, v.encode())) for k, v in values.items()]
    return element(0x1254C367, element(0x7373, *simple))


def webm(*content: bytes, unknown: bool = False) -> bytes:
    return element(0x1A45DFA3, element(0x4282, b"webm")) + element(0x18538067, *content, unknown=unknown)


def names(count: int, name: bytes = b"IART") -> bytes:
    return riff_chunk(b"LIST", b"INFO" + riff_chunk(name, b"Ann\0") * count)


def ilst(*items: tuple[bytes, str]) -> bytes:
    return box(b"udta", full_box(b"meta", full_box(b"hdlr", bytes(20)), items_of(*items)))


@pytest.mark.parametrize("data", [docx(), odt()], ids=["docx", "odt"])
def test_a_silent_document_is_read_whole_and_names_its_creator(data: bytes) -> None:
    assert format_of("", data[:1024]) is Format.OFFICE
    asset = read_asset(data, Format.OFFICE)
    assert (asset.packets, asset.unread, asset.complete) == ((), (), True)
    assert asset.tags == (("creator_name", "Marie"), ("title", "Essai"))


def test_a_manifest_in_a_document_is_a_packet() -> None:
    asset = read_asset(docx(("META-INF/content_credential.c2pa", STORE)), Format.OFFICE)
    assert [(p.place, p.data) for p in asset.packets] == [(Place.C2PA, STORE)]


def test_xmp_in_a_document_is_heard() -> None:
    data = odt(("META-INF/metadata.xml", xmp()))
    fields = [("content-type", "application/vnd.oasis.opendocument.text")]
    options = {"usages": {"tdm"}, "agent": "ExampleBot", "unread": "ignore", "now": datetime(2026, 11, 28, tzinfo=UTC)}
    decision = evaluate("https://a.example/x.odt", headers=fields, body=data, **options)  # type: ignore[arg-type]
    assert decision.verdict is Verdict.RESERVED


@pytest.mark.parametrize("main", ["word/document.xml", "xl/workbook.xml", "ppt/presentation.xml"])
@pytest.mark.parametrize("content_type", ["", "application/octet-stream", "application/zip"])
def test_office_files_of_each_kind_are_heard(main: str, content_type: str) -> None:
    silent = (("[Content_Types].xml", "<Types/>"), ("docProps/core.xml", CORE), (main, "<w/>"))
    assert judged(zipped(*silent), content_type) is Verdict.UNRESERVED
    assert judged(zipped(*silent, ("docProps/xmp.xml", xmp())), content_type) is Verdict.RESERVED


@pytest.mark.parametrize("kind", ["text", "spreadsheet", "presentation", "graphics"])
@pytest.mark.parametrize("content_type", ["", "application/octet-stream"])
def test_opendocument_files_of_each_kind_are_heard(kind: str, content_type: str) -> None:
    silent = (("mimetype", f"application/vnd.oasis.opendocument.{kind}"), ("meta.xml", CORE))
    assert judged(zipped(*silent), content_type) is Verdict.UNRESERVED
    assert judged(zipped(*silent, ("META-INF/metadata.xml", xmp())), content_type) is Verdict.RESERVED


def judged(data: bytes, content_type: str) -> Verdict:
    options = {"usages": {"tdm"}, "agent": "ExampleBot", "unread": "ignore", "now": datetime(2026, 11, 28, tzinfo=UTC)}
    fields = [("content-type", content_type)] if content_type else []
    return evaluate("https://a.example/x", headers=fields, body=data, **options).verdict  # type: ignore[arg-type]


def test_a_document_that_is_cut_short_is_undetermined() -> None:
    data = docx(("media.bin", bytes(5_000)))[:-200]
    asset = read_asset(data, Format.OFFICE)
    assert {unread.place for unread in asset.unread} == {Place.C2PA, Place.XMP, Place.RSL}
    assert not asset.complete


def _with_end(data: bytes, *, count: int | None = None, drop: int = 0) -> bytes:
    """The archive with another count in its end record, or without the last records of its directory."""
    end = data.rindex(b"PK\5\6")
    total, size, offset = struct.unpack_from("<HII", data, end + 10)
    stop = end
    for _ in range(drop):
        stop = data.rindex(b"PK\1\2", 0, stop)
    count = total if count is None else count
    return data[:stop] + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, size - (end - stop), offset, 0)


@pytest.mark.parametrize("drop", [1, 2, 4])
def test_a_directory_that_lacks_entries_is_undetermined_and_they_are_looked_for(drop: int) -> None:
    asset = read_asset(_with_end(docx(("word/x.xmp", xmp())), drop=drop), Format.OFFICE)
    assert [packet.data for packet in asset.packets] == [xmp()]
    assert {unread.place for unread in asset.unread} == {Place.C2PA, Place.XMP, Place.RSL}
    assert "entries of 4" in asset.unread[0].message


def test_a_directory_that_lists_nothing_is_undetermined() -> None:
    asset = read_asset(_with_end(docx(("word/x.xmp", xmp())), drop=4, count=0), Format.OFFICE)
    assert not asset.complete


def test_a_damaged_directory_is_a_doubt_of_every_kind() -> None:
    data = docx()
    at = data.rindex(b"PK\1\2")
    asset = read_asset(data[:at] + b"PK\1\3" + data[at + 4 :], Format.OFFICE)
    assert {unread.place for unread in asset.unread} == {Place.C2PA, Place.XMP, Place.RSL}
    assert ("title", "Essai") in asset.tags


def test_a_count_of_entries_that_is_too_small_hides_nothing() -> None:
    asset = read_asset(_with_end(docx(("word/x.xmp", xmp())), count=1), Format.OFFICE)
    assert (asset.complete, asset.unread) == (True, ())
    assert [packet.data for packet in asset.packets] == [xmp()]


def test_as_many_entries_as_are_looked_at_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tdm_guard.formats.files.zip_archive.MAX_ENTRIES", 3)
    assert read_asset(docx(), Format.OFFICE).complete
    assert not read_asset(docx(("a.txt", "")), Format.OFFICE).complete


def test_a_plain_archive_is_no_document() -> None:
    assert format_of("application/zip", zipped(("a.txt", "x"))[:1024]) is None


def test_aiff_speaks_in_its_id3_tag() -> None:
    data = aiff((b"NAME", b"Song"), (b"ID3 ", id3(private_frame(xmp()), text_frame(b"TSRC", "FRZ039800212"))))
    assert format_of("", data[:1024]) is Format.AIFF
    asset = read_asset(data, Format.AIFF)
    assert [(p.place, p.locator) for p in asset.packets] == [(Place.XMP, "AIFF/ID3/PRIV")]
    assert asset.tags == (("title", "Song"), ("isrc", "FRZ039800212"))


def test_aiff_speaks_in_an_application_chunk() -> None:
    asset = read_asset(aiff((b"APPL", b"XMP " + xmp())), Format.AIFF)
    assert [p.data for p in asset.packets] == [xmp()]


def test_aiff_without_packets_is_silent_and_one_that_is_cut_is_not() -> None:
    assert read_asset(aiff(), Format.AIFF).complete
    cut = read_asset(aiff((b"ID3 ", id3(private_frame(xmp()))))[:-60], Format.AIFF)
    assert Place.XMP in {unread.place for unread in cut.unread}
    assert read_asset(aiff()[:-10], Format.AIFF, complete=False).unread == ()


@pytest.mark.parametrize("start", [b"MAC \x96\x0f", b"wvpk", b"MPCK"])
@pytest.mark.parametrize("header", [True, False])
def test_an_ape_tag_names_the_recording(start: bytes, header: bool) -> None:
    data = start + bytes(400) + ape_tag(("ISRC", "FRZ039800212"), ("Artist", "A\0B"), header=header)
    assert format_of("", data[:1024]) is Format.APE
    expected = (("isrc", "FRZ039800212"), ("creator_name", "A"), ("creator_name", "B"))
    assert read_asset(data, Format.APE).tags == expected
    assert read_asset(data + b"TAG" + bytes(125), Format.APE).tags == expected


def test_an_ape_tag_at_the_end_of_an_mp3_is_read() -> None:
    assert read_asset(mp3(tail=ape_tag(("ISRC", "FRZ039800212"))), Format.MP3).tags == (("isrc", "FRZ039800212"),)


def test_an_ape_tag_that_lies_about_its_size_is_no_fault() -> None:
    tag = bytearray(ape_tag(("ISRC", "FRZ039800212"), header=False))
    tag[0:4] = b"\xff\xff\xff\xff"
    assert read_asset(b"MAC " + bytes(40) + bytes(tag), Format.APE).tags == (("isrc", "FRZ039800212"),)


@pytest.mark.parametrize("unknown", [True, False])
def test_the_tags_of_matroska_name_the_recording(unknown: bool) -> None:
    cluster = element(0x1F43B675, element(0xE7, b"\0"), element(0xA3, bytes(200)), unknown=unknown)
    data = webm(cluster, tags(ISRC="FRZ039800212", TITLE="Song", ENCODER="x"), unknown=unknown)
    assert format_of("", data[:1024]) is Format.MATROSKA
    assert read_asset(data, Format.MATROSKA).tags == (("isrc", "FRZ039800212"), ("title", "Song"))


def test_matroska_without_tags_is_not_awaited_for_ever() -> None:
    film = webm(element(0x1F43B675, bytes(2**20 + 100)))
    assert not read_asset(film[: 2**19], Format.MATROSKA, complete=False).complete
    assert read_asset(film[: 2**20 + 1], Format.MATROSKA, complete=False).complete


def brob(kind: bytes, content: bytes) -> bytes:
    return box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl ", bytes(4)) + box(b"brob", kind, brotli.compress(content))


def test_a_compressed_box_of_jpeg_xl_is_heard() -> None:
    asset = read_asset(brob(b"xml ", xmp()), Format.BMFF)
    assert [(p.place, p.data) for p in asset.packets] == [(Place.XMP, xmp())]
    asset = read_asset(brob(b"jumb", STORE[8:]), Format.BMFF)
    assert [(p.place, p.data) for p in asset.packets] == [(Place.C2PA, STORE)]


def test_a_compressed_box_is_bounded() -> None:
    asset = read_asset(brob(b"xml ", xmp() + b" " * 2**22), Format.BMFF)
    assert len(asset.packets[0].data) <= 2**20
    assert {unread.place for unread in asset.unread} == {Place.XMP}


def test_without_the_package_the_box_is_undetermined_and_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tdm_guard.formats.files.brob.optional", lambda *names: None)
    asset = read_asset(brob(b"xml ", xmp()), Format.BMFF)
    assert "pip install brotli" in asset.unread[0].message
    assert (asset.unread[0].place, asset.complete) == (Place.XMP, False)


@pytest.mark.parametrize(
    ("kind", "few", "many"),
    [
        (Format.APE, b"MAC " + ape_tag(*[("Title", "x")] * 512), b"MAC " + ape_tag(*[("Title", "x")] * 513)),
        (Format.APE, b"MAC " + ape_tag(("Title", "x\0" * 15 + "x")), b"MAC " + ape_tag(("Title", "x\0" * 16 + "x"))),
        (Format.MP3, mp3(tail=ape_tag(("Title", "x"))), mp3(tail=ape_tag(*[("Title", "x")] * 513))),
        (Format.AIFF, aiff(*[(b"NAME", b"title")] * 64), aiff(*[(b"NAME", b"title")] * 65)),
        (Format.MATROSKA, webm(*[tags(TITLE="x")] * 512), webm(*[tags(TITLE="x")] * 513)),
        (Format.MATROSKA, webm(element(0xEC) * 90_000), webm(element(0xEC) * 100_001)),
        (Format.WAV, wav(names(60)), wav(names(70))),
        (Format.WAV, wav(*[names(1)] * 60), wav(*[names(1)] * 70)),
        (Format.WAV, wav(names(600, b"ICMT")), wav(names(1_100, b"ICMT"))),
        (Format.BMFF, mp4(movie=ilst(*[(b"\xa9nam", "x")] * 512)), mp4(movie=ilst(*[(b"\xa9nam", "x")] * 513))),
        (Format.EPUB, epub({"p.opf": opf(CREATOR * 64)}), epub({"p.opf": opf(CREATOR * 65)})),
    ],
)
def test_more_names_than_are_read_are_told(kind: Format, few: bytes, many: bytes) -> None:
    asset = read_asset(few, kind)
    assert (asset.unread, asset.complete) == ((), True)
    asset = read_asset(many, kind)
    assert [unread.place for unread in asset.unread][:1] == [None]
    assert "more names" in asset.unread[0].message
    assert asset.complete


def test_every_creator_of_a_document_is_a_name_and_damaged_properties_are_told() -> None:
    creators = "".join(f"<dc:creator>{number}</dc:creator>" for number in range(40))
    asset = read_asset(
        docx(("docProps/app.xml", CORE.replace("<dc:creator>Marie</dc:creator>", creators))), Format.OFFICE
    )
    assert len([value for key, value in asset.tags if key == "creator_name"]) == 41
    asset = read_asset(docx(("docProps/app.xml", CORE[:-20])), Format.OFFICE)
    assert ([unread.place for unread in asset.unread], asset.complete) == ([None], True)
