"""What licences and people make of statements, in the record: the same bytes, whatever it is held in meanwhile."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, date, datetime

import pytest

from tdm_guard.decision import Decision, Exchange, Stage
from tdm_guard.judging.decide import Terms, decide
from tdm_guard.judging.lift import Occasion, Rights
from tdm_guard.log.speller import Speller
from tdm_guard.model import Layer, Stance, Statement
from tdm_guard.operator import Operator
from tdm_guard.repertoire.authorisation import Authorisation, Proof, Scope
from tdm_guard.repertoire.declaration import Mandate, Party
from tdm_guard.repertoire.review import read_review
from tdm_guard.usage import Usage

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://site.example/page"
USAGES = (Usage.GENAI_TRAINING, Usage.ANALYSIS)
LICENCES = tuple(
    Authorisation(
        id=name,
        grantor=Party(name="Grantor"),
        mandate=Mandate(status="asserted"),
        licensee=licensee,
        scope=Scope(declarations=("society-1",)),
        usages=(Usage.GENAI_TRAINING,),
        territory=("WORLD",),
        valid_from=date(2025, 1, 1),
        status="active",
        evidence=proof,
    )
    for name, licensee, proof in (
        ("lic", "acme-ai", Proof(reference="contract 1")),
        ("theirs", "other", Proof(reference="contract 2")),
        ("unproven", "acme-ai", None),
    )
)
MARKS = [
    '{"id":"lic","outcome":"lifted","usages":"genai-training","why":"granted by Grantor, mandate asserted"}',
    '{"id":"theirs","outcome":"not-lifted","usages":"genai-training","why":"granted to other"}',
    '{"id":"unproven","outcome":"review","usages":"genai-training","why":"it has no evidence"}',
]


def matched(value: str) -> Statement:
    return Statement(
        source="society-1",
        carrier="declaration",
        signal="repertoire",
        usages=USAGES,
        stance=Stance.RESERVED,
        layer=Layer.REPERTOIRE,
        match={"key": "creator_name", "value": value, "strength": "name"},
        doubt="only a creator's name matches",
    )


def decision(outcome: str) -> Decision:
    table = {"outcome": outcome, "declaration": "society-1", "key": "creator_name", "value": "Marie Exemple"}
    review, problems = read_review({**table, "by": "ada@acme.example", "at": NOW, "why": "looked up"}, "reviews[0]")
    assert (review is not None, problems) == (True, ())
    rights = Rights(LICENCES, (review,) if review else (), Operator(name="acme-ai"))
    terms = Terms(usages=USAGES, rights=rights)
    said = matched(review.value or "" if review else "")
    made = decide((said,), terms, Occasion(NOW, URL))
    exchange = Exchange(final_url=URL, origin="https://site.example", status=200, content=True, repertoire="matched")
    return Decision(url=URL, ts=NOW, stage=Stage.BODY, outcome=made, exchange=exchange)


@pytest.mark.parametrize("outcome", ["released", "confirmed"])
def test_marks_and_reviews_are_spelt_as_ever(outcome: str) -> None:
    made = decision(outcome)
    line = Speller("run").decision(made, seq=1, prev="0" * 64).line
    told = (
        f'"authorisations":[{",".join(MARKS)}],"reviewed":{{"outcome":"{outcome}","by":"ada@acme.example",'
        '"at":"2026-03-01 12:00:00+00:00","why":"looked up"},"repair":null'
    )
    assert told.encode() in line
    assert b'"hops":[],"repertoire":"matched","prev":' in line
    record = json.loads(line)
    assert {**made.to_dict(), "run": 0, "seq": 0, "id": 0, "prev": 0, "hash": 0} == {
        **record, "run": 0, "seq": 0, "id": 0, "prev": 0, "hash": 0,
    }  # fmt: skip
    assert type(made.to_dict()["repertoire"]) is str


def test_a_mark_is_read_by_name_as_in_the_record() -> None:
    """Programs read `because[0].authorisations[0]["outcome"]`, as they read the record."""
    [said] = decision("confirmed").because
    lift, reviewed = said.authorisations[0], said.reviewed
    assert reviewed is not None
    assert (lift["outcome"], lift.get("id"), lift.get("nobody"), len(lift)) == ("lifted", "lic", None, 4)
    assert dict(reviewed) == {"outcome": "confirmed", "by": "ada@acme.example", "at": str(NOW), "why": "looked up"}
    assert reviewed == dict(reviewed)
    assert pickle.loads(pickle.dumps(said)) == said
    with pytest.raises(KeyError):
        lift["__class__"]
