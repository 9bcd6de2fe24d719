"""A refusal in words of no standard, in a site's own files: never a yes, in no posture; no needless refusal either."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Decision, Fetched, Judge
from tdm_guard.signals.ai_agents.unknown_lines import MAX_SENTENCE, _named, _sentence
from tdm_guard.signals.shared.refusing_vocabulary import begins_like_refusal, named_among_rights, plain
from tdm_guard.signals.shared.refusing_words import refused, weighed
from tdm_guard.testing.files import jpeg, xmp
from tdm_guard.usage import TDM, TRAINING, Usage
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 28, tzinfo=UTC)
TDMREP = "/.well-known/tdmrep.json"
STRICTNESS = ("permitted", "unreserved", "undetermined", "reserved")


@cache
def judge(posture: str, usage: str) -> Judge:
    return Judge(usages={usage}, agent="ExampleBot", posture=posture)


def decide(path: str, text: str, posture: str = "cautious", usage: str = "ai-training", page: str = "/a") -> Decision:
    policies = SILENT | {path: Fetched(status=200, body=text.encode())}
    return judge(posture, usage).evaluate(f"https://site.example{page}", policies=policies, now=NOW)


def verdict(path: str, text: str, posture: str = "cautious", **how: Any) -> str:
    return str(decide(path, text, posture, **how).verdict)


# ---- words ----------------------------------------------------------------------------------------------------------

REFUSING = [
    ("Permission", "deny-training"), ("Training", "disallow"), ("AI-Training", "no"), ("permission", "“DENY-training”"),
    ("AI‑Training", "Prohibited"), ("Policy", "no-ai-training"), ("No-AI", "true"), ("AI Training", "Not allowed"),
    ("Disallow-Training", "/"), ("DisallowAITraining", "/"), ("LLM-Training", "never"), ("AI", "no."), ("noai", "1"),
    ("Do-Not-Train", "yes"), ("Use", "prohibited"), ("Machine-Learning", "opt-out"), ("Allow-Training", "no"),
    ("Training", "All AI training is strictly prohibited"), ("Training", "No, thanks"), ("AI-Training", "don’t"),
    ("data-mining", "not-allowed"), ("TrainingAllowed", "no"), ("Content-Signal", "search=yes, ai-train=no"),
    ("Deny", "training"), ("GenAI", "ｄｅｎｙ"), ("AI-Training", "Disallowed (see /terms)"), ("Rights", "reserved"),
]  # fmt: skip
NOT_REFUSING = [
    ("Training", "allow"), ("Training", "this site may be used"), ("Training your dog", "never shout"),
    ("Contact", "none"), ("AI-Training", "yes"), ("Opt-Out", "no"), ("Access", "none"),
    ("AI-Training", "no restrictions"), ("AI-Training", "not restricted"), ("AI-Training", "unrestricted"),
    ("Training", "No login required"), ("Cookies", "no"), ("Blocked-Bots", "GPTBot"), ("Restrictions", "none"),
    ("AI-Policy", "https://x.example/no-ai"), ("Permission", "allowed"), ("Prohibited-uses", "none"), ("Version", "0"),
    ("No-limits", "true"), ("Rights", "All rights reserved"), ("contact", "datatrainingallowed=no"), ("", "no"),
]  # fmt: skip


WORDS = st.sampled_from(
    ["ai", "AI-", "no", "not", "train", "training", "noai", "n", "0", "off", "only", "license", "required", "by",
     "paid", "opt-out", "reserved", "limit", "GPTBot", "mining", "don't", "disallow", "5", "model", "x/y", "a.ai",
     "requise", "needed", "un-", "permission", "dis", "allow", "(", ",", "✗", "kein", "false", "None", "data"]
)  # fmt: skip
LINES = st.lists(st.tuples(WORDS, st.sampled_from([" ", "-", ""])), max_size=7).map(
    lambda parts: "".join(word + joint for word, joint in parts)
)


@settings(max_examples=500)
@given(LINES)
def test_a_line_that_is_passed_over_at_a_glance_refuses_nothing(line: str) -> None:
    name, _, value = line.strip().partition(" ")
    wanted = named_among_rights(line)
    if not wanted and plain(line).count("-") < MAX_SENTENCE:
        wanted = refused("", line) or (refused(name, value) if value.strip().count(" ") == 0 else ())
    assert _sentence(line) == ((), wanted, False)


@settings(max_examples=500)
@given(LINES | st.sampled_from([name for name, _ in REFUSING]), LINES | st.sampled_from([said for _, said in REFUSING]))
def test_one_pass_tells_what_is_refused_and_whether_it_is_named(name: str, value: str) -> None:
    named, unnamed = weighed(name, value)
    assert named == refused(name, value)
    if not named:
        assert refused(name, value, of=TDM) == (TDM if unnamed else ())


def test_equal_lines_are_weighed_once() -> None:
    before = _sentence.cache_info().misses, _named.cache_info().misses
    text = "User-agent: *\nDisallow: /b\n" + "ai- is what we like\nAI-Preference: as below\n" * 2_000
    assert verdict("/robots.txt", text) == "unreserved"
    assert (_sentence.cache_info().misses, _named.cache_info().misses) <= (before[0] + 1, before[1] + 1)


def test_a_line_that_stands_twice_is_heard_where_it_is_ours() -> None:
    words = "AI-Training: disallowed"
    others = f"User-agent: Other\nDisallow: /x\n{words}\n"
    (said,) = decide("/robots.txt", f"{others}User-agent: ExampleBot\nDisallow: /y\n{words}\n").because
    assert (said.locator, said.excerpt) == ("line 6", words)
    assert verdict("/robots.txt", f"{others}User-agent: ExampleBot\nDisallow: /y\n") == "unreserved"


@pytest.mark.parametrize(("name", "value"), REFUSING)
def test_what_begins_like_a_refusal(name: str, value: str) -> None:
    assert set(TRAINING) <= set(refused(name, value, of=TDM))


@pytest.mark.parametrize(("name", "value"), NOT_REFUSING)
def test_what_does_not(name: str, value: str) -> None:
    assert refused(name, value, of=TDM) == ()


def test_a_refusal_is_of_the_usages_that_it_names() -> None:
    assert refused("ai-input", "no", of=TDM) == (Usage.AI_INPUT,)
    assert refused("text-mining", "prohibited", of=TDM) == TDM
    assert refused("permission", "deny-training", of=TDM) == TRAINING
    assert begins_like_refusal("not reserved") is begins_like_refusal("nothing is prohibited") is False


@given(st.text(max_size=40), st.text(max_size=40))
def test_words_never_raise(name: str, value: str) -> None:
    assert set(refused(name, value, of=TDM)) <= set(TDM)


# ---- ai.txt and trust.txt -------------------------------------------------------------------------------------------

FORMS = ["User-Agent: *\nAllow: /\n{}\n", "{}\nUser-Agent: *\nAllow: /\n", "User-Agent: *\n{}\n", "{}\n"]
FORMS += ["User-agent: GPTBot\nDisallow: /\n\n{}\nUser-agent: *\nAllow: /\n", "Agent: *\n  {}\n"]
LINES = [f"{name}: {value}" for name, value in REFUSING]
LINES += ["AI-Training = disallow", "- AI training: not allowed", "No AI training", "Do not train"]
LINES += ["Permission： deny"]  # with the colon of full width


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_ai_txt(line: str) -> None:
    for form in FORMS:
        text = form.format(line)
        decision = decide("/ai.txt", text)
        assert decision.verdict == "reserved", text
        assert all((s.excerpt or "") in text for s in decision.because)
        literal = decide("/ai.txt", text, "literal")
        assert literal.verdict == "unreserved", text
    (statement,) = decide("/ai.txt", FORMS[0].format(line)).because
    assert (statement.repair, statement.locator) == ("ai-txt-unknown-refusal", "line 3")
    assert decide("/ai.txt", FORMS[0].format(line), "literal").faults


@pytest.mark.parametrize("posture", ["cautious", "literal"])
@pytest.mark.parametrize(
    "line",
    [f"{name}: {value}" for name, value in NOT_REFUSING if name]
    + ["# No AI training", "LLMs-txt: /llms.txt", "Summary: We sell no training data",
       "- [Training](/t): No prices here",
       "User-agent: GPTBot\nAI-Training: no", "> Nothing here is about AI training.", "## We do not offer",
       "Training: conditional"],
)  # fmt: skip
def test_a_line_of_ai_txt_that_refuses_nothing(line: str, posture: str) -> None:
    assert verdict("/ai.txt", f"User-Agent: *\nAllow: /\n{line}\n", posture) == "permitted"


def test_a_refusal_of_a_path_is_of_that_path() -> None:
    text = "User-Agent: *\nAllow: /\nDisallow-Training: /paid/\n"
    assert verdict("/ai.txt", text, page="/paid/a") == "reserved"
    assert verdict("/ai.txt", text, "literal", page="/paid/a") == "unreserved"
    assert verdict("/ai.txt", text) == verdict("/ai.txt", text, "literal") == "permitted"


@pytest.mark.parametrize(
    "line",
    ["aitraining=no", "AI-Training: prohibited", "datatrainingallowed=false", "datatrainingallowed=“no”",
     "training=disallow", "datatraining=denied", "dataminingallowed=no"],
)  # fmt: skip
def test_a_line_of_trust_txt(line: str) -> None:
    text = f"datatrainingallowed=yes\n{line}\n"
    assert verdict("/trust.txt", text) == "reserved"
    assert verdict("/trust.txt", text, "literal") == "unreserved"


@pytest.mark.parametrize(
    "line", ["member=https://no.example/", "contact=none", "# aitraining=no", "vendor=https://train.example/no"]
)
def test_a_line_of_trust_txt_that_refuses_nothing(line: str) -> None:
    assert verdict("/trust.txt", f"datatrainingallowed=yes\n{line}\n") == "permitted"


NAMES = st.sampled_from(
    ["Training", "AI-Training", "ai_train", "Machine-Learning", "LLM Training", "GenAI", "Permission"]
)
VALUES = st.sampled_from(["no", "deny", "disallow", "disallowed", "prohibited", "Forbidden", "not allowed", "never",
                          "deny-training", "do not train", "refused", "opt-out", "“no”", "NO"])  # fmt: skip
EXTRA = st.lists(st.sampled_from(["Allow: /", "User-Agent: *", "Disallow: *.jpg", "", "Site: x", "Training: allow"]))


@given(NAMES, st.sampled_from([":", " :", "=", "： "]), VALUES, EXTRA, st.data())
@settings(max_examples=60)
def test_an_added_refusal_makes_no_verdict_laxer(name: str, sign: str, value: str, extra: list[str], data: Any) -> None:
    lines = ["User-Agent: *", "Allow: /", *extra]
    place = data.draw(st.integers(0, len(lines)))
    added = [*lines[:place], f"{name}{sign} {value}", *lines[place:]]
    for posture in ("cautious", "literal"):
        before, after = verdict("/ai.txt", "\n".join(lines), posture), verdict("/ai.txt", "\n".join(added), posture)
        assert after != "permitted"
        assert STRICTNESS.index(after) >= STRICTNESS.index(before)


TRUST = st.lists(st.sampled_from(["datatrainingallowed=yes", "member=https://no.example/", "# none", "", "a: b"]))


@given(NAMES, st.sampled_from(["=", ":", " = "]), VALUES, TRUST, st.data())
@settings(max_examples=60)
def test_an_added_refusal_makes_no_trust_txt_laxer(
    name: str, sign: str, value: str, extra: list[str], data: Any
) -> None:
    lines = ["datatrainingallowed=yes", *extra]
    place = data.draw(st.integers(0, len(lines)))
    named = name if data.draw(st.booleans()) else "datatrainingallowed"
    added = [*lines[:place], f"{named}{sign}{value}", *lines[place:]]
    for posture in ("cautious", "literal"):
        before, after = (
            verdict("/trust.txt", "\n".join(lines), posture),
            verdict("/trust.txt", "\n".join(added), posture),
        )
        assert after != "permitted"
        assert STRICTNESS.index(after) >= STRICTNESS.index(before)


# ---- XMP ------------------------------------------------------------------------------------------------------------

PROPERTIES = st.lists(
    st.sampled_from(
        ["<plus:DataMining>http://ns.useplus.org/ldf/vocab/DMI-ALLOWED</plus:DataMining>",
         "<plus:DataMining>DMI-UNSPECIFIED</plus:DataMining>", "<dc:title>No AI</dc:title>",
         "<plus:DataMining rdf:resource='http://ns.useplus.org/ldf/vocab/DMI-ALLOWED'/>"]
    ),
    max_size=3,
)  # fmt: skip


@given(
    PROPERTIES,
    st.sampled_from(["DMI-PROHIBITED-FUTURE", "prohibited", "Prohibited for all", "dmi-prohibited", "no", "NO-AI"]),
    st.sampled_from(["", "http://ns.useplus.org/ldf/vocab/"]),
    st.data(),
)
@settings(max_examples=60)
def test_an_added_value_that_begins_like_a_refusal_is_no_yes(
    said: list[str], value: str, space: str, data: Any
) -> None:
    place = data.draw(st.integers(0, len(said)))
    added = [*said[:place], f"<plus:DataMining>{space}{value}</plus:DataMining>", *said[place:]]
    for posture in ("cautious", "literal"):
        before, after = (
            str(
                judge(posture, "ai-training")
                .evaluate(
                    "https://site.example/a",
                    policies=SILENT,
                    now=NOW,
                    status=200,
                    headers=[("content-type", "image/jpeg")],
                    body=jpeg(b"mark", xmp({}, "".join(properties))),
                )
                .verdict
            )
            for properties in (said, added)
        )
        assert after != "permitted"
        assert STRICTNESS.index(after) >= STRICTNESS.index(before)
        assert posture == "literal" or after == "reserved"


YES = "<plus:DataMining>http://ns.useplus.org/ldf/vocab/DMI-ALLOWED</plus:DataMining>"


def picture(properties: str, posture: str) -> str:
    packet = xmp({}, properties)
    how: dict[str, Any] = {"status": 200, "headers": [("content-type", "image/jpeg")], "body": jpeg(b"mark", packet)}
    yes = Fetched(status=200, body=b"User-agent: *\nContent-Signal: ai-train=yes\nAllow: /\n")
    policies = {**SILENT, "/robots.txt": yes}
    return str(
        judge(posture, "ai-training").evaluate("https://site.example/a", policies=policies, now=NOW, **how).verdict
    )


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        ("<plus:DataMining>DMI_PROHIBITED</plus:DataMining>", True),
        ("<plus:DataMining>http://ns.useplus.org/ldf/vocab/DMI–PROHIBITED</plus:DataMining>", True),
        ("<x:AITraining xmlns:x='urn:x'>prohibited</x:AITraining>", True),
        ("<x:noAI xmlns:x='urn:x'>true</x:noAI>", True),
        ("<x:no_ai_training xmlns:x='urn:x'>1</x:no_ai_training>", True),
        ("<plus:OtherConstraints>No AI training</plus:OtherConstraints>", False),
    ],
)
def test_a_property_that_refuses_by_its_words(words: str, heard: bool) -> None:
    for said in (words, YES + words):
        assert picture(said, "cautious") == ("reserved" if heard else "unreserved")
        assert picture(said, "literal") == "unreserved"


@pytest.mark.parametrize(
    "words",
    [
        "<x:AITraining xmlns:x='urn:x'>allowed</x:AITraining>",
        "<x:noAI xmlns:x='urn:x'>false</x:noAI>",
        "<plus:OtherConstraints>No resale</plus:OtherConstraints>",
        "<dc:description>No AI was used</dc:description>",
    ],
)
def test_a_property_that_refuses_nothing(words: str) -> None:
    for posture in ("cautious", "literal"):
        assert picture(words, posture) == picture(YES + words, posture) == "permitted"


# ---- tdmrep.json ----------------------------------------------------------------------------------------------------


def rule(**members: Any) -> str:
    named = {name.replace("_", "-"): value for name, value in members.items()}
    return json.dumps([{"location": "/", "tdm-reservation": 0, **named}])


REFUSING_MEMBERS: list[dict[str, Any]] = [
    {"ai_training": "prohibited"}, {"ai_training": False}, {"ai_training": "no"}, {"training": {"allowed": False}},
    {"permissions": {"ai-training": "deny"}}, {"permissions": [{"action": "ai-training", "allowed": False}]},
    {"prohibited": ["ai-training"]}, {"opt_out": True}, {"status": "disallowed"}, {"anything": "prohibited"},
    {"noai": True}, {"usage": "no-ai-training"}, {"ai": {"training": {"status": "forbidden"}}}, {"genai_training": 0},
    {"allow_training": False}, {"reserved": True}, {"tdm_training": "“no”"}, {"disallow": "training"},
]  # fmt: skip


@pytest.mark.parametrize("members", REFUSING_MEMBERS, ids=str)
def test_a_member_beside_a_zero(members: dict[str, Any]) -> None:
    decision = decide(TDMREP, rule(**members))
    assert (decision.verdict, decision.because[0].repair) == ("reserved", "C11")
    literal = decide(TDMREP, rule(**members), "literal")
    assert literal.verdict == "unreserved"
    assert any("begins like a refusal" in fault.message for fault in literal.faults)


@pytest.mark.parametrize("posture", ["cautious", "literal"])
@pytest.mark.parametrize(
    "members",
    [
        {}, {"ai_training": "allowed"}, {"ai_training": True}, {"opt_out": False}, {"license": "MIT"}, {"version": 0},
        {"description": "No AI training is prohibited"}, {"prohibited": []}, {"contact": "none"}, {"noai": False},
        {"restrictions": "none"}, {"tdm_policy": "https://x.example/no"}, {"type": "tdm-reservation"}, {"fee": 0},
        {"attribution": False}, {"reserved": False}, {"search": "no"}, {"rights": "© A. Example"},
        {"description": "AI training is welcome"}, {"permissions": ["training"]}, {"locations": []},
    ],
    ids=str,
)  # fmt: skip
def test_a_member_that_refuses_nothing(members: dict[str, Any], posture: str) -> None:
    assert verdict(TDMREP, rule(**members), posture) == "permitted"


@pytest.mark.parametrize(
    "members",
    [
        {"permissions": []}, {"rights": "All rights reserved"}, {"comment": "AI training is prohibited"},
        {"description": "We do not allow AI training."}, {"note": "no text and data mining"}, {"allowed": []},
    ],
    ids=str,
)  # fmt: skip
def test_a_member_that_may_refuse_is_a_doubt(members: dict[str, Any]) -> None:
    for posture in ("cautious", "literal"):
        decision = decide(TDMREP, rule(**members), posture)
        assert (decision.verdict, bool(decision.faults)) == ("unreserved", True)
        elsewhere = json.dumps([{"location": "/b", **members}, {"location": "/", "tdm-reservation": 0}])
        assert verdict(TDMREP, elsewhere, posture) == "permitted"
        assert verdict(TDMREP, elsewhere, posture, page="/b") == "unreserved"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"location": ["/"], "AI-Training": [0]}', '"AI-Training": …'),
        ('[{"reserved": {"by": {}}, "tdm-reservation": {"a": 0}}]', '"reserved": …'),
        ('[{"location": "/", "tdm-reservation": 0, "ai-training": {"allowed": false}}]', "allowed"),
        ('[{"location": "/", "tdm-reservation": 0, "ai-training": "prohibited"}]', '"ai-training": "prohibited"'),
    ],
)
def test_the_words_that_refuse_are_quoted(text: str, words: str) -> None:
    decision = decide(TDMREP, text)
    assert decision.verdict == "reserved"
    assert all(words in (statement.excerpt or "") for statement in decision.because)


def test_the_other_usages_stay_permitted() -> None:
    for posture in ("cautious", "literal"):
        assert verdict(TDMREP, rule(ai_training="prohibited"), posture, usage="analysis") == "permitted"
        assert verdict(TDMREP, rule(data_mining="prohibited"), posture, usage="analysis") != "permitted"


def test_a_nearer_rule_that_all_readings_take_ends_the_refusal() -> None:
    rules = [{"location": "/open/", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 0, "training": "no"}]
    assert verdict(TDMREP, json.dumps(rules), page="/open/a") == "permitted"
    assert verdict(TDMREP, json.dumps(rules)) == "reserved"
    assert verdict(TDMREP, json.dumps(rules[::-1]), page="/open/a") == "reserved"


def test_a_reservation_is_not_lost_beside_a_refusal() -> None:
    rules = [{"location": "/a", "training": "disallow"}, {"location": "/", "tdm-reservation": 1}]
    for usage in ("analysis", "ai-training"):
        for posture in ("cautious", "literal"):
            assert verdict(TDMREP, json.dumps(rules), posture, usage=usage) == "reserved"


ONE = {"location": "/", "tdm-reservation": 1}
FORMS_OF_ONE: list[Any] = [
    {"@graph": [ONE]}, {"rules": {"a": ONE}}, {"data": {"items": [ONE]}}, {"site.example": [ONE]},
    {"www.site.example": ONE}, {"*.site.example": ONE}, {"https://site.example": ONE}, {"/premium/": 1},
    {"https://site.example/premium/": {"tdm-reservation": 1}}, {"/premium/": True}, {"/premium/": "reserved"},
    {"/premium/": {"reservation": 1}}, {"/premium/": {"tdm": {"reservation": 1}}}, {"/premium/*": "disallow"},
    {"/premium/": {"ai-training": "prohibited"}}, [{"location": ["/x/", "/premium/"], "tdm-reservation": 1}],
    [{"locations": ["/premium/"], "tdm-reservation": True}], {"paths": {"/premium/": {"tdm-reservation": 1}}},
    {"site.example": {"/premium/": {"tdm-reservation": "1"}}}, {"tdm-reservation": {"/premium/": 1}},
    {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": ONE}}}}}}}}}, {"ai-training": "prohibited"},
    [{"location": "/", "ai-training": "disallow"}], [{"ai-training": "disallow"}], {"tdm-policy": {"examples": [ONE]}},
    {"/": {"tdm-reservation": False}, "/premium/": {"tdm-reservation": True}},
]  # fmt: skip


@pytest.mark.parametrize("root", FORMS_OF_ONE, ids=json.dumps)
def test_valid_json_of_another_form(root: Any) -> None:
    text = json.dumps(root)
    decision = decide(TDMREP, text, page="/premium/a")
    assert decision.verdict == "reserved"
    assert decision.because[0].repair
    literal = decide(TDMREP, text, "literal", page="/premium/a")
    assert (literal.verdict, bool(literal.faults)) == ("unreserved", True)


@pytest.mark.parametrize(
    "root",
    [
        {"/premium/": {"ai-training": "prohibited"}}, {"@graph": [{"location": "/premium/", "ai-training": "no"}]},
        {"version": 1, "rules": [{"path": "/premium/", "training": "deny"}]}, {"/premium/": {"tdm-reservation": True}},
        {"site.example": {"/premium/": {"training": "no"}}, "version": 2},
        {"a": {"locations": ["/premium/"], "ai": "no"}},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_refusal_of_a_place_in_another_form_is_of_that_place(root: Any) -> None:
    assert verdict(TDMREP, json.dumps(root), page="/premium/a") == "reserved"
    assert verdict(TDMREP, json.dumps(root), page="/other") == "unreserved"


def test_more_locations_than_can_be_weighed_hold() -> None:
    rules = [{"location": [f"/{at}/{number}" for number in range(900)], "tdm-reservation": 1} for at in range(25)]
    assert verdict(TDMREP, json.dumps(rules)) == "undetermined"


@pytest.mark.parametrize("root", [{"reserved": ["/premium/"]}, {"policy": {"text-mining": "not-allowed"}}], ids=str)
def test_where_it_cannot_be_told_what_is_refused_nothing_is_determined(root: Any) -> None:
    decision = decide(TDMREP, json.dumps(root))
    assert (decision.verdict, decision.because[0].repair) == ("undetermined", "C11")
    assert verdict(TDMREP, json.dumps(root), "literal") == "unreserved"


@pytest.mark.parametrize(
    "root",
    [
        {"@graph": [{"location": "/", "tdm-reservation": 0}]}, {"other.example": [ONE]}, {"/private/": 1}, {"/": 0},
        {"/": False}, {"site.example": {"/x/": 1}}, {"site.example:8443": ONE}, {"tdm-reservation": 0}, {}, {"/": None},
        [{"location": "https://other.example/", "tdm-reservation": 1}], {"version": 1, "contact": "x"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_another_form_that_reserves_nothing_here(root: Any) -> None:
    assert verdict(TDMREP, json.dumps(root), page="/premium/a") == "unreserved"


MEMBERS = st.dictionaries(
    st.sampled_from(["location", "tdm-reservation", "ai-training", "rules", "/", "/premium/", "site.example", "note"]),
    st.recursive(
        st.sampled_from([0, 1, True, False, None, "1", "0", "no", "yes", "/", "/premium/", "prohibited"]),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "/", "tdm", "list"]), inner),
        max_leaves=6,
    ),
)


@given(st.lists(MEMBERS, max_size=3), st.sampled_from(["ai-training", "training", "anything"]), st.data())
@settings(max_examples=100)
def test_an_added_member_makes_no_verdict_laxer(rules: list[dict[str, Any]], name: str, data: Any) -> None:
    value = data.draw(st.sampled_from(["prohibited", "disallow", "forbidden"]))
    base = [*rules, {"location": "/", "tdm-reservation": 0}]
    place = data.draw(st.integers(0, len(base) - 1))
    if name in base[place]:  # that would be another member in its stead
        return
    added = [{**each, name: value} if at == place else each for at, each in enumerate(base)]
    for posture in ("cautious", "literal"):
        before, after = (verdict(TDMREP, json.dumps(each), posture) for each in (base, added))
        assert STRICTNESS.index(after) >= STRICTNESS.index(before)


@given(st.lists(MEMBERS, max_size=3))
@settings(max_examples=100)
def test_valid_json_is_heard_no_less_than_broken_json(rules: list[dict[str, Any]]) -> None:
    text = json.dumps({"rules": rules} if len(rules) % 2 else rules)
    if verdict(TDMREP, text + "}") == "reserved" and '"location"' not in text and "site.example" not in text:
        assert verdict(TDMREP, text, page="/premium/a") in ("reserved", "undetermined")
