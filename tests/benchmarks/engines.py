"""
The engines beside themselves: datatrove with its own reader and URL filter, Ray and Spark with one worker and with two.

A worker has a core: all processes of an engine together run on as many cores as it has workers, where the system lets
that be set. Otherwise one worker of Spark has a second core for its JVM, and on two cores nothing is left to gain.
`make bench-engines`: they have an environment of their own.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from tests.benchmarks import inputs
from tests.benchmarks.measure import Row, spread, table
from tests.engines.stored import SITE

warnings.simplefilter("ignore")
ROOT = Path(__file__).parents[2]
PAGES = int(os.environ.get("PAGES", "600"))
PARTS = int(os.environ.get("PARTS", "16"))  # of a data set for Ray and Spark, even so that two workers have the same
PART = int(os.environ.get("PART", "400"))  # rows of a part: 64 MB in memory
ROUNDS = int(os.environ.get("ROUNDS", "3"))
PAGE, _ = inputs.page(total=160_000, head=10_000)
FIELDS = [
    ("Content-Type", "text/html; charset=utf-8"), ("Server", "nginx"), ("Vary", "Accept-Encoding"),
    ("Cache-Control", "max-age=600"), ("ETag", '"5f3a"'), ("X-Frame-Options", "DENY"), ("Date", "x"),
]  # fmt: skip


def page(number: int) -> bytes:
    """A page as long as those of large crawls are on average."""
    return PAGE.replace(b"<title>", b"<title>%d " % number, 1)


def policies() -> dict[str, Any]:
    from tdm_guard import Fetched

    robots = Fetched(status=200, body=b"User-agent: *\nDisallow: /private/\n" * 20)
    return {f"{SITE}/robots.txt": robots} | {
        f"{SITE}{path}": Fetched(status=404) for path in ("/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")
    }


def crawl(folder: Path, *, named: bool) -> None:
    """One WARC file, by warcio; `named`: its records say what their payload is, as Common Crawl's do."""
    import io

    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    folder.mkdir()
    with (folder / "a.warc.gz").open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number in range(PAGES):
            head = StatusAndHeaders("200 OK", FIELDS, protocol="HTTP/1.1")
            writer.write_record(
                writer.create_warc_record(
                    f"{SITE}/{number}",
                    "response",
                    payload=io.BytesIO(page(number)),
                    http_headers=head,
                    warc_headers_dict={"WARC-Identified-Payload-Type": "text/html"} if named else {},
                )
            )


def datatrove() -> list[Row]:
    """As Common Crawl has records, and as most tools write them: there datatrove's reader looks at the payload."""
    return [*piped("payload named", named=True), *piped("payload not named", named=False)]


def piped(what: str, *, named: bool) -> list[Row]:
    """The filter with its reader, beside datatrove's own two, over the same file."""
    from datatrove.pipeline.filters import URLFilter
    from datatrove.pipeline.readers import WarcReader as TheirReader
    from tldextract import TLDExtract

    from tdm_guard.datatrove import GuardFilter, WarcReader

    folder = Path(tempfile.mkdtemp())
    crawl(folder / "crawl", named=named)

    def drained(*steps: Any) -> int:
        data = None
        for step in steps:
            data = step(data, 0, 1)
        return sum(1 for _ in data or ())

    logs = count()

    def ours() -> None:
        guard = GuardFilter({"agent": "ExampleBot"}, policies(), log=folder / f"tdm-{next(logs)}.jsonl")
        assert drained(WarcReader(str(folder / "crawl")), guard) == PAGES

    url_filter = URLFilter()
    url_filter.tldextractor = TLDExtract(suffix_list_urls=())  # the list that comes with it: no network

    def theirs() -> None:
        assert drained(TheirReader(str(folder / "crawl")), url_filter) == PAGES

    ours(), theirs()  # its lists are unpacked once
    pairs = [(timed(ours, time.process_time), timed(theirs, time.process_time)) for _ in range(ROUNDS)]
    shutil.rmtree(folder)
    return [
        row(f"datatrove: reader and filter, a page of 160 KB, {what}", pairs, "URLFilter", calls=PAGES, budget=1.25)
    ]


