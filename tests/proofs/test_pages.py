"""The two programs of docs/proofs.md, which know nothing of ours, agree with `verify-proof` on good and bad proofs."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.log.canonical import canonical
from tdm_guard.log.record import sealed_line
from tdm_guard.proofs.personal import personal_of
from tdm_guard.proofs.proof import Known, check
from tdm_guard.proofs.proving import Question
from tests.support.patience import PATIENCE
from tests.support.proofs import Made, admitting, run_of, withholding

PAGE = (Path(__file__).parents[2] / "docs" / "proofs.md").read_text(encoding="utf-8")
NODE = shutil.which("node")
ADDRESSES = [f"https://www.site{number}.example/%7Ea/../b%2f{number}?c=%7e" for number in range(6)]


def program(language: str) -> str:
    [text] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(text)


def test_the_script_is_short() -> None:
    assert len(program("javascript").splitlines()) <= 60


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    path = tmp_path_factory.mktemp("log") / "tdm.jsonl"
    run_of(path, [withholding("https://no.example/"), *map(admitting, ADDRESSES)], run_id="first")
    run_of(path, [admitting("http://127.0.0.1:8080/x", final_url="http://[2001:db8:0:0::1]/")], run_id="second")
    run_of(path, [], run_id="none")
    return Made(path)


SALT, MEMBERS = "5a" * 16, '{"url":"https://apart.example/é"}'


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A run whose personal members stand in a file beside the log."""
    path = tmp_path_factory.mktemp("apart") / "tdm.jsonl"
    run_of(path, [admitting("https://apart.example/é")], run_id="apart", ends=False)
    head, line = path.read_bytes().splitlines(keepends=True)
    record = json.loads(line)
    kept = ("type", "v", "run", "seq", "id", "ts", "admitted", "content")
    digest = sha256(bytes.fromhex(SALT) + MEMBERS.encode()).hexdigest()
    line, _ = sealed_line({**{name: record[name] for name in kept}, "personal": digest}, prev=record["prev"])
    beside = Path(f"{path}.personal")
    lines = [f'{{"run":"apart","seq":{seq},"salt":"{SALT}","members":{MEMBERS}}}\n' for seq in (11, 1)]
    beside.write_text('torn "seq":1,\n'.join(lines), encoding="utf-8")
    assert personal_of([str(path.with_name("absent")), str(path)], "apart", 1) == {"salt": SALT, "members": MEMBERS}
    assert personal_of([str(path)], "apart", 2) is None
    path.write_bytes(head + line)
    return Made(path)


def proofs(made: Made) -> Iterator[dict[str, Any]]:
    yield made.proof(Question.url(ADDRESSES[2]))
    yield made.proof(Question.url("HTTPS://www.SITE9.example:443/é/./a%/%zz/%41?x"))
    yield made.proof(Question.url("http://[2001:DB8::1]:80"))
    yield made.proof(Question.url("http://[2001:db8:0::0:1]"))
    yield made.proof(Question.url("http://0x7f.1:8080/x"))
    for domain in ("site4.example", "absent.example", "127.0.0.1", "2001:db8::1"):
        yield made.proof(Question.domain(domain))


def edits(proof: dict[str, Any]) -> Iterator[dict[str, Any]]:
    text = json.dumps(proof)
    each = proof["proofs"][0]
    for name in ("asked", "canonical", "kind"):
        yield {**proof, name: proof[name] + "x"}
    yield {**proof, "proofs": []}
    yield {**proof, "proofs": [each, each]}
    for name in ("size", "root", "outcome", "tree"):
        changed = {"size": 0, "root": "00" * 32, "outcome": "x", "tree": "decisions"}[name]
        yield {**proof, "proofs": [{**each, name: changed}]}
    for side in ("lower", "upper", "entry", "decision"):
        if not each.get(side):
            continue
        yield {**proof, "proofs": [{**each, side: None}]}
        yield {**proof, "proofs": [{**each, side: {**each[side], "index": each[side]["index"] + 1}}]}
        if each[side]["path"]:
            yield {**proof, "proofs": [{**each, side: {**each[side], "path": each[side]["path"][1:]}}]}
        yield {**proof, "proofs": [{**each, side: {**each[side], "path": [*each[side]["path"], "00" * 32]}}]}
    if "personal" in (each.get("decision") or {}):
        for name, value in (("salt", "00" * 16), ("members", MEMBERS.replace("é", "e"))):
            personal = {**each["decision"]["personal"], name: value}
            yield {**proof, "proofs": [{**each, "decision": {**each["decision"], "personal": personal}}]}
        yield json.loads(text.replace('"personal": {', '"other": {'))
    elif each.get("decision"):
        yield json.loads(text.replace("unreserved", "permitted"))
        yield json.loads(text.replace('\\"seq\\":', '\\"seq\\": '))


@pytest.fixture(scope="module")
def judged(
    made: Made, apart: Made, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[str], list[tuple[str, int]]]:
    """The roots, and files of proofs with what `verify-proof` exits with."""
    folder = tmp_path_factory.mktemp("proofs")
    roots = [*made.roots(), *apart.roots()]
    found: list[tuple[str, int]] = []
    split = apart.proof(Question.url("https://apart.example/%C3%A9"))
    split["proofs"][0]["decision"]["personal"] = {"salt": SALT, "members": MEMBERS}
    for proof in (*proofs(made), split):
        assert judge(proof, roots) == 0, proof
        for number, each in enumerate([proof, *edits(proof)]):
            assert not number or judge(each, roots) == 1, each
            path = folder / f"{len(found)}.json"
            path.write_text(json.dumps(each), encoding="utf-8")
            found.append((str(path), judge(each, roots)))
    for text in ("", "[]", '{"type":"tdm-guard-proof","v":2}'):
        path = folder / f"{len(found)}.json"
        path.write_text(text, encoding="utf-8")
        found.append((str(path), 2))
    found.append((str(folder / "absent.json"), 2))
    return [f"{root.tree}:{root}" for root in roots], found


