"""
Policies out of archives: which document answered what, and when, as it was captured.

strategy: the archives are read once, into a database of addresses and times. Documents whose place is agreed upon are
kept there; of all else only the place, since any page may be what another declares as its licence.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from tdm_guard.archives.items import NOT_TOLD, OF_HEAD, Damage, Item
from tdm_guard.archives.opening import read_items
from tdm_guard.archives.redirects import REDIRECTS
from tdm_guard.archives.sources import DOCUMENTS, Known
from tdm_guard.errors import UnsupportedURL
from tdm_guard.formats.http.stored_head import NOTHING_SAID
from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.model import Fetched
from tdm_guard.origin import Origin

MAX_DECLARED = 2**21  # bytes of a page that may be a licence; readers take a mebibyte of one
MAX_HOPS = 5  # redirects of a document (RFC 9309 2.3.1.2)
_ORIGINS = 1024  # of which is held in memory what is listed, some hundred bytes each
_NOT_MODIFIED = 304
_LATEST = 2.0**53  # seconds; behind any time
_ALWAYS = (-_LATEST, _LATEST + 1)
_TABLES = """
CREATE TABLE capture (url TEXT NOT NULL, at REAL NOT NULL, origin TEXT, status INTEGER, packed BLOB, file TEXT,
                      place INTEGER);
