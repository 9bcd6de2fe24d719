"""Whoever meets an unknown name says the known one that it means: options, keys of files, settings, variables."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tdm_guard import ConfigurationError, Judge, Options, evaluate
from tdm_guard.cli import app
from tdm_guard.holdings import load
from tdm_guard.httpx import AsyncGuardClient, GuardClient
from tdm_guard.options import OPTION_NAMES
from tdm_guard.options.config import read_config, with_config
from tdm_guard.options.misspelt import PREFIX, meant_for_us, setting
from tdm_guard.plain import nearest, suggested

SETTINGS = tuple(f"{PREFIX}{name.upper()}" for name in OPTION_NAMES)
DECLARATION = """
[[declarations]]
id = "songs-2024"
version = "1"
declarant = { name = "Songs" }
mandate = { basis = "statutory_assignment", status = "asserted" }
"""


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("usage", "usages"),
        ("policy-timeout", "policy_timeout"),
        ("Agent", "agent"),
        ("POLICYTIMEOUT", "policy_timeout"),
        ("authorizations", "authorisations"),
        ("max_assets_byte", "max_asset_bytes"),
        ("repertory", "repertoire"),
        ("colour", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_the_nearest_option(name: str, meant: str | None) -> None:
    assert nearest(name, OPTION_NAMES) == meant


def test_nothing_is_near_where_nothing_is_known() -> None:
    assert nearest("agent", ()) is None


@given(st.text(max_size=300), st.lists(st.text(max_size=40), max_size=20))
def test_what_is_suggested_is_known(name: str, known: list[str]) -> None:
    assert nearest(name, known) in {None, *known}
    assert suggested(name, known).startswith(("; did you mean ", "; known are "))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"usage": "tdm"}, "usage: unknown option; did you mean usages? (known are agent, "),
        ({"colour": "red"}, "colour: unknown option; known are agent, "),
        ({"usages": "ai-trainning"}, "'ai-trainning' is not a usage; did you mean ai-training? (one of "),
        ({"usages": "TDM"}, "'TDM' is not a usage; did you mean tdm? (one of "),
        ({"signals": "tdm-rep"}, "'tdm-rep' is no signal; did you mean tdmrep? (all, or some of "),
        ({"signals": "smoke"}, "'smoke' is no signal; all, or some of "),
        ({"operator": {"contry": "FR"}}, "operator.contry: unknown; did you mean country? (known are name, "),
        (
            {"operator": {"research": {"reference": "x", "eligable": True}}},
            "eligable is unknown; did you mean eligible?",
        ),
        ({"repertoire": ["bundled:sacem"]}, "no such entry; did you mean sacem-2023? (known are "),
    ],
)
def test_an_option_that_is_misspelt(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Options.read(options)
    assert words in str(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        Judge(**options)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("given_here", "words"),
    [
        ({"follow_redirect": True}, "follow_redirect: unknown keyword; did you mean follow_redirects?"),
        ({"proxies": "http://127.0.0.1:9"}, "proxies: unknown "),
        ({"usage": "tdm"}, "usage: unknown option; did you mean usages?"),
    ],
)
def test_a_keyword_of_a_guarded_client(given_here: dict[str, Any], words: str, tmp_path: Path) -> None:
    for client in (GuardClient, AsyncGuardClient):
        with pytest.raises(ConfigurationError) as caught:
            client(log=tmp_path / "tdm.jsonl", **given_here)
        assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("polices", "polices: unknown keyword; did you mean policies?"),
        ("header", "header: unknown keyword; did you mean headers?"),
        ("usage", "usage: unknown option; did you mean usages?"),
        ("colour", "colour: unknown option; known are "),
        ("log", "log: has no meaning without a network"),
    ],
)
def test_a_keyword_of_evaluate(name: str, words: str) -> None:
    options: Any = {name: None}
    with pytest.raises(ConfigurationError) as caught:
        evaluate("https://site.example/", now=datetime(2026, 1, 5, tzinfo=UTC), **options)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('usage = ["tdm"]', "usage: unknown option; did you mean usages?"),
        ('[operators]\nname = "a"', "operators: unknown option; did you mean operator?"),
    ],
)
def test_a_key_of_the_configuration_file(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "guard.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="config ") as caught:
        read_config(file)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[declaration]]", "declaration: unknown member; did you mean declarations? (known are declarations, "),
        (DECLARATION + "matches = {}", "declarations[0].matches: unknown member; did you mean match? (known are "),
        (DECLARATION + 'match = { iwsc = ["x"] }', "match.iwsc: unknown member; did you mean iswc? (known are "),
        (DECLARATION + 'usages = ["ai-trainig"]', "'ai-trainig' is no usage; did you mean ai-training? (one of "),
        ('[[authorisations]]\nlicencee = "a"', "licencee: unknown member; did you mean licensee? (known are "),
        ("[[authorizations]]", "authorizations: unknown member; did you mean authorisations?"),
        ('[[reviews]]\noutcomes = "released"', "outcomes: unknown member; did you mean outcome? (known are "),
    ],
)
def test_a_key_of_a_file_of_works_or_licences(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "held.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load([file])
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("chek", "http://a.example/"), "Did you mean 'check'"),
        (("check", "--usage", "tdm", "http://a.example/"), "--usages"),
        (("repertoire", "lnt", "a.toml"), "Did you mean 'lint'?"),
        (("check", "--usages", "searh", "http://a.example/"), "did you mean search?"),
    ],
)
def test_a_word_on_the_command_line(words: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app, [*words])
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TDMGUARD_USAGES", "TDM_GUARD_USAGES"),
        ("TDMGUARDUSAGES", "TDM_GUARD_USAGES"),
        ("TDM_GAURD_USAGES", "TDM_GUARD_USAGES"),
        ("TDM_GAURD_USAGE", "TDM_GUARD_USAGES"),
        ("tdm-guard-usages", "TDM_GUARD_USAGES"),
        ("TDM_GUARDS_USAGES", "TDM_GUARD_USAGES"),
        ("DTM_GUARD_USAGES", "TDM_GUARD_USAGES"),
        ("TDM_GUARD_", None),
        ("TDM_GUARDIAN_URL", None),
        ("TDMGUARDRAIL_USAGES", None),
        ("TDM_GRAPH_USAGES", None),
        ("GUARD_USAGES", None),
        ("USAGES", None),
        ("", None),
    ],
)
def test_the_setting_that_was_meant(name: str, meant: str | None) -> None:
    assert setting(name, SETTINGS) == meant


@pytest.mark.parametrize("option", OPTION_NAMES)
def test_every_setting_is_found_however_its_prefix_is_written(option: str) -> None:
    for prefix in ("TDM_GUARD_", "TDMGUARD_", "TDM_GAURD_", "TDM_GARD_", "tdm_guard_"):
        assert setting(prefix + option.upper(), SETTINGS) == f"TDM_GUARD_{option.upper()}"


@given(st.text(max_size=200))
def test_a_name_of_anybodys_is_ours_or_not(name: str) -> None:
    assert meant_for_us(name) is None or meant_for_us(name) == meant_for_us(name.upper())


@pytest.mark.parametrize(
    ("environ", "options", "said"),
    [
        ({"TDMGUARD_CONFIG": "a.toml"}, {}, "TDMGUARD_CONFIG: unknown environment variable; did you mean TDM_GUARD_"),
        ({"TDM_GUARD_CONFIG_FILE": "a.toml"}, {}, "did you mean TDM_GUARD_CONFIG?"),
        ({"tdm_guard_config": "a.toml"}, {}, "did you mean TDM_GUARD_CONFIG?"),
        ({"TDM_GUARD_LICENSE_TOKENS": "x"}, {}, "did you mean TDM_GUARD_LICENCE_TOKENS?"),
        ({"TDM_GUARD_POSTURE": "literal"}, {}, "TDM_GUARD_POSTURE: no environment variable is an option; give posture"),
        ({"TDMGUARD_POSTURE": "literal"}, {}, "TDMGUARD_POSTURE: no environment variable is an option; give posture"),
        ({"TDM_GUARD_POSTURE": "literal"}, {"posture": "literal"}, None),
        ({"TDMGUARD_CONFIG": "a.toml"}, {"config": "FILE"}, None),
        ({"TDM_GUARD_LICENCE_TOKENS": "x", "TDM_GUARD_VERSION": "3", "TDM_GUARD_MODEL": "x"}, {}, None),
        ({"TDM_GUARD_CONFIG_DIR": "x", "TDM_GUARD_CONFIG_PATH": "x", "TDM_GUARDIAN_CONFIG": "x"}, {}, None),
        ({"TDM_GRAPH_CONFIG": "x", "GUARD_CONFIG": "x", "PATH": "/bin"}, {}, None),
    ],
)  # fmt: skip
def test_a_variable_that_was_meant_for_us(
    environ: dict[str, str], options: dict[str, Any], said: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "guard.toml"
    file.write_text('agent = "ExampleBot"', encoding="utf-8")
    given_here = {name: str(file) if value == "FILE" else value for name, value in options.items()}
    if said is None:
        assert with_config(given_here, environ=environ) is not None
    else:
        with pytest.raises(ConfigurationError) as caught:
            with_config(given_here, environ=environ)
        assert said in str(caught.value)


@pytest.mark.parametrize("name", ["TDM_GUARDIAN_URL", "TDMGUARDIAN_URL", "TDM_GUARDRAIL_USAGES", "tdm_guarding_log"])
def test_another_word_is_not_ours(name: str) -> None:
    assert meant_for_us(name) is None


def test_a_variable_that_goes_on_from_ours_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert with_config({}, environ={"TDM_GUARD_CONFIG_DIR": "/etc"}) == {}
    assert "TDM_GUARD_CONFIG_DIR: this environment variable is not read" in caplog.text
