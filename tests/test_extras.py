"""Integrations whose extra is not installed: importing one says which, importing the package needs none."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tdm_guard import evaluate
from tests.support.logs import NOW, log_of
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[1]

INTEGRATIONS = (
    ("httpx", "httpx", "httpx"),
    ("httpx2", "httpx2", "httpx2"),
    ("scrapy", "scrapy", "scrapy"),
    ("requests", "requests", "requests"),
    ("aiohttp", "aiohttp", "aiohttp"),
    ("datatrove", "datatrove", "datatrove"),
    ("ray", "ray", "ray"),
    ("spark", "pyspark", "spark"),
)
WITHOUT = """
import sys
sys.modules[sys.argv[1]] = None  # to import it fails as it does where it is not installed
{}
"""


def run(code: str, missing: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", WITHOUT.format(code), missing]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("integration", "missing", "extra"), [*INTEGRATIONS, ("httpx", "anyio", "httpx"), ("aiohttp", "anyio", "aiohttp")]
)
def test_an_integration_says_which_extra_it_needs(integration: str, missing: str, extra: str) -> None:
    done = run(f"import tdm_guard.{integration}", missing)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: ")
    assert missing in last
    assert last.endswith(f'pip install "tdm-guard[{extra}]"')


@pytest.mark.parametrize(
    "missing",
    [
        "httpx",
        "httpx2",
        "aiohttp",
        "scrapy",
        "requests",
        "typer",
        "rich",
        "anyio",
        "twisted",
        "pikepdf",
        "c2pa",
        "cryptography",
        "redis",
    ],
)
def test_the_package_itself_needs_none(missing: str) -> None:
    done = run("import tdm_guard; print(sorted(tdm_guard.__all__)[0])", missing)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def command(folder: Path, *words: str, missing: str = "httpx") -> subprocess.CompletedProcess[str]:
    code = WITHOUT.format("from tdm_guard.__main__ import main; del sys.argv[1]; main()")
    words = (sys.executable, "-c", code, missing, *words)
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE, cwd=folder)


@pytest.mark.parametrize("missing", ["httpx", "anyio"])
@pytest.mark.parametrize(
    "words", [("check", "http://127.0.0.1:9/"), ("recheck", "tdm.jsonl"), ("recheck", "--urls", "x")], ids=" ".join
)
def test_what_asks_the_web_names_its_extra_in_one_sentence(
    words: tuple[str, ...], missing: str, tmp_path: Path
) -> None:
    log_of(tmp_path / "tdm.jsonl", [evaluate("https://site.example/", now=NOW)])
    done = command(tmp_path, *words, missing=missing)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f'tdm-guard: {words[0]} needs {missing}: pip install "tdm-guard[cli]"\n'


@pytest.mark.parametrize(
    "words", [("seal", "tdm.jsonl", "--key", "k"), ("verify", "tdm.jsonl", "--key", "k")], ids=lambda it: it[0]
)
def test_what_signs_names_its_extra_in_one_sentence(words: tuple[str, ...], tmp_path: Path) -> None:
    log_of(tmp_path / "tdm.jsonl", [evaluate("https://site.example/", now=NOW)])
    before = sorted(tmp_path.iterdir())
    done = command(tmp_path, *words, missing="cryptography")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f'tdm-guard: {words[0]} --key needs cryptography: pip install "tdm-guard[sign]"\n'
    assert sorted(tmp_path.iterdir()) == before
    without = command(tmp_path, *words[:2], missing="cryptography")
    assert (without.returncode, without.stderr) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "tdm.jsonl"),
        ("report", "tdm.jsonl"),
        ("licences", "tdm.jsonl"),
        ("review", "tdm.jsonl"),
        ("recheck", "tdm.jsonl", "--undetermined"),
        ("explain", "2026", "tdm.jsonl"),
        ("repertoire", "list"),
    ],
    ids=" ".join,
)
def test_what_reads_files_needs_no_client(words: tuple[str, ...], tmp_path: Path) -> None:
    log_of(tmp_path / "tdm.jsonl", [evaluate("https://site.example/", now=NOW)])
    done = command(tmp_path, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_every_extra_but_cli_leaves_the_commands_to_the_core() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {word.partition(">")[0] for word in project["dependencies"]}
    assert {"typer", "rich"} <= names
    assert [word.partition(">")[0] for word in project["optional-dependencies"]["cli"]] == ["httpx"]
