"""The core against datadiligence, lxml, selectolax and Protego: warm decisions, HTML, first decisions, memory."""

from __future__ import annotations

import gc
import io
import statistics
import tracemalloc
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime

import lxml.html
import selectolax.lexbor
from protego import Protego

from tdm_guard import Fetched, Judge, evaluate, read_policies
from tests.benchmarks import origins
from tests.benchmarks.inputs import HEADERS, page, robots_files, robots_of_35_lines
from tests.benchmarks.measure import Row, compare

with redirect_stdout(io.StringIO()):  # it prints a hint about its service when imported
    from datadiligence.evaluators import HttpEvaluator

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = "https://site.example"
URL = SITE + "/stories/2026/11/a-long-enough-path.jpg"
ABSENT = Fetched(status=404)


def warm_decisions() -> list[Row]:
    judge = Judge(agent="ExampleBot")
    peer = HttpEvaluator()
    peer_headers = dict(HEADERS)
    rows = []
    for what, robots, budget in (
        ("warm decision, no site rules", ABSENT, 2.0),
        ("warm decision, robots.txt of 35 lines", Fetched(status=200, body=robots_of_35_lines()), 3.0),
    ):
        answers = {f"{SITE}{path}": ABSENT for path in ("/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")}
        policy = judge.read_policies(SITE, answers | {f"{SITE}/robots.txt": robots}, now=NOW)
        assert judge.evaluate(URL, status=200, headers=HEADERS, policies=policy, now=NOW).verdict == "unreserved"
        rows.append(
            compare(
                what,
                lambda policy=policy: judge.evaluate(URL, status=200, headers=HEADERS, policies=policy, now=NOW),
                lambda: peer.is_allowed(headers=peer_headers),
                peer_name="datadiligence HttpEvaluator",
                number=3000,
                budget=budget,
                note="5 header lines",
            )
        )
    return rows


