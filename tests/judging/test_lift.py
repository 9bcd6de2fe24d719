"""Which authorisations and reviews lift which statements, and how the record says why."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, Judge
from tdm_guard.decision import Outcome
from tdm_guard.gather import read_lent
from tdm_guard.judging.case import Case
from tdm_guard.judging.decide import Terms, decide
from tdm_guard.judging.lift import Occasion, Rights
from tdm_guard.model import Kind, Layer, Stance, Statement, Verdict
from tdm_guard.operator import Operator, Research
from tdm_guard.repertoire.authorisation import Authorisation, Proof, Scope
from tdm_guard.repertoire.declaration import Mandate, Party
from tdm_guard.repertoire.review import Review
from tdm_guard.usage import EVERY, Usage
from tests.support.pages import rows

GENAI, ANALYSIS = Usage.GENAI_TRAINING, Usage.ANALYSIS
URL = "https://site.example/page"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROOF = Proof(reference="contract 1")


def licence(**members: Any) -> Authorisation:
    scope = members.pop("scope", {"origins": ("https://site.example",)})
    given: dict[str, Any] = {
        "id": "lic",
        "grantor": Party(name="Grantor"),
        "mandate": Mandate(status="asserted"),
        "licensee": "acme-ai",
        "usages": (GENAI,),
        "territory": ("WORLD",),
        "valid_from": date(2025, 1, 1),
        "status": "active",
        "evidence": PROOF,
    }
    return Authorisation(**{**given, **members, "scope": Scope(**scope)})


def said(**members: Any) -> Statement:
    given: dict[str, Any] = {
        "source": "https://site.example/.well-known/tdmrep.json",
        "carrier": "file",
        "signal": "tdmrep",
        "usages": (GENAI, ANALYSIS),
        "stance": Stance.RESERVED,
    }
    return Statement(**{**given, **members})


def declared(**members: Any) -> Statement:
    given = {
        "source": "society-1",
        "carrier": "declaration",
        "signal": "repertoire",
        "layer": Layer.REPERTOIRE,
        "rightsholder": "Société d'Essai",
        "match": {"key": "creator_name", "value": "exemple marie", "strength": "name"},
    }
    return said(**{**given, **members})


def decided(
    *statements: Statement,
    by: tuple[Authorisation, ...] = (),
    reviews: tuple[Review, ...] = (),
    usages: tuple[Usage, ...] = (GENAI,),
    now: datetime = NOON,
    country: str | None = "FR",
    exempt: bool = False,
) -> Outcome:
    rights = Rights(by, reviews, Operator(name="acme-ai", country=country))
    return decide(statements, Terms(usages=usages, rights=rights, exempt=exempt), Occasion(now, URL))


def test_a_lifted_reservation_is_authorised_and_stays_in_the_record() -> None:
    outcome = decided(said(), by=(licence(),))
    assert outcome.verdict is Verdict.AUTHORISED
    assert outcome.admits
    assert outcome.authorisations == ("lic",)
    assert outcome.usages == {GENAI: Stance.RESERVED}
    [statement] = outcome.because
    assert statement.to_dict()["authorisations"] == [
        {
            "id": "lic",
            "outcome": "lifted",
            "usages": "genai-training",
            "why": "granted by Grantor, mandate asserted",
        }
    ]


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"licensee": "other"}, "granted to other"),
        ({"status": "suspended"}, "its status is suspended"),
        ({"status": "revoked"}, "its status is revoked"),
        ({"status": "pending"}, "its status is pending"),
        ({"valid_from": date(2026, 3, 2)}, "valid from 2026-03-02"),
        ({"valid_to": date(2026, 2, 28)}, "expired on 2026-02-28"),
        ({"territory": ("US",)}, "granted for US"),
        ({"territory": ()}, "granted for no territory"),
        ({"usages": (ANALYSIS,)}, "it covers analysis"),
    ],
)
def test_what_does_not_lift_says_why(members: dict[str, Any], why: str) -> None:
    outcome = decided(said(), by=(licence(**members),))
    assert outcome.verdict is Verdict.RESERVED
    assert outcome.authorisations == ()
    [mark] = outcome.because[0].authorisations
    assert (mark["outcome"], mark["why"]) == ("not-lifted", why)


@pytest.mark.parametrize(
    "members",
    [
        {"valid_from": date(2026, 3, 1), "valid_to": date(2026, 3, 1)},
        {"territory": ("EU",)},
        {"territory": ("FR",)},
        {"licensee": "ACME-AI "},
        {"usages": (ANALYSIS, GENAI)},
    ],
)
def test_days_territories_and_usages_include_their_ends(members: dict[str, Any]) -> None:
    assert decided(said(), by=(licence(**members),)).verdict is Verdict.AUTHORISED


def test_a_day_ends_at_midnight_utc() -> None:
    last = licence(valid_to=date(2026, 3, 1))
    assert decided(said(), by=(last,), now=datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)).verdict is Verdict.AUTHORISED
    assert decided(said(), by=(last,), now=datetime(2026, 3, 2, tzinfo=UTC)).verdict is Verdict.RESERVED


def test_without_a_country_only_the_world_is_covered() -> None:
    assert decided(said(), by=(licence(territory=("EU",)),), country=None).verdict is Verdict.RESERVED
    assert decided(said(), by=(licence(),), country=None).verdict is Verdict.AUTHORISED


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"evidence": None}, "it has no evidence"),
        ({"mandate": Mandate(status="disputed")}, "the mandate of Grantor to license is disputed"),
    ],
)
def test_a_doubtful_licence_is_for_a_person_to_decide(members: dict[str, Any], why: str) -> None:
    doubtful = licence(**members)
    outcome = decided(said(), by=(doubtful,))
    assert outcome.verdict is Verdict.REVIEW
    assert not outcome.admits
    [mark] = outcome.because[0].authorisations
    assert (mark["outcome"], mark["usages"], mark["why"]) == ("review", "genai-training", why)
    assert decided(said(), by=(doubtful, licence(id="sound"))).verdict is Verdict.AUTHORISED
    reviewed = {"authorisation": "lic", "by": "Ada", "at": NOON, "why": "seen the contract"}
    released = decided(said(), by=(doubtful,), reviews=(Review(outcome="released", **reviewed),))
    assert released.verdict is Verdict.AUTHORISED
    assert "released by Ada: seen the contract" in released.because[0].authorisations[0]["why"]
    confirmed = decided(said(), by=(doubtful,), reviews=(Review(outcome="confirmed", **reviewed),))
    assert confirmed.verdict is Verdict.RESERVED


@pytest.mark.parametrize(
    ("statement", "scope", "lifts"),
    [
        (said(), {"origins": ("https://site.example",)}, True),
        (said(), {"origins": ("https://www.site.example",)}, False),
        (said(source="https://cdn.example/licence.xml"), {"origins": ("https://site.example",)}, False),
        (said(layer=Layer.ASSET), {"origins": ("https://site.example",)}, False),
        (said(policy_url="https://p.example/1"), {"policies": ("https://p.example/1",)}, True),
        (said(policy_url="https://p.example/1", policy_uid="urn:p:1"), {"policies": ("urn:p:1",)}, True),
        (said(policy_url="https://p.example/1"), {"licences": ("https://p.example/1",)}, False),
        (said(signal="rsl", policy_url="https://p.example/l.xml"), {"licences": ("https://p.example/l.xml",)}, True),
        (said(signal="rsl", policy_url="https://p.example/l.xml"), {"policies": ("https://p.example/l.xml",)}, False),
        (said(), {"policies": ("https://p.example/1",), "licences": ("x",)}, False),
        (said(rightsholder="Ana  Foto", layer=Layer.ASSET), {"rightsholders": ("ana foto",)}, True),
        (said(rightsholder="Ana Foto"), {"rightsholders": ("Ana",)}, False),
        (said(), {"rightsholders": ("Ana",)}, False),
        (declared(), {"declarations": ("society-1",)}, True),
        (declared(), {"declarations": ("society-2",)}, False),
        (declared(), {"origins": ("https://site.example",)}, False),
        (declared(policy_url="https://p.example/1"), {"policies": ("https://p.example/1",)}, False),
        (declared(), {"rightsholders": ("Société d'Essai",)}, True),
        (said(source="mailto:x"), {"origins": ("https://site.example",)}, False),
    ],
)
def test_an_authorisation_lifts_what_it_names_and_nothing_else(
    statement: Statement, scope: dict[str, Any], lifts: bool
) -> None:
    outcome = decided(statement, by=(licence(scope=scope),))
    strong = Verdict.RESERVED
    assert outcome.verdict is (Verdict.AUTHORISED if lifts else strong)
    assert bool(outcome.because[0].authorisations) is lifts


LIFT = sys.modules[Rights.__module__].__doc__
PAGE = (Path(__file__).parents[2] / "docs" / "repertoires.md").read_text(encoding="utf-8")
EVERYTHING = Scope(
    declarations=("society-1",),
    origins=("https://site.example",),
    policies=("https://p.example/1",),
    licences=("https://p.example/1",),
    rightsholders=("Ana Foto",),
)
NAMED = {"policy_url": "https://p.example/1", "rightsholder": "Ana Foto"}
REACHED_BY = {  # which scopes reach a statement that each of them names as far as it can
    "on the site": (said(**NAMED), {"origins", "policies", "rightsholders"}),
    "on the site, by RSL": (said(**NAMED, signal="rsl"), {"origins", "licences", "rightsholders"}),
    "in a file": (said(**NAMED, layer=Layer.ASSET), {"policies", "rightsholders"}),
    "in a file, by RSL": (said(**NAMED, layer=Layer.ASSET, signal="rsl"), {"licences", "rightsholders"}),
    "in a declaration": (declared(**NAMED), {"declarations", "rightsholders"}),
    "of access": (said(**NAMED, kind=Kind.ACCESS, signal="payment"), {"origins"}),
}


@pytest.mark.parametrize(("statement", "scopes"), REACHED_BY.values(), ids=REACHED_BY)
def test_each_scope_reaches_what_its_row_says(statement: Statement, scopes: set[str]) -> None:
    whole = {member.name: getattr(EVERYTHING, member.name) for member in fields(Scope)}
    reaching = {
        name
        for name, values in whole.items()
        if decided(statement, by=(licence(scope={name: values}, access=True),)).verdict is Verdict.AUTHORISED
    }
    assert reaching == scopes


@pytest.mark.parametrize(
    "table", [LIFT, PAGE.partition("by these five rules")[2].partition("### ")[0]], ids=["module", "page"]
)
def test_every_rule_of_lifting_has_its_row(table: str) -> None:
    named = [name for row in rows(table) for name in row.names]
    assert named == [member.name for member in fields(Scope)]


def test_each_layer_needs_a_licence_of_its_own() -> None:
    society = licence(id="society", scope={"declarations": ("society-1",)})
    site = licence(id="site")
    assert decided(said(), declared(), by=(society,)).verdict is Verdict.RESERVED
    assert decided(said(), declared(), by=(site,)).verdict is Verdict.RESERVED
    both = decided(said(), declared(), by=(society, site))
    assert both.verdict is Verdict.AUTHORISED
    assert set(both.authorisations) == {"society", "site"}


def test_every_usage_asked_needs_a_licence() -> None:
    usages = (GENAI, ANALYSIS)
    one = decided(said(), by=(licence(),), usages=usages)
    assert one.verdict is Verdict.RESERVED
    two = decided(said(), by=(licence(), licence(id="other", usages=(ANALYSIS,))), usages=usages)
    assert two.verdict is Verdict.AUTHORISED
    assert two.authorisations == ("lic", "other")


ROBOTS = {"source": "https://site.example/robots.txt", "signal": "robots", "kind": Kind.ACCESS, "usages": EVERY}


@pytest.mark.parametrize("stance", [Stance.RESERVED, Stance.UNDETERMINED])
def test_access_is_the_origins_to_give(stance: Stance) -> None:
    refusal = said(**ROBOTS, stance=stance)
    refused = Verdict.RESERVED if stance is Stance.RESERVED else Verdict.UNDETERMINED
    assert decided(refusal, by=(licence(),)).verdict is refused
    assert decided(refusal, by=(licence(access=True),)).verdict is Verdict.AUTHORISED
    assert decided(refusal, by=(licence(access=True, scope={"rightsholders": ("x",)}),)).verdict is refused
    assert decided(refusal, by=(licence(access=True, evidence=None),)).verdict is refused
    assert decided(refusal, by=(licence(access=True),), usages=(GENAI, ANALYSIS)).verdict is refused
    assert decided(refusal, exempt=True).verdict is refused


def test_what_could_not_be_read_is_not_lifted() -> None:
    assert decided(said(stance=Stance.UNDETERMINED), by=(licence(),)).verdict is Verdict.UNDETERMINED


def review(outcome: str = "released", **members: Any) -> Review:
    given = {"declaration": "society-1", "key": "creator_name", "value": "exemple marie"}
    return Review(outcome=outcome, by="Ada", at=NOON, why="another person", **{**given, **members})


def test_a_doubt_is_for_a_person_to_decide() -> None:
    outcome = decided(declared(doubt="a name only"))
    assert outcome.verdict is Verdict.REVIEW
    assert outcome.usages == {GENAI: Stance.UNDETERMINED}


def test_a_release_is_honoured_and_stays_in_the_record() -> None:
    outcome = decided(declared(doubt="a name only"), reviews=(review(),))
    assert outcome.verdict is Verdict.UNRESERVED
    [statement] = outcome.because
    assert statement.to_dict()["reviewed"] == {
        "outcome": "released",
        "by": "Ada",
        "at": "2026-03-01 12:00:00+00:00",
        "why": "another person",
    }


def test_a_confirmation_makes_it_a_reservation() -> None:
    outcome = decided(declared(doubt="a name only"), reviews=(review("confirmed"),))
    assert outcome.verdict is Verdict.RESERVED
    assert outcome.because[0].reviewed is not None


@pytest.mark.parametrize(
    "members",
    [
        {"declaration": "society-2"},
        {"key": "publisher"},
        {"value": "exemple paul"},
        {"url": "https://site.example/other"},
        {"until": date(2026, 2, 28)},
        {"authorisation": "lic"},
    ],
)
def test_a_release_is_of_one_match_only(members: dict[str, Any]) -> None:
    assert decided(declared(doubt="a name only"), reviews=(review(**members),)).verdict is Verdict.REVIEW


def test_a_release_may_be_of_one_page_until_a_day() -> None:
    released = review(url=URL, until=date(2026, 3, 1))
    assert decided(declared(doubt="a name only"), reviews=(released,)).verdict is Verdict.UNRESERVED


def test_the_last_review_counts() -> None:
    statement = declared(doubt="a name only")
    assert decided(statement, reviews=(review(), review("confirmed"))).verdict is Verdict.RESERVED
    assert decided(statement, reviews=(review("confirmed"), review())).verdict is Verdict.UNRESERVED


def test_a_person_releases_no_reservation_without_doubt() -> None:
    assert decided(declared(), reviews=(review(),)).verdict is Verdict.RESERVED


def test_a_licence_lifts_what_is_in_doubt_too() -> None:
    society = licence(scope={"declarations": ("society-1",)})
    assert decided(declared(doubt="a name only"), by=(society,)).verdict is Verdict.AUTHORISED


def test_the_claim_to_an_exemption_is_in_the_record_of_what_rests_on_it() -> None:
    claim = Research(
        eligible=True, lawful_access=True, attested_by="library director", at="2026-01-10", reference="mandate 12"
    )
    terms = Terms(usages=(GENAI,), exempt=True, claim=claim)
    assert decide((said(),), terms).exemption is claim
    assert decide((), terms).exemption is None
    assert decide((said(**ROBOTS),), terms).exemption is None


def test_research_is_exempt_from_what_is_in_doubt() -> None:
    assert decided(declared(doubt="a name only"), exempt=True).verdict is Verdict.EXEMPT
    assert decided(declared(doubt="a name only"), by=(licence(),), exempt=True).verdict is Verdict.EXEMPT


POLICY = "https://site.example/policy.json"
LICENCE = """
[[authorisations]]
id = "lic"
grantor = { name = "Site", mandate = { status = "asserted" } }
licensee = "acme-ai"
scope = { policies = ["urn:policy:1"] }
usages = ["genai-training"]
territory = ["WORLD"]
valid_from = "2025-01-01"
status = "active"
evidence = { reference = "contract 1" }
"""


@pytest.mark.parametrize(("uid", "refused"), [("urn:policy:1", False), ("urn:policy:2", True), (None, True)])
def test_a_policy_that_may_be_licensed_by_its_uid_is_read_before_the_refusal(
    tmp_path: Path, uid: str | None, refused: bool
) -> None:
    path = tmp_path / "licences.toml"
    path.write_text(LICENCE, encoding="utf-8")
    judge = Judge(usages={"genai-training"}, operator={"name": "acme-ai"}, authorisations=[path])
    policies = judge.read_policies("https://site.example", {}, now=NOON)
    case = Case(judge.bench, URL, policies, NOON, ignore_unasked=True)
    case.hear_headers(200, [("content-type", "text/html"), ("tdm-reservation", "1"), ("tdm-policy", POLICY)])
    assert not case.refused
    case.hear_body(b"<p>words")
    document = {
        "@context": ["http://www.w3.org/ns/odrl.jsonld", {"tdm": "http://www.w3.org/ns/tdmrep#"}],
        "@type": "Offer",
        "profile": "http://www.w3.org/ns/tdmrep",
        "uid": uid,
        "assigner": {"uid": "https://site.example"},
        "permission": [{"target": "https://site.example/", "action": "tdm:mine"}],
    }
    answer = Fetched(status=404) if uid is None else Fetched(status=200, body=json.dumps(document).encode())
    task = judge.bench.gathering(policies.origin, NOON)
    reading = read_lent(task, case.declared, ())
    try:
        wanted = next(reading)
        reading.send({each.url: answer for each in wanted})
    except StopIteration as finished:
        case.hear_declared(finished.value)
    assert case.refused is refused  # what stores a response asks this, not the decision
    assert case.decision().admitted is not refused


def test_a_policy_that_is_the_page_itself_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "licences.toml"
    path.write_text(LICENCE, encoding="utf-8")
    judge = Judge(usages={"genai-training"}, operator={"name": "acme-ai"}, authorisations=[path])
    policies = judge.read_policies("https://site.example", {}, now=NOON)
    case = Case(judge.bench, URL, policies, NOON, ignore_unasked=True)
    case.hear_headers(200, [("content-type", "text/html"), ("tdm-reservation", "1"), ("tdm-policy", URL)])
    case.hear_body(b"<p>words")
    assert case.declared == ()
    assert case.refused
    assert not case.decision().admitted
