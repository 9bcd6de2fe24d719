"""
The promises of README.md, each kept by every client: Scrapy, httpx and httpx2 with threads and tasks, aiohttp.

A job is a whole collection on loopback. Its disk is searched for what should not be there: items, files, pictures,
Scrapy's HTTP cache, its job folder and its log; the compliance log is read and verified.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from typer.testing import CliRunner

from tdm_guard.cli import app
from tdm_guard.testing import SITES, Answer, PretendWeb, Site, endless, files, marker, one_after_another, sample_web
from tests.support.pages import names
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]
EDGES = ("scrapy", "httpx", "httpx-async", "httpx2", "httpx2-async", "requests", "aiohttp-async")
ASYNC_EDGES = ("httpx-async", "httpx2-async", "aiohttp-async")
PAGES = {f"http://{site.name}{path}": verdict.value for site in SITES for path, verdict in site.expected.items()}
MARKS = {f"http://{site.name}{path}": marker(site.name, path) for site in SITES for path in site.expected}
ADMITTED = {"unreserved", "permitted"}
BULK = "/buoys.bin"  # 26 MB behind a reserving header, at datasets.example
DOCUMENTS = {
    "/robots.txt",
    "/.well-known/tdmrep.json",
    "/ai.txt",
    "/.well-known/ai.txt",
    "/trust.txt",
    "/.well-known/trust.txt",
}
TDMREP = "/.well-known/tdmrep.json"
RESERVED = ("tdm-reservation", "1")
SILENT = Answer(silent=True)
BUSY = Answer.text("later", status=503)
Web = Callable[..., PretendWeb]


def page(mark: str, head: str = "", *headers: tuple[str, str], **how: Any) -> Answer:
    html = f"<!doctype html><html><head><title>t</title>{head}</head><body><p>{mark}</p></body></html>"
    return Answer.html(html, *headers, **how)


def robots(*lines: str) -> Answer:
    return Answer.text("\n".join((*lines, "")))


def tdmrep(value: int, location: str = "/") -> Answer:
    return Answer.json([{"location": location, "tdm-reservation": value}])


class Told(NamedTuple):
    """The sample web, collected: the job, how often each address was asked for, how much of the large file came."""

    job: Any
    asked: Counter[tuple[str, str]]
    bulk: int


# A connection whose download was stopped at its headers may be used again while it closes; Twisted then sends the next
# request twice. Where requests are counted, each has a connection of its own.
ONE_EACH = {"DEFAULT_REQUEST_HEADERS": {"Connection": "close"}}


@pytest.fixture(scope="module", params=EDGES)
def told(request: pytest.FixtureRequest, collector: Any, tmp_path_factory: pytest.TempPathFactory) -> Told:
    with sample_web() as web:
        job = collector(request.param, web, tmp_path_factory.mktemp("sample") / "job").run(
            list(PAGES), settings=ONE_EACH
        )
        asked = Counter((got.site, got.path) for got in web.requests)
        return Told(job, asked, web.sent("datasets.example", BULK))


# ---- Nothing is handed on unjudged or unlogged --------------------------------------------------------------------


@pytest.mark.slow
def test_each_page_is_judged_once_and_recorded_before_it_is_handed_on(told: Told) -> None:
    told.job.check()
    assert told.job.verdicts == PAGES
    assert {item["url"] for item in told.job.handed} == {url for url, verdict in PAGES.items() if verdict in ADMITTED}
    assert told.job.failed == []


MISTAKES: dict[str, tuple[dict[str, str], str]] = {
    "bad values": ({"mode": "watch", "posture": "brave"}, "ConfigurationError: .*'watch'.*'brave'"),
    "full disk": ({"log": "/dev/full"}, "LogError: .*/dev/full"),
    "no folder": ({"log": "/dev/null/tdm.jsonl"}, "LogError: .*/dev/null"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_cannot_be_guarded_is_not_begun(collect: Any, web: Web, mistake: str) -> None:
    options, words = MISTAKES[mistake]
    pretend = web(Site("site.example", {"/": page("OPEN")}))
    job = collect(pretend, ["http://site.example/"], **options)
    assert re.match(words, job.stopped)
    assert pretend.requests == ()
    assert job.handed == []


def test_a_log_that_is_full_on_the_way_ends_what_is_handed_on(collect: Any, web: Web) -> None:
    pretend = web(Site("site.example", {f"/{n}": page(f"mark-{n:03}-") for n in range(60)}))
    urls = [f"{pretend.origin('site.example')}/{n}" for n in range(60)]
    one_file = {"LOG_FILE": None, "HTTPCACHE_ENABLED": False}  # the log shall be the file that fills up
    job = collect(pretend, urls, proxied=False, file_limit=16_000, settings={"CONCURRENT_REQUESTS": 4, **one_file})
    recorded = {record["id"]: record["url"] for record in job.decisions}
    assert {item["decision"]: item["url"] for item in job.handed} == recorded
    assert 0 < len(recorded) < len(urls)
    assert {item["type"] for item in job.failed} == {"LogError"}
    assert job.refused == []
    assert job.flaws() == []  # torn at most
    stored = {int(number) for number in re.findall(rb"mark-(\d{3})-", job.disk)}
    assert {urls[number] for number in stored} == set(recorded.values())


BREAKING: dict[str, Answer] = {
    "file": page("SECRET"),
    "robots": page("SECRET"),
    "header": page("SECRET", "", ("x-robots-tag", "max-snippet: 3")),
    "html": page("SECRET", '<meta name="tdm-reservation" content="0">'),
    "feed": Answer(
        headers=(("content-type", "application/rss+xml"),),
        body=b'<?xml version="1.0"?><rss version="2.0"><channel><title>SECRET</title></channel></rss>',
    ),
    "asset": Answer(headers=(("content-type", "image/jpeg"),), body=files.jpeg(b"SECRET", files.xmp({}))),
    "challenge": Answer(
        status=402,
        headers=(("content-type", "application/rsl+xml"),),
        body=b'<rsl xmlns="https://rslstandard.org/rsl"><!-- SECRET --></rsl>',
    ),
    "hop": Answer.redirect("http://well.example/secret", ("tdm-reservation", "0")),
    "precedence": page("SECRET", "", ("tdm-reservation", "0")),
}


def test_a_mistake_of_ours_in_any_reader_lets_nothing_pass(collect: Any, web: Web) -> None:
    rules = {"/robots.txt": robots("User-agent: *", "Disallow: /no")}
    sites = [Site(f"{seam}.example", {**rules, "/page": answer}) for seam, answer in BREAKING.items() if seam != "file"]
    told = {"/.well-known/tdmrep.json": Answer(headers=(("content-type", "application/json"),), body=b"[]")}
    sites.append(Site("file.example", {**rules, **told, "/page": BREAKING["file"]}))  # none is not read
    pretend = web(*sites, Site("well.example", {"/page": page("OPEN"), "/secret": page("SECRET")}))
    urls = {seam: f"http://{seam}.example/page" for seam in BREAKING}
    job = collect(pretend, [*urls.values(), "http://well.example/page"], broken=True)
    assert [item["url"] for item in job.handed] == ["http://well.example/page"]
    assert {item["url"] for item in job.failed} == set(urls.values()) - {urls["hop"]} | {job_url(job, urls["hop"])}
    assert all("a mistake of ours" in item["text"] for item in job.failed)
    assert job.verdicts == {"http://well.example/page": "unreserved"}
    assert job.flaws(remarks=True) == []
    assert b"OPEN" in job.disk
    assert b"SECRET" not in job.disk


def job_url(job: Any, url: str) -> str:
    """Scrapy's errbacks are given the request that a redirect made."""
    return "http://well.example/secret" if job.edge == "scrapy" else url


