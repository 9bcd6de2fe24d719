"""
`recheck --urls`: judges a list of addresses under the policies of today, origin by origin.

strategy: each of a bounded number of threads takes one origin, reads its documents once and judges its addresses, so
that an origin which does not answer holds up no other. The log is the product, and what a run that was cut short has
there is not judged again.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import typer

from tdm_guard._httpx.client import install
from tdm_guard._httpx.gently import Pace, Shared
from tdm_guard._httpx.look import look, read_ahead
from tdm_guard.cli.address_list import read_addresses
from tdm_guard.cli.by_origin import ByOrigin
from tdm_guard.cli.check import AGENT, page_of, plain_client
from tdm_guard.cli.console import INTERVAL, PATIENCE, counted, say
from tdm_guard.cli.console import record as show_record
from tdm_guard.cli.items import Items
from tdm_guard.cli.options import with_tables
from tdm_guard.cli.rechecked import Rechecked
from tdm_guard.cli.rechecked import addresses as in_words
from tdm_guard.errors import ConfigurationError
from tdm_guard.guard import Guard
from tdm_guard.httpx import GuardTransport
from tdm_guard.ledger.earlier import Keys, asked_in, read_earlier
from tdm_guard.log.record import line_of
from tdm_guard.log.redaction import Redaction
from tdm_guard.log.run_info import run_info
from tdm_guard.options import Options
from tdm_guard.options.config import with_config
from tdm_guard.options.keeping import keeping_of
from tdm_guard.options.tokens import Tokens
from tdm_guard.plain import printable
from tdm_guard.reports.spelling import number_of
from tdm_guard.reports.worklist_page import umbrella

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tdm_guard.cli.by_origin import Address, Span
    from tdm_guard.decision import Decision
    from tdm_guard.ledger.earlier import Earlier

MAX_DELAY = 3600  # seconds between two requests; who waits longer runs it in parts
MAX_CONCURRENCY = 512  # origins side by side: each takes a thread, and a connection or two
MAX_TOLD = 10  # pages without an answer, told one by one
MAX_SHOWN = 200  # characters of a line with no address
GLANCE = 0.5  # seconds between two looks at the threads
LEAVE_SECONDS = 2.0  # that the threads have to leave in, after an interruption; what they do then is not recorded
INTERRUPTED = 130  # the shell's code for Ctrl-C


class Wish(NamedTuple):
    """How to go about it."""

    as_json: bool
    content: bool
    delay: float
    concurrency: int
    items: str | None = None


def recheck_urls(path: str, given: Mapping[str, Any], wish: Wish) -> int:
    """
    Prints what of the list at `path` would be withheld today; 1 if there is any, 2 if something could not be judged.

    Raises `ConfigurationError` before anything is fetched, `LogError` when the log cannot be written.
    """
    options = {"agent": AGENT, **with_config(with_tables(given), environ=os.environ)}
    read = Options.read(options)
    _check(wish)
    with ExitStack() as stack:
        works = stack.enter_context(closing(Items.read(wish.items))) if wish.items else None
        addresses = stack.enter_context(closing(ByOrigin.of(counted(read_addresses(path), "lines"))))
        if not addresses.rows:
            raise ConfigurationError(f"--urls: {path} holds no address; for example a line https://site.example/page")
        for line, words in addresses.told:
            say(f"{path}:{line}: no http(s) address: {printable(words)[:MAX_SHOWN]}")
        sites = number_of(addresses.origins, "site")
        usages = umbrella(sorted(read.usages))
        say(f"judging {in_words(addresses.addresses)} of {sites} for {usages} as {read.agent}")
        code = _Rechecking(addresses, wish, works).run(options)
        if addresses.strange:
            say(f"{number_of(addresses.strange, 'line')} of {path} with no http(s) address: not judged")
        return 2 if addresses.strange and code != INTERRUPTED else code


def _check(wish: Wish) -> None:
    problems = []
    if not 0 <= wish.delay <= MAX_DELAY:
        problems.append(f"--delay: {wish.delay} is no number of seconds up to {MAX_DELAY}; for example 1")
    if not 1 <= wish.concurrency <= MAX_CONCURRENCY:
        problems.append(f"--concurrency: {wish.concurrency} is no number from 1 to {MAX_CONCURRENCY}; for example 16")
    if problems:
        raise ConfigurationError(*problems)


class _Rechecking:
    """The addresses of a list, as they are judged by several threads, and what came of them."""

    def __init__(self, addresses: ByOrigin, wish: Wish, works: Items | None) -> None:
        self._addresses = addresses
        self._wish = wish
        self._works = works
        self._spans = addresses.spans()
        self._stop = threading.Event()
        self._pace = Pace(wish.delay, self._stop)
        self._shared = Shared(self._pace)
        self._lock = threading.Lock()  # of all that follows, and of stdout
        self._earlier: Earlier | None = None
        self._keys = Keys(Redaction())
        self._problem: BaseException | None = None
        self._came = Rechecked(addresses.addresses)

    def run(self, options: Mapping[str, Any]) -> int:
        """Judges all of them and says what came of it; gives the exit code."""
        wish = self._wish
        with plain_client(options, connections=wish.concurrency) as client:
            install(GuardTransport.family, client, options, self._begin)
            guard: Guard = client._transport.session.guard  # type: ignore[attr-defined] # it is guarded now
            self._pace.set_on(client)
            number = min(wish.concurrency, self._addresses.origins)
            threads = [threading.Thread(target=self._work, args=(client,), daemon=True) for _ in range(number)]
            try:
                for thread in threads:
                    thread.start()
                self._wait(threads)
                if self._problem is not None:
                    raise self._problem
            except BaseException as error:
                guard.cut()  # first: what the threads still come to is not recorded
                self._stop.set()
                if not isinstance(error, KeyboardInterrupt):
                    raise
                until = time.monotonic() + LEAVE_SECONDS
                for thread in threads:
                    thread.join(max(0.0, until - time.monotonic()))
                left = self._addresses.addresses - self._came.done
                say(f"interrupted: {left:,} of {self._addresses.addresses:,} are left; the same command goes on there")
                return INTERRUPTED
            finally:
                self._close()
        for line in self._came.told(guard.book.log.told):
            say(line)
        return self._came.code

    def _begin(self, options: Options) -> Guard:
        """The run, which goes on with those that were cut short in the same list."""
        task = f"recheck{' --content' if self._wish.content else ''} {self._addresses.digest}"
        self._earlier = earlier = read_earlier(options, task, once=False, key=asked_in)
        self._keys = Keys(keeping_of(options, Tokens.read(os.environ)).redaction)
        total = self._addresses.addresses
        if earlier.count:
            run = earlier.runs[-1]
            left = "nothing is left to judge" if earlier.count >= total else "going on there"
            say(f"{earlier.count:,} of {total:,} were judged before run {run} was cut short: {left}")
        return Guard(options, info=replace(run_info(options), task=task, resumes=earlier.runs))

    def _close(self) -> None:
        with self._lock:
            if self._earlier is not None:
                self._earlier.close()
                self._earlier = None

    # ---- one thread ---------------------------------------------------------------------------------------------

    def _work(self, client: httpx.Client) -> None:
        try:
            while (span := self._next()) is not None:
                for address in self._addresses.at(span):
                    if self._stop.is_set():
                        return
                    self._judge(client, address)
        except BaseException as error:  # noqa: BLE001 - raised in the main thread
            with self._lock:
                self._problem = self._problem or error
            self._stop.set()

    def _next(self) -> Span | None:
        with self._lock:
            return None if self._stop.is_set() else next(self._spans, None)

    def _judge(self, client: httpx.Client, address: Address) -> None:
        decision = self._known(address)
        recalled = decision is not None
        if decision is None:
            works = [*address.items, *self._works_at(address)]
            try:
                if self._wish.content:
                    read_ahead(client, address.spelt[0], self._shared)
                    decision = page_of(client, address.spelt[0], item=works)
                else:
                    decision = look(client, address.spelt[0], item=works, shared=self._shared)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                self._no_answer(address, error)
                return
        with self._lock:
            self._came.done += 1
            self._came.recalled += recalled
            self._came.verdicts[decision.verdict] += 1
            self._came.empty += self._wish.content and decision.admitted and not decision.content
            if not decision.verdict.withholds:
                return
            if self._wish.as_json:
                show_record(line_of(decision.to_dict()))
            else:
                typer.echo("".join(f"{printable(spelt)}\n" for spelt in address.spelt), nl=False)

    def _known(self, address: Address) -> Decision | None:
        """What an earlier run came to."""
        if self._earlier is None or not self._earlier.count:
            return None
        key = self._keys.of_asked(address.url)
        with self._lock:
            return None if key is None or self._earlier is None else self._earlier.take(key)

    def _works_at(self, address: Address) -> list[dict[str, Any]]:
        """What is known of the works there beside the list."""
        if self._works is None:
            return []
        with self._lock:
            return self._works.at(dict.fromkeys((address.url, *address.spelt)))

    def _no_answer(self, address: Address, error: Exception) -> None:
        with self._lock:
            self._came.done += 1
            self._came.unanswered += 1
            if self._came.unanswered <= MAX_TOLD:
                say(f"{address.url} gave no answer to judge: {type(error).__name__}: {error}")

    # ---- what is said -------------------------------------------------------------------------------------------

    def _wait(self, threads: list[threading.Thread]) -> None:
        """Until all are done, or one failed; says now and then how far they are."""
        began = time.monotonic()
        due = began + PATIENCE
        for thread in threads:
            while thread.is_alive() and self._problem is None:
                thread.join(min(GLANCE, max(0.0, due - time.monotonic())))
                if thread.is_alive() and time.monotonic() >= due:
                    say(self._came.progress(due - began))
                    due = time.monotonic() + INTERVAL
