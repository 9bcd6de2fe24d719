"""
Bodies that are handed on after their decision, as aiohttp's users read them: in pieces, lines, chunks or whole.

strategy: a `StreamReader` that is not fed by a connection but takes the next piece when its reader waits for one: of
what was heard, then of the body as received, through aiohttp's own decoder if the caller wants it decoded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from aiohttp import ClientPayloadError, http_parser
from aiohttp.client_reqrep import ClientResponse
from aiohttp.helpers import _EXC_SENTINEL
from aiohttp.http_parser import DeflateBuffer
from aiohttp.streams import StreamReader

_CODINGS = frozenset({"gzip", "deflate", "br"}) | ({"zstd"} if hasattr(http_parser, "HAS_ZSTD") else frozenset())
PIECE = 64 * 1024  # bytes of a coded body that are decoded at a time, since the loop waits for each


class _Idle:
    """Stands for the connection, which such a reader neither pauses nor resumes: it is its own doing to read on."""

    connected = True
    _reading_paused = False  # asked for by older versions

    def pause_reading(self) -> None:
        """Nothing comes unasked."""

    def resume_reading(self, resume_parser: bool = True) -> None:
        """What comes next is asked for when it is waited for."""


class Content(StreamReader):
    """
    The pieces already heard, then those still to come from `source`, if any; None if the body was heard whole.

    `ends_chunk`: what was heard ends where a chunk of the transfer does. `decodes`: the caller is handed it decoded.
    `tally` counts what still comes, and is told the end. `opens` is called before anything is handed out; what it
    raises, every reader gets.
    """

    def __init__(
        self,
        response: ClientResponse,
        heard: list[bytes],
        *,
        source: StreamReader | None,
        ends_chunk: bool,
        limit: int,
        decodes: bool,
        tally: Any = None,
        opens: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(_Idle(), limit, loop=asyncio.get_running_loop())  # type: ignore[arg-type]
        self._heard: deque[Any] = deque(heard)
        self._source = source
        self._ends_chunk = ends_chunk
        self._tally = tally
        self._opens = opens
        self._chunked = "chunked" in response.headers.get("transfer-encoding", "").lower()
        self._taking = self._more = False
        coding = response.headers.get("content-encoding", "").lower()
        self._decoder: DeflateBuffer | None = None
        if self._chunked:
            self.begin_http_chunk_receiving()
        if decodes and coding in _CODINGS:
            try:
                self._decoder = DeflateBuffer(self, coding)
            except Exception as error:  # noqa: BLE001 - what aiohttp would have raised, where it would have
                self._fail(error)
        elif self._source is None and opens is None:
            while self._heard:
                self.feed_data(self._heard.popleft())
            self._finish()

    def give_up(self) -> None:
        """The response was closed: a body not read to its end is recorded as incomplete. Raises `LogError`."""
        self._heard.clear()
        self._opens = None  # aiohttp lets nobody read on
        if self._tally is not None:
            self._tally.end(complete=False)

    def set_exception(self, exc: BaseException, exc_cause: BaseException = _EXC_SENTINEL) -> None:
        """Whoever waits for more of the body learns of it too."""
        super().set_exception(exc, exc_cause)
        if self._source is not None:
            self._source.set_exception(exc, exc_cause)

    async def wait_eof(self) -> None:
        """Waits until all of the body was received."""
        while not self._eof:
            await self._wait("wait_eof")

    async def _wait(self, func_name: str) -> None:
        if self._exception is not None:
            raise self._exception
        if self._opens is not None:
            self._open(self._opens)
        if self._taking:
            raise RuntimeError(f"{func_name}() called while another coroutine is already waiting for incoming data")
        self._taking = True
        try:
            await self._take()
        finally:
            self._taking = False

    def _open(self, opens: Callable[[], None]) -> None:
        self._opens = None
        try:
            opens()
        except Exception as error:
            self._heard.clear()
            self.set_exception(error)
            raise

    async def _take(self) -> None:
        """Takes one piece, or learns that there are no more."""
        ends_chunk = False
        if self._more:
            piece = b""
        elif self._heard:
            piece = self._next_heard()
            ends_chunk = self._ends_chunk and not self._heard
        elif self._source is not None:
            piece, ends_chunk = await self._source.readchunk()
            if piece and self._tally is not None:
                self._tally.add(piece)
            if not piece and not ends_chunk:
                self._finish()
                return
        else:
            self._finish()
            return
        if self._decoder is not None:
            await asyncio.sleep(0)  # decoding is bound by the processor, and nothing else here need wait
        self._feed(piece)
        if ends_chunk and self._chunked:
            self.end_http_chunk_receiving()
        if self._source is None and not self._heard and not self._more:
            self._finish()

    def _next_heard(self) -> bytes:
        piece = self._heard.popleft()
        if self._decoder is not None and len(piece) > PIECE:
            whole = memoryview(piece)
            self._heard.appendleft(whole[PIECE:])
            piece = whole[:PIECE]
        return bytes(piece)

    def _feed(self, piece: bytes) -> None:
        if self._decoder is None:
            self.feed_data(piece)
            return
        try:
            self._more = bool(self._decoder.feed_data(piece, len(piece)))
        except Exception as error:  # noqa: BLE001 - as its parser does, which would have decoded it
            self._fail(error)

    def _finish(self) -> None:
        if self._tally is not None:
            self._tally.end(complete=True)
        if self._chunked and self._source is None:
            self.end_http_chunk_receiving()
        if self._decoder is None:
            self.feed_eof()
            return
        try:
            self._decoder.feed_eof()
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        failed = ClientPayloadError(str(error))
        failed.__cause__ = error
        self._heard.clear()
        self.set_exception(failed)
