"""
The statement of measures as an Atom feed (RFC 4287): an entry for each change, so that whoever subscribes learns of it.

strategy: the feed that was made before is read back, with its entries as they were; one is added only if what is said
has another digest than its newest. So ids are stable, and `updated` moves when what is said does.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.record import TOOL
from tdm_guard.plain import printable
from tdm_guard.reports.statement.statement_page import TITLE, html_body
from tdm_guard.reports.templates.form import Blank

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tdm_guard.reports.statement.measures_stated import Stated

MAX_FEED = 8 * 2**20  # bytes of a feed that is read back: thirty entries have some hundred kB
MAX_ENTRIES = 30  # changes kept; the oldest go first
_ATOM = "{http://www.w3.org/2005/Atom}"
_DIGEST = "urn:tdm-guard:sha256"  # scheme of a category that holds the digest of what an entry says
_SECTION = "urn:tdm-guard:section"  # of one that holds a section's name, and as label its digest
_HEX = re.compile(r"[0-9a-f]{64}")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class ToldChange:
    """An entry: what was said from `updated` on, and which sections were other than before."""

    id: str
    updated: str
    sha256: str
    sections: tuple[tuple[str, str], ...]
    summary: str
    content: str


@dataclass(frozen=True, slots=True)
class Feed:
    """The feed's own id, its entries, the newest first, and the text that it was read from."""

    id: str
    entries: tuple[ToldChange, ...]
    text: str = ""


def next_feed(stated: Stated, previous: Feed | None, *, now: str) -> str:
    """The feed after `stated` at `now`; the previous one as it was, if that says the same."""
    if previous is not None and previous.entries and previous.entries[0].sha256 == stated.sha256:
        return previous.text
    base = uuid.uuid5(
        uuid.NAMESPACE_URL, f"tdm-guard:about:{stated.sections['crawlers']['names'][0]}:{stated.url or ''}"
    )
    ident = previous.id if previous is not None else base.urn
    older = previous.entries if previous is not None else ()
    before = dict(older[0].sections) if older else {}
    changed = [name for name, digest in stated.digests.items() if before.get(name) != digest]
    changed += [name for name in before if name not in stated.digests]
    entry = ToldChange(
        id=uuid.uuid5(uuid.NAMESPACE_URL, f"{ident} {stated.sha256} {now}").urn,
        updated=now,
        sha256=stated.sha256,
        sections=tuple(stated.digests.items()),
        summary=f"Changed: {', '.join(changed).replace('_', ' ')}." if older else "First statement.",
        content="".join(html_body(stated)),
    )
    return "".join(_written(stated, Feed(ident, (entry, *older)[:MAX_ENTRIES])))


def read_feed(data: bytes, name: str) -> Feed:
    """A feed of ours. Raises `ConfigurationError` for anything else, so that no history is lost over a mistake."""
    good = "for example the file that `about --format atom` wrote"
    if len(data) > MAX_FEED:
        raise ConfigurationError(f"{name}: larger than {MAX_FEED} bytes; {good}")
    try:
        root = fromstring(data, forbid_dtd=True)
    except (DefusedXmlException, ParseError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{name}: is no Atom feed: {error}; {good}") from None
    ident = root.findtext(f"{_ATOM}id")
    entries = tuple(map(_entry, root.findall(f"{_ATOM}entry")[:MAX_ENTRIES]))
    read = tuple(entry for entry in entries if entry is not None)
    if root.tag != f"{_ATOM}feed" or not ident or len(read) != len(entries) or not read:
        raise ConfigurationError(f"{name}: is no feed of a statement of measures; {good}")
    return Feed(ident, read, data.decode("utf-8-sig"))


def _entry(element: Element) -> ToldChange | None:
    ident, updated = element.findtext(f"{_ATOM}id"), element.findtext(f"{_ATOM}updated")
    categories = element.findall(f"{_ATOM}category")
    digests = [each.get("term", "") for each in categories if each.get("scheme") == _DIGEST]
    sections = [(each.get("term", ""), each.get("label", "")) for each in categories if each.get("scheme") == _SECTION]
    if not ident or not updated or not _STAMP.fullmatch(updated) or len(digests) != 1 or not _HEX.fullmatch(digests[0]):
        return None
    summary, content = (element.findtext(f"{_ATOM}{name}") or "" for name in ("summary", "content"))
    return ToldChange(ident, updated, digests[0], tuple(sections), summary, content)


def _written(stated: Stated, feed: Feed) -> Iterator[str]:
    named = stated.sections["operator"]["name"]
    who = stated.sections["crawlers"]["names"][0] if isinstance(named, Blank) else named
    yield '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
    yield _tag("id", feed.id)
    yield _tag("title", TITLE)
    yield _tag("updated", feed.entries[0].updated)
    yield f"<author>\n{_tag('name', who)}</author>\n"
    if stated.url is not None:
        yield f'<link rel="alternate" type="text/html" href="{_text(stated.url)}"/>\n'
    yield f"<generator>{_text(TOOL)}</generator>\n"
    for entry in feed.entries:
        yield "<entry>\n"
        yield _tag("id", entry.id)
        yield _tag("title", f"Measures as of {entry.updated[:10]}")
        yield _tag("updated", entry.updated)
        if stated.url is not None:
            yield f'<link rel="alternate" type="text/html" href="{_text(stated.url)}"/>\n'
        yield f'<category scheme="{_DIGEST}" term="{entry.sha256}"/>\n'
        for name, digest in entry.sections:
            yield f'<category scheme="{_SECTION}" term="{_text(name)}" label="{_text(digest)}"/>\n'
        yield _tag("summary", entry.summary)
        yield f'<content type="html">{_text(entry.content)}</content>\n</entry>\n'
    yield "</feed>\n"


def _tag(name: str, text: str) -> str:
    return f"<{name}>{_text(text)}</{name}>\n"


def _text(text: str) -> str:
    """Text of XML 1.0, which has no control characters and no lone surrogates."""
    return escape("".join(c if c.isprintable() or c == "\n" else printable(c) for c in text), quote=True)
