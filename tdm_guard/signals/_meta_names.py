"""
Meta tags that bear the name of a response field, in the attribute `name` or in one that is often written for it.

No standard of preferences knows them: who finds one hears its refusals as repairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.html import REQUOTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tdm_guard.formats.html import Page, Tag

MAX_METAS = 64  # tags of one name that are looked at; a page has one
_ATTRIBUTES = ("name", "property", "http-equiv", "itemprop")


class Meta(NamedTuple):
    """The content of a meta tag, its place, its words; `repair` if its quotation marks had to be mended."""

    content: str
    locator: str
    words: str
    repair: str | None = None


def named_so(page: Page, names: frozenset[str]) -> Iterator[Meta]:
    """The meta tags of one of these names (lower case, hyphens), at most `MAX_METAS`."""
    found = 0
    for tags, repair in ((page.tags, None), (page.requoted, REQUOTED)):
        for tag in tags:
            if tag.name == "meta" and any(_name(tag, attribute) in names for attribute in _ATTRIBUTES):
                found += 1
                if found > MAX_METAS:
                    return
                yield Meta(tag.attributes.get("content", ""), f"line {tag.line}", shown(tag), repair)


def shown(tag: Tag) -> str:
    """A tag as it might be written."""
    return f"<{tag.name} " + " ".join(f'{name}="{value}"' for name, value in tag.attributes.items()) + ">"


def _name(tag: Tag, attribute: str) -> str:
    return tag.attributes.get(attribute, "").strip().lower().replace("_", "-")
