"""
Refusals addressed to AI agents by name: evidence of a wish, if they are not addressed to us.

strategy: a Disallow for an agent that collects for training, or for a token that governs training, is read by the
cautious posture as a reservation of both trainings (code `ai-agents`); to the letter RFC 9309 binds nobody but the
agent named, so the literal posture only reports it. A site that names our own agent has spoken to us, and the rest is
silent. The words noai, noml and noimageai addressed to such an agent by a response are read alike. Lines that refuse
training by their own name (`ai_training_lines`) are for the agents of the group they stand in; those that refuse AI in
words that no standard has (`unknown_lines`) are for everyone, and so are groups for a policy token (`policy_tokens`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tdm_guard.formats.site.access_rules import AccessRules, Refusal
from tdm_guard.formats.site.path_pattern import TooMuchWork, check_work
from tdm_guard.model import NOTHING, Headers, Posture, Reading, Source, Stance, Statement
from tdm_guard.signals.ai_agents.agent_slips import read_slips
from tdm_guard.signals.ai_agents.ai_training_lines import FOR_US, read_lines
from tdm_guard.signals.ai_agents.policy_tokens import has_mark, read_tokens
from tdm_guard.signals.ai_agents.unknown_lines import read_unknown
from tdm_guard.signals.shape import Listener, QuietSite, Signal, Site
from tdm_guard.signals.shared import ai_words
from tdm_guard.signals.shared.agents import agent_list, is_list, listed, training_tokens
from tdm_guard.signals.shared.ai_words import FIELDS, AiWord, in_fields, in_page, is_image, named_metas, weigh
from tdm_guard.signals.shared.own_names import PAGE_WORDS
from tdm_guard.signals.shared.too_much import too_much
from tdm_guard.usage import TDM, TRAINING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tdm_guard.formats.page.html import Page, Tag
    from tdm_guard.formats.site.robots_txt import Group, RobotsTxt

NAME = "ai-agents"
REPAIR = "ai-agents"

_SPOKEN_TO = 9  # the rank of the statement that silences the others
_MAX_NAMED = 8  # tokens shown in one excerpt: more prove nothing more


class _Refusals(QuietSite):
    """The rules of the training agents, each set of rules once, with the agents it is for; and what was said last."""

    __slots__ = ("_cautious", "_last", "_sets", "_source")

    def __init__(self, sets: tuple[tuple[str, AccessRules], ...], source: Source, *, cautious: bool) -> None:
        self._sets = sets
        self._source = source
        self._cautious = cautious
        self._last: tuple[str, int, Reading] | None = None  # by its line, of which the words may be long

    def is_silent(self, target: str) -> bool:
        try:
            check_work(sum([rules.wildcards for _, rules in self._sets]), target)
            return not any(rules.may_refuse(target) for _, rules in self._sets)
        except TooMuchWork:
            return False

    def says(self, target: str) -> Reading:
        try:
            check_work(sum([rules.wildcards for _, rules in self._sets]), target)
            for agents, rules in self._sets:
                refusal = rules.refusal(target)
                if refusal is not None:
                    return self._reading(agents, refusal)
        except TooMuchWork as bound:
            return too_much(self._source, NAME, TRAINING, bound)
        return NOTHING

    def _reading(self, agents: str, refusal: Refusal) -> Reading:
        last = self._last
        if last is None or last[1] != refusal.line or last[0] != agents:
            self._last = last = (agents, refusal.line, Reading((self._statement(agents, refusal),)))
        return last[2]

    def _statement(self, agents: str, refusal: Refusal) -> Statement:
        return Statement.at(
            self._source,
            signal=NAME,
            usages=TRAINING,
            stance=Stance.RESERVED if self._cautious else Stance.UNSTATED,
            locator=f"line {refusal.line}",
            excerpt=f"User-agent: {agents} … {refusal.words}",
            repair=REPAIR if self._cautious else None,
        )


class _Several:
    """Several sites heard as one."""

    __slots__ = ("_sites",)

    def __init__(self, sites: tuple[Site, ...]) -> None:
        self._sites = sites

    def says(self, target: str) -> Reading:
        said = [reading for site in self._sites if (reading := site.says(target)) is not NOTHING]
        if len(said) < 2:
            return said[0] if said else NOTHING
        found: dict[tuple[object, ...], Statement] = {}  # of those that say the same the first, whoever is named
        for reading in said:
            for each in reading.statements:
                found.setdefault((each.usages, each.stance, each.repair, each.doubt, each.rank), each)
        return Reading(tuple(found.values()), tuple(fault for reading in said for fault in reading.faults))


class _SpokenTo:
    """A group names our own agent: what the site says to others, here or in its responses, is not for us."""

    __slots__ = ("_reading",)

    def __init__(self, source: Source, agent: str) -> None:
        statement = Statement.at(
            source,
            signal=NAME,
            usages=TRAINING,
            stance=Stance.UNSTATED,
            excerpt=f"User-agent: {agent}",
            rank=_SPOKEN_TO,
        )
        self._reading = Reading((statement,))

    def says(self, target: str) -> Reading:
        return self._reading


def settle(statements: tuple[Statement, ...], posture: Posture) -> tuple[Statement, ...]:
    """Nothing of what is addressed to others stands where the site has spoken to us."""
    if any(statement.rank == _SPOKEN_TO for statement in statements):
        return tuple(statement for statement in statements if statement.rank == FOR_US)
    return statements


def read_robots(robots: RobotsTxt, source: Source, listener: Listener) -> Site | None:
    """What groups for training agents refuse, and lines by their own words; what groups for policy tokens say."""
    found = [
        _read_groups(robots, source, listener),
        read_lines(robots, source, listener, signal=NAME),
        read_unknown(robots, source, listener, signal=NAME),
    ]
    if listener.policy_tokens or has_mark(robots.agents):
        found += read_tokens(robots, source, listener)
    sites = tuple([site for site in found if site is not None])
    return _Several(sites) if len(sites) > 1 else sites[0] if sites else None


def _read_groups(robots: RobotsTxt, source: Source, listener: Listener) -> Site | None:
    """What groups for training agents refuse; if a group names our own agent, that they are not for us."""
    if robots.named(listener.agent):
        return _SpokenTo(source, listener.agent)
    heard = _groups_by_token(robots, listener)
    if not heard:
        return None
    policy_only = agent_list().policy_only
    by_rules: dict[tuple[str, ...], tuple[list[str], tuple[Group, ...]]] = {}
    for token, (written, groups) in heard.items():
        texts = tuple([group.text for group in groups])
        if texts in by_rules:
            tokens, _ = by_rules[texts]
        else:
            tokens = []
            by_rules[texts] = (tokens, tuple(groups))
        # A token that governs training alone is the strongest evidence, so it is named first.
        tokens.insert(0 if token in policy_only else len(tokens), written)
    sets = []
    for tokens, spoken in by_rules.values():
        rules = AccessRules([part for group in spoken for part in group.parts], utf8=robots.utf8)
        if rules:
            sets.append((", ".join(tokens[:_MAX_NAMED]), rules))
    refusals = _Refusals(tuple(sets), source, cautious=listener.cautious) if sets else None
    slips = read_slips(heard.values(), source, utf8=robots.utf8) if listener.cautious else None
    return _Several((refusals, slips)) if refusals and slips else refusals or slips


def _groups_by_token(robots: RobotsTxt, listener: Listener) -> dict[str, tuple[str, list[Group]]]:
    """Training agents by token (lower case), as written, with their groups."""
    known = training_tokens()
    own = listener.agent.lower()  # on a line with others it makes no group of ours, but it is a word to us
    heard: dict[str, tuple[str, list[Group]]] = {}
    for group in robots.groups:
        for part in group.parts:
            value = part.value
            if value.lower() in known:
                _note(heard, value, group)
            elif value != "*" and is_list(value):
                for token in listed(value):
                    if token.lower() in known or token.lower() == own:
                        _note(heard, token, group)
    return heard


def _note(heard: dict[str, tuple[str, list[Group]]], token: str, group: Group) -> None:
    _, groups = heard.setdefault(token.lower(), (token, []))
    if not groups or groups[-1] is not group:
        groups.append(group)


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    """noai, noml and noimageai of X-Robots-Tag lines that name a training agent; search controls stay what they are."""
    return _read_words(in_fields(headers), source, listener, image=is_image(headers))


def read_html(page: Page, source: Source, listener: Listener) -> Reading:
    """The same in meta tags that bear the agent's name, or name it in their content."""
    if not any(map(_may_address, page.tags)) and not any(map(_may_address, page.requoted)):
        return NOTHING
    return _read_words(in_page(named_metas(page)), source, listener, image=False)


