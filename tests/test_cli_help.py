"""The command line as shells and newcomers meet it: -h everywhere, completion, words that are nearly right."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tdm_guard import evaluate
from tdm_guard.cli import app, narrowed
from tdm_guard.cli.repertoire import ITEM
from tdm_guard.repertoire.callers_item import GOOD
from tests.support.logs import log_of
from tests.support.patience import PATIENCE


def commands(group: typer.Typer = app, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all commands and groups."""
    yield path
    for each in group.registered_commands:
        assert each.callback is not None
        yield (*path, each.name or each.callback.__name__)
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        if isinstance(inner.name, str):
            yield from commands(inner.typer_instance, (*path, inner.name))
        else:  # without a name its commands are the outer one's
            yield from [each for each in commands(inner.typer_instance, path) if each != path]


@pytest.mark.parametrize("path", [*commands()], ids=" ".join)
def test_h_is_help_everywhere(path: tuple[str, ...]) -> None:
    short, long = (CliRunner().invoke(app, [*path, flag]) for flag in ("-h", "--help"))
    assert (short.exit_code, short.stdout, short.stderr) == (0, long.stdout, "")
    assert "Usage: " in short.stdout
    assert "-h, --help" in short.stdout


def test_every_command_is_on_the_page_of_the_command_line() -> None:
    page = (Path(__file__).parents[1] / "docs" / "cli.md").read_text(encoding="utf-8")
    headings = [line for line in page.splitlines() if line.startswith("##")]
    missing = [
        path for path in commands() if path and len(path) < 2 and not any(f" {path[0]}" in it for it in headings)
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("words", "complete"),
    [
        ("tdm-guard exp", {"explain", "export"}),
        ("tdm-guard repertoire li", {"lint", "list"}),
        ("tdm-guard check --usages genai", {"genai-training"}),
        ("tdm-guard check --usages tdm,arch", {"tdm,archive"}),
        ("tdm-guard check --signals tdm", {"tdmrep"}),
        ("tdm-guard check --posture ", {"cautious", "literal"}),
        ("tdm-guard init --for htt", {"httpx", "httpx2"}),
    ],
)
def test_words_are_completed(words: str, complete: set[str]) -> None:
    environment = {"_TDM_GUARD_COMPLETE": "complete_bash", "COMP_WORDS": words}
    environment["COMP_CWORD"] = str(len(words.split(" ")) - 1)
    result = CliRunner().invoke(app, [], prog_name="tdm-guard", env=environment)
    assert (set(result.stdout.split()), result.stderr) == (complete, "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_the_completion_that_is_shown_works_in_a_shell(tmp_path: Path) -> None:
    (tmp_path / "tdm-guard").write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "$CODE" "$@"\n')
    (tmp_path / "tdm-guard").chmod(0o755)
    code = "import sys; sys.argv[0] = 'tdm-guard'; from tdm_guard.__main__ import main; main()"
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "CODE": code}
    script = """
        _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION=1 tdm-guard --show-completion bash > shown || exit 3
        . ./shown
        COMP_WORDS=(tdm-guard licen); COMP_CWORD=1
        "$(complete -p tdm-guard | sed 's/.*-F \\([^ ]*\\).*/\\1/')" tdm-guard
        echo "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
        timeout=PATIENCE,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "licences", "")


@pytest.mark.parametrize("path", [path for path in commands() if path], ids=" ".join)
def test_a_command_alone_is_what_it_is_among_all(path: tuple[str, ...]) -> None:
    alone = narrowed(path)
    assert alone is not app
    one, among = (CliRunner().invoke(of, [*path, "--help"]) for of in (alone, app))
    assert (one.exit_code, one.stdout, one.stderr) == (0, among.stdout, "")


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("--version",), ("verfy",), ("",), ("verify_proof",)])
def test_where_no_command_is_named_all_are_there(words: tuple[str, ...]) -> None:
    assert narrowed(words) is app


def test_a_shell_that_completes_sees_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TDM_GUARD_COMPLETE", "complete_bash")
    assert narrowed(["verify"]) is app


def test_the_example_of_an_item_is_the_one_of_messages() -> None:
    assert ITEM == GOOD


def started(folder: Path, *words: str, before: str = "") -> subprocess.CompletedProcess[str]:
    code = f"""
import sys
{before}
from tdm_guard.__main__ import main
try:
    main()
finally:
    print(*sorted(sys.modules), file=open("loaded", "w"))
"""
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


HEAVY = {
    "httpx", "anyio", "cryptography", "pyarrow", "vl_convert", "fastwarc", "rich", "pikepdf", "asyncio",
    "scrapy", "tdm_guard.signals", "tdm_guard.holdings", "tdm_guard.judge", "tdm_guard.testing",
}  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ("--help",), ("check", "-h"), ("report", "--help"), ("seal", "tdm.jsonl"), ("verify", "tdm.jsonl"),
        ("prove", "tdm.jsonl", "--domain", "site.example"), ("verify-proof", "no.json", "--root", f"0:{64 * '0'}"),
        ("merge", "tdm.jsonl", "-o", "merged.jsonl"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_starts_with_what_it_needs(words: tuple[str, ...], tmp_path: Path) -> None:
    log_of(tmp_path / "tdm.jsonl", [evaluate("https://site.example/", now=datetime(2026, 11, 28, tzinfo=UTC))])
    done = started(tmp_path, *words)
    assert "Traceback" not in done.stderr
    assert HEAVY & set((tmp_path / "loaded").read_text().split()) == set()


@pytest.mark.parametrize("module", ["tdm_guard.cli.verifying", "tdm_guard.log.verify"])
def test_what_cannot_be_loaded_is_said(module: str, tmp_path: Path) -> None:
    done = started(tmp_path, "verify", "tdm.jsonl", before=f"sys.modules[{module!r}] = None")
    assert done.returncode == 1
    assert f"import of {module} halted" in done.stderr
