"""Refusals in words, places and quotation marks that no standard has, through the judge, in both postures."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import Fetched, Judge
from tdm_guard.decision import Decision
from tdm_guard.model import Posture, Stance, Verdict
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 28, tzinfo=UTC)
URL = "https://site.example/page"
JUDGES = {posture: Judge(agent="ExampleBot", usages={"ai-training"}, posture=posture.value) for posture in Posture}
CAUTIOUS, LITERAL = Posture.CAUTIOUS, Posture.LITERAL
YES = "User-agent: *\nContent-Signal: ai-train=yes, ai-input=yes, search=yes\nContent-Usage: train-ai=y\nAllow: /\n"


def judge(
    *,
    robots: str | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    html: str | bytes | None = None,
    kind: str = "text/html; charset=utf-8",
    posture: Posture = CAUTIOUS,
) -> Decision:
    policies = {
        **SILENT,
        **LICENCES,
        **({"/robots.txt": Fetched(status=200, body=robots.encode())} if robots is not None else {}),
    }
    how: dict[str, Any] = {}
    if headers or html is not None:
        body = html if isinstance(html, bytes) else (html or "<p>x</p>").encode()
        how = {"status": 200, "headers": [("content-type", kind), *headers], "body": body}
    return JUDGES[posture].evaluate(URL, policies=policies, now=NOW, **how)


def repairs(decision: Decision) -> set[str]:
    return {s.repair or "" for s in decision.because if s.stance is Stance.RESERVED}


REFUSALS = [
    "AI-Training: disallowed",
    "Disallow-AI: yes",
    "DisallowAITraining: yes",
    "NoAI: true",
    "AI-Training=no",
    "Prohibits: ai-training",
    "TDM-Reservation: 1",
    "X-Robots-Tag: noai",
    "Content-Usage: ai-train=no",
    "Content-Usage: train-genai=n",
    "Content-Usage: train-ai=deny",
    "Content-Signal: train-ai=n",
    "Content-Signal: ai-training=no",
    "Content-Signal: ai-train=prohibited",
    "Content-Signal: ai-train=0",
]


@pytest.mark.parametrize("line", REFUSALS)
@pytest.mark.parametrize("place", ["first", "group", "last"])
def test_a_refusal_in_unknown_words_is_never_permitted(line: str, place: str) -> None:
    robots = {
        "first": f"{line}\n{YES}",
        "group": YES.replace("Allow: /", f"{line}\nAllow: /"),
        "last": f"{YES}\n{line}\n",
    }[place]
    assert judge(robots=robots).verdict is Verdict.RESERVED
    literal = judge(robots=robots, posture=LITERAL)
    assert literal.verdict in (Verdict.UNRESERVED, Verdict.RESERVED)
    assert literal.faults or literal.verdict is Verdict.RESERVED
    assert judge(robots=YES, posture=LITERAL).verdict is Verdict.PERMITTED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Content-Usage", "ai-train=no"),
        ("Content-Usage", "train-genai=n"),
        ("Content-Signal", "train-ai=n"),
        ("Content-Signal", "ai-training=deny"),
        ("X-Robots-Tag", "foo: 3, noai"),
        ("X-Robots-Tag", "no-ai"),
        ("X-Robots-Tag", "noaitraining"),
        ("X-Robots-Tag", "ai-training: no"),
        ("X-Robots-Tag", "noai: true"),
        ("X-Robots-Tag", "content-signal: search=yes, ai-train=no"),
        ("Robots-Tag", "noai"),
        ("AI-Training", "no"),
    ],
)
def test_fields_and_meta_tags_alike(field: str, value: str) -> None:
    for headers, html in (
        (((field, value),), None),
        ((), f'<meta http-equiv="{field}" content="{value}">'),
        ((), f'<meta name="{"robots" if "Robots" in field else field.lower()}" content="{value}">'),
    ):
        if html and field == "Robots-Tag":
            continue
        decision = judge(robots=YES, headers=headers, html=html)
        assert decision.verdict is Verdict.RESERVED
        assert all(repairs(decision))
        if not (html and "http-equiv" in html and field == "X-Robots-Tag"):
            assert judge(robots=YES, headers=headers, html=html, posture=LITERAL).verdict is not Verdict.RESERVED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Content-Usage", "search=y"),
        ("Content-Usage", "train-ai=y"),
        ("Content-Signal", "search=yes, ai-input=yes"),
        ("X-Robots-Tag", "noindex, nofollow, noarchive, nosnippet, noimageindex"),
        ("X-Robots-Tag", "max-snippet:-1, max-image-preview:large"),
        ("X-Robots-Tag", "unavailable_after: 25 Jun 2010 15:00:00 PST"),
        ("X-Robots-Tag", "otherbot: noindex, noai"),
        ("X-Robots-Tag", "GPTBot: none"),
        ("X-Robots-Tag", "none"),
        ("X-Robots-Tag", "noai: false"),
        ("AI-Policy", "https://site.example/no-ai-training"),
    ],
)
def test_ordinary_values_keep_their_outcome(field: str, value: str) -> None:
    for posture in Posture:
        assert judge(headers=((field, value),), posture=posture).verdict in (Verdict.UNRESERVED, Verdict.PERMITTED)
        html = f'<meta name="{"robots" if "Robots" in field else field.lower()}" content="{value}">'
        assert judge(html=html, posture=posture).verdict is Verdict.UNRESERVED


@pytest.mark.parametrize(
    "html",
    [
        '<meta http-equiv="X-Robots-Tag" content="noai">',
        '<meta property="robots" content="noai, noindex">',
        '<meta name="robots" content="noindex noai">',
        '<meta name="robots" content="no-ai">',
    ],
)
def test_what_takes_a_repair_to_hear_is_no_yes_to_the_letter(html: str) -> None:
    decision = judge(robots=YES, html=html, posture=LITERAL)
    assert decision.verdict is Verdict.UNRESERVED
    assert decision.faults
    assert judge(robots=YES, html=html).verdict is Verdict.RESERVED
    assert judge(robots=YES, headers=(("X-Robots-Tag", "noindex"),), posture=LITERAL).verdict is Verdict.PERMITTED


@pytest.mark.parametrize(
    "html",
    [
        '<meta name="description" content="no AI training here: noai, ai-train=no">',
        '<meta name="keywords" content="ai-training, no-train">',
        '<meta name="ai-disclosure" content="none">',
        '<meta name="content-signal" content="search=yes, ai-train=yes">',
        '<meta name="content-usage" content="train-ai=y">',
        "<meta name=“description” content=“the word noai, in a sentence”>",
        '<meta name="description" content="She said “noai” and “tdm-reservation”">',
        "<p>name=“robots” content=“noai”</p>",
    ],
)
def test_pages_that_refuse_nothing(html: str) -> None:
    for posture in Posture:
        assert judge(html=html, posture=posture).verdict is Verdict.UNRESERVED


# Quotation marks


QUOTED = [
    ("robots", "noai, noimageai"),
    ("robots", "noai"),
    ("tdm-reservation", "1"),
    ("content-signal", "ai-train=no, search=yes"),
    ("content-usage", "train-ai=n"),
]
PAIRS = [
    "“”",
    "””",
    "„“",
    "‟”",
    "«»",
    "″″",
    "‘’",
    "``",
    ("&quot;", "&quot;"),
    ("&ldquo;", "&rdquo;"),
    ("&#8220;", "&#x201d;"),
    ('\\"', '\\"'),
]


@pytest.mark.parametrize(("name", "content"), QUOTED)
@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_wrong_quotation_marks(name: str, content: str, pair: tuple[str, str]) -> None:
    opening, closing = pair
    for html in (
        f"<meta name={opening}{name}{closing} content={opening}{content}{closing}>",
        f"<meta content={opening}{content}{closing} name={opening}{name}{closing} />",
        f'<meta name="{name}" content={opening}{content}{closing}>',
        f"<meta name={name} content={opening} {content} {closing}>",
    ):
        for kind in ("text/html; charset=utf-8", "text/html"):
            decision = judge(html=html, kind=kind)
            assert decision.verdict is Verdict.RESERVED
        literal = judge(html=html, posture=LITERAL)
        assert literal.verdict is Verdict.UNRESERVED
        assert literal.faults


@pytest.mark.parametrize(
    "html",
    [
        '<meta name="robots” content="noai">',
        '<meta name="robots" content="noai”>',
        '<meta name="robots" content="noindex”>\n<meta name="tdm-reservation" content="1">',
        "<meta name='robots’ content='noai’>",
        "<meta name=“robots” content=“l’IA, noai”>",
    ],
)
def test_marks_of_two_kinds(html: str) -> None:
    decision = judge(html=html)
    assert decision.verdict is Verdict.RESERVED
    assert any("html-quotes" in code for code in repairs(decision))


def test_a_licence_in_wrong_quotation_marks_is_read_for_what_it_refuses() -> None:
    xml = '<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>{}</license></content></rsl>'
    inline = "<script type=“application/rsl+xml”>{}</script>".format(xml.replace('url="/"', 'url=""'))
    refused, granted = '<prohibits type="usage">ai-all</prohibits>', '<permits type="usage">all</permits>'
    assert judge(html=inline.format(refused)).verdict is Verdict.RESERVED
    assert judge(html=inline.format(granted)).verdict is Verdict.UNRESERVED
    assert judge(html=inline.format(refused), posture=LITERAL).faults


def test_a_permission_in_wrong_quotation_marks_is_none() -> None:
    assert judge(html="<meta name=“tdm-reservation” content=“0”>").verdict is Verdict.UNRESERVED


# Contradictions


REFUSING, GRANTING = "https://site.example/no.xml", "https://site.example/yes.xml"
LICENCES = {
    url: Fetched(
        status=200,
        body=f'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><{term} type="usage">all</{term}>'
        "</license></content></rsl>".encode(),
    )
    for url, term in ((REFUSING, "prohibits"), (GRANTING, "permits"))
}
HEADERS = st.lists(
    st.sampled_from(
        [
            ("Content-Usage", "train-ai=n"),
            ("Content-Usage", "train-ai=y"),
            ("Content-Usage", "train-ai=n;exp=1, search=y"),
            ("Content-Usage", "ai-train=no"),
            ("Content-Usage", "TRAIN"),
            ("Content-Usage", "tdm=n"),
            ("Content-Signal", "ai-train=no"),
            ("Content-Signal", "ai-train=yes, search=yes"),
            ("Content-Signal", "train-ai=n"),
            ("X-Robots-Tag", "noai"),
            ("X-Robots-Tag", "all"),
            ("X-Robots-Tag", "otherbot: noindex, noai"),
            ("X-Robots-Tag", "foo: 3, noai"),
            ("tdm-reservation", "0"),
            ("tdm-reservation", "1"),
            ("tdm-reservation", "1; x"),
            ("tdm-reservation", "yes, 0"),
            ("AI-Training", "no"),
            ("AI-Training", "yes"),
            ("X-Robots-Tag", "ExampleBot: noml, noindex"),
            ("X-Robots-Tag", "content-signal: ai-train=yes"),
            ("tdm-policy", "https://site.example/p.json"),
            ("tdm-policy", "/other.json"),
            ("Link", f'<{REFUSING}>; rel="license"; type="application/rsl+xml"'),
            ("Link", f'<{GRANTING}>; rel="license"; type="application/rsl+xml", </x>; rel="next"'),
            ("Link", '</a.c2pa>; rel="c2pa-manifest"'),
            ("crawler-charged", "USD 0.01"),
        ]
    ),
    max_size=5,
)
METAS = st.lists(
    st.sampled_from(
        [
            '<meta name="robots" content="noai">',
            '<meta name="robots" content="all">',
            '<meta name="ExampleBot" content="noml">',
            '<meta name="tdm-reservation" content="0">',
            '<meta name="tdm-reservation" content="1">',
            '<meta name="tdm-reservation" content="0,1">',
            '<meta name="content-signal" content="ai-train=no">',
            '<meta name="content-signal" content="ai-train=yes">',
            '<meta name="content-usage" content="train-ai=y, train-ai=n">',
            '<meta name="content-usage" content="train-ai=y">',
            "<meta name=“robots” content=“noai, noindex”>",
            '<meta name="ai-training" content="no">',
            '<meta name="ai-training" content="yes">',
            '<meta http-equiv="Content-Usage" content="train-ai=n">',
            '<meta http-equiv="X-Robots-Tag" content="noai">',
            '<meta name="GPTBot" content="noai">',
            '<meta name="tdm-policy" content="https://site.example/p.json">',
            f'<link rel="license" type="application/rsl+xml" href="{REFUSING}">',
            f'<link rel="license" type="application/rsl+xml" href="{GRANTING}">',
            f'<script type="application/rsl+xml">{LICENCES[REFUSING].body.decode()}</script>',
            f'<script type="application/rsl+xml">{LICENCES[GRANTING].body.decode()}</script>',
            '<link rel="c2pa-manifest" href="/a.c2pa">',
        ]
    ),
    max_size=5,
)
GROUPS = st.lists(
    st.builds(
        lambda agent, lines: "\n".join([f"User-agent: {agent}", *lines, "Allow: /", ""]),
        st.sampled_from(["*", "ExampleBot", "GPTBot", "Other", "GPTBot, CCBot", "AI-Training", "*\nUser-agent: CCBot"]),
        st.lists(
            st.sampled_from(
                [
                    "Content-Usage: train-ai=n",
                    "Content-Usage: train-ai=y",
                    "Content-Usage: /page train-ai=y",
                    "Content-Usage: train-ai=y, train-ai=n",
                    "Content-Signal: ai-train=yes",
                    "Content-Signal: ai-train=no",
                    "Content-Signal: train-ai=n",
                    "AI-Training: no",
                    "AI-Training: yes",
                    "Disallow-AI: /page",
                    "DisallowAITraining: /page",
                    "AllowAITraining: /",
                    "Disallow: /page",
                    "Disallow: /other",
                    "Prohibits: ai-training",
                    "Standard: cc",
                    "TDM-Reservation: 1",
                    "X-Robots-Tag: noai",
                    "Crawl-delay: 3",
                    "Content-Signal: /page ai-train=no, search=yes",
                    "# AI-Training: no",
                ]
            ),
            max_size=3,
        ),
    ),
    max_size=4,
)


@settings(max_examples=150)
@given(HEADERS, METAS, GROUPS, st.integers())
def test_no_order_changes_a_cautious_verdict(
    headers: list[tuple[str, str]], metas: list[str], groups: list[str], seed: int
) -> None:
    shuffle = random.Random(seed).shuffle
    before = judge(robots="\n".join(groups), headers=tuple(headers), html="".join(metas))
    for items in (headers, metas, groups):
        shuffle(items)
    after = judge(robots="\n".join(groups), headers=tuple(headers), html="".join(metas))
    assert (before.verdict, before.usages) == (after.verdict, after.usages)


NOUNS = st.sampled_from(
    ["AI", "AI-Training", "LLM-Training", "GenAI", "Training-AI", "ML", "TDM", "AI-Bots", "Machine-Learning"]
)
VERBS = st.sampled_from(["Disallow", "No", "Deny", "Forbid", "Block", "Prohibit", "Refuse", "Reject", "Exclude"])
NOS = st.sampled_from(
    ["no", "n", "deny", "denied", "disallow", "disallowed", "prohibited", "forbidden", "false", "0", "none", "off"]
)
LINES = st.one_of(
    st.builds("{}: {}".format, NOUNS, NOS),
    st.builds("{}-{}: yes".format, VERBS, NOUNS),
    st.builds("{}: {}".format, st.sampled_from(["Prohibits", "Forbids", "Deny", "Block"]), NOUNS),
    st.builds("Content-Usage: {}={}".format, st.sampled_from(["ai-training", "llm-training", "ai-train"]), NOS),
    st.builds("Content-Signal: {}={}".format, st.sampled_from(["ai-training", "train-ai", "ai-train"]), NOS),
)


FIELDS = st.one_of(
    st.tuples(st.sampled_from(["AI-Training", "ai-train", "X-AI-Training"]), NOS),
    st.tuples(st.just("Content-Usage"), st.builds("ai-training={}".format, NOS)),
    st.tuples(st.just("Content-Usage"), st.builds("train-ai={}".format, NOS.filter(lambda no: no != "0"))),  # a doubt
    st.tuples(st.just("Content-Signal"), st.builds("{}={}".format, st.sampled_from(["ai-train", "train-ai"]), NOS)),
    st.tuples(st.just("X-Robots-Tag"), st.sampled_from(["noai", "no-ai", "foo: 3, noai", "ai-training: no", "noml"])),
)
STRICTNESS = ("permitted", "unreserved", "undetermined", "reserved")


def strictness(decision: Decision) -> int:
    return STRICTNESS.index(decision.verdict.value)


@settings(max_examples=150)
@given(GROUPS, LINES, st.data(), st.sampled_from(Posture))
def test_a_refusal_added_to_any_robots_txt_makes_nothing_laxer(
    groups: list[str], line: str, data: st.DataObject, posture: Posture
) -> None:
    group = data.draw(st.sampled_from([*range(len(groups)), None]))
    if group is None:  # behind the last group, or alone
        added = [*groups, f"User-agent: *\nAllow: /\n{line}\n"]
    else:
        lines = groups[group].split("\n")
        agents = sum(each.startswith("User-agent") for each in lines)
        lines.insert(data.draw(st.integers(agents, len(lines) - 1)), line)
        added = [*groups[:group], "\n".join(lines), *groups[group + 1 :]]
    before, after = (judge(robots="\n".join(each), posture=posture) for each in (groups, added))
    assert strictness(after) >= strictness(before)


@settings(max_examples=150)
@given(HEADERS, METAS, FIELDS, st.sampled_from(["field", "name", "http-equiv"]), st.data(), st.sampled_from(Posture))
def test_a_refusal_added_to_any_response_makes_nothing_laxer(
    headers: list[tuple[str, str]],
    metas: list[str],
    more: tuple[str, str],
    place: str,
    data: st.DataObject,
    posture: Posture,
) -> None:
    name, value = more
    fields, tags = list(headers), list(metas)
    if place == "field":
        fields.insert(data.draw(st.integers(0, len(fields))), more)
    else:
        named = "robots" if name == "X-Robots-Tag" and place == "name" else name
        tags.insert(data.draw(st.integers(0, len(tags))), f'<meta {place}="{named}" content="{value}">')
    before = judge(robots=YES, headers=tuple(headers), html="".join(metas), posture=posture)
    after = judge(robots=YES, headers=tuple(fields), html="".join(tags), posture=posture)
    again = place == "field" and name == "Content-Usage" and name in dict(headers)
    if posture is CAUTIOUS or not again:  # to the letter the last of equal keys counts, whatever it says (RFC 9651 3.2)
        assert strictness(after) >= strictness(before)
    if posture is CAUTIOUS:
        assert after.verdict is Verdict.RESERVED
    assert after.verdict is not Verdict.PERMITTED


@settings(max_examples=200)
@given(LINES, st.sampled_from(Posture), st.booleans())
def test_whatever_begins_like_a_refusal_permits_nothing(line: str, posture: Posture, last: bool) -> None:
    robots = f"{YES}{line}\n" if last else f"{line}\n{YES}"
    decision = judge(robots=robots, posture=posture)
    assert decision.verdict is not Verdict.PERMITTED
    if posture is CAUTIOUS:
        assert decision.verdict is Verdict.RESERVED


# XHTML


XHTML = "http://www.w3.org/1999/xhtml"


def xhtml(declarations: str, meta: str = '<meta name="tdm-reservation" content="&r;"/>') -> str:
    return f'<!DOCTYPE html [{declarations}]><html xmlns="{XHTML}"><head>{meta}</head><body>x</body></html>'


BOMB = '<!ENTITY a "aaaaaaaaaa">' + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (
            f'<h:html xmlns:h="{XHTML}"><h:head><h:meta name="tdm-reservation" content="1"/></h:head></h:html>',
            "reserved",
        ),
        (
            f'<html xmlns="{XHTML}"><head><x:meta xmlns:x="{XHTML}" name="robots" content="noai"/></head></html>',
            "reserved",
        ),
        (xhtml('<!ENTITY r "1">'), "reserved"),
        (xhtml("<!ENTITY s '1'><!-- c --><!ENTITY r '&s;'>"), "reserved"),
        (xhtml('<!ENTITY n "tdm-reservation">', '<meta name="&n;" content="1"/>'), "reserved"),
        (xhtml('<!ENTITY m \'<meta name="tdm-reservation" content="1"/>\'>', "&m;"), "reserved"),
        (xhtml('<!ENTITY r "1">').encode("utf-16"), "reserved"),
        (xhtml('<!ENTITY r SYSTEM "https://site.example/e">'), "undetermined"),
        (xhtml('<!ENTITY % p SYSTEM "p">%p;<!ENTITY r "1">'), "undetermined"),
        (xhtml('<!ENTITY r "&r;">'), "undetermined"),
        (xhtml(BOMB + '<!ENTITY r "&m;">'), "undetermined"),
        (xhtml(f'<!ENTITY r "{"a" * 4000}">', "<title>x</title>" + "&r;" * 10_000), "undetermined"),
        (xhtml(BOMB + '<!ENTITY r "1">'), "reserved"),
        (xhtml('<!ENTITY nbsp "&#160;"><!ENTITY e SYSTEM "e">', "<title>&nbsp;</title>"), "unreserved"),
        (
            f'<html xmlns="{XHTML}"><head><s:meta xmlns:s="urn:x" name="tdm-reservation" content="1"/></head></html>',
            "unreserved",
        ),
        (f'<html xmlns="{XHTML}"><body><![CDATA[<!ENTITY r "1">]]></body></html>', "unreserved"),
    ],
)
def test_xhtml_as_an_xml_reader_sees_it(body: str | bytes, verdict: str) -> None:
    for kind in ("application/xhtml+xml", "application/xml"):
        for posture in Posture:
            assert judge(html=body, kind=kind, posture=posture).verdict == verdict
    if isinstance(body, str) and ":meta" in body:
        assert judge(html=body).verdict is Verdict.UNRESERVED  # to HTML a colon is a letter


@pytest.mark.parametrize("value", ["1;x", "1; mode=strict", "1,1", "0,1", "true; x", "“1”"])
def test_the_same_values_count_in_every_carrier(value: str) -> None:
    assert judge(headers=(("tdm-reservation", value),)).verdict is Verdict.RESERVED
    decision = judge(html=f'<meta name="tdm-reservation" content="{value}">')
    assert decision.verdict is Verdict.RESERVED
    assert any("C2" in code for code in repairs(decision))
    assert judge(html=f'<meta name="tdm-reservation" content="{value}">', posture=LITERAL).verdict is Verdict.UNRESERVED


@pytest.mark.parametrize("value", ["0;1", "0,0", "10", "1x", "-1", "; 1"])
def test_other_values_stay_unset(value: str) -> None:
    assert judge(html=f'<meta name="tdm-reservation" content="{value}">').verdict is Verdict.UNRESERVED