STAGES = ("policy", "answer", "body")  # what a task waits for when it is cancelled
CANCELLED = {stage: f"http://{'quiet' if stage == 'policy' else 'site'}.example/cancelled/{stage}" for stage in STAGES}


def cancellable() -> tuple[Site, ...]:
    body = endless(b"<p>SECRET</p>")
    return (
        Site("quiet.example", {"/robots.txt": SILENT}, fallback=page("SECRET")),
        Site(
            "site.example",
            {
                "/cancelled/answer": SILENT,
                "/cancelled/body": Answer(headers=(("content-type", "text/html"),), body=body, drip=0.01),
                "/open": page("OPEN"),
            },
        ),
    )


@pytest.mark.parametrize("edge", ASYNC_EDGES)
@pytest.mark.parametrize("stage", STAGES)
def test_a_cancelled_task_lets_nothing_pass(collector: Any, web: Web, tmp_path: Path, edge: str, stage: str) -> None:
    pretend = web(*cancellable())
    doing = collector(edge, pretend, tmp_path)
    reached: dict[str, Callable[[], int]] = {
        "policy": lambda: pretend.asked("quiet.example", "/robots.txt"),
        "answer": lambda: pretend.asked("site.example", "/cancelled/answer"),
        "body": lambda: pretend.sent("site.example", "/cancelled/body"),
    }

    async def scenario() -> None:
        async with doing.client(agent="ExampleBot", log=str(doing.job.log)) as client:
            task = asyncio.ensure_future(client.get(CANCELLED[stage]))
            async with asyncio.timeout(PATIENCE):
                while not reached[stage]():
                    await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            doing.keep("http://site.example/open", await client.get("http://site.example/open"))

    asyncio.run(scenario())
    doing.job.check()
    assert doing.job.verdicts == {"http://site.example/open": "unreserved"}
    assert b"SECRET" not in doing.job.disk


