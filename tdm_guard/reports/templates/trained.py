"""
What a model was trained on, as a file says it: an address, a domain or the digest of a content on each line.

Lines of JSON with a `url` (as `report --admitted --format json` writes them) are read too. The lines stand in a private
database (`log.scratch`), so that memory does not grow with them.
"""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.log.canonical import domain_of, is_suffix
from tdm_guard.log.latest import addresses_of
from tdm_guard.log.members import text_of
from tdm_guard.log.scratch import scratch
from tdm_guard.origin import bare
from tdm_guard.reports.templates.named_sites import host_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

MAX_LINE = 2**20  # bytes of a line; an address has some kB at most, a line of JSON somewhat more
_STORED, _WITHHELD = 1, 2
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")
_DOMAIN = re.compile(r"(?!-)[^\s/:@?#%*\[\]\\]{1,253}")
_GOOD = "one address, domain or content digest on a line, or JSON lines with url"


class Trained:
    """
    The lines of such a file, and which of them something in the logs matched.

    A domain stands for all hosts in it; a name under which others have theirs (`co.uk`) is refused, and a host without
    a registrable domain (`localhost`, an IP address) stands for itself. `lines` are those that hold something,
    `strange` those of them that are none of the three.
    """

    def __init__(self, path: Path) -> None:
        self.lines = 0
        self.strange = 0
        self._database = scratch(
            "CREATE TABLE wanted (key BLOB PRIMARY KEY, lines INTEGER NOT NULL, met INTEGER NOT NULL) WITHOUT ROWID"
        )
        try:
            with path.open("rb") as file:
                for number, raw in enumerate(_lines(iter(lambda: file.readline(MAX_LINE + 1), b"")), 1):
                    self._take(raw, f"--trained: {str(path)!r} line {number}")
        except OSError as error:
            raise ConfigurationError(f"--trained: {str(path)!r} cannot be read: {error.strerror}") from None
        if self.lines == self.strange:
            raise ConfigurationError(f"--trained: {str(path)!r} names nothing; for example {_GOOD}")

    def _take(self, raw: bytes | None, where: str) -> None:
        text = "" if raw is None else raw.decode("utf-8", "replace").lstrip("\ufeff").strip()
        if raw is not None and (not text or text.startswith("#")):
            return
        self.lines += 1
        key = _key(text, where) if text else None
        if key is None:
            self.strange += 1
            return
        self._database.execute(
            "INSERT INTO wanted VALUES (?, 1, 0) ON CONFLICT (key) DO UPDATE SET lines = lines + 1", (key,)
        )

    def names(self, record: Mapping[str, Any], *, stored: bool) -> bool:
        """True if a line names this decision: one of its addresses, its host, or its digest."""
        addresses = addresses_of(record)
        keys = [_of_url(address) for address in addresses]
        host = host_in(addresses[0]) if addresses else host_in(text_of(record, "origin", 1024))
        if host:
            keys += [_of_domain(each) for each in _holding(host.rstrip("."))]
        if digest := text_of(record, "content_sha256", 64):
            keys.append(_of_digest(digest))
        return self._met(keys, stored=stored)

    def names_digest(self, digest: str | None) -> bool:
        """True if a line names the content that a body record tells of, which was stored."""
        return digest is not None and self._met([_of_digest(digest)], stored=True)

    def _met(self, keys: Iterable[bytes], *, stored: bool) -> bool:
        bit, found = _STORED if stored else _WITHHELD, False
        for key in keys:
            row = self._database.execute("SELECT met FROM wanted WHERE key = ?", (key,)).fetchone()
            if row is not None:
                found = True
                if not row[0] & bit:
                    self._database.execute("UPDATE wanted SET met = met | ? WHERE key = ?", (bit, key))
        return found

    def told(self) -> dict[str, int]:
        """How many lines there are, how many matched nothing that was stored, and how many of these were withheld."""
        query = "SELECT total(lines), total(lines * (met & 2 <> 0)) FROM wanted WHERE met & 1 = 0"
        [(unmet, withheld)] = self._database.execute(query)
        return {
            "lines": self.lines,
            "matched_nothing": int(unmet) + self.strange,
            "withheld_in_the_logs": int(withheld),
            "not_understood": self.strange,
        }

    def close(self) -> None:
        """Gives the space back."""
        self._database.close()


def _lines(raw: Iterator[bytes]) -> Iterator[bytes | None]:
    """Whole lines; None for one that is too long to be any of ours."""
    for line in raw:
        if line.endswith(b"\n") or len(line) <= MAX_LINE:
            yield line
            continue
        for rest in raw:
            if rest.endswith(b"\n"):
                break
        yield None


def _holding(host: str) -> Iterator[str]:
    """The names by which a host may stand in a line: itself, and those above it down to the registrable one."""
    registrable = domain_of(host)
    yield host
    while host != registrable and (host := host.partition(".")[2]):
        yield host


def _key(text: str, where: str) -> bytes | None:
    """What a line is looked up by; None for what is no address, domain or digest."""
    if text.startswith("{"):
        try:
            value = json.loads(text).get("url")
        except (AttributeError, ValueError, RecursionError):
            return None
        return _of_url(value) if isinstance(value, str) and host_in(value) else None
    if found := _DIGEST.fullmatch(text):
        return _of_digest(found[1])
    if "://" in text:
        return _of_url(text) if host_in(text) else None
    host = host_in(f"https://{text}") if _DOMAIN.fullmatch(text) else None
    if host and is_suffix(host):
        name = host.rstrip(".")
        raise ConfigurationError(f"{where}: {name} is a name under which others have theirs; for example site.{name}")
    return _of_domain(host) if host else None


def _of_url(url: str) -> bytes:
    return _hashed("u", normal_url(bare(url)))


def _of_domain(host: str) -> bytes:
    return _hashed("d", host.rstrip("."))


def _of_digest(digest: str) -> bytes:
    return _hashed("s", digest.lower())


def _hashed(kind: str, text: str) -> bytes:
    return blake2b(f"{kind}\n{text}".encode("utf-8", "backslashreplace"), digest_size=16).digest()
