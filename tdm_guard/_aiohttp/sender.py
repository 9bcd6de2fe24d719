"""
What stands behind the guard: aiohttp's own sending of a request, made to hand over bodies as they were received.

That is a function within `ClientSession._request`, which holds the settings of the call and is private to aiohttp; a
test holds us to it. What stands behind a guard instead could send another request than the one that was judged, or keep
what is withheld, so that nothing else is taken.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import CellType, FunctionType
from typing import Any, NamedTuple

from aiohttp import ClientRequest, ClientResponse, ClientTimeout

from tdm_guard.errors import ConfigurationError

_OWN = "ClientSession._request.<locals>._connect_and_send_request"
_DECODES = "auto_decompress"


class Sender(NamedTuple):
    """
    `send` sends a request and decodes nothing. `decodes`: the caller is handed decoded bodies. `limits` are the
    caller's, `buffer` the bytes that a body of the caller's keeps in memory.
    """

    send: Callable[[ClientRequest], Awaitable[ClientResponse]]
    decodes: bool
    limits: ClientTimeout
    buffer: int


def sender_of(handler: Any) -> Sender:
    """The sender behind `handler`. Raises `ConfigurationError` if it is not aiohttp's own."""
    if getattr(handler, "__qualname__", None) != _OWN or not isinstance(handler, FunctionType):
        raise ConfigurationError(
            "middlewares: another middleware stands behind the guard, and could send what was not judged; "
            "put the guard last: middlewares=[…, guard]"
        )
    names, cells = handler.__code__.co_freevars, handler.__closure__ or ()
    held = dict(zip(names, [cell.cell_contents for cell in cells], strict=True))
    kept = tuple([CellType(False) if name == _DECODES else cell for name, cell in zip(names, cells, strict=True)])
    send = FunctionType(handler.__code__, handler.__globals__, handler.__name__, handler.__defaults__, kept)
    return Sender(send, held[_DECODES], held["real_timeout"], held["read_bufsize"])
