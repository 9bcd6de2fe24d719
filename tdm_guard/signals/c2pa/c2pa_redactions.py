"""
Assertions that a C2PA manifest no longer holds, by the addresses that are left of them (C2PA 2.x, 6.8 and 10.3.2.2.3).

Whoever signs the next version of a file may take out assertions of the manifests before it, and it stays valid. Their
addresses stand in `redactions`, in an action `c2pa.redacted`, or only in what was found when the ingredient was
validated. Nobody can tell what was said there.

    address = "self#jumbf=" ( "/c2pa/" manifest "/" ) "c2pa.assertions/" label [ "__" number ]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from tdm_guard.signals.c2pa.c2pa_entries import is_ours

_MANIFEST = "/c2pa/"
_ASSERTIONS = "c2pa.assertions/"
_ACTIONS = "c2pa.actions"
_REDACTED = "c2pa.redacted"
_RESULTS = ("success", "informational", "failure")


class Redaction(NamedTuple):
    """The address of an assertion on training and data mining that is gone, and the member that names it."""

    address: str
    member: str

    def is_of(self, manifests: set[str]) -> bool:
        """True if the assertion stood in one of these manifests."""
        return any(f"{_MANIFEST}{name}/" in self.address for name in manifests)


def redactions(manifest: Mapping[object, object], manifests: Mapping[object, object]) -> Iterator[Redaction]:
    """The assertions of ours that a manifest takes out of those before it, or whose absence from a parent shows."""
    yield from (found for found in chain(_listed(manifest), _in_actions(manifest)) if is_ours(_label(found.address)))
    yield from _remembered(manifest, manifests)


def _listed(manifest: Mapping[object, object]) -> Iterator[Redaction]:
    for item in _each(manifest.get("redactions")):
        yield Redaction(_address(item), "redactions")


def _in_actions(manifest: Mapping[object, object]) -> Iterator[Redaction]:
    for assertion in _maps(manifest.get("assertions")):
        if str(assertion.get("label")).startswith(_ACTIONS):
            for action in _maps(_member(assertion.get("data"), "actions")):
                if action.get("action") == _REDACTED:
                    for item in _each(_member(action.get("parameters"), "redacted")):
                        yield Redaction(_address(item), _REDACTED)


def _remembered(manifest: Mapping[object, object], manifests: Mapping[object, object]) -> Iterator[Redaction]:
    """What was seen in a parent when it was validated, and is not in it any more."""
    for ingredient in _maps(manifest.get("ingredients")):
        if ingredient.get("relationship") != "parentOf":
            continue
        seen = sorted({address for address in _validated(ingredient) if is_ours(_label(address))})
        if seen:
            parent = manifests.get(str(ingredient.get("active_manifest")))
            told = Counter(_plain(_label(address)) for address in seen)
            held = Counter(_plain(str(assertion.get("label"))) for assertion in _maps(_member(parent, "assertions")))
            gone = told - held
            yield from (Redaction(address, "ingredients") for address in seen if _plain(_label(address)) in gone)


def _validated(ingredient: Mapping[object, object]) -> Iterator[str]:
    results = _member(_member(ingredient, "validation_results"), "activeManifest")
    for kind in _RESULTS:
        for item in _maps(_member(results, kind)):
            if _ASSERTIONS in (address := str(item.get("url"))):
                yield address


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else None


def _maps(value: object) -> Iterator[Mapping[object, object]]:
    return (item for item in (value if isinstance(value, list) else ()) if isinstance(item, Mapping))


def _each(value: object) -> Iterator[object]:
    return iter(value if isinstance(value, list) else () if value is None else (value,))


def _address(item: object) -> str:
    return str(item.get("url")) if isinstance(item, Mapping) else str(item)


def _label(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def _plain(label: str) -> str:
    """A label without the number by which assertions of one label are told apart."""
    name, _, number = label.rpartition("__")
    return name if name and number.isdecimal() else label
