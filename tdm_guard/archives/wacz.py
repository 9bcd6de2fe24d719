"""
WACZ (Web Archive Collection Zipped, 1.1): the WARC files under `archive/`, whatever its lists of pages leave out.

A file that lies in it uncompressed is read in place; one whose directory is damaged is read for what is whole.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from tdm_guard.archives import inflating
from tdm_guard.archives.items import Damage, Item
from tdm_guard.archives.octets import Octets
from tdm_guard.archives.setting import INSIDE, Setting
from tdm_guard.archives.tape import Tape
from tdm_guard.archives.warc import read_tape, read_warc

MAX_FILES = 100_000  # in one collection
MAX_NAME = 960  # characters, so that a place in it can be named, too; a log has at most 1,024
_FOLDER = "archive/"
_LOCAL_HEAD = 30  # bytes of a local header without name and extra field (APPNOTE 4.3.7)
DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)


def read_wacz(octets: Octets, path: str, setting: Setting, *, name: str) -> Iterator[Item | Damage]:
    """All that the WARC files of a collection hold."""
    try:
        members = archives_in(path)
        left_out = _left_out(path)
    except DAMAGED as error:
        yield Damage(name, 0, f"its directory cannot be read ({str(error)[:80]}): read for what is whole in it")
        yield from read_tape(Tape(inflating.gzip_members(octets, 0)), octets, path, setting, name=name)
        return
    if not members:
        yield Damage(name, 0, "a collection without archives")
    if left_out:
        yield Damage(name, 0, f"{left_out} of its files are not read: of one name, or behind the first {MAX_FILES}")
    places = [f"{path}{INSIDE}{member}" for member in members]
    setting.originals.add(places)
    for member, place in zip(members, places, strict=True):
        called = f"{name}{INSIDE}{member}"[:MAX_NAME]
        try:
            inner = open_inside(path, member)
        except DAMAGED as error:
            yield Damage(called, 0, f"it cannot be read: {str(error)[:80]}")
            continue
        try:
            for found in read_warc(inner, place, setting, name=called):
                yield found._replace(within=place) if isinstance(found, Item) else found
        finally:
            inner.close()


def archives_in(path: str) -> list[str]:
    """The names of the archives in a collection, in their order."""
    with zipfile.ZipFile(path) as collection:
        names = [info.filename for info in collection.infolist()[:MAX_FILES] if not info.is_dir()]
    return [name for name in dict.fromkeys(names) if name.startswith(_FOLDER)]


def _left_out(path: str) -> int:
    """How many files of a collection `archives_in` does not name though they lie where archives do."""
    with zipfile.ZipFile(path) as collection:
        there = [info.filename for info in collection.infolist() if not info.is_dir()]
    return sum(name.startswith(_FOLDER) for name in there) - len(archives_in(path))


def open_inside(path: str, member: str) -> Octets:
    """A file that lies in a collection."""
    with zipfile.ZipFile(path) as collection:
        info = collection.getinfo(member)
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            return Octets(collection.open(info), size=info.file_size)  # it stays open as long as this
    file = Path(path).open("rb", buffering=0)  # noqa: SIM115 - who asked closes it
    file.seek(info.header_offset)
    head = file.read(_LOCAL_HEAD)
    if len(head) < _LOCAL_HEAD or head[:4] != b"PK\x03\x04":
        file.close()
        raise zipfile.BadZipFile("it does not lie where the directory says")
    start = info.header_offset + _LOCAL_HEAD + sum(int.from_bytes(head[at : at + 2], "little") for at in (26, 28))
    return Octets(file, start=start, size=info.file_size)
