"""Files with C2PA manifests, signed in the tests by a certificate chain that is made for the run."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID


class Signer(NamedTuple):
    """A certificate chain made for this run, with which files are signed."""

    chain: bytes
    key: bytes

    @classmethod
    def make(cls, ocsp: str | None = None) -> Signer:
        now = datetime.now(UTC)
        root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

        def build(subject: str, key: ec.EllipticCurvePrivateKey, *, is_root: bool) -> x509.CertificateBuilder:
            flags = dict.fromkeys(
                ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                 "encipher_only", "decipher_only"), False,
            )  # fmt: skip
            return (
                x509.CertificateBuilder()
                .subject_name(named(subject))
                .issuer_name(named("root"))
                .public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - timedelta(days=1))
                .not_valid_after(now + timedelta(days=30))
                .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
                .add_extension(
                    x509.KeyUsage(digital_signature=True, key_cert_sign=is_root, crl_sign=is_root, **flags), True
                )
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), False)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            )

        own = build("leaf", leaf, is_root=False).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False
        )
        if ocsp is not None:
            access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp))
            own = own.add_extension(x509.AuthorityInformationAccess([access]), False)
        pem = serialization.Encoding.PEM
        certificates = [own.sign(root, hashes.SHA256()), build("root", root, is_root=True).sign(root, hashes.SHA256())]
        return cls(
            b"".join(certificate.public_bytes(pem) for certificate in certificates),
            leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        )

    def sign(
        self,
        data: bytes,
        mime: str,
        entries: object = None,
        *,
        label: str = "cawg.training-mining",
        remote: str | None = None,
        embed: bool = True,
        parent: bytes | None = None,
        redacted: str | None = None,
    ) -> bytes:
        """`data` with a manifest that holds one assertion with these entries, and takes one out of its parent's."""
        action: dict[str, Any] = {
            "action": "c2pa.created",
            "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
        }
        if parent is not None:
            action = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["parent"]}}
        actions = [action]
        if redacted is not None:
            taken = {"action": "c2pa.redacted", "reason": "c2pa.PII.present", "parameters": {"redacted": redacted}}
            actions.append(taken)
        assertions: list[object] = [{"label": "c2pa.actions", "data": {"actions": actions}}]
        if entries is not None:
            assertions.append({"label": label, "data": {"entries": entries}})
        manifest = {
            "claim_generator_info": [{"name": "test", "version": "1"}],
            "format": mime,
            "assertions": assertions,
            **({"redactions": [redacted]} if redacted is not None else {}),
        }
        config = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"ocsp_fetch": False}}
        signer = c2pa.C2paSignerInfo(alg=b"es256", sign_cert=self.chain, private_key=self.key, ta_url=None)
        signed = io.BytesIO()
        with (
            c2pa.Settings.from_dict(config) as chosen,
            c2pa.Context(chosen) as context,
            c2pa.Builder(json.dumps(manifest), context=context) as builder,
            c2pa.Signer.from_info(signer) as own,
        ):
            if parent is not None:
                said = {"title": "parent", "relationship": "parentOf", "instance_id": "parent", "label": "parent"}
                builder.add_ingredient(json.dumps(said), mime, io.BytesIO(parent))
            if not embed:
                builder.set_no_embed()
            if remote is not None:
                builder.set_remote_url(remote)
            builder.sign(own, mime, io.BytesIO(data), signed)
        return signed.getvalue()


def named(common_name: str) -> x509.Name:
    parts = ((NameOID.COUNTRY_NAME, "FR"), (NameOID.ORGANIZATION_NAME, "Test"), (NameOID.COMMON_NAME, common_name))
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


def store_of(data: bytes) -> bytes:
    """The manifest store that lies in one piece in a file."""
    at = data.index(b"jumb") - 4
    return data[at : at + int.from_bytes(data[at : at + 4], "big")]
