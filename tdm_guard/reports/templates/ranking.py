"""
The most relevant domain names (C(2025) 8311, section 2.3): the top 10 % of all names by size, for each modality.

It is a share of the number of names, not the names that hold so much of the bytes. Each modality has a list of its own,
which counts its own bytes alone, since the bytes of pictures drown text; the lists are joined. Where they have so many
names in common that the joined list is shorter than the share of all names, those that are next on them follow.
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
_RANKED = f"""
    CREATE TABLE ranked AS SELECT site, modality, count(*) AS items, cast(total(bytes) AS INTEGER) AS bytes,
        row_number() OVER (PARTITION BY modality {_BY_SIZE}) AS place {_OF_CRAWL} GROUP BY modality, site
"""


class ListedDomain(NamedTuple):
    """A domain name, and the modalities for which it is listed: none, if it follows to make up the share of all."""

    domain: str
    modalities: tuple[str, ...]


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
        database.executescript("DROP TABLE IF EXISTS ranked; DROP TABLE IF EXISTS shares; DROP TABLE IF EXISTS listed")
        database.execute(_RANKED, (SiteKind.DOMAIN,))
        database.execute("CREATE TABLE shares (modality INTEGER PRIMARY KEY, names INTEGER, listed INTEGER)")
        database.execute("CREATE TABLE listed (site INTEGER PRIMARY KEY, modalities INTEGER NOT NULL, nearness REAL)")
        self.modalities: dict[str, SharedOut] = {}
        for kind, names in list(collected.rows("SELECT modality, count(*) FROM ranked GROUP BY modality")):
            wanted = share(names, sme=sme)
            database.execute("INSERT INTO shares VALUES (?, ?, ?)", (kind, names, wanted))
            self.modalities[Modality(kind).word] = SharedOut(names, wanted)
        database.execute("""
            INSERT INTO listed SELECT site, sum(1 << modality), min(1.0 * place / names)
            FROM ranked JOIN shares USING (modality) WHERE place <= shares.listed GROUP BY site
        """)
        [(names,)] = collected.rows("SELECT count(DISTINCT site) FROM ranked")
        [(listed,)] = collected.rows("SELECT count(*) FROM listed")
        if (more := share(names, sme=sme) - listed) > 0:
            database.execute(
                """
                INSERT INTO listed SELECT site, 0, min(1.0 * place / names) AS nearness
                FROM ranked JOIN shares USING (modality) JOIN sites ON sites.id = site
                WHERE site NOT IN (SELECT site FROM listed) GROUP BY site ORDER BY nearness, name LIMIT ?
                """,
                (more,),
            )
        self.all = SharedOut(names, listed + max(0, more))

    def __iter__(self) -> Iterator[ListedDomain]:
        """The domains of the joined list, those first that stand first on a list."""
        query = """
            SELECT name, modalities FROM listed JOIN sites ON sites.id = site
            ORDER BY modalities = 0, nearness, name
        """
        for name, bits in self._collected.rows(query):
            yield ListedDomain(name, tuple(kind.word for kind in Modality if bits >> kind & 1))

    def of(self, modality: str) -> Iterator[tuple[str, int, int]]:
        """The list of one modality, the largest first: name, items and bytes of that modality alone."""
        query = """
            SELECT name, items, bytes FROM ranked JOIN sites ON sites.id = site
            WHERE modality = ? AND place <= ? ORDER BY place
        """
        yield from self._collected.rows(query, (Modality[modality.upper()], self.modalities[modality].listed))

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
