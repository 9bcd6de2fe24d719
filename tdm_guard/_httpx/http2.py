"""
HTTP/2: what is done about a body that is given up, so that its connection goes on to serve others.

httpcore forgets the stream but leaves it open: the server sends on into the window that all streams share, which nobody
empties, and each stream counts among those that may be open. After some refusals nothing can be had any more.
"""

from __future__ import annotations

from typing import Any, NamedTuple

CANCEL = 8  # RFC 9113 7: the stream is not needed any more


class Abandoned(NamedTuple):
    """The connection on which the end of a stream is to be told, and the request to whose limits it is written."""

    connection: Any
    request: Any

    def tell(self) -> Any:
        """Sends what is to be sent; in an event loop its result is awaited."""
        return self.connection._write_outgoing_data(self.request)


def abandon(source: Any) -> Abandoned | None:
    """
    Gives up the stream of HTTP/2 from which `source`, the body of a response, comes (RFC 9113 5.4.2).

    What came of it counts as read. None if there is no such stream. To be called before `source` is closed.
    """
    stream: Any = getattr(getattr(source, "_httpcore_stream", None), "_stream", None)
    connection: Any = getattr(stream, "_connection", None)
    state: Any = getattr(connection, "_h2_state", None)
    if state is None:
        return None
    number = stream._stream_id
    for event in tuple(connection._events.get(number, ())):
        if length := getattr(event, "flow_controlled_length", 0):
            state.acknowledge_received_data(length, number)
    known = state.streams.get(number)
    if known is not None and not known.closed:
        state.reset_stream(number, CANCEL)
    return Abandoned(connection, stream._request)
