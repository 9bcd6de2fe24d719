"""PDF: the catalogue's metadata, by every way that leads to it, and what cannot be reached."""

from __future__ import annotations

import builtins
import io
import struct
import sys
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files.asset import Asset, Place, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tdm_guard.formats.files.pdf_filters import decode
from tdm_guard.formats.files.pdf_objects import Name, PdfError, Reference, parse
from tests.support.documents import STORE, classic_pdf, pdf, pdf_object, pdf_stream, tdm_xmp
from tests.support.growth import calls, grows_linearly

PACKET = tdm_xmp()
OTHER = tdm_xmp("0")
OBJECT_STREAMS = pikepdf.ObjectStreamMode.generate


def read(data: bytes, *, complete: bool = True) -> Asset:
    return read_asset(data, Format.PDF, complete=complete)


def packets(asset: Asset, place: Place = Place.XMP) -> list[bytes]:
    return [packet.data for packet in asset.packets if packet.place is place]


def hidden(asset: Asset) -> set[Place | None]:
    return {unread.place for unread in asset.unread}


def written(packet: bytes | None = PACKET, *, pages: int = 3, fill: bytes = b"", **save: Any) -> bytes:
    """A file by another writer."""
    document = pikepdf.Pdf.new()
    for _ in range(pages):
        document.add_blank_page()
    if fill:
        document.Root.Fill = document.make_stream(fill)
    if packet is not None:
        document.Root.Metadata = document.make_stream(packet, Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
    out = io.BytesIO()
    document.save(out, **save)
    return out.getvalue()


def encryption(user: str = "", **options: Any) -> pikepdf.Encryption:
    return pikepdf.Encryption(owner="owner", user=user, **options)


ENCRYPTED = written(encryption=encryption())
ENCRYPTED_PLAIN = written(None, encryption=encryption())
ENCRYPTED_OPEN = written(encryption=encryption("user", metadata=False))
SEEDS = [
    pdf(PACKET, info="/Title (A) /doi (10.1000/182)"),
    written(object_stream_mode=OBJECT_STREAMS),
    written(linearize=True),
    ENCRYPTED,
]


@pytest.fixture
def without_pikepdf(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pikepdf"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pikepdf", None)


@pytest.mark.parametrize(
    "save",
    [
        {},
        {"object_stream_mode": OBJECT_STREAMS},
        {"linearize": True},
        {"linearize": True, "object_stream_mode": OBJECT_STREAMS},
        {"compress_streams": False},
        {"encryption": encryption()},
        {"encryption": encryption(R=4)},
        {"encryption": encryption(R=3, aes=False, metadata=False)},
        {"encryption": encryption(), "object_stream_mode": OBJECT_STREAMS},
        {"encryption": encryption("user", metadata=False)},
        {"encryption": encryption("user", metadata=False), "object_stream_mode": OBJECT_STREAMS},
    ],
    ids=str,
)
def test_metadata_of_files_by_another_writer(save: dict[str, Any]) -> None:
    asset = read(written(**save))
    assert [packet.locator for packet in asset.packets] == ["PDF/Catalog/Metadata"]
    assert b"tdm:reservation>1<" in packets(asset)[0]
    assert asset.unread == ()
    assert asset.complete


@pytest.mark.parametrize(
    "data",
    [
        pdf(PACKET),
        pdf(PACKET, eol=b" \n"),
        pdf(PACKET, before=b"#!junk\n" * 20),
        pdf(PACKET) + b"\0" * 500,
    ],
)
def test_metadata_of_files_with_a_table(data: bytes) -> None:
    asset = read(data)
    assert packets(asset) == [PACKET]
    assert asset.unread == ()


def test_a_name_with_escapes_is_the_same_name() -> None:
    objects = {
        1: pdf_object(1, "<< /Type /Catalog /M#65tadat#61 2 0 R >>"),
        2: pdf_stream(2, "/Filter /Fl#61teDecode", zlib.compress(PACKET)),
    }
    assert packets(read(classic_pdf(objects))) == [PACKET]


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("", PACKET),
        ("/Filter [/FlateDecode]", zlib.compress(PACKET)),
        ("/Filter /Fl", zlib.compress(PACKET)),
        ("/Filter [/ASCIIHexDecode /FlateDecode]", zlib.compress(PACKET).hex().encode() + b">"),
        ("/Filter 3 0 R", zlib.compress(PACKET)),
        ("/Filter /FlateDecode /DecodeParms [null]", zlib.compress(PACKET)),
        (
            "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 7 >>",
            zlib.compress(b"".join(b"\0" + PACKET[at : at + 7] for at in range(0, len(PACKET), 7))),
        ),
    ],
)
def test_filters(header: str, body: bytes) -> None:
    objects = {
        1: pdf_object(1, "<< /Type /Catalog /Metadata 2 0 R >>"),
        2: pdf_stream(2, header, body),
        3: pdf_object(3, "/FlateDecode"),
    }
    assert packets(read(classic_pdf(objects))) == [PACKET]


