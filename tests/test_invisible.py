"""Characters that nobody sees, in every carrier: what is refused with one beside it is refused (cautious)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tdm_guard import Decision, Fetched, Judge, Verdict
from tdm_guard.formats.invisible import seen, seen_field, seen_octets, without_octets
from tdm_guard.formats.site import robots_txt
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 28, tzinfo=UTC)
CHARACTERS = ["\u200b", "\u200c", "\u200e", "\u2060", "\ufeff", "\u00ad", "\u00a0", "\u202f", "\u3000"]
HTML = [("content-type", "text/html; charset=utf-8")]
JUDGES = {
    posture: Judge(agent="ExampleBot", usages={"ai-training"}, posture=posture) for posture in ("cautious", "literal")
}
_ASCII_WORDS = re.compile(rb"[!-~]+")
each = pytest.mark.parametrize("mark", CHARACTERS, ids=[f"U+{ord(mark):04X}" for mark in CHARACTERS])


def page(tag: str, posture: str = "cautious") -> Decision:
    body = f"<html><head>{tag}</head><body>x</body></html>".encode()
    return judged(posture=posture, headers=HTML, body=body)


def field(name: str, value: str, posture: str = "cautious") -> Decision:
    return judged(posture=posture, headers=[*HTML, (name, value.encode().decode("latin-1"))], body=b"x")


def policy(path: str, text: str, posture: str = "cautious") -> Decision:
    return judged(posture=posture, documents={path: Fetched(status=200, body=text.encode())})


def judged(
    *,
    posture: str,
    headers: list[tuple[str, str]] | None = None,
    body: bytes | None = None,
    documents: dict[str, Fetched] | None = None,
) -> Decision:
    policies = SILENT | (documents or {})
    return JUDGES[posture].evaluate(
        "https://site.example/a", status=200, headers=headers or HTML, body=body or b"x", policies=policies, now=NOW
    )


@each
@pytest.mark.parametrize(
    "tag",
    [
        '<meta name="tdm-reservation" content="1{}">',
        '<meta name="tdm-reservation{}" content="1">',
        '<meta name="{}robots" content="noindex,{}noai">',
        '<meta name="robots" content="noai{}">',
        '<meta{}name="robots"{}content="noai">',
        "<meta{}name='robots' content='noindex, noai'>",
        '<meta name="content-signal" content="ai-train=no{}">',
        '<meta name="robots" content="noai&#8203;">',
    ],
)
def test_meta_tags(tag: str, mark: str) -> None:
    assert page(tag.replace("{}", mark)).verdict is Verdict.RESERVED


@each
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tdm-reservation", "1{}"),
        ("x-robots-tag", "noai{}"),
        ("x-robots-tag", "noindex,{}noai"),
        ("content-signal", "ai-train{}=no"),
        ("content-usage", "train-ai=n{}"),
    ],
)
def test_fields(name: str, value: str, mark: str) -> None:
    heard = field(name, value.replace("{}", mark))
    assert heard.verdict is Verdict.RESERVED


@each
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/robots.txt", "User-agent: *\nDisallow:{}/\n"),
        ("/robots.txt", "{}User-agent: *{}\n{}Disallow{}: /{}\n"),
        ("/robots.txt", "User-agent: *\nContent-Signal: search=yes,{}ai-train=no{}\n"),
        ("/ai.txt", "User-Agent: *\nDisallow: {}/\n"),
        ("/trust.txt", "datatrainingallowed={}no{}\n"),
        ("/.well-known/tdmrep.json", '[{"location":"{}/","tdm-reservation":1}]'),
        ("/.well-known/tdmrep.json", '[{"location":"/","tdm-reservation":"1{}"}]'),
        ("/.well-known/tdmrep.json", '[{"location":"/","tdm-reservation{}":1}]'),
    ],
)
def test_documents(path: str, text: str, mark: str) -> None:
    assert policy(path, text.replace("{}", mark)).verdict is Verdict.RESERVED


def test_it_is_a_repair_and_only_adds() -> None:
    assert field("x-robots-tag", "noai\u200e", "literal").verdict is Verdict.UNRESERVED
    assert "invisible" in str([s.repair for s in field("x-robots-tag", "noai\u200e").outcome.because])
    assert page('<meta name="robots" content="noai\u200e">', "literal").verdict is Verdict.UNRESERVED
    assert field("tdm-reservation", "0\u200e").verdict is Verdict.UNRESERVED
    refusing = "User-agent: *\nDisallow: /\nAllow:\u2060/\n"
    assert policy("/robots.txt", refusing).verdict is Verdict.RESERVED
    assert policy("/ai.txt", "User-Agent: *\nAllow: \u2060/\n").verdict is Verdict.UNRESERVED


def test_what_was_heard_is_not_heard_twice() -> None:
    heard = policy("/robots.txt", "# caf\u00e9\u00a0\u2060\nUser-agent: *\nDisallow: /\n")
    assert heard.verdict is Verdict.RESERVED
    assert not any("invisible" in (s.repair or "") for s in heard.outcome.because)


@pytest.mark.parametrize(
    "tag",
    [
        '<meta name="description" content="10\u00a0km \u2014 a\u00adlong\u200bword">',
        '<meta name="robots" content="index,\u00a0follow">',
        "<metal\u00e9 name=robots content=noai>",
        '<meta\u00e9name="robots" content="noai">',
        '<meta name="description" content="how&nbsp;to say noai">',
    ],
)
def test_ordinary_pages_stay_silent(tag: str) -> None:
    assert page(tag).verdict is Verdict.UNRESERVED


@given(st.text(max_size=60))
@example("\xad")
@example("no\u00adai\u00e0 ml\u3000\U00020000!")  # with an octet that is a blank in Latin-1
def test_only_such_characters_are_touched(text: str) -> None:
    assert seen(seen(text)) == seen(text)
    assert seen(text) == text or not text.isascii()
    as_it_is_seen = seen(text).encode("utf-8", "ignore")
    assert _ASCII_WORDS.findall(without_octets(text.encode("utf-8", "ignore"))) == _ASCII_WORDS.findall(as_it_is_seen)
    octets = text.encode("utf-8", "replace")
    quoted = seen(octets.decode().removeprefix("\ufeff")).translate(dict.fromkeys(map(ord, "«»“”„‟″"), '"'))
    heard = seen_octets(octets)
    assert (octets.removeprefix(b"\xef\xbb\xbf") if heard is None else heard).decode() == quoted


@given(st.binary(max_size=60))
def test_nothing_raises(body: bytes) -> None:
    assert seen_octets(body) is None or body
    assert seen_field(body.decode("latin-1")) is not None


def test_an_error_page_is_no_document() -> None:
    page = "caf\u00e9\u00a0\nUser-agent: *\nDisallow: /\n".encode()
    documents = dict.fromkeys(SILENT, Fetched(status=404, body=page))
    assert judged(posture="cautious", documents=documents).verdict is Verdict.UNRESERVED


def test_a_word_of_some_script_keeps_its_rule() -> None:
    rule = "User-agent: *\nDisallow: /\u0645\u06cc\u200c\u062e\n"
    documents = SILENT | {"/robots.txt": Fetched(status=200, body=rule.encode())}
    for path, verdict in (("%D9%85%DB%8C%E2%80%8C%D8%AE", Verdict.RESERVED), ("b", Verdict.UNRESERVED)):
        heard = JUDGES["cautious"].evaluate(f"https://site.example/{path}", policies=documents, now=NOW)
        assert heard.verdict is verdict


@pytest.mark.parametrize(("left", "right"), ["“”", "„“", "«»"])
@pytest.mark.parametrize(
    ("name", "value"),
    [("content-signal", "ai-train={}no{}"), ("content-usage", "train-ai={}n{}"), ("x-robots-tag", "{}noai{}")],
)
def test_typographic_quotation_marks_hide_no_word(name: str, value: str, left: str, right: str) -> None:
    assert field(name, value.format(left, right)).verdict is Verdict.RESERVED
    assert field(name, value.format(left, right), "literal").verdict is Verdict.UNRESERVED
    line = f"User-agent: *\n{name}: {value.format(left, right)}\n"
    if name != "x-robots-tag":
        assert policy("/robots.txt", line).verdict is Verdict.RESERVED
    permits = value.replace("no{}", "yes{}").replace("n{}", "y{}")
    assert field(name, permits.format(left, right)).verdict is not Verdict.PERMITTED


# ---- short ways beside the long ones --------------------------------------------------------------------------------

ODD = [*CHARACTERS, "\u2028", "«", "\r", "\n", "\n<p>", "é", "\udcc2", "\udca0", "\udcff"]


@given(st.lists(st.sampled_from([*ODD, "a", " "])))
@example(["\ufeff", "\ufeff"])
def test_octets_are_seen_as_each_character_is(characters: list[str]) -> None:
    body = "".join(characters).encode("utf-8", "surrogateescape")
    rest = body.removeprefix(b"\xef\xbb\xbf")  # which is a mark, and no character
    text = rest.decode("utf-8", "surrogateescape")
    plain = "".join('"' if each == "«" else seen(each) for each in text).encode("utf-8", "surrogateescape")
    assert seen_octets(body) == (None if plain == rest else plain)


LINES = [
    "User-agent: *", "User-agent: GPTBot", "Disallow: /a", "AI-Training: disallowed", "No AI training", "<p>", "</p>",
    "  <b>", "Content-Signal: ai-train=no", "License: /l.xml", "DisallowAITraining: /a", "Content-Usage: train-ai=n",
]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(LINES), st.sampled_from(ODD)), max_size=12))
def test_a_page_that_is_not_read_again_has_nothing_to_add(pieces: list[str]) -> None:
    body = "".join(f"{piece}\n" if piece in LINES else piece for piece in pieces).encode("utf-8", "surrogateescape")
    policies = SILENT | {"/robots.txt": Fetched(status=200, body=body)}

    def said() -> list[object]:
        judge = JUDGES["cautious"]
        policy = judge.read_policies("https://site.example", policies, now=NOW)
        return [policy.says(target) for target in ("/", "/a/b")]

    short = said()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(robots_txt, "differ_in_tags", lambda body, other: False)
        assert said() == short
