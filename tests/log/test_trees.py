"""The trees of a run: one spelling of an address, digests in order in bounded memory, what the end record states."""

from __future__ import annotations

import random
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from tdm_guard.log import sorting
from tdm_guard.log.canonical import canonical, domain_of, host_of, suffixes_digest
from tdm_guard.log.merkle import leaf_hash, root_of
from tdm_guard.log.sorting import KEY, Sorted
from tdm_guard.log.trees import Trees, admitted_addresses
from tdm_guard.origin import Origin

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
    "http://u:p@[2001:db8:0:0:0:0:0:1]:80/": "http://[2001:db8::1]/",
    "http://[2001:db8:0:0::0001]:8443": "http://[2001:db8::1]:8443/",
    "http://[2001:db8:0:0:1:0:0:1]/": "http://[2001:db8::1:0:0:1]/",  # the first of equal runs
    "http://[1:0:0:2::]/": "http://[1:0:0:2::]/",
    "http://[1::2:3:4:5:6:7]/": "http://[1:0:2:3:4:5:6:7]/",  # one piece is no run
    "http://[0:0:0:0:0:0:0:0]/": "http://[::]/",
    "http://[::FFFF:192.0.2.1]/": "http://[::ffff:c000:201]/",
    "http://[fe80::1%25ETH0]/": "http://[fe80::1]/",
    "http://[::1.2.3]/": "http://[::1.2.3]/",  # no address
    "http://[2001:db8::1::]/": "http://[2001:db8::1::]/",
    "http://[v1.abc]/": "http://[v1.abc]/",
    "http://a[::1]/": "http://a[::1]/",
    "http://0x7f.1/": "http://127.0.0.1/",
    "http://0X7F000001/a?b": "http://127.0.0.1/a?b",
    "http://1.2.3/": "http://1.2.0.3/",
    "http://2130706433.:8080/": "http://127.0.0.1:8080/",
    "http://0300.0.2.1/": "http://192.0.2.1/",
    "http://0.0x.0.1/": "http://0.0.0.1/",
    "http://127%2e1/": "http://127.0.0.1/",
    "http://１.２.３/": "http://1.2.0.3/",
    "http://1.2.3.256/": "http://1.2.3.256/",  # no address, nor are these
    "http://4294967296/": "http://4294967296/",
    "http://09.1.1.1/": "http://09.1.1.1/",
    "http://1.2.3.4.5/": "http://1.2.3.4.5/",
    "http://a.0x7f/": "http://a.0x7f/",
    "http://0x-1/": "http://0x-1/",
    "http://1.a/": "http://1.a/",
    "http://1-2.3_4/": "http://1-2.3_4/",
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


@st.composite
def ipv6_spellings(draw: st.DrawFn, value: int) -> str:
    """Any text that is the IPv6 address: case, leading zeros, `::` anywhere zeros are, an IPv4 tail."""
    pieces = [f"{value >> shift & 0xFFFF:x}" for shift in range(112, -1, -16)]
    written = [piece.zfill(draw(st.integers(1, 4))) for piece in pieces]
    if draw(st.booleans()):
        written[6:] = [str(IPv4Address(value & 0xFFFFFFFF))]
    runs = [
        (at, end)
        for at in range(len(written))
        for end in range(at + 1, len(written) + 1)
        if not any(piece.strip("0") for piece in written[at:end])
    ]
    text = ":".join(written)
    if runs and draw(st.booleans()):
        at, end = draw(st.sampled_from(runs))
        text = ":".join(written[:at]) + "::" + ":".join(written[end:])
    return text.upper() if draw(st.booleans()) else text


def ipv4_spelt(value: int, parts: int, bases: list[str]) -> str:
    numbers = [value >> (24 - 8 * at) & 0xFF for at in range(parts - 1)] + [value & 256 ** (5 - parts) - 1]
    return ".".join(
        {"d": f"{number}", "x": f"0x{number:x}", "X": f"0X00{number:X}", "o": f"0{number:o}"}[base]
        for number, base in zip(numbers, bases, strict=False)
    )


few = st.sampled_from([0, 0, 0, 1, 0xDB8, 0xFFFF])
addresses6 = st.lists(few, min_size=8, max_size=8).map(lambda each: int("".join(f"{piece:04x}" for piece in each), 16))


@given(addresses6, st.none() | addresses6, st.data())
@settings(max_examples=100)
def test_two_spellings_come_to_one_form_if_they_are_one_ipv6_address(one: int, two: int | None, data: Any) -> None:
    first, second = (data.draw(ipv6_spellings(value)) for value in (one, one if two is None else two))
    forms = [canonical(f"http://[{text}]/") for text in (first, second)]
    assert (forms[0] == forms[1]) is (two is None or one == two)
    assert IPv6Address(host_of(forms[0])) == IPv6Address(one)
    assert (Origin.parse(f"http://[{first}]/") == Origin.parse(f"http://[{second}]/")) is (forms[0] == forms[1])


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.lists(st.sampled_from("dxXo"), min_size=4, max_size=4))
@settings(max_examples=100)
def test_every_spelling_of_an_ipv4_address_comes_to_its_usual_one(value: int, parts: int, bases: list[str]) -> None:
    usual = f"http://{IPv4Address(value)}/"
    assert canonical(usual) == usual
    assert canonical(f"http://{ipv4_spelt(value, parts, bases)}/") == usual


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
@example(["http://127.0.0.1/", "http://0x7f.1/", "http://127.1/a", "http://[::1]/", "http://[0::1]/", "http://1.a/"])
@example(["http://a.example/", "http://a.example/./b", "http://A.example/", "http://a.example?x"])
def test_decisions_together_make_the_trees_of_one_after_another(addresses: list[str]) -> None:
    hashes = [sha256(number.to_bytes(2, "big")).hexdigest() for number in range(300)]
    one, together, mixed, numbered = Trees(), Trees(), Trees(), Trees(numbered=True)
    for number, text in enumerate(hashes):
        one.decided(text, addresses[number : number + 1])
        numbered.decided(text, addresses[number : number + 1])
    together.extend([text.encode() for text in hashes], [address.encode() for address in addresses])
    for begin in range(0, 300, 4):
        mixed.decided(hashes[begin], addresses[begin : begin + 1])
        rest = slice(begin + 1, begin + 4)
        mixed.extend([text.encode() for text in hashes[rest]], [address.encode() for address in addresses[rest]])
    assert one.stated() == together.stated() == mixed.stated() == numbered.stated()
    assert [list(one.addresses), list(one.domains)] == [
        [entry[:KEY] for entry in entries] for entries in (numbered.addresses, numbered.domains)
    ]


@given(st.lists(st.lists(urls, max_size=3), max_size=6), st.integers(1, 4))
@settings(max_examples=50)
def test_what_waits_is_taken_in_before_anything_is_told(journeys: list[list[str]], block: int) -> None:
    """Addresses of any spelling, in blocks of few: the same as one by one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tdm_guard.log.trees.BLOCK", block)
        patch.setattr("tdm_guard.log.trees.MAX_WAITING", 40)
        waiting, numbered = Trees(), Trees(numbered=True)
        for number, journey in enumerate(journeys):
            for trees in (waiting, numbered):
                trees.decided(f"{number:064x}", journey)
        assert list(waiting.domains) == [entry[:KEY] for entry in numbered.domains]
        assert waiting.stated() == numbered.stated()


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
