"""
RSL-MEDIA (Human Consent Standard 1.0, draft of 2026): the `media:right` elements of a document, each a `Right`.

    media:right = license*        @registry @registry-id @isrd @subject @status @valid-from @valid-until
    license     = permits* prohibits* payment? reporting* legal*        as in RSL 1.0

The draft itself could not be read beyond its abstract: attributes and tokens are those that public implementations
name. Each may also stand as a child element of the same name, in any namespace and in the letters of `validUntil`.
Absence of a permission is none; a permission for which something is asked is none before it is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tdm_guard.formats.rights import ACTIVE, MAX_BYTES, MAX_RIGHTS, Right, day, ordered
from tdm_guard.formats.rows.row import RowsError
from tdm_guard.formats.rsl.rsl_licences import read_licence
from tdm_guard.formats.rsl.rsl_vocabulary import MEDIA, RslLicence, is_token
from tdm_guard.formats.xml import Element, Limits, parse
from tdm_guard.plain import bounded
from tdm_guard.usage import EVERY, TRAINING, Usage

LIMITS = Limits(bytes=MAX_BYTES, elements=5_000_000, depth=32, kept=MAX_RIGHTS)
EVERY_WORK = "*"  # registry-id of a right in all works of a registry

_AI = (*TRAINING, Usage.AI_INPUT, Usage.AI_INDEX)
_USAGES = {
    "all": EVERY, "ai-all": _AI, "ai-train": TRAINING, "ai-input": (Usage.AI_INPUT,), "ai-index": (Usage.AI_INDEX,),
    "search": (Usage.SEARCH,),
}  # fmt: skip
_UNLIMITED = frozenset({"", "none", "unlimited", "perpetual"})
_EMAIL = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+")
_LETTERS = re.compile(r"[^a-z0-9]")


def read_rights(body: bytes, *, encoding: str | None = None) -> Iterator[Right]:
    """The rights in a document. Raises `RowsError` if it cannot be read or holds none; nothing in it raises else."""
    xml = parse(body, limits=LIMITS, keep=f"{{{MEDIA}}}right", encoding=encoding)
    if xml.problem:
        raise RowsError(f"{xml.place}: {xml.problem}" if xml.place else xml.problem)
    if not xml.kept:
        raise RowsError(f"holds no media:right of {MEDIA}")
    for number, element in enumerate(xml.kept, 1):
        yield _right(element, number)


def _right(element: Element, number: int) -> Right:
    said = _members(element)
    registry, entry, isrd = (_one(said, name) for name in ("registry", "registryid", "isrd"))
    keys = []
    if isrd:
        keys.append(("isrd", isrd))
    if entry and entry != EVERY_WORK:
        keys.append(("registry_id", f"{registry}/{entry}" if registry else entry))
    keys += [("iscc", code) for code in said.get("iscc", ())]
    since, begins = day(_one(said, "validfrom"))
    ends = _one(said, "validuntil") or _one(said, "validto")
    until, known = day(None if ends and ends.lower() in _UNLIMITED else ends)
    read = [read_licence(child) for child in element.children if child.name == "license"]
    licences = [licence for licence, _ in read]
    usages = _reserved(licences, doubtful=any(strays for _, strays in read))
    problem = None
    contact = next((each.contact for each in licences if each.contact), None) or _one(said, "contact")
    addresses = [payment.address for licence in licences for payment in licence.payments if payment.address]
    addresses += [_address(contact) or ""] if contact else []
    if not (begins and known):
        problem = f"a day that is none: {_one(said, 'validfrom') or ''} {ends or ''}".strip()
    return Right(
        number=number,
        keys=tuple(keys),
        usages=usages,
        status=(_one(said, "status") or ACTIVE).lower(),
        since=since,
        until=until,
        subject=_one(said, "subject"),
        words=_words(licences),
        name=_one(said, "holder") or _one(said, "rightsholder") or _one(said, "name"),
        registry=registry,
        licence=next((address for address in map(_address, addresses) if address), None),
        contact=contact.removeprefix("mailto:")
        if contact and _EMAIL.fullmatch(contact.removeprefix("mailto:"))
        else None,
        everything=entry == EVERY_WORK and not keys,
        problem=problem if keys or entry == EVERY_WORK else "nothing by which its work is known",
    )


def _words(licences: list[RslLicence]) -> str | None:
    """What the licences say as it stands: prohibitions if there are any, else what is permitted for what."""
    said = [each.excerpt for licence in licences for each in licence.prohibits]
    if not said:
        said = [each.excerpt for licence in licences for each in licence.permits]
        said += [each.excerpt for licence in licences for each in (*licence.payments, *licence.reporting)]
    return bounded(" ".join(said or [licence.excerpt for licence in licences])) or None


def _members(element: Element) -> dict[str, list[str]]:
    """What stands in attributes and in child elements, by name without hyphens and capitals."""
    found: dict[str, list[str]] = {}
    pairs = [(name.rpartition("}")[2], value) for name, value in element.attributes.items()]
    pairs += [(child.name, child.text) for child in element.children if not child.children and child.name != "license"]
    for name, value in pairs:
        if text := " ".join(value.split()):
            found.setdefault(_LETTERS.sub("", name.lower()), []).append(text)
    return found


def _one(said: dict[str, list[str]], name: str) -> str | None:
    return next(iter(said.get(name, ())), None)


def _address(text: str) -> str | None:
    return text if re.match(r"(?i)https?://\S+\Z", text) else None


def _reserved(licences: list[RslLicence], *, doubtful: bool) -> tuple[Usage, ...]:
    """
    What licences reserve: what they prohibit, what their lists leave out, what is not had for nothing.

    A prohibition that is not understood, or `doubtful` words beside it, reserve all AI usages.
    """
    reserved = set(_AI) if doubtful else set()
    for licence in licences:
        closed = [each for each in licence.permits if each.kind == "usage"]
        granted = {usage for each in closed for token in each.tokens for usage in _usages(token)}
        paid = any(payment.type != "free" for payment in licence.payments) or bool(licence.reporting)
        limited = any(each.kind != "usage" for each in (*licence.permits, *licence.prohibits))
        if closed:
            reserved |= set(_AI) - granted
        if paid or limited:
            reserved |= granted or set(_AI)
        for each in licence.prohibits:
            for token in each.tokens if each.kind == "usage" else ():
                reserved |= set(_usages(token)) or set(_AI)
    return ordered(reserved)


def _usages(token: str) -> tuple[Usage, ...]:
    """What a token names, with or without the prefix of RSL-MEDIA; nothing if it is unknown."""
    bare = token.lower().removeprefix("media:")
    return _USAGES[bare] if is_token("usage", bare) else ()
