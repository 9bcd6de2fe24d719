"""What `verify` says of a log."""

from __future__ import annotations

from pathlib import Path

from tdm_guard.log.reader import read_log
from tdm_guard.log.verify import LogSeverity, Verification


def flaws(*paths: Path, remarks: bool = True) -> list[str]:
    """What is wrong with the log in these files, remarks too."""
    findings = Verification().findings(read_log(paths))
    return [str(found) for found in findings if remarks or found.severity is LogSeverity.ERROR]
