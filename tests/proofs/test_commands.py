"""`seal`, `prove` and `verify-proof` over logs of real runs: what they print, leave behind, and refuse."""

from __future__ import annotations

import gzip
import json
import resource
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tdm_guard.cli import app
from tdm_guard.errors import ConfigurationError
from tdm_guard.httpx import GuardClient, Withheld
from tdm_guard.log.forgetting import Order, forget
from tdm_guard.log.jsonl import JsonlLog, Keeping
from tdm_guard.log.record import digest_of, sealed_line
from tdm_guard.log.rewriting import replacing
from tdm_guard.proofs.proving import Question
from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support.chains import Chain
from tests.support.logs import NOW
from tests.support.proofs import INFO, Made, admitting, run_of, withholding
from tests.support.split_logs import decision, written

ADDRESSES = [f"https://www.site{number}.example/{number}" for number in range(5)]


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def roots(log: Path) -> list[str]:
    """All that `seal` prints of trees, as flags."""
    done = call("seal", log)
    assert done.exit_code == 0, done.output
    return [word for line in done.stdout.splitlines() if ":" in line for word in ("--root", line)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "tdm.jsonl"
    run_of(path, [withholding("https://no.example/"), *map(admitting, ADDRESSES)], run_id="first")
    return path


def test_a_crawl_is_sealed_asked_and_checked(tmp_path: Path) -> None:
    """Over a real network: the decision in the proof is the record in the log, and neither file changes the log."""
    log, proof = tmp_path / "tdm.jsonl", tmp_path / "proof.json"
    page = Answer.html("<!doctype html><title>x</title><p>words")
    refuses = Answer.text("User-agent: *\nDisallow: /\n")
    sites = [Site("open.example", {"/a": page}), Site("shut.example", {"/robots.txt": refuses, "/a": page})]
    with PretendWeb(sites) as web:
        opened, shut = web.origin("open.example"), web.origin("shut.example")
        with GuardClient(agent="ExampleBot", log=str(log)) as client:
            for url in (f"{opened}/a", f"{opened}/missing", f"{shut}/a"):
                with suppress(Withheld):
                    client.get(url)
    before = log.read_bytes()
    given = roots(log)
    for url, outcome in {
        f"{opened}/b/../%61#x": "admitted",
        f"{opened}/missing": "not-admitted",
        f"{shut}/a": "not-admitted",
    }.items():
        assert call("prove", log, "--url", url, "-o", proof).exit_code == 0
        [each] = json.loads(proof.read_bytes())["proofs"]
        assert each["outcome"] == outcome
        assert outcome != "admitted" or each["decision"]["line"].encode() + b"\n" in before
        checked = call("verify-proof", proof, *given)
        assert (checked.exit_code, checked.stdout.splitlines()[-1]) == (0, "holds")
    assert call("prove", log, "--domain", "www.shut.example", "-o", proof).exit_code == 0
    assert json.loads(proof.read_bytes())["proofs"][0]["outcome"] == "not-admitted"
    assert call("verify-proof", proof, *given).exit_code == 0
    assert log.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "proof.json", "tdm.jsonl", "tdm.jsonl.seal", "tdm.jsonl.tree",
    ]  # fmt: skip


def test_the_roots_are_those_that_the_run_states(log: Path) -> None:
    done = call("seal", log)
    end = json.loads(log.read_bytes().splitlines()[-1])
    lines = [f"{name} {tree['size']}:{tree['root']}" for name, tree in end["trees"].items()]
    assert done.stdout.splitlines() == ["run first", *lines, f"head {end['hash']}"]
    [line] = Path(f"{log}.seal").read_bytes().splitlines()
    statement = json.loads(line)
    assert (statement["type"], statement["v"], statement["files"][0]["name"]) == ("tdm-guard-seal", 1, "tdm.jsonl")
    [stated] = statement["runs"]
    assert stated.pop("redact") == json.loads(log.read_bytes().splitlines()[0])["redact"]
    assert stated == {"run": "first", "head": end["hash"], "ended": True, "forgotten": 0, **end["trees"]}


