"""The trees of a run: one spelling of an address, digests in order in bounded memory, what the end record states."""

from __future__ import annotations

import random
from hashlib import sha256
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from tdm_guard.log import sorting
from tdm_guard.log.canonical import canonical, domain_of, host_of, suffixes_digest
from tdm_guard.log.merkle import leaf_hash, root_of
from tdm_guard.log.sorting import Sorted
from tdm_guard.log.trees import Trees, admitted_addresses

SPELLINGS = {
    "https://site.example/a": "https://site.example/a",
    "HTTPS://User:pw@Site.Example:443/a#part": "https://site.example/a",
    "http://site.example:80": "http://site.example/",
    "http://site.example:8080?q=1": "http://site.example:8080/?q=1",
    "http://site.example./": "http://site.example/",
    "https://bücher.example/": "https://xn--bcher-kva.example/",
    "https://site.example/a/./b/../c/..": "https://site.example/a/",
    "https://site.example/%7Eme/%2e%2E/%2fb%c3%a9": "https://site.example/%2Fb%C3%A9",
    "https://site.example/é x|y\\z": "https://site.example/%C3%A9%20x%7Cy%5Cz",
    "https://site.example/100%": "https://site.example/100%25",
    "https://site.example/%%341": "https://site.example/%2541",
    "https://site.example/.well-known/x": "https://site.example/.well-known/x",
    "https://site.example/a?b=%7e%2f&é=../x?y": "https://site.example/a?b=%7e%2f&%C3%A9=../x?y",
    "https://site.example/?": "https://site.example/?",
    "https://[2001:DB8::1]:8443/": "https://[2001:db8::1]:8443/",
    "ftp://user:pw@site.example/a#b": "ftp://site.example/a",
    "https:///nowhere": "https:///nowhere",
}
urls = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["http://", "HTTPS://", "https://u:p@", "ftp://", "//", ""]),
        st.sampled_from(["a.example", "A.Example:443", "bücher.example.", "[::1]:80", "%61.example", "", "127.1"]),
        st.text(st.sampled_from("/.?#%2eE4fFé a~*\\|&=:@\ud800\x00"), max_size=20),
    ),
)


@pytest.mark.parametrize("url", SPELLINGS)
def test_an_address_has_one_spelling(url: str) -> None:
    assert canonical(url) == SPELLINGS[url]


@given(urls)
@settings(max_examples=100)
@example("http://a.example/%%341")
def test_the_one_spelling_of_a_spelling_is_itself(url: str) -> None:
    once = canonical(url)
    assert canonical(once) == once
    if once.startswith(("http://", "https://")) and host_of(once):
        assert once.isascii()
        assert urlsplit(once).path.startswith("/")


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.site.example", "site.example"),
        ("site.example", "site.example"),
        ("a.b.site.co.uk", "site.co.uk"),
        ("me.github.io", "github.io"),  # the private part of the list does not count
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("0x7f.1", "0x7f.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"),
        ("a..b", "a..b"),
    ],
)
def test_a_domain_is_told_by_the_icann_part_of_the_list(host: str, domain: str) -> None:
    assert domain_of(host) == domain
    assert domain_of(domain) == domain


ICANN = PublicSuffixList(only_icann=True)
LABELS = [
    "a",
    "1",
    "www",
    "co",
    "uk",
    "ck",
    "city",
    "kobe",
    "jp",
    "com",
    "example",
    "no",
    "cn",
    "公司",
    "xn--55qx5d",
    "",
]


@given(st.lists(st.sampled_from(LABELS), min_size=1, max_size=5).map(".".join))
def test_a_domain_told_by_its_end_is_the_one_of_the_list(host: str) -> None:
    number = host.rpartition(".")[2] == "1"  # the address of a machine, not a name
    assert domain_of(host) == ((None if number else ICANN.privatesuffix(host)) or host)


