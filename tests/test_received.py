"""Between bytes as received and bytes that are read: codings, chunks, lengths, glued fields, for pages and policies."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard import Decision, Fetched, Judge
from tdm_guard.formats.http import content_coding
from tdm_guard.judging.case import Case
from tests.support import documents, pictures
from tests.support.silence import SILENT

NOW = datetime(2026, 11, 28, tzinfo=UTC)
URL = "https://site.example/a"
HTML = [("content-type", "text/html; charset=utf-8")]
LICENCE = "https://site.example/licence.xml"
DECLARES = Fetched(status=200, body=f"License: {LICENCE}\nUser-agent: *\nAllow: /\n".encode())


XMP = documents.xmp()
WORDS = b" ".join(b"%d words and more" % number for number in range(400))
META = b'<html><head><meta name="tdm-reservation" content="1"></head><body>' + WORDS
PLAIN = b"<!doctype html><html><head><title>t</title></head><body>" + WORDS
FEED = (
    b'<rss version="2.0" xmlns:rsl="https://rslstandard.org/rsl"><channel><item><link>https://site.example/a</link>'
    b'<rsl:content url="https://site.example/a"><rsl:license><rsl:prohibits type="usage">ai-all</rsl:prohibits>'
    b"</rsl:license></rsl:content></item></channel></rss>"
)
BODIES = {
    "page": ("text/html", META, PLAIN),
    "page of no type": (None, META, PLAIN),
    "page as octets": ("application/octet-stream", META, PLAIN),
    "feed": ("application/rss+xml", FEED, b"<rss version='2.0'><channel/></rss>"),
    "picture": ("image/jpeg", pictures.jpeg(pictures.app1(XMP)), pictures.jpeg()),
}
RULES = b"User-agent: *\nDisallow: /\n"
PROHIBITS = (
    b'<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><prohibits type="usage">ai-all</prohibits>'
    b"</license></content></rsl>"
)
DOCUMENTS = {
    "/robots.txt": (RULES, b"User-agent: *\nAllow: /\n"),
    "/.well-known/tdmrep.json": (b'[{"location": "/", "tdm-reservation": 1}]', b"[]"),
    "/ai.txt": (b"User-Agent: *\nDisallow: /\n", b"User-Agent: *\nDisallow:\n"),
    "/trust.txt": (b"member=https://a.example/\ndatatrainingallowed=no\n", b"member=https://a.example/\n"),
    LICENCE: (PROHIBITS, PROHIBITS.replace(b"prohibits", b"permits")),
}
CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
JUDGES = {
    posture: Judge(usages={"ai-training"}, agent="ExampleBot", posture=posture) for posture in ("cautious", "literal")
}
WITHHELD = {"reserved", "undetermined"}


def judged(
    *, url: str = URL, posture: str = "cautious", policies: dict[str, Fetched] | None = None, **how: Any
) -> Decision:
    return JUDGES[posture].evaluate(url, policies=SILENT | (policies or {}), now=NOW, **how)


def content(name: str, body: bytes, *fields: tuple[str, str], **how: Any) -> Decision:
    kind = BODIES[name][0]
    headers = ([("content-type", kind)] if kind else []) + list(fields)
    return judged(status=200, headers=headers, body=body, **how)


def policy(path: str, body: bytes, *fields: tuple[str, str], complete: bool = True, **how: Any) -> Decision:
    fetched = Fetched(status=200, headers=fields, body=body, complete=complete)
    declared = {"/robots.txt": DECLARES} if path == LICENCE else {}
    return judged(policies={**declared, path: fetched}, **how)


def coded(name: str) -> tuple[str, str]:
    return ("content-encoding", name)


def chunked(body: bytes, size: int = 16, end: bytes = b"0\r\n\r\n") -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + end


CHUNKED = ("transfer-encoding", "chunked")


# ---- codings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", CODERS)
@pytest.mark.parametrize("name", BODIES)
def test_coded_content_is_read_as_plain(name: str, coding: str) -> None:
    _, reserving, silent = BODIES[name]
    for body in (reserving, silent):
        plain, packed = content(name, body), content(name, CODERS[coding](body), coded(coding))
        assert (packed.verdict, packed.stage) == (plain.verdict, plain.stage)
        assert not packed.faults
    assert content(name, reserving).verdict == "reserved"


@pytest.mark.parametrize("coding", CODERS)
@pytest.mark.parametrize("path", DOCUMENTS)
def test_coded_documents_are_read_as_plain(path: str, coding: str) -> None:
    for body in DOCUMENTS[path]:
        plain, packed = policy(path, body), policy(path, CODERS[coding](body), coded(coding))
        assert packed.verdict == plain.verdict
        assert [each.sha256 for each in packed.checked] == [each.sha256 for each in plain.checked]
    assert policy(path, DOCUMENTS[path][0]).verdict == "reserved"


FALSE = ["utf-8", "none", "binary", "gzip", "deflate", "br", "zstd", "aws-chunked", "gzip, gzip", "br, gzip", "x"]


@pytest.mark.parametrize("coding", FALSE)
@pytest.mark.parametrize("name", BODIES)
def test_content_without_the_coding_of_its_field_is_read_as_it_stands(name: str, coding: str) -> None:
    _, reserving, silent = BODIES[name]
    assert content(name, reserving, coded(coding)).verdict == "reserved"
    decision = content(name, silent, coded(coding))
    assert decision.verdict == "unreserved"
    assert any("coding" in fault.message for fault in decision.faults)


@pytest.mark.parametrize("posture", JUDGES)
@pytest.mark.parametrize("coding", FALSE)
@pytest.mark.parametrize("path", DOCUMENTS)
def test_documents_without_the_coding_of_their_field_are_read_as_they_stand(
    path: str, coding: str, posture: str
) -> None:
    reserving, silent = DOCUMENTS[path]
    assert policy(path, reserving, coded(coding), posture=posture).verdict == "reserved"
    decision = policy(path, silent, coded(coding), posture=posture)
    assert decision.verdict == policy(path, silent, posture=posture).verdict
    assert any("coding" in fault.message for fault in decision.faults)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
@pytest.mark.parametrize("coding", ["gzip", "br", "x"])
def test_a_byte_order_mark_hides_no_markup(coding: str, mark: bytes) -> None:
    name = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}[mark]
    for text, verdict in ((META, "reserved"), (PLAIN, "unreserved")):
        body = mark + text.decode().encode(name)
        assert content("page", body, coded(coding)).verdict == verdict


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, br", "x", "compress", "gzip, x"])
@pytest.mark.parametrize("name", BODIES)
def test_content_that_cannot_be_decoded_is_never_silent(name: str, coding: str) -> None:
    decision = content(name, b"\x01\x02\x03 no such data", coded(coding))
    assert decision.verdict == "undetermined"
    assert any(coding.rpartition(", ")[2] in fault.message for fault in decision.faults)


@pytest.mark.parametrize("posture", JUDGES)
@pytest.mark.parametrize("coding", ["gzip", "br", "x", "gzip, gzip"])
@pytest.mark.parametrize("path", DOCUMENTS)
def test_documents_that_cannot_be_decoded_are_neither_empty_nor_absent(path: str, coding: str, posture: str) -> None:
    decision = policy(path, b"\x01\x02\x03 no such data", coded(coding), posture=posture)
    assert str(decision.verdict) in WITHHELD
    assert any(
        "gzip" in fault.message or repr(coding) in fault.message or coding in fault.message for fault in decision.faults
    )


def test_what_stands_behind_a_reservation_only_informs_and_holds_nothing_back() -> None:
    terms = "https://site.example/terms.json"
    page = PLAIN.replace(
        b"<title>",
        f'<meta name="tdm-reservation" content="1"><meta name="tdm-policy" content="{terms}"><title>'.encode(),
    )
    answer = Fetched(status=200, headers=[coded("x")], body=b"\1\2\3")
    assert judged(status=200, headers=HTML, body=page, policies={terms: answer}).verdict == "reserved"


@pytest.mark.parametrize("name", BODIES)
def test_without_the_module_of_a_coding_nothing_is_silent(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_coding, "optional", lambda *names: None)
    for coding in ("br", "zstd"):
        assert content(name, CODERS[coding](BODIES[name][1]), coded(coding)).verdict == "undetermined"
        assert content(name, BODIES[name][1], coded(coding)).verdict == "reserved"


@pytest.mark.parametrize("path", DOCUMENTS)
def test_without_the_module_no_document_is_empty(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_coding, "optional", lambda *names: None)
    for posture in JUDGES:
        for body in DOCUMENTS[path]:
            decision = policy(path, brotli.compress(body), coded("br"), posture=posture)
            assert str(decision.verdict) in WITHHELD


@pytest.mark.parametrize("quality", [1, 4, 11])
def test_a_coded_body_that_happens_to_begin_like_markup_is_decoded(quality: int) -> None:
    begun = set()
    for size in range(600, 1700):
        page = (META[:121] + WORDS * 2)[:size]
        stream = brotli.Compressor(quality=quality, lgwin=22)
        body = stream.process(page) + stream.flush() + stream.finish()
        if body.lstrip()[:1] == b"<":
            begun.add(size)
            assert content("page", body, coded("br")).verdict == "reserved"
            assert policy("/robots.txt", body, coded("br")).verdict == "unreserved"  # a page in its place
    assert begun


def test_a_document_of_another_coding_under_deflate_is_not_taken_for_deflate() -> None:
    for text in (b'[{"location": "/", "tdm-reservation": 1}]', b'[{"tdm-reservation":1,"location":"/"}]'):
        assert policy("/.well-known/tdmrep.json", text, coded("deflate")).verdict == "reserved"


def test_a_bomb_stays_within_its_bound() -> None:
    for coding, packs in CODERS.items():
        bomb = packs(b"User-agent: *\nAllow: /\n" + b"#" * 10**7)
        decision = policy("/robots.txt", bomb, coded(coding))
        assert decision.verdict == "unreserved"  # as a plain file that is longer than is read
        assert any("longer" in fault.message for fault in decision.faults)
        assert policy("/.well-known/tdmrep.json", bomb, coded(coding)).verdict == "undetermined"


def test_the_cut_that_a_caller_tells_of_is_no_damage() -> None:
    text = b"User-agent: *\nDisallow: /x\n" + b"".join(b"# line %d\n" % n for n in range(9000))
    body = gzip.compress(text)
    assert policy("/robots.txt", body[: len(body) // 2], coded("gzip"), complete=False).verdict == "unreserved"
    assert policy("/robots.txt", body[: len(body) // 2], coded("gzip")).verdict == "undetermined"


CODINGS = st.sampled_from(
    ["gzip", "br", "deflate", "zstd", "x", "utf-8", "identity", "compress", "", "GZip;q=1", "none"]
)
NAMES = st.sampled_from(["content-encoding", "Content-Encoding", "transfer-encoding", "Transfer-Encoding"])
FIELDS = st.lists(
    st.tuples(NAMES, st.lists(CODINGS, max_size=4).map(", ".join) | st.text(max_size=12)), min_size=1, max_size=3
)
FILES = {  # each with words that reserve
    "epub": ("application/epub+zip", documents.epub()),
    "mp3": ("audio/mpeg", documents.mp3(documents.id3(documents.private_frame(XMP)))),
    "pdf": ("application/pdf", documents.pdf(XMP)),
    "png": ("image/png", pictures.png(pictures.itxt(XMP))),
    "svg": ("image/svg+xml", pictures.svg(XMP)),
    "heif": ("image/heic", documents.heif(XMP)),
}


@given(fields=FIELDS, name=st.sampled_from(sorted(BODIES)), posture=st.sampled_from(sorted(JUDGES)))
def test_no_coding_field_takes_a_reservation_of_content_away(
    fields: list[tuple[str, str]], name: str, posture: str
) -> None:
    decision = content(name, BODIES[name][1], *fields, posture=posture)
    assert str(decision.verdict) in WITHHELD


@given(fields=FIELDS, path=st.sampled_from(sorted(DOCUMENTS)), posture=st.sampled_from(sorted(JUDGES)))
def test_no_coding_field_takes_a_reservation_of_a_document_away(
    fields: list[tuple[str, str]], path: str, posture: str
) -> None:
    decision = policy(path, DOCUMENTS[path][0], *fields, posture=posture)
    assert str(decision.verdict) in WITHHELD


@given(fields=FIELDS, name=st.sampled_from(sorted(FILES)), posture=st.sampled_from(sorted(JUDGES)))
def test_no_coding_field_takes_a_reservation_of_a_file_away(
    fields: list[tuple[str, str]], name: str, posture: str
) -> None:
    kind, body = FILES[name]
    assert judged(status=200, headers=[("content-type", kind)], body=body, posture=posture).verdict == "reserved"
    decision = judged(status=200, headers=[("content-type", kind), *fields], body=body, posture=posture)
    assert str(decision.verdict) in WITHHELD


@given(fields=FIELDS, status=st.sampled_from([401, 402]), posture=st.sampled_from(sorted(JUDGES)))
def test_no_coding_field_takes_a_licence_that_is_asked_for_away(
    fields: list[tuple[str, str]], status: int, posture: str
) -> None:
    decision = judged(status=status, headers=fields, body=PROHIBITS, posture=posture)
    assert str(decision.verdict) in WITHHELD


@given(
    layers=st.lists(st.sampled_from(sorted(CODERS)), max_size=3),
    name=st.sampled_from(sorted(BODIES)),
    pieces=st.integers(1, 900),
    framed=st.booleans(),
)
def test_what_is_coded_as_its_fields_say_comes_to_the_same(
    layers: list[str],
    name: str,
    pieces: int,
    framed: bool,
) -> None:
    for plain in BODIES[name][1:]:
        body = plain
        for layer in layers:
            body = CODERS[layer](body)
        fields = [coded(", ".join(layers))] if layers else []
        if framed:
            body, fields = chunked(body, pieces), [*fields, CHUNKED]
        else:
            fields.append(("content-length", str(len(body))))
        assert content(name, body, *fields).verdict == content(name, plain).verdict


# ---- chunks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [(CHUNKED,), ()])
@pytest.mark.parametrize("size", [1, 16, 64, 5000])
@pytest.mark.parametrize("name", BODIES)
def test_chunks_that_were_left_in_content_are_undone(name: str, size: int, fields: tuple[Any, ...]) -> None:
    _, reserving, silent = BODIES[name]
    assert content(name, chunked(reserving, size), *fields).verdict == "reserved"
    assert content(name, chunked(silent, size), *fields).verdict == "unreserved"
    packed = chunked(gzip.compress(reserving), size)
    assert content(name, packed, *fields, coded("gzip")).verdict == "reserved"


@pytest.mark.parametrize("fields", [(CHUNKED,), ()])
@pytest.mark.parametrize("path", DOCUMENTS)
def test_chunks_that_were_left_in_documents_are_undone(path: str, fields: tuple[Any, ...]) -> None:
    for body in DOCUMENTS[path]:
        plain = policy(path, body).verdict
        assert policy(path, chunked(body), *fields).verdict == plain
        assert policy(path, chunked(gzip.compress(body)), *fields, coded("gzip")).verdict == plain
        assert policy(path, body, CHUNKED).verdict == plain


@pytest.mark.parametrize("name", BODIES)
def test_content_whose_chunks_were_undone_already_is_read_as_it_stands(name: str) -> None:
    _, reserving, silent = BODIES[name]
    assert content(name, reserving, CHUNKED).verdict == "reserved"
    assert content(name, silent, CHUNKED).verdict == "unreserved"
    assert content(name, gzip.compress(silent), CHUNKED, coded("gzip")).verdict == "unreserved"


@pytest.mark.parametrize("name", BODIES)
def test_damaged_chunks_are_no_whole_body(name: str) -> None:
    whole = chunked(BODIES[name][2])
    assert content(name, b"10\r\n", CHUNKED).verdict == "undetermined"
    assert content(name, b"3\r\n" + BODIES[name][2], CHUNKED).verdict == "undetermined"
    if name == "picture":  # all of its header is there
        return
    for body in (
        whole[:-5],
        whole[:40],
        whole + b"x",
        whole.replace(b"10\r\n", b"11\r\n", 1),
        b"10\r\n",
        b"ffffff\r\nab",
    ):
        assert content(name, body, CHUNKED).verdict == "undetermined"


@pytest.mark.parametrize("path", DOCUMENTS)
def test_documents_in_damaged_chunks_are_neither_empty_nor_absent(path: str) -> None:
    whole = chunked(DOCUMENTS[path][1])
    for body in (whole[:-5], whole[:-7], whole + b"x", b"10\r\n"):
        assert str(policy(path, body, CHUNKED).verdict) in WITHHELD
    assert str(policy(path, chunked(DOCUMENTS[path][0])[:-5], CHUNKED).verdict) in WITHHELD


# ---- lengths --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BODIES)
def test_content_shorter_than_announced_is_not_whole(name: str) -> None:
    _, reserving, silent = BODIES[name]
    # Of a picture whose header is there all was looked at: pixels say nothing.
    for body in (b"", silent[:3]) if name == "picture" else (b"", silent[:30], silent):
        longer = ("content-length", str(len(body) + 2000))
        assert content(name, body, longer, ("tdm-reservation", "0")).verdict == "undetermined"
    assert content(name, reserving, ("content-length", "99999")).verdict == "reserved"


@pytest.mark.parametrize("posture", JUDGES)
@pytest.mark.parametrize("path", DOCUMENTS)
def test_documents_shorter_than_announced_are_not_whole(path: str, posture: str) -> None:
    reserving, silent = DOCUMENTS[path]
    longer = ("content-length", "99999")
    for body in (b"", silent, silent[: len(silent) // 2]):
        assert str(policy(path, body, longer, posture=posture).verdict) in WITHHELD
    assert str(policy(path, reserving, longer, posture=posture).verdict) in WITHHELD
    if path in ("/robots.txt", "/ai.txt", "/trust.txt"):
        assert policy(path, reserving, longer, posture=posture).verdict == "reserved"


@pytest.mark.parametrize(
    "value", ["{}", "{}, {}", "1", "0", "-5", "+99999", "many", "", "1e9", "{},99999", "99999, {}", "９９９９９"]
)
def test_lengths_that_fit_or_say_nothing_take_nothing_away(value: str) -> None:
    length = ("content-length", value.replace("{}", str(len(PLAIN))))
    assert content("page", PLAIN, length).verdict == "unreserved"
    assert content("page", PLAIN, length, ("Content-Length", str(len(PLAIN)))).verdict == "unreserved"


@pytest.mark.parametrize("value", ["99999", "99999, 99999", "99999\n99999", "9" * 400, "7, 99999"])
def test_lengths_however_written_count(value: str) -> None:
    assert content("page", PLAIN, ("Content-Length", value)).verdict == "undetermined"


def test_with_a_coding_the_length_is_that_of_the_coded_body() -> None:
    packed = gzip.compress(PLAIN)
    for length in (str(len(packed)), "5000"):
        assert content("page", PLAIN[:100], coded("gzip"), ("content-length", length)).verdict == "unreserved"
    assert content("page", packed, coded("gzip"), ("content-length", str(len(packed)))).verdict == "unreserved"
    assert content("page", packed, coded("gzip"), ("content-length", str(len(packed) + 1))).verdict == "undetermined"
    assert content("page", b"", coded("gzip"), ("content-length", "20")).verdict == "unreserved"
    assert content("page", b"", coded("gzip"), ("content-length", "5000")).verdict == "undetermined"
    assert policy("/robots.txt", b"", coded("gzip"), ("content-length", "46")).verdict == "unreserved"
    assert policy("/robots.txt", b"", coded("gzip"), ("content-length", "4600")).verdict == "undetermined"


def test_a_length_beside_a_transfer_coding_does_not_count() -> None:
    assert content("page", PLAIN, CHUNKED, ("content-length", "99999")).verdict == "unreserved"


@pytest.mark.parametrize("status", [204, 205, 304, 404])
def test_the_length_of_what_has_no_body_says_nothing(status: int) -> None:
    assert judged(status=status, headers=[*HTML, ("content-length", "5000")], body=b"").verdict == "unreserved"
    assert (
        judged(policies={"/robots.txt": Fetched(status=404, headers=[("content-length", "26")])}).verdict
        == "unreserved"
    )


# ---- glued fields ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("glue", ["\n", "\r\n", "\0", "\r", "\n\n"])
@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("tdm-reservation", ("1", "1")),
        ("TDM-Reservation", ("0", "1")),
        ("x-robots-tag", ("otherbot: noindex", "noai")),
        ("content-usage", ("train-ai=y", "train-ai=n")),
        ("link", ('<https://site.example/x>; rel="next"', f'<{LICENCE}>; rel="license"; type="application/rsl+xml"')),
        ("content-type", ("text/plain", "text/html")),
    ],
)
def test_glued_fields_are_parted(name: str, lines: tuple[str, str], glue: str) -> None:
    body = META if name == "content-type" else PLAIN
    kind = [] if name == "content-type" else HTML
    policies = {LICENCE: Fetched(status=200, body=PROHIBITS)}
    apart = judged(status=200, headers=[*kind, *((name, line) for line in lines)], body=body, policies=policies)
    glued = judged(status=200, headers=[*kind, (name, glue.join(lines))], body=body, policies=policies)
    assert apart.verdict == glued.verdict == "reserved"


def test_a_folded_line_is_one_line() -> None:
    folded = [*HTML, ("x-robots-tag", "otherbot: noindex,\r\n noai")]
    assert judged(status=200, headers=folded, body=PLAIN).verdict == "unreserved"


def test_glued_codings_and_fields_of_documents_and_hops_are_parted() -> None:
    packed = brotli.compress(gzip.compress(META))
    assert content("page", packed, coded("gzip\nbr")).verdict == "reserved"
    assert policy("/robots.txt", gzip.compress(RULES), coded("gzip\ngzip")).verdict == "reserved"
    hop = Fetched(status=302, headers=[("tdm-reservation", "0\n1")], url="https://site.example/old")
    assert judged(status=200, headers=HTML, body=PLAIN, hops=[hop]).verdict == "reserved"


# ---- no content by status, sniffing, charsets -----------------------------------------------------------------------


@pytest.mark.parametrize("status", [204, 205])
def test_bytes_under_a_status_without_content_are_content(status: int) -> None:
    decision = judged(status=status, headers=HTML, body=META)
    assert (decision.verdict, decision.content) == ("reserved", True)
    decision = judged(status=status, headers=HTML, body=PLAIN)
    assert (decision.verdict, decision.content) == ("unreserved", True)
    decision = judged(status=status, headers=HTML, body=b"")
    assert (decision.verdict, decision.content) == ("unreserved", False)


def case(*fields: tuple[str, str], status: int = 200, bodiless: bool = False) -> Case:
    judge = JUDGES["cautious"]
    found = Case(judge.bench, URL, judge.read_policies("https://site.example", SILENT, now=NOW), NOW)
    found.hear_headers(status, fields, bodiless=bodiless)
    return found


@pytest.mark.parametrize(("status", "bodiless"), [(204, False), (205, False), (200, True)])
def test_whether_a_byte_comes_is_waited_for(status: int, bodiless: bool) -> None:
    for body, there, verdict in ((b"", False, "unreserved"), (META, True, "reserved"), (b"x", True, "unreserved")):
        heard = case(*HTML, status=status, bodiless=bodiless)
        assert heard.wants_body()
        heard.hear_body(body)
        assert not heard.wants_body()
        decision = heard.decision()
        assert (decision.content, decision.verdict) == (there, verdict)


def test_a_prefix_that_decodes_to_nothing_yet_proves_nothing() -> None:
    long_field = b"\x1f\x8b\x08\x04" + bytes(4) + b"\0\x03" + (3000).to_bytes(2, "little") + bytes(3000)
    for name, body in {"gzip": long_field, "zstd": zstd.compress(META)[:90], "br": brotli.compress(META)[:3]}.items():
        for kind in ([], [("content-type", "application/octet-stream")], [("content-type", "application/xml")]):
            assert case(*kind, coded(name)).wants_body(body[:1445])
            assert judged(status=200, headers=[*kind, coded(name)], body=body).verdict == "undetermined"


@pytest.mark.parametrize("kind", [None, "application/octet-stream", "application/xml", "text/xml"])
@pytest.mark.parametrize(
    "leading", [b"<!-- " + b"x" * 3000 + b" -->", b" \n" * 3000, b"<?pi " + b"x" * 3000 + b"?>", b"<!-- x -->\n" * 400]
)
def test_pages_behind_long_beginnings_are_pages(leading: bytes, kind: str | None) -> None:
    if kind and "xml" in kind:
        leading = b"<?xml version='1.0'?>" + leading
    fields = [("content-type", kind)] if kind else []
    assert case(*fields).wants_body(leading[:1445])
    for body, verdict in ((leading + META, "reserved"), (leading + PLAIN, "unreserved")):
        assert judged(status=200, headers=fields, body=body).verdict == verdict
        assert judged(status=200, headers=[*fields, coded("gzip")], body=gzip.compress(body)).verdict == verdict


def test_what_shows_itself_as_neither_is_not_wanted() -> None:
    for body in (b"\x7fELF" + bytes(2000), b"plain words " * 200, b"{}" + b" " * 3000):
        assert not case(("content-type", "application/octet-stream")).wants_body(body)
        assert not case(coded("gzip")).wants_body(gzip.compress(body + WORDS * 40)[:1445])
    assert not case(("content-type", "application/json"), coded("gzip")).wants_body(gzip.compress(WORDS * 40)[:1445])


def test_sniffing_decodes_no_bomb() -> None:
    bomb = gzip.compress(bytes(5 * 10**7))
    assert not case(("content-type", "application/octet-stream"), coded("gzip")).wants_body(bomb)


@pytest.mark.parametrize(
    ("label", "codec"),
    [("utf-32", "utf-32"), ("utf-32-be", "utf-32-be"), ("cp037", "cp037"), ("cp500", "cp500"), ("utf-7", "utf-7"),
     (None, "utf-32"), (None, "utf-32-le"), (None, "utf-16-le"), (None, "utf-16-be")],
)  # fmt: skip
def test_encodings_that_only_some_readers_know_are_undetermined(label: str | None, codec: str) -> None:
    kind = "text/html" + (f"; charset={label}" if label else "")
    for text in (META, PLAIN):
        body = text.decode().encode(codec)
        decision = judged(status=200, headers=[("content-type", kind)], body=body)
        assert str(decision.verdict) in (WITHHELD if codec == "utf-7" and text is META else {"undetermined"})


@pytest.mark.parametrize(
    ("label", "codec"),
    [("utf-16", "utf-16"), ("utf-16", "utf-16-le"), ("utf-16le", "utf-16-le"), ("utf-16be", "utf-16-be"),
     ("ucs-2", "utf-16-le"), ("UTF-8", "utf-8"), ("no-such", "utf-8"), ("shift_jis", "shift_jis"),
     ("iso-2022-jp", "iso2022_jp"), ("cp850", "cp850"),
     ("x-user-defined", "ascii"), ("", "ascii"), ("base64", "ascii"), ("johab", "johab"), ("gb18030", "gb18030")],
)  # fmt: skip
def test_other_encodings_are_read_as_browsers_do(label: str, codec: str) -> None:
    for text, verdict in ((META, "reserved"), (PLAIN, "unreserved")):
        body = text.decode().encode(codec)
        decision = judged(status=200, headers=[("content-type", f"text/html; charset={label}")], body=body)
        assert decision.verdict == verdict


def test_a_page_that_is_not_in_utf_16_as_it_says_is_read_as_both() -> None:
    for label in ("utf-16", "UTF-16LE", "unicode", "utf-16be"):
        headers = [("content-type", f"text/html; charset={label}")]
        assert judged(status=200, headers=headers, body=META).verdict == "reserved"
        assert judged(status=200, headers=headers, body=PLAIN).verdict == "undetermined"
    swapped = judged(
        status=200, headers=[("content-type", "text/html; charset=utf-16")], body=META.decode().encode("utf-16-be")
    )
    assert swapped.verdict == "reserved"


@pytest.mark.parametrize(
    ("coding", "kind"),
    [  # of these two codings the first bytes show nothing, where no other type is due
        (coding, kind)
        for coding in CODERS
        for kind in ("text/html", "application/xhtml+xml", "application/rss+xml", "text/xml")
        if kind != "text/xml" or coding not in ("br", "deflate")
    ],
)
def test_documents_that_are_coded_without_saying_so_are_undetermined(kind: str, coding: str) -> None:
    body = CODERS[coding](META)
    assert judged(status=200, headers=[("content-type", kind)], body=body).verdict == "undetermined"


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
@pytest.mark.parametrize("path", DOCUMENTS)
def test_policies_that_are_coded_without_saying_so_are_neither_empty_nor_absent(path: str, coding: str) -> None:
    for body in DOCUMENTS[path]:
        assert str(policy(path, CODERS[coding](body)).verdict) in WITHHELD


def test_binary_files_of_generic_types_stay_silent() -> None:
    for kind in ("application/octet-stream", "application/gzip", "application/x-tar"):
        assert judged(status=200, headers=[("content-type", kind)], body=gzip.compress(PLAIN)).verdict == "unreserved"


def test_a_challenge_that_cannot_be_decoded_may_be_a_licence() -> None:
    for status in (401, 402):
        plain = judged(status=status, headers=[coded("gzip")], body=PROHIBITS)
        assert plain.verdict == judged(status=status, headers=[coded("gzip")], body=gzip.compress(PROHIBITS)).verdict
        assert str(judged(status=status, headers=[coded("x")], body=b"\1\2\3").verdict) in WITHHELD
    assert judged(status=401, headers=HTML, body=PLAIN).verdict == "unreserved"


# ---- what follows the first member, fields that name no coding, charsets that a page names itself --------------------


SKIPPED = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"abcd"  # RFC 8878 3.1.2


@pytest.mark.parametrize(
    ("coding", "between"),
    [("gzip", b""), ("gzip", bytes(300)), ("zstd", b""), ("zstd", SKIPPED), ("zstd", 3 * SKIPPED)],
)
def test_members_behind_padding_and_skipped_frames_are_read(coding: str, between: bytes) -> None:
    pack: Callable[[bytes], bytes] = {"gzip": gzip.compress, "zstd": zstd.compress}[coding]
    field = [("content-encoding", coding)]
    page = pack(META[:20]) + between + pack(META[20:])
    assert judged(status=200, headers=[*HTML, *field], body=page).verdict == "reserved"
    rules = pack(b"User-agent: *\n") + between + pack(b"Disallow: /\n")
    policies = {"/robots.txt": Fetched(status=200, headers=field, body=rules)}
    assert judged(policies=policies).verdict == "reserved"


@pytest.mark.parametrize("coding", ["utf-8", "none", "binary", "8bit", "ISO-8859-1"])
@pytest.mark.parametrize("kind", ["text/plain", "text/markdown", "application/octet-stream", "", "text/csv"])
def test_a_field_that_names_no_coding_refuses_nothing(coding: str, kind: str) -> None:
    headers = [*([("content-type", kind)] if kind else []), ("content-encoding", coding)]
    body = bytes(range(256)) * 9 if kind == "application/octet-stream" else b"Words of a text.\n" * 99
    assert judged(status=200, headers=headers, body=body).verdict == "unreserved"
    if kind != "text/csv":  # in which nothing speaks
        assert judged(status=200, headers=headers, body=gzip.compress(META)).verdict != "unreserved"


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_a_text_that_was_stored_decoded_is_read_as_it_stands(coding: str) -> None:
    headers = [("content-type", "text/plain"), ("content-encoding", coding)]
    assert judged(status=200, headers=headers, body=b"Words of a text.\n" * 99).verdict == "unreserved"
    assert judged(status=200, headers=headers, body=bytes(range(256)) * 9).verdict == "undetermined"


EBCDIC = '<html><head><meta name="tdm-reservation" content="1"></head></html>'.encode("cp037")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", b'<html><head><meta charset="cp037"></head>' + EBCDIC),
        ("text/html", b"<html><META HTTP-EQUIV=Content-Type CONTENT='text/html; CHARSET = cp037'>" + EBCDIC),
        ("text/html", b'<?xml version="1.0" encoding="cp037"?>' + EBCDIC),
        ("text/html, charset=cp037", EBCDIC),
        ("text/html charset=cp037", EBCDIC),
        ("text/html", b'<html><meta charset="utf-16">' + META.decode().encode("utf-16-be")),
    ],
)
def test_a_charset_that_a_page_names_itself_may_hide_tags(kind: str, body: bytes) -> None:
    assert judged(status=200, headers=[("content-type", kind)], body=body).verdict == "undetermined"


@pytest.mark.parametrize("name", ["utf-8", "windows-1252", "shift_jis", "gb18030", "euc-kr", "utf-16", "x-unknown", ""])
def test_usual_charsets_of_pages_hide_nothing(name: str) -> None:
    body = f'<!doctype html><meta charset="{name}"><title>t</title>'.encode() + WORDS
    assert judged(status=200, headers=[("content-type", "text/html")], body=body).verdict == "unreserved"


@pytest.mark.parametrize("around", [" ", "\n", "\t", "\x01", "\r\n "])
def test_blanks_around_an_address_are_none_of_it(around: str) -> None:
    rules = {"/robots.txt": Fetched(status=200, body=b"User-agent: *\nDisallow: /a\n")}
    for url in (around + URL, URL + around):
        assert judged(url=url, policies=rules).verdict == "reserved"