def test_a_run_that_was_cut_short_has_the_trees_of_what_is_there(log: Path, tmp_path: Path) -> None:
    run_of(log, map(admitting, ADDRESSES[:2]), run_id="second", ends=False)
    done = call("seal", log)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[5:8:2] == ["run second", done.stdout.splitlines()[7]]
    assert "addresses 2:" in done.stdout
    assert "run second was cut short" in done.stderr
    proof = tmp_path / "proof.json"
    assert call("prove", log, "--url", ADDRESSES[0], "--run", "second", "-o", proof).exit_code == 0
    assert call("verify-proof", proof, *roots(log)).exit_code == 0


def test_a_log_of_an_older_version_is_sealed_too(tmp_path: Path) -> None:
    """Decisions only were chained, and no trees were stated."""
    log, whole = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    run_of(whole, map(admitting, ADDRESSES), run_id="old")
    head, *decisions, end = [json.loads(line) for line in whole.read_bytes().splitlines()]
    del head["chain"]
    lines = [json.dumps(head).encode() + b"\n"]
    prev = digest_of(lines[0])
    for record in decisions:
        line, prev = sealed_line({name: record[name] for name in record if name not in ("prev", "hash")}, prev=prev)
        lines.append(line)
    lines.append(json.dumps({name: end[name] for name in ("type", "v", "run", "ts", "totals")}).encode() + b"\n")
    log.write_bytes(b"".join(lines))
    done = call("seal", log)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, f"head {prev}")


@pytest.mark.parametrize("compact", [True, False])
def test_compact_rotated_and_compressed_logs_are_proved(tmp_path: Path, *, compact: bool) -> None:
    first = tmp_path / "tdm.jsonl"
    keeping = Keeping(rotate=4000, compact=compact)
    log = JsonlLog(first, run=INFO, now=NOW, run_id="r", keeping=keeping)
    urls = [f"https://site{number}.example/" for number in range(12)]
    for url in urls:
        log.decision(admitting(url))
    log.end(NOW)
    log.close()
    files = sorted(tmp_path.glob("*.jsonl"))
    assert len(files) > 1
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(files[0].read_bytes()))
    given = [str(packed), *map(str, reversed(files[1:]))]
    done = call("seal", *given)
    assert done.exit_code == 0, done.output
    flags = [word for line in done.stdout.splitlines() if ":" in line for word in ("--root", line)]
    proof = tmp_path / "proof.json"
    for url in (urls[0], urls[-1]):
        assert call("prove", *given, "--url", url, "-o", proof).exit_code == 0
        [each] = json.loads(proof.read_bytes())["proofs"]
        assert ("common" in each["decision"]) is compact
        assert call("verify-proof", proof, *flags).exit_code == 0, call("verify-proof", proof, *flags).output


def test_without_an_index_that_fits_the_log_is_read(log: Path, tmp_path: Path) -> None:
    given = roots(log)
    once = call("prove", log, "--url", ADDRESSES[1])
    Path(f"{log}.tree").unlink()
    again = call("prove", log, "--url", ADDRESSES[1])
    assert (once.exit_code, once.stdout, again.stdout) == (0, again.stdout, once.stdout)
    assert not Path(f"{log}.tree").exists()
    call("seal", log)
    run_of(log, map(admitting, ADDRESSES[:2]), run_id="second")
    grown = call("prove", log, "--url", ADDRESSES[1])
    assert "another state of the log" in grown.stderr
    assert [each["run"] for each in json.loads(grown.stdout)["proofs"]] == ["first", "second"]
    Path(f"{log}.tree").write_bytes(b"not an index")
    assert call("prove", log, "--url", ADDRESSES[1]).exit_code == 2
    proof = tmp_path / "proof.json"
    proof.write_text(once.stdout, encoding="utf-8")
    assert call("verify-proof", proof, *given).exit_code == 0


