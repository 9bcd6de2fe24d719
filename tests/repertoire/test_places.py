"""Places: whole labels, whole segments, one spelling, and no domain under which the public registers names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.repertoire.places import MAX_CUTS, Place, domain, url_prefix


def in_domain(url: str, declared: str) -> bool:
    place = Place.of(url)
    return place is not None and domain(declared) in place.domains()


def under(url: str, declared: str) -> bool:
    place = Place.of(url)
    return place is not None and url_prefix(declared) in place.prefixes()


@pytest.mark.parametrize(
    ("raw", "spelled"),
    [
        ("label.example", "label.example"),
        (" Label.EXAMPLE. ", "label.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("firm.co.uk", "firm.co.uk"),
        ("someone.github.io", "someone.github.io"),
        ("a_b.label.example", "a_b.label.example"),
    ],
)
def test_a_domain(raw: str, spelled: str) -> None:
    assert domain(raw) == spelled


@pytest.mark.parametrize(
    "raw",
    [
        "com", "co.uk", "github.io", "xn--p1ai", "localhost", "example",  # nobody's own
        "192.0.2.1", "2.1", "[2001:db8::1]", "2130706433",  # addresses are no names
        "https://label.example", "label.example/x", "label.example:80", "a@label.example", "*.label.example",
        "label..example", "-label.example", "", " ", "a b.example", "\ud800.example", "x" * 64 + ".example",
        ".".join(["a" * 60] * 5) + ".example",
    ],
)  # fmt: skip
def test_no_domain(raw: str) -> None:
    assert domain(raw) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://label.example/",
        "http://cdn.label.example:8080/a.mp3",
        "https://LABEL.example./x",
        "https://a.b.label.example",
    ],
)
def test_a_domain_holds_what_is_below_it(url: str) -> None:
    assert in_domain(url, "label.example")


@pytest.mark.parametrize(
    "url",
    [
        "https://notlabel.example/", "https://label.example.evil.example/", "https://example/", "ftp://label.example/",
        "https://evil.example/?u=https://label.example/", "https://evil.example/label.example", "nothing",
        "https://label.example@evil.example/",
    ],
)  # fmt: skip
def test_a_domain_holds_nothing_else(url: str) -> None:
    assert not in_domain(url, "label.example")


def test_an_address_is_in_no_domain() -> None:
    for url in ("https://192.0.2.1/", "https://[2001:db8::1]/", "https://localhost/"):
        place = Place.of(url)
        assert place is not None
        assert place.domains() == ()


@pytest.mark.parametrize(
    ("url", "declared"),
    [
        ("https://photos.example/p/1.jpg", "https://photos.example/p/"),
        ("https://photos.example/p/", "https://photos.example/p/"),
        ("https://photos.example/p", "https://photos.example/p"),
        ("https://photos.example/p/1/2", "https://photos.example/p"),
        ("https://photos.example/p?id=1", "https://photos.example/p"),
        ("https://photos.example/p#top", "https://photos.example/p"),
        ("https://photos.example/view?id=12&lang=fr", "https://photos.example/view?id=12"),
        ("https://PHOTOS.example:443/x", "https://photos.example"),
        ("https://photos.example/%7Ejo/a", "https://photos.example/~jo"),
        ("https://photos.example/caf%c3%a9/a", "https://photos.example/café/"),
        ("https://photos.example/x/../p/1", "https://photos.example/p/"),
        ("https://photos.example/x/%2e%2e/p/1", "https://photos.example/p/"),
        ("https://photos.example/p/1", "https://photos.example/x/../p/"),
        ("https://192.0.2.1/p/1", "https://192.0.2.1/p/"),
    ],
)
def test_a_prefix_holds_whole_segments(url: str, declared: str) -> None:
    assert under(url, declared)


@pytest.mark.parametrize(
    ("url", "declared"),
    [
        ("https://photos.example/photo", "https://photos.example/p"),
        ("https://photos.example/p", "https://photos.example/p/"),
        ("https://photos.example/p/../q", "https://photos.example/p/"),
        ("http://photos.example/p/1", "https://photos.example/p/"),
        ("https://photos.example:8443/p/1", "https://photos.example/p/"),
        ("https://www.photos.example/p/1", "https://photos.example/p/"),
        ("https://photos.example/P/1", "https://photos.example/p/"),
        ("https://photos.example/view?id=123", "https://photos.example/view?id=12"),
        ("https://photos.example/x?u=/p/1", "https://photos.example/x?u="),
        ("https://photos.example/p%2F1", "https://photos.example/p/"),
    ],
)
def test_a_prefix_holds_nothing_else(url: str, declared: str) -> None:
    assert url_prefix(declared) is not None
    assert not under(url, declared)


@pytest.mark.parametrize("raw", ["photos.example/p", "/p", "ftp://photos.example/", "https://", "", "https:///p"])
def test_no_prefix(raw: str) -> None:
    assert url_prefix(raw) is None


def test_the_longest_prefix_that_can_be_declared_is_found_and_a_longer_one_refused() -> None:
    longest = "https://photos.example" + "/a" * (MAX_CUTS - 1) + "/"
    assert under(longest + "b" * 10 + "/c" * 1_000, longest)
    assert url_prefix(longest + "a/") is None


def test_a_long_url_takes_little() -> None:
    place = Place.of("https://" + "a." * 120 + "example/" + "b/" * 10_000 + "?" + "c&" * 10_000)
    assert place is not None
    assert len(place.prefixes()) <= 2 * MAX_CUTS + 3


@given(st.text(max_size=40) | st.from_regex(r"https?://[a-z0-9.:\[\]-]{0,20}(/[a-zA-Z.%?&=é]*){0,5}", fullmatch=True))
@settings(max_examples=200)
def test_no_text_makes_it_raise_and_a_spelling_stays(raw: str) -> None:
    for spell in (domain, url_prefix):
        spelled = spell(raw)
        assert spelled is None or spell(spelled) == spelled
    place = Place.of(raw)
    if place is not None:
        assert url_prefix(raw) is None or url_prefix(raw) in place.prefixes()


@given(st.lists(st.sampled_from(["a", "b", "..", ".", "%2e", "c d", ""]), max_size=8), st.integers(0, 8))
@settings(max_examples=100)
def test_a_page_is_under_each_of_its_folders(segments: list[str], depth: int) -> None:
    folder = "https://photos.example/" + "".join(f"{segment}/" for segment in segments[:depth])
    page = folder + "x"
    assert under(page, folder)
    assert under(page, page)
