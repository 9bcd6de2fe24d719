"""The house: imports point down only, the pure layers touch nothing outside, the public names are what they say."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tdm_guard

PACKAGE = Path(tdm_guard.__file__).parent
# Layer of each module or subpackage; the first entry that is a prefix of the module's name counts.
LAYERS = {
    "_version": 0, "errors": 0, "plain": 0, "origin": 0, "usage": 0, "model": 0, "decision": 0, "operator": 0,
    "responses": 0,
    "formats": 1,
    "signals": 2, "repertoire": 2,
    "lift": 3, "holdings": 3, "shown": 3, "silence": 3, "announced": 3,
    "asset": 3, "options": 3, "policy": 3, "gather": 3, "body": 3, "declared": 3, "decide": 3, "case": 3,
    "judge": 3, "keywords": 3, "fetch": 3, "given": 3, "saved_page": 3,
    "cache": 4, "log": 4,
    "guard": 5, "config": 5, "tokens": 4,
    "_httpx": 6, "httpx": 6, "httpx2": 6, "scrapy": 6, "cli": 6, "testing": 6, "demo": 6, "__main__": 6,
}  # fmt: skip
PURE = 3
OUTSIDE = {"socket", "ssl", "asyncio", "threading", "logging", "time", "subprocess", "urllib.request", "http", "anyio"}
HARMLESS = {  # a native library's settings and its logger are the process's: one reader at a time, and silent
    "formats.pdf_encrypted": {"threading.Lock", "logging.getLogger"},
}


def modules() -> list[str]:
    paths = sorted(path for path in PACKAGE.rglob("*.py") if "_example" not in path.parts)
    return [".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in paths if path.name != "__init__.py"]


def layer(module: str) -> int:
    return LAYERS[module.split(".", maxsplit=1)[0]]


def imports(module: str) -> set[str]:
    """Absolute names of what a module imports, wherever the statement stands."""
    tree = ast.parse((PACKAGE / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8"))
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
    suspected = imports(module) - HARMLESS.get(module, set())
    used = {name for name in suspected if name.split(".")[0] in OUTSIDE or name in OUTSIDE}
    assert used == set()


@pytest.mark.parametrize("module", [m for m in modules() if m.startswith("signals.") and not m.startswith("signals._")])
def test_signals_do_not_import_each_other(module: str) -> None:
    signals = {used for used in own(module) if used.startswith("signals.")}
    private = tuple(f"signals._{name}" for name in ("",))
    assert {used for used in signals if not used.startswith(private)} == set()


def test_public_names_are_listed_sorted_and_there() -> None:
    assert tdm_guard.__all__ == sorted(tdm_guard.__all__)
    public = {name for name in vars(tdm_guard) if not name.startswith("_")}
    here = {name for name in public if getattr(vars(tdm_guard)[name], "__module__", "").startswith("tdm_guard.")}
    assert here == set(tdm_guard.__all__) - {"__version__"}


def test_importing_the_package_loads_no_framework_and_starts_nothing() -> None:
    code = (
        "import sys, threading, tdm_guard;"
        "bad = {'scrapy', 'twisted', 'httpx', 'httpx2', 'anyio', 'typer', 'rich', 'lxml'} & set(sys.modules);"
        "assert not bad, bad; assert threading.active_count() == 1"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
