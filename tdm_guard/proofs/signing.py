"""
Signatures of seals: Ed25519 (RFC 8032) over a label and the line of the statement, byte for byte.

Ed25519 knows no context, so that the label is what keeps a signature from being one of something else.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

PublicKey: TypeAlias = Ed25519PublicKey
PrivateKey: TypeAlias = Ed25519PrivateKey

LABEL = b"tdm_guard seal v1\n"
_LINE = re.compile(rb'\{"ed25519":"([0-9a-f]{0,256})","key":"([0-9a-f]{64})"\}\Z')
_RAW = re.compile(r"[0-9A-Fa-f]{64}\Z")
_PRIVATE = b"PRIVATE KEY-----"


class UnfitKeyError(Exception):
    """Why something cannot be used as a key."""


class PassphraseNeededError(UnfitKeyError):
    """The key is encrypted."""


class Signature(NamedTuple):
    """The second line of a LOG.seal: the signature, and the key it says that it is by, which proves nothing."""

    signature: bytes
    key: str

    @classmethod
    def read(cls, line: bytes) -> Signature | None:
        """None if it is no such line, spelled as we spell it."""
        found = _LINE.match(line)
        if found is None or len(found[1]) % 2:
            return None
        return cls(bytes.fromhex(found[1].decode()), found[2].decode())

    def problem(self, statement: bytes, key: PublicKey) -> str | None:
        """Why it is not that of the key's owner over the statement."""
        if self.key != spelled(key):
            return f"is by another key, {self.key}, than the one given, {spelled(key)}"
        if len(self.signature) != 64:
            return f"has a signature of {len(self.signature)} bytes instead of 64"
        try:
            key.verify(self.signature, LABEL + statement)
        except InvalidSignature:  # it says nothing more
            return "has another signature than that of its statement by the key given: one of the two was changed"
        return None


def signed(statement: bytes, key: PrivateKey) -> bytes:
    """The second line of a LOG.seal, without its newline."""
    signature = key.sign(LABEL + statement).hex()
    return f'{{"ed25519":"{signature}","key":"{spelled(key.public_key())}"}}'.encode()


def spelled(key: PublicKey) -> str:
    """The 32 bytes of a key in hexadecimal digits."""
    return key.public_bytes_raw().hex()


def private_key(data: bytes, passphrase: str | None = None) -> PrivateKey:
    """The key in a PEM file (PKCS#8). Raises `UnfitKeyError`, `PassphraseNeededError` if it is encrypted."""
    secret = passphrase.encode("utf-8", "surrogateescape") if passphrase is not None else None
    try:
        key = load_pem_private_key(data, secret)
    except TypeError:  # a passphrase is missing, or there is one for a key that needs none
        if passphrase is None:
            raise PassphraseNeededError("is encrypted") from None
        return private_key(data)
    except (ValueError, UnsupportedAlgorithm):
        if passphrase is not None:
            raise UnfitKeyError("cannot be opened: is the passphrase right?") from None
        raise UnfitKeyError("is no private key in PEM (PKCS#8)") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UnfitKeyError("is a key of another kind than Ed25519")
    return key


def public_key(data: bytes) -> PublicKey:
    """The key in a PEM file (SubjectPublicKeyInfo), or of 64 hexadecimal digits. Raises `UnfitKeyError`."""
    text = data.strip().decode("ascii", "replace")
    if _RAW.match(text):
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
    if _PRIVATE in data:
        raise UnfitKeyError("is a private key; give the public one, which is all that it takes")
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise UnfitKeyError("is no public key: neither PEM (SubjectPublicKeyInfo) nor 64 hexadecimal digits") from None
    if not isinstance(key, Ed25519PublicKey):
        raise UnfitKeyError("is a key of another kind than Ed25519")
    return key
