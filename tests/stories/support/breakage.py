"""Breaks what lies beneath the guard, on purpose: readers that raise, a clock that is moved on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from tdm_guard.guard import Guard
from tdm_guard.signals import SIGNALS

SEAMS = {
    "file": "read",
    "robots": "read_robots",
    "header": "read_headers",
    "html": "read_html",
    "feed": "read_feed",
    "asset": "read_asset",
    "challenge": "read_challenge",
    "hop": "read_hop",
    "precedence": "settle",
}  # label of the site whose words make the reader raise: name of the reader


@contextmanager
def broken_readers() -> Iterator[None]:
    """While it lasts, each reader of each signal raises for the site that is named after its seam."""
    kept = []
    for signal in SIGNALS:
        for seam, name in SEAMS.items():
            owner: Any = signal.document if seam == "file" else signal
            reader = getattr(owner, name, None)
            if reader is not None:
                kept.append((owner, name, reader))
                object.__setattr__(owner, name, _raising(reader, f"//{seam}.example/"))  # frozen for everyone else
    try:
        yield
    finally:
        for owner, name, reader in kept:
            object.__setattr__(owner, name, reader)


def _raising(reader: Callable[..., Any], place: str) -> Callable[..., Any]:
    def raising(*given: Any) -> Any:
        if place in repr(given):
            raise RuntimeError(f"a mistake of ours in {reader.__name__}")
        return reader(*given)

    return raising


class Clock:
    """The wall clock of every guard that is made while it is set, moved on by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    @contextmanager
    def set(self) -> Iterator[None]:
        defaults: dict[str, Any] = Guard.__init__.__kwdefaults__
        usual = defaults["clock"]
        defaults["clock"] = self
        try:
            yield
        finally:
            defaults["clock"] = usual
