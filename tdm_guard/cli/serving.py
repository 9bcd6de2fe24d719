"""`demo --serve`: the sample web stays up until it is told to end, with what to paste so that a crawler finds it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from tdm_guard.testing import SITES, PretendWeb, sample_web

if TYPE_CHECKING:
    from types import FrameType

INDEX, RESERVED = "http://index.example/", "http://gazette.example/news/ferry.html"
ENDS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # those that the system has
TICK = 0.5  # seconds; some systems hear a signal only between two waits


def serve(answers: TextIO | None = None, *, waits: Callable[[threading.Event], None] | None = None) -> None:
    """
    Serves the sample web on loopback until Ctrl-C or a signal to end; what to paste goes to `answers`, or stdout.

    `waits` returns when the event is set, or before.
    """
    out = sys.stdout if answers is None else answers
    with _ended() as ended, sample_web() as web:
        for line in lines(web):
            out.write(f"{line}\n")
        out.flush()  # whoever reads it through a pipe waits for it
        (waits or _wait)(ended)
    out.write("The sample web has ended.\n")
    out.flush()


def lines(web: PretendWeb) -> Iterator[str]:
    """What is there, and how a crawler gets there."""
    yield f"The sample web is up: {len(SITES)} sites behind the proxy {web.proxy} (http only). Ctrl-C ends it."
    yield ""
    yield f"Every page, with what its site declares:  {INDEX}"
    yield f"One that is reserved:                     {RESERVED}"
    yield ""
    yield "Paste it where your crawler runs (Scrapy, httpx, requests and curl heed it):"
    yield f"  export http_proxy={web.proxy} HTTP_PROXY={web.proxy}; unset no_proxy NO_PROXY all_proxy ALL_PROXY"
    yield f"  tdm-guard check {RESERVED}"
    yield ""
    yield "Scrapy, for one crawl of your project:"
    yield f"  http_proxy={web.proxy} scrapy crawl NAME"
    yield "Scrapy, for one request:"
    yield f'  yield scrapy.Request("{INDEX}", meta={{"proxy": "{web.proxy}"}})'
    yield "httpx:"
    yield f'  GuardClient(agent="ExampleBot", proxy="{web.proxy}", trust_env=False)'


@contextmanager
def _ended() -> Iterator[threading.Event]:
    """An event that the signals to end set, and that is all they do; after the block they mean what they did."""
    ended = threading.Event()

    def hear(number: int, frame: FrameType | None) -> None:
        ended.set()

    numbers = [number for name in ENDS if (number := getattr(signal, name, None)) is not None]
    before = {number: signal.signal(number, hear) for number in numbers}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait(ended: threading.Event) -> None:
    while not ended.wait(TICK):
        pass
