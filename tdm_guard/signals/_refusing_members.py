"""
Members of a JSON object that begin like a refusal and belong to no standard: `"ai-training": "prohibited"`.

A text refuses by its first words, a `false` or 0 under a name about a use or a permission, a `true` under a name that
is a refusal; objects and lists are looked into, but for rules, which are read for themselves. What describes,
identifies or only points elsewhere is passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.formats.tdmrep_json import MAX_NESTING, Members, is_place_of_its_own
from tdm_guard.formats.tdmrep_value import plain_name
from tdm_guard.signals._refusing_prose import (
    begins_like_refusal,
    grants,
    name_refuses,
    refused_by,
    says_no,
    usages_about,
    words_of,
)
from tdm_guard.usage import TDM, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TEXT_WORDS = 4  # of a refusal under a name that says nothing; a longer text is prose

_DESCRIBES = frozenset(
    {
        "location", "locations", "path", "paths", "tdm-location", "tdm-path", "tdm-reservation", "tdm-policy",
        "url", "urls", "uri", "id", "uid", "type", "kind", "name", "label", "title", "version", "updated",
        "profile", "schema", "protocol", "standard", "spec", "generator", "language", "lang", "contact", "email",
        "description", "comment", "comments", "note", "notes", "text", "summary", "copyright", "example", "examples",
    }
)  # fmt: skip


class Refused(NamedTuple):
    """Usages that a member refuses, the member's name, and whether it stands in the object itself as a plain value."""

    usages: tuple[Usage, ...]
    name: str
    direct: bool


def refused_in(members: Members) -> Refused | None:
    """What the members of an object refuse, together; None if nothing does."""
    found = [(usages, name, direct) for usages, name, direct in _look(members, (), 0) if usages]
    if not found:
        return None
    named = {usage for usages, _, _ in found for usage in usages}
    first = next((item for item in found if item[2]), found[0])
    return Refused(tuple(usage for usage in TDM if usage in named), first[1], first[2])


def _look(members: Members, topic: tuple[Usage, ...], depth: int) -> Iterator[tuple[tuple[Usage, ...], str, bool]]:
    for name, raw in members:
        if name[:1] in ("@", "$", "_") or plain_name(name) in _DESCRIBES:
            continue
        if is_place_of_its_own(name, raw):
            continue
        if isinstance(raw, Members | list):
            if depth < MAX_NESTING:
                yield from _look_inside(name, raw, topic, depth)
        else:
            yield _refused(name, raw, topic), name, depth == 0


def _look_inside(
    name: str, raw: Members | list[Any], topic: tuple[Usage, ...], depth: int
) -> Iterator[tuple[tuple[Usage, ...], str, bool]]:
    named = usages_about(words_of(name))
    if name_refuses(name) and raw:
        texts = raw if isinstance(raw, list) else []
        valued = usages_about(tuple(word for text in texts[:8] if isinstance(text, str) for word in words_of(text)))
        yield named or valued or topic or TDM, name, False
        return
    for item in [raw] if isinstance(raw, Members) else raw:
        if isinstance(item, Members):
            if not is_place_of_its_own("", item):
                yield from _look(item, named or topic, depth + 1)
        elif not isinstance(item, list):
            yield _refused(name, item, topic), name, False


def _refused(  # noqa: PLR0911 - one case after the other
    name: str, raw: Any, topic: tuple[Usage, ...]
) -> tuple[Usage, ...]:
    if raw is None:
        return ()
    words = words_of(name)
    named = usages_about(words)
    if isinstance(raw, str):
        if refused := refused_by(name, raw):
            return refused
        if topic and begins_like_refusal(raw):
            return topic
        short = len(words_of(raw)) <= MAX_TEXT_WORDS and not name_refuses(name) and not says_no(raw)
        return usages_about(words_of(raw)) or TDM if short and begins_like_refusal(raw, lone=False) else ()
    if raw:  # true, or a number
        return named or topic or TDM if name_refuses(name) else ()
    if name_refuses(name) or words == ("tdm",):
        return ()
    return named or (topic or TDM if grants(name) else ())
