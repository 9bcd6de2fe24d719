"""Large files are looked at where they lie: no copy of them is made."""

from __future__ import annotations

import struct

import pytest

from tdm_guard.formats.files.asset import read_asset
from tdm_guard.formats.files.container import Format
from tests.support.documents import (
    epub,
    flac,
    frame,
    id3,
    mp3,
    mp4,
    pdf,
    pdf_stream,
    private_frame,
    tdm_xmp,
    vorbis_comment,
    xmp,
    xmp_box,
)
from tests.support.memory import peak

SIZE = 5 * 2**20
PICTURE = frame(b"APIC", bytes(SIZE), version=3)
FILES = {
    "mp4": (Format.BMFF, mp4(tail=xmp_box(xmp()), media=SIZE)),
    "mp4 cut": (Format.BMFF, mp4(tail=xmp_box(xmp()), media=SIZE)[:-20]),
    "mp3": (Format.MP3, mp3(id3(PICTURE, private_frame(xmp(), version=3), version=3), frames=10)),
    "flac": (Format.FLAC, flac((4, vorbis_comment([("ISRC", "x")])), before=id3(private_frame(xmp())), sound=SIZE)),
    "epub": (Format.EPUB, epub(extra=[("picture.jpg", struct.pack(">I", 7) * (SIZE // 4))], method=0)),
    "pdf": (Format.PDF, pdf(tdm_xmp(), extra={6: pdf_stream(6, "", bytes(SIZE))})),
    "pdf repaired": (Format.PDF, pdf(tdm_xmp(), extra={6: pdf_stream(6, "", bytes(SIZE))})[:-12]),
}


@pytest.mark.parametrize("name", FILES)
def test_no_copy_of_a_large_file_is_made(name: str) -> None:
    kind, data = FILES[name]
    read_asset(data, kind)  # its module is imported
    asset, most = peak(lambda: read_asset(data, kind))
    assert len(data) > SIZE
    assert asset.packets
    assert most < 300_000, f"{most} bytes"
