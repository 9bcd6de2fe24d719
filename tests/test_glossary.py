"""The page of words: every private word of the code has its line there, and what a line names is there."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

from tests.support.pages import rows

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = rows(PAGE.partition("## Words of the code")[2])
LINES = {word: row.cells[0].partition(")")[0] for row in ROWS for word in row.head.split(", ")}
WORDS = {word for row in rows(PAGE) for word in row.head.split(", ")}

# What a newcomer meets in the sources and in no dictionary of the field. A new such word comes here, too.
PRIVATE = frozenset(
    re.findall(
        r"\w+",
        """
    announced answer aside asked bench beside book case declared doubt earlier early everywhere exchange firm flaw
    gathering given handed hear heard held hit hold holdings hop journey judge kept learned lent lift lifted listener
    located locator meant occasion outcome peers pending place plain rank reach recall released repair rights room said
    say says seen settle shown shows silence silent site slip stale stray task terms told unasked unheard unread visit
    wanted way weigh
    """,
    )
)


def _named(node: ast.AST) -> str | None:
    """The name that a node defines: of a function, a class, an alias, an argument or an attribute."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.name
        case ast.arg():
            return node.arg
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AnnAssign(target=ast.Attribute(attr=name)):
            return name
        case ast.Name(id=name, ctx=ast.Store()) if name[:1].isupper():
            return name
        case ast.Attribute(attr=name, ctx=ast.Store()):
            return name
    return None


def _identifiers() -> tuple[set[str], dict[str, set[str]]]:
    """All names that the package defines, and those of each class."""
    names: set[str] = set()
    members: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / "tdm_guard").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names.add(path.parent.name if path.stem == "__init__" else path.stem)
        names.update(name for node in ast.walk(tree) if (name := _named(node)))
        for kind in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            members[kind.name].update(name for node in ast.walk(kind) if (name := _named(node)))
    return names, members


NAMES, MEMBERS = _identifiers()


def words_of(name: str) -> set[str]:
    """`hear_body` and `HeardAsset` in their words."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_every_private_word_in_use_has_its_line() -> None:
    used = {word for name in NAMES for word in words_of(name)}
    assert PRIVATE & used - WORDS == set()


def test_every_identifier_that_a_line_names_is_there() -> None:
    named = re.findall(r"`([^`]+)`", " ".join(LINES.values()))
    assert named
    assert [name for name in named if "." not in name and name not in NAMES] == []
    dotted = [name.split(".") for name in named if "." in name]
    assert [f"{kind}.{member}" for kind, member in dotted if member not in MEMBERS[kind]] == []


def test_a_word_has_one_line() -> None:
    found = [word for row in ROWS for word in row.head.split(", ")]
    assert sorted(found) == sorted(set(found))
