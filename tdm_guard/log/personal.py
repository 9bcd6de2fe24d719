"""
What of a decision may be personal, and how it is kept apart from the chain.

strategy: of a run that says until when personal members are kept (`retain_until`), the chained line only commits to
them: SHA-256 of a random salt and of their spelling. Salt and members stand in a line of the file beside the log, which
can be deleted. Without the salt the digest says nothing, not even to who guesses an address.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SUFFIX = ".personal"  # behind the name of a log
PACKED = (".gz", ".zst")  # ends of names under which logs, and files beside them, are stored compressed
SALT = 16  # bytes
# Addresses may hold names, mail addresses and numbers; statements quote pages and name rightsholders; the documents
# that were looked for may lie at a person's own address; a claim says who attests it.
PERSONAL = ("url", "final_url", "hops", "because", "said", "said_more", "faults", "checked", "exemption")
# The members of a decision record in their order; what a later version adds comes behind them, before the chain.
_ORDER = (
    "type", "v", "run", "seq", "id", "ts", "url", "final_url", "origin", "verdict", "admitted", "enforced", "stage",
    "usages", "because", "said", "said_more", "exemption", "without_exemption", "faults", "checked", "authorisations",
    "status", "content", "authenticated", "media_type", "bytes", "content_sha256", "cached", "hops", "repertoire",
    "stored",
)  # fmt: skip
_CHAIN = ("prev", "hash")
_PLACED = frozenset((*_ORDER, *_CHAIN, "personal"))


def side_path(log: str) -> str:
    """The file beside a log that holds what may be personal."""
    return log + SUFFIX


def side_of(log: str) -> str | None:
    """The file beside a log, compressed or not, whether the log was compressed since or not; None if there is none."""
    plain = next((log.removesuffix(end) for end in PACKED if log.endswith(end)), log)
    places = [side_path(name) + end for name in dict.fromkeys((log, plain)) for end in ("", *PACKED)]
    return next((place for place in places if os.path.isfile(place)), None)  # noqa: PTH113 - as the log was given


def new_salt() -> bytes:
    """What makes a digest of guessable members useless without it."""
    return secrets.token_bytes(SALT)


def commitment(salt: bytes, members: bytes) -> str:
    """What a chained line has in place of its personal members: SHA-256 of salt and their JSON text."""
    return hashlib.sha256(salt + members).hexdigest()


def side_line(run: str, seq: int, salt: bytes, members: bytes) -> bytes:
    """The line beside the log of a decision: its salt and its personal members."""
    return b'{"run":"%b","seq":%d,"salt":"%b","members":%b}\n' % (run.encode(), seq, salt.hex().encode(), members)


def joined(record: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    """A decision with its personal members, as it is written where nothing is kept apart."""
    both = {**record, **members}
    placed = {name: both[name] for name in _ORDER if name in both}
    later = {name: value for name, value in both.items() if name not in _PLACED}
    return {**placed, **later, **{name: both[name] for name in _CHAIN if name in both}}


def without(record: Mapping[str, Any]) -> dict[str, Any]:
    """A decision whose personal members are not there any more."""
    return {**record, "forgotten": True}