@pytest.mark.parametrize("length", ["4 0 R", "5 0 R", "0", "99999", "-1", "9 0 R", "/Name"])
def test_lengths_by_reference_and_wrong_ones(length: str) -> None:
    body = zlib.compress(PACKET)
    objects = {
        1: pdf_object(1, "<< /Type /Catalog /Metadata 2 0 R >>"),
        2: pdf_stream(2, "/Filter /FlateDecode", body, length=length),
        4: pdf_object(4, str(len(body))),
        5: pdf_object(5, "5 0 R"),
    }
    asset = read(classic_pdf(objects))
    assert packets(asset) == [PACKET] or hidden(asset) == {Place.XMP}
    assert (length == "5 0 R") == (packets(asset) == [])


def updated(data: bytes, number: int, body: bytes) -> bytes:
    """The file saved once more in place, with one object new."""
    start = int(data[data.rindex(b"startxref") + 9 :].split()[0])
    at = len(data)
    table = b"xref\n%d 1\n%010d 00000 n\r\n" % (number, at)
    trailer = b"trailer\n<< /Root 1 0 R /Size 9 /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (start, at + len(body))
    return data + body + table + trailer


def test_the_newest_version_counts() -> None:
    once = pdf(OTHER)
    assert packets(read(updated(once, 4, pdf_stream(4, "", PACKET)))) == [PACKET]
    gone = updated(pdf(PACKET), 1, pdf_object(1, "<< /Type /Catalog /Pages 2 0 R >>"))
    assert read(gone).packets == ()
    assert read(gone).complete


def test_a_hybrid_file_hides_objects_in_a_stream() -> None:
    body = zlib.compress(PACKET)
    contained = pdf_object(7, "<< /Type /Catalog >>")
    holder_text = b"2 0 << /Length 1 /Note /Metadata >>"
    out = b"%PDF-1.5\n"
    places = {}
    for number, raw in {
        1: pdf_object(1, "<< /Type /Catalog /Metadata 4 0 R >>"),
        4: pdf_stream(4, "/Filter /FlateDecode", body),
        5: pdf_stream(5, "/Type /ObjStm /N 1 /First 4", holder_text),
        7: contained,
    }.items():
        places[number] = len(out)
        out += raw
    rows = b"".join(struct.pack(">BIB", 1, places[4], 0) for _ in range(1))
    stream_at = len(out)
    out += pdf_stream(6, "/Type /XRef /W [1 4 1] /Index [4 1] /Size 8", rows)
    table_at = len(out)
    out += b"xref\n0 2\n0000000000 65535 f\r\n%010d 00000 n\r\n" % places[1]
    out += b"trailer\n<< /Root 1 0 R /Size 8 /XRefStm %d >>\nstartxref\n%d\n%%%%EOF" % (stream_at, table_at)
    assert packets(read(out)) == [PACKET]