@pytest.mark.parametrize(
    ("old", "new"), [(b'"verdict":"unreserved"', b'"verdict":"permitted"'), (b'"admitted":true', b'"admitted":false')]
)
def test_a_log_that_was_changed_is_not_sealed_and_the_record_is_named(log: Path, old: bytes, new: bytes) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(old, new)
    log.write_bytes(b"".join(lines))
    for words in (("seal", log), ("prove", log, "--url", ADDRESSES[0])):
        done = call(*words)
        assert (done.exit_code, done.stdout) == (1, "")
        assert f"{log}:4: error:" in done.stderr
    assert [path.name for path in log.parent.iterdir()] == ["tdm.jsonl"]


def test_an_end_record_that_states_other_trees_is_named(log: Path) -> None:
    *lines, last = log.read_bytes().splitlines(keepends=True)
    end = json.loads(last)
    end["trees"]["addresses"]["root"] = "00" * 32
    line, _ = sealed_line({name: end[name] for name in end if name not in ("prev", "hash")}, prev=end["prev"])
    log.write_bytes(b"".join([*lines, line]))
    done = call("seal", log)
    assert done.exit_code == 1
    assert f"{log}:{len(lines) + 1}" in done.stderr
    assert not Path(f"{log}.tree").exists()


def test_a_log_that_was_changed_after_it_was_sealed_proves_nothing(log: Path) -> None:
    call("seal", log)
    data = bytearray(log.read_bytes())
    tree = Path(f"{log}.tree").read_bytes()
    at = data.index(b"site2.example")
    data[at : at + 5] = b"SITE2"
    log.write_bytes(data)
    done = call("prove", log, "--url", ADDRESSES[2])
    assert done.exit_code == 1  # both ends of so small a log tell that it is another
    assert Path(f"{log}.tree").read_bytes() == tree


def test_what_was_forgotten_can_neither_be_proved_nor_denied(tmp_path: Path) -> None:
    log = tmp_path / "tdm.jsonl"
    run_of(log, map(admitting, ADDRESSES), run_id="first", ends=False)
    head, *lines = log.read_bytes().splitlines(keepends=True)
    record = json.loads(lines[1])
    members = ("v", "run", "seq", "id", "ts", "prev", "hash")
    lines[1] = json.dumps({"type": "forgotten", **{name: record[name] for name in members}}).encode() + b"\n"
    log.write_bytes(head + b"".join(lines))
    made = Made(log)
    assert made.runs["first"].forgotten == 1
    assert made.runs["first"].trees["decisions"]["size"] == len(ADDRESSES)
    for url in ADDRESSES[:2]:
        with pytest.raises(ConfigurationError, match="cannot be proved any more"):
            made.proof(Question.url(url))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("prove", "LOG"), "one --url or one --domain"),
        (("prove", "LOG", "--url", "https://a.example/", "--domain", "a.example"), "one --url or one --domain"),
        (("prove", "LOG", "--url", "a.example"), "--url"),
        (("prove", "LOG", "--domain", "https://a.example/"), "--domain"),
        (("prove", "LOG", "--domain", "a.example", "--run", "fist"), "did you mean 'first'?"),
        (("prove", "LOG", "--domain", "a.example", "-o", "LOG"), "belongs to one of the logs"),
        (("prove", "absent.jsonl", "--domain", "a.example"), "cannot be read as a log"),
        (("seal", "absent.jsonl"), "cannot be read as a log"),
        (("verify-proof", "LOG"), "--root"),
        (("verify-proof", "LOG", "--root", "12"), "is no SIZE:HEX"),
        (("verify-proof", "LOG", "--root", "1:" + "ab" * 32), "no JSON"),
        (("verify-proof", "absent.json", "--root", "1:" + "ab" * 32), "cannot be read as a proof"),
    ],
)
def test_a_wrong_call_is_told(log: Path, words: tuple[str, ...], says: str) -> None:
    done = call(*[str(log) if word == "LOG" else word for word in words])
    assert done.exit_code == 2, done.output
    assert says in done.stderr


