"""
The structure of tdmrep.json (sec-tdm-file): an array of rules, each an object; and the shapes found in its stead.

    file = "[" *( rule "," ) rule "]"       rule: members in order, duplicates kept

What stands at the wrong place (an object as root, an array in an array, rules under whatever name, under a path or a
host) is delivered too, marked as `wrapped`; whether it counts is for the signal to say.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from tdm_guard.formats.json_members import Members
from tdm_guard.formats.page.json_repair import repaired

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 512 * 1024  # as robots.txt has it (RFC 9309 2.5); the longest file seen is far below
MAX_RULES = 10_000  # a file with more is not read at all: to cut it silently could lose a reservation
MAX_NESTING = 64  # arrays and wrapping objects around a rule; the deepest seen has two; a deeper file is not read
MAX_NAME = 2048  # characters of a name that is a path or a host
WRAPPERS = frozenset({"policies", "rules", "list", "tdmrep", "tdm"})  # names under which rules were found
_LOCATIONS = frozenset({"location", "locations", "tdm-location", "path", "paths", "tdm-path"})
_RULES = _LOCATIONS | {"tdm-reservation"}
_NO_RULES = _LOCATIONS | {
    "tdm",
    "tdm-reservation",
    "tdm-policy",
    "@context",
    "contact",
    "example",
    "examples",
    "comment",
}
_match_path = re.compile(r"(?i)[/*]|https?://").match
_match_host = re.compile(
    r"(?i)(?:\*?\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)+[a-z][a-z0-9-]{1,62}(?::\d{1,5})?"
).fullmatch
_FILES = (".json", ".txt", ".xml", ".html")  # names that look like hosts
_SEVERAL = "Extra data"  # what the decoder says of values behind the first
_MAX_DIGITS = 40  # an integer of more digits is neither 0, 1 nor 2; Python refuses to read very long ones

# What writers put for a quotation mark: typographic ones, those of HTML, and escaped ones of JSON in a string of JSON.
_QUOTE = (
    r"""(?:\\{0,4}["'\u2018-\u201f\u2032\u2033\u00ab\u00bb`\u00b4]|\\{1,4}u002[27]"""
    r"|&(?:quot|apos|[lr][sd]quo|\#(?:3[49]|x2[27]));)"
)
_MENTION = re.compile(
    rf"(?im)(?:^[ \t]*|{_QUOTE})tdm[-_:]reservation{_QUOTE}?\s{{0,16}}[:=]\s{{0,16}}{_QUOTE}?"
    r"(?:1(?:\.0*)?|true)(?![\w.])"
)


@dataclass(frozen=True, slots=True)
class RulePlace:
    """
    One place where a rule can stand: its number in the file, its members (None: no object stands there).

    Members of an object named `tdm` inside are among them as `tdm:reservation` and so on. `host` is the name of a host
    under which it stands.
    """

    number: int
    members: Members | None
    wrapped: bool
    host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesFile:
    """What a body holds. `problem` says why it is not an array of rules, `place` where that shows."""

    entries: tuple[RulePlace, ...] = ()
    problem: str | None = None
    place: str | None = None
    is_json: bool = True
    overflow: bool = False


def parse(body: bytes) -> RulesFile:
    """Reads a body; never raises. UTF-8 with or without a byte order mark; wrong bytes are replaced, not fatal."""
    try:
        root = _loads(body)
    except json.JSONDecodeError as error:
        return RulesFile(problem=f"not JSON: {error.msg}", place=f"line {error.lineno}", is_json=False)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return RulesFile(problem=f"not JSON: {reason}", is_json=False)
    if not isinstance(root, list | Members):
        return RulesFile(problem="the root is neither an array nor an object", place="line 1")
    entries: list[RulePlace] = []
    try:
        for members, wrapped, host in _walk(root, _Around(), 0):
            if len(entries) == MAX_RULES:
                return RulesFile(problem=f"more than {MAX_RULES} rules", overflow=True)
            entries.append(RulePlace(len(entries) + 1, members, wrapped, host))
    except _TooDeepError:
        return RulesFile(problem=f"rules more than {MAX_NESTING} deep", overflow=True)
    problem = None if isinstance(root, list) else "the root is an object; it must be an array of rules"
    return RulesFile(entries=tuple(entries), problem=problem, place="line 1" if problem else None)


def parse_broken(body: bytes) -> RulesFile:
    """The same of a body that is no JSON, as what was meant: slips are mended, one rule a line is a list."""
    text = body.decode(json.detect_encoding(body), "replace")
    file = parse(repaired(text).encode("utf-8", "replace"))
    if file.is_json or _SEVERAL not in (file.problem or ""):
        return file
    return parse(repaired(f"[{text}]").encode("utf-8", "replace"))


def mentions_reservation(body: bytes) -> re.Match[str] | None:
    """Where a text that is not JSON holds the reservation member with 1 or true. Time linear in the body."""
    return _MENTION.search(body.decode(json.detect_encoding(body), "replace"))


def is_page(body: bytes) -> bool:
    """True if a page stands where the file was asked for: sites answer any path with one."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _loads(body: bytes) -> Any:
    text = body.decode("utf-8-sig", "replace")
    return json.loads(text, object_pairs_hook=Members, parse_int=_integer, parse_constant=_refuse)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float("inf")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value")


class _TooDeepError(Exception):
    """What may hold rules stands deeper than is looked."""


class _Around(NamedTuple):
    """What stands around a value: names that are a path or a host; whether it is misplaced, or in a strange place."""

    location: str | None = None
    host: str | None = None
    wrapped: bool = False
    strange: bool = False


_Found = tuple[Members | None, bool, str | None]


def _walk(value: list[Any] | Members, around: _Around, depth: int) -> Iterator[_Found]:
    """The places of rules, in order. An object that only wraps others is no place of its own."""
    if depth > MAX_NESTING:
        raise _TooDeepError
    if isinstance(value, Members):
        yield from _walk_object(value, around, depth)
        return
    for item in value:
        if isinstance(item, list | Members):
            wrapped = around.wrapped or isinstance(item, list)
            yield from _walk(item, around._replace(wrapped=wrapped), depth + 1)
        elif not around.strange:
            yield None, around.wrapped, around.host


def _walk_object(value: Members, around: _Around, depth: int) -> Iterator[_Found]:
    inside = [inner for name, inner in value if name.lower() in WRAPPERS and _holds_rules(name, inner)]
    located = around.location is not None or around.host is not None
    wraps = bool(inside) and len(inside) == len(value)
    if not wraps and (not around.strange or located or any(_plain(name) in _RULES for name, _ in value)):
        members = _flat(value)
        if around.location is not None and not any(_plain(name) in _LOCATIONS for name, _ in members):
            members = Members((*members, ("location", around.location)))
        yield members, around.wrapped or depth == 0, around.host
    for name, inner in value:
        if name.lower() in WRAPPERS and _holds_rules(name, inner):
            yield from _walk(inner, around._replace(wrapped=True), depth + 1)
        elif (place := _place(name, around)) is not None:
            if isinstance(inner, list | Members):
                yield from _walk(inner, place, depth + 1)
            elif inner is not None:
                named = ("location", place.location or "/")
                yield Members((named, ("tdm-reservation", inner), ("rule", inner))), True, place.host
        elif isinstance(inner, list | Members) and (_plain(name) not in _NO_RULES or _is_map(name, inner, around)):
            yield from _walk(inner, around._replace(location=None, wrapped=True, strange=True), depth + 1)


def _is_map(name: str, inner: list[Any] | Members, around: _Around) -> bool:
    """True for values by path under the name of the value."""
    rule = _plain(name) == "tdm-reservation" and isinstance(inner, Members)
    return rule and any(_place(key, around) is not None for key, _ in inner)


def _place(name: str, around: _Around) -> _Around | None:
    """What stands around a value under a name that is a path, an address or a host."""
    text = name.strip()
    if len(text) > MAX_NAME:
        return None
    if _match_path(text):
        return _Around(text, around.host, wrapped=True, strange=True)
    if _match_host(text) and not text.lower().endswith(_FILES):
        return _Around(None, text.lower(), wrapped=True, strange=True)
    return None


def is_place_of_its_own(name: str, value: Any) -> bool:
    """True if what stands under `name` is a rule of its own, wherever it stands: it says where it applies, or what."""
    if _place(name, _Around()) is not None:
        return True
    return isinstance(value, Members) and any(_plain(inner) in _RULES for inner, _ in value)


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(":", "-")


def _flat(members: Members) -> Members:
    """The members with those of an object under `tdm` in its place, their names prefixed."""
    if not any(isinstance(raw, Members) for _, raw in members):
        return members
    flat: list[tuple[str, Any]] = []
    for name, raw in members:
        if name.lower() == "tdm" and isinstance(raw, Members):
            flat += [("tdm:" + inner.lower().removeprefix("tdm-"), value) for inner, value in raw]
        else:
            flat.append((name, raw))
    return Members(flat)


def _holds_rules(name: str, inner: Any) -> bool:
    """An object under `tdm` is the rule itself in another spelling: its members belong to the object around it."""
    return isinstance(inner, list) or (isinstance(inner, Members) and name.lower() != "tdm")
