"""
robots.txt (RFC 9309 2.2): groups, their user-agent values, and every other record with its line.

    group  = 1*(user-agent line / other record) 1*rule *(rule / other record)
    rule   = ("allow" / "disallow") ":" [path-pattern]
    record = name ":" value ["#" comment]

strategy: one compiled pass cuts the text at its user-agent lines; what stands between two of them is only looked into
when somebody asks. A group ends at the user-agent line after a rule: blank lines and records that RFC 9309 does not
know never end one (2.2.4). Misspelt names, and a blank for the colon, are read as google/robotstxt and Protego do.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple, Self

MAX_BYTES = 512 * 1024  # RFC 9309 2.5 asks for 500 KiB at least; what lies behind is not read

_BLANK = r" \t\x1f\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INVISIBLE = ("\ufeff", "\u200b")  # a BOM stands wherever two files were joined, not at the start alone
_OTHER_ENDS = "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # what str.splitlines, and so Protego, ends a line at beside "\n"
_COLON = rf"(?::|[{_BLANK}]++:?|(?=[\n#]|\Z))"
_DISALLOW = "disallow|dissallow|dissalow|disalow|diasllow|disallaw"  # as google/robotstxt; there is no list for allow
_split_at_agents = re.compile(rf"(?ai)\n[{_BLANK}]*+user(?:-|[{_BLANK}]+)?agent{_COLON}([^\n#]*)").split
_find_rule = re.compile(rf"(?ai)\n[{_BLANK}]*+(?:allow|{_DISALLOW}){_COLON}").search
_find_refusals = re.compile(rf"(?ai)\n[{_BLANK}]*+(?:{_DISALLOW}){_COLON}([^\n#]*)").findall
_find_rules = re.compile(rf"(?ai)\n[{_BLANK}]*+(?:allow|({_DISALLOW})){_COLON}([^\n#]*)").findall
_drop_others = partial(re.compile(rf"(?ai)\n(?![{_BLANK}]*+(?:allow|{_DISALLOW}){_COLON})[^\n]+").sub, "\n")
_match_rule = re.compile(rf"(?ai)(?:allow|({_DISALLOW})){_COLON}([^#]*)").match
_match_record = re.compile(rf"([A-Za-z][\w.-]*(?:[{_BLANK}]+[\w.-]+)?)[{_BLANK}]*:(?!//)([^#]*)").match
_match_words = re.compile(rf"([A-Za-z][\w-]*)[{_BLANK}]+([^#]*)").match
_cut_to_token = partial(re.compile(r"(?s)[^a-z_-].*").sub, "")  # RFC 9309 2.2.1: product-token
_USUAL = ("\nDisallow:", "\nAllow:")
_USUAL_NAMES = {written: name for name in ("allow", "disallow") for written in (name, name.capitalize(), name.upper())}
_new = tuple.__new__  # half the time of a NamedTuple's own, where every line passes
_each_escaped = partial(re.compile("[\udc80-\udcff]+").sub, lambda found: _latin(found[0]))


class Record(NamedTuple):
    """
    One line of a group that is no user-agent line. `line` counts from 1.

    `name` is lower-case, `disallow` for its misspellings too; `value` has no comment and no outer blanks; `words` are
    the whole line as written. `colon` is False where a record other than allow and disallow has a blank in its place.
    """

    line: int
    name: str
    value: str
    words: str
    colon: bool = True

    @classmethod
    def usual(cls, line: int, name: str, value: str, words: str) -> Self:
        """A line with its colon."""
        return _new(cls, (line, name, value, words, True))


class Agent(NamedTuple):
    """The value of a user-agent line, without comment and outer blanks, and its line."""

    line: int
    value: str


class Part(NamedTuple):
    """A user-agent line with its number and value, and the text up to the next one: its own rest, then whole lines."""

    line: int
    value: str
    text: str

    @classmethod
    def each(cls, pieces: list[str]) -> tuple[Self, ...]:
        """The parts of a text that was cut at such lines: before the first, then the value and the text of each."""
        line, parts = pieces[0].count("\n"), []
        for value, text in zip(pieces[1::2], pieces[2::2], strict=True):
            line += 1
            parts.append(_new(cls, (line, value.strip(), text)))
            line += text.count("\n")
        return tuple(parts)


class Group:
    """One group, or several that were merged for one token: user-agent lines, and the records between and after."""

    __slots__ = ("_others", "_rules", "parts")

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = tuple(parts)
        self._rules: tuple[Record, ...] | None = None

    @property
    def text(self) -> str:
        """All that stands between and after its user-agent lines: equal for groups that say the same."""
        parts = self.parts
        return parts[0].text if len(parts) == 1 else "".join([part.text for part in parts])

    @property
    def agents(self) -> tuple[Agent, ...]:
        """The user-agent lines, top to bottom. A value may be empty, or a list that its author put on one line."""
        return tuple(Agent(part.line, part.value) for part in self.parts)

    @property
    def rules(self) -> tuple[Record, ...]:
        """The allow and disallow lines, top to bottom."""
        return self._rules if self._rules is not None else self._read()

    @property
    def others(self) -> tuple[Record, ...]:
        """All records but allow and disallow: Content-Signal, Content-Usage, License, Sitemap, …"""
        if self._rules is None:
            self._read()
        return self._others

    @property
    def records(self) -> tuple[Record, ...]:
        """Every record, top to bottom."""
        return tuple(sorted((*self.rules, *self.others)))

    def _read(self) -> tuple[Record, ...]:
        rules: list[Record] = []
        others: list[Record] = []
        for part in self.parts:
            _read_lines(part.text, part.line, rules, others)
        self._others = tuple(others)
        self._rules = tuple(rules)
        return self._rules


class RobotsTxt:
    """A robots.txt that was read. `outside` holds what stands before the first user-agent line."""

    __slots__ = ("_chosen", "_head", "_lower", "_outside", "_parts", "groups", "text", "utf8")

    def __init__(self, text: str, *, utf8: bool = True) -> None:
        self.text = text
        self.utf8 = utf8
        self._head, self._parts = _cut(text)
        self.groups = _assemble(self._parts, holds_rule)
        self._chosen: dict[tuple[str, frozenset[str]], Group | None] = {}
        self._lower: str | None = None
        self._outside: tuple[Record, ...] | None = None

    @property
    def outside(self) -> tuple[Record, ...]:
        """Records before any group: RFC 9309 gives them to nobody (2.2.2)."""
        if self._outside is None:
            records: list[Record] = []
            if self._head:
                _read_lines(self._head, 0, records, records)
            self._outside = tuple(records)
        return self._outside

    @property
    def lower(self) -> str:
        """The text in lower case, in which quick looks are taken; it has the same lines."""
        if self._lower is None:
            self._lower = self.text.lower()
        return self._lower

    def mentions(self, word: str) -> bool:
        """True if the lower-case `word` occurs anywhere: a quick "is there anything for me in this file?"."""
        return word in (self._lower or self.lower)

    def begins(self, name: str) -> bool:
        """True if a line may begin with the lower-case `name`: a second look, before lines are read for its records."""
        return re.search(rf"\n[^\S\n]*+{name}", "\n" + self.lower) is not None

    @property
    def agents(self) -> str:
        """The values of all user-agent lines in lower case, a line each."""
        return "\n".join([part.value for part in self._parts]).lower()

    def named(self, token: str) -> bool:
        """True if a group names `token` itself (RFC 9309 2.2.1); the `*` of everyone is no name."""
        return self.mentions(token.lower()) and any(names(part.value, token) for part in self._parts)

    def group_for(self, token: str, closing: frozenset[str] = frozenset()) -> Group | None:
        """
        The groups that name `token`, merged; if there are none, those for everyone, merged; or None (RFC 9309 2.2.1).

        `closing` are names of records (lower case) that shall end a group as a rule does: AIPREF calls its own line a
        rule. Access is never decided that way.
        """
        key = (token, closing)
        if key not in self._chosen:
            groups = self.groups
            if closing:
                groups = _assemble(self._parts, lambda text: _holds(text, closing))
            if self.named(token):
                found = [group for group in groups for part in group.parts if names(part.value, token)]
            else:
                found = [g for g in groups for part in g.parts if part.value[:1] == "*" and is_everyone(part.value)]
            chosen = list(dict.fromkeys(found))
            whole = chosen[0] if len(chosen) == 1 else Group(part for group in chosen for part in group.parts)
            self._chosen[key] = whole if chosen else None
        return self._chosen[key]


def parse(body: bytes, *, complete: bool = True) -> RobotsTxt:
    """
    Reads a robots.txt, at most `MAX_BYTES` of it. Nothing in `body` raises.

    A body that is longer, or by `complete=False` was cut on its way, loses its last, broken line (RFC 9309 2.5).
    """
    if len(body) > MAX_BYTES:
        body, complete = body[:MAX_BYTES], False
    if not complete:
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    utf8 = True
    try:
        text = body.decode()
    except UnicodeDecodeError:
        utf8 = False
        text = _decode_other(body)
    if not text.isascii():
        for mark in _INVISIBLE:
            text = text.replace(mark, "")
    usual = not any(map(text.__contains__, _OTHER_ENDS))
    return RobotsTxt(text.removesuffix("\n") if usual else "\n".join(text.splitlines()), utf8=utf8)


def differ_in_tags(body: bytes, other: bytes) -> bool:
    """
    True only if all lines that are not alike begin with a tag, as those of a page do: no record begins so.

    Whoever read one of the two need not read the other.
    """
    lines, others = body.removeprefix(BOM_UTF8).split(b"\n"), other.split(b"\n")
    if len(body) > MAX_BYTES or len(lines) != len(others) or not _is_utf8(body):
        return False
    return all(_is_tag(line) and _is_tag(its) for line, its in zip(lines, others, strict=True) if line != its)


def refused_values(text: str) -> list[str]:
    """The values of the disallow lines in the text of a part, in one pass. Blanks around them are left on."""
    return _find_refusals(text)


def access_values(text: str) -> list[tuple[str, str]]:
    """
    The allow and disallow lines in the text of a part, in one pass: for each a name (empty for allow) and the value.

    Blanks around the value are left on it.
    """
    return _find_rules(text)


def access_lines(text: str) -> str:
    """The text of a part with every line emptied that is neither allow nor disallow: the others keep their number."""
    return _drop_others(text)


def read_rule(words: str) -> tuple[str, str]:
    """Name (`allow`, `disallow`) and value of the whole line `words`, which is an allow or a disallow line."""
    head, colon, value = words.partition(":")
    name = _USUAL_NAMES.get(head)
    if name and colon:
        return name, value.partition("#")[0].strip()
    found = _match_rule(words)
    if not found:
        return "allow", ""
    return "disallow" if found[1] else "allow", found[2].strip()


def names(value: str, token: str) -> bool:
    """
    True if the user-agent value names `token`: as a whole, or once cut where a product token ends.

    Files write `Bot/2.0`; an operator's own token may hold digits, against RFC 9309 2.2.1.
    """
    value, token = value.lower(), token.lower()
    if not token or token == "*" or not value.startswith(token):
        return False
    rest = value[len(token) :]
    return not rest or _cut_to_token(value) == token or not (rest[0].isalnum() or rest[0] in "-_")


def is_everyone(value: str) -> bool:
    """True for `*`, and for `*` with a blank and any text behind it, as google/robotstxt has it."""
    return value == "*" or (value[:1] == "*" and value[1].isspace())


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_tag(line: bytes) -> bool:
    return line.lstrip(b" \t").startswith(b"<") and len(line.decode().splitlines()) == 1


def _decode_other(body: bytes) -> str:
    # The marks alone prove nothing: in robots.txt, nearly all ASCII, half the octets of UTF-16 are zero.
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) and body.count(0) * 4 > len(body):
        return body.decode("utf-16", "replace")
    # Single bytes that are no UTF-8 are nearly always Latin-1; valid sequences around them keep their meaning.
    return _each_escaped(body.decode("utf-8", "surrogateescape"))


def _latin(escaped: str) -> str:
    return escaped.encode("ascii", "surrogateescape").decode("latin-1")


def _cut(text: str) -> tuple[str, tuple[Part, ...]]:
    pieces = _split_at_agents("\n" + text)
    return pieces[0], Part.each(pieces)


def _assemble(parts: tuple[Part, ...], closes: Callable[[str], bool]) -> tuple[Group, ...]:
    groups: list[Group] = []
    current: list[Part] = []
    for part in parts:
        current.append(part)
        if closes(part.text):
            groups.append(Group(current))
            current = []
    if current:
        groups.append(Group(current))
    return tuple(groups)


def holds_rule(text: str) -> bool:
    """True if an allow or disallow line stands in the text of a part."""
    return text.startswith(_USUAL) or (len(text) > 1 and _find_rule(text) is not None)


def _holds(text: str, names: frozenset[str]) -> bool:
    rules: list[Record] = []
    others: list[Record] = []
    _read_lines(text, 0, rules, others)
    return bool(rules) or any(record.name in names for record in others)


def _read_lines(text: str, line: int, rules: list[Record], others: list[Record]) -> None:
    """Reads the whole lines of `text`, which begins inside line number `line`."""
    usual = Record.usual
    for raw in text.split("\n")[1:]:
        line += 1
        words = raw.strip()
        if not words or words[0] == "#":
            continue
        head, colon, value = words.partition(":")
        name = _USUAL_NAMES.get(head)
        if name and colon:
            if "#" in value:
                value = value.partition("#")[0]
            rules.append(usual(line, name, value.strip(), words))
        elif _match_rule(words):
            rules.append(Record(line, *read_rule(words), words))
        else:
            record = _read_other(line, words)
            if record:
                others.append(record)


def _read_other(line: int, words: str) -> Record | None:
    colon = True
    found = _match_record(words)
    if not found:
        found = _match_words(words)
        colon = False
    return Record(line, found[1].lower(), found[2].strip(), words, colon) if found else None
