"""Sound, video, book and PDF files made in code: small writers that can be told to do wrong."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
_LABEL = b"jumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03c2pa\0"
STORE = (
    struct.pack(">I4sI", 12 + len(_LABEL) + 16, b"jumb", len(_LABEL) + 4) + _LABEL + bytes(16)
)  # empty but for its label


def xmp(value: str = "DMI-PROHIBITED") -> bytes:
    """A packet with a PLUS data mining value."""
    return (
        f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        f'xmlns:rdf="{RDF}"><rdf:Description rdf:about="" xmlns:plus="{PLUS}" '
        f'plus:DataMining="http://ns.useplus.org/ldf/vocab/{value}"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def tdm_xmp(value: str = "1") -> bytes:
    """A packet with a TDMRep reservation, as PDF files have it."""
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" '
        f'xmlns:tdm="http://www.w3.org/ns/tdmrep/"><tdm:reservation>{value}</tdm:reservation></rdf:Description>'
        f"</rdf:RDF></x:xmpmeta>"
    ).encode()


# ISO base media


def box(kind: bytes, *content: bytes, wide: bool = False) -> bytes:
    body = b"".join(content)
    if wide:
        return struct.pack(">I4sQ", 1, kind, len(body) + 16) + body
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full_box(kind: bytes, *content: bytes, version: int = 0) -> bytes:
    return box(kind, bytes([version, 0, 0, 0]), *content)


def xmp_box(packet: bytes) -> bytes:
    return box(b"uuid", XMP_UUID, packet)


def c2pa_box(store: bytes = STORE, purpose: bytes = b"manifest") -> bytes:
    return box(b"uuid", C2PA_UUID, bytes(4), purpose, b"\0", bytes(8), store)


def ilst(*items: tuple[bytes, str]) -> bytes:
    """An `ilst` box; a name that begins with four dashes is a free-form item."""
    parts = []
    for name, value in items:
        data = box(b"data", struct.pack(">II", 1, 0), value.encode())
        if name.startswith(b"----"):
            mean = full_box(b"mean", b"com.apple.iTunes")
            parts.append(box(b"----", mean, full_box(b"name", name[4:]), data))
        else:
            parts.append(box(name, data))
    return box(b"ilst", *parts)


def mp4(*, movie: bytes = b"", tail: bytes = b"", brand: bytes = b"isom", media: int = 1_000) -> bytes:
    ftyp = box(b"ftyp", brand, bytes(4), brand)
    return ftyp + box(b"moov", full_box(b"mvhd", bytes(96)), movie) + box(b"mdat", bytes(media)) + tail


def heif(packet: bytes, *, method: int = 0, encoding: bytes = b"", version: int = 1, brand: bytes = b"heic") -> bytes:
    """A HEIF file with a coded picture (item 1) and XMP (item 2)."""
    ftyp = box(b"ftyp", brand, bytes(4), b"mif1")
    entries = [
        full_box(b"infe", struct.pack(">HH4s", 1, 0, b"hvc1"), b"\0", version=2),
        full_box(
            b"infe", struct.pack(">HH4s", 2, 0, b"mime"), b"XMP\0application/rdf+xml\0", encoding + b"\0", version=2
        ),
    ]
    iinf = full_box(b"iinf", struct.pack(">H", 2), *entries)
    idat = box(b"idat", packet) if method == 1 else b""

    def meta(offset: int) -> bytes:
        places = [(1, 0, offset + len(packet), 100), (2, method, 0 if method == 1 else offset, len(packet))]
        wide = ">I" if version == 2 else ">H"
        table = struct.pack(">H", 0x4400) + struct.pack(wide, len(places))
        for number, how, start, size in places:
            table += struct.pack(wide, number) + (struct.pack(">H", how) if version else b"")
            table += struct.pack(">HHII", 0, 1, start, size)
        handler = full_box(b"hdlr", bytes(4), b"pict", bytes(13))
        primary = full_box(b"pitm", struct.pack(">H", 1))
        return full_box(b"meta", handler, primary, iinf, full_box(b"iloc", table, version=version), idat)

    offset = len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(offset) + box(b"mdat", b"" if method == 1 else packet, bytes(200))


# ID3


def seven_bits(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def unsynchronised(content: bytes) -> bytes:
    out = bytearray()
    for at, byte in enumerate(content):
        out.append(byte)
        if byte == 0xFF and (at + 1 == len(content) or content[at + 1] == 0 or content[at + 1] >= 0xE0):
            out.append(0)
    return bytes(out)


def frame(name: bytes, content: bytes, *, version: int = 4, flags: int = 0, plain_size: bool = False) -> bytes:
    if version == 2:
        return name + struct.pack(">I", len(content))[1:] + content
    size = seven_bits(len(content)) if version == 4 and not plain_size else struct.pack(">I", len(content))
    return name + size + struct.pack(">H", flags) + content


def text_frame(name: bytes, text: str, *, version: int = 4, encoding: int = 3) -> bytes:
    codec = ("latin-1", "utf-16", "utf-16-be", "utf-8")[encoding]
    return frame(name, bytes([encoding]) + text.encode(codec), version=version)


def free_text_frame(description: str, text: str, *, version: int = 4) -> bytes:
    name = b"TXX" if version == 2 else b"TXXX"
    return frame(name, b"\x03" + description.encode() + b"\0" + text.encode(), version=version)


def private_frame(packet: bytes, *, owner: bytes = b"XMP", version: int = 4, flags: int = 0) -> bytes:
    return frame(b"PRIV", owner + b"\0" + packet, version=version, flags=flags)


def object_frame(store: bytes = STORE, *, version: int = 4) -> bytes:
    name = b"GEO" if version == 2 else b"GEOB"
    head = b"\0application/x-c2pa-manifest-store\0c2pa\0c2pa manifest store\0"
    return frame(name, head + store, version=version)


def id3(*frames: bytes, version: int = 4, flags: int = 0, padding: int = 64, footer: bool = False) -> bytes:
    """A tag; with the flag 0x80 it is unsynchronised as a whole, which 2.4 no longer does."""
    body = b"".join(frames) + bytes(0 if footer else padding)
    if flags & 0x80 and version < 4:
        body = unsynchronised(body)
    flags |= 0x10 if footer else 0
    head = bytes([version, 0, flags]) + seven_bits(len(body))
    return b"ID3" + head + body + (b"3DI" + head if footer else b"")


def mp3(*tags: bytes, tail: bytes = b"", frames: int = 20) -> bytes:
    return b"".join(tags) + (b"\xff\xfb\x90\x64" + bytes(413)) * frames + tail


# FLAC


def vorbis_comment(fields: Iterable[tuple[str, str]]) -> bytes:
    words = [f"{name}={value}".encode() for name, value in fields]
    body = struct.pack("<I", 4) + b"test" + struct.pack("<I", len(words))
    return body + b"".join(struct.pack("<I", len(word)) + word for word in words)


def flac(*blocks: tuple[int, bytes], before: bytes = b"", sound: int = 500) -> bytes:
    everything = [(0, bytes(34)), *blocks]
    out = before + b"fLaC"
    for number, (kind, body) in enumerate(everything):
        last = 0x80 if number == len(everything) - 1 else 0
        out += struct.pack(">I", len(body) | (kind | last) << 24) + body
    return out + b"\xff\xf8" + bytes(sound)


# EPUB

CONTAINER = (
    '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    "<rootfiles>{}</rootfiles></container>"
)


def container(*paths: str, media_type: str = "application/oebps-package+xml") -> bytes:
    files = "".join(f'<rootfile full-path="{path}" media-type="{media_type}"/>' for path in paths)
    return CONTAINER.format(files).encode()


def opf(metadata: str = "", *, version: str = "3.0", items: int = 3) -> bytes:
    manifest = "".join(
        f'<item id="i{number}" href="text/{number}.xhtml" media-type="application/xhtml+xml"/>'
        for number in range(items)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><package xmlns="http://www.idpf.org/2007/opf" version="{version}" '
        f'prefix="tdm: http://www.w3.org/ns/tdmrep#" unique-identifier="id"><metadata '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">{metadata}</metadata>'
        f"<manifest>{manifest}</manifest><spine/></package>"
    ).encode()


RESERVED = '<meta property="tdm:reservation">1</meta>'


def epub(
    packages: Mapping[str, bytes] | None = None,
    *,
    extra: Iterable[tuple[str, bytes]] = (),
    chapters: int = 3,
    method: int = zipfile.ZIP_DEFLATED,
    with_container: bytes | None = None,
) -> bytes:
    found = {"OEBPS/p.opf": opf(RESERVED)} if packages is None else packages
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        book.writestr("META-INF/container.xml", container(*found) if with_container is None else with_container)
        for path, body in found.items():
            book.writestr(path, body)
        for number in range(chapters):
            book.writestr(f"OEBPS/text/{number}.xhtml", f"<html>chapter {number} {'words ' * 200}</html>")
        for path, body in extra:
            book.writestr(path, body)
    return out.getvalue()


# PDF


def pdf_stream(number: int, header: str, body: bytes, *, length: str | None = None) -> bytes:
    head = f"{number} 0 obj\n<< {header} /Length {len(body) if length is None else length} >>\nstream\n"
    return head.encode() + body + b"\nendstream\nendobj\n"


def pdf_object(number: int, text: str) -> bytes:
    return f"{number} 0 obj\n{text}\nendobj\n".encode()


def classic_pdf(
    objects: Mapping[int, bytes], trailer: str = "/Root 1 0 R", *, before: bytes = b"", eol: bytes = b"\r\n"
) -> bytes:
    """A file with a cross-reference table; `before` is junk ahead of the header, which offsets do not count."""
    out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    offsets = {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += body
    size = max(objects) + 1
    start = len(out)
    out += b"xref\n0 %d\n" % size
    for number in range(size):
        used = number in offsets
        out += b"%010d %05d %c" % (offsets.get(number, 0), 0 if used else 65535, b"n" if used else b"f") + eol
    out += f"trailer\n<< /Size {size} {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return before + out


def pdf(
    packet: bytes | None = None, *, info: str = "", extra: Mapping[int, bytes] | None = None, **kwargs: object
) -> bytes:
    """A file of one page, with `packet` as its metadata, compressed."""
    metadata = "" if packet is None else "/Metadata 4 0 R"
    objects = {
        1: pdf_object(1, f"<< /Type /Catalog /Pages 2 0 R {metadata} >>"),
        2: pdf_object(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
        3: pdf_object(3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"),
    }
    if packet is not None:
        objects[4] = pdf_stream(4, "/Type /Metadata /Subtype /XML /Filter /FlateDecode", zlib.compress(packet))
    if info:
        objects[5] = pdf_object(5, f"<< {info} >>")
    objects |= dict(extra or {})
    trailer = "/Root 1 0 R" + (" /Info 5 0 R" if info else "")
    return classic_pdf(objects, trailer, **kwargs)  # type: ignore[arg-type]


def seeds() -> dict[str, bytes]:
    """Good files of each kind, with every packet that it has a place for; the same bytes in every run."""
    import pikepdf

    packet = xmp()
    names = ilst((b"\xa9nam", "Song"), (b"----ISRC", "FRX761234567"))
    metadata = full_box(b"meta", full_box(b"hdlr", bytes(20)), names)
    movie = box(b"moov", box(b"udta", box(b"XMP_", packet)))
    compressed = box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", struct.pack(">I", len(movie)), zlib.compress(movie)))
    frames = (text_frame(b"TSRC", "FRX761234567"), free_text_frame("ISWC", "T-000.000.001-0"), object_frame())
    old = (private_frame(packet, version=3), object_frame(version=3))
    short = (text_frame(b"TRC", "FRX761234567", version=2, encoding=0), object_frame(version=2))
    found = {
        "mp4": mp4(movie=box(b"udta", box(b"XMP_", packet), metadata), tail=xmp_box(packet) + c2pa_box()),
        "mov compressed": box(b"ftyp", b"qt  ", bytes(8)) + box(b"moov", compressed) + box(b"mdat", bytes(99)),
        "heif": heif(packet),
        "heif idat": heif(zlib.compress(packet), method=1, encoding=b"deflate"),
        "mp3 2.4": mp3(id3(private_frame(packet), *frames), tail=id3(private_frame(packet), footer=True)),
        "mp3 2.3": mp3(id3(*old, version=3, flags=0x80), tail=b"TAG" + bytes(125)),
        "mp3 2.2": mp3(id3(*short, version=2)),
        "flac": flac((4, vorbis_comment([("ISRC", "FRX761234567")])), before=id3(private_frame(packet), *frames)),
        "flac riff": flac((2, b"riff_PMX" + struct.pack("<I", len(packet)) + packet)),
        "epub": epub(extra=[("META-INF/content_credential.c2pa", STORE)]),
        "epub two": epub({"a/p.opf": opf(RESERVED), "b/p.opf": opf()}, method=zipfile.ZIP_STORED),
        "pdf": pdf(tdm_xmp(), info="/Title (A) /doi (10.1000/182)"),
    }
    modes = {
        "pdf streams": {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
        "pdf linear": {"linearize": True},
        "pdf encrypted": {"encryption": pikepdf.Encryption(owner="o", user="", R=3, aes=False, metadata=False)},
    }
    for name, mode in modes.items():
        document = pikepdf.Pdf.new()
        document.add_blank_page()
        document.Root.Metadata = document.make_stream(tdm_xmp(), Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
        out = io.BytesIO()
        document.save(out, static_id=True, fix_metadata_version=False, **mode)  # type: ignore[arg-type]
        found[name] = out.getvalue()
    return found
