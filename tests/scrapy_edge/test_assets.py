"""Files with a reservation inside: what the spider gets, what the pipelines store, what is on the disk."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tdm_guard.testing import Answer, PretendWeb, Site
from tests.support import documents
from tests.support.assets import BULK, FILES, MEGABYTE, OPEN, SECRET, WRONG_TYPES, bulk, large_jpeg, large_mp4
from tests.support.handlers import HANDLERS, way

Web = Callable[..., PretendWeb]
Crawl = Callable[..., Any]


def file(body: Any, media_type: str | None, *headers: tuple[str, str], **how: Any) -> Answer:
    return Answer(headers=(*((("content-type", media_type),) if media_type else ()), *headers), body=body, **how)


def both() -> dict[str, Answer]:
    """Each kind of file, one that reserves and one that does not."""
    return {
        f"/{word}/{number}": file(body, kind.media_type)
        for number, kind in enumerate(FILES.values())
        for word, body in (("reserved", kind.reserving), ("unreserved", kind.silent))
    }


def verdicts_named_by_paths(crawled: Any) -> None:
    found = crawled.verdicts()
    assert found == {path: path.split("/")[1] for path in found}


@pytest.mark.parametrize("way", [way(name) for name in HANDLERS])
def test_files_are_withheld_or_arrive_byte_for_byte(web: Web, crawl: Crawl, way: str) -> None:
    pages = both()
    origin = web(Site("files.example", pages)).origin("files.example")
    crawled = crawl(*(origin + path for path in pages), HTTPCACHE_ENABLED=True, **HANDLERS[way])
    assert len(crawled.decisions) == len(pages)
    verdicts_named_by_paths(crawled)
    assert {item["url"].removeprefix(origin): item["sha256"] for item in crawled.responses} == {
        path: hashlib.sha256(answer.body).hexdigest()
        for path, answer in pages.items()
        if path.startswith("/unreserved") and isinstance(answer.body, bytes)
    }
    carriers = [kind.carrier for kind in FILES.values()]
    for record in crawled.decisions:
        assert record["stage"] == "asset"
        if record["verdict"] == "reserved":
            assert record["because"][0]["carrier"] == carriers[int(record["url"].rpartition("/")[2])]
    assert crawled.holds(SECRET.decode()) == []
    assert crawled.holds(OPEN.decode())  # in the HTTP cache, so that the search finds what is there


def test_files_under_wrong_types_are_found_out(web: Web, crawl: Crawl) -> None:
    pages = {}
    for name in ("jpeg", "pdf", "epub", "mp3"):
        for number, media_type in enumerate(WRONG_TYPES):
            pages[f"/reserved/{name}/{number}"] = file(FILES[name].reserving, media_type)
            pages[f"/unreserved/{name}/{number}"] = file(FILES[name].silent, media_type)
    origin = web(Site("files.example", pages)).origin("files.example")
    crawled = crawl(*(origin + path for path in pages), HTTPCACHE_ENABLED=True)
    assert len(crawled.decisions) == len(pages)
    verdicts_named_by_paths(crawled)
    assert crawled.holds(SECRET.decode()) == []


def test_damaged_and_overlong_files_are_undetermined(web: Web, crawl: Crawl) -> None:
    sound = documents.mp3(documents.id3(documents.text_frame(b"TSRC", "FRX761234567")), frames=400)
    reserved = documents.mp3(documents.id3(documents.private_frame(documents.xmp())), frames=400, tail=SECRET)
    pages = {
        "/undetermined/cut.pdf": file(FILES["pdf"].silent[:-200], "application/pdf"),
        "/undetermined/cut.epub": file(FILES["epub"].silent[:-30], "application/epub+zip"),
        "/undetermined/cut.png": file(FILES["png, behind the picture"].reserving[:-200], "image/png"),
        "/reserved/cut.mp3": file(FILES["mp3"].reserving[:800], "audio/mpeg"),
        "/undetermined/long.mp3": file(sound, "audio/mpeg"),
        "/reserved/long.mp3": file(reserved, "audio/mpeg"),
        "/unreserved/long.jpg": file(large_jpeg(None) + bytes(90_000), "image/jpeg"),
        "/undetermined/coding.svg": file(
            gzip.compress(FILES["svg"].silent)[:-12], "image/svg+xml", ("content-encoding", "gzip")
        ),
    }
    origin = web(Site("files.example", pages)).origin("files.example")
    crawled = crawl(*(origin + path for path in pages), HTTPCACHE_ENABLED=True, TDM_GUARD_MAX_ASSET_BYTES=60_000)
    assert len(crawled.decisions) == len(pages)
    verdicts_named_by_paths(crawled)
    assert crawled.holds(SECRET.decode()) == []
    assert [item["url"] for item in crawled.responses] == [origin + "/unreserved/long.jpg"]


def test_a_coded_file_is_judged_decoded(web: Web, crawl: Crawl) -> None:
    coded = ("content-encoding", "gzip")
    kind = FILES["svg"]
    pages = {
        "/reserved": file(gzip.compress(kind.reserving), kind.media_type, coded),
        "/unreserved": file(gzip.compress(kind.silent), kind.media_type, coded),
    }
    origin = web(Site("files.example", pages)).origin("files.example")
    crawled = crawl(*(origin + path for path in pages), HTTPCACHE_ENABLED=True)
    verdicts_named_by_paths(crawled)
    (handed,) = crawled.responses
    assert handed["sha256"] == hashlib.sha256(kind.silent).hexdigest()
    by_verdict = {record["verdict"]: record for record in crawled.decisions}
    assert by_verdict["unreserved"]["bytes"] == len(gzip.compress(kind.silent))


def test_parts_heads_and_errors(web: Web, crawl: Crawl) -> None:
    mp3, jpeg = FILES["mp3"], FILES["jpeg"]

    def part(body: bytes, first: int, last: int, media_type: str) -> Answer:
        piece = body[first:last]
        field = ("content-range", f"bytes {first}-{first + len(piece) - 1}/{len(body)}")
        return file(piece, media_type, field, status=206)

    pages = {
        "/unreserved/whole": part(mp3.silent, 0, len(mp3.silent), "audio/mpeg"),
        "/undetermined/first": part(mp3.silent, 0, 200, "audio/mpeg"),
        "/undetermined/last": part(mp3.silent, 200, 900, "audio/mpeg"),
        "/reserved/first": part(mp3.reserving, 0, 800, "audio/mpeg"),
        "/unreserved/picture": part(jpeg.silent, 0, 200, "image/jpeg"),
        "/unreserved/error": file(jpeg.reserving, "image/jpeg", status=404),
        "/unreserved/head": file(jpeg.reserving, "image/jpeg"),
    }
    origin = web(Site("files.example", pages)).origin("files.example")
    requests = [
        {"url": origin + path, "method": "HEAD" if path.endswith("head") else "GET", "headers": {"Range": "bytes=0-"}}
        for path in pages
    ]
    crawled = crawl(*requests, HTTPERROR_ALLOW_ALL=True)
    verdicts_named_by_paths(crawled)
    content = {record["url"].removeprefix(origin) for record in crawled.decisions if record["content"]}
    assert content == set(pages) - {"/unreserved/error", "/unreserved/head"}


LARGE = {
    "chunked.jpg": file(bulk(large_jpeg() + SECRET), "image/jpeg"),
    "sized.jpg": file(bulk(large_jpeg() + SECRET), "image/jpeg", length=BULK),
    "chunked.mp4": file(bulk(large_mp4() + SECRET), "video/mp4"),
    "sized.mp4": file(bulk(large_mp4() + SECRET), "video/mp4", length=BULK),
    "sized.bin": file(bulk(large_jpeg() + SECRET), "application/octet-stream", length=BULK),
}


@pytest.mark.parametrize("way", [way(name) for name in HANDLERS])
def test_large_files_whose_beginning_reserves_are_cut_off(web: Web, crawl: Crawl, way: str) -> None:
    pretend = web(Site("bulk.example", {f"/{name}": answer for name, answer in LARGE.items()}))
    origin = pretend.origin("bulk.example")
    crawled = crawl(*(f"{origin}/{name}" for name in LARGE), HTTPCACHE_ENABLED=True, **HANDLERS[way])
    assert set(crawled.verdicts().values()) == {"reserved"}
    assert [item["type"] for item in crawled.errors] == ["Withheld"] * len(LARGE)
    assert crawled.holds(SECRET.decode()) == []
    assert "ERROR" not in crawled.text
    for record in crawled.decisions:
        assert (record["stage"], record["because"][0]["layer"]) == ("asset", "asset")
        if way == "muted handler":  # nothing is known of what it receives: it is judged when it is there
            assert record["bytes"] == BULK
        else:
            assert 0 < record["bytes"] < 2 * MEGABYTE
            assert record["content_sha256"] is None
            sent = pretend.sent("bulk.example", record["url"].removeprefix(origin))
            assert sent < BULK / 2  # socket buffers hold some megabytes


@pytest.mark.parametrize("media_type", ["image/jpeg", "application/octet-stream"])
def test_a_header_ends_the_download_of_a_file_before_its_beginning_is_looked_at(
    web: Web, crawl: Crawl, media_type: str
) -> None:
    answer = file(bulk(large_jpeg() + SECRET), media_type, ("tdm-reservation", "1"), length=BULK)
    pretend = web(Site("bulk.example", {f"/{n}": answer for n in range(12)}))
    crawled = crawl(*(f"{pretend.origin('bulk.example')}/{n}" for n in range(12)))
    assert [(record["verdict"], record["stage"]) for record in crawled.decisions] == [("reserved", "headers")] * 12
    assert [item["type"] for item in crawled.errors] == ["Withheld"] * 12


def test_a_large_file_that_says_nothing_arrives_whole(web: Web, crawl: Crawl) -> None:
    size = 3 * MEGABYTE
    head = large_mp4(documents.xmp("DMI-UNSPECIFIED"), size=size)
    pretend = web(
        Site(
            "bulk.example",
            {
                "/sized": file(bulk(head, size), "video/mp4", length=size),
                "/chunked": file(bulk(head, size), "video/mp4"),
            },
        )
    )
    origin = pretend.origin("bulk.example")
    crawled = crawl(origin + "/sized", origin + "/chunked")
    assert crawled.verdicts() == {"/sized": "unreserved", "/chunked": "unreserved"}
    assert [item["size"] for item in crawled.responses] == [size, size]
    assert {item["sha256"] for item in crawled.responses} == {
        hashlib.sha256(head + bytes(size - len(head))).hexdigest()
    }


def test_what_is_too_large_to_be_read_whole_is_not_received_to_its_end(web: Web, crawl: Crawl) -> None:
    limit = 4 * MEGABYTE
    film = large_mp4(documents.xmp("DMI-UNSPECIFIED"))
    late = large_mp4(documents.xmp("DMI-UNSPECIFIED"), size=2 * MEGABYTE) + bytes(2 * MEGABYTE)
    pages = {
        "/undetermined/sized.mp4": file(bulk(film), "video/mp4", length=BULK),
        "/undetermined/chunked.mp4": file(bulk(film), "video/mp4"),
        "/reserved/late.mp4": file(bulk(late[: 2 * MEGABYTE] + documents.xmp_box(documents.xmp())), "video/mp4"),
        "/unreserved/picture.jpg": file(bulk(large_jpeg(None)), "image/jpeg", length=BULK),
        "/unreserved/other.bin": file(bulk(b"\0" * 100), "application/octet-stream", length=BULK),
        "/unreserved/short.mp4": file(documents.mp4(media=limit // 2), "video/mp4"),
    }
    pretend = web(Site("bulk.example", pages))
    origin = pretend.origin("bulk.example")
    crawled = crawl(*(origin + path for path in pages), TDM_GUARD_MAX_ASSET_BYTES=limit)
    assert len(crawled.decisions) == len(pages)
    verdicts_named_by_paths(crawled)
    for record in crawled.decisions:
        path = record["url"].removeprefix(origin)
        if record["admitted"]:
            assert record["bytes"] == pretend.sent("bulk.example", path)
        else:
            assert limit < record["bytes"] < limit + MEGABYTE
            assert pretend.sent("bulk.example", path) < BULK * 3 / 4  # socket buffers hold some megabytes
            assert crawled.errors[0]["type"] == "Withheld"


def test_the_large_picture_of_an_error_that_reserves_is_withheld(web: Web, crawl: Crawl) -> None:
    """Scrapy's signals do not tell the status: its download was ended before that was known."""
    answer = file(bulk(large_jpeg() + SECRET), "image/jpeg", status=404, length=BULK)
    origin = web(Site("bulk.example", {"/gone.jpg": answer})).origin("bulk.example")
    crawled = crawl(origin + "/gone.jpg", HTTPERROR_ALLOW_ALL=True)
    (record,) = crawled.decisions
    assert (record["verdict"], record["status"], record["content"]) == ("reserved", 404, False)
    assert [item["type"] for item in crawled.errors] == ["Withheld"]


