"""XHTML under a prefix is rewritten within bounds of room and number; what is left of it is not taken for empty."""

from __future__ import annotations

import pytest

from tdm_guard.formats.page import xhtml
from tdm_guard.formats.page.html import read_page
from tdm_guard.formats.page.xhtml import MAX_PREFIXED, plain
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


@pytest.mark.parametrize("forwards", [True, False])
@pytest.mark.parametrize(("count", "whole"), [(1, True), (7, True), (8, False), (190, False)])
def test_entities_within_entities(count: int, forwards: bool, *, whole: bool) -> None:
    names = [f"e{n}" for n in range(count + 1)]
    links = [f'<!ENTITY {name} "&{inner};&{inner};">' for name, inner in zip(names[1:], names, strict=False)]
    declared = ['<!ENTITY e0 "no">', *links]
    page = plain(f'<!DOCTYPE html [{"".join(declared if forwards else declared[::-1])}]><meta name="&e{count};"/>')
    assert page.whole is whole
    assert (f'name="{"no" * 2 ** min(count, 8)}"' in page.text) is whole


def test_entities_in_a_circle_have_no_end() -> None:
    circle = '<!DOCTYPE html [<!ENTITY a "&b;"><!ENTITY b "&a;"><!ENTITY c "&a;"><!ENTITY d "x">]>'
    assert not plain(f'{circle}<meta name="&c;"/>').whole
    assert plain(f'{circle}<meta name="&d;"/>').whole


@pytest.mark.parametrize("unit", ["&r;", "<p>&r;</p>", "&r; &x; & "])
def test_entities_are_put_in_in_little_room(unit: str) -> None:
    text = '<!DOCTYPE html [<!ENTITY r "1">]>' + unit * (SIZE // len(unit))
    size = len(text)
    found, most = peak(lambda: plain(text))
    assert most < 2 * size + 8 * 2**20 - 2**20, f"{most} bytes beside {size}"
    assert found == (unit.replace("&r;", "1") * (SIZE // len(unit)), True)


@pytest.mark.parametrize("piece", [70, 71, 100, 2**18])
def test_no_reference_is_cut_between_pieces(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xhtml, "_PIECE", piece)
    name = "r" * 60
    body = f"<p>&{name}; & &x;</p>" * 40 + "words" * 50
    assert plain(f'<!DOCTYPE html [<!ENTITY {name} "1">]>{body}') == (body.replace(f"&{name};", "1"), True)
