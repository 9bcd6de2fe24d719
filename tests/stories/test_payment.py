"""Access that is sold, over Scrapy, httpx and httpx2: withheld with its price, listed by whom to ask, and counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from tdm_guard.cli import app
from tdm_guard.testing import Answer, PretendWeb, Site

PRICE = ("crawler-price", "USD 0.01")
X402 = b'{"x402Version":1,"accepts":[{"scheme":"exact","network":"base","maxAmountRequired":"7","asset":"USDC"}]}'


def test_what_is_sold_is_withheld_and_says_its_price(
    edge: str, collector: Any, web: Callable[..., PretendWeb], tmp_path: Path
) -> None:
    pages = {
        "/sold": Answer.text("pay SECRET", PRICE, status=402),
        "/coin": Answer(status=402, headers=(("content-type", "application/json"),), body=X402),
        "/edge": Answer.text("no", ("crawler-error", "CrawlerForbidden"), status=403),
        "/paid": Answer.text("BOUGHT", ("crawler-charged", "USD 0.01")),
    }
    pretend = web(Site("press.example", pages))
    urls = [f"http://press.example{path}" for path in pages]
    job = collector(edge, pretend, tmp_path / "job").run(urls)
    assert job.verdicts == dict(zip(urls, ["reserved", "reserved", "unreserved", "unreserved"], strict=True))
    terms = [job.record(url)["because"][0]["terms"] for url in urls]
    assert terms == ["crawler-price: USD 0.01", "x402 version 1; 7 USDC base exact", None, "USD 0.01"]
    assert b"SECRET" not in job.disk
    assert b"BOUGHT" in job.disk
    job.check()
    listed = CliRunner().invoke(app, ["licences", "--format", "json", str(job.log)])
    [ask] = json.loads(listed.stdout)["asks"]
    assert (ask["name"], ask["items"], ask["signals"]) == ("http://press.example", 2, ["payment"])
    assert sorted(ask["terms"]) == terms[:2]
    report = CliRunner().invoke(app, ["report", "--format", "markdown", str(job.log)])
    assert "refused at the site's edge, though its robots.txt allows it: 1" in report.stdout
