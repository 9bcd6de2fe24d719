"""Stretches of decisions: whatever lines hold, a record in one is what `json.loads` makes of its line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tdm_guard.log import reader
from tdm_guard.log.common import Commons
from tdm_guard.log.reader import LogLine, read_log
from tdm_guard.log.spelt import Parser
from tdm_guard.log.stretch import SEAL, Stretch, Stretches
from tests.support.varied import STORED, decided, varied, write_log


@pytest.fixture(scope="module", params=[False, True], ids=["full", "compact"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    silent = [decided(f"https://quiet.example/{number}", bytes=number, content_sha256=None) for number in range(6)]
    silent += [decided(f"https://quiet.example/{number}", stored=STORED[number]) for number in (1, 3)]
    silent.append(decided("https://quiet.example/1", stored=STORED[1], cached=True))
    return write_log(tmp_path_factory.mktemp("stretch") / "tdm.jsonl", [*silent, *varied()], compact=request.param)


def taken(path: Path, most: int = 10_000) -> tuple[list[Mapping[str, Any]], list[LogLine]]:
    """The records in what was taken, as many as `most` of each stretch, and the lines that are left."""
    records: list[Mapping[str, Any]] = []

    def takes(stretch: Stretch, name: str) -> int:
        assert name == str(path)
        part = stretch.upto(most)
        records.extend(part.record(index) for index in range(len(part.lines)))
        return len(part.lines)

    return records, list(read_log([path], takes))


@pytest.mark.parametrize("most", [1, 2, 10_000])
def test_what_is_taken_and_what_is_left_is_the_log(log: Path, most: int) -> None:
    records, left = taken(log, most)
    whole = list(read_log([log]))
    found = {record["seq"]: record for record in records}
    assert len(found) == len(records) > 20
    for line in whole:
        assert line.record is not None
        if line.record["type"] == "decision" and line.record["seq"] in found:
            assert found[line.record["seq"]] == line.record
        else:
            assert line in left
    assert len(left) + len(records) == len(whole)


def test_none_is_offered_time_and_again(log: Path) -> None:
    offered = 0

    def takes(stretch: Stretch, _: str) -> int:
        nonlocal offered
        offered += len(stretch.lines)
        return 0

    left = list(read_log([log], takes))
    assert [line.raw for line in left] == log.read_bytes().splitlines()
    assert offered < len(left)


@pytest.mark.parametrize("size", [1, 100, 3000])
def test_blocks_of_any_size_hold_the_same_lines(log: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(read_log([log]))
    monkeypatch.setattr(reader, "_BLOCK", size)
    assert list(read_log([log])) == whole
    records, left = taken(log)
    assert len(left) + len(records) == len(whole)


@given(
    at=st.integers(0, 1500), size=st.integers(0, 12), words=st.text(alphabet='{}[]",:\\ \x00aé0', max_size=6),
    member=st.sampled_from(["", "common", "personal", "url", "seq", "hops", "media_type", "verdict"]),
)  # fmt: skip
@example(at=402, size=6, words="000000", member="")  # where a compact line has its seal
@example(at=1500, size=0, words='{"', member="")
def test_no_edit_is_read_otherwise(at: int, size: int, words: str, member: str, log: Path) -> None:
    lines = [line for line in log.read_bytes().splitlines() if line.startswith(b'{"type":"decision"')]
    commons = Commons()
    for line in log.read_bytes().splitlines():
        commons.whole(json.loads(line))
    line, seal = lines[1][:-SEAL].decode(), lines[1][-SEAL:].decode()  # of which `verify` has looked at the latter
    edited = line[:at] + words + line[at + size :] + seal
    if member:
        edited = edited.replace(',"bytes":', f',"{member}":"{words}","bytes":', 1)
    stretches = Stretches(Parser(), commons.members)
    stretch = stretches.read([lines[0], edited.encode()], 0, 2, 1)
    assert stretch is not None
    if len(stretch.lines) == 2:
        expected, _ = commons.whole(json.loads(edited))
        read = stretch.record(1)
        assert expected is not None
        own = ("prev", "hash")  # whoever takes a line has looked at these
        assert {n: v for n, v in read.items() if n not in own} == {n: v for n, v in expected.items() if n not in own}


def test_what_is_alike_but_for_its_origin_is_parsed_once(tmp_path: Path) -> None:
    pages = [decided(f"https://site{number}.example/{page}") for number in range(5) for page in range(2)]
    lines = write_log(tmp_path / "tdm.jsonl", pages).read_bytes().splitlines()[1:11]
    stretch = Stretches(Parser(), Commons().members).read(lines, 0, 10, 2)
    assert stretch is not None
    assert [stretch.record(place) for place in range(10)] == [json.loads(line) for line in lines]
    assert [list(stretch.record(place)) for place in range(10)] == [list(json.loads(line)) for line in lines]
    middles = {kind.like.middle for kind in stretch.kinds}
    assert len(middles) == 5
    assert len({middle.shared for middle in middles}) == 1


@pytest.mark.parametrize(
    "member", [b'"origin":"https://b.example",', b'"checked":[],', b'"origin":null,', b'"common":"x",']
)
def test_what_says_a_member_twice_is_not_taken_apart(tmp_path: Path, member: bytes) -> None:
    page = decided("https://a.example/x")
    line = write_log(tmp_path / "tdm.jsonl", [page]).read_bytes().splitlines()[1]
    edited = line.replace(b'"status":', member + b'"status":', 1)
    assert edited != line
    stretch = Stretches(Parser(), Commons().members).read([edited], 0, 1, 1)
    if stretch is not None:
        assert stretch.record(0) == json.loads(edited)
