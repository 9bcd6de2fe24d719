"""`init`: what it writes is valid and claims nothing, and what is there is not written over."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tomllib
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tdm_guard import Withheld
from tdm_guard.cli import app
from tdm_guard.cli.held import ADDON
from tdm_guard.cli.starting import python, toml
from tdm_guard.log.reader import read_log
from tdm_guard.options import Options
from tdm_guard.options.config import read_config
from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support.patience import PATIENCE

AGENT = ("--agent", "ExampleBot")
CONTACT = ("--contact", "https://example.org/bot")
SENDS = "ExampleBot/1.0 (+https://example.org/bot)"
SPIDER = """
import scrapy


class Pages(scrapy.Spider):
    name = "pages"
    start_urls = ["http://open.example/", "http://closed.example/"]

    def parse(self, response):
        yield {"url": response.url}
"""
SITES = (
    Site("open.example", {"/": Answer.html("<p>open")}),
    Site(
        "closed.example",
        {"/": Answer.html("<p>x"), "/.well-known/tdmrep.json": Answer.json([{"location": "/", "tdm-reservation": 1}])},
    ),
)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TDM_GUARD_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, ["init", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def project(settings: str, name: str = "shop") -> Path:
    """A Scrapy project here, with these settings."""
    Path("scrapy.cfg").write_text(f"[settings]\ndefault = {name}.settings\n")
    folder = Path(name)
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "settings.py").write_text(settings, encoding="utf-8")
    (folder / "spiders.py").write_text(SPIDER)
    return folder / "settings.py"


def crawled(web: PretendWeb) -> dict[str, str]:
    """The verdicts of a crawl of the project here."""
    words = [sys.executable, "-m", "scrapy", "crawl", "pages", "-s", "LOG_LEVEL=ERROR", "-s", "DOWNLOAD_DELAY=0"]
    environment = {**web.environment(), "SCRAPY_SETTINGS_MODULE": "shop.settings"}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path.cwd()), environment.get("PYTHONPATH", "")])
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, "")
    records = [line.record for line in read_log(["tdm-guard.jsonl"]) if line.type == "decision"]
    return {record["url"]: record["verdict"] for record in records if record}


def test_a_toml_file_is_one_that_the_commands_take() -> None:
    result = run("--for", "toml", *AGENT, *CONTACT, "--usages", "genai-training,search", "--operator", "Société “X”")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("tdm-guard.toml written\nuse it with --config tdm-guard.toml, TDM_GUARD_CONFIG=")
    assert read_config("tdm-guard.toml") == {
        "usages": ["genai-training", "search"],
        "agent": "ExampleBot",
        "log": "tdm-guard.jsonl",
        "operator": {"name": "Société “X”", "contact": "https://example.org/bot"},
    }


def test_every_option_that_it_shows_as_a_comment_can_be_switched_on() -> None:
    run("--for", "toml", *AGENT)
    text = Path("tdm-guard.toml").read_text(encoding="utf-8")
    shown = [line for line in text.splitlines() if line.startswith("# ") and " = " in line]
    assert len(shown) == 2
    Path("licences.toml").write_text("")
    lines = [line.removeprefix("# ").partition("   ")[0] for line in shown]
    Options.read({**tomllib.loads(text), **tomllib.loads("\n".join(lines))})


@pytest.mark.parametrize("kind", ["httpx", "httpx2"])
def test_a_client_is_shown_as_it_is_called(kind: str) -> None:
    result = run("--for", kind, *AGENT, *CONTACT)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"from tdm_guard.{kind} import GuardClient\n")
    with PretendWeb(SITES) as web:
        calls = result.stdout.replace("https://site.example/", web.origin("open.example") + "/")
        values: dict[str, Any] = {}
        exec(compile(calls, "shown", "exec"), values)
        assert values["response"].extensions["tdm_guard"].verdict == "unreserved"
        [request] = [got for got in web.requests if got.path == "/"]
        assert request.header("user-agent") == SENDS


@pytest.mark.parametrize("kind", ["aiohttp", "requests"])
def test_other_clients_are_shown_as_they_are_called(kind: str) -> None:
    result = run("--for", kind, *AGENT, *CONTACT)
    assert result.exit_code == 0
    with PretendWeb(SITES) as web:
        for site in ("open.example", "closed.example"):
            calls = result.stdout.replace("https://site.example/", web.origin(site) + "/")
            with pytest.raises(Withheld) if site == "closed.example" else nullcontext():
                exec(compile(calls, "shown", "exec"), {})
        assert {got.header("user-agent") for got in web.requests if got.path == "/"} == {SENDS}


@pytest.mark.parametrize("kind", ["scrapy", "httpx", "aiohttp", "requests", "toml"])
def test_nothing_claims_to_be_exempt(kind: str) -> None:
    result = run("--for", kind, *AGENT, "--output", "-")
    assert result.exit_code == 0
    assert not {"research", "classes", "eligible"} & set(result.stdout.replace("=", " ").split())


def test_settings_of_a_new_project_guard_its_crawl() -> None:
    result = run("--for", "scrapy", *AGENT, *CONTACT, "--output", "settings.py")
    assert (result.exit_code, result.stderr) == (0, "settings.py written\n")
    project("SPIDER_MODULES = ['shop.spiders']\n" + Path("settings.py").read_text(encoding="utf-8"))
    with PretendWeb(SITES) as web:
        verdicts = crawled(web)
        assert {got.header("user-agent") for got in web.requests} == {SENDS}
        assert web.asked("closed.example", "/") == 0
    assert verdicts == {"http://open.example/": "unreserved", "http://closed.example/": "reserved"}


def test_lines_for_a_project_that_is_there_are_shown_and_appended_if_asked() -> None:
    settings = project("SPIDER_MODULES = ['shop.spiders']\nADDONS = {}\n\nROBOTSTXT_OBEY = True")
    before = settings.read_text(encoding="utf-8")
    shown = run("--for", "scrapy", *AGENT, *CONTACT, "--operator", '{"name": "acme-ai", "country": "FR"}')
    assert shown.exit_code == 0
    assert "put these lines at the end of shop/settings.py" in shown.stderr
    assert "shop/settings.py: ROBOTSTXT_OBEY stands in line 4 already, and stays as it is" in shown.stderr
    assert 'ADDONS = {**ADDONS, "tdm_guard.scrapy.Addon": 500}\n' in shown.stdout
    assert settings.read_text(encoding="utf-8") == before
    added = run("--for", "scrapy", *AGENT, *CONTACT, "--operator", '{"name": "acme-ai", "country": "FR"}', "--append")
    assert (added.exit_code, added.stdout) == (0, "")
    assert settings.read_text(encoding="utf-8") == f"{before}\n\n{shown.stdout}"
    with PretendWeb(SITES) as web:
        assert crawled(web)["http://closed.example/"] == "reserved"
    again = run("--for", "scrapy", *AGENT, *CONTACT, "--append")
    assert "shop/settings.py: the guard stands there already" in again.stderr
    assert again.stderr.endswith("shop/settings.py: nothing to add\n")


def test_a_name_that_sites_would_see_and_the_proof_not_is_told() -> None:
    project('USER_AGENT = "shop (+http://shop.example)"\n')
    result = run("--for", "scrapy", *AGENT)
    assert "USER_AGENT 'shop (+http://shop.example)' names shop, not ExampleBot" in result.stderr
    assert "USER_AGENT" not in result.stdout
    Path("shop/settings.py").write_text('USER_AGENT = "ExampleBot/3"\n')
    assert "names" not in run("--for", "scrapy", *AGENT).stderr


def test_settings_in_a_package_are_found_from_a_folder_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("scrapy.cfg").write_text("[settings]\ndefault = shop.settings\n")
    Path("shop/settings/deep").mkdir(parents=True)
    package = Path("shop/settings/__init__.py").absolute()
    package.write_text("# coding: latin-1\nNAME = 'x'\n")
    monkeypatch.chdir("shop/settings/deep")
    assert f"{package}: " in run("--for", "scrapy", *AGENT, "--append", "--operator", "Société").stderr
    assert "Société" in package.read_text(encoding="latin-1")


@pytest.mark.parametrize("kind", ["toml", "httpx"])
def test_a_file_that_is_there_stays_unless_it_is_forced(kind: str) -> None:
    Path("tdm-guard.toml").write_text("mine = 1\n")
    result = run("--for", kind, *AGENT)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'tdm-guard.toml' is there already; --force writes over it" in result.stderr
    assert Path("tdm-guard.toml").read_text() == "mine = 1\n"
    assert run("--for", kind, *AGENT, "--force").exit_code == 0
    assert read_config("tdm-guard.toml")["agent"] == "ExampleBot"


def test_settings_that_people_wrote_are_not_written_over_at_all() -> None:
    settings = project("NAME = 1\n")
    result = run("--for", "scrapy", *AGENT, "--force")
    assert result.exit_code == 2
    assert "shop/settings.py is your code, which is not written over" in result.stderr
    assert settings.read_text() == "NAME = 1\n"
    assert run("--for", "scrapy", *AGENT, "--output", "own.py").exit_code == 0
    assert run("--for", "scrapy", "--agent", "OtherBot", "--output", "own.py", "--force").exit_code == 0
    assert 'TDM_GUARD_AGENT = "OtherBot"' in Path("own.py").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--for and --agent not given, and nobody to ask; for example tdm-guard init --for scrapy --agent "),
        (("--for", "toml"), "init: --agent not given"),
        (("--for", "scrappy", *AGENT), "--for: 'scrappy' is unknown; did you mean scrapy? (known are scrapy, httpx, "),
        (("--for", "toml", "--agent", "Example Bot"), "agent: 'Example Bot' is no product token"),
        (("--for", "toml", *AGENT, "--usages", "trainning"), "'trainning' is not a usage"),
        (("--for", "toml", *AGENT, "--usages", ""), "--usages: '' names no usage; known are "),
        (("--for", "toml", *AGENT, "--usages", " , "), "--usages: ' , ' names no usage; known are "),
        (("--for", "toml", *AGENT, "--contact", "a) b"), "--contact: 'a) b' is no address"),
        (("--for", "toml", *AGENT, "--contact", "ftp://a.example/"), "--contact: 'ftp://a.example/' is no address"),
        (("--for", "toml", *AGENT, "--operator", "{"), "--operator: '{' is no JSON"),
        (("--for", "toml", *AGENT, "--operator", '{"names": "a"}'), "operator.names: unknown; did you mean name?"),
        (("--for", "toml", *AGENT, "--operator", "a\nb"), "does not stand in one line"),
        (("--for", "toml", *AGENT, "--repertoire", "gone.toml"), "gone.toml"),
        (("--for", "toml", *AGENT, "--append"), "--append: for scrapy only"),
        (("--for", "scrapy", *AGENT, "--append"), "--append: to which file?"),
        (
            ("--for", "toml", *AGENT, "--output", "no/where.toml"),
            "--output: 'no/where.toml' cannot be written: No",
        ),
    ],
    ids=str,
)
def test_a_wrong_call_is_told_and_nothing_is_written(words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize("source", ["NAME = (\n", "NAME = '\x00'\n"])
def test_settings_that_are_no_python_are_left_alone(source: str) -> None:
    settings = project(source)
    result = run("--for", "scrapy", *AGENT, "--append")
    assert result.exit_code == 2
    assert "shop/settings.py cannot be read as Python" in result.stderr
    assert settings.read_text() == source


OFF = '"tdm_guard.scrapy.Addon": None'


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (f"ADDONS = {{{OFF}}}\n", f"line 1 switches the guard off: {OFF}"),
        (f'ADDONS = {{}}\nADDONS["{ADDON}"] = None\n', f"line 2 switches the guard off: {OFF}"),
        (
            f'ADDONS = {{"{ADDON}": 500}}\nTDM_GUARD_ENABLED = False\n',
            "line 2 switches the guard off: TDM_GUARD_ENABLED",
        ),
    ],
)
def test_a_guard_that_is_switched_off_is_told(source: str, said: str) -> None:
    settings = project(source)
    result = run("--for", "scrapy", *AGENT, "--append")
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert settings.read_text() == source


@pytest.mark.parametrize(
    ("source", "said", "addons", "sends"),
    [
        (f'ADDONS = {{"{ADDON}": 1}}\nADDONS = {{}}\n', "line 2 overwrites the guard", {ADDON: 500}, SENDS),
        (f'ADDONS = {{"{ADDON}": 1}}\nADDONS = {{**ADDONS, "a": 2}}\n', "already", {ADDON: 1, "a": 2}, SENDS),
        (f'ADDONS = {{"{ADDON}": 1}}\nif 0:\n    TDM_GUARD_ENABLED = 0\n', "off in a block", {ADDON: 1}, SENDS),
        (f"ADDONS = {{{OFF}}}\nADDONS = {{'{ADDON}': 1}}\nTDM_GUARD_ENABLED = True\n", "already", {ADDON: 1}, SENDS),
        ("if 0:\n    ADDONS = {'a': 1}\n", "appended", {ADDON: 500}, SENDS),
        ("if 1:\n    ADDONS = {'a': 1}\n", "appended", {"a": 1, ADDON: 500}, SENDS),
        ("def f():\n    ADDONS = {'a': 1}\n    USER_AGENT = 'b'\n", "appended", {ADDON: 500}, SENDS),
        ("from collections import abc as ADDONS\nADDONS = {'a': 1}\n", "appended", {"a": 1, ADDON: 500}, SENDS),
    ],
)
def test_what_is_appended_holds_when_it_is_run(source: str, said: str, addons: dict[str, int], sends: str) -> None:
    settings = project(source)
    result = run("--for", "scrapy", *AGENT, *CONTACT, "--append")
    assert result.exit_code == 0
    assert said in result.stderr
    values: dict[str, Any] = {}
    exec(compile(settings.read_text(), "settings", "exec"), values)
    assert (values["ADDONS"], values["USER_AGENT"]) == (addons, sends)


def asked(answers: str, *words: str) -> tuple[int, str]:
    """The exit code and all that stood on the terminal, of a call with somebody at it."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tdm_guard", "init", *words]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True) as process:
        os.close(theirs)
        os.write(ours, answers.encode())
        shown = b""
        with suppress(OSError):  # how a terminal says that nobody writes to it any more
            while piece := os.read(ours, 4096):
                shown += piece
        os.close(ours)
        code = process.wait(PATIENCE)
    return code, shown.decode(errors="replace")


