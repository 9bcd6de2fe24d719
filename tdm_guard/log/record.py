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
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from json import JSONEncoder
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from tdm_guard._version import __version__
from tdm_guard.decision import Decision, Entry, Exchange, Outcome
from tdm_guard.model import Checked, Posture, plain, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tdm_guard.usage import Usage

VERSION = 1
TOOL = f"tdm_guard/{__version__}"
MAX_KEPT_TEXTS = 512  # spellings of one kind kept: the origins a crawl works on at one time, the kinds of answers
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
    repertoire: tuple[Mapping[str, str], ...] = ()


class Speller:
    """
    Writes the decisions of a run as lines. It remembers how what it met last is spelt.

    The decisions of one origin share one tuple of checked documents, and all that rest on silence one outcome.
    """

    __slots__ = ("_answers", "_checked", "_head", "_outcome", "_run", "_second")

    def __init__(self, run: str) -> None:
        self._run = run
        self._head = f'{{"type":"decision","v":{VERSION},"run":"{run}","seq":'
        self._second: tuple[datetime, str] = (datetime.min.replace(tzinfo=UTC), "")
        self._outcome: tuple[Outcome | None, str, str] = (None, "", "")
        self._checked: dict[int, tuple[tuple[Checked, ...], str]] = {}
        self._answers: dict[tuple[int | None, bool, bool, str | None], str] = {}

    def decision(self, decision: Decision, *, seq: int, prev: str) -> tuple[bytes, Entry]:
        """The line of a decision, newline included, and its entry in the chain."""
        exchange, outcome, ident = decision.exchange, decision.outcome, decision_id(self._run, seq)
        verdict, stances = self._outcome_texts(outcome)
        faults = _encode([item.to_dict() for item in decision.faults]) if decision.faults else "[]"
        url = encode_basestring(decision.url)
        final_url = url if exchange.final_url == decision.url else encode_basestring(exchange.final_url)
        text = (
            f'{self._head}{seq},"id":"{ident}",'
            f'"ts":"{self._time(decision.ts)}","url":{url},"final_url":{final_url},'
            f'"origin":{encode_basestring(exchange.origin)},{verdict},"stage":"{decision.stage}",{stances},"faults":{faults},'
            f'"checked":{self._documents(decision.checked)},'
            f'"authorisations":{_encode(outcome.authorisations) if outcome.authorisations else "[]"},'
            f'{self._answer(exchange)},"bytes":{_number(exchange.bytes)},"content_sha256":{_string(exchange.content_sha256)},'
            f'"cached":{_bool(exchange.cached)},"hops":{_encode(exchange.hops) if exchange.hops else "[]"},'
            f'{_repertoire(exchange.repertoire)}"prev":"{prev}"}}'
        )
        unsealed = _octets(text)
        digest = hashlib.sha256(unsealed).hexdigest()
        line = b'%b,"hash":"%b"}\n' % (unsealed[:-1], digest.encode())
        return line, Entry(self._run, seq, ident, prev, digest)

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

    def _outcome_texts(self, outcome: Outcome) -> tuple[str, str]:
        """The members before the stage, and those behind it."""
        kept, verdict, stances = self._outcome
        if kept is not outcome:
            usages = ",".join([f'"{usage}":"{stance}"' for usage, stance in outcome.usages.items()])
            because = _encode([item.to_dict() for item in outcome.because]) if outcome.because else "[]"
            verdict = (
                f'"verdict":"{outcome.verdict}","admitted":{_bool(outcome.admits)},"enforced":{_bool(outcome.enforced)}'
            )
            exemption = f',"exemption":{_encode(asdict(outcome.exemption))}' if outcome.exemption else ""
            stances = f'"usages":{{{usages}}},"because":{because}{exemption}'
            self._outcome = (outcome, verdict, stances)
        return verdict, stances

    def _answer(self, exchange: Exchange) -> str:
        """What the answers to many requests have in common."""
        key = (exchange.status, exchange.content, exchange.authenticated, exchange.media_type)
        text = self._answers.get(key)
        if text is None:
            text = (
                f'"status":{_number(exchange.status)},"content":{_bool(exchange.content)},'
                f'"authenticated":{_bool(exchange.authenticated)},"media_type":{_string(exchange.media_type)}'
            )
            if len(self._answers) >= MAX_KEPT_TEXTS:
                self._answers.clear()
            if len(text) <= MAX_KEPT_TEXT:
                self._answers[key] = text
        return text

    def _documents(self, checked: tuple[Checked, ...]) -> str:
        if not checked:
            return "[]"
        kept = self._checked.get(id(checked))
        if kept is not None:  # the tuple is held beside its text, so its identity cannot pass to another one
            return kept[1]
        text = _encode([item.to_dict() for item in checked])
        if len(text) <= MAX_KEPT_TEXT:
            if len(self._checked) >= MAX_KEPT_TEXTS:
                self._checked.clear()
            self._checked[id(checked)] = (checked, text)
        return text


def run_line(info: RunInfo, *, run: str, now: datetime) -> bytes:
    """The first line of a run."""
    head = {"type": "run", "v": VERSION, "run": run, "ts": timestamp(now), "tool": TOOL}
    return line_of({**head, **{item.name: plain(getattr(info, item.name)) for item in fields(info)}})


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


def _repertoire(value: str | None) -> str:
    return "" if value is None else f'"repertoire":{_string(value)},'


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


def _string(value: str | None) -> str:
    return "null" if value is None else encode_basestring(value)
