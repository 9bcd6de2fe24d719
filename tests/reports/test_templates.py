"""Templates filled in from real logs: figures against counting by hand, the ranking of domains, every blank named."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tdm_guard.cli import app
from tdm_guard.decision import Decision, Exchange, Outcome, Stage
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.reader import LogLine, read_log
from tdm_guard.log.record import RunInfo
from tdm_guard.model import Kind, Posture, Stance, Statement, Verdict
from tdm_guard.reports.preferences.preferred import Runs, json_lines, preferences
from tdm_guard.reports.templates.ab2013 import ab2013
from tdm_guard.reports.templates.art53 import art53
from tdm_guard.reports.templates.collected import MAX_MEDIA, OTHER_MEDIA, Collected
from tdm_guard.reports.templates.form_page import FORMATS, render
from tdm_guard.reports.templates.measures import MAX_ARCHIVES
from tdm_guard.reports.templates.modality import Modality, modality_of
from tdm_guard.reports.templates.named_sites import SiteKind, site_of
from tdm_guard.reports.templates.ranking import Ranking, share
from tdm_guard.reports.templates.trained import Trained
from tdm_guard.signals import SIGNALS
from tdm_guard.usage import TDM

START = datetime(2026, 1, 31, 23, 0, tzinfo=UTC)
KINDS = ["text/html", "image/png", "video/mp4", "audio/mpeg", "application/pdf", "application/zip"]
SIZES = random.Random(5)


def decided(number: int, url: str, media: str | None, size: int | None, verdict: Verdict, **facts: Any) -> Decision:
    stances = dict.fromkeys(TDM, Stance.RESERVED if verdict is Verdict.RESERVED else Stance.UNSTATED)
    because = ()
    if verdict is Verdict.RESERVED:
        because = (Statement(source=f"{url}/t", carrier="file", signal="tdmrep", usages=TDM, stance=Stance.RESERVED,
                             rightsholder="Société <b>"),)  # fmt: skip
    return Decision(
        url=url, ts=START + timedelta(days=number), stage=Stage.BODY,
        outcome=Outcome(verdict=verdict, usages=stances, because=because, enforced=facts.get("enforced", True),
                        authorisations=facts.get("authorisations", ())),
        exchange=Exchange(url, "/".join(url.split("/")[:3]), 200, content=facts.get("content", True), media_type=media,
                          bytes=size, content_sha256=None if size is None else f"{number:064x}"),
    )  # fmt: skip


def collection() -> list[Decision]:
    """45 domains, hosts of other kinds, some of it withheld, streamed, without content, or collected twice."""
    hosts = [f"{'www.' if n % 3 else ''}site{n}.{'co.uk' if n % 4 == 0 else 'example'}" for n in range(45)]
    hosts += ["127.0.0.1:8080", "[2001:db8::1]", "intranet"]
    found = []
    for number in range(240):
        host = hosts[number % len(hosts)]
        verdict = Verdict.RESERVED if number % 7 == 0 else Verdict.UNRESERVED
        size = None if number % 11 == 0 else SIZES.randrange(1_000_000)
        kind = KINDS[number % len(KINDS)] if number % 13 else None
        url = f"https://{host}/{number // 2 if number % 5 == 0 else number}"
        found.append(decided(number, url, kind, size, verdict, content=number % 17 != 0))
    return found


def write(path: Path, decisions: list[Decision], *, mode: str = "enforce", run_id: str | None = None) -> Path:
    signals = tuple(signal.name for signal in SIGNALS)
    run = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode=mode, signals=signals)
    with closing(JsonlLog(path, run=run, now=START, run_id=run_id)) as log:
        for number, decision in enumerate(decisions):
            logged = log.decision(decision)
            if decision.exchange.bytes is None and decision.admitted:
                log.body(logged, now=START, size=number, content_sha256="e" * 63 + f"{number % 10}", complete=True)
        log.end(START)
    return path


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("logs") / "log.jsonl", collection())


def run(*words: str | Path) -> str:
    done = CliRunner().invoke(app, ["report", *map(str, words)])
    assert done.exit_code == 0, done.output
    return done.stdout


def page(*words: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*words, "--format", "json"))
    return found


def counted(path: Path, *, used: Any = lambda record: True) -> dict[str, dict[str, tuple[int, int]]]:
    """Items and bytes by domain and modality, by hand: of each address the last copy."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    bodies = {line["decision"]: line for line in lines if line["type"] == "body"}
    latest = {}
    for line in lines:
        if line["type"] == "decision" and line["admitted"] and line["content"]:
            body = bodies.get(line["id"], line)
            whole = {**line, "bytes": body["bytes"], "content_sha256": body["content_sha256"]}
            if used(whole):
                latest[line["url"]] = whole
    found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    words = {"application/pdf": "text", "application/zip": "other", None: "other"}
    for line in latest.values():
        host = line["url"].split("/")[2].removeprefix("www.").partition(":8080")[0].strip("[]")
        modality = words.get(line["media_type"]) or line["media_type"].partition("/")[0]
        items, size = found[host].get(modality, (0, 0))
        found[host][modality] = (items + 1, size + line["bytes"])
    return found