@pytest.mark.parametrize("predictor", [10, 11, 12, 13, 14])
def test_predictors_of_cross_reference_streams(predictor: int) -> None:
    rows = [bytes([number * 37 % 256, number, 255 - number, number * number % 256]) for number in range(40)]
    kind = predictor - 10
    above = bytes(4)
    filtered = b""
    for row in rows:
        line = bytearray()
        for at, value in enumerate(row):
            left, over, corner = row[at - 1] if at else 0, above[at], above[at - 1] if at else 0
            paeth = min((left, over, corner), key=lambda guess: abs(left + over - corner - guess))
            guess = (0, left, over, (left + over) // 2, paeth)[kind]
            line.append((value - guess) & 0xFF)
        filtered += bytes([kind]) + bytes(line)
        above = row
    header = {b"Filter": Name(b"FlateDecode"), b"DecodeParms": {b"Predictor": predictor, b"Columns": 4}}
    assert decode(zlib.compress(filtered), header, 10_000) == b"".join(rows)


def test_identifiers_of_the_information_dictionary() -> None:
    info = (
        "/Title (A \\(good\\) title) /Author <FEFF004100E9> "
        "/Subject (Journal, 10 \\(2020\\) 3. doi:10.1016/j.x.2020.01) "
        "/ISBN (9782070408504) /doi (10.1000/182) /Producer (x)"
    )
    assert read(pdf(PACKET, info=info)).tags == (
        ("title", "A (good) title"),
        ("creator_name", "Aé"),
        ("doi", "10.1016/j.x.2020.01"),
        ("isbn", "9782070408504"),
        ("doi", "10.1000/182"),
    )
    assert ("title", "A") in read(pdf(info="/Title (A)")).tags


def test_a_manifest_store_among_the_attached_files() -> None:
    document = pikepdf.Pdf.new()
    document.add_blank_page()
    document.attachments["notes.txt"] = b"some notes"
    store = pikepdf.AttachedFileSpec(document, STORE, filename="content_credential.c2pa")
    document.attachments["content_credential.c2pa"] = store
    document.attachments["content_credential.c2pa"].obj.AFRelationship = pikepdf.Name("/C2PA_Manifest")
    out = io.BytesIO()
    document.save(out)
    assert packets(read(out.getvalue()), Place.C2PA) == [STORE]
    objects = {
        1: pdf_object(1, "<< /Type /Catalog /AF [2 0 R] >>"),
        2: pdf_object(2, "<< /AFRelationship /C2PA_Manifest /EF << /F 3 0 R >> >>"),
        3: pdf_stream(3, "", STORE),
    }
    assert packets(read(classic_pdf(objects)), Place.C2PA) == [STORE]
    missing = {1: objects[1], 2: objects[2]}
    assert hidden(read(classic_pdf(missing))) == {Place.C2PA}


def test_metadata_of_pages_and_pictures_are_not_the_documents() -> None:
    objects = {
        1: pdf_object(1, "<< /Type /Catalog /Pages 2 0 R >>"),
        2: pdf_object(2, "<< /Type /Pages /Kids [] /Count 0 >>"),
        3: pdf_stream(3, "/Type /XObject /Metadata 4 0 R", b"picture"),
        4: pdf_stream(4, "/Type /Metadata /Subtype /XML", PACKET),
    }
    asset = read(classic_pdf(objects))
    assert asset.packets == ()
    assert asset.unread == ()
    assert asset.complete


@pytest.mark.parametrize("data", [pdf(), written(None), written(None, object_stream_mode=OBJECT_STREAMS)])
def test_a_file_without_metadata_is_whole_and_empty(data: bytes) -> None:
    asset = read(data)
    assert (asset.packets, asset.unread, asset.complete) == ((), (), True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b"startxref\n", b"startxref\n9"),
        lambda data: data.replace(b"xref\n0", b"xrex\n0"),
        lambda data: data.replace(b"%PDF-1.4", b"%PDF-1.4 and more"),
        lambda data: data.replace(b"trailer", b"trailor"),
        lambda data: data.replace(b"\r\n", b"\n"),
    ],
)
def test_tables_that_cannot_be_used_are_done_without(spoil: Any) -> None:
    asset = read(spoil(pdf(PACKET)))
    assert packets(asset) == [PACKET]
    assert hidden(asset) == {None}


def test_an_entry_that_leads_elsewhere_is_searched_for() -> None:
    data = pdf(PACKET)
    entry = b"%010d 00000 n" % data.index(b"4 0 obj")
    asset = read(data.replace(entry, b"%010d 00000 n" % data.index(b"3 0 obj")))
    assert packets(asset) == [PACKET]
    assert hidden(asset) == {None}


