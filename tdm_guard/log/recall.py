"""
What a record still tells of an item that is judged again without being requested again.

The words of a page are in the record only as far as the decision rested on them, and of what the caller knew of the
work only the keys that a declaration was matched by; a name that is hashed matches nothing again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tdm_guard.log.members import entries, text_of
from tdm_guard.log.pseudonyms import is_hashed
from tdm_guard.log.recorded import moment_of
from tdm_guard.matched import DeclaredAs, MatchedBy
from tdm_guard.model import Kind, Layer, Source, Stance, Statement
from tdm_guard.repertoire.item import ITEM_KEYS, KEYS, normalise
from tdm_guard.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

NEAREST = 9  # the rank of a page's own words: above that of any document of its site
MAX_STATEMENTS = 100  # of one record; a decision rests on a few
MAX_TEXT = 4096
# no item has them: parts of a code not kept
_CODES = frozenset({"isrc_registrant", "isbn_registrant", "doi_prefix", "iscc_similar"})
_USAGES = tuple(Usage)  # no set: what a log has in its place may have no hash
_MEMBERS = ("locator", "rightsholder", "policy_url", "policy_uid", "contact", "terms", "repair", "doubt")


def item_of(record: Mapping[str, Any]) -> dict[str, list[str]]:
    """The keys of the work that declarations were matched by."""
    found: dict[str, list[str]] = {}
    for entry in entries(record, "because")[:MAX_STATEMENTS]:
        key, value = _match(entry)
        if key and value and _usable(key, value) and value not in found.setdefault(key, []):
            found[key].append(value)
    return found


def items_of(record: Mapping[str, Any]) -> list[dict[str, list[str]]]:
    """
    The works of a record: those that are named, by what they are licensed and were matched by, then all the rest.

    A licence for the one is none for the others, so that what was matched by each stays with it.
    """
    found: dict[str, dict[str, list[str]]] = {}
    rest = []
    for entry in entries(record, "because")[:MAX_STATEMENTS]:
        works = _works(entry)
        key, value = _match(entry)
        if f"{key} {value}" not in works and (not works or any(work.partition(" ")[0] == key for work in works)):
            rest.append(entry)  # of no work that is named
        for work in works:
            by, _, code = work.partition(" ")
            item = found.setdefault(work, {by: [code]} if _usable(by, code) else {})
            if key and value and key != by and _usable(key, value) and value not in item.setdefault(key, []):
                item[key].append(value)
    return [item for item in (*found.values(), item_of({"because": rest})) if item]


def said_then(
    record: Mapping[str, Any], *, read: Collection[str], declarations: Collection[str]
) -> tuple[Statement, ...]:
    """
    The statements that the decision rested on and that cannot be heard today without the content.

    `read` are the URLs of the documents that were read again, `declarations` the ids of those that are in force today.
    """
    found = []
    for entry in entries(record, "because")[:MAX_STATEMENTS]:
        source = text_of(entry, "source", MAX_TEXT)
        if entry.get("layer") == Layer.REPERTOIRE:
            key, value = _match(entry)
            stands = (key in _CODES or is_hashed(value or "")) and source in declarations
        else:
            stands = source not in read and entry.get("kind") not in (Kind.ACCESS, Kind.EXCLUSION)
        statement = _statement(entry) if stands else None
        if statement is not None:
            found.append(statement)
    return tuple(found)


def _usable(key: str, value: str) -> bool:
    """False for what stands for many ("…and 5 more"), or was not written by us: it would be taken for a wrong value."""
    return key in ITEM_KEYS and key in KEYS and not is_hashed(value) and bool(value and normalise(key, value))


def _works(entry: Mapping[str, Any]) -> list[str]:
    """The licensed works that a match is told to be of, each as key and value."""
    match = entry.get("match")
    if entry.get("layer") != Layer.REPERTOIRE or not isinstance(match, dict):
        return []
    return (text_of(match, "work", MAX_TEXT) or "").split(", ")[:MAX_STATEMENTS] if match.get("work") else []


def _match(entry: Mapping[str, Any]) -> tuple[str | None, str | None]:
    match = entry.get("match")
    if entry.get("layer") != Layer.REPERTOIRE or not isinstance(match, dict):
        return None, None
    return text_of(match, "key", 40), text_of(match, "value", MAX_TEXT)


def _statement(entry: Mapping[str, Any]) -> Statement | None:
    """A statement as its record has it; None for what is none, or says neither yes nor no."""
    stance, signal = entry.get("stance"), text_of(entry, "signal", 40)
    names = entry.get("usages")
    usages = tuple(Usage(name) for name in names if name in _USAGES) if isinstance(names, list) else ()
    if stance not in (Stance.RESERVED, Stance.PERMITTED) or not signal or not usages:
        return None
    source = Source(
        url=text_of(entry, "source", MAX_TEXT) or "",
        carrier=text_of(entry, "carrier", 40) or "",
        sha256=text_of(entry, "sha256", 64),
        retrieved_at=moment_of(text_of(entry, "retrieved_at", 40)),
    )
    layer = text_of(entry, "layer", 40)
    match, declaration = entry.get("match"), entry.get("declaration")
    return Statement.at(
        source,
        excerpt=text_of(entry, "excerpt"),
        kind=Kind.RESERVATION if stance == Stance.RESERVED else Kind.PERMISSION,
        signal=signal,
        usages=usages,
        stance=Stance(stance),
        layer=Layer(layer) if layer in set(Layer) else Layer.LOCATION,
        rank=NEAREST,
        match=MatchedBy.of(_texts(match)) if isinstance(match, dict) else None,
        declaration=DeclaredAs.of(_texts(declaration)) if isinstance(declaration, dict) else None,
        **{name: text_of(entry, name, MAX_TEXT) for name in _MEMBERS},
    )


def _texts(table: Mapping[str, Any]) -> dict[str, str]:
    return {name[:40]: text for name in list(table)[:20] if (text := text_of(table, name, MAX_TEXT)) is not None}
