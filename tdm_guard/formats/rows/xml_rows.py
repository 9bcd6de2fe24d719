"""
Rows of XML, streamed: the elements at one path, and the texts and attributes at paths below it.

    path   = "/" step *( "/" step ) [ "/@" name ]   ; from the root: `/works/work/iswc`, `/works/work/@id`
    step   = name / "{" namespace "}" name          ; a name alone is of any namespace

No document type, no entities, no network. XML that is not well-formed cannot be gone on with (XML 1.0, 1.2: a fatal
error), so that it raises, wherever it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from xml.etree.ElementTree import ParseError  # the exception only; parsing is defusedxml's

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from tdm_guard.formats.rows.row import MAX_ROW, MAX_VALUES, Row, RowsError

MAX_NESTING = 128  # elements; no catalogue has a tenth
_STEP = re.compile(r"(\{[^}]*\})?[^\s/@{}]+")
_ATTRIBUTE = re.compile(r"@((\{[^}]*\})?[^\s/@{}]+)")


def read_path(path: str) -> tuple[str, ...]:
    """The steps of a path; that to an attribute keeps its "@". Raises `ValueError`."""
    steps: list[str] = []
    at = 0
    while at < len(path) and path[at] == "/":
        found = _STEP.match(path, at + 1) or _ATTRIBUTE.match(path, at + 1)
        if found is None:
            break
        steps.append(found[0])
        at = found.end()
        if found[0][0] == "@":
            break
    if at < len(path) or not steps:
        raise ValueError(f"{path!r} is no path at character {at + 1}")
    return tuple(steps)


def read_xml(
    pieces: Iterable[bytes], row: Sequence[str], paths: Sequence[Sequence[str]], *, encoding: str | None = None
) -> Iterator[Row]:
    """
    A row per element at `row`, its texts those at `paths` from there, stripped and not empty; () is the element itself.

    `encoding` overrides what the document declares. Raises `RowsError` where it cannot be read.
    """
    target = _Target(row, paths)
    try:
        parser = DefusedXMLParser(target=target, encoding=encoding, forbid_dtd=True)
        expat = parser.parser
        target.place = lambda: expat.CurrentLineNumber
        fed = 0
        for piece in pieces:
            parser.feed(piece)
            fed += len(piece)
            yield from target.taken()
            if fed - max(expat.CurrentByteIndex, 0) > len(piece) + 2 * MAX_ROW:  # it reads a token from its start again
                raise RowsError(f"line {expat.CurrentLineNumber}: a tag or comment longer than {MAX_ROW} bytes")
        parser.close()
    except DefusedXmlException:
        raise RowsError("a document type or an entity is declared, which is not read") from None
    except ParseError as error:
        raise RowsError(f"not well-formed: {error}") from None
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise error if isinstance(error, RowsError) else RowsError(f"cannot be read: {error}") from None
    yield from target.taken()


class _Node:
    """What is wanted below an element: by name what is wanted of a child, of attributes, and of its own text."""

    __slots__ = ("attributes", "children", "text")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.attributes: list[tuple[str, int]] = []
        self.text: list[int] = []


class _Target:
    """What the parser reports to."""

    def __init__(self, row: Sequence[str], paths: Sequence[Sequence[str]]) -> None:
        self._row = row
        self._wanted = _tree(paths)
        self._rows: list[Row] = []
        self._depth = 0
        self._matched = 0  # steps to the row that the open elements fit
        self._open: list[list[_Node]] = []  # in a row: what is wanted of each open element
        self._reading: list[tuple[int, list[int], list[str]]] = []  # texts under way: depth, for which paths, parts
        self._line = 0
        self._texts: list[tuple[int, str]] = []
        self._size = 0
        self._problem: str | None = None
        self.place: Callable[[], int] = int  # the line, once there is a parser

    def taken(self) -> list[Row]:
        """The rows that are finished."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise RowsError(f"line {self.place()}: nested deeper than {MAX_NESTING} elements")
        if self._open:
            name = tag.rpartition("}")[2]
            nodes = [
                found
                for node in self._open[-1]
                for found in (node.children.get(tag), node.children.get(name) if name != tag else None)
                if found is not None
            ]
        elif self._matched == self._depth - 1 and _fits(self._row[self._matched], tag):
            self._matched += 1
            if self._matched < len(self._row):
                return
            nodes = [self._wanted]
            self._line, self._texts, self._size, self._problem = self.place(), [], 0, None
        else:
            return
        self._open.append(nodes)
        for node in nodes:
            for wanted, at in node.attributes:
                for name, value in attributes.items():
                    if _fits(wanted, name):
                        self._keep(at, value)
            if node.text:
                self._reading.append((self._depth, node.text, []))

    def data(self, data: str) -> None:
        if self._reading:
            self._size += len(data)
            if self._size > MAX_ROW:
                self._problem = f"longer than {MAX_ROW} characters"
                return
            for _, _, parts in self._reading:
                parts.append(data)

    def end(self, tag: str) -> None:
        while self._reading and self._reading[-1][0] == self._depth:
            _, places, parts = self._reading.pop()
            for at in places:
                self._keep(at, "".join(parts))
        self._depth -= 1
        if self._open:
            self._open.pop()
            if not self._open:
                broken = self._size > MAX_ROW
                self._rows.append(Row(self._line, [] if broken else self._texts, self._problem))
        self._matched = min(self._matched, self._depth)

    def close(self) -> None:
        """The parser asks for a result; there is none but the rows."""

    def _keep(self, at: int, value: str) -> None:
        text = value.strip()
        if len(self._texts) >= MAX_VALUES:
            self._problem = f"more than {MAX_VALUES} values"
        elif text:
            self._texts.append((at, text))


def _tree(paths: Sequence[Sequence[str]]) -> _Node:
    root = _Node()
    for at, path in enumerate(paths):
        node = root
        for step in path:
            if step[0] == "@":
                node.attributes.append((step[1:], at))
                break
            node = node.children.setdefault(step, _Node())
        else:
            node.text.append(at)
    return root


def _fits(wanted: str, name: str) -> bool:
    """True if `name`, in Clark's notation, is the one wanted: in that namespace if it names one."""
    return name == wanted or (wanted[0] != "{" and name.rpartition("}")[2] == wanted)
