"""What `--keep` cuts out of collections, by indexes, and of files that several were put together to."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tdm_guard.archives import Damage, read_items
from tdm_guard.cli import app
from tests.archives.made import packed, record

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


def info(name: str) -> bytes:
    return packed(record("warcinfo", b"software: x\r\n", url=None, fields=[("WARC-Filename", name)]))


def page(name: str) -> bytes:
    return packed(record(url=f"https://a.example/{name}", block=HEAD + name.encode()))


def kept(path: Path, name: str = "kept.warc.gz") -> bytes:
    out = path.parent / name
    words = ["scan", str(path), "--agent", "ExampleBot", "--unread", "ignore", "--keep", str(out)]
    answer = CliRunner().invoke(app, [*words, "--log", str(path.parent / "l.jsonl")])
    assert answer.exit_code == 0, answer.output
    return out.read_bytes()


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_collection_is_kept_from_the_archives_in_it(tmp_path: Path, compression: int) -> None:
    first, second = info("1") + page("a") + page("b"), info("2") + page("c")
    with zipfile.ZipFile(tmp_path / "a.wacz", "w", compression) as file:
        file.writestr("archive/1.warc.gz", first)
        file.writestr("archive/2.warc.gz", second)
    assert kept(tmp_path / "a.wacz") == first + second


def test_what_an_index_names_is_kept_from_the_files_beside_it(tmp_path: Path) -> None:
    whole = {"1.warc.gz": info("1") + page("a") + page("b"), "2.warc.gz": info("2") + page("c")}
    lines = []
    for name, data in whole.items():
        (tmp_path / name).write_bytes(data)
        for found in list(re.finditer(b"\x1f\x8b\x08\x00", data))[1:]:
            lines.append(f"x 2024 {json.dumps({'filename': name, 'offset': found.start()})}\n")
    (tmp_path / "i.cdxj").write_text("".join(lines), encoding="utf-8")
    assert kept(tmp_path / "i.cdxj") == whole["1.warc.gz"] + whole["2.warc.gz"]


def test_each_record_is_kept_behind_the_warcinfo_that_speaks_for_it(tmp_path: Path) -> None:
    pieces = [info("1"), page("a"), page("b"), info("2"), info("3"), page("c"), info("4")]
    path = tmp_path / "joined.warc.gz"
    path.write_bytes(b"".join(pieces))
    assert kept(path) == b"".join((*pieces[:3], *pieces[4:6]))
    assert not [each for each in read_items(tmp_path / "kept.warc.gz") if isinstance(each, Damage)]
