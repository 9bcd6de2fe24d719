"""Trees while a run goes on, beside writing its lines; a proof from an index of 10 million admitted addresses."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from tdm_guard.log.sorting import KEY
from tdm_guard.log.trees import Trees
from tdm_guard.proofs.sealing import known_by
from tdm_guard.proofs.tree_file import DECISION, SealedRun, TreeWriter
from tests.benchmarks.measure import Row, compare
from tests.support.proofs import admitting, run_of

ADDRESSES = 10_000_000
DOMAINS = 1_000_000
LINE = 2_300  # bytes of a record of a silent page
BUDGET_TREES = 0.3  # of what is written for the line: chain and trees may take 1.3 times as long as it
BUDGET_SECONDS, BUDGET_MEMORY = 1.0, 100.0  # MB
ASKED = "https://gazette.example/article"
ABSENT = "https://gazette.example/another"


def rows() -> list[Row]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        return [_append(folder), *_prove(folder)]


def _append(folder: Path) -> Row:
    numbers, lines = count(), count()
    record = {"type": "decision", "url": "", "because": "x" * (LINE - 100)}
    trees = Trees()
    digest = sha256(b"x").hexdigest()
    descriptor = os.open(folder / "lines", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def ours() -> None:
        url = f"https://www.site{next(numbers) % 500}.example/archive/2026/11/a-page-of-it.html"
        trees.decided(digest, (url, url))

    def peer() -> None:
        record["url"] = f"https://www.site{next(lines) % 500}.example/archive/2026/11/a-page-of-it.html"
        line = json.dumps(record, separators=(",", ":")).encode()
        sha256(line).hexdigest()
        os.write(descriptor, line)

    note = "of the same decision; the digests are sorted when the run ends"
    row = compare(
        "both trees, for a decision",
        ours,
        peer,
        peer_name="json.dumps + SHA-256 + write",
        number=2_000,
        budget=BUDGET_TREES,
        note=note,
    )
    os.close(descriptor)
    trees.close()
    return row


def _prove(folder: Path) -> list[Row]:
    log = folder / "tdm.jsonl"
    run_of(log, [admitting(ASKED)], run_id="r")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(_make_index, (log,))
    size = Path(f"{log}.tree").stat().st_size / 1e6
    seconds, memory = [], []
    for url in (ASKED, ABSENT) * 3:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            used = pool.apply(_asked, (log, url))
        seconds.append(used[0])
        memory.append(used[1])
    note = f"of {ADDRESSES:,} addresses; index of {size:.0f} MB; the whole command, CPU"
    return [
        _row("prove", min(seconds), "s", BUDGET_SECONDS, note),
        _row("memory of prove", max(memory), "MB", BUDGET_MEMORY, note),
    ]


def _row(what: str, ours: float, unit: str, budget: float, note: str) -> Row:
    return Row(
        what=what, ours=ours, peer=budget, unit=unit, peer_name="budget", ratio=ours / budget, budget=1, note=note
    )


def _asked(log: Path, url: str) -> tuple[float, float]:
    """CPU seconds and the most MB of the command."""
    words = [sys.executable, "-m", "tdm_guard", "prove", str(log), "--url", url]
    done = subprocess.run(words, capture_output=True, check=True)
    assert json.loads(done.stdout)["proofs"][0]["size"] == ADDRESSES
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    most = used.ru_maxrss if sys.platform == "darwin" else used.ru_maxrss * 1024
    return used.ru_utime + used.ru_stime, most / 1e6


def _make_index(log: Path) -> None:
    """The index of a run of so many decisions, of which the log has only the first; their digests are evenly spread."""
    offset = log.read_bytes().index(b"\n") + 1
    record = json.loads(log.read_bytes()[offset:].split(b"\n", 1)[0])
    first = DECISION.pack(bytes.fromhex(record["hash"]), 0, offset)
    with Path(f"{log}.tree").open("wb") as file:
        writer = TreeWriter(file)
        trees, sections = {}, {}
        found: dict[str, Iterable[bytes]] = {
            "decisions": _decisions(first),
            "addresses": _entries(ADDRESSES, sha256(ASKED.encode()).digest()),
            "domains": _entries(DOMAINS, sha256(b"gazette.example").digest()),
        }
        for name, entries in found.items():
            trees[name], sections[name] = writer.section(entries)
        sections["commons"] = writer.commons(())
        writer.run(SealedRun(run="r", head=record["hash"], ended=True, trees=trees), sections)
        writer.finish([known_by(str(log))])


def _decisions(first: bytes) -> Iterator[bytes]:
    yield first
    for number in range(1, ADDRESSES):
        yield DECISION.pack(number.to_bytes(KEY, "big"), 0, 0)


def _entries(size: int, asked: bytes) -> Iterator[bytes]:
    """Digests in order, one of them the one asked for, which the first decision admitted."""
    place = int.from_bytes(asked[:8], "big")
    at = place * (size - 1) >> 64
    step = 2**64 // (size - 1)
    for number in range(size):
        if number == at + 1:
            yield asked + (1).to_bytes(8, "big")
        else:
            between = number - (number > at + 1)
            yield struct.pack(">Q24xQ", min(between * step, 2**64 - 1), number + 1)
