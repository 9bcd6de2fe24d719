"""
What a type checker says of calls by our users: nothing of what is right, the error it should of what is wrong.

The samples are checked as a user would, with `mypy --strict`, and not run: a comment `error: CODE` names what is
expected of its line.
"""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import httpx2
import pytest

from tdm_guard import GuardOptions, JudgeOptions
from tdm_guard._httpx.keywords import ClientKeywords
from tdm_guard.judge import OFFLINE_OPTIONS
from tdm_guard.options import OPTION_NAMES, Options
from tests.support.patience import PATIENCE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHOWN = (ROOT / "docs" / "own-signals.md",)  # pages whose samples are typed
SAMPLES = sorted(path for path in HERE.glob("*.py") if not path.name.startswith("test_"))
_SAID = re.compile(r"(?m)^(?P<path>[^:\n]+):(?P<line>\d+): error: .*\[(?P<code>[a-z-]+)\]$")
_EXPECTED = re.compile(r"# error: ([a-z-]+)$")
Errors = set[tuple[int, str]]


@pytest.fixture(scope="session")
def errors(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Errors]:
    """By the names of the samples, the lines that mypy refuses and its codes; those of pages by the names of these."""
    shown = tmp_path_factory.mktemp("shown")
    for page in SHOWN:
        (block,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        (shown / f"{page.stem.replace('-', '_')}.py").write_text(block, encoding="utf-8")
    checked = [*SAMPLES, *shown.iterdir()]
    assert pytestconfig.cache
    folder = str(pytestconfig.cache.mkdir("mypy"))
    words = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--follow-imports=silent",
        "--cache-dir",
        folder,
    ]
    done = subprocess.run(
        [*words, "--no-error-summary", "--no-pretty", *map(str, SAMPLES)],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE * 4,
    )
    assert done.stderr == ""
    found: dict[str, Errors] = {path.name: set() for path in checked}
    for said in _SAID.finditer(done.stdout):
        found[Path(said["path"]).name].add((int(said["line"]), said["code"]))
    assert len(_SAID.findall(done.stdout)) == done.stdout.count(": error: "), done.stdout
    return found


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_accepted_and_refused_where_they_should_be(sample: Path, errors: dict[str, Errors]) -> None:
    lines = sample.read_text(encoding="utf-8").splitlines()
    expected = {(number, said[1]) for number, line in enumerate(lines, 1) if (said := _EXPECTED.search(line))}
    assert bool(expected) is sample.stem.endswith("_refused")
    assert errors[sample.name] == expected


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.name)
def test_what_pages_show_is_typed(page: Path, errors: dict[str, Errors]) -> None:
    assert errors[f"{page.stem.replace('-', '_')}.py"] == set()


def test_the_options_that_are_typed_are_those_that_are_accepted() -> None:
    assert set(GuardOptions.__annotations__) == {*OPTION_NAMES, "config"}
    assert set(JudgeOptions.__annotations__) == OFFLINE_OPTIONS
    assert set(GuardOptions.__annotations__) - set(JudgeOptions.__annotations__) == {
        "cache", "config", "durability", "enabled", "evidence", "log", "name_key", "policy_timeout", "records",
        "redact", "retain_until", "rotate", "sinks",
    }  # fmt: skip
    assert GuardOptions.__required_keys__ == frozenset()


@pytest.mark.parametrize("name", OPTION_NAMES)
def test_none_is_not_given(name: str) -> None:
    assert GuardOptions.__annotations__[name].__forward_arg__.endswith("| None")
    assert getattr(Options.read({name: None}), name) == getattr(Options.read({}), name)


@pytest.mark.parametrize("module", [httpx, httpx2], ids=lambda module: module.__name__)
@pytest.mark.parametrize("client", ["Client", "AsyncClient"])
def test_the_keywords_that_are_typed_are_those_of_the_clients(module: object, client: str) -> None:
    own = set(inspect.signature(getattr(module, client).__init__).parameters) - {"self"}
    typed = set(ClientKeywords.__annotations__)
    assert typed - own == set(GuardOptions.__annotations__)
    assert own - typed == set()
    assert own.isdisjoint(GuardOptions.__annotations__)