def _may_address(tag: Tag) -> bool:
    """False for a meta tag that addresses no training agent: in its content one is named before a colon."""
    attributes = tag.attributes
    return ":" in attributes.get("content", "") or attributes.get("name", "").strip().lower() in training_tokens()


def _read_words(words: Iterable[AiWord], source: Source, listener: Listener, *, image: bool | None) -> Reading:
    known, own = training_tokens(), listener.agent.lower()
    addressed = [word for word in words if word.address in known and word.address != own]
    reading = weigh(addressed, source, signal=NAME, cautious=listener.cautious, image=image)
    if not reading.statements:
        return NOTHING
    return Reading(tuple(_as_evidence(statement, listener) for statement in reading.statements))


def _as_evidence(statement: Statement, listener: Listener) -> Statement:
    if statement.stance is not Stance.RESERVED:
        return statement
    if not listener.cautious:
        return replace(statement, stance=Stance.UNSTATED)
    return replace(statement, repair=REPAIR)


def of_pictures(statement: Statement, posture: Posture) -> Statement | None:
    """What is said of the pictures on a page; to the letter, words to other agents are not for us."""
    said = ai_words.of_pictures(statement)
    if said is None or said is statement:
        return said
    return replace(said, repair=REPAIR) if posture is Posture.CAUTIOUS else None


SIGNAL = Signal(
    name=NAME,
    title="Refusals addressed to AI agents by name",
    spec="RFC 9309 groups of the agents in data/ai_user_agents.json (its version and date are in the file)",
    usages=TDM,
    read_robots=read_robots,
    headers=FIELDS,
    html_words=PAGE_WORDS,
    read_headers=read_headers,
    read_html=read_html,
    of_pictures=of_pictures,
    settle=settle,
)
