"""Options: every mistake is named at once, with a good value; umbrellas expand; the agent comes from the User-Agent."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tdm_guard import ConfigurationError, Options, Posture, Usage, __version__
from tdm_guard.operator import Operator, Research
from tdm_guard.options import OPTION_NAMES, agent_of
from tdm_guard.options.naming import named_apart
from tdm_guard.usage import EVERY, TDM, TRAINING, expand

CLAIM = {
    "eligible": True,
    "lawful_access": True,
    "attested_by": "legal@uni.example",
    "at": date(2026, 1, 5),
    "reference": "charter 3.2",
}


def test_the_default_is_the_careful_choice() -> None:
    options = Options.read({})
    assert options.usages == TDM
    assert options.posture is Posture.CAUTIOUS
    assert options.mode == "enforce"
    assert options.enabled
    assert (options.policy_timeout, options.max_asset_bytes) == (5.0, 32 * 2**20)


@pytest.mark.parametrize(
    ("names", "usages"),
    [
        ({"tdm"}, TDM),
        ({"ai-training"}, TRAINING),
        (["genai-training", "search"], (Usage.GENAI_TRAINING, Usage.SEARCH)),
        ("genai-training, search", (Usage.GENAI_TRAINING, Usage.SEARCH)),
        ({Usage.AI_TRAINING, Usage.GENAI_TRAINING}, TRAINING),
        (tuple(EVERY), EVERY),
    ],
)
def test_umbrellas_stand_for_all_in_them(names: Any, usages: tuple[Usage, ...]) -> None:
    assert Options.read({"usages": names}).usages == usages


@pytest.mark.parametrize("names", [(), ["training"], [""], ["TDM"]])
def test_expand_refuses_what_is_no_usage(names: Any) -> None:
    with pytest.raises(ConfigurationError, match="usages"):
        expand(names)


@pytest.mark.parametrize(
    ("option", "bad"),
    [
        ("usages", {"train"}), ("usages", []), ("usages", 7), ("usages", {"tdm": True}), ("agent", ""),
        ("agent", "Example Bot"), ("agent", 3), ("posture", "strict"), ("posture", 1), ("mode", "off"),
        ("signals", ["robot"]), ("signals", []), ("signals", 1), ("log", ""), ("log", 5), ("cache", " "),
        ("policy_timeout", 0), ("policy_timeout", "soon"), ("policy_timeout", True), ("policy_timeout", float("nan")),
        ("policy_timeout", 4000), ("enabled", "maybe"), ("max_asset_bytes", 0), ("max_asset_bytes", "32 apples"),
        ("max_asset_bytes", 1.5), ("max_asset_bytes", True), ("operator", "acme"), ("operator", {"nom": "acme"}),
        ("operator", {"country": "France"}), ("operator", {"classes": ["bank"]}), ("operator", {"name": " "}),
        ("operator", {"undertakings": ["payment"]}), ("operator", {"classes": 5}),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_with_the_option_and_a_good_one(option: str, bad: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Options.read({option: bad})
    assert str(caught.value).startswith(option)
    assert any(hint in str(caught.value) for hint in ("for example", "one of", "some of"))


def test_all_mistakes_come_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Options.read({"usage": "tdm", "mode": "x", "posture": "y", "operator": {"country": 1, "classes": ["z"]}})
    assert len(caught.value.problems) == 5
    assert "unknown option" in caught.value.problems[0]


@pytest.mark.parametrize(
    "change",
    [{"eligible": "yes"}, {"lawful_access": 1}, {"attested_by": ""}, {"at": "soon"}, {"reference": None}, {"extra": 1}],
)
def test_an_exemption_that_nobody_attested_is_none(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"operator\.research"):
        Options.read({"operator": {"research": CLAIM | change}})


@pytest.mark.parametrize("member", ["eligible", "lawful_access"])
def test_a_claim_that_denies_itself_exempts_nobody(member: str) -> None:
    options = Options.read({"operator": {"research": CLAIM | {member: False}}})
    assert options.operator is not None
    assert options.operator.research is not None
    assert not options.terms.exempt


def test_an_attested_claim_is_kept_as_it_was_made() -> None:
    operator = Options.read({"operator": {"name": "Uni", "country": "fr", "research": CLAIM}}).operator
    assert operator is not None
    assert operator.country == "FR"
    assert operator.research == Research(**{**CLAIM, "at": "2026-01-05"})
    assert Options.read({"operator": operator}).operator is operator
    assert Options.read({"operator": operator}).terms.exempt


@pytest.mark.parametrize(
    ("user_agent", "agent"),
    [
        ("ExampleBot/1.0 (+http://example.org/bot)", "ExampleBot"),
        ("Mozilla/5.0 (compatible; ExampleBot/2.1; +http://example.org)", "ExampleBot"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("Scrapy/2.19.0 (+https://scrapy.org)", "Scrapy"),
    ],
)
def test_the_agent_is_read_from_the_user_agent(user_agent: str, agent: str) -> None:
    assert agent_of(user_agent) == agent
    assert Options.read({}, user_agent=user_agent).agent == agent
    assert Options.read({"agent": "Mine"}, user_agent=user_agent).agent == "Mine"


@pytest.mark.parametrize("user_agent", ["", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101", "(nothing)", "Mozilla"])
def test_a_browser_names_nobody(user_agent: str) -> None:
    with pytest.raises(ConfigurationError, match='agent="ExampleBot"'):
        Options.read({}, user_agent=user_agent)


def test_every_option_is_described_for_the_run_record() -> None:
    described = Options.read({"operator": {"name": "acme-ai", "classes": ["commercial"]}}).describe()
    assert set(described) == {*OPTION_NAMES, "holdings"}
    assert described["operator"]["classes"] == ["commercial"]
    assert "robots" in described["signals"]


def test_sizes_have_units() -> None:
    assert Options.read({"max_asset_bytes": "8 MiB"}).max_asset_bytes == 8 * 2**20
    assert Options.read({"max_asset_bytes": "1000"}).max_asset_bytes == 1000


def test_flags_come_as_text_too() -> None:
    assert Options.read({"enabled": "False"}).enabled is False
    assert Options.read({"enabled": True}).enabled is True


def test_an_operator_needs_nothing() -> None:
    assert Options.read({"operator": {}}).operator == Operator()
    assert not Options.read({"operator": {}}).terms.exempt


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, None),
        ({"operator": {"name": "acme-ai", "contact": "bot@acme.example"}}, None),
        ({"agent": "ExampleBot"}, f"ExampleBot/{__version__}"),
        ({"agent": "ExampleBot", "operator": {"name": "acme-ai"}}, f"ExampleBot/{__version__}"),
        (
            {"agent": "ExampleBot", "operator": {"contact": "https://acme.example/bot?a=1"}},
            f"ExampleBot/{__version__} (+https://acme.example/bot?a=1)",
        ),
        (
            {"agent": "ExampleBot", "operator": {"contact": "bot@acme.example"}},
            f"ExampleBot/{__version__} (+bot@acme.example)",
        ),
    ],
)
def test_the_name_that_is_sent_is_the_agents(given: dict[str, Any], sent: str | None) -> None:
    assert Options.read(given).user_agent == sent


@pytest.mark.parametrize(
    "contact",
    ["", " ", "acme", "bot@acme", "bot@acme.example)", "https://acme.example/a b", "https://", "ftp://acme.example/",
     "bot@acme.example\r\nX: 1", "https://acmé.example/", 7, ["bot@acme.example"], "https://acme.example/" + 200 * "a"],
)  # fmt: skip
def test_a_contact_that_no_field_can_hold_is_named(contact: object) -> None:
    with pytest.raises(ConfigurationError, match=r"operator\.contact: .* is no address.*bot@acme\.example"):
        Options.read({"agent": "ExampleBot", "operator": {"contact": contact}})


@pytest.mark.parametrize(
    ("user_agent", "agent", "apart"),
    [
        ("ExampleBot/1.0 (+https://bot.example/)", "ExampleBot", False),
        ("examplebot/1.0", "ExampleBot", False),
        ("Mozilla/5.0 (compatible; ExampleBot/1.0)", "ExampleBot", False),
        ("Mozilla/5.0 (X11) Firefox/140.0", "ExampleBot", False),
        ("", "ExampleBot", False),
        ("OtherBot/1.0", "*", False),
        ("OtherBot/1.0", "ExampleBot", True),
        ("Mozilla/5.0 (compatible; OtherBot/1.0)", "ExampleBot", True),
        ("Scrapy/2.14.0 (+https://scrapy.org)", "ExampleBot", True),
    ],
)
def test_a_name_that_is_not_the_agents_is_told(user_agent: str, agent: str, apart: bool) -> None:
    told = named_apart(user_agent, agent)
    assert (told is not None) is apart
    assert told is None or all(word in told for word in (agent_of(user_agent), agent))
