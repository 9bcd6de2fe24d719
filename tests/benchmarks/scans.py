"""
Scanning archives: beside a bare fastwarc loop that decodes bodies, two workers beside one, and what it takes of memory.

Archives are made here: gzip members of 8 to 120 KB of HTML, 20 to 150 KB of pictures, 6 to 60 KB of text, from 120
sites whose documents are known. Each record is judged and logged, in the short form. Workers get four files of 8,000
records each.
"""

from __future__ import annotations

import gzip
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fastwarc.warc as fw

from tdm_guard import Fetched, Judge
from tdm_guard.archives.sources import MappingPolicies
from tdm_guard.cli.scan_crew import scan_all
from tdm_guard.cli.scan_job import Job, scan_one
from tdm_guard.options import Options
from tests.benchmarks.inputs import WORDS, robots_files
from tests.benchmarks.measure import Row, compare
from tests.support.memory import resident

AT = datetime(2024, 5, 6, 7, 0, tzinfo=UTC)
SITES = 120
RECORDS = 1_000
TIMES = 8  # of a file for several workers: 124 MB each; those of Common Crawl have 1 GB
COMMON = " ".join(
    (
        "the of and to in is that for it was on are with as be this by have from or one had not but what all were when",
        "there can an your which their said if do will each about how up out them then she many some so these would",
        "into has more her two like him see time could no make than first been its who now people my made over did we",
    )
).split()


def _words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(COMMON, k=count))


