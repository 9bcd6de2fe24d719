"""The values that travel between layers: evidence, statements, faults, fetched documents, decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, NamedTuple, Required, Self, TypedDict, Unpack

from tdm_guard.errors import ConfigurationError
from tdm_guard.matched import DeclaredAs, Grant, Lift, MatchedBy, Reviewed, ReviewOutcome
from tdm_guard.plain import bounded, in_json, without_secrets, without_userinfo
from tdm_guard.usage import Usage

MAX_STORED = 1024  # characters of each text that says where a record lies; paths and record ids are far shorter
Headers = tuple[tuple[str, str], ...]


class Posture(StrEnum):
    """How a standard is read: to the letter, or with repairs that can only add a reservation."""

    CAUTIOUS = "cautious"
    LITERAL = "literal"


class Stance(StrEnum):
    """What is said about a usage; `UNDETERMINED`: what had to be read to know could not be."""

    RESERVED = "reserved"
    PERMITTED = "permitted"
    UNSTATED = "unstated"
    UNDETERMINED = "undetermined"


class Verdict(StrEnum):
    """The outcome for one URL and our usages; docs/verdicts.md explains each and says which withhold."""

    UNRESERVED = "unreserved"
    PERMITTED = "permitted"
    AUTHORISED = "authorised"
    EXEMPT = "exempt"
    RESERVED = "reserved"
    REVIEW = "review"
    UNDETERMINED = "undetermined"

    @property
    def withholds(self) -> bool:
        """True if content under this verdict is not handed on."""
        return self in _WITHHOLDING


_UNRECORDED = frozenset({"rank", "lifted", "pending", "grants"})  # members of a statement that only the deciding needs
_WITHHOLDING = frozenset({Verdict.RESERVED, Verdict.REVIEW, Verdict.UNDETERMINED})


class Kind(StrEnum):
    """What a statement is about: mining, access to the bytes at all, or a site that is left out altogether."""

    RESERVATION = "reservation"
    PERMISSION = "permission"
    ACCESS = "access"
    EXCLUSION = "exclusion"


class Layer(StrEnum):
    """Where a statement sits: at a location, inside a file, or in a declaration over a repertoire."""

    LOCATION = "location"
    ASSET = "asset"
    REPERTOIRE = "repertoire"


class Result(StrEnum):
    """What became of a document that was looked for."""

    READ = "read"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    NOT_ATTEMPTED = "not-attempted"


class Source(NamedTuple):
    """Where a reader's input came from: the part of the evidence that is the same for all its statements."""

    url: str
    carrier: str
    sha256: str | None = None
    retrieved_at: datetime | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    Where words were read: `source` (URL of the document, or id of a declaration), `carrier` (its kind), `locator` (a
    line, rule or path), `excerpt` (the raw words, at most 240 characters); `retrieved_at` (UTC) and `sha256` are its.
    `evidence` is the digest of the piece that an evidence folder keeps, where that is no whole document.
    """

    source: str
    carrier: str
    locator: str | None = None
    excerpt: str | None = None
    sha256: str | None = None
    retrieved_at: datetime | None = None
    evidence: str | None = field(default=None, compare=False)

    @property
    def words(self) -> dict[str, Any]:
        """These members alone, for what rests on the same words."""
        return {item.name: getattr(self, item.name) for item in fields(Evidence)}

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready mapping with every member; `evidence` only where there is some."""
        members = self.recorded()
        return {name: value if value is None or value.__class__ is str else in_json(value) for name, value in members}

    def recorded(self) -> Iterable[tuple[str, Any]]:
        """The members that `to_dict` has, in order, as they are."""
        names, values = _RECORDED[type(self), self.evidence is not None]
        return zip(names, values(self), strict=True)


