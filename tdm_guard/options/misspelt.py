"""
Names that were meant for us: settings and variables whose first words are `TDM_GUARD`, written otherwise or misspelt.

What a framework or a process passes over in silence would leave an option as if nobody had given it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import SequenceMatcher

from tdm_guard.options.tokens import FILE_VARIABLE, VARIABLE
from tdm_guard.plain import MAX_NAME, nearest

_logger = logging.getLogger("tdm_guard")
PREFIX = "TDM_GUARD_"
CONFIG = f"{PREFIX}CONFIG"
_OURS = "TDMGUARD"
_OTHER_WORDS = ("IAN", "RAIL", "ING")  # that TDM_GUARD goes on as: guardian, guardrail
_BEGIN = ("T", "D")  # a first letter that is wrong too is left alone: names are many, and each is looked at
_VARIABLES = (CONFIG, VARIABLE, FILE_VARIABLE)
NEARLY = range(7, 10)  # letters of a first word that may be ours: one is missing, or one too many
NEAR = 0.82  # of 1: TDM_GAURD is ours, TDM_GRAPH and TDM_GUID are not


def meant_for_us(name: str) -> str | None:
    """What a name says after `TDM_GUARD`, however that is spelt; None for a name of somebody else's."""
    words = name[:MAX_NAME].upper().replace("-", "_").split("_")
    for count in (2, 1):  # TDM_GUARD_x, TDMGUARD_x
        first, rest = "".join(words[:count]), "_".join(words[count:])
        if first.startswith(tuple(_OURS + each for each in _OTHER_WORDS)):
            return None
        if first.startswith(_OURS):
            return "_".join(filter(None, (first.removeprefix(_OURS), rest)))  # TDMGUARDx, too
        if first[:1] in _BEGIN and len(first) in NEARLY and SequenceMatcher(None, first, _OURS).ratio() > NEAR:
            return rest
    return None


def setting(name: str, known: Iterable[str]) -> str | None:
    """The one of the `known` settings, all of which begin with the prefix, that is nearest to a name meant for us."""
    rests = {each.removeprefix(PREFIX): each for each in known}
    rest = meant_for_us(name)
    meant = nearest(rest, rests) if rest else None
    return rests[meant] if meant else None


def keywords(given: Iterable[str], own: Collection[str], options: Collection[str]) -> Iterator[str]:
    """A problem for each keyword `given` beside the `options` that is none, and was meant for one of the `own`."""
    for name in given:
        if name not in options and (meant := nearest(name, (*own, *options))) in own:
            yield f"{name}: unknown keyword; did you mean {meant}?"


def in_environment(environ: Mapping[str, str], given: Iterable[str], options: Collection[str]) -> Iterator[str]:
    """
    A problem for each variable that is misspelt, or that looks like an option, which no variable is.

    One that goes on from the name of ours, such as `TDM_GUARD_CONFIG_DIR`, may be the caller's: that is a warning only.

    Not for one whose option is `given` in another way: then it is the caller's own, who reads it.
    """
    elsewhere = set(given)
    for name in sorted(environ):
        rest = meant_for_us(name) if name not in _VARIABLES else None
        if rest is None:
            continue
        option, variable = rest.lower(), setting(name, _VARIABLES)
        if option in options and option not in elsewhere:
            yield (
                f"{name}: no environment variable is an option; give {option} where you give the others, or in a file "
                f"that {CONFIG} names"
            )
        elif name.startswith(f"{CONFIG}_") and name != f"{CONFIG}_FILE":
            _logger.warning("%s: this environment variable is not read; a file of options is named by %s", name, CONFIG)
        elif variable and not environ.get(variable) and not (variable == CONFIG and "config" in elsewhere):
            yield f"{name}: unknown environment variable; did you mean {variable}?"
