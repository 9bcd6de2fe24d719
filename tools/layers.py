"""
The plan of the house, as `tests/test_layers.py` holds it and `tools/architecture.py` draws it: the layer of every room,
and what the sources import.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import tdm_guard

PACKAGE = Path(tdm_guard.__file__).parent
# Layer of each module or subpackage, by the first part of its name.
LAYERS = {
    "_version": 0, "secrecy": 0, "errors": 0, "plain": 0, "origin": 0, "usage": 0, "matched": 0, "model": 0,
    "decision": 0, "operator": 0, "responses": 0,
    "formats": 1,
    "signals": 2, "repertoire": 2,
    "policies": 3, "judging": 3, "fetch": 3, "gather": 3, "drive": 3,
    "options": 4, "holdings": 4, "lists": 4, "cache": 4, "log": 4, "archives": 4,
    "judge": 5, "ledger": 5, "guard": 5, "proofs": 5, "reports": 5, "_clients": 5,
    "_httpx": 6, "httpx": 6, "httpx2": 6, "_aiohttp": 6, "aiohttp": 6, "_requests": 6, "requests": 6,
    "scrapy": 6, "datatrove": 6, "ray": 6, "spark": 6, "cli": 6, "testing": 6, "__main__": 6,
}  # fmt: skip
PURE = 3  # up to this layer nothing touches a network, a file, a thread or the clock


def layer(module: str) -> int:
    """The layer of a module, by its name below the package."""
    return LAYERS[module.split(".", maxsplit=1)[0]]


@cache
def modules() -> tuple[str, ...]:
    """All modules but the `__init__` of packages, by their names below the package."""
    paths = sorted(path for path in PACKAGE.rglob("*.py") if "_example" not in path.parts)
    names = [".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in paths if path.name != "__init__.py"]
    return tuple(names)


@cache
def packages() -> tuple[str, ...]:
    """All packages below the package."""
    paths = sorted(path.parent for path in PACKAGE.rglob("__init__.py") if "_example" not in path.parts)
    return tuple([".".join(path.relative_to(PACKAGE).parts) for path in paths if path != PACKAGE])


def source_of(module: str) -> str:
    """The text of a module or of a package's `__init__`."""
    path = PACKAGE / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return path.read_text(encoding="utf-8")


@cache
def tree_of(module: str) -> ast.Module:
    """The parsed text of a module."""
    return ast.parse(source_of(module))


def reached(module: str) -> set[str]:
    """Our own modules that a module imports, for its types too; of `from a.b import c` the most exact one that is."""
    known = {*modules(), *packages()}
    found: set[str] = set()
    for node in ast.walk(tree_of(module)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            used = name.removeprefix("tdm_guard.") if name.startswith("tdm_guard.") else ""
            found.add(used if used in known else used.rpartition(".")[0])
    inside = {package for package in packages() if module.startswith(f"{package}.")}  # its own, which is there before
    return (found & known) - {module} - inside


def beyond(graph: dict[str, set[str]], start: str) -> set[str]:
    """All that `start` leads to; itself only if there is a circle."""
    found: set[str] = set()
    waiting = set(graph[start])
    while waiting:
        each = waiting.pop()
        found.add(each)
        waiting |= graph[each] - found
    return found
