"""Matching: which declarations speak of an item or a place, by which keys, and what leaves a doubt."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.decision import Match
from tdm_guard.errors import ConfigurationError
from tdm_guard.model import Kind, Layer, Source, Stance, Statement
from tdm_guard.operator import Operator
from tdm_guard.repertoire.declaration import Declaration, Licence, Mandate, Party, Provenance
from tdm_guard.repertoire.item import KEYS, Strength, read_item
from tdm_guard.repertoire.matching import MAX_STATEMENTS, Repertoire
from tdm_guard.repertoire.words import MATCH_KEYS
from tdm_guard.usage import TDM, Usage

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://catalogue.example/w/1"
WEAK = (Strength.PREFIX, Strength.NAME)
SOURCE = Source(url=URL, carrier="item")


def declared(name: str = "society", /, *, match: Mapping[str, Sequence[str]], **members: Any) -> Declaration:
    return Declaration(
        id=name,
        version="1",
        declarant=Party(name=name.title()),
        usages=members.pop("usages", (Usage.TDM,)),
        match={key: tuple(values) for key, values in match.items()},
        excludes={key: tuple(values) for key, values in members.pop("excludes", {}).items()},
        **members,
    )


def hear(
    declarations: Declaration | Iterable[Declaration], item: object = (), url: str | None = URL, **options: Any
) -> tuple[Statement, ...]:
    given = (declarations,) if isinstance(declarations, Declaration) else declarations
    return Repertoire(given).says(url, read_item(item, SOURCE)[0], **{"now": NOW, **options}).statements


def keys(statements: Iterable[Statement]) -> list[str]:
    return sorted(statement.match["key"] for statement in statements if statement.match)


def verdict(statements: Sequence[Statement]) -> str:
    """What the statements alone come to."""
    sure = any(statement.doubt is None for statement in statements)
    return "reserved" if sure else "review" if statements else "unreserved"


# ---- what a statement says --------------------------------------------------------------------------------------


def test_a_statement_says_who_what_where_and_whom_to_ask() -> None:
    read_at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    (statement,) = hear(
        declared(
            match={"iswc": ["T-000.000.001-0"]},
            wording="reserved are all uses for data mining",
            mandate=Mandate(basis="member_mandate", status="asserted"),
            form="press_release",
            licence=Licence(available=True, url="https://society.example/ai", email="ai@society.example"),
            addressees="all who mine",
            source=Provenance(
                title="Mining",
                date="2024-05-02",
                url="https://society.example/d",
                language="en",
                known_from="source",
                retrieved_at=read_at,
                sha256="ab" * 32,
            ),
        ),
        {"iswc": "T0000000010"},
    )
    assert (statement.source, statement.carrier, statement.locator) == ("society", "declaration", "match.iswc")
    assert (statement.kind, statement.stance, statement.layer) == (Kind.RESERVATION, Stance.RESERVED, Layer.REPERTOIRE)
    assert (statement.signal, statement.usages) == ("repertoire", TDM)
    assert statement.excerpt == "reserved are all uses for data mining"
    assert (statement.sha256, statement.retrieved_at) == ("ab" * 32, read_at)
    assert (statement.rightsholder, statement.contact) == ("Society", "ai@society.example")
    assert statement.policy_url == "https://society.example/ai"
    assert statement.terms is not None
    assert statement.match == {"key": "iswc", "value": "T0000000010", "strength": "identifier"}
    assert statement.declaration == {
        "version": "1",
        "form": "press_release",
        "mandate_status": "asserted",
        "mandate_basis": "member_mandate",
        "title": "Mining",
        "date": "2024-05-02",
        "address": "https://society.example/d",
        "language": "en",
        "known_from": "source",
        "addressees": "all who mine",
    }
    assert statement.declaration.document == "Mining, 2024-05-02, https://society.example/d"
    assert statement.doubt is None


@pytest.mark.parametrize(
    ("key", "declares", "is_there", "written"),
    [
        ("creator_name", "Marie  Exemple", "EXEMPLE, Marie", "Marie Exemple"),
        ("creator_name", "exemple marie", "Marie Exemple", None),
        ("publisher", "Éditions d'Essai", "editions d'essai", "Éditions d'Essai"),
        ("society", "SME", "sme", "SME"),
        ("iswc", "T-000.000.001-0", "T0000000010", None),
    ],
)
def test_a_name_is_told_as_the_declaration_has_it(key: str, declares: str, is_there: str, written: str | None) -> None:
    [statement] = hear(declared(match={key: [declares]}), {key: is_there})
    assert statement.match is not None
    assert statement.match.get("written") == written
    assert statement.match["value"] != written


@pytest.mark.parametrize(
    ("source", "words", "document"),
    [
        (Provenance(), "[the words are not recorded here]", "no address known"),
        (Provenance(title="Mining"), "[the words are not recorded here: see Mining]", "Mining, no address known"),
        (
            Provenance(title="Mining", date="2024", url="https://society.example/d", see=("A daily",)),
            "[the words are not recorded here: see Mining, https://society.example/d]",
            "Mining, 2024, https://society.example/d",
        ),
        (
            Provenance(known_from="secondary", see=("A daily, https://daily.example/1", "A weekly")),
            "[the words are not recorded here: see A daily, https://daily.example/1, A weekly]",
            "no address known",
        ),
    ],
)
def test_without_its_words_a_statement_quotes_nothing_of_ours(source: Provenance, words: str, document: str) -> None:
    one = declared(match={"isrc": ["FRZ039800212"]}, usages=(Usage.SEARCH,), source=source)
    (statement,) = hear(one, {"isrc": "FRZ039800212"})
    assert (statement.excerpt, statement.terms) == (words, None)
    assert statement.declaration is not None
    assert statement.declaration.document == document


# ---- keys and strengths -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "item", "found"),
    [
        ({"iswc": ["T-000.000.001-0"]}, {"iswc": "T0000000010"}, "reserved"),
        ({"isbn": ["0-306-40615-2"]}, {"isbn": "9780306406157"}, "reserved"),
        ({"isbn": ["0-306-40615-2"]}, {"gtin": "9780306406157"}, "reserved"),
        ({"gtin": ["9780306406157"]}, {"isbn": "0306406152"}, "reserved"),
        ({"eidr": ["10.5240/7791-8534-2C23-9030-8610-5"]}, {"doi": "10.5240/7791-8534-2c23-9030-8610-5"}, "reserved"),
        ({"doi": ["10.5240/7791-8534-2C23-9030-8610-5"]}, {"eidr": "10.5240/7791-8534-2C23-9030-8610-5"}, "reserved"),
        ({"doi": ["10.1000/X"]}, {"doi": "https://doi.org/10.1000/x"}, "reserved"),
        ({"society": ["Sacem"]}, {"society": "S.A.C.E.M."}, "reserved"),
        ({"isrc_registrant": ["FRZ03"]}, {"isrc": "FRZ039800212"}, "review"),
        ({"isbn_registrant": ["978-0-306"]}, {"isbn": "9780306406157"}, "review"),
        ({"isbn_registrant": ["978-0-306"]}, {"gtin": "9780306406157"}, "review"),
        ({"doi_prefix": ["10.1000"]}, {"doi": "10.1000/x"}, "review"),
        ({"creator_name": ["Marie Exemple"]}, {"creator_name": "EXEMPLE, Marie"}, "review"),
        ({"publisher": ["Exemple Press"]}, {"publisher": "exemple press"}, "review"),
        ({"label": ["Exemple Records"]}, {"label": "Exemple Records"}, "review"),
        # what is not the same
        ({"iswc": ["T-000.000.001-0"]}, {"iswc": "T0000000021"}, "unreserved"),
        ({"society": ["Sacem"]}, {"society": "Sacem Luxembourg"}, "unreserved"),
        ({"doi_prefix": ["10.1000"]}, {"doi": "10.10001/x"}, "unreserved"),
        ({"isbn_registrant": ["978-0-306"]}, {"isbn": "9780000000019"}, "unreserved"),
        ({"creator_name": ["Exemple Records"]}, {"label": "Exemple Records"}, "unreserved"),
        ({"creator_name": ["Une Chanson"]}, {"title": "Une Chanson"}, "unreserved"),
        ({}, {"iswc": "T0000000010"}, "unreserved"),
    ],
)
def test_match(match: dict[str, list[str]], item: object, found: str) -> None:
    assert verdict(hear(declared(match=match), item)) == found


def test_a_strong_key_takes_the_doubt_from_a_weak_one_which_is_told_beside_it() -> None:
    (statement,) = hear(
        declared(match={"creator_name": ["Marie Exemple"], "creator_ipi": ["199"], "isrc_registrant": ["FRZ03"]}),
        {"creator_name": "Marie Exemple", "creator_ipi": "199", "isrc": "FRZ039800212"},
    )
    assert statement.match == {
        "key": "creator_ipi",
        "value": "00000000199",
        "strength": "identifier",
        "also": "isrc_registrant, creator_name",
    }
    assert statement.doubt is None


@pytest.mark.parametrize("key", [key for key, each in KEYS.items() if each.strength in WEAK])
def test_every_weak_key_says_why_it_is_weak(key: str) -> None:
    implied = {"isrc_registrant": "isrc", "isbn_registrant": "isbn", "doi_prefix": "doi"}
    found = {"isrc": "FRZ039800212", "isbn": "9780000000019", "doi": "10.5555/12345678"}
    value = {"isrc_registrant": "FRZ03"}.get(key, MATCH_KEYS[key])
    item = {implied[key]: found[implied[key]]} if key in implied else {key: value}
    (statement,) = hear(declared(match={key: [value]}), item)
    assert (keys([statement]), statement.doubt is not None) == ([key], True)


def test_every_strong_key_and_every_weak_one_without_a_strong_one_is_told() -> None:
    society = declared(match={"iswc": ["T0000000010"], "society": ["Sacem"]})
    assert keys(hear(society, {"iswc": "T0000000010", "society": "SACEM"})) == ["iswc", "society"]
    label = declared(match={"label": ["Exemple Records"], "isrc_registrant": ["FRZ03"]})
    assert keys(hear(label, {"label": "Exemple Records", "isrc": "FRZ039800212"})) == ["isrc_registrant", "label"]


def test_each_declaration_and_each_layer_speaks_for_itself() -> None:
    society, label = declared(match={"iswc": ["T0000000010"]}), declared("label", match={"isrc": ["FRZ039800212"]})
    track = {"type": "sound_recording", "isrc": "FRZ039800212", "contains": [{"iswc": "T0000000010"}]}
    assert {(s.source, s.match["key"]) for s in hear((society, label), track) if s.match} == {
        ("society", "iswc"),
        ("label", "isrc"),
    }


def test_a_key_that_hits_in_two_layers_is_told_once_and_without_doubt_if_one_has_none() -> None:
    society = declared(match={"society": ["Sacem"]}, excludes={"creator_ipi": ["298"]})
    statements = hear(
        society,
        [{"society": "Sacem", "creator_ipi": "298"}, {"society": "Sacem"}, {"society": "Sacem", "creator_ipi": "298"}],
    )
    assert [statement.doubt for statement in statements] == [None]


def test_of_very_many_hits_the_rest_is_told_in_one_statement_that_no_review_can_release() -> None:
    codes = [f"FRZ0398{number:05d}" for number in range(MAX_STATEMENTS + 30)]
    statements = hear(declared(match={"isrc": codes}), [{"isrc": code} for code in codes])
    assert len(statements) == MAX_STATEMENTS + 1
    assert statements[-1].match is not None
    assert "30 more" in statements[-1].match["value"]


# ---- type of work -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("types", "kind", "found"),
    [
        (("musical_work",), "musical_work", "review"),
        (("musical_work",), "sound_recording", "review"),
        (("lyrics",), "audiovisual", "review"),
        (("musical_work",), None, "review"),
        (("musical_work",), "podcast", "review"),
        ((), "text", "review"),
        (("image",), "artwork", "review"),
        (("text",), "lyrics", "review"),
        (("musical_work", "lyrics"), "text", "unreserved"),
        (("sound_recording",), "musical_work", "unreserved"),
        (("sound_recording", "artwork"), "text", "unreserved"),
        (("artwork",), "image", "unreserved"),
    ],
)
def test_another_type_of_work_defeats_a_name(types: tuple[str, ...], kind: str | None, found: str) -> None:
    item = {"creator_name": "Marie Exemple"} | ({"type": kind} if kind else {})
    assert verdict(hear(declared(match={"creator_name": ["Marie Exemple"]}, work_types=types), item)) == found


@pytest.mark.parametrize(
    ("match", "item", "found"),
    [
        ({"isrc": ["FRZ039800212"]}, {"isrc": "FRZ039800212"}, "reserved"),
        ({"society": ["Sacem"]}, {"society": "Sacem"}, "reserved"),
        ({"isrc_registrant": ["FRZ03"]}, {"isrc": "FRZ039800212"}, "unreserved"),
        ({"domain": ["catalogue.example"]}, {}, "unreserved"),
        ({"url_prefix": ["https://catalogue.example/w/"]}, {}, "unreserved"),
    ],
)
def test_it_defeats_places_and_prefixes_but_no_identifier(match: Any, item: dict[str, str], found: str) -> None:
    assert verdict(hear(declared(match=match, work_types=("image",)), {"type": "text"} | item)) == found


# ---- places -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "item", "found"),
    [
        ("https://cdn.label.example/a.mp3", (), "reserved"),
        ("https://cdn.label.example/a.mp3", {"type": "sound_recording"}, "reserved"),
        (URL, {"url": "https://label.example/a"}, "reserved"),
        (None, {"url": "https://label.example/a"}, "reserved"),
        ("https://notlabel.example/a.mp3", (), "unreserved"),
        (URL, {"url": "https://label.example.evil.example/"}, "unreserved"),
        (None, (), "unreserved"),
        ("nothing", (), "unreserved"),
    ],
)
def test_a_place(url: str | None, item: object, found: str) -> None:
    assert verdict(hear(declared(match={"domain": ["label.example"]}), item, url)) == found


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://label.example/x", "reserved"),
        ("https://blog.label.example/x", "unreserved"),
        ("https://blog.label.example/music/x", "reserved"),
        ("https://label.example/free/x", "unreserved"),
        ("https://label.example/freedom", "reserved"),
    ],
)
def test_the_narrowest_word_about_a_place_counts(url: str, found: str) -> None:
    declaration = declared(
        match={"domain": ["label.example"], "url_prefix": ["https://blog.label.example/music/"]},
        excludes={"domain": ["blog.label.example"], "url_prefix": ["https://label.example/free"]},
    )
    assert verdict(hear(declaration, (), url)) == found


def test_a_place_both_declared_and_excluded_is_excluded() -> None:
    both = {"domain": ["label.example"]}
    assert hear(declared(match=both, excludes=both), (), "https://www.label.example/") == ()


def test_an_excluded_place_frees_only_itself() -> None:
    declaration = declared(
        match={"domain": ["label.example"], "iswc": ["T0000000010"]}, excludes={"domain": ["blog.label.example"]}
    )
    page = "https://blog.label.example/x"
    assert verdict(hear(declaration, {"iswc": "T0000000010"}, page)) == "reserved"
    assert verdict(hear(declaration, {"url": "https://label.example/1"}, page)) == "reserved"


# ---- excludes ---------------------------------------------------------------------------------------------------

MEMBERS = declared(
    match={
        "creator_name": ["Marie Exemple"],
        "creator_ipi": ["199"],
        "creator_isni": ["000000000000001X"],
        "society": ["Sacem"],
        "iswc": ["T0000000010"],
        "isbn_registrant": ["978-0-00"],
    },
    excludes={
        "creator_ipi": ["298", "397"],
        "creator_isni": ["0000000121032683"],
        "iswc": ["T0000000021"],
        "creator_name": ["Paul Auteur"],
        "isbn_registrant": ["978-0-00-00"],
    },
)


@pytest.mark.parametrize(
    ("item", "found"),
    [
        # the one creator is excluded
        ({"creator_name": "Marie Exemple", "creator_ipi": "298"}, "unreserved"),
        ({"creator_name": "Marie Exemple", "creator_isni": "0000000121032683"}, "unreserved"),
        ({"creator_name": "Marie Exemple", "creator_ipi": ["298", "397"]}, "unreserved"),
        ({"creator_ipi": "298", "creator_isni": "000000000000001X"}, "unreserved"),
        # all are
        ({"creator_name": ["Marie Exemple", "Jo"], "creator_ipi": ["298", "397"]}, "unreserved"),
        # one of several is, and the name may be the other's
        ({"creator_name": ["Marie Exemple", "Jo"], "creator_ipi": "298"}, "review"),
        ({"creator_name": ["Marie Exemple", "Jo"], "creator_ipi": ["298", "496"]}, "review"),
        ({"creator_name": "Marie Exemple", "creator_ipi": ["298", "496"]}, "review"),
        ({"creator_name": "Marie Exemple", "creator_ipi": ["298", "no number"]}, "review"),
        ({"creator_name": "Marie Exemple", "creator_ipi": "298", "creator_isni": "no number"}, "review"),
        ({"creator_name": ["Jo", "Marie Exemple"], "creator_ipi": ["298", "199"]}, "reserved"),
        # what speaks for the work as a whole
        ({"creator_ipi": "298", "iswc": "T0000000010"}, "reserved"),
        ({"creator_ipi": "298", "society": "Sacem"}, "review"),
        # an excluded work
        ({"iswc": "T0000000021", "creator_name": "Marie Exemple", "creator_ipi": "199"}, "unreserved"),
        ({"iswc": "T0000000021", "society": "Sacem"}, "unreserved"),
        ({"iswc": ["T0000000021", "T0000000032"], "society": "Sacem"}, "reserved"),
        ({"iswc": ["T0000000021", "T0000000010"]}, "reserved"),
        ({"iswc": ["T0000000021", "T0000000022"], "creator_ipi": "199"}, "reserved"),
        # an excluded name is a name only
        ({"creator_name": "Paul Auteur", "creator_ipi": "199"}, "reserved"),
        ({"creator_name": ["Paul Auteur", "Marie Exemple"]}, "review"),
        # a part of a publisher's numbers
        ({"isbn": "9780000000019"}, "unreserved"),
        ({"isbn": "9780001000018"}, "review"),
        # nothing of all that
        ({"creator_ipi": "298"}, "unreserved"),
    ],
)
def test_an_exclude_frees_what_it_names_and_nothing_else(item: object, found: str) -> None:
    assert verdict(hear(MEMBERS, item)) == found


def test_an_exclude_speaks_for_its_own_declaration_and_layer_only() -> None:
    author = declared("author", match={"creator_ipi": ["298"]})
    assert [s.source for s in hear((MEMBERS, author), {"creator_ipi": "298", "creator_name": "Marie Exemple"})] == [
        "author"
    ]
    layers = [{"creator_ipi": "298", "creator_name": "Jo"}, {"creator_name": "Marie Exemple"}]
    assert verdict(hear(MEMBERS, layers)) == "review"


# ---- doubts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "options", "words"),
    [
        ({"mandate": Mandate(status="disputed", note="not assigned")}, {}, "not assigned"),
        ({"mandate": Mandate(status="disputed")}, {}, "disputed"),
        ({"territory": ("FR",)}, {"operator": Operator(country="US")}, "US"),
        ({"territory": ("EU",)}, {"operator": Operator(country="NO")}, "NO"),
        ({"form": "press_release"}, {"machine_readable_only": True}, "press_release"),
        ({}, {"machine_readable_only": True}, "unstated"),
    ],
)
def test_a_doubt_says_why(members: Any, options: Any, words: str) -> None:
    (statement,) = hear(declared(match={"iswc": ["T0000000010"]}, **members), {"iswc": "T0000000010"}, **options)
    assert statement.doubt is not None
    assert words in statement.doubt


@pytest.mark.parametrize(
    ("members", "options"),
    [
        ({"mandate": Mandate(status="unknown")}, {}),
        ({"territory": ("FR",)}, {"operator": Operator(country="FR")}),
        ({"territory": ("FR",)}, {"operator": Operator()}),
        ({"territory": ("FR",)}, {}),
        ({"territory": ("EEA",)}, {"operator": Operator(country="NO")}),
        ({"form": "xml"}, {"machine_readable_only": True}),
        ({"form": "press_release"}, {}),
    ],
)
def test_no_doubt(members: Any, options: Any) -> None:
    (statement,) = hear(declared(match={"iswc": ["T0000000010"]}, **members), {"iswc": "T0000000010"}, **options)
    assert statement.doubt is None


def test_all_doubts_are_told() -> None:
    (statement,) = hear(
        declared(match={"label": ["Exemple"]}, mandate=Mandate(status="disputed"), territory=("FR",)),
        {"label": "Exemple"},
        operator=Operator(country="US"),
        machine_readable_only=True,
    )
    assert statement.doubt is not None
    assert statement.doubt.count(";") == 3


# ---- dates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (datetime(2023, 10, 11, 23, 59, 59, tzinfo=UTC), "unreserved"),
        (datetime(2023, 10, 12, tzinfo=UTC), "reserved"),
        (datetime(2023, 10, 12, 1, tzinfo=timezone(timedelta(hours=2))), "unreserved"),  # still the day before in UTC
        (datetime(2025, 6, 30, 23, 59, 59, tzinfo=UTC), "reserved"),
        (datetime(2025, 7, 1, tzinfo=UTC), "unreserved"),
    ],
)
def test_days_are_whole_and_utc(now: datetime, found: str) -> None:
    declaration = declared(
        match={"iswc": ["T0000000010"]}, effective_from=date(2023, 10, 12), withdrawn_at=date(2025, 6, 30)
    )
    assert verdict(hear(declaration, {"iswc": "T0000000010"}, now=now)) == found


def test_without_dates_a_declaration_reaches_every_copy() -> None:
    assert hear(
        declared(match={"iswc": ["T0000000010"]}), {"iswc": "T0000000010"}, now=datetime(1990, 1, 1, tzinfo=UTC)
    )


# ---- three answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "item", "state"),
    [
        (URL, {"iswc": "T0000000010"}, Match.MATCHED),
        ("https://label.example/", (), Match.MATCHED),
        (URL, {"iswc": "T0000000021"}, Match.NOT_MATCHED),
        (URL, {"label": "Somebody"}, Match.NOT_MATCHED),
        (URL, {}, Match.UNMATCHABLE),
        (URL, {"type": "text", "title": "Une chanson", "url": "https://other.example/"}, Match.UNMATCHABLE),
        (URL, {"iswc": "T0000000011"}, Match.UNMATCHABLE),
        (URL, [{"type": "text"}, {"label": "Somebody"}], Match.NOT_MATCHED),
    ],
)
def test_state(url: str, item: object, state: Match) -> None:
    repertoire = Repertoire([declared(match={"iswc": ["T0000000010"], "domain": ["label.example"]})])
    assert repertoire.says(url, read_item(item, SOURCE)[0], now=NOW).state is state


def test_what_is_not_in_force_or_excluded_is_not_matched() -> None:
    late = declared(match={"iswc": ["T0000000010"]}, effective_from=date(2027, 1, 1))
    items, _ = read_item({"iswc": "T0000000010"}, SOURCE)
    assert Repertoire([late]).says(URL, items, now=NOW) == ((), Match.NOT_MATCHED)


# ---- lists ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Listed:
    """A list in memory."""

    rows: tuple[tuple[str, str, bool], ...]
    declaration: str = "society"
    name: str = "members.tdmlist"
    version: str = "2026-01"
    sha256: str = "cd" * 32

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(key for key, _, _ in self.rows)

    def find(self, pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str, bool]]:
        assert {key for key, _ in pairs} <= self.keys
        return [row for row in self.rows if row[:2] in pairs]


def test_a_list_adds_to_the_keys_and_excludes_of_its_declaration() -> None:
    listed = Listed(
        (
            ("creator_ipi", "00000000199", False),
            ("creator_ipi", "00000000298", True),
            ("domain", "label.example", False),
            ("url_prefix", "https://photos.example/p/", False),
        )
    )
    society = declared(match={"creator_name": ["Marie Exemple"], "iswc": ["T0000000010"]}, work_types=("musical_work",))
    repertoire = pickle.loads(pickle.dumps(Repertoire([declared("other", match={}), society], [listed])))

    def heard(item: object, url: str = URL) -> tuple[Statement, ...]:
        return tuple(repertoire.says(url, read_item(item, SOURCE)[0], now=NOW).statements)

    (statement,) = heard({"creator_ipi": "199", "creator_name": "Marie Exemple"})
    assert statement.source == "society"
    assert statement.declaration is not None
    assert statement.declaration["list"] == "members.tdmlist"
    assert statement.declaration["list_version"] == "2026-01"
    assert statement.declaration["list_sha256"] == "cd" * 32
    assert heard({"creator_ipi": "298", "creator_name": "Marie Exemple"}) == ()
    assert keys(heard((), "https://www.label.example/")) == ["domain"]
    assert keys(heard((), "https://photos.example/p/1")) == ["url_prefix"]
    (own,) = heard({"iswc": "T0000000010"})
    assert own.declaration is not None
    assert "list" not in own.declaration


def test_a_list_and_a_file_may_hold_one_value_for_two_declarations() -> None:
    listed = Listed((("iswc", "T0000000010", False),))
    repertoire = Repertoire([declared(match={}), declared("author", match={"iswc": ["T0000000010"]})], [listed])
    heard = repertoire.says(URL, read_item({"iswc": "T0000000010"}, SOURCE)[0], now=NOW)
    assert sorted(statement.source for statement in heard.statements) == ["author", "society"]


def test_one_look_up_serves_all_items() -> None:
    asked: list[int] = []

    class Counting(Listed):
        def find(self, pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str, bool]]:
            asked.append(len(pairs))
            return super().find(pairs)

    listed = Counting((("isrc", "FRZ039800212", False),))
    items, _ = read_item([{"isrc": f"FRZ03980{number:04d}", "label": "Exemple"} for number in range(100)], SOURCE)
    Repertoire([declared(match={})], [listed]).says(URL, items, now=NOW)
    assert asked == [100]


# ---- mistakes of the caller -------------------------------------------------------------------------------------


def test_every_mistake_is_told() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Repertoire(
            [
                declared(match={"iswc": ["T0000000011", "T0000000010"], "domain": ["co.uk"]}),
                declared(match={"title": ["Une chanson"]}),
            ],
            [Listed((), declaration="nobody")],
        )
    assert len(raised.value.problems) == 5


def test_nothing_declared_says_nothing() -> None:
    items, _ = read_item({"iswc": "T0000000010"}, SOURCE)
    assert Repertoire([]).says(URL, items, now=NOW) == ((), Match.NOT_MATCHED)
    assert Repertoire([]).says(URL, (), now=NOW) == ((), Match.UNMATCHABLE)


# ---- properties -------------------------------------------------------------------------------------------------

VALUES = {
    "iswc": ["T0000000010", "T0000000021"],
    "creator_ipi": ["199", "298", "397"],
    "creator_name": ["Marie Exemple", "Jo", "Paul Auteur"],
    "society": ["Sacem"],
    "isrc": ["FRZ039800212"],
}
KNOWN = st.fixed_dictionaries(
    {}, optional={key: st.lists(st.sampled_from(values), max_size=3) for key, values in VALUES.items()}
)
STRICTNESS = ["unreserved", "review", "reserved"]


@given(match=KNOWN, excludes=KNOWN, item=KNOWN)
@settings(max_examples=200)
def test_an_exclude_never_makes_it_stricter_nor_touches_another_declaration(
    match: Any, excludes: Any, item: Any
) -> None:
    without = hear(declared(match=match), item)
    with_excludes = hear(declared(match=match, excludes=excludes), item)
    assert STRICTNESS.index(verdict(with_excludes)) <= STRICTNESS.index(verdict(without))
    own = declared("author", match=match)
    both = hear((declared(match=match, excludes=excludes), own), item)
    assert tuple(statement for statement in both if statement.source == "author") == hear(own, item)


@given(match=KNOWN, item=KNOWN, more=KNOWN)
@settings(max_examples=200)
def test_declaring_more_and_knowing_more_never_make_it_laxer(match: Any, item: Any, more: Any) -> None:
    known = verdict(hear(declared(match=match), item))
    wider = {key: [*match.get(key, ()), *more.get(key, ())] for key in VALUES}
    assert STRICTNESS.index(verdict(hear(declared(match=wider), item))) >= STRICTNESS.index(known)
    assert STRICTNESS.index(verdict(hear(declared(match=match), [item, more]))) >= STRICTNESS.index(known)