@pytest.mark.slow
def test_cancelled_tasks_of_a_crawl_let_nothing_pass(collector: Any, web: Web, tmp_path: Path) -> None:
    pretend = web(*cancellable())
    orders = {"BeforePolicy": 105, "BeforeAnswer": 960, "BeforeEnd": 961}
    parts = {"DOWNLOADER_MIDDLEWARES": {f"promise_crawl.{name}": order for name, order in orders.items()}}
    urls = [*CANCELLED.values(), "http://site.example/open"]
    job = collector("scrapy", pretend, tmp_path / "job").run(urls, settings=parts)
    assert [item["url"] for item in job.handed] == ["http://site.example/open"]
    assert job.verdicts == {"http://site.example/open": "unreserved"}
    assert job.flaws(remarks=True) == []
    assert b"SECRET" not in job.disk
    assert pretend.asked("site.example", "/cancelled/answer") == pretend.asked("site.example", "/cancelled/body") == 1
    assert pretend.asked("quiet.example", "/cancelled/policy") == 0


@pytest.mark.slow
def test_a_crawl_that_is_killed_leaves_no_item_without_its_record(collector: Any, web: Web, tmp_path: Path) -> None:
    pretend = web(Site("site.example", {}, fallback=page("OPEN")))
    urls = [f"http://site.example/{n}" for n in range(2000)]
    doing = collector("scrapy", pretend, tmp_path)
    with doing.begun(urls, settings={"HTTPCACHE_ENABLED": False}) as crawl:
        ends = time.monotonic() + PATIENCE
        while not (doing.job.log.is_file() and doing.job.log.read_bytes().count(b"\n") > 150):
            assert time.monotonic() < ends
            assert crawl.poll() is None
            time.sleep(0.01)
        crawl.kill()
        crawl.wait()
    items = {
        json.loads(line)["url"] for line in (tmp_path / "items.jsonl").read_text().splitlines() if line[-1:] == "}"
    }
    recorded = {record["url"] for record in doing.job.decisions if record["admitted"]}
    assert items <= recorded
    assert 0 < len(recorded) < len(urls)
    assert doing.job.flaws() == []
    assert any("no end record" in flaw for flaw in doing.job.flaws(remarks=True))


# ---- Nothing of a withheld response is newly on disk --------------------------------------------------------------


@pytest.mark.slow
def test_nothing_of_a_withheld_page_is_on_the_disk(told: Told) -> None:
    disk = told.job.disk
    assert [url for url, verdict in PAGES.items() if verdict not in ADMITTED and MARKS[url] in disk] == []
    # What was admitted is found there, so the search would have found the rest.
    assert [url for url, verdict in PAGES.items() if verdict in ADMITTED and MARKS[url] not in disk] == []
    if told.job.edge == "scrapy":  # which stores pictures drawn anew, without our bytes
        drawn = {path.stem for path in (told.job.folder / "images").rglob("*.jpg")}
        named = {url: hashlib.sha1(url.encode()).hexdigest() for url in PAGES if url.endswith((".png", ".jpg"))}
        assert drawn == {name for url, name in named.items() if PAGES[url] in ADMITTED}