def test_what_is_no_log_is_not_sealed(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    for text in ("", "nothing\n", "{}\n"):
        path.write_text(text, encoding="utf-8")
        done = call("seal", path)
        assert done.exit_code == 2
        assert done.stderr.count("\n") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["x.jsonl"]


def test_a_run_of_a_later_version_is_refused(log: Path) -> None:
    head, *rest = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([head.replace(b'"v":1', b'"v":2'), *rest]))
    done = call("seal", log)
    assert done.exit_code == 2
    assert "later" in done.stderr


def test_redacted_values_are_redacted_in_the_question(tmp_path: Path) -> None:
    log, proof = tmp_path / "tdm.jsonl", tmp_path / "proof.json"
    redact = {"first": ["token", "sid"], "second": ["sid"]}
    for name, patterns in redact.items():
        part = tmp_path / name
        run_of(part, [admitting(f"https://a.example/?token={'REDACTED' if name == 'first' else '1'}")], run_id=name)
        log.write_bytes((log.read_bytes() if log.exists() else b"") + _redacting(part.read_bytes(), patterns))
    given = roots(log)
    assert call("prove", log, "--url", "https://a.example/?token=9", "--run", "first", "-o", proof).exit_code == 0
    found: dict[str, Any] = json.loads(proof.read_bytes())
    assert (found["asked"], found["redact"]) == ("https://a.example/?token=REDACTED", ["token"])
    assert "that differ in these alone" in found["rests_on"]
    assert found["proofs"][0]["outcome"] == "admitted"
    assert call("verify-proof", proof, *given).exit_code == 0
    both = call("prove", log, "--url", "https://a.example/?token=9")
    assert both.exit_code == 2
    assert "--run" in both.stderr


def _redacting(data: bytes, patterns: list[str]) -> bytes:
    """The log of a run that says what it redacts, chained anew."""
    head, *rest = [json.loads(line) for line in data.splitlines()]
    first = json.dumps({**head, "redact": patterns}).encode() + b"\n"
    lines, prev = [first], digest_of(first)
    for record in rest:
        record.pop("trees", None)
        line, prev = sealed_line({name: record[name] for name in record if name not in ("prev", "hash")}, prev=prev)
        lines.append(line)
    return b"".join(lines)


@pytest.mark.parametrize("tree", ["xx", None, {"size": 10, "root": None}, {"size": -1, "root": "0" * 64}])
def test_stated_trees_that_verify_refuses_are_not_sealed(tmp_path: Path, tree: object) -> None:
    """Those of a run with forgotten records, whose roots nobody can make again."""
    chain = Chain().decision()
    none = {"size": 0, "root": "0" * 64}
    chain.end(trees={"decisions": none, "addresses": tree, "domains": {**none, "suffixes": "0" * 64}})
    hashes = [chain.forget(1)]
    chain.add("deletion", by="me", why="asked", rule="request", decisions=1, hashes=hashes)
    log = chain.write(tmp_path / "a.jsonl")
    done = call("seal", log)
    assert (done.exit_code, "not sealed" in done.stderr, "tree of addresses" in done.stderr) == (1, True, True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize("words", [["seal"], ["prove", "--domain", "a.example"]])
def test_an_empty_file_is_named(tmp_path: Path, words: list[str]) -> None:
    log = tmp_path / "empty.jsonl"
    log.touch()
    done = call(*words, log)
    assert (done.exit_code, f"{log}: error: holds no run" in done.stderr.replace("\n", "")) == (2, True)


def test_no_index_takes_its_place_without_the_seal(log: Path) -> None:
    place = Path(f"{log}.seal")
    place.mkdir()
    done = call("seal", log)
    assert (done.exit_code, "cannot be written" in done.stderr) == (2, True)
    assert {path.name for path in log.parent.iterdir()} == {log.name, place.name}


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """Writing fails on closing once more, since what was not written is still to be."""
    path = tmp_path / "a.tree"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))
    try:
        with pytest.raises(ConfigurationError, match=r"a\.tree' cannot be written"), replacing(path) as file:
            file.write(b"more")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.iterdir())


