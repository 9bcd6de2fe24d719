"""One crawl by httpx or httpx2 on asyncio, as the command line tells."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterator

from tdm_guard import Withheld
from tests.soak.task import ENDED, Task, Teller
from tests.support.cancelling import cancel_after

TASK = Task.given()
httpx = importlib.import_module(TASK.edge)
guarded = importlib.import_module(f"tdm_guard.{TASK.edge}")
STEPS = 60  # turns of the loop within which a request is cancelled


async def main() -> None:
    loop = asyncio.get_running_loop()
    loop.slow_callback_duration = 60
    client = guarded.AsyncGuardClient(
        agent="ExampleBot",
        log=TASK.log,
        proxy=TASK.proxy,
        trust_env=False,
        verify=False,
        follow_redirects=True,
        timeout=600,
        **{"policy_timeout": 60.0, **TASK.options},
    )
    cache = client._transport.session.guard.cache
    teller = Teller(TASK, tasks=lambda: len(asyncio.all_tasks()), cache=lambda: cache.size)
    addresses = enumerate(TASK.addresses(), 1)

    async def ask(url: str) -> None:
        try:
            response = await client.get(url)
        except (Withheld, httpx.TransportError):
            return
        if response.extensions["tdm_guard"].content:
            teller.handed(str(response.url))

    async def work(addresses: Iterator[tuple[int, str]]) -> None:
        for number, url in addresses:
            if TASK.cancel and number % TASK.cancel == 0:
                task = asyncio.ensure_future(ask(url))
                cancel_after(task, number // TASK.cancel % STEPS)
                await asyncio.wait([task])
            else:
                await ask(url)

    async with client:
        await asyncio.gather(*(work(addresses) for _ in range(TASK.wide)))
    teller.holds(ENDED)


asyncio.run(main())