def test_on_a_terminal_it_asks_and_asks_again() -> None:
    code, shown = asked("tomll\ntoml\nExample Bot\nExampleBot\n\nnowhere\nhttps://example.org/bot\nacme-ai\n")
    assert code == 0, shown
    assert "did you mean toml?" in shown
    assert "'Example Bot' is no product token" in shown
    assert "'nowhere' is no address" in shown
    assert read_config("tdm-guard.toml") == {
        "usages": ["tdm"], "agent": "ExampleBot", "log": "tdm-guard.jsonl", "operator": {"name": "acme-ai", "contact": "https://example.org/bot"},
    }  # fmt: skip


def test_on_a_terminal_lines_are_appended_if_that_is_wanted() -> None:
    settings = project("NAME = 1\n")
    code, shown = asked("\nExampleBot\n\n\n\ny\n")
    assert code == 0, shown
    assert "Append 7 lines to shop/settings.py?" in shown
    assert 'ADDONS = {"tdm_guard.scrapy.Addon": 500}' in settings.read_text()


@pytest.mark.parametrize("answers", ["toml\n\x04", "scrapy\nExampleBot\n\n\n\n\x04"])
def test_who_breaks_off_leaves_nothing_behind(answers: str) -> None:
    settings = project("NAME = 1\n")
    code, shown = asked(answers)
    assert code == 2, shown
    assert "init: nothing was written" in shown
    assert settings.read_text() == "NAME = 1\n"
    assert not Path("tdm-guard.toml").exists()


TEXTS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=20).filter(str.isprintable)
VALUES = st.recursive(
    st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_values_are_written_as_both_languages_read_them(value: Any) -> None:
    assert tomllib.loads(f"x = {toml(value)}")["x"] == value
    assert eval(python(value)) == value
    assert json.loads(json.dumps(value)) == value
