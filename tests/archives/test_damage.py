"""Archives that are damaged: each fault is named with its place, and the rest is read."""

from __future__ import annotations

import gzip
import random
import re
import zlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tdm_guard.archives import Damage, Item, framing, inflating, read_items
from tdm_guard.formats.http import content_coding
from tests.archives.made import HEAD, PAGE, URL, packed, read, record, split

A, B, C = (record(url=f"{URL}/{name}") for name in "abc")
MIDDLE = f"{URL}/b"


def urls(items: list[Item]) -> list[str]:
    return [item.url[-1] for item in items]


def corrupt(member: bytes, at: int, what: bytes = b"\xff\xff\xff\xff\xff\xff") -> bytes:
    return member[:at] + what + member[at + len(what) :]


@pytest.mark.parametrize("at", [2, 20, 150, -6], ids=["head", "begin", "middle", "check sum"])
def test_a_damaged_member_does_not_end_the_archive(tmp_path: Path, at: int) -> None:
    first, middle, last = (packed(each) for each in (A, B, C))
    bad = corrupt(middle, at % len(middle))
    items, damage = split(read(tmp_path, first + bad + last, "a.warc.gz"))
    assert urls(items)[0] == "a"
    assert urls(items)[-1] == "c"
    assert {each.offset for each in damage} == {len(first)}
    assert all(item.body_complete for item in items if item.url != MIDDLE)
    assert not any(item.body_complete for item in items if item.url == MIDDLE)


def test_what_is_whole_of_a_damaged_member_is_judged(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(200_000).hex().encode()
    page = packed(record(block=HEAD + noise, url=MIDDLE))
    items, damage = split(read(tmp_path, packed(A) + corrupt(page, 100_000) + packed(C), "a.warc.gz"))
    assert urls(items) == ["a", "b", "c"]
    cut = items[1]
    assert not cut.body_complete
    assert cut.body
    assert noise.startswith(cut.body[:90_000])
    assert cut.headers[0] == ("Content-Type", "text/html")
    assert damage[0].file == "a.warc.gz"


@pytest.mark.parametrize("junk", [b"\0" * 5000, b"junk", b"\x1f\x8b\x08junk", b"WARC/1.0 no record"])
@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_what_is_no_record_is_named_and_gone_over(tmp_path: Path, junk: bytes, name: str) -> None:
    pack = packed if name.endswith("gz") else lambda each: each
    items, damage = split(read(tmp_path, pack(A) + junk + b"\r\n" * (name == "a.warc") + pack(B), name))
    assert urls(items) == ["a", "b"]
    assert [each.offset for each in damage] == [len(pack(A))]


@pytest.mark.parametrize("cut", [10, 100, 300, 420])
@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "whole.warc.gz"])
def test_a_file_that_was_cut_says_so(tmp_path: Path, name: str, cut: int) -> None:
    noise = random.Random(1).randbytes(2000)
    last = record(block=HEAD + noise, url=MIDDLE)
    whole = {"a.warc": A + last, "a.warc.gz": packed(A) + packed(last), "whole.warc.gz": gzip.compress(A + last)}[name]
    items, damage = split(read(tmp_path, whole[: len(whole) - cut], name))
    assert urls(items) == ["a", "b"]
    assert not items[1].body_complete or (cut, name) == (10, "whole.warc.gz")  # nothing but the check sum is lost
    assert damage


@pytest.mark.parametrize("length", [0, 5, 30, len(HEAD + PAGE) - 1])
@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_length_that_is_too_small_hides_nothing(tmp_path: Path, name: str, length: int) -> None:
    pack = packed if name.endswith("gz") else lambda *each: b"".join(each)
    lying = record(url=MIDDLE, length=length)
    items, damage = split(read(tmp_path, pack(A, lying, C), name))
    assert urls(items) == ["a", "b", "c"]
    assert items[1].body == PAGE
    assert len(damage) == 1
    assert "length" in damage[0].what


