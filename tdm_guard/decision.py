"""The outcome for one URL, and all that the compliance log says of it; what is raised where it withholds content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, Self

from tdm_guard.errors import TdmGuardError
from tdm_guard.model import Fault, Result, Stance, Statement, Stored, Verdict
from tdm_guard.operator import Research
from tdm_guard.plain import in_json, timestamp, told
from tdm_guard.secrecy.parameters import SECRETS, redacted_words
from tdm_guard.usage import Usage

_new = tuple.__new__  # half the time of a NamedTuple's own, for every page; `_replace` takes five times as long


class Stage(StrEnum):
    """How far a case got before its decision."""

    POLICY = "policy"
    HEADERS = "headers"
    BODY = "body"
    ASSET = "asset"


class Checked(NamedTuple):
    """A document that was looked for, and what became of it."""

    document: str
    result: Result
    status: int | None = None
    retrieved_at: datetime | None = None
    sha256: str | None = None
    cached: bool = False

    @classmethod
    def of(cls, document: str, result: Result, status: int | None, retrieved_at: datetime, sha256: str | None) -> Self:
        """What an answer came to that was given now."""
        return _new(cls, (document, result, status, retrieved_at, sha256, False))

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready mapping with every member."""
        return {name: in_json(value) for name, value in self._asdict().items()}


class Match(StrEnum):
    """What became of the works at a URL. Unmatchable: nothing is known by which any work could be matched."""

    MATCHED = "matched"
    NOT_MATCHED = "not-matched"
    UNMATCHABLE = "unmatchable"


class Seen(Protocol):
    """What was seen of a request and its response."""

    @property
    def final_url(self) -> str: ...
    @property
    def status(self) -> int | None: ...
    @property
    def content(self) -> bool: ...
    @property
    def authenticated(self) -> bool: ...
    @property
    def media_type(self) -> str | None: ...
    @property
    def sha256(self) -> str | None: ...
    @property
    def cached(self) -> bool: ...
    @property
    def hops(self) -> tuple[str, ...]: ...
    @property
    def works(self) -> Match | None: ...