def test_an_object_that_no_table_has_is_searched_for() -> None:
    for spoiled in (b"xref\n0 3\n", b"xref\n9 5\n"):
        asset = read(pdf(PACKET).replace(b"xref\n0 5\n", spoiled))
        assert packets(asset) == [PACKET]
        assert hidden(asset) == {None}
    data = pdf(PACKET)
    freed = data.replace(b"%010d 00000 n" % data.index(b"4 0 obj"), b"0000000000 00001 f")
    assert packets(read(freed)) == [PACKET]


def test_a_root_that_is_no_catalogue() -> None:
    asset = read(pdf(PACKET).replace(b"/Root 1 0 R", b"/Root 3 0 R"))
    assert packets(asset) == [PACKET]
    assert hidden(asset) == {None}


def test_damaged_metadata_give_what_stands_before_the_damage() -> None:
    body = bytearray(zlib.compress(PACKET))
    body[-1] ^= 1
    wrong_sum = pdf(PACKET).replace(zlib.compress(PACKET), bytes(body))
    assert packets(read(wrong_sum)) == [PACKET]
    assert hidden(read(wrong_sum)) == {Place.XMP}, "so that a permission does not count"
    long = PACKET + bytes(range(256)) * 40
    body = bytearray(zlib.compress(long))
    body[-60:-20] = b"\xff" * 40
    damaged = read(pdf(long).replace(zlib.compress(long), bytes(body)))
    assert PACKET[:200] in b"".join(packets(damaged))
    assert hidden(damaged) == {Place.XMP}


def test_a_repaired_file_with_object_streams_may_hide_its_newest_catalogue() -> None:
    data = written(None, object_stream_mode=OBJECT_STREAMS)
    assert read(data).unread == ()
    lost = data[: data.rindex(b"startxref")] + b"startxref\n1\n%%EOF"
    assert Place.XMP in hidden(read(lost))
    misspelt = pdf(PACKET).replace(b"/Metadata 4", b"/Metadatx 4")
    assert read(misspelt).unread == (), "some other member, and a stream that nothing names"
    assert Place.XMP in hidden(read(misspelt.replace(b"startxref\n", b"startxref\n9")))


def test_a_search_finds_the_last_version_and_looks_into_object_streams() -> None:
    lost = updated(pdf(OTHER), 4, pdf_stream(4, "", PACKET)).replace(b"xref\n", b"xrxx\n")
    assert packets(read(lost)) == [PACKET]
    inside = written(object_stream_mode=OBJECT_STREAMS)
    at = inside.rindex(b"startxref")
    assert b"tdm:reservation>1<" in packets(read(inside[:at] + b"startxref\n1\n%%EOF"))[0]


@pytest.mark.parametrize("save", [{}, {"object_stream_mode": OBJECT_STREAMS}, {"linearize": True}], ids=str)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_file_cut_short_is_undetermined_whatever_is_found(save: dict[str, Any], part: float) -> None:
    data = written(fill=bytes(range(256)) * 50, **save)
    assert Place.XMP in hidden(read(data[: int(len(data) * part)]))
    assert read(data[: int(len(data) * part)], complete=False).unread == ()


def test_what_is_no_pdf_is_a_fault() -> None:
    assert hidden(read(b"<h1>Not found</h1>")) == {None}
    assert hidden(read(b"%PDF-1.7\n")) == {Place.XMP}


