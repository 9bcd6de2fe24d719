"""
A music catalogue: its host permits mining, and its pages name works that have owners of their own.

The repertoire and the licences of the example project speak of these works. Works, people and codes are made up.
"""

from __future__ import annotations

import json

from tdm_guard.model import Verdict
from tdm_guard.testing.sample._build import PERMITTED, RESERVED, TDMREP, Leaf, robots, site, tdmrep


def _work(title: str, iswc: str, *composers: dict[str, object]) -> str:
    """What a page says of the work on it: schema.org in JSON-LD."""
    said = {
        "@context": "https://schema.org",
        "@type": "MusicComposition",
        "name": title,
        "iswcCode": iswc,
        "composer": list(composers),
    }
    return f'    <script type="application/ld+json">\n{json.dumps(said, indent=2)}\n    </script>'


def _person(name: str, ipi: str | None = None) -> dict[str, object]:
    number = {"@type": "PropertyValue", "propertyID": "IPI", "value": ipi}
    return {"@type": "Person", "name": name, **({"identifier": number} if ipi else {})}


SITES = (
    site(
        "songbook.example",
        "A music catalogue: the host says 0, and leaves the songs to those who declared them.",
        Leaf(path="/", title="The Songbook", text="Tunes of the coast, with their makers."),
        Leaf(
            path="/works/la-digue.html",
            title="La digue",
            text="A waltz in G, written on a breakwater in the rain.",
            head=_work("La digue", "T-999.990.011-7", _person("Jeanne Kerlo")),
            with_repertoire=RESERVED,  # on the list held of Sacem's works
        ),
        Leaf(
            path="/works/harbour-waltz.html",
            title="Harbour Waltz",
            text="Two verses and a chorus that nobody can leave.",
            head=_work("Harbour Waltz", "T-999.990.022-0", _person("Ewan Strand")),
            with_repertoire=Verdict.AUTHORISED,  # a society's work, licensed by it
        ),
        Leaf(
            path="/works/low-tide-lullaby.html",
            title="Low Tide Lullaby",
            text="For a child who would not sleep before the boats were in.",
            head=_work("Low Tide Lullaby", "T-999.990.044-6", _person("Mara Quill", "99990001193")),
            with_repertoire=RESERVED,  # the same society's and licensed, but its author reserves for herself
        ),
        Leaf(
            path="/works/fog-signal.html",
            title="Fog Signal",
            text="One note, every thirty seconds, for tuba.",
            head=_work("Fog Signal", "T-999.990.033-3", _person("Ida Brandt")),
            with_repertoire=Verdict.REVIEW,  # who declared it has a mandate that is disputed
        ),
        Leaf(
            path="/works/the-old-ferry.html",
            title="The Old Ferry",
            text="Traditional. Every village has its own last verse.",
            head=_work("The Old Ferry", "T-999.990.055-9"),
        ),
        expected=PERMITTED,
        documents={"/robots.txt": robots("User-agent: *", "Allow: /"), TDMREP: tdmrep(("/", 0))},
    ),
)
