"""Package documents of EPUB: meta elements of both editions, prefixes, damage."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files.opf import MAX_METAS, Package, read

OPF = 'xmlns="http://www.idpf.org/2007/opf"'


def package(metadata: str, attributes: str = 'version="3.0"') -> str:
    return f"<package {OPF} {attributes}><metadata>{metadata}</metadata></package>"


def metas(result: Package) -> list[tuple[dict[str, str], str]]:
    return [(meta.attributes, meta.text.strip()) for meta in result.metas]


def test_both_editions() -> None:
    result = read(package('<meta property="p:n"> v </meta><meta name="n" content="c"/>').encode())
    assert metas(result) == [({"property": "p:n"}, "v"), ({"name": "n", "content": "c"}, "")]
    assert result.version == "3.0"
    assert [meta.locator for meta in result.metas] == ["meta[1]", "meta[2]"]


@pytest.mark.parametrize("blanks", [" ", "\n   ", "\t"])
def test_prefixes(blanks: str) -> None:
    result = read(package("", f'prefix="a: http://a.example/#{blanks}b:  http://b.example/"').encode())
    assert dict(result.prefixes) == {"a": "http://a.example/#", "b": "http://b.example/"}


def test_the_holder_of_old_editions() -> None:
    body = '<x-metadata><meta name="n" content="c"/></x-metadata>'
    assert metas(read(package(body, 'version="2.0"').encode())) == [({"name": "n", "content": "c"}, "")]


def test_a_document_type_that_is_elsewhere() -> None:
    doctype = '<!DOCTYPE package PUBLIC "+//ISBN 0-9673008-1-9//DTD OEB 1.2 Package//EN" "oebpkg12.dtd">'
    result = read((doctype + package('<meta name="n" content="c"/>')).encode())
    assert result.problem is None
    assert len(result.metas) == 1


def test_what_stands_outside_the_metadata_is_not_read() -> None:
    text = package("").replace("</package>", '<guide><meta name="n" content="c"/></guide></package>')
    assert read(text.encode()).metas == ()


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: text.index("</metadata>")],
        lambda text: text.replace("</metadata>", "&nbsp;"),
        lambda text: '<!DOCTYPE package [<!ENTITY a "b">]>' + text,
        lambda text: text.replace("package", "html"),
    ],
)
def test_what_a_damaged_document_still_shows(damage: object) -> None:
    good = package(
        '<meta name="a" content="1"/><meta property="p:n">2</meta>', 'version="3.0" prefix="p: http://p.example/"'
    )
    result = read(damage(good).encode())  # type: ignore[operator]
    assert result.problem is not None
    assert metas(result) == [({"name": "a", "content": "1"}, ""), ({"property": "p:n"}, "2")]
    assert dict(result.prefixes) == {"p": "http://p.example/"}


def test_too_many() -> None:
    assert read(package('<meta name="n" content="c"/>' * (MAX_METAS + 1)).encode()).problem is not None


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=300), st.text(alphabet="<>/=\"' metapckg:1", max_size=200).map(str.encode)))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    for body in (data, b"<package><metadata>" + data, package("").encode() + data):
        assert len(read(body).metas) <= MAX_METAS
