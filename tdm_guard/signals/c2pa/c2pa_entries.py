"""
The entries of a C2PA assertion on training and data mining: what one key says, in whatever shape it comes.

    data    = { "entries": { key: entry }, ? "metadata": … }
    key     = "cawg." / "c2pa." ( "data_mining" / "ai_training" / "ai_generative_training" / "ai_inference" ) / custom
    entry   = { "use": "allowed" / "notAllowed" / "constrained", ? "constraint_info": text }

The prefix is the label's own. The specification spells the text `constraint_info` in its schema, `constraints_info` in
its prose. All other shapes are repairs: heard for refusals alone, and with caution.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tdm_guard.model import Stance
from tdm_guard.usage import Usage

_KEYS = {
    "data_mining": Usage.ANALYSIS,
    "ai_training": Usage.NONGENAI_TRAINING,  # by its definition models that do not generate
    "ai_generative_training": Usage.GENAI_TRAINING,
    "ai_inference": Usage.AI_INPUT,
}
USAGES = tuple(_KEYS.values())
LABEL = re.compile(r"(cawg|c2pa)\.training-mining(?:__\d+)?")
MAX_NAME = 200  # characters of a label or key whose words are looked at
_USES = {"notAllowed": Stance.RESERVED, "constrained": Stance.RESERVED, "allowed": Stance.PERMITTED}
_FOLDED = {use.lower(): stance for use, stance in _USES.items()}
_USE = "use"
_TEXTS = ("constraint_info", "constraints_info")
_OWN = frozenset({_USE, *_TEXTS})  # members of one entry
_JOINTS = re.compile(r"[\s_-]+")
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ABOUT = re.compile(
    r"(?<![a-z])(?:genai|ai|ml|llm|data|text|model)?"
    r"(?:(?P<training>train(?:ing)?|learning)|(?P<mining>mining|tdm|scraping)|(?P<input>inference|rag|grounding))(?![a-z])"
)

# Codes of repairs.
NO_WRAPPER = "missing_entries"
NO_MAP = "entries_not_map"
MIXED_PREFIX = "mixed_prefix"
OTHER_KEY = "non_canonical_property"
OTHER_VALUE = "non_canonical_value"
OTHER_LABEL = "non_canonical_label"
UNKNOWN_VALUE = "unknown_value"


class AssertionEntry(NamedTuple):
    """
    One key with what is said of it, and the repair under which it is one at all.

    An empty key: something is said, and not of what.
    """

    key: str
    said: object
    repair: str | None = None


def read_entries(data: object) -> list[AssertionEntry] | None:
    """The entries in whatever form they come; None if there is no telling."""
    if not isinstance(data, Mapping):
        return None
    if "entries" not in data:  # so the schema of version 1.0 had it
        return _mapped({key: said for key, said in data.items() if key != "metadata"}, NO_WRAPPER)
    entries = data["entries"]
    if isinstance(entries, Mapping):
        return _mapped(entries, NO_MAP if _USE in entries else None)
    if not isinstance(entries, list) or not all(isinstance(item, Mapping) for item in entries):
        return None
    return list(_listed_entries(entries))


def _mapped(entries: Mapping[object, object], repair: str | None) -> list[AssertionEntry]:
    found = [AssertionEntry(str(key), said, repair) for key, said in entries.items() if key not in _OWN]
    if _USE in entries:  # an entry itself, without a key that says of what
        found.append(AssertionEntry("", entries, repair))
    return found


def _listed_entries(entries: list[Mapping[object, object]]) -> Iterator[AssertionEntry]:
    for item in entries:
        name = next((item[word] for word in ("name", "key", "label") if isinstance(item.get(word), str)), None)
        if name is not None or _USE in item:  # an interface of an SDK writes entries without their keys
            yield AssertionEntry(str(name or ""), item, NO_MAP)
        else:
            yield from (AssertionEntry(str(key), said, NO_MAP) for key, said in item.items())


def usage_of(key: str, prefix: str) -> tuple[Usage | None, str | None]:
    """What a key speaks of, and the repair under which it does."""
    own, _, word = key.partition(".")
    if own == prefix and word in _KEYS:
        return _KEYS[word], None
    if own.lower() not in ("cawg", "c2pa"):
        return None, None
    usage = _KEYS.get(word.lower().replace("-", "_"))
    return usage, MIXED_PREFIX if own.lower() != prefix and word in _KEYS else OTHER_KEY


def about(name: str) -> tuple[Usage, ...]:
    """The usages that the words of a label or key are about, if they are about training or mining; else none."""
    words = _HUMPS.sub("_", name[:MAX_NAME]).lower()
    found = list(_ABOUT.finditer(words))
    if not found:
        return ()
    spoken: set[Usage] = set()
    for each in found:
        if each["training"]:
            spoken.add(Usage.GENAI_TRAINING)
            if "genai" not in words and "generative" not in words:
                spoken.add(Usage.NONGENAI_TRAINING)
        elif each["mining"]:
            spoken.add(Usage.ANALYSIS)
        else:
            spoken.add(Usage.AI_INPUT)
    return tuple(usage for usage in USAGES if usage in spoken)


def is_ours(label: str) -> bool:
    """True of the assertion's labels, and of others whose words are about training or mining."""
    return bool(LABEL.fullmatch(label) or about(label))


def stance_of(said: object) -> tuple[Stance, str | None]:
    """What an entry says, and the repair under which it does: a use that is unknown is taken for a refusal."""
    use = said.get("use") if isinstance(said, Mapping) else said
    repair = None if isinstance(said, Mapping) else NO_MAP
    if isinstance(use, str):
        if use in _USES:
            return _USES[use], repair
        folded = _FOLDED.get(_JOINTS.sub("", use.lower()))
        if folded is not None:
            return folded, repair or OTHER_VALUE
    return Stance.RESERVED, UNKNOWN_VALUE


def text_of(said: object) -> str | None:
    """The text beside a constraint."""
    if not isinstance(said, Mapping):
        return None
    return next((said[name] for name in _TEXTS if isinstance(said.get(name), str) and said[name]), None)
