"""
Pages that speak, beside what parsing them takes: JSON-LD with declarations loaded, `noai`, and tags that say nothing.

Ours is all that a page costs: its fields, the look, what is read of it, the decision. The peer parses the document with
lxml (or selectolax), and JSON-LD with `json.loads`. Pages are cut from that of `inputs.page`, without its own scripts.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import lxml.html
import selectolax.lexbor

from tdm_guard import Fetched, Judge
from tdm_guard.formats.page.html import read_page
from tests.benchmarks.inputs import WORDS
from tests.benchmarks.measure import Row, compare

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITE = "https://site.example"
URL = SITE + "/news/2026/11/a-long-enough-path.html"
PATHS = ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt", "/trust.txt")
HEADERS = [("content-type", "text/html; charset=utf-8"), ("cache-control", "public, max-age=3600")]
SIZES = {"18 KB": (4_000, 18_000), "190 KB": (60_000, 190_000)}
NOAI = '<meta name="robots" content="noai, noimageai">'
OPEN_GRAPH = "".join(
    f'<meta property="og:{name}" content="{" ".join(WORDS[:9])}"><meta name="description" content="{" ".join(WORDS)}">'
    for name in ("title", "description", "site_name", "type")
)
WORK = {
    "@context": "https://schema.org",
    "@type": "MusicRecording",
    "@id": URL + "#recording",
    "url": URL,
    "name": "A Song of the Road",
    "isrcCode": "QM-ABC-26-00017",
    "duration": "PT3M41S",
    "datePublished": "2026-11-02",
    "byArtist": {"@type": "MusicGroup", "name": "The Unknown Travellers", "url": SITE + "/artists/travellers"},
    "inAlbum": {"@type": "MusicAlbum", "name": "Roads", "numTracks": 11, "image": SITE + "/images/roads.jpg"},
    "recordingOf": {
        "@type": "MusicComposition",
        "name": "A Song of the Road",
        "iswcCode": "T-034.524.680-1",
        "composer": [{"@type": "Person", "name": "Ada Example"}, {"@type": "Person", "name": "Ben Beispiel"}],
    },
    "aggregateRating": {"@type": "AggregateRating", "ratingValue": "4.6", "reviewCount": "120"},
    "keywords": ["folk", "road", "travel", "acoustic"],
}
SCRIPT = f'<script type="application/ld+json">{json.dumps(WORK)}</script>'
Peers = tuple[tuple[str, Callable[[str], object], bool], ...]
PEERS: Peers = (("lxml", lxml.html.fromstring, True), ("selectolax", selectolax.lexbor.LexborHTMLParser, False))
DECLARED = ("bundled:sacem-2023", "bundled:gema-2024", "bundled:sony-music-2024", "bundled:warner-music-2024")


def page(size: str, said: str, *, at: float = 0.5) -> str:
    """A page of about this size, with `said` at a part of its head."""
    head, total = SIZES[size]
    rng = random.Random(7)
    before = _head(rng, int(head * at))
    top = ["<!doctype html><html lang=en><head><meta charset=utf-8><title>News</title>", before, said]
    top += [_head(rng, head - len(before)), "</head><body>"]
    body: list[str] = []
    length = sum(map(len, top))
    while length < total:
        words, more = " ".join(rng.choices(WORDS, k=40)), rng.choice(WORDS)
        body.append(f'<p class="{rng.choice(WORDS)}">{words} <a href="/{more}">more</a></p>\n')
        length += len(body[-1])
    return "".join((*top, *body, "</body></html>"))


def _head(rng: random.Random, size: int) -> str:
    parts: list[str] = []
    length = 0
    while length < size:
        text = " ".join(rng.choices(WORDS, k=14))
        made = (
            f'<meta property="og:{rng.choice(WORDS)}" content="{text}">',
            f'<link rel="preload" as="font" href="/static/{rng.randint(1, 9999)}/{rng.choice(WORDS)}.woff2">',
            '<meta name="robots" content="index,follow,max-image-preview:large">',
            f"<style>.{rng.choice(WORDS)}{{margin:0;padding:{rng.randint(0, 9)}px}}</style>",
            f'<script async src="/js/{rng.randint(1, 9999)}.js"></script>',
        )
        parts.append(rng.choice(made))
        length += len(parts[-1])
    return "".join(parts)


def judging(judge: Judge, body: str, verdict: str) -> Callable[[], object]:
    """What decides on this page, its site's documents known."""
    policy = judge.read_policies(SITE, {f"{SITE}{path}": Fetched(status=404) for path in PATHS}, now=NOW)
    document = body.encode()

    def decide() -> object:
        return judge.evaluate(URL, status=200, headers=HEADERS, body=document, policies=policy, now=NOW)

    assert str(judge.evaluate(URL, status=200, headers=HEADERS, body=document, policies=policy, now=NOW).verdict) == (
        verdict
    )
    return decide


