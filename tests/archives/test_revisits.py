"""Revisits are judged by what they refer to, wherever in the archives that lies."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tdm_guard import Fetched, Judge
from tdm_guard.archives import Item, read_items
from tests.archives.made import DATE, HEAD, PAGE, URL, packed, read, record, split

SAME = ("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest")
NOT_MODIFIED = ("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/server-not-modified")
ID = "urn:uuid:11111111-1111-1111-1111-111111111111"
ORIGINAL = record(fields=[("WARC-Record-ID", f"<{ID}>")])
OWN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTDM-Reservation: 0\r\n\r\n"
LATER = ("WARC-Date", "2025-01-01T00:00:00Z")
BY_PLACE = [("WARC-Refers-To-Target-URI", URL), ("WARC-Refers-To-Date", DATE)]
WAYS = {
    "by id": [("WARC-Refers-To", f"<{ID}>")],
    "by bare id": [("WARC-Refers-To", ID)],
    "by address and time": BY_PLACE,
    "by address in brackets": [("WARC-Refers-To-Target-URI", f"<{URL}>"), BY_PLACE[1]],
}


def revisit(fields: list[tuple[str, str]], block: bytes = OWN, profile: tuple[str, str] = SAME) -> bytes:
    return record("revisit", block, fields=[*fields, profile, LATER])


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "whole.warc.gz"])
def test_a_revisit_has_the_body_of_its_original_and_its_own_fields(
    tmp_path: Path, way: list[tuple[str, str]], name: str
) -> None:
    records = record(url="https://other.example/"), ORIGINAL, revisit(way)
    data = packed(*records) if name == "a.warc.gz" else b"".join(records)
    items, damage = split(read(tmp_path, gzip.compress(data) if name[0] == "w" else data, name))
    assert not damage
    item = items[2]
    assert (item.url, item.status, item.body, item.body_complete) == (URL, 200, PAGE, True)
    assert ("TDM-Reservation", "0") in item.headers
    assert ("X-Robots-Tag", "noai") not in item.headers
    assert (item.stored.type, item.at) == ("revisit", datetime(2025, 1, 1, tzinfo=UTC))


def test_what_the_server_called_unchanged_keeps_its_fields(tmp_path: Path) -> None:
    block = b"HTTP/1.1 304 Not Modified\r\nTDM-Reservation: 1\r\n\r\n"
    items, _ = split(read(tmp_path, ORIGINAL + revisit(WAYS["by id"], block, NOT_MODIFIED)))
    assert (items[1].status, items[1].body) == (200, PAGE)
    assert {("X-Robots-Tag", "noai"), ("TDM-Reservation", "1")} <= set(items[1].headers)


def test_a_revisit_without_a_block_has_the_fields_of_its_original(tmp_path: Path) -> None:
    items, _ = split(read(tmp_path, ORIGINAL + revisit(WAYS["by id"], b"")))
    assert items[1].headers == items[0].headers
    assert (items[1].status, items[1].body) == (200, PAGE)


def test_what_framed_the_original_counts(tmp_path: Path) -> None:
    coded = gzip.compress(PAGE)
    head = HEAD[:-2] + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(coded)
    original = record(block=head + coded, fields=[("WARC-Record-ID", f"<{ID}>")])
    items, _ = split(read(tmp_path, original + revisit(WAYS["by id"], OWN[:-2] + b"Content-Length: 5\r\n\r\n")))
    fields = {name.lower(): value for name, value in items[1].headers}
    assert (items[1].body, fields["content-encoding"], fields["content-length"]) == (coded, "gzip", str(len(coded)))


def test_as_wget_writes_it(tmp_path: Path) -> None:
    """The id alone, `truncated: length`, and the address in brackets."""
    wgets = [("WARC-Refers-To", f"<{ID}>"), ("WARC-Truncated", "length"), ("WARC-Target-URI", f"<{URL}>")]
    items, _ = split(read(tmp_path, ORIGINAL + revisit(wgets)))
    assert (items[1].url, items[1].body, items[1].body_complete) == (URL, PAGE, True)


def test_a_revisit_of_what_is_not_there_has_no_body(tmp_path: Path) -> None:
    items, damage = split(read(tmp_path, revisit(WAYS["by id"]) + revisit([])))
    assert [(item.body, item.body_complete) for item in items] == [(None, False)] * 2
    assert all("no body is known" in item.notes[0] for item in items)
    assert ("TDM-Reservation", "0") in items[0].headers
    assert not damage
    decision = Judge(agent="Bot").evaluate(
        items[0].url,
        status=items[0].status,
        headers=items[0].headers,
        body=items[0].body,
        body_complete=items[0].body_complete,
        policies={"/robots.txt": Fetched(status=404), "/.well-known/tdmrep.json": Fetched(status=404)},
        now=datetime.now(UTC),
    )
    assert str(decision.verdict) == "undetermined"


@pytest.mark.parametrize("name", ["first.warc", "first.warc.gz"])
def test_the_original_may_lie_in_another_archive(tmp_path: Path, name: str) -> None:
    first = tmp_path / name
    other = record(url="https://other.example/")
    first.write_bytes(packed(other, ORIGINAL) if name.endswith("gz") else other + ORIGINAL)
    (tmp_path / "later.warc").write_bytes(revisit(WAYS["by id"]))
    missing = tmp_path / "gone.warc"
    (item,) = read_items(tmp_path / "later.warc", archives=[missing, first])
    assert isinstance(item, Item)
    assert (item.body, item.notes) == (PAGE, (f"a revisit of what lies in {name}",))


def test_the_original_may_stand_behind_its_revisit(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(revisit(WAYS["by id"]) + ORIGINAL)
    items, _ = split(read_items(path, archives=[path]))
    assert items[0].body == PAGE


def test_what_else_stands_at_a_place_is_no_original(tmp_path: Path) -> None:
    """An archive that was rewritten since it was noted."""
    first, later = tmp_path / "first.warc", tmp_path / "later.warc"
    first.write_bytes(ORIGINAL)
    later.write_bytes(record(url="https://other.example/") + revisit(WAYS["by id"]))
    found = read_items(later, archives=[first])
    next(found)
    first.write_bytes(record(url="https://else.example/"))
    (item,) = found
    assert isinstance(item, Item)
    assert item.body is None


DIGESTS = ("sha1:AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHH", "sha1:AAAABBBBCCCCDDDDEEEEFFFFGGGGIIII")


@pytest.mark.parametrize("named", [0, 1])
def test_of_two_answers_of_one_second_the_digest_tells_the_original(tmp_path: Path, named: int) -> None:
    """And where it does not, none of them is taken."""
    bodies = (PAGE, b"<p>another page")
    both = [
        record(block=HEAD + body, fields=[("WARC-Payload-Digest", digest), ("WARC-Record-ID", f"<urn:uuid:{digest}>")])
        for body, digest in zip(bodies, DIGESTS, strict=True)
    ]
    told = [*BY_PLACE, ("WARC-Payload-Digest", DIGESTS[named])]
    items, _ = split(read(tmp_path, b"".join([*both, revisit(told), revisit(BY_PLACE)])))
    assert items[2].body == bodies[named]
    assert items[3].body is None
    by_id = revisit([("WARC-Refers-To", f"<urn:uuid:{DIGESTS[0]}>"), ("WARC-Payload-Digest", DIGESTS[1])])
    items, _ = split(read(tmp_path, b"".join([*both, by_id]), "b.warc"))
    assert items[2].body == PAGE


def test_one_record_of_its_time_with_another_digest_is_no_original(tmp_path: Path) -> None:
    stored = record(fields=[("WARC-Payload-Digest", DIGESTS[0])])
    items, _ = split(read(tmp_path, stored + revisit([*BY_PLACE, ("WARC-Payload-Digest", DIGESTS[1])])))
    assert items[1].body is None
    items, _ = split(
        read(tmp_path, stored + revisit([*BY_PLACE, ("WARC-Payload-Digest", "md5:" + "0" * 32)]), "b.warc")
    )
    assert items[1].body == PAGE
