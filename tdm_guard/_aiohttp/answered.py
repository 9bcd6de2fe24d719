"""
Responses that tell when they are handed on, and when they are given up.

A middleware sees a response before its session decides what becomes of it: a redirect that it follows, a challenge that
another middleware answers, or what the caller gets. `ClientSession._request` gives the history to the latter alone, as
its last deed; `_history` is private to aiohttp, and a test holds us to it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from aiohttp import ClientResponse


class Answered(ClientResponse):
    """
    `arrives` writes the record that waits for the response to be handed on; raises `Withheld`, `LogError`. `fails` is
    called instead where it is closed before, `ends` where it is given up later. `call` keeps what is known of the call
    for as long as the response lives.
    """

    arrives: Callable[[], None] | None = None
    fails: Callable[[], None] | None = None
    ends: Callable[[], None] | None = None
    call: Any = None

    @property
    def _history(self) -> tuple[ClientResponse, ...]:
        earlier: tuple[ClientResponse, ...] = self.__dict__.get("earlier", ())
        return earlier

    @_history.setter
    def _history(self, earlier: tuple[ClientResponse, ...]) -> None:
        self._arrive()
        self.__dict__["earlier"] = earlier

    def _arrive(self) -> None:
        arrives, self.arrives, self.call = self.arrives, None, None
        if arrives is not None:
            arrives()

    def raise_for_status(self) -> None:
        """As the base does, but recorded before."""
        self._arrive()
        super().raise_for_status()

    def close(self) -> None:
        """As the base does; raises `LogError` if what came of the body cannot be recorded."""
        super().close()
        waits, self.arrives, self.call = self.arrives, None, None
        if waits is not None and self.fails is not None:
            self.fails()
        if self.ends is not None:
            self.ends()

    def release(self) -> Any:
        """As the base does; raises `LogError` as `close` does."""
        released = super().release()
        if self.ends is not None:
            self.ends()
        return released


@cache
def answered(base: type[ClientResponse]) -> type[ClientResponse]:
    """The class of responses that a session has, made to tell."""
    if issubclass(base, Answered):
        return base
    if issubclass(Answered, base):
        return Answered
    return type(base.__name__, (Answered, base), {"__module__": base.__module__})
