"""Records are read some at a time: none is lost or moved, and no more are held than is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdm_guard.archives.framing import Gap, Record
from tdm_guard.archives.reading_on import MAX_HELD, MAX_RECORDS, some_at_a_time

WINDOWS = [bytes(size) for size in (10, 1000, MAX_HELD // 3, MAX_HELD - 1, MAX_HELD)]


def _record(window: bytes, number: int) -> Record:
    return Record.of({}, window, 0, 1, (number, 0), None, size=1, whole=True, damage=None)


@given(st.lists(st.sampled_from([*range(len(WINDOWS)), None]), max_size=80))
def test_all_come_in_their_order_and_few_are_read_before_they_are_handed_on(windows: list[int | None]) -> None:
    given_ = [
        Gap((number, 0), "words") if window is None else _record(WINDOWS[window], number)
        for number, window in enumerate(windows)
    ]
    waiting: list[Record | Gap] = []
    most = 0

    def reading() -> Iterator[Record | Gap]:
        nonlocal most
        for each in given_:
            waiting.append(each)
            most = max(most, len(waiting))
            held = {id(other.data): len(other.data) for other in waiting[:-1] if isinstance(other, Record)}
            assert sum(held.values()) < MAX_HELD  # who holds that much reads no more
            yield each

    handed = []
    for each in some_at_a_time(reading()):
        handed.append(each)
        assert waiting.pop(0) is each
    assert handed == given_
    assert most <= MAX_RECORDS


def test_many_small_records_are_read_before_the_first_is_handed_on() -> None:
    read: list[int] = []

    def reading() -> Iterator[Record]:
        for number in range(100):
            read.append(number)
            yield _record(b"words", number)

    assert next(some_at_a_time(reading())).place == (0, 0)
    assert len(read) == MAX_RECORDS


def test_what_was_read_before_a_failure_is_handed_on() -> None:
    def reading() -> Iterator[Record]:
        yield from (_record(b"words", number) for number in range(3))
        raise OSError("the disk is gone")

    handed = some_at_a_time(reading())
    assert [next(handed).place for _ in range(3)] == [(0, 0), (1, 0), (2, 0)]
    with pytest.raises(OSError, match="the disk is gone"):
        next(handed)
