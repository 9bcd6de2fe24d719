"""
CDXJ indexes (OutbackCDX, pywb): a line a capture, with the place of its record in a WARC file beside the index.

    line = surt SP 14DIGIT SP json

The records are what is judged; the index adds the method of their requests. Addresses of the index are not used: a SURT
merges what are two sites.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tdm_guard.archives import framing
from tdm_guard.archives.captured import cleaned, is_judged
from tdm_guard.archives.items import Damage, Item
from tdm_guard.archives.octets import Octets
from tdm_guard.archives.setting import Setting
from tdm_guard.archives.warc import WarcReading, tape_of

MAX_LINE = 2**20  # bytes of one line; an address may have 64 KiB
_OPEN = 8  # WARC files at once
_BESIDE = (".", "../archive", "archive")  # an index beside its archives, or in a collection that was unpacked


def read_cdxj(octets: Octets, path: str, setting: Setting, *, name: str) -> Iterator[Item | Damage]:
    """All captures that an index names."""
    reading = _Reading(Path(path).parent, setting)
    seen: set[tuple[str, int]] = set()
    try:
        for place, line in _lines(octets):
            found = _entry(line)
            if isinstance(found, str):
                if found:
                    yield Damage(name, place, found)
                continue
            file, offset = Path(str(found["filename"])).name, int(found["offset"])
            if (file, offset) in seen:
                continue
            seen.add((file, offset))
            yield from reading.items(found, file, offset, Damage(name, place, "", url=_address(found)))
            yield from reading.evicted()
        yield from reading.rest()
    finally:
        reading.close()


class _Reading:
    def __init__(self, folder: Path, setting: Setting) -> None:
        self._folder = folder
        self._setting = setting
        self._open: OrderedDict[str, tuple[Octets, WarcReading]] = OrderedDict()
        self._late: list[Item | Damage] = []

    def items(self, entry: dict[str, Any], file: str, offset: int, lost: Damage) -> Iterator[Item | Damage]:
        opened = self._opened(file)
        if opened is None:
            yield lost._replace(what=f"{file[:200]}, which it names, is not beside it")
            return
        octets, reading = opened
        record = next(framing.records(tape_of(octets, offset)), None) if 0 <= offset < octets.size else None
        if not isinstance(record, framing.Record):
            yield lost._replace(what=f"no record begins at {offset} of {file[:200]}")
            return
        if method := entry.get("req.http:method", entry.get("method")):
            url = cleaned(record.fields.get("warc-target-uri", ""))
            reading.methods.know(record.fields, url, is_head=str(method).upper() == "HEAD")
        yield from reading.methods.tick()
        yield from reading.read(record)

    def evicted(self) -> list[Item | Damage]:
        """What waited in files that were closed."""
        late, self._late = self._late, []
        return late

    def rest(self) -> Iterator[Item | Damage]:
        for _, reading in self._open.values():
            yield from reading.rest()

    def close(self) -> None:
        for octets, _ in self._open.values():
            octets.close()

    def _opened(self, file: str) -> tuple[Octets, WarcReading] | None:
        if file in self._open:
            self._open.move_to_end(file)
            return self._open[file]
        path = next((each for each in (self._folder / way / file for way in _BESIDE) if each.is_file()), None)
        if path is None:
            return None
        if len(self._open) >= _OPEN:
            _, (closing, reading) = self._open.popitem(last=False)
            self._late += reading.rest()
            closing.close()
        octets = self._setting.opened(str(path))
        self._setting.originals.add([str(path)])
        self._open[file] = octets, WarcReading(octets, str(path), self._setting, file)
        return self._open[file]


def _lines(octets: Octets) -> Iterator[tuple[int, bytes]]:
    """The lines of an index, compressed or not, each with its place."""
    tape = tape_of(octets)
    while tape.fill(1):
        place = tape.place()
        while (end := tape.data.find(b"\n", tape.at)) < 0 and len(tape.data) - tape.at < MAX_LINE:
            if not tape.fill(len(tape.data) - tape.at + 1):
                break
        end = len(tape.data) if end < 0 else end + 1
        yield sum(place), tape.data[tape.at : end]
        tape.at = end
    if tape.broken is not None:
        yield tape.broken.start, b"\0"


def _entry(line: bytes) -> dict[str, Any] | str:
    """What a line says; else why it says nothing, or nothing for a line that need not."""
    if not line.strip() or line.startswith((b"!", b" CDX", b"#")):
        return ""
    at = line.find(b"{")
    try:
        found = json.loads(line[at:] if at >= 0 else b"")
        if isinstance(found, dict) and int(found["offset"]) >= 0 and str(found["filename"]):
            return found
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        pass
    return "a line that names no record"


def _address(entry: dict[str, Any]) -> str | None:
    url = entry.get("url")
    return url if isinstance(url, str) and is_judged(url) else None