"""
_INDEXES = """
CREATE INDEX capture_by_url ON capture (url, at);
CREATE INDEX capture_by_origin ON capture (origin, at) WHERE origin IS NOT NULL;
"""


class WarcPolicies:
    """
    The documents that archives hold, each as it was captured last before the time asked for, or else first behind it.

    `told` is called with the damage that is met, `ticked` with each record. Raises `Unreadable` for a file that is no
    archive. Picklable: another process reads the same database, as long as this one does not close it.
    """

    def __init__(
        self,
        paths: Iterable[str | os.PathLike[str]],
        *,
        told: Callable[[Damage], object] = lambda damage: None,
        ticked: Callable[[], object] = lambda: None,
    ) -> None:
        descriptor, self._path = tempfile.mkstemp(prefix="tdm-guard-policies-", suffix=".sqlite")
        os.close(descriptor)
        self._owner = True
        try:
            self._database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = OFF")
            self._database.execute("PRAGMA synchronous = OFF")
            self._database.executescript(_TABLES)
            self._database.execute("BEGIN")
            for path in paths:
                rows = _rows(os.fspath(path), told, ticked)
                self._database.executemany("INSERT INTO capture VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._database.execute("COMMIT")
            self._database.executescript(_INDEXES)
        except BaseException:
            self.close()
            raise
        self._listed = lru_cache(_ORIGINS)(self._read_listed)
        self._span = _ALWAYS

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self._path,)

    def documents(self, origin: str, at: datetime | None) -> Mapping[str, Fetched]:
        """What the documents of an origin answered as of `at`; without a time, last."""
        seconds = _LATEST if at is None else at.timestamp()
        return Known(self._listed(origin), lambda url: self._answer(url, seconds))

    def span(self) -> tuple[float, float]:
        """From when, and until before when, all that was answered since the last call would be the same again."""
        found, self._span = self._span, _ALWAYS
        return found

    def close(self) -> None:
        """Gives the database up; who made it deletes it."""
        if (database := getattr(self, "_database", None)) is not None:
            database.close()
        if self._owner:
            with suppress(OSError):
                os.unlink(self._path)  # noqa: PTH108 - a name as `mkstemp` gave it

    def _read_listed(self, origin: str) -> tuple[str, ...]:
        rows = self._database.execute("SELECT DISTINCT url FROM capture WHERE origin = ?", (origin,))
        return tuple(url for (url,) in rows)

    def _answer(self, url: str, at: float) -> Fetched | None:
        """What an address answered, at the end of its redirects."""
        redirects: list[str] = []
        place = normal_url(url)
        found = self._capture(place, at)
        while found is not None and found.status in REDIRECTS and not found.error:
            target = found.header("location")
            redirects.append(place)
            place = _led_to(place, target) if target else ""
            following = self._capture(place.partition("#")[0], at) if place and len(redirects) <= MAX_HOPS else None
            if following is None:
                words = f"it was redirected to {place[:200] or 'nowhere'}, of which nothing was captured"
                return Fetched.unreachable(words, status=found.status, at=found.at)
            found = following
        if found is None or not redirects:
            return found
        return Fetched(
            status=found.status, headers=found.headers, body=found.body, url=found.url, at=found.at,
            redirects=tuple(redirects), error=found.error, complete=found.complete,
        )  # fmt: skip

    def _capture(self, url: str, at: float) -> Fetched | None:
        """The capture of an address that counts at a time: "not modified" does where there is nothing else."""
        for also in (f"url = ? AND status IS NOT {_NOT_MODIFIED}", "url = ?"):
            for order in ("AND at <= ? ORDER BY at DESC", "AND at > ? ORDER BY at"):
                query = f"SELECT packed, file, place, at FROM capture WHERE {also} {order} LIMIT 1"  # noqa: S608 - words of ours
                row = self._database.execute(query, (url, at)).fetchone()
                if row is not None:
                    packed, file, place, since = row
                    self._narrow(also, url, at, since)
                    return _reread(file, place, url) if packed is None else _unpacked(packed)
        return None

    def _narrow(self, among: str, url: str, at: float, since: float) -> None:
        """Another capture of the address counts from the time of the next one."""
        query = f"SELECT min(at) FROM capture WHERE {among} AND at > ?"  # noqa: S608 - words of ours
        (following,) = self._database.execute(query, (url, max(at, since))).fetchone()
        low, high = self._span
        self._span = max(low, since) if since <= at else low, high if following is None else min(high, following)


def _again(path: str) -> WarcPolicies:
    """The same database in another process."""
    known = WarcPolicies.__new__(WarcPolicies)
    known._path, known._owner = path, False
    known._database = sqlite3.connect(
        f"{Path(path).absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    known._listed = lru_cache(_ORIGINS)(known._read_listed)
    known._span = _ALWAYS
    return known


def _led_to(place: str, target: str) -> str:
    """Where a redirect leads; empty for nowhere."""
    try:
        return normal_url(urljoin(place, target.strip()))
    except ValueError:
        return ""


_Row = tuple[str, float, str | None, int | None, bytes | None, str | None, int | None]


def _rows(path: str, told: Callable[[Damage], object], ticked: Callable[[], object]) -> Iterator[_Row]:
    """All captures in an archive."""
    last = 0.0
    name = os.path.basename(path)  # noqa: PTH119 - as `read_items` calls the file
    for found in read_items(path):
        ticked()
        if isinstance(found, Damage):
            told(found)
            if found.url is not None:
                url, origin = _placed(found.url)
                if origin is not None:
                    lost = Fetched.unreachable(f"{found.what[:200]}, at {found.offset} of {found.file[:200]}")
                    yield url, last, origin, None, _packed(lost), None, None
            continue
        last = found.at.timestamp() if found.at is not None else last
        url, origin = _placed(found.url)
        kind = found.stored.type
        if kind not in ("response", "revisit", "resource", "row") or OF_HEAD in found.notes:
            continue  # an answer to HEAD is none to GET
        whole_name = found.stored.file == name
        again = found.stored.record is not None and kind in ("response", "resource")  # of WARC, read from a place on
        if origin is None and len(found.body or b"") > MAX_DECLARED:
            lost = Fetched.unreachable("it is larger than what is read of a licence", status=found.status, at=found.at)
            yield url, last, None, found.status, _packed(lost), None, None
        elif origin is None and whole_name and again and found.body and found.status not in REDIRECTS:
            yield url, last, None, found.status, None, path, found.stored.offset
        else:
            yield url, last, origin, found.status, _packed(_answered(found)), None, None


def _placed(url: str) -> tuple[str, str | None]:
    """An address in its normal form; and its origin, if a document lies there whose place is agreed upon."""
    url = normal_url(url).partition("#")[0]
    try:
        origin = str(Origin.parse(url))
    except UnsupportedURL:
        return url, None
    return url, origin if url[len(origin) :] in DOCUMENTS else None


def _answered(item: Item) -> Fetched:
    if item.body is None:
        words = "its body is not known: it was not stored, or refers to what is not in these archives"
        return Fetched.unreachable(words, status=item.status, at=item.at)
    if item.status is None and not NOTHING_SAID.isdisjoint(item.notes):
        return Fetched.unreachable("its answer has no status that can be read", at=item.at)
    status = 200 if item.status is None else item.status  # a resource has none, nor has a row
    most = DOCUMENTS.get(urlsplit(item.url).path, MAX_DECLARED // 2)
    whole = item.body_complete or (
        item.stored.type == "resource" and NOT_TOLD in item.notes
    )  # of a document words count
    if 200 <= status < 300 and not whole and len(item.body) < most:
        # a client stops behind what is read of a document, whoever stored this one stopped before
        return Fetched.unreachable("not all of it was stored", status=status, at=item.at)
    return Fetched(status=status, headers=item.headers, body=item.body, url=item.url, at=item.at, complete=whole)


def _reread(file: str, place: int, url: str) -> Fetched | None:
    try:
        found = next(iter(read_items(file, offset=place)), None)
    except Exception as error:  # noqa: BLE001 - whatever an archive that changed raises
        return Fetched.unreachable(f"it cannot be read again: {str(error)[:200]}")
    if isinstance(found, Item) and _placed(found.url)[0] == url:
        return _answered(found)
    return Fetched.unreachable("it cannot be read again: the archive has changed")


def _packed(answer: Fetched) -> bytes:
    at = None if answer.at is None else answer.at.timestamp()
    head = [answer.status, list(answer.headers), answer.url, at, answer.error, answer.complete]
    return zlib.compress(json.dumps(head).encode() + b"\n" + answer.body, 1)


def _unpacked(packed: bytes) -> Fetched:
    head, _, body = zlib.decompress(packed).partition(b"\n")
    status, headers, url, at, error, complete = json.loads(head)
    when = None if at is None else datetime.fromtimestamp(at, UTC)
    fields = tuple((name, value) for name, value in headers)
    return Fetched(status=status, headers=fields, body=body, url=url, at=when, error=error, complete=complete)
