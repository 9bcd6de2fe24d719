"""The page of messages: each heading is what the program really says, where the message is made."""

from __future__ import annotations

import gzip
import json
import logging
import re
import sys
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from scrapy.settings import Settings
from typer.testing import CliRunner

from tdm_guard import Fetched, Judge, Ledger, evaluate, needed_documents, read_policies
from tdm_guard.cache import open_cache, open_store
from tdm_guard.cache.reading import open_source
from tdm_guard.cache.store import Backing
from tdm_guard.cli import app
from tdm_guard.cli.proofs import checked
from tdm_guard.cli.seals import Seals
from tdm_guard.errors import without_extra
from tdm_guard.httpx import GuardClient, guard_client
from tdm_guard.log.merge import Merging
from tdm_guard.log.outlet import Outlet
from tdm_guard.log.reader import read_log
from tdm_guard.log.sink import End
from tdm_guard.log.survey import surveyed
from tdm_guard.log.verify import Verification
from tdm_guard.options import Options
from tdm_guard.options.config import with_config
from tdm_guard.options.naming import named_apart
from tdm_guard.origin import Origin
from tdm_guard.proofs.proof import check, read_root
from tdm_guard.proofs.proving import Question, prove
from tdm_guard.proofs.signing import signed
from tdm_guard.reports.statement.atom_feed import read_feed
from tdm_guard.reports.statement.measures_stated import OwnWords, state
from tdm_guard.reports.templates.trained import Trained
from tdm_guard.scrapy.settings import check_gates, read_options
from tests.support import stores
from tests.support.chains import Chain
from tests.support.logs import log_of
from tests.support.proofs import Made, admitting, run_of
from tests.support.silence import SILENT

