"""What an archive does not tell whole stays in doubt, and none of its records goes without a word."""

from __future__ import annotations

import base64
import io
import json
import warnings
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tdm_guard.archives import Item, Unreadable, WarcPolicies, read_items
from tests.archives.made import HEAD, PAGE, RESPONSE, URL, read, record, split

OF_ONE = ("WARC-Record-ID", "<urn:uuid:1>")
TO_ONE = ("WARC-Refers-To", "<urn:uuid:1>")
EMPTY = b"HTTP/1.1 200 OK\r\nX-Robots-Tag: noai\r\n\r\n"
HTTP = [("Content-Type", "application/http; msgtype=response")]


def test_all_empty_answers_of_an_index_come(tmp_path: Path) -> None:
    lines, data = [], b""
    for number in range(3):
        made = record(block=EMPTY, url=f"{URL}/{number}")
        said = {"url": f"{URL}/{number}", "filename": "a.warc", "offset": str(len(data)), "length": str(len(made))}
        lines.append(f"example,site)/{number} 20240101000000 {json.dumps(said)}\n")
        data += made
    (tmp_path / "a.warc").write_bytes(data)
    items, damage = split(read(tmp_path, "".join(lines).encode(), "a.cdxj"))
    assert not damage
    assert sorted(item.url for item in items) == [f"{URL}/{number}" for number in range(3)]


@pytest.mark.parametrize("kind", ["conversion", "revisit"])
def test_an_original_without_its_body_tells_nothing(tmp_path: Path, kind: str) -> None:
    data = record(block=EMPTY.replace(b"X-Robots-Tag: noai\r\n", b""), fields=[OF_ONE])
    data += record(kind, b"", fields=[TO_ONE])
    items, _ = split(read(tmp_path, data))
    (made,) = [item for item in items if item.stored.type == kind]
    assert (made.body, made.body_complete) == (None, False)


def test_an_original_that_was_stored_with_its_head_is_read_with_it(tmp_path: Path) -> None:
    page = RESPONSE.replace(b"\r\n\r\n", b"\r\nX-Robots-Tag: noai\r\n\r\n", 1)
    data = record("resource", page, fields=[OF_ONE, *HTTP]) + record("conversion", b"words", fields=[TO_ONE])
    whole, made = split(read(tmp_path, data))[0]
    assert (made.status, made.headers, made.body) == (whole.status, whole.headers, whole.body)


def test_a_revisit_whose_own_head_is_cut_is_not_whole(tmp_path: Path) -> None:
    data = record(fields=[OF_ONE]) + record("revisit", b"HTTP/1.1 200 OK\r\nX-Robo", fields=[TO_ONE])
    _, again = split(read(tmp_path, data))[0]
    assert not again.body_complete
    _, whole = split(read(tmp_path, record(fields=[OF_ONE]) + record("revisit", HEAD, fields=[TO_ONE])))[0]
    assert whole.body_complete


@pytest.mark.parametrize(
    "block",
    [
        b'{"Envelope": {"Payload-Metadata": {"HTTP-Response-Metadata": {"Headers": {"X-Robots-Tag":"noai"',
        b'{"Envelope": {"Payload-Metadata": {}}}',
        b'{"Envelope": {"Payload-Metadata": {"HTTP-Response-Metadata": {"Response-Message": {"Status": "200"}}}}}',
        b'{"Envelope": {"Payload-Metadata": {"HTTP-Response-Metadata": {"Headers": [{"X-Robots-Tag": "noai"}]}}}}',
    ],
    ids=["damaged", "no answer", "no fields", "fields in another form"],
)
def test_a_wat_record_that_does_not_tell_is_not_silent(tmp_path: Path, block: bytes) -> None:
    (item,) = split(read(tmp_path, record("metadata", block, fields=[("Content-Type", "application/json")])))[0]
    assert (item.body, item.body_complete) == (None, False)


def segment(number: int, words: bytes, *fields: tuple[str, str], kind: str = "continuation") -> bytes:
    return record(kind, words, fields=[("WARC-Segment-Number", str(number)), *fields])


def test_segments_that_say_that_they_are_cut_are_not_whole(tmp_path: Path) -> None:
    origin, total = ("WARC-Segment-Origin-ID", "<urn:uuid:1>"), ("WARC-Segment-Total-Length", "9999")
    first = segment(1, RESPONSE, OF_ONE, kind="response")
    for fields, whole in (((origin, total), True), ((origin, total, ("WARC-Truncated", "length")), False)):
        (item,) = split(read(tmp_path, first + segment(2, b"rest", *fields)))[0]
        assert item.body_complete is whole


def test_a_first_segment_of_a_name_that_is_taken_loses_none(tmp_path: Path) -> None:
    data = b"".join(record(url=f"{URL}/{number}", fields=[("WARC-Segment-Number", "1"), OF_ONE]) for number in (1, 2))
    items, _ = split(read(tmp_path, data))
    assert sorted(item.url for item in items) == [f"{URL}/1", f"{URL}/2"]
    assert not any(item.body_complete for item in items)


