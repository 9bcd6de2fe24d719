"""Redirects, sign-in, hooks, and the same request more than once: one record for what is handed on, hops and all."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests
from requests.auth import AuthBase, HTTPDigestAuth

from tdm_guard import Withheld, decision_of
from tdm_guard.requests import GuardAdapter
from tests.support.raw_server import RawServer

TAR = {"content_type": "application/x-tar"}
FOUND = "302 Found"
CHALLENGE = 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'


def hops(record: dict[str, Any]) -> list[str]:
    return [hop["url"] if isinstance(hop, dict) else hop for hop in record["hops"]]


def test_followed_redirects_are_hops_of_one_record(edge: Any, http: Any) -> None:
    with RawServer(
        {"/a": http(b"", FOUND, location="/b"), "/b": http(b"", FOUND, location="c#part"), "/c": http(b"x", **TAR)}
    ) as server:
        session = edge.session()
        response = session.get(f"{server.url}/a")
        assert [each.status_code for each in response.history] == [302, 302]
        assert [decision_of(each) for each in response.history] == [None, None]
        assert decision_of(response) is not None
        session.close()
    (record,) = edge.decisions
    assert (record["url"], record["final_url"]) == (f"{server.url}/a", f"{server.url}/c")
    assert hops(record) == [f"{server.url}/a", f"{server.url}/b"]


def test_each_hop_is_judged_by_its_own_origin_and_refused_there(edge: Any, http: Any) -> None:
    robots = http(b"User-agent: *\nDisallow: /b\n", content_type="text/plain")
    pages: dict[str, bytes] = {}
    with RawServer({"/robots.txt": robots, "/b": http(b"x")}, host="127.0.0.2") as other, RawServer(pages) as server:
        pages["/a"] = http(b"", FOUND, location=f"{other.url}/b")
        session = edge.session()
        with pytest.raises(Withheld) as caught:
            session.get(f"{server.url}/a")
        session.close()
        assert "/b" not in other.targets()
    assert caught.value.request.url == f"{other.url}/b"
    (record,) = edge.decisions
    assert (record["final_url"], hops(record)) == (f"{other.url}/b", [f"{server.url}/a"])


def test_reserving_hop_is_the_refusal_of_that_hop(edge: Any, http: Any) -> None:
    pages = {"/a": http(b"", FOUND, location="/b"), "/b": http(b"", FOUND, location="/c", tdm_reservation="1")}
    with RawServer(pages | {"/c": http(b"x")}) as server:
        session = edge.session()
        with pytest.raises(Withheld):
            session.get(f"{server.url}/a")
        session.close()
        assert "/c" not in server.targets()
    (record,) = edge.decisions
    assert (record["final_url"], hops(record)) == (f"{server.url}/b", [f"{server.url}/a"])


def test_redirect_that_is_not_followed_is_recorded_and_keeps_its_hop_by_hand(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(b"", FOUND, location="/b"), "/b": http(b"x", **TAR)}) as server:
        session = edge.session()
        first = session.get(f"{server.url}/a", allow_redirects=False)
        assert decision_of(first) is not None
        second = session.send(first.next)
        again = session.get(f"{server.url}/b")
        assert second.content == again.content == b"x"
        session.close()
    assert [(record["content"], hops(record)) for record in edge.decisions] == [
        (False, []),
        (True, [f"{server.url}/a"]),
        (True, []),
    ]


def test_redirects_resolved_by_hand_keep_their_hops(edge: Any, http: Any) -> None:
    pages = {"/a": http(b"", FOUND, location="/b"), "/b": http(b"", FOUND, location="/c"), "/c": http(b"x", **TAR)}
    with RawServer(pages) as server:
        session = edge.session()
        first = session.get(f"{server.url}/a", allow_redirects=False)
        *_, last = session.resolve_redirects(first, first.request)
        assert last.content == b"x"
        session.close()
    assert [hops(record) for record in edge.decisions] == [
        [],
        [f"{server.url}/a"],
        [f"{server.url}/a", f"{server.url}/b"],
    ]


def test_redirect_without_end_hands_nothing_on(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(b"", FOUND, location="/a")}) as server:
        session = edge.session()
        session.max_redirects = 4
        with pytest.raises(requests.TooManyRedirects):
            session.get(f"{server.url}/a")
        session.close()
    assert edge.decisions == []


def test_redirect_to_what_is_no_page_is_an_error(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(b"", FOUND, location="ftp://site.example/")}) as server:
        session = edge.session()
        with pytest.raises(requests.exceptions.InvalidSchema):
            session.get(f"{server.url}/a")
        session.close()


def test_request_sent_again_inherits_no_hops(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(b"", FOUND, location="/b"), "/b": http(b"x", **TAR)}) as server:
        session = edge.session()
        request = session.prepare_request(requests.Request("GET", f"{server.url}/a"))
        for _ in range(2):
            assert session.send(request).content == b"x"
        session.close()
    assert [hops(record) for record in edge.decisions] == [[f"{server.url}/a"]] * 2


def test_threads_share_a_session(edge: Any, http: Any) -> None:
    """A record each, an origin read once."""
    with RawServer({"/a": http(b"", FOUND, location="/b"), "/b": http(b"x", **TAR)}) as server:
        session = edge.session()
        prepared = session.prepare_request(requests.Request("GET", f"{server.url}/b"))
        threads = [threading.Thread(target=session.get, args=(f"{server.url}/a",)) for _ in range(8)]
        threads += [threading.Thread(target=session.send, args=(prepared,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        session.close()
        assert server.targets().count("/robots.txt") == 1
    assert sorted(len(record["hops"]) for record in edge.decisions) == [0] * 8 + [1] * 8


def digest_asking(answer: bytes, http: Any) -> Any:
    return lambda head: (
        answer if "Authorization: Digest" in head else http(b"sign in", "401 Unauthorized", www_authenticate=CHALLENGE)
    )


def test_digest_challenge_is_answered_and_leaves_one_record(edge: Any, http: Any) -> None:
    with RawServer({"/a": digest_asking(http(b"x", **TAR), http)}) as server:
        session = edge.session()
        response = session.get(f"{server.url}/a", auth=HTTPDigestAuth("me", "word"))
        assert (response.content, [each.status_code for each in response.history]) == (b"x", [401])
        assert decision_of(response) is not None
        session.close()
    (record,) = edge.decisions
    assert (record["status"], record["authenticated"], record["hops"]) == (200, True, [])


def test_digest_behind_a_redirect_keeps_the_hop(edge: Any, http: Any) -> None:
    pages = {"/a": http(b"", FOUND, location="/b"), "/b": digest_asking(http(b"x", **TAR), http)}
    with RawServer(pages) as server:
        session = edge.session()
        assert session.get(f"{server.url}/a", auth=HTTPDigestAuth("me", "word")).content == b"x"
        session.close()
    (record,) = edge.decisions
    assert (record["final_url"], hops(record)) == (f"{server.url}/b", [f"{server.url}/a"])


def test_page_behind_a_challenge_is_withheld(edge: Any, http: Any) -> None:
    with RawServer({"/a": digest_asking(http(b"x", tdm_reservation="1"), http)}) as server:
        session = edge.session()
        with pytest.raises(Withheld):
            session.get(f"{server.url}/a", auth=HTTPDigestAuth("me", "word"))
        session.close()
    assert [record["verdict"] for record in edge.decisions] == ["reserved"]


def test_challenge_that_stays_unanswered_is_recorded(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(b"no", "401 Unauthorized", www_authenticate=CHALLENGE)}) as server:
        session = edge.session()
        for auth in (HTTPDigestAuth("me", "word"), None):
            response = session.get(f"{server.url}/a", auth=auth)
            assert (response.status_code, decision_of(response) is not None) == (401, True)
        session.close()
    assert [(record["status"], record["content"]) for record in edge.decisions] == [(401, False), (401, False)]


def test_request_within_a_hook_is_a_journey_of_its_own(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(b"", FOUND, location="/b"), "/b": http(b"x", **TAR), "/c": http(b"y", **TAR)}) as server:
        session = edge.session()

        def hook(response: Any, **_: Any) -> None:
            if response.url.endswith("/a"):
                assert session.get(f"{server.url}/c", hooks={"response": []}).content == b"y"

        session.hooks["response"].append(hook)
        assert session.get(f"{server.url}/a").content == b"x"
        session.close()
    assert [(record["final_url"][-2:], len(record["hops"])) for record in edge.decisions] == [("/c", 0), ("/b", 1)]


def test_response_that_a_hook_puts_in_its_place_is_judged_too(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(b"x", **TAR), "/c": http(b"y", tdm_reservation="1")}) as server:
        session = edge.session()
        session.hooks["response"].append(lambda response, **_: requests.get(f"{server.url}/c", timeout=5))
        with pytest.raises(Withheld):
            session.get(f"{server.url}/a")
        session.close()


def test_signing_in_with_a_request_of_its_own_is_judged(edge: Any, http: Any) -> None:
    class Token(AuthBase):
        def __call__(self, request: Any) -> Any:
            token = session.get(f"{server.url}/token", auth=lambda other: other)
            request.headers["Authorization"] = f"Bearer {token.text}"
            return request

    with RawServer({"/a": http(b"x", **TAR), "/token": http(b"t", content_type="text/plain")}) as server:
        session = edge.session()
        known = {"title": "A work"}
        session.request("GET", f"{server.url}/a", auth=Token(), tdm_guard_item=known)
        session.close()
    assert [(record["url"][-2:], record["authenticated"]) for record in edge.decisions] == [("en", False), ("/a", True)]


def test_cookie_is_recorded_and_stays_out_of_policy_requests(edge: Any, http: Any) -> None:
    with RawServer({"/a": http(b"x", set_cookie="k=v", **TAR)}) as server:
        session = edge.session()
        session.get(f"{server.url}/a", headers={"Authorization": "Bearer t"})
        session.get(f"{server.url}/a")
        assert session.cookies["k"] == "v"
        session.close()
        policies = [head for head in server.asked if not head.startswith("GET /a")]
    assert [record["authenticated"] for record in edge.decisions] == [True, True]
    assert policies
    assert not [head for head in policies if "cookie" in head.lower() or "authorization" in head.lower()]


def test_observed_hop_keeps_its_record(edge: Any, http: Any) -> None:
    pages = {"/a": http(b"", FOUND, location="/b", tdm_reservation="1"), "/b": http(b"x", **TAR)}
    with RawServer(pages) as server:
        session = edge.session(mode="observe")
        assert session.get(f"{server.url}/a").content == b"x"
        session.close()
    assert [(record["final_url"][-2:], record["verdict"]) for record in edge.decisions] == [
        ("/a", "reserved"),
        ("/b", "reserved"),
    ]


def test_bare_adapter_records_each_redirect_and_knows_the_hops(one_edge: Any, http: Any) -> None:
    with RawServer({"/a": http(b"", FOUND, location="/b"), "/b": http(b"x", **TAR)}) as server:
        adapter = GuardAdapter(**one_edge.options())
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", adapter)
            assert session.get(f"{server.url}/a").content == b"x"
            assert session.get(f"{server.url}/b", auth=HTTPDigestAuth("me", "word")).content == b"x"
    assert [(record["content"], hops(record)) for record in one_edge.decisions] == [
        (False, []),
        (True, [f"{server.url}/a"]),
        (True, []),
    ]
    assert one_edge.records()[-1]["type"] == "end"
