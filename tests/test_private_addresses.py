"""No document inside is asked for because of a page outside, whatever a resolver says, and when."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import Fetched
from tdm_guard.fetch import Answer, Effect, Get, Peers, Resolve, follow
from tdm_guard.origin import Origin, Reach, is_private_address, reach_of
from tdm_guard.policies.task import Wanted

PUBLIC = "93.184.216.34"
SITE = "http://site.example"


class Net:
    """Names with the addresses of each look-up in turn, hosts with the peer that answers for them."""

    def __init__(
        self, names: dict[str, tuple[str, ...]] | None = None, peers: dict[str, str | None] | None = None
    ) -> None:
        self.names = names or {}
        self.peers = peers or {}
        self.asked: list[str] = []

    def __call__(self, effect: Effect) -> Any:
        if isinstance(effect, Resolve):
            return self.names.get(effect.host, ())
        self.asked.append(effect.url)
        return self.answer(effect)

    def answer(self, get: Get) -> Answer:
        body = Fetched(status=200, body=b"INTERNAL")
        return Answer(fetched=body, peer=self.peers.get(Origin.parse(get.url).host))

    def fetch(self, url: str, origin: str = SITE, peers: Peers | None = None) -> Fetched:
        steps = follow(Wanted(url, 1000), Origin.parse(origin), 5.0, peers)
        answer: Any = None
        try:
            while True:
                answer = self(steps.send(answer))
        except StopIteration as finished:
            fetched: Fetched = finished.value
            return fetched


class Moved(Net):
    """The first document is elsewhere."""

    def __init__(self, location: str, **known: Any) -> None:
        super().__init__(**known)
        self.location = location

    def answer(self, get: Get) -> Answer:
        if len(self.asked) > 1:
            return super().answer(get)
        moved = Fetched(status=302, headers=[("location", self.location)])
        return Answer(fetched=moved, peer=self.peers.get(Origin.parse(get.url).host))


INSIDE = [
    "http://127.0.0.1/l", "http://site.example@127.0.0.1/l", "http://site.example:80@10.0.0.5/l", "http://[::1]/l",
    "http://site.example.localhost/l", "http://localhost./l", "http://localhost:6379/l", "http://0.0.0.0/l", "http://0/l",
    "http://2130706433/l", "http://0x7f.1/l", "http://017700000001/l", "http://127.1/l", "http://127%2e0.0.1/l",
    "http://[::127.0.0.1]/l", "http://[::ffff:10.0.0.5]/l", "http://[64:ff9b::10.0.0.5]/l", "http://[2002:a00:5::1]/l",
    "http://169.254.169.254/latest/", "http://100.64.0.1/l", "http://printer.local/l", "http://vault.internal./l",
    "http://１２７.0.0.1/l", "http://010.0.0.5/l",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
def test_what_a_public_site_cannot_have_asked(url: str) -> None:
    for net, first in ((Net(), url), (Moved(url), f"{SITE}/robots.txt")):
        fetched = net.fetch(first)
        assert "private address" in (fetched.error or ""), url
        assert not [asked for asked in net.asked if not asked.startswith(f"{SITE}/")]


@pytest.mark.parametrize(
    ("names", "peers"),
    [
        ({"other.example": ("10.0.0.5",)}, {}),
        ({"other.example": (PUBLIC, "10.0.0.5")}, {}),
        ({"other.example": (PUBLIC,)}, {"other.example": "10.0.0.5"}),
        ({}, {"other.example": "10.0.0.5"}),
        ({"other.example": (PUBLIC,)}, {"other.example": "::ffff:127.0.0.1"}),
        ({"other.example": ("10.0.0.5",), "site.example": ("10.0.0.5",)}, {"other.example": "10.0.0.5"}),
    ],
)
def test_a_declared_document_whose_name_leads_inside(names: dict[str, Any], peers: dict[str, Any]) -> None:
    fetched = Net(names, peers).fetch("http://other.example/l")
    assert (fetched.body, "private address" in (fetched.error or "")) == (b"", True)


def test_a_longer_host_name_is_another_host() -> None:
    net = Net({"site.example.evil.example": ("10.0.0.5",)})
    assert "private address" in (net.fetch("http://site.example.evil.example/l").error or "")
    assert net.asked == []


def test_what_was_seen_of_a_site_counts_more_than_what_its_resolver_says_now() -> None:
    """Its owner answers the look-ups: public for the page, private ever after."""
    peers = Peers()
    net = Net({"site.example": ("10.0.0.9",), "other.example": ("10.0.0.5",)}, {"site.example": PUBLIC})
    assert net.fetch(f"{SITE}/robots.txt", peers=peers).body == b"INTERNAL"
    assert net.fetch("http://other.example/l", peers=peers).error == "lies at a private address"
    assert Moved("http://other.example/l", names=net.names).fetch(f"{SITE}/x", peers=peers).body == b""
    net.peers = {"site.example": "10.0.0.9"}
    assert net.fetch(f"{SITE}/robots.txt", peers=peers).error == "answered from a private address"


def test_an_intranet_goes_on_as_before() -> None:
    names = {"site.example": ("10.0.0.1",), "other.example": ("10.0.0.7",)}
    known = {"site.example": "10.0.0.1", "other.example": "10.0.0.7"}
    peers = Peers()
    assert Net(names, known).fetch(f"{SITE}/robots.txt", peers=peers).status == 200
    assert Net(names, known).fetch("http://other.example/l", peers=peers).status == 200
    assert Moved("http://other.example/l", names=names).fetch(f"{SITE}/robots.txt").status == 200
    assert Net(peers={"127.0.0.1": "127.0.0.1"}).fetch("http://127.0.0.1:9/l", "http://127.0.0.1:8").status == 200
    assert Net().fetch("http://b.localhost/l", "http://a.localhost").status == 200
    assert Net().fetch("http://10.0.0.7/l", "http://10.0.0.1").status == 200


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1/l", "http://10.0.0.1"),
        ("http://10.0.0.5/l", "http://127.0.0.1"),
        ("http://169.254.169.254/l", "http://127.0.0.1"),
        ("http://169.254.169.254/l", "http://169.254.1.1"),
        ("http://localhost/l", "http://box.internal"),
    ],
)
def test_a_private_site_leads_to_its_own_network_only(url: str, origin: str) -> None:
    net = Net()
    assert (net.fetch(url, origin).error, net.asked) == ("lies at a private address", [])


def test_public_sites_are_led_to_public_ones() -> None:
    net = Net({"other.example": (PUBLIC, "2606:4700::1111")}, {"other.example": "64:ff9b::8.8.8.8"})
    assert net.fetch("http://other.example/l").body == b"INTERNAL"
    assert Net().fetch("http://other.example/l").body == b"INTERNAL"  # behind a proxy nothing is known


def test_what_is_no_address_is_not_asked() -> None:
    net = Net()
    assert net.fetch("http://[::1/l").error
    assert net.asked == []


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("::127.0.0.1", Reach.HOST), ("::ffff:0:127.0.0.1", Reach.HOST), ("::", Reach.HOST), ("0.0.0.0", Reach.HOST),
        ("64:ff9b::10.0.0.1", Reach.NETWORK), ("64:ff9b::8.8.8.8", Reach.PUBLIC), ("64:ff9b::a9fe:a9fe", Reach.LINK),
        ("64:ff9b:1::10.0.0.1", Reach.NETWORK), ("64:ff9b:1::8.8.8.8", Reach.PUBLIC),
        ("64:ff9b:1:a00:0:100::", Reach.NETWORK), ("64:ff9b:1:808:8:800::", Reach.PUBLIC),
        ("2002:808:808::1", Reach.PUBLIC), ("2002:a00:1::1", Reach.NETWORK),
        ("2001:0:808:808:0:0:f5ff:fffe", Reach.NETWORK), ("2001:0:808:808::f7f7:f7f7", Reach.PUBLIC),
        ("2606:4700::5efe:a00:1", Reach.NETWORK), ("2606:4700::200:5efe:10.0.0.1", Reach.NETWORK),
        ("fec0::1", Reach.NETWORK), ("ff02::1", Reach.NETWORK), ("224.0.0.1", Reach.NETWORK),
        ("fe80::1%eth0", Reach.LINK),
        ("192.0.0.192", Reach.LINK), ("168.63.129.16", Reach.LINK), ("192.0.0.170", Reach.NETWORK),
        ("192.0.1.1", Reach.PUBLIC), ("255.255.255.255", Reach.NETWORK),
        ("100.64.0.1", Reach.NETWORK), ("198.18.0.1", Reach.NETWORK),
        ("8.8.8.8", Reach.PUBLIC), ("2606:4700::1111", Reach.PUBLIC), ("example.org", None), ("localhost.", Reach.HOST),
        ("a.b.local", Reach.NETWORK), ("notlocal", None), ("0x", Reach.HOST), ("0x-1", None), ("0x+7f.1", None),
        ("1_0.0.0.1", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_how_far_away_an_address_is(address: str, reach: Reach | None) -> None:
    assert reach_of(address) is reach
    assert is_private_address(address) is (reach not in (None, Reach.PUBLIC) and "local" not in address)


@given(st.ip_addresses(v=4), st.integers(0, 2**32 - 1))
def test_an_embedded_address_is_as_private_as_by_itself(ip: Any, subnet: int) -> None:
    value = int(ip)
    forms = [f"::ffff:{ip}", f"64:ff9b::{ip}", f"2002:{value >> 16:x}:{value & 0xFFFF:x}::1", f"{value}", hex(value)]
    if value > 0xFFFF:
        forms.append(f"::{ip}")
    for form in forms:
        assert is_private_address(form) is is_private_address(str(ip)), form
    if is_private_address(str(ip)):
        assert is_private_address(f"2606:4700:0:{subnet & 0xFFFF:x}:0:5efe:{value >> 16:x}:{value & 0xFFFF:x}")


@given(st.text(max_size=20))
def test_nothing_raises(text: str) -> None:
    reach_of(text)
