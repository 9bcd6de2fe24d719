"""
Honour the rights reservations of web content before it is stored, and keep the proof.

Integrations are imported by their own path: `tdm_guard.scrapy`, `tdm_guard.httpx`, `tdm_guard.httpx2`.
"""

from tdm_guard._version import __version__
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