def test_many_large_files_at_once_are_each_cut_off(web: Web, crawl: Crawl) -> None:
    pages = {f"/{'reserved' if n % 2 else 'unreserved'}/{n}.jpg": n for n in range(24)}
    sites = Site(
        "bulk.example",
        {
            path: file(bulk(large_jpeg() if n % 2 else large_jpeg(None), 3 * MEGABYTE), "image/jpeg")
            for path, n in pages.items()
        },
    )
    pretend = web(sites)
    origin = pretend.origin("bulk.example")
    crawled = crawl(*(origin + path for path in pages), CONCURRENT_REQUESTS=24, CONCURRENT_REQUESTS_PER_DOMAIN=24)
    assert len(crawled.decisions) == len(pages)
    verdicts_named_by_paths(crawled)
    assert {item["size"] for item in crawled.responses} == {3 * MEGABYTE}


def test_without_asset_signals_files_are_not_read_and_the_record_says_so(web: Web, crawl: Crawl) -> None:
    pages = {
        "/a.jpg": file(FILES["jpeg"].reserving, "image/jpeg"),
        "/b.pdf": file(FILES["pdf"].reserving, "application/pdf"),
    }
    origin = web(Site("files.example", pages)).origin("files.example")
    crawled = crawl(*(origin + path for path in pages), TDM_GUARD_SIGNALS=["robots", "tdmrep"])
    assert crawled.verdicts() == {"/a.jpg": "unreserved", "/b.pdf": "reserved"}
    assert crawled.records[0]["signals"] == ["robots", "tdmrep"]


