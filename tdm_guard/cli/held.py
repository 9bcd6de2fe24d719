"""
What a settings file of a Scrapy project says already, as far as that can be seen without running it.

Functions and classes are not looked into: no setting stands there. What stands in a block, such as an `if`, may count.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tdm_guard.errors import ConfigurationError
from tdm_guard.options import agent_of

ADDON = "tdm_guard.scrapy.Addon"
GATE = "tdm_guard.scrapy.RequestGate"
_ENABLED = "TDM_GUARD_ENABLED"
_FALSE = (False, None, "", "0", "False", "false")  # 0 is False
_APART = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Line(NamedTuple):
    """Where something is said, and whether only in a block that may not run."""

    number: int
    perhaps: bool
    words: str = ""

    def __str__(self) -> str:
        return f"line {self.number} switches the guard off{' in a block' * self.perhaps}: {self.words}"


@dataclass(slots=True)
class Held:
    """The names that a file binds, its User-Agent, and whether the guard stands in it, is off or overwritten."""

    bound: dict[str, Line] = field(default_factory=dict)
    user_agent: str | None = None
    guards: dict[str, int] = field(default_factory=dict)
    off: Line | None = None
    overwritten: int | None = None

    @classmethod
    def read(cls, source: str, path: str) -> Held:
        """Of a file's text. Raises `ConfigurationError` if it is no Python."""
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError) as error:
            raise ConfigurationError(f"{path} cannot be read as Python: {error}") from None
        held = cls()
        for statement, perhaps in _statements(tree.body, perhaps=False):
            held._take(statement, perhaps)
        return held

    @property
    def guarded(self) -> bool:
        """True if the guard stands in it already, and nothing overwrites it."""
        return bool(self.guards)

    def remarks(self, wanted: Mapping[str, object], agent: str) -> Iterator[str]:
        """What is there already and stays, and a name that sites would see and the proof would not have."""
        for name in wanted:
            if name in self.bound and name != "ADDONS":
                yield f"{name} stands in line {self.bound[name].number} already, and stays as it is"
        if self.guarded:
            yield "the guard stands there already"
        elif self.overwritten is not None:
            yield f"line {self.overwritten} overwrites the guard that stands above it"
        if self.off is not None:
            yield str(self.off)
        if self.user_agent is not None:
            try:
                seen = agent_of(self.user_agent)
            except ConfigurationError:
                seen = "no crawler at all"
            if seen != agent:
                yield f"its USER_AGENT {self.user_agent[:80]!r} names {seen}, not {agent}: let both say the same name"

    def _take(self, statement: ast.stmt, perhaps: bool) -> None:
        names = tuple(_names(statement))
        for name in names:
            known = self.bound.get(name)
            if known is None or (known.perhaps and not perhaps):
                self.bound[name] = Line(statement.lineno, perhaps)
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Constant):
            if "USER_AGENT" in names:
                self.user_agent = str(value.value)
            if _ENABLED in names:
                off = value.value in _FALSE
                self._switch(Line(statement.lineno, perhaps, f"{_ENABLED} = {value.value!r}") if off else None)
        if not isinstance(statement, _BLOCKS):
            self._take_guard(statement, names, perhaps)

    def _take_guard(self, statement: ast.stmt, names: tuple[str, ...], perhaps: bool) -> None:
        value = getattr(statement, "value", None)
        uses = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)} if value is not None else set()
        for name in names if isinstance(value, ast.Dict) and not perhaps else ():
            if name in self.guards and name not in uses:
                del self.guards[name]
                self.overwritten = statement.lineno
        spoken = next((text for text in (ADDON, GATE) if _says(statement, text)), None)
        if spoken is None:
            return
        if _none(statement, spoken):
            self._switch(Line(statement.lineno, perhaps, f'"{spoken}": None'))
        elif isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)) or isinstance(value, ast.Call):
            self.guards[names[0] if names else ""] = statement.lineno
            if self.off is not None and spoken in self.off.words and not perhaps:
                self.off = None

    def _switch(self, line: Line | None) -> None:
        """What is off for certain stays so, unless it is switched on again."""
        if line is None or self.off is None or self.off.perhaps:
            self.off = line


_BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try)


def _statements(body: list[ast.stmt], *, perhaps: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """The statements of a module in their order, each with whether it stands in a block."""
    for statement in body:
        if isinstance(statement, _APART):
            continue
        yield statement, perhaps
        for part in ("body", "handlers", "orelse", "finalbody"):
            inner = getattr(statement, part, None)
            for each in inner if isinstance(inner, list) else ():
                yield from _statements(each.body if isinstance(each, ast.ExceptHandler) else [each], perhaps=True)


def _names(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds by itself."""
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from (each.asname or each.name for each in statement.names)
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    for target in targets if not isinstance(statement, ast.Delete) else ():
        if target is not None and not (isinstance(statement, ast.AnnAssign) and statement.value is None):
            yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def _says(node: ast.AST, text: str) -> bool:
    return any(isinstance(each, ast.Constant) and each.value == text for each in ast.walk(node))


def _none(statement: ast.stmt, text: str) -> bool:
    """True if a statement gives None for `text`: as the value of a table's entry, or of one set by itself."""
    pairs = [
        pair for d in ast.walk(statement) if isinstance(d, ast.Dict) for pair in zip(d.keys, d.values, strict=True)
    ]
    if isinstance(statement, ast.Assign):
        pairs += [(each.slice, statement.value) for each in statement.targets if isinstance(each, ast.Subscript)]
    given = [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == text]
    return bool(given) and isinstance(given[-1], ast.Constant) and given[-1].value is None
