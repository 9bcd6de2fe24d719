"""Lists on disk, read side: what is found, by whom, and what is refused."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sqlite3
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.errors import ConfigurationError
from tdm_guard.holdings import load
from tdm_guard.lists import sieve as module
from tdm_guard.lists.importing import import_list
from tdm_guard.lists.index import ListIndex, open_list
from tdm_guard.lists.plan import Plan
from tdm_guard.lists.sieve import Sieve

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ISWC = ("iswc", "T0000000010")
NAME = ("creator_name", "exemple marie")
ROWS = "iswc,name\nT-000.000.001-0,Marie Exemple\nT-034.524.680-1,Zoé Autre\n"


def made(
    folder: Path, rows: str = ROWS, name: str = "works.tdmlist", *, version: str = "1", excludes: bool = False
) -> Path:
    source = folder / f"{name}.csv"
    source.write_text(rows, encoding="utf-8")
    plan = Plan(
        source=source,
        style="csv",
        columns=(("iswc", "iswc"), ("creator_name", "name")),
        declaration="music-2023",
        version=version,
        output=folder / name,
        excludes=excludes,
        append=(folder / name).exists(),
    )
    assert import_list(plan, now=NOW).written
    return folder / name


def find_in_child(index: ListIndex, pairs: list[tuple[str, str]], out: object) -> None:
    out.put(index.find(pairs))  # type: ignore[attr-defined]


def test_a_list_says_what_it_is(tmp_path: Path) -> None:
    index = open_list(made(tmp_path))
    raw = (tmp_path / "works.tdmlist.csv").read_bytes()
    assert (index.name, index.declaration, index.version) == ("works.tdmlist", "music-2023", "1")
    assert (index.rows, index.size, index.created) == (4, len(raw), "2026-11-21T12:00:00+00:00")
    assert index.keys == {"iswc", "creator_name"}
    assert index.source == {
        "id": "works.tdmlist",
        "version": "1",
        "sha256": index.sha256,
        "size": str(len(raw)),
    }
    assert index.sources[0]["map"] == {"iswc": "iswc", "creator_name": "name"}


def test_what_is_asked_for_is_found_and_nothing_else(tmp_path: Path) -> None:
    index = open_list(made(tmp_path))
    asked = [ISWC, ("iswc", "T0000000011"), NAME, ("creator_name", "T0000000010"), ("isrc", "FRZ039800212"), ISWC]
    assert index.find(asked) == ((*ISWC, False), (*NAME, False))
    assert index.find([]) == ()
    assert index.find([("isrc", "x")]) == ()


def test_an_entry_may_be_declared_and_excluded(tmp_path: Path) -> None:
    made(tmp_path)
    index = open_list(made(tmp_path, "iswc,name\nT-000.000.001-0,\n", excludes=True))
    assert index.find([ISWC]) == ((*ISWC, False), (*ISWC, True))
    assert index.find([NAME]) == ((*NAME, False),)


def test_many_pairs_are_asked_in_parts(tmp_path: Path) -> None:
    names = [f"w{number}x" for number in range(1000)]
    index = open_list(made(tmp_path, "iswc,name\n" + "".join(f",{name}\n" for name in names)))
    asked = [("creator_name", name) for name in names]
    assert index.find(asked) == tuple((*pair, False) for pair in asked)


@pytest.mark.parametrize("value", ["\ud800", "a\0b", "", "x" * 100_000, "'; DROP TABLE entries; --"])
def test_any_text_may_be_asked_for(tmp_path: Path, value: str) -> None:
    index = open_list(made(tmp_path))
    assert index.find([("creator_name", value), NAME]) == ((*NAME, False),)


def test_a_list_is_found_again_after_it_was_closed(tmp_path: Path) -> None:
    index = open_list(made(tmp_path))
    index.close()
    assert index.find([ISWC])


def test_a_path_may_hold_any_character(tmp_path: Path) -> None:
    folder = tmp_path / "a b?mode=rwc&x#é%41"
    folder.mkdir()
    assert open_list(made(folder)).find([ISWC])


def test_nothing_is_written_beside_a_list_and_it_may_be_read_only(tmp_path: Path) -> None:
    path = made(tmp_path)
    path.chmod(0o444)
    before = sorted(tmp_path.iterdir())
    assert open_list(path).find([ISWC])
    assert sorted(tmp_path.iterdir()) == before


def test_threads_share_a_list(tmp_path: Path) -> None:
    index = open_list(made(tmp_path))
    wrong: list[object] = []
    begin = threading.Barrier(8)

    def look() -> None:
        begin.wait()
        for _ in range(200):
            found = index.find([ISWC, NAME, ("iswc", "T1")])
            if found != ((*ISWC, False), (*NAME, False)):
                wrong.append(found)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_child_process_looks_up_for_itself(tmp_path: Path, method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork")
    index = open_list(made(tmp_path))
    context = multiprocessing.get_context(method)
    out = context.SimpleQueue()
    child = context.Process(target=find_in_child, args=(index, [ISWC], out))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert out.get() == ((*ISWC, False),)
    out.close()
    assert index.find([ISWC]) == ((*ISWC, False),)


def test_pickled_it_is_the_same_list_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path)
    monkeypatch.chdir(tmp_path)
    raw = pickle.dumps(open_list("works.tdmlist"))
    monkeypatch.chdir("/")
    again: ListIndex = pickle.loads(raw)
    assert again.find([ISWC]) == ((*ISWC, False),)
    assert len(raw) < 2000


def test_pickled_another_list_in_its_place_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path)
    raw = pickle.dumps(open_list(path))
    made(tmp_path, "iswc,name\n,Somebody New\n", version="2")
    with pytest.raises(ConfigurationError, match="not the list"):
        pickle.loads(raw)


def test_an_open_list_is_not_disturbed_by_a_new_one(tmp_path: Path) -> None:
    path = made(tmp_path)
    index = open_list(path)
    made(tmp_path, "iswc,name\n,Somebody New\n", version="2")
    assert index.find([ISWC, ("creator_name", "new somebody")]) == ((*ISWC, False),)
    assert open_list(path).find([("creator_name", "new somebody")]) != ()


# -- what is no list


def changed(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(sql)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("PRAGMA application_id = 5", "another kind"),
        ("PRAGMA user_version = 3", "format 3"),
        ("PRAGMA user_version = 0", "format 0"),
        ("PRAGMA user_version = 1", "tables"),
        ("DROP TABLE sieve", "tables"),
        ("DELETE FROM sieve", "sieve"),
        ("UPDATE sieve SET bits = 'text'", "sieve"),
        ("UPDATE sieve SET bits = zeroblob(1024)", "sieve"),
        ("UPDATE sieve SET bits = bits || x'00'", "sieve"),
        ("DELETE FROM meta WHERE name = 'sieve'", "sieve"),
        ("DROP TABLE meta", "tables"),
        ("DROP TABLE entries; CREATE TABLE entries (key INTEGER, value TEXT, excluded INTEGER)", "tables"),
        ("DELETE FROM keys", "metadata"),
        ("DELETE FROM meta WHERE name = 'declaration'", "metadata"),
        ("UPDATE meta SET value = 'x' WHERE name = 'sha256'", "metadata"),
        ("UPDATE meta SET value = 'many' WHERE name = 'rows'", "metadata"),
        ("UPDATE meta SET value = '[' WHERE name = 'sources'", "metadata"),
        ("UPDATE meta SET value = '[{}]' WHERE name = 'sources'", "metadata"),
        ("UPDATE meta SET value = '[1]' WHERE name = 'sources'", "metadata"),
        ("UPDATE meta SET value = CAST(x'ff' AS TEXT) WHERE name = 'version'", "damaged"),
    ],
)
def test_what_is_no_list_of_ours_is_refused(tmp_path: Path, sql: str, what: str) -> None:
    path = made(tmp_path)
    changed(path, sql)
    with pytest.raises(ConfigurationError, match=what) as caught:
        open_list(path)
    assert str(path) in str(caught.value)
    assert "for example" in str(caught.value)


def as_first_format(path: Path) -> None:
    """The list as it was before there were sieves."""
    changed(path, "DROP TABLE sieve; DELETE FROM meta WHERE name = 'sieve'; PRAGMA user_version = 1")


def test_a_list_of_the_first_format_is_read_and_added_to(tmp_path: Path) -> None:
    path = made(tmp_path)
    before = open_list(path).find([ISWC, ("creator_name", "nobody")])
    as_first_format(path)
    assert open_list(path).find([ISWC, ("creator_name", "nobody")]) == before != ()
    made(tmp_path, "iswc,name\n,Somebody New\n", version="2")
    index = open_list(path)
    assert index.sieve is not None
    assert set(index.find([ISWC, ("creator_name", "new somebody")])) == {
        (*ISWC, False), ("creator_name", "new somebody", False)
    }  # fmt: skip


@settings(max_examples=50)
@given(
    parts=st.lists(st.lists(st.text(max_size=4), max_size=40), max_size=3),
    asked=st.lists(st.text(max_size=3), max_size=40),
    least=st.sampled_from([1, 4, 64]),
)
def test_a_sieve_lets_all_pass_that_was_added(parts: list[list[str]], asked: list[str], least: int) -> None:
    """However it grew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LEAST", least)
        sieve, total = None, 0
        for number, part in enumerate(parts):
            total += len(part)
            sieve = Sieve.of(total, sieve)
            sieve.add(number, part)
            sieve = Sieve(bytes(sieve.bits))
            assert sieve.whole
        for number, part in enumerate(parts):
            assert sieve is not None
            assert all(sieve.may_have(number, each) for each in part)
        empty = Sieve(bytes(Sieve.of(0).bits))
        assert not any(empty.may_have(0, each) for each in asked)


