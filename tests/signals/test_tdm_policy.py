"""Policies behind a tdm-policy: every vector of that channel, in both postures, and what the vectors leave open."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Fetched, Posture, Verdict, evaluate
from tdm_guard.model import Source
from tdm_guard.operator import Operator, read_operator
from tdm_guard.signals.tdmrep.odrl import MAX_BYTES
from tdm_guard.signals.tdmrep.tdm_policy import (
    UNAVAILABLE,
    UNREADABLE,
    Actor,
    Fit,
    PolicyTerms,
    evaluate_terms,
    read_policy,
)

VECTORS = [
    vector
    for vector in json.loads((Path(__file__).parents[1] / "vectors" / "tdmrep.json").read_text(encoding="utf-8"))
    if vector["channel"] == "policy"
]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://provider.example/policies/policy.json"
SOURCE = Source(url=URL, carrier="tdm-policy", sha256="ab" * 32, retrieved_at=NOW)
UID = "https://provider.example/policies/1"
TARGET = "https://provider.example/papers"
OFFER: dict[str, Any] = {
    "@context": ["http://www.w3.org/ns/odrl.jsonld", "http://www.w3.org/ns/tdmrep.jsonld"],
    "@type": "Offer",
    "profile": "http://www.w3.org/ns/tdmrep",
    "uid": UID,
    "assigner": {
        "uid": "https://provider.example",
        "vcard:fn": "Provider",
        "vcard:hasEmail": "mailto:a@provider.example",
    },
}
COMPANY = Actor(purpose="non-research", country="FR")


def terms(*permissions: dict[str, Any], **members: Any) -> PolicyTerms:
    policy = {**OFFER, "permission": [{"action": "tdm:mine", **permission} for permission in permissions], **members}
    return read_policy(Fetched(status=200, body=json.dumps(policy).encode()), SOURCE)


def purpose(value: str, operator: str = "eq") -> dict[str, str]:
    return {"leftOperand": "purpose", "operator": operator, "rightOperand": value}


def spatial(*places: str) -> dict[str, Any]:
    return {"leftOperand": "spatial", "operator": "isPartOf", "rightOperand": [f"urn:iso:3166:{p}" for p in places]}


# ---- vectors --------------------------------------------------------------------------------------------------------


def answer(given_: dict[str, Any]) -> Fetched:
    body = json.dumps(given_["policy_json"]) if "policy_json" in given_ else given_["policy_body"]
    headers = [("content-type", given_["content_type"])]
    return Fetched(status=given_["status"], headers=headers, body=body.encode(), url=given_["policy_url"])


def test_every_vector_is_run() -> None:
    assert len(VECTORS) == 28


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"tdmrep/policy: {vector['id']}")
def test_vector(vector: dict[str, Any]) -> None:
    inp, want = vector["input"], vector["expect"]
    actor = Actor(**{name: tuple(v) if isinstance(v, list) else v for name, v in inp["actor"].items()})
    read = read_policy(answer(inp), Source(url=inp["policy_url"], carrier="tdm-policy"))
    fit = evaluate_terms(read, actor)
    assert (fit.may_mine, list(fit.unmet)) == (want["may_mine"], want["unmet"])
    assert fit.group == want.get("consent_group", inp["policy_url"])
    if "policy_json" in inp:
        assert (read.rightsholder, read.contact, read.uid) == ("Provider", "contact@provider.example", UID)
    assert read.readable is (fit.unmet not in ((UNREADABLE,), (UNAVAILABLE,)))


@pytest.mark.parametrize("posture", Posture)
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"tdmrep/policy: {vector['id']}")
def test_no_policy_lifts_the_reservation(vector: dict[str, Any], posture: Posture) -> None:
    inp, want = vector["input"], vector["expect"]
    decision = evaluate(
        inp["url"],
        status=200,
        headers=[("tdm-reservation", str(inp["reservation"])), ("tdm-policy", inp["policy_url"])],
        policies={"/.well-known/tdmrep.json": Fetched(status=404), inp["policy_url"]: answer(inp)},
        now=NOW,
        signals=["tdmrep"],
        posture=posture,
    )
    assert want["reserved"] is True
    assert decision.verdict is Verdict.RESERVED
    assert [statement.policy_url for statement in decision.because] == [want["policy"]]


# ---- terms ----------------------------------------------------------------------------------------------------------


def test_terms_say_who_to_ask_and_for_what() -> None:
    read = terms(
        {"target": TARGET, "duty": [{"action": "obtainConsent"}], "constraint": [purpose("tdm:research")]},
        {"target": TARGET, "duty": [{"action": "compensate"}], "constraint": [spatial("FRA", "DEU")]},
    )
    assert (read.rightsholder, read.contact, read.targets) == ("Provider", "a@provider.example", (TARGET,))
    assert read.duties == ("obtainConsent", "compensate")
    assert read.constraints == ("purpose eq tdm:research", "spatial isPartOf urn:iso:3166:FRA, urn:iso:3166:DEU")
    assert (read.url, read.sha256, read.retrieved_at, read.faults) == (URL, SOURCE.sha256, NOW, ())


def test_faults_have_their_place() -> None:
    (fault,) = terms({"duty": ["compensate"]}).faults
    assert (fault.locator, fault.message, fault.source) == ("#/permission/0/duty/0", "the duty is no object", URL)


@pytest.mark.parametrize(
    ("fetched", "problem"),
    [
        (Fetched.unreachable("timeout"), UNAVAILABLE),
        (Fetched(), UNAVAILABLE),
        (Fetched(status=503), UNAVAILABLE),
        (Fetched(status=304), UNAVAILABLE),
        (Fetched(status=200), UNREADABLE),
        (Fetched(status=200, body=b"\xef\xbb\xbf <!doctype html>"), UNREADABLE),
        (Fetched(status=200, body=b"Please ask us."), UNREADABLE),
        (Fetched(status=200, body=json.dumps(OFFER).encode(), complete=False), UNREADABLE),
        (Fetched(status=200, body=json.dumps(OFFER).encode().ljust(MAX_BYTES + 1)), UNREADABLE),
        (Fetched(status=200, body=b'{"@context": "https://schema.org", "license": "x"}'), UNREADABLE),
    ],
)
def test_what_cannot_be_read_leaves_every_condition_unknown(fetched: Fetched, problem: str) -> None:
    read = read_policy(fetched, SOURCE)
    assert (read.readable, read.problem, read.permissions) == (False, problem, ())
    assert read.faults[0].source == URL
    everything = Actor(purpose="research", country="FR", consents=(UID,), payments=(UID,), acceptances=(UID,))
    assert evaluate_terms(read, everything) == Fit(False, (problem,), None, URL)


def test_without_a_context_nothing_is_offered_but_somebody_can_be_asked() -> None:
    read = terms({}, **{"@context": []})
    assert (read.problem, read.contact) == (UNREADABLE, "a@provider.example")
    assert evaluate_terms(read, Actor(acceptances=(UID,))).unmet == (UNREADABLE,)


# ---- evaluation -----------------------------------------------------------------------------------------------------


def consent_from(**actor: Any) -> Fit:
    return evaluate_terms(terms({"target": TARGET, "duty": [{"action": "obtainConsent"}]}), Actor(**actor))


@pytest.mark.parametrize(
    ("consents", "may_mine"),
    [
        ((), False),
        ((UID,), True),
        (((UID, TARGET),), True),
        (((UID, "https://provider.example/other"),), False),
        ((TARGET,), False),
        (((TARGET, UID),), False),
        (("https://other.example/1",), False),
    ],
)
def test_evidence_is_for_a_policy_or_a_part_of_it(consents: tuple[Any, ...], may_mine: bool) -> None:
    assert consent_from(consents=consents).may_mine is may_mine


def test_evidence_of_one_kind_is_not_of_another() -> None:
    assert not consent_from(payments=(UID,), acceptances=(UID,)).may_mine
    assert evaluate_terms(terms({}), Actor(acceptances=(UID,))) == Fit(True, (), True, URL)
    assert evaluate_terms(terms({}), Actor(consents=(UID,))).unmet == ("acceptance",)


def test_a_policy_without_uid_can_be_on_no_record() -> None:
    read = terms({"duty": [{"action": "obtainConsent"}]}, uid=None)
    assert evaluate_terms(read, Actor(consents=(UID,))).unmet == ("obtainConsent",)


def test_a_consent_for_one_target_covers_no_other() -> None:
    read = terms({"target": [TARGET, "https://provider.example/b"], "duty": [{"action": "obtainConsent"}]})
    assert not evaluate_terms(read, Actor(consents=((UID, TARGET),))).may_mine


@pytest.mark.parametrize(
    ("constraint", "actor", "unmet", "could_fit"),
    [
        (purpose("tdm:non-research"), COMPANY, "acceptance", True),
        (purpose("http://www.w3.org/ns/tdmrep#non-research"), COMPANY, "acceptance", True),
        (purpose("tdm:research"), COMPANY, "purpose", False),
        (purpose("tdm:research"), Actor(), "purpose", False),
        (purpose("tdm:research", "neq"), COMPANY, "constraint:purpose", False),
        (purpose("tdm:teaching"), COMPANY, "constraint:purpose", False),
        (purpose("purpose"), COMPANY, "constraint:purpose", False),
        (spatial("FRA"), COMPANY, "acceptance", True),
        (spatial("FRA"), Actor(country="FRA"), "acceptance", True),
        (spatial("fr"), COMPANY, "acceptance", True),
        (spatial("DEU", "ITA"), COMPANY, "spatial", False),
        (spatial("FRA"), Actor(), "spatial", False),
        (spatial("EU"), COMPANY, "constraint:spatial", False),
        (spatial(), COMPANY, "constraint:spatial", False),
        ({"or": [purpose("tdm:non-research")]}, COMPANY, "constraint:or", False),
        ("anything", COMPANY, "constraint:unknown", False),
    ],
)
def test_constraints(constraint: Any, actor: Actor, unmet: str, could_fit: bool) -> None:
    fit = evaluate_terms(terms({"constraint": [constraint]}), actor)
    assert fit == Fit(False, (unmet,), could_fit, URL)


def test_permissions_are_alternatives() -> None:
    both = {"duty": [{"action": "obtainConsent"}, {"action": "compensate"}]}
    read = terms(
        both, {"target": TARGET, "duty": [{"action": "compensate"}]}, {"constraint": [purpose("tdm:research")]}
    )
    assert evaluate_terms(read, COMPANY) == Fit(False, ("compensate",), True, TARGET)


@pytest.mark.parametrize(
    ("prohibition", "denied"),
    [
        ({"action": "tdm:mine"}, True),
        ({"action": "use"}, True),
        ({"action": "reproduce"}, True),
        ({"action": "https://other.example/train"}, True),
        ({"action": "aiTraining"}, True),
        ({}, True),
        ("everything", True),
        ({"action": "distribute"}, False),
        ({"action": ["distribute", "use"]}, True),
        ({"action": "mine", "constraint": [purpose("tdm:research")]}, False),
        ({"action": "mine", "constraint": [purpose("tdm:non-research")]}, True),
        ({"action": "mine", "constraint": [{"leftOperand": "dateTime"}]}, True),
    ],
)
def test_prohibitions(prohibition: Any, denied: bool) -> None:
    actor = Actor(purpose="non-research", acceptances=(UID,))
    fit = evaluate_terms(terms({}, prohibition=[prohibition]), actor)
    assert fit == (Fit(False, ("prohibition",), False, URL) if denied else Fit(True, (), True, URL))


def test_an_obligation_of_the_policy_is_a_duty() -> None:
    assert evaluate_terms(terms({}, obligation=[{"action": "compensate"}]), COMPANY).unmet == ("compensate",)


def test_the_operator_as_an_actor() -> None:
    assert Actor.of(None) == Actor()
    assert Actor.of(Operator(country="FR")) == Actor(purpose="non-research", country="FR")
    research = {
        "eligible": True,
        "lawful_access": True,
        "attested_by": "legal@example.org",
        "at": "2026-01-05",
        "reference": "charter",
    }
    assert Actor.of(read_operator({"research": research})) == Actor(purpose="research")


# ---- properties -----------------------------------------------------------------------------------------------------

EXTRAS = st.sampled_from(
    [
        {"duty": [{"action": "obtainConsent"}]},
        {"duty": [{"action": "compensate"}]},
        {"duty": ["x"]},
        {"constraint": [purpose("tdm:research")]},
        {"constraint": [spatial("FRA")]},
        {"constraint": [7]},
        {"prohibition": [{"action": "use"}]},
        {"obligation": {"action": "inform"}},
    ]
)
ACTORS = st.builds(
    Actor,
    purpose=st.sampled_from([None, "research", "non-research"]),
    country=st.sampled_from([None, "FR", "DEU"]),
    consents=st.sampled_from([(), (UID,)]),
    payments=st.sampled_from([(), (UID,)]),
    acceptances=st.sampled_from([(), (UID,)]),
)


@given(st.binary(max_size=200), ACTORS)
@settings(max_examples=100)
def test_no_bytes_make_it_raise_or_permit(body: bytes, actor: Actor) -> None:
    assert not evaluate_terms(read_policy(Fetched(status=200, body=body), SOURCE), actor).may_mine


@given(EXTRAS, EXTRAS, ACTORS)
@settings(max_examples=200)
def test_one_more_condition_never_makes_it_laxer(first: dict[str, Any], second: dict[str, Any], actor: Actor) -> None:
    record = Actor(purpose=actor.purpose, country=actor.country)
    one, both = terms({}, **first), terms({}, **{**second, **first})
    assert not evaluate_terms(one, record).may_mine
    if evaluate_terms(both, actor).may_mine and "duty" not in second and "obligation" not in second:
        assert evaluate_terms(one, actor).may_mine