@pytest.mark.slow
def test_a_body_is_cut_off_where_a_header_reserves(told: Told) -> None:
    assert told.asked["datasets.example", BULK] == 1
    assert told.bulk < 13_000_000  # buffers hold some megabytes
    record = told.job.record("http://datasets.example" + BULK)
    assert (record["stage"], record["bytes"], record["content_sha256"]) == ("headers", None, None)


@pytest.mark.slow
def test_what_an_origins_documents_refuse_is_not_requested(told: Told) -> None:
    refused = {record["url"]: record["stage"] for record in told.job.decisions if not record["admitted"]}
    asked = {url for url in refused if told.asked[split(url)]}
    assert {url for url, stage in refused.items() if stage == "policy"} & asked <= REDIRECTING
    assert "policy" in refused.values()


REDIRECTING = {"http://moved.example/", "http://moved.example/ferry"}  # asked for; refused where they lead


def split(url: str) -> tuple[str, str]:
    host, slash, path = url.removeprefix("http://").partition("/")
    return host, slash + path


# ---- Every refusal can point at the words it rests on -------------------------------------------------------------


class Said(NamedTuple):
    """What a source says to a client without a guard, with its redirects."""

    digest: str
    lines: list[str]
    fields: str
    status: int


@pytest.fixture(scope="module")
def said() -> Iterator[Callable[[str], Said]]:
    """Asks the sample web itself."""
    known: dict[str, Said] = {}
    with (
        sample_web() as web,
        httpx.Client(proxy=web.proxy, trust_env=False, verify=False, follow_redirects=True, timeout=PATIENCE) as client,
    ):

        def ask(url: str) -> Said:
            if url not in known:
                answer = client.get(url)
                fields = [
                    f"{name}: {value}"
                    for response in (*answer.history, answer)
                    for name, value in response.headers.items()
                ]
                digest = hashlib.sha256(answer.content).hexdigest()
                known[url] = Said(digest, answer.text.splitlines(), "\n".join(fields), answer.status_code)
            return known[url]

        yield ask


def misquoted(because: dict[str, Any], source: Said) -> str:
    """What is wrong with a reason, held against its source."""
    parts = [squeezed(part) for part in because["excerpt"].split("…")]
    locator = because["locator"] or ""
    if because["stance"] == "undetermined":
        named = because["layer"] == "asset" or because["carrier"] == "header"  # why, or what it leads to
        return "" if named or str(source.status) in because["excerpt"] else "another status"
    if not locator:
        return "no locator"
    if because["sha256"] not in (None, source.digest):
        return "another digest"
    if locator == "status":
        first, *rest = because["excerpt"].split("; ")
        known = [line.lower() for line in source.fields.splitlines()]
        told = all(any(line.startswith(part.lower()) for line in known) for part in rest)
        return "" if told and first == f"HTTP {source.status}" else "another status, or not in its fields"
    if locator.startswith("#") and because["carrier"] == "header":
        lines = [line for line in source.fields.splitlines() if line.startswith(f"{locator[1:]}:")]
        return "" if all(any(part in line for line in lines) for part in parts) else "not in that field"
    if found := re.fullmatch(r"line (\d+)", locator):
        where = source.lines[int(found[1]) - 1 :]
        return "" if parts[-1] in squeezed(" ".join(where[:3])) else "not on that line"
    if because["signal"] == "c2pa":  # quoted as JSON, while the file has it in binary form
        parts = re.findall(r'"([\w.]+)"', because["excerpt"].partition(" (manifest")[0])
    words = re.sub(r"(</?)\w+:", r"\1", squeezed(" ".join(source.lines)))  # XML is quoted without its prefixes
    return "" if all(part in words for part in parts) else "not in that source"


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.slow
def test_every_refusal_quotes_what_its_source_says(told: Told, said: Callable[[str], Said]) -> None:
    wrong, quoted = [], 0
    for record in told.job.decisions:
        if record["admitted"]:
            continue
        if not record["because"]:
            wrong.append((record["url"], "no reason"))
        for because in record["because"]:
            if "tarpit.example" in because["source"]:
                flaw = "" if because["excerpt"] and because["stance"] == "undetermined" else "no reason"
            else:
                flaw = misquoted(because, said(because["source"]))
            quoted += not flaw
            if flaw:
                wrong.append((record["url"], flaw, because))
    assert wrong == []
    assert quoted >= sum(not record["admitted"] for record in told.job.decisions)


