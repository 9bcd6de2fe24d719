"""
Record shapes of the compliance log, and their one spelling as JSON lines.

strategy: every record is one line of compact JSON in UTF-8, members in a fixed order. All but the run record end with
`prev` and `hash`: `hash` is the SHA-256 of the same line without its last member, `prev` the hash of the run's record
before it (of the run record's whole line for the first). So the bytes in the file are all that a third party needs for
checking.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from json import JSONEncoder
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from tdm_guard._version import __version__
from tdm_guard.decision import Checked, Decision, LogEntry, Outcome
from tdm_guard.model import Posture
from tdm_guard.plain import in_json, timestamp
from tdm_guard.repertoire.loaded import Loaded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tdm_guard.usage import Usage

VERSION = 1
CHAIN = "records"  # what the run record calls a chain of all records; older logs chained decisions only
TOOL = f"tdm_guard/{__version__}"
MAX_KEPT_TEXTS = 512  # spellings kept: the origins a crawl works on at one time, and their kinds of answers
MAX_KEPT_TEXT = 4096  # characters; longer ones are spelt anew, so that 512 of them stay within 2 MiB

_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_SEALED = 75  # bytes of the last member and the closing brace
_HASH_MEMBER = re.compile(rb',"hash":"([0-9a-f]{64})"\}\Z')


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """What a run was told to do: the part of the log that is the same for all its decisions."""

    usages: tuple[Usage, ...]
    agent: str
    posture: Posture
    mode: str
    operator: Mapping[str, Any] | None = None
    signals: tuple[str, ...] = ()
    config_sha256: str | None = None
    repertoire: tuple[Loaded, ...] = ()
    excluded_sites: tuple[Loaded, ...] = ()


class Speller:
    """
    Writes the decisions of a run as lines.

    It remembers how the middle of a line is spelt that rests on silence: the pages of one origin have it in common.
    With `compact` that middle is written once, as a record of its own that decisions refer to by its hash.
    """

    __slots__ = ("_common", "_compact", "_head", "_middles", "_run", "_second")

    def __init__(self, run: str, *, compact: bool = False) -> None:
        self._run = run
        self._compact = compact
        self._common: dict[str, str] = {}  # hash of the record that has a middle, by that middle
        self._head = f'{{"type":"decision","v":{VERSION},"run":"{run}","seq":'
        self._second: tuple[datetime, str] = (datetime.min.replace(tzinfo=UTC), "")
        self._middles: dict[tuple[object, ...], tuple[str, Outcome, tuple[Checked, ...]]] = {}

    def decision(self, decision: Decision, *, seq: int, prev: str) -> tuple[bytes, LogEntry]:
        """The line of a decision, newline included, and its entry in the chain; before it that of its common record."""
        exchange = decision.exchange
        ident = decision_id(self._run, seq)
        url = encode_basestring(decision.url)
        same = exchange.final_url == decision.url
        ts, size, digest = self._time(decision.ts), exchange.bytes, exchange.content_sha256
        middle, is_common = self._middle(decision)
        works = "" if exchange.repertoire is None else f'"repertoire":{encode_basestring(exchange.repertoire)},'
        before = b""
        if is_common and self._compact:
            known = self._common.get(middle)
            if known is None:
                before, known = self._state_common(middle, ts=ts, prev=prev)
                prev = known
            final = "" if same else f'"final_url":{encode_basestring(exchange.final_url)},'
            hops = f'"hops":{_encode(exchange.hops)},' if exchange.hops else ""
            head, between, middle = f'"ts":"{ts}","url":{url},{final}', hops, f'"common":"{known}"'
        else:
            final = url if same else encode_basestring(exchange.final_url)
            head = f'"id":"{ident}","ts":"{ts}","url":{url},"final_url":{final},'
            between = f'"hops":{_encode(exchange.hops) if exchange.hops else "[]"},'
        text = (
            f'{self._head}{seq},{head}{middle},"bytes":{"null" if size is None else size},'
            f'"content_sha256":{"null" if digest is None else encode_basestring(digest)},'
            f'"cached":{"true" if exchange.cached else "false"},{between}{works}"prev":"{prev}"}}'
        )
        line, seal = _sealed(_octets(text))
        return before + line, LogEntry(run=self._run, seq=seq, id=ident, prev=prev, hash=seal)

    def start_file(self) -> None:
        """A new file must be readable by itself: what was written once is written again."""
        self._common.clear()

    def _state_common(self, middle: str, *, ts: str, prev: str) -> tuple[bytes, str]:
        head = f'{{"type":"common","v":{VERSION},"run":"{self._run}","ts":"{ts}"'
        text = f'{head},"members":{{{middle}}},"prev":"{prev}"}}'
        line, seal = _sealed(_octets(text))
        if len(self._common) >= MAX_KEPT_TEXTS:
            self._common.clear()
        self._common[middle] = seal
        return line, seal

    def _time(self, moment: datetime) -> str:
        """The same as `timestamp`; times within one second differ in their fraction only."""
        second, text = self._second
        since = moment - second
        if since.days or since.seconds:
            second = moment.astimezone(UTC).replace(microsecond=0)
            text = timestamp(second)[:-7]
            self._second = (second, text)
            since = moment - second
        return f"{text}{since.microseconds:06}Z"

    def _middle(self, decision: Decision) -> tuple[str, bool]:
        """The members from `origin` to `media_type`, and whether other decisions are likely to have them too."""
        exchange, outcome, checked = decision.exchange, decision.outcome, decision.checked
        if outcome.because or decision.faults or outcome.said:
            return _spell_middle(decision), False
        # What has an `id` here is held beside the text, so that its identity cannot pass to another one.
        key = (
            id(outcome),
            id(checked),
            exchange.origin,
            decision.stage,
            exchange.status,
            exchange.content,
            exchange.authenticated,
            exchange.media_type,
        )
        kept = self._middles.get(key)
        if kept is not None:
            return kept[0], True
        text = _spell_middle(decision)
        if len(text) > MAX_KEPT_TEXT:
            return text, False
        if len(self._middles) >= MAX_KEPT_TEXTS:
            self._middles.clear()
        self._middles[key] = (text, outcome, checked)
        return text, True


def _spell_middle(decision: Decision) -> str:
    exchange, outcome = decision.exchange, decision.outcome
    members = {
        "origin": exchange.origin,
        "verdict": outcome.verdict,
        "admitted": outcome.admits,
        "enforced": outcome.enforced,
        "stage": decision.stage,
        "usages": outcome.usages,
        "because": [item.to_dict() for item in outcome.because],
        **outcome.besides(),
        **outcome.exempted(),
        "faults": [item.to_dict() for item in decision.faults],
        "checked": [item.to_dict() for item in decision.checked],
        "authorisations": outcome.authorisations,
        "status": exchange.status,
        "content": exchange.content,
        "authenticated": exchange.authenticated,
        "media_type": exchange.media_type,
    }
    return _encode(members)[1:-1]


def run_line(info: RunInfo, *, run: str, now: datetime) -> bytes:
    """The first line of a run."""
    return line_of({"type": "run", "v": VERSION, "run": run, **described(info, now=now)})


def described(info: RunInfo, *, now: datetime) -> dict[str, Any]:
    """What the run record says, without type, version and name of the run."""
    members = {item.name: in_json(getattr(info, item.name)) for item in fields(info)}
    return {"ts": timestamp(now), "tool": TOOL, **members, "chain": CHAIN}


def part_line(of: Mapping[str, Any], *, run: str, part: int, now: datetime, prev: str) -> tuple[bytes, str]:
    """The first line of the run's next file, which says again what the run record says, and its hash."""
    head = {"type": "part", "v": VERSION, "run": run, "ts": timestamp(now), "part": part, "of": of}
    return sealed_line(head, prev=prev)