def top(found: dict[str, dict[str, tuple[int, int]]], share_of: Any) -> dict[str, set[str]]:
    """The domains to list, each with the modalities that it is listed for."""
    domains = {name: amounts for name, amounts in found.items() if "." in name and not name[0].isdigit()}
    listed: dict[str, set[str]] = defaultdict(set)
    for modality in {word for amounts in domains.values() for word in amounts}:
        ranked = sorted(((-amounts[modality][1], -amounts[modality][0], name) for name, amounts in domains.items()
                         if modality in amounts))  # fmt: skip
        for *_, name in ranked[: share_of(len(ranked))]:
            listed[name].add(modality)
    return listed


def test_figures_are_those_that_counting_gives(log: Path) -> None:
    form, found = page(log, "--template", "art53"), counted(log)
    crawl = form["2.3"]
    by_modality: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for amounts in found.values():
        for word, (items, size) in amounts.items():
            by_modality[word][0] += items
            by_modality[word][1] += size
    assert {row["name"]: [row["items"], row["bytes"]] for row in crawl["by_modality"]} == by_modality
    assert crawl["modalities"] == ["text", "image", "audio", "video", "other"]
    assert sum(row["items"] for row in crawl["media_types"]) == sum(items for items, _ in by_modality.values())
    listed = top(found, lambda names: -(-names // 10))
    assert {row["domain"]: set(row["modalities"]) for row in crawl["domain_names"]} == listed
    sizes = {name: [sum(each) for each in zip(*amounts.values(), strict=True)] for name, amounts in found.items()}
    for word in crawl["modalities"]:  # a table counts its own bytes, whatever else a site has
        table = [(row["domain"], row["items"], row["bytes"]) for row in crawl[f"domain_names_of_{word}"]]
        own = [(name, *found[name][word]) for name, words in listed.items() if word in words]
        assert table == sorted(own, key=lambda row: (-row[2], -row[1], row[0])), word
    others = {row["host"]: [row["items"], row["bytes"]] for row in crawl["hosts_without_domain_name"]}
    assert others == {name: sizes[name] for name in ("127.0.0.1", "2001:db8::1", "intranet")}
    assert crawl["domain_count"]["names"] == 45
    assert crawl["domain_count"]["listed"] == len(listed)


def test_period_measures_and_decisions(log: Path) -> None:
    form = page(log, "--template", "art53")
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    decisions = [line for line in lines if line["type"] == "decision"]
    stored = [line for line in decisions if line["admitted"] and line["content"]]
    months = sorted((line["ts"][:4], line["ts"][5:7]) for line in stored)
    first, last = ("/".join(reversed(each)) for each in (months[0], months[-1]))
    assert form["2.3"]["period"] == {"from": first, "to": last}
    assert form["1.3"]["last_admitted_content"] == last
    assert form["2.3"]["crawlers"] == ["ExampleBot"]
    assert form["2.3"]["purposes"][2].startswith("genai-training: training or fine-tuning")
    [tdmrep] = [row for row in form["3.1"]["protocols"] if row["signal"] == "tdmrep"]
    assert "W3C Community Group Final Report" in tdmrep["version"]
    verdicts = Counter(line["verdict"] for line in decisions)
    assert (tdmrep["withheld"], tdmrep["runs"]) == (verdicts["reserved"], 1)
    assert form["3.1"]["decisions"]["reserved"] == verdicts["reserved"]
    assert form["3.1"]["decisions"]["stored"] == len(stored)
    assert form["template"] == {
        "key": "art53",
        "title": "Public summary of training content (Art. 53(1)(d) of Regulation (EU) 2024/1689)",
        "number": "C(2025) 8311 final",
        "date": "2025-12-05",
    }


@pytest.mark.parametrize(("template", "part"), [("art53", "3.1"), ("ab2013", "(a)(9)")])
def test_a_list_of_excluded_sites_is_no_protocol(tmp_path: Path, template: str, part: str) -> None:
    listed = Statement(
        source="court-1", carrier="list", signal="excluded-sites", kind=Kind.EXCLUSION, usages=TDM,
        stance=Stance.RESERVED,
    )  # fmt: skip
    decision = decided(1, "https://pirate.example/", None, None, Verdict.RESERVED)
    path = write(tmp_path / "log.jsonl", [decision._replace(outcome=replace(decision.outcome, because=(listed,)))])
    form = page(path, "--template", template)
    protocols = form[part]["protocols"]
    assert {row["signal"] for row in protocols} == {signal.name for signal in SIGNALS}
    assert sum(row["withheld"] for row in protocols) == 0
    assert template != "art53" or form["3.2"]["withheld_as_excluded_sites"] == 1


def blanks_in(form: dict[str, Any]) -> set[str]:
    return {
        f"{number} {name}"
        for number, part in form.items()
        if isinstance(part, dict) and "title" in part and number != "template"
        for name, value in part.items()
        if isinstance(value, str) and value.startswith("operator: ")
    }


SECTIONS = ["summary", "1.1", "1.2", "1.3", "2.1", "2.2.1", "2.2.2", "2.3", "2.4", "2.5", "2.6", "3.1", "3.2", "3.3"]


@pytest.mark.parametrize(
    ("template", "numbers"),
    [("art53", SECTIONS), ("ab2013", [f"(a)({number})" for number in range(1, 13)])],
)
def test_sections_have_the_templates_own_numbers_and_each_blank_is_named(
    log: Path, template: str, numbers: list[str]
) -> None:
    form = page(log, "--template", template)
    assert [name for name in form if name in numbers] == numbers
    assert set(form) - set(numbers) == {"template", "made_at", "remarks", "blanks"}
    assert set(form["blanks"]) == blanks_in(form)
    text, html = (run(log, "--template", template, "--format", style) for style in ("markdown", "html"))
    for number in numbers:
        head = "Version of the summary" if number == "summary" else f"{number} "
        assert f"\n## {head}" in text
        assert f"<h2>{head}" in html
    assert text.count("*operator&#58;" if "*operator&#58;" in text else "*operator:") == len(form["blanks"])
    assert html.count('<span class="blank">operator: ') == len(form["blanks"])
    for style in (text, html):
        assert form["template"]["number"] in style
        assert form["template"]["date"] in style


def test_no_size_band_is_ticked(log: Path) -> None:
    part = page(log, "--template", "art53")["1.3"]
    assert part["modalities"].startswith("operator: ")
    assert "No size band is ticked" in part["notes"][0]


def test_california_counts_what_was_said_and_never_says_public_domain(log: Path) -> None:
    form = page(log, "--template", "ab2013")
    found = counted(log)
    total = sum(items for amounts in found.values() for items, _ in amounts.values())
    assert form["(a)(3)"]["collected"]["items"] == total == form["(a)(5)"]["stored"]["silent"]
    assert form["(a)(1)"]["rightsholders_that_spoke"] == [{"rightsholder": "Société <b>", "decisions": 35}]
    assert form["(a)(9)"]["withheld_before_storing"] == 35
    assert form["(a)(10)"]["runs_without_an_end"] == 0
    assert "all public domain" not in run(log, "--template", "ab2013").lower()


class Opened(HTMLParser):
    """The tags of a page, and what it loads or runs."""

    void = frozenset({"meta", "link", "br", "img", "hr", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("template", ["art53", "ab2013"])
def test_the_page_is_whole_and_loads_and_runs_nothing(log: Path, template: str) -> None:
    html = run(log, "--template", template, "--format", "html")
    found = Opened(html)
    assert found.open == []
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert not {"script", "link", "img", "iframe", "b"} & set(found.tags)
    assert not {"src", "href", "onclick", "style"} & found.attributes
    assert (found.tags["h1"], found.tags["main"], found.tags["title"]) == (1, 1, 1)
    assert found.tags["th"] == html.count('<th scope="col">')


def test_an_observing_log_says_what_was_stored_against_a_reservation(tmp_path: Path) -> None:
    url = "https://a.example/"
    reserved = [decided(n, f"{url}{n}", "text/html", 5, Verdict.RESERVED, enforced=False) for n in range(3)]
    path = write(
        tmp_path / "log.jsonl", [*reserved, decided(3, url, "text/html", 5, Verdict.UNRESERVED)], mode="observe"
    )
    form = page(path, "--template", "art53")
    assert form["remarks"][0].startswith("Observe mode: 3 of 4 decisions that stored content went against")
    assert form["2.3"]["behaviour"]["stored_against_a_reservation"] == 3
    assert form["3.1"]["decisions"]["stored_against_a_reservation"] == 3
    assert sum(row["items"] for row in form["2.3"]["by_modality"]) == 4
    assert form["2.3"]["behaviour"]["reservations"] == "observe: verdicts were recorded and nothing was withheld"
    for style in ("markdown", "html"):
        assert "Observe mode: 3 of 4" in run(path, "--template", "ab2013", "--format", style)


def test_what_was_trained_on(log: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    decisions = [line for line in lines if line["type"] == "decision"]
    stored = [line for line in decisions if line["admitted"] and line["content"] and line["content_sha256"]]
    [withheld] = [line["url"] for line in decisions if not line["admitted"]][:1]
    streamed = next(line for line in lines if line["type"] == "body")
    names = tmp_path / "trained.txt"
    names.write_text(
        "\n".join([
            "# what the model saw", "", "site1.example", f"sha256:{stored[3]['content_sha256'].upper()}",
            json.dumps({"url": stored[9]["url"] + "#top", "text": "…"}), "https://nowhere.example/", withheld,
            "not a line of ours", streamed["content_sha256"], "other.example", "{}", "co.uk/",
        ]),
        encoding="utf-8",
    )  # fmt: skip
    digests = {stored[3]["content_sha256"], streamed["content_sha256"]}

    def used(line: dict[str, Any]) -> bool:
        named = line["url"] == stored[9]["url"] or line["content_sha256"] in digests
        return named or line["url"].split("/")[2] in {"site1.example", "www.site1.example"}

    form = page(log, "--template", "art53", "--trained", names)
    found = counted(log, used=used)
    items = sum(items for amounts in found.values() for items, _ in amounts.values())
    assert sum(row["items"] for row in form["2.3"]["by_modality"]) == items > 3
    assert form["2.3"]["domain_count"]["names"] == len({name for name in found if name[0] == "s"})
    assert form["trained"] == {
        "lines": 10, "matched_nothing": 6, "withheld_in_the_logs": 1, "not_understood": 3,
    }  # fmt: skip
    said = "6 of 10 lines matched nothing that was stored, of which the logs withheld 1"
    assert any(said in remark for remark in form["remarks"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--template", "art54"], "--template: 'art54' is not one of art53, ab2013"),
        (["--template", "art53", "--format", "csv"], "--format: 'csv' is not one of markdown, json, html"),
        (["--template", "art53", "--withheld"], "--template is a page of its own"),
        (["--sme"], "--trained and --sme go with --template"),
        (["--template", "art53", "--trained", "none.txt"], "--trained: 'none.txt' cannot be read"),
        (["--template", "art53", "--trained", "empty.txt"], "--trained: 'empty.txt' names nothing"),
        (
            ["--template", "art53", "--trained", "suffix.txt"],
            "--trained: 'suffix.txt' line 3: co.uk is a name under which others have theirs; for example site.co.uk",
        ),
        (["--template", "ab2013", "--trained", "com.txt"], "--trained: 'com.txt' line 1: com is a name under which"),
    ],
)
def test_wrong_calls_are_told(
    log: Path, words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, lines in {"empty": "# nothing\n", "suffix": "site4.co.uk\n\nCO.uk.\n", "com": "com\n"}.items():
        Path(f"{name}.txt").write_text(lines, encoding="utf-8")
    done = CliRunner().invoke(app, ["report", str(log), *words])
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("line", "host", "used"),
    [
        ("a.example", "www.a.example", True),
        ("www.a.example", "a.example", False),
        ("a.example", "nota.example", False),
        ("a.co.uk.", "b.a.co.uk", True),
        ("github.io", "me.github.io", True),  # one registrable name, as the report lists it
        ("example", "a.example", False),  # no suffix that is known, and all below it have names of their own
        ("intranet", "intranet", True),
        ("https://co.uk/", "a.co.uk", False),
        ("0.0.1", "127.0.0.1", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("www.ck", "a.www.ck", True),
        ("münchen.example", "www.xn--mnchen-3ya.example", True),
    ],
)
def test_a_line_takes_in_what_is_below_a_site_and_no_other(line: str, host: str, used: bool, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(line + "\n", encoding="utf-8")
    with closing(Trained(tmp_path / "t.txt")) as trained:
        assert trained.names({"url": f"https://{host}/x", "origin": f"https://{host}"}, stored=True) is used


def test_a_table_without_rows_says_so(log: Path) -> None:
    only = ["--template", "art53", "--host", "www.site1.example"]
    assert "<dt>hosts without domain name</dt>\n<dd>none</dd>" in run(log, *only, "--format", "html")
    assert "* **hosts without domain name**: none\n" in run(log, *only)
    assert page(log, *only)["2.3"]["hosts_without_domain_name"] == []


def test_filters_narrow_it_and_a_log_given_twice_counts_once(log: Path) -> None:
    form = page(log, log, "--template", "art53", "--host", "www.site1.example")
    assert [row["domain"] for row in form["2.3"]["domain_names"]] == ["site1.example"]
    assert "the same log was given twice" in form["remarks"][0]
    assert any(remark.startswith("Only host www.site1.example") for remark in form["remarks"])


def lines_of(path: Path, **run: Any) -> list[LogLine]:
    """The lines of a log, with other members in its run record."""
    return [
        LogLine(path=line.path, number=line.number, raw=line.raw, record={**(line.record or {}), **run})
        if line.type == "run" else line
        for line in read_log([path])
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("archive", "name", "link"),
    [
        ({"archive": "CC-MAIN-2026-40"}, "CC-MAIN-2026-40", None),
        ({"archives": [{"name": "CC", "url": "https://cc.example/"}]}, "CC", "https://cc.example/"),
        ({"archives": ["a.warc", "b.warc"]}, "a.warc, b.warc", None),
    ],
)
def test_what_was_judged_in_an_archive_is_no_crawl(log: Path, archive: Any, name: str, link: str | None) -> None:
    with closing(Collected.of(lines_of(log, **archive))) as collected:
        form = art53(collected, made_at="2026-11-28T00:00:00Z")
        parts = {part.number: part.fields for part in form.parts}
        judged: Any = parts["2.1"]["judged_archives"]
        [row] = judged.rows()
        assert row[:2] == (name, link)
        assert row[2] == collected.amount(None).items > 100
        assert parts["2.1"]["used"] is True
        assert parts["2.3"]["modalities"] == "none"
        assert str(parts["2.3"]["used"]).startswith("operator: ")
        assert str(parts["2.3"]["crawlers"]).startswith("operator: ")
        rows: Any = parts["2.3"]["domain_names"]
        assert list(rows.rows()) == []


def test_archives_and_media_types_are_bounded(tmp_path: Path) -> None:
    many = MAX_MEDIA + 20
    decisions = [decided(0, f"https://a.example/{n}", f"text/x-{n}", 1, Verdict.UNRESERVED) for n in range(many)]
    path = write(tmp_path / "log.jsonl", decisions)
    with closing(Collected.of(read_log([path]))) as collected:
        assert collected.by_media(None)[OTHER_MEDIA].items == 20
        assert len(collected.by_media(None)) == MAX_MEDIA + 1
    archives = [{"type": "run", "v": 1, "run": f"r{n}", "archive": f"a{n}"} for n in range(MAX_ARCHIVES + 5)]
    item = next(line.record for line in read_log([path]) if line.type == "decision")
    records = [each for run in archives for each in (run, {**(item or {}), "run": run["run"]})]
    with closing(Collected.of(LogLine(path="", number=0, raw=b"", record=each) for each in records)) as collected:
        assert len(collected.archives) == MAX_ARCHIVES + 1
        assert collected.amount(MAX_ARCHIVES + 1).items == 1  # an address of several counts once there
        assert collected.amount(None).items == MAX_ARCHIVES + 1


def test_what_was_forgotten_counts_all_the_same(log: Path, tmp_path: Path) -> None:
    before, names = page(log, "--template", "art53"), tmp_path / "trained.txt"
    lines = [
        {**line.record, "url": None, "final_url": None} if line.type == "decision" and line.record else line.record
        for line in read_log([log])
    ]
    told = [LogLine(path="", number=0, raw=b"", record=record) for record in lines]
    stored = [each for each in lines if each and each.get("admitted") and each.get("content")]
    with closing(Collected.of(told)) as collected:
        form = art53(collected, made_at="2026-11-28T00:00:00Z")
        counts: Any = {part.number: part.fields for part in form.parts}["2.3"]["domain_count"]
        assert counts["names"] == before["2.3"]["domain_count"]["names"]
        assert collected.amount(None).items == len(stored)  # which of them were of one address is forgotten
    names.write_text("site1.example", encoding="utf-8")
    with closing(Trained(names)) as trained, closing(Collected.of(told, trained)) as collected:
        assert collected.amount(None).items == sum("//www.site1." in each["origin"] for each in stored) > 2


@pytest.mark.parametrize(
    ("host", "name", "kind"),
    [
        ("www.bbc.co.uk", "bbc.co.uk", SiteKind.DOMAIN), ("a.github.io", "github.io", SiteKind.DOMAIN),
        ("co.uk", "co.uk", SiteKind.HOST), ("localhost", "localhost", SiteKind.HOST),
        ("10.0.0.1", "10.0.0.1", SiteKind.ADDRESS), ("::1", "::1", SiteKind.ADDRESS), ("", "(no host)", SiteKind.HOST),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", SiteKind.DOMAIN),
    ],
)  # fmt: skip
def test_domain_names_are_registrable_ones(host: str, name: str, kind: SiteKind) -> None:
    assert site_of(host) == (name, kind)


@pytest.mark.parametrize(
    ("media", "modality"),
    [
        ("text/html", Modality.TEXT), ("application/pdf", Modality.TEXT), ("application/xhtml+xml", Modality.TEXT),
        ("application/vnd.oasis.opendocument.text", Modality.TEXT), ("image/svg+xml", Modality.IMAGE),
        ("IMAGE/JPEG; q=1", Modality.IMAGE), ("audio/ogg", Modality.AUDIO), ("application/ogg", Modality.AUDIO),
        ("video/webm", Modality.VIDEO), ("application/mp4", Modality.VIDEO), ("application/zip", Modality.OTHER),
        ("application/octet-stream", Modality.OTHER), (None, Modality.OTHER), ("nonsense", Modality.OTHER),
        ("model/gltf+json", Modality.OTHER),
    ],
)  # fmt: skip
def test_modalities_are_told_by_media_types(media: str | None, modality: Modality) -> None:
    assert modality_of(media) is modality


@pytest.mark.parametrize(
    ("names", "tenth", "sme"), [(0, 0, 0), (1, 1, 1), (10, 1, 1), (11, 2, 1), (21, 3, 2), (30_000, 3_000, 1_000)]
)
def test_a_share_is_of_the_number_of_names(names: int, tenth: int, sme: int) -> None:
    assert (share(names, sme=False), share(names, sme=True)) == (tenth, sme)


_STRANGE: list[Any] = [
    None, True, 0, -1, 2**63, 2**63 - 1, 1.5, "", "x", "reserved", "a/b", "https://a.example/", "2026",
    [], [[]], [None], ["tdm", 1, []], {}, [{}], {"a": []}, [{"name": []}, {"url": "u"}, "w"],
]  # fmt: skip
_values = st.sampled_from(_STRANGE)
_MEMBERS = (
    "run", "seq", "url", "final_url", "origin", "hops", "verdict", "usages", "because", "said", "checked", "signals",
    "operator", "archive", "archives", "of", "media_type", "bytes", "content_sha256", "ts", "id", "decision", "mode",
    "authorisations", "said_more", "complete", "stance", "reviewed", "doubt", "rightsholder", "kind", "signal",
)  # fmt: skip
_tables = st.dictionaries(st.sampled_from(_MEMBERS), _values, max_size=12)
_strange = st.builds(
    lambda kind, table: {"admitted": True, **table, "type": kind},
    st.sampled_from(["run", "decision", "body", "end", "part"]),
    _tables,
)


@settings(max_examples=50, deadline=None)
@given(st.lists(_strange, max_size=4), st.lists(_tables, max_size=2))
def test_what_a_record_may_hold_does_not_raise(records: list[dict[str, Any]], because: list[dict[str, Any]]) -> None:
    whole = {"type": "decision", "url": "https://a.example/", "admitted": True, "content": True, "bytes": 2**63 - 1}
    told = [{"type": "run", "run": "r"}, *records, {**whole, "because": because, "said": because}, whole]
    lines = [LogLine(path="", number=0, raw=b"", record=record) for record in told]
    with closing(Collected.of(lines)) as collected:
        for make, style in zip((art53, ab2013, art53), FORMATS, strict=True):
            assert "".join(render(make(collected, made_at="2026-11-28T00:00:00Z"), style))
    runs = Runs()
    for record in told:
        runs.note("r", record)
    assert "".join(json_lines(preferences(told, runs))).count("\n") == len(told)


_stored = st.tuples(st.integers(0, 60), st.sampled_from(KINDS[:4]), st.integers(0, 50))


@settings(max_examples=60, deadline=None)
@given(st.lists(_stored, max_size=120), st.booleans())
def test_whatever_is_stored_the_largest_names_are_listed(stored: list[tuple[int, str, int]], sme: bool) -> None:
    records: list[dict[str, Any]] = [{"type": "run", "v": 1, "run": "r"}]
    sizes: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for number, (site, media, size) in enumerate(stored):
        url = f"https://s{site}.example/{number}"
        facts = {"admitted": True, "content": True, "media_type": media, "bytes": size, "content_sha256": "a"}
        about = {"url": url, "final_url": url, "verdict": "unreserved", "ts": "2026-01-01T00:00:00Z"}
        records.append({"type": "decision", "run": "r", "seq": number, **about, **facts})
        items, total = sizes[f"s{site}.example"].get(media.partition("/")[0], (0, 0))
        sizes[f"s{site}.example"][media.partition("/")[0]] = (items + 1, total + size)
    lines = [LogLine(path="", number=0, raw=b"", record=record) for record in records]
    with closing(Collected.of(lines)) as collected:
        ranking = Ranking(collected, sme=sme)
        found = {row.domain: set(row.modalities) for row in ranking}
    needed = share(len(sizes), sme=sme)
    listed = top(sizes, lambda names: share(names, sme=sme))
    assert {name: words for name, words in found.items() if words} == listed
    assert len(found) == max(needed, len(listed)) == ranking.all.listed  # joined lists may have names in common
    rest = [name for name in sizes if name not in found]
    added = [name for name, words in found.items() if not words]
    ranks = {word: sorted((name for name in sizes if word in sizes[name]), key=lambda name: _by_size(sizes, name, word))
             for word in ranking.modalities}  # fmt: skip

    def nearness(name: str) -> float:
        return min((names.index(name) + 1) / len(names) for names in ranks.values() if name in names)

    assert not added or max(map(nearness, added)) <= min(map(nearness, rest), default=1)


def _by_size(sizes: dict[str, dict[str, tuple[int, int]]], name: str, word: str) -> tuple[int, int, str]:
    items, size = sizes[name][word]
    return -size, -items, name