PAGE = (Path(__file__).parents[1] / "docs" / "messages.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
NOW = datetime(2026, 11, 28, tzinfo=UTC)
URL = "https://site.example/a"
DECLARED = (
    '[[declarations]]\nid = "a"\ndeclarant = { name = "Society" }\nusages = ["tdm"]\ndeclared_at = "2023-10-12"\n'
)
CLAIM = {
    "eligible": True,
    "lawful_access": True,
    "attested_by": "legal@acme.example",
    "at": "2026-01-05",
    "reference": "charter 3.2",
}
LIST = (
    '[[excluded_sites]]\nid = "a"\nissuer = "Ministry"\ndate = 2026-03-03\n'
    'source = { url = "https://court.example/list" }\ndomains = ["*.pirate.example"]\n'
)
NAMED = DECLARED + 'match = { creator_name = ["Marie Exemple"] }\n'
LICENCE = (
    '[[authorisations]]\nid = "l"\ngrantor = { name = "Society" }\nlicensee = "acme"\nusages = ["tdm"]\n'
    'territory = ["WORLD"]\nvalid_from = "2025-01-01"\nstatus = "active"\nscope = { declarations = ["a"] }\n'
)

KEY, OTHER_KEY = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
PEM = Encoding.PEM
PUBLIC = KEY.public_key().public_bytes(PEM, PublicFormat.SubjectPublicKeyInfo)


def asked(**given: Any) -> str:
    """What a decision on a page without policies is told as."""
    return evaluate(URL, **{"status": 200, "policies": SILENT, "now": NOW, "agent": "ExampleBot", **given}).summary()


def loaded(folder: Path, *texts: str) -> Options:
    for number, text in enumerate(texts):
        (folder / f"{number}.toml").write_text(text, encoding="utf-8")
    return Options.read({"repertoire": str(folder)})


def with_policy(path: str, answer: Fetched) -> str:
    return asked(policies={**SILENT, path: answer})


def matched(folder: Path) -> str:
    loaded(folder, NAMED)
    return asked(repertoire=str(folder), item={"creator_name": "Marie Exemple"})


def observing(folder: Path, log: pytest.LogCaptureFixture) -> str:
    with log.at_level(logging.WARNING), GuardClient(agent="ExampleBot", mode="observe", log=str(folder / "l.jsonl")):
        return log.messages[-1]


def resumed(path: Path, log: pytest.LogCaptureFixture) -> str:
    for agent in ("ExampleBot", "OtherBot"):
        ledger = Ledger(Judge(agent=agent), path, task="a")
        ledger.evaluate(URL)
        ledger.close()
    return log.messages[-1]


def nameless(folder: Path) -> object:
    with GuardClient(log=str(folder / "n.jsonl")) as client:
        return client.get(URL)


def guarded_twice(folder: Path) -> object:
    with httpx.Client() as client:
        guard_client(client, agent="ExampleBot", log=str(folder / "l.jsonl"))
        return guard_client(client, agent="ExampleBot")


def without_redis() -> object:
    with patch.dict(sys.modules, {"redis": None}):
        sys.modules.pop("tdm_guard.cache.redis_store", None)
        return open_store("redis://cache.example", 5)


def from_store(log: pytest.LogCaptureFixture, packed: bytes | None) -> str:
    store = stores.Failing() if packed is None else stores.Lying(packed)
    Backing(store, "sqlite:///policies.db", patience=5).look(Origin.parse(URL))
    return log.messages[-1]


def verified(folder: Path, log: bytes, heads: Sequence[str] = ()) -> str:
    (folder / "v.jsonl").write_bytes(log)
    return "; ".join(map(str, Verification(heads=heads).files([folder / "v.jsonl"])))


def two_ways(folder: Path) -> list[bytes]:
    paths = [str(Chain().decision(f"https://{name}.example/").write(folder / name)) for name in "ab"]
    return list(Merging(surveyed(paths, lambda path: None), lambda line, why: None).lines())


def other_reader() -> object:
    policy = read_policies("https://site.example", {}, now=NOW, agent="ExampleBot")
    return evaluate(URL, policies=policy, now=NOW, agent="OtherBot")


def missing() -> str:
    return str(without_extra("scrapy", ModuleNotFoundError("No module named 'scrapy'", name="scrapy")))


def without_otel() -> object:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("opentelemetry", "opentelemetry.metrics"):
            patch.setitem(sys.modules, name, None)
        patch.delitem(sys.modules, "tdm_guard.log.otel", raising=False)
        return Options.read({"sinks": "otel"})


class Failing:
    def decision(self, decision: object) -> None: ...

    def body(self, body: object) -> None: ...

    def end(self, end: object) -> None:
        raise OSError("no such socket")


def failing_sink(log: pytest.LogCaptureFixture) -> str:
    with log.at_level(logging.WARNING):
        Outlet([Failing()], Counter()).end(End("r", NOW, {}))
        return log.messages[-1]


def with_list(file: Path) -> object:
    file.write_text(LIST, encoding="utf-8")
    return Judge(excluded_sites=file)


def said(make: Callable[[], object]) -> str:
    """What `make` returns or raises, as text."""
    try:
        made = make()
    except Exception as error:
        return str(error)
    return str(made)


def settings(**given: Any) -> Settings:
    return Settings({"USER_AGENT": "ExampleBot", **given})


def another_root(folder: Path) -> str:
    run_of(folder / "log", [admitting(URL)], run_id="r")
    [answer] = check(Made(folder / "log").proof(Question.url(URL)), [read_root("0:" + "ab" * 32)])
    return answer.message


def changed_log(folder: Path) -> None:
    made = Made(folder / "log")
    prove(Question.url(URL), made.tree, lambda place: b"{}")


def sealed(
    folder: Path, *, signer: Ed25519PrivateKey = KEY, pub: bytes = PUBLIC,
    change: Callable[[bytes], bytes] | None = lambda seal: seal,
) -> str:  # fmt: skip
    """What is found of the seal of another log, by this signer, after the change; without one it is not there."""
    log, seal, key = Chain().write(folder / "s.jsonl"), folder / "s.jsonl.seal", folder / "pub.pem"
    trees = {name: {"size": 0, "root": "0" * 64} for name in ("decisions", "addresses", "domains")}
    runs = [{"run": "r1", "head": "0" * 64, "ended": True, **trees}]
    statement = json.dumps({"type": "tdm-guard-seal", "v": 1, "runs": runs}, separators=(",", ":")).encode()
    key.write_bytes(pub)
    if change is None:
        seal.unlink()
    else:
        seal.write_bytes(change(statement + b"\n" + signed(statement, signer) + b"\n"))
    seals = Seals([str(log)], [], key)
    verification = Verification(sealed=seals.heads)
    deque(verification.files([log]), maxlen=0)
    return "; ".join(found.message for found in seals.findings(verification))


def reported(folder: Path, style: str, missing: str = "", *words: str) -> str:
    """What `report` says on stderr, where a package is not installed."""
    log = folder / "reported.jsonl"
    log_of(log, [evaluate(URL, now=NOW)])
    with patch.dict(sys.modules, {missing: None} if missing else {}):
        return CliRunner().invoke(app, ["report", str(log), "--format", style, *words]).stderr


def ran(folder: Path, *words: str) -> str:
    """What a command says on stderr; LOG is one that was sealed, and then went on."""
    log = folder / "ran.jsonl"
    if not log.exists():
        run_of(log, [admitting(URL)], run_id="r", ends=False)
        (folder / "bad.jsonl").write_bytes(log.read_bytes().replace(b"site.example", b"other.example"))
        assert CliRunner().invoke(app, ["seal", str(log)]).exit_code == 0
        (folder / "torn.jsonl").write_bytes(log.read_bytes())
        (folder / "torn.jsonl.tree").write_bytes(b"tdm-guard")
        (folder / "gone.jsonl.gz").write_bytes(gzip.compress(log.read_bytes()))
        run_of(log, [admitting(URL)], run_id="s")
        (folder / "empty.jsonl").touch()
    names = [str(folder / word) if "." in word and "/" not in word else word for word in words]
    return CliRunner().invoke(app, [str(log) if word == "LOG" else word for word in names]).stderr


def forgotten(folder: Path) -> str:
    run_of(folder / "old.jsonl", [admitting(URL)], run_id="old")
    words = (str(folder / "old.jsonl"), "--by", "me", "--run", "old")
    assert CliRunner().invoke(app, ["forget", *words]).exit_code == 0
    return ran(folder, "prove", "old.jsonl", "--url", URL)


def of_many_runs(folder: Path) -> str:
    with patch("tdm_guard.proofs.proving.MAX_PROOFS", 1):
        return ran(folder, "prove", "LOG", "--url", URL)


def test_every_heading_is_what_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    robots = b"User-agent: *\nDisallow: /\n"
    tdmrep = b'[{"location": "/", "tdm-reservation": 1}]'
    two, one, lone = (tmp_path / name for name in ("two", "one", "lone"))
    for folder in (two, one, lone):
        folder.mkdir()
    (lone / "key").touch()
    make: list[Callable[[], object]] = [
        lambda: Judge(usagess={"tdm"}),  # type: ignore[call-arg]
        lambda: Judge(usages={"train"}),
        lambda: Options.read({}, user_agent="Mozilla/5.0 (X11; Linux x86_64)"),
        lambda: Judge(agent="Example Bot"),
        lambda: nameless(tmp_path),
        lambda: named_apart("OtherBot/1.0", "ExampleBot"),
        lambda: Judge(signals="robot"),
        lambda: Options.read({"durability": "soon"}),
        lambda: Options.read({"rotate": "week"}),
        lambda: Options.read({"redact": "a b"}),
        lambda: Options.read({"retain_until": "soon"}),
        lambda: Options.read({"retain_until": "2020-01-01"}),
        lambda: Options.read({"name_key": lone / "key"}),
        lambda: Options.read({"sinks": 7}),
        without_otel,
        lambda: failing_sink(caplog),
        lambda: Options.read({"policy_timeout": "soon"}),
        lambda: Judge(max_asset_bytes="much"),
        lambda: with_config({"config": str(tmp_path / "none.toml")}, environ={}),
        lambda: open_cache("nowhere:"),
        without_redis,
        lambda: ran(tmp_path, "scan", "LOG", "--policies", "nowhere"),
        lambda: ran(tmp_path, "scan", "LOG", "--policies", str(tmp_path / "captures")),
        lambda: ran(tmp_path, "scan", "LOG", "--keep", "there.warc.gz"),
        lambda: open_source(f"sqlite:///{tmp_path}/none.db"),
        lambda: from_store(caplog, None),
        lambda: from_store(caplog, b"damaged"),
        lambda: from_store(caplog, b"tdm_guard answers 9\n"),
        lambda: GuardClient(agent="ExampleBot", enabled=False),
        lambda: needed_documents("https://site.example", log="x"),  # type: ignore[call-arg]
        lambda: Options.read({"operator": {"classes": ["commercial"], "research": CLAIM}}),
        lambda: asked(item={"ISWC": "T-000.000.001-0"}),
        lambda: evaluate(URL, now=datetime(2026, 11, 28)),
        lambda: evaluate(URL, now=NOW, policies={"/robots.txt": b""}),  # type: ignore[dict-item]
        lambda: evaluate(URL, now=NOW, headers={"a": "b"}),  # type: ignore[arg-type]
        other_reader,
        missing,
        lambda: guarded_twice(tmp_path),
        lambda: observing(tmp_path, caplog),
        lambda: check_gates(settings()),
        lambda: read_options(settings(TDM_GUARD_USAGE="tdm")),
        lambda: GuardClient(agent="ExampleBot", log=str(tmp_path)),
        lambda: GuardClient(agent="ExampleBot", evidence=str(two / "1.toml")),
        lambda: GuardClient(agent="ExampleBot", log=str(tmp_path / "{day}.jsonl")),
        lambda: Ledger(Judge(), tmp_path / "l.jsonl", agent="ExampleBot"),  # type: ignore[call-arg]
        lambda: resumed(tmp_path / "task.jsonl", caplog),
        lambda: reported(tmp_path, "parquet"),
        lambda: reported(tmp_path, "parquet", "pyarrow", "-o", str(tmp_path / "report.parquet")),
        lambda: reported(tmp_path, "html", "vl_convert"),
        lambda: list(read_log([tmp_path / "none.jsonl"])),
        lambda: verified(tmp_path, b'{"name":"x"}\n'),
        lambda: verified(tmp_path, b'{"type":"tdm-guard-seal","v":1}\n'),
        lambda: verified(tmp_path, Chain(chain="trees", records=False).lines[0]),
        lambda: verified(tmp_path, Chain().lines[0], heads=["0" * 64]),
        lambda: two_ways(tmp_path),
        lambda: checked(str(tmp_path / "none.json"), ["0:" + "ab" * 32]),
        lambda: read_root("12"),
        lambda: another_root(tmp_path / "proof"),
        lambda: changed_log(tmp_path / "proof"),
        lambda: sealed(tmp_path, signer=OTHER_KEY),
        lambda: sealed(tmp_path, change=lambda seal: seal.replace(b'"v":1', b'"v":2')),
        lambda: sealed(tmp_path),
        lambda: sealed(tmp_path, change=None),
        lambda: sealed(tmp_path, pub=KEY.private_bytes(PEM, PrivateFormat.PKCS8, NoEncryption())),
        lambda: ran(tmp_path, "seal", "bad.jsonl"),
        lambda: ran(tmp_path, "prove", "bad.jsonl", "--url", URL),
        lambda: ran(tmp_path, "prove", "LOG"),
        lambda: ran(tmp_path, "prove", "LOG", "--url", "ftp://a/"),
        lambda: ran(tmp_path, "prove", "LOG", "--url", URL + "a" * 2**16),
        lambda: ran(tmp_path, "prove", "LOG", "--domain", "a/b"),
        lambda: ran(tmp_path, "prove", "LOG", "--url", "https://*/"),
        lambda: of_many_runs(tmp_path),
        lambda: forgotten(tmp_path),
        lambda: ran(tmp_path, "prove", "LOG", "--url", URL),
        lambda: ran(tmp_path, "prove", "torn.jsonl", "--url", URL),
        lambda: ran(tmp_path, "verify-proof", "none.json"),
        lambda: ran(tmp_path, "prove", "LOG", "--url", URL, "-o", "new.seal"),
        lambda: ran(tmp_path, "seal", "LOG", "--key", "bad.jsonl"),
        lambda: ran(tmp_path, "merge", "LOG", "-o", "all.gz"),
        lambda: ran(tmp_path, "merge", "LOG", "-o", "bad.jsonl"),
        lambda: ran(tmp_path, "merge", "empty.jsonl", "-o", "all.jsonl"),
        lambda: ran(tmp_path, "forget", "LOG", "--by", "me", "--on", "2999-01-01"),
        lambda: ran(tmp_path, "forget", "LOG", "--by", " "),
        lambda: ran(tmp_path, "forget", "torn.jsonl", "--by", "me", "--run", "r"),
        lambda: ran(tmp_path, "forget", "gone.jsonl.gz", "--by", "me", "--run", "r", "--cut-short"),
        lambda: Judge(repertoire=str(tmp_path / "two")),
        lambda: "; ".join(str(problem) for problem in loaded(one, NAMED, LICENCE).holdings.warnings),
        lambda: loaded(lone, LICENCE),
        lambda: with_list(tmp_path / "list.toml"),
        lambda: with_policy("/robots.txt", Fetched(status=200, body=robots)),
        lambda: with_policy("/.well-known/tdmrep.json", Fetched(status=200, body=tdmrep)),
        lambda: with_policy("/robots.txt", Fetched.unreachable("dns")),
        lambda: with_policy("/.well-known/tdmrep.json", Fetched.unreachable("timeout")),
        lambda: matched(tmp_path / "matched"),
        lambda: Trained(tmp_path / "nothing.txt"),
        lambda: Trained(tmp_path / "suffix.txt"),
        lambda: Question.domain("co.uk"),
        lambda: state(Options.read({}), day="2026-11-28", own=OwnWords()),
        lambda: read_feed(b"<feed/>", "--output: 'a.atom'"),
        lambda: ran(tmp_path, "evidence", "s-1"),
        lambda: ran(tmp_path, "evidence", "LOG", "id", "--evidence", "empty.jsonl"),
        lambda: ran(tmp_path, "evidence", "LOG", "--warc", "there.warc.gz"),
        lambda: ran(tmp_path, "export", "LOG"),
        lambda: ran(tmp_path, "export", "LOG", "--sqlite", "bad.jsonl"),
        lambda: ran(tmp_path, "export", "LOG", "--preferences", "--format", "parquet"),
        lambda: ran(tmp_path, "about", "--agent", "ExampleBot", "--previous", "bad.jsonl"),
        lambda: ran(tmp_path, "report", "LOG", "--template", "art54"),
        lambda: ran(tmp_path, "report", "LOG", "--sme"),
        lambda: ran(tmp_path, "recheck"),
        lambda: ran(tmp_path, "recheck", "--urls", "nowhere.csv"),
        lambda: ran(tmp_path, "recheck", "--urls", "columns.csv"),
        lambda: ran(tmp_path, "recheck", "--urls", "cut.gz"),
        lambda: ran(tmp_path, "recheck", "--urls", "names.txt", "--log", "names.jsonl"),
    ]
    (tmp_path / "captures").mkdir()
    (tmp_path / "captures" / "robotstxt.warc.gz").touch()
    (tmp_path / "there.warc.gz").touch()
    (tmp_path / "columns.csv").write_text("id,link\n", encoding="utf-8")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(URL.encode())[:-8])
    (tmp_path / "names.txt").write_text("site.example\n", encoding="utf-8")
    (tmp_path / "nothing.txt").write_text("# of a model\n", encoding="utf-8")
    (tmp_path / "suffix.txt").write_text("co.uk\n", encoding="utf-8")
    (tmp_path / "matched").mkdir()
    (tmp_path / "proof").mkdir()
    for number in "12":
        (two / f"{number}.toml").write_text(NAMED, encoding="utf-8")
    told = [said(each) for each in make]
    assert len(HEADINGS) == len(told)
    for heading, words in zip(HEADINGS, told, strict=True):
        assert re.search(pattern(heading), words), heading


def pattern(heading: str) -> str:
    return ".*".join(re.escape(part) for part in heading.split("…"))


def test_no_message_of_the_page_is_there_twice() -> None:
    assert len(set(HEADINGS)) == len(HEADINGS)
