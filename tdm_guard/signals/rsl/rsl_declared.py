"""
Declarations of RSL licence documents: from the words of a carrier to documents that can be asked for (4.3, 4.4).

strategy: each carrier yields `FoundDeclaration`s, which `declare` turns into declarations, each document once, with the
faults of those that lead nowhere. The lines of robots.txt are read here too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urldefrag, urljoin

from tdm_guard.errors import UnsupportedURL
from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.model import NOTHING, Declared, Evidence, Fault, Reading, Source
from tdm_guard.origin import Origin
from tdm_guard.signals.rsl.rsl_document import unlicensed
from tdm_guard.signals.rsl.rsl_site import NAME
from tdm_guard.signals.rsl.rsl_terms import RELATIVE
from tdm_guard.signals.shape import Listener

if TYPE_CHECKING:
    from tdm_guard.formats.site.robots_txt import Record, RobotsTxt

MAX_DECLARED = 16  # documents that one carrier may declare: each is a fetch; with more the asset counts as unlicensed
OTHER_GROUP = "rsl-other-group"
LICENSE = "license"  # the record of robots.txt, and the link relation

_is_absolute = re.compile(r"(?i)https?://").match


class FoundDeclaration(NamedTuple):
    """A declaration as a carrier has it, before its target is looked at. A page's base makes any target absolute."""

    target: str
    evidence: Evidence
    base: str
    relative: bool = False
    repair: str | None = None
    refusals_only: bool = False


def declared_in_robots(robots: RobotsTxt, source: Source, listener: Listener) -> tuple[Declared, ...]:
    """
    The documents that `License` lines declare to our agent: those of its group, else those before all groups.

    A line behind the last rule of another group, at the end of the file or after a blank line, is meant for the whole
    site; the cautious posture hears it so, for what it refuses.
    """
    return _robots(robots, source, listener).declared


def read_robots(robots: RobotsTxt, source: Source, listener: Listener) -> RobotsNotes | None:
    """What is wrong with the `License` lines, and that all is reserved if there are more than can be followed."""
    reading = _robots(robots, source, listener)
    return RobotsNotes(Reading(reading.statements, reading.faults)) if reading.statements or reading.faults else None


class RobotsNotes:
    """What is said of every URL of an origin alike."""

    __slots__ = ("_reading",)

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def says(self, target: str) -> Reading:
        """The same for any path."""
        return self._reading


def _robots(robots: RobotsTxt, source: Source, listener: Listener) -> Reading:
    if not robots.mentions(LICENSE) or not robots.begins(LICENSE):  # pages mention it, in hundreds of lines
        return NOTHING
    group = robots.group_for(listener.agent)
    own = [record for record in (group.others if group else ()) if record.name == LICENSE]
    heard = own or [record for record in robots.outside if record.name == LICENSE]
    found = [item for record in heard for item in _lines(record, source, None)]
    if listener.cautious and not own:
        spoken = {record.line for record in heard}
        for record in _meant_for_all(robots):
            if record.line not in spoken:
                found += _lines(record, source, OTHER_GROUP)
    return declare(found, listener)


def _lines(record: Record, source: Source, repair: str | None) -> Iterator[FoundDeclaration]:
    words = evidence(source, f"line {record.line}", record.words)
    targets = record.value.split() if record.colon else []
    if len(targets) > 1:  # words, among which an address may stand
        targets = [target for target in targets if _is_absolute(target)]
    for target in targets or [""]:
        yield FoundDeclaration(target, words, source.url, relative=True, repair=repair)


def _meant_for_all(robots: RobotsTxt) -> Iterator[Record]:
    """License lines behind the last rule of their group that end the file or stand after a blank line."""
    lines = robots.text.split("\n")
    for group in robots.groups:
        if LICENSE not in group.text.lower():  # reading the rules of hundreds of groups takes its time
            continue
        last = max((rule.line for rule in group.rules), default=0)
        for record in group.others:
            if (
                record.name == LICENSE
                and record.line > last
                and (group is robots.groups[-1] or not lines[record.line - 2].strip())
            ):
                yield record


def declare(found: Iterable[FoundDeclaration], listener: Listener) -> Reading:
    """The declarations that can be followed, each document once; what is wrong with the others."""
    declared: dict[str, Declared] = {}
    readings: list[Reading] = []
    for item in found:
        url, fault, repair = _absolute(item)
        if fault:
            readings.append(Reading((), (_fault(item.evidence, fault),)))
        if url is None or (repair and not listener.cautious):
            continue
        repairs = ",".join(sorted(code for code in (item.repair, repair) if code)) or None
        one = _declared(item, url, repairs)
        known = declared.get(url)
        if known is None and len(declared) >= MAX_DECLARED:
            readings.append(too_many(item.evidence))
            break
        if known is None or (known.refusals_only and not one.refusals_only):
            declared[url] = one
    if not declared and not readings:
        return NOTHING
    return Reading.joined([*readings, Reading((), (), tuple(declared.values()))])


def _absolute(item: FoundDeclaration) -> tuple[str | None, str | None, str | None]:
    """The address declared, what is wrong with it, and the repair that made one of it."""
    url = resolved(item.target, item.base) if item.target else None
    if url is None:
        return None, "a licence is declared at no address that could be asked", None
    if item.relative and not _is_absolute(item.target):
        return url, "the address of the licence is not absolute", RELATIVE
    return url, None, None


def resolved(target: str, base: str) -> str | None:
    """An http(s) URL without its fragment; None if there is none."""
    try:
        url = urldefrag(urljoin(base, target)).url
        Origin.parse(url)
    except (ValueError, UnsupportedURL):
        return None
    return normal_url(url)


def _declared(item: FoundDeclaration, url: str, repair: str | None) -> Declared:
    return Declared(
        **item.evidence.words,
        url=url,
        signal=NAME,
        refusals_only=item.refusals_only or repair is not None,
        repair=repair,
    )


def too_many(words: Evidence) -> Reading:
    """Declared and not read is unlicensed (4.3)."""
    return Reading((unlicensed(words),), (_fault(words, "more licence documents than are read"),))


def evidence(source: Source, locator: str, excerpt: str) -> Evidence:
    """The place of some words, in the form that declarations and statements are made from."""
    return Fault.at(source, "", signal=NAME, locator=locator, excerpt=excerpt)


def _fault(words: Evidence, message: str) -> Fault:
    return Fault(**words.words, message=message, signal=NAME)
