"""Wide tables become lists, and say the same."""

from __future__ import annotations

from tests.support.pages import rows
from tools.tables import narrowed
from tools.wrapped import wrapped

LONG = "words " * 25
NAMES = f"[a]: https://site.example/{'long' * 30}\n[b]: https://site.example/\n\n"
WIDE = f"""Before.

| option | default | meaning |
|---|---|---|
| `a` | `1` | {LONG}|
| `b`, `c` | none | one \\| two |

Between.

| member | says | decides |
|---|---|---|
| `d` | {LONG}| yes |
| `e` | | |
"""


def test_a_wide_table_becomes_a_list_that_says_the_same() -> None:
    text = narrowed(WIDE)
    assert max(map(len, text.splitlines())) <= 120
    assert [(row.names, row.cells) for row in rows(text)] == [
        (["a"], (f"(`1`): {LONG.strip()}",)),
        (["b", "c"], ("(none): one | two",)),
        (["d"], (LONG.strip(), "yes")),
        (["e"], ()),
    ]
    assert narrowed(text) == text


def test_a_table_that_fits_stays_one() -> None:
    text = "| a | b |\n|---|---|\n| `c` | d |\n"
    assert narrowed(text) == text
    assert [(row.names, row.cells) for row in rows(text)] == [(["c"], ("d",))]


def test_code_and_links_stay_whole_and_no_line_begins_with_markup() -> None:
    text = wrapped("x " * 58 + "`a b c d e` and [a link](page.md) " + "y " * 40 + "# - * 1. | > z", "* ", "  ")
    assert "`a b c d e`" in text
    assert not [line for line in text.splitlines()[1:] if line.lstrip()[0] in "#-*|>1"]


def test_long_lines_of_text_and_of_points_are_broken_and_samples_are_not() -> None:
    sample = f"```\n{LONG}\n```\n"
    points = f"* a point {LONG}\n  more\n    * within {LONG}\n* short\n\n1. {LONG}\n\n"
    text = f"# A title\n\n{LONG}\nmore\n\n{points}{NAMES}{sample}"
    told = narrowed(text)
    assert told.endswith(sample)
    assert NAMES in told
    lines = told.removesuffix(sample).replace(NAMES, "").splitlines()
    assert max(map(len, lines)) <= 120
    assert told.split() == text.split()
    assert [line[:6] for line in lines if line.lstrip()[:1] in ("*", "1")] == ["* a po", "    * ", "* shor", "1. wor"]
    assert narrowed(told) == told
