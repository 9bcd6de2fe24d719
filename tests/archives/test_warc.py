"""WARC files as they should be: each kind of record, each kind of compression, each place."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tdm_guard.archives import Item, Unreadable, read_items
from tdm_guard.archives.items import NOT_TOLD
from tdm_guard.model import Stored
from tests.archives.made import HEAD, PAGE, RESPONSE, URL, packed, read, record, split

ID = ("WARC-Record-ID", "<urn:uuid:1>")


def test_a_response_is_read_with_all_its_fields(tmp_path: Path) -> None:
    (item,) = read(tmp_path, record(fields=[ID]))
    assert item == Item(
        url=URL,
        status=200,
        headers=(("Content-Type", "text/html"), ("X-Robots-Tag", "noai"), ("X-Robots-Tag", "bot: noindex")),
        body=PAGE,
        body_complete=True,
        at=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
        hops=(),
        stored=Stored("a.warc", 0, "<urn:uuid:1>", "response"),
        raw=(0, (tmp_path / "a.warc").stat().st_size),
    )


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_each_record_can_be_cut_out_and_gone_on_from(tmp_path: Path, name: str) -> None:
    records = [record(url=f"{URL}/{number}") for number in range(5)]
    data = packed(*records) if name.endswith("gz") else b"".join(records)
    items, damage = split(read(tmp_path, data, name))
    assert [item.url for item in items] == [f"{URL}/{number}" for number in range(5)]
    assert not damage
    pieces = [data[at : at + size] for at, size in (item.raw or (0, 0) for item in items)]
    assert b"".join(pieces) == data
    rest, _ = split(read(tmp_path, data, name, offset=items[3].stored.offset))
    assert rest == items[3:]


def test_a_file_that_is_gzip_as_a_whole_is_read_to_its_end(tmp_path: Path) -> None:
    records = [record(url=f"{URL}/{number}") for number in range(3)]
    items, damage = split(read(tmp_path, gzip.compress(b"".join(records)), "a.warc.gz"))
    assert not damage
    assert [(item.url, item.raw) for item in items] == [(f"{URL}/{number}", None) for number in range(3)]
    inside = [len(records[0]), len(records[0]) + len(records[1])]
    places = [(item.stored.file, item.stored.offset) for item in items]
    assert places == [("a.warc.gz", 0), *(("a.warc.gz!/@0", place) for place in inside)]


def test_what_no_site_speaks_for_is_counted(tmp_path: Path) -> None:
    passed: Counter[str] = Counter()
    data = (
        record("warcinfo", b"software: x\r\n", url=None)
        + record("response", b"20240101 1.2.3.4", url="dns:site.example")
        + record("resource", b"words", url="metadata://gnu.org/software/wget/warc/MANIFEST.txt")
        + record("resource", b"{}", url="urn:pageinfo:https://site.example/")
        + record("c2paprovenance", b"x")
        + record("novelty", b"x")
        + record("request", b"GET / HTTP/1.1\r\n\r\n")
        + record()
    )
    items, damage = split(read(tmp_path, data, passed=passed))
    assert [item.url for item in items] == [URL]
    assert not damage
    assert passed == {
        "warcinfo": 1,
        "dns:": 1,
        "metadata:": 1,
        "urn:": 1,
        "c2paprovenance": 1,
        "record of type novelty": 1,
        "request": 1,
    }


def test_what_fields_of_a_resource_said_is_not_known(tmp_path: Path) -> None:
    items, damage = split(read(tmp_path, record("resource", b"words", fields=[("Content-Type", "text/plain")])))
    assert not damage
    assert [(item.status, item.headers, item.body, item.body_complete, item.stored.type) for item in items] == [
        (None, (), b"words", False, "resource")
    ]
    assert items[0].notes == (NOT_TOLD,)


def test_what_was_made_of_an_answer_is_judged_by_that_answer(tmp_path: Path) -> None:
    page = RESPONSE.replace(b"\r\n\r\n", b"\r\nTDM-Reservation: 1\r\n\r\n", 1)
    text = [("WARC-Refers-To", "<urn:uuid:1>"), ("Content-Type", "text/plain")]
    data = record(block=page, fields=[("WARC-Record-ID", "<urn:uuid:1>")]) + record("conversion", b"words", fields=text)
    items, damage = split(read(tmp_path, data))
    assert not damage
    whole, made = items
    assert (made.status, made.headers, made.body) == (whole.status, whole.headers, whole.body)
    assert (made.stored.type, made.body_complete) == ("conversion", True)
    assert ("tdm-reservation", "1") in [(name.lower(), value) for name, value in made.headers]


@pytest.mark.parametrize("fields", [[], [("WARC-Refers-To", "<urn:uuid:9>")]])
def test_what_was_made_of_an_answer_that_is_not_here_is_not_known(
    tmp_path: Path, fields: list[tuple[str, str]]
) -> None:
    items, damage = split(read(tmp_path, record("conversion", b"words", fields=fields)))
    assert not damage
    (made,) = items
    assert (made.status, made.headers, made.body, made.body_complete) == (None, (), b"words", False)
    assert "not in these archives" in made.notes[-1]


def test_fields_that_a_tool_keeps_beside_a_page_are_heard(tmp_path: Path) -> None:
    block = b"fetchTimeMs: 12\r\nX-Robots-Tag: noai\r\n\r\n"
    (item,) = read(tmp_path, record("metadata", block, fields=[("Content-Type", "application/warc-fields")]))
    assert isinstance(item, Item)
    assert ("X-Robots-Tag", "noai") in item.headers
    assert (item.stored.type, item.body, item.status) == ("metadata", block, None)


def test_an_address_stands_in_brackets_or_not(tmp_path: Path) -> None:
    items, _ = split(read(tmp_path, record(url=f"<{URL}>") + record(url=URL)))
    assert [item.url for item in items] == [URL, URL]


def test_names_of_a_record_in_lower_case_are_read(tmp_path: Path) -> None:
    plain = record()
    head, blank, block = plain.partition(b"\r\n\r\n")
    version, line, fields = head.partition(b"\r\n")
    lowered = b"\r\n".join(n.lower() + c + v for n, c, v in (each.partition(b":") for each in fields.split(b"\r\n")))
    items, damage = split(read(tmp_path, version + line + lowered + blank + block))
    assert [item.body for item in items] == [PAGE]
    assert not damage


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-05", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-06", datetime(2024, 5, 6, tzinfo=UTC)),
        ("2024-05-06T07:08Z", datetime(2024, 5, 6, 7, 8, tzinfo=UTC)),
        ("2024-05-06T07:08:09.123456789Z", datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)),
        ("20240506070809", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024-05-06T09:08:09+02:00", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024-05-06T07:08:60Z", datetime(2024, 5, 6, 7, 8, 59, tzinfo=UTC)),
        ("yesterday", None),
        ("2024-99", None),
    ],
)
def test_times_of_any_length_are_read(tmp_path: Path, date: str, expected: datetime | None) -> None:
    (item,) = read(tmp_path, record(fields=[("WARC-Date", date)]))
    assert isinstance(item, Item)
    assert item.at == expected


def test_a_record_cut_short_by_who_stored_it_is_not_whole(tmp_path: Path) -> None:
    (item,) = read(tmp_path, record(fields=[("WARC-Truncated", "length")]))
    assert isinstance(item, Item)
    assert (item.body_complete, item.notes) == (False, ("cut short by who stored it: length",))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"none\.warc"):
        list(read_items(tmp_path / "none.warc"))


def test_redirects_lead_to_what_they_led_to(tmp_path: Path) -> None:
    first = b"HTTP/1.1 301 Moved\r\nLocation: /b\r\nTDM-Reservation: 1\r\n\r\n"
    second = b"HTTP/1.1 302 Found\r\nLocation: https://other.example/c#part\r\n\r\n"
    data = record(block=first, url="https://site.example/a") + record(block=second, url="https://site.example/b")
    data += record(url="https://other.example/c") + record(url="https://other.example/c")
    items, _ = split(read(tmp_path, data))
    ways = {(item.url, tuple(hop.url for hop in item.hops)) for item in items}
    a, b, c = "https://site.example/a", "https://site.example/b", "https://other.example/c"
    assert ways == {(a, ()), (b, (a,)), (c, (a, b)), (c, ())}
    assert next(item for item in items if len(item.hops) == 2).hops[0].header("tdm-reservation") == "1"


def test_the_answer_to_head_has_no_body(tmp_path: Path) -> None:
    head = record("request", b"HEAD /page HTTP/1.1\r\n\r\n", fields=[("WARC-Concurrent-To", "<urn:uuid:1>")])
    get = record("request", b"GET /page HTTP/1.1\r\n\r\n", fields=[("WARC-Concurrent-To", "<urn:uuid:1>")])
    answer = record(block=HEAD, fields=[ID])
    for data in (head + answer, answer + head):
        (item,) = read(tmp_path, data)
        assert isinstance(item, Item)
        assert (item.body, item.body_complete) == (None, False)
    for data in (get + answer, answer + get, answer):
        (item,) = read(tmp_path, data)
        assert isinstance(item, Item)
        assert (item.body, item.body_complete) == (b"", True)
    (item,) = read(tmp_path, head + record(fields=[ID]))
    assert isinstance(item, Item)
    assert item.body == PAGE  # a server that sends one all the same


def test_segments_are_joined(tmp_path: Path) -> None:
    first = record(block=RESPONSE[:150], fields=[ID, ("WARC-Segment-Number", "1")])
    origin = ("WARC-Segment-Origin-ID", "<urn:uuid:1>")
    second = record("continuation", RESPONSE[150:160], fields=[origin, ("WARC-Segment-Number", "2")])
    total = ("WARC-Segment-Total-Length", str(len(RESPONSE)))
    third = record("continuation", RESPONSE[160:], fields=[origin, ("WARC-Segment-Number", "3"), total])
    items, damage = split(read(tmp_path, first + second + third))
    assert ([(item.body, item.body_complete) for item in items], damage) == ([(PAGE, True)], [])
    items, damage = split(read(tmp_path, first + second))
    assert [(item.body_complete, item.raw) for item in items] == [(False, None)]
    items, damage = split(read(tmp_path, third))
    assert not items
    assert "continuation" in damage[0].what
