"""
Members of a JSON object that begin like a refusal and belong to no standard: `"ai-training": "prohibited"`.

A text refuses by its first words, a `false` or 0 under a name about a use or a permission, a `true` under a name that
is a refusal; objects and lists are looked into, but for rules, which are read for themselves. What describes,
identifies or only points elsewhere is passed over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tdm_guard.formats.json_members import Members
from tdm_guard.formats.site.tdmrep_json import MAX_NESTING, is_place_of_its_own
from tdm_guard.formats.site.tdmrep_value import plain_name
from tdm_guard.signals.shared.other_matters import is_of_something_else
from tdm_guard.signals.shared.refusing_vocabulary import (
    AI,
    ALL_RIGHTS,
    about,
    begins_like_refusal,
    clauses,
    is_off,
    plain,
)
from tdm_guard.signals.shared.refusing_words import grants, name_refuses, refused
from tdm_guard.usage import TDM, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

_of_rights = re.compile(
    r"(?:^|-)(?:opt(?:ed)?-?out|reserv\w*|rights?|mining|usages?|uses?|licen[cs]e|polic(?:y|ies))(?=-|$)"
).search
MAX_TEXTS = 8  # of a list that are looked at
MAX_TEXT_WORDS = 4  # of a refusal under a name that says nothing; a longer text is prose

_DESCRIBED = frozenset({"description", "comment", "comments", "note", "notes", "text", "summary"})
_DESCRIBES = _DESCRIBED | frozenset(
    {
        "location", "locations", "path", "paths", "tdm-location", "tdm-path", "tdm-reservation", "tdm-policy",
        "url", "urls", "uri", "id", "uid", "type", "kind", "name", "label", "title", "version", "updated",
        "profile", "schema", "protocol", "standard", "spec", "generator", "language", "lang", "contact", "email",
        "copyright", "example", "examples",
    }
)  # fmt: skip


class Refused(NamedTuple):
    """
    Usages that a member refuses, the member's name, and whether it stands in the object itself as a plain value.

    `named`: the object says that it is about AI, mining or a right, and not just that something is denied.
    """

    usages: tuple[Usage, ...]
    name: str
    direct: bool
    named: bool


def refused_in(members: Members) -> Refused | None:
    """What the members of an object refuse, together; None if nothing does."""
    found = [(usages, name, direct) for usages, name, direct in _look(members, (), 0) if usages]
    if not found:
        return None
    named = {usage for usages, _, _ in found for usage in usages}
    usages = tuple(usage for usage in TDM if usage in named)
    if not usages:  # of search, say
        return None
    first = next((item for item in found if item[2]), found[0])
    return Refused(usages, first[1], first[2], _is_about_mining(members, 0))


def doubted_in(members: Members) -> Refused | None:
    """
    What members may refuse that only describe, or grant nothing: no reservation, but nothing is permitted beside them.

    So does a comment that begins like a refusal of AI, an empty list of permissions, and `All rights reserved`.
    """
    for name, raw in members:
        words = plain(name)
        if isinstance(raw, str):
            describes = plain_name(name) in _DESCRIBED
            usages = _mining(refused("", raw)) if describes else TDM if _reserves_all(words, raw) else ()
        else:
            usages = TDM if raw == [] and grants(name) else ()
        if usages := tuple(usage for usage in TDM if usage in usages):
            return Refused(usages, name, True, True)
    return None


def _reserves_all(name: str, text: str) -> bool:
    return _of_rights(name) is not None and plain(text).startswith(ALL_RIGHTS)


def _is_about_mining(members: Members, depth: int) -> bool:
    for name, raw in members:
        if _of_rights(plain(name)) or about(plain(name)) or (isinstance(raw, str) and about(plain(raw))):
            return True
        inside = [raw] if isinstance(raw, Members) else raw[:MAX_TEXTS] if isinstance(raw, list) else []
        for item in inside if depth < MAX_NESTING else ():
            if isinstance(item, Members) and _is_about_mining(item, depth + 1):
                return True
            if isinstance(item, str) and about(plain(item)):
                return True
    return False


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
    named = _mining(about(plain(name)))
    if name_refuses(name) and raw:
        texts = [text for text in raw[:MAX_TEXTS] if isinstance(text, str)] if isinstance(raw, list) else []
        valued = _mining(tuple(usage for text in texts for usage in about(plain(text))))
        yield named or valued or topic or TDM, name, False
        return
    for item in [raw] if isinstance(raw, Members) else raw:
        if isinstance(item, Members):
            if not is_place_of_its_own("", item):
                yield from _look(item, named or topic, depth + 1)
        elif not isinstance(item, list):
            yield _refused(name, item, topic), name, False


def _refused(name: str, raw: Any, topic: tuple[Usage, ...]) -> tuple[Usage, ...]:
    if raw is None:
        return ()
    if isinstance(raw, str):
        return _by_text(name, raw, topic)
    words = plain(name)
    named = _mining(about(words))
    if raw:  # true, or a number
        return named or topic or TDM if name_refuses(name) else ()
    if name_refuses(name) or words == "tdm" or is_of_something_else(words):
        return ()
    return named or (topic or TDM if grants(name) else ())


def _by_text(name: str, text: str, topic: tuple[Usage, ...]) -> tuple[Usage, ...]:
    if found := refused(name, text, of=TDM):
        return _mining(found)
    if topic and begins_like_refusal(clauses(text)[0]):
        return topic
    words = plain(text)
    short = words.count("-") < MAX_TEXT_WORDS and not name_refuses(name) and not is_off(text)
    return _mining(about(words)) or TDM if short and begins_like_refusal(text, lone=False) else ()


def _mining(usages: tuple[Usage, ...]) -> tuple[Usage, ...]:
    """Usages that are found in a file on mining: AI in general is all of it."""
    return TDM if set(usages) >= set(AI) else usages
