"""Policies as workers have them: read once, asked again where they may differ, and those that responses declare."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, Judge, Ledger, Stored
from tdm_guard.archives.items import Item
from tdm_guard.archives.sources import MappingPolicies
from tdm_guard.ledger import library as module
from tdm_guard.ledger.library import Library
from tdm_guard.ledger.piecework import Piecework

SITE = "https://site.example"
TERMS = "https://licences.example/terms.xml"
JUDGE = Judge(agent="ExampleBot", usages={"ai-training"})
ABSENT = {url: Fetched(status=404) for url in JUDGE.needed_documents(SITE)}
SHUT = {**ABSENT, f"{SITE}/robots.txt": Fetched(status=200, body=b"User-agent: *\nDisallow: /\n")}
LINK = ("Link", f'<{TERMS}>; rel="license"; type="application/rsl+xml"')
NOW = datetime(2026, 11, 29, tzinfo=UTC)


def terms(word: str) -> Fetched:
    text = (
        f'<rsl xmlns="https://rslstandard.org/rsl"><content url="{SITE}/"><license><{word} type="usage">all</{word}>'
        "</license></content></rsl>"
    )
    return Fetched(status=200, body=text.encode())


class Source:
    """Has what it is told, and counts."""

    def __init__(self, documents: Mapping[str, Fetched]) -> None:
        self.known = documents
        self.asked: list[datetime | None] = []
        self.fails = False

    def documents(self, origin: str, at: datetime | None) -> Mapping[str, Fetched]:
        self.asked.append(at)
        if self.fails:
            raise OSError("connection refused")
        return self.known

    def close(self) -> None:
        """Nothing is open."""


class Timeless(Source):
    timeless = True


def test_a_source_that_may_say_something_else_is_asked_for_each_item() -> None:
    source = Source(ABSENT)
    library = Library(JUDGE, [source])
    first = library.policy(f"{SITE}/a", NOW)
    assert library.policy(f"{SITE}/b", NOW) is first
    source.known = SHUT
    assert library.policy(f"{SITE}/a", NOW) is not first
    source.known = {key: Fetched(status=404) for key in ABSENT}  # says the same as at first
    assert library.policy(f"{SITE}/a", NOW) is first


def test_a_timeless_source_is_asked_once() -> None:
    source = Timeless(ABSENT)
    library = Library(JUDGE, [source])
    first = library.policy(f"{SITE}/a", NOW)
    asked = len(source.asked)
    source.known = SHUT
    assert library.policy(f"{SITE}/b", NOW) is first
    assert len(source.asked) == asked


@pytest.mark.parametrize("fails", [True, False])
def test_what_was_not_known_is_asked_for_again_after_a_while(
    fails: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    source = Timeless({} if not fails else ABSENT)
    source.fails = fails
    library = Library(JUDGE, [source])
    found = library.policy(f"{SITE}/a", NOW)
    decision = JUDGE.evaluate(f"{SITE}/a", status=200, body=b"words", policies=found, now=NOW)
    assert decision.verdict == "undetermined"
    source.known, source.fails = ABSENT, False
    assert library.policy(f"{SITE}/a", NOW) is found
    clock[0] += module.AWAY
    policy = library.policy(f"{SITE}/a", NOW)
    assert JUDGE.evaluate(f"{SITE}/a", status=200, body=b"words", policies=policy, now=NOW).verdict == "unreserved"
    assert ("connection refused" in caplog.text) is fails


@pytest.mark.parametrize("odd", [b"no answer", 404, {"status": 404}])
def test_what_is_no_answer_is_none(odd: Any) -> None:
    library = Library(JUDGE, [Timeless({**ABSENT, f"{SITE}/robots.txt": odd})])
    policy = library.policy(f"{SITE}/a", NOW)
    assert JUDGE.evaluate(f"{SITE}/a", status=200, body=b"words", policies=policy, now=NOW).verdict == "undetermined"


def test_addresses_with_blanks_are_of_their_own_origins() -> None:
    library = Library(JUDGE, [MappingPolicies(ABSENT)])
    names = [library.policy(f" \thttps://{name}.example/x", NOW).name for name in ("a", "b")]
    assert names == ["https://a.example", "https://b.example"]


def item(number: int, *headers: tuple[str, str]) -> Item:
    return Item(
        url=f"{SITE}/{number}", status=200, headers=(("Content-Type", "text/html"), *headers), body=b"<p>words",
        body_complete=True, at=NOW, hops=(), stored=Stored("a", number),
    )  # fmt: skip


def piecework(folder: Path, policies: Any, **keywords: Any) -> Piecework:
    given = {"word": "part", "task": "t", "once": True, "unread": "undetermined", **keywords}
    return Piecework(Judge.of(JUDGE.options), policies, folder / "{part}.jsonl", **given)


def test_a_worker_reads_an_origin_once_for_all_its_parts(tmp_path: Path) -> None:
    work = pickle.loads(pickle.dumps(piecework(tmp_path, Timeless(ABSENT))))
    asked = []
    for part in ("0", "1", "2"):
        with work.desk(part) as desk:
            assert desk.judge(item(1)).admitted
        asked.append(len(work.policies.asked))
    assert len(set(asked)) == 1
    assert len(list(tmp_path.glob("*.jsonl"))) == 3


def test_with_evidence_each_part_has_its_copies(tmp_path: Path) -> None:
    work = piecework(tmp_path, SHUT, evidence=str(tmp_path / "evidence"))
    for part in ("0", "1"):
        with work.desk(part) as desk:
            assert not desk.judge(item(1)).admitted
    assert len(list((tmp_path / "evidence" / "runs").iterdir())) == 2
    assert list((tmp_path / "evidence").rglob("*.zst"))


@pytest.mark.parametrize(("word", "verdict"), [("prohibits", "reserved"), (None, "undetermined")])
def test_what_responses_declare_is_looked_up(tmp_path: Path, word: str | None, verdict: str) -> None:
    known = {} if word is None else {TERMS: terms(word)}
    with piecework(tmp_path, {**ABSENT, **known}).desk("0") as desk:
        assert desk.judge(item(1)).verdict == "unreserved"
        assert desk.judge(item(2, LINK)).verdict == verdict


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (ABSENT, SHUT),
        (SHUT, ABSENT),
        (ABSENT, {}),
        ({}, ABSENT),
        ({**ABSENT, TERMS: terms("permits")}, {**ABSENT, TERMS: terms("prohibits")}),
        ({**ABSENT, TERMS: terms("prohibits")}, ABSENT),
        (ABSENT, {**ABSENT, TERMS: terms("prohibits")}),
    ],
)
@pytest.mark.parametrize("ended", [True, False])
def test_under_other_policies_a_task_is_judged_anew(tmp_path: Path, then: Any, now: Any, ended: bool) -> None:
    def judged(policies: Any) -> Any:
        try:
            with piecework(tmp_path, policies).desk("0") as desk:
                found = desk.judge(item(1, LINK))
                if not ended:
                    raise RuntimeError
        except RuntimeError:
            pass
        return found

    first, again, other, back = judged(then), judged(then), judged(now), judged(now)
    assert (again.id, back.id) == (first.id, other.id)
    assert other.id != first.id
    with piecework(tmp_path / "alone", now).desk("0") as desk:
        assert desk.judge(item(1, LINK)).verdict == other.verdict


@pytest.mark.parametrize("as_policy", [True, False])
def test_a_ledger_compares_documents_and_not_how_they_were_given(tmp_path: Path, as_policy: bool) -> None:
    def judged(known: Mapping[str, Fetched]) -> Any:
        policies = JUDGE.read_policies(SITE, known, now=NOW) if as_policy else known
        with Ledger(JUDGE, tmp_path / "tdm.jsonl", task="t", once=True) as ledger:
            return ledger.evaluate(
                f"{SITE}/?sig=1", status=200, headers=[LINK], body=b"words", policies=policies, now=NOW,
                stored=Stored("a", 1),
            )  # fmt: skip

    known = {**ABSENT, TERMS: terms("permits")}
    first = judged(known)
    assert judged({key: Fetched(status=each.status, body=each.body) for key, each in known.items()}).id == first.id
    assert judged({**ABSENT, TERMS: terms("prohibits")}).id != first.id
    assert judged({**known, f"{SITE}/robots.txt": Fetched(status=503)}).id != first.id
