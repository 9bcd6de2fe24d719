"""What a log leaves out of the records it keeps: values of parameters, and secrets of the run's own."""

from __future__ import annotations

from tdm_guard.secrecy.parameters import REDACTED, SECRETS, redacted, redacted_words

__all__ = ["REDACTED", "SECRETS", "redacted", "redacted_words"]
