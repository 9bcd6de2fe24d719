"""What content is collected for: seven usages that exclude each other, and two umbrellas that name several."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from tdm_guard.errors import ConfigurationError
from tdm_guard.plain import suggested


class Usage(StrEnum):
    """One thing content is collected for, or an umbrella over several (`AI_TRAINING`, `TDM`)."""

    ANALYSIS = "analysis"
    """Automated analysis that neither trains nor feeds a model."""
    NONGENAI_TRAINING = "nongenai-training"
    """Training models that do not generate content."""
    GENAI_TRAINING = "genai-training"
    """Training or fine-tuning models that can generate content."""
    AI_INPUT = "ai-input"
    """Input to a trained model: retrieval, grounding, inference."""
    AI_INDEX = "ai-index"
    """An AI system's own index."""
    SEARCH = "search"
    """A search engine that links to the source."""
    ARCHIVE = "archive"
    """Keeping copies for preservation and reading."""
    AI_TRAINING = "ai-training"
    """Both trainings."""
    TDM = "tdm"
    """The first five: text and data mining, Art. 2(2) of Directive (EU) 2019/790."""


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
