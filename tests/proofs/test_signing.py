"""Signed seals: what `verify` makes of good ones, altered ones, those of other logs, and of keys that are none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tdm_guard.cli import app
from tdm_guard.cli.seals import PASSPHRASE, Seals
from tdm_guard.httpx import GuardClient
from tdm_guard.log.checks.finding import LogSeverity
from tdm_guard.log.verify import Verification
from tdm_guard.proofs.signing import signed
from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support.chains import Chain, joined
from tests.support.proofs import admitting, run_of, withholding

PRIVATE, PUBLIC = serialization.PrivateFormat.PKCS8, serialization.PublicFormat.SubjectPublicKeyInfo
PEM, OPEN = serialization.Encoding.PEM, serialization.NoEncryption()
KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
SECRET = "it's a secret é"


def run(*arguments: str | Path, **given: Any) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], **given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def public(key: Any) -> bytes:
    return bytes(key.public_key().public_bytes(PEM, PUBLIC))


class Kept(NamedTuple):
    """A folder with keys, and a log of two runs, the second of which was cut short, with its seal."""

    path: Path

    @property
    def log(self) -> Path:
        return self.path / "tdm.jsonl"

    @property
    def seal(self) -> Path:
        return self.path / "tdm.jsonl.seal"

    @property
    def pub(self) -> Path:
        return self.path / "pub.pem"

    def verify(self, *more: str | Path, key: str = "pub.pem") -> tuple[int, list[str]]:
        """The exit code, and what is found; paths without their folder."""
        result = run("verify", self.log, "--key", self.path / key, *more)
        told = result.output.replace(f"{self.path}{os.sep}", "").splitlines()
        return result.exit_code, [line for line in told if not line.startswith(("run ", "valid:", "invalid:", "seal "))]

    def sign(self, statement: bytes, key: Ed25519PrivateKey = KEY) -> None:
        self.seal.write_bytes(statement + b"\n" + signed(statement, key) + b"\n")

    def stating(self, change: Callable[[dict[str, Any]], Any]) -> list[str]:
        """What is found with a statement that is changed and signed again with the right key."""
        stated = json.loads(self.seal.read_bytes().split(b"\n")[0])
        changed = change(stated)
        self.sign(json.dumps(stated if changed is None else changed).encode())
        code, found = self.verify()
        assert code == 1
        return [line for line in found if ": error: " in line]


CUT = "tdm.jsonl: remark: run 'second' has no end record: it was cut short, or goes on"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    kept = Kept(tmp_path_factory.mktemp("signed"))
    (kept.path / "key.pem").write_bytes(KEY.private_bytes(PEM, PRIVATE, OPEN))
    kept.pub.write_bytes(public(KEY))
    (kept.path / "other.pem").write_bytes(public(OTHER))
    run_of(kept.log, [admitting("https://a.example/"), withholding("https://b.example/")], run_id="first")
    run_of(kept.log, [admitting("https://c.example/")], run_id="second", ends=False)
    result = run("seal", kept.log, "--key", kept.path / "key.pem")
    assert result.exit_code == 0
    assert f"signed with the key {KEY.public_key().public_bytes_raw().hex()}" in result.stderr
    return kept


@pytest.fixture
def kept(made: Kept, tmp_path: Path) -> Kept:
    """A copy to be altered."""
    for file in made.path.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return Kept(tmp_path)


def test_a_crawl_is_sealed_and_verified(tmp_path: Path, made: Kept) -> None:
    log = tmp_path / "tdm.jsonl"
    with (
        PretendWeb([Site("free.example", {"/": Answer.html("<p>words")})]) as web,
        GuardClient(agent="ExampleBot", log=str(log)) as client,
    ):
        client.get(web.origin("free.example") + "/")
    assert run("seal", log, "--key", made.path / "key.pem").exit_code == 0
    result = run("verify", log, "--key", made.pub, "--strict")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-2].startswith(f"seal {log}.seal: signed with the key given, made at 20")
    assert result.stdout.splitlines()[-1] == "valid: 1 decision in 1 run, 0 errors, 0 remarks"


def test_the_first_line_is_as_without_a_key_and_the_log_is_as_before(kept: Kept) -> None:
    before, statement = kept.log.read_bytes(), json.loads(kept.seal.read_bytes().split(b"\n")[0])
    result = run("seal", kept.log)
    assert "tdm.jsonl.seal' was signed, and is not any more: give --key" in result.stderr
    [line] = kept.seal.read_bytes().splitlines()
    assert {**json.loads(line), "made_at": statement["made_at"]} == statement
    assert kept.log.read_bytes() == before


def test_a_good_seal_has_no_findings(made: Kept) -> None:
    assert made.verify() == (0, [CUT])
    assert made.verify("--seal", made.seal) == (0, [CUT])


def test_json_says_what_came_of_the_seal(made: Kept) -> None:
    document = json.loads(run("verify", made.log, "--key", made.pub, "--json").stdout)
    [seal] = document["seals"]
    assert {**seal, "made_at": "Z" in seal["made_at"]} == {
        "path": str(made.seal),
        "signed": True,
        "signature_holds": True,
        "made_at": True,
        "runs": ["first", "second"],
    }
    assert json.loads(run("verify", made.log, "--json").stdout)["seals"][0]["signature_holds"] is None


def test_the_key_in_the_seal_proves_nothing(kept: Kept) -> None:
    """Somebody else's seal of the same log is as good as ours, but not by our key."""
    kept.sign(kept.seal.read_bytes().split(b"\n")[0], OTHER)
    names = [key.public_key().public_bytes_raw().hex() for key in (OTHER, KEY)]
    code, [_, found] = kept.verify()
    assert code == 1
    assert found == "tdm.jsonl.seal: error: is by another key, {}, than the one given, {}".format(*names)
    assert kept.verify(key="other.pem") == (0, [CUT])


