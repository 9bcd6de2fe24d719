"""XHTML under a prefix is rewritten within bounds of room and number; what is left of it is not taken for empty."""

from __future__ import annotations

import pytest

from tdm_guard.formats import xhtml
from tdm_guard.formats.html import read_page
from tdm_guard.formats.xhtml import MAX_PREFIXED, plain
from tests.support.memory import peak

HEAD = '<a:html xmlns:a="http://www.w3.org/1999/xhtml">'
META = '<a:meta name="robots" content="noai"/>'
SIZE = 2 * 2**20


@pytest.mark.parametrize("unit", ["<a:b>", "</a:b>", "<!-- <a:b> -->", "<a:p>words of a page</a:p>"])
def test_names_are_rewritten_in_little_room(unit: str) -> None:
    text = HEAD + unit * (SIZE // len(unit))
    size = len(text)
    _, most = peak(lambda: plain(text))
    assert most < 2 * size + 8 * 2**20 - 2**20, f"{most} bytes beside {size}"


@pytest.mark.parametrize("before", ["<a:b/>", "<!-- <a:b/> -->", "</a:b>"])
def test_what_stands_behind_too_many_names_is_not_taken_for_empty(before: str) -> None:
    body = (HEAD + before * (MAX_PREFIXED + 1) + META).encode()
    page = read_page(body, url="https://site.example/", xml=True)
    assert page.tags or not page.complete
    assert not plain(body.decode()).whole


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 50, 2**18])
def test_no_name_is_cut_between_pieces(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xhtml, "_PIECE", piece)
    text = HEAD + ("<a:p>a &lt; b</a:p>\n<x:p/>" + META) * 30 + "words without a tag" * 10
    expected = text.replace("<a:", "<").replace("</a:", "</")
    assert plain(text) == (expected, True)


def test_as_many_names_as_are_rewritten_leave_the_document_whole() -> None:
    text = HEAD + "<a:b/>" * (MAX_PREFIXED - 1)
    found = plain(text)
    assert found.whole
    assert "<a:" not in found.text
    assert not plain(text + "<a:b/>").whole


@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_a_disguised_page_is_heard_in_its_coding(coding: str) -> None:
    page = read_page((HEAD + META).encode(coding), url="https://site.example/", xml=True, charset=coding)
    assert [tag.attributes["content"] for tag in page.tags] == ["noai"]
    assert page.complete
