"""
Works that were declared wherever they stand, over Scrapy, httpx and httpx2: withheld, licensed, doubted, released.

Each story is a collection on loopback with files of its own. Dates are relative to today: clients go by the clock.
"""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tdm_guard import Withheld
from tdm_guard.cli import app
from tdm_guard.testing import Answer, PretendWeb, Received, Site

TODAY = datetime.now(UTC).date()
TDMREP = "/.well-known/tdmrep.json"
WORK, OTHER, OWN = "T-000.000.001-0", "T-000.000.002-1", "00000000199"
NAMES = {"society": "Société d'Essai", "author": "Marie Exemple", "league": "League of Composers"}
US = {"name": "acme-ai", "country": "FR"}
Web = Callable[..., PretendWeb]
Collect = Callable[..., Any]


def page(*scripts: object, mark: str = "SECRET", head: str = "", **how: Any) -> Answer:
    said = "".join(f'<script type="application/ld+json">{json.dumps(script)}</script>' for script in scripts)
    return Answer.html(
        f"<!doctype html><html><head><title>t</title>{head}{said}</head><body>{mark}</body></html>", **how
    )


def work(iswc: str = WORK, *composers: dict[str, Any]) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "MusicComposition", "iswcCode": iswc, "composer": composers}


def person(name: str = NAMES["author"], ipi: str = OWN) -> dict[str, Any]:
    return {"@type": "Person", "name": name, "identifier": f"IPI:{ipi}"}


def tdmrep(value: int) -> Answer:
    return Answer.json([{"location": "/", "tdm-reservation": value}])


def table(**members: Any) -> str:
    """The members as TOML."""
    return "".join(f"{name} = {spelled(value)}\n" for name, value in members.items())


