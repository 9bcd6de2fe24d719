"""What the run record says of the options: all that a run was told, and their digest."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from tdm_guard.log.record import RunInfo

if TYPE_CHECKING:
    from tdm_guard.options import Options


def run_info(options: Options) -> RunInfo:
    """The run record of a run with these options."""
    described = options.describe()
    spelled = json.dumps(described, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return RunInfo(
        usages=options.usages,
        agent=options.agent,
        posture=options.posture,
        mode=options.mode,
        operator=described["operator"],
        signals=tuple(signal.name for signal in options.signals),
        config_sha256=hashlib.sha256(spelled.encode("ascii")).hexdigest(),
        repertoire=options.holdings.sources,
        evidence=options.evidence,
        excluded_sites=options.exclusions.sources,
        retain_until=options.retain_until,
    )