def test_without_a_key_it_is_said_that_the_signature_was_not_checked(kept: Kept) -> None:
    kept.log.write_bytes(
        kept.log.read_bytes().split(b'{"type":"run"')[1].join([b'{"type":"run"', b""])
    )  # the first run
    for more, code, told in (
        ((), 0, ["remark: sealed, signature not checked: give --key"]),
        (("--strict",), 0, ["remark: sealed, signature not checked: give --key"]),
        (
            ("--seal", kept.seal), 1,
            [
                "remark: sealed, signature not checked: give --key",
                "error: states run 'second', which is not in the log",
            ],
        ),
    ):  # fmt: skip
        result = run("verify", kept.log, *more)
        found = [line.partition(": ")[2] for line in result.stdout.splitlines() if line.startswith(str(kept.seal))]
        assert (result.exit_code, found) == (code, told)
    run("seal", kept.log)
    assert "remark" not in run("verify", kept.log).stdout.splitlines()[0]
    assert run("verify", kept.log, "--seal", kept.seal).exit_code == 0


@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_no_altered_seal_passes(made: Kept, data: st.DataObject) -> None:
    seal = made.seal.read_bytes()
    altered = bytearray(seal)
    at = data.draw(st.integers(0, len(seal) - 1) | st.integers(len(seal) - 230, len(seal) - 1), label="at")
    how = data.draw(st.sampled_from(("drop", "insert", "cut", "double")), label="how")
    if how == "drop":
        del altered[at]
    elif how == "insert":
        altered.insert(at, data.draw(st.integers(0, 255), label="byte"))
    elif how == "cut":
        del altered[at:]
    else:
        altered += seal[at:]
    assert len(refusals(made, bytes(altered))) == 1


def test_no_flipped_bit_passes(made: Kept) -> None:
    seal = made.seal.read_bytes()
    line = seal.index(b"\n")
    for at in (*range(0, line, 7), *range(line, len(seal))):
        altered = bytearray(seal)
        altered[at] ^= 32 if at > line and at % 2 else 1 << at % 8  # 32: another case, where digits are letters
        assert len(refusals(made, bytes(altered))) == 1


def refusals(made: Kept, seal: bytes) -> list[str]:
    """The errors of such a seal before the log is looked at."""
    path = made.path / "altered.seal"
    path.write_bytes(seal)
    seals = Seals([str(made.log)], [path], made.pub)
    return [found.message for found in seals.findings(Verification()) if found.severity is LogSeverity.ERROR]


