"""The functions make a judge of the same options once, and a new one of any others."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import ConfigurationError, Fetched, Judge, evaluate, needed_documents, read_policies
from tdm_guard.options.remembered import MAX_KNOWN, Remembered

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SITE = "https://site.example"
URL = SITE + "/a.json"
ABSENT = {path: Fetched(status=404) for path in ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")}
RESEARCH = {"eligible": True, "lawful_access": True, "attested_by": "a", "at": "2026-01-05", "reference": "r"}
DECLARATION = """
[[declarations]]
id = "d"
version = "1"
declarant = {{ name = "Society", type = "collecting_society" }}
on_behalf_of = "members"
mandate = {{ basis = "statutory_assignment", status = "asserted" }}
rights = ["reproduction"]
work_types = ["musical_work"]
usages = ["tdm"]
territory = ["WORLD"]
declared_at = "2023-10-12"
effective_from = "2023-10-12"
form = "press_release"
source = {{ url = "https://society.example/d", retrieved_at = "2026-01-05T09:00:00Z", language = "fr" }}
match = {{ domain = ["{domain}"] }}
"""


@pytest.fixture
def made() -> tuple[Remembered[object], list[dict[str, Any]]]:
    calls: list[dict[str, Any]] = []

    def make(options: Any) -> object:
        calls.append(dict(options))
        return object()

    return Remembered(make), calls


Options = Callable[[], dict[str, Any]]
KEPT: list[Options] = [
    dict,
    lambda: {"agent": "A"},
    lambda: {"usages": {"tdm", "search"}, "agent": "A"},
    lambda: {"usages": ["tdm"], "policy_tokens": {"X": ["tdm"]}},
    lambda: {"max_asset_bytes": 5},
    lambda: {"operator": {"name": "O", "research": dict(RESEARCH)}},
    lambda: {"repertoire": "bundled:sacem-2023"},
    lambda: {"repertoire": ["bundled:sacem-2023"], "contacts": None},
]
NEVER: list[Options] = [
    lambda: {"usages": (name for name in ("tdm",))},
    lambda: {"usages": object()},
    lambda: {"repertoire": "a.toml"},
    lambda: {"repertoire": "bundled:sacem-2023, a.toml"},
    lambda: {"authorisations": ["bundled:sacem-2023", Path("a.toml")]},
    lambda: {"excluded_sites": {"a.toml"}},
    lambda: {"contacts": Path("a.toml")},
]


@pytest.mark.parametrize("options", KEPT)
def test_the_same_options_are_known(made: tuple[Remembered[object], list[Any]], options: Options) -> None:
    remembered, calls = made
    assert remembered.known(options()) is None
    first = remembered.made(options())
    assert remembered.known(options()) is first
    assert remembered.known({**options(), "mode": "observe"}) is None
    assert len(calls) == 1


@pytest.mark.parametrize("options", NEVER)
def test_what_may_change_is_not(made: tuple[Remembered[object], list[Any]], options: Options) -> None:
    remembered, _ = made
    given = options()
    remembered.made(given)
    assert remembered.known(given) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"max_asset_bytes": 1}, {"max_asset_bytes": True}),
        ({"max_asset_bytes": 5}, {"max_asset_bytes": 5.0}),
        ({"operator": {"research": RESEARCH}}, {"operator": {"research": {**RESEARCH, "eligible": 1}}}),
        ({"usages": ["tdm"]}, {"usages": ("tdm",)}),
        ({}, {"agent": "A"}),
    ],
)
def test_what_is_only_equal_is_not_the_same(
    made: tuple[Remembered[object], list[Any]], one: dict[str, Any], other: dict[str, Any]
) -> None:
    remembered, _ = made
    remembered.made(one)
    assert remembered.known(other) is None


def test_a_list_that_its_caller_changes_is_another(made: tuple[Remembered[object], list[Any]]) -> None:
    remembered, _ = made
    usages = ["tdm"]
    first = remembered.made({"usages": usages})
    usages.append("search")
    assert remembered.known({"usages": usages}) is None
    assert remembered.known({"usages": ["tdm"]}) is first


def test_the_last_few_are_known(made: tuple[Remembered[object], list[Any]]) -> None:
    remembered, _ = made
    for number in range(MAX_KNOWN + 3):
        remembered.made({"agent": f"A{number}"})
    known = [remembered.known({"agent": f"A{number}"}) is not None for number in range(MAX_KNOWN + 3)]
    assert known == [False] * 3 + [True] * MAX_KNOWN


class _Strange:
    def __eq__(self, other: object) -> bool:
        raise ValueError("an array's truth is ambiguous")

    __hash__ = None  # type: ignore[assignment]


def test_what_cannot_be_compared_is_not_known(made: tuple[Remembered[object], list[Any]]) -> None:
    remembered, _ = made
    remembered.made({"usages": "tdm"})
    assert remembered.known({"usages": _Strange()}) is None


@pytest.mark.parametrize(
    "options", [{}, {"agent": "ExampleBot", "usages": {"search"}}, {"posture": "literal"}, {"mode": "observe"}]
)
def test_functions_and_methods_come_to_the_same(options: Any) -> None:
    judge = Judge(**options)
    robots = Fetched(status=200, body=b"User-agent: ExampleBot\nDisallow: /\n\nUser-agent: GPTBot\nDisallow: /")
    for _ in range(2):
        policy = read_policies(SITE, ABSENT | {"/robots.txt": robots}, now=NOW, **options)
        assert policy.checked == judge.read_policies(SITE, ABSENT | {"/robots.txt": robots}, now=NOW).checked
        assert policy.listener == pickle.loads(pickle.dumps(policy)).listener == judge.bench.listener
        for given in (policy, ABSENT):
            decision = evaluate(URL, policies=given, now=NOW, **options)
            assert decision == judge.evaluate(URL, policies=given, now=NOW)
        assert needed_documents(SITE, **options) == judge.needed_documents(SITE)


def test_mistakes_are_named_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="usages"):
            evaluate(URL, now=NOW, usages={"everything"})
        with pytest.raises(ConfigurationError, match="agnet"):
            evaluate(URL, now=NOW, agnet="A")  # type: ignore[call-arg]


def test_a_file_that_changes_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "d.toml"

    def verdict() -> str:
        return str(evaluate(URL, policies=ABSENT, now=NOW, repertoire=str(file)).verdict)

    found = []
    for domain in ("site.example", "else.example", "site.example"):
        file.write_text(DECLARATION.format(domain=domain))
        found.append(verdict())
    assert found == ["reserved", "unreserved", "reserved"]


def test_threads_may_all_ask_at_once() -> None:
    def verdict(number: int) -> str:
        return str(evaluate(URL, policies=ABSENT, now=NOW, agent=f"Bot{number % 12}").verdict)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(verdict, range(96))) == {"unreserved"}