@pytest.mark.slow
def test_the_words_are_in_the_refusal_that_the_caller_is_given(told: Told) -> None:
    by_id = {record["id"]: record for record in told.job.decisions}
    refused = {item["decision"]: item["verdict"] for item in told.job.refused}
    assert refused == {key: record["verdict"] for key, record in by_id.items() if not record["admitted"]}
    assert set(refused.values()) == {"reserved", "undetermined"}


@pytest.mark.slow
def test_the_command_line_verifies_and_retells_the_log(told: Told) -> None:
    verified, listed = (
        CliRunner().invoke(app, [*words, str(told.job.log)]) for words in (["verify"], ["report", "--withheld"])
    )
    assert (verified.exit_code, listed.exit_code) == (0, 0)
    rows = listed.output.splitlines()[1:]
    withheld = Counter(re.split(" {2,}", line)[0].rpartition(" -> ")[2] for line in rows)
    assert withheld == Counter(record["final_url"] for record in told.job.decisions if not record["admitted"])


# ---- Each document of an origin is fetched once -------------------------------------------------------------------


@pytest.mark.slow
def test_no_document_of_the_sample_web_was_asked_for_twice(told: Told) -> None:
    documents = {key: count for key, count in told.asked.items() if key[1] in DOCUMENTS}
    documents["gazette.example", TDMREP] -= 1  # sports.example redirects there
    assert len(documents) > len(SITES)
    assert {key: count for key, count in documents.items() if count != 1} == {}


def test_many_at_once_share_one_reading_and_a_dead_origin_holds_up_nobody(collect: Any, web: Web) -> None:
    slow = {path: Answer.text("", delay=0.1, status=404) for path in DOCUMENTS}
    many = {f"/{n}": page("OPEN") for n in range(20)}
    pretend = web(
        Site("silent.example", {}, fallback=SILENT),
        Site("failing.example", {}, fallback=BUSY),
        Site("slow.example", slow | many),
        Site("well.example", many),
    )
    dead = [f"http://{name}.example/{n}" for name in ("silent", "failing") for n in range(3)]
    alive = [f"http://{name}.example/{n}" for n in range(20) for name in ("slow", "well")]
    job = collect(pretend, dead + alive, policy_timeout=6)  # a busy machine has the others done by then
    job.check()
    assert job.verdicts == dict.fromkeys(dead, "undetermined") | dict.fromkeys(alive, "unreserved")
    hosts = [record["url"].split("/")[2] for record in job.decisions]
    assert hosts[-3:] == ["silent.example"] * 3
    asked = Counter((got.site, got.path) for got in pretend.requests)
    assert set(asked.values()) == {1}
    assert {path for site, path in asked if site == "slow.example"} == DOCUMENTS | set(many)
    assert {path for site, path in asked if site in ("silent.example", "failing.example")} <= DOCUMENTS


