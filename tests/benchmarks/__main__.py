"""
Run all benchmarks: `make bench`, or `python -m tests.benchmarks core` for a part.

`make bench-quick` (`--quick`) takes short versions of the parts that have one, and ends with 1 where a row came to more
than 1.5 times its budget, or what it is held to.
"""

from __future__ import annotations

import importlib.metadata
import platform
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial

from tests.benchmarks import (
    assets,
    assets_documents,
    core,
    crawls,
    edges,
    keeping,
    lists,
    pages,
    proofs,
    reporting,
    scans,
    silences,
    stores,
    tampering,
    verifying,
)
from tests.benchmarks.measure import LOST, Row, better, hurried, table

PARTS: dict[str, Callable[[], Iterable[Row]]] = {
    "core": core.rows,
    "pages": pages.rows,
    "httpx": edges.httpx,
    "scrapy": crawls.rows,
    "silences": silences.rows,
    "lists": lists.rows,
    "report": reporting.rows,
    "keeping": keeping.rows,
    "tampering": tampering.rows,
    "proofs": proofs.rows,
    "assets": assets.rows,
    "documents": assets_documents.rows,
    "verify": verifying.rows,
    "stores": stores.rows,
    "scans": scans.rows,
}
QUICK: dict[str, Callable[[], Iterable[Row]]] = {  # the same rows of fewer things; two minutes in all
    "core": core.rows,
    "pages": partial(pages.rows, brief=True),
    "httpx": edges.httpx,
    "scrapy": partial(crawls.rows, turns=4, many=False),
    "lists": partial(lists.rows, works=100_000, names=20_000),
    "keeping": partial(keeping.rows, records=1_000, rounds=5, kills=0),
    "verify": partial(verifying.rows, records=4_000),
    "stores": partial(stores.rows, origins=4_000, crowd=False),
    "scans": partial(scans.rows, records=200, sites=24, crew=False),
}
SECONDS = 1.0  # that a comparison takes of them
PACKAGES = ("tdm-guard", "datadiligence", "lxml", "selectolax", "protego", "scrapy", "httpx", "httpx2", "fastwarc")


def main(words: list[str]) -> int:
    quick, names = "--quick" in words, [word for word in words if word != "--quick"]
    began, rows, lost = time.monotonic(), [], []
    for name in names or (QUICK if quick else PARTS):
        print(f"running {name} …", file=sys.stderr, flush=True)
        found = _quickly(name) if quick else list(PARTS[name]())
        rows += found
        lost += [row for row in found if quick and row.is_lost]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    print(f"Python {platform.python_version()} on {platform.machine()}; {versions}\n")
    print(table(rows))
    print(f"\n{time.monotonic() - began:.0f} s")
    for row in lost:
        print(f"lost: {row.what}: {row.ratio:.2f}, more than {LOST} times {max(row.budget or 0, row.held or 0):g}")
    return 1 if lost else 0


def _quickly(name: str) -> list[Row]:
    """The rows of a part; where one is lost, all are measured once more and the better ones count."""
    with hurried(SECONDS):
        rows = list(QUICK[name]())
        if any(row.is_lost for row in rows):
            print(f"running {name} again …", file=sys.stderr, flush=True)
            rows = better(rows, list(QUICK[name]()))
    return rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
