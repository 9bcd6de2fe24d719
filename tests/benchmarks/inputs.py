"""
What is measured on: generated, with the properties stated, seeded, so that every run has the same.

robots.txt files: 300, with 1 to 200 rules for everyone (median near 35 lines), a fifth with 5 to 9 groups for AI agents
by name, a third with Sitemap lines, a tenth with comments of some kilobytes.
"""

from __future__ import annotations

import json
import random

WORDS = [
    "news",
    "shop",
    "api",
    "cart",
    "user",
    "search",
    "tag",
    "feed",
    "login",
    "admin",
    "media",
    "files",
    "images",
    "private",
    "account",
    "print",
    "archive",
]
AGENTS = [
    "GPTBot",
    "CCBot",
    "ClaudeBot",
    "Google-Extended",
    "Bytespider",
    "Amazonbot",
    "PerplexityBot",
    "Applebot-Extended",
    "meta-externalagent",
]
HEADERS = [
    ("date", "Sat, 21 Nov 2026 12:00:00 GMT"),
    ("content-type", "application/json"),
    ("server", "nginx"),
    ("content-length", "48211"),
    ("cache-control", "public, max-age=3600"),
]


def robots_files(count: int = 300, seed: int = 20261121) -> list[bytes]:
    """Generated robots.txt files with the properties above."""
    rng = random.Random(seed)
    return [_robots(rng) for _ in range(count)]


def _robots(rng: random.Random) -> bytes:
    lines = []
    if rng.random() < 0.1:
        lines += [f"# {' '.join(rng.choices(WORDS, k=12))}" for _ in range(rng.randint(20, 60))]
    lines.append("User-agent: *")
    for _ in range(min(200, max(1, int(rng.lognormvariate(3.3, 0.8))))):
        path = "/" + "/".join(rng.choices(WORDS, k=rng.randint(1, 3)))
        path += rng.choice(["", "", "", "/", "/", "*", "*.pdf$", "?*sort="])
        lines.append(("Allow: " if rng.random() < 0.15 else "Disallow: ") + path)
    if rng.random() < 0.2:
        for agent in rng.sample(AGENTS, rng.randint(5, len(AGENTS))):
            lines += ["", f"User-agent: {agent}", "Disallow: /"]
    if rng.random() < 0.33:
        lines += ["", "Sitemap: https://site.example/sitemap.xml"]
    return "\n".join(lines).encode()


def robots_of_35_lines() -> bytes:
    """One file of 35 lines, none of whose rules matches the URL that is judged."""
    rules = [f"Disallow: /{WORDS[n % len(WORDS)]}/{n}/" for n in range(30)]
    return "\n".join(["User-agent: *", *rules, "Allow: /news/", "", "Sitemap: https://site.example/s.xml", ""]).encode()


def page(total: int = 196_000, head: int = 100_000) -> tuple[bytes, bytes]:
    """An HTML page without any reservation, and its head alone: metas, links, styles and scripts as on news sites."""
    rng = random.Random(7)
    parts = ["<!doctype html><html lang=en><head><meta charset=utf-8><title>News</title>"]
    size = 0
    while size < head:
        text = " ".join(rng.choices(WORDS, k=14))
        parts.append(
            rng.choice(
                [
                    f'<meta property="og:{rng.choice(WORDS)}" content="{text}">',
                    f'<link rel="preload" as="font" href="/static/{rng.randint(1, 9999)}/{rng.choice(WORDS)}.woff2">',
                    '<meta name="robots" content="index,follow,max-image-preview:large">',
                    f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"{text}"}}</script>',
                    f"<style>.{rng.choice(WORDS)}{{margin:0;padding:{rng.randint(0, 9)}px}}</style>",
                    f'<script async src="/js/{rng.randint(1, 9999)}.js"></script>',
                ]
            )
        )
        size += len(parts[-1])
    top = "".join(parts) + "</head>"
    body = ["<body>"]
    size = len(top)
    while size < total:
        body.append(
            f'<p class="{rng.choice(WORDS)}">{" ".join(rng.choices(WORDS, k=40))} '
            f'<a href="/{rng.choice(WORDS)}">more</a></p>\n'
        )
        size += len(body[-1])
    return (top + "".join(body) + "</body></html>").encode(), top.encode()


def items(size: int = 2_000) -> bytes:
    """A JSON answer of an API: a list of things, without a word of rights."""
    rng = random.Random(5)
    listed: list[dict[str, object]] = []
    while len(body := json.dumps({"items": listed}).encode()) < size:
        listed.append({"id": rng.randint(1, 9999), "name": " ".join(rng.choices(WORDS, k=3)), "price": 9.5})
    return body


def picture(size: int = 20_000) -> bytes:
    """A JPEG without metadata, its segments as libjpeg writes them, the picture data noise of its length."""
    rng = random.Random(3)
    tables = [(0xDB, bytes([number]) + bytes(range(1, 65))) for number in (0, 1)]
    codes = [(0xC4, bytes([number]) + bytes(16)) for number in (0x00, 0x10, 0x01, 0x11)]
    frame = (0xC0, b"\x08\x01\x00\x01\x00\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01")
    scan = (0xDA, b"\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00")
    parts = [(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"), *tables, frame, *codes, scan]
    head = b"\xff\xd8" + b"".join(bytes([0xFF, kind]) + (len(data) + 2).to_bytes(2) + data for kind, data in parts)
    return head + bytes(rng.randrange(0xFF) for _ in range(size - len(head) - 2)) + b"\xff\xd9"
