"""`report` and `licences` over real logs: filters, lists, the latest decisions, logs given twice or changed."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tdm_guard.cli import app
from tdm_guard.decision import Decision, Exchange, Match, Outcome, Stage
from tdm_guard.log.jsonl import JsonlLog
from tdm_guard.log.record import RunInfo
from tdm_guard.matched import Lift, LiftOutcome, MatchedBy
from tdm_guard.model import Fault, Layer, Posture, Stance, Statement, Verdict
from tdm_guard.repertoire.loaded import Loaded
from tdm_guard.usage import TDM

DAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
A, B, C, D = (f"https://{name}.example/x" for name in "abcd")
RESERVED, UNRESERVED, AUTHORISED = Verdict.RESERVED, Verdict.UNRESERVED, Verdict.AUTHORISED
MANIFEST = ["url", "content_sha256", "verdict", "decision", "licence", "asked", "bytes", "complete", "media_type", "ts"]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def robots(url: str) -> Statement:
    source = url.rpartition("/")[0] + "/robots.txt"
    return Statement(source=source, carrier="robots.txt", locator="line 2", excerpt="Disallow:  /", signal="robots",
                     usages=TDM, stance=Stance.RESERVED)  # fmt: skip


def declared(declaration: str = "music-1", licence: str | None = None) -> Statement:
    lifted = (Lift(id=licence, outcome=LiftOutcome.LIFTED, usages=" ".join(TDM), why="granted"),) if licence else ()
    return Statement(source=declaration, carrier="declaration", locator="match.iswc", excerpt="words",
                     signal="repertoire", usages=TDM, stance=Stance.RESERVED, layer=Layer.REPERTOIRE,
                     rightsholder="Société d'Essai", match=MatchedBy(key="iswc", value="T0000000010"),
                     authorisations=lifted)  # fmt: skip


def decided(
    url: str,
    verdict: Verdict = UNRESERVED,
    *because: Statement,
    at: datetime = DAY,
    enforced: bool = True,
    faults: tuple[Fault, ...] = (),
    **facts: Any,
) -> Decision:
    given = {"content": True, "bytes": 10, "content_sha256": "a" * 64, "media_type": "text/html", **facts}
    final = given.pop("final_url", url)
    stances = dict.fromkeys(TDM, Stance.RESERVED if verdict is RESERVED else Stance.UNSTATED)
    return Decision(
        url=url, ts=at, stage=Stage.BODY, faults=faults,
        outcome=Outcome(verdict=verdict, usages=stances, because=because, enforced=enforced),
        exchange=Exchange(final, final.rpartition("/")[0], 200, **given),
    )  # fmt: skip


def write(path: str, *decisions: Decision, mode: str = "enforce", loaded: tuple[Loaded, ...] = ()) -> list[Decision]:
    info = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode=mode, repertoire=loaded)
    with closing(JsonlLog(path, run=info, now=DAY)) as log:
        logged = [log.decision(decision) for decision in decisions]
        for decision in logged:
            if decision.exchange.content_sha256 is None and decision.outcome.admits:
                log.body(decision.id, now=DAY, size=5, content_sha256="b" * 64, complete=False)
        log.end(DAY)
    return logged


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, [*arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def good(*arguments: str) -> str:
    result = run("report", *arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def page(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(good(*arguments, "--format", "json"))
    return found


def listed(*arguments: str) -> list[str]:
    """The addresses of a list, the same in each format."""
    found = [json.loads(line)["url"] for line in good(*arguments, "--format", "json").splitlines()]
    table = csv.DictReader(io.StringIO(good(*arguments, "--format", "csv")))
    assert [row["url"] for row in table] == found
    text = [line.split("  ")[0] for line in good(*arguments).splitlines()]
    assert (text[0].strip(), text[1:]) == ("URL", found)
    assert len(good(*arguments, "--format", "markdown").splitlines()) == 2 + len(found)
    return found


# ---- the same log twice, and logs that verify refuses --------------------------------------------------------------


def copied(name: str) -> str:
    shutil.copy("tdm.jsonl", name)
    return name


def linked(name: str) -> str:
    Path(name).symlink_to("tdm.jsonl")
    return name


@pytest.mark.parametrize(
    "again",
    [lambda name: "tdm.jsonl", lambda name: "./tdm.jsonl", copied, linked],
    ids=["same", "path", "copy", "link"],
)
def test_a_log_given_twice_counts_once_and_the_first_line_says_so(again: Callable[[str], str]) -> None:
    write("tdm.jsonl", decided(A), decided(B, RESERVED, robots(B)), decided(C, content_sha256=None, bytes=None))
    logs = ("tdm.jsonl", again("again.jsonl"))
    first, _, heading, *rest = good(*logs).splitlines()
    assert "the same log was given twice: 3 decisions met again, counted once" in first
    assert heading == "# Compliance report"
    assert "3 decisions on 3 addresses, " in rest[1]
    twice, once = page(*logs), page("tdm.jsonl")
    assert twice.pop("remarks")["repeated"] == 3
    assert once.pop("remarks") == {
        "repeated": 0, "contradicting": 0, "errors": 0, "first_error": None, "only": "", "left_out": 0,
        "forgotten": 0, "buried": 0, "parts": None,
    }  # fmt: skip
    assert [file["errors"] for file in [*twice.pop("files"), *once.pop("files")]] == [0] * (1 + len(set(logs)))
    assert twice == once
    lines = good(*logs, "--withheld").splitlines()
    assert "given twice" in lines[0]
    assert [line.split()[0] for line in lines[2:]] == ["URL", B]
    result = run("report", *logs, "--admitted", "--format", "csv")
    assert (result.stdout.count("\n"), "given twice" in result.stderr) == (3, True)
    result = run("licences", *logs)
    assert "given twice" in result.stdout.splitlines()[0]
    assert "given twice" in run("licences", *logs, "--format", "json").stderr


def test_a_log_that_went_on_is_counted_to_its_end() -> None:
    write("tdm.jsonl", decided(A), decided(B), decided(C))
    lines = Path("tdm.jsonl").read_bytes().splitlines(keepends=True)
    Path("part.jsonl").write_bytes(b"".join(lines[:2]))
    for logs in (("part.jsonl", "tdm.jsonl"), ("tdm.jsonl", "part.jsonl")):
        found = page(*logs)
        assert (found["total"]["decisions"], found["remarks"]["repeated"], found["remarks"]["errors"]) == (3, 1, 0)


def test_two_runs_that_say_the_same_are_two() -> None:
    write("tdm.jsonl", decided(A), decided(A))
    write("tdm.jsonl", decided(A))
    found = page("tdm.jsonl")
    assert (found["total"]["decisions"], found["addresses"]["decisions"], found["remarks"]["repeated"]) == (3, 1, 0)
    assert "3 decisions on 1 address, " in good("tdm.jsonl")
    assert "* admitted: 3, of 1 address (30 bytes)" in good("tdm.jsonl")


@pytest.mark.parametrize("copy", [False, True], ids=["alone", "beside the good one"])
def test_a_log_that_verify_refuses_is_said_in_the_first_line(copy: bool) -> None:
    write("tdm.jsonl", decided(A), decided(B, RESERVED, robots(B)))
    changed = Path("tdm.jsonl").read_bytes().replace(b'"verdict":"unreserved"', b'"verdict":"permitted"')
    Path("changed.jsonl").write_bytes(changed)
    logs = ("tdm.jsonl", "changed.jsonl") if copy else ("changed.jsonl",)
    first, *_ = good(*logs).splitlines()
    assert first.startswith("**tdm-guard verify refuses these logs: ")
    assert "changed.jsonl:2: error: " in first
    assert page(*logs)["total"]["decisions"] == 2
    assert page(*logs)["remarks"]["contradicting"] == copy
    for listing in ("--withheld", "--admitted", "--would-withhold"):
        assert "verify refuses" in good(*logs, listing).splitlines()[0]
        result = run("report", *logs, listing, "--format", "json")
        assert "verify refuses" in result.stderr
        assert all(json.loads(line) for line in result.stdout.splitlines())


def test_what_a_crash_leaves_is_no_refusal() -> None:
    write("tdm.jsonl", decided(A))
    lines = Path("tdm.jsonl").read_bytes().splitlines(keepends=True)
    Path("tdm.jsonl").write_bytes(b"".join(lines[:2]) + b'{"type":"deci')
    assert good("tdm.jsonl").startswith("# Compliance report\n\n**1 line is no record")
    assert "1 line of the logs could not be read" in run("report", "tdm.jsonl", "--admitted").stderr


# ---- lists ---------------------------------------------------------------------------------------------------------


def test_observe_mode_has_a_list_of_what_it_would_withhold() -> None:
    write(
        "tdm.jsonl",
        decided(A, RESERVED, robots(A), enforced=False),
        decided(A, RESERVED, robots(A), enforced=False),
        decided(B, enforced=False),
        decided(C, Verdict.UNDETERMINED, enforced=False, content=False),
        mode="observe",
    )
    write("tdm.jsonl", decided(D, RESERVED, robots(D)))
    assert listed("tdm.jsonl", "--would-withhold") == [A, A]
    assert listed("tdm.jsonl", "--would-withhold", "--latest") == [A]
    assert listed("tdm.jsonl", "--withheld") == [D]
    said = run("report", "tdm.jsonl", "--would-withhold").stderr
    assert "not listed: 1 answer without content" in said
    assert "not listed: 1 decision that did withhold; see --withheld" in said
    assert "4 decisions; see --would-withhold" in run("report", "tdm.jsonl", "--withheld").stderr
    assert "**Observe mode: 1 of 2 stored items were stored against a reservation" in good("tdm.jsonl")  # addresses
    [row, _] = csv.DictReader(io.StringIO(good("tdm.jsonl", "--would-withhold", "--format", "csv")))
    assert (row["verdict"], row["signals"], row["words"]) == ("reserved", "robots", "Disallow:  /")


def test_the_manifest_has_address_digest_verdict_decision_and_licence() -> None:
    moved = decided("https://a.example/old", final_url=A, hops=("https://a.example/old",))
    logged = write(
        "tdm.jsonl",
        moved,
        decided(B, AUTHORISED, declared(licence="lic-1"), declared("other", licence="lic-2")),
        decided(C, content_sha256=None, bytes=None),
        decided(D, RESERVED, robots(D)),
        decided("https://e.example/", content=False),
    )
    first, second, third = (
        json.loads(line) for line in good("tdm.jsonl", "--admitted", "--format", "json").splitlines()
    )
    assert list(first) == MANIFEST
    assert (first["url"], first["asked"], first["content_sha256"]) == (A, "https://a.example/old", "a" * 64)
    assert (first["decision"], first["licence"], first["complete"]) == (logged[0].id, "", True)
    assert (second["url"], second["verdict"], second["licence"]) == (B, "authorised", "lic-1 lic-2")
    assert (third["bytes"], third["content_sha256"], third["complete"]) == (5, "b" * 64, False)  # its body record
    assert listed("tdm.jsonl", "--admitted") == [A, B, C]
    assert "not listed: 1 answer without content" in run("report", "tdm.jsonl", "--admitted").stderr
    rows = list(csv.DictReader(io.StringIO(good("tdm.jsonl", "--admitted", "--format", "csv"))))
    assert (list(rows[0]), rows[2]["complete"], rows[1]["licence"]) == (MANIFEST, "false", "lic-1 lic-2")
    heads, *lines = good("tdm.jsonl", "--admitted").splitlines()
    assert re.split(" {2,}", heads) == ["URL", "VERDICT", "LICENCE", "SHA256", "DECISION"]
    assert re.split(" {2,}", lines[0]) == [A, "unreserved", "-", "a" * 64, logged[0].id]


def test_a_digest_that_nobody_knows_is_null() -> None:
    write("tdm.jsonl", decided(A, content_sha256=None, bytes=None))
    lines = Path("tdm.jsonl").read_bytes().splitlines(keepends=True)
    Path("tdm.jsonl").write_bytes(b"".join(lines[:2]))
    [item] = (json.loads(line) for line in good("tdm.jsonl", "--admitted", "--format", "json").splitlines())
    assert (item["content_sha256"], item["bytes"], item["complete"]) == (None, None, None)


def test_columns_are_aligned_and_nothing_in_them_is_cut() -> None:
    long = f"https://b.example/{'x' * 300}"
    write("tdm.jsonl", decided(A, RESERVED, robots(A)), decided(long, RESERVED, declared()))
    heads, first, second = good("tdm.jsonl", "--withheld").splitlines()
    assert heads.index("VERDICT") == first.index("reserved") == 62
    assert second.startswith(f"{long}  reserved  repertoire  Société d'Essai  music-1 match.iswc")
    assert first.endswith("Disallow: /")


def test_one_list_at_a_time() -> None:
    write("tdm.jsonl", decided(A))
    result = run("report", "tdm.jsonl", "--withheld", "--admitted")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "three lists; give one" in result.stderr


# ---- the latest ----------------------------------------------------------------------------------------------------


def test_latest_is_one_decision_an_address() -> None:
    write("tdm.jsonl", decided(A), decided(B), decided(C, content_sha256=None, bytes=None))
    write("new.jsonl", decided(A, RESERVED, robots(A), at=DAY + timedelta(days=1)))
    for logs in (("tdm.jsonl", "new.jsonl"), ("new.jsonl", "tdm.jsonl")):
        found = page(*logs, "--latest")
        assert found["verdicts"] == {"unreserved": 2, "reserved": 1}
        assert found["total"]["admitted_bytes"] == 15  # also what a body record says
        assert (len(found["runs"]), found["remarks"]["left_out"]) == (2, 1)
        assert "Only the latest on each address; left out: 1 decision." in good(*logs, "--latest")
        assert sorted(listed(*logs, "--latest", "--admitted")) == [B, C]
        assert sorted(listed(*logs, "--admitted")) == [A, B, C]
        assert listed(*logs, "--latest", "--withheld") == [A]
    before = ("--until", DAY.date().isoformat())
    assert page("tdm.jsonl", "new.jsonl", "--latest", *before)["verdicts"] == {"unreserved": 3}
    # What was decided otherwise since is not shown because its older verdict is the one asked for.
    assert (
        listed("tdm.jsonl", "new.jsonl", "--latest", "--admitted", "--verdict", "unreserved", "--host", "a.example")
        == []
    )


def test_what_was_withheld_is_not_told_as_superseded() -> None:
    """Nothing was decided twice: the manifest lacks what was withheld, and says nothing of later decisions."""
    write("tdm.jsonl", decided(A), decided(B, RESERVED, robots(B)))
    said = run("report", "tdm.jsonl", "--admitted", "--latest", "--format", "csv").stderr
    assert "left out: 0 decisions" in said


# ---- filters -------------------------------------------------------------------------------------------------------


@pytest.fixture
def two(tmp_path: Path) -> list[str]:
    """The names of two runs; of the second the day is the next."""
    loaded = (Loaded(id="music-1", version="1", sha256="a" * 64),)
    late = DAY + timedelta(days=1)
    one = write("tdm.jsonl", decided(A), decided(B, RESERVED, robots(B), declared(), at=DAY + timedelta(hours=1)))
    other = write(
        "tdm.jsonl",
        decided(C, AUTHORISED, declared("music-1", "lic-1"), at=late, repertoire=Match.MATCHED),
        decided("https://b.example:8443/y", RESERVED, declared("other-2"), at=late),
        loaded=loaded,
    )
    return [each[0].id.rpartition("-")[0] for each in (one, other)]


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        (["--run", "{0}"], "AB"),
        (["--run", "{0}", "--run", "{1}"], "ABCE"),
        (["--run", "{0},{1}", "--host", "a.example"], "A"),
        (["--since", "2026-01-06"], "CE"),
        (["--until", "2026-01-05"], "AB"),
        (["--since", "2026-01-05", "--until", "2026-01-06"], "ABCE"),
        (["--since", "2026-01-05T09:30:00Z"], "BCE"),
        (["--since", "2026-01-05T10:30:00+01:00", "--until", "2026-01-05T11:00:00+01:00"], "B"),
        (["--since", "2030-01-01"], ""),
        (["--host", "b.example"], "BE"),
        (["--host", "B.example:8443"], "E"),
        (["--host", "https://b.example/x"], "BE"),
        (["--host", "a.example,c.example"], "AC"),
        (["--declaration", "music-1"], "BC"),
        (["--declaration", "music-1", "--declaration", "other-2", "--verdict", "reserved"], "BE"),
        (["--verdict", "unreserved,authorised"], "AC"),
        (["--verdict", "review"], ""),
        (["--signal", "robots"], "B"),
        (["--signal", "repertoire", "--host", "b.example"], "BE"),
        (["--signal", "tdmrep"], ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_filters_hold_for_every_list_and_format(two: list[str], flags: list[str], found: str) -> None:
    flags = [flag.format(*two) for flag in flags]
    urls = {"A": A, "B": B, "C": C, "E": "https://b.example:8443/y"}
    wanted = [urls[name] for name in found]
    assert listed("tdm.jsonl", "--admitted", *flags) == [url for url in wanted if url in (A, C)]
    assert listed("tdm.jsonl", "--withheld", *flags) == [url for url in wanted if url not in (A, C)]
    for latest in ([], ["--latest"]):
        counts = page("tdm.jsonl", *flags, *latest)
        assert (counts["total"]["decisions"], counts["remarks"]["left_out"]) == (len(wanted), 4 - len(wanted))
        table = list(csv.DictReader(io.StringIO(good("tdm.jsonl", *flags, *latest, "--format", "csv"))))
        assert sum(int(row["decisions"]) for row in table if row["section"] == "host") == len(wanted)
        assert f"left out: {4 - len(wanted)} decision" in good("tdm.jsonl", *flags, *latest)
    assert f"left out: {4 - len(wanted)} decision" in run("report", "tdm.jsonl", "--withheld", *flags).stderr


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--verdict", "reservd"], "'reservd' is not one of unreserved, permitted, "),
        (["--verdict", "reservd"], "; did you mean reserved?"),
        (["--signal", "robot"], "--signal: no decision in these logs has 'robot'; for example robots"),
        (["--signal", "tdm-rep"], "for example tdmrep"),
        (["--host", "c.exampel"], "--host: no decision in these logs has 'c.exampel'; for example c.example"),
        (["--host", "a.example:444"], "for example a.example:443"),
        (["--host", "a b"], "'a b' is no host; for example www.example.org"),
        (["--declaration", "music-2"], "--declaration: no decision in these logs has 'music-2'; for example music-1"),
        (["--run", "20260105"], "--run: no decision in these logs has '20260105'; for example 20260105T"),
        (["--since", "yesterday"], "--since: 'yesterday' is no day and no RFC 3339 time; for example 2026-01-31"),
        (["--until", "2026-02-30"], "--until: '2026-02-30' is no day"),
        (["--until", "2026-01-05T09:00:00"], "is no day and no RFC 3339 time"),
        (["--since", "2026-01-06", "--until", "2026-01-05"], "--until: 2026-01-05 is before --since 2026-01-06"),
        (["--host", ","], "--host: is empty"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)  # fmt: skip
def test_an_unknown_value_is_an_error_with_a_good_one(two: list[str], flags: list[str], said: str) -> None:
    for command in (["report"], ["report", "--withheld", "--format", "csv"], ["report", "--latest"], ["licences"]):
        result = run(*command, "tdm.jsonl", "-o", "out.txt", *flags)
        assert (result.exit_code, result.stdout) == (2, "")
        assert said in result.stderr
        assert not Path("out.txt").exists()


def test_a_declaration_that_was_loaded_and_never_matched_is_known() -> None:
    write("tdm.jsonl", decided(A), loaded=(Loaded(id="music-1", version="1", sha256="a" * 64),))
    assert page("tdm.jsonl", "--declaration", "music-1")["total"]["decisions"] == 0


def test_licences_takes_the_same_filters(two: list[str]) -> None:
    def asked(*flags: str) -> dict[str, int]:
        found = json.loads(run("licences", "tdm.jsonl", "--format", "json", *flags).stdout)
        return {ask["name"]: ask["items"] for ask in found["asks"]}

    assert asked() == {"Société d'Essai": 2, "https://b.example": 1}
    assert asked("--host", "b.example:8443") == {"Société d'Essai": 1}
    assert asked("--declaration", "other-2") == {"Société d'Essai": 1}
    assert asked("--run", two[0]) == asked("--until", "2026-01-05") == {"Société d'Essai": 1, "https://b.example": 1}
    assert asked("--signal", "tdmrep") == asked("--verdict", "review") == asked("--since", "2027-01-01") == {}
    assert "Only signal robots; left out: " in run("licences", "tdm.jsonl", "--signal", "robots").stderr


# ---- faults and numbers --------------------------------------------------------------------------------------------


def fault(message: str, **members: Any) -> Fault:
    return Fault(**{"source": "https://a.example/robots.txt", "carrier": "robots.txt", "signal": "robots",
                    "message": message, **members})  # fmt: skip


def test_faults_of_sites_and_of_the_callers_items_are_told_apart() -> None:
    item = fault("no usable iswc", source=B, carrier="item", signal="repertoire", excerpt="T-1", locator="iswc")
    write(
        "tdm.jsonl",
        decided(A, faults=(fault("no JSON at line 3"), fault("no JSON at line 9"))),
        decided(B, faults=(fault("no JSON at line 5", source="https://b.example/robots.txt"), item)),
        decided(C, faults=(item,)),
    )
    section = good("tdm.jsonl").partition("## Faults\n")[2].partition("\n## ")[0]
    assert "3 decisions with something that is not as its own standard has it." in section
    yours, sites = section.split("### ")[1:]
    assert yours.startswith("In what you said of works\n")
    assert f"| repertoire | no usable iswc | 2 | `T-1` | <{B}> |" in yours
    robots_txt = "<https://a.example/robots.txt> <https://b.example/robots.txt>"
    assert f"| robots | no JSON at line … | 2 |  | {robots_txt} |" in sites
    found = page("tdm.jsonl")["faults"]
    assert found["decisions"] == 3
    assert [(kind["of"], kind["decisions"]) for kind in found["kinds"]] == [("item", 2), ("site", 2)]
    rows = csv.DictReader(io.StringIO(good("tdm.jsonl", "--format", "csv")))
    assert [(row["name"], row["decisions"]) for row in rows if row["section"] == "fault"] == [
        ("item: repertoire no usable iswc", "2"),
        ("site: robots no JSON at line …", "2"),
    ]


def test_no_faults_are_said_to_be_none() -> None:
    write("tdm.jsonl", decided(A))
    assert "## Faults\n\nNone.\n" in good("tdm.jsonl")


def test_numbers_for_people_have_separators_and_those_for_machines_none() -> None:
    write("tdm.jsonl", *(decided(f"https://a.example/{number}", bytes=1_000_000) for number in range(1200)))
    text = good("tdm.jsonl")
    assert "1,200 decisions on 1,200 addresses, " in text
    assert "* admitted: 1,200 (1,200,000,000 bytes)" in text
    assert "| unreserved | 1,200 |" in text
    assert "| a.example | 1,200 | 1,200 | 0 | 0 | 0 | 1,200,000,000 |" in text
    assert "1,200" not in good("tdm.jsonl", "--format", "csv")
    assert "1,200" not in good("tdm.jsonl", "--format", "json")
    assert run("verify", "tdm.jsonl").stdout.endswith("\nvalid: 1,200 decisions in 1 run, 0 errors, 0 remarks\n")
