"""A few hundred mutated inputs for each reader; `python -m tests.fuzz.readers` hears as many as one likes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tdm_guard.model import Fault, Posture, Reading, Source, Stance, Statement
from tdm_guard.usage import TRAINING
from tests.fuzz.readers import JUDGES, READERS, Heard, Reader, hear, main
from tests.fuzz.running import run
from tests.fuzz.texts import FLOOD, Maker
from tests.support.patience import PATIENCE

SEED = 7
SOURCE = Source("https://site.example/a", "file")


@pytest.mark.parametrize("name", READERS)
def test_nothing_raises_and_nothing_is_heard_laxer(name: str) -> None:
    reader = READERS[name]
    make = Maker(reader.seeds(), reader.form, reader.words, SEED)
    outcome = Counter[str]()
    for number in [*range(300), FLOOD - 1]:
        outcome.update(hear(reader, make(number), number))
    assert outcome["works" if name == "JSON-LD" else "faults"] > 30
    if name not in ("JSON-LD", "C2PA-store"):
        assert outcome["reserved"] > 30


@pytest.mark.parametrize("name", READERS)
def test_inputs_follow_from_their_numbers_and_differ(name: str) -> None:
    reader = READERS[name]
    seeds = reader.seeds()
    one, other = (Maker(seeds, reader.form, reader.words, SEED) for _ in range(2))
    made = [one(number) for number in range(200)]
    assert made == [other(number) for number in reversed(range(200))][::-1]
    assert len({data for data in made if data not in seeds}) > 120


def saying(*statements: Statement, literal: tuple[Statement, ...] = (), faults: tuple[Fault, ...] = ()) -> Reader:
    def said(data: bytes, judge: object, number: int) -> Heard:
        yield "it", Reading(literal if judge is JUDGES[1] else statements, faults)

    return Reader(lambda: [b"x"], "lines", (), said)


def test_what_is_held_of_each_input() -> None:
    assert [judge.bench.listener.posture for judge in JUDGES] == list(Posture)
    words = Statement.at(SOURCE, signal="x", usages=TRAINING, stance=Stance.RESERVED, excerpt="no")
    nothing = Statement.at(SOURCE, signal="x", usages=TRAINING, stance=Stance.RESERVED)
    hear(saying(words, literal=(words,)), b"", 0)
    with pytest.raises(AssertionError, match="can point at no words"):
        hear(saying(nothing), b"", 2)
    with pytest.raises(AssertionError, match="cautious does not reserve"):
        hear(saying(literal=(words,)), b"", 0)


def test_a_run_tells_what_there_is_to_mend(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tests.fuzz.running.SLOW", PATIENCE)

    def fails(data: bytes, number: int) -> Counter[str]:
        if number == 3:
            raise ValueError("three")
        return Counter(heard=1)

    assert not run("inputs", lambda number: b"abc", fails, range(5), keep=tmp_path / "kept")
    told = capsys.readouterr()
    assert "5 inputs of 3 bytes" in told.out
    assert "1 exceptions: [3]" in told.out
    assert "inputs 3:" in told.err
    assert (tmp_path / "kept").read_bytes() == b"abc"
    assert main(["ai.txt", "--only", "4", "--keep", str(tmp_path / "kept")]) == 0
    assert "1 ai.txt inputs" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["nothing.txt"])
