"""
To add a standard, write one module: tried with one that there is not (`toy_standard`), given through `signals=` alone.

It is heard in every carrier that it reads, offline and live, and weighed and recorded as any other.
"""

from __future__ import annotations

import ast
import json
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, Judge, Withheld
from tdm_guard.httpx import GuardClient
from tdm_guard.signals import SIGNALS
from tdm_guard.testing import Answer, PretendWeb, Site
from tests.signals import toy_standard
from tests.support import pictures

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SITE = "https://site.example"
ABSENT = {path: Fetched(status=404) for path in ("/robots.txt", "/.well-known/tdmrep.json", "/toy.txt")}
CSV = ("content-type", "text/csv")
HTML = ("content-type", "text/html")
JPEG = ("content-type", "image/jpeg")
SIGNED = (*SIGNALS, toy_standard.SIGNAL)
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:toy="http://toy.example/" toy:rule="%s"/></rdf:RDF></x:xmpmeta>'
)


def photo(word: str) -> bytes:
    return pictures.jpeg(pictures.app1(XMP % word.encode()))


def robots(word: str) -> Fetched:
    return Fetched(status=200, body=f"User-agent: *\nDisallow: /x\nToy-Rule: {word}\n".encode())


def told(carrier: str, word: str) -> dict[str, Any]:
    """A response, and what the documents of its site answered, with a word in one carrier."""
    given: dict[str, Any] = {"headers": [CSV], "body": b"a,b", "policies": ABSENT}
    if carrier == "header":
        return given | {"headers": [CSV, ("Toy-Rule", word)]}
    if carrier == "html":
        return given | {"headers": [HTML], "body": f'<html><meta name="Toy-Rule" content="{word}">'.encode()}
    if carrier == "file":
        return given | {"policies": ABSENT | {"/toy.txt": Fetched(status=200, body=word.encode())}}
    if carrier == "robots.txt":
        return given | {"policies": ABSENT | {"/robots.txt": robots(word)}}
    return given | {"headers": [JPEG], "body": photo(word)}


CARRIERS = ("header", "html", "file", "robots.txt", "jpeg")


def judged(carrier: str, word: str, signals: Any = SIGNED, **options: Any) -> Any:
    judge = pickle.loads(pickle.dumps(Judge(signals=signals, agent="ExampleBot", **options)))
    return judge.evaluate(f"{SITE}/a", status=200, now=NOW, **told(carrier, word))


def test_it_needs_nothing_but_public_parts() -> None:
    path = Path(str(toy_standard.__file__))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name for name in modules if name and name.startswith("tdm_guard")} == {"tdm_guard.signals"}


@pytest.mark.parametrize("posture", ["cautious", "literal"])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_its_words_are_heard_in_each_carrier(carrier: str, posture: str) -> None:
    decision = judged(carrier, "hush", posture=posture)
    assert decision.verdict == "reserved"
    (said,) = decision.because
    assert (said.signal, said.carrier, said.excerpt) == ("toy", carrier, "hush")
    assert judged(carrier, "sing", posture=posture).verdict == "permitted"
    doubt = judged(carrier, "perhaps", posture=posture)
    assert doubt.verdict == "unreserved"
    assert [(fault.signal, fault.excerpt) for fault in doubt.faults] == [("toy", "perhaps")]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_nobody_else_hears_them(carrier: str) -> None:
    assert judged(carrier, "hush", SIGNALS).verdict == "unreserved"
    assert judged(carrier, "hush", usages={"search"}).verdict == "unreserved"


@pytest.mark.parametrize("carrier", CARRIERS)
def test_no_other_standards_yes_outweighs_its_no(carrier: str) -> None:
    given = told(carrier, "hush")
    given["headers"] = [*given["headers"], ("tdm-reservation", "0")]
    judge = Judge(signals=SIGNED, agent="ExampleBot")
    assert judge.evaluate(f"{SITE}/a", status=200, now=NOW, **given).verdict == "reserved"


@pytest.mark.parametrize("posture", ["cautious", "literal"])
@pytest.mark.parametrize("answer", [Fetched.unreachable("timeout"), Fetched(status=503), None])
def test_its_document_had_to_be_read(answer: Fetched | None, posture: Any) -> None:
    judge = Judge(signals=SIGNED, agent="ExampleBot", posture=posture)
    given = told("header", "sing") | {"policies": ABSENT | {"/toy.txt": answer}}
    decision = judge.evaluate(f"{SITE}/a", status=200, now=NOW, **given)
    assert decision.verdict == "undetermined"
    assert {said.source for said in decision.because} == {f"{SITE}/toy.txt"}


def test_a_file_that_is_cut_is_no_yes() -> None:
    judge = Judge(signals=SIGNED, agent="ExampleBot")
    cut = photo("sing")[:60]
    headers = [JPEG]
    decision = judge.evaluate(f"{SITE}/a", status=200, headers=headers, body=cut, policies=ABSENT, now=NOW)
    assert decision.verdict == "undetermined"


def test_an_authorisation_of_its_origin_lifts_it(tmp_path: Path) -> None:
    licence = tmp_path / "licence.toml"
    licence.write_text(
        """
[[authorisations]]
id = "lic-1"
grantor = { name = "Site" }
licensee = "acme-ai"
scope = { origins = ["https://site.example"] }
usages = ["tdm"]
territory = ["WORLD"]
valid_from = "2026-01-01"
status = "active"
evidence = { reference = "contract 1" }
recorded_by = "legal@acme.example"
""",
        encoding="utf-8",
    )
    options = {"authorisations": [licence], "operator": {"name": "acme-ai"}}
    assert judged("header", "hush", **options).verdict == "authorised"


def test_a_client_withholds_and_records(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    pages = {
        "/open": Answer(headers=(CSV,), body=b"open"),
        "/header": Answer(headers=(CSV, ("toy-rule", "hush")), body=b"SECRET"),
        "/page": Answer(headers=(HTML,), body=b'<html><meta name="toy-rule" content="hush">SECRET'),
        "/photo": Answer(headers=(JPEG,), body=photo("hush")),
    }
    closed = Site("closed.example", {"/toy.txt": Answer.text("hush"), "/a": Answer.text("SECRET")})
    with PretendWeb([Site("toys.example", pages), closed]) as web:
        with GuardClient(signals=SIGNED, agent="ExampleBot", log=log, proxy=web.proxy, trust_env=False) as client:
            assert client.get("http://toys.example/open").content == b"open"
            for url in ("toys.example/header", "toys.example/page", "toys.example/photo", "closed.example/a"):
                with pytest.raises(Withheld):
                    client.get(f"http://{url}")
        assert web.asked("closed.example", "/a") == 0
        assert web.asked("closed.example", "/trust.txt") == 0  # its site says that it reserves everything
    run, *records = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    assert "toy" in run["signals"]
    refused = [record["because"][0] for record in records if record.get("admitted") is False]
    assert [(said["signal"], said["carrier"]) for said in refused] == [
        ("toy", "header"),
        ("toy", "html"),
        ("toy", "jpeg"),
        ("toy", "file"),
    ]