class StatementMembers(TypedDict, total=False):
    """What `Statement.at` takes beside its source and excerpt."""

    signal: Required[str]
    usages: Required[tuple[Usage, ...]]
    stance: Required[Stance]
    kind: Kind
    layer: Layer
    locator: str | None
    rightsholder: str | None
    policy_url: str | None
    policy_uid: str | None
    contact: str | None
    terms: str | None
    match: MatchedBy | None
    declaration: DeclaredAs | None
    doubt: str | None
    repair: str | None
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Evidence):
    """
    One source's word on some usages. A reservation is one whose stance is reserved.

    `repair` is the code under which the cautious posture read it so. `terms` is what a policy behind a reservation asks
    for, in short; `rank` orders the carriers of one standard, for standards in which a nearer carrier supersedes.

    Of a declaration over a repertoire: `match` says what it was matched by, `doubt` why a person must decide whether it
    applies, `grants` which authorisations name works that its own is among. `authorisations` says what became of each
    that names the statement, `reviewed` what a person decided about it. `lifted` are the usages for which an
    authorisation lifts it, `pending` those for which a person must decide whether one does.
    """

    kind: Kind = Kind.RESERVATION
    signal: str
    usages: tuple[Usage, ...]
    stance: Stance
    layer: Layer = Layer.LOCATION
    rightsholder: str | None = None
    policy_url: str | None = None
    policy_uid: str | None = None
    contact: str | None = None
    terms: str | None = None
    match: MatchedBy | None = None
    declaration: DeclaredAs | None = None
    doubt: str | None = None
    authorisations: tuple[Lift, ...] = ()
    reviewed: Reviewed | None = None
    repair: str | None = None
    rank: int = field(default=0, repr=False)
    grants: tuple[Grant, ...] = field(default=(), repr=False)
    lifted: frozenset[Usage] = field(default=frozenset(), repr=False)
    pending: frozenset[Usage] = field(default=frozenset(), repr=False)

    @classmethod
    def at(cls, source: Source, /, *, excerpt: str | None = None, **members: Unpack[StatementMembers]) -> Self:
        """A statement read from `source`; the excerpt is bounded."""
        policy = members.get("policy_url")
        if policy is not None and "@" in policy:
            members["policy_url"] = without_userinfo(policy)
        return cls(**_evidence(source, excerpt), **members)

    @property
    def released(self) -> bool:
        """True if a person decided that it does not apply."""
        return self.reviewed is not None and self.reviewed.outcome == ReviewOutcome.RELEASED

    def lifts(self, usages: Iterable[Usage]) -> bool:
        """True if authorisations lift it for each of `usages`."""
        return bool(self.lifted) and self.lifted.issuperset(usages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Evidence):
    """Something written against its own standard's rules: kept with its place, never guessed into meaning."""

    message: str
    signal: str | None = None

    @classmethod
    def at(
        cls,
        source: Source,
        message: str,
        /,
        *,
        excerpt: str | None = None,
        locator: str | None = None,
        signal: str | None = None,
    ) -> Self:
        """A fault found in `source`; the excerpt is bounded."""
        return cls(**_evidence(source, excerpt), message=message, locator=locator, signal=signal)


