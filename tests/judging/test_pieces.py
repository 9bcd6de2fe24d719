"""What is kept of a response: the words that something rests on and what is around them, never a body whole."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.formats.files.asset import Packet, Place
from tdm_guard.judge import Judge
from tdm_guard.judging import spans
from tdm_guard.judging.case import Case
from tdm_guard.judging.extract import MAGIC, read_extract
from tdm_guard.judging.masked import masked
from tdm_guard.judging.pieces import MAX_PIECE, MAX_PIECES, MAX_TOTAL, Pieces, bounded, stamped
from tdm_guard.model import NOTHING, Declared, Fault, Reading, Source, Stance, Statement
from tdm_guard.options import Options
from tdm_guard.origin import Origin
from tdm_guard.secrecy.parameters import SECRETS
from tdm_guard.usage import TDM
from tests.support.assets import large_jpeg
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 28, tzinfo=UTC)
URL = "https://site.example/page"
META = '<meta name="tdm-reservation" content="1">'
SECRET = "SECRET WORDS OF THE ARTICLE"
OPTIONS: dict[str, Any] = {"agent": "ExampleBot", "evidence": "evidence"}
RSL = (
    '<rsl xmlns="https://rslstandard.org/rsl"><content url=""><license><prohibits type="usage">all</prohibits>'
    "</license></content></rsl>"
)


def heard(
    body: bytes = b"", *, headers: list[tuple[str, str]] | None = None, status: int = 200,
    hops: list[tuple[str, list[tuple[str, str]]]] | None = None, media: str = "text/html", **options: Any,
) -> Case:  # fmt: skip
    judge = Judge.of(Options.read(OPTIONS | options))
    policy = judge.read_policies(Origin.parse(URL), SILENT, now=NOW)
    case = Case(judge.bench, URL, policy, NOW)
    for url, fields in hops or []:
        case.hear_hop(url, iter(fields))
    case.hear_headers(status, [("content-type", media), *(headers or [])])
    case.hear_body(body)
    return case


def kept(case: Case) -> list[bytes]:
    """The pieces that the decision names; every statement of it names one."""
    decision = case.decision()
    assert decision.because
    assert case.pieces is not None
    names = dict.fromkeys(said.evidence for said in (*decision.because, *decision.faults) if said.sha256 is None)
    assert None not in names
    return [case.pieces.by_digest[str(name)] for name in names]


def words(piece: bytes) -> bytes:
    found = read_extract(piece)
    return piece if found is None else b"|".join(part.data for part in found.parts)


@pytest.mark.parametrize(
    "body",
    [b"", f"<title>a</title><p>{SECRET}".encode(), b"<meta name=description content=x>" * 9, b"words " * 40],
)
def test_where_nothing_is_said_nothing_is_kept(body: bytes) -> None:
    case = heard(body, headers=[("link", "</style.css>; rel=stylesheet"), ("server", "x")])
    assert not case.decision().because
    assert case.pieces is not None
    assert case.pieces.by_digest == {}


def test_without_the_option_no_piece_is_named() -> None:
    case = heard(f"<head>{META}</head>".encode(), headers=[("tdm-reservation", "1")], evidence=None)
    decision = case.decision()
    assert case.pieces is None
    assert {said.evidence for said in decision.because} == {None}
    assert "evidence" not in decision.to_dict()["because"][0]


def test_of_a_page_the_head_is_kept() -> None:
    page = f"<!doctype html>\r\n<html><head><title>T</title>\r\n{META}\r\n</head><body><p>{SECRET}</p></body></html>"
    [piece] = kept(heard(page.encode()))
    assert words(piece).decode() == page.partition("<body")[0]
    found = read_extract(piece)
    assert found is not None
    assert (found.size, found.parts[0].line) == (len(page), 1)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (
            f"<head><title>T</title></head><body>\n<p>{SECRET}\n{META}\n{SECRET}",
            f"<head><title>T</title></head>|{META}",
        ),
        (f"<body><p>{SECRET}</p>{META}<p>{SECRET}", META),
        (f"<head></head><p>{SECRET}</p>{META}{SECRET}<link rel=a>", f"<head></head>|{META}|<link rel=a>"),
        (f"{META}<p>{SECRET}", META),
        (f"<title>T</title>\n{META}\n<p>{SECRET} <a href=b>", META),
        (f"<head>{'<!-- x -->' * 9000}{META}</head>{SECRET}", META),
        (
            f'<head></head>\n{SECRET}<script type="application/rsl+xml">{RSL}</script>{SECRET}',
            f'<head></head>|<script type="application/rsl+xml">{RSL}',
        ),
        (f'<script>var s = "{SECRET}"</script>{META}', META),
    ],
)
def test_of_the_rest_the_tags_that_speak(page: str, expected: str) -> None:
    [piece] = kept(heard(page.encode()))
    assert words(piece).decode() == expected
    assert SECRET not in piece.decode()


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_of_a_page_in_wide_characters_too(coding: str) -> None:
    page = f"<head><title>é</title>\n{META}</head>\n<p>{SECRET}</p>"
    [piece] = kept(heard(page.encode(coding), media=f"text/html; charset={coding}"))
    assert words(piece).decode() == page.partition("\n<p>")[0]


def test_a_prefix_that_reserves_is_kept_as_far() -> None:
    judge = Judge.of(Options.read(OPTIONS))
    case = Case(judge.bench, URL, judge.read_policies(Origin.parse(URL), SILENT, now=NOW), NOW)
    case.hear_headers(200, [("content-type", "text/html")])
    assert case.hear_beginning(f"<title>a</title>{META}<p>{SECRET[:5]}".encode())
    assert [words(piece) for piece in kept(case)] == [META.encode()]


def test_fields_are_kept_but_no_secrets() -> None:
    fields = [
        ("Set-Cookie", "session=hidden"), ("X-Token", "hidden"), ("TDM-Reservation", "1"),
        ("tdm-policy", "https://user:hidden@site.example/policy"), ("Authorization", "hidden"),
    ]  # fmt: skip
    [piece] = kept(heard(b"x", headers=fields, status=404))
    assert piece == (b"content-type: text/html\r\nTDM-Reservation: 1\r\ntdm-policy: https://site.example/policy\r\n")


def test_addresses_in_fields_have_no_secrets_and_nothing_that_the_run_leaves_out() -> None:
    fields = [
        ("tdm-reservation", "1"),
        ("tdm-policy", "/policy?sig=hidden&page=2;email=hidden"),
        ("link", '<https://u:hidden@c.example/a?x-amz-signature=hidden>; rel="license", </b;jsessionid=hidden>'),
    ]
    [piece] = kept(heard(b"x", headers=fields, status=404, redact=["email"]))
    assert b"hidden" not in piece
    assert b"page=2" in piece
    assert b"sig=REDACTED" in piece


def test_addresses_on_a_page_are_masked_in_their_places() -> None:
    links = (
        b'<link rel=alternate href="/feed?PHPSESSID=hidden&amp;page=1"><link href=https://u:hidden@c.example/x.css>\n'
        b'<script>f("https://cdn.example/a?X-Amz-Signature=hidden\\u0026b=1#c", k?key:0)</script>\xff\xe9 a@b.example\n'
    )
    page = b"<head>" + links + META.encode() + b"</head><p>" + SECRET.encode()
    [piece] = kept(heard(page, redact=["b"]))
    extract = read_extract(piece)
    assert extract is not None
    [part] = extract.parts
    assert len(part.data) == len(page[part.offset :].partition(b"</head>")[0]) + len(b"</head>")
    assert b"hidden" not in piece
    for words in (
        b"PHPSESSID=******&amp;page=1",
        b"//********@c.example/x.css",
        b"k?key:0",
        b"a@b.example",
        META.encode(),
    ):
        assert words in part.data


@settings(max_examples=60)
@given(
    st.binary(max_size=80), st.sampled_from([b"https://a.example/?token=", b"/?x=1&sid=", b"ftp://u:p@h/;key=", b"="])
)
def test_masking_moves_nothing(data: bytes, before: bytes) -> None:
    told = masked(before + data, SECRETS)
    assert len(told) == len(before + data)
    assert told.count(b"\n") == (before + data).count(b"\n")
    assert masked(told, SECRETS) == told


def test_fields_that_a_signal_reads_are_none_if_they_are_secrets() -> None:
    reading = Reading(faults=(Fault.at(Source(URL, "header"), "x"),))
    pieces = Pieces()
    found = pieces.of_fields(reading, [("Set-Cookie", "a=hidden"), ("X", "1")], frozenset({"set-cookie", "x"}))
    assert pieces.by_digest[str(found.faults[0].evidence)] == b"X: 1\r\n"


def test_a_hop_has_a_piece_of_its_own() -> None:
    case = heard(b"", hops=[("https://site.example/old", [("tdm-reservation", "1"), ("location", "/page?token=x")])])
    assert kept(case) == [b"tdm-reservation: 1\r\n"]


def test_what_a_field_declares_rests_on_it() -> None:
    case = heard(b"", headers=[("link", '</licence.xml>; rel="license"; type="application/rsl+xml"')])
    assert case.declared
    assert [piece.splitlines()[1] for piece in kept(case)] == [
        b'link: </licence.xml>; rel="license"; type="application/rsl+xml"'
    ]


PROHIBITS = '<{0}license><{0}prohibits type="usage">all</{0}prohibits></{0}license>'
PREFIXED = f'<r:content url="/a">{PROHIBITS.format("r:")}</r:content>'
ALONE = f'<content xmlns="https://rslstandard.org/rsl" url="/a">{PROHIBITS.format("")}</content>'


@pytest.mark.parametrize(
    ("root", "expected"), [('<rss xmlns:r="https://rslstandard.org/rsl">', PREFIXED), ("<rss>", ALONE)]
)
def test_of_a_feed_the_licences(root: str, expected: str) -> None:
    item = f"<item><title>{SECRET}</title>{expected}<description>{SECRET}</description></item>"
    case = heard(f"{root}<channel>{item}</channel></rss>".encode(), media="application/rss+xml")
    assert [words(piece).decode() for piece in kept(case)] == [expected]
    [learned] = case.learned
    later = learned.said.sites[0].says("/a").statements
    assert later
    assert case.pieces is not None
    assert {said.evidence for said in later} <= set(case.pieces.by_digest)


def test_of_a_refusal_the_licence() -> None:
    for body in (f"<a>{SECRET}</a>{RSL}", RSL):
        pieces = kept(heard(body.encode(), status=401, media="application/xml"))
        assert [words(piece) for piece in pieces] == [RSL.encode()]


def test_of_a_file_the_packet() -> None:
    case = heard(large_jpeg()[:5000], media="image/jpeg")
    [piece] = [piece for piece in kept(case) if b"xmpmeta" in piece]
    assert b"\xff\xd8" not in piece


def box(label: bytes, content: bytes) -> bytes:
    described = b"cbor" + bytes(12) + b"\3" + label + b"\0"
    inner = struct.pack(">I", 8 + len(described)) + b"jumd" + described
    inner += struct.pack(">I", 8 + len(content)) + b"cbor" + content
    return struct.pack(">I", 8 + len(inner)) + b"jumb" + inner


def test_of_a_manifest_store_the_assertion_and_no_thumbnail() -> None:
    ours = box(b"cawg.training-mining", b"\xa1gentries")
    store = box(b"c2pa", box(b"c2pa.thumbnail.claim.jpeg", SECRET.encode()) + ours + box(b"stds.exif", b"x"))
    assert [store[start:stop] for start, stop in spans.assertions(store)] == [ours]
    pieces, reading = Pieces(), on("C2PA/active/cawg.training-mining")
    found = pieces.of_packets(reading, [Packet(Place.C2PA, "JPEG/APP11", store)], frozenset({Place.C2PA}))
    assert words(pieces.by_digest[str(found.statements[0].evidence)]) == ours


def test_of_xmp_all_but_thumbnails() -> None:
    picture = b"AAAA" * 400
    packet = b"<a><x:DataMining>no</x:DataMining><xmpGImg:image>" + picture + b"</xmpGImg:image></a>"
    pieces = Pieces()
    found = pieces.of_packets(on("JPEG/APP1/x"), [Packet(Place.XMP, "JPEG/APP1", packet)], frozenset({Place.XMP}))
    piece = words(pieces.by_digest[str(found.statements[0].evidence)])
    assert piece == packet.replace(picture, b"|")


def test_a_statement_rests_on_the_packet_that_it_names() -> None:
    packets = [
        Packet(Place.XMP, "PDF/Catalog/Metadata", b"one"),
        Packet(Place.RSL, "PDF/Other", b"no"),
        Packet(Place.XMP, "PDF/Page[1]/Metadata", b"two"),
    ]
    for locator, expected in (("PDF/Page[1]/Metadata/plus:DataMining", b"two"), ("PDF/Catalog/Metadata", b"one"),
                              (None, b"one"), ("elsewhere", b"one")):  # fmt: skip
        pieces = Pieces()
        found = pieces.of_packets(on(locator), packets, frozenset({Place.XMP}))
        assert pieces.by_digest[str(found.statements[0].evidence)] == expected
    assert Pieces().of_packets(on("x"), [], frozenset({Place.XMP})).statements[0].evidence is None


def on(locator: str | None, sha256: str | None = None) -> Reading:
    source = Source(URL, "jpeg", sha256=sha256)
    members: dict[str, Any] = {"signal": "xmp", "usages": TDM, "stance": Stance.RESERVED, "locator": locator}
    return Reading((Statement.at(source, **members),), (), (Declared.at(source, url=URL, signal="rsl"),))


def test_what_has_a_document_keeps_it() -> None:
    assert stamped(on("a", sha256="0" * 64), "1" * 64).statements[0].evidence is None
    assert stamped(on("a"), "1" * 64).declared[0].evidence == "1" * 64
    assert stamped(on("a"), None).statements[0].evidence is None


def test_pieces_are_bounded() -> None:
    pieces = Pieces()
    assert [pieces.keep(b"%d" % number) is None for number in range(MAX_PIECES + 1)] == [False] * MAX_PIECES + [True]
    assert pieces.keep(b"0") is not None
    large = Pieces()
    kept = [large.keep(bytes([number]) * MAX_PIECE) for number in range(9)]
    assert sum(digest is not None for digest in kept) == MAX_TOTAL // MAX_PIECE
    assert pieces.keep(b"") is None
    assert bounded(b"x" * MAX_PIECE) == b"x" * MAX_PIECE
    found = read_extract(bounded(b"x" * (MAX_PIECE + 1)))
    assert found is not None
    assert (found.size, len(found.parts[0].data)) == (MAX_PIECE + 1, MAX_PIECE)
    forged = read_extract(bounded(MAGIC + b'{"of":{"bytes":1},"parts":[]}\n'))
    assert forged is not None
    assert forged.parts[0].data.startswith(MAGIC)


BITS = st.sampled_from(
    [b"<meta ", b"<head>", b"</head>", b"<body", b">", b"\n", b"\r", META.encode(), b"<script", RSL.encode(), b'"',
     b' type="application/rsl+xml"', b"</script", b"xmlns:r='https://rslstandard.org/rsl'", b"<r:x", b"</r:x>", b"\0"]
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(body=st.lists(BITS | st.binary(max_size=6), max_size=30).map(b"".join), lines=st.sets(st.integers(0, 9)))
def test_spans_lie_within_whatever_comes(body: bytes, lines: set[int]) -> None:
    found = [*spans.tags(body, lines, 0, all_else=True), *spans.licences(body), *spans.assertions(body)]
    found += [*spans.without_pictures(body), *filter(None, [spans.page_head(body)])]
    assert all(0 <= start <= stop <= len(body) for start, stop in found)
    pieces = Pieces()
    for hear in (hearing(pieces.of_page, body, "utf-8"), hearing(pieces.of_challenge, body)):
        assert hear(NOTHING) is NOTHING
        hear(on("line 2"))


def hearing(hear: Callable[..., Reading], *rest: Any) -> Callable[[Reading], Reading]:
    return lambda reading: hear(reading, *rest)


@pytest.mark.parametrize(
    "unit",
    [b"<meta ", b"<script type=application/rsl+xml ", b"<" + b"a" * 64, b'xmlns="https://rslstandard.org/rsl"',
     b"<r:x xmlns:r='https://rslstandard.org/rsl'>", b"cawg.training-mining", b"<image=" + b"A" * 255],
)  # fmt: skip
def test_floods_end_soon(unit: bytes) -> None:
    body = unit * (4_000_000 // len(unit))
    spans.tags(body, {1}, 0, all_else=True)
    spans.licences(body)
    spans.assertions(body)
    spans.without_pictures(body)
    assert spans.page_head(body) is None