@pytest.mark.parametrize(
    ("alter", "told"),
    [
        (lambda seal: seal.replace(b'"ended":false', b'"ended":true'), "has another signature than that of its"),
        (lambda seal: seal.split(b"\n")[0] + b"\n", "is not signed"),
        (lambda seal: seal.replace(b'","key"', b'00","key"'), "has a signature of 65 bytes instead of 64"),
        (lambda seal: seal.replace(b'","key"', b'0","key"'), "has a second line that is no signature"),
        (lambda seal: seal.replace(b'{"ed25519":"', b'{"ed25519":"'[:-1] + b'"00","x":"'), "no signature"),
        (lambda seal: b"", "is no seal: one line that states"),
        (lambda seal: seal[:-1], "is no seal: one line that states"),
        (lambda seal: seal + seal, "is no seal: one line that states"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_seal_is_one_sentence(kept: Kept, alter: Callable[[bytes], bytes], told: str) -> None:
    kept.seal.write_bytes(alter(kept.seal.read_bytes()))
    code, found = kept.verify()
    errors = [line for line in found if line != CUT]
    assert (code, len(errors)) == (1, 1), found
    assert errors[0].startswith("tdm.jsonl.seal: error: ")
    assert told in errors[0]


def test_a_short_signature_is_named(kept: Kept) -> None:
    statement, line, _ = kept.seal.read_bytes().split(b"\n")
    found = json.loads(line)
    short = json.dumps({**found, "ed25519": found["ed25519"][:-2]}, separators=(",", ":")).encode()
    kept.seal.write_bytes(statement + b"\n" + short + b"\n")
    assert kept.verify() == (1, [CUT, "tdm.jsonl.seal: error: has a signature of 63 bytes instead of 64"])


def test_a_seal_that_is_not_there_is_one_sentence(kept: Kept) -> None:
    kept.seal.unlink()
    missing = "there is no seal: tdm-guard seal --key makes one"
    assert kept.verify() == (1, [CUT, f"tdm.jsonl.seal: error: {missing}"])
    named = run("verify", kept.log, "--seal", kept.path / "x")
    assert (named.exit_code, "cannot be read as a seal: No such file" in named.stderr) == (2, True)
    assert run("verify", kept.log).exit_code == 0
    assert run("verify", kept.log, "--seal", kept.path).exit_code == 2


def tree(number: int, name: str, **members: Any) -> Callable[[dict[str, Any]], None]:
    def change(stated: dict[str, Any]) -> None:
        stated["runs"][number][name].update(members)

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (tree(0, "addresses", size=2), "run 'first': the tree of addresses was sealed as another than its end"),
        (tree(0, "domains", root="0" * 64), "run 'first': the tree of domains was sealed as another than its end"),
        (tree(1, "decisions", root="0" * 64), "run 'second': the tree of decisions is stated as 1:00000000"),
        (tree(1, "addresses", size=0), "run 'second': the tree of addresses is stated as 0:"),
        (lambda it: it["runs"][1].update(ended=True), "run 'second': was sealed as one that had ended"),
        (lambda it: it["runs"][0].update(head="0" * 64), "run 'first' has no record with the head 0000"),
        (lambda it: it["runs"][0].update(head=it["runs"][1]["head"]), "run 'first' has no record with the head"),
        (lambda it: it["runs"][0].update(run="another"), "states run 'another', which is not in the log"),
        (lambda it: it["runs"].append(it["runs"][0]), "states a run twice"),
        (lambda it: it["runs"][0].update(head=None), "does not state runs with their heads and roots"),
        (tree(0, "domains", root=None), "does not state runs with their heads and roots"),
        (lambda it: it.update(type="seal"), "is no seal of a log"),
        (lambda it: ["runs"], "is no seal of a log"),
    ],
)  # fmt: skip
def test_what_is_stated_must_be_true_of_the_log(kept: Kept, change: Callable[[dict[str, Any]], Any], told: str) -> None:
    [error] = kept.stating(change)
    assert error.startswith("tdm.jsonl.seal: error: ")
    assert told in error


def test_a_statement_says_everything_once(kept: Kept) -> None:
    statement = kept.seal.read_bytes().split(b"\n")[0]
    kept.sign(statement.replace(b'"runs":[', b'"runs":[],"runs":['))
    assert kept.verify()[1][1] == (
        "tdm.jsonl.seal: error: states nothing that can be read: a member stands there twice"
    )
    kept.sign(b"\xff")
    assert "states nothing that can be read: 'utf-8' codec" in kept.verify()[1][1]


def test_a_seal_of_a_later_version_is_refused(kept: Kept) -> None:
    kept.sign(kept.seal.read_bytes().split(b"\n")[0].replace(b'"v":1', b'"v":2'))
    result = run("verify", kept.log, "--key", kept.pub)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "a seal of version 2: written by a later tdm_guard" in result.stderr


def test_a_log_that_was_written_anew_is_not_the_sealed_one(kept: Kept) -> None:
    kept.log.unlink()
    run_of(kept.log, [admitting("https://a.example/"), withholding("https://d.example/")], run_id="first")
    run_of(kept.log, [admitting("https://c.example/")], run_id="second", ends=False)
    assert run("verify", kept.log).exit_code == 0
    code, found = kept.verify()
    assert code == 1
    assert [line.partition(" with the head")[0] for line in found if line != CUT] == [
        "tdm.jsonl.seal: error: run 'first' has no record"
    ]


def test_a_log_that_was_cut_or_altered_is_not_the_sealed_one(kept: Kept) -> None:
    lines = kept.log.read_bytes().splitlines(keepends=True)
    kept.log.write_bytes(b"".join(lines[:-1]))
    assert run("verify", kept.log).exit_code == 0
    code, found = kept.verify()
    assert (code, len(found)) == (1, 2)
    assert found[1].startswith("tdm.jsonl.seal: error: run 'second' has no record with the head ")
    kept.log.write_bytes(b"".join(lines).replace(b"https://b.example/", b"https://x.example/"))
    code, found = kept.verify()
    assert code == 1
    assert found[-1].startswith("tdm.jsonl.seal: error: run 'first' is altered before its head ")


def test_what_came_after_a_seal_is_a_remark(kept: Kept) -> None:
    """A run that went on, and one that is in no seal; under --strict everything has to be sealed."""
    kept.log.write_bytes(joined(Chain("r").decision().decision().lines))
    assert run("seal", kept.log, "--key", kept.path / "key.pem").exit_code == 0
    grown = Chain("r").decision().decision().decision().end()
    kept.log.write_bytes(joined(grown.lines) + joined(Chain("s").decision().end().lines))
    code, found = kept.verify()
    assert (code, found) == (
        0,
        [
            "tdm.jsonl.seal: remark: run 'r': 2 more records follow what was sealed: its roots are not compared",
            "tdm.jsonl: remark: run 's' is not sealed",
        ],
    )
    assert kept.verify("--strict")[0] == 1


def test_what_was_forgotten_on_purpose_leaves_the_seal_good(kept: Kept) -> None:
    chain = Chain("r").decision().decision().decision()
    kept.log.write_bytes(joined(chain.lines))
    assert run("seal", kept.log, "--key", kept.path / "key.pem").exit_code == 0
    digest = chain.forget(2)
    chain.add("deletion", by="x", why="y", rule="retain_until 2026-01-01", decisions=1, hashes=[digest])
    kept.log.write_bytes(joined(chain.lines))
    code, found = kept.verify()
    assert code == 0
    said = "tdm.jsonl.seal: remark: run 'r': "
    gone = "cannot be recomputed: addresses are not in the log (any more)"
    assert [line for line in found if line.startswith("tdm.jsonl.seal")] == [
        f"{said}1 deletion since it was sealed",
        f"{said}the tree of addresses {gone}",
        f"{said}the tree of domains {gone}",
    ]


def test_logs_that_were_sealed_apart_are_verified_together(kept: Kept) -> None:
    other = kept.path / "other.jsonl"
    run_of(other, [admitting("https://d.example/")], run_id="third")
    assert run("seal", other, "--key", kept.path / "key.pem").exit_code == 0
    result = run("verify", other, kept.log, "--key", kept.pub)
    assert result.exit_code == 0
    assert len([line for line in result.stdout.splitlines() if line.startswith("seal ")]) == 2
    assert "not sealed" not in result.stdout


def test_a_seal_is_good_for_a_copy_of_the_log(kept: Kept) -> None:
    """Compressed, elsewhere, under another name."""
    import gzip

    copy = kept.path / "copy.jsonl.gz"
    copy.write_bytes(gzip.compress(kept.log.read_bytes()))
    assert run("verify", copy, "--key", kept.pub, "--seal", kept.seal).exit_code == 0


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: b"", "is no public key: neither PEM (SubjectPublicKeyInfo) nor 64 hexadecimal digits"),
        (lambda: b"\x00\xff" * 40, "is no public key"),
        (lambda: b"ab" * 31, "is no public key"),
        (lambda: public(KEY)[:60] + b"\n-----END PUBLIC KEY-----\n", "is no public key"),
        (lambda: public(rsa_key()), "is a key of another kind than Ed25519"),
        (lambda: public(ec.generate_private_key(ec.SECP256R1())), "is a key of another kind than Ed25519"),
        (lambda: KEY.private_bytes(PEM, PRIVATE, OPEN), "is a private key; give the public one"),
    ],
)
def test_what_is_no_key_to_verify_with_is_refused(made: Kept, make: Callable[[], bytes], told: str) -> None:
    path = made.path / "no.pem"
    path.write_bytes(make())
    code, [found] = made.verify(key="no.pem")
    assert code == 2
    assert found.startswith("tdm-guard: --key: ")
    assert told in found


