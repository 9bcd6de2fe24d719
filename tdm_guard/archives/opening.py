"""Archives of all kinds by what they are: their first bytes say which reader reads them."""

from __future__ import annotations

import os
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from tdm_guard.archives.arc import read_arc
from tdm_guard.archives.cdxj import read_cdxj
from tdm_guard.archives.har import read_har
from tdm_guard.archives.items import Damage, Item, Unreadable
from tdm_guard.archives.octets import Octets
from tdm_guard.archives.parquet_rows import read_parquet
from tdm_guard.archives.saved_pages import read_saved_page
from tdm_guard.archives.setting import INSIDE, Setting
from tdm_guard.archives.wacz import DAMAGED, archives_in, open_inside, read_wacz
from tdm_guard.archives.warc import read_warc, tape_of

KINDS = "WARC, WACZ, CDXJ, HAR, MHTML, ARC and Parquet"
_LOOK = 2**14  # bytes that show what a file is
_FORMS = (
    (re.compile(rb"\s{0,64}WARC/\d"), read_warc),
    (re.compile(rb"\s{0,64}filedesc:"), read_arc),
    (re.compile(rb"[^\s{]{0,65536} \d{1,17} \{"), read_cdxj),
    (re.compile(rb"![\w-]{1,32} \{"), read_cdxj),
    (re.compile(rb'(?s)(?:\xef\xbb\xbf)?\s{0,64}\{.{0,16384}?"(?:log|entries)"\s{0,64}:'), read_har),
    (re.compile(rb"(?is)\s{0,64}[a-z-]{1,64}[ \t]*:.{0,16384}?multipart/related"), read_saved_page),
)
_BY_NAME = (  # of what is damaged where it begins
    (re.compile(r"(?i)\.warc(?:\.(?:gz|zst))?$"), read_warc),
    (re.compile(r"(?i)\.cdxj?(?:\.gz)?$"), read_cdxj),
    (re.compile(r"(?i)\.har(?:\.gz)?$"), read_har),
    (re.compile(r"(?i)\.arc(?:\.gz)?$"), read_arc),
    (re.compile(r"(?i)\.mht(?:ml)?$"), read_saved_page),
)


def read_items(
    path: str | os.PathLike[str],
    *,
    offset: int = 0,
    archives: Iterable[str | os.PathLike[str]] = (),
    passed: Counter[str] | None = None,
    infos: dict[str, deque[tuple[int, int]]] | None = None,
) -> Iterator[Item | Damage]:
    """
    All that an archive holds, as items to judge and as damage: WARC, WACZ, CDXJ, HAR, MHTML, ARC or Parquet.

    `offset` is where to go on in a WARC file, a place that an item gave. `archives` are others that revisits in this
    one may refer to. `passed` counts what is not judged: requests, records of `dns:`. `infos` takes in where `warcinfo`
    records lie, by file. Raises `Unreadable` for a file that is none of these, when the first item is asked for.
    """
    given = [inner for each in archives for inner in _within(os.fspath(each))]
    setting = Setting(given, passed, opened=opened, infos=infos)
    place, name = os.fspath(path), Path(path).name
    octets = opened(place)
    try:
        yield from _read(octets, place, setting, name=name, offset=offset)
    finally:
        octets.close()
        setting.close()


def _read(octets: Octets, path: str, setting: Setting, *, name: str, offset: int) -> Iterator[Item | Damage]:
    head = octets.take(0, 4)
    if head == b"PK\x03\x04":
        yield from read_wacz(octets, path, setting, name=name)
        return
    if head == b"PAR1":
        yield from read_parquet(path, setting, name=name)
        return
    tape = tape_of(octets)
    tape.fill(_LOOK)
    begin = tape.data[:_LOOK]
    reader = next((each for form, each in _FORMS if form.match(begin)), None)
    reader = reader or next((each for form, each in _BY_NAME if form.search(name)), None)
    if reader is None:
        raise Unreadable(f"{path}: it is none of {KINDS}")
    if reader is read_warc:
        yield from read_warc(octets, path, setting, name=name, offset=offset)
    else:
        yield from reader(octets, path, setting, name=name)
        if octets.error:
            yield Damage(name, 0, f"it could not be read to its end: {octets.error}")


def _within(path: str) -> list[str]:
    """The archives that a collection holds, by their places; any other file itself."""
    try:
        return [f"{path}{INSIDE}{member}" for member in archives_in(path)]
    except DAMAGED:
        return [path]


def opened(path: str) -> Octets:
    """A file, or one that lies in a collection. Raises `Unreadable`."""
    outer, inside, member = path.partition(INSIDE)
    try:
        if inside and not Path(path).exists():
            return open_inside(outer, member)
        return Octets(Path(path).open("rb", buffering=0))
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror or error}") from None
