"""What an XML document may take: attributes of one element, one tag, what is kept of it, and pieces of text."""

from __future__ import annotations

import pytest

from tdm_guard.formats import xml
from tdm_guard.formats.xml import Limits, parse, well_formed
from tests.support.memory import peak

WIDE = Limits(bytes=2**25, elements=200_000, depth=256)
KEPT = b"<b c='d' e='f'/>"


def attributes(count: int, value: bytes = b"1") -> bytes:
    return b"<a " + b" ".join(b"a%d='%b'" % (number, value) for number in range(count)) + b"/>"


@pytest.mark.parametrize("value", [b"1", b">", b'"', b"=="])
def test_an_element_with_too_many_attributes_is_given_up_before_they_are_made(value: bytes) -> None:
    body = b"<x>" + attributes(40_000, value) + b"</x>"
    read, most = peak(lambda: parse(body, limits=WIDE))
    assert read.given_up
    assert "attributes of one element" in (read.problem or "")
    assert well_formed(body) == read.problem
    assert most < 100_000


def test_as_many_attributes_as_may_be_are_read() -> None:
    read = parse(b"<x>" + attributes(xml.MAX_ATTRIBUTES - 1) + b"</x>", limits=WIDE)
    assert read.problem is None
    assert len(read.kept[0].children[0].attributes) == xml.MAX_ATTRIBUTES - 1


@pytest.mark.parametrize(
    "middle",
    [
        b"<b>" + b"a = b\n" * 40_000 + b"</b>",  # text is no tag, whatever stands in it
        b'<!-- <c d="1" -->' * 20_000,
        b"<b><![CDATA[" + b'x="1" ' * 40_000 + b"]]></b>",
        b"<?pi " + b'x="1" ' * 40_000 + b"?>",
        b"<b c='" + b">" * 300_000 + b"'/>",
        b"<b c='data:image/png;base64," + b"abcd" * 200_000 + b"=='/>",
    ],
)
def test_long_text_comments_and_values_are_no_crowds(middle: bytes) -> None:
    assert parse(b"<x>" + middle + b"</x>", limits=WIDE).problem is None


@pytest.mark.parametrize("value", [b"a", b">", b"> "])
def test_a_tag_that_is_too_long_is_given_up(value: bytes) -> None:
    body = b"<x><b c='" + value * (xml.MAX_TAG // len(value) + 100) + b"'/></x>"
    assert "a tag longer than" in (parse(body, limits=WIDE).problem or "")
    assert parse(b"<x><b c='1'/>" + value * (xml.MAX_TAG // len(value) + 100) + b"</x>", limits=WIDE).problem is None


def test_what_is_kept_has_room_for_so_much_only() -> None:
    body = b"<x>" + KEPT * 150_000 + b"</x>"
    read, most = peak(lambda: parse(body, limits=WIDE))
    assert read.given_up
    assert most <= 3 * len(body) + 8 * 2**20
    assert parse(body, limits=WIDE, keep="none").problem is None  # what nobody asked for takes none
    assert parse(b"<x>" + KEPT * 10_000 + b"</x>", limits=WIDE).problem is None


def test_text_between_many_elements_is_joined_once() -> None:
    read = parse(b"<x>one<b/>two<b>three</b>four</x>")
    assert read.kept[0].text == "onetwofour"
    assert [child.text for child in read.kept[0].children] == ["", "three"]
