"""What `--policies` names: archives, folders, stores, or the sites themselves, today."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tdm_guard.archives import Damage
from tdm_guard.archives.captures import WarcPolicies
from tdm_guard.archives.sources import FolderPolicies, PolicySource
from tdm_guard.cache.reading import open_source
from tdm_guard.errors import ConfigurationError

LIVE = "live"
_ARCHIVES = (".warc", ".warc.gz", ".warc.zst", ".wacz", ".cdxj", ".arc", ".arc.gz")
MAX_FILES = 10_000_000  # of a folder, whose names and times tell whether it has changed


def matched(given: Iterable[str]) -> tuple[str, ...]:
    """What is named, each once, with patterns (`robotstxt-*.warc.gz`) as the files that they match."""
    found: list[str] = []
    for each in given:
        named = each == LIVE or "://" in each or Path(each).exists()
        files = [] if named else sorted(glob.glob(each))  # noqa: PTH207 - as it was given
        found += files or [each]
    return tuple(dict.fromkeys(found))


def opened_sources(
    given: Iterable[str],
    options: Mapping[str, Any],
    *,
    told: Callable[[Damage], object],
    ticked: Callable[[], object],
) -> tuple[PolicySource, ...]:
    """
    The sources in their order; all archives are one, at the place of the first.

    Raises `ConfigurationError` for what is none, `Unreadable` for a file that is no archive.
    """
    sources: list[PolicySource] = []
    archives = [each for each in given if _is_archive(each)]
    try:
        for each in given:
            if each == LIVE:
                from tdm_guard.cli.live_policies import LivePolicies  # noqa: PLC0415 - it needs an extra

                sources.append(LivePolicies(options))
            elif "://" in each:
                sources.append(open_source(each))
            elif Path(each).is_dir():
                _check_folder(each)
                sources.append(FolderPolicies(each))
            elif each == archives[0]:
                sources.append(WarcPolicies(archives, told=told, ticked=ticked))
    except BaseException:
        for source in sources:
            source.close()
        raise
    return tuple(sources)


def _check_folder(folder: str) -> None:
    """Raises `ConfigurationError` for one that holds archives and no sites: nothing would be found in it."""
    endings: set[str] = set()
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                return
            endings.update(ending for ending in _ARCHIVES if entry.name.endswith(ending))
    if endings:
        good = os.path.join(folder, f"*{min(endings)}")  # noqa: PTH118
        raise ConfigurationError(f"--policies: {folder!r} is a folder of archives; name them, for example {good!r}")


def _is_archive(each: str) -> bool:
    if each == LIVE or "://" in each or Path(each).is_dir():
        return False
    if not Path(each).is_file():
        raise ConfigurationError(f"--policies: {each!r} is no archive, folder or store, nor the word {LIVE}")
    return True


def mark_of(given: Iterable[str], today: str) -> str:
    """
    What tells policies from others: files by name, size and time, folders by all that is in them.

    Stores and sites change by themselves: they are those of a day.
    """
    digest = blake2b(digest_size=8)
    for each in given:
        digest.update(f"{each}\0".encode("utf-8", "surrogateescape"))
        if each == LIVE or "://" in each:
            digest.update(today.encode())
            continue
        for path in sorted(_files(each)):
            about = os.stat(path)  # noqa: PTH116 - as it was given
            digest.update(f"{path}\0{about.st_size} {about.st_mtime_ns}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _files(path: str) -> Iterator[str]:
    if not Path(path).is_dir():
        yield path
        return
    count = 0
    for folder, _, names in os.walk(path):
        for name in names:
            count += 1
            if count > MAX_FILES:
                raise ConfigurationError(f"--policies: {path!r} holds more than {MAX_FILES:,} files")
            file = os.path.join(folder, name)  # noqa: PTH118
            if os.path.exists(file):  # noqa: PTH110 - no link that leads nowhere
                yield file
