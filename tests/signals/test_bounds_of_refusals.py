"""Where a reader stops looking, what it has not seen is no permission; what is refused for one path is for no other."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tdm_guard import Decision, Fetched, Judge, Posture, Verdict
from tests.support.growth import grows_linearly
from tests.support.silence import SILENT

SITE, NOW = "https://site.example", datetime(2026, 11, 28, tzinfo=UTC)
HTML = [("content-type", "text/html")]


def judged(
    documents: dict[str, str | bytes] | None = None,
    *,
    path: str = "/a",
    headers: tuple[tuple[str, str], ...] = (),
    html: str = "",
    posture: Posture = Posture.CAUTIOUS,
) -> Decision:
    judge = Judge(agent="ExampleBot", usages={"ai-training"}, posture=posture)
    answers = SILENT | {
        place: Fetched(status=200, body=text if isinstance(text, bytes) else text.encode())
        for place, text in (documents or {}).items()
    }
    body = f"<html><head>{html}</head><body>x".encode()
    return judge.evaluate(SITE + path, status=200, headers=[*HTML, *headers], body=body, policies=answers, now=NOW)


@pytest.mark.parametrize("place", ["/robots.txt", "/ai.txt"])
@pytest.mark.parametrize("count", [70, 150])
def test_many_refusals_of_other_paths_hide_none(place: str, count: int) -> None:
    lines = "".join(f"Disallow-AI: /p{n}\n" for n in range(count)) + "Disallow-AI: /a\n"
    assert judged({place: "User-agent: *\nAllow: /\n\n" + lines}).verdict is Verdict.RESERVED
    assert judged({place: "User-agent: *\nAllow: /\n\n" + lines}, path="/other").verdict is not Verdict.RESERVED


@pytest.mark.parametrize(("place", "most"), [("/robots.txt", 4000), ("/ai.txt", 1000)])
def test_more_than_are_kept_refuse_everything(place: str, most: int) -> None:
    lines = "".join(f"Disallow-AI: /p{n}\n" for n in range(most + 1))
    decision = judged({place: "User-agent: *\nAllow: /\n\n" + lines}, path="/other")
    assert decision.verdict is Verdict.RESERVED
    assert (decision.because[0].excerpt or "").startswith("Disallow-AI: /p")


@pytest.mark.parametrize("place", ["/robots.txt", "/ai.txt"])
@pytest.mark.parametrize("value", ["/ (all)", "/ everything", "/a /b", "/b /a", "/b, /a", "/b; /a", "/b,", "/a,"])
def test_words_and_further_paths_behind_a_path(place: str, value: str) -> None:
    text = f"User-agent: *\nAllow: /\n\nDisallow-AI: {value}\n"
    expected = Verdict.RESERVED if value != "/b," else Verdict.UNRESERVED
    verdict = judged({place: text}).verdict
    assert (verdict is Verdict.RESERVED) == (expected is Verdict.RESERVED)
    assert judged({place: text}, path="/c").verdict is not Verdict.RESERVED or value.startswith("/ ")


@pytest.mark.parametrize(
    "line",
    [
        "Entrenamiento: prohibido",
        "Fine-Tuning: disallowed",
        "Permission: deny fine-tuning",
        "A.I.: no",
        "Policy: no A.I.",
        "Apprentissage-automatique: interdit",
        "Aprendizaje automático: prohibido",
        "Data-Mine: no",
        "Data mine: disallow",
        "Data-Sets: no",
    ],
)
def test_the_first_look_at_robots_txt_passes_what_the_vocabulary_knows(line: str) -> None:
    assert judged({"/robots.txt": f"User-agent: *\nAllow: /\n\n{line}\n"}).verdict is Verdict.RESERVED


def test_a_path_in_latin_1_before_any_group_of_ai_txt() -> None:
    assert judged({"/ai.txt": b"Disallow: /caf\xe9\n"}, path="/caf%E9").verdict is Verdict.RESERVED
    assert judged({"/ai.txt": b"Disallow: /caf\xe9\n"}, path="/cafe").verdict is Verdict.UNRESERVED


@pytest.mark.parametrize("rule", ["tdm-opt-out", "tdm-disallow", "tdm=disallowed", "tdm prohibited", "tdm: no"])
def test_words_that_begin_like_tdmrep_are_no_properties_of_it(rule: str) -> None:
    assert judged(headers=(("x-robots-tag", rule),)).verdict is Verdict.RESERVED


@pytest.mark.parametrize("rule", ["tdm-reservation=0", "tdm_reservation: 0", "tdm-policy=https://site.example/no-ai"])
def test_properties_of_tdmrep_in_that_field_are_read_by_tdmrep_alone(rule: str) -> None:
    assert judged(headers=(("x-robots-tag", rule),)).verdict is Verdict.UNRESERVED


def test_a_line_of_signals_that_was_cut_permits_nothing() -> None:
    pairs = ", ".join(f"x{n}=1" for n in range(300))
    assert judged(headers=(("content-signal", f"ai-train=yes, {pairs}"),)).verdict is Verdict.UNRESERVED
    assert judged(headers=(("content-signal", f"ai-train=yes, {pairs}, ai-train=no"),)).verdict is Verdict.RESERVED
    assert judged(headers=(("content-signal", f"ai-train=no, {pairs}"),)).verdict is Verdict.RESERVED
    assert judged(headers=(("content-signal", "ai-train=yes, x=1"),)).verdict is Verdict.PERMITTED


def test_a_token_of_a_purpose_behind_many_agents_on_one_line() -> None:
    agents = ", ".join(f"bot{n}" for n in range(70))
    assert judged({"/robots.txt": f"User-agent: {agents}, AI-Training\nDisallow: /\n"}).verdict is Verdict.RESERVED


def test_words_in_descriptions_and_many_fields_hide_no_rule() -> None:
    prose = '<meta name="description" content="train-ai">' * 70
    assert judged(html=prose + '<meta name="robots" content="noai">').verdict is Verdict.RESERVED
    fields = (("x-robots-tag", "noindex"),) * 70
    assert judged(headers=(*fields, ("x-robots-tag", "noai"))).verdict is Verdict.RESERVED


def test_a_refusal_of_search_alone_says_nothing_of_mining() -> None:
    for text in ('{"rights": {"prohibits": "search"}}', '[{"location": "/", "prohibits": "search"}]'):
        assert judged({"/.well-known/tdmrep.json": text}).verdict is Verdict.UNRESERVED
    assert (
        judged({"/.well-known/tdmrep.json": '{"rights": {"prohibits": "training"}}'}).verdict is not Verdict.UNRESERVED
    )


@pytest.mark.parametrize(
    "rules",
    [
        '[{"path": "/a", "tdm-reservation": 1}, {"location": "/", "tdm-reservation": 0}]',
        '[{"location": "a", "tdm-reservation": 1}, {"location": "/", "tdm-reservation": 0}]',
        '[{"location": ["/a"], "tdm-reservation": 1}, {"location": "/", "tdm-reservation": 0}]',
        '[[{"location": "/a", "tdm-reservation": 1}], {"location": "/", "tdm-reservation": 0}]',
        '[{"location": "/", "tdm-reservation": 0, "rules": [{"location": "/a", "tdm-reservation": 1}]}]',
        '[{"location": "/a", "tdm-reservation": "yes"}, {"location": "/", "tdm-reservation": 0}]',
    ],
)
def test_to_the_letter_no_0_permits_what_caution_hears(rules: str) -> None:
    assert judged({"/.well-known/tdmrep.json": rules}).verdict is Verdict.RESERVED
    literal = {"documents": {"/.well-known/tdmrep.json": rules}, "posture": Posture.LITERAL}
    assert judged(**literal).verdict is Verdict.UNRESERVED  # type: ignore[arg-type]
    assert judged(**literal, path="/b").verdict is Verdict.PERMITTED  # type: ignore[arg-type]


def test_the_order_of_written_rules_stays_the_business_of_the_letter() -> None:
    rules = '[{"location": "/", "tdm-reservation": 0}, {"location": "/a", "tdm-reservation": 1}]'
    assert judged({"/.well-known/tdmrep.json": rules}, posture=Posture.LITERAL).verdict is Verdict.PERMITTED


def test_many_words_that_say_the_same_are_quoted_once() -> None:
    signals = "User-agent: *\n" + "".join(f"Content-Signal: no-ai-{n}=1\n" for n in range(2000))
    groups = "".join(f"User-agent: AI-Train-{n}\nDisallow: /\n" for n in range(2000))
    for text in (signals, groups):
        decision = judged({"/robots.txt": text})
        assert decision.verdict is Verdict.RESERVED
        assert len(decision.because) < 5


def test_doubts_about_many_labels_take_linear_time() -> None:
    def look(count: int) -> None:
        text = "User-agent: *\n" + "".join(f"Content-Usage: /* ai-{n}=n\n" for n in range(count))
        judged({"/robots.txt": text}, posture=Posture.LITERAL)

    assert grows_linearly(look, 8_000)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("/ai.txt", "No AI training\n"),
        ("/ai.txt", "User-agent: *\nAllow: /\n\nAI-Training: disallowed\n"),
        ("/ai.txt", "Disallow: /\n"),
        ("/trust.txt", "member=https://a.example/\nAI-Training=disallowed\n"),
        ("/trust.txt", "datatrainingallowed=NO!\n"),
        ("/.well-known/tdmrep.json", '[{"location": "/", "ai-training": "prohibited"}]'),
        ("/.well-known/tdmrep.json", '{"location": "/", "tdm-reservation": 1}'),
        ("/.well-known/tdmrep.json", '[{"location": "/", "tdm-reservation": "yes"}]'),
        ("/.well-known/tdmrep.json", '[{"location": "https://site.example/", "tdm-reservation": 1}]'),
        ("/.well-known/tdmrep.json", '[{"tdm-reservation": "denied"}]'),
        ("/.well-known/tdmrep.json", '[{"location": "/a", "tdm-reservation": 0, "ai-training": "prohibited"}]'),
    ],
)
def test_to_the_letter_no_other_document_permits_what_this_one_refuses_in_unknown_words(place: str, text: str) -> None:
    robots = "User-agent: *\nContent-Signal: ai-train=yes\nAllow: /\n"
    assert judged({"/robots.txt": robots}, posture=Posture.LITERAL).verdict is Verdict.PERMITTED
    decision = judged({"/robots.txt": robots, place: text}, posture=Posture.LITERAL)
    assert decision.verdict is Verdict.UNRESERVED
    assert any((fault.locator or "").startswith(("line", "rule")) for fault in decision.faults)
    assert judged({"/robots.txt": robots, place: text}).verdict is Verdict.RESERVED


def test_to_the_letter_a_rule_in_unknown_words_is_a_doubt_about_its_own_path_only() -> None:
    robots = "User-agent: *\nContent-Signal: ai-train=yes\nAllow: /\n"
    rules = '[{"location": "/page", "ai-training": "prohibited"}]'
    documents: dict[str, str | bytes] = {"/robots.txt": robots, "/.well-known/tdmrep.json": rules}
    assert judged(documents, posture=Posture.LITERAL).verdict is Verdict.PERMITTED
    assert judged(documents, path="/page", posture=Posture.LITERAL).verdict is Verdict.UNRESERVED


def test_lines_of_another_proposal_of_ai_txt_have_no_end_but_that_of_the_file() -> None:
    lines = "".join(f"Training-Deny: /p{n}\n" for n in range(1_500))
    assert judged({"/ai.txt": lines + "Training-Deny: /a\n"}).verdict is Verdict.RESERVED
    assert judged({"/ai.txt": lines}, path="/other").verdict is not Verdict.RESERVED


@pytest.mark.parametrize("place", ["/robots.txt", "/ai.txt"])
def test_more_paths_on_one_line_than_are_kept_are_all_there_are(place: str) -> None:
    few = " ".join(f"/p{n}" for n in range(64))
    assert judged({place: f"User-agent: *\nAllow: /\n\nDisallow-AI: {few}\n"}).verdict is not Verdict.RESERVED
    for words in ("", " everything"):
        text = f"User-agent: *\nAllow: /\n\nDisallow-AI: {few} /q /a{words}\n"
        assert judged({place: text}).verdict is Verdict.RESERVED


@pytest.mark.parametrize("between", [",", ", ", " ", ";"])
def test_a_rule_behind_many_others_is_heard(between: str) -> None:
    filler = between.join(["index"] * 1_500)
    for words, expected in (("noai", Verdict.RESERVED), ("follow", Verdict.UNRESERVED)):
        line = filler + between + words
        assert judged(headers=(("X-Robots-Tag", line),)).verdict is expected
        assert judged(html=f'<meta name="robots" content="{line}">').verdict is expected


@pytest.mark.parametrize(
    "link",
    ['<https://site.example/a.c2pa>; rel="c2pa-manifest"', '</l.xml>; rel="license"; type="application/rsl+xml"'],
)
def test_links_beyond_what_is_read_of_a_field_are_no_silence(link: str) -> None:
    filler = ", ".join(["</style.css>; rel=preload"] * 3_000)
    assert judged(headers=(("Link", filler),)).verdict is Verdict.UNRESERVED
    assert judged(headers=(("Link", f"{filler}, {link}"),)).verdict in (Verdict.UNDETERMINED, Verdict.RESERVED)