def test_a_prefix_gives_what_can_be_found_in_it() -> None:
    objects = {
        1: pdf_object(1, "<< /Type /Catalog /Metadata 2 0 R >>"),
        2: pdf_stream(2, "", PACKET),
        3: pdf_stream(3, "", bytes(30_000)),
    }
    assert packets(read(classic_pdf(objects)[:-5_000], complete=False)) == [PACKET]
    assert read(pdf(PACKET)[:60], complete=False).packets == ()


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("/Filter /LZWDecode", b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01"),
        ("/Filter /FlateDecode", b"garbage"),
        ("/Filter /FlateDecode", zlib.compress(bytes(2**21))),
        ("/Filter [/FlateDecode /FlateDecode /FlateDecode /FlateDecode]", zlib.compress(PACKET)),
        ("/Filter [/FlateDecode /FlateDecode]", zlib.compress(zlib.compress(bytes(2**28)))),
        ("/Filter /Crypt /DecodeParms << /Name /StdCF >>", PACKET),
        ("/Filter [/Crypt] /DecodeParms [<< /Name /StdCF >>]", PACKET),
        ("/F (elsewhere.xmp)", PACKET),
        ("", b" " * (2**20 + 1)),
    ],
)
def test_metadata_that_cannot_be_decoded_are_undetermined(header: str, body: bytes) -> None:
    objects = {1: pdf_object(1, "<< /Type /Catalog /Metadata 2 0 R >>"), 2: pdf_stream(2, header, body)}
    asset = read(classic_pdf(objects))
    assert asset.packets == ()
    assert hidden(asset) == {Place.XMP}


@pytest.mark.parametrize("user", ["", "user"])
@pytest.mark.parametrize("mode", [pikepdf.ObjectStreamMode.disable, OBJECT_STREAMS])
@pytest.mark.parametrize(
    "filters",
    [
        "/Filter /Crypt",
        "/Filter [/Crypt] /DecodeParms [<< /Type /CryptFilterDecodeParms /Name /Identity >>]",
        "/Filter /Crypt /DecodeParms << /Name /Identity >>",
        "/Filter [/Crypt /FlateDecode] /DecodeParms [<< >> null]",
    ],
)
def test_metadata_that_their_own_filter_leaves_in_the_open(user: str, mode: Any, filters: str) -> None:
    document = pikepdf.Pdf.new()
    document.add_blank_page()
    body = zlib.compress(PACKET) if "Flate" in filters else PACKET
    room = pikepdf.Name("/" + 99 * "A")  # the writer leaves the filter out, so that it is put in afterwards
    kind = {"Type": pikepdf.Name.Metadata, "Subtype": pikepdf.Name.XML}
    document.Root.Metadata = document.make_stream(body, Pad=room, **kind)
    out = io.BytesIO()
    how: dict[str, Any] = {"compress_streams": False, "fix_metadata_version": False, "object_stream_mode": mode}
    document.save(out, encryption=encryption(user, metadata=False), **how)
    data = out.getvalue().replace(b"/Pad /" + 99 * b"A", filters.ljust(105).encode())
    for each in (data, data.replace(b"/EncryptMetadata false", b"/EncryptMetadata true ")):
        assert b"/Crypt" in each
        asset = read(each)
        assert (packets(asset), asset.unread) == ([PACKET], ())


def test_metadata_that_are_not_a_stream_and_metadata_that_are_not_there() -> None:
    assert hidden(read(classic_pdf({1: pdf_object(1, "<< /Type /Catalog /Metadata [1 2] >>")}))) == {Place.XMP}
    assert hidden(read(classic_pdf({1: pdf_object(1, "<< /Type /Catalog /Metadata 8 0 R >>")}))) == {None}
    assert hidden(read(classic_pdf({1: pdf_object(1, "<< /Type /Catalog /Metadata null >>")}))) == set()


def test_a_password_hides_the_metadata() -> None:
    asset = read(written(encryption=encryption("secret")))
    assert asset.packets == ()
    assert hidden(asset) == {Place.XMP}
    assert "password" in asset.unread[0].message


@pytest.mark.usefixtures("without_pikepdf")
def test_without_the_extra_only_encrypted_metadata_are_out_of_reach() -> None:
    assert hidden(read(ENCRYPTED)) == {Place.XMP}
    assert "tdm-guard[pdf]" in read(ENCRYPTED).unread[0].message
    assert len(packets(read(SEEDS[1]))) == 1
    assert read(ENCRYPTED_PLAIN).unread == ()
    assert len(packets(read(ENCRYPTED_OPEN))) == 1


