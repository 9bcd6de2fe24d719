"""
Rows of JSON, streamed: the elements of one array in a document, or the lines of JSON Lines.

    path   = array *( "." name / "[]" )     ; where a value stands
    array  = [ name *( "." name ) ] "[]"    ; the rows: `[].iswc`, `works[].iswc`, `data.works[].creators[].ipi`
    name   = 1*( any but "." "[" "]" DQUOTE ) / DQUOTE 1*( any but DQUOTE ) DQUOTE

A path without `[]` begins at the row: `iswc` is `[].iswc`. JSON Lines are the array `[]`. An element that is broken is
told and passed over; its end is found by brackets and quotes, a string ending with its line at the latest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tdm_guard.formats.rows.json_text import JsonText
from tdm_guard.formats.rows.row import MAX_VALUES, Row, RowsError

MAX_NESTING = 32  # of lists and objects on the way to a value
ITEMS = "[]"
_STEP = re.compile(r'"([^"]+)"|([^.\[\]"]+)|(\[\])')
_KINDS = {dict: "an object", bool: "true or false", float: "a number", int: "a number"}


def read_path(path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names down to the array of the rows, and the steps from a row to the value. Raises `ValueError`."""
    if not path:
        raise ValueError("'' is no path")
    steps: list[str] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise ValueError(f"{path!r} is no path at character {at + 1}")
        steps.append(found[1] or found[2] or ITEMS)
        at = found.end()
        if path[at : at + 1] == "." and at + 1 < len(path):
            at += 1
        elif at < len(path) and path[at] != "[":
            raise ValueError(f"{path!r} is no path at character {at + 1}")
    if ITEMS not in steps:
        return (), tuple(steps)
    array = steps.index(ITEMS)
    return tuple(steps[:array]), tuple(steps[array + 1 :])


def read_json(pieces: Iterable[str], array: Sequence[str], paths: Sequence[Sequence[str]]) -> Iterator[Row]:
    """
    A row per element of the array that the names `array` lead to, its texts those at `paths` from there.

    Raises `RowsError` where the document is no JSON, ends too early, or has no such array.
    """
    text = JsonText(pieces)
    if array:
        yield from _walk(text, tuple(array), paths)
        if text.peek():
            raise RowsError(f"line {text.line}: more after the end; the path to a value in JSON Lines begins with []")
    elif text.peek() == "[":
        yield from _elements(text, paths)
        if text.peek():
            raise RowsError(f"line {text.line}: more after the end of the array")
    else:
        while text.peek():
            yield from _lines(text, paths)


def _walk(text: JsonText, array: tuple[str, ...], paths: Sequence[Sequence[str]]) -> Iterator[Row]:
    """The rows in the object that begins here, which is read to its end: a name may stand in it twice."""
    _expect(text, "{", f"no object with {array[0]!r}")
    there = False
    while (following := text.peek()) != "}":
        if following == ",":
            text.advance(1)
            continue
        name, _ = text.value()
        if not isinstance(name, str) or text.peek() != ":":
            raise RowsError(f"line {text.line}: no JSON: a name and a colon are wanted")
        text.advance(1)
        if name != array[0]:
            text.peek()
            text.skip()
        elif len(array) > 1:
            there = True
            yield from _walk(text, array[1:], paths)
        else:
            there = True
            yield from _elements(text, paths)
    text.advance(1)
    if not there:
        raise RowsError(f"no member {array[0]!r} in the object that ends in line {text.line}")


def _elements(text: JsonText, paths: Sequence[Sequence[str]]) -> Iterator[Row]:
    _expect(text, "[", "no array")
    while (following := text.peek()) != "]":
        if following in {"", "}"}:
            raise RowsError(f"line {text.line}: the array does not go on: {following or 'the end of the file'!r}")
        line = text.line
        value, problem = text.value()
        if problem:
            text.skip()
            yield Row(line, [], problem)
        else:
            yield _row(line, value, paths)
        if text.peek() == ",":
            text.advance(1)
        elif text.peek() not in {"]", ""}:
            yield Row(text.line, [], "a comma is missing before it")
    text.advance(1)


def _lines(text: JsonText, paths: Sequence[Sequence[str]]) -> Iterator[Row]:
    """The value that begins here; if it is broken, the rest of its line goes."""
    line = text.line
    value, problem = text.value()
    if problem:
        text.skip_line()
        yield Row(line, [], problem)
    else:
        yield _row(line, value, paths)


def _row(line: int, value: object, paths: Sequence[Sequence[str]]) -> Row:
    texts: list[tuple[int, str]] = []
    problem = None
    for at, path in enumerate(paths):
        problem = _collect(value, path, 0, at, texts, MAX_NESTING) or problem
    return Row(line, texts, problem)


def _collect(
    value: object, path: Sequence[str], step: int, at: int, texts: list[tuple[int, str]], nesting: int
) -> str | None:
    """Adds the texts at `path` below `value`, and says what is wrong; a list stands for each of its items."""
    problem = None
    if isinstance(value, list):
        if nesting == 0:
            return "lists nested too deeply"
        for item in value:
            problem = _collect(item, path, step, at, texts, nesting - 1) or problem
        return problem
    while step < len(path) and path[step] == ITEMS:
        step += 1
    if step < len(path) and isinstance(value, dict):
        return _collect(value.get(path[step]), path, step + 1, at, texts, nesting)
    if value is not None:
        if step < len(path):
            problem = f"{path[step]!r} is wanted of {_kind(value)}"
        elif isinstance(value, bool) or not isinstance(value, (str, int)):
            problem = f"no text but {_kind(value)}"
        elif len(texts) >= MAX_VALUES:
            problem = f"more than {MAX_VALUES} values"
        elif text := str(value).strip():  # identifiers are also written as numbers
            texts.append((at, text))
    return problem


def _kind(value: object) -> str:
    return {dict: "an object", bool: "true or false"}.get(
        type(value), "a number" if isinstance(value, float) else "text"
    )


def _expect(text: JsonText, character: str, what: str) -> None:
    if text.peek() != character:
        raise RowsError(f"line {text.line}: {what}")
    text.advance(1)
