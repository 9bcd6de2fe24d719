"""
Tables of the files that people write: what is asked of a table is checked, every mistake is noted, nothing raises.

A `Table` is read member by member. A reader that got what it asked for returns it; one that did not notes one
`Problem` and returns what stands for "not given", so that the next member is checked too. `close` notes the members
that nobody asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.formats.countries import alpha_3
from tdm_guard.origin import Origin
from tdm_guard.plain import suggested
from tdm_guard.repertoire.problem import Problem, Severity, shown
from tdm_guard.usage import Usage, expand

MAX_TEXT = 5_000  # characters of one text: a reservation's own words are some lines, not a contract
MAX_NAME = 200  # characters of an id or a word of a vocabulary, which go into every record
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NAME = re.compile(r"[^\s\x00-\x1f\x7f\ud800-\udfff](?:[^\x00-\x1f\x7f\ud800-\udfff]*[^\s\x00-\x1f\x7f\ud800-\udfff])?")
_EMAIL = re.compile(r"[^\s@<>,;\"]{1,64}@[^\s@<>,;\"]{1,251}\.[^\s@<>,;\".]{2,63}")
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATED = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
_UNIONS = ("WORLD", "EU", "EEA")


class Table:
    """One table under examination. `where` is its path; `problems` collects, also for the tables inside it."""

    __slots__ = ("_asked", "_table", "broken", "problems", "where")

    def __init__(self, table: object, where: str, *, good: str, problems: list[Problem] | None = None) -> None:
        self.where = where
        self.problems: list[Problem] = [] if problems is None else problems
        self._asked: set[str] = set()
        self._table: Mapping[Any, Any] = table if isinstance(table, Mapping) else {}
        self.broken = not isinstance(table, Mapping)  # one mistake: what it lacks is not counted too
        if self.broken:
            self.problems.append(Problem(where, f"{shown(table)} is no table", good))

    def __contains__(self, member: object) -> bool:
        return member in self._table

    def mistake(self, member: str, message: str, good: str | None = None) -> None:
        """Note a mistake in `member`."""
        self.problems.append(Problem(self._path(member), message, good))

    def warning(self, member: str, message: str, good: str | None = None) -> None:
        """Note something about `member` that is legal and perhaps not meant."""
        self.problems.append(Problem(self._path(member), message, good, severity=Severity.WARNING))

    def mistakes(self) -> bool:
        """True if something noted so far stops the run."""
        return any(problem.severity is Severity.MISTAKE for problem in self.problems)

    def close(self) -> None:
        """Note every member that was not asked for."""
        for member in self._table:
            if member not in self._asked:
                name = str(member)[:MAX_NAME]
                self.mistake(name, f"unknown member{suggested(name, sorted(self._asked))}")

    def table(self, member: str, good: str) -> Table:
        """The table `member`, an empty one if it is not given."""
        value = self._get(member)
        inner = Table({} if value is None else value, self._path(member), good=good, problems=self.problems)
        inner.broken = inner.broken or self.broken
        return inner

    def text(self, member: str, good: str, *, required: bool = False) -> str | None:
        """Text of any characters but control characters."""
        value = self._get(member, good if required else None)
        return None if value is None else self._text(member, value, good)

    def name(self, member: str, good: str, *, required: bool = True) -> str:
        """A name in one line; empty text if there is none."""
        value = self._get(member, good if required else None)
        if value is None or (isinstance(value, str) and len(value) <= MAX_NAME and _NAME.fullmatch(value)):
            return value or ""
        self.mistake(member, f"{shown(value)} is no name in one line of at most {MAX_NAME} characters", good)
        return ""

    def given(self, member: str) -> Any:
        """The value of `member` as it stands, for a reader that takes several forms; None if it is not given."""
        return self._get(member)

    def texts(
        self, member: str, good: str, *, choices: Sequence[str] = (), usual: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """A list of texts: each one of `choices` if there are any; one that is none of the `usual` is a warning."""
        found = self._items(member, good)
        for place, item in found:
            if choices and item not in choices:
                self.mistake(place, f"{shown(item)} is not one of {', '.join(choices)}", good)
            elif usual and item not in usual:
                self.warning(place, f"{shown(item)} is none of {', '.join(usual)}", good)
        return tuple(item for _, item in found)

    def choice(self, member: str, choices: Sequence[str], default: str = "", *, required: bool = False) -> str:
        """One of `choices`; `default` if not given."""
        good = f'"{choices[0]}"'
        value = self._get(member, good if required else None)
        if value is None:
            return default
        if isinstance(value, str) and value in choices:
            return value
        self.mistake(member, f"{shown(value)} is not one of {', '.join(choices)}", good)
        return default

    def flag(self, member: str) -> bool:
        """True or false; false if not given."""
        value = self._get(member)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.mistake(member, f"{shown(value)} is neither true nor false", "true")
        return False

    def day(self, member: str, *, required: bool = False) -> date | None:
        """A day, as a TOML date or in text."""
        good = "2026-01-05"
        value = self._get(member, good if required else None)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        self.mistake(member, f"{shown(value)} is no day", good)
        return None

    def dated(self, member: str) -> str | None:
        """The date of a document, as far as it is known: a day, or a month or year in text."""
        value = self._get(member)
        if value is None:
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, str) and _DATED.fullmatch(value):
            try:
                date.fromisoformat(value + "0000-01-01"[len(value) :])
            except ValueError:
                pass
            else:
                return value
        self.mistake(member, f"{shown(value)} is no day, month or year", '"2023-10-12" or "2023-10"')
        return None

    def moment(self, member: str, *, required: bool = False) -> datetime | None:
        """A time with its offset, as a TOML date-time or in text; a day alone stands for its start in UTC."""
        good = "2026-01-05T09:00:00Z"
        value = self._get(member, good if required else None)
        if value is None:
            return None
        moment = value
        if isinstance(value, str) and _DAY.match(value):
            try:
                moment = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
            except ValueError:
                moment = None
        if isinstance(moment, datetime):
            if moment.tzinfo is None:
                self.mistake(member, f"{shown(value)} has no offset from UTC", good)
                return None
            try:
                return moment.astimezone(UTC)
            except (OverflowError, ValueError):  # the first and last day of the calendar
                moment = None
        if isinstance(moment, date):
            return datetime.combine(moment, time(), UTC)
        self.mistake(member, f"{shown(value)} is no time", good)
        return None

    def url(self, member: str, *, required: bool = False) -> str | None:
        """An http(s) URL."""
        good = '"https://society.example/ai"'
        value = self._get(member, good if required else None)
        if value is None:
            return None
        if is_url(value):
            return str(value)
        self.mistake(member, f"{shown(value)} is no http(s) URL", good)
        return None

    def email(self, member: str) -> str | None:
        """A mail address."""
        value = self._get(member)
        if value is None or is_email(value):
            return None if value is None else str(value)
        self.mistake(member, f"{shown(value)} is no mail address", '"ai@society.example"')
        return None

    def digest(self, member: str) -> str | None:
        """A SHA-256 in hexadecimal, given back in lower case."""
        value = self._get(member)
        if value is None:
            return None
        if isinstance(value, str) and _SHA256.fullmatch(value):
            return value.lower()
        self.mistake(member, f"{shown(value)} is no SHA-256 in 64 hexadecimal digits", f'"{"ab" * 32}"')
        return None

    def usages(self, member: str) -> tuple[Usage, ...]:
        """Usages by their names, umbrellas opened; at least one is required."""
        good = '["tdm"]'
        known = True
        names = self._items(member, good, required=True)
        for place, name in names:
            if name not in _USAGES:
                known = False
                self.mistake(place, f"{shown(name)} is no usage{suggested(name, _USAGES, lead='one of')}", good)
        return expand(name for _, name in names) if names and known else ()

    def territory(self, member: str, *, required: bool = False) -> tuple[str, ...]:
        """Country codes (ISO 3166-1 alpha-2), EU, EEA or WORLD, in upper case."""
        good = '["FR", "EU"]'
        codes = [(place, code.upper()) for place, code in self._items(member, good, required=required)]
        for place, code in codes:
            if code not in _UNIONS and (len(code) != 2 or alpha_3(code) is None):
                wanted = "neither an ISO 3166-1 alpha-2 code nor one of " + ", ".join(_UNIONS)
                self.mistake(place, f"{shown(code)} is {wanted}", good)
        return tuple(code for _, code in codes)

    def origins(self, member: str) -> tuple[str, ...]:
        """Origins, given back in their own spelling: no default port, host in lower case."""
        good = '["https://music.example"]'
        found = []
        for place, text in self._items(member, good):
            try:
                origin = Origin.parse(text)
            except ConfigurationError:
                origin = None
            if origin is None or not _bare(text):
                self.mistake(place, f"{shown(text)} is no origin, scheme://host[:port]", good)
            else:
                found.append(str(origin))
        return tuple(found)

    def keyed(self, goods: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """Key, place and text of every value in a table of lists; `goods` are its keys, each with a good value."""
        self._asked.update(goods)
        for key in self._table:
            if key in goods:
                for place, text in self._items(key, f'["{goods[key]}"]'):
                    yield key, place, text

    def _items(self, member: str, good: str, *, required: bool = False) -> list[tuple[str, str]]:
        """Place and text of each item of a list; what is no text is noted and left out."""
        value = self._get(member, good if required else None)
        if value is None:
            return []
        if not isinstance(value, (list, tuple)):
            self.mistake(member, f"{shown(value)} is no list", good)
            return []
        if required and not value:
            self.mistake(member, "names nothing", good)
        found = []
        for at, item in enumerate(value):
            place = f"{member}[{at}]"
            text = self._text(place, item, good)
            if text is not None:
                found.append((place, text))
        return found

    def _get(self, member: str, required: str | None = None) -> Any:
        """The value of `member`; noted as missing if `required`, a good value, is given."""
        self._asked.add(member)
        value = self._table.get(member)
        if value is None and required is not None and not self.broken:
            self.mistake(member, "is missing", required)
        return value

    def _text(self, member: str, value: object, good: str) -> str | None:
        if isinstance(value, str) and value.strip() and len(value) <= MAX_TEXT and not _CONTROL.search(value):
            return value.strip()
        what = shown(value)
        if isinstance(value, str) and len(value) > MAX_TEXT:
            what = f"text of {len(value)} characters"
        self.mistake(member, f"{what} is no text of 1 to {MAX_TEXT} characters", good)
        return None

    def _path(self, member: str) -> str:
        return f"{self.where}.{member}" if member else self.where


def is_email(value: object) -> bool:
    """True for text that is a mail address."""
    return isinstance(value, str) and _EMAIL.fullmatch(value) is not None


def is_url(value: object) -> bool:
    """True for text that is an http(s) URL with a host."""
    if not isinstance(value, str) or value.split(None, 1) != [value]:  # blanks in it, or nothing else
        return False
    try:
        Origin.parse(value)
    except ConfigurationError:
        return False
    return True


def _bare(text: str) -> bool:
    """True if nothing but scheme, one host and port stands in `text`, which is a URL."""
    return not any(character in text.partition("://")[2] for character in "/?#@*")


_USAGES = tuple(str(usage) for usage in Usage)