def test_qpdf_says_nothing_and_its_limits_are_put_back(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    before = pikepdf.settings.get_qpdf_limits()
    data = written(encryption=encryption())
    read(data)
    read(data.replace(b"/Metadata 4", b"/Metadata 9"))
    at = data.index(b"/Encrypt")
    read(data[: at + 12] + b"99 9 R" + data[at + 18 :])
    read(data.replace(b"/Kids [ ", b"/Kids [1 "))
    assert pikepdf.settings.get_qpdf_limits() == before
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


# Of a length each, or about.
HOSTILE: dict[str, Callable[[int], bytes]] = {
    "nested": lambda n: b"1 0 obj << /Type /Catalog /Metadata " + b"[" * n,
    "array": lambda n: b"1 0 obj << /Type /Catalog /Metadata [" + b"1 " * (n // 2) + b"] >> endobj",
    "objects": lambda n: (
        b"".join(b"%d 0 obj 1 endobj\n" % number for number in range(n // 20)) + b"/Metadata trailer<</Root 1 0 R>>"
    ),
    "openings": lambda n: b"/Metadata" + b"1 0 obj << " * (n // 11),
    "roots": lambda n: b"/Metadata" + b"/Root 1 0 R " * (n // 12),
    "streams": lambda n: b"1 0 obj << /Type /ObjStm /Metadata >> " * (n // 38) + b"trailer << /Root 2 0 R >>",
    "types": lambda n: b"1 0 obj (" + b"/ObjStm " * (n // 8) + b"/Metadata trailer << /Root 2 0 R >>",
    "catalogues": lambda n: b"/Metadata " + b"/Catalog " * (n // 9),
    "strings": lambda n: b"/Metadata 1 0 obj " + b"(" * n,
    "sections": lambda n: b"/Metadata xref\n" + b"0 0\n" * (n // 4) + b"startxref\n19\n%%EOF",
    "comments": lambda n: b"/Metadata 1 0 obj " + b"%\n" * (n // 2) + b"trailer << /Root 1 0 R >>",
    "blanks": lambda n: b"/Metadata startxref " + b" " * (n // 2) + b"/Root" + b" " * (n // 2),
    "escapes": lambda n: b"/M#65#" * (n // 6),
    "tail": lambda n: b"/Metadata " + b"startxref 1 " * (n // 12),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_take_linear_time(name: str) -> None:
    def look(length: int) -> None:
        asset = read(b"%PDF-1.5\n" + HOSTILE[name](length))
        assert asset.packets == ()
        assert asset.unread

    assert grows_linearly(look, 4_000_000)


def test_what_streams_come_to_for_all_that_refer_to_them_is_bounded() -> None:
    data = b"".join(
        [
            b"%PDF-1.5\n1 0 obj << /Type /Catalog /Metadata 7 0 R /AF [",
            b"".join(b"%d 0 R " % number for number in range(100, 164)),
            b"] >> endobj trailer << /Root 1 0 R >> ",
            b"5 0 obj << /Type /ObjStm /N 0 /First 0 /Filter /FlateDecode >> stream\n",
            zlib.compress(bytes(7 * 2**20)) * 20,
            b"endstream endobj",
        ]
    )
    read(data)
    assert calls("decompress", lambda: read(data)) < 20
    assert read(data).packets == ()
    assert read(data).unread


def test_sections_in_a_circle_and_a_chain_of_many() -> None:
    data = pdf(PACKET)
    start = int(data[data.rindex(b"startxref") + 9 :].split()[0])
    circle = data.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % start)
    assert packets(read(circle)) == [PACKET]
    for _ in range(520):
        data = updated(data, 3, b"3 0 obj 1 endobj\n")
    assert packets(read(data)) == [PACKET]


@pytest.mark.parametrize("number", [b"99999999999999999999", b"9223372036854775807", b"18446744073709551616"])
def test_numbers_that_no_machine_counts_to(number: bytes) -> None:
    data = pdf(PACKET)
    for word in (b"/Prev ", b"/XRefStm "):
        assert packets(read(data.replace(b"/Root 1 0 R", b"/Root 1 0 R " + word + number))) == [PACKET]
    assert hidden(read(data.replace(b"/Metadata 4 0 R", b"/Metadata " + number + b" 0 R"))) != set()
    inside = b"7 " + number + b" null"
    objects = {
        1: pdf_object(1, "<< /Type /Catalog /Metadata 7 0 R >>"),
        2: pdf_stream(2, f"/Type /ObjStm /N 1 /First {len(inside) - 4}", inside),
    }
    assert hidden(read(classic_pdf(objects).replace(b"xref\n", b"xrxx\n"))) == {Place.XMP, None}


def test_a_cross_reference_stream_that_is_a_bomb() -> None:
    out = b"%PDF-1.5\n" + pdf_object(1, "<< /Type /Catalog /Metadata 2 0 R >>") + pdf_stream(2, "", PACKET)
    at = len(out)
    bomb = zlib.compress(bytes(2**25))
    out += pdf_stream(4, "/Type /XRef /Root 1 0 R /W [1 2 1] /Size 9 /Filter /FlateDecode", bomb)
    asset = read(out + b"startxref\n%d\n%%%%EOF" % at)
    assert packets(asset) == [PACKET], "found by its own words"
    assert hidden(asset) == {None}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"<< /A 1 /B [ 1 0 R 2 -3.5 .5 +7 ] >>", {b"A": 1, b"B": [Reference(1, 0), 2, -3.5, 0.5, 7]}),
        (b"% a comment\n (a\\)b\\(c\\101\\n\\\r\nd(e))", b"a)b(cA\nd(e)"),
        (b"<48 65 6C6c6F 7>", b"Hellop"),
        (b"/Na#6de", b"Name"),
        (b"12 0 R", Reference(12, 0)),
        (b"12 0 obj", 12),
        (b"true", True),
        (b"null", None),
        (b"[]", []),
        (b"<<>>", {}),
    ],
)
def test_objects(text: bytes, value: object) -> None:
    assert parse(text, 0)[0] == value


@pytest.mark.parametrize(
    "text",
    [b"", b"]", b">>", b"[ 1", b"<< 1 2 >>", b"[ >>", b"(", b"<zz>", b"endobj", b"[" * 100, b"[" + b"1 " * 60_000],
)
def test_what_is_no_object(text: bytes) -> None:
    with pytest.raises(PdfError):
        parse(text, 0)


def test_the_header_may_come_late_and_pages_about_pdf_are_none() -> None:
    assert format_of("application/octet-stream", b"\n" * 900 + b"%PDF-1.7") is Format.PDF
    assert format_of("text/html", b"<p>%PDF-1.7") is None


@given(st.data())
@settings(max_examples=200)
def test_no_change_of_bytes_makes_it_raise(data: st.DataObject) -> None:
    changed = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(changed), complete=data.draw(st.booleans()))


@given(st.binary(max_size=300))
@settings(max_examples=100)
def test_no_bytes_make_it_raise(body: bytes) -> None:
    read(b"%PDF-1.7\n/Metadata /ObjStm " + body)
    read(classic_pdf({1: pdf_object(1, "<< /Type /Catalog /Metadata 2 0 R >>"), 2: pdf_stream(2, "", body)}))
    read(classic_pdf({1: b"1 0 obj << /Metadata 2 0 R " + body, 2: pdf_stream(2, "/Filter /FlateDecode", body)}))


def test_pikepdf_is_not_loaded_for_files_that_do_not_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        assert not name.startswith("pikepdf")
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.setattr("tdm_guard.formats.files.pdf_encrypted.import_module", refuse)
    assert packets(read(pdf(PACKET))) == [PACKET]


def test_object_streams_that_need_each_other() -> None:
    out = b"%PDF-1.5\n" + pdf_object(1, "<< /Type /Catalog /Metadata 2 0 R >>")
    places = [9]
    for number in range(10, 60):  # the length of each is an object in the next
        places.append(len(out))
        out += pdf_stream(
            number, "/Type /ObjStm /N 1 /First 6", b"%d 0 %d" % (number + 100, number), length=f"{number + 101} 0 R"
        )
    rows = struct.pack(">BIB", 1, 9, 0) + struct.pack(">BIB", 2, 10, 0)
    rows += b"".join(struct.pack(">BIB", 1, place, 0) for place in places[1:])
    rows += b"".join(struct.pack(">BIB", 2, number, 0) for number in range(10, 60))
    at = len(out)
    out += pdf_stream(3, "/Type /XRef /Root 1 0 R /W [1 4 1] /Index [1 2 10 50 110 50] /Size 200", rows)
    asset = read(out + b"startxref\n%d\n%%%%EOF" % at)
    assert hidden(asset) == {Place.XMP, None}


def test_an_encrypted_file_whose_catalogue_is_something_else() -> None:
    data = ENCRYPTED.replace(b"/Type /Catalog", b"/Type /Catalxg")
    for spoiled in (
        data,
        ENCRYPTED.replace(b"<< /Metadata", b"12 /Metadata"),
        ENCRYPTED.replace(b"/Root 1 0", b"/Root 9 9"),
    ):
        assert {Place.XMP} >= hidden(read(spoiled)) - {None}


def attached(count: int, *, tree: bool = False) -> bytes:
    """A file to which so many others are attached, the last a manifest store."""
    plain = " ".join(["5 0 R"] * count)
    leaves = " ".join(["(n) 5 0 R"] * count)
    names = f"/Names << /EmbeddedFiles << /Names [{leaves} (s) 2 0 R] >> >>" if tree else f"/AF [{plain} 2 0 R]"
    return classic_pdf(
        {
            1: pdf_object(1, f"<< /Type /Catalog {names} >>"),
            2: pdf_object(2, "<< /AFRelationship /C2PA_Manifest /EF << /F 3 0 R >> >>"),
            3: pdf_stream(3, "", STORE),
            5: pdf_object(5, "<< /AFRelationship /Data >>"),
        }
    )


@pytest.mark.parametrize("tree", [False, True])
def test_a_store_behind_many_attached_files_is_found_and_behind_more_is_undetermined(tree: bool) -> None:
    assert packets(read(attached(100, tree=tree)), Place.C2PA) == [STORE]
    asset = read(attached(200, tree=tree))
    assert (asset.packets, hidden(asset)) == ((), {Place.C2PA})


def test_more_nodes_of_attached_files_than_are_read_are_undetermined() -> None:
    def tree(nodes: int) -> bytes:
        kids = " ".join(["5 0 R"] * nodes)
        root = f"<< /Type /Catalog /Names << /EmbeddedFiles << /Kids [{kids} 6 0 R] >> >> >>"
        node = "<< /Names [(s) 2 0 R] >>"
        return classic_pdf(
            {
                1: pdf_object(1, root),
                2: pdf_object(2, "<< /AFRelationship /C2PA_Manifest /EF << /F 3 0 R >> >>"),
                3: pdf_stream(3, "", STORE),
                5: pdf_object(5, "<< /Names [] >>"),
                6: pdf_object(6, node),
            }
        )

    assert packets(read(tree(100)), Place.C2PA) == [STORE]
    assert hidden(read(tree(200))) == {Place.C2PA}


def test_a_store_in_an_encrypted_file_is_undetermined() -> None:
    document = pikepdf.Pdf.new()
    document.add_blank_page()
    store = pikepdf.AttachedFileSpec(document, STORE, filename="content_credential.c2pa")
    document.attachments["content_credential.c2pa"] = store
    document.attachments["content_credential.c2pa"].obj.AFRelationship = pikepdf.Name("/C2PA_Manifest")
    out = io.BytesIO()
    document.save(out, encryption=encryption())
    assert Place.C2PA in hidden(read(out.getvalue()))


def test_a_compressed_stream_that_is_cut_is_undetermined_and_one_without_its_sum_is_whole() -> None:
    long = PACKET + b" " * 9_000
    whole = zlib.compress(long)

    def cut(bytes_lost: int) -> bytes:
        return (
            pdf(long).replace(whole, whole[:-bytes_lost]).replace(b"%d" % len(whole), b"%d" % (len(whole) - bytes_lost))
        )

    for lost in (1, 4):
        asset = read(cut(lost))
        assert packets(asset) == [long]
        assert Place.XMP not in hidden(asset)
    asset = read(cut(12))
    assert packets(asset)[0].startswith(PACKET)
    assert Place.XMP in hidden(asset)
