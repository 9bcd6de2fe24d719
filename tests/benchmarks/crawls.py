"""
Scrapy with the guard against Scrapy with ROBOTSTXT_OBEY: CPU per request, 400 new origins, origins that never answer.

The server is a process of its own; the two sides take turns.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.measure import Row, spread

PAGES = 120  # of one turn: short turns, so that what else runs here disturbs both sides of a pair
TURNS = 40
ORIGINS = 400
DELAY = 0.05  # seconds that each answer of the many origins takes
SILENT = 8
TIMEOUT = 2.0  # policy_timeout of the crawl with silent origins, seconds
ROUNDS = 3
SERVER, CRAWL, IN_TURNS = (f"tests.benchmarks.{name}" for name in ("crawl_server", "crawl_run", "crawl_turns"))


@contextmanager
def serving(*words: str) -> Iterator[list[str]]:
    """Origins on loopback from a process of their own."""
    server = subprocess.Popen([sys.executable, "-m", SERVER, *words], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())
    finally:
        server.terminate()
        server.wait()


def _crawl(folder: Path, side: str, urls: list[str], **settings: object) -> dict[str, float]:
    task = {"side": side, "urls": urls, "log": str(folder / "log-{run}.jsonl"), "settings": settings}
    result: dict[str, float] = _run(CRAWL, task)
    assert result["pages"] == settings.get("expected", len(urls)), result
    return result


def _run(module: str, task: dict[str, object]) -> Any:
    """What a module, told what to do on its standard input, prints last."""
    words = json.dumps(task)
    done = subprocess.run([sys.executable, "-m", module], input=words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def cpu_per_request(folder: Path, turns: int = TURNS) -> list[Row]:
    """One origin, warm after the first page, log on; a spider that reads its pages, and one that does nothing."""
    rows = []
    with serving("1", "0", "0") as (origin,):
        for what, reads in (("title, text and links read", True), ("nothing read", False)):
            task = {"origin": origin, "pages": PAGES, "rounds": turns, "reads": reads, "log": f"{folder}/{{run}}.jsonl"}
            done = _run(IN_TURNS, task)
            pairs = list(zip(done["guard"], done["robots"], strict=True))
            rows.append(
                Row(
                    what=f"Scrapy, CPU per request, {what}",
                    ours=statistics.median(done["guard"]) * 1e6,
                    peer=statistics.median(done["robots"]) * 1e6,
                    unit="µs",
                    peer_name="Scrapy with ROBOTSTXT_OBEY",
                    ratio=statistics.median(ours / peer for ours, peer in pairs),
                    spread=spread(pairs),
                    budget=1.05,
                    note=f"HTML pages of 10 KB, warm, log on, server in another process, {turns} turns of {PAGES}",
                )
            )
    return rows


def new_origins(folder: Path) -> list[Row]:
    """One page of each of many origins, seeds one after another."""
    rows = []
    with serving(str(ORIGINS), "0", str(DELAY)) as origins:
        urls = [f"{origin}/page/1" for origin in origins]
        for what, settings, budget in (
            ("robots.txt and tdmrep.json", {"TDM_GUARD_SIGNALS": ["robots", "ai-agents", "tdmrep", "x-robots"]}, 1.6),
            ("all signals", {}, 1.6),
        ):
            pairs = [(_crawl(folder, "guard", urls, **settings), _crawl(folder, "robots", urls)) for _ in range(ROUNDS)]
            rows.append(
                Row(
                    what=f"{ORIGINS} new origins, {what}: wall time",
                    ours=statistics.median(ours["wall"] for ours, _ in pairs),
                    peer=statistics.median(peer["wall"] for _, peer in pairs),
                    unit="s",
                    ratio=statistics.median(ours["wall"] / peer["wall"] for ours, peer in pairs),
                    spread=spread([(ours["wall"], peer["wall"]) for ours, peer in pairs]),
                    peer_name="Scrapy with ROBOTSTXT_OBEY",
                    budget=budget,
                    note=f"{DELAY * 1000:.0f} ms per document, 16 at once",
                )
            )
    return rows


def policy_requests(folder: Path) -> list[Row]:
    """CPU of one policy request: what the same crawl without any takes is left out."""
    pairs = []
    with serving(str(ORIGINS), "0", "0") as origins:
        urls = [f"{origin}/page/1" for origin in origins]
        for _ in range(ROUNDS):
            none, ours, peer = (_crawl(folder, side, urls) for side in ("none", "guard", "robots"))
            pairs.append([(each["cpu"] - none["cpu"]) / (each["requests"] - len(urls)) for each in (ours, peer)])
    return [
        Row(
            what=f"{ORIGINS} new origins, CPU per policy request",
            ours=statistics.median(ours for ours, _ in pairs) * 1e6,
            peer=statistics.median(peer for _, peer in pairs) * 1e6,
            unit="µs",
            ratio=statistics.median(ours / peer for ours, peer in pairs),
            spread=spread(pairs),
            peer_name="Scrapy with ROBOTSTXT_OBEY",
            budget=1.1,
            note="six of an origin side by side, reading, keeping and judging included; one of OBEY's",
        )
    ]


def delayed(what: str, delay: float, timeout: float, *, note: str) -> Row:
    """How much later the last page of the other origins came, in seconds, beside the time that policies have."""
    return Row(
        what=f"{what}: delay of the others' last page",
        ours=delay,
        peer=timeout,
        unit="s",
        peer_name="policy_timeout",
        ratio=delay / timeout,
        budget=1.0,
        note=note,
    )


def silent_origins(folder: Path) -> list[Row]:
    """How much later the last page of the other origins comes when some accept and never answer."""
    rows = []
    with serving("24", str(SILENT), "0") as origins:
        good, silent = origins[:-SILENT], origins[-SILENT:]
        quiet = [f"{origin}/page/{number}" for origin in good for number in range(4)]
        stuck = [f"{origin}/page/{number}" for origin in silent for number in range(4)]
        mixed = [url for pair in zip(quiet, stuck + quiet, strict=False) for url in dict.fromkeys(pair)]
        mixed = list(dict.fromkeys(mixed + stuck))
        for what, seeds in (("sorted by host, silent ones first", stuck + quiet), ("mixed", mixed)):
            settings = {"TDM_GUARD_POLICY_TIMEOUT": TIMEOUT, "DOWNLOAD_TIMEOUT": TIMEOUT}
            with_silent = _crawl(folder, "guard", seeds, expected=len(quiet), **settings)
            without = _crawl(folder, "guard", quiet, expected=len(quiet), **settings)
            rows.append(
                delayed(
                    f"{SILENT} silent origins, seeds {what}",
                    with_silent["last"] - without["last"],
                    TIMEOUT,
                    note=f"{len(quiet)} pages of {len(good)} other origins",
                )
            )
    return rows


def rows(turns: int = TURNS, *, many: bool = True) -> list[Row]:
    """All rows of crawls, those of `many` origins among them."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        of_one = cpu_per_request(folder, turns)
        if not many:
            return of_one
        return [*of_one, *new_origins(folder), *policy_requests(folder), *silent_origins(folder)]