def rows_of(folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    """Files of as many rows as a partition or a batch has."""
    folder.mkdir()
    headers = [{"name": name, "value": value} for name, value in FIELDS]
    for part in range(PARTS):
        numbers = range(part * PART, (part + 1) * PART)
        made = [{"url": f"{SITE}/{n}", "status": 200, "headers": headers, "body": page(n)} for n in numbers]
        pq.write_table(pa.Table.from_pylist(made), folder / f"{part:02d}.parquet")


def ray() -> list[Row]:
    """Two actors beside one, once they are there."""
    import ray as outside

    from tdm_guard.ray import guard

    outside.init(num_cpus=4, include_dashboard=False, _node_ip_address="127.0.0.1", log_to_driver=False)
    outside.data.DataContext.get_current().enable_progress_bars = False
    folder = Path(tempfile.mkdtemp())
    rows_of(folder / "rows")
    source = outside.data.read_parquet(str(folder / "rows"), override_num_blocks=PARTS).materialize()

    def judged(actors: int, *, of: int | None = None) -> Callable[[], None]:
        def run() -> None:
            found = guard(
                source if of is None else source.limit(of),
                {"agent": "ExampleBot"},
                policies(),
                log=folder / "logs" / "{batch}.jsonl",
                batch_size=PART,
                compute=outside.data.ActorPoolStrategy(size=actors),
            )
            found.select_columns(["verdict"]).materialize()

        return run

    return scaled("Ray Data", judged, folder)


def spark() -> list[Row]:
    """Two cores beside one: the same partitions, one after the other or two at once."""
    from pyspark.sql import SparkSession

    from tdm_guard.spark import guard

    folder = Path(tempfile.mkdtemp())
    rows_of(folder / "rows")

    def judged(cores: int, *, of: int | None = None) -> Callable[[], None]:
        def run() -> None:
            session = SparkSession.getActiveSession()
            if session is None or session.sparkContext.master != f"local[{cores}]":
                if session is not None:
                    session.stop()
                session = (
                    SparkSession.builder.master(f"local[{cores}]")
                    .config("spark.driver.host", "127.0.0.1")
                    .config("spark.ui.enabled", "false")
                    .config("spark.ui.showConsoleProgress", "false")
                    .config("spark.driver.memory", "3g")
                    .config("spark.driver.extraJavaOptions", "-XX:+UseSerialGC")
                    .config("spark.sql.files.openCostInBytes", "128m")  # a file is a partition
                    .config("spark.sql.shuffle.partitions", "2")  # of a handful of counts
                    .getOrCreate()
                )
                session.sparkContext.setLogLevel("OFF")
            df = session.read.parquet(str(folder / "rows"))
            df = df.limit(of) if of else df
            found = guard(df, {"agent": "ExampleBot"}, policies(), log=folder / "logs" / "{partition}-{run}.jsonl")
            found.groupBy("verdict").count().collect()

        return run

    return scaled("PySpark", judged, folder)


def scaled(what: str, judged: Callable[..., Callable[[], None]], folder: Path) -> list[Row]:
    """One worker beside two, the time of a few rows taken off: what starting costs is not what scales."""
    judged(2, of=8)()  # the engine is there
    pairs = []
    for _ in range(ROUNDS):
        times = []
        for workers in (2, 1):
            keep_to(CORES[:workers])
            judged(workers, of=8)()
            start = timed(judged(workers, of=8), time.perf_counter)
            times.append(timed(judged(workers), time.perf_counter) - start)
        pairs.append((times[0], times[1]))
        print(what, [f"{value:.2f} s" for value in times], file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    size = f"{PARTS} parts of {PART} pages of 160 KB"
    return [row(f"{what}: two workers, {size}", pairs, "one worker", calls=PARTS * PART, budget=1 / 1.8)]


CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def keep_to(cores: list[int]) -> None:
    """All threads of this process and of those that it started, and what they start, run there."""
    for pid in family() if cores else ():
        with suppress(OSError):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                with suppress(OSError):
                    os.sched_setaffinity(int(thread.name), cores)


def family() -> Iterator[int]:
    """This process, and those below it."""
    above: dict[int, int] = {}
    for each in Path("/proc").iterdir():
        with suppress(OSError, ValueError):  # one that went meanwhile, and what is no process
            above[int(each.name)] = int((each / "stat").read_text().rpartition(")")[2].split()[1])
    ours = {os.getpid()}
    while more := {pid for pid, parent in above.items() if parent in ours} - ours:
        ours |= more
    yield from ours


def timed(call: Callable[[], None], clock: Callable[[], float]) -> float:
    start = clock()
    call()
    return clock() - start


def row(what: str, pairs: list[tuple[float, float]], peer: str, *, calls: int, budget: float) -> Row:
    return Row(
        what=what,
        ours=statistics.median(a for a, _ in pairs) / calls * 1e6,
        peer=statistics.median(b for _, b in pairs) / calls * 1e6,
        unit="µs",
        peer_name=peer,
        ratio=statistics.median(a / b for a, b in pairs),
        spread=spread(pairs),
        budget=budget,
    )


if __name__ == "__main__":
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    os.environ["PYTHONPATH"] = str(ROOT)
    parts = {"datatrove": datatrove, "ray": ray, "spark": spark}
    print(table([each for name in sys.argv[1:] or parts for each in parts[name]()]))
