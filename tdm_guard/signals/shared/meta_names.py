"""
Meta tags that bear the name of a response field, in the attribute `name` or in one that is often written for it.

No standard of preferences knows them: who finds one hears its refusals as repairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.page.html import REQUOTED
from tdm_guard.model import Fault, Reading, Source, Stance, Statement
from tdm_guard.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tdm_guard.formats.page.html import Page, Tag

MAX_METAS = 1_000  # different tags that are looked at; a page has one or two
MAX_TEXT = 131_072  # characters of them together; the first is looked at however long it is
_ATTRIBUTES = ("name", "property", "http-equiv", "itemprop")


class Meta(NamedTuple):
    """The content of a meta tag, its place, its words; `repair` if its quotation marks had to be mended."""

    content: str
    locator: str
    words: str
    repair: str | None = None


def named_so(page: Page, names: frozenset[str]) -> tuple[list[Meta], str | None]:
    """
    The meta tags of one of these names (lower case, hyphens), equal ones once.

    Also where the first one stands that is left out, behind `MAX_METAS` or `MAX_TEXT`.
    """
    metas: list[Meta] = []
    length = 0
    for meta in _named_so(page, names):
        length += len(meta.words)
        if len(metas) >= MAX_METAS or (metas and length > MAX_TEXT):
            return metas, meta.locator
        metas.append(meta)
    return metas, None


def _named_so(page: Page, names: frozenset[str]) -> Iterator[Meta]:
    known: set[str] = set()
    for tags, repair in ((page.tags, None), (page.requoted, REQUOTED)):
        for tag in tags:
            if tag.name == "meta" and any(_name(tag, attribute) in names for attribute in _ATTRIBUTES):
                words = shown(tag)
                if words not in known:
                    known.add(words)
                    yield Meta(tag.attributes.get("content", ""), f"line {tag.line}", words, repair)


def with_those_left_out(
    reading: Reading, left: str | None, source: Source, signal: str, usages: tuple[Usage, ...]
) -> Reading:
    """`reading`, and that nobody knows what those say that `named_so` left out, of which the first stands at `left`."""
    if left is None:
        return reading
    message = f"more than {MAX_METAS} meta tags that may speak, or longer ones than are read: the others were not read"
    doubt = Statement.at(
        source, signal=signal, usages=usages, stance=Stance.UNDETERMINED, locator=left, excerpt=message
    )
    fault = Fault.at(source, message, signal=signal, locator=left)
    return Reading((*reading.statements, doubt), (*reading.faults, fault), reading.declared)


def shown(tag: Tag) -> str:
    """A tag as it might be written."""
    return f"<{tag.name} " + " ".join(f'{name}="{value}"' for name, value in tag.attributes.items()) + ">"


def _name(tag: Tag, attribute: str) -> str:
    return tag.attributes.get(attribute, "").strip().lower().replace("_", "-")