@pytest.mark.parametrize("length", [len(HEAD + PAGE) + 5, 600, 5_000, 2**26, 2**27, 10**17])
@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "whole.warc.gz"])
def test_a_length_that_is_too_large_swallows_nothing(tmp_path: Path, name: str, length: int) -> None:
    lying = record(url=MIDDLE, length=length)
    whole = {
        "a.warc": A + lying + C,
        "a.warc.gz": packed(A, lying, C),
        "whole.warc.gz": gzip.compress(A + lying + C),
    }
    items, damage = split(read(tmp_path, whole[name], name))
    assert urls(items) == ["a", "b", "c"]
    assert items[1].body == PAGE
    assert not items[1].body_complete
    assert "length" in damage[0].what


@pytest.mark.parametrize("without", ["Content-Length"])
@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_record_without_a_length_swallows_nothing(tmp_path: Path, name: str, without: str) -> None:
    pack = packed if name.endswith("gz") else lambda *each: b"".join(each)
    items, damage = split(read(tmp_path, pack(A, record(url=MIDDLE, without=without), C), name))
    assert urls(items) == ["a", "b", "c"]
    assert (items[1].body, items[1].body_complete) == (PAGE, True)
    assert "no length" in damage[0].what


@pytest.mark.parametrize("length", ["-5", "x", "1e3", "9" * 40, "²"])
def test_a_length_that_is_no_number_is_named(tmp_path: Path, length: str) -> None:
    items, damage = split(read(tmp_path, A + record(url=MIDDLE, fields=[("Content-Length", length)]) + C))
    assert urls(items) == ["a", "b", "c"]
    assert "no number" in damage[0].what


def test_a_record_within_a_record_is_its_content(tmp_path: Path) -> None:
    items, damage = split(read(tmp_path, record(block=HEAD + A + B) + C))
    assert [item.body for item in items] == [A + B, PAGE]
    assert not damage


@pytest.mark.parametrize("name", ["a.warc", "whole.warc.gz"])
@pytest.mark.parametrize("swallowed", [1, 2])
def test_a_length_that_ends_where_a_later_record_does_swallows_nothing(
    tmp_path: Path, name: str, swallowed: int
) -> None:
    """The length that the answer's own fields give tells where it ends."""
    block = HEAD.replace(b"\r\n\r\n", b"\r\ncontent-length: %d\r\n\r\n" % len(PAGE)) + PAGE
    others = [record(url=f"https://site.example/{number}") for number in range(3)]
    length = len(block) + 4 + sum(map(len, others[:swallowed])) - 4
    data = A + record(url=MIDDLE, block=block, length=length) + b"".join(others)
    items, damage = split(read(tmp_path, gzip.compress(data) if name.endswith("gz") else data, name))
    assert urls(items) == ["a", "b", "0", "1", "2"]
    assert all((item.body, item.body_complete) == (PAGE, True) for item in items)
    assert [each.what for each in damage] == [f"a record with a length of {length}, within which another record begins"]


def test_a_record_within_an_answer_that_is_as_long_as_it_says_is_its_content(tmp_path: Path) -> None:
    block = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: %d\r\n\r\n" % len(PAGE + b"\r\n\r\n" + A))
    items, damage = split(read(tmp_path, record(block=block + PAGE + b"\r\n\r\n" + A) + C))
    assert [item.body for item in items] == [PAGE + b"\r\n\r\n" + A, PAGE]
    assert not damage


def test_records_without_what_they_need_are_damage(tmp_path: Path) -> None:
    data = record(block=b"", url=MIDDLE) + record(url=None) + record(url=MIDDLE, without="WARC-Type")
    data += record(url="http://[bad/") + C
    items, damage = split(read(tmp_path, data))
    assert urls(items) == ["c"]
    assert [(each.what.partition(":")[0], each.url) for each in damage] == [
        ("a response record without a payload", MIDDLE),
        ("a response record without an address", None),
        ("a record without a type", MIDDLE),
        ("the URL 'http", "http://[bad/"),
    ]


def test_a_head_that_does_not_end_keeps_its_address(tmp_path: Path) -> None:
    endless = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {MIDDLE}\r\n".encode() + b"x: y\r\n" * 20_000
    items, damage = split(read(tmp_path, A + endless + C))
    assert urls(items) == ["a", "c"]
    assert [(each.offset, each.url) for each in damage] == [(len(A), MIDDLE)]


