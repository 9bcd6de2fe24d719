"""The HTML report of a large log beside `json.loads` of each of its lines, each in a process of its own."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tdm_guard import Fetched, Judge
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.record import RunInfo
from tdm_guard.model import Posture
from tdm_guard.usage import TDM
from tests.benchmarks.measure import Row, spread

RECORDS = int(os.environ.get("TDM_GUARD_BENCH_RECORDS", "1000000"))
PAGES = 100  # of each site
ROUNDS = 3
BEGAN = datetime(2026, 11, 2, 9, tzinfo=UTC)
DOCUMENTS = ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")
TYPES = ("text/html", "text/html", "text/html", "text/plain")
LOADS = "import json, sys\nfor line in open(sys.argv[1], 'rb'):\n    json.loads(line)\n"


def write(path: Path, records: int) -> None:
    """A log of so many decisions: of twenty sites one reserves, one refuses crawlers, one does not answer."""
    judge = Judge(agent="ExampleBot")
    info = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce")
    sites = max(1, records // PAGES)
    with closing(JsonlLog(path, run=info, now=BEGAN)) as log:
        for number in range(sites):
            site, at = f"https://www.site{number}.example", BEGAN + timedelta(days=26 * number / sites)
            answers = {site + document: Fetched(status=404) for document in DOCUMENTS}
            special = {
                7: (DOCUMENTS[1], Fetched(status=200, body=b'[{"location":"/*","tdm-reservation":1}]')),
                13: (DOCUMENTS[0], Fetched(status=200, body=b"User-agent: *\nDisallow: /\n")),
                19: (DOCUMENTS[0], Fetched(status=503)),
            }.get(number % 20)
            if special is not None:
                answers[site + special[0]] = special[1]
            policy = judge.read_policies(site, answers, now=at)
            for page in range(PAGES):
                headers = [("content-type", TYPES[page % 4])]
                url = f"{site}/stories/2026/11/a-long-enough-path-{page}.html"
                log.decision(judge.evaluate(url, status=200, headers=headers, body=b"<p>x", policies=policy, now=at))
        log.end(BEGAN)


def rows() -> list[Row]:
    """CPU seconds, start and charts included, and the most memory."""
    with tempfile.TemporaryDirectory() as folder:
        log, page = Path(folder) / "tdm.jsonl", Path(folder) / "report.html"
        write(log, RECORDS)
        report = [sys.executable, "-m", "tdm_guard", "report", "--format", "html", str(log), "-o", str(page)]
        pairs = [(_cost(report), _cost([sys.executable, "-c", LOADS, str(log)])) for _ in range(ROUNDS)]
        assert page.read_text(encoding="utf-8").endswith("</html>\n")
    ours, peers = [ours for ours, _ in pairs], [peer for _, peer in pairs]
    return [
        Row(
            what=f"report --format html of {RECORDS:,} records",
            ours=statistics.median(seconds for seconds, _ in ours),
            peer=statistics.median(seconds for seconds, _ in peers),
            unit="s",
            peer_name="json.loads of each line",
            ratio=statistics.median(a / b for (a, _), (b, _) in pairs),
            spread=spread([(a, b) for (a, _), (b, _) in pairs]),
            budget=1.25,
            note=f"{max(memory for _, memory in ours) / 1e6:.0f} MB; at most 200",
        )
    ]


def _cost(command: list[str]) -> tuple[float, float]:
    """CPU seconds and the most memory, in bytes, of a command."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
