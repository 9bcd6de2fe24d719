"""A pretend site whose pages speak by every kind of carrier, and what a log and an evidence folder must hold of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tdm_guard.log.evidence import State, copy_of
from tdm_guard.log.evidence_check import named_in
from tdm_guard.testing import Answer, Site
from tests.support.assets import large_jpeg

SECRET = "SECRET WORDS OF THE ARTICLE"
META = '<meta name="tdm-reservation" content="1">'
RSL = (
    '<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><prohibits type="usage">all</prohibits>'
    "</license></content></rsl>"
)
PICTURE = large_jpeg()[:4000]
PAGES = {
    "/robots.txt": Answer.text("User-agent: *\nDisallow: /closed\n\nUser-agent: GPTBot\nDisallow: /gpt\n"),
    "/.well-known/tdmrep.json": Answer.json([{"location": "/reserved", "tdm-reservation": 1}]),
    "/": Answer.html(f"<title>a</title><p>{SECRET}"),
    "/closed": Answer.text(SECRET),
    "/reserved": Answer.text(SECRET),
    "/head": Answer.html(f"<html><head><title>a</title>\n{META}\n</head><body>{SECRET}</body>"),
    "/behind": Answer.html(f"<html><head></head><body>{SECRET}\n{SECRET}{META}{SECRET}"),
    "/field": Answer.text(SECRET, ("TDM-Reservation", "1"), ("Set-Cookie", "session=hidden")),
    "/picture.jpg": Answer(200, (("content-type", "image/jpeg"),), PICTURE),
    "/licensed": Answer.html(SECRET, ("Link", '</licence.xml>; rel="license"; type="application/rsl+xml"')),
    "/licence.xml": Answer(200, (("content-type", "application/rsl+xml"),), RSL.encode()),
}
WITHHELD = {"/closed", "/reserved", "/head", "/behind", "/field", "/picture.jpg", "/licensed"}
SITE = Site("site.example", PAGES)
JUDGED = sorted(WITHHELD | {"/"})


def decisions_in(log: Path) -> dict[str, dict[str, Any]]:
    """The decisions of a log by the path of their address."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    found = [line for line in lines if line["type"] == "decision"]
    return {"/" + record["final_url"].split("/", 3)[3]: record for record in found}


def check_kept(log: Path, folder: Path) -> None:
    """All that the decisions on `SITE` rest on is there, each piece what it should be; no content is, no secret."""
    found = decisions_in(log)
    assert {path for path, record in found.items() if not record["admitted"]} == WITHHELD
    for record in found.values():
        copies = [copy_of(folder, named.digest) for named in named_in(record)]
        assert copies
        assert {copy.state for copy in copies} == {State.WHOLE}
    words = {
        path: copy_of(folder, entry.get("evidence") or entry["sha256"]).data
        for path, record in found.items()
        for entry in record["because"][:1]
    }
    assert words["/closed"] == PAGES["/robots.txt"].body
    assert words["/reserved"] == PAGES["/.well-known/tdmrep.json"].body
    assert words["/head"].endswith(f"{META}\n</head>".encode())
    assert words["/behind"].endswith(f"<head></head>{META}".encode())
    assert b"tdm-reservation: 1\r\n" in words["/field"].lower()
    assert b"xmpmeta" in words["/picture.jpg"]
    licence = next(item for item in found["/licensed"]["checked"] if item["document"].endswith("/licence.xml"))
    assert copy_of(folder, licence["sha256"]).data == RSL.encode()
    for path in folder.rglob("*"):
        if path.is_file():
            data = copy_of(folder, path.name.partition(".")[0]).data
            assert SECRET.encode() not in data
            assert b"hidden" not in data
            assert PICTURE not in data
