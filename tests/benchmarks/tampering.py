"""Harm done to logs, at full size: edits of which none may go unseen, and disks that fill up in the middle of a run."""

from __future__ import annotations

import contextlib
import random
import resource
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tdm_guard.errors import ConfigurationError, LogError
from tdm_guard.log.jsonl import JsonlLog, Keeping
from tdm_guard.log.reader import read_log
from tdm_guard.log.trees import Trees
from tdm_guard.log.verify import Verification
from tests.benchmarks.keeping import NOW, RUN, silent_pages
from tests.benchmarks.measure import Row

RECORDS, EDITS, DISKS = 2_000, 400, 200
SEED = 20261128


def _log(path: Path, keeping: Keeping) -> str:
    """Writes a log with a body behind every tenth page; its head."""
    with closing(JsonlLog(path, run=RUN, now=NOW, keeping=keeping)) as log:
        for number, decision in enumerate(silent_pages(RECORDS)):
            open_ = decision._replace(exchange=decision.exchange._replace(bytes=None, content_sha256=None))
            logged = log.decision(decision if number % 10 else open_)
            if not number % 10:
                log.body(logged, now=NOW, size=3, content_sha256="a" * 64, complete=True)
        log.end(NOW)
    return path.read_bytes()[-67:-3].decode()


def _flipped(lines: list[bytes], chosen: random.Random) -> None:
    at = chosen.randrange(len(lines))
    place = chosen.randrange(len(lines[at]) - 1)
    line = bytearray(lines[at])
    line[place] ^= 1 << chosen.randrange(7)
    lines[at] = bytes(line)


def _removed(lines: list[bytes], chosen: random.Random) -> None:
    del lines[chosen.randrange(len(lines))]


def _repeated(lines: list[bytes], chosen: random.Random) -> None:
    at = chosen.randrange(len(lines))
    lines.insert(chosen.randrange(at, len(lines)), lines[at])


def _swapped(lines: list[bytes], chosen: random.Random) -> None:
    one, other = chosen.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]


def _cut(lines: list[bytes], chosen: random.Random) -> None:
    del lines[chosen.randrange(1, len(lines)) :]


KINDS: tuple[Callable[[list[bytes], random.Random], None], ...] = (_flipped, _removed, _repeated, _swapped, _cut)


def _seen(path: Path, head: str) -> bool:
    verification = Verification(heads=(head,), trees=lambda told: Trees())
    try:
        for _ in verification.files([str(path)]):
            pass
    except ConfigurationError:  # no log, or one of a later version
        return True
    return bool(verification.errors)


def tampered() -> list[Row]:
    chosen = random.Random(SEED)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for form, keeping in (("full", Keeping()), ("compact", Keeping(compact=True))):
            path = Path(name) / f"{form}.jsonl"
            head = _log(path, keeping)
            whole = path.read_bytes()
            assert not _seen(path, head)
            unseen = 0
            for number in range(EDITS):
                lines = whole.splitlines(keepends=True)
                KINDS[number % len(KINDS)](lines, chosen)
                path.write_bytes(b"".join(lines))
                unseen += not _seen(path, head) and path.read_bytes() != whole
            rows.append(_none(f"edits of a log of {RECORDS:,} {form} records that go unseen", unseen, EDITS, "edits"))
    return rows


def full_disks() -> list[Row]:
    """Files that may grow no further, at any byte: what was returned as logged must be read back."""
    chosen = random.Random(SEED)
    decisions = silent_pages(40)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    lost = 0
    with tempfile.TemporaryDirectory() as name:
        for number in range(DISKS):
            path = Path(name) / f"{number}.jsonl"
            keeping = Keeping(compact=bool(number % 2), durability=("flush", "fsync")[number // 2 % 2])
            returned = []
            resource.setrlimit(resource.RLIMIT_FSIZE, (chosen.randrange(2_000, 60_000), hard))
            try:
                with contextlib.suppress(LogError), closing(JsonlLog(path, run=RUN, now=NOW, keeping=keeping)) as log:
                    for decision in decisions:
                        returned.append(log.decision(decision).id)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            read = {line.record["id"] for line in read_log([path]) if line.record and line.type == "decision"}
            lost += len(set(returned) - read)
    return [_none("decisions that a full disk lost after they were returned", lost, DISKS, "full disks")]


def _none(what: str, found: int, tries: int, name: str) -> Row:
    return Row(what=what, ours=found, peer=tries, unit="", peer_name=name, ratio=found, budget=0)


def rows() -> list[Row]:
    """All rows of harm."""
    return [*tampered(), *full_disks()]
