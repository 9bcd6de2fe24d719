#!/usr/bin/env bash
# C2PA lets the next editor redact a do-not-train assertion, and the file stays Valid.
#
# One would guess: a signed "notAllowed" (cawg.training-mining) in a file's manifest stays in its history: manifests of earlier
#   versions travel on inside the later ones, and whoever takes something out breaks a hash, so that validation fails.
# What happens: C2PA knows redaction, meant for names and places that must not travel on. Whoever signs the next version may list
#   any assertion of an earlier manifest under `redactions`, but for its actions and hashes; the do-not-train assertion is no
#   exception. The earlier signer is not asked. The result is Valid like the file before, no failure is reported, the earlier
#   manifest lists no such assertion, and the word notAllowed is nowhere in the file. What is left is the address of what was taken:
#   in `redactions` and the c2pa.redacted action of the new manifest, and in the validation results stored with the ingredient.
# Why it matters: "no training assertion in any manifest of a Valid file" is not "nobody ever reserved". The address still names
#   the label cawg.training-mining, so a reader can know that something was said and is gone, though no longer what: a case for a
#   person, not for the training set. A reader that only looks through the assertions sees a file on which nothing was ever said.
#
# Ends with 0 while this holds, with another status once it does not.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -qq --disable-pip-version-check c2pa-python==0.38.1 cryptography==50.0.2 pillow==13.0.0
cd "$dir"
"$dir/venv/bin/python" - <<'PY'
import io
import json
import sys
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

MIME = "image/jpeg"
LABEL = "cawg.training-mining"
SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"ocsp_fetch": False, "remote_manifest_fetch": False},
}
USES = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only")


def signer(name):
    """An authority of its own, and a certificate for signing from it."""
    pem, now, day = serialization.Encoding.PEM, datetime.now(timezone.utc), timedelta(days=1)
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def certificate(subject, key, is_authority):
        def named(common):
            return x509.Name(
                [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name), x509.NameAttribute(NameOID.COMMON_NAME, common)]
            )

        uses = x509.KeyUsage(digital_signature=True, key_cert_sign=is_authority, crl_sign=is_authority, **dict.fromkeys(USES, False))
        built = x509.CertificateBuilder(named(f"{name} authority"), named(subject), key.public_key())
        built = built.serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)
        built = built.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        built = built.add_extension(uses, critical=True)
        built = built.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
        built = built.add_extension(issuer, critical=False)
        if not is_authority:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            built = built.add_extension(purpose, critical=False)
        return built.sign(authority, hashes.SHA256()).public_bytes(pem)

    chain = certificate(name, own, False) + certificate(f"{name} authority", authority, True)
    key = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(alg=b"es256", sign_cert=chain, private_key=key, ta_url=None))


def sign(who, picture, actions, others=(), redactions=(), parent=None):
    manifest = {
        "claim_generator_info": [{"name": "example", "version": "1"}],
        "format": MIME,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}, *others],
    }
    if redactions:
        manifest["redactions"] = list(redactions)
    signed = io.BytesIO()
    with c2pa.Context(c2pa.Settings.from_dict(SETTINGS)) as context:
        with c2pa.Builder(json.dumps(manifest), context=context) as builder:
            if parent is not None:
                told = {"title": "before", "relationship": "parentOf", "instance_id": "before", "label": "before"}
                builder.add_ingredient(json.dumps(told), MIME, io.BytesIO(parent))
            builder.sign(who, MIME, io.BytesIO(picture), signed)
    return signed.getvalue()


def tell(what, data):
    with c2pa.Context(c2pa.Settings.from_dict(SETTINGS)) as context:
        with c2pa.Reader(MIME, io.BytesIO(data), context=context) as reader:
            said, state = json.loads(reader.json()), str(reader.get_validation_state())
    codes = sorted({item["code"] for item in said["validation_results"]["activeManifest"]["failure"]})
    labels = [item["label"] for manifest in said["manifests"].values() for item in manifest["assertions"]]
    redactions = said["manifests"][said["active_manifest"]].get("redactions", [])
    print(f"{what}: {state}, failures {codes}, manifests {len(said['manifests'])}, {LABEL} listed: {LABEL in labels},", end=" ")
    print(f"notAllowed in the file: {b'notAllowed' in data}, redactions: {[item.rsplit('/', 1)[1] for item in redactions]}")
    return said, (state, codes, LABEL in labels, b"notAllowed" in data)


print("c2pa-python", version("c2pa-python"))
plain = io.BytesIO()
Image.new("RGB", (64, 64), "teal").save(plain, "JPEG")
author, editor = signer("Author"), signer("Editor")
capture = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
refusal = {"label": LABEL, "data": {"entries": {"cawg.ai_generative_training": {"use": "notAllowed"}}}}
first = sign(author, plain.getvalue(), [{"action": "c2pa.created", "digitalSourceType": capture}], [refusal])
told, before = tell("signed by the author", first)

opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["before"]}}
_, kept = tell("signed on by an editor", sign(editor, first, [opened], parent=first))

address = f"self#jumbf=/c2pa/{told['active_manifest']}/c2pa.assertions/{LABEL}"
taken = {"action": "c2pa.redacted", "reason": "c2pa.PII.present", "parameters": {"redacted": address}}
_, after = tell("the same, with a redaction", sign(editor, first, [opened, taken], redactions=[address], parent=first))

untrusted = ["signingCredential.untrusted"]  # the certificates were made just now
holds = before == kept == ("Valid", untrusted, True, True) and after == ("Valid", untrusted, False, False)
print("the refusal is gone, and the file as Valid as before" if holds else "changed: this no longer holds")
sys.exit(0 if holds else 1)
PY
