"""
Runs crawls, each in a process of its own that is forked from this one: what they all import is imported once.

A line of JSON on stdin is a crawl: `folder`, `environment`, `words` of its command line, the first a script, `errors`,
the file for its stderr. The answer is a line with the code that it ended with.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from typing import Any

import probe_stores  # noqa: F401 - as all that is imported here, for the crawls
import scrapy
import scrapy.core.downloader.handlers.http11
import scrapy.crawler
import scrapy.extensions.httpcache
import scrapy.pipelines.images  # noqa: F401

import tdm_guard.scrapy  # noqa: F401


def main() -> dict[str, Any] | None:
    """Forks for each line; the crawl that is to be, in the process that is forked, else None."""
    for line in sys.stdin:
        job: dict[str, Any] = json.loads(line)
        if not (child := os.fork()):
            return job
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return None


if __name__ == "__main__" and (given := main()) is not None:
    os.chdir(given["folder"])
    os.environ.clear()
    os.environ.update(given["environment"])
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY)):
        os.dup2(os.open(os.devnull, flags), number)
    os.dup2(os.open(given["errors"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    sys.argv = given["words"]
    runpy.run_path(sys.argv[0], run_name="__main__")
