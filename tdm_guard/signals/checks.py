"""Signals that somebody put together: what would go unheard because an entry is not as it must be is a mistake."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from tdm_guard.signals import robots
from tdm_guard.signals.shape import Signal

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CALLED_FOR = (
    ("read_headers", "headers"),
    ("read_hop", "read_headers"),
    ("read_status", "statuses"),
    ("read_html", "html_words"),
    ("read_asset", "asset_places"),
)


def mistakes_in(signals: Iterable[Signal]) -> list[str]:
    """What is wrong with these signals, taken together, each with what would be right."""
    listed = tuple(signals)
    found = [problem for signal in listed for problem in _of_one(signal)]
    names = Counter(signal.name for signal in listed)
    found += [f"{name!r} stands {count} times; give each its own name" for name, count in names.items() if count > 1]
    owners: dict[str, str] = {robots.DOCUMENT.path: robots.NAME}
    for signal in listed:
        for path in _places(signal):
            owner = owners.setdefault(path, signal.name)
            if owner != signal.name:
                hint = "; read it with read_robots" if path == robots.DOCUMENT.path else ""
                found.append(f"{signal.name}: its document {path} is that of {owner}{hint}")
    return found


def _of_one(signal: Signal) -> Iterator[str]:
    name = signal.name
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f'{name!r:.80} is no name; for example "house-rules"'
    if not signal.usages:
        yield f"{name}: it has no usages, so that nobody listens to it; for example usages=TDM"
    yield from _never_called(signal)
    for member in ("headers", "html_words"):
        words = getattr(signal, member)
        if isinstance(words, str):
            yield f"{name}: {member} is one text, not several; write ({words!r:.80},)"
        for word in words:
            if word != word.lower():
                yield f"{name}: {member} has {word!r:.80}; write it in lower case"
    for word in signal.html_words:
        if not word.isascii() or not any(map(str.isalnum, word)):
            yield f"{name}: html_words has {word!r:.80}; write letters or digits of ASCII"
    document = signal.document
    if document is not None and document.signal != name:
        yield f"{name}: its document says signal={document.signal!r:.80}; write signal={name!r}"
    for path in _places(signal):
        if path[:1] != "/":
            yield f'{name}: its document lies at {path!r:.80}; write a path, for example "/house-rules.txt"'


def _never_called(signal: Signal) -> Iterator[str]:
    for reader, called_for in _CALLED_FOR:
        if getattr(signal, reader) is not None and not getattr(signal, called_for):
            yield f"{signal.name}: {reader} is never called without {called_for}"
    if signal.of_pictures is not None and signal.read_headers is None and signal.read_html is None:
        yield f"{signal.name}: of_pictures is never called without read_html or read_headers"
    if signal.names_policies and signal.read_declared is None:
        yield f"{signal.name}: names_policies has no effect without read_declared"


def _places(signal: Signal) -> tuple[str, ...]:
    document = signal.document
    return () if document is None else (document.path, *([document.fallback] if document.fallback else []))
