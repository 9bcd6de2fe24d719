"""Licence tokens: sent to their origin only, shown by nothing."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from tdm_guard.errors import ConfigurationError
from tdm_guard.options.tokens import FILE_VARIABLE, VARIABLE, Tokens
from tdm_guard.origin import Origin

SECRET = "S3CRET-eyJ0"
MUSIC = Origin.parse("https://music.example")


def read(text: str) -> Tokens:
    return Tokens.read({VARIABLE: text})


def sent(tokens: Tokens, origin: Origin) -> str | None:
    headers: dict[str, str] = {}
    tokens.apply(headers, origin)
    return headers.get("Authorization")


def test_a_token_goes_to_its_origin_and_to_no_other() -> None:
    tokens = read(f"# for the catalogue\n\nhttps://music.example {SECRET}\n")
    assert sent(tokens, MUSIC) == f"License {SECRET}"
    for other in ("https://www.music.example", "http://music.example", "https://music.example:8443"):
        assert sent(tokens, Origin.parse(other)) is None


def test_a_file_holds_the_same(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"https://music.example {SECRET}\nhttps://b.example other\n", encoding="utf-8")
    tokens = Tokens.read({FILE_VARIABLE: str(path)})
    assert sent(tokens, MUSIC) == f"License {SECRET}"
    assert sent(tokens, Origin.parse("https://b.example")) == "License other"


def test_without_tokens_there_is_nothing_to_do() -> None:
    assert not Tokens.read({})
    headers: dict[str, str] = {}
    Tokens.read({}).apply(headers, MUSIC)
    assert headers == {}


def test_a_redirect_to_another_origin_loses_the_token() -> None:
    tokens = read(f"https://music.example {SECRET}")
    headers: dict[str, str] = {}
    tokens.apply(headers, MUSIC)
    assert headers == {"Authorization": f"License {SECRET}"}
    tokens.apply(headers, Origin.parse("https://elsewhere.example"))
    assert headers == {}


def test_credentials_of_the_caller_stay() -> None:
    tokens = read(f"https://music.example {SECRET}")
    headers = {"Authorization": "Basic Zm9v"}
    for origin in (MUSIC, Origin.parse("https://elsewhere.example")):
        tokens.apply(headers, origin)
        assert headers == {"Authorization": "Basic Zm9v"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (f"https://music.example={SECRET}", "is not an origin, a blank and a token"),
        (f"{SECRET} https://music.example", "does not begin with an origin"),
        (f"https://music.example/path {SECRET}", "gives more than an origin"),
        (f"http://music.example {SECRET}", "over https only"),
        (f"https://music.example {SECRET} {SECRET}", "is not an origin, a blank and a token"),
        (f"https://music.example {SECRET}\u00e9", "is not an origin, a blank and a token"),
    ],
)
def test_a_mistake_is_named_by_its_line_and_shows_no_token(line: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        read(f"# first\n{line}")
    assert f"{VARIABLE}: line 2: " in str(caught.value)
    assert SECRET not in str(caught.value)


def test_all_mistakes_come_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read("a\nb\nhttps://music.example x\nc")
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"#" * (2**20 + 1)])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "tokens"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=FILE_VARIABLE):
        Tokens.read({FILE_VARIABLE: str(path)})


def test_nothing_shows_a_token() -> None:
    tokens = read(f"https://music.example {SECRET}")
    assert repr(tokens) == "Tokens(for https://music.example)"
    assert SECRET not in f"{tokens!r}{tokens}"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(tokens)
