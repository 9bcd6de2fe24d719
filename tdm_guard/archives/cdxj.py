"""
CDXJ indexes (OutbackCDX, pywb): a line a capture, with the place of its record in a WARC file beside the index.

    line = surt SP 14DIGIT SP json

The records are what is judged; the index adds the method of their requests. Addresses of the index are not used: a SURT
merges what are two sites.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tdm_guard.archives import framing
from tdm_guard.archives.captured import cleaned, is_judged
from tdm_guard.archives.items import Damage, Item
from tdm_guard.archives.octets import Octets
from tdm_guard.archives.setting import Setting
from tdm_guard.archives.warc import WarcReading, tape_of
from tdm_guard.formats.site.path_pattern import normal_url

MAX_LINE = 2**20  # bytes of one line; an address may have 64 KiB
_OPEN = 8  # WARC files at once
_PLACES = 100_000  # names of files of which is remembered where they lie
_MET = 100_000  # records of which is remembered that they were read; an index is sorted: lines of one stand together
_BESIDE = (".", "../archive", "archive")  # an index beside its archives, or in a collection that was unpacked


def read_cdxj(octets: Octets, path: str, setting: Setting, *, name: str) -> Iterator[Item | Damage]:
    """All captures that an index names."""
    reading = _Reading(Path(path).parent, setting)
    try:
        for place, line in _lines(octets):
            found = _entry(line)
            if isinstance(found, str):
                if found:
                    yield Damage(name, place, found)
                continue
            yield from reading.items(found, Damage(name, place, "", url=_address(found)))
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
        self._places: dict[str, tuple[Path, bool | None]] = {}
        self._met: OrderedDict[tuple[str, int], int] = OrderedDict()  # what tells the addresses of the records read

    def items(self, entry: dict[str, Any], lost: Damage) -> Iterator[Item | Damage]:
        """
        The record that an entry names, once, however many lines near each other name it.

        A file of another folder may be the only one of its name that is here: the address tells that it is another.
        """
        named, offset = str(entry["filename"]), int(entry["offset"])
        path, is_it = self._found(named)
        if is_it is None:
            yield lost._replace(what=f"{named[:200]}, which it names, is not beside it")
            return
        octets, reading = self._opened(path)
        place, record = (str(path), offset), None
        if place not in self._met:
            found = next(framing.records(tape_of(octets, offset)), None) if 0 <= offset < octets.size else None
            if not isinstance(found, framing.Record):
                yield lost._replace(what=f"no record begins at {offset} of {path.name[:200]}")
                return
            record = found
            self._met[place] = hash(_loosely(cleaned(record.fields.get("warc-target-uri", ""))))
            if len(self._met) > _MET:
                self._met.popitem(last=False)
        if not is_it and lost.url and hash(_loosely(lost.url)) != self._met[place]:
            yield lost._replace(what=f"{named[:200]}, which it names, is not beside it, but another file of that name")
        if record is None:
            return
        if method := entry.get("req.http:method", entry.get("method")):
            url = cleaned(record.fields.get("warc-target-uri", ""))
            reading.methods.know(record.fields, url, is_head=str(method).upper() == "HEAD")
        yield from _within(str(path), reading.methods.tick())
        yield from _within(str(path), reading.read(record))

    def evicted(self) -> list[Item | Damage]:
        """What waited in files that were closed."""
        late, self._late = self._late, []
        return late

    def rest(self) -> Iterator[Item | Damage]:
        for file, (_, reading) in self._open.items():
            yield from _within(file, reading.rest())

    def close(self) -> None:
        for octets, _ in self._open.values():
            octets.close()

    def _found(self, named: str) -> tuple[Path, bool | None]:
        """Where a file lies that an index names; whether it is that by its whole name, None if there is none."""
        whole, last = Path(named), Path(Path(named).name)
        known = self._places.get(named)
        if known is None:
            ways = [self._folder / way for way in _BESIDE]
            names = (whole, last) if not whole.is_absolute() and ".." not in whole.parts else (last,)
            found = [(way / each, each == whole) for each in names for way in ways if _is_file(way / each)]
            known = found[0] if found else (last, None)
            if len(self._places) < _PLACES:
                self._places[named] = known
        return known

    def _opened(self, path: Path) -> tuple[Octets, WarcReading]:
        file = str(path)
        if file in self._open:
            self._open.move_to_end(file)
            return self._open[file]
        if len(self._open) >= _OPEN:
            closed, (closing, reading) = self._open.popitem(last=False)
            self._late += _within(closed, reading.rest())
            closing.close()
        octets = self._setting.opened(file)
        self._setting.originals.add([file])
        self._open[file] = octets, WarcReading(octets, file, self._setting, path.name)
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


def _within(path: str, found: Iterable[Item | Damage]) -> Iterator[Item | Damage]:
    for each in found:
        yield each._replace(within=path) if isinstance(each, Item) else each


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # no file system has such a name
        return False


def _loosely(url: str) -> str:
    """What is left of an address where an index made it of a SURT: no scheme, no `www.`, no letters' case."""
    return normal_url(url).lower().partition("://")[2].partition("#")[0].removeprefix("www.").rstrip("/")


def _address(entry: dict[str, Any]) -> str | None:
    url = entry.get("url")
    return url if isinstance(url, str) and is_judged(url) else None
