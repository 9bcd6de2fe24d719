"""A log with something for each part of a report, strangers' words among them that would steer a page or a terminal."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tdm_guard.decision import Decision, Exchange, Match, Outcome, Stage
from tdm_guard.log.jsonl import JsonlLog, Keeping
from tdm_guard.log.record import RunInfo
from tdm_guard.matched import DeclaredAs, Lift, LiftOutcome, MatchedBy, Reviewed, ReviewOutcome
from tdm_guard.model import Fault, Layer, Posture, Stance, Statement, Stored, Verdict
from tdm_guard.usage import TDM

DAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HOSTILE = "<script>alert('1')</script><img src=http://evil.example/x>\u202egnp.\x1b[31m & \"more\""
HOLDER = f"Society of {HOSTILE}"
STORED = (
    None, Stored(file="a.warc.gz", offset=0), Stored(file=f"b {HOSTILE}", offset=2**62, record='"\\', type="row"),
    Stored(file="s3://bucket/a.warc.gz", offset=4711, record="<urn:uuid:0>", type="revisit"),
)  # fmt: skip
OPERATOR = {"name": "acme-ai <b>", "contact": "https://acme.example/bot", "country": "FR", "research": None}


def robots(url: str) -> Statement:
    source = "/".join(url.split("/")[:3]) + "/robots.txt"
    return Statement(
        source=source, carrier="robots.txt", locator="line 2", excerpt=f"Disallow: / {HOSTILE}", signal="robots",
        usages=TDM, stance=Stance.RESERVED,
    )  # fmt: skip


def declared(
    declaration: str = "music-1", *, licence: str | None = None, released: bool = False, holder: str = HOLDER
) -> Statement:
    lifted = (Lift(id=licence, outcome=LiftOutcome.LIFTED, usages=" ".join(TDM), why="granted"),) if licence else ()
    review = Reviewed(outcome=ReviewOutcome.RELEASED, by="legal@acme.example", at="2026-01-04", why="another Marie")
    return Statement(
        source=declaration, carrier="declaration", locator="match.iswc", excerpt="Not for mining.", signal="repertoire",
        usages=TDM, stance=Stance.RESERVED, layer=Layer.REPERTOIRE, rightsholder=holder, contact="ai@society.example",
        match=MatchedBy(key="iswc", value="T0000000010", strength="exact"), authorisations=lifted,
        reviewed=review if released else None,
        declaration=DeclaredAs(version="1", form="press_release", mandate_status="asserted", title="Our works"),
    )  # fmt: skip


def unreachable(url: str) -> Statement:
    source = "/".join(url.split("/")[:3]) + "/robots.txt"
    return Statement(
        source=source, carrier="robots.txt", excerpt="status 503", signal="robots", usages=TDM,
        stance=Stance.UNDETERMINED,
    )  # fmt: skip


def decided(
    url: str,
    verdict: Verdict = Verdict.UNRESERVED,
    *because: Statement,
    at: datetime = DAY,
    enforced: bool = True,
    faults: tuple[Fault, ...] = (),
    stored: Stored | None = None,
    **facts: Any,
) -> Decision:
    given = {"content": True, "bytes": 10, "content_sha256": "a" * 64, "media_type": "text/html", **facts}
    final = given.pop("final_url", url)
    stances = dict.fromkeys(TDM, Stance.RESERVED if verdict is Verdict.RESERVED else Stance.UNSTATED)
    return Decision(
        url=url, ts=at, stage=Stage.BODY, faults=faults, stored=stored,
        outcome=Outcome(verdict=verdict, usages=stances, because=because, enforced=enforced),
        exchange=Exchange(final, "/".join(final.split("/")[:3]), 200, **given),
    )  # fmt: skip


def varied(mode: str = "enforce") -> list[Decision]:
    """Decisions over three days, on sites of two registrable domains and others."""
    enforced = mode == "enforce"
    fault = Fault(
        source="https://www.a.example/.well-known/tdmrep.json", carrier="file", message="the root is an object",
        signal="tdmrep", excerpt=HOSTILE,
    )  # fmt: skip
    a, b = "https://www.a.example", "https://b.example"
    found = [
        decided(f"{a}/{number}.html", at=DAY + timedelta(days=number % 3), faults=(fault,) if number < 4 else (),
                stored=STORED[number % 4])
        for number in range(12)
    ]  # fmt: skip
    found += [
        decided(f"https://shop.a.example/{number}", Verdict.RESERVED, robots("https://shop.a.example/"),
                at=DAY + timedelta(days=1), enforced=enforced)
        for number in range(5)
    ]  # fmt: skip
    found += [
        decided(f"{b}/song-1.mp3", Verdict.RESERVED, declared(), media_type="audio/mpeg", enforced=enforced,
                repertoire=Match.MATCHED, stored=STORED[1]),
        decided(f"{b}/song-2.mp3", Verdict.AUTHORISED, declared(licence="lic-1"), media_type="audio/mpeg",
                repertoire=Match.MATCHED),
        decided(f"{b}/song-3.mp3", Verdict.UNRESERVED, declared(released=True), media_type="audio/mpeg; q=1",
                repertoire=Match.MATCHED),
        decided(f"{b}/song-1.mp3", Verdict.RESERVED, declared(), at=DAY + timedelta(days=2), media_type="audio/mpeg",
                enforced=enforced, repertoire=Match.MATCHED),
        decided("https://down.example/", Verdict.UNDETERMINED, unreachable("https://down.example/"), content=False,
                bytes=None, content_sha256=None, media_type=None, enforced=enforced),
        decided("http://127.0.0.1:8080/x", content=False, media_type="TEXT/HTML; charset=utf-8"),
    ]  # fmt: skip
    return found


def write_log(
    path: Path, decisions: list[Decision], *, mode: str = "enforce", ends: bool = True, compact: bool = False
) -> Path:
    """A log of one run of these decisions; without `ends` it is cut short."""
    info = RunInfo(usages=TDM, agent="ExampleBot", posture=Posture.CAUTIOUS, mode=mode, operator=OPERATOR)
    with closing(JsonlLog(path, run=info, now=DAY, keeping=Keeping(compact=compact))) as log:
        for decision in decisions:
            log.decision(decision)
        if ends:
            log.end(DAY)
    return path
