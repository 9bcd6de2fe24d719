"""
PDF files (ISO 32000-1, 14.3.2): the metadata stream of the catalogue, which speaks for the whole document.

strategy: the tables at the end of the file lead to the catalogue, and nothing else of it is looked at. The reader is
our own (`pdf_file`), whose time and memory are bounded, and which needs a part of the time of a whole parser. Only an
encrypted file is opened with pikepdf, which the extra `pdf` installs. The metadata of single pages and pictures is not
read, since it does not speak for the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tdm_guard.formats.files import pdf_encrypted
from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.magic import MAGIC_BYTES
from tdm_guard.formats.files.pdf_file import PdfFile, Stream, is_ended
from tdm_guard.formats.files.pdf_objects import Header, PdfError, Value, text_of
from tdm_guard.formats.salvage import MAX_PACKET, MAX_STORE, Unreads, hides, is_xmp

LOCATOR = "PDF/Catalog/Metadata"
MAX_STORE_GROWTH = 2**20  # bytes by which a manifest store may be longer than its file; it has little to deflate
MAX_FILES = 128  # attached files looked at for a manifest store; one that stands in both lists counts twice
MAX_ESCAPES = 10_000  # characters that may begin an escape and are looked at
MAX_STORES = 4  # manifest stores; there should be one
MAX_NODES = 128  # nodes of the tree that names them
_MANIFEST = b"C2PA_Manifest"
_HIDING = (b"/Metadata", b"/ObjStm")  # without one of these there is no metadata, however damaged the file is
_ESCAPED = re.compile(rb"/[A-Za-z]{0,7}+#[0-9A-Fa-f]{2}")  # a name may have its characters escaped (7.3.5)
_INFO_KEYS = {
    b"Title": "title", b"Author": "creator_name", b"Publisher": "publisher", b"ISBN": "isbn", b"isbn": "isbn",
    b"doi": "doi", b"DOI": "doi", b"ISSN": "issn", b"issn": "issn",
}  # fmt: skip
_DOI = re.compile(r"(?i)\bdoi:\s{0,4}(10\.\d{4,9}/[^\s;,]{1,200})")


def read(data: bytes, *, complete: bool) -> Asset:
    """What lies in a PDF file. In a prefix, only what can be found without the tables at its end."""
    if not complete and b"/Metadata" not in data:
        return Asset(format=Format.PDF, complete=False)
    document = _Document(data, complete=complete)
    try:
        document.read()
    except PdfError as error:
        document.damaged(str(error))
    return Asset(
        format=Format.PDF,
        packets=tuple(document.packets),
        unread=tuple(document.unread) if complete else (),
        tags=tuple(dict.fromkeys(document.tags)),
        complete=complete and not hides(document.unread),
        parts=data.count(b"endobj") if any(packet.place is Place.C2PA for packet in document.packets) else 0,
    )


class _Document:
    """The state of reading one document."""

    def __init__(self, data: bytes, *, complete: bool) -> None:
        self._data = data
        self._complete = complete
        self.packets: list[Packet] = []
        self.unread = Unreads()
        self.tags: list[tuple[str, str]] = []

    def read(self) -> None:
        """Reads the catalogue. Raises `PdfError` if there is none."""
        file = PdfFile(self._data)
        if file.trailer.get(b"Encrypt") is not None:
            self._encrypted(file)
        else:
            self._open(file)
        if file.repaired is not None:
            # of a file that is cut short, the newest catalogue may be missing
            place = None if is_ended(self._data) else Place.XMP
            self.unread.append(Unread(place, "PDF", f"the file's own tables cannot be used: {file.repaired}"))

    def _open(self, file: PdfFile) -> None:
        catalogue = file.catalogue()
        self._metadata(file, catalogue.get(b"Metadata"))
        if not self.packets and file.repaired is not None and self._may_hide():
            message = "in a damaged file there are metadata, of which nobody knows whether they are the document's"
            self.unread.append(Unread(Place.XMP, LOCATOR, message))
        self._info(file)
        try:
            for store in _stores(file, catalogue):
                self.packets.append(Packet(Place.C2PA, "PDF/C2PA_Manifest", store))
        except PdfError as error:
            # in an object stream, the word by which a store is known cannot be seen
            may_hide = b"C2PA" in self._data or (file.repaired is None and b"/ObjStm" in self._data)
            self.unread.append(Unread(Place.C2PA if may_hide else None, "PDF/AF", str(error)))

    def damaged(self, message: str) -> None:
        """Notes that there is no way to the catalogue."""
        cut = b"%PDF-" in self._data[:MAGIC_BYTES] and not is_ended(self._data)
        self.unread.append(Unread(Place.XMP if cut or self._may_hide() else None, "PDF", message))

    def _may_hide(self) -> bool:
        return any(word in self._data for word in _HIDING) or self._has_escapes()

    def _has_escapes(self) -> bool:
        """True if a name may be written so that its letters are not seen."""
        at = -1
        for _ in range(MAX_ESCAPES):
            at = self._data.find(b"#", at + 1)
            if at < 0:
                return False
            if _ESCAPED.search(self._data, max(0, at - 8), at + 3):
                return True
        return True

    def _metadata(self, file: PdfFile, value: Value) -> None:
        try:
            found = file.resolve(value)
            if found is None:
                if value is not None:  # null, by 7.3.10; in a damaged file it was something else
                    place = None if file.repaired is None else Place.XMP
                    self.unread.append(Unread(place, LOCATOR, "the metadata that the catalogue names are not there"))
                return
            if not isinstance(found, Stream):
                raise PdfError("metadata that is no stream")
            self.packets.append(Packet(Place.XMP, LOCATOR, self._body(file, found)))
        except PdfError as error:
            self.unread.append(Unread(Place.XMP, LOCATOR, str(error)))

    def _body(self, file: PdfFile, stream: Stream) -> bytes:
        try:
            return file.stream(stream, MAX_PACKET)
        except PdfError as error:
            body = file.stream(stream, MAX_PACKET, mended=True)
            if not is_xmp(body):
                raise
            self.unread.append(Unread(Place.XMP, LOCATOR, str(error)))
            return body

    def _info(self, file: PdfFile) -> None:
        """The document information dictionary (14.3.3)."""
        try:
            info = file.resolve(file.trailer.get(b"Info"))
            if not isinstance(info, dict):
                return
            for key, value in info.items():
                if key not in _INFO_KEYS and key != b"Subject":
                    continue
                text = text_of(file.resolve(value))[:1_024]
                if key == b"Subject" and (found := _DOI.search(text)):  # where journals write it
                    self.tags.append(("doi", found[1]))
                elif text and key != b"Subject":
                    self.tags.append((_INFO_KEYS[key], text))
        except PdfError as error:
            self.unread.append(Unread(None, "PDF/Info", str(error)))

    def _encrypted(self, file: PdfFile) -> None:
        """
        Metadata of an encrypted file: names are in the open, streams are not, unless the file says so of this one.

        A catalogue in an object stream is out of sight as well. The files attached to it are not read.
        """
        if _MANIFEST in self._data:
            self.unread.append(Unread(Place.C2PA, "PDF/AF", "a manifest store in an encrypted file, which is not read"))
        try:
            catalogue = file.catalogue()
            found = file.resolve(catalogue.get(b"Metadata"))
            if found is None:
                return
            if isinstance(found, Stream) and is_xmp(body := file.stream(found, MAX_PACKET)):
                self.packets.append(Packet(Place.XMP, LOCATOR, body))
                return
        except PdfError:
            pass  # what is encrypted looks damaged
        if not self._may_hide():
            return
        decrypted = pdf_encrypted.metadata(self._data, MAX_PACKET)
        if decrypted.problem is not None:
            self.unread.append(Unread(Place.XMP, LOCATOR, decrypted.problem))
        if decrypted.body is not None:
            self.packets.append(Packet(Place.XMP, LOCATOR, decrypted.body))
        self.tags += decrypted.tags


def _stores(file: PdfFile, catalogue: Header) -> Iterator[bytes]:
    """The manifest stores among the attached files: those of the relationship that C2PA names (C2PA 2.1, A.4)."""
    seen: set[int] = set()
    for number, value in enumerate(_attached(file, catalogue)):
        if number >= MAX_FILES:
            raise PdfError(f"more than {MAX_FILES} attached files")
        specification = file.resolve(value)
        if not isinstance(specification, dict) or specification.get(b"AFRelationship") != _MANIFEST:
            continue
        embedded = file.resolve(specification.get(b"EF"))
        if not isinstance(embedded, dict):
            raise PdfError("a manifest store that is not in the file")
        stream = file.resolve(embedded.get(b"F", embedded.get(b"UF")))
        if not isinstance(stream, Stream):
            raise PdfError("a manifest store that is no stream")
        if len(seen) >= MAX_STORES:
            raise PdfError(f"more than {MAX_STORES} manifest stores: C2PA")
        if stream.start not in seen:
            seen.add(stream.start)
            yield file.stream(stream, min(MAX_STORE, MAX_STORE_GROWTH + len(file.data)))


def _attached(file: PdfFile, catalogue: Header) -> Iterator[Value]:
    """The file specifications of associated files (14.13) and of the tree of embedded files (7.11.4)."""
    associated = file.resolve(catalogue.get(b"AF"))
    if isinstance(associated, list):
        yield from associated
    names = file.resolve(catalogue.get(b"Names"))
    waiting = [names.get(b"EmbeddedFiles")] if isinstance(names, dict) else []
    for _ in range(MAX_NODES):
        if not waiting:
            return
        node = file.resolve(waiting.pop(0))
        if isinstance(node, dict):
            leaves, kids = file.resolve(node.get(b"Names")), file.resolve(node.get(b"Kids"))
            yield from leaves[1::2] if isinstance(leaves, list) else ()
            waiting += kids if isinstance(kids, list) else ()
    if waiting:
        raise PdfError(f"more than {MAX_NODES} nodes in the tree of attached files")
