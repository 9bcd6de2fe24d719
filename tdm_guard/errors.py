"""
Our exceptions: the caller's mistakes, and a log that cannot be written.

    TdmGuardError
    +-- ConfigurationError (ValueError)   an option, a file or a URL the caller gave is not usable
    |   +-- UnsupportedURL                not an http(s) URL
    +-- PolicyMismatch (ValueError)       an OriginPolicy read for another agent, posture or origin
    +-- LogError                          the compliance log, or its evidence, cannot be written: no log, no crawl
    +-- decision.Withheld                 content was not handed on, which is no mistake; carries the decision

What strangers send never raises: it becomes a fault in the record. An integration whose extra is not installed raises
Python's own `ModuleNotFoundError` when it is imported; it names the extra.
"""

from __future__ import annotations

from typing import Any

from tdm_guard.plain import told


class TdmGuardError(Exception):
    """Base of all that this package raises. Its message holds no password of an address, and steers no terminal."""

    def __init__(self, *words: Any) -> None:
        super().__init__(*(told(word) if isinstance(word, str) else word for word in words))


class ConfigurationError(TdmGuardError, ValueError):
    """Options that cannot be used. `problems` holds one sentence per mistake, each with a good value."""

    def __init__(self, *problems: str) -> None:
        self.problems = tuple(told(problem) for problem in problems)
        super().__init__("; ".join(self.problems))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.problems


class UnsupportedURL(ConfigurationError):
    """A URL of another scheme than http or https, or one without a usable host."""


class PolicyMismatch(TdmGuardError, ValueError):
    """An OriginPolicy was handed to a judge it was not read for."""


class LogError(TdmGuardError):
    """The compliance log, or the evidence that it names, cannot be written, so nothing may be handed on."""


def without_extra(extra: str, error: ModuleNotFoundError) -> ModuleNotFoundError:
    """The same error, saying which extra installs what is missing."""
    return ModuleNotFoundError(f'{error}: pip install "tdm-guard[{extra}]"', name=error.name, path=error.path)
