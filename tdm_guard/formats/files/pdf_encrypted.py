"""
Encrypted PDF files that open without a password (ISO 32000-1, 7.6), by way of pikepdf, which the extra `pdf` installs.

qpdf's own limits are tightened and its logger is silent while it reads: both are the process's, so that they are put
back, and only one thread reads at a time. It is not asked to repair, which has no bound in time.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from logging import getLogger
from threading import Lock
from typing import Any, NamedTuple

from tdm_guard.formats.files.pdf_filters import MAX_FILTERS, decode
from tdm_guard.formats.files.pdf_objects import Name, Value
from tdm_guard.formats.salvage import MAX_PACKET

MAX_FILE = 64 * 2**20  # bytes of a file that is opened
MAX_OBJECTS = 100_000  # objects of a file that is opened; qpdf reads the entry of each
MAX_SWOLLEN = 4 * 2**20  # bytes of a file in which ASCII85 may stand in for object streams: qpdf has no limit for it
MISSING = "encrypted PDF metadata is there, but the extra 'pdf' is not installed: pip install \"tdm-guard[pdf]\""
_LIMITS = {
    "flate_max_memory": 4 * 2**20,  # an object stream has some hundred kilobytes
    "png_max_memory": 4 * 2**20,
    "tiff_max_memory": 4 * 2**20,
    "run_length_max_memory": 4 * 2**20,
    "dct_max_memory": 4 * 2**20,
    "max_stream_filters": 3,
    "parser_max_nesting": 64,
    "doc_max_warnings": 100,
}
_ASCII85 = re.compile(rb"/A(?:SCII)?85")
_LOCK = Lock()
_LOGGER = getLogger("pikepdf._core")


class Decrypted(NamedTuple):
    """The metadata, None if there is none; why it could not be read; the identifiers of the information dictionary."""

    body: bytes | None = None
    problem: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


def metadata(data: bytes, limit: int) -> Decrypted:
    """The catalogue's metadata stream of an encrypted file, decrypted with the empty password and decoded."""
    if refusal := _refusal(data):
        return Decrypted(problem=refusal)
    try:
        pikepdf = import_module("pikepdf")
        limits = import_module("pikepdf.settings").set_qpdf_limits
    except (ImportError, AttributeError):
        return Decrypted(problem=MISSING)
    try:
        with _limited(limits):
            found = _open(pikepdf, data)
    except pikepdf.PasswordError:
        return Decrypted(problem="PDF metadata that only opens with a password")
    except Exception as error:  # noqa: BLE001 - a C++ library: what damaged files raise has no common class
        reason = str(error).rpartition(">: ")[2]  # without the address of the object that was read
        return Decrypted(problem=f"an encrypted PDF that cannot be opened: {reason[:120]}")
    if found.body is not None and len(found.body) > limit:
        found = found._replace(body=found.body[:limit], problem=f"XMP of more than {limit} bytes")
    return found


def _refusal(data: bytes) -> str | None:
    if len(data) > MAX_FILE:
        return f"an encrypted PDF of more than {MAX_FILE} bytes"
    if data.count(b"endobj") > MAX_OBJECTS or data.count(b" n") > 2 * MAX_OBJECTS:
        return f"an encrypted PDF of more than {MAX_OBJECTS} objects"
    if len(data) > MAX_SWOLLEN and b"85" in data and (b"/XRef" in data or b"/ObjStm" in data) and _ASCII85.search(data):
        return "an encrypted PDF with ASCII85 and object streams, which is not read"
    if b"/LZW" in data and b"/XRef" in data:  # the one filter without a limit, where qpdf would decode it unasked
        return "an encrypted PDF with LZW and cross-reference streams, which is not read"
    return None


def _open(pikepdf: Any, data: bytes) -> Decrypted:
    with pikepdf.open(io.BytesIO(data), attempt_recovery=False, inherit_page_attributes=False) as pdf:
        found = pdf.Root.get("/Metadata")
        return Decrypted(None if found is None else _decoded(found), None, tuple(_tags(pdf)))


def _decoded(stream: Any) -> bytes:
    """A stream, decrypted by qpdf and decoded by us, since qpdf has no limit for some filters."""
    header: dict[bytes, Value] = {}
    for key in ("Filter", "DecodeParms"):
        value = stream.get(f"/{key}")
        if value is not None:
            values = list(value) if type(value).__name__ == "Array" or value._type_name == "array" else [value]
            header[key.encode()] = [_plain(each) for each in values[: MAX_FILTERS + 1]]
    return decode(stream.read_raw_bytes(), header, MAX_PACKET)


def _plain(value: Any) -> Value:
    """A filter's name, or its parameters, as our own reader has them."""
    if hasattr(value, "keys") and getattr(value, "_type_name", "") == "dictionary":
        return {key[1:].encode(): value[key] for key in list(value.keys())[:16] if isinstance(value[key], int)}
    return Name(str(value)[1:].encode())


@contextmanager
def _limited(set_limits: Any) -> Iterator[None]:
    with _LOCK:
        before, silent = set_limits(**_LIMITS), _LOGGER.disabled
        _LOGGER.disabled = True  # it repeats what qpdf says of damage, which our reading says in its own way
        try:
            yield
        finally:
            _LOGGER.disabled = silent
            set_limits(**before)


def _tags(pdf: Any) -> Iterator[tuple[str, str]]:
    info = pdf.trailer.get("/Info")
    for name, key in (("/Title", "title"), ("/Author", "creator_name"), ("/ISBN", "isbn"), ("/doi", "doi")):
        value = None if info is None else info.get(name)
        if value is not None and (text := str(value).strip()):
            yield key, text[:1_024]
