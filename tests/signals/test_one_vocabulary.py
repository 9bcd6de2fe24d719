"""One word has one reading in all carriers: lines, members, fields and tags that refuse without a standard's words."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Fetched, Judge
from tdm_guard.model import Posture
from tdm_guard.signals.shared.refusing_vocabulary import AI, about, begins_like_refusal, is_off, plain, says_no, spelled
from tdm_guard.signals.shared.refusing_words import refused
from tdm_guard.usage import TDM, TRAINING
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 28, tzinfo=UTC)
TDMREP = "/.well-known/tdmrep.json"
JUDGES = {posture: Judge(agent="ExampleBot", usages={"ai-training"}, posture=posture.value) for posture in Posture}
FILES = {
    "/robots.txt": "User-agent: *\nContent-Signal: ai-train=yes\nAllow: /\n{}\n",
    "/ai.txt": "User-Agent: *\nAllow: /\n{}\n",
    "/trust.txt": "datatrainingallowed=yes\n{}\n",
}


def verdict(path: str, text: str, posture: Posture = Posture.CAUTIOUS) -> str:
    policies = SILENT | {path: Fetched(status=200, body=text.encode())}
    return str(JUDGES[posture].evaluate("https://site.example/a", policies=policies, now=NOW).verdict)


def page(headers: list[tuple[str, str]], html: str = "<p>x</p>", posture: Posture = Posture.CAUTIOUS) -> str:
    how = {"status": 200, "headers": [("content-type", "text/html; charset=utf-8"), *headers], "body": html.encode()}
    return str(JUDGES[posture].evaluate("https://site.example/a", policies=SILENT, now=NOW, **how).verdict)


REFUSING = [
    "AI-Training: no", "AI training: not permitted", "AI Training = deny", "Training: disallow", "No-AI: true", "noai",
    "No AI", "No AI training.", "Do not train AI models on this content", "Do not use for AI training: yes",
    "LLMs: disallow", "ＡＩ-Training: no", "AI‑Training: „nein“", "AI–Training：disallow", "Opt-Out: AI",
    "Text and data mining is prohibited", "AI-Policy: no training; see https://site.example/terms",
    "AI-Training: no, all rights reserved", "AI-Training: Disallowed (see /terms)", "AI-Training-Allowed: no",
    "License: No AI training", "Copyright: All rights reserved. No AI training.",
    "Rights: All rights reserved, including those for text and data mining, AI training and similar technologies",
    "All rights are reserved, including those for text and data mining and AI training",
    "Notice: This site may not be used for AI training", "Notice: We do not consent to AI training",
    "KI-Training: nicht erlaubt", "KI-Nutzung: untersagt", "Kein KI-Training", "Nutzungsvorbehalt: § 44b UrhG",
    "Text- und Data-Mining: vorbehalten", "Entraînement IA : interdit", "Pas d’entraînement d’IA",
    "Fouille de textes et de données: interdite", "Entrenamiento de IA: no permitido", "Sin entrenamiento de IA",
    "Minería de datos: prohibida", "Vietato l'addestramento di IA", "Estrazione di testo e dati: vietata",
    "AI-Training: by permission only", "AI-Training: requires license", "AI-Licensing: required", "Do-Not-Train: *",
    "- AI training: not allowed", "DNT-AI: 1", "Exclude-From-Training: yes", "AI-Training no",
]  # fmt: skip
HARMLESS = [
    "AI-Training: allowed, no license required", "AI-Training: no license required",
    "AI-Usage: allowed, no restrictions",
    "AI-Disclosure: No AI used", "No AI was used in making this site", "No AI-generated content", "AI-Generated: no",
    "We do not use AI to write our articles", "We do not train our own models", "About: A no-code AI training platform",
    "No matter how big your goals, we have plans that provide the knowledge, training, and resources to achieve them.",
    "Restrictions: no bulk downloads", "Denied-Topics: politics", "Exclude: drafts", "Blocked-Bots: GPTBot",
    "Client-confidential material is not intentionally submitted for public-model training.", "Owner: no.ai",
    "Contact-AI: no-reply@x.ai", "AI-Training: yes, no opt-out", "IA_Archiver: no", "Learn-More: no", "Rights: © 2026.",
    "Training Data: no personal data is included", "Tagline: No-code AI for everyone", "Allow-AI-Training: yes",
]  # fmt: skip


@pytest.mark.parametrize("line", REFUSING)
@pytest.mark.parametrize("path", FILES)
def test_a_line_refuses_in_every_file(path: str, line: str) -> None:
    text = FILES[path].format(line)
    assert verdict(path, text) == "reserved"
    assert verdict(path, text, Posture.LITERAL) == "unreserved"


@pytest.mark.parametrize("line", HARMLESS)
@pytest.mark.parametrize("path", FILES)
def test_a_line_refuses_in_no_file(path: str, line: str) -> None:
    for posture in Posture:
        assert verdict(path, FILES[path].format(line), posture) == "permitted"


NAMES = st.sampled_from(
    ["AI-Training", "ai_training", "AI Training", "LLM-Training", "KI-Training", "Machine-Learning"]
)
VALUES = st.sampled_from(
    ["no", "deny", "Disallowed", "prohibited", "not allowed", "opt-out", "false", "verboten", "interdit", "“no”", "0"]
)


@given(NAMES, VALUES)
@settings(max_examples=80)
def test_a_name_and_a_value_come_to_the_same_everywhere(name: str, value: str) -> None:
    assert refused(name, value) == refused(name, value, of=TDM) == TRAINING
    for path, form in FILES.items():
        assert verdict(path, form.format(f"{name}: {value}")) == "reserved"
    rule = [{"location": "/", "tdm-reservation": 0, name: value}]
    assert verdict(TDMREP, json.dumps(rule)) == "reserved"


@pytest.mark.parametrize(
    "field", ["AI-Training", "X-AI-Training", "LLM-Training", "AI-Access", "AI-Consent", "GenAI", "TDM", "AI-Policy"]
)
@pytest.mark.parametrize("value", ["no", "deny", "not allowed", "prohibited"])
def test_a_field(field: str, value: str) -> None:
    assert page([(field, value)]) == "reserved"
    assert page([(field, value)], posture=Posture.LITERAL) == "unreserved"
    assert page([(field, "yes")]) == "unreserved"


@pytest.mark.parametrize("field", ["AI-Opt-Out", "TDM-Opt-Out", "TDM-OptOut", "Do-Not-Train", "No-AI"])
def test_a_field_that_is_a_refusal(field: str) -> None:
    assert page([(field, "1")]) == "reserved"
    assert page([(field, "0")]) == "unreserved"


@pytest.mark.parametrize(
    ("name", "content"),
    [("robots", "no-genai"), ("robots", "nogenai"), ("llm-training", "no"), ("ai-opt-out", "true"),
     ("ai-policy", "no training allowed"), ("ai-usage", "prohibited"), ("tdm-opt-out", "1"), ("ki-training", "nein"),
     ("do-not-train", "true"), ("robots", "kein ki-training")],
)  # fmt: skip
def test_a_meta_tag(name: str, content: str) -> None:
    html = f'<meta name="{name}" content="{content}">'
    assert page([], html) == "reserved"
    assert page([], html, Posture.LITERAL) == "unreserved"


@pytest.mark.parametrize(
    ("name", "content"),
    [("ai-policy", "https://site.example/no-ai"), ("ai-usage", "allowed"), ("ai-opt-out", "false"), ("robots", "none"),
     ("description", "our ai-policy: no ai-training here"), ("keywords", "llm-training, no-llm")],
)  # fmt: skip
def test_a_meta_tag_that_refuses_nothing(name: str, content: str) -> None:
    for posture in Posture:
        assert page([], f'<meta name="{name}" content="{content}">', posture) == "unreserved"


def test_words_where_ai_txt_has_a_path() -> None:
    form = FILES["/ai.txt"]
    assert verdict("/ai.txt", form.format("Disallow: Using content to train models without permission.")) == "reserved"
    assert verdict("/ai.txt", form.format("Disallow: Reproducing entire pages verbatim.")) == "unreserved"


def test_what_a_carrier_is_about() -> None:
    assert refused("Permission", "denied") == ()
    assert refused("Permission", "denied", of=TDM) == TDM
    assert refused("Opt-Out", "yes") == refused("Rights", "reserved") == ()
    assert refused("Opt-Out", "yes", of=TDM) == refused("Rights", "reserved", of=TDM) == TDM
    assert refused("NoAI", "yes", of=TDM) == AI
    assert verdict("/robots.txt", FILES["/robots.txt"].format("Rights: reserved")) == "unreserved"


def test_spelling() -> None:
    assert spelled("É\u200bＡ–’") == "EA-'"
    assert plain("noAITraining") == "no-ai-training"
    assert plain("LLMs") == "llms"
    assert plain("don’t") == "dont"
    assert about("entrainement-ia") == TRAINING


def test_what_takes_a_no_back() -> None:
    assert not begins_like_refusal("no restrictions")
    assert not says_no("not reserved")
    assert says_no("no, all rights reserved")
    assert is_off("none")
    assert not is_off("/")
    assert not is_off("")


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    assert isinstance(says_no(text) or is_off(text) or begins_like_refusal(text), bool)
    assert set(about(plain(text))) <= set(TDM)
