"""Bodies that are handed on after their decision: replayed from memory, counted while they stream, or both."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Self

from anyio.lowlevel import checkpoint

from tdm_guard._clients.tally import Tally

PIECE = 64 * 1024  # bytes of a coded body that are handed on at a time, since its reader decodes each at once


class Body:
    """
    The pieces already heard, then those still to come from `pieces`, if any.

    `source` is the stream to close; None if the body was heard whole and its connection given back. `coded`: its reader
    decodes it.
    """

    def __init__(
        self,
        heard: list[bytes],
        *,
        source: Any = None,
        pieces: Any = None,
        tally: Tally | None = None,
        coded: bool = False,
    ) -> None:
        # Given away piece by piece, not kept beside what the reader makes of them.
        self._heard: deque[Any] = deque(heard)
        self._coded = coded
        self._source = source
        self._pieces = pieces
        self._tally = tally

    def _piece(self) -> bytes:
        piece = self._heard.popleft()
        if len(piece) > PIECE:
            whole = memoryview(piece)
            self._heard.appendleft(whole[PIECE:])
            piece = whole[:PIECE]
        return bytes(piece)

    def _end(self, *, complete: bool) -> None:
        if self._tally is not None:
            self._tally.end(complete=complete)


class SyncBody(Body):
    """For synchronous clients."""

    def __iter__(self) -> Iterator[bytes]:
        while self._heard:
            yield self._piece() if self._coded else self._heard.popleft()
        if self._source is not None:
            for chunk in iter(self._source) if self._pieces is None else self._pieces:
                if self._tally is not None:
                    self._tally.add(chunk)
                yield chunk
        self._end(complete=True)

    def close(self) -> None:
        """Closes the connection's side; a body not read to its end is recorded as incomplete."""
        self._heard.clear()
        try:
            if self._source is not None:
                self._source.close()
        finally:
            self._end(complete=False)


class AsyncBody(Body):
    """For asynchronous clients."""

    def __aiter__(self) -> Self:  # no generator: one left alone half-way is reported by trio, and by nobody closed
        return self

    async def __anext__(self) -> bytes:
        if self._heard:
            if self._coded:
                await checkpoint()  # its reader decodes the whole at one go, else
                return self._piece()
            piece: bytes = self._heard.popleft()
            return piece
        if self._source is not None:
            if self._pieces is None:
                self._pieces = self._source.__aiter__()
            chunk: bytes | None = await anext(self._pieces, None)
            if chunk is not None:
                if self._tally is not None:
                    self._tally.add(chunk)
                return chunk
        self._end(complete=True)
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Closes the connection's side; a body not read to its end is recorded as incomplete."""
        self._heard.clear()
        try:
            if hasattr(self._pieces, "aclose") and not getattr(self._pieces, "ag_running", False):
                await self._pieces.aclose()
        finally:
            try:
                if self._source is not None:
                    await self._source.aclose()
            finally:
                self._end(complete=False)
