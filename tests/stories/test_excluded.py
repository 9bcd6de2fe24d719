"""Sites that a court found to infringe, over each client: nothing of them is asked for; the log says on whose word."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from tdm_guard.cli import app
from tdm_guard.testing import Answer, PretendWeb, Site

LIST = """
[[excluded_sites]]
id = "court-2026-03"
title = "Order of 3 March 2026"
issuer = "Ministry of Culture"
authority = "Regional Court, 12 O 34/26"
date = 2026-03-03
source = { url = "https://court.example/list", retrieved_at = "2026-03-04T09:00:00Z" }
domains = ["pirate.example", "bücher.example"]
"""
WORDS = (
    "Ministry of Culture, 2026-03-03; found by Regional Court, 12 O 34/26; Order of 3 March 2026; "
    "https://court.example/list"
)
LICENCE = """
[[authorisations]]
id = "all"
grantor = { name = "Pirate", mandate = { status = "asserted" } }
licensee = "acme-ai"
scope = { origins = ["http://pirate.example", "http://www.pirate.example"] }
access = true
usages = ["tdm"]
territory = ["WORLD"]
valid_from = "2025-01-01"
valid_to = "2035-12-31"
status = "active"
evidence = { reference = "mail of today" }
recorded_by = "legal@acme.example"
"""
UNIVERSITY = {
    "name": "acme-ai",
    "classes": ["education"],
    "research": {
        "eligible": True,
        "lawful_access": True,
        "attested_by": "dean@uni.example",
        "at": "2026-01-05",
        "reference": "charter",
    },
}


def test_nothing_of_a_site_on_a_list_is_asked_for(
    edge: str, collector: Any, web: Callable[..., PretendWeb], tmp_path: Path
) -> None:
    hidden = {"/": Answer.html("<p>SECRET"), "/robots.txt": Answer.text("User-agent: *\nAllow: /\n")}
    pages = {
        "/": Answer.html("<p>OPEN"),
        "/in": Answer(status=302, headers=(("location", "http://www.pirate.example/"),)),
    }
    pretend = web(
        Site("pirate.example", hidden),
        Site("www.pirate.example", hidden),
        Site("xn--bcher-kva.example", hidden),
        Site("notpirate.example", {"/": Answer.html("<p>SUFFIX")}),
        Site("pirate.example.org", {"/": Answer.html("<p>PREFIX")}),
        Site("press.example", pages),
        # whose robots.txt lies at a site on the list, so that it is not read
        Site("moved.example", {"/robots.txt": Answer(status=301, headers=(("location", "http://pirate.example/"),))}),
    )
    lists, licences = tmp_path / "lists.toml", tmp_path / "licences.toml"
    lists.write_text(LIST, encoding="utf-8")
    licences.write_text(LICENCE, encoding="utf-8")
    admitted = ["http://notpirate.example/", "http://pirate.example.org/", "http://press.example/"]
    barred = ["http://pirate.example/", "http://www.pirate.example/", "http://xn--bcher-kva.example/"]
    urls = [*admitted, *barred, "http://press.example/in", "http://moved.example/"]
    settings = {"ROBOTSTXT_OBEY": True}
    options = {"excluded_sites": [str(lists)], "authorisations": [str(licences)], "operator": UNIVERSITY}
    job = collector(edge, pretend, tmp_path / "job").run(urls, settings=settings, **options)

    assert job.stopped == ""
    assert {request.site for request in pretend.requests} == {
        "notpirate.example", "pirate.example.org", "press.example", "moved.example"
    }  # fmt: skip
    verdicts = ["unreserved"] * 3 + ["reserved"] * 4 + ["undetermined"]
    assert job.verdicts == dict(zip(urls, verdicts, strict=True))
    assert b"SECRET" not in job.disk
    for url in (*barred, "http://press.example/in"):
        record = job.record(url)
        [entry] = record["because"]
        assert (entry["kind"], entry["signal"], entry["stance"]) == ("exclusion", "excluded-sites", "reserved")
        assert (entry["source"], entry["excerpt"]) == ("court-2026-03", WORDS)
        assert entry["locator"] in record["final_url"]
        assert entry["sha256"] == hashlib.sha256(lists.read_bytes()).hexdigest()
        assert entry["authorisations"] == []
        assert (record["stage"], record["status"], record["bytes"]) == ("policy", None, None)
        assert {each["result"] for each in record["checked"]} == {"not-attempted"}
    assert job.record("http://press.example/in")["hops"] == ["http://press.example/in"]
    job.check()

    run = json.loads(job.log.read_text(encoding="utf-8").splitlines()[0])
    [loaded] = run["excluded_sites"]
    assert (loaded["id"], loaded["version"]) == ("court-2026-03", "2026-03-03")
    listed = json.loads(CliRunner().invoke(app, ["licences", "--format", "json", str(job.log)]).stdout)
    assert (listed["asks"], listed["excluded"], listed["unexplained"]) == ([], 3, 0)  # of one address the latest
    report = json.loads(CliRunner().invoke(app, ["report", "--format", "json", str(job.log)]).stdout)
    assert (report["excluded"]["decisions"], report["excluded"]["lists"]) == (4, {"court-2026-03": 4})
    assert "excluded-sites" not in report["signals"]
