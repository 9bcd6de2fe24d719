"""
A C2PA manifest store with the assertion on training and data mining, made here (C2PA 2.1, CAWG 1.1).

Its signature is none: a refusal counts in any state of validation, and a pretend web should hold no key.
"""

from __future__ import annotations

import hashlib
import struct
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import TypeAlias

_Item: TypeAlias = "int | bytes | str | Sequence[_Item] | Mapping[int | str, _Item] | None"

_ASSERTION = "cawg.training-mining"
_BINDING = "c2pa.hash.data"
_LABEL = "urn:c2pa:74646d67-0000-4000-8000-000000000001"
_TYPE_END = bytes.fromhex("00110010800000aa00389b71")  # of a JUMBF type that begins with four letters (ISO 19566-5)
# A certificate that signed itself, for a key that nobody kept: readers want one that can be parsed.
_CERTIFICATE = b64decode(
    "MIIBDDCBs6ADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAMMBGRlbW8wIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAw"
    "MDBaMA8xDTALBgNVBAMMBGRlbW8wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATHSrjGkgsDWwdsF5VJ5euPD5gbDQsi/yfDntI5"
    "Erj1CvqUBT6/TXcWjMH+E32ykTB09OdHTa9RiS+zV5/fZcVpMAoGCCqGSM49BAMCA0gAMEUCIF3Mes4RTRrr5ANFh4tUbhpQYzql"
    "zD1CTAocXJsI0VqcAiEA3Vg32HRcSCwSa2mrCUNuBdGwvdvgHd+5kz5mFqU1CAk="
)


def manifest_store(uses: Mapping[str, str]) -> bytes:
    """A store of one manifest that says of each key (`cawg.ai_training`, …) which use is made of it."""
    assertion = _superbox(b"cbor", _ASSERTION, _content({"entries": {key: {"use": use} for key, use in uses.items()}}))
    binding: _Item = {"exclusions": [], "alg": "sha256", "hash": bytes(32), "pad": b"", "name": "file"}
    bound = _superbox(b"cbor", _BINDING, _content(binding))
    claim: _Item = {
        "instanceID": "xmp:iid:1",
        "claim_generator_info": {"name": "tdm_guard"},
        "signature": "self#jumbf=c2pa.signature",
        "created_assertions": [_reference(_BINDING, bound), _reference(_ASSERTION, assertion)],
        "alg": "sha256",
    }
    # COSE_Sign1 (RFC 9052 4.2): ES256, with the chain of certificates (RFC 9360) in what would be signed
    signature = b"\xd2" + _cbor([_cbor({1: -7, 33: [_CERTIFICATE]}), {}, None, bytes(64)])
    manifest = _superbox(
        b"c2ma",
        _LABEL,
        _superbox(b"c2as", "c2pa.assertions", assertion, bound),
        _superbox(b"c2cl", "c2pa.claim.v2", _content(claim)),
        _superbox(b"c2cs", "c2pa.signature", _box(b"cbor", signature)),
    )
    return _superbox(b"c2pa", "c2pa", manifest)


def _reference(label: str, box: bytes) -> _Item:
    return {"url": f"self#jumbf=c2pa.assertions/{label}", "hash": hashlib.sha256(box[8:]).digest()}


def _content(value: _Item) -> bytes:
    return _box(b"cbor", _cbor(value))


def _superbox(kind: bytes, label: str, *content: bytes) -> bytes:
    described = _box(b"jumd", kind + _TYPE_END + b"\x03" + label.encode() + b"\0")  # it has a label, and may be named
    return _box(b"jumb", described + b"".join(content))


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def _cbor(value: _Item) -> bytes:
    """As much of RFC 8949 as a manifest needs."""
    match value:
        case None:
            return b"\xf6"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            text = value.encode()
            return _head(3, len(text)) + text
        case Mapping():
            return _head(5, len(value)) + b"".join(_cbor(key) + _cbor(item) for key, item in value.items())
        case _:
            return _head(4, len(value)) + b"".join(_cbor(item) for item in value)


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for bits, form in ((24, ">BB"), (25, ">BH"), (26, ">BI")):
        if number < 1 << (8 << bits - 24):
            return struct.pack(form, major << 5 | bits, number)
    raise ValueError(f"{number} is more than a manifest holds")