class DeclaredMembers(TypedDict, total=False):
    """What `Declared.at` takes beside its source and excerpt."""

    locator: str | None
    url: Required[str]
    signal: Required[str]
    refusals_only: bool
    repair: str | None
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared(Evidence):
    """
    A document that something declares, so that it has to be read; the evidence is of the declaration.

    `refusals_only`: what it permits does not count. `repair` is the code under which the declaration was heard at all.
    One that is not `required` only informs the record.
    """

    url: str
    signal: str
    refusals_only: bool = False
    repair: str | None = None
    required: bool = True

    def __post_init__(self) -> None:
        if "@" in self.url:  # nobody's credentials are ours to send or to record
            object.__setattr__(self, "url", without_userinfo(self.url))

    @classmethod
    def at(cls, source: Source, /, *, excerpt: str | None = None, **members: Unpack[DeclaredMembers]) -> Self:
        """A declaration found in `source`; the excerpt is bounded."""
        return cls(**_evidence(source, excerpt), **members)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader made of one input, and the documents that the input declares."""

    statements: tuple[Statement, ...] = ()
    faults: tuple[Fault, ...] = ()
    declared: tuple[Declared, ...] = ()

    @classmethod
    def joined(cls, readings: Iterable[Reading]) -> Reading:
        """All that several say; `NOTHING` where none of them says anything."""
        found = [each for each in readings if each is not NOTHING and (each.statements or each.faults or each.declared)]
        if len(found) < 2:
            return found[0] if found else NOTHING
        return cls(
            tuple(statement for reading in found for statement in reading.statements),
            tuple(fault for reading in found for fault in reading.faults),
            tuple(declared for reading in found for declared in reading.declared),
        )


NOTHING = Reading()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """
    What a document answered: status, header pairs and body; or an error, when nothing usable came.

    The body may be as received, or decoded beside its old fields. `url` is the address after `redirects` (the earlier
    addresses); `at` the time (UTC) it came; `complete=False` says that the body was cut at a size limit.
    """

    status: int | None = None
    headers: Iterable[tuple[str, str]] = ()
    body: bytes = b""
    url: str | None = None
    at: datetime | None = None
    redirects: tuple[str, ...] = ()
    error: str | None = None
    complete: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", tuple(self.headers))
        if self.error:  # a client's words, which may name a proxy with its password
            object.__setattr__(self, "error", without_secrets(self.error))
        object.__setattr__(self, "redirects", tuple(self.redirects))

    @classmethod
    def unreachable(cls, error: str, *, status: int | None = None, at: datetime | None = None) -> Self:
        """An answer that never came, or not whole: `error` says why (timeout, dns, tls, too many redirects, …)."""
        return cls(status=status, error=error, at=at)

    def header(self, name: str) -> str | None:
        """The first value of the field `name` (lower case), or None."""
        return next((value for field, value in self.headers if field.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Stored:
    """
    Where the record lies that was judged: its `file` (a name or URI) and the `offset` of its first byte, or its row.

    `record` is what it calls itself (WARC-Record-ID), `type` what it is: response, revisit, resource, conversion,
    metadata, row, … Both are cut at 1,024 characters. Raises `ConfigurationError` for what is no place.
    """

    file: str
    offset: int
    record: str | None = None
    type: str = "response"

    def __post_init__(self) -> None:
        file, offset = self.file, self.offset
        if not isinstance(file, str) or not 0 < len(file) <= MAX_STORED:
            raise ConfigurationError(f"stored: {file!r:.80} is no name of up to {MAX_STORED} characters")
        if not isinstance(offset, int) or isinstance(offset, bool) or not 0 <= offset < 2**63:
            raise ConfigurationError(f"stored: {offset!r:.80} is no offset in bytes; for example 0")
        for name, value in (("record", self.record), ("type", self.type)):
            if isinstance(value, str):
                if len(value) > MAX_STORED or not value.isascii():
                    object.__setattr__(self, name, bounded(value, MAX_STORED))
            elif name == "type" or value is not None:
                raise ConfigurationError(f"stored: {value!r:.80} is no {name}; for example Stored(file, offset)")

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready mapping with every member."""
        return {"file": self.file, "offset": self.offset, "record": self.record, "type": self.type}


def _evidence(source: Source, excerpt: str | None) -> dict[str, Any]:
    """The members of evidence that `source` gives."""
    members = {"source": source.url, "carrier": source.carrier, "sha256": source.sha256}
    return {
        **members,
        "retrieved_at": source.retrieved_at,
        "excerpt": bounded(excerpt),
        "evidence": source.evidence,
    }


# the members of a kind of evidence that stand in a record, in their order: where a piece was kept, where none was
_RECORDED = {
    (kind, kept): (names, attrgetter(*names))
    for kind in (Evidence, Statement, Fault, Declared)
    for kept in (True, False)
    for names in [
        [item.name for item in fields(kind) if item.name not in _UNRECORDED and (kept or item.name != "evidence")]
    ]
}
