"""The commands as users call them: answers, exit codes, and messages that name the mistake."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from tdm_guard import evaluate
from tdm_guard.cli import app
from tdm_guard.cli.console import record, waiting
from tdm_guard.cli.page import show
from tdm_guard.decision import Decision, Exchange, Outcome, Stage
from tdm_guard.model import Stance, Statement, Verdict
from tdm_guard.testing import Answer, PretendWeb, Site
from tdm_guard.usage import TDM
from tests.support.patience import PATIENCE

CLOSED = "http://127.0.0.1:9/"  # the discard port: nobody listens there
ROUND = (("location", "/round"),)
GONE = Answer(status=302, headers=(("location", "/none"),))
HTML = (("content-type", "text/html"),)


@pytest.fixture(autouse=True)
def _no_config_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TDM_GUARD_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def web() -> Iterator[PretendWeb]:
    page = Answer(body=b"<!doctype html><title>x</title><p>words", headers=HTML)
    reserving = Answer(
        body=b'[{"location": "/", "tdm-reservation": 1}]', headers=(("content-type", "application/json"),)
    )
    sites = [
        Site("free.example", {"/": page, "/moved": Answer(status=302, headers=(("location", "/"),))}),
        Site("broken.example", {"/": Answer(raw=b"nonsense\r\n\r\n"), "/round": Answer(status=302, headers=ROUND)}),
        Site("reserved.example", {"/": page, "/.well-known/tdmrep.json": reserving}),
        Site("faulty.example", {"/gone": GONE, "/.well-known/tdmrep.json": Answer(body=b"[{]")}),
        Site(
            "steering.example", {"/robots.txt": Answer(body=b"User-agent: *\nDisallow: /\x1b[31m[red]\nDisallow: /\n")}
        ),
        Site("agents.example", {"/": page, "/robots.txt": Answer(body=b"User-agent: ExampleBot\nDisallow: /\n")}),
    ]
    with PretendWeb(sites) as running:
        yield running


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def test_check_prints_the_verdict_first_and_the_words_that_decided(web: PretendWeb) -> None:
    url = web.origin("reserved.example") + "/"
    result = run("check", url)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"RESERVED  {url}\n")
    assert f"{url}.well-known/tdmrep.json, file" in result.stdout
    assert '"tdm-reservation": 1' in result.stdout
    assert "not found" in result.stdout
    assert f"{url}robots.txt  absent (404)" in result.stdout
    assert result.stderr == ""


def test_check_json_is_one_record_a_line_and_nothing_else(web: PretendWeb) -> None:
    urls = [web.origin("free.example") + "/", web.origin("reserved.example") + "/"]
    result = run("check", "--json", *urls)
    assert result.exit_code == 1
    free, reserved = [json.loads(line) for line in result.stdout.splitlines()]
    assert (free["type"], free["verdict"], free["admitted"], free["seq"]) == ("decision", "unreserved", True, 1)
    assert (reserved["verdict"], reserved["admitted"], reserved["seq"]) == ("reserved", False, 2)
    assert reserved["because"][0]["signal"] == "tdmrep"
    assert result.stderr == ""


def test_check_follows_redirects_and_exits_0_when_all_is_admitted(web: PretendWeb) -> None:
    result = run("check", "--json", web.origin("free.example") + "/moved")
    assert result.exit_code == 0
    record = json.loads(result.stdout.splitlines()[-1])
    assert record["final_url"] == web.origin("free.example") + "/"


def test_check_keeps_no_log_unless_asked(web: PretendWeb, tmp_path: Path) -> None:
    url = web.origin("free.example") + "/"
    assert run("check", url).exit_code == 0
    assert list(tmp_path.iterdir()) == []
    assert run("check", url, "--log", "kept.jsonl").exit_code == 0
    types = [json.loads(line)["type"] for line in (tmp_path / "kept.jsonl").read_text().splitlines()]
    assert (types[0], types[-1]) == ("run", "end")
    assert "decision" in types
    assert run("verify", "kept.jsonl").exit_code == 0


def test_options_reach_the_decision(web: PretendWeb, tmp_path: Path) -> None:
    url = web.origin("agents.example") + "/"
    assert run("check", url).exit_code == 0
    assert run("check", url, "--agent", "ExampleBot").exit_code == 1
    assert run("check", url, "--agent", "ExampleBot", "--signals", "tdmrep").exit_code == 0
    result = run("check", url, "--agent", "ExampleBot", "--mode", "observe", "--json", "--usages", "search,archive")
    assert result.exit_code == 0
    record = json.loads(result.stdout)
    assert (record["admitted"], record["enforced"]) == (True, False)
    assert list(record["usages"]) == ["search", "archive"]
    (tmp_path / "options.toml").write_text('agent = "ExampleBot"\nposture = "literal"\n')
    assert run("check", url, "--config", "options.toml").exit_code == 1
    assert run("check", url, "--config", "options.toml", "--agent", "OtherBot").exit_code == 0


def test_the_environment_names_a_config_file(web: PretendWeb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "options.toml").write_text('agent = "ExampleBot"\n')
    monkeypatch.setenv("TDM_GUARD_CONFIG", str(tmp_path / "options.toml"))
    assert run("check", web.origin("agents.example") + "/").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "named", "good"),
    [
        (["--usages", "mining"], "'mining'", "genai-training"),
        (["--posture", "brave"], "'brave'", "cautious"),
        (["--mode", "off"], "'off'", "observe"),
        (["--signals", "smoke"], "'smoke'", "tdmrep"),
        (["--agent", "no token"], "'no token'", "ExampleBot"),
        (["--operator", "acme"], "'acme'", "acme-ai"),
        (["--operator", '{"country": "France"}'], "'France'", "FR"),
        (["--policy-timeout", "soon"], "'soon'", "5"),
        (["--max-asset-bytes", "much"], "'much'", "32MiB"),
        (["--log", "{date}.jsonl"], "{date}", "{run}"),
        (["--config", "none.toml"], "'none.toml'", "usages"),
        (["ftp://example.org/"], "ftp://example.org", "http"),
        (["example.org"], "example.org", "http"),
        (["http://"], "http://", "https://example.org/"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_mistake_is_named_beside_a_good_value_and_nothing_is_fetched(
    web: PretendWeb, arguments: list[str], named: str, good: str
) -> None:
    before = len(web.requests)
    result = run("check", web.origin("free.example") + "/", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert named in result.stderr
    assert good in result.stderr
    assert len(web.requests) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('colour = "red"', "colour: unknown option"),
        ('posture = "brave"', "posture: 'brave'"),
        ('usages = ["mining"]', "'mining' is not a usage"),
        ("= 3", "no TOML"),
        ("x" * 1_100_000, "larger than"),
    ],
    ids=["unknown", "value", "list", "toml", "size"],
)
def test_a_mistake_in_a_config_file_is_named_with_the_file(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "options.toml").write_text(text)
    result = run("check", CLOSED, "--config", "options.toml")
    assert result.exit_code == 2
    assert "options.toml" in result.stderr
    assert said in result.stderr


def test_several_mistakes_are_told_at_once() -> None:
    result = run("check", "ftp://example.org/", "--mode", "off", "--posture", "brave")
    assert result.exit_code == 2
    assert [word in result.stderr for word in ("ftp://", "'off'", "'brave'")] == [True] * 3


@pytest.mark.parametrize("path", ["/", "/round"])
def test_a_page_that_gives_no_answer_is_a_message_and_the_others_are_judged(web: PretendWeb, path: str) -> None:
    broken = web.origin("broken.example") + path
    result = run("check", "--json", broken, web.origin("reserved.example") + "/")
    assert result.exit_code == 2
    assert f"{broken} gave no answer to judge" in result.stderr
    assert [json.loads(line)["verdict"] for line in result.stdout.splitlines()] == ["reserved"]


def test_a_site_that_cannot_be_reached_is_undetermined() -> None:
    result = run("check", CLOSED, "--json")
    assert result.exit_code == 1
    record = json.loads(result.stdout)
    assert (record["verdict"], record["stage"]) == ("undetermined", "policy")


def test_the_page_tells_of_observing(web: PretendWeb) -> None:
    result = run("check", web.origin("reserved.example") + "/", "--mode", "observe")
    assert result.exit_code == 0
    assert result.stdout.startswith("RESERVED")
    assert "admitted, because mode is observe" in result.stdout


def test_the_page_tells_of_faults_redirects_and_answers_without_content(web: PretendWeb) -> None:
    origin = web.origin("faulty.example")
    result = run("check", origin + "/gone")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"UNRESERVED  {origin}/gone\n")
    assert f"judged at {origin}/none, after redirects\n" in result.stdout
    assert "status 404: an answer without content" in result.stdout
    assert "Written against its own standard\n  tdmrep: not JSON" in result.stdout
    assert f"Looked for and not read\n  {origin}/.well-known/tdmrep.json  unreadable (200)" in result.stdout


def test_the_page_blames_the_site_for_no_fault_of_others() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    decision = evaluate(
        "https://a.example/",
        body=b"<p>" + b"x" * 2000,
        item={"type": "podcast", "iswc": "T-000.000.001-0"},
        max_asset_bytes=1000,
        repertoire=["bundled:sacem-2023"],
        unread="ignore",
        now=now,
    )
    text = io.StringIO()
    show(decision, Console(file=text, width=200))
    assert "In the item that you gave\n  repertoire: not one of" in text.getvalue()
    assert "Not read, for a limit of ours\n  document not read whole: more than 1000 bytes" in text.getvalue()
    assert "Written against its own standard" not in text.getvalue()


def test_the_words_of_a_site_cannot_steer_the_terminal() -> None:
    url = "https://a.example/"
    words = Statement(
        source=url,
        carrier="header",
        excerpt="\x1b[31m [red]\u202e",
        signal="tdmrep",
        usages=TDM,
        stance=Stance.RESERVED,
        policy_url="https://a.example/policy",
        contact="rights@a.example",
        repair="C1",
    )
    outcome = Outcome(verdict=Verdict.RESERVED, usages=dict.fromkeys(TDM, Stance.RESERVED), because=(words,))
    out = io.StringIO()
    decision = Decision(
        url=url, ts=datetime(2026, 1, 5, tzinfo=UTC), stage=Stage.HEADERS, outcome=outcome, exchange=Exchange(url, url)
    )
    show(decision, Console(file=out, highlight=False, soft_wrap=True))
    assert "“\\x1b[31m [red]\\u202e”" in out.getvalue()
    assert not set("\x1b\u202e") & set(out.getvalue())
    for shown in ("policy url: https://a.example/policy", "contact: rights@a.example", "repair C1"):
        assert shown in out.getvalue()


def test_what_takes_long_gets_a_word_on_stderr(log: Path, monkeypatch: pytest.MonkeyPatch, web: PretendWeb) -> None:
    monkeypatch.setattr("tdm_guard.cli.console.PATIENCE", 0.0)
    run_line, *_ = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(run_line * 3000)
    result = run("report", str(log))
    assert result.exit_code == 0
    assert result.stderr == "1024 lines so far …\n"
    spoken = threading.Event()
    monkeypatch.setattr("tdm_guard.cli.console.say", lambda message: spoken.set())
    with waiting("reading …"):
        assert spoken.wait(PATIENCE)


def test_demo_crawls_into_the_folder_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders: list[Path] = []
    monkeypatch.setattr("tdm_guard.cli.demonstration.run", folders.append)
    assert run("demo", "--output", str(tmp_path / "out")).exit_code == 0
    assert folders == [tmp_path / "out"]


def test_demo_that_cannot_run_exits_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    result = run("demo", "--output", str(tmp_path / "file"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "file" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["check"], ["verify"], ["report"], ["nonsense"], ["check", CLOSED, "--nonsense"]], ids=" ".join
)
def test_a_wrong_call_exits_2_with_nothing_on_stdout(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr


@pytest.fixture
def log(web: PretendWeb, tmp_path: Path) -> Path:
    urls = [web.origin(name) + "/" for name in ("free.example", "reserved.example")]
    run("check", *urls, "--log", "tdm.jsonl")
    return tmp_path / "tdm.jsonl"


def test_verify_says_valid_or_invalid(log: Path) -> None:
    good = run("verify", str(log))
    head = json.loads(log.read_bytes().splitlines()[-1])["hash"]
    run_line, summary = good.stdout.splitlines()
    assert (good.exit_code, summary) == (0, "valid: 2 decisions in 1 run, 0 errors, 0 remarks")
    assert run_line.endswith(f": 2 decisions, ended, head {head}")
    log.write_bytes(log.read_bytes().replace(b'"status":200', b'"status":201'))
    bad = run("verify", str(log))
    assert bad.exit_code == 1
    assert f"{log}:2: error: changed after it was written" in bad.stdout


def test_verify_holds_the_log_against_a_head_that_was_kept(log: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    head = json.loads(lines[-1])["hash"]
    assert run("verify", str(log), "--head", head.upper(), "--strict").exit_code == 0
    for number in range(len(lines)):
        log.write_bytes(b"".join(lines[:number]))
        cut = run("verify", str(log), "--head", head)
        assert cut.exit_code == 1
        assert f"no record has the hash {head}: the log was cut before it, or altered" in cut.stdout
    wrong = run("verify", str(log), "--head", "12")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "'12' is no hash" in wrong.stderr


def test_a_strict_verify_counts_remarks(log: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:-1]))
    assert run("verify", str(log)).stdout.endswith("\nvalid: 2 decisions in 1 run, 0 errors, 1 remark\n")
    strict = run("verify", str(log), "--strict")
    assert (strict.exit_code, "\ninvalid: 2 decisions" in strict.stdout) == (1, True)


def test_verify_gives_one_document(log: Path) -> None:
    head = json.loads(log.read_bytes().splitlines()[-1])["hash"]
    answer = run("verify", str(log), "--json", "--head", head, "--head", "0" * 64)
    page = json.loads(answer.stdout)
    assert (answer.exit_code, page["valid"], page["decisions"]) == (1, False, 2)
    [told] = page["runs"]
    assert (told["file"], told["head"], told["decisions"], told["ended"]) == (str(log), head, 2, True)
    assert told["roots"]["stated"] == told["roots"]["recomputed"]
    assert told["roots"]["stated"]["decisions"]["size"] == 2
    assert [(each["head"], each["found"]) for each in page["heads"]] == [(head, True), ("0" * 64, False)]
    [finding] = page["findings"]
    assert (finding["path"], finding["line"], finding["severity"]) == (str(log), 0, "error")


@pytest.mark.parametrize("style", [[], ["--json"]])
def test_a_log_of_a_later_version_is_neither_valid_nor_invalid(log: Path, style: list[str]) -> None:
    log.write_bytes(log.read_bytes().replace(b'"v":1', b'"v":2'))
    result = run("verify", str(log), *style)
    assert result.exit_code == 2
    assert "version 2 of a run record: written by a later tdm_guard" in result.stderr


@pytest.mark.parametrize("text", ["# a page\n", '{"url": "x"}\n', '{"type": "x"}\n' * 200, "[]", "\n\nx"])
def test_what_is_no_log_exits_2(log: Path, text: str) -> None:
    Path("page").write_text(text, encoding="utf-8")
    result = run("verify", str(log), "page")
    assert result.exit_code == 2
    assert "'page' is no compliance log" in result.stderr


@pytest.mark.parametrize("name", ["{}", "renamed"])
@pytest.mark.parametrize(
    ("beside", "content", "told"),
    [
        ("tdm.jsonl.seal", b'{"type":"tdm-guard-seal","v":1}\n', "the seal of one, which verify takes with --seal"),
        ("tdm.jsonl.tree", b"tdm-guard tree 1\0\0\n\xff\n", "an index that stands beside one; leave it out"),
        ("tdm.jsonl.personal", b'{"run":"r","seq":1,"salt":"0"}\n', "beside one and is read with it; leave it out"),
    ],
)
@pytest.mark.parametrize("more", [["verify"], ["merge", "-o", "all.jsonl"]], ids=["verify", "merge"])
def test_what_stands_beside_a_log_is_told_by_its_kind(
    log: Path, more: list[str], beside: str, content: bytes, told: str, name: str
) -> None:
    path = Path(name.format(beside))
    path.write_bytes(content)
    result = run(*more, str(log), str(path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"tdm-guard: '{path}' is no compliance log: it ")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["verify", "report"])
def test_a_log_that_cannot_be_read_exits_2(log: Path, command: str) -> None:
    result = run(command, str(log), "none.jsonl")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'none.jsonl'" in result.stderr


def test_report_writes_each_format(log: Path, tmp_path: Path) -> None:
    assert run("report", str(log)).stdout.startswith("# Compliance report")
    assert json.loads(run("report", str(log), "--format", "json").stdout)["total"]["withheld"] == 1
    assert run("report", str(log), "--format", "csv", "-o", "out.csv").stdout == ""
    assert (tmp_path / "out.csv").read_text().startswith("section,name,verdict")
    listed = run("report", str(log), "--withheld").stdout.splitlines()
    assert [line.split()[1] for line in listed] == ["VERDICT", "reserved"]


@pytest.mark.parametrize("style", ["docx", "yaml", "xml"])
def test_a_format_that_there_is_not_is_named(log: Path, style: str) -> None:
    result = run("report", str(log), "--format", style)
    assert result.exit_code == 2
    assert f"'{style}' is not one of markdown, json, csv" in result.stderr


def test_a_report_on_something_else_exits_2(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello\n")
    result = run("report", "notes.txt")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is a record of a compliance log" in result.stderr


def test_an_output_that_cannot_be_written_exits_2(log: Path, tmp_path: Path) -> None:
    result = run("report", str(log), "-o", str(tmp_path))
    assert result.exit_code == 2
    assert "--output" in result.stderr


@pytest.mark.parametrize(("site", "code"), [("free.example", 0), ("reserved.example", 1), (None, 2)])
def test_the_process_has_the_exit_code(web: PretendWeb, site: str | None, code: int) -> None:
    url = web.origin(site) + "/" if site else "ftp://example.org/"
    done = subprocess.run(
        [sys.executable, "-m", "tdm_guard", "check", "--json", url],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == code, done.stderr
    assert len(done.stdout.splitlines()) == (code < 2)


def test_version_and_help() -> None:
    assert run("--version").stdout.startswith("tdm-guard ")
    for command in ("check", "verify", "report", "demo"):
        assert run(command, "--help").exit_code == 0


@pytest.mark.parametrize("command", [["report"], ["report", "--withheld"], ["licences"]])
def test_no_answer_is_written_over_the_log(log: Path, tmp_path: Path, command: list[str]) -> None:
    before = log.read_bytes()
    (tmp_path / "link.jsonl").symlink_to(log)
    for output in (log, tmp_path / "link.jsonl"):
        result = run(*command, str(log), "-o", str(output))
        assert result.exit_code == 2
        assert "is one of the logs" in result.stderr
    assert log.read_bytes() == before


def words_of(log: Path, words: str) -> None:
    """Puts words into the mouth of who reserved."""
    lines = [json.loads(line) for line in log.read_bytes().splitlines()]
    for line in lines:
        for statement in line.get("because", ()):
            statement["excerpt"] = statement["rightsholder"] = words
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize(
    "command", [["report", "--withheld"], ["report", "--withheld", "--format", "json"], ["licences"]]
)
def test_a_terminal_that_lacks_a_character_gets_an_escape(log: Path, command: list[str]) -> None:
    words_of(log, "“é” 😀")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "tdm_guard", *command, str(log)], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0
    # A list in a format for machines has no room for it.
    assert done.stderr.startswith(b"tdm-guard verify refuses these logs: " if "json" in command else b"")
    assert len(done.stderr.splitlines()) == ("json" in command)
    assert rb"\u201c\u00e9\u201d \ud83d\ude00" in done.stdout


def test_the_page_of_a_check_needs_no_unicode() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "tdm_guard", "check", CLOSED], env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, b"")
    assert rb"\u201c" in done.stdout


@pytest.mark.parametrize("command", [["check", "http://127.0.0.1:9/\udcff"], ["verify", "\udcff"]])
def test_words_that_are_no_text_are_a_wrong_call(command: list[str]) -> None:
    result = run(*command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert r"\udcff" in result.stderr


def test_an_address_without_its_scheme_is_told_a_good_one() -> None:
    result = run("check", "example.org")
    assert result.exit_code == 2
    assert "'example.org' has no scheme; for example https://example.org/" in result.stderr


def test_a_record_keeps_its_bytes_but_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    line = '{"words":"\x9b31m é"}\n'
    record(line.encode())
    assert capfdbinary.readouterr().out == line.encode()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    record(line.encode())
    assert capfdbinary.readouterr().out == '{"words":"\\u009b31m é"}\n'.encode()


def test_an_empty_log_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    result = run("verify", "empty.jsonl")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "empty.jsonl: error: holds no run: is this a compliance log?",
        "invalid: 0 decisions in 0 runs, 1 error, 0 remarks",
    ]


def test_help_spells_arguments_as_they_are_given() -> None:
    for command in (["check"], ["report"], ["repertoire", "lint"], ["authorisations", "lint"]):
        text = run(*command, "--help").stdout
        assert "...}" not in text
        assert "Default: text. " not in text
    assert "bundled:" not in run("authorisations", "lint", "--help").stdout


def test_the_list_of_commands_breaks_off_no_sentence() -> None:
    for group in ([], ["repertoire"], ["authorisations"]):
        assert "..." not in run(*group, "--help").stdout.split("Commands:")[1]
