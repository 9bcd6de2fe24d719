"""No refusal in words that a standard lacks, in whatever carrier, stands beside a permission of another document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Fetched, Judge
from tdm_guard.model import Posture

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ROBOTS, TDMREP, AI, TRUST = "/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt"
SILENT = {path: Fetched(status=404) for path in (ROBOTS, TDMREP, AI, TRUST, "/.well-known/ai.txt")}
SILENT["/.well-known/trust.txt"] = Fetched(status=404)
JUDGES = {posture: Judge(agent="ExampleBot", usages={"ai-training"}, posture=posture.value) for posture in Posture}


class Said(NamedTuple):
    """What a site says: documents, response fields, tags, properties of a picture."""

    documents: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    tags: str = ""
    xmp: str = ""


def verdict(posture: Posture, *said: Said) -> str:
    policies = SILENT | {
        path: Fetched(status=200, body=text.encode()) for each in said for path, text in each.documents
    }
    fields = [field for each in said for field in each.fields]
    xmp = "".join(each.xmp for each in said)
    tags = "".join(each.tags for each in said)
    kind, body = ("image/svg+xml", svg(xmp)) if xmp else ("text/html; charset=utf-8", f"<head>{tags}</head>x")
    how: dict[str, Any] = {"status": 200, "headers": [("content-type", kind), *fields], "body": body.encode()}
    return str(JUDGES[posture].evaluate("https://site.example/a", policies=policies, now=NOW, **how).verdict)


def svg(properties: str) -> str:
    spaces = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg"><metadata><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF {spaces}><rdf:Description rdf:about="" xmlns:y="urn:y">{properties}</rdf:Description></rdf:RDF>'
        "</x:xmpmeta></metadata></svg>"
    )


YES = [
    Said(documents=((ROBOTS, "User-agent: *\nContent-Signal: ai-train=yes\nContent-Usage: train-ai=y\nAllow: /\n"),)),
    Said(documents=((AI, "User-Agent: *\nAllow: /\n"),)),
    Said(documents=((TRUST, "datatrainingallowed=yes\n"),)),
    Said(documents=((TDMREP, '[{"location": "/", "tdm-reservation": 0}]'),)),
    Said(fields=(("tdm-reservation", "0"),)),
    Said(fields=(("content-signal", "ai-train=yes"),)),
]
IN_ROBOTS = [
    "DisallowAITraining: /", "DisallowAITraining: yes", "AI-Training: no", "Content-Signal: ai-train=deny",
    "Content-Signal: train-ai=n", "Content-Signal: ai-train=maybe", "Content-Usage: train-ai=no", "Opt-Out: all",
    "User-agent: AI-Training\nDisallow: /", "Content-Signals: ai-train=no", "Usage: none", "GPTBot: disallow",
]  # fmt: skip
IN_AI_TXT = [
    "Disallow: /",
    "Disallow: all",
    "AI-Training: no",
    "Training: deny",
    "noai",
    "Rights: reserved",
    "Use: none",
]
IN_TRUST = ["datatrainingallowed=NO!", "datatrainingallowed: no", "aitraining=no", "Usage: none"]
IN_TDMREP = [
    '{"location": "/", "tdm-reservation": 1}', '[{"location": "/", "ai-training": "no"}]', '{"tdm-reservation": 1',
    '[{"location": "/", "tdm-reservation": true}]', '{"rights": {"prohibits": "training"}}',
    '[{"location": "/", "tdm-reservation": "denied"}]', '[{"location": "/", "note": "No AI training"}]',
    '{"a": {"b": "x", "text": "tdm-reservation: 1"}}',
]  # fmt: skip
IN_FIELDS = [
    ("tdm-reservation", "prohibited"), ("x-tdm-reservation", "1"), ("x-robots-tag", "no-ai"), ("ai-use", "denied"),
    ("x-robots-tag", "noai noindex"), ("x-robots-tag", "tdm-reservation: 1"), ("x-robots-tag", "foo: 3, noai"),
    ("x-robots", "noai"), ("ai-training", "no"), ("content-usage", "train-ai=no"), ("content-usage", "train-ai=n, ;;"),
    ("content-usage", "ai-train=n"), ("content-signal", "ai-train=deny"), ("content-signals", "ai-train=no"),
    ("content-signal", "ai-train:no"), ("content-signal", "!train-ai"), ("content-signal", "ai-train=maybe"),
    ("content-signal", "train-ai"), ("no-mining", "1"), ("tdm", "no"),
]  # fmt: skip
IN_PAGE = [
    '<meta name="tdm-reservation" content="denied">', '<meta property="tdm-reservation" content="1">',
    "<meta name=“tdm-reservation” content=“1”>", '<meta property="robots" content="noai">',
    '<meta http-equiv="x-robots-tag" content="noai">', '<meta name="x-robots-tag" content="noai">',
    '<meta name="robots" content="noindex noai">', '<meta name="robots" content=“noai”>',
    '<meta name="robots" content="no ai">', '<meta name="content-signal" content="ai-train=no">',
    '<meta name="content-usage" content="train-ai=n">', '<meta name="ai-use" content="no">',
    '<meta name="usage" content="no-training">',
]  # fmt: skip
IN_XMP = [
    "<plus:DataMining>DMI-PROHIBITED</plus:DataMining>", "<y:DataMining>prohibited</y:DataMining>",
    "<y:noAI>true</y:noAI>", "<plus:DataMining>no</plus:DataMining>",
    "<plus:OtherConstraints>No AI training</plus:OtherConstraints>",
]  # fmt: skip
NO = [
    *(Said(documents=((ROBOTS, before + line + "\n"),)) for line in IN_ROBOTS for before in ("", "User-agent: *\n")),
    *(Said(documents=((AI, before + line + "\n"),)) for line in IN_AI_TXT for before in ("", "User-agent: *\n")),
    *(Said(documents=((TRUST, f"member=https://x.example/\n{line}\n"),)) for line in IN_TRUST),
    *(Said(documents=((TDMREP, text),)) for text in IN_TDMREP),
    *(Said(fields=(field,)) for field in IN_FIELDS),
    *(Said(tags=tag) for tag in IN_PAGE),
    *(Said(xmp=words) for words in IN_XMP),
]


def of_another(yes: Said, no: Said) -> bool:
    return {path for path, _ in yes.documents}.isdisjoint(path for path, _ in no.documents)


@pytest.mark.parametrize("no", NO, ids=str)
def test_nothing_is_permitted_beside_it(no: Said) -> None:
    for posture in Posture:
        for yes in YES:
            if of_another(yes, no):
                assert verdict(posture, yes, no) != "permitted"


@pytest.mark.parametrize("yes", YES, ids=str)
def test_without_it_all_of_them_permit(yes: Said) -> None:
    for posture in Posture:
        assert verdict(posture, yes) == "permitted"


@given(st.lists(st.sampled_from(YES), min_size=1, max_size=3), st.sampled_from(NO), st.sampled_from(Posture), st.data())
@settings(max_examples=100, deadline=None)
def test_no_number_of_permissions_outweighs_it(said: list[Said], no: Said, posture: Posture, data: Any) -> None:
    others = [yes for yes in said if of_another(yes, no)]
    place = data.draw(st.integers(0, len(others)))
    assert verdict(posture, *others[:place], no, *others[place:]) != "permitted"
