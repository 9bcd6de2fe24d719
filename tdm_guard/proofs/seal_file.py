"""
LOG.seal: what the runs in logs come to, in a file beside the first of them.

Two lines: the statement as compact JSON, which is what a signature is over, and perhaps the signature.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.record import TOOL
from tdm_guard.plain import timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from tdm_guard.proofs.tree_file import SealedRun

TYPE, VERSION = "tdm-guard-seal", 1
MAX_SEAL = 64 * 2**20  # bytes: 100,000 runs at some 600 each
MAX_SIGNATURE = 2**10  # bytes: the second line


def statement(runs: Iterable[SealedRun], files: Iterable[Mapping[str, Any]], now: datetime) -> bytes:
    """The first line of a LOG.seal, without its newline. Raises `ConfigurationError` for more than one can be."""
    stated = [
        {
            "run": run.run,
            "head": run.head,
            "ended": run.ended,
            "forgotten": run.forgotten,
            **run.trees,
            "redact": list(run.redact),
        }
        for run in runs
    ]
    found = {
        "type": TYPE,
        "v": VERSION,
        "made_at": timestamp(now),
        "tool": TOOL,
        "files": [{"name": file["name"], "bytes": file["bytes"], "sha256": file["sha256"]} for file in files],
        "runs": stated,
    }
    line = json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    if len(line) > MAX_SEAL - MAX_SIGNATURE:
        raise ConfigurationError(f"seal: {len(stated)} runs are too many for one seal; seal fewer logs at a time")
    return line


def beside(log: str, ending: str) -> Path:
    """Where the seal (`.seal`) or the index (`.tree`) of logs is whose first is `log`."""
    return Path(f"{log}{ending}")
