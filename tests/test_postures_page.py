"""The page on postures: each code's section says what the text has, what is done, and what both postures come to."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tdm_guard import Fetched, Judge
from tdm_guard.decision import Decision
from tests.support import documents, pictures
from tests.support.pages import rows
from tests.support.silence import SILENT

PAGE = (Path(__file__).parents[1] / "docs" / "postures.md").read_text(encoding="utf-8")
ROWS = {code: row.cells for row in rows(PAGE.partition("## Repairs")[2]) for code in row.names}
NOW = datetime(2026, 11, 28, tzinfo=UTC)
URL = "https://site.example/a/page"
LICENCE = "https://site.example/license.xml"
JUDGES = {
    posture: Judge(agent="ExampleBot", usages={"genai-training"}, posture=posture)
    for posture in ("cautious", "literal")
}
PERMISSIONS = {"tdm-reservation": "0", "content-signal": "ai-train=yes"}
SILENT_PAGE = b"<html><head></head><body>x</body></html>"


def robots(text: str) -> dict[str, Any]:
    return {"robots": f"User-agent: *\n{text}\n"}


def tdmrep(text: str) -> dict[str, Any]:
    return {"tdmrep": text}


def field(name: str, value: str) -> dict[str, Any]:
    return {"headers": [(name, value)]}


def html(tag: str) -> dict[str, Any]:
    return {"body": f"<html><head>{tag}</head><body>x</body></html>".encode()}


def xmp(attributes: str = "", inner: str = "", end: str = "</x:xmpmeta>") -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:y="urn:y" '
        f'xmlns:tdm="http://www.w3.org/ns/tdmrep/" xmlns:hash="http://www.w3.org/ns/tdmrep#" {attributes}>{inner}'
        f"</rdf:Description></rdf:RDF>{end}"
    ).encode()


def jpeg(*packet: str) -> dict[str, Any]:
    return {"kind": "image/jpeg", "body": pictures.jpeg(pictures.app1(xmp(*packet)))}


def pdf(attributes: str) -> dict[str, Any]:
    return {"kind": "application/pdf", "body": documents.pdf(xmp(attributes))}


def epub(meta: str, *, prefix: bool = True) -> dict[str, Any]:
    package = documents.opf(meta)
    if not prefix:
        package = package.replace(b'prefix="tdm: http://www.w3.org/ns/tdmrep#" ', b"")
    return {"kind": "application/epub+zip", "body": documents.epub({"OEBPS/p.opf": package})}


def rsl(licence: str, robots_txt: str = f"License: {LICENCE}\nUser-agent: *\nAllow: /\n") -> dict[str, Any]:
    words = f'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>{licence}</license></content></rsl>'
    return {"robots": robots_txt, "licence": words}


NO_TRAINING = '<prohibits type="usage">ai-train</prohibits>'
PLUS = "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"
EXAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("C1", tdmrep('[{"location":"/","tdm-reservation":0},{"location":"/a/","tdm-reservation":1}]')),
    ("C2", tdmrep('[{"location":"/","tdm-reservation":true}]')),
    ("C2", field("tdm-reservation", "yes")),
    ("C2", field("tdm-reservation", "prohibited")),
    ("C3", tdmrep('{"location":"/","tdm-reservation":1}')),
    ("C4", tdmrep("[{'location':'/','tdm-reservation':1}]")),
    ("C5", tdmrep('[{"location":"a/","tdm-reservation":1}]')),
    ("C6", html('<meta property="tdm-reservation" content="1">')),
    ("C6", field("x-tdm-reservation", "1")),
    ("C7", pdf('y:reservation="1"')),
    ("C8", {"tdmrep": Fetched.unreachable("timeout")}),
    ("C9", {"hops": [Fetched(status=302, url="https://site.example/x", headers=[("tdm-reservation", "1")])]}),
    ("C10", tdmrep('[{"location":"/","tdm-reservation":1}]') | field("tdm-reservation", "0")),
    ("C11", tdmrep('[{"location":"/","ai-training":"prohibited"}]')),
    ("C11", tdmrep('[{"policy":{"ai-training":"prohibited"}}]')),
    ("non_canonical_value", jpeg('plus:DataMining="DMI-PROHIBITED"')),
    ("unknown_value", jpeg('plus:DataMining="forbidden"')),
    ("unknown_value", jpeg("", "<y:noAI>true</y:noAI>")),
    ("non_canonical_property", jpeg(f'plus:Data_Mining="{PLUS}"')),
    ("non_canonical_property", epub('<meta name="tdm-reservation" content="1"/>')),
    ("xml_error", jpeg(f'plus:DataMining="{PLUS}"', "", "<a>")),
    ("non_canonical_namespace", pdf('hash:reservation="1"')),
    ("prefix_undeclared", epub('<meta property="tdm:reservation">1</meta>', prefix=False)),
    ("legacy_meta", epub('<meta name="tdm:reservation" content="1"/>')),
    ("non_canonical_carrier", jpeg('tdm:reservation="1"')),
    ("ai-agents", {"robots": "User-agent: GPTBot\nDisallow: /\n"}),
    ("ai-agents", field("x-robots-tag", "GPTBot: noai")),
    ("ai-agents", {"robots": "DisallowAITraining: /\nUser-agent: *\nAllow: /\n"}),
    ("ai-agents-path", {"robots": 'User-agent: GPTBot\nDisallow: "/"\n'}),
    ("policy-token", {"robots": "User-agent: AI-Training\nDisallow: /\n"}),
    ("robots-unknown-refusal", robots("AI-Training: disallowed")),
    ("x-robots-blanks", field("x-robots-tag", "noindex noai")),
    ("x-robots-property", html('<meta property="robots" content="noai">')),
    ("x-robots-http-equiv", html('<meta http-equiv="X-Robots-Tag" content="noai">')),
    ("x-robots-untyped", field("x-robots-tag", "noimageai") | {"kind": "application/octet-stream", "body": b"words"}),
    ("x-robots-spelling", field("x-robots-tag", "no-ai")),
    ("x-robots-unknown-name", field("x-robots-tag", "foo: 3, noai")),
    ("x-robots-field", field("robots-tag", "noai")),
    ("x-robots-unknown-refusal", field("x-robots-tag", "noaitraining")),
    ("x-robots-unknown-refusal", field("ai-training", "no")),
    ("x-robots-unknown-refusal", html('<meta name="ai-training" content="no">')),
    ("invisible", field("tdm-reservation", "\u200b1")),
    ("link-quotes", rsl(NO_TRAINING, "") | field("link", f"<{LICENCE}>; rel='license'; type='application/rsl+xml'")),
    ("html-quotes", html("<meta name=\u201crobots\u201d content=\u201cnoai\u201d>")),
    (
        "html-quotes",
        rsl(NO_TRAINING, "")
        | html("<link rel=\u201clicense\u201d type=\u201capplication/rsl+xml\u201d href=\u201c/license.xml\u201d>"),
    ),
    ("aipref-unparsed", field("content-usage", "train-ai = n")),
    ("aipref-value", field("content-usage", "train-ai=N")),
    ("aipref-parameter", field("content-usage", "search=y; train-ai=n")),
    ("aipref-legacy", field("content-usage", "genai=n")),
    ("aipref-empty", robots("Content-Usage: train-ai=n\nContent-Usage: /a/")),
    ("aipref-no-group", {"robots": "Content-Usage: train-ai=n\nUser-agent: *\nAllow: /\n"}),
    ("aipref-grouping", {"robots": "User-agent: x\nContent-Usage: train-ai=n\nUser-agent: *\nAllow: /\n"}),
    ("shorter-path-refusal", robots("Content-Usage: train-ai=n\nContent-Usage: /a/ search=y")),
    ("aipref-repeated-key", field("content-usage", "train-ai=n, train-ai=y")),
    ("aipref-neighbour", field("content-usage", "ai-train=no")),
    ("aipref-unknown-refusal", field("content-usage", "ai-training=deny")),
    ("aipref-meta", html('<meta name="content-usage" content="train-ai=n">')),
    ("content-signal-value", field("content-signal", "ai-train=n")),
    ("content-signal-separator", field("content-signal", "search=yes; ai-train=no")),
    ("content-signal-name", robots("Content-Signals: ai-train=no")),
    ("content-signal-meta", html('<meta name="content-signal" content="ai-train=no">')),
    ("content-signal-neighbour", field("content-signal", "train-ai=n")),
    ("content-signal-unknown-refusal", field("content-signal", "ai-training=no")),
    ("rsl-relative", rsl(NO_TRAINING, "License: /license.xml\nUser-agent: *\nAllow: /\n")),
    (
        "rsl-other-group",
        rsl(NO_TRAINING, f"User-agent: *\nAllow: /\n\nUser-agent: x\nDisallow: /q\nLicense: {LICENCE}\n"),
    ),
    ("rsl-token", rsl('<prohibits type="usage">train-ai</prohibits>')),
    ("rsl-token-case", rsl('<prohibits type="usage">AI-Train</prohibits>')),
    ("rsl-unknown-refusal", rsl('<prohibits type="usage">train-genai</prohibits>')),
    ("ai-txt-training-deny", {"ai": "User-agent: *\nAllow: /\nTraining: deny\n"}),
    ("ai-txt-no-group", {"ai": "Disallow: /\nUser-agent: x\nAllow: /\n"}),
    ("ai-txt-unknown-refusal", {"ai": "User-agent: *\nAllow: /\nPermission: deny-training\n"}),
    ("trust-txt-any-no", {"trust": "datatrainingallowed=yes\ndatatrainingallowed=no\n"}),
    ("trust-txt-unknown-refusal", {"trust": "aitraining=no\n"}),
    ("path-backslash", tdmrep('[{"location":"/b/","tdm-reservation":1}]') | {"url": "https://site.example/b\\c"}),
]
# Signed manifests and declared works have tests of their own.
ELSEWHERE = {"missing_entries", "entries_not_map", "non_canonical_label", "mixed_prefix", "from_ingredient"}
ELSEWHERE |= {"json-ld-slips"}
DOCUMENTS = {
    "robots": "/robots.txt",
    "tdmrep": "/.well-known/tdmrep.json",
    "ai": "/ai.txt",
    "trust": "/trust.txt",
    "licence": LICENCE,
}


def judged(posture: str, how: dict[str, Any], *, permitted: bool = False) -> Decision:
    """The decision on what an example says; `permitted`: another standard permits the usage beside it."""
    answers = {path: how[name] for name, path in DOCUMENTS.items() if name in how}
    read = {k: v if isinstance(v, Fetched) else Fetched(status=200, body=v.encode()) for k, v in answers.items()}
    fields = list(how.get("headers", ()))
    if permitted:
        fields.append(next((n, v) for n, v in reversed(PERMISSIONS.items()) if n not in dict(fields)))
    return JUDGES[posture].evaluate(
        how.get("url", URL),
        status=200,
        headers=[("content-type", how.get("kind", "text/html; charset=utf-8")), *fields],
        body=how.get("body", SILENT_PAGE),
        policies={**SILENT, **read},
        hops=how.get("hops", ()),
        now=NOW,
    )


def letter(how: dict[str, Any]) -> str:
    """What the literal posture makes of an example, in the words of the page."""
    alone, beside = (str(judged("literal", how, permitted=also).verdict) for also in (False, True))
    if alone != "unreserved":
        return alone
    return "unset" if beside == "permitted" else "no yes"


def test_every_repair_has_a_text_a_deed_and_an_outcome() -> None:
    assert {code: cells for code, cells in ROWS.items() if len(cells) != 3 or not all(cells)} == {}
    assert [
        code for code, (text, *_) in ROWS.items() if "no section: practice" not in text and not text_is_named(text)
    ] == []


def text_is_named(text: str) -> bool:
    """True if a section, a draft or a vocabulary is named; or none is needed, since the row above has it."""
    return (
        bool(re.search(r"\([^)]*(?:sec-|\d\.\d|\d\d\d\d|PLUS|CAWG|attach-|vocab-|Appendix|draft-|IPTC)", text))
        or text == "the same"
    )


def test_every_repair_has_an_example() -> None:
    assert {code for code, _ in EXAMPLES} | ELSEWHERE == set(ROWS)


@pytest.mark.parametrize(("code", "how"), EXAMPLES, ids=[f"{n}-{code}" for n, (code, _) in enumerate(EXAMPLES)])
def test_both_postures_come_to_what_the_row_says(code: str, how: dict[str, Any]) -> None:
    cautious, _, literal = ROWS[code][2].partition("; `literal`: ")
    decision = judged("cautious", how)
    assert code in {each for s in decision.because for each in (s.repair or "").split(",")}
    assert decision.verdict in cautious.split(" or ")
    assert letter(how) in re.findall(r"\*\*([a-z ]+)\*\*", literal)
