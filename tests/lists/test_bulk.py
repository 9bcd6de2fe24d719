"""What is taken many at once comes to what it comes to one by one: the same list, byte for byte, the same faults."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdm_guard.errors import ConfigurationError
from tdm_guard.formats import several
from tdm_guard.formats.rows import csv_rows
from tdm_guard.lists import importing, runs
from tdm_guard.lists.importing import import_list
from tdm_guard.lists.index import open_list
from tdm_guard.lists.plain_values import plainly
from tdm_guard.lists.plan import Plan
from tdm_guard.lists.runs import Runs
from tdm_guard.repertoire.item import spellings

NOW = datetime(2026, 11, 29, tzinfo=UTC)
GOOD = {
    "iswc": ["T-034.524.680-1", "T0345246801", "t 034524680 1", "T-101.690.320-3", "ISWC: T-034.524.680-1"],
    "isrc": ["FR-Z03-98-00212", "frz039800212", "USRC17607839", "ISRC FRZ039800212"],
    "isbn": ["978-0-306-40615-7", "9780306406157", "0-306-40615-2", "979-10-90636-07-1", "978\t0306406157"],
    "issn": ["2049-3630", "20493630", "2434-561X", "2434561x", "ISSN 2049-3630"],
    "creator_isni": ["0000 0001 2150 090X", "000000012150090x", "0000000121032683"],
    "creator_name": ["Marie Exemple", "Exemple, Marie", "Jean-Luc O'Autre", "Ünal Pé", "A/B", "A and B", "Trio - X"],
    "publisher": ["Éditions X", "X & Y", "Verlag, Sohn, Co", "A et B", "Andrea Etienne", "Z.", "A,B"],
    "creator_ipi": ["00000000199", "199", "I-000000229-7"],
    "doi": ["10.1000/S0014-57(01).A_b", "10.1000/182", "https://doi.org/10.1000/ABC", "10.1000/a/10.1000/b", "10.1/x"],
    "gtin": ["4006381333931", "0000000000000", "400-6381-333931", "73513537", "614141007349"],
    "isan": ["0000-0001-8CFA-0000", "000000018cfa0000", "0000-0000-0000-0000", "0000-0001-8CFA-0000-I"],
}  # fmt: skip
KEYS = sorted(GOOD)
ENDS = ["", '"open\n1,2,3\n', "last", 'a"b","c\n']


def changed(draw: Any, text: str) -> str:
    """`text`, or one that differs in a character, or joined with another, or something else."""
    kind = draw(st.integers(0, 9))
    if kind == 0 and text:
        at = draw(st.integers(0, len(text) - 1))
        return text[:at] + draw(st.sampled_from("0159XTa, ;/é\u00b2\u0661\u00ad\ufffd\t")) + text[at + 1 :]
    if kind == 1:
        return text + draw(st.sampled_from([", ", "; ", " / ", " and ", " ", "|", "\u2011", "é"])) + text
    if kind == 2:
        return draw(st.text(max_size=20))
    return text


@st.composite
def values(draw: Any, key: str) -> str:
    return changed(draw, draw(st.sampled_from(GOOD[key])))


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=60)
@given(data=st.data())
def test_what_is_plainly_a_value_is_that_value_alone(key: str, data: Any) -> None:
    texts = [each for each in data.draw(st.lists(values(key), min_size=1, max_size=8)) if "\n" not in each and each]
    for text, found in zip(texts, plainly(key, texts) if texts else [], strict=True):
        if found:
            assert spellings(key, text, listed=True) == several.Parts((found,))


@pytest.mark.parametrize("key", sorted(set(KEYS) - {"creator_ipi"}))
def test_the_usual_spelling_is_plain(key: str) -> None:
    assert plainly(key, [GOOD[key][0]] * 3) == list(spellings(key, GOOD[key][0], listed=True).codes) * 3


@pytest.mark.parametrize("key", ["iswc", "isbn", "issn", "creator_isni", "gtin"])
def test_no_other_check_digit_is_plain(key: str) -> None:
    given = GOOD[key][0]
    good = plainly(key, [given])[0]
    others = [given[:-1] + check for check in "0123456789X" if check != given[-1]]
    assert plainly(key, others) == [""] * len(others)
    assert plainly(key, [given, *others, given]) == [good, *[""] * len(others), good]


@pytest.mark.parametrize("key", ["gtin", "isan"])
def test_zeros_alone_are_no_code(key: str) -> None:
    good, zeros = GOOD[key][:2] if key == "gtin" else (GOOD[key][0], "0000-0000-0000-0000")
    assert plainly(key, [good, zeros])[1] == ""
    assert plainly(key, [zeros]) == [""]


def table(rows: Iterable[tuple[str, ...]], quoted: bool) -> str:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if quoted or any(each in text for each in ',"\n\r') else text

    return "".join(",".join(map(cell, row)) + "\n" for row in rows)


def imported(folder: Path, text: str, keys: tuple[str, ...], **plan: Any) -> tuple[Any, bytes]:
    (folder / "rows.csv").write_bytes(text.encode("utf-8", "surrogatepass"))
    given = {
        "source": folder / "rows.csv", "style": "csv", "columns": tuple((key, key) for key in keys),
        "declaration": "d", "version": "1", "output": folder / "l.tdmlist", **plan,
    }  # fmt: skip
    try:
        found: Any = import_list(Plan(**given), now=NOW)
    except ConfigurationError as error:
        found = str(error).replace(str(folder), "")
    path = folder / "l.tdmlist"
    return found, path.read_bytes() if path.exists() else b""


@settings(max_examples=60)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_blocks_and_rows_make_the_same_list(data: Any, seed: int) -> None:
    keys = tuple(data.draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=2, unique=True)))
    rng = Random(seed)
    rows = [(*keys, "title")]
    for _ in range(data.draw(st.integers(0, 12))):
        row = [data.draw(values(key)) if rng.random() < 0.9 else rng.choice(["", " "]) for key in keys]
        rows.append((*row, rng.choice(["t", "", 'a "b"', "two\nlines", "x,y"])))
        if rng.random() < 0.1:
            rows.append(rng.choice([("",), ("a",) * 5, ("",) * len(rows[0])]))
    text = table(rows, data.draw(st.booleans())) + data.draw(st.sampled_from(ENDS))
    with TemporaryDirectory() as one, TemporaryDirectory() as other, pytest.MonkeyPatch.context() as patch:
        at_once = imported(Path(one), text, keys)
        patch.setattr(csv_rows._Table, "plain", lambda table, first, lines, delimiter: None)
        patch.setattr(csv_rows, "_cells", lambda lines, delimiter: None)
        patch.setattr(importing, "plainly", lambda key, texts: [""] * len(texts))
        assert imported(Path(other), text, keys) == at_once


def test_a_list_of_many_blocks_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "HELD", 700)
    monkeypatch.setattr(runs, "BLOCK", 50)
    monkeypatch.setattr(importing, "BATCH", 300)
    rng = Random(7)
    codes = [f"FRZ03{rng.randrange(3000):07}" for _ in range(5000)]
    found, _ = imported(tmp_path, "isrc\n" + "\n".join(codes) + "\n", ("isrc",))
    assert (found.rows, found.usable, found.entries) == (5000, 5000, len(set(codes)))
    index = open_list(tmp_path / "l.tdmlist")
    assert {value for _, value, _ in index.find([("isrc", each) for each in set(codes)])} == set(codes)
    more, _ = imported(tmp_path, "isrc\n" + "\n".join([*codes[:50], "GBZ039800212"]), ("isrc",), append=True)
    assert more.entries == len(set(codes)) + 1
    names, _ = imported(tmp_path, "creator_name\nMarie Exemple\n", ("creator_name",), append=True)
    assert names.entries == more.entries + 1
    freed, _ = imported(tmp_path, f"isrc\n{codes[0]}\n", ("isrc",), append=True, excludes=True)
    assert freed.entries == names.entries + 1
    index = open_list(tmp_path / "l.tdmlist")
    asked = [("isrc", codes[0]), ("isrc", "GBZ039800212"), ("creator_name", "exemple marie")]
    assert set(index.find(asked)) == {(*each, False) for each in asked} | {(*asked[0], True)}


@settings(max_examples=50)
@given(
    texts=st.lists(st.text(alphabet='ab\n"\\\x00é\U0001f600', max_size=3), max_size=60),
    held=st.integers(1, 20),
    block=st.integers(1, 5),
)
def test_runs_give_all_back_in_order(texts: list[str], held: int, block: int) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "HELD", held)
        patch.setattr(runs, "BLOCK", block)
        merged = Runs(Path(folder) / "runs")
        for at in range(0, len(texts), 3):
            merged.extend(texts[at : at + 3])
        found = [each for part in merged.merged() for each in part]
    assert found == sorted(set(texts))
