"""What the engines are given: a small crawl as WARC files and as rows, the policies of its site, what it comes to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tdm_guard.log.reader import read_log
from tests.archives.made import packed, record
from tests.support.logs import flaws

DOCS = Path(__file__).parents[2] / "docs"
SITE = "https://site.example"
TEXT = b"<!doctype html><title>t</title>" + b"<p>words " * 30
TYPE = b"Content-Type: text/html; charset=utf-8\r\n"
HEAD = b"HTTP/1.1 200 OK\r\n" + TYPE
ANSWERS = {  # path on the site: fields, body, verdict
    "/free": (b"", TEXT, "unreserved"),
    "/private/": (b"", TEXT, "reserved"),
    "/header": (b"TDM-Reservation: 1\r\n", TEXT, "reserved"),
    "/meta": (b"", b'<meta name="robots" content="noai">' + TEXT, "reserved"),
}
KINDS = tuple(ANSWERS)
UNKNOWN = "https://unknown.example/"


def sample(engine: str) -> str:
    """The sample of an engine on its page."""
    text = (DOCS / "scale.md").read_text(encoding="utf-8").partition(f"## {engine}\n")[2]
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1]


def addresses(number: int) -> dict[str, str]:
    """Addresses of the site, of each kind the same number, with the verdicts of their answers."""
    return {f"{SITE}{path}{n}": ANSWERS[path][2] for n in range(number) for path in KINDS}


def answer(url: str) -> tuple[bytes, bytes]:
    """The fields and the body of an address."""
    fields, body, _ = ANSWERS[next(path for path in KINDS if url.startswith(SITE + path))]
    return fields, body + url.encode()


def response(url: str) -> bytes:
    """The record of an address."""
    fields, body = answer(url)
    return record(block=HEAD + fields + b"\r\n" + body, url=url)


def write_crawl(folder: Path, number: int) -> dict[str, str]:
    """Two archives; the verdicts of what is in them by address."""
    folder.mkdir()
    found = addresses(number)
    records = [response(url) for url in found]
    beside = [
        record(block=b"HTTP/1.1 404 Not Found\r\n" + TYPE + b"\r\n" + TEXT, url=f"{SITE}/missing"),
        record(block=b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n", url=f"{SITE}/i.png"),
        record("resource", TEXT, url=UNKNOWN, fields=[("Content-Type", "text/html")]),
    ]
    half = len(records) // 2
    (folder / "a.warc").write_bytes(b"".join(records[:half] + beside))
    (folder / "b.warc.gz").write_bytes(packed(*records[half:]))
    return {**found, UNKNOWN: "undetermined"}


def rows(number: int) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Rows for a table, and the verdicts by address."""
    found = addresses(number)
    made = []
    for url in found:
        fields, body = answer(url)
        lines = [line.partition(": ") for line in (TYPE + fields).decode().splitlines()]
        headers = [{"name": name, "value": value} for name, _, value in lines]
        made.append(
            {
                "url": url,
                "status": 200,
                "headers": headers,
                "body": body,
                "date": "2026-01-05T09:00:00Z",
                "stored": None,
            }
        )
    made.append({**made[0], "url": UNKNOWN})
    place = {"file": "crawl.warc.gz", "offset": 4711, "record": None, "type": "response"}
    made.append({**made[0], "url": f"{SITE}/fields-unknown", "headers": None, "stored": place})
    return made, {**found, UNKNOWN: "undetermined", f"{SITE}/fields-unknown": "undetermined"}


def write_rows(folder: Path, number: int, files: int = 2) -> dict[str, str]:
    """Files of Parquet; the verdicts by address."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    made, verdicts = rows(number)
    table = pa.Table.from_pylist(made)
    size = -(-len(made) // files)
    for part in range(files):
        pq.write_table(table.slice(part * size, size), folder / f"{part}.parquet")
    return verdicts


def logged(folder: Path) -> dict[str, str]:
    """The verdicts in all logs, which are whole; each address is there once."""
    logs = sorted(folder.glob("*.jsonl"))
    assert [flaw for flaw in flaws(*logs, remarks=False) if "cut short" not in flaw] == []
    lines = [line.record for line in read_log(logs) if line.type == "decision" and line.record]
    assert len({line["url"] for line in lines}) == len(lines)
    return {line["url"]: line["verdict"] for line in lines}


def jsonl(folder: Path) -> list[dict[str, Any]]:
    """What a writer of datatrove wrote."""
    import gzip

    files = sorted(folder.glob("*.jsonl.gz"))
    return [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


# ---- what answers declare, at another site --------------------------------------------------------------------------

TERMS = "https://licences.example/terms.xml"
_LINKED = f'<!doctype html><link rel="license" type="application/rsl+xml" href="{TERMS}">'.encode() + TEXT
DECLARING: dict[str, tuple[tuple[tuple[str, str], ...], bytes]] = {  # path: fields, body
    f"{SITE}/plain": ((("Content-Type", "text/html"),), TEXT),
    f"{SITE}/field": (
        (("Content-Type", "text/html"), ("Link", f'<{TERMS}>; rel="license"; type="application/rsl+xml"')), TEXT
    ),
    f"{SITE}/page": ((("Content-Type", "text/html"),), _LINKED),
}  # fmt: skip


def terms(word: str) -> bytes:
    """A licence for the site that permits or prohibits all."""
    content = f'<content url="{SITE}/"><license><{word} type="usage">all</{word}></license></content>'
    return f'<rsl xmlns="https://rslstandard.org/rsl">{content}</rsl>'.encode()


def declared_rows() -> list[dict[str, Any]]:
    """Rows of these answers."""
    return [
        {"url": url, "status": 200, "headers": [{"name": n, "value": v} for n, v in fields], "body": body}
        for url, (fields, body) in DECLARING.items()
    ]


def declared_verdicts(word: str | None) -> dict[str, str]:
    """What they come to: by what the licence says, or with nothing known of it."""
    found = {None: "undetermined", "permits": "permitted", "prohibits": "reserved"}[word]
    return {url: "unreserved" if url.endswith("plain") else found for url in DECLARING}
