"""
AIPREF: the Content-Usage response field, and the Content-Usage rule of robots.txt.

    rule = "Content-Usage" ":" [ path 1*WS ] statement                          (attach-05, 3)

strategy: a statement is read by `aipref_words`, rules are weighed by `aipref_rules`; here is who they speak to. To
the letter the rule ends a group as Allow does (attach-05, 3), and a path that may not be crawled has no preference
(3.1). The cautious posture hears the refusals of the whole RFC 9309 group, and of lines before any group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdm_guard.formats.site.access_rules import AccessRules
from tdm_guard.formats.site.path_pattern import TooMuchWork
from tdm_guard.formats.site.path_records import PathTable, split_path
from tdm_guard.model import NOTHING, Headers, Reading, Source
from tdm_guard.plain import bounded
from tdm_guard.signals.aipref.aipref_rules import GROUPING, NAME, NO_GROUP, UsageRule, weigh
from tdm_guard.signals.aipref.aipref_words import UNPARSED, Preferences, read_broken, read_lines, read_preferences
from tdm_guard.signals.shape import Listener, Signal, Site
from tdm_guard.signals.shared.meta_names import named_so, with_those_left_out
from tdm_guard.signals.shared.repairs import join
from tdm_guard.signals.shared.too_much import too_much
from tdm_guard.usage import TDM, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tdm_guard.formats.page.html import Page
    from tdm_guard.formats.site.robots_txt import Group, Record, RobotsTxt

FIELD = "content-usage"
META = "aipref-meta"
_NAMES = frozenset({FIELD})
_CLOSING = frozenset({FIELD})
_ACCESS = "robots"  # who does not listen to this signal may crawl every path


class _Preferences:
    """The Content-Usage rules of a robots.txt, by path."""

    __slots__ = ("_access", "_cautious", "_constant", "_rules", "_source")

    def __init__(
        self, rules: PathTable[UsageRule], access: AccessRules | None, source: Source, *, cautious: bool
    ) -> None:
        self._rules = None if rules.everywhere_only else rules
        self._access = access
        self._source = source
        self._cautious = cautious
        self._constant = NOTHING if self._rules else weigh(rules.matching("/"), source, cautious=cautious)

    def says(self, target: str) -> Reading:
        try:
            matching = self._rules.matching(target) if self._rules is not None else None
            if matching == () or (self._access is not None and self._access.refusal(target) is not None):
                return NOTHING
        except TooMuchWork as bound:
            return too_much(self._source, NAME, TDM, bound)
        if matching is None:
            return self._constant
        return weigh(matching, self._source, cautious=self._cautious)


def read_robots(robots: RobotsTxt, source: Source, listener: Listener) -> Site | None:
    """The Content-Usage rules that speak to our agent; None if there are none."""
    if not robots.mentions(FIELD):
        return None
    group = robots.group_for(listener.agent)
    reader = _LineReader(cautious=listener.cautious)
    rules = PathTable(reader.distinct(robots, group, listener.agent), utf8=robots.utf8)
    if not rules:
        return None
    access = None
    if group is not None and _ACCESS in listener.signals:
        access = AccessRules(group.parts, utf8=robots.utf8)
    return _Preferences(rules, access or None, source, cautious=listener.cautious)


class _LineReader:
    """Reads the lines of one file; a statement that many lines repeat is read once."""

    def __init__(self, *, cautious: bool) -> None:
        self._cautious = cautious
        self._known: dict[str, Preferences] = {}

    def distinct(self, robots: RobotsTxt, group: Group | None, agent: str) -> Iterator[tuple[str | None, UsageRule]]:
        """The same, without lines that say again of the same path what another one said."""
        seen = set()
        for path, rule in self.rules(robots, group, agent):
            key = (path, rule.said, rule.beyond)
            if key not in seen:
                seen.add(key)
                yield path, rule

    def rules(self, robots: RobotsTxt, group: Group | None, agent: str) -> Iterator[tuple[str | None, UsageRule]]:
        """Path and rule of each Content-Usage line that speaks to `agent`, to the letter or beyond it."""
        closed = robots.group_for(agent, _CLOSING)
        to_the_letter = {record.line for record in closed.others} if closed else set()
        for record in robots.outside:
            if record.name == FIELD:
                yield self._rule(record, NO_GROUP)
        for record in group.others if group else ():
            if record.name == FIELD:
                yield self._rule(record, None if record.line in to_the_letter else GROUPING)

    def _rule(self, record: Record, beyond: str | None) -> tuple[str | None, UsageRule]:
        path, text = split_path(record.value)
        starred = path is not None and path.startswith("*")
        if starred or not record.colon:
            beyond = beyond or UNPARSED
            problem = "a path that does not begin with a slash" if starred else "a blank in place of the colon"
            said = read_broken(text, problem)
        else:
            said = self._statement(text)
            if path and said.empty:
                said = said._replace(problems=("a path without a statement",))
        return path, UsageRule(f"line {record.line}", bounded(record.words) or "", said, beyond=beyond)

    def _statement(self, text: str) -> Preferences:
        said = self._known.get(text)
        if said is None:
            said = self._known[text] = read_preferences(text, cautious=self._cautious)
        return said


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    """The Content-Usage field: its lines are one Dictionary (RFC 9651 4.2)."""
    lines = [value for name, value in headers if name.lower() == FIELD]
    if not lines:
        return NOTHING
    said = read_lines(lines, cautious=listener.cautious)
    return weigh(((0, UsageRule(f"#{FIELD}", ", ".join(lines), said)),), source, cautious=listener.cautious)


def read_html(page: Page, source: Source, listener: Listener) -> Reading:
    """Meta tags named as the field is: attach-05 does not know them, so that only what they refuse is heard."""
    rules = []
    metas, left = named_so(page, _NAMES)
    for meta in metas:
        said = read_preferences(meta.content, cautious=True)
        refusals = tuple(r._replace(repair=join(META, meta.repair, r.repair)) for r in said.refusals)
        problems = (*said.problems, "a meta tag, where a response field or a line of robots.txt is meant")
        said = Preferences(refusals, problems=problems)
        rules.append((0, UsageRule(meta.locator, meta.words, said)))
    if not rules:
        return NOTHING
    reading = weigh(tuple(rules), source, cautious=listener.cautious)
    return with_those_left_out(reading, left, source, NAME, SIGNAL.usages)


SIGNAL = Signal(
    name=NAME,
    title="AIPREF: Content-Usage",
    spec="draft-ietf-aipref-vocab-08, 2026-09-14, and draft-ietf-aipref-attach-05, 2026-08-19",
    usages=(*TDM, Usage.SEARCH),
    read_robots=read_robots,
    headers=frozenset({FIELD}),
    html_words=(FIELD, "content_usage"),
    read_headers=read_headers,
    read_html=read_html,
)
