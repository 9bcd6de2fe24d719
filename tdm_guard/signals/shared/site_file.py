"""Text files of a site that may well be missing (ai.txt, trust.txt): which answers hold one at all."""

from __future__ import annotations

from tdm_guard.formats.site.tdmrep_json import is_page
from tdm_guard.model import Fault, Fetched, Result, Source
from tdm_guard.signals.shape import DocumentReading

NOT_GIVEN = frozenset({402, 408, 425, 429})  # sold, or not now: that says nothing of whether there is one


def without_file(fetched: Fetched, source: Source, signal: str) -> DocumentReading | None:
    """
    What an answer that holds no such file means; None if its body is to be read.

    Nothing is held back because such a file cannot be had: unlike robots.txt it is no condition of access. What an
    older copy reserved stays in force, and the failure is in the record.
    """
    status = fetched.status
    reason = fetched.error
    if reason is None and (status is None or not 200 <= status < 500 or 300 <= status < 400 or status in NOT_GIVEN):
        reason = "no answer" if status is None else f"status {status}"
    if reason is not None:
        fault = Fault.at(source, f"the file could not be had: {reason}", signal=signal)
        return DocumentReading(result=Result.UNREACHABLE, faults=(fault,))
    if (status is not None and status >= 400) or not fetched.body.strip() or is_page(fetched.body):
        return DocumentReading(result=Result.ABSENT)
    return None
