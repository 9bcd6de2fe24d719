"""
From the entries of tdmrep.json to rules ready for matching (sec-tdm-file), as written or repaired.

A repair only ever adds a rule with 1: C2 a value that means 1, C3 a rule at a wrong place or in other names, C5 a
location that is no path but means one, C11 a member in words of no standard that begins like a refusal. To the letter
such a member refuses nothing, but beside it a 0 does not permit what it may be about. A rule that breaks the report
otherwise is dropped alone, with a fault.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tdm_guard.formats.json_members import Members
from tdm_guard.formats.site.path_pattern import PathPattern
from tdm_guard.formats.site.path_records import path_meant
from tdm_guard.formats.site.tdmrep_json import RulePlace
from tdm_guard.formats.site.tdmrep_value import BLANKS, LITERAL, Value, plain_name, read_json, read_policy
from tdm_guard.model import Fault, Source
from tdm_guard.origin import Origin, is_host
from tdm_guard.plain import bounded
from tdm_guard.signals.shared import repairs as _repairs
from tdm_guard.signals.shared.refusing_members import Refused, doubted_in, refused_in
from tdm_guard.signals.shared.refusing_vocabulary import begins_like_refusal
from tdm_guard.usage import TDM, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "tdmrep"
MAX_FAULTS = 20  # of one file; one more says how many were left out

MAX_LOCATIONS = 1_000  # of one rule
_LOCATION = ("location", "tdm-location", "locations")
_PATH = ("path", "tdm-path", "paths")


def refuses(raw: object) -> bool:
    """True for a text that is no 0 or 1 and begins like a refusal: `denied`, `no mining`."""
    return isinstance(raw, str) and raw.strip(BLANKS) not in LITERAL and begins_like_refusal(raw, lone=False)


def _place(code: str) -> tuple[int, str]:
    """The numbered repairs by number, behind the named ones (of files)."""
    return (int(code[1:]), "") if code[1:].isdigit() else (0, code)


join = partial(_repairs.join, key=_place)


class TdmRule(NamedTuple):
    """
    One compiled rule. `pattern` is a plain string where the location is a mere prefix, as most are.

    `words` are the rule's own words where they are more than its location with 0 or 1. `usages` are what it reserves;
    `refuses` those that a member beside a 0 refuses. `doubtful`: nobody can tell whether it refuses at all.
    """

    pattern: str | PathPattern
    location: str
    reserved: bool
    number: int
    policy: str | None = None
    repair: str | None = None
    words: str | None = None
    usages: tuple[Usage, ...] = TDM
    refuses: tuple[Usage, ...] = ()
    doubtful: bool = False

    def matches(self, target: str) -> bool:
        """True if the rule speaks of `target`, already in the one spelling."""
        pattern = self.pattern
        return target.startswith(pattern) if isinstance(pattern, str) else pattern.matches(target)

    @property
    def octets(self) -> int:
        """The length of the location in the one spelling, `*` and `$` counted."""
        return len(self.pattern) if isinstance(self.pattern, str) else self.pattern.octets

    @property
    def excerpt(self) -> str:
        """The rule in its own words."""
        if self.words is not None:
            return self.words
        return f'"location": {json.dumps(self.location, ensure_ascii=False)}, "tdm-reservation": {int(self.reserved)}'


class Compiler:
    """Compiles the entries of one file; policies are resolved against `base`, the file's final URL."""

    def __init__(self, source: Source, base: str, *, cautious: bool) -> None:
        self.source = source
        self.base = base
        self.cautious = cautious
        self.left_out = 0
        self.refusals: list[TdmRule] = []
        self.doubts: list[str] = []
        self.reserves = False  # True if a 1 stands anywhere, also where it cannot be heard
        self.repairable = False  # True if to the letter a rule is not heard that a repair would hear as 1
        self.vague: set[Usage] = set()  # to the letter, what is refused nobody can tell where
        self.unheard: set[Usage] = set()  # what something refuses that is no rule: no 0 of the file permits it
        self._faults: list[Fault] = []
        self._policies: dict[str, str | None] = {}

    def compile(self, entries: tuple[RulePlace, ...]) -> tuple[TdmRule, ...]:
        """The rules in file order."""
        return tuple(rule for entry in entries for rule in self._rules(entry))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What was dropped or is not as the report has it, each with its rule."""
        if not self.left_out:
            return tuple(self._faults)
        return (*self._faults, Fault.at(self.source, f"{self.left_out} more faults", signal=NAME))

    def _rules(self, entry: RulePlace) -> Iterator[TdmRule]:
        if entry.members is None:
            self._fault(entry, "no object stands here, so no rule")
            return
        reserves = any(
            (value := _value(raw)) is not None and value.reserved
            for name, raw in entry.members
            if plain_name(name) == "tdm-reservation"
        )
        self.reserves = self.reserves or reserves
        if entry.host is not None and not _is_host(entry.host, self.source.url):
            self._fault(entry, "the rule stands under the name of another host")
            return
        refused = refused_in(entry.members)
        doubtful = refused is None
        refused = refused or doubted_in(entry.members)
        if refused is not None:
            self._fault(entry, f"{bounded(refused.name)!r} begins like a refusal and is of no standard")
            self.repairable = not self.cautious
            if not self._refuse(entry, entry.members, refused, doubtful=doubtful):
                self.unheard.update(refused.usages)
        heard = False
        if entry.wrapped and not self.cautious:
            self._fault(entry, "the rule does not stand in the array at the root")
        elif (reservation := _reservation(entry.members, cautious=self.cautious)) is None:
            if refused is None:
                self._fault(entry, "tdm-reservation is missing or neither 0 nor 1")
        else:
            locations, exact = _locations(entry.members)
            misplaced = "C3" if entry.wrapped or not exact else None
            reserved, repair = reservation[0], join(reservation[1], misplaced)
            listed = any(isinstance(raw, list) for name, raw in entry.members if name == "location")
            if not locations or listed or (misplaced and not (reserved and self.cautious)):
                self._fault(entry, "the rule does not say where it applies, or not as the report has it")
            for location in locations if not misplaced or (reserved and self.cautious) else ():
                for rule in self._at(entry, entry.members, location, reserved, repair):
                    heard = heard or rule.reserved
                    yield rule._replace(refuses=refused.usages) if refused and not reserved else rule

        if reserves and not heard and not self.cautious:
            self.repairable = True

    def _refuse(self, entry: RulePlace, members: Members, refused: Refused, *, doubtful: bool) -> bool:
        """
        A refusal in words of no standard: a rule where it says where, or stands as one; else a doubt about all.

        False for what is neither: servers answer any address with an object that says that access to it is denied.
        """
        names = {plain_name(name) for name, _ in members}
        rule = not names.isdisjoint((*_LOCATION, *_PATH, "tdm-reservation"))
        if not rule and not refused.named:
            return False
        if doubtful and not rule:
            return False
        if not rule and not (refused.direct and (entry.number == 1 or not entry.wrapped)):
            if not self.cautious:
                self.vague.update(refused.usages)
                return False
            self.doubts.append(_refusing_words(members, refused))
            return True
        before = len(self.refusals)
        locations, exact = _locations(members)
        repair = join("C11", None if exact and not entry.wrapped else "C3")
        for location in locations:
            for found in self._at(entry, members, location, True, repair):
                words = _refusing_words(members, refused)
                self.refusals.append(found._replace(usages=refused.usages, words=words, doubtful=doubtful))
        return len(self.refusals) > before

    def _at(
        self, entry: RulePlace, members: Members, location: str, reserved: bool, repair: str | None
    ) -> Iterator[TdmRule]:
        """The rule as written; beside it, for a 1, the rule that was meant (C5)."""
        policy = self._policy(entry, members)
        as_reported = repair is None and all(type(raw) is int for name, raw in members if name == "tdm-reservation")
        if location.startswith(("/", "*")):
            words = None if as_reported else _words(members)
            yield TdmRule(_compiled(location), location, reserved, entry.number, policy, repair, words)
        else:
            self._fault(entry, "location is no path")
        if reserved and self.cautious:
            meant = path_meant(location, self.source.url)
            if meant is not None and meant != location:
                code = join(repair, "C5")
                yield TdmRule(_compiled(meant), location, reserved, entry.number, policy, code, _words(members))

    def _policy(self, entry: RulePlace, members: Members) -> str | None:
        written = [raw for name, raw in members if name == "tdm-policy"]
        if self.cautious and not written:
            written = [raw for name, raw in members if plain_name(name) == "tdm-policy"]
        for raw in written:
            if not isinstance(raw, str):
                continue
            if raw not in self._policies:
                self._policies[raw] = read_policy(raw, self.base)
            if url := self._policies[raw]:
                return url
        if written:
            self._fault(entry, "tdm-policy is no http(s) URL")
        return None

    def _fault(self, entry: RulePlace, message: str) -> None:
        if len(self._faults) == MAX_FAULTS:
            self.left_out += 1
            return
        excerpt = _words(entry.members) if entry.members is not None else None
        locator = f"rule {entry.number}"
        self._faults.append(Fault.at(self.source, message, signal=NAME, locator=locator, excerpt=excerpt))


def _reservation(members: Members, *, cautious: bool) -> tuple[bool, str | None] | None:
    """The value of the reservation and its repair. Of several any 1 counts; a repaired 0 counts as unset."""
    zero = repaired = None
    for name, raw in members:
        if plain_name(name) != "tdm-reservation" or (value := _value(raw)) is None:
            continue
        repair = join("C2" if value.repaired else None, None if name == "tdm-reservation" else "C3")
        if repair is None and value.reserved:
            return True, None
        if repair is None:
            zero = (False, None)
        elif cautious and value.reserved:
            repaired = repaired or (True, repair)
    return repaired or zero


def _value(raw: object) -> Value | None:
    return read_json(raw) or (Value(True, repaired=True) if refuses(raw) else None)


def _is_host(host: str, asked: str) -> bool:
    """True if `host`, perhaps with a wildcard or a port, is the host of the file."""
    origin = Origin.parse(asked)
    name, _, port = host.partition(":")
    if port and int(port) != origin.port:
        return False
    if name.startswith(("*", ".")):
        return f".{origin.host}".endswith(name.lstrip("*"))
    return is_host(name, origin.host) or name == f"www.{origin.host}" or f"www.{name}" == origin.host


def _locations(members: Members) -> tuple[tuple[str, ...], bool]:
    """
    The locations and whether they stand as the report has it.

    `/` if there is none, all of a list (C3); none for a wrong type.
    """
    exact = [raw for name, raw in members if name == "location"]
    alias = [raw for names in (_LOCATION, _PATH) for name, raw in members if plain_name(name) in names]
    for written in (exact, alias):
        for raw in written:
            if isinstance(raw, str) and raw.strip(BLANKS):
                return (raw,), written is exact
            if isinstance(raw, list):
                listed = tuple(dict.fromkeys(item for item in raw if isinstance(item, str) and item.strip(BLANKS)))
                if listed:
                    return listed[:MAX_LOCATIONS], False
        if any(raw is not None and not isinstance(raw, str) for raw in written):
            return (), False
    return ("/",), False


def _words(members: Members) -> str | None:
    """The rule's own words, as far as they are plain values."""
    plain = ((name, raw) for name, raw in members if not isinstance(raw, list | Members))
    return bounded(", ".join(f"{json.dumps(name)}: {json.dumps(raw, ensure_ascii=False)}" for name, raw in plain))


def _refusing_words(members: Members, refused: Refused) -> str:
    """The same with the name that refuses, whose value may be a list or an object."""
    words, name = _words(members) or "", json.dumps(refused.name)
    if name in words:
        return words
    return bounded(f"{name}: …, {words}" if words else f"{name}: …") or ""


def _compiled(location: str) -> str | PathPattern:
    pattern = PathPattern.parse(location)
    return pattern if pattern.anchored or len(pattern.parts) > 1 else pattern.parts[0]