def test_few_pass_that_are_not_in_the_list() -> None:
    sieve = Sieve.of(10_000)
    sieve.add(1, [f"T{number:010}" for number in range(0, 100_000, 10)])
    passed = sum(sieve.may_have(1, f"T{number:010}") for number in range(5, 100_000, 10))
    assert passed < 2_000


def test_a_list_cut_off_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-4096])
    with pytest.raises(ConfigurationError, match="malformed"):
        open_list(path)
    path.write_bytes(whole + b"more")
    with pytest.raises(ConfigurationError, match="bytes"):
        open_list(path)


@pytest.mark.parametrize("raw", [b"", b"[[declarations]]", b"SQLite format 3\0", b"SQLite format 3\0" + b"\0" * 5000])
def test_another_file_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "x.tdmlist"
    path.write_bytes(raw)
    with pytest.raises(ConfigurationError):
        open_list(path)


@pytest.mark.parametrize("name", ["nowhere", ".", "a\0b"])
def test_what_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        open_list(tmp_path / name)


def test_damage_found_by_a_look_up_is_no_not_found(tmp_path: Path) -> None:
    path = made(tmp_path, "iswc,name\n" + "".join(f",name number{number}\n" for number in range(5000)))
    page = 4096
    raw = bytearray(path.read_bytes())
    index = open_list(path)
    index.close()
    for start in range(page, len(raw), page):
        raw[start : start + 100] = b"\xff" * 100
    with path.open("r+b") as file:  # in place, as a failing disk would
        file.write(raw)
    with pytest.raises(ConfigurationError, match="cannot be searched"):
        index.find([("creator_name", "name number77")])


@settings(max_examples=60)
@given(changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6))
def test_no_damage_raises_anything_else(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[float, int]]
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = made(folder)
    raw = bytearray(path.read_bytes())
    for place, value in changes:
        raw[int(place * len(raw))] = value
    path.write_bytes(raw)
    with suppress(ConfigurationError):
        open_list(path).find([ISWC, NAME])


def test_a_list_is_loaded_among_the_holdings(tmp_path: Path) -> None:
    path = made(tmp_path)
    with pytest.raises(ConfigurationError, match="'music-2023' is the id of nothing loaded") as caught:
        load([path])
    assert str(caught.value).count(str(path)) == 1
    os.truncate(path, 8192)
    with pytest.raises(ConfigurationError, match="malformed") as caught:
        load([path])
    assert str(caught.value).count(str(path)) == 1
