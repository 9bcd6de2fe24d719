"""What tools for archives were seen to do to answers on the way, and what it comes to here."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from tdm_guard import Ledger
from tdm_guard.archives import Item, read_items
from tdm_guard.archives.captures import WarcPolicies
from tdm_guard.archives.sources import MappingPolicies
from tdm_guard.ledger.batches import judge_table
from tdm_guard.ledger.desk import Desk
from tdm_guard.ledger.library import Library
from tests.archives.made import HEAD, PAGE, URL, packed, read, record, split
from tests.archives.test_verdicts import JUDGE, POLICIES, RESERVED, SILENT, chunked, judged, written

HTML = ("Content-Type", "text/html")
AT = datetime(2025, 1, 1, tzinfo=UTC)
ANSWER = ("WARC-Record-ID", "<urn:uuid:1>")
ITS_REQUEST = ("WARC-Concurrent-To", "<urn:uuid:1>")
ROBOTS = "https://site.example/robots.txt"
TEXT = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
OPEN = TEXT + b"User-agent: *\nDisallow:\n"


def warcinfo(software: str) -> bytes:
    return record("warcinfo", f"software: {software}\r\nformat: WARC File Format 1.0\r\n".encode(), url=None)


HAR2WARC = warcinfo("har2warc 1.0.4")


def unsaved(url: str = URL, status: bytes = b"200 OK") -> bytes:
    """An answer whose body a browser's log has not, as har2warc writes it."""
    return record(block=b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n" % status, url=url)


@pytest.mark.parametrize("pack", [packed, lambda *each: b"".join(each)], ids=["gzip", "plain"])
def test_a_body_that_har2warc_did_not_have_is_no_empty_one(tmp_path: Path, pack: object) -> None:
    data = pack(HAR2WARC, record(url=f"{URL}/1"), unsaved(f"{URL}/2"), unsaved(f"{URL}/3", b"404 Not Found"))  # type: ignore[operator]
    items, damage = split(read(tmp_path, data))
    assert not damage
    assert [(item.body, item.body_complete) for item in items] == [(PAGE, True), (None, False), (b"", True)]
    assert judged(items[1])[0] == "undetermined"
    again, _ = split(read(tmp_path, data, offset=items[1].stored.offset))  # the reading of an index, or that goes on
    assert again == items[1:]


def test_an_empty_page_is_one_where_others_wrote_it(tmp_path: Path) -> None:
    for first in (b"", warcinfo("a crawler"), HAR2WARC + warcinfo("a crawler that read har2warc's")):
        (item,) = read(tmp_path, first + unsaved())
        assert isinstance(item, Item)
        assert (item.body, item.body_complete, judged(item)[0]) == (b"", True, "unreserved")


def known(path: Path, data: bytes, origin: str = "https://site.example") -> dict[str, int | None]:
    """The documents of an origin that an archive has, with their statuses; None for one that could not be read."""
    path.write_bytes(data)
    source = WarcPolicies([path])
    try:
        found = source.documents(origin, AT)
        return {url: None if answer.error else answer.status for url, answer in found.items()}
    finally:
        source.close()


@pytest.mark.parametrize("status", [b"200 OK", b"204 No Content"])
def test_a_robots_txt_without_its_body_is_none(tmp_path: Path, status: bytes) -> None:
    path = tmp_path / "a.warc"
    assert known(path, HAR2WARC + unsaved(ROBOTS, status)) == {ROBOTS: None}
    head = record("request", b"HEAD /robots.txt HTTP/1.1\r\n\r\n", url=ROBOTS, fields=[ITS_REQUEST])
    answer = record(block=TEXT, url=ROBOTS, fields=[ANSWER])
    assert known(path, head + answer) == {}
    assert known(path, answer + head) == {}
    assert known(path, record(block=OPEN, url=ROBOTS, fields=[ANSWER]) + answer + head) == {ROBOTS: 200}
    assert known(path, answer + head.replace(b"HEAD ", b"GET ")) == {ROBOTS: 200}  # an empty one refuses nothing


def test_rules_are_of_one_origin_alone(tmp_path: Path) -> None:
    """A SURT is the same for all of these."""
    data = record(block=OPEN, url=ROBOTS)
    assert known(tmp_path / "a.warc", data) == {ROBOTS: 200}
    for other in ("http://site.example", "https://www.site.example", "https://site.example:8443"):
        assert known(tmp_path / "a.warc", data, other) == {}


def test_the_answer_to_head_in_a_collection_has_no_body(tmp_path: Path) -> None:
    head = record("request", b"HEAD /page HTTP/1.1\r\n\r\n", fields=[ITS_REQUEST])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("archive/a.warc.gz", packed(record(block=HEAD, fields=[ANSWER]), head))
        made.writestr("pages/pages.jsonl", json.dumps({"url": URL}))
    (item,) = read(tmp_path, out.getvalue(), "a.wacz")
    assert isinstance(item, Item)
    assert (item.body, item.body_complete) == (None, False)


def test_the_digest_of_an_empty_body_in_a_revisit_is_none_of_its_original(tmp_path: Path) -> None:
    """As wget writes it: what it verifies is not what was sent."""
    empty = "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
    named = [("WARC-Refers-To", ANSWER[1]), ("WARC-Truncated", "length"), ("WARC-Payload-Digest", empty)]
    items, damage = split(read(tmp_path, record(fields=[ANSWER]) + record("revisit", HEAD, fields=named)))
    assert not damage
    assert [item.body for item in items] == [PAGE, PAGE]


def test_a_page_that_was_stored_decoded_ends_nothing(tmp_path: Path) -> None:
    coded = HEAD[:-2] + b"Content-Encoding: gzip\r\n\r\n"
    data = packed(
        record(block=coded + gzip.compress(RESERVED)), record(block=coded + RESERVED), record(block=HEAD + PAGE)
    )
    items, damage = split(read(tmp_path, data, "a.warc.gz"))
    assert not damage
    assert [judged(item)[0] for item in items] == ["reserved"] * 3


@pytest.mark.parametrize(
    ("fields", "body", "said"),
    [
        ([("Content-Encoding", "gzip")], SILENT, "does not have the content coding 'gzip'"),
        ([], chunked(SILENT), "chunks, which no field says, were undone"),
        ([("Content-Encoding", "gzip")], gzip.compress(SILENT), None),
        ([("Transfer-Encoding", "chunked")], SILENT, None),
    ],
    ids=["stored decoded", "in chunks", "as received", "dechunked"],
)
def test_what_was_undone_although_no_field_says_so_stands_in_the_record(
    tmp_path: Path, fields: list[tuple[str, str]], body: bytes, said: str | None
) -> None:
    item = written(tmp_path / "a.warc", [HTML, *fields], body)
    decision = JUDGE.evaluate(
        item.url, status=item.status, headers=item.headers, body=item.body, policies=POLICIES, now=AT
    )
    assert str(decision.verdict) == "unreserved"
    told = [fault["message"] for fault in decision.to_dict()["faults"]]
    assert len(told) == (said is not None)
    assert said is None or said in told[0]


ROBOTS_TAGS = (
    "X-Robots-Tag: max-image-preview:large, noai",
    "X-Robots-Tag: all\nmax-image-preview:large\nnoai",
    "X-Robots-Tag: all\x00noai",
    "x-orig-x-robots-tag: all\nmax-snippet:9\nnoai",
)
SCOPED = "X-Robots-Tag: otherbot: noindex\nthatbot: noindex\nBot: noai"  # with bare line feeds, fields of their own


@pytest.mark.parametrize(
    ("line", "end"), [*[(line, end) for line in ROBOTS_TAGS for end in ("\r\n", "\n")], (SCOPED, "\r\n")]
)
def test_a_robots_tag_is_heard_whatever_glued_it(tmp_path: Path, line: str, end: str) -> None:
    head = end.join(["HTTP/1.1 200 OK", "Content-Type: text/html", line, "A: b", "", ""])
    for words, verdict in ((head, "reserved"), (head.replace("noai", "nosnippet"), "unreserved")):
        (item,) = read(tmp_path, record(block=words.encode() + SILENT))
        assert isinstance(item, Item)
        assert judged(item)[0] == verdict


def test_an_answer_with_bare_line_feeds_is_more_than_a_status_line(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\nContent-Type: text/html\nTDM-Reservation: 1\n\n"
    (item,) = read(tmp_path, record(block=head + SILENT))
    assert isinstance(item, Item)
    assert (item.status, item.body, judged(item)[0]) == (200, SILENT, "reserved")


def test_repeated_fields_stay_apart(tmp_path: Path) -> None:
    """Set-Cookie cannot be joined by commas, and of an agent's scope nothing may leak into the next line."""
    cookies = [("Set-Cookie", "a=1; Expires=Wed, 01 Jan"), ("Set-Cookie", "b=2")]
    fields = [HTML, *cookies, ("X-Robots-Tag", "other: noindex"), ("X-Robots-Tag", "noai")]
    item = written(tmp_path / "a.warc", fields, SILENT)
    assert item.headers == tuple(fields)
    assert judged(item)[0] == "reserved"


def test_what_lies_in_no_list_of_pages_is_judged_by_its_own_address(tmp_path: Path) -> None:
    """An index merges http with https and www: what is judged is the record."""
    urls = ["http://www.site.example/page", "https://site.example/page"]
    records = [packed(record(url=url)) for url in urls]
    (tmp_path / "a.warc.gz").write_bytes(b"".join(records))
    lines = [
        f"example,site)/page 20240506070809 {json.dumps({'url': urls[1], 'filename': 'a.warc.gz', 'offset': at})}\n"
        for at in (0, len(records[0]))
    ]
    (tmp_path / "index.cdxj").write_text("".join(lines))
    assert [each.url for each in read_items(tmp_path / "index.cdxj") if isinstance(each, Item)] == urls


def test_integers_that_became_floats_and_nulls_that_became_nan_are_read(tmp_path: Path) -> None:
    """As numpy and pandas have columns with nulls; an engine's batch is judged to its end."""
    reserved = [{"name": "TDM-Reservation", "value": "1"}]
    html = [{"name": "Content-Type", "value": "text/html"}]
    table = pa.table(
        {
            "url": [URL] * 6,
            "status": pa.array([200.0, 404.0, float("nan"), None, float("inf"), 200.0]),
            "headers": [html, html, html, html, html, reserved],
            "body": [SILENT, SILENT, SILENT, SILENT, SILENT, None],
        }
    )
    with Ledger(JUDGE, tmp_path / "tdm.jsonl") as ledger:
        said = MappingPolicies({URL.replace("/page", path): said for path, said in POLICIES.items()})
        found = judge_table(Desk(ledger, Library(ledger.judge, [said])), table)
    assert found["verdict"].to_pylist() == [*["unreserved"] * 4, "undetermined", "reserved"]
    assert {field.name: str(field.type) for field in found.schema}["decision"] == "string"  # nothing is pickled
