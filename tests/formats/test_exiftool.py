"""ExifTool as an oracle: over files of three writers, it and we find the same packets and the same values."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tdm_guard.formats.files.asset import Place, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import format_of
from tdm_guard.formats.files.xmp import read as read_xmp
from tests.support import documents, pictures
from tests.support.patience import PATIENCE

EXIFTOOL = shutil.which("exiftool")
pytestmark = pytest.mark.skipif(EXIFTOOL is None, reason="exiftool is not installed; .ci/run installs it where it can")

NAMES = frozenset({"datamining"})
VALUES = ("DMI-PROHIBITED", "DMI-PROHIBITED-AIMLTRAINING", "DMI-PROHIBITED-GENAIMLTRAINING", "DMI-ALLOWED")
PILLOW = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF"}
WRITTEN = ("jpg", "png", "webp", "tif", "gif", "pdf", "mp4", "mov", "m4a", "avif")


def plain(kind: str) -> bytes:
    """A picture of one colour without metadata."""
    out = io.BytesIO()
    Image.new("RGB", (32, 32), (10, 120, 60)).save(out, kind)
    return out.getvalue()


def by_pillow(suffix: str, packet: bytes) -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", (32, 32), (10, 120, 60))
    if suffix == "png":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode(), zip=True)
        picture.save(out, "PNG", pnginfo=info)
    elif suffix == "tif":
        picture.save(out, "TIFF", tiffinfo={700: packet}, compression="tiff_lzw")
    else:
        picture.save(out, PILLOW[suffix], xmp=packet)
    return out.getvalue()


def by_pikepdf(value: str) -> bytes:
    pikepdf = pytest.importorskip("pikepdf")
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        stream = document.make_stream(documents.xmp(value), Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
        document.Root.Metadata = stream
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def by_us() -> Iterator[tuple[str, bytes]]:
    """Files of our own writers, among them such as other programs rarely write."""
    one, two, three, four = (documents.xmp(value) for value in VALUES)
    yield "own.jpg", pictures.jpeg(pictures.app1(one))
    yield "own-extended.jpg", pictures.jpeg(pictures.app1(pictures.naming()), *pictures.extended(two, part=200))
    yield "own-thumbnail.jpg", pictures.jpeg(pictures.exif(pictures.jpeg(pictures.app1(three))))
    yield "own-compressed.png", pictures.png(pictures.itxt(three, compressed=True))
    yield "own-behind.png", pictures.png(after=(pictures.itxt(four),))
    yield "own.webp", pictures.webp(pictures.riff_chunk(b"XMP ", one))
    yield "own.wav", pictures.wav(pictures.riff_chunk(b"_PMX", two))
    yield "own.avi", pictures.avi(pictures.riff_chunk(b"_PMX", three))
    yield "own.gif", pictures.gif(pictures.gif_xmp(four))
    yield "own.tif", pictures.tiff({256: 4, 700: one})
    yield "own-big.tif", pictures.tiff({256: 4, 700: two}, order=">")
    yield "own.svg", pictures.svg(pictures.without_wrapper(three))
    yield "own.mp3", documents.id3(documents.private_frame(four)) + b"\xff\xfb\x90\0" + bytes(413)
    utf16 = one.decode().replace("\ufeff", "").encode("utf-16-le")
    yield "own-utf16.jpg", pictures.jpeg(pictures.app1(b"\xff\xfe" + utf16))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every file, by name; those that exiftool writes are made from plain ones."""
    folder = tmp_path_factory.mktemp("exiftool")
    for number, suffix in enumerate(PILLOW):
        (folder / f"pillow.{suffix}").write_bytes(by_pillow(suffix, documents.xmp(VALUES[number % 4])))
    (folder / "pikepdf.pdf").write_bytes(by_pikepdf(VALUES[1]))
    for name, data in by_us():
        (folder / name).write_bytes(data)
    packet = folder / "packet.xmp"
    packet.write_bytes(documents.xmp(VALUES[2]))
    targets = []
    for suffix in WRITTEN:
        target = folder / f"exiftool.{suffix}"
        target.write_bytes(unwritten(suffix))
        targets.append(str(target))
    run("-q", "-overwrite_original", f"-xmp<={packet}", *targets)
    packet.unlink()
    return {path.name: path for path in sorted(folder.iterdir())}


def unwritten(suffix: str) -> bytes:
    """A file without a packet, for exiftool to write one into."""
    if suffix == "pdf":
        pikepdf = pytest.importorskip("pikepdf")
        out = io.BytesIO()
        with pikepdf.new() as document:
            document.add_blank_page()
            document.save(out)
        return out.getvalue()
    if suffix in ("mp4", "mov", "m4a"):
        brand = {"mp4": b"isom", "mov": b"qt  ", "m4a": b"M4A "}[suffix]
        moov = documents.box(b"moov", documents.box(b"mvhd", bytes(100)))
        return documents.box(b"ftyp", brand, b"\0\0\2\0", brand) + moov + documents.box(b"mdat", bytes(64))
    if suffix == "avif":
        return plain("AVIF")
    return plain({"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF", "gif": "GIF"}[suffix])


def run(*arguments: str) -> str:
    assert EXIFTOOL is not None
    done = subprocess.run([EXIFTOOL, *arguments], capture_output=True, check=False, timeout=PATIENCE)
    return done.stdout.decode()


@pytest.fixture(scope="module")
def oracle(files: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """What exiftool reads of all files."""
    paths = map(str, files.values())
    answers = json.loads(run("-json", "-b", "-a", "-XMP", "-*DataMining", *paths))
    return {Path(answer["SourceFile"]).name: answer for answer in answers}


def ours(path: Path) -> tuple[list[bytes], list[str]]:
    data = path.read_bytes()
    kind = format_of("", data[:1024])
    assert kind is not None, path.name
    asset = read_asset(data, kind)
    assert asset.complete, (path.name, asset.unread)
    packets = [packet.data for packet in asset.packets if packet.place is Place.XMP]
    found = [each.value for packet in packets for each in read_xmp(packet, NAMES).properties]
    return packets, found


def test_the_files_are_of_three_writers_and_of_every_kind(files: dict[str, Path]) -> None:
    writers = {name.partition(".")[0].partition("-")[0] for name in files}
    assert writers == {"own", "pillow", "pikepdf", "exiftool"}
    kinds = {format_of("", path.read_bytes()[:1024]) for path in files.values()}
    sound = {Format.WAV, Format.AVI, Format.MP3, Format.BMFF}
    assert kinds == sound | {
        Format.JPEG, Format.PNG, Format.WEBP, Format.GIF, Format.TIFF, Format.SVG, Format.PDF
    }  # fmt: skip


def test_the_same_values(files: dict[str, Path], oracle: dict[str, dict[str, Any]]) -> None:
    theirs = {}
    for name in files:
        value = next((value for key, value in oracle[name].items() if key.endswith("DataMining")), [])  # SVG: a path
        theirs[name] = [value] if isinstance(value, str) else value
    assert {name: ours(path)[1] for name, path in files.items()} == theirs
    assert sum(map(len, theirs.values())) >= len(files) - 1  # one has only a thumbnail's packet


def test_the_same_packets(files: dict[str, Path], oracle: dict[str, dict[str, Any]]) -> None:
    for name, path in files.items():
        block = oracle[name].get("XMP")
        if block is None or "extended" in name or "utf16" in name:  # it shows the main packet only, and in UTF-8
            continue
        raw = base64.b64decode(block[7:]) if block.startswith("base64:") else block.encode()
        packets = ours(path)[0]
        assert [packet.strip() for packet in packets] == [raw.strip()], name
