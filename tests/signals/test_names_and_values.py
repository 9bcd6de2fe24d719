"""Names and values beside each other: which pairs refuse, which only sound so, which are a doubt and no more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tdm_guard import Fetched, Judge
from tdm_guard.model import Posture
from tdm_guard.signals.shared.own_names import FIELDS, PAGE_WORDS
from tdm_guard.signals.shared.refusing_words import refused
from tdm_guard.usage import TDM

NOW = datetime(2026, 11, 28, tzinfo=UTC)
PATHS = ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt", "/.well-known/ai.txt")
SILENT = {path: Fetched(status=404) for path in (*PATHS, "/.well-known/trust.txt")}
JUDGES = {posture: Judge(agent="ExampleBot", usages={"ai-training"}, posture=posture.value) for posture in Posture}
FILES = {
    "/robots.txt": "User-agent: *\nContent-Signal: ai-train=yes\nAllow: /\n{}\n",
    "/ai.txt": "User-Agent: *\nAllow: /\n{}\n",
    "/trust.txt": "datatrainingallowed=yes\n{}\n",
}


def verdict(path: str, line: str, posture: Posture = Posture.CAUTIOUS) -> str:
    policies = SILENT | {path: Fetched(status=200, body=FILES[path].format(line).encode())}
    return str(JUDGES[posture].evaluate("https://site.example/a", policies=policies, now=NOW).verdict)


ABOUT_SOMETHING_ELSE = [
    "AI-Crawl-Delay: 0", "LLM-Crawl-Delay: 0", "AI-Rate-Limit: none", "AI-Cache: no", "AI-Version: 0", "AI-Price: 0",
    "AI-License-Fee: none", "AI-License-Required: no", "AI-Attribution-Required: no", "AI-Restrictions: none",
    "AI-Exceptions: none", "LLMs-Txt: none", "AI-Sitemap: none", "AI-Endpoint: none", "AI-Policy-Version: 0",
    "Training-Courses: none", "Staff-Training: no", "Dog-Training: no", "Training-Schedule: none", "Train-Times: none",
    "Do-Not-Track: 1", "Do-Not-Sell: yes", "Stop-Words: yes", "Comments-Disabled: yes", "Hotlinking-Prohibited: yes",
    "Reject-Cookies: yes", "Reserved-Words: all", "Generated-By: no AI", "Uses-AI: no", "AI-Powered: false",
    "AI-Language: no", "AI-Country: NO", "Noindex: yes", "No-Archive: yes", "Cache-Control: no-cache", "Usage: no cost",
]  # fmt: skip
REFUSING = [
    "AI-Training: ❌", "AI-Training: ✗", "GPTBot: disallow", "Except: ai-train", "All-Uses-Except: AI training",
    "AI-Price: AI training is prohibited", "AI-Crawl-Rate: disallowed", "AI-Data: no", "Do-Not-Copy-For: AI training",
]  # fmt: skip
OF_NOTHING_BY_NAME = [
    "Usage: none", "License: none", "Opt-Out: true", "OptOut: all", "Permission: none", "Permissions: no",
    "Rights: reserved", "Licence: prohibited", "Prohibited: all", "Reject: all", "Policy: deny", "Deny: all",
    "Crawling-Prohibited: yes", "Do-Not-Copy: yes",
]  # fmt: skip


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("line", ABOUT_SOMETHING_ELSE)
def test_a_name_about_something_else_refuses_nothing_by_a_mere_no(line: str, path: str) -> None:
    for posture in Posture:
        assert verdict(path, line, posture) == "permitted"
    assert refused(*line.split(": "), of=TDM) == ()


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("line", REFUSING)
def test_a_refusal_of_training(line: str, path: str) -> None:
    assert verdict(path, line) == "reserved"
    assert verdict(path, line, Posture.LITERAL) == "unreserved"


@pytest.mark.parametrize("line", OF_NOTHING_BY_NAME)
def test_a_refusal_that_does_not_say_of_what(line: str) -> None:
    """In a file about mining it is of mining; in robots.txt it is a doubt, which withholds nothing."""
    for path in ("/ai.txt", "/trust.txt"):
        assert verdict(path, line) == "reserved"
        assert verdict(path, line, Posture.LITERAL) == "unreserved"
    for posture in Posture:
        assert verdict("/robots.txt", line, posture) == "unreserved" or line.startswith("License")  # as RSL has it


@pytest.mark.parametrize(
    ("value", "heard"),
    [
        ("https://site.example/", True),
        ("https://site.example/a", True),
        ("site.example/a", True),
        ("a", True),
        ("<https://site.example/a>", True),
        ("https://site.example/b", False),
        ("https://other.example/a", False),
        ("b", False),
    ],
)
def test_an_address_where_ai_txt_has_a_path(value: str, heard: bool) -> None:
    assert verdict("/ai.txt", f"Disallow: {value}") == ("reserved" if heard else "unreserved")
    assert verdict("/ai.txt", f"Disallow: {value}", Posture.LITERAL) == "unreserved"


def of_page(tag: str = "", fields: tuple[tuple[str, str], ...] = (), posture: Posture = Posture.CAUTIOUS) -> str:
    headers = [("content-type", "text/html"), *fields]
    body = f"<html><head>{tag}</head><body>x".encode()
    how: dict[str, Any] = {"status": 200, "headers": headers, "body": body}
    return str(JUDGES[posture].evaluate("https://site.example/a", policies=SILENT, now=NOW, **how).verdict)


def test_every_name_says_of_what_and_is_found_in_a_page() -> None:
    for name in FIELDS:
        assert refused(name, "prohibited") or refused(name, "true")
        assert name.startswith("x-") or any(word in f'"{name}"' for word in PAGE_WORDS)
    assert set(PAGE_WORDS) > {"ai-us", "tdm", "mining", '"ai"'}


@pytest.mark.parametrize(
    "name",
    [
        "ai", "ai-use", "ai_use", "ai-consent", "ai-access", "genai", "tdm", "data-mining", "training", "ai-policy",
        "ai-training", "tdm-usage", "text-and-data-mining", "allow-ai", "ai-bots", "no-mining", "no-tdm", "tdm-optout",
        "notdm", "disallow-ai", "do-not-train",
    ],
)  # fmt: skip
def test_a_name_refuses_in_fields_and_meta_tags_alike(name: str) -> None:
    refusing = name.startswith(("no", "do-not", "disallow")) or "opt" in name
    no, yes = ("true", "false") if refusing else ("disallow", "allowed")
    zero = ("tdm-reservation", "0")
    for attribute in ("name", "property"):
        assert of_page(f'<meta {attribute}="{name}" content="{no}">') == "reserved"
        assert of_page(f'<meta {attribute}="{name}" content="{yes}">', (zero,)) == "permitted"
        assert of_page(f"<meta {attribute}='{name}' content='{no}'>", (zero,), Posture.LITERAL) == "unreserved"
    for field in (name, f"X-{name}"):
        assert of_page(fields=((field, no),)) == "reserved"
        assert of_page(fields=((field, yes), zero)) == "permitted"
        assert of_page(fields=((field, no), zero), posture=Posture.LITERAL) == "unreserved"


@pytest.mark.parametrize("rule", ["no ai", "no tdm", "notdm", "no-tdm", "no_tdm", "no training", "index, no ai"])
def test_a_rule_for_robots(rule: str) -> None:
    assert of_page(f'<meta name="robots" content="{rule}">') == "reserved"
    assert of_page(fields=(("x-robots-tag", rule),)) == "reserved"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("description", "no AI training here"),
        ("ai-summary", "No training required: we deliver"),
        ("ai-description", "Do not train alone"),
        ("ai-content-declaration", "none"),
        ("ai-generated", "no"),
        ("tdm-policy", "disallow"),
        ("tdm-reservation", "0"),
        ("ai-bots", "noindex"),
        ("ai-bots", "none"),
        ("usage", "no limits"),
        ("rights", "All rights reserved"),
        ("application-name", "No AI"),
        ("training", "courses in Paris"),
        ("ai", "allowed"),
        ("robots", "noairport"),
    ],
)
def test_a_meta_tag_that_refuses_nothing(name: str, content: str) -> None:
    for posture in Posture:
        assert of_page(f'<meta name="{name}" content="{content}">', posture=posture) in ("unreserved", "permitted")
        both = of_page(f'<meta name="{name}" content="{content}">', (("tdm-reservation", "0"),), posture)
        assert both == "permitted"
