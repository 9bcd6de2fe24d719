"""
Documents of datatrove that carry an answer, there and back: its text is what pipelines work on, the rest is judged.

strategy: the body stands among the media, as writers leave their bytes out; all else is metadata that JSON and Parquet
can have. `filled` makes a document of an item, `item_of` an item of a document, from whatever reader.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from datatrove.data import Document, Media, MediaType

from tdm_guard.archives.captured import moment
from tdm_guard.archives.items import Damage, Item
from tdm_guard.errors import ConfigurationError
from tdm_guard.model import Fetched, Headers, Stored
from tdm_guard.plain import timestamp

BODY = "tdm_guard:body"  # the medium that holds the body as it was stored
_NOWHERE = Stored("document", 0)


def filled(item: Item, text: str) -> Document:
    """The document of an item."""
    stored = item.stored
    metadata: dict[str, Any] = {
        "url": item.url,
        "date": None if item.at is None else timestamp(item.at),
        "status": item.status,
        "headers": [list(pair) for pair in item.headers],
        "body_complete": item.body_complete,
        "stored": stored.to_dict(),
    }
    if item.hops:
        metadata["hops"] = [{"url": hop.url, "headers": [list(pair) for pair in hop.headers]} for hop in item.hops]
    if item.item:
        metadata["item"] = json.dumps(item.item, default=str)
    media = [] if item.body is None else [Media(BODY, MediaType.DOCUMENT, item.url, media_bytes=item.body)]
    return Document(text, stored.record or f"{stored.file}/{stored.offset}", media, metadata)


def damaged(damage: Damage, url: str) -> Document:
    """The document of what was there and cannot be read: without text, so that only its decision is of use."""
    stored = Stored(damage.file, damage.offset, type="damage").to_dict()
    return Document("", f"{damage.file}/{damage.offset}", [], {"url": url, "damage": damage.what, "stored": stored})


def item_of(document: Document) -> tuple[Item | Damage, bool]:
    """
    What is judged of a document, and whether it says where it lies.

    Without `headers` among its metadata, as of other readers, nobody knows what the fields reserved: it is not whole.
    """
    said = document.metadata
    stored = _stored(said.get("stored"))
    place = stored or _NOWHERE
    url = said.get("url")
    if not isinstance(url, str) or "damage" in said:
        what = str(said.get("damage") or "a document without the metadata url")
        return Damage(place.file, place.offset, what, url=url if isinstance(url, str) else None), stored is not None
    try:
        return _item(document, url, place), stored is not None
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # somebody's steps may have altered it
        what = f"metadata in a form that is not read: {error}"
        return Damage(place.file, place.offset, what, url=url), stored is not None


def _item(document: Document, url: str, place: Stored) -> Item:
    said = document.metadata
    body = next((medium.media_bytes for medium in document.media if medium.id == BODY), None)
    whole = said.get("body_complete") in (True, None)
    if body is None:  # a writer left it out: the text that was made of it is a part of what it said
        whole, body = False, document.text.encode("utf-8", "surrogatepass")
    if "headers" not in said:
        whole = False
    return Item(
        url=url,
        status=said.get("status"),
        headers=_pairs(said.get("headers", ())),
        body=body,
        body_complete=whole,
        at=_date(said.get("date")),
        hops=tuple([Fetched(url=hop["url"], headers=_pairs(hop["headers"])) for hop in said.get("hops", ())]),
        stored=place,
        item=json.loads(said["item"]) if isinstance(said.get("item"), str) else said.get("item"),
    )


def without_body(document: Document) -> None:
    """Takes the body out of a document that was judged."""
    document.media = [medium for medium in document.media if medium.id != BODY]


def _pairs(given: Sequence[Sequence[str]]) -> Headers:
    return tuple([(name, value) for name, value in given])


def _date(given: Any) -> datetime | None:
    return moment(given) if isinstance(given, str) else None


def _stored(given: Any) -> Stored | None:
    if not isinstance(given, Mapping):
        return None
    try:
        return Stored(**given)
    except (ConfigurationError, TypeError):
        return None