def functions() -> list[Row]:
    """The function that takes options at every call, beside the method of a judge that was made once."""
    judge, agent = Judge(agent="ExampleBot", usages={"tdm"}), "ExampleBot"
    answers = {f"{SITE}{path}": ABSENT for path in ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")}
    policy = judge.read_policies(SITE, answers, now=NOW)
    ours = read_policies(SITE, answers, now=NOW, agent=agent, usages={"tdm"})  # as who calls one function has it
    return [
        compare(
            "evaluate() with the same options again",
            lambda: evaluate(URL, status=200, headers=HEADERS, policies=ours, now=NOW, agent=agent, usages={"tdm"}),
            lambda: judge.evaluate(URL, status=200, headers=HEADERS, policies=policy, now=NOW),
            peer_name="Judge.evaluate",
            number=3000,
            budget=1.3,
        ),
        compare(
            "read_policies() with the same options again",
            lambda: read_policies(SITE, answers, now=NOW, agent=agent, usages={"tdm"}),
            lambda: judge.read_policies(SITE, answers, now=NOW),
            peer_name="Judge.read_policies",
            number=300,
            budget=1.3,
        ),
    ]


def html() -> list[Row]:
    body, head = page()
    judge = Judge(agent="ExampleBot")
    assert not judge.bench.scanner.may_speak(body)
    rows = []
    peers: list[tuple[str, Callable[[bytes], object], float | None]] = [
        ("lxml parsing the head", lxml.html.fromstring, 0.5),
        ("selectolax parsing the head", selectolax.lexbor.LexborHTMLParser, None),
    ]
    for name, parse, budget in peers:
        rows.append(
            compare(
                "HTML without signals",
                lambda: judge.bench.scanner.may_speak(body),
                lambda parse=parse: parse(head),
                peer_name=name,
                number=20,
                budget=budget,
                note=f"page {len(body) // 1000} kB, head {len(head) // 1000} kB",
            )
        )
    return rows


def first_decisions() -> list[Row]:
    judge = Judge(agent="ExampleBot")
    files = robots_files()
    answers = [{"/robots.txt": Fetched(status=200, body=body), "/.well-known/tdmrep.json": ABSENT} for body in files]

    def ours() -> None:
        for documents in answers:
            policy = judge.read_policies(SITE, documents, now=NOW)
            judge.evaluate(URL, policies=policy, now=NOW)

    def theirs() -> None:
        for body in files:
            Protego.parse(body.decode()).can_fetch(URL, "ExampleBot")

    return [
        compare(
            "first decision for a new origin",
            ours,
            theirs,
            peer_name="Protego.parse + can_fetch",
            number=1,
            rounds=25,
            budget=0.8,
            note=f"all of {len(files)} generated files",
        )
    ]


def memory() -> list[Row]:
    judge = Judge(agent="ExampleBot")
    files = robots_files()

    def policy(body: bytes) -> object:
        documents = {"/robots.txt": Fetched(status=200, body=body), "/.well-known/tdmrep.json": ABSENT}
        return judge.read_policies(SITE, documents, now=NOW).as_cached()

    ours = [_bytes_of(lambda body=body: policy(body)) for body in files]
    peer = [_bytes_of(lambda body=body: Protego.parse(body.decode())) for body in files]
    return [
        Row(
            what="memory per cached origin, median",
            ours=statistics.median(ours) / 1024,
            peer=statistics.median(peer) / 1024,
            unit="KiB",
            peer_name="Protego object",
            ratio=statistics.median(a / b for a, b in zip(ours, peer, strict=True)),
            budget=0.35,
            note=f"tracemalloc, {len(files)} files; median at most 3 KB",
        )
    ]


def _bytes_of(make: Callable[[], object]) -> int:
    make()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = make()
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept is not None
    return after - before


def large_robots() -> list[Row]:
    rules = "\n".join(f"Disallow: /section/{n}/private" for n in range(12))
    body = "\n\n".join(f"User-agent: Bot{n}\n{rules}" for n in range(1200)).encode()[:500_000]
    judge = Judge(agent="ExampleBot")
    documents = {"/robots.txt": Fetched(status=200, body=body), "/.well-known/tdmrep.json": ABSENT}
    return [
        compare(
            "robots.txt of 500 KB, 700 groups and more",
            lambda: judge.read_policies(SITE, documents, now=NOW),
            lambda: Protego.parse(body.decode()),
            peer_name="Protego.parse",
            number=1,
            rounds=7,
            budget=0.2,
            held=0.26,
        )
    ]


def licences() -> list[Row]:
    """A decision under a licence document of 1,000 contents; the peer is what Protego needs for one URL."""
    contents = "".join(
        f'<content url="/section-{n}/"><license><prohibits type="usage">ai-train</prohibits></license></content>'
        for n in range(1000)
    )
    xml = f'<rsl xmlns="https://rslstandard.org/rsl">{contents}</rsl>'.encode()
    judge = Judge(agent="ExampleBot", usages={"genai-training"})
    documents = {
        "/robots.txt": Fetched(status=200, body=f"License: {SITE}/licence.xml\nUser-agent: *\nDisallow:\n".encode()),
        "/.well-known/tdmrep.json": ABSENT,
        "/licence.xml": Fetched(status=200, body=xml),
    }
    policy = judge.read_policies(SITE, documents, now=NOW)
    urls = [f"{SITE}/section-{n}/page.html" for n in range(1000)]
    assert judge.evaluate(urls[500], policies=policy, now=NOW).verdict == "reserved"
    robots = Protego.parse(robots_of_35_lines().decode())
    return [
        compare(
            "1,000 decisions under 1,000 RSL contents",
            lambda: [judge.evaluate(url, policies=policy, now=NOW) for url in urls],
            lambda: [robots.can_fetch(url, "ExampleBot") for url in urls],
            peer_name="Protego.can_fetch, 35 lines",
            number=1,
            rounds=7,
            note="at most 50,000 µs",
        )
    ]


def rows() -> list[Row]:
    """All rows of the core."""
    return [
        *warm_decisions(),
        *functions(),
        *html(),
        *first_decisions(),
        *origins.decisions(),
        *memory(),
        *origins.memory(),
        *large_robots(),
        *licences(),
    ]
