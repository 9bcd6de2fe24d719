"""`verify` against reading and hashing the lines in Python, as the script of docs/log.md does: with the trees, too."""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from tdm_guard import Fetched, Judge
from tdm_guard.decision import Decision
from tdm_guard.log.jsonl import JsonlLog, Keeping
from tdm_guard.log.record import RunInfo
from tdm_guard.log.trees import Trees
from tdm_guard.log.verify import Verification
from tdm_guard.model import Posture
from tdm_guard.usage import TDM
from tests.benchmarks.measure import Row, compare

RECORDS = 100_000
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEADERS = [("content-type", "text/html; charset=utf-8")]
DOCUMENTS = ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")
RESERVES = Fetched(status=200, at=NOW, body=b'[{"location":"/","tdm-reservation":1}]')


def write(path: Path, records: int, *, pages: int, compact: bool = False, bodies: bool = False) -> None:
    """A log of so many decisions, `pages` of each site; every tenth site reserves its content."""
    judge = Judge(agent="ExampleBot")
    info = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode="enforce")
    with closing(JsonlLog(path, run=info, now=NOW, keeping=Keeping(compact=compact))) as log:
        for site in range(records // pages):
            for decision in _of_site(judge, f"https://site{site}.example", pages, reserves=site % 10 == 9):
                logged = log.decision(decision)
                if bodies and logged.admitted:
                    log.body(logged, now=NOW, size=9000, content_sha256="c" * 64, complete=True)
        log.end(NOW)


def _of_site(judge: Judge, origin: str, pages: int, *, reserves: bool) -> list[Decision]:
    documents = {origin + path: Fetched(status=404, at=NOW) for path in DOCUMENTS}
    if reserves:
        documents[f"{origin}/.well-known/tdmrep.json"] = RESERVES
    policy = judge.read_policies(origin, documents, now=NOW)
    start = f"{origin}/stories/2026/11/a-long-enough-path-"
    return [
        judge.evaluate(f"{start}{page}", status=200, headers=HEADERS, body=b"<p>words", policies=policy, now=NOW)
        for page in range(pages)
    ]


def plainly(path: Path) -> int:
    """Reads and hashes the lines; the number of good ones."""
    heads, good = {}, 0
    with path.open("rb") as file:
        for line in file:
            record = json.loads(line)
            if record["type"] == "run":
                heads[record["run"]] = hashlib.sha256(line[:-1]).hexdigest()
            else:
                digest = hashlib.sha256(line[: line.rindex(b',"hash":"')] + b"}").hexdigest()
                good += record["prev"] == heads[record["run"]] and record["hash"] == digest
                heads[record["run"]] = digest
    return good


def verified(path: Path) -> int:
    """The same by `verify`, which recomputes the trees."""
    verification = Verification(trees=lambda told: Trees())
    assert not [*verification.files([path])]
    return verification.decisions


def rows(records: int = RECORDS, rounds: int = 5) -> list[Row]:
    """By how the pages are spread over sites, and by the form of the records."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for what, pages, compact, bodies in (
            ("100 pages of a site", 100, False, False),
            ("1 page of a site", 1, False, False),
            ("100 pages of a site, with body records", 100, False, True),
            ("100 pages of a site, compact form", 100, True, False),
            ("1 page of a site, compact form", 1, True, False),
        ):
            path = Path(folder) / "tdm.jsonl"
            write(path, records, pages=pages, compact=compact, bodies=bodies)
            assert verified(path) == records
            assert plainly(path) >= records
            found.append(
                compare(
                    f"verify, {what}",
                    lambda path=path: verified(path),
                    lambda path=path: plainly(path),
                    peer_name="json.loads + SHA-256",
                    number=1,
                    calls=records,
                    rounds=rounds,
                    budget=1.15,
                    note=f"{records:,} decisions, {path.stat().st_size / records / 1000:.2f} kB each",
                )
            )
            path.unlink()
    return found