def body_line(
    *, run: str, decision: str, now: datetime, size: int, content_sha256: str | None, complete: bool, prev: str
) -> tuple[bytes, str]:
    """The line of a body that was streamed on after its decision, and its hash; `size` in bytes as received."""
    record = {
        "type": "body",
        "v": VERSION,
        "run": run,
        "decision": decision,
        "ts": timestamp(now),
        "bytes": size,
        "content_sha256": content_sha256,
        "complete": complete,
    }
    return sealed_line(record, prev=prev)


def end_line(*, run: str, now: datetime, totals: Mapping[str, int], prev: str, **said: Any) -> tuple[bytes, str]:
    """The last line of a run that came to its end, and its hash: decisions by verdict, and what else is `said`."""
    record = {"type": "end", "v": VERSION, "run": run, "ts": timestamp(now), "totals": dict(totals), **said}
    return sealed_line(record, prev=prev)


def sealed_line(record: Mapping[str, Any], *, prev: str) -> tuple[bytes, str]:
    """The line of a record that follows the one with the hash `prev`, and its own hash."""
    return _sealed(_octets(_encode({**record, "prev": prev})))


def _sealed(unsealed: bytes) -> tuple[bytes, str]:
    seal = hashlib.sha256(unsealed).hexdigest()
    return b'%b,"hash":"%b"}\n' % (unsealed[:-1], seal.encode()), seal


def line_of(record: Mapping[str, Any]) -> bytes:
    """A record in its one spelling: compact JSON, UTF-8, newline. Lone surrogates stay escaped."""
    return _octets(_encode(record)) + b"\n"


def digest_of(line: bytes) -> str:
    """SHA-256 of a whole line without its newline: what the first decision of a run names as `prev`."""
    return hashlib.sha256(line.rstrip(b"\n")).hexdigest()


def unseal(line: bytes) -> tuple[str, str] | None:
    """The hash that a line states, and the one its bytes have; None if it does not end with one."""
    line = line.rstrip(b"\r\n")
    found = _HASH_MEMBER.match(line, max(len(line) - _SEALED, 0))
    if found is None:
        return None
    return found[1].decode(), hashlib.sha256(line[: found.start()] + b"}").hexdigest()


def new_run_id(now: datetime) -> str:
    """A name for a run: sorts by time, fits in a file name, and no other run has it."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(6)}"


def decision_id(run: str, seq: int) -> str:
    """The name of a decision, over all logs."""
    return f"{run}-{seq}"


def _octets(text: str) -> bytes:
    # In JSON the escape that Python writes for a lone surrogate is the character itself: nothing is lost.
    return text.encode("utf-8", "backslashreplace")
