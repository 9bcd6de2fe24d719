"""Access that is sold: 402 and its fields, what was paid, what a site's edge refuses, policy documents for money."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import Decision, Fetched, evaluate
from tdm_guard.model import Kind, Result, Source, Stance
from tdm_guard.signals import payment
from tdm_guard.signals.shape import Listener
from tdm_guard.usage import EVERY

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
URL = "https://site.example/a"
NONE = {path: Fetched(status=404) for path in ("/robots.txt", "/.well-known/tdmrep.json")}
HTML = ("content-type", "text/html")
OBJECT = {
    "x402Version": 2,
    "accepts": [{"scheme": "exact", "network": "eip155:8453", "amount": "10000", "asset": "0xA1"}],
}
CODED = base64.b64encode(json.dumps(OBJECT).encode()).decode()
FIRST = {"x402Version": 1, "accepts": [{"scheme": "exact", "network": "base", "maxAmountRequired": "7", "asset": "T"}]}


def judged(status: int, *headers: tuple[str, str], **known: Any) -> Decision:
    policies = NONE | known.pop("policies", {})
    return evaluate(URL, status=status, headers=headers, policies=policies, now=NOW, agent="ExampleBot", **known)


@pytest.mark.parametrize("posture", ["cautious", "literal"])
@pytest.mark.parametrize("body", [None, b"", b"<p>pay</p>"])
@pytest.mark.parametrize("usages", [{"tdm"}, {"search"}, {"archive"}])
def test_a_402_reserves_every_usage_whatever_comes_with_it(posture: str, body: bytes | None, usages: set[str]) -> None:
    decision = judged(402, HTML, body=body, posture=posture, usages=usages)
    [words] = decision.because
    assert (decision.verdict, decision.content) == ("reserved", False)
    assert (words.signal, words.kind, words.stance, words.usages) == ("payment", Kind.ACCESS, Stance.RESERVED, EVERY)
    assert (words.source, words.excerpt, words.terms, words.repair) == (URL, "HTTP 402", None, None)


@pytest.mark.parametrize(
    ("headers", "body", "terms"),
    [
        ([("Crawler-Price", "USD 0.01")], b"", "crawler-price: USD 0.01"),
        ([("crawler-error", "MissingCrawlerPrice")], b"", "crawler-error: MissingCrawlerPrice"),
        ([("PAYMENT-REQUIRED", CODED)], b"{}", "payment-required: x402 version 2; 10000 0xA1 eip155:8453 exact"),
        ([("payment-required", "no base64!")], b"", "payment-required: no base64!"),
        ([("payment-required", "bm8=")], b"", "payment-required: bm8="),
        ([("www-authenticate", 'L402 macaroon="m"')], b"", 'www-authenticate: L402 macaroon="m"'),
        ([], json.dumps(FIRST).encode(), "x402 version 1; 7 T base exact"),
        ([("crawler-price", "1")], json.dumps(FIRST).encode(), "crawler-price: 1; x402 version 1; 7 T base exact"),
        ([], b'{"x402Version": 1, "accepts": 3}', "x402 version 1"),
        ([], b'["x402Version"]', None),
        ([], b'{"x402Version"', None),
    ],
)  # fmt: skip
def test_what_is_asked_stands_in_the_terms(headers: Any, body: bytes, terms: str | None) -> None:
    [words] = judged(402, *headers, body=body).because
    assert words.terms == terms


def test_a_licence_that_is_demanded_speaks_beside_the_price() -> None:
    decision = judged(402, ("www-authenticate", "License"), ("crawler-price", "USD 1"), body=b"")
    assert {words.signal for words in decision.because} == {"payment", "rsl"}


@pytest.mark.parametrize("status", [200, 201, 400, 401, 403, 404, 429, 500, 503])
def test_a_price_beside_another_status_sells_no_access(status: int) -> None:
    decision = judged(status, HTML, ("crawler-price", "USD 0.01"), body=b"<p>words</p>")
    assert (decision.verdict, decision.because) == ("unreserved", ())


def test_what_was_paid_is_recorded_and_permits_nothing() -> None:
    paid = ("crawler-charged", "USD 0.01")
    decision = judged(200, HTML, paid, body=b"<p>words</p>")
    [words] = decision.because
    assert (decision.verdict, set(decision.usages.values())) == ("unreserved", {Stance.UNSTATED})
    assert (words.kind, words.stance, words.usages, words.terms) == (Kind.ACCESS, Stance.PERMITTED, (), "USD 0.01")
    reserved = judged(200, HTML, paid, ("tdm-reservation", "1"), body=b"")
    assert (reserved.verdict, [words.signal for words in reserved.because]) == ("reserved", ["tdmrep", "payment"])
    permitted = judged(200, HTML, paid, ("tdm-reservation", "0"), body=b"<p>words</p>")
    assert (permitted.verdict, [words.signal for words in permitted.because]) == ("permitted", ["tdmrep", "payment"])


@pytest.mark.parametrize("field", [("crawler-error", "CrawlerForbidden"), ("cf-mitigated", "challenge")])
def test_what_the_edge_refuses_is_noted_and_withholds_nothing(field: tuple[str, str]) -> None:
    decision = judged(403, HTML, field, body=b"<p>no</p>")
    [words] = decision.because
    assert (decision.verdict, decision.content, decision.admitted) == ("unreserved", False, True)
    assert (words.kind, words.stance, words.excerpt) == (Kind.ACCESS, Stance.UNSTATED, f"HTTP 403; {': '.join(field)}")


def test_a_plain_403_and_an_edge_that_lets_pass_are_silent() -> None:
    assert judged(403, HTML, body=b"no").because == ()
    assert judged(200, HTML, ("cf-mitigated", "challenge"), body=b"<p>x</p>").because == ()


def test_neither_an_exemption_nor_a_bought_licence_lifts_it_but_granted_access_does(tmp_path: Any) -> None:
    research = {"eligible": True, "lawful_access": True, "attested_by": "d", "at": "2026-01-05", "reference": "r"}
    assert judged(402, operator={"name": "acme-ai", "research": research}).verdict == "reserved"
    for access, verdict in (("false", "reserved"), ("true", "authorised")):
        file = tmp_path / f"{access}.toml"
        file.write_text(
            '[[authorisations]]\nid = "lic-1"\ngrantor = { name = "Site" }\nlicensee = "acme-ai"\n'
            f'scope = {{ origins = ["https://site.example"] }}\naccess = {access}\nusages = ["tdm"]\n'
            'territory = ["WORLD"]\nvalid_from = "2025-01-01"\nvalid_to = "2027-12-31"\nstatus = "active"\n'
            f'evidence = {{ reference = "c", sha256 = "{"ab" * 32}", signed_at = "2024-12-20", holder = "legal" }}\n'
            'recorded_by = "legal@acme.example"\n'
        )
        found = judged(402, authorisations=str(file), operator={"name": "acme-ai", "country": "FR"})
        assert found.verdict == verdict


def test_who_does_not_listen_to_payment_is_not_told() -> None:
    assert judged(402, ("crawler-price", "USD 1"), signals=["robots", "tdmrep"]).verdict == "unreserved"


@pytest.mark.parametrize(
    ("path", "cautious", "literal"),
    [
        ("/robots.txt", "undetermined", "unreserved"),  # RFC 9309 2.3.1.3: to the letter a 4xx like any other
        ("/.well-known/tdmrep.json", "undetermined", "unreserved"),  # repair C8
        ("/ai.txt", "unreserved", "unreserved"),
        ("/trust.txt", "unreserved", "unreserved"),
    ],
)
def test_a_policy_document_for_money_was_not_read(path: str, cautious: str, literal: str) -> None:
    documents = {path: Fetched(status=402, body=b"pay")}
    for posture, verdict in (("cautious", cautious), ("literal", literal)):
        decision = judged(200, HTML, body=b"<p>x</p>", policies=documents, posture=posture)
        [checked] = [item for item in decision.checked if item.document.endswith(path)]
        assert decision.verdict == verdict
        literal_robots = (path, posture) == ("/robots.txt", "literal")
        assert checked.result is (Result.ABSENT if literal_robots else Result.UNREACHABLE)


def test_a_declared_licence_for_money_leaves_all_reserved() -> None:
    link = ("link", '<https://site.example/l.xml>; rel="license"; type="application/rsl+xml"')
    documents = {"https://site.example/l.xml": Fetched(status=402)}
    decision = judged(200, HTML, link, body=b"<p>x</p>", policies=documents)
    assert decision.verdict == "reserved"
    [checked] = [item for item in decision.checked if item.document.endswith("l.xml")]
    assert checked.result is Result.UNREACHABLE


@given(
    st.binary(max_size=300), st.lists(st.tuples(st.sampled_from(sorted(payment.SIGNAL.headers)), st.text()), max_size=4)
)
def test_nothing_raises_and_a_402_always_reserves(body: bytes, fields: list[tuple[str, str]]) -> None:
    source = Source(URL, "header", None, NOW)
    reading = payment.read_status(402, tuple(fields), source, Listener(agent="ExampleBot"))
    assert [words.stance for words in reading.statements] == [Stance.RESERVED]
    payment.read_challenge(b'{"x402Version":' + body, source, Listener(agent="ExampleBot"))
    payment.read_headers(tuple(fields), source, Listener(agent="ExampleBot"))
    payment.read_status(403, tuple(fields), source, Listener(agent="ExampleBot"))
