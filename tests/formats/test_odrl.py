"""ODRL policies in TDMRep's profile: what is read, what is noted, and bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.countries import alpha_3
from tdm_guard.signals.tdmrep.odrl import MAX_RULES, Constraint, OdrlRule, Policy, parse
from tdm_guard.signals.tdmrep.vcard import MAX_TEXT, Assigner

OFFER: dict[str, Any] = {
    "@context": ["http://www.w3.org/ns/odrl.jsonld", "http://www.w3.org/ns/tdmrep.jsonld"],
    "@type": "Offer",
    "profile": "http://www.w3.org/ns/tdmrep",
    "uid": "https://provider.example/policies/1",
    "assigner": {
        "uid": "https://provider.example",
        "vcard:fn": "Provider",
        "vcard:hasEmail": "mailto:a@provider.example",
    },
    "permission": [{"action": "tdm:mine", "duty": [{"action": "obtainConsent"}]}],
}


def read(**members: Any) -> Policy:
    return parse(json.dumps({**OFFER, **members}).encode())


def without(*names: str) -> Policy:
    return parse(json.dumps({name: value for name, value in OFFER.items() if name not in names}).encode())


def problems(policy: Policy) -> list[tuple[str, str]]:
    return [(problem.place, problem.message) for problem in policy.problems]


def test_an_offer_in_the_profile() -> None:
    assert read() == Policy(
        uid="https://provider.example/policies/1",
        assigner=Assigner(uid="https://provider.example", name="Provider", email="a@provider.example"),
        permissions=(OdrlRule(actions=("tdm:mine",), duties=("obtainConsent",)),),
    )


def test_the_same_in_full_names() -> None:
    odrl = "http://www.w3.org/ns/odrl/2/"
    written = {
        "@type": [odrl + "Offer"],
        odrl + "profile": [{"@id": "http://www.w3.org/ns/tdmrep"}],
        "@id": OFFER["uid"],
        odrl + "assigner": [
            {
                "@id": "https://provider.example",
                "http://www.w3.org/2006/vcard/ns#fn": [{"@value": "Provider"}],
                "http://www.w3.org/2006/vcard/ns#hasEmail": [{"@id": "mailto:a@provider.example"}],
            }
        ],
        odrl + "permission": [
            {
                odrl + "action": [{"@id": "http://www.w3.org/ns/tdmrep#mine"}],
                odrl + "duty": [{odrl + "action": [{"@id": odrl + "obtainConsent"}]}],
            }
        ],
    }
    policy = parse(json.dumps(written).encode())
    assert problems(policy) == [("#/@context", "@context is not that of the profile")]
    assert (policy.uid, policy.assigner, policy.permissions) == (read().uid, read().assigner, read().permissions)
    assert policy.problem is None


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (without("@context"), [("#/@context", "@context is not that of the profile")]),
        (read(**{"@type": "Policy"}), [("#/@type", "@type is not Offer")]),
        (read(profile="https://other.example/"), [("#/profile", "profile is not that of TDMRep")]),
        (without("uid"), [("#/uid", "uid is missing")]),
        (without("assigner"), [("#/assigner", "assigner is missing")]),
        (without("permission"), [("#/permission", "permission is missing")]),
        (read(prohibition=[]), [("#/prohibition", "prohibition is not foreseen")]),
        (read(permission=["mine"]), [("#/permission/0", "the permission is no object")]),
        (
            read(permission=[{"action": "mine", "duty": ["compensate"]}]),
            [("#/permission/0/duty/0", "the duty is no object")],
        ),
        (
            read(permission=[{"action": "mine"}, {"action": "mine", "constraint": [{"or": []}]}]),
            [("#/permission/1/constraint", "a constraint without leftOperand")],
        ),
        (parse(json.dumps([OFFER]).encode()), [("#", "the root is to be the policy itself")]),
    ],
)
def test_what_breaks_the_profile_is_noted_with_its_place(policy: Policy, expected: list[tuple[str, str]]) -> None:
    assert problems(policy) == expected


def test_rules_are_read_however_loosely_they_are_written() -> None:
    policy = read(
        target="https://provider.example/all",
        duty={"action": "compensate"},
        constraint={"leftOperand": "purpose", "operator": "eq", "rightOperand": {"@id": "tdm:research"}},
        permission={
            "action": [
                {
                    "rdf:value": {"@id": "mine"},
                    "refinement": [{"leftOperand": "count", "operator": "lteq", "rightOperand": 5}],
                }
            ],
            "duty": "obtainConsent",
        },
    )
    (rule,) = policy.permissions
    assert rule == OdrlRule(
        actions=("tdm:mine",),
        targets=("https://provider.example/all",),
        duties=("obtainConsent", "compensate"),
        constraints=(
            Constraint(operand="count", operator="lteq", values=()),
            Constraint(operand="purpose", operator="eq", values=("tdm:research",)),
        ),
    )
    assert str(rule.constraints[1]) == "purpose eq tdm:research"


def test_duplicate_members_all_count() -> None:
    body = json.dumps(OFFER)[:-1] + ', "prohibition": {"action": "use"}, "prohibition": [{"action": "mine"}]}'
    assert [rule.actions for rule in parse(body.encode()).prohibitions] == [("use",), ("tdm:mine",)]


def test_an_unreadable_prohibition_is_kept() -> None:
    assert read(prohibition=["everything"]).prohibitions == (OdrlRule(actions=()),)


@pytest.mark.parametrize(
    ("assigner", "party"),
    [
        ("https://provider.example", Assigner(uid="https://provider.example")),
        ({"vcard:nickname": "P", "vcard:hasTelephone": "tel:+33-1"}, Assigner(name="P", telephone="+33-1")),
        ({"vcard:hasEmail": {"@id": "MAILTO:a%40b.example?subject=x"}}, Assigner(email="a@b.example")),
        ({"vcard:hasEmail": "a@b.example", "vcard:hasURL": "/licence"}, Assigner(email="a@b.example", url="/licence")),
        (
            {"vcard:hasAddress": {"vcard:locality": "Lyon", "vcard:street-address": "1 rue A", "x": 1}},
            Assigner(address="1 rue A, Lyon"),
        ),
        ({"vcard:hasAddress": "Lyon"}, Assigner(address="Lyon")),
        ({"vcard:fn": "a\r\n\u2028b\x00"}, Assigner(name="a b")),
        ({"vcard:fn": 7, "vcard:hasEmail": []}, Assigner()),
        ([{"vcard:fn": "A"}, {"vcard:fn": "B"}], Assigner(name="A")),
    ],
)
def test_parties(assigner: Any, party: Assigner) -> None:
    assert read(assigner=assigner).assigner == party


def test_the_first_way_to_reach_a_party() -> None:
    assert Assigner(email="a@b.example", url="https://b.example").contact == "a@b.example"
    assert Assigner(url="https://b.example", telephone="+1").contact == "https://b.example"
    assert Assigner(telephone="+1", address="Lyon").contact == "+1"
    assert Assigner(address="Lyon").contact == "Lyon"
    assert Assigner(name="A").contact is None


def test_texts_are_bounded() -> None:
    party = read(assigner={"vcard:fn": "a" * 10_000}).assigner
    assert party is not None
    assert len(party.name or "") == MAX_TEXT


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "not JSON"),
        (b'{"@context": [ "a" "b" ]}', "not JSON"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"7", "no object"),
        (b'["http://www.w3.org/ns/odrl.jsonld"]', "no object"),
        (b"{}", "no policy"),
        (b'{"@context": "https://schema.org", "@type": "WebPage"}', "no policy"),
        (json.dumps([OFFER, OFFER]).encode(), "2 policies"),
        (json.dumps({"@graph": [OFFER, OFFER]}).encode(), "2 policies"),
    ],
)
def test_what_is_no_policy_says_why(body: bytes, problem: str) -> None:
    assert problem in (parse(body).problem or "")


def test_a_policy_in_a_graph() -> None:
    graph = {"@context": OFFER["@context"], "@graph": [{"@id": "x:1", "vcard:fn": "A"}, {**OFFER, "@context": []}]}
    policy = parse(json.dumps(graph).encode())
    assert (policy.problem, policy.permissions) == (None, read().permissions)


def test_who_offers_an_unreadable_policy_is_known_all_the_same() -> None:
    policy = without("@context")
    assert policy.problem == "no context of ODRL"
    assert policy.assigner == read().assigner


@pytest.mark.parametrize(
    "members",
    [
        {"permission": [{"action": "mine"}] * (MAX_RULES + 1)},
        {"duty": [{"action": "x"}] * (MAX_RULES + 1)},
        {"permission": [{"action": "mine", "constraint": [{}] * (MAX_RULES + 1)}]},
    ],
)
def test_too_much_is_not_cut_silently(members: dict[str, Any]) -> None:
    assert read(**members).problem == f"more than {MAX_RULES} rules, duties or constraints"


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_no_bytes_make_it_raise(body: bytes) -> None:
    parse(body)


WORDS = "@id @value @list rdf:value action duty constraint refinement leftOperand and operator rightOperand target"
NAMES = st.sampled_from([*WORDS.split(), "vcard:fn", "vcard:hasAddress", "assigner", "uid", "tdm:mine", "\ud800"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*OFFER, "prohibition", "duty", "constraint", "@graph"]), VALUES, max_size=4))
@settings(max_examples=200)
def test_no_json_makes_it_raise(members: dict[str, Any]) -> None:
    read(**members)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("FR", "FRA"), ("fra", "FRA"), ("de", "DEU"), ("XKX", None), ("", None), ("F", None), ("FRAN", None)],
)
def test_countries(code: str, expected: str | None) -> None:
    assert alpha_3(code) == expected