def spelled(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {spelled(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(spelled, value)) + "]"
    return str(value) if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def declaration(who: str = "society", *, status: str = "asserted", **match: list[str]) -> str:
    return "[[declarations]]\n" + table(
        id=who,
        version="1",
        declarant={"name": NAMES[who]},
        mandate={"basis": "member_mandate", "status": status},
        work_types=["musical_work", "lyrics"],
        usages=["tdm"],
        declared_at=TODAY - timedelta(days=700),
        form="press_release",
        licence={"available": True, "url": f"https://{who}.example/ai", "email": f"ai@{who}.example"},
        source={"url": f"https://{who}.example/", "retrieved_at": TODAY - timedelta(days=10)},
        match=match or {"iswc": [WORK]},
    )


def licence(name: str = "lic-1", *, days: int = 30, access: bool = False, **scope: Any) -> str:
    """A licence for us, from ten days ago until in some `days`."""
    return "[[authorisations]]\n" + table(
        id=name,
        grantor={"name": NAMES["society"], "mandate": {"status": "asserted"}},
        licensee="acme-ai",
        scope=scope or {"declarations": ["society"]},
        access=access,
        usages=["tdm"],
        territory=["EU"],
        valid_from=TODAY - timedelta(days=10),
        valid_to=TODAY + timedelta(days=days),
        status="active",
        evidence={"reference": "contract 1"},
    )


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., list[str]]:
    """Writes a file of tables; gives its name as an option takes it."""
    tmp_path.joinpath("held").mkdir()

    def write(name: str, *tables: str) -> list[str]:
        path = tmp_path / "held" / f"{name}.toml"
        path.write_text("\n".join(tables), encoding="utf-8")
        return [str(path)]

    return write


@pytest.fixture
def collect(edge: str, collector: Any, tmp_path: Path) -> Collect:
    """Does a job with the client of this case; each in a folder of its own."""
    done = iter(range(100))

    def collect(web: PretendWeb, *stages: list[str], **how: Any) -> Any:
        job = collector(edge, web, tmp_path / f"job-{next(done)}").run(*stages, **{"operator": US} | how)
        if not job.stopped:
            job.check()
        return job

    return collect


def counted(job: Any, name: str) -> int:
    """A number among the stats that Scrapy writes to its log; of other clients the records are counted."""
    if job.edge != "scrapy":
        kind, _, value = name.partition("/")
        return sum(record[kind] == value for record in job.decisions)
    found = [line for line in (job.folder / "scrapy.log").read_text().splitlines() if f"'tdm_guard/{name}'" in line]
    return int(found[-1].rpartition(":")[2].strip(" ,}")) if found else 0


# ---- Withheld for who declared them -------------------------------------------------------------------------------


def test_a_declared_work_is_withheld_by_what_its_page_says(collect: Collect, web: Web, write: Any) -> None:
    recording = {
        "@context": "https://schema.org", "@type": "MusicRecording", "isrcCode": "QMXX12300001", "recordingOf": work(),
    }  # fmt: skip
    pages = {
        "/work": page(work()),
        "/recording": page(recording),
        "/meta": page(head=f'<meta name="DC.identifier" scheme="ISWC" content="{WORK}">'),
        "/other": page(work(OTHER), mark="OPEN"),
        "/text": page(mark="OPEN"),
        "/broken": page(work(WORK[:-1] + "1"), mark="OPEN"),
    }
    pretend = web(Site("songs.example", pages))
    urls = {name: f"http://songs.example{name}" for name in pages}
    job = collect(pretend, list(urls.values()), repertoire=write("declared", declaration()))
    states = {name: (job.record(url)["verdict"], job.record(url)["repertoire"]) for name, url in urls.items()}
    assert states == {
        "/work": ("reserved", "matched"),
        "/recording": ("reserved", "matched"),
        "/meta": ("reserved", "matched"),
        "/other": ("unreserved", "not-matched"),
        "/text": ("unreserved", "unmatchable"),
        "/broken": ("unreserved", "unmatchable"),
    }
    [said] = job.record(urls["/work"])["because"]
    assert (said["source"], said["rightsholder"], said["contact"]) == (
        "society",
        NAMES["society"],
        "ai@society.example",
    )
    assert said["match"] == {"key": "iswc", "value": "T0000000010", "strength": "identifier"}
    assert any("iswc" in fault["locator"] for fault in job.record(urls["/broken"])["faults"])
    assert [counted(job, f"repertoire/{state}") for state in ("matched", "not-matched", "unmatchable")] == [3, 1, 2]
    assert b"OPEN" in job.disk
    assert b"SECRET" not in job.disk
    run = json.loads(job.log.read_text(encoding="utf-8").splitlines()[0])
    assert [entry["id"] for entry in run["repertoire"]] == ["society"]


def test_a_work_that_the_collector_knows_is_not_even_requested(collect: Collect, web: Web, write: Any) -> None:
    pretend = web(Site("songs.example", {f"/{n}": page(mark="OPEN" if n == 3 else "SECRET") for n in range(4)}))
    urls = [f"http://songs.example/{n}" for n in range(4)]
    items: dict[str, Any] = {
        urls[0]: {"iswc": WORK},
        urls[1]: {"type": "musical_work", "society": "S.d'E."},
        urls[2]: [{"title": "Two songs"}, {"isrc": "QMXX12300001", "contains": [{"iswc": [OTHER, WORK]}]}],
        urls[3]: {"iswc": OTHER, "society": ["another"]},
    }
    declared = write("declared", declaration(iswc=[WORK], society=["SdE"]))
    job = collect(pretend, urls, items=items, repertoire=declared)
    assert job.verdicts == dict(zip(urls, ["reserved", "reserved", "reserved", "unreserved"], strict=True))
    assert [job.record(url)["stage"] for url in urls[:3]] == ["policy"] * 3
    assert [pretend.asked("songs.example", f"/{n}") for n in range(4)] == [0, 0, 0, 1]
    assert [job.record(url)["because"][0]["match"]["key"] for url in urls[:3]] == ["iswc", "society", "iswc"]
    assert b"SECRET" not in job.disk


def test_a_host_that_says_0_waives_no_songwriters_right(collect: Collect, web: Web, write: Any) -> None:
    pretend = web(
        Site("songs.example", {TDMREP: tdmrep(0), "/hers": page(work(WORK, person())), "/mine": page(mark="OPEN")})
    )
    hers, mine = (f"http://songs.example/{name}" for name in ("hers", "mine"))
    declared = write("declared", declaration("author", status="confirmed", creator_ipi=[OWN]))
    for authorisations in ([], write("granted", licence(origins=["http://songs.example"]))):
        job = collect(pretend, [hers, mine], repertoire=declared, authorisations=authorisations)
        assert job.verdicts == {hers: "reserved", mine: "permitted"}
        assert [said["source"] for said in job.record(hers)["because"]] == ["author"]
        assert b"SECRET" not in job.disk


def test_while_observing_everything_is_handed_on_and_nothing_kept_quiet(collect: Collect, web: Web, write: Any) -> None:
    pretend = web(Site("songs.example", {"/work": page(work()), "/doubt": page(work(OTHER)), "/free": page()}))
    urls = [f"http://songs.example/{name}" for name in ("work", "doubt", "free")]
    declared = write("declared", declaration(), declaration("league", status="disputed", iswc=[OTHER]))
    job = collect(pretend, urls, repertoire=declared, mode="observe", items={urls[0]: {"iswc": WORK}})
    assert [(job.record(url)["verdict"], job.record(url)["admitted"]) for url in urls] == [
        ("reserved", True),
        ("review", True),
        ("unreserved", True),
    ]
    assert {item["url"] for item in job.handed} == set(urls)
    assert not any(record["enforced"] for record in job.decisions)


# ---- Licences -----------------------------------------------------------------------------------------------------


def test_a_licence_lets_a_work_through_until_it_ends(collect: Collect, web: Web, write: Any) -> None:
    pretend = web(Site("songs.example", {}, fallback=page(work())))
    first, second = "http://songs.example/1", "http://songs.example/2"
    declared = write("declared", declaration())
    before = collect(pretend, [first], repertoire=declared)
    assert before.verdicts == {first: "reserved"}
    assert b"SECRET" not in before.disk

    granted = write("granted", licence(days=30))
    job = collect(pretend, [first], [second], pause=timedelta(days=32), repertoire=declared, authorisations=granted)
    assert job.verdicts == {first: "authorised", second: "reserved"}
    assert [item["url"] for item in job.handed] == [first]
    through, ended = job.record(first), job.record(second)
    assert through["authorisations"] == ["lic-1"]
    assert through["because"][0]["authorisations"][0]["outcome"] == "lifted"
    assert ended["authorisations"] == []
    [mark] = ended["because"][0]["authorisations"]
    assert (mark["id"], mark["outcome"], mark["why"]) == (
        "lic-1", "not-lifted", f"expired on {TODAY + timedelta(days=30)}",
    )  # fmt: skip

    others = collect(pretend, [first], repertoire=declared, authorisations=granted, operator={"name": "other-ai"})
    assert others.verdicts == {first: "reserved"}
    assert others.record(first)["because"][0]["authorisations"][0]["why"] == "granted to acme-ai"


def test_a_licence_for_some_works_lets_these_through_and_no_other(
    collect: Collect, web: Web, write: Any, tmp_path: Path
) -> None:
    pages = {
        "/licensed": page(work(WORK, person()), mark="OPEN"),
        "/other": page(work(OTHER, person())),
        "/both": page(work(WORK), work(OTHER)),
        "/hers": page(work("T-000.000.003-2", person())),
        "/known": page(mark="OPEN"),
        "/unknown": page(),
    }
    pretend = web(Site("songs.example", pages))
    urls = {name: f"http://songs.example{name}" for name in pages}
    items = {urls["/known"]: {"iswc": WORK, "society": "SdE"}, urls["/unknown"]: {"title": "?", "society": "SdE"}}
    declared = write("declared", declaration(iswc=[WORK, OTHER], creator_ipi=[OWN], society=["SdE"]))
    (tmp_path / "catalogue.csv").write_text(f"ISWC\n{WORK}\n")
    made = ["import", str(tmp_path / "catalogue.csv"), "--format", "csv", "--map", "iswc=ISWC", "--list-version", "7"]
    made += ["--declaration", "society", "-o", str(tmp_path / "held" / "licensed.tdmlist")]
    assert CliRunner().invoke(app, ["repertoire", *made]).exit_code == 0
    granted = write("granted", licence(declarations=["society"], works=["licensed.tdmlist"]))
    job = collect(pretend, list(urls.values()), items=items, repertoire=declared, authorisations=granted)
    assert {name: job.record(url)["verdict"] for name, url in urls.items()} == {
        "/licensed": "authorised",
        "/other": "reserved",
        "/both": "reserved",
        "/hers": "reserved",
        "/known": "authorised",
        "/unknown": "reserved",
    }
    through = job.record(urls["/licensed"])
    assert {said["match"]["key"]: said["match"]["work"] for said in through["because"]} == {
        "iswc": "iswc T0000000010",
        "creator_ipi": "iswc T0000000010",
    }
    assert all("licensed.tdmlist, version 7" in said["authorisations"][0]["why"] for said in through["because"])
    lifted = {
        said["match"]["value"]: [mark["outcome"] for mark in said["authorisations"]]
        for said in job.record(urls["/both"])["because"]
    }
    assert lifted == {"T0000000010": ["lifted"], "T0000000021": ["not-lifted"]}
    assert b"SECRET" not in job.disk


def test_a_licence_whose_list_is_missing_begins_nothing(collect: Collect, web: Web, write: Any) -> None:
    pretend = web(Site("songs.example", {"/": page()}))
    granted = write("granted", licence(declarations=["society"], works=["gone.tdmlist"]))
    job = collect(
        pretend, ["http://songs.example/"], repertoire=write("declared", declaration()), authorisations=granted
    )
    assert job.stopped
    assert not pretend.requests


def test_a_societys_licence_does_not_lift_what_its_member_reserves(collect: Collect, web: Web, write: Any) -> None:
    pretend = web(Site("songs.example", {"/both": page(work(WORK, person())), "/theirs": page(work(), mark="OPEN")}))
    both, theirs = (f"http://songs.example/{name}" for name in ("both", "theirs"))
    declared = write("declared", declaration(), declaration("author", status="confirmed", creator_ipi=[OWN]))
    society, author = licence(), licence("lic-2", declarations=["author"])
    job = collect(pretend, [both, theirs], repertoire=declared, authorisations=write("granted", society))
    assert job.verdicts == {both: "reserved", theirs: "authorised"}
    outcomes = {
        said["source"]: [mark["outcome"] for mark in said["authorisations"]] for said in job.record(both)["because"]
    }
    assert outcomes == {"author": [], "society": ["lifted"]}
    assert b"SECRET" not in job.disk
    every = collect(pretend, [both], repertoire=declared, authorisations=write("granted", society, author))
    assert every.verdicts == {both: "authorised"}
    assert set(every.record(both)["authorisations"]) == {"lic-1", "lic-2"}


def test_research_is_exempt_but_for_robots_txt(
    collect: Collect, web: Web, write: Any, caplog: pytest.LogCaptureFixture
) -> None:
    claim = {"eligible": True, "lawful_access": True, "attested_by": "dean", "at": "2026-01-05", "reference": "r 1"}
    pretend = web(
        Site("songs.example", {"/work": page(work()), "/doubt": page(work(OTHER))}),
        Site("closed.example", {"/robots.txt": Answer.text("User-agent: *\nDisallow: /\n"), "/work": page(work())}),
    )
    work_, doubt, closed = (
        f"http://{name}" for name in ("songs.example/work", "songs.example/doubt", "closed.example/work")
    )
    declared = write("declared", declaration(), declaration("league", status="disputed", iswc=[OTHER]))
    job = collect(
        pretend,
        [work_, doubt, closed],
        repertoire=declared,
        operator={"name": "uni", "country": "FR", "research": claim},
    )
    assert job.verdicts == {work_: "exempt", doubt: "exempt", closed: "reserved"}
    assert job.record(work_)["because"][0]["source"] == "society"
    assert [job.record(url)["without_exemption"] for url in (work_, doubt)] == ["reserved", "review"]
    assert "without_exemption" not in job.record(closed)
    told = (job.folder / "scrapy.log").read_text("utf-8") if job.edge == "scrapy" else caplog.text
    option = "TDM_GUARD_OPERATOR" if job.edge == "scrapy" else "operator"
    claimed = f"{option} claims Art. 3 of Directive (EU) 2019/790, attested by dean on 2026-01-05, reference r 1: "
    assert told.count(claimed) == 1
    assert pretend.asked("closed.example", "/work") == 0


# ---- A person decides ---------------------------------------------------------------------------------------------


def test_a_disputed_mandate_waits_for_a_person_whose_answer_the_next_run_honours(
    collect: Collect, web: Web, write: Any, tmp_path: Path
) -> None:
    pretend = web(Site("songs.example", {"/work": page(work(), mark="DOUBTED"), "/other": page(work(OTHER))}))
    url, other = (f"http://songs.example/{name}" for name in ("work", "other"))
    declared = write(
        "declared", declaration("league", status="disputed", iswc=[WORK]), declaration("society", iswc=[OTHER])
    )
    job = collect(pretend, [url, other], repertoire=declared)
    assert job.verdicts == {url: "review", other: "reserved"}
    assert job.record(url)["because"][0]["doubt"] == "mandate disputed"
    assert b"DOUBTED" not in job.disk

    reviews = tmp_path / "reviews.toml"
    listed = CliRunner().invoke(app, ["review", str(job.log)])
    assert (listed.exit_code, "1 question" in listed.output) == (0, True)
    answer = ["--release", "1", "--by", "legal@acme.example", "--why", "they joined in May", "--to", str(reviews)]
    answered = CliRunner().invoke(app, ["review", str(job.log), *answer])
    assert answered.exit_code == 0, answered.output

    again = collect(pretend, [url, other], repertoire=declared, authorisations=[str(reviews)])
    assert again.verdicts == {url: "unreserved", other: "reserved"}
    assert b"DOUBTED" in again.disk
    [said] = again.record(url)["because"]
    assert {name: said["reviewed"][name] for name in ("outcome", "by", "why")} == {
        "outcome": "released",
        "by": "legal@acme.example",
        "why": "they joined in May",
    }
    assert CliRunner().invoke(app, ["review", str(again.log)]).output.startswith("Nothing waits")


# ---- What cannot be guarded is not begun --------------------------------------------------------------------------


def test_every_mistake_in_the_files_is_named_and_nothing_is_begun(collect: Collect, web: Web, write: Any) -> None:
    pretend = web(Site("songs.example", {"/": page()}))
    wrong = declaration().replace('"press_release"', '"rumour"').replace(WORK, "T-000.000.001-1")
    declared = write("declared", wrong.replace('"tdm"', '"mining"'), "[[declaration]]\nid = 1")
    granted = write(
        "granted", licence(declarations=["societe"]).replace('"EU"', '"XX"'), licence().replace("active", "on")
    )
    job = collect(pretend, ["http://songs.example/"], repertoire=declared, authorisations=granted)
    assert job.stopped.startswith("ConfigurationError")
    for place, words in (
        ("declarations[0].form", "'rumour'"),
        ("declarations[0].match.iswc", "'T-000.000.001-1'"),
        ("declarations[0].usages", "'mining'"),
        ("declaration:", "unknown"),
        ("authorisations[0].territory", "'XX'"),
        ("authorisations[1].status", "'on'"),
    ):
        assert any(place in line and words in line for line in job.stopped.splitlines()), (place, job.stopped)
    assert pretend.requests == ()
    assert not job.log.exists()


@pytest.mark.parametrize(
    "wrong", ["https://music.example", "music.example s3cr3t-word", "http://music.example s3cr3t-word"]
)
def test_a_token_file_with_a_mistake_is_not_shown_and_nothing_is_begun(
    collect: Collect, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"# ours\n{wrong}\n", encoding="utf-8")
    monkeypatch.setenv("TDM_GUARD_LICENCE_TOKENS_FILE", str(path))
    pretend = web(Site("songs.example", {"/": page()}))
    job = collect(pretend, ["http://songs.example/"])
    assert job.stopped.startswith("ConfigurationError")
    assert "line 2" in job.stopped
    assert "s3cr3t" not in job.stopped
    assert b"s3cr3t" not in job.disk
    assert pretend.requests == ()


# ---- Licence tokens -----------------------------------------------------------------------------------------------


def test_a_token_is_shown_to_its_own_origin_and_to_nobody_else(
    collect: Collect, web: Web, write: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    token = "tok-3f9a-word-that-nobody-else-knows"

    def paid(request: Received) -> Answer:
        if request.header("authorization") == f"License {token}":
            return page(mark="PAID")
        return Answer.text("pay first", ("www-authenticate", 'License error="invalid_request"'), status=401)

    pretend = web(
        Site("music.example", {"/a": paid, "/b": paid, "/away": Answer.redirect("http://else.example/there")}),
        Site("else.example", {"/there": page(mark="THERE"), "/back": Answer.redirect("http://music.example/b")}),
    )
    music, elsewhere = pretend.origin("music.example"), pretend.origin("else.example")
    urls = [f"{music}/a", f"{music}/away", f"{elsewhere}/there", f"{elsewhere}/back"]

    caplog.set_level(logging.DEBUG)
    without = collect(pretend, urls[:1], proxied=False)
    assert without.handed == [] or without.record(urls[0])["content"] is False
    assert b"PAID" not in without.disk

    monkeypatch.setenv("TDM_GUARD_LICENCE_TOKENS", f"{music} {token}")
    job = collect(pretend, urls, proxied=False)
    assert b"PAID" in job.disk
    assert [job.record(url)["verdict"] for url in urls] == ["unreserved"] * 4
    assert [job.record(url)["authenticated"] for url in urls] == [True, False, False, True]
    shown = {(got.site, got.path) for got in pretend.requests if got.header("authorization") is not None}
    assert shown == {("music.example", path) for path in ("/a", "/b", "/away")}
    assert token.encode() not in job.disk  # logs, items, Scrapy's HTTP cache and job folder
    assert token not in caplog.text


TOKEN = "tok-77c1-bought-in-may"


def selling() -> Site:
    """A site whose licence costs money, and whose pages are for those who paid."""

    def paid(request: Received) -> Answer:
        shown = request.header("authorization") == f"License {TOKEN}"
        return page(mark="PAID") if shown else Answer.text("pay first", status=402)

    def declaring(request: Received) -> Answer:
        return Answer.text(f"User-agent: *\nAllow: /\nLicense: {request.base('music.example')}/license.xml\n")

    terms = (
        '<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><permits type="usage">all</permits>'
        '<payment type="subscription"/></license></content></rsl>'
    )
    document = Answer(headers=(("content-type", "application/rsl+xml"),), body=terms.encode())
    return Site("music.example", {"/robots.txt": declaring, "/license.xml": document, "/song": paid})


def test_a_bought_licence_lifts_and_its_token_opens(
    collect: Collect, web: Web, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend = web(selling())
    origin = pretend.origin("music.example")
    url = f"{origin}/song"
    monkeypatch.setenv("TDM_GUARD_LICENCE_TOKENS", f"{origin} {TOKEN}")
    alone = collect(pretend, [url], proxied=False)
    assert alone.verdicts == {url: "reserved"}  # a token opens the door, it lifts no reservation
    assert pretend.asked("music.example", "/song") == 0
    for scope in ({"licences": [f"{origin}/license.xml"]}, {"origins": [origin]}):
        bought = collect(pretend, [url], proxied=False, authorisations=write("granted", licence(**scope)))
        assert bought.verdicts == {url: "authorised"}
        assert (bought.record(url)["authorisations"], bought.record(url)["content"]) == (["lic-1"], True)
        assert b"PAID" in bought.disk
        assert TOKEN.encode() not in bought.disk


@pytest.mark.parametrize("edge", ["httpx", "httpx2"])
def test_a_refusal_does_not_carry_the_token_it_was_asked_with(
    collector: Any, web: Web, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edge: str
) -> None:
    pretend = web(Site("music.example", {"/song": page(work())}))
    origin = pretend.origin("music.example")
    monkeypatch.setenv("TDM_GUARD_LICENCE_TOKENS", f"{origin} {TOKEN}")
    doing = collector(edge, pretend, tmp_path)
    doing.proxied = False
    declared = write("declared", declaration())
    with doing.client(agent="ExampleBot", log=str(doing.job.log), repertoire=declared) as client:
        with pytest.raises(Withheld) as refused:
            client.get(f"{origin}/song")
        shown = [*map(repr, (client, refused.value, refused.value.decision, refused.value.request)), str(refused.value)]
    assert pretend.requests[-1].header("authorization") == f"License {TOKEN}"
    assert [text for text in shown if TOKEN in text] == []
    assert TOKEN.encode() not in pickle.dumps(refused.value)
    assert TOKEN not in doing.job.log.read_text(encoding="utf-8")
