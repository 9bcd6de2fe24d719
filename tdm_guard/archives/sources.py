"""
Where the policies of what was stored before come from: a mapping, a folder.

What a source does not know is not in its answer, which is "never asked for" and not "absent".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from tdm_guard.errors import ConfigurationError
from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.model import Fetched
from tdm_guard.origin import Origin
from tdm_guard.signals import SIGNALS, robots

MAX_DOCUMENT = 2**22  # bytes of a document in a folder; twice what any reader takes of one
_STATUS = ".status"
DOCUMENTS = dict(
    sorted(
        (path, document.max_bytes)
        for document in (robots.DOCUMENT, *(signal.document for signal in SIGNALS))
        if document is not None
        for path in (document.path, document.fallback)
        if path is not None
    )
)  # the paths where documents lie whose place is agreed upon, and the bytes that are read of each


class PolicySource(Protocol):
    """
    What is known of the documents that speak for origins.

    One that has an attribute `timeless`, which is true, has one answer of each document for as long as it is open: it
    is asked once. Any other is asked for each item that is judged.
    """

    def documents(self, origin: str, at: datetime | None) -> Mapping[str, Fetched]:
        """
        What the documents of an origin answered, by absolute URL; of several answers the one that held at `at`.

        What is not known is not in it. Documents that are declared elsewhere may be found in it though it does not list
        them.
        """

    def close(self) -> None:
        """Gives up what is kept."""


class Known(Mapping[str, Fetched]):
    """Documents that are looked up when they are asked for; `listed` are those that are known to be."""

    def __init__(self, listed: tuple[str, ...], look: Callable[[str], Fetched | None]) -> None:
        self._listed = listed
        self._look = look

    def __getitem__(self, url: str) -> Fetched:
        found = self._look(url)
        if found is None:
            raise KeyError(url)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)


class MappingPolicies:
    """
    Documents that the caller has: by origin and by path on it, or by absolute URL.

    Raises `ConfigurationError` for a key that is neither, whose document would be left unread.
    """

    timeless = True  # it has one answer of each

    def __init__(self, documents: Mapping[str, Mapping[str, Fetched] | Fetched]) -> None:
        self._origins: dict[str, dict[str, Fetched]] = {}
        for key, value in documents.items():
            given = value if isinstance(value, Mapping) else {key: value}
            for url, answer in given.items():
                place = f"{key.rstrip('/')}{url}" if url.startswith("/") else url
                if not isinstance(answer, Fetched) or "://" not in place:
                    raise ConfigurationError(f"policies: {url!r:.200} is no URL with a Fetched, nor a path")
                self._origins.setdefault(str(Origin.parse(place)), {})[normal_url(place)] = answer

    def documents(self, origin: str, at: datetime | None) -> Mapping[str, Fetched]:
        """What was given of an origin."""
        return self._origins.get(origin, {})

    def close(self) -> None:
        """Nothing is open."""

    def __repr__(self) -> str:
        return f"<policies of {len(self._origins)} origins>"  # engines write down what they are told


class FolderPolicies:
    """
    Documents in a folder, as `wget --mirror` and the like leave them: HOST/robots.txt, HOST:PORT/… or SCHEME/HOST/….

    `NAME.status` beside a document, or in its place, holds the status that it was answered with; without one it is 200.
    Raises `ConfigurationError` for what is no folder.
    """

    timeless = True

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        if not self._folder.is_dir():
            raise ConfigurationError(f"policies: {str(folder)!r} is no folder")

    def documents(self, origin: str, at: datetime | None) -> Mapping[str, Fetched]:
        """What lies there of an origin."""
        parsed = Origin.parse(origin)
        scheme, _, authority = origin.partition("://")
        names = dict.fromkeys((authority, authority.replace(":", "+"), f"{parsed.host}:{parsed.port}"))
        places = [self._folder / way / name for way in (scheme, "") for name in names]
        places = [place for place in places if _is_folder(place)]
        if not places:
            return {}

        def look(url: str) -> Fetched | None:
            root, path = url[: len(origin)], url[len(origin) :].partition("?")[0]
            if root != origin or not path.startswith("/") or "\0" in path or ".." in path.split("/"):
                return None
            return next(filter(None, (_read(place, path[1:], url) for place in places)), None)

        listed = tuple(url for url in (f"{origin}{path}" for path in DOCUMENTS) if look(url) is not None)
        return Known(listed, look)

    def close(self) -> None:
        """Nothing is open."""


def _is_folder(place: Path) -> bool:
    try:
        return place.is_dir()
    except (OSError, ValueError):  # no file system has such a name
        return False


def _read(place: Path, path: str, url: str) -> Fetched | None:
    """What a file says, and the one beside it; what is there and cannot be read is a document that gave no answer."""
    file, beside = place / path, place / f"{path}{_STATUS}"
    try:
        if not path or not (file.is_file() or beside.is_file()):
            return None
        status = int(beside.read_text("ascii")[:16]) if beside.is_file() else 200
        if not file.is_file():
            return Fetched(status=status, url=url, at=_written(beside))
        with file.open("rb") as opened:
            body = opened.read(MAX_DOCUMENT + 1)
    except (OSError, ValueError) as error:
        return Fetched.unreachable(f"it cannot be read: {str(error)[:200]}")
    whole = len(body) <= MAX_DOCUMENT
    return Fetched(status=status, body=body[:MAX_DOCUMENT], url=url, at=_written(file), complete=whole)


def _written(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)
