"""
Declarations over a repertoire (`docs/repertoires.md`): heard where works are matched, not in a document of a site.

The declarations themselves, and how works are matched, are in `tdm_guard.repertoire`; this is the entry in the list.
"""

from __future__ import annotations

from tdm_guard.signals.shape import Signal
from tdm_guard.usage import EVERY

SIGNAL = Signal(
    name="repertoire",
    title="Declarations over a repertoire",
    spec="Directive (EU) 2019/790 Art. 4(3), recital 18: unilateral declarations; France: CPI L122-5-3 III",
    usages=EVERY,
)
