"""Writing the log: records with chain and trees beside the plain writing of the same lines; kills in mid-crawl."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import statistics
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tdm_guard import Fetched, Judge, Ledger
from tdm_guard.decision import Decision
from tdm_guard.log.jsonl import JsonlLog, Keeping
from tdm_guard.log.record import RunInfo
from tdm_guard.model import Posture
from tdm_guard.usage import TDM
from tests.benchmarks import inputs
from tests.benchmarks.measure import Row, compare, spread
from tests.soak.task import Task
from tests.soak.trials import ended_by
from tests.support.replay import serving

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = "https://site.example"
RECORDS, ROUNDS = 5_000, 9
KILLS = 50
RUN = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce")


def silent_pages(number: int) -> list[Decision]:
    """Decisions on silent pages of one origin, each with a digest of its own."""
    judge = Judge(agent="ExampleBot")
    absent = Fetched(status=404)
    documents = ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")
    policy = judge.read_policies(SITE, {f"{SITE}{path}": absent for path in documents}, now=NOW)
    made = []
    for page in range(number):
        decision = judge.evaluate(
            f"{SITE}/stories/2026/11/a-long-enough-path-{page}.html",
            status=200,
            headers=[("content-type", "text/html")],
            body=b"<p>page",
            policies=policy,
            now=NOW + timedelta(milliseconds=37 * page),
        )
        digest = hashlib.sha256(str(page).encode()).hexdigest()
        made.append(decision._replace(exchange=decision.exchange._replace(content_sha256=digest)))
    return made


def pages_of_sites(number: int, pages: int) -> list[Decision]:
    """Decisions on so many pages of each site, mixed; the sites have robots.txt files, of which some reserve."""
    judge, robots = Judge(agent="ExampleBot"), inputs.robots_files()[:120]
    todo = []
    for site in range(number // pages):
        origin, at = f"https://site{site}.example", NOW + timedelta(seconds=site)
        documents = {f"{origin}{path}": Fetched(status=404, at=at) for path in ("/.well-known/tdmrep.json", "/ai.txt")}
        documents[f"{origin}/robots.txt"] = Fetched(status=200, body=robots[site % 120] + b"\n# %d" % site, at=at)
        policy = judge.read_policies(origin, documents, now=NOW)
        todo += [(f"{origin}/stories/2026/11/a-long-enough-path-{page}.html", policy) for page in range(pages)]
    random.Random(7).shuffle(todo)
    headers = [("content-type", "text/html")]
    return [
        judge.evaluate(url, status=200, headers=headers, body=b"<p>page", policies=policy, now=NOW)
        for url, policy in todo
    ]


def _ours(decisions: list[Decision], folder: Path, keeping: Keeping) -> tuple[float, Path]:
    path = folder / f"{time.monotonic_ns()}.jsonl"
    with closing(JsonlLog(path, run=RUN, now=NOW, keeping=keeping)) as log:
        start = time.process_time()
        for decision in decisions:
            log.decision(decision)
        spent = time.process_time() - start
        log.end(NOW)
    return spent, path


def _plain(records: list[object], folder: Path) -> float:
    descriptor = os.open(folder / f"{time.monotonic_ns()}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    start = time.process_time()
    for record in records:
        line = json.dumps(record).encode() + b"\n"
        hashlib.sha256(line).hexdigest()
        os.write(descriptor, line)
    spent = time.process_time() - start
    os.close(descriptor)
    return spent


def appending(number: int = RECORDS, rounds: int = ROUNDS) -> list[Row]:
    one, compact = silent_pages(number), Keeping(compact=True)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, decisions, keeping, held in (
            ("full records", one, Keeping(), None),
            ("compact records", one, compact, None),
            ("compact, 8 pages of a site", pages_of_sites(number, 8), compact, None),
            ("compact, 1 page of a site", pages_of_sites(number, 1), compact, 2.3),
        ):
            _, path = _ours(decisions, folder, Keeping())
            records = [json.loads(line) for line in path.read_bytes().splitlines()[1:-1]]
            size = _ours(decisions, folder, keeping)[1].stat().st_size / number
            pairs = [(_ours(decisions, folder, keeping)[0], _plain(records, folder)) for _ in range(rounds)]
            rows.append(
                Row(
                    what=f"append with chain and trees, {what}",
                    ours=statistics.median(ours for ours, _ in pairs) / number * 1e6,
                    peer=statistics.median(peer for _, peer in pairs) / number * 1e6,
                    unit="µs",
                    peer_name="json.dumps, SHA-256, write",
                    ratio=statistics.median(ours / peer for ours, peer in pairs),
                    spread=spread(pairs),
                    budget=1.3,
                    held=held,
                    note=f"{size:.0f} bytes each",
                )
            )
    return rows


def judging() -> list[Row]:
    """Judged and logged by a ledger, beside what that is made of: the judgement, the digest, the line."""
    judge = Judge(agent="ExampleBot")
    documents = dict.fromkeys(("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt"), Fetched(status=404))
    body, _ = inputs.page(10_000, 3_000)
    given: dict[str, Any] = {
        "status": 200, "headers": [("content-type", "text/html")], "body": body, "now": NOW,
        "policies": judge.read_policies(SITE, documents, now=NOW),
    }  # fmt: skip
    urls = [f"{SITE}/stories/2026/11/a-long-enough-path-{number}.html" for number in range(500)]
    with (
        tempfile.TemporaryDirectory() as name,
        Ledger(judge, Path(name) / "ours.jsonl") as ledger,
        closing(JsonlLog(Path(name) / "theirs.jsonl", run=RUN, now=NOW)) as log,
    ):

        def ours() -> None:
            for url in urls:
                ledger.evaluate(url, **given)

        def theirs() -> None:
            for url in urls:
                hashlib.sha256(body).hexdigest()
                log.decision(judge.evaluate(url, **given))

        return [
            compare(
                "500 pages judged and logged by a ledger",
                ours,
                theirs,
                peer_name="evaluate, SHA-256, append",
                number=1,
                rounds=7,
                budget=1.15,
                note="pages of 10 kB",
            )
        ]


def killed(kills: int = KILLS) -> list[Row]:
    """SIGKILL in mid-crawl: every page whose content reached the caller has a record."""
    chosen = random.Random(20261128)
    rows = []
    with tempfile.TemporaryDirectory() as name, serving("tests.soak.web") as proxy:
        for edge in ("scrapy", "httpx"):
            log = str(Path(name) / f"{edge}.jsonl")
            task = Task(edge=edge, proxy=proxy, log=log, origins=40, pages=12, other=9, silent=4)
            pages = [chosen.randrange(1, 180) for _ in range(kills // 2)]
            figures = ended_by(task, pages, signal.SIGKILL)
            rows.append(
                Row(
                    what=f"SIGKILL in mid-crawl, {kills // 2} times, {edge}: pages without a record",
                    ours=0,  # else it would have raised
                    peer=figures["pages"],
                    unit="",
                    peer_name="pages handed on",
                    ratio=0,
                    budget=0,
                    note=f"{figures['records']} records",
                )
            )
    return rows


def rows(records: int = RECORDS, rounds: int = ROUNDS, kills: int = KILLS) -> list[Row]:
    """All rows of writing; those of kills if there are any."""
    return [*appending(records, rounds), *judging(), *(killed(kills) if kills else ())]