def test_observing_stores_what_reserves_and_says_so(web: Web, crawl: Crawl) -> None:
    pages = {"/a.jpg": file(FILES["jpeg"].reserving, "image/jpeg"), "/b.jpg": LARGE["sized.jpg"]}
    origin = web(Site("files.example", pages)).origin("files.example")
    crawled = crawl(*(origin + path for path in pages), TDM_GUARD_MODE="observe", DOWNLOAD_WARNSIZE=0)
    assert crawled.verdicts() == {"/a.jpg": "reserved", "/b.jpg": "reserved"}
    assert all(record["admitted"] and not record["enforced"] for record in crawled.decisions)
    assert sorted(item["size"] for item in crawled.responses) == sorted([len(FILES["jpeg"].reserving), BULK])


# ---- pipelines ----------------------------------------------------------------------------------------------------


def picture(words: bytes, packet: bytes | None = None, kind: str = "JPEG") -> bytes:
    """A picture that Pillow reads, `words` in its colours' place: in a comment."""
    out = io.BytesIO()
    more = {"comment": words} if kind == "JPEG" else {}
    Image.new("RGB", (40, 30), (words[0], 90, 120)).save(out, kind, xmp=packet or b"", **more)
    return out.getvalue()


PIPELINES = {
    "ITEM_PIPELINES": {"scrapy.pipelines.files.FilesPipeline": 1, "scrapy.pipelines.images.ImagesPipeline": 2},
    "FILES_STORE": "files",
    "IMAGES_STORE": "images",
    "IMAGES_THUMBS": {"small": [10, 10]},
    "HTTPCACHE_ENABLED": True,
}


