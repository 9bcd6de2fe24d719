"""Where the pages and the sources name a module, or something in one, it is there, after every move of it."""

from __future__ import annotations

import ast
import importlib
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tools.layers import LAYERS

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
SOURCES = sorted([*(ROOT / "tdm_guard").rglob("*.py"), *(ROOT / "tools").rglob("*.py")])
FOLDERS = ("tests", "tools", "docs", "examples")
FRAMEWORKS = {"httpx", "httpx2", "requests"}  # `httpx.AsyncClient` is theirs, not our module's
DOTTED = re.compile(r"\btdm_guard(?:\.[A-Za-z_]\w*)+")
SPAN = re.compile(r"`([^`\n]+)`")
PLACE = re.compile(r"(\w+)(?:/\w+)+(?:\.\w+)*")  # `judging/case.Case.hear_body`, `formats/files`, `tests/test_docs.py`
INNER = re.compile(r"([a-z_]\w*)(?:\.\w+)+")  # `formats.site.path_pattern.target`


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def there(address: str) -> bool:
    """True if a dotted name leads to a module, or to something in one."""
    parts = address.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError as error:
            if "pip install" in str(error):  # an engine's, which is not here: what its sources define is there
                return defined(parts)
            continue
        for part in parts[end:]:
            if part in getattr(found, "__annotations__", {}) or part in getattr(found, "__dataclass_fields__", {}):
                return True
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def defined(parts: list[str]) -> bool:
    """True if the folder of a package has a module of the name that comes next, or one of its modules defines it."""
    folder = ROOT.joinpath(*parts[:2])
    if len(parts) < 3 or (folder / f"{parts[2]}.py").exists():
        return folder.is_dir()
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.glob("*.py")]
    return parts[2] in {getattr(node, "name", "") for tree in trees for node in tree.body}


def leads(span: str, *, inner: bool) -> bool:
    """True if a span of code is no address, or one that leads somewhere; `inner` ones may be dotted throughout."""
    if "NAME" in span:  # of what the reader is to write
        return True
    if place := PLACE.fullmatch(span):
        if place[1] in FOLDERS or span.endswith((".py", ".json")):
            files = (ROOT / span, ROOT / f"{span}.py", ROOT / "tdm_guard" / span)
            return any(file.exists() for file in files) or there(span.replace("/", "."))
        return place[1] not in LAYERS or there("tdm_guard." + span.replace("/", "."))
    if inner and (found := INNER.fullmatch(span)) and found[1] in LAYERS:
        return found[1] in FRAMEWORKS or span.endswith((".log", ".py")) or there(f"tdm_guard.{span}")
    return True


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ("judging/case.Case.hear_body", True), ("judging/case.Case.hear_nothing", False), ("judging/given", False),
        ("formats/files", True), ("formats/files/asset.Format.JPEG", True), ("files/asset", True),
        ("tests/test_docs.py", True), ("tests/test_dogs.py", False), ("cache/store.py", True),
        ("log.speller.Speller", True), ("log.spelling.Speller", False), ("image/jpeg", True),
        ("model.Evidence", True), ("guard.Guard.known", True), ("guard.Guard.unknown", False),
        ("tools/layers.LAYERS", True), ("tools/layers.STOREYS", False), ("signals/NAME.py", True),
        ("signals/shape.Signal.read_hop", True), ("signals/shape.Signal.read_hops", False),
    ],
)  # fmt: skip
def test_addresses_are_told_from_other_words(span: str, expected: bool) -> None:
    assert leads(span, inner=True) is expected


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_pages_name_what_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    inner = page.name == "architecture.md"  # elsewhere `operator.name` is a member of a record
    counters = (ROOT / "tdm_guard" / "log" / "otel.py").read_text(encoding="utf-8")  # their names look like modules
    gone = {address for address in DOTTED.findall(text) if not there(address) and f'"{address}"' not in counters}
    assert gone | {span for span in SPAN.findall(text) if not leads(span, inner=inner)} == set()


@cache
def tokens(source: Path) -> tuple[tokenize.TokenInfo, ...]:
    return tuple(tokenize.generate_tokens(io.StringIO(source.read_text(encoding="utf-8")).readline))


def prose(source: Path) -> Iterator[str]:
    """The docstrings and comments of a module."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield ast.get_docstring(node) or ""
    yield from (token.string for token in tokens(source) if token.type == tokenize.COMMENT)


@cache
def private() -> frozenset[str]:
    """All names of the sources that begin with an underscore."""
    found = {token.string for source in SOURCES for token in tokens(source) if token.type == tokenize.NAME}
    return frozenset(name for name in found if name.startswith("_"))


@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_sources_name_what_is_there(source: Path) -> None:
    text = "\n".join(prose(source))
    gone = {address for address in DOTTED.findall(text) if not there(address)}
    gone |= {span for span in SPAN.findall(text) if not leads(span, inner=True)}
    gone |= {span for span in SPAN.findall(text) if re.fullmatch(r"_[a-z]\w*", span) and span not in private()}
    assert gone == set()