def test_a_long_record_is_kept_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "MAX_BLOCK", 10_000)
    long = record(block=HEAD + b"x" * 50_000, url=MIDDLE)
    for data, name in (
        (A + long + C, "a.warc"),
        (packed(A, long, C), "a.warc.gz"),
        (gzip.compress(A + long + C), "w.gz"),
    ):
        items, damage = split(read(tmp_path, data, name))
        assert urls(items) == ["a", "b", "c"]
        assert not damage
        assert (len(items[1].body or b""), items[1].body_complete) == (10_000 - len(HEAD), False)
        lying = record(block=HEAD + b"x" * 20_000, url=MIDDLE, length=70_000)
        lies = {"a.warc": A + lying + C, "a.warc.gz": packed(A, lying, C), "w.gz": gzip.compress(A + lying + C)}
        items, damage = split(read(tmp_path, lies[name], name))
        assert urls(items) == ["a", "b", "c"]
        assert damage


def test_a_bomb_is_read_over(tmp_path: Path) -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b"".join(bomb.compress(b"\0" * 2**20) for _ in range(80)) + bomb.flush()
    items, damage = split(read(tmp_path, packed(A) + zeros + packed(C), "a.warc.gz"))
    assert urls(items) == ["a", "c"]
    assert str(80 * 2**20) in damage[0].what


def test_heads_without_an_end_are_not_read_over_and_over(tmp_path: Path) -> None:
    items, damage = split(read(tmp_path, A + b"WARC/1.0\r\nx: y\r\n" * 5_000 + b"\n" * 500_000 + C))
    assert urls(items) == ["a", "c"]
    assert 4_700 < len(damage) <= 5_000  # the last ones have a blank line so near that they are one head


ENGINES = ("isal.isal_zlib", "fastwarc.stream_io", "none")  # the fastest that is there is used


@pytest.mark.parametrize("engine", [each for each in ENGINES if each == "none" or content_coding.optional(each)])
def test_all_engines_bring_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    noise = random.Random(2).randbytes(3000).hex().encode()
    large = record(block=HEAD + b"z" * 3_000_000 + noise, url=MIDDLE)
    bad = corrupt(packed(large), 3_500)
    data = packed(A, large) + bad + b"junk" + packed(b"", B, C)[:-6]
    pick = content_coding.optional
    monkeypatch.setattr(inflating, "optional", lambda *names: pick(*[name for name in names if name == engine]))
    items, damage = split(read(tmp_path, data, "a.warc.gz"))
    assert [(item.url[-1], len(item.body or b""), item.body_complete) for item in items][:2] == [
        ("a", len(PAGE), True),
        ("b", 3_000_000 + len(noise), True),
    ]
    assert urls(items) == ["a", "b", "b", "b", "c"]
    assert not items[2].body_complete
    assert damage[0].offset == len(packed(A, large))


def test_an_empty_file_is_no_archive_without_a_word(tmp_path: Path) -> None:
    (found,) = read(tmp_path, b"")
    assert isinstance(found, Damage)


WORDS = st.sampled_from(
    [b"WARC/1.0\r\n", b"\r\n", b"\n", b"Content-Length: 5\r\n", A, B[:200], HEAD, b"\x1f\x8b\x08", packed(C)]
)


@hypothesis_settings(max_examples=80)
@given(st.lists(WORDS | st.binary(max_size=30), max_size=8).map(b"".join), st.sampled_from(["a.warc", "a.warc.gz"]))
def test_no_bytes_raise_and_all_are_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(A + data if name == "a.warc" else packed(A) + data)
    found = list(read_items(path))
    assert isinstance(found[0], Item)
    if data.strip(b"\r\n"):
        assert len(found) > 1 or data in found[0].body  # type: ignore[operator]


@hypothesis_settings(max_examples=80)
@given(st.data())
def test_no_mutation_takes_away_what_stands_behind(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    packs = data.draw(st.booleans())
    pack = packed if packs else lambda *each: b"".join(each)
    middle = bytearray(pack(B))
    for _ in range(data.draw(st.integers(1, 4))):
        middle[data.draw(st.integers(0, len(middle) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "mutated"
    path.write_bytes(pack(A) + bytes(middle) + pack(C))
    passed: Counter[str] = Counter()
    items, damage = split(read_items(path, passed=passed))
    assert (items[0].url, items[-1].url) == (f"{URL}/a", f"{URL}/c")
    assert all(re.match("(mutated)", each.file) for each in damage)
    assert len(items) + len(damage) + passed.total() >= 3
