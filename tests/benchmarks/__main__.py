"""Run all benchmarks: `make bench`, or `python -m tests.benchmarks core` for a part."""

from __future__ import annotations

import importlib.metadata
import platform
import sys

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
    stores,
    tampering,
    verifying,
)
from tests.benchmarks.measure import Row, table

PARTS = {
    "core": core.rows,
    "pages": pages.rows,
    "httpx": edges.httpx,
    "scrapy": crawls.rows,
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
PACKAGES = ("tdm-guard", "datadiligence", "lxml", "selectolax", "protego", "scrapy", "httpx", "httpx2", "fastwarc")


def main(names: list[str]) -> int:
    rows: list[Row] = []
    for name in names or PARTS:
        print(f"running {name} …", file=sys.stderr, flush=True)
        rows += PARTS[name]()
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    print(f"Python {platform.python_version()} on {platform.machine()}; {versions}\n")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