def judge(proof: dict[str, Any], roots: list[Known]) -> int:
    return int(not all(answer.holds for answer in check(proof, roots)))


def test_the_python_of_the_page_agrees(judged: tuple[list[str], list[tuple[str, int]]]) -> None:
    roots, files = judged
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(program("python"), "docs/proofs.md", "exec"), names)
    assert [(path, names["main"](path, *roots)) for path, _ in files] == files


def test_the_python_of_the_page_runs_by_itself(judged: tuple[list[str], list[tuple[str, int]]], tmp_path: Path) -> None:
    roots, files = judged
    script = tmp_path / "check_proof.py"
    script.write_text(program("python"), encoding="utf-8")
    for path, code in (files[0], files[1], files[-1]):
        assert run([sys.executable, str(script), path, *roots]) == code


@pytest.mark.skipif(NODE is None, reason="there is no node to run the JavaScript of docs/proofs.md")
def test_the_javascript_of_the_page_agrees(judged: tuple[list[str], list[tuple[str, int]]], tmp_path: Path) -> None:
    roots, files = judged
    script = tmp_path / "check-proof.js"
    script.write_text(program("javascript"), encoding="utf-8")
    assert run([str(NODE), str(script), files[0][0], *roots]) == 0
    # all others in one process, which takes as long as one
    driver = tmp_path / "all.js"
    driver.write_text(
        "const [script, files, ...roots] = process.argv.slice(2), codes = [];\n"
        "console.log = () => {};\n"
        "for (const file of JSON.parse(files)) {\n"
        "  process.argv = [script, script, file, ...roots]; delete require.cache[script];\n"
        "  require(script); codes.push(process.exitCode);\n"
        "}\n"
        "process.exitCode = 0; process.stdout.write(JSON.stringify(codes));\n",
        encoding="utf-8",
    )
    words = [str(NODE), str(driver), str(script), json.dumps([path for path, _ in files]), *roots]
    done = subprocess.run(words, capture_output=True, check=True, timeout=PATIENCE)
    assert list(zip([path for path, _ in files], json.loads(done.stdout), strict=True)) == files


def test_without_a_proof_the_programs_say_how_they_are_called(tmp_path: Path) -> None:
    for language, name, runs in (("python", "check_proof.py", sys.executable), ("javascript", "check-proof.js", NODE)):
        if runs is not None:
            script = tmp_path / name
            script.write_text(program(language), encoding="utf-8")
            done = subprocess.run([runs, script], capture_output=True, check=False, timeout=PATIENCE, text=True)
            assert (done.returncode, done.stdout[:6], done.stderr) == (2, "usage:", "")
            assert f"{name} PROOF ROOT..." in done.stdout


@pytest.mark.skipif(NODE is None, reason="there is no node to run the JavaScript of docs/proofs.md")
def test_both_programs_spell_addresses_as_we_do(tmp_path: Path) -> None:
    urls = [
        "HTTP://u:p@A.example:080/%7eb/%2F/../c/./?d=%7e#e", "https://a.example", "http://[2001:DB8:0:0::1]/", "http://[0:0:1:0:0:0:1:0]:80/",
        "http://u:p@[::ffff:192.0.2.1]:8080?x", "http://[1:0:0:2::]/", "http://[1:0:2:3:4:5:6:7]/", "http://[::]/",
        "http://[fe80::1%25eth0]/", "http://0x7f.1/", "http://1.2.3/", "http://0300.0X2.513:81/", "http://2130706433./",
        "http://1.2.3.256/", "http://09.1.1.1/", "http://1.2.3.4.5/", "http://a.0x7f/", "http://0x/", "http://１.２.３/",
        "http://a_b.1/", "http://1.a/", "http://00000000000000000000000000000000000000000000000000000000000000000.1/",
        "https://a.example:443/a//b/../",
        "https://a.example/%%341%zz%", "https://a.example/a|b\\c^`{}\"<> é?f|g é", "https://[::1]:8443?x", "https://a.example:/",
        "https://bücher.example./", "https://a.example/.%2e/..", "https://a.example/*$~'()!;,=:@&+[]?*$~'()!;,=:@&+[]/?",
    ]  # fmt: skip
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(program("python"), "docs/proofs.md", "exec"), names)
    rng = random.Random(6)
    for _ in range(100):
        six = IPv6Address(b"".join(rng.choice((b"\0\0", b"\0\0", b"\0\x10", b"\xfe\x80")) for _ in range(8)))
        urls += [f"http://[{six.exploded}]/", f"http://[{six.compressed}]/"]
        labels = [
            rng.choice(("0", "1", "010", "0x1F", "255", "256", "65536", "08", "a")) for _ in range(rng.randint(1, 5))
        ]
        urls.append(f"http://{'.'.join(labels)}/")
    expected = [canonical(url) for url in urls]
    assert [names["canonical"](url) for url in urls] == expected
    script = tmp_path / "spelled.js"
    begin = program("javascript").split("const [file", 1)[0]
    tail = "process.stdout.write(JSON.stringify(JSON.parse(process.argv[2]).map(canonical)));"
    script.write_text(begin + tail, encoding="utf-8")
    done = subprocess.run([str(NODE), str(script), json.dumps(urls)], capture_output=True, check=True, timeout=PATIENCE)
    assert json.loads(done.stdout) == expected


def run(words: list[str]) -> int:
    return subprocess.run(words, capture_output=True, check=False, timeout=PATIENCE).returncode
