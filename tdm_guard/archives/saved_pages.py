"""
MHTML as an archive: the page that was saved, with all that it shows, and each file in it that has an address.

The page is judged by the whole message, for its frames speak with it; the files as what they are, where they came from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime

from tdm_guard.archives.captured import cleaned, in_utc, is_judged, scheme_of, unjudgeable
from tdm_guard.archives.framing import MAX_BLOCK
from tdm_guard.archives.items import Damage, Item
from tdm_guard.archives.octets import Octets
from tdm_guard.archives.setting import Setting
from tdm_guard.archives.warc import tape_of
from tdm_guard.formats.files.mhtml import Message, Part
from tdm_guard.model import Stored

_HEAD = 2**14  # bytes of the fields of the message
_FIELD = re.compile(rb"(?im)^(snapshot-content-location|content-location|date)[ \t]*:[ \t]*((?:[^\r\n]|\r?\n[ \t])*)")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_BLANK = re.compile(rb"\r?\n\r?\n")


def read_saved_page(octets: Octets, path: str, setting: Setting, *, name: str) -> Iterator[Item | Damage]:
    """The page that was saved, and the files in it."""
    tape = tape_of(octets)
    whole = not tape.fill(MAX_BLOCK + 1) and tape.broken is None
    data = tape.data[:MAX_BLOCK]
    end = _BLANK.search(data, 0, _HEAD)
    fields: dict[bytes, str] = {}
    for field in _FIELD.finditer(data, 0, end.end() if end else _HEAD):
        fields.setdefault(field[1].lower(), _FOLD.sub(b"", field[2]).decode("latin-1").strip())
    at = _date(fields.get(b"date", ""))
    message = Message(data)
    parts = list(message.parts())
    root = next((part for part in parts if part.root), None)
    own = root.location if root else ""
    url = cleaned(fields.get(b"snapshot-content-location") or own or fields.get(b"content-location", ""))
    if not url or not is_judged(url) or unjudgeable(url):
        yield Damage(name, 0, "a saved page without the address that it was saved from", url=url or None)
    else:
        yield Item(
            url=url,
            status=None,
            headers=(("content-type", "multipart/related"),),
            body=data,
            body_complete=whole,
            at=at,
            hops=(),
            stored=Stored(name, 0, type="page"),
            raw=(0, octets.size),
        )
    for part in parts:
        if part.location and not part.root:
            yield from _part(message, part, (name, at), setting.passed)
        elif not part.root:  # known by an id alone: it speaks with the page
            setting.passed["a part of a saved page without an address"] += 1
    if message.problem and whole:
        yield Damage(name, 0, f"a saved page of which not all could be read: {message.problem}")
    if not whole:
        yield Damage(name, 0, "a saved page that is larger than is read, or cut")


def _part(
    message: Message, part: Part, known: tuple[str, datetime | None], passed: Counter[str]
) -> Iterator[Item | Damage]:
    name, at = known
    url = cleaned(part.location)
    if not is_judged(url):
        passed[scheme_of(url) or "an address without a scheme"] += 1
    elif (problem := unjudgeable(url)) is not None:
        yield Damage(name, part.start, problem, url=url)
    else:
        before = message.problem
        body = message.decoded(part)
        yield Item(
            url=url,
            status=None,
            headers=(("content-type", part.content_type),),
            body=body,
            body_complete=message.problem == before,
            at=at,
            hops=(),
            stored=Stored(name, part.start, type="part"),
        )


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return in_utc(found)
