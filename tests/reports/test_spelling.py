"""Words of strangers in answers: they steer no terminal, leave no cell, and stay the words they are."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tdm_guard.reports.spelling import (
    csv_line,
    json_text,
    markdown_cell,
    markdown_quote,
    markdown_row,
    number_of,
    printable,
    unread_lines,
)

HOSTILE = (
    "<script>alert(1)</script>",
    "http://a.example/<img src=x onerror=alert(1)>",
    "http://a.example/[text](http://b.example/)",
    "![x](http://b.example/)",
    "a | b || c \\| d \\\\| e",
    "`c` ``d`` `",
    " `",
    "*a* _b_ ~~c~~ $d$",
    "&lt;b&gt; &amp; &#60;",
    "back\\slash\\",
    "https://a.example/?a=1|2&b=`x`",
)
TABLE = "| words |\n|---|\n"
RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TAGS = re.compile(r"<(?!/?(?:table|thead|tbody|tr|th|td|code|a href=\"https?://[^\"<>]*\"|/a)>)[^>]*>")
strange = st.text(alphabet="<>[]()!`*_~&|$\\ \"'=-;#x/:ab\n\t\x1b\x9b\u202e\u2028\u00e9\U0001f600", max_size=40)


def cells(spelt: str) -> list[str]:
    """What a reader of the rendered table sees."""
    page = RENDERER.render(TABLE + markdown_row(spelt))
    return [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td>(.*?)</td>", page, re.DOTALL)]


def unescaped(text: str) -> str:
    for name, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(name, character)
    return text


@pytest.mark.parametrize("spell", [markdown_cell, markdown_quote])
@pytest.mark.parametrize("words", HOSTILE)
def test_markdown_shows_the_words_and_nothing_else(words: str, spell: Callable[[str], str]) -> None:
    page = RENDERER.render(TABLE + markdown_row(spell(words)))
    assert not TAGS.search(page)
    [shown] = cells(spell(words))
    assert unescaped(shown).replace("%7C", "|").replace("%60", "`").strip() == words.strip()


@settings(max_examples=200)
@given(words=strange)
def test_no_words_leave_their_cell_or_become_markup(words: str) -> None:
    for spell in (markdown_cell, markdown_quote):
        page = RENDERER.render(TABLE + markdown_row(spell(words)))
        assert page.count("<td>") == 1
        assert not TAGS.search(page)


@pytest.mark.parametrize("words", HOSTILE)
def test_a_renderer_that_links_bare_addresses_finds_no_tag_behind_one(words: str) -> None:
    """The backslash of an escape would go into the link, and the tag behind it be one."""
    bare = re.sub(r"<https?://[^<> ]*>", "", markdown_cell(words))
    assert not set(bare) & set("<>[]`|\\")


def test_an_address_is_a_link_to_itself() -> None:
    address = "https://a.example/some_page_.html?a=1&b=~2"
    assert markdown_cell(f"tdmrep {address} line 2") == f"tdmrep <{address}> line 2"


@pytest.mark.parametrize("words", ["\x9b31m", "\u202eabc", "\x1b[2J", "\u2028", "\x7f", "\udcff", "é 😀"])
def test_json_steers_no_terminal_and_reads_as_the_same(words: str) -> None:
    for indent in (None, 2):
        text = json_text({"words": [words, words]}, indent)
        assert all(c.isprintable() or c == "\n" for c in text)
        assert json.loads(text) == {"words": [words, words]}
    assert json_text("é 😀") == '"é 😀"'


@pytest.mark.parametrize("words", ["=1", "+1", "-1", "@x", "＝1", "＋1", "－1", "＠x"])
def test_a_csv_cell_is_no_formula(words: str) -> None:
    [[cell]] = csv.reader(io.StringIO(csv_line([words])))
    assert cell == f"'{words}"


@settings(max_examples=200)
@given(words=st.text(max_size=40))
def test_every_text_is_printable_on_one_line(words: str) -> None:
    assert printable(words).isprintable()
    assert len(list(csv.reader(io.StringIO(csv_line([words, 1]))))) == 1


def test_numbers_have_their_noun() -> None:
    assert [number_of(count, "item") for count in (0, 1, 2)] == ["0 items", "1 item", "2 items"]
    assert [unread_lines(count) for count in (1, 2)] == ["1 line is no record", "2 lines are no records"]
