"""Readings that ask for documents round by round, driven from answers that are at hand."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TypeVar

from tdm_guard import Fetched
from tdm_guard.policies.task import Answers, Wanted

T = TypeVar("T")


def driven(reading: Generator[tuple[Wanted, ...], Answers, T], answers: Mapping[str, Fetched | None]) -> T:
    """What a reading comes to; a document of which nothing is known was never asked for."""
    try:
        wanted = next(reading)
        while True:
            wanted = reading.send({want.url: answers.get(want.url) for want in wanted})
    except StopIteration as finished:
        result: T = finished.value
        return result
