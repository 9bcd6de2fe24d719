"""What content is collected for: seven usages that exclude each other, and two umbrellas that name several."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from tdm_guard.errors import ConfigurationError
from tdm_guard.plain import suggested


class Usage(StrEnum):
    """One thing content is collected for, or an umbrella over several (`AI_TRAINING`, `TDM`)."""

    ANALYSIS = "analysis"
    NONGENAI_TRAINING = "nongenai-training"
    GENAI_TRAINING = "genai-training"
    AI_INPUT = "ai-input"
    AI_INDEX = "ai-index"
    SEARCH = "search"
    ARCHIVE = "archive"
    AI_TRAINING = "ai-training"
    TDM = "tdm"


TRAINING = (Usage.NONGENAI_TRAINING, Usage.GENAI_TRAINING)
TDM = (Usage.ANALYSIS, *TRAINING, Usage.AI_INPUT, Usage.AI_INDEX)  # Directive (EU) 2019/790, Art. 2(2)
EVERY = (*TDM, Usage.SEARCH, Usage.ARCHIVE)
_UMBRELLAS = {Usage.AI_TRAINING: TRAINING, Usage.TDM: TDM}


def expand(names: Iterable[str]) -> tuple[Usage, ...]:
    """
    The plain usages that `names` stand for, in the order of the enumeration.

    Raises `ConfigurationError` for an unknown name or for none at all.
    """
    wanted: set[Usage] = set()
    given = [names] if isinstance(names, str) else list(names)
    for name in given:
        try:
            usage = Usage(name)
        except ValueError:
            raise ConfigurationError(
                f"usages: {name!r} is not a usage{suggested(str(name), Usage, lead='one of')}"
            ) from None
        wanted.update(_UMBRELLAS.get(usage, (usage,)))
    if not wanted:
        raise ConfigurationError('usages: none given; for example {"tdm"}')
    return tuple(usage for usage in EVERY if usage in wanted)
