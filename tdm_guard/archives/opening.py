"""Archives of all kinds by what they are: their first bytes say which reader reads them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tdm_guard.archives.items import Damage, Item, Unreadable
from tdm_guard.archives.octets import Octets
from tdm_guard.archives.setting import Setting
from tdm_guard.archives.warc import read_warc


def read_items(
    path: str | os.PathLike[str],
    *,
    offset: int = 0,
    archives: Iterable[str | os.PathLike[str]] = (),
    passed: Counter[str] | None = None,
) -> Iterator[Item | Damage]:
    """
    All that an archive holds, as items to judge and as damage.

    `offset` is where to go on in a WARC file, a place that an item gave. `archives` are others that revisits in this
    one may refer to. `passed` counts what is not judged: requests, records of `dns:`. Raises `Unreadable` for a file
    that is none of the kinds that are read, when the first item is asked for.
    """
    setting = Setting([os.fspath(each) for each in archives], passed, opened=_opened)
    octets = _opened(os.fspath(path))
    try:
        yield from read_warc(octets, os.fspath(path), setting, name=Path(path).name, offset=offset)
    finally:
        octets.close()
        setting.close()


def _opened(path: str) -> Octets:
    try:
        return Octets(Path(path).open("rb", buffering=0))
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror or error}") from None
