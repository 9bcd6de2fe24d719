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
from typing import TYPE_CHECKING, Any

from tdm_guard._version import __version__
from tdm_guard.model import Posture
from tdm_guard.plain import in_json, timestamp
from tdm_guard.repertoire.loaded import Loaded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tdm_guard.usage import Usage

VERSION = 1
CHAIN = "records"  # what the run record calls a chain of all records; older logs chained decisions only
TOOL = f"tdm_guard/{__version__}"

encode = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_SEALED = 75  # bytes of the last member and the closing brace
_HASH_MEMBER = re.compile(rb',"hash":"([0-9a-f]{64})"\}\Z')


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """
    What a run was told to do: the part of the log that is the same for all its decisions.

    `redact` are the patterns in force, `retain_until` the day until which personal members are kept, `name_key` says
    which key names are hashed with. `task` is the piece of the work that the run does, `resumes` the runs that were cut
    short in it: the record of a run without them does not mention them.
    """

    usages: tuple[Usage, ...]
    agent: str
    posture: Posture
    mode: str
    operator: Mapping[str, Any] | None = None
    signals: tuple[str, ...] = ()
    config_sha256: str | None = None
    repertoire: tuple[Loaded, ...] = ()
    excluded_sites: tuple[Loaded, ...] = ()
    evidence: str | None = None
    redact: tuple[str, ...] = ()
    retain_until: str | None = None
    name_key: str | None = None
    task: str | None = None
    resumes: tuple[str, ...] = ()


def run_line(info: RunInfo, *, run: str, now: datetime) -> bytes:
    """The first line of a run."""
    return line_of({"type": "run", "v": VERSION, "run": run, **described(info, now=now)})


def described(info: RunInfo, *, now: datetime) -> dict[str, Any]:
    """What the run record says, without type, version and name of the run."""
    members = {item.name: in_json(getattr(info, item.name)) for item in fields(info)}
    for name in ("task", "resumes"):
        if not members[name]:
            del members[name]
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
    return sealed(octets(encode({**record, "prev": prev})))


def sealed(unsealed: bytes) -> tuple[bytes, str]:
    seal = hashlib.sha256(unsealed).hexdigest()
    return b'%b,"hash":"%b"}\n' % (unsealed[:-1], seal.encode()), seal


def line_of(record: Mapping[str, Any]) -> bytes:
    """A record in its one spelling: compact JSON, UTF-8, newline. Lone surrogates stay escaped."""
    return octets(encode(record)) + b"\n"


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


def octets(text: str) -> bytes:
    # In JSON the escape that Python writes for a lone surrogate is the character itself: nothing is lost.
    return text.encode("utf-8", "backslashreplace")
