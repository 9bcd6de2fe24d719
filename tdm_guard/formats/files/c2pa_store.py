"""
C2PA manifest stores: the report that the native reader of the extra `c2pa` gives of a file.

strategy: the reader gets the file's bytes and settings in which every way to the network is off; whatever it meets
becomes a report too, so that nothing raises. It is loaded when the first file with a marker comes.
"""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.files.container import Format

if TYPE_CHECKING:
    from collections.abc import Mapping

EXTRA = "tdm-guard[c2pa]"
MAX_REPORT = 8 * 2**20  # characters of a report; those of ten ingredients have some 100,000
MAX_MESSAGE = 300  # characters of what the reader says of a failure
MAX_STORE = 16 * 2**20  # bytes of a store; thumbnails in it take some hundred kilobytes
MAX_BOXES = 20_000  # boxes of a store, by their words; those of ten ingredients have some thousand
MISSING = "ExtraMissing"

_SETTINGS: Mapping[str, Mapping[str, object]] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {
        "decode_identity_assertions": False,  # CAWG identities resolve did:web over the network
        "allowed_network_hosts": [],
        "allow_redirects": False,
        "max_decompressed_manifest_size_in_mb": 16,  # a compressed manifest may be a bomb
        "backing_store_memory_threshold_in_mb": 1024,  # no temporary files
    },
}
_REMOTE = re.compile(r'https?://[^\s"<>]{1,2048}')


def is_store(data: bytes) -> bool:
    """True if `data` is one whole JUMBF superbox (ISO 19566-5), as a manifest store is."""
    return data[4:8] == b"jumb" and int.from_bytes(data[:4], "big") in (0, len(data))


def is_bounded(store: bytes) -> bool:
    """True if a store is of a size, and of as many boxes, as the native reader takes up in a fraction of a second."""
    return len(store) <= MAX_STORE and store.count(b"jum") <= MAX_BOXES


def read(data: bytes, *, complete: bool) -> Asset:
    """A file that is a manifest store and nothing else (`application/c2pa`)."""
    if is_store(data):
        return Asset(format=Format.C2PA, packets=(Packet(Place.C2PA, "C2PA", data),), complete=complete)
    message = "not one whole JUMBF box" if complete else "the manifest store is cut off"
    return Asset(format=Format.C2PA, unread=(Unread(Place.C2PA, "C2PA", message),), complete=False)


def report(data: bytes, format: Format) -> Mapping[str, Any]:  # noqa: A002 - the word for it
    """
    The reader's report on a file, or `{"error": kind, "message": …}`; kind `Remote` comes with a `url`.

    The kind is `MISSING` where the extra is not installed. Never raises; touches neither network nor files.
    """
    media_type = format.row.c2pa
    if media_type is None:
        return _error("Unsupported", f"a manifest in a file of a kind ({format}) that has none by the specification")
    try:
        import c2pa  # noqa: PLC0415 - 0.1 s and 50 MB, for files that carry a manifest
    except Exception as error:  # noqa: BLE001 - a library that does not load raises OSError and others
        why = "" if isinstance(error, ModuleNotFoundError) else f" ({error})"
        return _error(MISSING, f'C2PA manifest present but not read: pip install "{EXTRA}"{why}')
    try:
        # A context of its own for each file: a shared one does not survive a fork.
        with (
            c2pa.Settings.from_dict(_SETTINGS) as settings,
            c2pa.Context(settings) as context,
            c2pa.Reader(media_type, io.BytesIO(data), context=context) as reader,
        ):
            text = reader.json()
        if len(text) > MAX_REPORT:
            return _error("TooLarge", f"a report of {len(text)} characters; at most {MAX_REPORT} are read")
        found = json.loads(text)
    except Exception as error:  # noqa: BLE001 - a native reader over a stranger's bytes
        return _error(*_kind(str(error) or type(error).__name__))
    return found if isinstance(found, dict) else _error("Json", "the report is no object")


def _kind(message: str) -> tuple[str, str]:
    """The reader's messages begin with the kind of error: `Remote: must fetch …`."""
    kind, colon, _ = message.partition(":")
    return (kind if colon and kind.isidentifier() else "Other"), message


def _error(kind: str, message: str) -> Mapping[str, Any]:
    found = _REMOTE.search(message) if kind == "Remote" else None
    error = {"error": kind, "message": message[:MAX_MESSAGE]}
    return {**error, "url": found[0]} if found else error