class Exchange(NamedTuple):
    """The facts of one request and its response that go into the record."""

    final_url: str
    origin: str
    status: int | None = None
    content: bool = False
    authenticated: bool = False
    media_type: str | None = None
    bytes: int | None = None
    content_sha256: str | None = None
    cached: bool = False
    hops: tuple[str, ...] = ()
    repertoire: Match | None = None

    @classmethod
    def of(cls, seen: Seen, origin: str, received: int | None) -> Self:
        """The facts as `seen` has them, and the size in bytes of what was `received`."""
        return _new(cls, (
            seen.final_url, origin, seen.status, seen.content, seen.authenticated, seen.media_type, received,
            seen.sha256, seen.cached, seen.hops, seen.works,
        ))  # fmt: skip

    @classmethod
    def plain(cls, final_url: str, origin: str, status: int | None, media_type: str | None, *, content: bool) -> Self:
        """The facts of a request without credentials, straight to where it led, and of an answer without a body."""
        return _new(cls, (final_url, origin, status, content, False, media_type, None, None, False, (), None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What the statements come to: the verdict, the stance per usage, and the statements that settled it.

    `said` are those heard besides, of usages that nobody asked for too; `said_more` counts what is beyond their bound.
    `exemption` is the claim to Art. 3 on which an exempt one rests, `without_exemption` the verdict without that claim.
    `admits`: content is handed on under this outcome.
    """

    verdict: Verdict
    usages: Mapping[Usage, Stance]
    because: tuple[Statement, ...] = ()
    authorisations: tuple[str, ...] = ()
    enforced: bool = True
    exemption: Research | None = None
    without_exemption: Verdict | None = None
    said: tuple[Statement, ...] = ()
    said_more: int = 0
    admits: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "admits", not (self.enforced and self.verdict.withholds))  # it is asked more than once

    def besides(self) -> dict[str, Any]:
        """What the record of a decision tells of what was heard and settled nothing; nothing if there is none."""
        if not self.said:
            return {}
        more = {"said_more": self.said_more} if self.said_more else {}
        return {"said": [statement.to_dict() for statement in self.said], **more}

    def exempted(self) -> dict[str, Any]:
        """What the record of an exempt decision says of the claim that it rests on; nothing of any other."""
        if self.exemption is None:
            return {}
        without = self.without_exemption
        return {
            "exemption": asdict(self.exemption),
            "without_exemption": None if without is None else without.value,
        }


class LogEntry(NamedTuple):
    """Where a decision stands in the compliance log."""

    run: str
    seq: int
    id: str
    prev: str
    hash: str

    @classmethod
    def of(cls, run: str, seq: int, id: str, prev: str, hash: str) -> Self:  # noqa: A002 - as the members are called
        """The place of a decision that was written."""
        return _new(cls, (run, seq, id, prev, hash))


class Decision(NamedTuple):
    """
    The outcome for one URL, with all that the compliance log says of it (log reference: decision record).

    `url` is the address first asked for, `final_url` the one that was judged, `hops` those that redirected to it.
    `ts` (UTC) is when it was decided, `stage` how far the case got; `checked` are the documents that were looked for,
    `faults` what was written against its own standard, `stored` says where the record lies that was judged, if it was
    given. `run`, `seq`, `id`, `prev` and `hash` are empty until the decision is logged.
    """

    url: str
    ts: datetime
    stage: Stage
    outcome: Outcome
    exchange: Exchange
    checked: tuple[Checked, ...] = ()
    faults: tuple[Fault, ...] = ()
    stored: Stored | None = None
    entry: LogEntry | None = None

    @classmethod
    def of(
        cls, url: str, ts: datetime, stage: Stage, outcome: Outcome, exchange: Exchange,
        checked: tuple[Checked, ...], faults: tuple[Fault, ...],
    ) -> Self:  # fmt: skip
        """A decision that is not logged yet."""
        return _new(cls, (url, ts, stage, outcome, exchange, checked, faults, None, None))

    def logged(self, entry: LogEntry) -> Self:
        """The same decision with its place in the log."""
        return _new(self.__class__, (*self[:-1], entry))

    @property
    def verdict(self) -> Verdict:
        """What is done with the content, and why in a word; each is explained in docs/verdicts.md."""
        return self.outcome.verdict

    @property
    def admitted(self) -> bool:
        """True if the content is handed on, so that it may be stored."""
        return self.outcome.admits

    @property
    def enforced(self) -> bool:
        """False under `mode="observe"`, which hands on everything."""
        return self.outcome.enforced

    @property
    def usages(self) -> Mapping[Usage, Stance]:
        """For each usage asked, umbrellas expanded, what was said about it."""
        return self.outcome.usages

    @property
    def because(self) -> tuple[Statement, ...]:
        """The statements that settled it, the first of them foremost; empty where silence or a fault did."""
        return self.outcome.because

    @property
    def said(self) -> tuple[Statement, ...]:
        """What was heard besides and settled nothing: of usages that were not asked for, too."""
        return self.outcome.said

    @property
    def exemption(self) -> Research | None:
        """The claim to Art. 3 of Directive (EU) 2019/790 on which an exempt decision rests."""
        return self.outcome.exemption

    @property
    def without_exemption(self) -> Verdict | None:
        """The verdict that an exempt decision would have without that claim: one that withholds."""
        return self.outcome.without_exemption

    @property
    def authorisations(self) -> tuple[str, ...]:
        """Ids of the authorisations that lifted something."""
        return self.outcome.authorisations

    @property
    def final_url(self) -> str:
        """The address that was judged, without user, password and fragment."""
        return self.exchange.final_url

    @property
    def origin(self) -> str:
        """Scheme, host and port of `final_url` (RFC 6454)."""
        return self.exchange.origin

    @property
    def status(self) -> int | None:
        """HTTP status of the response; None if nothing was requested."""
        return self.exchange.status

    @property
    def content(self) -> bool:
        """True if the response carried content to judge (2xx)."""
        return self.exchange.content

    @property
    def authenticated(self) -> bool:
        """True if the request carried credentials or cookies."""
        return self.exchange.authenticated

    @property
    def media_type(self) -> str | None:
        """Of the response, without parameters; None if it named none."""
        return self.exchange.media_type

    @property
    def bytes(self) -> int | None:
        """Size of the body as received, in bytes; None if it was not received, or streams on."""
        return self.exchange.bytes

    @property
    def content_sha256(self) -> str | None:
        """Digest of the body as received, in hexadecimal; None without a whole one."""
        return self.exchange.content_sha256

    @property
    def cached(self) -> bool:
        """True if a cache of the client answered."""
        return self.exchange.cached

    @property
    def hops(self) -> tuple[str, ...]:
        """Earlier addresses of a redirect, the first one first."""
        return self.exchange.hops

    @property
    def repertoire(self) -> Match | None:
        """With a repertoire loaded: matched, not-matched, or unmatchable, when nothing had a key to be matched by."""
        return self.exchange.repertoire

    @property
    def run(self) -> str:
        """Name of the run in the log; empty if it was not logged."""
        return self.entry.run if self.entry else ""

    @property
    def seq(self) -> int | None:
        """Number of the decision in its run, from 1 on; None if it was not logged."""
        return self.entry.seq if self.entry else None

    @property
    def id(self) -> str:
        """Name of the decision over all logs, `run`-`seq`; empty if it was not logged."""
        return self.entry.id if self.entry else ""

    @property
    def prev(self) -> str:
        """`hash` of the decision before it in the run; empty if it was not logged."""
        return self.entry.prev if self.entry else ""

    @property
    def hash(self) -> str:
        """SHA-256 of its line in the log without this member; empty if it was not logged."""
        return self.entry.hash if self.entry else ""

    def summary(self) -> str:
        """One line for people: verdict, URL and the first words it rests on; what steers terminals as escapes."""
        line = f"{self.verdict}: {self.final_url}"
        if self.exemption is not None:
            line += f" ({self.exemption}; {self.without_exemption} without that claim)"
        if self.because:
            first = self.because[0]
            place = f"{first.source} {first.locator}" if first.locator else first.source
            if first.declaration:
                place += f", {first.declaration.document}"
            words = redacted_words(first.excerpt or "", SECRETS)
            line += f" ({first.signal}, {place}: {words})" if words else f" ({place})"
        elif self.faults and self.verdict.withholds:
            line += f" ({self.faults[0].message})"
        return told(line)

    def to_dict(self) -> dict[str, Any]:
        """The shape of a decision record in the compliance log."""
        entry = self.entry
        repertoire = {} if self.repertoire is None else {"repertoire": str(self.repertoire)}
        stored = {} if self.stored is None else {"stored": self.stored.to_dict()}
        return {
            "type": "decision",
            "v": 1,
            "run": self.run,
            "seq": entry.seq if entry else None,
            "id": self.id,
            "ts": timestamp(self.ts),
            "url": self.url,
            "final_url": self.final_url,
            "origin": self.origin,
            "verdict": self.verdict.value,
            "admitted": self.admitted,
            "enforced": self.enforced,
            "stage": self.stage.value,
            "usages": {usage.value: stance.value for usage, stance in self.usages.items()},
            "because": [statement.to_dict() for statement in self.because],
            **self.outcome.besides(),
            **self.outcome.exempted(),
            "faults": [fault.to_dict() for fault in self.faults],
            "checked": [checked.to_dict() for checked in self.checked],
            "authorisations": list(self.authorisations),
            "status": self.status,
            "content": self.content,
            "authenticated": self.authenticated,
            "media_type": self.media_type,
            "bytes": self.bytes,
            "content_sha256": self.content_sha256,
            "cached": self.cached,
            "hops": list(self.hops),
            **repertoire,
            **stored,
            "prev": self.prev,
            "hash": self.hash,
        }


class Withheld(TdmGuardError):
    """
    Content was not handed on. `decision` says why; `request` is the framework's request, where there is one.

    No transport error, so that retry helpers leave it alone.
    """

    def __init__(self, decision: Decision, request: Any = None) -> None:
        super().__init__(decision.summary())
        self.decision = decision
        self.request = request

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.decision,)
