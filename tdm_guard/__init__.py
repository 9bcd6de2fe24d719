"""
Honour the rights reservations of web content before it is stored, and keep the proof.

Integrations are imported by their own path: `tdm_guard.scrapy`, `tdm_guard.httpx`, `tdm_guard.httpx2`.

The public names are loaded at the first look at any of them, so that a command loads what it needs and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdm_guard._version import __version__

if TYPE_CHECKING:
    from tdm_guard.decision import Decision, Withheld
    from tdm_guard.errors import ConfigurationError, LogError, PolicyMismatch, TdmGuardError, UnsupportedURL
    from tdm_guard.judge import Judge, evaluate, needed_documents, read_policies
    from tdm_guard.ledger.ledger import Ledger
    from tdm_guard.model import Evidence, Fault, Fetched, Posture, Stance, Statement, Stored, Verdict
    from tdm_guard.options import Options
    from tdm_guard.options.keywords import GuardOptions, JudgeOptions, KeepingOptions
    from tdm_guard.policies.policy import OriginPolicy
    from tdm_guard.responses import decision_of
    from tdm_guard.usage import Usage
else:
    _HOMES = {
        "decision": ("Decision", "Withheld"),
        "errors": ("ConfigurationError", "LogError", "PolicyMismatch", "TdmGuardError", "UnsupportedURL"),
        "judge": ("Judge", "evaluate", "needed_documents", "read_policies"),
        "ledger.ledger": ("Ledger",),
        "model": ("Evidence", "Fault", "Fetched", "Posture", "Stance", "Statement", "Stored", "Verdict"),
        "options": ("Options",),
        "options.keywords": ("GuardOptions", "JudgeOptions", "KeepingOptions"),
        "policies.policy": ("OriginPolicy",),
        "responses": ("decision_of",),
        "usage": ("Usage",),
    }

    def __getattr__(name: str) -> object:
        """A public name, or a module that they bring with them; all of them are there from now on."""
        if not name.startswith("_"):
            from importlib import import_module  # noqa: PLC0415

            for home, names in _HOMES.items():
                module = import_module(f"{__name__}.{home}")
                globals().update({each: getattr(module, each) for each in names})
            if name in globals():
                return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "ConfigurationError",
    "Decision",
    "Evidence",
    "Fault",
    "Fetched",
    "GuardOptions",
    "Judge",
    "JudgeOptions",
    "KeepingOptions",
    "Ledger",
    "LogError",
    "Options",
    "OriginPolicy",
    "PolicyMismatch",
    "Posture",
    "Stance",
    "Statement",
    "Stored",
    "TdmGuardError",
    "UnsupportedURL",
    "Usage",
    "Verdict",
    "Withheld",
    "__version__",
    "decision_of",
    "evaluate",
    "needed_documents",
    "read_policies",
]
