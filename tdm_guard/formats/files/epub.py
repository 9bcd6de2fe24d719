"""
EPUB 2 and 3 (OCF 3.3, OPF 2.0.1): the package documents that the container names, and the book's identifiers.

    META-INF/container.xml -> rootfile full-path -> package document
    META-INF/content_credential.c2pa (C2PA 2.1, A.7)

An RSL document stands in the metadata of a package document, so that it comes with it.
"""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

from tdm_guard.formats.files import zip_archive
from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread, more_names
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.files.opf_identifiers import identifiers, without_manifest
from tdm_guard.formats.salvage import MAX_STORE, Unreads, hides
from tdm_guard.formats.xml import Limits, parse

MAX_PACKAGES = 16  # package documents read of one book; one with two renditions has two
MAX_PACKAGE = 4 * 2**20  # bytes of one; the manifest of a large book has some hundred kilobytes
MAX_INFLATED = 3 * 2**20  # bytes of all that is read of one book, besides what it has itself
MAX_SAME = 4  # entries of one name that are read; there should be one
MAX_FOUND = 1_024  # entries that are wanted; a book has one or two
_CONTAINER_LIMITS = Limits(bytes=2**18, elements=1_000, depth=16)
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_STORE = "META-INF/content_credential.c2pa"
_FIXED = frozenset(name.encode() for name in (_CONTAINER, _ENCRYPTION, _STORE))
_PACKAGE_TYPE = "application/oebps-package+xml"
_ROOTFILE = "{urn:oasis:names:tc:opendocument:xmlns:container}rootfile"


def read(data: bytes, *, complete: bool) -> Asset:
    """What lies in an EPUB."""
    book = _Book(data, complete=complete)
    book.read()
    return Asset(
        format=Format.EPUB,
        packets=tuple(book.packets),
        unread=tuple(book.unread),
        tags=tuple(dict.fromkeys(book.tags)),
        complete=complete and not hides(book.unread),
        parts=data.count(b"PK\3\4") if any(packet.place is Place.C2PA for packet in book.packets) else 0,
    )


def _is_wanted(name: bytes) -> bool:
    return name[-4:] in (b".opf", b".OPF") or name in _FIXED


class _Book:
    """The state of reading one book."""

    def __init__(self, data: bytes, *, complete: bool) -> None:
        self._data = data
        self._complete = complete
        self.packets: list[Packet] = []
        self.unread = Unreads()
        self.tags: list[tuple[str, str]] = []
        self._left = MAX_INFLATED + len(data)

    def read(self) -> None:
        """Finds the package documents and the manifest store."""
        listing = zip_archive.entries(self._data, _is_wanted)
        named: dict[str, list[zip_archive.ZipEntry]] = {}
        for entry in listing.entries[:MAX_FOUND]:
            named.setdefault(entry.name, []).append(entry)
        if len(listing.entries) > MAX_FOUND:
            for place in (Place.OPF, Place.C2PA):
                self._missing(place, "EPUB", f"more than {MAX_FOUND} package documents")
        self._stores(named.get(_STORE, []))
        paths = self._paths(named)
        missing = [path for path in paths if path not in named]
        if missing:  # a package document with a name of its own, or spelled otherwise
            self._find(missing, named)
        if not paths:
            paths = [name for name in named if name.lower().endswith(".opf")]
        encrypted = self._text(named.get(_ENCRYPTION, []), _ENCRYPTION)
        for path in paths[:MAX_PACKAGES]:
            if path.encode() in encrypted:
                self._missing(Place.OPF, f"EPUB/{path}", "a package document that is encrypted")
            self._package(path, named.get(path, []))
        if len(paths) > MAX_PACKAGES:
            self._missing(Place.OPF, "EPUB", f"more than {MAX_PACKAGES} package documents")
        if not paths:
            self._missing(Place.OPF, "EPUB", "no package document")
        if listing.problem:
            self._missing(Place.OPF, "EPUB", listing.problem)
            self._missing(Place.C2PA, "EPUB", listing.problem)

    def _paths(self, named: dict[str, list[zip_archive.ZipEntry]]) -> list[str]:
        """Paths of the package documents, as the container names them."""
        body = self._text(named.get(_CONTAINER, []), _CONTAINER)
        if not body:
            return []
        document = parse(body, limits=_CONTAINER_LIMITS, keep=_ROOTFILE)
        if document.problem:
            self._fault(f"EPUB/{_CONTAINER}", document.problem)
        paths: dict[str, None] = {}
        for rootfile in document.kept:
            path = rootfile.attributes.get("full-path", "").strip()
            kind = rootfile.attributes.get("media-type", _PACKAGE_TYPE).strip().lower()
            if path and (kind == _PACKAGE_TYPE or path.lower().endswith(".opf")):
                paths[posixpath.normpath(path.lstrip("/"))] = None
        return list(paths)

    def _find(self, missing: list[str], named: dict[str, list[zip_archive.ZipEntry]]) -> None:
        """Looks again for paths that no entry has literally: percent-encoded, or in letters of another case."""
        spelled = {path.casefold(): path for path in missing} | {unquote(path).casefold(): path for path in missing}
        listing = zip_archive.entries(self._data, lambda name: name.decode("utf-8", "replace").casefold() in spelled)
        for entry in listing.entries:
            path = spelled.get(entry.name.casefold())
            if path is not None:
                named.setdefault(path, []).append(entry)

    def _package(self, path: str, entries: list[zip_archive.ZipEntry]) -> None:
        locator = f"EPUB/{path}"
        if not entries:
            self._missing(Place.OPF, locator, "the package document is not in the archive")
        if len(entries) > MAX_SAME:
            self._missing(Place.OPF, locator, f"more than {MAX_SAME} entries of this name")
        for entry in entries[:MAX_SAME]:  # two of one name: which of them is the book's depends on the reader
            if self._left <= 0:
                self._missing(Place.OPF, locator, "more package documents than are read of one book")
                return
            package = zip_archive.extract(self._data, entry, min(MAX_PACKAGE, self._left))
            self._left -= len(package.body)
            if package.problem:
                self._missing(Place.OPF, locator, package.problem)
            if package.body:
                metadata = without_manifest(package.body)
                self.packets.append(Packet(Place.OPF, locator, metadata))
                found, more = identifiers(metadata)
                self.tags += found
                if more:
                    self.unread.append(more_names(locator))

    def _stores(self, found: list[zip_archive.ZipEntry]) -> None:
        if len(found) > MAX_SAME:
            self._missing(Place.C2PA, f"EPUB/{_STORE}", f"more than {MAX_SAME} entries of this name")
        for entry in found[:MAX_SAME]:
            store = zip_archive.extract(self._data, entry, max(1, min(MAX_STORE, self._left)))
            self._left -= len(store.body)
            if store.problem:
                self._missing(Place.C2PA, f"EPUB/{_STORE}", store.problem)
            if store.body:
                self.packets.append(Packet(Place.C2PA, f"EPUB/{_STORE}", store.body))

    def _text(self, found: list[zip_archive.ZipEntry], name: str) -> bytes:
        for entry in found[-1:]:
            text = zip_archive.extract(self._data, entry, _CONTAINER_LIMITS.bytes)
            if text.problem:
                self._fault(f"EPUB/{name}", text.problem)
            return text.body
        return b""

    def _missing(self, place: Place, locator: str, message: str) -> None:
        if self._complete:
            self.unread.append(Unread(place, locator, message))

    def _fault(self, locator: str, message: str) -> None:
        if self._complete:
            self.unread.append(Unread(None, locator, message))
