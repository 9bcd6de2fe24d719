"""C2PA labels, keys and entries in forms that nobody specified: at least undetermined where they may refuse."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard.model import Posture, Reading, Source, Stance
from tdm_guard.signals.c2pa.c2pa_entries import about
from tdm_guard.signals.c2pa.c2pa_report import read_report
from tdm_guard.signals.shape import Listener
from tdm_guard.usage import EVERY, TRAINING, Usage

SOURCE = Source(url="https://photos.example/a.jpg", carrier="jpeg")
LABEL = "cawg.training-mining"
NO, YES = {"use": "notAllowed"}, {"use": "allowed"}
ORDER = (Stance.RESERVED, Stance.UNDETERMINED, Stance.PERMITTED, Stance.UNSTATED)


def read(data: Any, label: str = LABEL, posture: Posture = Posture.CAUTIOUS) -> Reading:
    manifest = {"assertions": [{"label": label, "data": data}]}
    report = {"validation_state": "Valid", "active_manifest": "m", "manifests": {"m": manifest}}
    return read_report(report, SOURCE, Listener(agent="ExampleBot", posture=posture))


def strictest(reading: Reading) -> str:
    return min([s.stance for s in reading.statements if s.usages], key=ORDER.index, default=Stance.UNSTATED).value


def reserved(reading: Reading) -> set[Usage]:
    return {usage for s in reading.statements if s.stance is Stance.RESERVED for usage in s.usages}


@pytest.mark.parametrize(
    "data",
    [
        {"entries": [NO]},  # as an SDK's typed interface writes it
        {"entries": [{"use": "constrained", "constraint_info": "ask us"}]},
        {"entries": NO},
        NO,
        {"entries": [{"use": "never"}]},
    ],
)
def test_an_entry_without_its_key_refuses_all_that_the_assertion_is_about(data: Any) -> None:
    assert reserved(read(data)) == {Usage.ANALYSIS, *TRAINING, Usage.AI_INPUT}
    assert strictest(read(data, posture=Posture.LITERAL)) == "undetermined"


@pytest.mark.parametrize("data", [{"entries": [YES]}, {"entries": YES}, YES])
def test_an_entry_without_its_key_permits_nothing(data: Any) -> None:
    for posture in Posture:
        assert strictest(read(data, posture=posture)) == "unstated"


@pytest.mark.parametrize(
    ("key", "usages"),
    [
        ("cawg.ai_train", TRAINING),
        ("ai_training", TRAINING),
        ("aiTraining", TRAINING),
        ("org.example.generative-training", (Usage.GENAI_TRAINING,)),
        ("genaiTraining", (Usage.GENAI_TRAINING,)),
        ("cawg.tdm", (Usage.ANALYSIS,)),
        ("com.example.text-and-data-mining", (Usage.ANALYSIS,)),
        ("com.example.inference", (Usage.AI_INPUT,)),
    ],
)
def test_a_key_about_training_or_mining_is_heard_by_its_words(key: str, usages: tuple[Usage, ...]) -> None:
    assert reserved(read({"entries": {key: NO}})) == set(usages)
    assert strictest(read({"entries": {key: NO}}, posture=Posture.LITERAL)) == "undetermined"
    assert strictest(read({"entries": {key: {"use": "perhaps"}}})) == "reserved"
    assert strictest(read({"entries": {key: YES}})) == "unstated"


@pytest.mark.parametrize("key", ["com.example.printing", "constraint", "determining", "trainer_name", "cawg.other"])
def test_a_key_about_something_else_stays_somebodys_own(key: str) -> None:
    reading = read({"entries": {key: NO}})
    assert strictest(reading) == "unstated"
    assert reading.faults


NEAR = [
    "cawg.ai_training_and_data_mining",
    "cawg.training",
    "org.cawg.training-mining",
    "c2pa.training-and-data-mining",
    "cawg.trainingMining",
    "CAWG.Training-Mining",
    "com.example.tdm",
]


@pytest.mark.parametrize("label", NEAR)
def test_a_near_label_is_heard_for_what_it_refuses(label: str) -> None:
    entries = {"entries": {"cawg.ai_generative_training": NO}}
    reading = read(entries, label)
    assert reserved(reading) == {Usage.GENAI_TRAINING}
    assert {s.repair for s in reading.statements if s.stance is Stance.RESERVED} == {"non_canonical_label"}
    assert strictest(read(entries, label, Posture.LITERAL)) == "undetermined"


@pytest.mark.parametrize("label", NEAR)
@pytest.mark.parametrize("data", [None, "no", [], {}, {"entries": 3}, {"entries": ["no"]}, b"\x01"])
def test_a_near_label_that_cannot_be_read_is_undetermined(label: str, data: Any) -> None:
    for posture in Posture:
        assert strictest(read(data, label, posture)) == "undetermined"


@pytest.mark.parametrize("label", NEAR)
def test_a_near_label_that_refuses_nothing_withholds_nothing_and_permits_nothing(label: str) -> None:
    for posture in Posture:
        assert strictest(read({"entries": {"cawg.ai_training": YES}}, label, posture)) == "unstated"


@pytest.mark.parametrize("label", ["c2pa.actions", "stds.exif", "com.example.constraint", "cawg.metadata"])
def test_other_labels_are_none_of_ours(label: str) -> None:
    reading = read({"entries": {"x": NO}}, label)
    assert (strictest(reading), reading.faults) == ("unstated", ())


@given(st.text(max_size=300))
def test_words_of_any_name_are_looked_at_without_harm(name: str) -> None:
    about(name)


@given(
    st.sampled_from([LABEL, *NEAR]),
    st.dictionaries(st.sampled_from(["cawg.ai_training", "x.y", "use"]), st.sampled_from([YES, "allowed"]), max_size=2),
    st.sampled_from(["cawg.ai_generative_training", "aiTraining", "cawg.data-mining", "org.x.tdm"]),
    st.sampled_from([NO, "notAllowed", {"use": "no"}, {"use": "constrained"}, None]),
)
def test_adding_an_entry_that_refuses_is_never_a_yes(label: str, others: Any, key: str, refusal: Any) -> None:
    said = {"entries": {**others, key: refusal}}
    heard = read(said, label)
    assert strictest(heard) == "reserved"
    literal = read(said, label, Posture.LITERAL)
    unsure = {usage for s in literal.statements if s.stance is Stance.UNDETERMINED for usage in s.usages}
    refused = reserved(heard) - reserved(read({"entries": others}, label))  # of what others say the letter judges alone
    assert refused <= reserved(literal) | unsure | doubted(literal)
    permitted = {usage for s in literal.statements if s.stance is Stance.PERMITTED for usage in s.usages}
    assert permitted <= {Usage.NONGENAI_TRAINING} - refused or unsure
    assert strictest(read({"entries": [others, {key: refusal}]}, label)) == "reserved"


def doubted(reading: Reading) -> set[Usage]:
    return {usage for s in reading.statements if s.doubt and s.stance is Stance.UNSTATED for usage in s.usages}


@pytest.mark.parametrize("key", ["cawg.all", "c2pa.ai", "cawg.future_use"])
def test_a_refusal_under_a_key_that_the_standard_lacks_leaves_nothing_permitted(key: str) -> None:
    for posture in Posture:
        assert doubted(read({"entries": {key: NO, "cawg.ai_training": YES}}, posture=posture)) == set(EVERY)
        assert not doubted(read({"entries": {key: YES, "cawg.ai_training": YES}}, posture=posture))
        assert not doubted(read({"entries": {"org.example.print": NO}}, posture=posture))


@pytest.mark.parametrize(
    "key", ["c2pa.ai_generative_training", "cawg.ai-generative-training", "CAWG.ai_generative_training"]
)
def test_a_refusal_that_the_letter_does_not_know_leaves_nothing_permitted_there(key: str) -> None:
    entries = {"entries": {key: NO, "cawg.ai_generative_training": YES}}
    assert doubted(read(entries, posture=Posture.LITERAL)) == {Usage.GENAI_TRAINING}
    assert reserved(read(entries)) == {Usage.GENAI_TRAINING}