def digests(folder: Path) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_pipelines_store_what_is_admitted_and_nothing_else(web: Web, crawl: Crawl) -> None:
    free, kept = picture(OPEN), picture(SECRET, documents.xmp())
    shown = picture(b"SHOWN-" + SECRET)
    pages = {
        f"/item/{name}/": Answer.html(f"<p>{name}") for name in ("free", "kept", "book", "kept-book", "film", "broken")
    } | {
        "/item/free/media": file(free, "image/jpeg"),
        "/item/kept/media": file(kept, "image/jpeg"),
        "/item/book/media": file(FILES["pdf"].silent, "application/pdf"),
        "/item/kept-book/media": file(FILES["pdf"].reserving, "application/pdf"),
        "/item/film/media": LARGE["sized.mp4"],
        "/item/broken/media": file(FILES["epub"].silent[:-30] + SECRET, "application/epub+zip"),
        "/gallery/item/": Answer.html('<meta name="robots" content="noimageai"><img src="/gallery/item/media">'),
        "/gallery/item/media": file(shown, "image/jpeg"),
    }
    pretend = web(Site("files.example", pages))
    origin = pretend.origin("files.example")
    crawled = crawl(
        *(origin + path for path in pages if path.endswith("/")),
        spider={"pictures": ["/free/", "/kept/", "/gallery/"]},
        **PIPELINES,
    )
    assert crawled.verdicts() == {path: "unreserved" for path in pages if not path.endswith("media")} | {
        "/item/free/media": "unreserved",
        "/item/kept/media": "reserved",
        "/item/book/media": "unreserved",
        "/item/kept-book/media": "reserved",
        "/item/film/media": "reserved",
        "/item/broken/media": "undetermined",
        "/gallery/item/media": "reserved",
    }
    assert digests(crawled.folder / "files") == {hashlib.sha256(FILES["pdf"].silent).hexdigest()}
    assert len(list((crawled.folder / "images").rglob("*.jpg"))) == 2  # the picture, encoded anew, and its small copy
    assert crawled.holds(SECRET.decode()) == []
    assert crawled.holds(OPEN.decode())
    assert pretend.asked("files.example", "/gallery/item/media") == 0
    assert pretend.sent("files.example", "/item/film/media") < BULK / 2


def test_what_is_stored_has_its_record_before(web: Web, crawl: Crawl) -> None:
    """A log that is full when the file comes: it is not stored."""
    pages = {"/item/": Answer.html("<p>page"), "/item/media": file(FILES["pdf"].silent, "application/pdf")}
    origin = web(Site("files.example", pages)).origin("files.example")
    whole = crawl(origin + "/item/", **PIPELINES)
    assert len(digests(whole.folder / "files")) == 1
    shutil.rmtree(whole.folder / "files")
    log = (whole.folder / "tdm-guard.jsonl").read_bytes()
    run, page = log.splitlines(keepends=True)[:2]
    # The next run's first record and the page's fit behind those of this run, the file's does not.
    room = len(log) + len(run) + len(page) + 200
    crawled = crawl(origin + "/item/", file_limit=room, **PIPELINES | {"HTTPCACHE_ENABLED": False})
    assert [record["url"].removeprefix(origin) for record in crawled.decisions] == ["/item/"]
    assert digests(crawled.folder / "files") == set()
    assert crawled.stats["finish_reason"] == "tdm_guard_log"
