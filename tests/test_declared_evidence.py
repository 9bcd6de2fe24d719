"""What a work is withheld for: the words of the announcement, its document and date, wherever a decision is shown."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from tdm_guard import Decision, Withheld, evaluate
from tdm_guard.cli.page import show
from tdm_guard.holdings import bundled, load
from tdm_guard.httpx import GuardClient
from tdm_guard.log.reader import read_log
from tdm_guard.testing import Answer, PretendWeb, Site
from tdm_guard.usage import TDM

NOW = datetime(2026, 11, 28, tzinfo=UTC)
WORDS = "activités de fouilles de données (data-mining) sur les œuvres du répertoire de la Sacem"
ITEM = {"type": "musical_work", "society": "S.A.C.E.M."}


def judged(entry: str = "sacem-2023", item: Any = ITEM, **options: Any) -> Decision:
    known: dict[str, Any] = {"repertoire": [f"bundled:{entry}"], **options}
    return evaluate("https://a.example/1", status=200, item=item, unread="ignore", now=NOW, **known)


@pytest.mark.parametrize("posture", ["cautious", "literal"])
def test_the_record_quotes_the_announcement_and_names_it(posture: str) -> None:
    [entry] = judged(posture=posture).to_dict()["because"]
    assert entry["excerpt"].startswith(WORDS)
    assert (entry["source"], entry["locator"]) == ("sacem-2023", "match.society")
    about = entry["declaration"]
    assert about["title"].startswith("Communiqué de presse de la Sacem du 12 octobre 2023")
    assert (about["date"], about["address"], about["language"]) == ("2023-10-12", "no address known", "fr")
    assert about["known_from"] == "source"
    assert about["addressees"] == "les entités développant des outils d'intelligence artificielle"
    json.dumps(entry)


@pytest.mark.parametrize("name", bundled())
def test_evidence_for_every_bundled_entry_quotes_no_words_of_ours(name: str) -> None:
    (declared,) = load([f"bundled:{name}"]).declarations
    key, (value, *_) = next(iter(declared.match.items()))
    (statement,) = judged(name, {key: value}).because
    assert statement.excerpt == declared.wording
    assert not any(usage.value in (statement.excerpt or "").split(", ") for usage in TDM)
    assert statement.declaration is not None
    document = statement.declaration.document
    assert document.startswith(declared.source.title or "?")
    assert document.endswith(declared.source.url or "no address known")


def test_one_line_for_people_has_words_document_and_date() -> None:
    decision = judged()
    for message in (decision.summary(), str(Withheld(decision))):
        assert message.startswith("reserved: https://a.example/1 (repertoire, sacem-2023 match.society, Communiqué")
        assert ", 2023-10-12, no address known: activités de fouilles" in message


def test_the_page_of_a_decision_has_them_too() -> None:
    out = io.StringIO()
    show(judged(), Console(file=out, highlight=False, soft_wrap=True))
    page = out.getvalue()
    assert f"“{WORDS}" in page
    assert "du 12 octobre 2023, 2023-10-12, no address known, press_release, mandate asserted\n" in page
    assert "read at source" in page
    out = io.StringIO()
    show(judged("sony-music-2024", {"label": "Sony Music"}), Console(file=out, highlight=False, soft_wrap=True))
    assert "known from secondary accounts only" in out.getvalue()
    assert "in doubt because: " in out.getvalue()  # a name alone asks a person


def test_a_crawl_with_contacts_says_whose_they_are(tmp_path: Path) -> None:
    contacts = tmp_path / "contacts.toml"
    contacts.write_text('[[contacts]]\ndeclarant = "Sacem"\naddress = "ai@held.example"\n', encoding="utf-8")
    log = tmp_path / "tdm.jsonl"
    site = Site("music.example", {"/": Answer.html("<!doctype html><title>x</title><p>song")})
    with (
        PretendWeb([site]) as web,
        GuardClient(
            agent="ExampleBot",
            headers={"user-agent": "ExampleBot/1"},
            log=log,
            repertoire=["bundled:sacem-2023"],
            contacts=contacts,
            transport=httpx.HTTPTransport(),
        ) as client,
        pytest.raises(Withheld) as refusal,
    ):
        client.get(web.origin("music.example") + "/", extensions={"tdm_guard_item": ITEM})
    assert WORDS in str(refusal.value)
    records = [line.record for line in read_log([log]) if line.record and line.type == "decision"]
    [entry] = records[0]["because"]
    assert entry["contact"] == "ai@held.example (from contacts.toml)"
    assert entry["excerpt"].startswith(WORDS)
