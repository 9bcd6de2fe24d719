"""
Pages full of one small thing, made to cost: `python -m tests.fuzz.pages --mebibytes 31`.

States the time on the processor and the verdict of each, then the slowest. Behind each stands a refusal, so that no
bound may end in silence.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime

from tdm_guard import Decision, Judge
from tests.support.silence import SILENT

REFUSAL = b'<meta name="robots" content="noai">'
JUDGE = Judge(agent="ExampleBot", usages={"ai-training"})
Piece = Callable[[int], str]


def _words(number: int) -> str:
    return (f"no {number} training of models by anybody without consent; " * 40)[:1200]


def _meta(name: str) -> Piece:
    return lambda number: f'<meta name="{name}" content="{_words(number)}">'


FLOODS: dict[str, tuple[str, Piece]] = {
    **{
        f"metas {name}": ("", _meta(name))
        for name in ("tdm-reservation", "tdm-policy", "content-usage", "robots", "ai")
    },
    "metas content-signal": ("", _meta("content-signal")),
    "short metas": ("", lambda number: f"<meta name=ai content=x{number}>"),
    "links": ("", lambda number: f'<link rel=license href="/{number}">'),
    "attributes": ("<svg ", lambda number: "a "),
    "attributes without a name": ("<svg ", lambda number: "=a "),
    "quotation marks": ("<svg ", lambda number: '" '),
    "open tags": ("", lambda number: '<meta a="'),
    "scripts": ("", lambda number: "<script>a</script>"),
    "scripts of JSON-LD": ("", lambda number: f'<script type="application/ld+json">{{"a":{number}}}</script>'),
    "paths": ("<svg>", lambda number: "<path d=a/>"),
    "elements": ("", lambda number: "<div>"),
    "comments": ("", lambda number: "<!-- -->"),
    "typographic quotation marks": ("", lambda number: f"<meta name=“ai{number}” content=“no”>"),
    "references": ('<meta name="a" content="', lambda number: "&amp;"),
}


def flood(name: str, size: int) -> bytes:
    """A page of `size` bytes full of one thing, and a refusal behind it."""
    begins, piece = FLOODS[name]
    pieces, length, number = [begins], len(begins), 0
    while length < size:
        each = piece(number)
        pieces.append(each)
        length += len(each)
        number += 1
    return b"<!doctype html><title>t</title><meta name=llms>" + "".join(pieces).encode() + b'">' + REFUSAL


def judged(body: bytes) -> Decision:
    """What the judge says of such a page."""
    return JUDGE.evaluate(
        "https://site.example/a",
        status=200,
        headers=[("content-type", "text/html; charset=utf-8")],
        body=body,
        policies=SILENT,
        now=datetime(2026, 11, 28, tzinfo=UTC),
    )


def main() -> int:
    """Prints a line for each flood; 1 if one was silent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mebibytes", type=float, default=31.0)
    size = int(parser.parse_args().mebibytes * 2**20)
    slowest, silent = (0.0, ""), 0
    for name in FLOODS:
        body = flood(name, size)
        begun = time.process_time()
        verdict = judged(body).verdict
        took = time.process_time() - begun
        slowest = max(slowest, (took, name))
        silent += not verdict.withholds
        print(f"{name:28} {len(body) / 2**20:6.1f} MiB {took:7.2f} s  {verdict}", flush=True)
    print(f"slowest: {slowest[1]}, {slowest[0]:.2f} s; silent: {silent}")
    return bool(silent)


if __name__ == "__main__":
    raise SystemExit(main())