def test_a_body_of_damaged_base64_is_not_known(tmp_path: Path) -> None:
    def har(text: str) -> bytes:
        answer = {"status": 200, "headers": [], "content": {"size": 50, "encoding": "base64", "text": text}}
        return json.dumps(
            {"log": {"entries": [{"request": {"method": "GET", "url": URL}, "response": answer}]}}
        ).encode()

    assert split(read(tmp_path, har("%%%%"), "a.har"))[0][0].body is None
    broken = base64.encodebytes(PAGE * 9).decode()  # in lines
    assert split(read(tmp_path, har(broken), "b.har"))[0][0].body == PAGE * 9


@pytest.mark.parametrize("body", [b"", b"x" * (2**21 + 1)], ids=["none", "too large"])
def test_a_later_capture_of_a_licence_is_not_passed_over(tmp_path: Path, body: bytes) -> None:
    licence = f"{URL}/licence"
    captures = [
        record(block=b"HTTP/1.1 200 OK\r\n\r\npermits", url=licence, fields=[("WARC-Date", "2020-01-01T00:00:00Z")]),
        record(block=b"HTTP/1.1 403 No\r\n\r\n" + body, url=licence, fields=[("WARC-Date", "2024-01-01T00:00:00Z")]),
    ]
    (tmp_path / "a.warc").write_bytes(b"".join(captures))
    source = WarcPolicies([tmp_path / "a.warc"])
    found = source.documents("https://site.example", None)[licence]
    source.close()
    assert found.status == 403
    assert b"permits" not in found.body


def test_a_later_robots_txt_without_its_body_is_not_passed_over(tmp_path: Path) -> None:
    robots = "https://site.example/robots.txt"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
    data = record(block=head + b"User-agent: *\nAllow: /\n", url=robots, fields=[("WARC-Date", "2020-01-01T00:00:00Z")])
    refers = ("WARC-Refers-To", "<urn:uuid:9>")
    data += record("revisit", head, url=robots, fields=[refers, ("WARC-Date", "2024-01-01T00:00:00Z")])
    rows = [{"url": robots, "status": 200, "headers": [["content-type", "text/plain"]], "body": None}]
    rows[0] |= {"date": "2025-01-01T00:00:00Z"}
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "b.parquet")
    (tmp_path / "a.warc").write_bytes(data)
    for paths in (["a.warc"], ["a.warc", "b.parquet"]):
        source = WarcPolicies([tmp_path / each for each in paths])
        assert source.documents("https://site.example", None)[robots].error
        source.close()


@pytest.mark.parametrize("said", [0, "false", "0", False])
def test_a_row_that_says_in_any_words_that_its_body_is_cut_is_not_whole(tmp_path: Path, said: object) -> None:
    row = {"url": URL, "status": 200, "headers": [["content-type", "text/html"]], "body": PAGE, "body_complete": said}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "a.parquet")
    (item,) = read_items(tmp_path / "a.parquet")
    assert isinstance(item, Item)
    assert not item.body_complete


def test_a_table_whose_columns_are_spelt_otherwise_is_not_read_in_part(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([{"url": URL, "Headers": [], "Body": PAGE}]), tmp_path / "a.parquet")
    with pytest.raises(Unreadable, match="'Headers' is not read; name it 'headers'"):
        list(read_items(tmp_path / "a.parquet"))


def test_files_of_a_collection_that_are_left_out_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made, warnings.catch_warnings(action="ignore"):
        for number, name in enumerate(("a", "b", "b")):
            made.writestr(f"archive/{name}.warc", record(url=f"{URL}/{number}"))
    items, damage = split(read(tmp_path, out.getvalue(), "a.wacz"))
    assert [item.url for item in items] == [f"{URL}/0", f"{URL}/2"]
    assert [each.what.partition(":")[0] for each in damage] == ["1 of its files are not read"]
    monkeypatch.setattr("tdm_guard.archives.wacz.MAX_FILES", 1)
    items, damage = split(read(tmp_path, out.getvalue(), "a.wacz"))
    assert (len(items), len(damage)) == (1, 1)


def test_entries_of_a_har_are_found_behind_what_has_that_name(tmp_path: Path) -> None:
    def entry(fields: object) -> dict[str, object]:
        answer = {"status": 200, "headers": fields, "content": {"size": 5, "text": "words"}}
        return {"request": {"method": "GET", "url": URL}, "response": answer}

    pair = {"name": "content-type", "value": "text/html"}
    har = {"log": {"pages": [{"entries": []}], "entries": [entry([pair]), entry([pair, "tdm-reservation: 1"])]}}
    items, damage = split(read(tmp_path, json.dumps(har).encode(), "a.har"))
    assert not damage
    assert [item.body_complete for item in items] == [True, False]
