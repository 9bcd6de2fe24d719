"""
Which bytes of a page, a feed or a packet the words of a reader stand in: what is kept of a body, and no more.

strategy: by bytes and names alone, so that it holds for whatever a reader made of them. A page gives its head, where
the words stand there, else the tags that can speak; a feed its elements of licences; a packet all but pictures in it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import islice

from tdm_guard.judging.extract import line_ends

MAX_PAGE_HEAD = 64 * 1024  # bytes of a page's head; heads of real pages stay below it, but for scripts of data
MAX_TAGS = 32  # tags outside the head
MAX_TAG = 16 * 1024  # bytes of one of them, with the text of a licence or manifest in it
MAX_BOX = 64 * 1024  # bytes of one assertion in a manifest; real ones have some hundreds
MAX_ELEMENTS = 32  # licences in a feed
MAX_CANDIDATES = 4_096  # tags, elements or labels that are looked at; real pages and feeds have some hundreds
MAX_NAMESPACES = 256  # places where a namespace is named; a feed may name it in each item
MAX_START_TAG = 4_096  # bytes before a namespace in which its tag begins
Span = tuple[int, int]

_HEAD_ENDS = re.compile(rb"(?i)</head\s*>|<body[\s>/]")
_TAG = re.compile(rb"(?i)<(meta|link|base|script)(?=[^A-Za-z0-9-])")
_DATA_SCRIPT = re.compile(rb"(?i)type\s*=\s*[\"']?\s*application/(?:rsl\+xml|c2pa|ld\+json)")
_SCRIPT_ENDS = re.compile(rb"(?i)</script")
_NAMESPACE = re.compile(rb"rslstandard\.org/rsl[\"']")
_DECLARES = re.compile(rb"xmlns(?::([\w.-]{1,64}))?\s*=\s*[\"']https?://(?:www\.)?\Z")
_NAME = re.compile(rb"<([\w.:-]{1,64})")
_ASSERTION = re.compile(rb"(?:cawg|c2pa)\.training-mining")
_LABEL_AT = 8 + 8 + 17  # bytes of a JUMBF superbox before the label in its description: two heads, type and toggles
_PICTURE = re.compile(rb"(?<=[:<])image\s*(?:>|=\s*[\"'])([A-Za-z0-9+/=\s&#;]{256,})")


def page_head(page: bytes) -> Span | None:
    """The head of a page; None if it is too long, or none can be told from the rest."""
    found = _HEAD_ENDS.search(page, 0, MAX_PAGE_HEAD)
    return None if found is None else (0, found.end() if found[0][:2] == b"</" else found.start())


def tags(page: bytes, lines: set[int], start: int, *, all_else: bool) -> list[Span]:
    """
    The tags that can speak, from `start` on, on these lines; with the text of scripts that hold data, not programs.

    If none stands on them, `all_else` says whether all of these tags are meant.
    """
    found: list[tuple[int, Span]] = []
    line, at = 1 + line_ends(page, 0, start), start
    for tag in islice(_TAG.finditer(page, start), MAX_CANDIDATES):
        line += line_ends(page, at, tag.start())
        at = tag.start()
        stop = _tag_end(page, tag)
        if stop > 0:
            found.append((line, (at, stop)))
    named = [span for number, span in found if number in lines]
    return (named if named or not all_else else [span for _, span in found])[:MAX_TAGS]


def _tag_end(page: bytes, tag: re.Match[bytes]) -> int:
    """Where a tag ends; -1 for one that does not, and for a script that is a program."""
    end = page.find(b">", tag.end(), tag.end() + MAX_TAG) + 1
    if end <= 0 or tag[1].lower() != b"script":
        return end or -1
    if not _DATA_SCRIPT.search(page, tag.end(), end):
        return -1
    closing = _SCRIPT_ENDS.search(page, end, end + MAX_TAG)
    return closing.start() if closing else min(len(page), end + MAX_TAG)


def licences(body: bytes) -> list[Span]:
    """The elements of RSL's namespace in a feed or another document, each whole; the outermost of nested ones."""
    prefixes: dict[bytes, None] = {}
    starts: list[tuple[int, bytes]] = []
    for found in islice(_NAMESPACE.finditer(body), MAX_NAMESPACES):
        begins = max(0, found.start() - MAX_START_TAG)
        declares = _DECLARES.search(body, begins, found.start())
        opening = body.rfind(b"<", begins, found.start())
        if declares is None or opening < 0:
            continue
        if declares[1] is not None:
            prefixes[re.escape(declares[1])] = None
        elif name := _NAME.match(body, opening):
            starts.append((opening, name[1]))
    if prefixes:
        named = re.compile(b"<((?:" + b"|".join(list(prefixes)[:MAX_TAGS]) + b"):[\\w.-]{1,64})")
        starts += [(each.start(), each[1]) for each in islice(named.finditer(body), MAX_CANDIDATES)]
    spans: list[Span] = []
    for start, element in sorted(starts):
        if spans and start < spans[-1][1]:
            continue
        if len(spans) == MAX_ELEMENTS:
            break
        spans.append((start, _element_end(body, start, element)))
    return spans


def _element_end(body: bytes, start: int, name: bytes) -> int:
    most = min(len(body), start + MAX_TAG)
    tag = body.find(b">", start, most)
    if tag > 0 and body[tag - 1 : tag] == b"/":
        return tag + 1
    closing = body.find(b"</" + name, start, most)
    end = body.find(b">", closing, most) if closing >= 0 else -1
    return most if end < 0 else end + 1


def assertions(store: bytes) -> list[Span]:
    """The assertions on training and mining in a C2PA manifest store: a store may hold pictures of what it is about."""
    spans: list[Span] = []
    for found in islice(_ASSERTION.finditer(store), MAX_CANDIDATES):
        start = found.start() - _LABEL_AT
        if start < 0 or store[start + 4 : start + 8] != b"jumb":
            continue
        [size] = struct.unpack_from(">I", store, start)
        spans.append((start, min(len(store), start + min(size, MAX_BOX))))
        if len(spans) == MAX_TAGS:
            break
    return spans


def without_pictures(packet: bytes) -> list[Span]:
    """A packet of metadata without the pictures that it holds, as XMP has thumbnails."""
    spans, at = [], 0
    for start, stop in _pictures(packet):
        spans.append((at, start))
        at = stop
    return [*spans, (at, len(packet))]


def _pictures(packet: bytes) -> Iterator[Span]:
    for found in _PICTURE.finditer(packet):
        yield found.span(1)
