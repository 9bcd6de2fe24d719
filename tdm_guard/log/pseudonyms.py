"""
Names of creators and rightsholders as a log has them whose operator gave a key: keyed hashes (HMAC-SHA256, RFC 2104).

strategy: one key for each kind of name is made of the operator's, so that a creator who is a rightsholder too is not
told by it. A name is hashed in the form it is matched in: however it is spelt, it has one hash, in all runs with the
same key. Whoever has the key can find out who is meant by trying names: these are pseudonyms, and personal data still.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.name_spellings import NameSpellings
from tdm_guard.repertoire.names import fold_name, whole_name

if TYPE_CHECKING:
    from collections.abc import Mapping

MIN_KEY, MAX_KEY = 16, 4096  # bytes
_GOOD = "make one with: openssl rand -out names.key 32"
PREFIX = "hmac-sha256:"
_LABEL = b"tdm_guard names v1\n"
_NAMED = frozenset({"creator_name", "publisher", "label", "society"})  # keys of matches that are names
# Where in a caller's item somebody may be named, in the field of a number too.
_ABOUT = re.compile(r"(?:^|\.)(?:creator_\w+|publisher|label|society)(?:\[\d+\])?$")
_HASHED = re.compile(re.escape(PREFIX) + r"[0-9a-f]{64}")
MIN_TOLD = 2  # letters of a name that is looked for in other words; a single one stands everywhere


def read_key(path: str) -> bytes:
    """The key in a file. Raises `ConfigurationError`, which names the file and never shows what is in it."""
    try:
        with Path(path).open("rb") as file:
            key = file.read(MAX_KEY + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"name_key: {path!r} cannot be read: {reason}; {_GOOD}") from None
    if not MIN_KEY <= len(key) <= MAX_KEY:
        found = f"more than {MAX_KEY}" if len(key) > MAX_KEY else len(key)
        raise ConfigurationError(f"name_key: {path!r} holds {found} bytes; a key has {MIN_KEY} to {MAX_KEY}; {_GOOD}")
    return key


def is_hashed(name: str) -> bool:
    """True of what stands for a name."""
    return _HASHED.fullmatch(name) is not None


class Pseudonyms:
    """Puts hashes in the place of names. `id` tells which key they are made with, and nothing of it."""

    __slots__ = ("_creators", "_holders", "id")

    def __init__(self, key: bytes) -> None:
        self.id = hashlib.sha256(key).hexdigest()[:16]
        self._creators = _derived(key, b"creator")
        self._holders = _derived(key, b"rightsholder")

    def __repr__(self) -> str:
        return f"Pseudonyms({self.id})"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled; read it where it is used")

    def creator(self, name: str) -> str:
        """What stands for the name of a creator, or of a firm that works are matched by."""
        return name if is_hashed(name) else _hash(self._creators, fold_name(name) or whole_name(name))

    def rightsholder(self, name: str) -> str:
        """What stands for the name of a rightsholder."""
        return name if is_hashed(name) else _hash(self._holders, normalize("NFC", whole_name(normalize("NFC", name))))

    def members(self, members: Mapping[str, Any]) -> Mapping[str, Any]:
        """The members of a decision, names replaced where they stand and in all words of the same record."""
        known: dict[str, str] = {}
        for entry in (*members.get("because", ()), *members.get("said", ()), *members.get("faults", ())):
            if entry.get("carrier") == "item" and _ABOUT.search(entry.get("locator") or "") and entry.get("excerpt"):
                known[entry["excerpt"]] = self.creator(entry["excerpt"])
            if holder := entry.get("rightsholder"):
                known[holder] = self.rightsholder(holder)
            match = entry.get("match") or {}
            if match.get("key") in _NAMED:
                known |= {match[name]: self.creator(match[name]) for name in ("value", "written") if match.get(name)}
        return _replaced(members, known) if known else members


def _replaced(members: Mapping[str, Any], known: Mapping[str, str]) -> Mapping[str, Any]:
    names = {name: hashed for name, hashed in known.items() if not is_hashed(name)}
    spellings = NameSpellings(names, least=MIN_TOLD)

    def told(value: Any) -> Any:
        if isinstance(value, str):
            return value if is_hashed(value) else spellings.told(value)
        if isinstance(value, (list, tuple)):
            return [told(item) for item in value]
        if isinstance(value, dict):
            return {key: told(item) for key, item in value.items()}
        return value

    return {**members, **{name: told(members[name]) for name in ("because", "said", "faults") if members.get(name)}}


def _derived(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose (NIST SP 800-108, one block)."""
    return hmac.digest(key, _LABEL + purpose, "sha256")


def _hash(key: bytes, name: str) -> str:
    return PREFIX + hmac.digest(key, name.encode("utf-8", "backslashreplace"), "sha256").hex()
