"""Parts of a signal that do not fit together."""

from __future__ import annotations

from tdm_guard import Judge
from tdm_guard.signals import (
    SIGNALS,
    TDM,
    Document,
    DocumentReading,
    Headers,
    Listener,
    Reading,
    Result,
    Signal,
    Source,
    Stance,
    Statement,
)


class Silent:
    """No site: nobody can ask it for a path."""


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    Statement.at(source, signal="mine", usages=TDM)  # error: call-arg
    Statement.at(source, signal="mine", usages=TDM, stance="reserved")  # error: arg-type
    Statement.at(source, signal="mine", usages=TDM, stance=Stance.RESERVED, locater="line 1")  # error: call-arg
    DocumentReading(Result.READ, Silent())  # error: arg-type
    return Reading([])  # error: arg-type


def read_body(body: bytes, source: Source) -> Reading:
    return Reading()


Signal(name="mine", title="Mine")  # error: call-arg
Signal(name="mine", title="Mine", spec="1", read_headers=read_body)  # error: arg-type
Signal(name="mine", title="Mine", spec="1", read_html=read_headers)  # error: arg-type
Signal(name="mine", title="Mine", spec="1", headers=["x-mine"])  # error: arg-type
Document(path="/mine.txt", read=read_headers, max_bytes=1000)  # error: arg-type
Judge(signals=(*SIGNALS, read_headers))  # error: arg-type
