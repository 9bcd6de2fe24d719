"""The evidence folder: any bytes in, the same bytes out, under their digest; what is wrong with a copy is found."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard import LogError
from tdm_guard.judging.extract import MAGIC, extract, read_extract
from tdm_guard.log import evidence
from tdm_guard.log.evidence import EvidenceStore, State, Takings, copy_of

BODY = b"User-agent: *\nDisallow: /\n"


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def stored(store: EvidenceStore, body: bytes) -> str:
    store.keep([(digest(body), body)])
    return digest(body)


def path_of(folder: Path, sha256: str, kind: str = "zst") -> Path:
    return folder / sha256[:2] / f"{sha256}.{kind}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evidence")


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=2000) | st.sampled_from([b"", MAGIC, MAGIC + b"{}\n", b"x" * 300_000]))
def test_any_bytes_come_back(folder: Path, body: bytes) -> None:
    name = stored(EvidenceStore(folder), body)
    assert copy_of(folder, name) == (State.WHOLE, body, None)
    assert path_of(folder, name).is_file()
    assert not list(folder.rglob("*.tmp"))


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=400).map(lambda body: body + b"\r\n\n\r" * 3),
    spans=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=6),
)
def test_an_extract_gives_back_its_parts(body: bytes, spans: list[tuple[int, int]]) -> None:
    found = read_extract(extract(body, spans, sha256=digest(body)))
    assert found is not None
    assert (found.size, found.sha256) == (len(body), digest(body))
    kept = bytearray(len(body))
    for part in found.parts:
        assert part.data == body[part.offset : part.offset + len(part.data)] != b""
        assert part.line == 1 + len(body[: part.offset].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")) - 1
        kept[part.offset : part.offset + len(part.data)] = b"\1" * len(part.data)
    wanted = bytearray(len(body))
    for start, stop in spans:
        wanted[start : min(stop, len(body))] = b"\1" * max(0, min(stop, len(body)) - start)
    assert kept == wanted


@pytest.mark.parametrize(
    "piece",
    [b"", b"words", MAGIC, MAGIC + b"\n", MAGIC + b"[]\n", MAGIC + b'{"of":{"bytes":1}}\n', MAGIC + b"{" * 99_999,
     MAGIC + b'{"of":{"bytes":9},"parts":[{"offset":0,"line":1,"bytes":9}]}\nshort',
     MAGIC + b'{"of":[],"parts":[]}\n', MAGIC + b'{"of":{"bytes":9},"parts":[{"offset":0,"line":1,"bytes":-1}]}\nxx'],
)  # fmt: skip
def test_what_is_no_extract_is_none(piece: bytes) -> None:
    assert read_extract(piece) is None


def test_what_is_there_is_not_written_again(tmp_path: Path) -> None:
    name = stored(EvidenceStore(tmp_path), BODY)
    before = path_of(tmp_path, name).stat().st_ino
    assert stored(EvidenceStore(tmp_path), BODY) == name
    assert path_of(tmp_path, name).stat().st_ino == before
    path_of(tmp_path, name).write_bytes(b"")  # a machine went down before it was on the disk
    assert stored(EvidenceStore(tmp_path), BODY) == name
    assert copy_of(tmp_path, name).data == BODY


def test_a_document_that_is_too_long_stands_as_its_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MAX_DOCUMENT", 1000)
    body = b"a line\n" * 500
    name = stored(EvidenceStore(tmp_path), body)
    assert EvidenceStore(tmp_path).holds(name)
    found = copy_of(tmp_path, name)
    read = read_extract(found.data)
    assert found.state is State.CUT
    assert read is not None
    assert (read.size, read.sha256, read.parts[0].data) == (3500, name, body[:1000])
    other = digest(b"x")
    path_of(tmp_path, other, "cut").parent.mkdir(exist_ok=True)
    path_of(tmp_path, other, "cut").write_bytes(path_of(tmp_path, name, "cut").read_bytes())
    assert copy_of(tmp_path, other).problem == "the part that it names is another one"
    path_of(tmp_path, name, "cut").write_bytes(b"../../../etc/passwd")
    assert copy_of(tmp_path, name).state is State.DAMAGED


def test_a_copy_that_is_not_what_it_was_is_found(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    name, other = stored(store, BODY * 9), stored(store, b"other")
    file = path_of(tmp_path, name)
    good = file.read_bytes()
    assert copy_of(tmp_path, digest(b"nowhere")).state is State.MISSING
    for bad in (good[:-3], good + b"x", b"no zstd", good[:8] + bytes([good[8] ^ 4]) + good[9:],
                path_of(tmp_path, other).read_bytes(), b""):  # fmt: skip
        file.write_bytes(bad)
        found = copy_of(tmp_path, name)
        assert (found.state, found.data) == (State.DAMAGED, b""), bad
    file.unlink()
    assert copy_of(tmp_path, name).state is State.MISSING


@pytest.mark.parametrize("name", ["", "..", "../" * 21 + "x", "A" * 64, "g" * 64, "/etc/passwd", "0" * 63])
def test_a_name_that_is_no_digest_leads_nowhere(tmp_path: Path, name: str) -> None:
    assert copy_of(tmp_path, name).state is State.MISSING


def test_a_folder_that_cannot_be_is_an_error_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "a\0b"):
        with pytest.raises(LogError, match=r"the evidence folder .* cannot be written"):
            EvidenceStore(folder)


def test_a_disk_that_is_full_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EvidenceStore(tmp_path)
    name = stored(store, BODY)
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:1]))
    store.store({digest(b"more"): b"more"})  # does not raise: the record does not name it yet
    monkeypatch.undo()
    assert copy_of(tmp_path, digest(b"more")).state is State.MISSING
    assert not list(tmp_path.rglob("*.tmp"))
    for _ in range(2):
        with pytest.raises(LogError, match="not all bytes were taken; the disk may be full"):
            store.check()
        with pytest.raises(LogError):
            store.keep([])
    assert copy_of(tmp_path, name).data == BODY


def test_what_was_taken_is_held_before_it_is_stored(tmp_path: Path) -> None:
    taken = Takings(EvidenceStore(tmp_path))
    assert not taken.holds(digest(BODY))
    taken.take(digest(BODY), BODY)
    assert taken.holds(digest(BODY))
    EvidenceStore(tmp_path).store(taken.bodies)
    assert Takings(EvidenceStore(tmp_path)).holds(digest(BODY))


WRITER = """
import hashlib, sys
from tdm_guard.log.evidence import EvidenceStore
store = EvidenceStore(sys.argv[1])
for number in range(100):
    body = b"%d " % number * 500
    store.keep([(hashlib.sha256(body).hexdigest(), body)])
"""


def test_two_processes_write_the_same_at_once(tmp_path: Path) -> None:
    both = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)]) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    bodies = [b"%d " % number * 500 for number in range(100)]
    assert all(copy_of(tmp_path, digest(body)).data == body for body in bodies)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 100
