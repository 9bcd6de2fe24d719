"""Whom to ask: who is asked for what, what no licence helps, and that nothing a log may hold does harm."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import ConfigurationError
from tdm_guard.log.latest import Latest
from tdm_guard.log.reader import read_log
from tdm_guard.repertoire.contact import Contact
from tdm_guard.reports import worklist as module
from tdm_guard.reports.asking import Asking
from tdm_guard.reports.worklist import Ask, Worklist, is_wanting, worklist
from tdm_guard.reports.worklist_page import FORMATS, render, umbrella
from tdm_guard.usage import TDM

TDM_NAMES = [usage.value for usage in TDM]


def said(signal: str = "tdmrep", **members: Any) -> dict[str, Any]:
    source = "https://a.example/.well-known/tdmrep.json"
    return {
        "kind": "reservation", "signal": signal, "stance": "reserved", "layer": "location", "source": source,
        "usages": TDM_NAMES, **members,
    }  # fmt: skip


def declared(name: str = "Société", ident: str = "musique-1", **members: Any) -> dict[str, Any]:
    return said("repertoire", layer="repertoire", source=ident, rightsholder=name, **members)


def marked(outcome: str, **members: str) -> dict[str, Any]:
    return declared(authorisations=[{"id": "lic-1", "outcome": outcome, **members}])


REFUSAL = said("robots", kind="access", source="https://a.example/robots.txt")
UNREAD = said("tdmrep", stance="undetermined")


def item(address: str, /, *because: dict[str, Any], verdict: str = "reserved", **members: Any) -> dict[str, Any]:
    stances = dict.fromkeys(TDM_NAMES, "reserved")
    return {
        "type": "decision", "id": address, "ts": "2026-01-05T09:00:00.000000Z", "url": address, "final_url": address,
        "origin": "/".join(address.split("/")[:3]), "verdict": verdict, "admitted": False, "content": False,
        "usages": stances, "because": list(because), "bytes": None, "hops": [], **members,
    }  # fmt: skip


def listed(*records: dict[str, Any]) -> Worklist:
    return worklist(records)


def one(*records: dict[str, Any]) -> Ask:
    [ask] = listed(*records).by_size
    return ask


def names(found: Worklist) -> list[tuple[str, str, int]]:
    return [(ask.kind, ask.name, ask.items) for ask in found.by_size]


def test_a_rightsholder_goes_before_a_policy_and_a_policy_before_the_site() -> None:
    found = listed(
        item("https://a.example/1", said(rightsholder="A Press", policy_url="https://a.example/p")),
        item("https://b.example/1", said(policy_url="https://b.example/p")),
        item("https://c.example:8443/1", said(source="https://c.example:8443/.well-known/tdmrep.json")),
        item("https://d.example/1", declared(None, "books-2")),
    )
    assert names(found) == [
        ("rightsholder", "A Press", 1), ("declaration", "books-2", 1), ("policy", "https://b.example/p", 1),
        ("site", "https://c.example:8443", 1),
    ]  # fmt: skip
    assert found.items == 4


def test_who_holds_most_is_asked_first() -> None:
    found = listed(
        item("https://a.example/1", said()),
        item("https://b.example/1", said()),
        item("https://b.example/2", said()),
    )
    assert [(ask.name, ask.items) for ask in found.by_size] == [("https://b.example", 2), ("https://a.example", 1)]


def test_each_layer_of_an_item_is_asked_for_by_itself() -> None:
    asset = said("xmp", layer="asset", source="https://a.example/1", rightsholder="Photographer")
    found = listed(item("https://a.example/1", said(), asset, declared()), item("https://a.example/2", declared()))
    assert {(ask.name, ask.items, ask.shared) for ask in found.by_size} == {
        ("Société", 2, 1), ("https://a.example", 1, 1), ("Photographer", 1, 1),
    }  # fmt: skip
    assert found.items == 2
    [society] = [ask for ask in found.by_size if ask.name == "Société"]
    assert [tuple(sample) for sample in society.samples] == [("https://a.example/1", 3), ("https://a.example/2", 1)]


def test_a_site_speaks_with_one_voice() -> None:
    """Several documents of a site are one to ask, by the name that one of them gives."""
    named = said(policy_url="https://a.example/p", rightsholder="A Press")
    ask = one(item("https://a.example/1", said("ai-txt"), said("content-signals"), named))
    assert (ask.name, ask.items, ask.shared, list(ask.signals)) == (
        "A Press", 1, 0, ["ai-txt", "content-signals", "tdmrep"],
    )  # fmt: skip


def test_one_policy_is_one_to_ask_if_only_one_carrier_told_whose() -> None:
    policy = "https://a.example/p"
    ask = one(item("https://a.example/1", said(policy_url=policy), said(policy_url=policy, rightsholder="A Press")))
    assert (ask.name, ask.shared) == ("A Press", 0)


def test_two_policies_of_a_site_are_two_to_ask() -> None:
    found = listed(item("https://a.example/1", said(policy_url="https://p.example/1"), said(policy_url="urn:x:2")))
    assert [(ask.name, ask.shared) for ask in found.by_size] == [("https://p.example/1", 1), ("urn:x:2", 1)]


def test_a_name_is_one_however_it_is_spelt() -> None:
    ask = one(
        item("https://a.example/1", said(rightsholder="A  Press")),
        item("https://b.example/1", said(rightsholder="a press")),
    )
    assert (ask.name, ask.items) == ("A Press", 2)


def test_what_redirected_here_is_asked_for_itself() -> None:
    hop = said(source="https://short.example/x")
    ask = one(item("https://a.example/1", hop, url="https://short.example/x", hops=["https://short.example/x"]))
    assert (ask.kind, ask.name) == ("site", "https://short.example")


def test_sizes_times_usages_and_contacts_are_gathered() -> None:
    ask = one(
        item("https://a.example/1", said(contact="a@a.example", terms="fee"), bytes=1000, ts="2026-01-06T00:00:00Z"),
        item("https://a.example/2", said(contact="b@a.example", usages=["genai-training", "search"]), bytes=True),
        item("https://a.example/3", said(usages=["genai-training"]), ts="2026-02-01T00:00:00Z"),
    )
    assert (ask.bytes, ask.sized, ask.items) == (1000, 1, 3)
    assert (ask.first, ask.last) == ("2026-01-05T09:00:00.000000Z", "2026-02-01T00:00:00Z")
    assert list(ask.usages) == TDM_NAMES  # search was not asked for
    assert (list(ask.contacts), list(ask.terms)) == (["a@a.example", "b@a.example"], ["fee"])


ABOUT = {"title": "Mining", "date": "2024-05-02", "address": "no address known"}
YOURS = (
    Contact(declarant="SOCIÉTÉ", address="ai@held.example", note="ask for A", source="contacts.toml"),
    Contact(declarant="Société d'Ailleurs", address="nobody@held.example", source="contacts.toml"),
)


def page(*records: dict[str, Any], contacts: tuple[Contact, ...] = ()) -> str:
    return "".join(render(worklist(records, contacts), "text"))


def test_where_a_declaration_names_nobody_the_page_says_so_and_takes_yours() -> None:
    wanting = item("https://a.example/1", declared(excerpt="mining is reserved", declaration=ABOUT))
    assert "\n   ask: no address known; --contacts FILE takes yours\n" in page(wanting)
    told = page(wanting, contacts=YOURS)
    assert "\n   ask: no address known; yours: ai@held.example (from contacts.toml: ask for A)\n" in told
    assert "nobody@held.example" not in told
    assert "\n   in: Mining, 2024-05-02, no address known\n   words: “mining is reserved”\n" in told


@pytest.mark.parametrize("named", [{"contact": "ai@society.example"}, {"policy_url": "https://society.example/ai"}])
def test_yours_never_takes_the_place_of_an_address_that_is_named(named: dict[str, str]) -> None:
    wanting = item("https://a.example/1", declared(**named))
    told = page(wanting, contacts=YOURS)
    assert "held.example" not in told
    assert "no address known" not in told
    assert next(iter(named.values())) in told


def test_a_contact_that_the_run_had_from_you_is_yours_in_its_log_too() -> None:
    wanting = item("https://a.example/1", declared(contact="old@held.example (from contacts.toml)"))
    ask = one(wanting)
    assert (list(ask.contacts), list(ask.yours)) == ([], ["old@held.example (from contacts.toml)"])
    assert "   ask: no address known; yours: old@held.example (from contacts.toml)\n" in page(wanting)
    newer = page(wanting, contacts=YOURS)  # what you say now stands for what you said then
    assert "old@held.example" not in newer
    assert "ai@held.example (from contacts.toml: ask for A)" in newer


def test_a_site_without_a_contact_is_asked_itself() -> None:
    assert "ask:" not in page(item("https://a.example/1", said()), contacts=YOURS)


def test_tables_have_documents_words_and_yours() -> None:
    found = worklist([item("https://a.example/1", declared(excerpt="mining is reserved", declaration=ABOUT))], YOURS)
    [row] = csv.DictReader(io.StringIO("".join(render(found, "csv"))))
    assert (row["documents"], row["words"]) == ("Mining, 2024-05-02, no address known", "mining is reserved")
    assert (row["contacts"], row["yours"]) == ("", "ai@held.example (from contacts.toml: ask for A)")
    [ask] = json.loads("".join(render(found, "json")))["asks"]
    assert (ask["contacts"], ask["yours"]) == ([], ["ai@held.example (from contacts.toml: ask for A)"])


def test_samples_and_contacts_are_five_at_most() -> None:
    ask = one(*(item(f"https://a.example/{n}", said(contact=f"{n}@a.example")) for n in range(9)))
    assert (ask.items, len(ask.samples), len(ask.contacts)) == (9, 5, 5)


def test_those_beyond_the_bound_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ASKS", 2)
    found = listed(*(item(f"https://{name}.example/", said()) for name in "aabbbcdd"))
    assert names(found) == [
        ("site", "https://b.example", 3), ("site", "https://a.example", 2), ("other", "(others)", 3),
    ]  # fmt: skip


def test_what_no_licence_helps_stands_apart() -> None:
    found = listed(
        item("https://a.example/1", REFUSAL),
        item("https://a.example/2", REFUSAL, said()),
        item("https://a.example/3", UNREAD, verdict="undetermined"),
        item("https://a.example/4"),
    )
    assert (found.refused, list(found.refusing), found.undetermined, found.unexplained) == (
        2, ["https://a.example"], 1, 1,
    )  # fmt: skip
    assert (names(found), found.items) == ([], 0)


def test_an_item_wants_a_licence_or_something_else_never_both() -> None:
    records = [
        item("https://a.example/1", REFUSAL, said(), declared()),
        item("https://a.example/2", REFUSAL, UNREAD, verdict="undetermined"),
        item("https://a.example/3", UNREAD, said(), verdict="undetermined"),
        item("https://a.example/4", said(signal="payment", kind="access"), said()),
        item("https://a.example/5", UNREAD, verdict="undetermined"),
    ]
    found = listed(*records)
    assert (found.items, found.refused, found.undetermined, found.unexplained) == (2, 2, 1, 0)
    assert names(found) == [("site", "https://a.example", 2)]
    asking = Asking()
    alike = asking.worklist(Counter(asking.number(record) for record in records))
    assert (alike.items, alike.refused, alike.undetermined, names(alike)) == (2, 2, 1, names(found))


@pytest.mark.parametrize(
    ("entry", "usages"),
    [
        pytest.param(marked("lifted", usages=" ".join(TDM_NAMES)), None, id="whole"),
        pytest.param(marked("lifted"), None, id="without saying for what"),
        pytest.param(marked("lifted", usages=" ".join(TDM_NAMES[1:])), TDM_NAMES[:1], id="in part"),
        pytest.param(marked("not-lifted", why="expired"), TDM_NAMES, id="expired"),
        pytest.param(marked("review", usages="analysis"), TDM_NAMES, id="in doubt"),
        pytest.param(declared(reviewed={"outcome": "released"}), None, id="released"),
        pytest.param(declared(reviewed={"outcome": "confirmed"}), TDM_NAMES, id="confirmed"),
        pytest.param(said(stance="permitted", kind="permission"), None, id="a permission"),
    ],
)  # fmt: skip
def test_only_what_is_not_lifted_is_to_be_licensed(entry: dict[str, Any], usages: list[str] | None) -> None:
    found = listed(item("https://a.example/1", entry, said(rightsholder="Label")))
    asked = {ask.name: list(ask.usages) for ask in found.by_size}
    assert asked.pop("Label") == TDM_NAMES
    assert list(asked.values()) == ([] if usages is None else [usages])


def test_an_item_in_review_says_so() -> None:
    ask = one(
        item("https://a.example/1", declared(doubt="a name"), verdict="review"), item("https://a.example/2", declared())
    )
    assert (ask.items, ask.review) == (2, 1)
    assert "in review: 1" in "".join(render(listed(item("https://a.example/1", declared(), verdict="review")), "text"))


@pytest.mark.parametrize(
    ("members", "wanting"),
    [
        ({}, True),
        ({"verdict": "review"}, True),
        ({"verdict": "undetermined"}, True),
        ({"verdict": "authorised", "admitted": True, "content": True}, False),
        ({"verdict": "exempt", "admitted": True, "content": True}, False),
        ({"admitted": True, "enforced": False, "content": True}, True),
        ({"admitted": True, "enforced": False, "content": False}, False),
        ({"verdict": ["reserved"]}, False),
    ],
    ids=str,
)
def test_withheld_items_are_wanting_and_what_observing_stored(members: dict[str, Any], wanting: bool) -> None:
    assert is_wanting(item("https://a.example/", said(), **members)) is wanting


def test_what_observing_stored_is_counted() -> None:
    ask = one(item("https://a.example/", said(), admitted=True, enforced=False, content=True))
    assert ask.stored == 1


# ---- from a file --------------------------------------------------------------------------------------------------


def write(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tdm.jsonl"


def of(*paths: Path) -> Worklist:
    with closing(Latest.of(read_log(paths), is_wanting)) as latest:
        return worklist(latest)


def test_the_latest_decision_on_an_address_counts(path: Path) -> None:
    later = {"ts": "2026-03-01T00:00:00.000000Z"}
    write(
        path,
        item("https://a.example/1", said()),
        item("https://a.example/1", said(), **later),
        item("https://b.example/1", said()),
        item("https://b.example/1", verdict="authorised", admitted=True, content=True, **later),
    )
    assert names(of(path)) == [("site", "https://a.example", 1)]


def test_a_later_line_is_not_later_if_its_time_is_earlier(path: Path, tmp_path: Path) -> None:
    admitted = item("https://a.example/1", verdict="authorised", admitted=True, ts="2026-03-01T00:00:00.000000Z")
    write(path, admitted)
    before = write(tmp_path / "before.jsonl", item("https://a.example/1", said()))
    assert of(path, before).items == 0
    assert of(before, path).items == 0
    write(path, {**admitted, "ts": "9999"})  # no time at all
    assert of(path, before).items == 1


def test_another_purpose_takes_nothing_back(path: Path) -> None:
    later = {"ts": "2026-03-01T00:00:00.000000Z", "usages": {"search": "unstated"}}
    write(
        path,
        item("https://a.example/1", said()),
        item("https://a.example/1", verdict="unreserved", admitted=True, **later),
    )
    assert of(path).items == 1


def test_an_address_that_redirects_now_has_no_item(path: Path) -> None:
    moved = {"url": "https://a.example/1", "hops": ["https://a.example/1"], "ts": "2026-03-01T00:00:00.000000Z"}
    write(
        path,
        item("https://a.example/1", said()),
        item("https://b.example/1", verdict="unreserved", admitted=True, content=True, **moved),
    )
    assert of(path).items == 0


def test_something_else_is_no_log(path: Path) -> None:
    path.write_text("hello\n")
    with pytest.raises(ConfigurationError, match="no line is a record"):
        of(path)


def test_decisions_without_an_address_are_counted(path: Path) -> None:
    write(
        path, {"type": "decision", "verdict": "reserved"}, {"type": "decision", "final_url": 7, "verdict": "reserved"}
    )
    with closing(Latest.of(read_log([path]), is_wanting)) as latest:
        assert (latest.strange, len(latest)) == (2, 0)


# ---- on a page ----------------------------------------------------------------------------------------------------


def shown(style: str, *records: dict[str, Any]) -> str:
    return "".join(render(listed(*records), style))


def test_the_page_says_whom_to_ask_for_what() -> None:
    page = shown(
        "text",
        item("https://a.example/1", said(), declared(contact="ai@society.example", terms="fee"), bytes=2500),
        item("https://a.example/2", declared(), ts="2026-02-01T00:00:00Z"),
        item("https://a.example/3", REFUSAL),
        item("https://a.example/4", UNREAD, verdict="undetermined"),
        item("https://a.example/5"),
    )
    assert page.startswith("2 items withheld for want of 2 licences\n\n1. Société\n")
    for line in (
        "   2 items, 2.5 kB (size known of 1), from 2026-01-05 to 2026-02-01\n",
        "   in need of other licences too: 1\n",
        "   ask: ai@society.example\n",
        "   terms: fee\n",
        "   reserves: tdm\n",
        "   declared as: musique-1\n",
        "   for example https://a.example/1 (needs 2 licences)\n",
        "2. https://a.example\n   1 item, 2.5 kB, on 2026-01-05\n",
        "Refused to crawlers by robots.txt: 1 item, for example on https://a.example.\n",
        "Undetermined: 1 item; tdm-guard recheck --undetermined lists them.\n",
        "Withheld by records that name no reason: 1 item.\n",
    ):
        assert line in page


def test_the_page_shows_the_first_and_says_how_many_more() -> None:
    page = shown("text", *(item(f"https://h{number}.example/", said()) for number in range(53)))
    assert "\n50. " in page
    assert "\n51. " not in page
    assert "\n3 more to ask: --format csv\n" in page


def test_nothing_withheld_is_said() -> None:
    assert shown("text") == "No item wants a licence.\n"
    assert json.loads(shown("json")) == {
        "items": 0, "asks": [], "refused": 0, "undetermined": 0, "unexplained": 0, "refusing": [],
    }  # fmt: skip


def test_json_has_null_for_a_size_that_is_not_known() -> None:
    page = json.loads(shown("json", item("https://a.example/1", said()), item("https://b.example/1", said(), bytes=0)))
    assert [(ask["name"], ask["bytes"]) for ask in page["asks"]] == [
        ("https://a.example", None),
        ("https://b.example", 0),
    ]
    assert page["asks"][0]["samples"] == [{"url": "https://a.example/1", "licences": 1}]


def test_csv_has_one_table() -> None:
    rows = list(
        csv.DictReader(
            io.StringIO(
                shown("csv", item("https://a.example/1", said(), declared()), item("https://a.example/2", REFUSAL))
            )
        )
    )
    assert [(row["kind"], row["name"], row["items"]) for row in rows] == [
        ("rightsholder", "Société", "1"), ("site", "https://a.example", "1"), ("refused", "", "1"),
    ]  # fmt: skip
    assert rows[1]["samples"] == "https://a.example/1 (needs 2 licences)"
    assert rows[1]["usages"] == " | ".join(TDM_NAMES)


@pytest.mark.parametrize("words", ["=HYPERLINK(1)", "+1", "-1", "@x"])
def test_a_cell_is_no_formula(words: str) -> None:
    [row] = csv.DictReader(
        io.StringIO(shown("csv", item("https://a.example/1", said(rightsholder=words, contact=words))))
    )
    assert (row["name"], row["contacts"]) == (f"'{words}", f"'{words}")


@pytest.mark.parametrize("words", ["a\tb\nc\x1b[31m\u202e", "\udc80"])
def test_words_of_strangers_cannot_steer_the_terminal(words: str) -> None:
    for style in ("text", "csv"):
        page = shown(style, item("https://a.example/1", said(rightsholder=words, contact=words, terms=words)))
        assert not set(page) & set("\x1b\u202e\udc80\t")


def test_umbrella_names_tdm_by_its_name() -> None:
    assert umbrella([*TDM_NAMES, "search"]) == "tdm, search"
    assert umbrella(TDM_NAMES[1:]) == ", ".join(TDM_NAMES[1:])


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["reserved", "lifted"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def tables(*members: str, **fixed: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fixed, optional=dict.fromkeys(members, ANY))


ENTRY = tables(
    *("signal", "layer", "source", "usages", "rightsholder", "policy_url", "contact", "terms", "reviewed", "match"),
    kind=ANY | st.just("reservation"), stance=ANY | st.just("reserved"),
    authorisations=ANY | st.lists(tables("id", "outcome", "usages"), max_size=2),
)  # fmt: skip
RECORD = tables(
    *("ts", "origin", "usages", "bytes", "admitted", "content", "hops", "id", "run", "final_url"),
    type=st.just("decision"), url=ANY | st.just("https://a.example/"),
    verdict=st.sampled_from(["reserved", "review", "undetermined"]), because=ANY | st.lists(ENTRY, max_size=2),
)  # fmt: skip


@settings(max_examples=100)
@given(st.lists(RECORD, max_size=3))
def test_no_record_makes_it_raise(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_bytes(b"".join(json.dumps(record).encode() + b"\n" for record in [{"type": "run"}, *records]))
    found = of(path)
    assert found.items <= len(records)
    for style in FORMATS:
        "".join(render(found, style)).encode()
