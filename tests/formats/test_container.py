"""One row a format: tables are made of the rows, and what is forgotten or contradicts another row is an error."""

from __future__ import annotations

import pickle
from dataclasses import fields
from importlib import import_module
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files import magic
from tdm_guard.formats.files.container import Container, FileFormat, Format
from tdm_guard.formats.files.magic import MAGIC_BYTES, TABLES, Tables, format_of, format_of_type

GOOD: dict[str, Any] = {"module": "text", "types": ("application/x-toy",), "swells": False, "work": None, "c2pa": None}


def row(**members: Any) -> Format:
    """A format of one row, beside those that there are."""

    class Toys(FileFormat):
        TOY = Container("toy", **{**GOOD, **members})

    return cast("Format", Toys.TOY)


@pytest.mark.parametrize("kind", Format)
def test_each_row_is_whole(kind: Format) -> None:
    assert kind.value == str(kind) == kind.row.name == kind.name.lower()
    assert callable(import_module(f"tdm_guard.formats.files.{kind.row.module}").read)
    assert pickle.loads(pickle.dumps(kind)) is kind is Format(kind.value)
    assert all(format_of_type(name) is kind for name in kind.row.types)
    for start in kind.row.starts:
        assert format_of("", start) is kind
    for form in kind.row.riff:
        assert format_of("", b"RIFF\0\0\0\0" + form) is format_of("text/plain", b"RF64\0\0\0\0" + form) is kind
    for form in kind.row.iff:
        assert format_of("", b"FORM\0\0\0\0" + form) is kind
    for box in kind.row.boxes:
        assert format_of("", b"\0\0\0\x20" + box) is kind


def test_the_tables_say_what_the_rows_say() -> None:
    assert len(TABLES.types) == sum(len(kind.row.types) for kind in Format)
    assert sum(map(len, TABLES.starts.values())) == sum(len(kind.row.starts) for kind in Format)
    assert len(TABLES.boxes) == sum(len(kind.row.boxes) for kind in Format)
    assert all(len(start) < MAGIC_BYTES for kind in Format for start in kind.row.starts)


@pytest.mark.parametrize("member", [*GOOD])
def test_a_forgotten_member_is_an_error(member: str) -> None:
    assert member in {each.name for each in fields(Container)}
    with pytest.raises(TypeError, match=member):
        Container("toy", **{name: value for name, value in GOOD.items() if name != member})


@pytest.mark.parametrize(
    "members",
    [
        {"types": ()},
        {"types": ("image/png",)},  # PNG has it
        {"types": ("Application/X-Toy",)},
        {"types": ("application/x-toy; charset=utf-8",)},
        {"types": ("toy",)},
        {"module": ""},
        {"work": "sculpture"},
        {"starts": (b"\x89PNG\r\n",)},
        {"starts": (b"ID3\x04",)},  # MP3 has the shorter one
        {"starts": (b"GIF",)},  # GIF has a longer one
        {"starts": (b"RIFF....TOYS",)},
        {"starts": (b"PK\x03\x04toy",)},
        {"starts": (b"TO",)},
        {"starts": (b"",)},
        {"riff": (b"WAVE",)},
        {"riff": (b"TOY",)},
        {"iff": (b"AIFF",)},
        {"boxes": (b"ftyp",)},
        {"boxes": (b"toy",)},
    ],
)
def test_a_row_that_contradicts_is_an_error(members: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="container: "):
        Tables((*Format, row(**members)))


@pytest.mark.parametrize(
    "members",
    [{}, {"starts": (b"TOYS", b"TOYZ")}, {"riff": (b"TOYS",)}, {"iff": (b"TOYS",)}, {"boxes": (b"toys",)}],
)
def test_a_new_row_is_taken(members: dict[str, Any]) -> None:
    toy = row(**members)
    tables = Tables((*Format, toy))
    assert tables.types["application/x-toy"] is toy
    assert {kind for table in (tables.riff, tables.iff, tables.boxes) for kind in table.values()} <= {*Format, toy}


def test_no_two_rows_have_one_name() -> None:
    values = [kind.value for kind in Format.__members__.values()]
    assert len(set(values)) == len(values)


@given(st.binary(max_size=40))
@settings(max_examples=20)
def test_nothing_that_is_told_as_text_begins_with_a_byte_that_is_not_looked_at(rest: bytes) -> None:
    told = (
        b"<svg/> From: <Saved by \nMIME-Version: 1.0\nContent-Type: multipart/related\nSnapshot-Content-Location: x\n"
    )
    for first in set(range(256)) - magic._BEGINS:
        for head in (bytes([first]) + told, bytes([first]) + rest + told * 10):
            patterns = (magic._SVG_ROOT, magic._SAVED, magic._MESSAGE, magic._LETTER)
            assert not any(pattern.match(head) for pattern in patterns)
            assert not magic._is_message("", head[:MAGIC_BYTES])
