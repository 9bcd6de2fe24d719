"""
Licence tokens for servers that ask for them (RSL 1.0, CAP: `Authorization: License <token>`).

They come from the environment or a file, go to the origin they were given for and nowhere else, and are shown by
nothing here: no error, no repr, no log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path

from tdm_guard.errors import ConfigurationError, UnsupportedURL
from tdm_guard.origin import Origin

VARIABLE = "TDM_GUARD_LICENCE_TOKENS"
FILE_VARIABLE = "TDM_GUARD_LICENCE_TOKENS_FILE"
FIELD = "Authorization"
MAX_BYTES = 2**20
_ENTRY = re.compile(r"(?P<origin>\S+)\s+(?P<token>[\x21-\x7e]+)")
_GOOD = "for example: https://music.example eyJ0…"


class Tokens:
    """The licence tokens held, by origin."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[Origin, str] | None = None) -> None:
        self._fields = dict(fields or {})

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Tokens:
        """
        Tokens from the variable `TDM_GUARD_LICENCE_TOKENS` and the file that `TDM_GUARD_LICENCE_TOKENS_FILE` names.

        Both hold one "origin token" a line; `#` begins a comment. Raises `ConfigurationError`, which names the line and
        never shows what stands in it.
        """
        texts = [(VARIABLE, environ.get(VARIABLE, ""))]
        if path := environ.get(FILE_VARIABLE):
            texts.append((f"{FILE_VARIABLE} ({path})", _content(path)))
        fields: dict[Origin, str] = {}
        problems: list[str] = []
        for name, text in texts:
            for number, line in enumerate(text.splitlines(), 1):
                if not line.strip() or line.lstrip().startswith("#"):
                    continue
                try:
                    origin, token = _entry(line)
                except ConfigurationError as error:
                    problems.extend(f"{name}: line {number}: {problem}; {_GOOD}" for problem in error.problems)
                else:
                    fields[origin] = f"License {token}"
        if problems:
            raise ConfigurationError(*problems)
        return cls(fields)

    def __bool__(self) -> bool:
        return bool(self._fields)

    def __repr__(self) -> str:
        return f"Tokens(for {', '.join(map(str, self._fields)) or 'nobody'})"

    def __reduce__(self) -> str:
        raise TypeError("licence tokens are not pickled; read them where they are used")

    def secrets(self) -> Iterator[str]:
        """The tokens themselves, for whoever leaves them out of what is written."""
        for field in self._fields.values():
            yield field.partition(" ")[2]

    def holds(self, value: str) -> bool:
        """True if `value` is an Authorization field made from one of these tokens."""
        return value in self._fields.values()

    def apply(self, headers: MutableMapping[str, str], origin: Origin) -> None:
        """Adds the token of `origin` to a request's header fields, and takes off one that was meant for another."""
        present = headers.get(FIELD)
        if present is not None and self.holds(present):
            del headers[FIELD]
            present = None
        field = self._fields.get(origin)
        if present is None and field is not None:  # credentials that the caller gave are left alone
            headers[FIELD] = field


def _entry(line: str) -> tuple[Origin, str]:
    found = _ENTRY.fullmatch(line.strip())
    if found is None:
        raise ConfigurationError("is not an origin, a blank and a token")
    try:
        origin = Origin.parse(found["origin"])
    except UnsupportedURL:
        raise ConfigurationError("does not begin with an origin") from None
    if str(origin) != found["origin"].rstrip("/").lower():
        raise ConfigurationError(f"gives more than an origin; the origin is {origin}")
    if origin.scheme != "https" and not origin.private:
        raise ConfigurationError(f"{origin}: a token is sent over https only")
    return origin, found["token"]


def _content(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ConfigurationError(f"{FILE_VARIABLE}: {path!r} is larger than {MAX_BYTES} bytes; {_GOOD}")
        return raw.decode("utf-8")
    except OSError as error:
        raise ConfigurationError(f"{FILE_VARIABLE}: {path!r} cannot be read: {error.strerror}; {_GOOD}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{FILE_VARIABLE}: {path!r} is not UTF-8; {_GOOD}") from None
