"""What messages quote: no password, no escape of a stranger's, in errors, summaries and answers."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import ConfigurationError, Fetched, UnsupportedURL, Withheld, evaluate
from tdm_guard.errors import LogError, PolicyMismatch
from tdm_guard.plain import address, printable, told, without_secrets, without_userinfo
from tdm_guard.reports.spelling import csv_line
from tests.support.growth import grows_linearly

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ABSENT = {"/robots.txt": Fetched(status=404), "/.well-known/tdmrep.json": Fetched(status=404)}
SEQUENCE = "\x1b]0;owned\x07\x1b[2J\x9b31m\x7f\u202e\u2066\u2028"


@pytest.mark.parametrize(
    "url",
    [
        "http://user:S3CRET@[bad/", "http://user:S3CRET@/", "http://user:S3CRET@a\\b/", "http://user:S3CRET/@host/",
        "http://user:S3#CRET@host/", "http://user:S3?CRET@host/", "http://[user:S3CRET@x]/", "user:S3CRET@host/x",
        "//user:S3CRET@host", "http:/user:S3CRET@host", "ftp://user:S3CRET@host/list", "s3://key:S3CRET@bucket/x",
        "http://us er:S3CRET@host:99999/", "http://u:S3CRET@h\u2100ost/", "http://user:S3CRET@" + "a" * 70_000,
        "http://user:S3CRET@host:abc/", "redis://:S3CRET@host/0", "HTTP://U:S3CRET@", "http://user:S3/CRET@host?x=1",
    ],
)  # fmt: skip
def test_no_error_tells_a_password(url: str) -> None:
    with pytest.raises(UnsupportedURL) as caught:
        evaluate(url, now=NOW)
    assert "S3" not in repr(caught.value)
    assert "CRET" not in str(caught.value)
    with pytest.raises(ConfigurationError) as other:
        evaluate("http://site.example/", now=NOW, policies={url.lstrip("/"): Fetched(status=404)})
    assert "CRET" not in str(other.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cache: 'redis://user:S3CRET@h/0' is none", "cache: 'redis://h/0' is none"),
        (
            "ProxyError: http://u:p@proxy:80 and socks5://a:b@c failed",
            "ProxyError: http://proxy:80 and socks5://c failed",
        ),
        ("https://site.example/a?mail=x@y.example", "https://site.example/a?mail=x@y.example"),
        ("https://site.example:8080/?q=S3CRET@x", "https://site.example:8080/?q=S3CRET@x"),
        ("https://site.example:8080/?token=S3CRET@x", "https://site.example:8080/?token=REDACTED"),
        ("http://[::1]/a@b", "http://[::1]/a@b"),
        ("write to ai@society.example", "write to ai@society.example"),
        ("https://medium.example/@author/a", "https://medium.example/@author/a"),
    ],
)
def test_userinfo_goes_and_queries_stay_but_for_secrets(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
    assert told(text) == shown


def test_records_name_no_credentials_that_a_stranger_declared() -> None:
    decision = evaluate(
        "http://me:S3CRET@site.example/a?token=kept",
        now=NOW,
        policies=ABSENT,
        status=200,
        headers=[
            ("content-type", "text/html"),
            ("link", '<http://u:S3CRET@site.example/lic.xml>; rel="license"; type="application/rsl+xml"'),
            ("tdm-reservation", "1"),
            ("tdm-policy", "http://u:S3CRET@site.example/p.json"),
        ],
        body=b"",
        hops=[Fetched(status=302, url="http://u:S3CRET@a.example/")],
    )
    assert "S3CRET" not in json.dumps(decision.to_dict()) + decision.summary()
    assert decision.final_url.endswith("?token=kept")
    assert any(checked.document == "http://site.example/lic.xml" for checked in decision.checked)
    assert Fetched.unreachable("ProxyError: http://u:S3CRET@proxy:80").error == "ProxyError: http://proxy:80"


def test_a_summary_steers_no_terminal_and_the_record_keeps_the_words() -> None:
    robots = Fetched(status=200, body=f"User-agent: *\nDisallow: / # {SEQUENCE}".encode())
    decision = evaluate("https://site.example/a", now=NOW, policies={**ABSENT, "/robots.txt": robots})
    for line in (decision.summary(), str(Withheld(decision)), str(pickle.loads(pickle.dumps(Withheld(decision))))):
        assert line.isprintable()
        assert "\\x1b]0;owned\\x07" in line
    assert "\x1b]0;owned\x07" in (decision.because[0].excerpt or "")


@pytest.mark.parametrize("kind", [ConfigurationError, UnsupportedURL, PolicyMismatch, LogError])
def test_every_error_of_ours_is_plain(kind: type[Exception]) -> None:
    error = kind(f"http://u:S3CRET@h {SEQUENCE}")
    assert str(error).isprintable()
    assert "S3CRET" not in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "\uff1d1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    line = csv_line([cell])
    assert line.startswith(("'", "\\t"))


@given(st.text())
def test_no_text_makes_it_raise_and_all_of_it_is_printable(text: str) -> None:
    assert printable(text).isprintable()
    assert told(text).isprintable()
    assert address(text).isprintable()
    without_userinfo(text)


@pytest.mark.parametrize("piece", ["//", "a:", "//a:", "@", "//a:b@", "http://"])
def test_long_texts_take_linear_time(piece: str) -> None:
    assert grows_linearly(lambda length: (told(piece * length), address(piece * length)), 80_000)
