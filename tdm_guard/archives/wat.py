"""
WAT records (Web Archive Transformation): what a tool took out of an answer, as JSON in a `metadata` record.

    { "Envelope": { "Payload-Metadata": { "HTTP-Response-Metadata": { "Response-Message": { "Status": … },
        "Headers": { … }, "HTML-Metadata": { "Head": { "Metas": […], "Link": […] }}}}}}

The page itself is not there: what its head said is put together again, so that it is heard as the page's own. Of other
answers no body is known.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any, NamedTuple

from tdm_guard.archives.captured import mapping
from tdm_guard.formats.http.stored_head import FRAMING
from tdm_guard.model import Headers

MAX_SIZE = 2**24  # bytes of a record; the links of one page have some hundred thousand
_PAGE_WORDS = ("name", "property", "http-equiv", "content", "scheme", "rel", "href", "type", "title")


class Transformed(NamedTuple):
    """What a record keeps of an answer; `is_request`: it is about a request."""

    status: int | None
    headers: Headers
    body: bytes | None
    is_request: bool = False


_UNKNOWN = Transformed(None, (), None)  # of what is WAT and does not tell


def read_wat(block: bytes) -> Transformed | None:
    """What a WAT record keeps; None for what is none. Nothing in it raises."""
    if b'"Envelope"' not in block[:4096]:
        return None
    if len(block) > MAX_SIZE:
        return _UNKNOWN
    try:
        envelope = mapping(json.loads(block)).get("Envelope")
    except (ValueError, RecursionError):
        return _UNKNOWN
    payload = mapping(mapping(envelope).get("Payload-Metadata"))
    if "HTTP-Request-Metadata" in payload or "WARC-Info-Metadata" in payload:
        return Transformed(None, (), None, is_request=True)
    answer = mapping(payload.get("HTTP-Response-Metadata"))
    if not answer:
        return _UNKNOWN
    said = str(mapping(answer.get("Response-Message")).get("Status", ""))
    fields: list[tuple[str, str]] = []
    for name, value in mapping(answer.get("Headers")).items():
        values = value if isinstance(value, list) else [value]
        fields += [(name, str(each)) for each in values if name.lower() not in FRAMING]
    status = int(said) if said.isascii() and said.isdigit() and len(said) == 3 else None
    return Transformed(status, tuple(fields), _page(answer.get("HTML-Metadata")) if fields else None)


def _page(given: Any) -> bytes | None:
    """The head of a page as far as it was kept."""
    if not isinstance(given, dict):
        return None
    head = mapping(given.get("Head"))
    tags = [_tag("meta", each) for each in _list(head.get("Metas"))]
    tags += [_tag("link", {**each, "href": each.get("url", each.get("href"))}) for each in _list(head.get("Link"))]
    return f"<html><head>{''.join(tags)}</head></html>".encode("utf-8", "replace")


def _tag(name: str, given: dict[str, Any]) -> str:
    words = [f' {word}="{escape(given[word])}"' for word in _PAGE_WORDS if isinstance(given.get(word), str)]
    return f"<{name}{''.join(words)}>"


def _list(given: Any) -> list[dict[str, Any]]:
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