def test_a_reservation_once_read_stays_in_force_while_its_origin_fails(collect: Any, web: Web) -> None:
    pages = {f"/{place}/{n}": page("SECRET" if place == "kept" else "OPEN") for place in ("kept", "open") for n in "12"}
    documents: dict[str, Callable[..., Answer]] = {
        "reserving": one_after_another(tdmrep(1, "/kept/"), BUSY),
        "quiet": one_after_another(tdmrep(1, "/kept/"), SILENT),
        "changing": one_after_another(tdmrep(1, "/kept/"), Answer(status=404)),
        "permitting": one_after_another(tdmrep(0, "/"), BUSY),
    }
    pretend = web(*(Site(f"{name}.example", {TDMREP: answer, **pages}) for name, answer in documents.items()))
    first, second = ([f"http://{name}.example/{p}/{n}" for name in documents for p in ("kept", "open")] for n in "12")
    job = collect(pretend, first, second, pause=timedelta(hours=25), policy_timeout=3)
    job.check()
    verdicts = job.verdicts
    assert [verdicts[url] for url in first] == ["reserved", "unreserved"] * 3 + ["permitted", "permitted"]
    assert [verdicts[url] for url in second] == [
        *("reserved", "undetermined"),
        *("reserved", "undetermined"),
        *("unreserved", "unreserved"),  # a file that is gone is an answer
        *("undetermined", "undetermined"),  # an old release does not stay
    ]
    for name in ("reserving", "quiet"):
        before, after = (job.record(f"http://{name}.example/kept/{n}") for n in "12")
        old, still = before["because"][0], after["because"][0]
        assert (still["excerpt"], still["locator"], still["sha256"]) == (old["excerpt"], old["locator"], old["sha256"])
        assert still["retrieved_at"] == old["retrieved_at"] < after["ts"]
        assert pretend.asked(f"{name}.example", "/kept/2") == 0
        assert pretend.asked(f"{name}.example", TDMREP) == 2


# ---- What permits must be well-formed; what reserves needs only to be found ---------------------------------------


CODES = {
    "http://museum.example/collection/sextant.html": "C1",
    "http://translations.example/": "C2",
    "http://bakery.example/": "C3",
    "http://portauthority.example/": "C8",
    "http://tidesrecords.example/": "ai-agents",
    "http://stitches.example/gansey.html": "ai-agents",
    "http://orchard.example/": "aipref-legacy",
    "http://lightbox.example/photos/crab.jpg": "non_canonical_value",
}


def repairs(record: dict[str, Any]) -> set[str]:
    return {code for because in record["because"] for code in (because["repair"] or "").split(",") if code}


@pytest.mark.slow
def test_every_repair_has_a_code_that_is_explained(told: Told) -> None:
    explained = names((ROOT / "docs" / "postures.md").read_text(encoding="utf-8"))
    found = {record["url"]: repairs(record) for record in told.job.decisions}
    assert set().union(*found.values()) <= explained
    assert {url: code for url, code in CODES.items() if code not in found[url]} == {}
    assert all(not codes or PAGES[url] not in ADMITTED for url, codes in found.items())  # it only ever reserves


def test_to_the_letter_nothing_is_repaired(collect: Any) -> None:
    with sample_web() as web:
        # The header of weekly.example and a book at inkwell.example release what a file reserves; no repair (C10)
        # holds on to that.
        released = ["http://weekly.example/", "http://inkwell.example/backlist/currents.epub"]
        job = collect(
            web, [*CODES, *released, "http://gazette.example/", "http://openpedia.example/"], posture="literal"
        )
    job.check()
    verdicts = job.verdicts
    assert verdicts.pop("http://gazette.example/") == "reserved"  # well-formed: it needs no repair
    assert verdicts.pop("http://openpedia.example/") == "permitted"
    assert {url for url, verdict in verdicts.items() if verdict not in ADMITTED} == set()
    assert [record["url"] for record in job.decisions if repairs(record)] == []


def spelled(value: int, word: str) -> dict[str, dict[str, Any]]:
    """Broken ways to say 1 or 0: by the label of the site that does."""
    say = {"location": "/", "tdm-reservation": value}
    broken = b'[{"location": "/", "tdm-reservation": %d},]' % value
    return {
        "object": {TDMREP: Answer.json(say)},
        "nested": {TDMREP: Answer.json({"rules": [say]})},
        "boolean": {TDMREP: Answer.json([say | {"tdm-reservation": bool(value)}])},
        "broken": {TDMREP: Answer(headers=(("content-type", "application/json"),), body=broken)},
        "slashless": {TDMREP: Answer.json([say | {"location": "page"}])},
        "word": {"/page": page("BODY", "", ("tdm-reservation", word))},
        "property": {"/page": page("BODY", f'<meta property="tdm-reservation" content="{value}">')},
    }


