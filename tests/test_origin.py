from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import UnsupportedURL
from tdm_guard.origin import Origin, is_private_address


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://Example.ORG/a", "http://example.org"),
        ("https://example.org:443/a?b#c", "https://example.org"),
        ("https://example.org:8443", "https://example.org:8443"),
        ("http://user:secret@example.org/", "http://example.org"),
        ("https://bücher.example/", "https://xn--bcher-kva.example"),
        ("https://XN--bcher-KVA.example/", "https://xn--bcher-kva.example"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080"),
        ("http://example.org./", "http://example.org"),
        ("http://[2001:db8:0:0::1]/", "http://[2001:db8::1]"),
        ("https://u@[::FFFF:192.0.2.1]:443/", "https://[::ffff:c000:201]"),
        ("http://[fe80:0::1%25eth0]/", "http://[fe80::1%25eth0]"),  # another host by each interface
        ("http://0x7f.1:8000/", "http://127.0.0.1:8000"),
        ("http://1.2.3/", "http://1.2.0.3"),
        ("http://１.２.３/", "http://1.2.0.3"),
        ("http://010.0.0.5/", "http://010.0.0.5"),  # 8.0.0.5 or 10.0.0.5, by who reads it
        ("http://00.0.0.01/", "http://0.0.0.1"),
        ("http://1.2.3.256/", "http://1.2.3.256"),
        ("HTTP://example.org?x", "http://example.org"),
    ],
)
def test_equal_origins_are_spelt_alike(url: str, origin: str) -> None:
    assert str(Origin.parse(url)) == origin


def test_scheme_host_and_port_separate_origins() -> None:
    urls = ["http://site.example", "https://site.example", "https://site.example:8443", "https://www.site.example"]
    assert len({Origin.parse(url) for url in urls}) == 4  # rob-121


@pytest.mark.parametrize(
    "url",
    ["", "ftp://example.org/", "data:text/html,x", "file:///etc/hosts", "example.org", "http://", "http://:80/",
     "http://exa mple.org/", "http://example.org:99999/", "http://[::1/", "https:///path",
     "http://[v1.abc]/", "http://[::1]a/", "http://a[::1]/", "http://[1.2.3.4]/", "http://[::12345]/", "http://[]/",
     "http://a" + "b" * 70_000],
)  # fmt: skip
def test_other_urls_are_an_error_that_says_so(url: str) -> None:
    with pytest.raises(UnsupportedURL, match=r"URL|host"):
        Origin.parse(url)


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    for url in (text, "http://" + text):
        try:
            origin = Origin.parse(url)
        except UnsupportedURL:
            continue
        assert Origin.parse(str(origin)) == origin


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "::1", "fe80::1%eth0",
     "fc00::1", "::ffff:10.0.0.1", "127.1", "0x7f000001", "2130706433", "017700000001", "100.64.0.1", "2002:7f00:1::"],
)  # fmt: skip
def test_private_addresses_in_every_spelling(address: str) -> None:
    assert is_private_address(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "example.org", "134744072", "", "1.2.3.4.5", "256.1.1.1"]
)
def test_public_addresses_and_names_are_not_private(address: str) -> None:
    assert not is_private_address(address)


def test_localhost_by_name_is_private() -> None:
    assert Origin.parse("http://localhost:8000/").private
    assert Origin.parse("http://web.localhost/").private
    assert not Origin.parse("http://localhost.example/").private
