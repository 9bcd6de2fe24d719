"""
The raw bodies of responses, which urllib3 reads and decodes: how they are received, and handed on after a decision.

strategy: a `Source` takes the body as it was sent (chunks undone, codings not) from the response of urllib3. A `Replay`
stands where urllib3 expects the response of `http.client`: so it decodes, counts and closes as it always does. How they
read chunks from one another is private, but the same in all versions that the extra admits; tests hold us to it.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator
from typing import Any

from urllib3.response import HTTPResponse

from tdm_guard._clients.tally import Tally

PIECE = 64 * 1024  # bytes of a body that are received at a time


class Source:
    """The body of a response that comes from a network, as it was sent. `ended` once nothing is left of it."""

    __slots__ = ("_chunks", "_raw", "ended")

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._chunks: Iterator[bytes] | None = None
        self.ended = False
        if isinstance(raw, HTTPResponse) and raw.chunked and raw.supports_chunked_reads():
            self._chunks = iter(raw.read_chunked(PIECE, decode_content=False))

    def piece(self, most: int = PIECE, *, now: bool = False) -> bytes:
        """
        The next bytes: `most` of them, fewer at the end; of chunks, one, or `PIECE` bytes of it. Nothing at the end.

        `now`: what is there. Only who asks for it has it so, since caches listen to what goes through `read`.
        """
        if self.ended:
            return b""
        raw, found = self._raw, b""
        if self._chunks is not None:
            found = next(self._chunks, b"")
        elif not isinstance(raw, HTTPResponse):
            found = raw.read(most) or b""
        elif now and hasattr(raw, "read1"):
            found = raw.read1(most, decode_content=False) or b""
        else:
            found = raw.read(most, decode_content=False)
        if not found or (self._chunks is None and getattr(raw, "closed", False)):
            self.ended = True
        return found

    def close(self) -> None:
        """Closes the connection, if the body was not read to its end, and leaves its place in the pool."""
        if not self.ended:
            self.ended = True
            self._raw.close()
        release = getattr(self._raw, "release_conn", None)
        if release is not None:
            release()


class Replay(io.RawIOBase):
    """
    The pieces already heard, then those still to come from `source`, if any; they are counted in the `tally`.

    To urllib3 it looks like the response of `http.client`: `read` gives the body; a body that was chunked has its
    chunks, as they come, at `fp.readline` and `_safe_read`.
    """

    def __init__(self, heard: list[bytes], *, source: Source | None, tally: Tally | None, chunked: bool) -> None:
        super().__init__()
        # Given away piece by piece, not kept beside what the reader makes of them.
        self._heard: deque[bytes | memoryview] = deque(piece for piece in heard if piece)
        self._source = source
        self._tally = tally
        self._left = 0  # of the chunk that is announced
        self._done = False  # the last one was announced
        if chunked:
            self.fp: Replay | None = self
        self._settle()

    # As a file.

    def readable(self) -> bool:
        """True."""
        return True

    def read(self, amt: int | None = -1) -> bytes:
        """So many bytes, fewer only at the end; all without a number."""
        most = -1 if amt is None or amt < 0 else amt
        found: list[bytes] = []
        size = 0
        while most < 0 or size < most:
            piece = self._take(PIECE if most < 0 else most - size)
            if not piece:
                break
            found.append(piece)
            size += len(piece)
        return found[0] if len(found) == 1 else b"".join(found)

    def read1(self, amt: int | None = -1) -> bytes:
        """Bytes as they come, at most so many."""
        most = PIECE if amt is None or amt < 0 else amt
        return self._take(most, now=True) if most else b""

    def readinto(self, buffer: Any) -> int:
        """Bytes as they come, into a buffer."""
        piece = self._take(len(buffer), now=True)
        buffer[: len(piece)] = piece
        return len(piece)

    def isclosed(self) -> bool:
        """True when nothing is left, or it was closed."""
        return self.closed or not (self._heard or self._left or self._coming)

    def close(self) -> None:
        """Closes the connection's side; a body not read to its end is recorded as incomplete."""
        if self.closed:
            return
        super().close()
        self._heard.clear()
        self._left = 0
        try:
            if self._source is not None:
                self._source.close()
        finally:
            if self._tally is not None:
                self._tally.end(complete=False)

    # As chunks.

    def readline(self, limit: int | None = -1) -> bytes:
        """The line before a chunk, then the ones after the last."""
        if self._done:
            self.fp = None
            return b"\r\n"
        if not self._heard:
            self._receive(PIECE)
            self._settle()
        self._left = len(self._heard[0]) if self._heard else 0
        self._done = not self._left
        return b"%x\r\n" % self._left

    def _safe_read(self, amt: int) -> bytes:
        if not self._left:
            return b"\r\n"  # the end of a chunk
        return self._take(amt)

    # What is left.

    @property
    def _coming(self) -> bool:
        return self._source is not None and not self._source.ended

    def _receive(self, most: int, *, now: bool = False) -> None:
        if self._source is not None and not self.closed and (piece := self._source.piece(most, now=now)):
            try:
                if self._tally is not None:
                    self._tally.add(piece)
            except BaseException:
                self._source.close()
                raise
            self._heard.append(piece)

    def _take(self, most: int, *, now: bool = False) -> bytes:
        if not self._heard:
            self._receive(most, now=now)
        if not self._heard:
            self._settle()
            return b""
        piece = self._heard.popleft()
        if len(piece) > most:
            whole = memoryview(piece)
            self._heard.appendleft(whole[most:])
            piece = whole[:most]
        self._left = max(0, self._left - len(piece))
        self._settle()
        return bytes(piece)

    def _settle(self) -> None:
        if self._tally is not None and not self._heard and not self._coming and not self.closed:
            self._tally.end(complete=True)


def with_body(raw: Any, replay: Replay) -> Any:
    """What stands for `raw` with another body: a response of urllib3 if it is one, else the plain file."""
    if not isinstance(raw, HTTPResponse):
        return replay
    original = raw._original_response
    made = HTTPResponse(
        body=replay,
        headers=raw.headers,
        status=raw.status,
        version=raw.version,
        reason=raw.reason,
        preload_content=False,
        decode_content=raw.decode_content,
        original_response=original,
        msg=getattr(raw, "msg", None),
        retries=raw.retries,
        enforce_content_length=False,  # the one behind it does
        request_url=raw.geturl(),
    )
    if hasattr(raw, "version_string"):
        made.version_string = raw.version_string
    return made
