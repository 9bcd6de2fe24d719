"""
TDM·AI (Liccium; pages of 2024 to 2025-11-04): preferences bound to an ISCC, as JSON, each a `Right`.

    {"iscc": "ISCC:…", "all": "false", "ai-use": "true", "intent": "update", "reference": "bafy…"}      since 2025-07
    {"iscc": "ISCC:…", "tdm-reservation": 1, "tdm-policy": "https://…"}                                  2025-11
    {"iscc": "ISCC:…", "usagePermission": {"tdm": false, "aiTraining": false}}                           2025-03
    {"iscc": "ISCC:…", "TDMAI": false}                                                                   2024

`all` holds `train-ai`, which holds `train-genai`; each passes on to the next what that does not say itself. `ai-use`
and `search` stand alone. A value that is no yes is a no. One document, an array, JSON lines, or objects within others:
what has an `iscc` is a declaration. Signatures and credentials are not verified.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tdm_guard.formats.rights import MAX_RIGHTS, Right, ordered
from tdm_guard.formats.rows.row import RowsError
from tdm_guard.plain import bounded
from tdm_guard.usage import TDM, TRAINING, Usage

MAX_DEPTH = 16  # of objects and arrays around a declaration

_NAMES = {
    "all": "all", "tdm": "all", "trainai": "train", "aitraining": "train", "traingenai": "generate",
    "generativeai": "generate", "generativeaitraining": "generate", "tdmai": "train", "aiuse": "use",
    "inference": "use", "aiinference": "use", "search": "search", "tdmreservation": "reservation",
}  # fmt: skip
_YES = frozenset({"true", "y", "yes", "1", "allowed", "permitted", "usagepermission"})
_HOLDING = ("usagePermission", "usagePreferences", "preferences")  # members in which the preferences may stand
_IDS = ("cid", "declarationId", "declaration_id", "id", "@id")


def read_rights(text: str) -> Iterator[Right]:
    """The declarations in a text. Raises `RowsError` if it is no JSON or holds none; nothing in it raises else."""
    found: list[dict[str, Any]] = []
    for value in _values(text):
        _find(value, found, MAX_DEPTH)
    if not found:
        raise RowsError("holds no object with an iscc")
    replaced = {each["reference"] for each in found if isinstance(each.get("reference"), str)}
    for number, each in enumerate(found, 1):
        yield _right(each, number, replaced)


def _values(text: str) -> Iterator[Any]:
    try:
        whole = [json.loads(text)]
    except RecursionError:
        raise RowsError("nested too deeply") from None
    except ValueError as error:
        whole = []
        if len([line for line in text.split("\n") if line.strip()]) < 2:
            raise RowsError(f"no JSON: {error}") from None
    if whole:
        yield from whole
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as error:
                raise RowsError(f"line {number}: no JSON: {error}") from None


def _find(value: Any, found: list[dict[str, Any]], depth: int) -> None:
    if depth == 0 and isinstance(value, dict | list):
        raise RowsError(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        if "iscc" in value:
            if len(found) >= MAX_RIGHTS:
                raise RowsError(f"holds more than {MAX_RIGHTS} objects with an iscc")
            found.append(value)
        else:
            for each in value.values():
                _find(each, found, depth - 1)
    elif isinstance(value, list):
        for each in value:
            _find(each, found, depth - 1)


def _right(value: dict[str, Any], number: int, replaced: set[str]) -> Right:
    given = value["iscc"]
    codes = [each for each in (given if isinstance(given, list) else [given]) if isinstance(each, str) and each.strip()]
    members = _members(value)
    said = dict(_preferences(members))
    policy = value.get("tdm-policy")
    return Right(
        number=number,
        keys=tuple(("iscc", code) for code in codes),
        usages=_reserved(said),
        words=bounded(", ".join(f"{json.dumps(name)}: {json.dumps(each)}" for _, name, each in members)) or None,
        name=_text(value, "declarer", "rightsholder", "creator", "name"),
        registry=_text(value, "registry"),
        licence=policy if isinstance(policy, str) and policy.lower().startswith(("https://", "http://")) else None,
        contact=_text(value, "contact", "email"),
        replaced=any(isinstance(value.get(name), str) and value[name] in replaced for name in _IDS),
        problem=None if codes else "an iscc that is no text",
    )


def _members(value: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """The members that speak of a kind of use: the kind, name and value."""
    members = [(name, each) for name, each in value.items() if name not in _HOLDING]
    for holder in _HOLDING:
        if isinstance(inside := value.get(holder), dict):
            members += inside.items()
    kinds = ((_NAMES.get("".join(filter(str.isalnum, name.lower()))), name, each) for name, each in members)
    return [(kind, name, each) for kind, name, each in kinds if kind is not None and each is not None and each != ""]


def _preferences(members: list[tuple[str, str, Any]]) -> Iterator[tuple[str, bool]]:
    """What is said of each kind of use, and whether it is allowed; where something is said twice, the no counts."""
    said: dict[str, bool] = {}
    for kind, _, each in members:
        yes = each is True or str(each).strip().lower() in _YES
        if kind == "reservation":
            kind, yes = "all", each is False or str(each).strip() == "0"  # noqa: PLW2901
        said[kind] = said.get(kind, True) and yes
    yield from said.items()


def _reserved(said: dict[str, bool]) -> tuple[Usage, ...]:
    everything = said.get("all", True)
    train = said.get("train", everything)
    allowed = {
        **dict.fromkeys(TDM, everything),
        **dict.fromkeys(TRAINING, train),
        Usage.GENAI_TRAINING: said.get("generate", train),
        Usage.AI_INPUT: said.get("use", everything),
        Usage.SEARCH: said.get("search", True),
    }
    return ordered(usage for usage, yes in allowed.items() if not yes)


def _text(value: dict[str, Any], *names: str) -> str | None:
    found = (value.get(name) for name in names)
    return next((each.strip() for each in found if isinstance(each, str) and each.strip()), None)
