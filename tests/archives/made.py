"""Archives made in memory, record by record."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable
from pathlib import Path

from tdm_guard.archives import Damage, Item, read_items

DATE = "2024-05-06T07:08:09Z"
URL = "https://site.example/page"
PAGE = b"<html><head><title>t</title></head><body>words</body></html>"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Robots-Tag: noai\r\nX-Robots-Tag: bot: noindex\r\n\r\n"
RESPONSE = HEAD + PAGE


def record(
    kind: str = "response",
    block: bytes = RESPONSE,
    *,
    url: str | None = URL,
    fields: Iterable[tuple[str, str]] = (),
    length: int | None = None,
    without: str = "",
    version: str = "WARC/1.0",
) -> bytes:
    """One record; `fields` come before the usual ones, `without` leaves one of those out."""
    given = {name.lower() for name, _ in fields}
    usual = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", f"<urn:uuid:{abs(hash((kind, block, url))):032x}>"),
        ("WARC-Date", DATE),
        ("WARC-Target-URI", url),
        ("Content-Type", "application/http; msgtype=response"),
        ("Content-Length", str(len(block) if length is None else length)),
    ]
    lines = [*fields, *((n, v) for n, v in usual if v is not None and n.lower() not in given and n != without)]
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return f"{version}\r\n{head}\r\n".encode() + block + b"\r\n\r\n"


def packed(*records: bytes) -> bytes:
    """Each record as a gzip member of its own."""
    return b"".join(gzip.compress(each, 1, mtime=0) for each in records)


def read(folder: Path, data: bytes, name: str = "a.warc", **options: object) -> list[Item | Damage]:
    """All that is read of a file with these bytes."""
    path = folder / name
    path.write_bytes(data)
    return list(read_items(path, **options))  # type: ignore[arg-type]


def split(found: Iterable[Item | Damage]) -> tuple[list[Item], list[Damage]]:
    """Items and damage apart."""
    found = list(found)
    return [each for each in found if isinstance(each, Item)], [each for each in found if isinstance(each, Damage)]


def stream(data: bytes) -> io.BytesIO:
    return io.BytesIO(data)
