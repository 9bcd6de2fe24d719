"""
Decisions and what they rest on as a WARC file (ISO 28500, WARC 1.1), for archives and their tools.

    warcinfo                         ; once
    resource | conversion            ; a policy document, or a piece of a response: each once
    metadata                         ; refers to it: which statements of which decision rest on it
    metadata                         ; the line of the decision, byte for byte, so that its hash holds

A document is no `response`: its body was decoded and its fields are not kept, so that the block is not what came over
the wire. Each record is a gzip member of its own and has a digest of its block, and of its payload where it has one.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tdm_guard.judging.extract import MAGIC
from tdm_guard.log.evidence import Copy, State
from tdm_guard.log.evidence_check import named_by
from tdm_guard.log.members import entries, text_of
from tdm_guard.log.record import TOOL
from tdm_guard.log.recorded import moment_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tdm_guard.log.evidence_check import Named

VERSION = "WARC/1.1"
CONFORMS = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
EXTRACT = "application/vnd.tdm-guard.extract"
MAX_KNOWN = 1_000_000  # copies that are remembered as written, some 100 bytes each; behind them one is written again
_PAYLOADS = frozenset({"resource", "conversion"})
_NAMES = uuid.UUID("5b0c9b0e-6f0e-4d0a-9f0e-2b9f6a0c5d11")  # our own name space: the same copy has the same record id
_TYPES = {".json": "application/json", ".txt": "text/plain", ".xml": "application/xml"}


class _Writer(WARCWriter):  # type: ignore[misc] # warcio has no types
    NO_PAYLOAD_DIGEST_TYPES = ("warcinfo", "revisit", "metadata")


class Warc:
    """Writes records into `out`. `made` is when (RFC 3339, UTC), `about` further fields of the warcinfo record."""

    def __init__(self, out: BinaryIO, *, made: str, about: Mapping[str, str]) -> None:
        self._writer = _Writer(out, gzip=True, warc_version="1.1")
        self._known: set[str] = set()
        self.records = 0
        fields = {"software": TOOL, "format": "WARC File Format 1.1", "conformsTo": CONFORMS, **about}
        block = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in fields.items()).encode()
        self._write("warcinfo", _ident("warcinfo", made, block.decode()), made, block, "application/warc-fields")

    def decision(self, record: Mapping[str, Any], raw: bytes, copies: list[tuple[Named, Copy]]) -> None:
        """Writes a decision, its line `raw`, and the copies that are there; each copy once in a file."""
        ts = text_of(record, "ts", 40) or ""
        url = text_of(record, "final_url") or text_of(record, "url") or ""
        for named, copy in copies:
            if copy.state in (State.WHOLE, State.CUT):
                ident = self._copy(record, named, copy)
                block = json.dumps(_rests_on(record, named, copy), ensure_ascii=False, indent=1).encode(
                    "utf-8", "backslashreplace"
                )
                refers = {"WARC-Refers-To": ident, "WARC-Target-URI": _address(named.source or url)}
                self._write("metadata", _ident("metadata", named.digest, raw), ts, block, "application/json", **refers)
        target = {"WARC-Target-URI": _address(url)}
        self._write("metadata", _ident("decision", "", raw), ts, raw + b"\n", "application/json", **target)

    def _copy(self, record: Mapping[str, Any], named: Named, copy: Copy) -> str:
        kind = "conversion" if named.piece else "resource"
        ident = _ident(kind, named.digest, named.source)
        if ident in self._known:
            return ident
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known.add(ident)
        more = {"WARC-Target-URI": _address(named.source)}
        if copy.state is State.CUT:
            more["WARC-Truncated"] = "length"
        self._write(kind, ident, _retrieved(record, named), copy.data, _media_type(named, copy.data), **more)
        return ident

    def _write(self, kind: str, ident: str, ts: str, block: bytes, media_type: str, **more: str) -> None:
        digest = f"sha256:{hashlib.sha256(block).hexdigest()}"
        fields = [
            ("WARC-Type", kind),
            ("WARC-Record-ID", ident),
            ("WARC-Date", _whole_seconds(ts)),
            *more.items(),
            ("WARC-Block-Digest", digest),
        ]
        if kind in _PAYLOADS:
            fields.append(("WARC-Payload-Digest", digest))
        made = self._writer.create_warc_record(
            more.get("WARC-Target-URI", ""),
            kind,
            payload=BytesIO(block),
            length=len(block),
            warc_content_type=media_type,
            warc_headers=StatusAndHeaders("", fields, protocol=VERSION),
        )
        self._writer.write_record(made)
        self.records += 1


def _rests_on(record: Mapping[str, Any], named: Named, copy: Copy) -> dict[str, Any]:
    """Why a copy is kept: the decision, and the statements, faults and looked-for documents that name it."""
    known = {name: record.get(name) for name in ("run", "id", "ts", "url", "final_url", "verdict", "admitted", "hash")}
    return {
        **known,
        "sha256": named.digest,
        "copy": copy.state.value,
        "because": [entry for entry in entries(record, "because") if _names(entry, named)],
        "faults": [entry for entry in entries(record, "faults") if _names(entry, named)],
        "checked": [entry for entry in entries(record, "checked") if entry.get("sha256") == named.digest],
    }


def _names(entry: Mapping[str, Any], named: Named) -> bool:
    found = named_by(entry)
    return found is not None and found.digest == named.digest


def _retrieved(record: Mapping[str, Any], named: Named) -> str:
    """When the document was retrieved, by the first entry that says so; else when it was decided."""
    for name in ("because", "faults", "checked"):
        for entry in entries(record, name):
            if named.digest in (entry.get("sha256"), entry.get("evidence")) and (at := text_of(entry, "retrieved_at")):
                return at
    return text_of(record, "ts", 40) or ""


def _media_type(named: Named, data: bytes) -> str:
    if named.piece and data.startswith(MAGIC):
        return EXTRACT
    if data.lstrip()[:1] == b"<":
        return "application/xml"
    if named.piece:
        return "application/octet-stream" if b"\0" in data else "text/rfc822-headers"
    path = named.source.partition("?")[0]
    return next((media_type for end, media_type in _TYPES.items() if path.endswith(end)), "application/octet-stream")


def _ident(kind: str, digest: str, of: str | bytes) -> str:
    whole = hashlib.sha256(of if isinstance(of, bytes) else of.encode("utf-8", "backslashreplace")).hexdigest()
    return f"<urn:uuid:{uuid.uuid5(_NAMES, f'{kind} {digest} {whole}')}>"


def _whole_seconds(ts: str) -> str:
    moment = moment_of(ts)
    return "1970-01-01T00:00:00Z" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _address(url: str) -> str:
    """An address as a header field can hold it."""
    return quote(url, safe="%/:?#[]@!$&'()*+,;=~", errors="backslashreplace")


def _one_line(value: str) -> str:
    return " ".join(value.split())