def test_a_proof_of_too_many_runs_is_not_written(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_of(log, [], run_id="second")
    for bound, says in (
        ("proving.MAX_PROOFS", "2 runs, and one proof is about 1 at most"),
        ("proof.MAX_BYTES", "too much"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(f"tdm_guard.proofs.{bound}", 1)
            done = call("prove", log, "--domain", "site1.example", "-o", tmp_path / "proof.json")
        assert (done.exit_code, done.stdout) == (2, "")
        assert says in done.stderr
        assert "name" in done.stderr
    assert not (tmp_path / "proof.json").exists()
    assert call("prove", log, "--domain", "site1.example", "--run", "second").exit_code == 0


@pytest.mark.parametrize("letter", ["a", "\U0001f600", "%41", "%"])
def test_what_is_proved_of_a_long_address_can_be_checked(log: Path, tmp_path: Path, letter: str) -> None:
    proof, given = tmp_path / "proof.json", roots(log)
    for length in (5_000, 65_537):
        done = call("prove", log, "--url", f"https://a.example/{letter * (length // len(letter))}", "-o", proof)
        if done.exit_code == 2:
            assert "--url: longer than 65536 characters" in done.stderr
            assert length == 65_537
        else:
            checked = call("verify-proof", proof, *given)
            assert (checked.exit_code, checked.stdout.splitlines()[-1]) == (0, "holds")
            assert length == 5_000 or letter == "%41"


@pytest.mark.parametrize(
    "data",
    [b"[" * 17 * 2**20, b" " * 17 * 2**20, b'{"type":"tdm-guard-proof"}' + b" " * 17 * 2**20],
    ids=["nested", "blank", "padded"],
)
def test_a_file_that_is_too_long_is_no_proof(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "proof.json").write_bytes(data)
    done = call("verify-proof", tmp_path / "proof.json", "--root", f"0:{'0' * 64}")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be read as a proof: longer than 16777216 bytes, as no proof is" in done.stderr


@pytest.mark.parametrize("bound", ["seal_file.MAX_SEAL", "tree_file.MAX_DIRECTORY"])
def test_no_seal_is_written_that_cannot_be_read(log: Path, monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    before = sorted(log.parent.iterdir())
    monkeypatch.setattr(f"tdm_guard.proofs.{bound}", 1100)
    done = call("seal", log)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "1 runs are too many for one" in done.stderr
    assert sorted(log.parent.iterdir()) == before


def test_a_seal_of_very_many_values_is_not_read(log: Path) -> None:
    roots(log)
    seal = log.with_name(f"{log.name}.seal")
    seal.write_bytes(b'{"a":[' + b"[]," * 2_600_000 + b"0]}\n")
    done = call("verify", log, "--seal", seal)
    assert done.exit_code == 1
    assert "states nothing that can be read: more than 2500000 values" in done.output


@pytest.mark.parametrize("words", [("prove", "--domain", "a.example"), ("merge",), ("licences",), ("report",)])
@pytest.mark.parametrize("ending", [".seal", ".tree", ".personal"])
def test_nothing_else_gets_the_name_of_what_belongs_to_a_log(log: Path, words: tuple[str, ...], ending: str) -> None:
    before = sorted(log.parent.iterdir())
    done = call(words[0], log, *words[1:], "-o", f"{log}{ending}")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is the name of what belongs to a log" in done.stderr
    assert sorted(log.parent.iterdir()) == before


def test_of_a_damaged_index_nothing_false_is_proved(log: Path, tmp_path: Path) -> None:
    """Whatever byte of it is another: what is said holds, or nothing is."""
    given, proof = roots(log), tmp_path / "proof.json"
    index = log.with_name(f"{log.name}.tree")
    data = index.read_bytes()
    for number, at in enumerate(range(3, len(data), len(data) // 20)):
        index.write_bytes(data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :])
        absent = number % 2
        done = call("prove", log, *(("--domain", "absent.example") if absent else ("--url", ADDRESSES[2])), "-o", proof)
        assert done.exit_code in {0, 2}
        if done.exit_code == 0:
            assert ("not-admitted" in done.stderr) == absent
            assert call("verify-proof", proof, *given).exit_code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--domain", "::ffff:c000:201"), 0), (("--domain", "::ffff:192.0.2.1"), 0), (("--domain", "a..b"), 2),
        (("--domain", ".."), 2), (("--domain", "*.example"), 2), (("--domain", "1.2.3"), 0), (("--domain", "[::1]"), 0),
        (("--url", "https://.a.example/"), 2), (("--url", "https://a.example:99999/"), 2),
        (("--url", "http://0x7f.1/"), 0), (("--url", "http://1.2.3.256/"), 2), (("--url", "http://a.0x7f/"), 2),
        (("--url", "http://[fe80::1%25eth0]/"), 0), (("--url", "http://[v1.a]/"), 2),
        (("--url", "http://[::ffff:c000:201]/"), 0),
    ],
)  # fmt: skip
def test_what_is_proved_of_any_host_can_be_checked(
    log: Path, tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    done = call("prove", log, *words, "-o", tmp_path / "proof.json")
    assert done.exit_code == code, done.output
    if code == 0:
        assert call("verify-proof", tmp_path / "proof.json", *roots(log)).exit_code == 0
    else:
        assert done.stderr.startswith("tdm-guard: ")
        assert not (tmp_path / "proof.json").exists()


@pytest.mark.parametrize("runs", [(), ("r1",)], ids=["split", "buried"])
def test_after_forgetting_the_head_is_that_of_the_deletion(tmp_path: Path, runs: tuple[str, ...]) -> None:
    log = tmp_path / "tdm.jsonl"
    written(log, [decision(), decision("https://a.example/b")], until=None if runs else "2020-01-01")
    before = call("seal", log).stdout
    forget([str(log)], Order(by="dpo", on=date(2026, 1, 1), runs=runs), NOW)
    head = json.loads(log.read_bytes().splitlines()[-1])["hash"]
    sealed, verified = call("seal", log), call("verify", log)
    assert f"head {head}\n" in sealed.stdout
    assert f"head {head}\n" in verified.stdout
    assert sealed.stdout.partition("head")[0] == before.partition("head")[0]  # the trees are those stated before
    assert json.loads(log.with_name("tdm.jsonl.seal").read_bytes().splitlines()[0])["runs"][0]["head"] == head
    assert Path(f"{log}.tree").exists()


@pytest.mark.parametrize(
    ("admitted", "asked"),
    [
        ("http://[2001:db8:0:0::1]/a", "http://[2001:db8::1]/a"),
        ("http://[2001:db8::1]/a", "http://[2001:0DB8:0::0:0001]:80/a"),
        ("http://[::ffff:192.0.2.1]/a", "http://[::ffff:c000:201]/a"),
        ("http://[fe80::1%25eth0]/a", "http://[fe80::1]/a"),
        ("http://0xC0.0.513/a", "http://192.0.2.1/a"),
        ("http://192.0.2.1/a", "http://0300.0.2.1/a"),
    ],
)
def test_an_ip_address_is_found_in_every_spelling(tmp_path: Path, admitted: str, asked: str) -> None:
    log, proof = tmp_path / "tdm.jsonl", tmp_path / "proof.json"
    run_of(log, [admitting(admitted), admitting("https://site.example/")], run_id="one")
    for words in (("--url", asked), ("--domain", asked.split("/")[2].removesuffix(":80"))):
        done = call("prove", log, *words, "-o", proof)
        assert "run one: admitted: " in done.stderr, done.output
        assert call("verify-proof", proof, *roots(log)).exit_code == 0


def test_a_log_of_no_records_is_not_merged(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    done = call("merge", tmp_path / "empty.jsonl", "-o", tmp_path / "all.jsonl")
    assert (done.exit_code, sorted(path.name for path in tmp_path.iterdir())) == (2, ["empty.jsonl"])
    assert "there is no record in these logs" in done.stderr
