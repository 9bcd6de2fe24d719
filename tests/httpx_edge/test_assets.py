"""Files with a reservation inside: pictures, books, films and sound are judged before a byte of them is handed on."""

from __future__ import annotations

import gzip
import hashlib
import itertools
from typing import Any

import anyio
import pytest

from tdm_guard import Withheld
from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support import assets, documents, pictures
from tests.support.assets import FILES, WRONG_TYPES

URL = "http://files.example/file"
NO_ASSETS = ["robots", "tdmrep", "x-robots"]  # TDMRep alone speaks in PDF and EPUB
TEXT_ONLY = ["robots", "ai-agents", "x-robots"]


def typed(media_type: str | None, **more: str) -> dict[str, str]:
    return {"content-type": media_type, **more} if media_type else more


def cut(body: bytes, size: int = 1000) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


def get(edge: Any, answer: Any, *, stream: bool = False, **options: Any) -> Any:
    """The response of one client to one request, its body read; or the refusal."""
    found: list[Any] = []

    async def scenario() -> None:
        client = edge.client(edge.site({"/file": answer}), **options)
        try:
            if stream:
                response = await edge.open(client, URL)
                found.extend((response, await edge.raw(response)))
            else:
                response = await edge.get(client, URL)
                found.extend((response, response.content))
        except Withheld as refusal:
            found.extend((refusal, None))
        await edge.close(client)

    edge.run(scenario)
    return tuple(found)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_reserves_is_withheld_and_closed(edge: Any, name: str, stream: bool) -> None:
    kind = FILES[name]
    answer = edge.answer(headers=typed(kind.media_type), pieces=cut(kind.reserving))
    refusal, body = get(edge, answer, stream=stream)
    assert body is None
    assert answer.is_closed
    (decision,) = edge.decisions
    assert (decision["verdict"], decision["stage"]) == ("reserved", "asset")
    assert (decision["bytes"], decision["content_sha256"]) == (
        len(kind.reserving),
        hashlib.sha256(kind.reserving).hexdigest(),
    )
    because = decision["because"][0]
    assert (because["signal"], because["carrier"], because["layer"]) == (kind.signal, kind.carrier, "asset")
    assert because["locator"].partition("/")[0] == kind.carrier.upper()
    assert refusal.decision.id == decision["id"]
    assert edge.records("body") == []


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_says_nothing_arrives_byte_for_byte(edge: Any, name: str, stream: bool) -> None:
    kind = FILES[name]
    answer = edge.answer(headers=typed(kind.media_type), pieces=cut(kind.silent, 333))
    _, body = get(edge, answer, stream=stream)
    assert body == kind.silent
    (decision,) = edge.decisions
    assert (decision["verdict"], decision["admitted"]) == ("unreserved", True)
    assert decision["content_sha256"] == hashlib.sha256(kind.silent).hexdigest()
    assert edge.records("body") == []


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        (name, media_type)
        for name in ("jpeg", "pdf", "epub", "mp3", "svg")
        for media_type in WRONG_TYPES
        if (name, media_type) != ("svg", "text/html")  # as HTML a drawing is a page, and read as one
    ],
)
def test_a_file_under_a_wrong_type_is_found_out(sync_edge: Any, name: str, media_type: str | None) -> None:
    edge, kind = sync_edge, FILES[name]
    headers = typed(media_type)
    refusal, body = get(edge, edge.answer(headers=headers, pieces=cut(kind.reserving, 100)))
    assert body is None
    assert refusal.decision.because[0].carrier == kind.carrier
    _, body = get(edge, edge.answer(headers=headers, pieces=cut(kind.silent, 100)))
    assert body == kind.silent


