"""
Record shapes of the compliance log, and their one spelling as JSON lines.

strategy: every record is one line of compact JSON in UTF-8, members in a fixed order. A decision ends with `prev` and
`hash`: `hash` is the SHA-256 of the same line without its last member, `prev` the hash of the run's decision before it
(of the run record's whole line for the first). So the bytes in the file are all that a third party needs for checking.
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
TOOL = f"tdm_guard/{__version__}"
MAX_KEPT_TEXTS = 512  # spellings kept: the origins a crawl works on at one time, and their kinds of answers
MAX_KEPT_TEXT = 4096  # characters; longer ones are spelt anew, so that 512 of them stay within 2 MiB

_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
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


class Speller:
    """
    Writes the decisions of a run as lines.

    It remembers how the middle of a line is spelt that rests on silence: the pages of one origin have it in common.
    """

    __slots__ = ("_head", "_middles", "_run", "_second")

    def __init__(self, run: str) -> None:
        self._run = run
        self._head = f'{{"type":"decision","v":{VERSION},"run":"{run}","seq":'
        self._second: tuple[datetime, str] = (datetime.min.replace(tzinfo=UTC), "")
        self._middles: dict[tuple[object, ...], tuple[str, Outcome, tuple[Checked, ...]]] = {}

    def decision(self, decision: Decision, *, seq: int, prev: str) -> tuple[bytes, LogEntry]:
        """The line of a decision, newline included, and its entry in the chain."""
        exchange = decision.exchange
        ident = decision_id(self._run, seq)
        url = encode_basestring(decision.url)
        final_url = url if exchange.final_url == decision.url else encode_basestring(exchange.final_url)
        size, digest = exchange.bytes, exchange.content_sha256
        works = "" if exchange.repertoire is None else f'"repertoire":{encode_basestring(exchange.repertoire)},'
        text = (
            f'{self._head}{seq},"id":"{ident}","ts":"{self._time(decision.ts)}","url":{url},"final_url":{final_url},'
            f'{self._middle(decision)},"bytes":{"null" if size is None else size},'
            f'"content_sha256":{"null" if digest is None else encode_basestring(digest)},'
            f'"cached":{"true" if exchange.cached else "false"},'
            f'"hops":{_encode(exchange.hops) if exchange.hops else "[]"},{works}"prev":"{prev}"}}'
        )
        unsealed = _octets(text)
        seal = hashlib.sha256(unsealed).hexdigest()
        line = b'%b,"hash":"%b"}\n' % (unsealed[:-1], seal.encode())
        return line, LogEntry(run=self._run, seq=seq, id=ident, prev=prev, hash=seal)

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

    def _middle(self, decision: Decision) -> str:
        """The members from `origin` to `media_type`."""
        exchange, outcome, checked = decision.exchange, decision.outcome, decision.checked
        if outcome.because or decision.faults or outcome.said:
            return _spell_middle(decision)
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
            return kept[0]
        text = _spell_middle(decision)
        if len(text) <= MAX_KEPT_TEXT:
            if len(self._middles) >= MAX_KEPT_TEXTS:
                self._middles.clear()
            self._middles[key] = (text, outcome, checked)
        return text


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
    head = {"type": "run", "v": VERSION, "run": run, "ts": timestamp(now), "tool": TOOL}
    return line_of({**head, **{item.name: in_json(getattr(info, item.name)) for item in fields(info)}})


def body_line(
    *, run: str, decision: str, now: datetime, size: int, content_sha256: str | None, complete: bool
) -> bytes:
    """The line of a body that was streamed on after its decision; `size` in bytes as received."""
    return line_of(
        {
            "type": "body",
            "v": VERSION,
            "run": run,
            "decision": decision,
            "ts": timestamp(now),
            "bytes": size,
            "content_sha256": content_sha256,
            "complete": complete,
        }
    )


def end_line(*, run: str, now: datetime, totals: Mapping[str, int]) -> bytes:
    """The last line of a run that came to its end: decisions by verdict."""
    return line_of({"type": "end", "v": VERSION, "run": run, "ts": timestamp(now), "totals": dict(totals)})


def line_of(record: Mapping[str, Any]) -> bytes:
    """A record in its one spelling: compact JSON, UTF-8, newline. Lone surrogates stay escaped."""
    return _octets(_encode(record)) + b"\n"


def digest_of(line: bytes) -> str:
    """SHA-256 of a whole line without its newline: what the first decision of a run names as `prev`."""
    return hashlib.sha256(line.rstrip(b"\n")).hexdigest()


def unseal(line: bytes) -> tuple[str, str] | None:
    """The hash that a decision line states, and the one its bytes have; None if it does not end with one."""
    found = _HASH_MEMBER.search(line.rstrip(b"\r\n"))
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
