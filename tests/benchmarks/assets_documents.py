"""Books, PDFs, sound and films: what finding their packets costs, against the usual library for each."""

from __future__ import annotations

import io
import statistics
import struct
import time
import zipfile
from collections.abc import Callable

import defusedxml.ElementTree
import pikepdf

from tdm_guard.formats.files.asset import Asset, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.model import Posture, Source
from tdm_guard.signals import SIGNALS
from tdm_guard.signals.shape import Listener
from tests.benchmarks.measure import Row, compare
from tests.support.documents import (
    RESERVED,
    epub,
    flac,
    id3,
    mp3,
    mp4,
    opf,
    private_frame,
    tdm_xmp,
    vorbis_comment,
    xmp,
    xmp_box,
)

LISTENER = Listener(agent="ExampleBot", posture=Posture.CAUTIOUS)
TDMREP = next(signal for signal in SIGNALS if signal.name == "tdmrep")
XMP = next(signal for signal in SIGNALS if signal.name == "xmp")


def _hear(data: bytes, kind: Format) -> None:
    asset = read_asset(data, kind)
    assert asset.packets
    source = Source(url="https://site.example/file", carrier=kind.value)
    for signal in (TDMREP, XMP):
        assert signal.read_asset is not None
        signal.read_asset(asset, source, LISTENER)


def pdf_file(objects: int, size: int, *, streams: bool) -> bytes:
    """A PDF with that many objects and bytes, its objects in object streams or in the open, with a reservation."""
    document = pikepdf.Pdf.new()
    document.add_blank_page()
    fill = pikepdf.Array(
        [
            document.make_indirect(pikepdf.Dictionary(Number=number, Text=f"object {number}"))
            for number in range(objects)
        ]
    )
    document.Root.Fill = document.make_indirect(fill)
    pieces = 50
    blob = bytes(range(256)) * (size // pieces // 256)
    blobs = pikepdf.Array([document.make_stream(blob[n:] + blob[:n]) for n in range(pieces)])
    document.Root.Blobs = document.make_indirect(blobs)
    document.Root.Metadata = document.make_stream(tdm_xmp(), Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
    out = io.BytesIO()
    mode = pikepdf.ObjectStreamMode.generate if streams else pikepdf.ObjectStreamMode.disable
    document.save(out, object_stream_mode=mode, compress_streams=streams, recompress_flate=False)
    return out.getvalue()


def pdfs() -> list[Row]:
    rows = []
    for what, data in (
        ("PDF of 5 MB, 2,000 objects in the open", pdf_file(2_000, 5_000_000, streams=False)),
        ("PDF of 2,000 objects in object streams", pdf_file(2_000, 5_000_000, streams=True)),
        ("PDF of 30 MB, 20,000 objects in the open", pdf_file(20_000, 30_000_000, streams=False)),
        ("PDF of 20,000 objects in object streams", pdf_file(20_000, 30_000_000, streams=True)),
    ):

        def peer(data: bytes = data) -> bytes:
            with pikepdf.open(io.BytesIO(data), inherit_page_attributes=False) as document:
                return bytes(document.Root.Metadata.read_bytes())

        assert peer()
        rows.append(
            compare(
                what,
                lambda data=data: _hear(data, Format.PDF),
                peer,
                peer_name="pikepdf open + read",
                number=10,
                rounds=9,
                note=f"{len(data) / 1e6:.1f} MB, two signals heard; at most 2,000 µs",
            )
        )
    return rows


def books() -> list[Row]:
    rows = []
    for chapters in (30, 300):
        data = epub({"OEBPS/p.opf": opf(RESERVED + "<dc:title>T</dc:title>", items=chapters)}, chapters=chapters)

        def peer(data: bytes = data) -> None:
            with zipfile.ZipFile(io.BytesIO(data)) as book:
                defusedxml.ElementTree.fromstring(book.read("META-INF/container.xml"))
                defusedxml.ElementTree.fromstring(book.read("OEBPS/p.opf"))

        rows.append(
            compare(
                f"EPUB of {chapters} chapters",
                lambda data=data: _hear(data, Format.EPUB),
                peer,
                peer_name="zipfile + defusedxml",
                number=30,
                rounds=9,
                note="two signals heard; at most 1,000 µs",
            )
        )
    return rows


def sound_and_films() -> list[Row]:
    packet = xmp()
    picture = b"APIC" + struct.pack(">I", 200_000) + bytes(2 + 200_000)
    song = mp3(id3(picture, private_frame(packet, version=3), version=3), frames=12_000)
    take = flac((4, vorbis_comment([("ISRC", "x")])), before=id3(private_frame(packet)), sound=5_000_000)
    film = mp4(tail=xmp_box(packet), media=5_000_000)
    files = (
        ("MP3 of 5 MB with XMP and a cover", Format.MP3, song),
        ("FLAC of 5 MB with XMP", Format.FLAC, take),
        ("MP4 of 5 MB with XMP at its end", Format.BMFF, film),
    )
    return [_timed(what, lambda data=data, kind=kind: _hear(data, kind)) for what, kind, data in files]


def hostile() -> list[Row]:
    """A PDF of 32 MB made to cost: a million and a half objects that have to be searched for."""
    body = b"".join(b"%d 0 obj 1 endobj\n" % number for number in range(1_500_000))
    data = b"%PDF-1.4\n" + body + b"1 0 obj<</Type/Catalog/Metadata 9999999 0 R>>endobj trailer<</Root 1 0 R>>\n%%EOF"

    def ours() -> Asset:
        return read_asset(data, Format.PDF)

    assert ours().unread
    return [_timed("hostile PDF of 33 MB", ours, number=1)]


def _timed(what: str, function: Callable[[], object], *, number: int = 200) -> Row:
    function()
    times = []
    for _ in range(7):
        start = time.process_time()
        for _ in range(number):
            function()
        times.append((time.process_time() - start) / number)
    return Row(what=what, ours=statistics.median(times) * 1e6, peer=0, unit="µs", peer_name="–", ratio=0, budget=None)


def rows() -> list[Row]:
    """All rows of these files."""
    return [*books(), *pdfs(), *sound_and_films(), *hostile()]