def damaged(name: str) -> bytes:
    """A file of which nothing is known: cut short, or broken where a reservation may stand."""
    whole = FILES[name].silent
    return {
        "pdf": whole[: len(whole) // 2],
        "epub": whole[:-30],
        "webp": whole[:40],
        "png, behind the picture": whole[:40],
        "mp4": whole[:60],
        "jpeg": pictures.jpeg(pictures.app1(documents.xmp("DMI-ALLOWED")[:-60])),
    }[name]


@pytest.mark.parametrize("name", ["pdf", "epub", "webp", "png, behind the picture", "mp4", "jpeg"])
def test_a_damaged_file_is_undetermined(sync_edge: Any, name: str) -> None:
    edge = sync_edge
    answer = edge.answer(headers=typed(FILES[name].media_type), pieces=cut(damaged(name)))
    refusal, _ = get(edge, answer)
    assert refusal.decision.verdict == "undetermined"
    (decision,) = edge.decisions
    assert decision["faults"]


def test_a_damaged_file_that_reserves_is_reserved(sync_edge: Any) -> None:
    edge = sync_edge
    whole = FILES["png, behind the picture"].reserving
    ahead = pictures.png(pictures.itxt(documents.xmp()))[:-30]
    refusal, _ = get(edge, edge.answer(headers=typed("image/png"), pieces=[ahead]))
    assert refusal.decision.verdict == "reserved"
    refusal, _ = get(edge, edge.answer(headers=typed("image/png"), pieces=[whole[:-200]]))
    assert refusal.decision.verdict == "undetermined"


def test_a_file_over_the_limit_is_undetermined_unless_its_beginning_reserves(edge: Any) -> None:
    silent = documents.mp3(documents.id3(documents.text_frame(b"TSRC", "FRX761234567")), frames=40)
    reserving = documents.mp3(documents.id3(documents.private_frame(documents.xmp())), frames=40)
    limit = {"max_asset_bytes": 8000}
    source = edge.answer(headers=typed("audio/mpeg"), pieces=cut(silent))
    stream = source.stream
    refusal, _ = get(edge, source, **limit)
    assert (refusal.decision.verdict, stream.taken) == ("undetermined", 9)
    assert "8000" in refusal.decision.summary()
    refusal, _ = get(edge, edge.answer(headers=typed("audio/mpeg"), pieces=cut(reserving)), **limit)
    assert refusal.decision.verdict == "reserved"


def test_a_picture_over_the_limit_is_decided_by_its_beginning(edge: Any) -> None:
    """Behind the header of a JPEG file come pixels only."""
    pieces = [assets.large_jpeg(None), *[b"\x12" * 1000] * 200, b"\xff\xd9"]
    _, body = get(edge, edge.answer(headers=typed("image/jpeg"), pieces=pieces), max_asset_bytes=8000)
    assert body == b"".join(pieces)
    (decision,) = edge.decisions
    assert (decision["verdict"], decision["bytes"], decision["content_sha256"]) == ("unreserved", None, None)
    (record,) = edge.records("body")
    assert (record["bytes"], record["complete"]) == (len(body), True)
    assert record["content_sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize(
    ("media_type", "beginning"), [("image/jpeg", assets.large_jpeg()), ("video/mp4", assets.large_mp4())]
)
def test_a_large_file_whose_beginning_reserves_is_not_received(edge: Any, media_type: str, beginning: bytes) -> None:
    pieces = itertools.chain([beginning], itertools.repeat(b"x" * 16_384, 1280))
    answer = edge.answer(headers=typed(media_type), pieces=pieces)
    stream = answer.stream
    refusal, _ = get(edge, answer)
    assert refusal.decision.verdict == "reserved"
    assert stream.taken < 12
    assert stream.closed == 1
    (decision,) = edge.decisions
    assert decision["stage"] == "asset"
    assert 0 < decision["bytes"] < 12 * 16_384
    assert decision["content_sha256"] is None


@pytest.mark.filterwarnings(
    "ignore:.*(ByteStream|_receive_response_body)"
)  # the clients leave generators of their own unclosed
@pytest.mark.parametrize("length", [assets.BULK, None])
def test_a_large_film_that_reserves_is_cut_off_on_the_wire(edge: Any, length: int | None) -> None:
    answer = Answer(headers=(("content-type", "video/mp4"),), body=assets.bulk(assets.large_mp4()), length=length)

    async def scenario() -> None:
        client = edge.client()
        with pytest.raises(Withheld):
            await edge.open(client, web.origin("films.example") + "/film.mp4")
        await edge.close(client)

    with PretendWeb([Site("films.example", {"/film.mp4": answer})]) as web:
        edge.run(scenario)
        assert web.sent("films.example", "/film.mp4") < assets.BULK / 2  # socket buffers hold some megabytes
    assert edge.decisions[0]["verdict"] == "reserved"


def test_a_stream_yields_nothing_before_the_file_is_judged(edge: Any) -> None:
    """What reserves may stand at the end, so that the whole is received first; then it is handed on in its pieces."""
    kind = FILES["png, behind the picture"]
    answer = edge.answer(headers=typed("image/png"), pieces=cut(kind.silent, 50))
    stream = answer.stream

    async def scenario() -> None:
        client = edge.client(edge.site({"/file": answer}))
        response = await edge.open(client, URL)
        assert stream.taken == len(cut(kind.silent, 50))
        assert [record["verdict"] for record in edge.decisions] == ["unreserved"]
        assert await edge.raw(response) == kind.silent
        await edge.close(client)

    edge.run(scenario)
    refusal, body = get(edge, edge.answer(headers=typed("image/png"), pieces=cut(kind.reserving, 50)), stream=True)
    assert body is None
    assert isinstance(refusal, Withheld)


def test_a_coded_file_is_judged_decoded_and_handed_on_coded(edge: Any) -> None:
    headers = typed("image/svg+xml", **{"content-encoding": "gzip"})
    kind = FILES["svg"]
    refusal, _ = get(edge, edge.answer(headers=headers, pieces=cut(gzip.compress(kind.reserving), 90)))
    assert refusal.decision.because[0].carrier == "svg"
    raw = gzip.compress(kind.silent)
    _, body = get(edge, edge.answer(headers=headers, pieces=cut(raw, 90)), stream=True)
    assert body == raw
    _, body = get(edge, edge.answer(headers=headers, pieces=cut(raw, 90)))
    assert body == kind.silent
    assert {record["bytes"] for record in edge.decisions if record["admitted"]} == {len(raw)}


def test_a_coded_file_with_a_damaged_coding_is_undetermined(sync_edge: Any) -> None:
    raw = gzip.compress(FILES["svg"].silent)[:-12]
    headers = typed("image/svg+xml", **{"content-encoding": "gzip"})
    refusal, _ = get(sync_edge, sync_edge.answer(headers=headers, pieces=[raw]))
    assert refusal.decision.verdict == "undetermined"


@pytest.mark.parametrize(
    ("first", "last", "name", "verdict"),
    [
        (0, None, "mp3", "unreserved"),  # the range is the whole
        (0, 200, "mp3", "undetermined"),
        (200, None, "mp3", "undetermined"),
        (0, 200, "jpeg", "unreserved"),  # its header is in the first part
        (200, None, "jpeg", "undetermined"),
        (0, 200, "pdf", "undetermined"),
    ],
)
def test_a_part_of_a_file_is_undetermined_unless_it_tells_all(
    sync_edge: Any, first: int, last: int | None, name: str, verdict: str
) -> None:
    edge, kind = sync_edge, FILES[name]
    part = kind.silent[first:last]
    field = {"content-range": f"bytes {first}-{first + len(part) - 1}/{len(kind.silent)}"}
    found, _ = get(edge, edge.answer(206, headers=typed(kind.media_type, **field), pieces=[part]))
    assert edge.decisions[0]["verdict"] == verdict
    assert isinstance(found, Withheld) is (verdict == "undetermined")


def test_a_part_that_reserves_is_reserved(sync_edge: Any) -> None:
    kind = FILES["mp3"]
    field = {"content-range": f"bytes 0-799/{len(kind.reserving)}"}
    answer = sync_edge.answer(206, headers=typed(kind.media_type, **field), pieces=[kind.reserving[:800]])
    assert get(sync_edge, answer)[0].decision.verdict == "reserved"


def test_head_of_a_file_reads_no_body(edge: Any) -> None:
    async def scenario() -> None:
        client = edge.client(edge.site({"/file": edge.answer(headers=typed("image/jpeg"), pieces=[])}))
        response = await edge.call(client.head, URL)
        assert response.extensions["tdm_guard"].content is False
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions[0]["verdict"] == "unreserved"


def test_the_picture_of_an_error_is_no_content(sync_edge: Any) -> None:
    body = FILES["jpeg"].reserving
    response, got = get(sync_edge, sync_edge.answer(404, headers=typed("image/jpeg"), pieces=[body]))
    assert (response.status_code, got) == (404, body)
    assert sync_edge.decisions[0]["content"] is False


def test_without_asset_signals_files_stream_on_and_the_record_says_so(edge: Any) -> None:
    kind = FILES["jpeg"]
    answer = edge.answer(headers=typed("image/jpeg"), pieces=cut(kind.reserving, 100))
    stream = answer.stream

    async def scenario() -> None:
        client = edge.client(edge.site({"/file": answer}), signals=TEXT_ONLY)
        response = await edge.open(client, URL)
        assert stream.taken == 0
        assert await edge.raw(response) == kind.reserving
        await edge.close(client)

    edge.run(scenario)
    assert edge.records("run")[0]["signals"] == TEXT_ONLY
    (decision,) = edge.decisions
    assert (decision["verdict"], decision["stage"]) == ("unreserved", "headers")


def test_one_asset_signal_does_not_hear_for_another(sync_edge: Any) -> None:
    assert get(sync_edge, sync_edge.answer(headers=typed("image/jpeg"), pieces=[FILES["jpeg"].reserving]),
               signals=NO_ASSETS)[1] == FILES["jpeg"].reserving  # fmt: skip
    refusal, _ = get(sync_edge, sync_edge.answer(headers=typed("application/pdf"), pieces=[FILES["pdf"].reserving]),
                     signals=NO_ASSETS)  # fmt: skip
    assert isinstance(refusal, Withheld)


@pytest.mark.parametrize("size", [0, 300_000])
def test_observing_hands_on_what_reserves(edge: Any, size: int) -> None:
    body = FILES["jpeg"].reserving + bytes(size)
    answer = edge.answer(headers=typed("image/jpeg"), pieces=cut(body, 30_000))
    _, got = get(edge, answer, mode="observe")
    assert got == body
    (decision,) = edge.decisions
    assert (decision["verdict"], decision["admitted"], decision["enforced"]) == ("reserved", True, False)
    assert decision["content_sha256"] == hashlib.sha256(body).hexdigest()


def test_pictures_of_a_page_that_says_noimageai_are_withheld_elsewhere_too(edge: Any) -> None:
    page = (
        '<html><head><meta name="robots" content="noimageai"></head><body>'
        '<img src="http://cdn.example/shown.jpg"></body></html>'
    )
    picture = FILES["jpeg"].silent
    pages = {
        "gallery.example/": lambda _: edge.answer(headers=typed("text/html"), pieces=[page.encode()]),
        "cdn.example/shown.jpg": lambda _: edge.answer(headers=typed("image/jpeg"), pieces=[picture]),
        "cdn.example/other.jpg": lambda _: edge.answer(headers=typed("image/jpeg"), pieces=[picture]),
    }
    seen: list[Any] = []

    async def scenario() -> None:
        client = edge.client(edge.site(pages, seen=seen))
        assert (await edge.get(client, "http://cdn.example/shown.jpg")).content == picture  # the page was not read yet
        assert (await edge.get(client, "http://gallery.example/")).text == page
        with pytest.raises(Withheld):
            await edge.get(client, "http://cdn.example/shown.jpg")
        assert (await edge.get(client, "http://cdn.example/other.jpg")).content == picture
        await edge.close(client)

    edge.run(scenario)
    assert [request.url.path for request in seen].count("/shown.jpg") == 1
    refused = edge.decisions[2]
    assert (refused["verdict"], refused["stage"]) == ("reserved", "policy")
    assert (refused["because"][0]["source"], refused["because"][0]["signal"]) == ("http://gallery.example/", "x-robots")


def test_many_at_once_each_get_their_own(async_edge: Any) -> None:
    edge = async_edge
    names = list(FILES)

    def answer(request: Any) -> Any:
        number = int(request.url.params["n"])
        kind = FILES[names[number % len(names)]]
        body = kind.reserving if number % 3 == 0 else kind.silent
        return edge.answer(headers=typed(kind.media_type), pieces=cut(body, 97))

    got: dict[int, bytes | None] = {}

    async def scenario() -> None:
        client = edge.client(edge.site({"/file": answer}))

        async def one(number: int) -> None:
            try:
                got[number] = (await edge.get(client, f"{URL}?n={number}")).content
            except Withheld:
                got[number] = None

        async with anyio.create_task_group() as group:
            for number in range(60):
                group.start_soon(one, number)
        await edge.close(client)

    edge.run(scenario)
    for number, body in got.items():
        assert body == (None if number % 3 == 0 else FILES[names[number % len(names)]].silent)
    assert len(got) == len(edge.decisions) == 60
    assert {record["verdict"] for record in edge.decisions} == {"reserved", "unreserved"}


def test_nothing_is_handed_on_when_a_reader_of_ours_fails(edge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = FILES["jpeg"]
    answer = edge.answer(headers=typed("image/jpeg"), pieces=cut(kind.silent))

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    async def scenario() -> None:
        client = edge.client(edge.site({"/file": answer}))
        monkeypatch.setattr("tdm_guard.judging.body.hear_asset", broken)
        with pytest.raises(ZeroDivisionError):
            await edge.open(client, URL)
        assert answer.is_closed
        await edge.close(client)

    edge.run(scenario)
    assert edge.decisions == []


def test_a_body_in_memory_is_judged_too(sync_edge: Any) -> None:
    edge = sync_edge

    def stored(_: Any) -> Any:
        return edge.module.Response(200, headers=typed("image/jpeg"), content=FILES["jpeg"].reserving)

    refusal, _ = get(edge, stored)
    assert isinstance(refusal, Withheld)
