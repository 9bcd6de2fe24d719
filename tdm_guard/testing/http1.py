"""HTTP/1.1 as bytes (RFC 9112): what a request says, and how an answer is put on the wire."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.testing.site import Answer, Received

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BAD_REQUEST = Answer.text("not an HTTP/1.1 request\n", status=400)
TOO_LARGE = Answer.text("the request is too large or of unknown length\n", status=413)


class Head(NamedTuple):
    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


async def read_head(reader: asyncio.StreamReader) -> Head | Answer | None:
    """The request line and fields; an answer to what is none; None at the end of the connection."""
    try:
        data = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return TOO_LARGE
    except asyncio.IncompleteReadError as error:
        return BAD_REQUEST if error.partial.strip() else None
    first, *lines = data.decode("latin-1").strip("\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
        return BAD_REQUEST
    pairs = (line.partition(":") for line in lines)
    method, target, version = words
    return Head(method, target, version, tuple((key.strip(), value.strip()) for key, _, value in pairs))


def host(authority: str) -> str:
    return authority.rpartition("@")[2].lower().removesuffix(":80")


def head_lines(answer: Answer, length: int | None, *, chunked: bool, close: bool) -> bytes:
    given = {name.lower() for name, _ in answer.headers}
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{name}: {value}" for name, value in answer.headers)]
    if "date" not in given:
        lines.append(f"date: {datetime.now(UTC):%a, %d %b %Y %H:%M:%S} GMT")
    if chunked:
        lines.append("transfer-encoding: chunked")
    elif length is not None and "content-length" not in given:
        lines.append(f"content-length: {length}")
    lines.append("connection: close" if close else "connection: keep-alive")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "backslashreplace")


async def pieces(answer: Answer) -> AsyncIterator[bytes]:
    first = True
    for part in (answer.body,) if isinstance(answer.body, bytes) else answer.body():
        for start in range(0, len(part), answer.piece):
            if not first:
                await asyncio.sleep(answer.drip)  # with 0 too, so that other connections have their turn
            first = False
            yield part[start : start + answer.piece]


def is_current(answer: Answer, request: Received) -> bool:
    """RFC 9110 13.2.2: the client's copy is the one it would be given again."""
    if answer.status != 200 or request.method not in ("GET", "HEAD"):
        return False
    tags = request.header("if-none-match")
    if tags is not None:
        ours = (answer.header("etag") or "").removeprefix("W/")
        return bool(ours) and (tags == "*" or ours in (tag.strip().removeprefix("W/") for tag in tags.split(",")))
    since = request.header("if-modified-since")
    return since is not None and since == answer.header("last-modified")


def not_modified(answer: Answer) -> Answer:
    headers = tuple(pair for pair in answer.headers if not pair[0].lower().startswith("content-"))
    return Answer(status=304, headers=headers, delay=answer.delay)
