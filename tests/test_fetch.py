"""Following redirects by hand: few, within the time, and never from a public address to a private one."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tdm_guard import Fetched
from tdm_guard.fetch import MAX_REDIRECTS, Answer, Effect, Effects, Get, Resolve, decoded, follow, together
from tdm_guard.origin import Origin
from tdm_guard.policies.task import Wanted

START = "https://site.example/robots.txt"
Respond = Callable[[Effect], Any]


def wanted(url: str = START, **members: Any) -> Wanted:
    return Wanted(url=url, max_bytes=1000, **members)


def drive(respond: Respond, want: Wanted | None = None, timeout: float = 5.0) -> tuple[Fetched, list[Effect]]:
    want = want or wanted()
    task = follow(want, Origin.parse(want.url), timeout)
    asked: list[Effect] = []
    answer: Any = None
    while True:
        try:
            effect = task.send(answer)
        except StopIteration as finished:
            return finished.value, asked
        asked.append(effect)
        answer = respond(effect)


def page(body: bytes = b"ok", **members: Any) -> Answer:
    return Answer(fetched=Fetched(status=200, body=body, **members))


def redirect(location: str, status: int = 302, elapsed: float = 0.0, peer: str | None = None) -> Answer:
    return Answer(fetched=Fetched(status=status, headers=[("Location", location)]), elapsed=elapsed, peer=peer)


def redirects(chain: dict[str, str], addresses: dict[str, tuple[str, ...]] | None = None) -> Respond:
    def respond(effect: Effect) -> Any:
        if isinstance(effect, Resolve):
            return (addresses or {}).get(effect.host, ("93.184.215.14",))
        return redirect(chain[effect.url]) if effect.url in chain else page()

    return respond


@pytest.mark.parametrize("chain", [{}, {START: "/elsewhere"}])
def test_a_proxy_that_turns_us_away_says_nothing_of_the_document(chain: dict[str, str]) -> None:
    denied = Answer(fetched=Fetched(status=407, body=b"who are you?"))

    def respond(effect: Effect) -> Any:
        assert isinstance(effect, Get)
        return redirect(chain[effect.url]) if effect.url in chain else denied

    fetched, _ = drive(respond)
    assert (fetched.error, fetched.status, fetched.body) == ("proxy", None, b"")


def test_a_plain_answer_is_taken_as_it_is() -> None:
    fetched, asked = drive(lambda effect: page(b"User-agent: *"))
    assert (fetched.status, fetched.body, fetched.url, fetched.redirects) == (200, b"User-agent: *", START, ())
    assert [type(effect) for effect in asked] == [Get]


def test_a_request_carries_validators_and_nothing_of_the_caller() -> None:
    _, asked = drive(lambda effect: page(), wanted(etag='"a"', last_modified="Sat, 21 Nov 2026 13:00:00 GMT"))
    assert isinstance(asked[0], Get)
    assert {name for name, _ in asked[0].headers} == {"accept", "if-none-match", "if-modified-since"}


def test_five_hops_are_followed_across_hosts() -> None:
    chain = {START: "https://h1.example/r"} | {
        f"https://h{n}.example/r": f"https://h{n + 1}.example/r" for n in range(1, 5)
    }
    fetched, asked = drive(redirects(chain))
    assert fetched.url == "https://h5.example/r"
    assert fetched.redirects == (START, *(f"https://h{n}.example/r" for n in range(1, 5)))
    assert sum(isinstance(effect, Get) for effect in asked) == MAX_REDIRECTS + 1


def test_the_sixth_is_not() -> None:
    chain = {START: "/1"} | {f"https://site.example/{n}": f"/{n + 1}" for n in range(1, 7)}
    fetched, asked = drive(redirects(chain))
    assert fetched.error == "too many redirects"
    assert len(asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("/robots.txt", "redirect loop"),
        ("ftp://site.example/robots.txt", "no http(s) URL"),
        ("javascript:alert(1)", "no http(s) URL"),
        ("http://[::1", "no http(s) URL"),
        ("http://127.0.0.1/", "private address"),
        ("http://localhost:6379/", "private address"),
        ("http://[::ffff:10.0.0.1]/", "private address"),
        ("http://0x7f.1/", "private address"),
        ("http://169.254.169.254/latest/meta-data/", "private address"),
        ("https://inside.example/", "private address"),
    ],
)
def test_where_a_redirect_may_not_lead(location: str, error: str) -> None:
    fetched, asked = drive(redirects({START: location}, {"inside.example": ("10.0.0.7",)}))
    assert fetched.status == 302
    assert error in (fetched.error or "")
    assert sum(isinstance(effect, Get) for effect in asked) == 1


def test_a_private_origin_may_redirect_inside() -> None:
    chain = {"http://127.0.0.1:8000/robots.txt": "http://127.0.0.1:9000/r", START: "http://10.0.0.8/r"}
    fetched, _ = drive(redirects(chain), wanted("http://127.0.0.1:8000/robots.txt"))
    assert fetched.status == 200


def test_an_intranet_name_may_redirect_to_another() -> None:
    addresses = {"site.example": ("10.0.0.1",), "inside.example": ("10.0.0.7",)}
    assert drive(redirects({START: "https://inside.example/"}, addresses))[0].status == 200


def test_where_addresses_cannot_be_known_names_are_followed() -> None:
    fetched, _ = drive(redirects({START: "https://inside.example/"}, {"inside.example": ()}))
    assert fetched.status == 200


def test_a_name_that_leads_inside_after_all_is_not_heard() -> None:
    answers = {START: redirect("https://site.example/b", peer="93.184.215.14")}
    inside = Answer(fetched=Fetched(status=200, body=b"secret"), peer="10.0.0.7")
    fetched, _ = drive(lambda effect: answers.get(getattr(effect, "url", ""), inside))
    assert fetched.error == "redirect to a private address"
    assert fetched.body == b""


def test_time_is_counted_over_all_hops() -> None:
    def respond(effect: Effect) -> Any:
        assert isinstance(effect, Get)
        assert effect.timeout > 0
        return redirect(effect.url + "x", elapsed=2.0)

    fetched, asked = drive(respond)
    assert fetched.error == "timeout"
    assert [effect.timeout for effect in asked if isinstance(effect, Get)] == [5.0, 3.0, 1.0]


def test_errors_pass_through() -> None:
    fetched, _ = drive(lambda effect: Answer(fetched=Fetched.unreachable("dns")))
    assert (fetched.status, fetched.error) == (None, "dns")


def test_bodies_come_as_received_and_are_decoded_within_the_limit() -> None:
    coded = (("Content-Encoding", "gzip"),)
    for body, whole in ((b"a" * 900, True), (b"a" * 10**6, False)):
        received, _ = drive(lambda effect, body=body: page(gzip.compress(body), headers=coded))
        assert (received.body, received.headers) == (gzip.compress(body), coded)
        plain = decoded(received, 1000)
        assert (plain.body, plain.complete) == (body[:1000], whole)
        assert "gzip" not in str(plain.headers)
    received, _ = drive(lambda effect: page(b"not gzip", headers=coded))
    assert decoded(received, 1000) is received


def test_a_redirect_without_a_target_is_an_answer() -> None:
    assert drive(lambda effect: Answer(fetched=Fetched(status=301)))[0].status == 301


def test_documents_are_fetched_side_by_side() -> None:
    urls = [f"https://site.example/{n}" for n in range(3)]
    tasks = [follow(wanted(url), Origin.parse(url), 5.0) for url in urls]
    loading = together(tasks)
    batches: list[Effects] = [next(loading)]
    answers: Sequence[Any] = [redirect("/moved"), page(b"1"), page(b"2")]
    results = None
    while results is None:
        try:
            batches.append(loading.send(answers))
            answers = [page(b"0") for _ in batches[-1]]
        except StopIteration as finished:
            results = finished.value
    assert [len(batch) for batch in batches] == [3, 1]
    assert [fetched.body for fetched in results] == [b"0", b"1", b"2"]
