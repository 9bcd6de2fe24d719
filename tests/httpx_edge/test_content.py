"""Headers and bodies: what is handed on, what is withheld, and what the log says of either."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest

import tdm_guard
from tdm_guard import LogError, Options, Withheld, __version__
from tdm_guard._clients.tally import Tally
from tdm_guard.guard import Guard
from tdm_guard.log.reader import read_log
from tdm_guard.reports.summary import summarise
from tdm_guard.signals import SIGNALS

RESERVED = '<html><head><meta name="tdm-reservation" content="1"></head><body>secret words</body></html>'
PAGE = "<html><head><title>Free</title></head><body><p>Bread and cheese.</p></body></html>"
HTML = {"content-type": "text/html; charset=utf-8"}
OTHER = {"content-type": "application/x-tar"}  # in which no reservation is read
BYTES = bytes(range(256)) * 40


def test_reserving_header_withholds_before_the_body_is_read(edge: Any) -> None:
    answer = edge.answer(headers={"tdm-reservation": "1", **OTHER}, pieces=[b"secret"])

    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": answer}))
        with pytest.raises(Withheld) as caught:
            await edge.get(client, "http://photo.example/photo")
        assert caught.value.decision.verdict is tdm_guard.Verdict.RESERVED
        assert str(caught.value.request.url) == "http://photo.example/photo"
        assert answer.is_closed
        assert (answer.stream.taken, answer.stream.closed) == (0, 1)
        await edge.close(client)

    edge.run(scenario)
    (decision,) = edge.decisions
    assert (decision["verdict"], decision["admitted"], decision["stage"]) == ("reserved", False, "headers")
    assert decision["because"][0]["excerpt"] == "tdm-reservation: 1"
    assert edge.records("body") == []


def test_withheld_is_no_transport_error_and_can_be_pickled(edge: Any) -> None:
    assert edge.guarded.Withheld is Withheld
    assert not issubclass(Withheld, (edge.module.HTTPError, edge.module.StreamError, OSError))
    answer = edge.answer(headers={"tdm-reservation": "1"}, pieces=[])

    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": answer}))
        with pytest.raises(Withheld) as caught:
            await edge.get(client, "http://photo.example/photo")
        copy = pickle.loads(pickle.dumps(caught.value))
        assert copy.decision == caught.value.decision
        await edge.close(client)

    edge.run(scenario)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_reserving_page_yields_no_byte(edge: Any, coding: str) -> None:
    raw = RESERVED.encode() if coding == "identity" else gzip.compress(RESERVED.encode())
    answer = edge.answer(headers={**HTML, "content-encoding": coding}, pieces=[raw[:20], raw[20:]])

    async def scenario() -> None:
        client = edge.client(edge.site({"/": answer}))
        with pytest.raises(Withheld):
            await edge.open(client, "http://news.example/")
        assert answer.is_closed
        await edge.close(client)

    edge.run(scenario)
    (decision,) = edge.decisions
    assert (decision["stage"], decision["bytes"]) == ("body", len(raw))
    assert decision["content_sha256"] == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("in_memory", [False, True])
def test_page_is_handed_on_unchanged_with_its_coding(edge: Any, in_memory: bool) -> None:
    raw = gzip.compress(PAGE.encode())
    headers = {**HTML, "content-encoding": "gzip", "x-own": "kept"}

    def page() -> Any:
        if in_memory:
            return edge.module.Response(200, headers=headers, content=raw)
        return edge.answer(headers=headers, pieces=[raw[:7], b"", raw[7:]])

    async def scenario() -> None:
        client = edge.client(edge.site({"/": lambda _: page()}))
        response = await edge.get(client, "http://free.example/")
        assert response.text == PAGE
        assert response.headers["content-encoding"] == "gzip"
        assert response.headers["x-own"] == "kept"
        decision = response.extensions["tdm_guard"]
        assert decision.verdict is tdm_guard.Verdict.UNRESERVED
        assert decision.id == edge.decisions[0]["id"]
        if not in_memory:
            assert await edge.raw(await edge.open(client, "http://free.example/")) == raw
        await edge.close(client)

    edge.run(scenario)
    for decision in edge.decisions:
        assert (decision["bytes"], decision["content_sha256"]) == (len(raw), hashlib.sha256(raw).hexdigest())
        assert decision["content"] is True
    assert edge.records("body") == []


def test_other_content_streams_on_after_its_record(edge: Any) -> None:
    pieces = [BYTES[:2000], BYTES[2000:]]
    answer = edge.answer(headers=OTHER, pieces=pieces)

    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": answer}))
        source = answer.stream
        response = await edge.open(client, "http://free.example/photo")
        (decision,) = edge.decisions
        assert source.taken == 1  # enough to see that it is no file that carries a reservation
        assert (decision["bytes"], decision["content_sha256"]) == (None, None)
        assert await edge.raw(response) == BYTES
        assert source.closed == 1
        (body,) = edge.records("body")
        assert body["decision"] == decision["id"]
        assert (body["bytes"], body["complete"]) == (len(BYTES), True)
        assert body["content_sha256"] == hashlib.sha256(BYTES).hexdigest()
        await edge.close(response)
        await edge.close(client)

    edge.run(scenario)
    assert len(edge.records("body")) == 1


@pytest.mark.filterwarnings("ignore:.*BoundAsyncStream")  # httpx 0.28 leaves this generator of its own unclosed
def test_body_that_is_open_when_the_client_is_closed_has_its_record(edge: Any) -> None:
    answer = edge.answer(headers=OTHER, pieces=[b"a" * 2000, b"b" * 2000])

    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": answer}))
        response = await edge.open(client, "http://free.example/photo")
        if edge.sync:
            pieces = response.iter_raw()
            assert next(pieces) == b"a" * 2000
        else:
            pieces = response.aiter_raw()
            assert await anext(pieces) == b"a" * 2000
        await edge.close(client)
        with pytest.raises(LogError, match="cannot be recorded"):  # nothing more of it is handed on
            next(pieces) if edge.sync else await anext(pieces)
        await edge.close(response)

    edge.run(scenario)
    (body,) = edge.records("body")
    assert (body["bytes"], body["complete"]) == (2000, False)
    assert [record["type"] for record in edge.records()][-2:] == ["body", "end"]


def test_body_that_several_threads_end_has_one_record(tmp_path: Path) -> None:
    guard = Guard(Options.read({"log": tmp_path / "log.jsonl"}))
    decision: Any = "20261128T000000Z-0-1"
    tallies: set[Tally] = set()
    for _ in range(50):
        tally = Tally(guard, decision, [b"words"], tallies)
        threads = [threading.Thread(target=tally.end, kwargs={"complete": True}) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    guard.end()
    assert [record["type"] for record in map(json.loads, (tmp_path / "log.jsonl").read_text().splitlines())].count(
        "body"
    ) == 50
    assert not tallies


@pytest.mark.filterwarnings("ignore:.*BoundAsyncStream")  # httpx 0.28 leaves this generator of its own unclosed
def test_body_given_up_is_recorded_as_incomplete(edge: Any) -> None:
    answer = edge.answer(headers=OTHER, pieces=[b"a" * 2000, b"b" * 2000])

    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": answer}))
        source = answer.stream
        response = await edge.open(client, "http://free.example/photo")
        if edge.sync:
            assert next(response.iter_raw()) == b"a" * 2000
        else:
            pieces = response.aiter_raw()
            assert await anext(pieces) == b"a" * 2000
            await pieces.aclose()
        await edge.close(response)
        assert source.closed == 1
        await edge.close(client)

    edge.run(scenario)
    (body,) = edge.records("body")
    assert (body["bytes"], body["complete"]) == (2000, False)
    assert body["content_sha256"] == hashlib.sha256(b"a" * 2000).hexdigest()


def test_small_content_that_is_read_anyway_has_one_record(edge: Any) -> None:
    answer = edge.answer(headers=OTHER, pieces=[BYTES[:100], b"", BYTES[100:]])

    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": answer}))
        source = answer.stream
        response = await edge.get(client, "http://free.example/photo")
        assert response.content == BYTES
        assert source.closed == 1
        await edge.close(client)

    edge.run(scenario)
    (decision,) = edge.decisions
    assert (decision["stage"], decision["bytes"]) == ("headers", len(BYTES))
    assert decision["content_sha256"] == hashlib.sha256(BYTES).hexdigest()
    assert edge.records("body") == []


@pytest.mark.parametrize("kind", ["application/x-tar", "application/octet-stream"])
def test_large_content_that_is_read_anyway_has_a_body_record(edge: Any, kind: str) -> None:
    answer = edge.answer(headers={"content-type": kind}, pieces=[BYTES] * 20)

    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": answer}))
        response = await edge.get(client, "http://free.example/photo")
        assert response.content == BYTES * 20
        await edge.close(client)

    edge.run(scenario)
    (decision,) = edge.decisions
    assert (decision["bytes"], decision["content_sha256"]) == (None, None)
    (body,) = edge.records("body")
    assert (body["decision"], body["bytes"], body["complete"]) == (decision["id"], len(BYTES) * 20, True)
    assert body["content_sha256"] == hashlib.sha256(BYTES * 20).hexdigest()


def test_binary_of_a_generic_type_that_is_small_has_one_record(edge: Any) -> None:
    answer = edge.answer(headers={"content-type": "application/octet-stream"}, pieces=[BYTES[:2000], BYTES[2000:]])

    async def scenario() -> None:
        client = edge.client(edge.site({"/data": answer}))
        assert (await edge.get(client, "http://free.example/data")).content == BYTES
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions[0]["content_sha256"] == hashlib.sha256(BYTES).hexdigest()
    assert edge.records("body") == []


def test_reserved_content_is_not_read_ahead(edge: Any) -> None:
    headers = [(b"X-Name", "caf\u00e9".encode()), (b"TDM-Reservation", b"1"), (b"Content-Type", b"application/x-tar")]
    answer = edge.answer(headers=headers, pieces=[BYTES])

    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": answer}))
        source = answer.stream
        with pytest.raises(Withheld):
            await edge.get(client, "http://photo.example/photo")
        assert source.taken == 0
        await edge.close(client)

    edge.run(scenario)


@pytest.mark.parametrize(("end", "admitted"), [(len(PAGE) - 1, True), (len(PAGE) - 2, False)])
def test_page_in_part_is_heard_as_such(edge: Any, end: int, admitted: bool) -> None:
    headers = {"Content-Range": f"bytes 0-{end}/{len(PAGE)}", **HTML}
    answer = edge.answer(206, headers=headers, pieces=[PAGE.encode()[: end + 1]])

    async def scenario() -> None:
        client = edge.client(edge.site({"/": answer}))
        if admitted:
            assert (await edge.get(client, "http://free.example/")).text == PAGE
        else:
            with pytest.raises(Withheld):
                await edge.get(client, "http://free.example/")
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions[0]["verdict"] == ("unreserved" if admitted else "undetermined")


def test_judge_names_every_field_that_a_signal_reads() -> None:
    read = {field for signal in SIGNALS for field in signal.headers}
    assert {"tdm-reservation", "x-robots-tag"} <= read <= tdm_guard.Judge(agent="ExampleBot").bench.heard


@pytest.mark.parametrize(("received", "recorded"), [([b"a" * 10], []), ([b"a" * 40_000] * 2, [(80_000, False)])])
def test_content_that_breaks_off_is_recorded_if_its_decision_was(
    edge: Any, received: list[bytes], recorded: list[tuple[int, bool]]
) -> None:
    error = edge.module.RemoteProtocolError("peer closed connection")
    answer = edge.answer(headers=OTHER, pieces=received, error=error)

    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": answer}))
        with pytest.raises(edge.module.RemoteProtocolError):
            await edge.get(client, "http://free.example/photo")
        assert answer.is_closed
        await edge.close(client)

    edge.run(scenario)
    assert [(body["bytes"], body["complete"]) for body in edge.records("body")] == recorded
    assert len(edge.decisions) == len(recorded)


def test_page_that_breaks_off_is_a_transport_error_without_record(edge: Any) -> None:
    error = edge.module.RemoteProtocolError("peer closed connection")
    answer = edge.answer(headers=HTML, pieces=[b"<p>"], error=error)

    async def scenario() -> None:
        client = edge.client(edge.site({"/": answer}))
        with pytest.raises(edge.module.RemoteProtocolError) as caught:
            await edge.get(client, "http://free.example/")
        assert caught.value.request.url.host == "free.example"
        assert answer.is_closed
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions == []


def test_page_over_the_limit_is_undetermined(edge: Any) -> None:
    source = edge.answer(headers=HTML, pieces=[b"<p>" + b"x" * 997] * 10)

    async def scenario() -> None:
        client = edge.client(edge.site({"/": source}), max_asset_bytes=5000)
        stream = source.stream
        with pytest.raises(Withheld):
            await edge.get(client, "http://long.example/")
        assert stream.taken == 6
        assert source.is_closed
        await edge.close(client)

    edge.run(scenario)
    (decision,) = edge.decisions
    assert (decision["verdict"], decision["stage"]) == ("undetermined", "body")
    assert (decision["bytes"], decision["content_sha256"]) == (6000, None)  # what was received until it was given up
    assert {said["excerpt"] for said in decision["because"]} == {
        "more than 5000 bytes, a limit of ours: the option max_asset_bytes"
    }


def test_observing_hands_a_page_over_the_limit_on_whole(edge: Any, caplog: pytest.LogCaptureFixture) -> None:
    whole = b"".join(b"<p>%d" % number for number in range(12_000))  # what is read ahead of other content, and more
    source = edge.answer(headers=HTML, pieces=[whole[at : at + 1000] for at in range(0, len(whole), 1000)])

    async def scenario() -> None:
        client = edge.client(edge.site({"/": source}), max_asset_bytes=5000, mode="observe")
        response = await edge.get(client, "http://long.example/")
        assert response.content == whole
        await edge.close(client)

    edge.run(scenario)
    (decision,) = edge.decisions
    assert (decision["verdict"], decision["admitted"], decision["enforced"]) == ("undetermined", True, False)
    assert (decision["bytes"], decision["content_sha256"]) == (None, None)  # nothing is said of a part as if of all
    (body,) = edge.records("body")
    assert (body["bytes"], body["content_sha256"]) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert "only observes" in caplog.text
    assert summarise(read_log([edge.log])).total.admitted_bytes == len(whole)


def test_endless_page_that_reserves_is_not_received_to_the_limit(edge: Any) -> None:
    pieces = itertools.chain([RESERVED[:60].encode()], itertools.repeat(b"x" * 16384))
    source = edge.answer(headers=HTML, pieces=pieces)

    async def scenario() -> None:
        client = edge.client(edge.site({"/": source}))
        stream = source.stream
        with pytest.raises(Withheld):
            await edge.get(client, "http://endless.example/")
        assert stream.taken < 20
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions[0]["verdict"] == "reserved"


def test_reservation_behind_the_first_look_is_heard(edge: Any) -> None:
    page = b"<html><body>" + b"<p>word" * 60_000 + b'<meta name="tdm-reservation" content="1">'
    source = edge.answer(headers=HTML, pieces=[page[at : at + 30_000] for at in range(0, len(page), 30_000)])

    async def scenario() -> None:
        client = edge.client(edge.site({"/": source}))
        with pytest.raises(Withheld):
            await edge.get(client, "http://late.example/")
        await edge.close(client)

    edge.run(scenario)


@pytest.mark.parametrize("kind", ["application/octet-stream", None])
def test_page_under_a_generic_type_is_found_out(edge: Any, kind: str | None) -> None:
    headers = {"content-type": kind} if kind else {}
    whole = RESERVED + "x" * 5000
    source = edge.answer(headers=headers, pieces=[whole[:10].encode(), whole[10:].encode()])

    async def scenario() -> None:
        client = edge.client(edge.site({"/": source}))
        with pytest.raises(Withheld):
            await edge.get(client, "http://odd.example/")
        await edge.close(client)

    edge.run(scenario)


def test_binary_of_a_generic_type_streams_on_after_its_first_bytes(edge: Any) -> None:
    pieces = [BYTES[at : at + 1000] for at in range(0, len(BYTES), 1000)]
    source = edge.answer(headers={"content-type": "application/octet-stream"}, pieces=pieces)

    async def scenario() -> None:
        client = edge.client(edge.site({"/data": source}))
        stream = source.stream
        response = await edge.open(client, "http://free.example/data")
        assert stream.taken == 2
        assert await edge.raw(response) == BYTES
        await edge.close(client)

    edge.run(scenario)
    (body,) = edge.records("body")
    assert (body["bytes"], body["content_sha256"]) == (len(BYTES), hashlib.sha256(BYTES).hexdigest())


@pytest.mark.parametrize("status", [301, 404, 500])
def test_answers_without_content_are_handed_on_and_recorded_so(edge: Any, status: int) -> None:
    async def scenario() -> None:
        client = edge.client(edge.site({"/": edge.answer(status, headers=HTML, pieces=[b"error"])}))
        response = await edge.get(client, "http://free.example/")
        assert response.status_code == status
        assert response.content == b"error"
        assert response.extensions["tdm_guard"].content is False
        await edge.close(client)

    edge.run(scenario)
    (decision,) = edge.decisions
    assert (decision["status"], decision["content"], decision["verdict"]) == (status, False, "unreserved")


def test_bytes_that_come_with_a_304_are_not_handed_on(edge: Any) -> None:
    """It has no body (RFC 9110 15.4.5), and clients read none over HTTP/1.1; over HTTP/2 some may come."""
    answer = edge.answer(304, headers=HTML, pieces=[RESERVED.encode(), b"more"])

    async def scenario() -> None:
        client = edge.client(edge.site({"/": answer}))
        source = answer.stream
        response = await edge.open(client, "http://free.example/")
        assert await edge.raw(response) == b""
        await edge.close(response)
        assert source.closed == 1
        await edge.close(client)

    edge.run(scenario)
    (decision,) = edge.decisions
    assert (decision["status"], decision["content"], decision["verdict"]) == (304, False, "unreserved")
    assert edge.records("body") == []


@pytest.mark.parametrize(("method", "status"), [("get", 204), ("get", 205), ("head", 200)])
def test_bytes_that_come_where_none_were_expected_are_content(edge: Any, method: str, status: int) -> None:
    async def scenario() -> None:
        answers = {path: edge.answer(status, headers=HTML, pieces=[page]) for path, page in pages.items()}
        client = edge.client(edge.site(answers))
        response = await edge.call(getattr(client, method), "http://free.example/")
        assert (response.content, response.extensions["tdm_guard"].content) == (b"words", True)
        response = await edge.call(getattr(client, method), "http://free.example/none")
        assert (response.content, response.extensions["tdm_guard"].content) == (b"", False)
        with pytest.raises(Withheld):
            await edge.call(getattr(client, method), "http://free.example/reserved")
        await edge.close(client)

    pages = {"/": b"words", "/none": b"", "/reserved": RESERVED.encode()}
    edge.run(scenario)
    assert [decision["verdict"] for decision in edge.decisions] == ["unreserved", "unreserved", "reserved"]


def test_error_page_that_reserves_is_withheld(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(edge.site({"/": edge.answer(404, headers={"tdm-reservation": "1"}, pieces=[b"x"])}))
        with pytest.raises(Withheld):
            await edge.get(client, "http://strict.example/")
        await edge.close(client)

    edge.run(scenario)


UNANNOUNCED = [("GET", 204), ("GET", 205), ("HEAD", 200), ("HEAD", 206), ("POST", 205)]


@pytest.mark.parametrize(("method", "status"), UNANNOUNCED)
@pytest.mark.parametrize("streamed", [True, False])
def test_bytes_that_are_there_are_content_whatever_status_and_method_say(
    edge: Any, method: str, status: int, streamed: bool
) -> None:
    def page(text: str) -> Any:
        if not streamed:
            return edge.module.Response(status, headers=HTML, content=text.encode())
        return edge.answer(status, headers=HTML, pieces=[b"", text[:10].encode(), text[10:].encode()])

    pages = {"/free": lambda _: page(PAGE), "/strict": lambda _: page(RESERVED)}

    async def scenario() -> None:
        client = edge.client(edge.site(pages), mode="enforce" if status != 206 else "observe")
        response = await edge.call(client.request, method, "http://a.example/free")
        assert response.text == PAGE
        if status != 206:
            with pytest.raises(Withheld):
                await edge.call(client.request, method, "http://a.example/strict")
            with pytest.raises(Withheld):
                await edge.open(client, "http://a.example/strict", method)
        await edge.close(client)

    edge.run(scenario)
    free, *strict = edge.decisions
    assert (free["content"], free["bytes"]) == (True, len(PAGE))
    assert free["content_sha256"] == hashlib.sha256(PAGE.encode()).hexdigest()
    assert {decision["verdict"] for decision in strict} <= {"reserved"}
    assert len(strict) == (0 if status == 206 else 2)


@pytest.mark.parametrize(
    ("method", "status"),
    [case for case in UNANNOUNCED if case[1] != 206],  # a part without content is content all the same
)
def test_no_bytes_are_no_content(edge: Any, method: str, status: int) -> None:
    async def scenario() -> None:
        client = edge.client(edge.site({"/": lambda _: edge.answer(status, headers=HTML, pieces=[b""])}))
        response = await edge.call(client.request, method, "http://a.example/")
        assert response.content == b""
        opened = await edge.open(client, "http://a.example/", method)
        assert await edge.raw(opened) == b""
        await edge.close(opened)
        await edge.close(client)

    edge.run(scenario)
    assert [(decision["content"], decision["verdict"]) for decision in edge.decisions] == [(False, "unreserved")] * 2


@pytest.mark.filterwarnings("ignore:Async generator")  # httpx leaves its own unclosed, of which trio complains
@pytest.mark.filterwarnings("ignore:.*async_generator object")
def test_wrong_coding_is_judged_and_recorded_before_its_reader_fails(edge: Any) -> None:
    headers = {**OTHER, "content-encoding": "gzip"}

    async def scenario() -> None:
        client = edge.client(edge.site({"/data": lambda _: edge.answer(headers=headers, pieces=[b"no gzip"])}))
        with pytest.raises(edge.module.DecodingError):
            await edge.get(client, "http://a.example/data")
        response = await edge.open(client, "http://a.example/data")
        assert await edge.raw(response) == b"no gzip"
        await edge.close(client)

    edge.run(scenario)
    assert [decision["url"] for decision in edge.decisions] == ["http://a.example/data"] * 2


def test_head_reads_no_body(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(edge.site({"/": edge.answer(headers=HTML, pieces=[])}))
        response = await edge.call(client.head, "http://free.example/")
        assert response.extensions["tdm_guard"].content is False
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions[0]["verdict"] == "unreserved"


def test_disallowed_page_is_not_requested(edge: Any) -> None:
    seen: list[Any] = []

    async def scenario() -> None:
        client = edge.client(edge.site({}, seen=seen))
        with pytest.raises(Withheld):
            await edge.get(client, "http://news.example/private/1")
        await edge.close(client)

    edge.run(scenario)
    assert "/private/1" not in {request.url.path for request in seen}
    (decision,) = edge.decisions
    assert (decision["stage"], decision["because"][0]["locator"]) == ("policy", "line 2")


@pytest.mark.parametrize("header", ["authorization", "cookie"])
def test_credentials_are_recorded_and_stay_out_of_policy_requests(edge: Any, header: str) -> None:
    seen: list[Any] = []

    async def scenario() -> None:
        client = edge.client(
            edge.site({"/": edge.answer(headers=OTHER, pieces=[])}, seen=seen), headers={header: "secret"}
        )
        await edge.get(client, "http://free.example/")
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions[0]["authenticated"] is True
    policies = [request for request in seen if request.url.path != "/"]
    assert {request.url.path for request in policies} == set(edge.documents)
    for request in policies:
        assert header not in request.headers
        assert request.headers["user-agent"] == f"ExampleBot/{__version__}"
        assert request.headers["accept"] == "*/*"
        assert request.headers["accept-encoding"] == "gzip, deflate"
        assert all(request.extensions["timeout"][name] for name in ("connect", "read", "write", "pool"))


def test_password_in_the_url_stays_out_of_the_log(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(edge.site({"/": edge.answer(headers=OTHER, pieces=[])}))
        await edge.get(client, "http://me:hidden@free.example/#part")
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions[0]["url"] == "http://free.example/"
    assert edge.decisions[0]["authenticated"] is True
    assert "hidden" not in edge.log.read_text()


def test_nothing_is_handed_on_when_the_log_cannot_be_written(edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = edge.answer(headers=OTHER, pieces=[BYTES])

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": answer}))
        monkeypatch.setattr("os.write", full)
        with pytest.raises(LogError):
            await edge.get(client, "http://free.example/photo")
        monkeypatch.undo()
        assert answer.is_closed
        with pytest.raises(LogError):
            await edge.get(client, "http://free.example/photo")
        with pytest.raises(LogError):
            await edge.close(client)

    edge.run(scenario)


def test_missing_body_record_raises(edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": edge.answer(headers=OTHER, pieces=[BYTES])}))
        response = await edge.open(client, "http://free.example/photo")

        def fail(*_: Any, **__: Any) -> None:
            raise LogError("no space")

        monkeypatch.setattr("tdm_guard.log.jsonl.JsonlLog.body", fail)
        with pytest.raises(LogError):
            await edge.raw(response)
        monkeypatch.undo()
        await edge.close(client)

    edge.run(scenario)


def test_error_of_our_own_hands_nothing_on(edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = edge.answer(headers=OTHER, pieces=[BYTES])

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": answer}))
        with monkeypatch.context() as patch:
            patch.setattr("tdm_guard.judging.case.Case.hear_headers", broken)
            with pytest.raises(ZeroDivisionError):
                await edge.get(client, "http://free.example/photo")
            assert answer.is_closed
        with monkeypatch.context() as patch:
            patch.setattr("tdm_guard.guard.Guard.load", broken)
            with pytest.raises(ZeroDivisionError):
                await edge.get(client, "http://other.example/photo")
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions == []


MARKS = [
    ({"hishel_from_cache": True}, True),
    ({"from_cache": True}, True),
    ({"caching": {"from_cache": True}}, True),
    ({"caching": {"from_cache": False, "stored": True}}, False),
    ({"caching": "from_cache"}, False),
    ({}, False),
]


@pytest.mark.parametrize(("marks", "cached"), MARKS)
def test_response_of_a_caching_transport_is_judged_and_marked(edge: Any, marks: dict[str, Any], cached: bool) -> None:
    def stored(_: Any) -> Any:
        return edge.answer(headers=HTML, pieces=[PAGE.encode()], extensions=dict(marks))

    async def scenario() -> None:
        client = edge.client(edge.site({"/": stored}))
        await edge.get(client, "http://free.example/")
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions[0]["cached"] is cached


def test_connection_that_fails_to_close_does_not_hide_the_refusal(edge: Any) -> None:
    answer = edge.answer(headers={"tdm-reservation": "1"}, pieces=[])

    def fail(*_: Any) -> None:
        raise edge.module.ReadError("reset by peer")

    answer.stream.close = answer.stream.aclose = fail

    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": answer}))
        with pytest.raises(Withheld):
            await edge.get(client, "http://photo.example/photo")
        await edge.close(client)

    edge.run(scenario)


def test_other_protocol_is_refused(edge: Any) -> None:
    answer = edge.answer(101, headers={"upgrade": "websocket"}, pieces=[])

    async def scenario() -> None:
        client = edge.client(edge.site({"/": answer}))
        with pytest.raises(tdm_guard.UnsupportedURL, match="another protocol"):
            await edge.get(client, "http://free.example/")
        assert answer.is_closed
        await edge.close(client)

    edge.run(scenario)


@pytest.mark.parametrize("inside", [True, False])
def test_guard_inside_a_cache_keeps_reserved_pages_out_of_it(edge: Any, inside: bool) -> None:
    """Outside, it judges what is stored again; the cache may have stored what is withheld."""
    kept: dict[str, bytes] = {}

    def answered(url: str, raw: bytes) -> Any:
        mark = {"from_cache": url in kept}
        kept.setdefault(url, raw)
        return edge.module.Response(200, headers=HTML, content=raw, extensions=mark)

    class Cache(edge.module.AsyncBaseTransport, edge.module.BaseTransport):  # type: ignore[name-defined]
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def handle_request(self, request: Any) -> Any:
            if request.url.path != "/":
                return self.inner.handle_request(request)
            url = str(request.url)
            return answered(url, kept.get(url) or self.inner.handle_request(request).read())

        async def handle_async_request(self, request: Any) -> Any:
            if request.url.path != "/":
                return await self.inner.handle_async_request(request)
            url = str(request.url)
            return answered(url, kept.get(url) or await (await self.inner.handle_async_request(request)).aread())

    async def scenario() -> None:
        network = edge.module.MockTransport(edge.site({"/": lambda _: edge.module.Response(200, html=RESERVED)}))
        if inside:
            client = edge.plain(transport=Cache(edge.transport_class(network, **edge.options())))
        else:
            client = edge.client(transport=Cache(network))
        for _ in range(2):
            with pytest.raises(Withheld):
                await edge.get(client, "http://news.example/")
        await edge.close(client)

    edge.run(scenario)
    assert list(kept) == ([] if inside else ["http://news.example/"])
    assert [decision["cached"] for decision in edge.decisions] == ([False, False] if inside else [False, True])


@pytest.mark.parametrize("harm", ["deleted", "moved", "replaced", "truncated"])
def test_nothing_is_handed_on_when_the_log_is_gone(edge: Any, harm: str) -> None:
    answer = edge.answer(headers=OTHER, pieces=[BYTES])
    again = edge.answer(headers=OTHER, pieces=[BYTES])

    async def scenario() -> None:
        client = edge.client(edge.site({"/photo": answer, "/again": again}))
        await edge.get(client, "http://free.example/photo")
        if harm == "deleted":
            edge.log.unlink()
        elif harm == "truncated":
            edge.log.write_bytes(b"")
        else:
            edge.log.rename(edge.log.with_suffix(".1"))
            if harm == "replaced":
                edge.log.write_bytes(b"")
        with pytest.raises(LogError):
            await edge.get(client, "http://free.example/again")
        assert again.is_closed
        with pytest.raises(LogError):
            await edge.close(client)

    edge.run(scenario)