@pytest.mark.parametrize("posture", ["cautious", "literal"])
def test_a_broken_no_is_heard_a_broken_yes_is_not(collect: Any, web: Web, posture: str) -> None:
    ways = {
        f"{kind}-{way}": pages
        for kind, v, w in (("no", 1, "yes"), ("yes", 0, "no"))
        for way, pages in spelled(v, w).items()
    }
    pretend = web(
        *(Site(f"{way}.example", {"/page": page("BODY"), **pages}) for way, pages in ways.items()),
        Site("sound.example", {"/page": page("BODY"), TDMREP: tdmrep(0)}),
    )
    job = collect(pretend, [f"http://{way}.example/page" for way in (*ways, "sound")], posture=posture)
    job.check()
    heard = "reserved" if posture == "cautious" else "unreserved"
    assert job.verdicts == {
        f"http://{way}.example/page": heard if way.startswith("no-") else "unreserved" for way in ways
    } | {"http://sound.example/page": "permitted"}
    assert all(repairs(record) for record in job.decisions if record["verdict"] == "reserved")


# ---- A redirect is judged at every hop, and no verdict is inherited -----------------------------------------------


def test_every_hop_is_judged_and_no_verdict_inherited(collect: Any, web: Web) -> None:
    targets = {
        "plain": "http://plain.example/page",
        "kept": "http://kept.example/page",
        "refusing": "http://refusing.example/page",
        "field": "http://field.example/page",
        "failing": "http://failing.example/page",
        "far": "http://second.example/on",
    }
    pretend = web(
        Site("start.example", {TDMREP: tdmrep(0)} | {f"/{n}": Answer.redirect(to) for n, to in targets.items()}),
        Site(
            "second.example",
            {
                "/on": Answer.redirect("/further", status=301),
                "/further": Answer.redirect("http://plain.example/end", status=307),
            },
        ),
        Site("plain.example", {f"/{name}": page("OPEN") for name in ("page", "end", "after")}),
        Site("kept.example", {TDMREP: tdmrep(1), "/page": page("SECRET")}),
        Site("refusing.example", {"/robots.txt": robots("User-agent: *", "Disallow: /"), "/page": page("SECRET")}),
        Site("field.example", {"/page": page("SECRET", "", RESERVED)}),
        Site("failing.example", {"/robots.txt": BUSY, "/page": page("SECRET")}),
        Site(
            "closed.example",
            {"/robots.txt": robots("User-agent: *", "Disallow: /"), "/": Answer.redirect("http://beyond.example/")},
        ),
        Site("spoken.example", {"/": Answer.redirect("http://beyond.example/", RESERVED)}),
        Site("beyond.example", {"/": page("SECRET")}),
        Site("returning.example", {TDMREP: tdmrep(1), "/": Answer.redirect("http://plain.example/after")}),
    )
    urls = {name: f"http://start.example/{name}" for name in targets}
    urls |= {name: f"http://{name}.example/" for name in ("closed", "spoken", "returning")}
    job = collect(pretend, list(urls.values()))
    job.check()
    assert {name: job.verdicts[url] for name, url in urls.items()} == {
        "plain": "unreserved",  # though start.example permits
        "kept": "reserved",
        "refusing": "reserved",
        "field": "reserved",
        "failing": "undetermined",
        "far": "unreserved",
        "closed": "reserved",
        "spoken": "reserved",
        "returning": "reserved",  # though plain.example says nothing
    }
    assert {name: (job.record(url)["final_url"], job.record(url)["hops"]) for name, url in urls.items()} == {
        **{name: (to, [urls[name]]) for name, to in targets.items() if name != "far"},
        "far": ("http://plain.example/end", [urls["far"], "http://second.example/on", "http://second.example/further"]),
        **{name: (urls[name], []) for name in ("closed", "returning")},
        "spoken": (urls["spoken"], []),
    }
    for site, path in (
        ("kept", "/page"),
        ("refusing", "/page"),
        ("failing", "/page"),
        ("closed", "/"),
        ("returning", "/"),
    ):
        assert pretend.asked(f"{site}.example", path) == 0
    assert pretend.asked("beyond.example", "/") == 0
    assert b"OPEN" in job.disk
    assert b"SECRET" not in job.disk
    first: dict[str, str] = {}
    for got in pretend.requests:
        first.setdefault(got.site, got.path)
    assert set(first.values()) <= DOCUMENTS  # the rules of each host before its pages
