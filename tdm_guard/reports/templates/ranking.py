"""
The most relevant domain names (C(2025) 8311, section 2.3): the top 10 % of all names by size, for each modality.

It is a share of the number of names, not the names that hold so much of the bytes. Each modality has a list of its own,
since the bytes of pictures drown text; the lists are joined. Where they have so many names in common that the joined
list is shorter than the share of all names, the largest of the others follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.reports.templates.modality import Modality
from tdm_guard.reports.templates.named_sites import SiteKind, top_level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tdm_guard.reports.templates.collected import Collected

MAX_SME_NAMES = 1_000  # the annex: 5 % of all names or 1 000 names, whichever is lower
MAX_SUFFIXES = 1_000  # top-level domains named; there are some 1 500, and few are large
_BY_SIZE = "ORDER BY total(bytes) DESC, count(*) DESC, name"
_OF_CRAWL = "FROM kept JOIN sites ON sites.id = kept.site WHERE archive = 0 AND kind = ?"


class ListedDomain(NamedTuple):
    """A domain name, the modalities for which it is listed, and all that was collected there."""

    domain: str
    modalities: tuple[str, ...]
    items: int
    bytes: int


class SharedOut(NamedTuple):
    """Of a modality, or of all: how many names there are, and how many of them are listed."""

    names: int
    listed: int


def share(names: int, *, sme: bool) -> int:
    """How many of so many names are to be listed."""
    return min(-(-names // 20), MAX_SME_NAMES) if sme else -(-names // 10)


class Ranking:
    """The domains of what was crawled, ranked; a row at a time, since there may be millions."""

    def __init__(self, collected: Collected, *, sme: bool = False) -> None:
        self._collected = collected
        database = collected.database
        database.execute("DROP TABLE IF EXISTS listed")
        database.execute("CREATE TABLE listed (site INTEGER PRIMARY KEY, modalities INTEGER NOT NULL)")
        domain = (SiteKind.DOMAIN,)
        counts = f"SELECT modality, count(DISTINCT site) {_OF_CRAWL} GROUP BY modality"
        self.modalities: dict[str, SharedOut] = {}
        for kind, names in list(collected.rows(counts, domain)):
            wanted = share(names, sme=sme)
            database.execute(
                f"""
                INSERT INTO listed SELECT site, ? {_OF_CRAWL} AND modality = ? GROUP BY site {_BY_SIZE} LIMIT ?
                ON CONFLICT (site) DO UPDATE SET modalities = modalities | excluded.modalities
                """,
                (1 << kind, *domain, kind, wanted),
            )
            self.modalities[Modality(kind).word] = SharedOut(names, wanted)
        [(names,)] = collected.rows(f"SELECT count(DISTINCT site) {_OF_CRAWL}", domain)
        [(listed,)] = collected.rows("SELECT count(*) FROM listed")
        if (more := share(names, sme=sme) - listed) > 0:
            database.execute(
                f"""
                INSERT INTO listed SELECT site, 0 {_OF_CRAWL} AND site NOT IN (SELECT site FROM listed)
                GROUP BY site {_BY_SIZE} LIMIT ?
                """,  # noqa: S608 - words of ours
                (*domain, more),
            )
        self.all = SharedOut(names, listed + max(0, more))

    def __iter__(self) -> Iterator[ListedDomain]:
        """The domains listed, the largest first."""
        query = f"""
            SELECT name, modalities, count(*), cast(total(bytes) AS INTEGER) FROM listed JOIN kept USING (site)
            JOIN sites ON sites.id = site WHERE archive = 0 GROUP BY site {_BY_SIZE}
        """  # noqa: S608 - words of ours
        for name, bits, items, size in self._collected.rows(query):
            yield ListedDomain(name, tuple(kind.word for kind in Modality if bits >> kind & 1), items, size)

    def others(self) -> Iterator[tuple[str, int, int]]:
        """Hosts that are no domain names: addresses, and names without a registrable domain."""
        query = f"""
            SELECT name, count(*), cast(total(bytes) AS INTEGER) FROM kept JOIN sites ON sites.id = kept.site
            WHERE archive = 0 AND kind <> ? GROUP BY site {_BY_SIZE}
        """  # noqa: S608 - words of ours
        yield from self._collected.rows(query, (SiteKind.DOMAIN,))

    def top_levels(self) -> dict[str, int]:
        """How many contents are from names under each top-level domain, the most first."""
        found: dict[str, int] = {}
        query = f"SELECT name, count(*) {_OF_CRAWL} GROUP BY site"
        for name, items in self._collected.rows(query, (SiteKind.DOMAIN,)):
            suffix = top_level(name)
            if suffix in found or len(found) < MAX_SUFFIXES:
                found[suffix] = found.get(suffix, 0) + items
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
