"""Files made to cost: what is kept, what is noted and how much memory it takes stays bounded, whatever the file is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tdm_guard import Judge, Posture
from tdm_guard.formats.files import c2pa_store
from tdm_guard.formats.files.asset import Packet, Place, Unread, read_asset
from tdm_guard.formats.files.container import Format
from tdm_guard.formats.salvage import MAX_UNREAD, Unreads
from tdm_guard.judging.asset import hear_asset
from tdm_guard.judging.response import Announced
from tdm_guard.model import Source
from tdm_guard.signals.c2pa.c2pa_signal import SIGNAL as C2PA
from tdm_guard.signals.shape import Listener
from tests.support import pictures
from tests.support.floods import BOMBS, LARGE
from tests.support.memory import peak

SIZE = 150_000  # bytes of a file that is full of one small thing; `python -m tests.fuzz.assets --floods 32` takes more
SWOLLEN = 12 * 2**20  # bytes that a bomb wants to become
ROOM = 8 * 2**20
JUDGE = Judge(usages={"tdm"}, agent="ExampleBot")
NATIVE = frozenset({"c2pa boxes", "jpeg store of boxes"})


def hear(data: bytes, kind: Format) -> tuple[int, int]:
    """Statements and faults of a file."""
    about = Announced("https://a.example/file", datetime(2026, 11, 28, tzinfo=UTC), 200)
    reading = hear_asset(JUDGE.bench, about, data, kind, complete=True).reading
    return len(reading.statements), len(reading.faults)


@pytest.mark.parametrize("name", [*LARGE, *BOMBS])
def test_a_file_takes_at_most_three_times_its_size_and_a_little(name: str) -> None:
    (kind, make), size = (LARGE[name], SIZE) if name in LARGE else (BOMBS[name], SWOLLEN)
    data = make(size)
    hear(data[:64], kind)  # what is imported with the first file is not the file's
    (statements, faults), most = peak(lambda: hear(data, kind))
    assert most <= 3 * len(data) + ROOM, f"{most} bytes for a file of {len(data)}"
    assert statements <= 500
    assert faults <= 200


@pytest.mark.parametrize("name", LARGE)
def test_what_is_noted_of_a_file_is_bounded_where_it_is_made(name: str) -> None:
    kind, make = LARGE[name]
    asset = read_asset(make(SIZE), kind)
    assert len(asset.unread) <= 5 * MAX_UNREAD
    assert len(asset.packets) <= 150
    assert len(asset.tags) <= 20_000


@pytest.mark.parametrize("name", [name for name in LARGE if name not in NATIVE])
def test_the_native_reader_is_not_asked_of_a_file_without_a_mark(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, make = LARGE[name]
    data = make(SIZE)
    asked: list[Format] = []

    def report(_data: bytes, format: Format) -> dict[str, object]:  # noqa: A002 - as it is called
        asked.append(format)
        return {"error": "Other", "message": "a test"}

    monkeypatch.setattr(c2pa_store, "report", report)
    hear(data, kind)
    marked = (
        b"jumdc2pa" in data
        or b"c2pa:manifest" in data
        or any(packet.place is Place.C2PA for packet in read_asset(data, kind).packets)
    )
    assert marked or not asked
    assert len(asked) <= 5


def test_a_place_that_was_given_up_is_undetermined_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c2pa_store, "report", lambda *_: pytest.fail("it was asked"))
    asset = read_asset(pictures.gif(b"\x21\xfe" + b"\1a" * 600_000 + b"\0"), Format.GIF)
    assert Place.C2PA in {unread.place for unread in asset.unread}
    listener = Listener(agent="ExampleBot", posture=Posture.CAUTIOUS)
    assert C2PA.read_asset is not None
    reading = C2PA.read_asset(asset, Source(url="https://a.example/x", carrier="gif"), listener)
    assert [statement.stance.value for statement in reading.statements] == ["undetermined"]
    assert "more than 500000 blocks" in (reading.statements[0].excerpt or "")


def test_a_million_places_are_noted_as_a_few_and_no_kind_is_lost() -> None:
    unread = Unreads()
    for number in range(1_000):
        unread.append(Unread(Place.XMP, "a", str(number)))
    unread += [Unread(Place.C2PA, "a", "b")]
    assert len(unread) == MAX_UNREAD + 1
    assert {each.place for each in unread} == {Place.XMP, Place.C2PA}


def test_packets_beyond_what_is_parsed_are_undetermined() -> None:
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + b"<a/>" * 15_000 + b"</x:xmpmeta>"
    asset = read_asset(pictures.jpeg(*[pictures.app1(packet)] * 40), Format.JPEG)
    assert 1 < len(asset.packets) < 40
    assert Place.XMP in {unread.place for unread in asset.unread}
    assert not asset.complete
    one = read_asset(pictures.jpeg(pictures.app1(packet)), Format.JPEG)
    assert one.packets == (Packet(Place.XMP, "JPEG/APP1", packet),)
    assert one.complete