def works(plain: Judge, declared: Judge, peers: Peers) -> Iterator[Row]:
    """A page whose JSON-LD names a work that no declaration names."""
    text = json.dumps(WORK)
    for size, number, held in (("18 KB", 100, 2.1), ("190 KB", 20, 0.9)):
        body = page(size, OPEN_GRAPH + SCRIPT)
        for name, parse, held_to in peers:
            yield compare(
                f"page of {size} with JSON-LD of an undeclared work",
                judging(declared, body, "unreserved"),
                lambda parse=parse, body=body: (parse(body), json.loads(text)),  # type: ignore[misc]
                peer_name=f"{name} + json.loads",
                number=number,
                budget=0.5 if held_to else None,
                held=held if held_to else None,
            )


def reserved(plain: Judge, declared: Judge, peers: Peers) -> Iterator[Row]:
    """A page with `noai`."""
    for what, body, number, held in (
        ("page of 18 KB with noai", page("18 KB", NOAI), 100, 1.5),
        ("page of 190 KB with noai", page("190 KB", NOAI), 20, None),
        ("head of 100 KB, noai at 90 % of it", long_head(), 20, 1.1),
    ):
        for name, parse, held_to in peers:
            yield compare(
                what,
                judging(plain, body, "reserved"),
                lambda parse=parse, body=body: parse(body),  # type: ignore[misc]
                peer_name=name,
                number=number,
                budget=0.8 if held_to else None,
                held=held if held_to else None,
            )


def long_head() -> str:
    """A head of 100 KB, with the word behind nine tenths of it, and little else."""
    rng = random.Random(9)
    return f"<!doctype html><html><head>{_head(rng, 90_000)}{NOAI}{_head(rng, 10_000)}</head><body><p>more</p></body>"


def silent(plain: Judge, declared: Judge, peers: Peers) -> Iterator[Row]:
    """A page with Open Graph and a description, of which nothing speaks, with declarations and without."""
    for size, number in (("18 KB", 300), ("190 KB", 50)):
        body = page(size, OPEN_GRAPH)
        yield compare(
            f"page of {size} with Open Graph, declarations loaded",
            judging(declared, body, "unreserved"),
            judging(plain, body, "unreserved"),
            peer_name="without declarations",
            number=number,
            budget=1.1,
            held=1.3,
        )


def tokens(plain: Judge, declared: Judge, peers: Peers) -> Iterator[Row]:
    """Reading all tags of a page, as is done where anything is unusual, beside the parsers."""
    for size, number in (("18 KB", 50), ("190 KB", 10)):
        body = page(size, NOAI)
        document = body.encode()
        for name, parse, _ in peers:
            yield compare(
                f"all tags of a page of {size}",
                lambda document=document: read_page(document, url=URL),  # type: ignore[misc]
                lambda parse=parse, body=body: parse(body),  # type: ignore[misc]
                peer_name=name,
                number=number,
            )


def rows(*, brief: bool = False) -> list[Row]:
    """All measurements; `brief`: those with a budget."""
    plain = Judge(agent="ExampleBot")
    declared = Judge(agent="ExampleBot", repertoire=DECLARED)
    parts, peers = (works, reserved, silent, tokens), PEERS
    if brief:
        parts, peers = parts[:3], PEERS[:1]
    return [row for part in parts for row in part(plain, declared, peers)]