@pytest.mark.parametrize("width", [32, 40])
def test_digests_come_in_order_and_once_whatever_the_memory(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "MAX_BUFFER", 40 * 64)
    monkeypatch.setattr(sorting, "MAX_RANGE", 100)
    rng = random.Random(1)
    entries = [sha256(bytes([rng.randrange(250)])).digest() + rng.randbytes(width - 32) for _ in range(2000)]
    kept = Sorted(width)
    for entry in entries:
        kept.add(entry)
    least: dict[bytes, bytes] = {}
    for entry in sorted(entries, reverse=True):
        least[entry[:32]] = entry
    assert list(kept) == [least[digest] for digest in sorted(least)]
    assert list(kept) == [least[digest] for digest in sorted(least)]
    kept.close()


def test_a_run_states_its_three_trees() -> None:
    trees = Trees()
    hashes = [sha256(bytes([number])).hexdigest() for number in range(3)]
    trees.decided(hashes[0], ["https://www.site.example/a", "https://WWW.site.example/a#x", "http://127.0.0.1:8/"])
    trees.decided(hashes[1])
    trees.decided(hashes[2], ["https://b.site.example/", "https://www.site.example/a"])
    addresses = ["https://www.site.example/a", "http://127.0.0.1:8/", "https://b.site.example/"]
    stated = trees.stated()
    assert stated["decisions"] == {"size": 3, "root": expected([bytes.fromhex(text) for text in hashes])}
    assert stated["addresses"] == {"size": 3, "root": expected(sorted(map(digest, addresses)))}
    domains = sorted(map(digest, ["site.example", "127.0.0.1"]))
    assert stated["domains"] == {"size": 2, "root": expected(domains), "suffixes": suffixes_digest()}
    assert trees.stated() == stated
    trees.close()
    trees.close()


@given(st.lists(urls.filter(str.isascii) | st.sampled_from(["http://a.example/", "https://b.example/x?y"]), max_size=8))
@settings(max_examples=100)
@example(["ftp://a.example/", "http://a.example/"])
@example(["http://a.example/", "http://a.example/./b", "http://A.example/", "http://a.example?x"])
def test_decisions_together_make_the_trees_of_one_after_another(addresses: list[str]) -> None:
    hashes = [sha256(number.to_bytes(2, "big")).hexdigest() for number in range(300)]
    one, together, mixed = Trees(), Trees(), Trees()
    for number, text in enumerate(hashes):
        one.decided(text, addresses[number : number + 1])
    together.extend([text.encode() for text in hashes], [address.encode() for address in addresses])
    for begin in range(0, 300, 4):
        mixed.decided(hashes[begin], addresses[begin : begin + 1])
        rest = slice(begin + 1, begin + 4)
        mixed.extend([text.encode() for text in hashes[rest]], [address.encode() for address in addresses[rest]])
    assert one.stated() == together.stated() == mixed.stated()


def test_a_domain_is_told_of_an_address_behind_one_without_a_host() -> None:
    trees = Trees()
    trees.decided("0" * 64, ["ftp://site.example/", "https://site.example/"])
    assert trees.stated()["domains"]["size"] == 1


def test_numbered_trees_take_one_decision_at_a_time() -> None:
    with pytest.raises(ValueError, match="to be kept"):
        Trees(numbered=True).extend([], [])


def test_a_run_without_decisions_states_empty_trees() -> None:
    stated = Trees().stated()
    assert {stated[name]["root"] for name in stated} == {sha256(b"").hexdigest()}
    assert {stated[name]["size"] for name in stated} == {0}


def test_only_admitted_content_has_addresses() -> None:
    record = {"admitted": True, "content": True, "url": "http://a.example/", "final_url": "http://b.example/"}
    record["hops"] = ["http://a.example/", 7]
    assert admitted_addresses(record) == ["http://a.example/", "http://b.example/", "http://a.example/"]
    assert admitted_addresses({**record, "admitted": False}) == []
    assert admitted_addresses({**record, "content": False}) == []
    assert admitted_addresses({**record, "hops": "x", "url": None}) == ["http://b.example/"]


def digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def expected(entries: list[bytes]) -> str:
    return root_of([leaf_hash(entry) for entry in entries]).hex()
