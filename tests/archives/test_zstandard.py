"""Archives in Zstandard frames, with a dictionary and without."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tdm_guard.formats.http.content_coding import optional
from tests.archives.made import PAGE, URL, read, record, split

zstd: Any = optional("compression.zstd", "backports.zstd")
RECORDS = [record(url=f"{URL}/{number}") for number in range(4)]
SAMPLES = [record(url=f"{URL}/{number}", block=random.Random(number).randbytes(40) * 9) for number in range(200)]


def skippable(data: bytes, kind: int = 0x5D) -> bytes:
    return bytes([kind]) + b"\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data


def frames(*, packed: bool = False, named: bool = True) -> bytes:
    dictionary = zstd.train_dict(SAMPLES, 4096)
    content = dictionary.dict_content
    head = skippable(zstd.compress(content) if packed else content) if named else b""
    return head + b"".join(zstd.compress(each, zstd_dict=dictionary) for each in RECORDS)


@pytest.mark.parametrize(
    "data",
    [
        b"".join(map(zstd.compress, RECORDS)),
        zstd.compress(b"".join(RECORDS)),
        skippable(b"words", 0x50) + b"".join(map(zstd.compress, RECORDS)),
        frames(),
        frames(packed=True),
    ],
    ids=["frames", "one frame", "something skipped", "a dictionary", "a compressed dictionary"],
)
def test_all_records_are_read(tmp_path: Path, data: bytes) -> None:
    items, damage = split(read(tmp_path, data, "a.warc.zst"))
    assert [item.body for item in items] == [PAGE] * 4
    assert not damage


def test_places_lead_to_the_records(tmp_path: Path) -> None:
    data = frames()
    items, _ = split(read(tmp_path, data, "a.warc.zst"))
    again, _ = split(read(tmp_path, data, "a.warc.zst", offset=items[2].stored.offset))
    assert [item.url for item in again] == [item.url for item in items[2:]]
    assert sum(item.raw[1] for item in items if item.raw) == len(data) - items[0].stored.offset


def test_a_damaged_frame_does_not_end_the_archive(tmp_path: Path) -> None:
    a, b, *rest = map(zstd.compress, RECORDS)
    bad = b[:20] + b"\xff" * 30 + b[50:]
    items, damage = split(read(tmp_path, a + bad + b"junk" + b"".join(rest), "a.warc.zst"))
    assert [item.url for item in items][-2:] == [f"{URL}/2", f"{URL}/3"]
    assert damage[0].offset == len(a)


@pytest.mark.parametrize("head", [b"", skippable(b"no dictionary at all")])
def test_without_its_dictionary_all_is_damage(tmp_path: Path, head: bytes) -> None:
    items, damage = split(read(tmp_path, head + frames(named=False), "a.warc.zst"))
    assert not items
    assert damage


def test_a_bomb_is_read_over(tmp_path: Path) -> None:
    bomb = zstd.compress(bytes(2**27))
    items, damage = split(read(tmp_path, bomb + zstd.compress(RECORDS[0]), "a.warc.zst"))
    assert len(items) == 1
    assert str(2**27) in damage[0].what
