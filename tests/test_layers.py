"""The house: imports point down only, the pure layers touch nothing outside, the public names are what they say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter

import pytest

import tdm_guard
from tools.layers import PACKAGE, PURE, beyond, layer, modules, packages, reached, source_of, tree_of

DOORS = {"aiohttp", "httpx", "httpx2", "requests"}
MAX_ON_THE_GROUND = 17
MAX_LINES = 400
NETWORK = {"socket", "ssl", "asyncio", "threading", "logging", "time", "subprocess", "urllib.request", "http", "anyio"}
FILES = {"os", "pathlib", "sqlite3", "tempfile", "shutil", "glob", "importlib.resources"}
OPENS = {"open", "io.open", "codecs.open"}
HARMLESS = {
    # a native library's settings and its logger are the process's: one reader at a time, and silent
    "formats.files.pdf_encrypted": {"threading.Lock", "logging.getLogger"},
    # the lists that are part of the package, as its code is: read once, the same for everybody
    "signals.shared.agents": {"importlib.resources"},
    "signals.ai_agents.policy_tokens": {"importlib.resources"},
}


def test_a_module_is_found_by_its_name_and_seen_at_once() -> None:
    """Few on the ground floor beside the doors named after a framework, none too long, no two alike in one layer."""
    assert len([path for path in PACKAGE.glob("*.py") if path.stem not in DOORS]) <= MAX_ON_THE_GROUND
    long = {module for module in modules() if len(source_of(module).splitlines()) > MAX_LINES}
    named = Counter((layer(module), module.rpartition(".")[2]) for module in modules())
    assert (long, {name for name, count in named.items() if count > 1}) == (set(), set())


def imports(module: str) -> set[str]:
    """Absolute names of what a module imports, wherever the statement stands."""
    return imported(tree_of(module), module)


def imported(tree: ast.AST, module: str = "") -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{module}: relative import"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def own(module: str) -> set[str]:
    return {name.removeprefix("tdm_guard.") for name in imports(module) if name.startswith("tdm_guard.")}


@pytest.mark.parametrize("module", modules())
def test_nobody_imports_upwards(module: str) -> None:
    upwards = {used for used in own(module) if layer(used) > layer(module)}
    assert upwards == set()


@pytest.mark.parametrize("module", [module for module in modules() if layer(module) <= PURE])
def test_pure_layers_touch_nothing_outside(module: str) -> None:
    assert outside(tree_of(module)) - HARMLESS.get(module, set()) == set()


@pytest.mark.parametrize(
    "code",
    [
        "import os",
        "from os import path",
        "import os.path as paths",
        "from pathlib import Path",
        "import sqlite3",
        "from importlib import resources",
        "def read(name):\n    return open(name).read()",
        "import io\n\nfile = io.open('name')",
        "def later():\n    import socket",
        "import http.client",
    ],
)
def test_files_and_networks_are_outside(code: str) -> None:
    assert outside(ast.parse(code))


@pytest.mark.parametrize(
    "code",
    ["import operator", "from io import BytesIO", "pdf = pikepdf.open(data)", "from importlib import import_module"],
)
def test_what_is_handed_over_is_not(code: str) -> None:
    assert not outside(ast.parse(code))


def outside(tree: ast.AST) -> set[str]:
    """What `tree` imports or calls that leads out of the process's own values."""
    names = imported(tree)
    found = {name for name in names if name.split(".")[0] in NETWORK | FILES or _within(name, NETWORK | FILES)}
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return found | called & OPENS


def _within(name: str, known: set[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in known)


def test_no_file_leads_back_to_itself() -> None:
    graph = {module: reached(module) for module in (*modules(), *packages())}
    assert circles(graph) == []


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"a"}}, [["a", "b"]]),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}, [["a", "b", "c"]]),
        ({"a": {"b"}, "b": {"a"}, "c": {"d"}, "d": {"c"}}, [["a", "b"], ["c", "d"]]),
    ],
)
def test_circles_are_found(graph: dict[str, set[str]], expected: list[list[str]]) -> None:
    assert circles(graph) == expected


def test_what_is_imported_for_types_counts() -> None:
    assert "judging.response" in reached("judging.asset")  # under TYPE_CHECKING
    assert {"signals.robots", "policies.policy"} <= reached("judging.case")
    assert not {name for name in reached("fetch") if name == "fetch"}


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules of which each leads to each other."""
    far = {module: beyond(graph, module) for module in graph}
    groups = {tuple(sorted(other for other in far[each] if each in far[other])) for each in graph}
    return sorted(list(group) for group in groups if group)


@pytest.mark.parametrize("module", [m for m in modules() if m.startswith("signals.") and m != "signals.checks"])
def test_signals_do_not_import_each_other(module: str) -> None:
    """A standard knows its own folder and what all share."""
    used = {standard_of(each) for each in own(module) if each.startswith("signals")}
    assert used <= {standard_of(module), "shared", "shape"}


def standard_of(module: str) -> str:
    """The folder of a standard, or the module of one that needs no more."""
    return [*module.split("."), ""][1] or "signals"


def test_public_names_are_listed_sorted_and_there() -> None:
    assert tdm_guard.__all__ == sorted(tdm_guard.__all__)
    assert tdm_guard.Judge  # at the first look at one all are there
    public = {name for name in vars(tdm_guard) if not name.startswith("_")}
    here = {name for name in public if getattr(vars(tdm_guard)[name], "__module__", "").startswith("tdm_guard.")}
    assert here == set(tdm_guard.__all__) - {"__version__"}


def test_importing_the_package_loads_no_framework_and_starts_nothing() -> None:
    code = (
        "import sys, threading, tdm_guard;"
        "frameworks = {'scrapy', 'twisted', 'httpx', 'httpx2', 'requests', 'anyio', 'typer', 'rich', 'lxml'};"
        "bad = frameworks & set(sys.modules);"
        "assert not bad, bad; assert threading.active_count() == 1"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_checkers_of_types_see_of_the_package_is_what_it_has() -> None:
    text = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    [choice] = [node for node in ast.parse(text).body if isinstance(node, ast.If)]
    seen = {name for each in choice.body for name in imported(each)}
    homes = next(node.value for node in choice.orelse if isinstance(node, ast.Assign))
    had = {f"tdm_guard.{home}.{name}" for home, names in ast.literal_eval(homes).items() for name in names}
    assert had == seen
    assert {name.rpartition(".")[2] for name in seen} == set(tdm_guard.__all__) - {"__version__"}


def test_a_name_that_is_not_there_is_said_to_be_missing() -> None:
    code = (
        "import tdm_guard\n"
        "assert set(tdm_guard.__all__) <= set(dir(tdm_guard))\n"
        "assert tdm_guard.judge.Judge is tdm_guard.Judge\n"
        "from tdm_guard import Gaurd"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ImportError: cannot import name 'Gaurd' from 'tdm_guard'" in done.stderr
