"""
The words of one AIPREF statement: which usages a Content-Usage value refuses, and which it permits.

    statement = Dictionary (RFC 9651); train-ai, ai-use, search = y / n          (vocab-08, 6)

strategy: to the letter a statement is a Dictionary, and only the tokens `y` and `n` say anything. The cautious posture
adds refusals that a reader can see in it: other spellings of `n`, labels that slipped among the parameters, labels of
older revisions, of other standards and of nobody, and those in a value that is no Dictionary at all. To the letter they
are doubts, so that nothing is permitted beside them. A repaired `y` is never heard. A key that stands twice counts by
its last member (RFC 9651 4.2); the cautious posture hears each, so that no order of lines matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from tdm_guard.formats.http.fields import BareItem, Dictionary, Form, Member, members, read_dictionary
from tdm_guard.signals.shared.refusing_vocabulary import CEILINGS, LABELS, says_no
from tdm_guard.signals.shared.refusing_words import refused_preference
from tdm_guard.signals.shared.repairs import join
from tdm_guard.usage import TDM, TRAINING, Usage

UNPARSED = "aipref-unparsed"
VALUE = "aipref-value"
PARAMETER = "aipref-parameter"
LEGACY = "aipref-legacy"
REPEATED = "aipref-repeated-key"
NEIGHBOUR = "aipref-neighbour"
UNKNOWN = "aipref-unknown-refusal"
NUMBER = "number"  # no repair: a label with 0 says nothing (vocab-08, 6), but it is no yes either
MAX_PIECES = 1024  # members of one statement (RFC 9651 3.2)

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

_find_pairs = re.compile(  # for what is no Dictionary: separators, blanks, quotes and case may be anything
    r"(?a)(?<![\w.*-])([A-Za-z][\w.-]{0,63})[\"']?\s*[=:]\s*[\"']?(\?0|[A-Za-z][A-Za-z-]{0,31})(?![\w-])"
).finditer


_USE = "use"
_NEIGHBOURS = frozenset(LABELS) | {_USE}
_YES, _NO, _ZERO = BareItem(Form.TOKEN, "y"), BareItem(Form.TOKEN, "n"), BareItem(Form.OTHER, "0")
_Occurrences = tuple[tuple[str, Member], ...]


class RefusedLabel(NamedTuple):
    """What one label refuses; `repair` where it takes the cautious posture to hear it."""

    label: str
    usages: tuple[Usage, ...]
    repair: str | None = None


class Preferences(NamedTuple):
    """
    One statement. `yes` are the labels it says `y` to: older ones permit nothing, they keep wider refusals out.

    `empty` is a value with nothing in it; `problems` are sentences about what is written against the grammar.
    """

    refusals: tuple[RefusedLabel, ...] = ()
    yes: frozenset[str] = frozenset()
    empty: bool = False
    problems: tuple[str, ...] = ()

    @property
    def permits(self) -> tuple[Usage, ...]:
        """The usages of the current labels it says `y` to."""
        return tuple([usage for label, usages in CURRENT.items() if label in self.yes for usage in usages])


def read_preferences(text: str, *, cautious: bool) -> Preferences:
    """Reads one statement on one line. Nothing in `text` raises."""
    return read_lines((text,), cautious=cautious)


def read_lines(lines: Sequence[str], *, cautious: bool) -> Preferences:
    """Reads one statement whose lines are one Dictionary (RFC 9651 4.2). Nothing in them raises."""
    text = ", ".join(lines)
    dictionary = read_dictionary(text)
    alone = [read_dictionary(line) for line in lines] if cautious and len(lines) > 1 else [dictionary]
    if dictionary.problem or any(line.problem for line in alone):
        return _broken(lines, alone, dictionary)
    if not dictionary.members:
        return Preferences(empty=True)
    pieces = members(text)
    once = tuple(dictionary.members.items())
    if len(pieces) == len(once):
        return _heard(once, dictionary)
    written = [read_dictionary(piece) for piece in pieces[:MAX_PIECES]]
    occurrences = tuple([item for each in written for item in each.members.items()])
    if not cautious:
        said = _heard(once, dictionary)
        return said._replace(problems=(*said.problems, *_overruled(occurrences, said)))
    unsure = {label for line in alone for label, member in line.members.items() if member.item != _YES}
    return _heard(occurrences, dictionary, frozenset(dictionary.members if len(pieces) > MAX_PIECES else unsure))


def _broken(lines: Sequence[str], alone: Sequence[Dictionary], whole: Dictionary) -> Preferences:
    """Lines of which one is no Dictionary, and so neither is the whole: what each line refuses."""
    message, position = whole.problem or next(line.problem for line in alone if line.problem)
    problem = f"no Dictionary (RFC 9651): {message}, at character {position + 1}"
    if len(lines) > len(alone):  # to the letter they were read as one
        return read_broken(", ".join(lines), problem)
    found: dict[RefusedLabel, None] = {}
    for text, line in zip(lines, alone, strict=True):
        heard = _seen(text) if line.problem else read_lines((text,), cautious=True).refusals
        for refusal in heard:
            found[refusal._replace(repair=join(UNPARSED, refusal.repair))] = None
    return Preferences(tuple(found), problems=(problem,))


def _overruled(occurrences: _Occurrences, said: Preferences) -> Iterator[str]:
    """What to the letter is passed over since the key stands again behind it."""
    heard = {refusal.label for refusal in said.refusals}
    for label in dict.fromkeys(label for label, member in occurrences if member.item == _NO):
        if label in CURRENT and label not in heard:
            yield f"a refusal is passed over: {label} stands again behind it"


def read_broken(text: str, problem: str) -> Preferences:
    """A text that is written against its grammar: the refusals a reader sees in it."""
    return Preferences(_seen(text), problems=(problem,))


def left_by(refusal: RefusedLabel, yes: frozenset[str], labels: Iterable[str] = ()) -> tuple[Usage, ...]:
    """The usages that `refusal` still reaches beside these labels with `y`: its own label, or narrower ones."""
    if refusal.label in yes:
        return ()
    covered: set[Usage] = set()
    for label in _NARROWER.get(refusal.label, ()):
        if label in yes:
            covered.update(_reach(label, {refusal.label, *labels}))
    return tuple(usage for usage in refusal.usages if usage not in covered)


def _heard(occurrences: _Occurrences, dictionary: Dictionary, unsure: frozenset[str] = frozenset()) -> Preferences:
    """
    What the members say; `dictionary` has of each key the one that counts to the letter.

    The `y` of a label in `unsure` does not count, nor that of one which is refused anywhere.
    """
    problems: dict[str, None] = {}
    found: dict[tuple[str, str | None], tuple[Usage, ...]] = {}
    counted = dictionary.members
    for label, member in occurrences:
        overruled = REPEATED if counted[label] != member else None
        for name, code, usages, problem in _words(label, member):
            if problem:
                problems[problem] = None
            if usages is not None and not (overruled and name == label and _refuses(counted[label].item)):
                found[name, code if code == NUMBER else join(overruled, code)] = usages
    no = {label for label, code in found if code != NUMBER}
    yes = frozenset(
        label for label in counted if label in _LABELS and counted[label].item == _YES and label not in unsure | no
    )
    refusals = [
        refusal
        for (label, repair), usages in found.items()
        for refusal in ((RefusedLabel(label, usages, repair),) if usages else _refusals(label, repair, yes, counted))
    ]
    return Preferences(tuple(refusals), yes, problems=tuple(problems))


def _words(label: str, member: Member) -> Iterator[tuple[str, str | None, tuple[Usage, ...] | None, str | None]]:
    """
    Of a member and each of its parameters: label, repair, usages and what is wrong with it.

    The usages are None if nothing is refused, and empty for a label of this vocabulary, which has its own.
    """
    item = member.item
    if label not in _LABELS:
        if usages := _of_others(label, item):
            yield label, _code(label), usages, f"{label} is no label of the vocabulary"
    elif item == _NO:
        yield label, None, (), f"{label} is a label of an older revision" if label in _OLDER else None
    elif item != _YES:
        refuses = _refuses(item) or item == _ZERO
        code = NUMBER if item == _ZERO else VALUE
        yield label, code, () if refuses else None, f"{label} is neither y nor n"
    for name, parameter in member.parameters.items():
        problem = f"{name} stands as a parameter of {label}"
        if name in _LABELS:
            if _refuses(parameter):
                yield name, PARAMETER, (), problem
        elif usages := _of_others(name, parameter):
            yield name, join(PARAMETER, _code(name)), usages, problem


def _refusals(label: str, repair: str | None, yes: frozenset[str], labels: Iterable[str]) -> Iterator[RefusedLabel]:
    """What a refusing label reaches: by vocab-08, and by the revision that its statement was written for."""
    current = CURRENT.get(label, ())
    if current:
        yield RefusedLabel(label, current, repair)
    older = RefusedLabel(label, tuple(u for u in _reach(label, labels) if u not in current), join(repair, LEGACY))
    left = left_by(older, yes - {label}, labels)
    if left:
        yield older._replace(usages=left)


def _seen(text: str) -> tuple[RefusedLabel, ...]:
    """The refusals that a reader sees in a text that is no Dictionary, each label once."""
    found: dict[str, RefusedLabel] = {}
    for pair in islice(_find_pairs(text), MAX_PIECES):
        label, word = pair[1].lower(), pair[2]
        if label in found:
            continue
        if label in _LABELS:
            if says_no(word):
                code = UNPARSED if label in CURRENT else join(UNPARSED, LEGACY)
                found[label] = RefusedLabel(label, _LABELS[label], code)
        elif usages := _of_others(label, BareItem(Form.TOKEN, word)):
            found[label] = RefusedLabel(label, usages, join(UNPARSED, _code(label)))
    return tuple(found.values())


def _of_others(label: str, item: BareItem) -> tuple[Usage, ...]:
    """What a label refuses that this vocabulary lacks: one of another standard, or of nobody that is about AI."""
    if label == _USE:
        return CEILINGS.get(item.text.lower(), ())
    return refused_preference(label, item.text)


def _code(label: str) -> str:
    return NEIGHBOUR if label in _NEIGHBOURS else UNKNOWN


def _reach(label: str, labels: Iterable[str]) -> tuple[Usage, ...]:
    """The usages of a label among `labels`: train-ai meant any model in -02 and -03."""
    present = set(labels)
    if label == "train-ai" and _GENERATIVE not in present and not _ANY_MODEL.isdisjoint(present):
        return TRAINING
    return _LABELS[label]


def _refuses(item: BareItem) -> bool:
    """True for `n`, `no` and other words that refuse, as token or string, and `?0`."""
    if item.form in (Form.TOKEN, Form.STRING):
        return says_no(item.text)
    return item == (Form.BOOLEAN, "?0")
