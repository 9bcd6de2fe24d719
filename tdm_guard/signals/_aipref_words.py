"""
The words of one AIPREF statement: which usages a Content-Usage value refuses, and which it permits.

    statement = Dictionary (RFC 9651); train-ai, ai-use, search = y / n          (vocab-08, 6)

strategy: to the letter a statement is a Dictionary, and only the tokens `y` and `n` say anything. The cautious posture
adds refusals that a reader can see in it: other spellings of `n`, labels that slipped among the parameters, labels of
older revisions, and those in a value that is no Dictionary at all. A repaired `y` is never heard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tdm_guard.formats.fields import Dictionary, Form, Item, read_dictionary
from tdm_guard.usage import TDM, TRAINING, Usage

UNPARSED = "aipref-unparsed"
VALUE = "aipref-value"
PARAMETER = "aipref-parameter"
LEGACY = "aipref-legacy"

_GENAI = (Usage.GENAI_TRAINING,)
_ALL = (*TDM, Usage.SEARCH)
CURRENT: Mapping[str, tuple[Usage, ...]] = {
    "train-ai": _GENAI,
    "ai-use": (Usage.AI_INPUT,),
    "search": (Usage.SEARCH,),
}
# Labels of vocab-01 to -04; a `y` of one that stands under another keeps the wider refusal out.
_OLDER: Mapping[str, tuple[Usage, ...]] = {
    "tdm": _ALL,  # -01
    "ai": TRAINING,  # -01
    "genai": _GENAI,  # -01
    "inference": (Usage.AI_INPUT,),  # -01
    "all": _ALL,  # -02
    "train-genai": _GENAI,  # -02, -03
    "bots": _ALL,  # -03, -04
    "ai-output": (Usage.AI_INPUT, Usage.AI_INDEX, Usage.SEARCH),  # -04
}
_NARROWER: Mapping[str, tuple[str, ...]] = {
    "tdm": ("ai", "genai", "search", "inference"),
    "ai": ("genai",),
    "all": ("train-ai", "train-genai", "ai-use", "search"),
    "bots": ("train-ai", "train-genai", "ai-output", "search"),
    "train-ai": ("train-genai",),
    "ai-output": ("search",),
}
_LABELS: Mapping[str, tuple[Usage, ...]] = {**_OLDER, **CURRENT}
_ANY_MODEL = frozenset({"all", "bots", "train-genai"})  # beside one of these, train-ai is that of -02 or -03
_GENERATIVE = "ai-output"  # -04, in which train-ai no longer meant any model

_REFUSALS = frozenset({"n", "no"})
_find_refusals = re.compile(  # for what is no Dictionary: separators, blanks, quotes and case may be anything
    rf"(?ai)(?<![\w.*-])({'|'.join(sorted(_LABELS, key=len, reverse=True))})[\"']?\s*[=:]\s*[\"']?(?:n|no|\?0)(?![\w-])"
).finditer


class Refusal(NamedTuple):
    """What one label refuses; `repair` where it takes the cautious posture to hear it."""

    label: str
    usages: tuple[Usage, ...]
    repair: str | None = None


class Preferences(NamedTuple):
    """
    One statement. `yes` are the labels it says `y` to: older ones permit nothing, they keep wider refusals out.

    `empty` is a value with nothing in it; `problems` are sentences about what is written against the grammar.
    """

    refusals: tuple[Refusal, ...] = ()
    yes: frozenset[str] = frozenset()
    empty: bool = False
    problems: tuple[str, ...] = ()

    @property
    def permits(self) -> tuple[Usage, ...]:
        """The usages of the current labels it says `y` to."""
        return tuple([usage for label, usages in CURRENT.items() if label in self.yes for usage in usages])


def read_preferences(text: str, *, cautious: bool) -> Preferences:
    """Reads one statement. Nothing in `text` raises."""
    dictionary = read_dictionary(text)
    if dictionary.problem:
        message, position = dictionary.problem
        problem = f"no Dictionary (RFC 9651): {message}, at character {position + 1}"
        return read_broken(text, problem, cautious=cautious)
    return _heard(dictionary, cautious=cautious) if dictionary.members else Preferences(empty=True)


def read_broken(text: str, problem: str, *, cautious: bool) -> Preferences:
    """A text that is written against its grammar: the refusals a reader sees in it, for the cautious posture."""
    return Preferences(_seen(text) if cautious else (), problems=(problem,))


def left_by(refusal: Refusal, yes: frozenset[str], labels: Iterable[str] = ()) -> tuple[Usage, ...]:
    """The usages that `refusal` still reaches beside these labels with `y`: its own label, or narrower ones."""
    if refusal.label in yes:
        return ()
    covered: set[Usage] = set()
    for label in _NARROWER.get(refusal.label, ()):
        if label in yes:
            covered.update(_reach(label, {refusal.label, *labels}))
    return tuple(usage for usage in refusal.usages if usage not in covered)


def _heard(dictionary: Dictionary, *, cautious: bool) -> Preferences:
    members = dictionary.members
    known = _LABELS if cautious else CURRENT
    problems: list[str] = []
    found: list[tuple[str, str | None]] = []
    yes: set[str] = set()
    for label, member in members.items():
        if label in known:
            if member.item == (Form.TOKEN, "y"):
                yes.add(label)
            elif member.item == (Form.TOKEN, "n"):
                found.append((label, None))
            else:
                problems.append(f"{label} is neither y nor n")
                if _refuses(member.item):
                    found.append((label, VALUE))
        for name, parameter in member.parameters.items():
            if name in known and _refuses(parameter):
                problems.append(f"{name} stands as a parameter of {label}")
                found.append((name, PARAMETER))
    refusals = [
        refusal
        for label, repair in found
        for refusal in _refusals(label, repair, frozenset(yes), members)
        if cautious or refusal.repair is None
    ]
    return Preferences(tuple(refusals), frozenset(yes), problems=tuple(problems))


def _refusals(label: str, repair: str | None, yes: frozenset[str], labels: Iterable[str]) -> Iterator[Refusal]:
    """What a refusing label reaches: by vocab-08, and by the revision that its statement was written for."""
    current = CURRENT.get(label, ())
    if current:
        yield Refusal(label, current, repair)
    older = Refusal(label, tuple(u for u in _reach(label, labels) if u not in current), join(repair, LEGACY))
    left = left_by(older, yes - {label}, labels)
    if left:
        yield older._replace(usages=left)


def _seen(text: str) -> tuple[Refusal, ...]:
    """The refusals that a reader sees in a text that is no Dictionary, each label once."""
    labels = dict.fromkeys(found[1].lower() for found in _find_refusals(text))
    return tuple(
        Refusal(label, _LABELS[label], UNPARSED if label in CURRENT else join(UNPARSED, LEGACY)) for label in labels
    )


def _reach(label: str, labels: Iterable[str]) -> tuple[Usage, ...]:
    """The usages of a label among `labels`: train-ai meant any model in -02 and -03."""
    present = set(labels)
    if label == "train-ai" and _GENERATIVE not in present and not _ANY_MODEL.isdisjoint(present):
        return TRAINING
    return _LABELS[label]


def _refuses(item: Item) -> bool:
    """True for `n`, `no`, their strings, in any case, and `?0`; a number or an inner list says nothing."""
    if item.form in (Form.TOKEN, Form.STRING):
        return item.text.lower() in _REFUSALS
    return item == (Form.BOOLEAN, "?0")


def join(*repairs: str | None) -> str | None:
    """Repair codes, or several in one word, as one word in their order."""
    return ",".join(dict.fromkeys(code for repair in repairs if repair for code in repair.split(","))) or None
