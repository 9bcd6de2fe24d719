"""The commands of docs/proofs.md with programs of others: a key, a signature and a time stamp, by openssl and node."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.support.patience import PATIENCE
from tests.support.proofs import admitting, run_of, withholding

PAGE = (Path(__file__).parents[2] / "docs" / "proofs.md").read_text(encoding="utf-8")
TSA = "https://tsa.example/"
NEEDED = ("openssl", "curl", "node", "bash")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
CONFIG = """
[tsa]
default_tsa = own
[own]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
ess_cert_id_alg = sha256
default_policy = 1.2.3.4.1
digests = sha256
"""

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"no {' and no '.join(MISSING)} to run docs/proofs.md with")


def commands(word: str) -> str:
    """The one block of commands on the page that has the word."""
    [found] = [block for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL) if word in block]
    return str(found)


class Folder(NamedTuple):
    """Where the commands run."""

    path: Path
    tsa: str

    def run(self, text: str, *, code: int = 0) -> str:
        text = text.replace(TSA, self.tsa)
        words = ["bash", "-euo", "pipefail", "-c", f'PATH="$PWD/bin:$PATH"\n{text}']
        done = subprocess.run(
            words,
            cwd=self.path,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )
        assert (done.returncode != 0) is (code != 0), done
        return done.stdout + done.stderr

    def write(self, name: str, data: bytes) -> None:
        (self.path / name).write_bytes(data)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()


def authority(folder: Path) -> None:
    """An authority that gives time stamps, below a root and what stands between."""
    above: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None = None
    now = datetime.now(UTC)
    for name in ("roots", "chain", "tsa"):
        key, subject = (
            ec.generate_private_key(ec.SECP256R1()),
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        )
        issuer, signer = above or (subject, key)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=name != "tsa", path_length=None), critical=True)
        )
        if name == "tsa":
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        (folder / f"{name}.pem").write_bytes(
            made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        above = (subject, key)
        if name == "tsa":
            (folder / "tsa.key").write_bytes(pem(key))
    (folder / "tsa.cnf").write_text(CONFIG, encoding="ascii")


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    none = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, none)


@pytest.fixture(scope="module")
def stamping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The folder of an authority, and its address."""
    folder = tmp_path_factory.mktemp("tsa")
    authority(folder)

    class Stamp(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            good = self.headers["Content-Type"] == "application/timestamp-query"
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            words = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "answer"]
            subprocess.run(words, cwd=folder, capture_output=True, check=True, timeout=PATIENCE)
            self.send_response(200 if good else 400)
            self.end_headers()
            self.wfile.write((folder / "answer").read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Stamp) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        serving.join(PATIENCE)


@pytest.fixture(scope="module")
def folder(stamping: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A log that was signed by the commands of the page."""
    authority_of, url = stamping
    path = tmp_path_factory.mktemp("recipe")
    for name in ("roots.pem", "chain.pem"):
        shutil.copy(authority_of / name, path)
    (path / "bin").mkdir()
    command = path / "bin" / "tdm-guard"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tdm_guard "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    run_of(path / "tdm-guard.jsonl", [admitting("https://a.example/é"), withholding("https://b.example/")], run_id="r")
    found = Folder(path, url)
    found.run(commands("genpkey"))
    assert "seal tdm-guard.jsonl.seal: signed with the key given" in found.run(commands("seal tdm-guard.jsonl --key"))
    return found


def test_openssl_and_node_accept_our_signature(folder: Folder) -> None:
    told = folder.run(commands("pkeyutl")).splitlines()
    assert told == ["Signature Verified Successfully", "verified"]


def test_openssl_and_node_refuse_a_changed_statement(folder: Folder) -> None:
    seal = folder.read("tdm-guard.jsonl.seal")
    block = commands("pkeyutl")
    try:
        folder.write("tdm-guard.jsonl.seal", seal.replace(b'"size":2', b'"size":3'))
        assert "Signature Verification Failure" in folder.run(block.partition("node -e")[0], code=1)
        assert "not verified" in folder.run("node -e" + block.partition("node -e")[2], code=1)
    finally:
        folder.write("tdm-guard.jsonl.seal", seal)


@pytest.fixture(scope="module")
def stamped(folder: Folder) -> Folder:
    assert "Verification: OK" in folder.run(commands("ts -query"))
    return folder


def test_a_stamp_and_the_log_hold_by_the_commands_of_the_page(stamped: Folder) -> None:
    told = stamped.run(commands("-reply"))
    assert "Verification: OK" in told
    assert re.search(r"^Time stamp: \w{3} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? \d{4} GMT$", told, re.MULTILINE)
    assert "seal seal.json: signed with the key given" in told
    assert "\nvalid: 2 decisions in 1 run, 0 errors, 0 remarks\n" in told


def test_a_stamp_is_checked_for_the_time_it_was_made_at(stamped: Folder) -> None:
    [command] = [line for line in commands("-attime").splitlines() if "-attime" in line]
    at = command.rpartition(" ")[2]
    assert datetime.fromtimestamp(int(at), UTC) == datetime.strptime(
        re.findall(r'date -u -d "([^"]*) GMT"', PAGE)[0], "%b %d %H:%M:%S %Y"
    ).replace(tzinfo=UTC)
    assert "Verification: OK" in stamped.run(command.replace(at, str(int(time.time()))))
    assert "certificate has expired" in stamped.run(command.replace(at, str(int(time.time()) + 40 * 86400)), code=1)


def test_a_stamp_is_good_for_what_was_stamped_by_whom_one_trusts(stamped: Folder, tmp_path: Path) -> None:
    verify = commands("-reply").splitlines()[0]
    seal, roots = stamped.read("seal.json"), stamped.read("roots.pem")
    try:
        stamped.write("seal.json", seal.replace(b'"size":2', b'"size":3'))
        assert "message imprint mismatch" in stamped.run(verify, code=1)
        stamped.write("seal.json", seal[:-1])
        assert "Verification: FAILED" in stamped.run(verify, code=1)
        stamped.write("seal.json", seal)
        authority(tmp_path)
        stamped.write("roots.pem", (tmp_path / "roots.pem").read_bytes())
        assert "certificate verify error" in stamped.run(verify, code=1)
        stamped.write("roots.pem", roots)
        assert "certificate verify error" in stamped.run(verify.replace(" -untrusted chain.pem", ""), code=1)
        assert "Verification: OK" in stamped.run(verify)
    finally:
        stamped.write("seal.json", seal)
        stamped.write("roots.pem", roots)


def test_a_stamp_belongs_to_the_question(stamped: Folder) -> None:
    _, ask, _, verify = commands("ts -query").splitlines()
    stamped.run(ask.replace("seal.tsq", "other.tsq"))
    assert "nonce mismatch" in stamped.run(verify.replace("seal.tsq", "other.tsq"), code=1)