def html(rng: random.Random) -> bytes:
    """A page as most are: a head of thirty tags, then links and paragraphs."""
    size = rng.choice((8_000, 20_000, 40_000, 60_000, 120_000))
    parts = [f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{_words(rng, 6)}</title>']
    parts += [f'<meta name="{rng.choice(COMMON)}" content="{_words(rng, 8)}">' for _ in range(20)]
    parts += [f'<link rel="stylesheet" href="/{rng.choice(WORDS)}.css">' for _ in range(8)]
    parts.append("<script>var settings = {};</script></head><body>")
    length = sum(map(len, parts))
    while length < size:
        link = f'<a href="/{rng.choice(WORDS)}/{rng.randrange(10**6)}.html">{_words(rng, 4)}</a>'
        parts.append(f'<div class="{rng.choice(WORDS)}">{link}<p>{_words(rng, 60)}</p></div>\n')
        length += len(parts[-1])
    return "".join((*parts, "</body></html>")).encode()


def picture(rng: random.Random) -> bytes:
    """A JPEG without metadata, which does not compress."""
    head = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xdb\x00\x43\x00" + bytes(64)
    scan = rng.randbytes(rng.choice((20_000, 60_000, 150_000))).replace(b"\xff", b"\xfe")
    return head + b"\xff\xda\x00\x0c" + bytes(10) + scan + b"\xff\xd9"


def text(rng: random.Random) -> bytes:
    """Plain text."""
    return _words(rng, rng.choice((1_500, 5_000, 12_000))).encode()


KINDS: dict[str, tuple[str, Callable[[random.Random], bytes], float, float | None]] = {  # budgets, what is held
    "HTML": ("text/html; charset=utf-8", html, 1.5, 4.2),
    "images": ("image/jpeg", picture, 1.35, 4.1),
    "text": ("text/plain", text, 1.35, 5.5),
}


def archive(path: Path, kind: str, records: int = RECORDS, seed: int = 7, sites: int = SITES) -> Path:
    """An archive of one kind of content, from so many sites."""
    rng = random.Random(seed)
    media_type, make, _, _ = KINDS[kind]
    with path.open("wb") as file:
        for number in range(records):
            body = make(rng)
            head = (
                f"HTTP/1.1 200 OK\r\nDate: Mon, 06 May 2024 07:08:09 GMT\r\nServer: nginx\r\n"
                f"Content-Type: {media_type}\r\n"
                f"Vary: Accept-Encoding\r\nCache-Control: max-age=600\r\nContent-Length: {len(body)}\r\n\r\n"
            ).encode()
            date = f"2024-05-06T07:{number // 60 % 60:02}:{number % 60:02}Z"
            fields = (
                f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: {date}\r\n"
                f"WARC-Record-ID: <urn:uuid:{number:032x}>\r\nContent-Length: {len(head) + len(body)}\r\n"
                "Content-Type: application/http; msgtype=response\r\nWARC-IP-Address: 10.0.0.1\r\n"
                f"WARC-Target-URI: https://site{rng.randrange(sites)}.example/{rng.choice(COMMON)}/{number}.html\r\n"
                "WARC-Payload-Digest: sha1:ABCDEFGHABCDEFGHABCDEFGHABCDEFGH\r\n\r\n"
            ).encode()
            file.write(gzip.compress(fields + head + body + b"\r\n\r\n", 6, mtime=0))
    return path


def known() -> MappingPolicies:
    """What the sites' documents answered: robots.txt files, nothing else."""
    judge, robots = Judge(agent="ExampleBot"), robots_files(SITES)
    found: dict[str, Any] = {}
    for number in range(SITES):
        origin = f"https://site{number}.example"
        found |= {url: Fetched(status=404, at=AT) for url in judge.needed_documents(origin)}
        found |= {f"{origin}/.well-known/{name}": Fetched(status=404, at=AT) for name in ("ai.txt", "trust.txt")}
        found[f"{origin}/robots.txt"] = Fetched(status=200, body=robots[number], at=AT)
    return MappingPolicies(found)


def job(folder: Path, paths: list[Path], name: str = "scan") -> Job:
    """A scan of these files into a log of its own."""
    log = folder / f"{name}-{time.monotonic_ns()}.jsonl"
    options = Options.read({"agent": "ExampleBot", "records": "compact", "log": str(log)})
    return Job(
        paths=tuple(map(str, paths)),
        tasks=tuple(f"scan {path}" for path in paths),
        judge=Judge.of(options),
        log=str(log),
        as_of=None,
        unread="undetermined",
    )


def bare(path: Path) -> int:
    """What fastwarc takes to read and decode."""
    size = 0
    with path.open("rb") as file:
        for record in fw.ArchiveIterator(
            file, record_types=fw.WarcRecordType.response, parse_http=True, auto_decode="all"
        ):
            size += len(record.reader.read())
    return size


def _silent(kind: str, said: Any) -> None:
    """Hears reports."""


def beside(folder: Path, sources: tuple[MappingPolicies], records: int, sites: int) -> Iterator[Row]:
    """One file of each kind, in one process, beside the bare loop."""
    for kind, (_, _, budget, held) in KINDS.items():
        path = archive(folder / f"{kind}.warc.gz", kind, records, sites=sites)

        def ours(path: Path = path) -> None:
            made = job(folder, [path])
            done = scan_one(made, 0, sources, _silent)
            assert done.counts["met"] == records
            Path(made.log).unlink()

        yield compare(
            f"scan of {kind}, per record",
            ours,
            lambda path=path: bare(path),  # type: ignore[misc]
            peer_name="fastwarc",
            number=1,
            calls=records,
            rounds=3,
            budget=budget,
            held=held,
        )


def together(folder: Path, sources: tuple[MappingPolicies]) -> Row:
    """Four files by two workers and by one, by the clock; each begins its processes, which takes half a second."""
    paths = [archive(folder / f"{number}.warc.gz", "HTML", seed=number) for number in range(4)]
    for path in paths:
        path.write_bytes(path.read_bytes() * TIMES)

    def taken(workers: int) -> float:
        made, start = job(folder, paths), time.perf_counter()
        assert all(not isinstance(done, str) for _, done in scan_all(made, sources, workers, _silent))
        return time.perf_counter() - start

    pairs = sorted((taken(2), taken(1)) for _ in range(3))
    two, one = pairs[len(pairs) // 2]
    return Row(
        what="scan by two workers", ours=two, peer=one, unit="s", peer_name="one", ratio=two / one, budget=1 / 1.85,
        note="at least 1.85 times as fast",
    )  # fmt: skip


def flat(folder: Path, sources: tuple[MappingPolicies]) -> Row:
    """Memory behind three times the records, beside once."""
    path = folder / "HTML.warc.gz"
    scan_one(job(folder, [path]), 0, sources, _silent)
    before = resident()
    larger = folder / "larger.warc.gz"
    larger.write_bytes(path.read_bytes() * 3)
    scan_one(job(folder, [larger]), 0, sources, _silent)
    after = resident()
    return Row(
        what="memory of a scan, three times the records", ours=after / 2**20, peer=before / 2**20, unit="MiB",
        peer_name="once", ratio=after / before, budget=1.1,
    )  # fmt: skip


def rows(records: int = RECORDS, sites: int = SITES, *, crew: bool = True) -> list[Row]:
    """All measurements, those of several workers among them if they are a `crew`."""
    sources = (known(),)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone = [*beside(folder, sources, records, sites), flat(folder, sources)]
        return [*alone, together(folder, sources)] if crew else alone
