"""What is handed on reads as if no guard were there: whole, in pieces, lines and chunks, coded or not, or broken."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import importlib
import json
import random
import zlib
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from tdm_guard.testing import Answer, PretendWeb, Site

TEXT = json.dumps({"words": random.Random(3).choices(["ebb", "flow", "tide", "mole", "quay"], k=9_000)}, indent=0)
WORDS = TEXT.encode()
NOISE = random.Random(4).randbytes(300_000)
CODERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda body: body,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}
with contextlib.suppress(ModuleNotFoundError):  # the oldest frameworks bring none
    CODERS["br"] = importlib.import_module("brotli").compress
RAW_DEFLATE = zlib.compressobj(wbits=-15)


async def whole(response: Any) -> Any:
    return await response.read()


async def text(response: Any) -> Any:
    return await response.text(errors="replace")


async def parsed(response: Any) -> Any:
    return await response.json(content_type=None)


async def by_size(response: Any) -> Any:
    return b"".join([piece async for piece in response.content.iter_chunked(1000)])


async def as_it_comes(response: Any) -> Any:
    return b"".join([piece async for piece in response.content.iter_any()])


async def by_chunk(response: Any) -> Any:
    """As the documentation of aiohttp has it; where the transfer had no chunks, none ends."""
    done, buffer, ends = [], b"", 0
    async for piece, ends_chunk in response.content.iter_chunks():
        buffer += piece
        if ends_chunk:
            done.append(buffer)
            buffer, ends = b"", ends + 1
    return b"".join([*done, buffer]), ends > 0, len(buffer) > 0


async def by_line(response: Any) -> Any:
    return [line async for line in response.content]


async def exactly(response: Any) -> Any:
    return await response.content.readexactly(100), await response.content.read(50), await response.content.read()


async def until_the_end(response: Any) -> Any:
    found = []
    while not response.content.at_eof():
        found.append(await response.content.read(7_777))
    return b"".join(found)


async def kept(response: Any) -> Any:
    async with response:
        first = await response.read()
    return first, await response.read(), response.closed


WAYS = (whole, text, parsed, by_size, as_it_comes, by_chunk, exactly, until_the_end, kept)
BODIES: dict[str, Answer] = {}
for kind, media_type, body in (("page", "text/html", WORDS), ("file", "application/x-noise", WORDS)):
    for coding, code in CODERS.items():
        fields = (("content-type", media_type), *((("content-encoding", coding),) if coding else ()))
        coded = code(body)
        BODIES[f"/{kind}/{coding or 'plain'}"] = Answer(headers=fields, body=coded)
        BODIES[f"/{kind}/{coding or 'plain'}/chunked"] = Answer(
            headers=fields, body=lambda coded=coded: (coded[at : at + 5_000] for at in range(0, len(coded), 5_000))
        )
BODIES |= {
    "/noise": Answer(headers=(("content-type", "application/x-noise"),), body=NOISE),
    "/noise/page": Answer(headers=(("content-type", "text/html"),), body=NOISE),
    "/empty": Answer(headers=(("content-type", "text/html"),)),
    "/empty/gzip": Answer(headers=(("content-type", "application/x-noise"), ("content-encoding", "gzip"))),
    "/raw-deflate": Answer(
        headers=(("content-type", "application/x-noise"), ("content-encoding", "deflate")),
        body=RAW_DEFLATE.compress(WORDS) + RAW_DEFLATE.flush(),
    ),
    "/two": Answer(
        headers=(("content-type", "application/x-noise"), ("content-encoding", "gzip, br")), body=gzip.compress(WORDS)
    ),
    "/broken": Answer(headers=(("content-type", "application/x-noise"), ("content-encoding", "gzip")), body=NOISE),
    "/missing": Answer(status=404, headers=(("content-encoding", "gzip"),), body=gzip.compress(WORDS)),
    "/none": Answer(status=204),
    "/short": Answer(
        headers=(("content-type", "application/x-noise"),),
        body=lambda: iter([NOISE]),
        length=len(NOISE) + 9,
        close_after=len(NOISE),
    ),
}


@pytest.fixture
def pretend(web: Callable[..., PretendWeb]) -> PretendWeb:
    return web(Site("press.example", BODIES))


def _parts(found: Any) -> Any:
    return found if isinstance(found, tuple) else (found,)


async def outcome(session: aiohttp.ClientSession, path: str, way: Any, **keywords: Any) -> Any:
    """What a way of reading comes to, or the kind of its error."""
    try:
        async with session.get(f"http://press.example{path}", **keywords) as response:
            found = await way(response)
    except aiohttp.ClientError as error:
        return type(error).__name__
    except (ValueError, EOFError) as error:
        return type(error).__name__
    found = [hashlib.sha256(part).hexdigest() if isinstance(part, bytes) else part for part in _parts(found)]
    return found, response.status, {name: value for name, value in response.headers.items() if name != "Date"}


@pytest.mark.parametrize("decodes", [True, False])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_it_reads_the_same(desk: Any, pretend: PretendWeb, way: Any, decodes: bool) -> None:
    async with (
        desk.session(pretend, auto_decompress=decodes) as guarded,
        aiohttp.ClientSession(proxy=pretend.proxy, auto_decompress=decodes) as plain,
    ):
        for path in BODIES:
            if (path, way) == ("/none", by_chunk):
                continue  # aiohttp itself comes to no end of the chunks of an empty answer, from the second one on
            told = await outcome(guarded, path, way)
            assert told == await outcome(plain, path, way), path
    assert desk.flaws() == []


async def test_a_request_may_want_it_as_it_came(desk: Any, pretend: PretendWeb) -> None:
    async with desk.session(pretend) as session:
        for path in ("/page/gzip", "/file/gzip", "/page/deflate"):
            async with session.get(f"http://press.example{path}", auto_decompress=False) as response:
                assert await response.read() == BODIES[path].body


async def test_lines_are_the_same_whatever_pieces_they_came_in(desk: Any, pretend: PretendWeb) -> None:
    async with desk.session(pretend) as session:
        for path in ("/page/gzip", "/file/plain/chunked", "/file/deflate/chunked", "/page/plain"):
            async with session.get(f"http://press.example{path}") as response:
                assert await by_line(response) == WORDS.splitlines(keepends=True)


async def test_chunks_of_what_streams_on_end_where_they_ended(desk: Any, web: Callable[..., PretendWeb]) -> None:
    lines = [b'{"line": %d}\n' % number * 100 for number in range(6)]
    answer = Answer(headers=(("content-type", "application/x-ndjson"),), body=lambda: iter(lines))
    pretend = web(Site("press.example", {"/lines": answer}))
    async with desk.session(pretend) as session, session.get("http://press.example/lines") as response:
        chunks, buffer = [], b""
        async for piece, ends in response.content.iter_chunks():
            buffer += piece
            if ends:
                chunks.append(buffer)
                buffer = b""
    assert (b"".join(chunks), buffer) == (b"".join(lines), b"")
    assert len(chunks) > 1


async def test_sizes_and_digests_are_of_the_body_as_received(desk: Any, pretend: PretendWeb) -> None:
    paths = ["/page/gzip", "/file/gzip", "/file/deflate/chunked", "/page/plain/chunked", "/noise"]
    async with desk.session(pretend) as session:
        for path in paths:
            await outcome(session, path, whole)
    bodies = {record["decision"]: record for record in desk.records("body")}
    for path, decision in zip(paths, desk.records(), strict=True):
        record = bodies.get(decision["id"], decision)
        body = BODIES[path].body
        coded = body if isinstance(body, bytes) else b"".join(body())
        assert (record["bytes"], record["content_sha256"]) == (len(coded), hashlib.sha256(coded).hexdigest())
        assert record.get("complete", True) is True
