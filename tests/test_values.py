"""Values are built by the names of their members; by position alone only in one place beside the fields."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tdm_guard.archives.framing import Record as WarcRecord
from tdm_guard.archives.inflating import Piece
from tdm_guard.archives.items import Item
from tdm_guard.cache.bundle import KeptAnswer
from tdm_guard.decision import Checked, Decision, Exchange, LogEntry, Seen
from tdm_guard.formats.http.message_body import PlainBody, PlainDocument
from tdm_guard.formats.http.stored_head import StoredHead
from tdm_guard.formats.site.robots_txt import Part, Record
from tdm_guard.judging.body import HeardBody
from tdm_guard.model import NOTHING
from tdm_guard.policies.policy import Kept
from tdm_guard.policies.task import Wanted

ROOT = Path(__file__).parents[1] / "tdm_guard"
MOST = 3  # arguments by position that a reader still tells apart
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(ROOT.rglob("*.py"))}
KEPT: dict[str, object] = {
    "complete": True, "lent": False, "final": None, "redirects": (), "error": None, "part": False,
}  # fmt: skip
PLAIN: dict[str, object] = {
    "authenticated": False, "bytes": None, "content_sha256": None, "cached": False, "hops": (), "repertoire": None,
}  # fmt: skip
MAKERS: list[tuple[Callable[..., Any], dict[str, object]]] = [
    (Decision.of, {"stored": None, "entry": None}),
    (LogEntry.of, {}),
    (PlainBody.usual, {"problem": None, "note": None, "cut": False, "long": False}),
    (PlainDocument.usual, {"problem": None, "note": None, "octets": b""}),
    (Record.usual, {"colon": True}),
    (Checked.of, {"cached": False}),
    (Exchange.plain, PLAIN),
    (Wanted.anew, {"etag": None, "last_modified": None}),
    (KeptAnswer.bare, {"fields": (), "body": b"", **KEPT}),
    (KeptAnswer.usual, KEPT),
    (Item.usual, {"body_complete": True, "hops": (), "notes": (), "item": None, "within": None}),
    (Piece.member, {"problem": None}),
    (StoredHead.usual, {"cut": False, "notes": ()}),
    (WarcRecord.of, {}),
    (HeardBody.silent, {"reading": NOTHING, "problem": None, "feed": (), "items": (), "format": None, "shown": ()}),
]


def _module(path: Path) -> str:
    return ".".join(("tdm_guard", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


def _is_value(node: ast.ClassDef) -> bool:
    marks = (*node.bases, *(d.func if isinstance(d, ast.Call) else d for d in node.decorator_list))
    return any(isinstance(mark, ast.Name) and mark.id in ("NamedTuple", "dataclass") for mark in marks)


VALUES = {
    (_module(path), node.name)
    for path, tree in TREES.items()
    for node in ast.walk(tree)
    if isinstance(node, ast.ClassDef) and _is_value(node)
}


def _imported(tree: ast.Module) -> dict[str, tuple[str, str]]:
    return {
        name.asname or name.name: (node.module, name.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
    }


def _built_elsewhere(tree: ast.Module) -> Iterator[ast.Call]:
    """The calls that make a value of another module."""
    known = _imported(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id=name):
                found = known.get(name)
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                found = (".".join(known.get(module, ("", ""))), name)
            case _:
                found = None
        if found in VALUES:
            yield node


@pytest.mark.parametrize("path", TREES, ids=_module)
def test_no_value_of_another_module_is_built_by_position_alone(path: Path) -> None:
    calls = _built_elsewhere(TREES[path])
    assert [f"line {call.lineno}: {ast.unparse(call)}" for call in calls if len(call.args) > MOST] == []


def _bypasses(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each function that makes a tuple without its class's own check of the number of members, and its class."""
    for kind in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]:
        for made in kind.body:
            if isinstance(made, ast.FunctionDef):
                name = kind.name if isinstance(kind, ast.ClassDef) else ""
                yield from ((name, made.name) for node in ast.walk(made) if _is_bypass(node))


def _is_bypass(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="_new") | ast.Attribute(value=ast.Name(id="tuple"), attr="__new__")):
            return True
    return False


def test_the_quick_way_is_taken_beside_the_fields_only() -> None:
    found = {name for tree in TREES.values() for name in _bypasses(tree)}
    assert found == {
        ("Decision", "logged"),
        ("Exchange", "of"),
        ("Kept", "of"),
        ("Part", "each"),
        *(tuple(maker.__qualname__.split(".")) for maker, _ in MAKERS),
    }


@pytest.mark.parametrize(("maker", "rest"), MAKERS, ids=lambda value: getattr(value, "__qualname__", ""))
def test_each_member_comes_to_its_place(maker: Callable[..., Any], rest: dict[str, object]) -> None:
    given = {name: object() for name in inspect.signature(maker).parameters}
    made = maker(**given)
    assert len(made) == len(made._fields) == len(given) + len(rest)
    assert all(getattr(made, name) is value for name, value in given.items())
    assert {name: getattr(made, name) for name in rest} == rest


def test_a_logged_decision_differs_in_its_entry_only() -> None:
    given: dict[str, Any] = {name: object() for name in inspect.signature(Decision.of).parameters}
    decision = Decision.of(**given)
    entry = LogEntry(run="run", seq=1, id="run-1", prev="0", hash="1")
    assert decision.logged(entry) == decision._replace(entry=entry)


def test_an_exchange_has_each_fact_in_its_place() -> None:
    seen = SimpleNamespace(**{name: object() for name in vars(Seen) if isinstance(vars(Seen)[name], property)})
    origin, received = object(), object()
    made = Exchange.of(seen, origin, received)  # type: ignore[arg-type] # to tell each from each
    renamed = {"content_sha256": seen.sha256, "repertoire": seen.works, "origin": origin, "bytes": received}
    assert made._asdict() == {name: getattr(seen, name, renamed.get(name)) for name in Exchange._fields}
    assert len(set(map(id, made))) == len(Exchange._fields)


def test_what_is_kept_of_a_document_has_each_member_in_its_place() -> None:
    document: Any = SimpleNamespace(path=object(), signal=object())
    checked, expires_at, said = given = [object() for _ in range(3)]
    made = Kept.of(document, checked, expires_at, said)  # type: ignore[arg-type] # to tell each from each
    assert made == Kept(path=document.path, checked=checked, expires_at=expires_at, said=said, signal=document.signal)  # type: ignore[arg-type]
    assert len(set(map(id, made))) == len(Kept._fields) == len(given) + 2


def test_parts_have_their_lines_values_and_texts() -> None:
    pieces = ["\n\n# one", " a ", "\nDisallow: /\n", "b", ""]
    assert Part.each(pieces) == (Part(line=3, value="a", text="\nDisallow: /\n"), Part(line=6, value="b", text=""))