def test_a_key_may_be_its_32_bytes_in_hexadecimal_digits(made: Kept) -> None:
    (made.path / "hex.txt").write_text(KEY.public_key().public_bytes_raw().hex().upper() + "\n", encoding="ascii")
    assert made.verify(key="hex.txt")[0] == 0
    assert made.verify(key="absent.pem")[0] == 2


def encrypted(passphrase: str = SECRET) -> bytes:
    return KEY.private_bytes(PEM, PRIVATE, serialization.BestAvailableEncryption(passphrase.encode()))


@pytest.mark.parametrize("key", [encrypted, lambda: KEY.private_bytes(PEM, PRIVATE, OPEN)])
def test_a_passphrase_comes_from_the_environment(kept: Kept, key: Callable[[], bytes]) -> None:
    (kept.path / "its.pem").write_bytes(key())
    kept.seal.unlink()
    result = run("seal", kept.log, "--key", kept.path / "its.pem", env={PASSPHRASE: SECRET})
    assert (result.exit_code, kept.verify()[0]) == (0, 0)
    assert SECRET not in result.output


@pytest.mark.parametrize(
    ("make", "passphrase", "told"),
    [
        (encrypted, None, f"is encrypted; put its passphrase into {PASSPHRASE}"),
        (encrypted, "", f"is encrypted; put its passphrase into {PASSPHRASE}"),
        (encrypted, "another", "cannot be opened: is the passphrase right?"),
        (encrypted, "\udcff", "cannot be opened: is the passphrase right?"),
        (lambda: public(KEY), None, "is no private key in PEM (PKCS#8)"),
        (lambda: b"", None, "is no private key in PEM (PKCS#8)"),
        (lambda: rsa_key().private_bytes(PEM, PRIVATE, OPEN), None, "is a key of another kind than Ed25519"),
    ],
)
def test_what_is_no_key_to_sign_with_is_refused_before_anything_is_written(
    kept: Kept, make: Callable[[], bytes], passphrase: str | None, told: str
) -> None:
    (kept.path / "no.pem").write_bytes(make())
    before = kept.seal.read_bytes()
    result = run("seal", kept.log, "--key", kept.path / "no.pem", env={PASSPHRASE: passphrase})
    assert (result.exit_code, result.stdout, kept.seal.read_bytes()) == (2, "", before)
    assert told in result.stderr


def test_a_log_that_does_not_hold_is_not_signed(kept: Kept) -> None:
    kept.log.write_bytes(kept.log.read_bytes().replace(b"https://b.example/", b"https://x.example/"))
    before = kept.seal.read_bytes()
    assert run("seal", kept.log, "--key", kept.path / "key.pem").exit_code == 1
    assert kept.seal.read_bytes() == before
