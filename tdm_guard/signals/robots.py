"""
robots.txt, access: what RFC 9309 refuses our agent.

strategy: a refusal is about fetching, so it covers every usage; the absence of one permits nothing. Who is refused is
read with our own grouping, whether a path is refused is Protego's word (see `formats.site.access_rules`).
"""

from __future__ import annotations

import re

from tdm_guard.formats.http import message_body
from tdm_guard.formats.site import robots_txt
from tdm_guard.formats.site.access_rules import AccessRules, Refusal
from tdm_guard.formats.site.path_pattern import TooMuchWork
from tdm_guard.formats.site.robots_txt import RobotsTxt
from tdm_guard.model import NOTHING, Fault, Fetched, Kind, Reading, Result, Source, Stance, Statement
from tdm_guard.signals.shape import GONE, Document, DocumentReading, Listener, QuietSite, Signal, Site, WideSite
from tdm_guard.signals.shared.too_much import too_much
from tdm_guard.usage import EVERY, Usage

NAME = "robots"
TOO_MANY_REDIRECTS = "too many redirects"  # the `error` of an answer that took more hops than RFC 9309 2.3.1.2 asks for

_begins_like_html = re.compile(rb"(?i)[\xef\xbb\xbf\s]*<(?:!doctype|html|head|body|script|!--|\?xml)").match
_seconds = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII).fullmatch
_ENDS = frozenset({"crawl-delay"})
_SOLD = 402  # what was not given was not read
_ASKS_LATER = 429  # RFC 6585 4


class _Access(WideSite, QuietSite):
    """What the group of our agent says of each path; of many pages in turn it is the same line."""

    __slots__ = ("_last", "_rules", "_source")

    @property
    def everywhere(self) -> tuple[Usage, ...]:
        """A file that refuses our agent every path leaves nothing for others to reserve."""
        return EVERY if self._rules.refuses_all else ()

    def __init__(self, rules: AccessRules, source: Source) -> None:
        self._rules = rules
        self._source = source
        self._last: tuple[int, Reading] | None = None  # by its line, of which the words may be long

    def is_silent(self, target: str) -> bool:
        try:
            return not self._rules.may_refuse(target)
        except TooMuchWork:
            return False

    def says(self, target: str) -> Reading:
        try:
            refusal = self._rules.refusal(target)
        except TooMuchWork as bound:
            return too_much(self._source, NAME, EVERY, bound, kind=Kind.ACCESS)
        if refusal is None:
            return NOTHING
        last = self._last
        if last is None or last[0] != refusal.line:
            self._last = last = (refusal.line, Reading((self._statement(refusal),)))
        return last[1]

    def _statement(self, refusal: Refusal) -> Statement:
        return Statement.at(
            self._source,
            kind=Kind.ACCESS,
            signal=NAME,
            usages=EVERY,
            stance=Stance.RESERVED,
            locator=f"line {refusal.line}",
            excerpt=refusal.words,
        )


def read_robots(robots: RobotsTxt, source: Source, listener: Listener) -> Site | None:
    """What the group that speaks to our agent refuses; None if it refuses nothing (RFC 9309 2.2.1, 2.2.2)."""
    group = robots.group_for(listener.agent)
    if group is None:
        return None
    rules = AccessRules(group.parts, utf8=robots.utf8)
    return _Access(rules, source) if rules else None


def read_answer(fetched: Fetched, source: Source, listener: Listener) -> DocumentReading:
    """
    What the answer to a request for robots.txt means (RFC 9309 2.3.1); a readable one is still to be parsed.

    Unreachable holds every URL back. Three readings differ by posture: 402 and 429 are a 4xx like any other to the
    letter, and too many redirects MAY count as unavailable; the cautious posture takes all three as unreachable.
    """
    status = fetched.status
    if fetched.error is not None:
        if fetched.error == TOO_MANY_REDIRECTS and not listener.cautious:
            return DocumentReading(result=Result.ABSENT, faults=(_fault(source, fetched.error),))
        return _unreachable(fetched.error, source)
    if status is None:
        return _unreachable("no answer", source)
    if 200 <= status < 300:
        return DocumentReading(result=Result.READ, faults=_faults(fetched, source))
    if 400 <= status < 500 and not (status in (_ASKS_LATER, _SOLD) and listener.cautious):
        return DocumentReading(result=Result.ABSENT)
    return _unreachable(str(status), source)


def crawl_delay(fetched: Fetched, agent: str) -> float:
    """
    Seconds that the group of our agent asks for between two requests; 0 for none.

    No standard has it, many files do; of several the longest counts.
    """
    plain = message_body.document(fetched, DOCUMENT.max_bytes).fetched
    if plain.error or not 200 <= (plain.status or 0) < 300 or b"elay" not in plain.body:
        return 0.0
    group = robots_txt.parse(plain.body, complete=plain.complete).group_for(agent, _ENDS)
    said = () if group is None else [each.value for each in group.others if each.name.lower() == "crawl-delay"]
    return max((float(value) for value in said if _seconds(value)), default=0.0)


def _unreachable(why: str, source: Source) -> DocumentReading:
    """RFC 9309 2.3.1.4: complete disallow is to be assumed. That is no word of the site, so it stays undetermined."""
    hold = Statement.at(source, kind=Kind.ACCESS, signal=NAME, usages=EVERY, stance=Stance.UNDETERMINED, excerpt=why)
    return DocumentReading(result=Result.UNREACHABLE, hold=(hold,))


def _faults(fetched: Fetched, source: Source) -> tuple[Fault, ...]:
    body = fetched.body
    faults = []
    if not fetched.complete or len(body) > robots_txt.MAX_BYTES:
        faults.append(_fault(source, f"longer than was read ({min(len(body), robots_txt.MAX_BYTES)} bytes)"))
    if _begins_like_html(body[:1024]):
        words = body[:100].decode("utf-8", "replace")
        faults.append(_fault(source, "an HTML page in place of robots.txt (soft 404)", words))
    elif not body.isascii() and not _is_utf8(body[: robots_txt.MAX_BYTES]):
        faults.append(_fault(source, "not UTF-8 (RFC 9309 2.2): read as Latin-1 where it is not"))
    return tuple(faults)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.end >= len(body) and error.reason == "unexpected end of data"  # cut in a character
    return True


def _fault(source: Source, message: str, words: str | None = None) -> Fault:
    return Fault.at(source, message, signal=NAME, excerpt=words)


DOCUMENT = Document(
    path="/robots.txt",
    max_bytes=robots_txt.MAX_BYTES,
    read=read_answer,
    signal=NAME,
    carrier="robots.txt",
    kind=Kind.ACCESS,
    own_hold=True,
    copy_stands=True,  # RFC 9309 2.3.1.4
    gone=GONE,
)

SIGNAL = Signal(
    name=NAME,
    title="Robots Exclusion Protocol",
    spec="RFC 9309, September 2022, https://www.rfc-editor.org/rfc/rfc9309",
    usages=EVERY,
    read_robots=read_robots,
)
