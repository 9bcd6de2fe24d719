"""The roots that a run states at its end, held against those that its records come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tdm_guard.log.bodies import shown
from tdm_guard.log.members import is_digest, is_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TREES = ("decisions", "addresses", "domains")
_TREE = frozenset({"size", "root"})
_DOMAINS = _TREE | {"suffixes"}


class Roots(Protocol):
    """The trees of one run, as they grow."""

    def decided(self, digest: str, addresses: Sequence[str]) -> None:
        """Takes in a decision by its hash, and the addresses of what it admitted."""

    def extend(self, hashes: Sequence[bytes], addresses: Sequence[bytes]) -> None:
        """Takes in decisions in a row, by their hashes as they are spelt, and the addresses of what they admitted."""

    def stated(self) -> Mapping[str, Any]:
        """The trees as an end record states them."""

    def close(self) -> None:
        """Gives the space back."""


def shape_problems(stated: object) -> Iterator[str]:
    """What in stated trees is none, whatever the records come to."""
    if not isinstance(stated, dict):
        yield f"trees {shown(stated)} of an end record are none"
        return
    for name in TREES:
        entry = stated.get(name)
        members = _DOMAINS if name == "domains" else _TREE
        if not isinstance(entry, dict) or entry.keys() != members:
            yield f"the tree of {name} is stated as {shown(entry)}: its members are not {', '.join(sorted(members))}"
        elif not is_size(entry["size"]) or not is_digest(entry["root"]):
            yield f"the tree of {name} is stated as {shown(entry)}: no size and root"
        elif "suffixes" in members and not is_digest(entry["suffixes"]):
            yield f"the tree of {name} is stated as {shown(entry)}: suffixes is no digest of a public suffix list"


def root_problems(
    stated: Mapping[str, Any], found: Mapping[str, Any], *, forgotten: bool
) -> Iterator[tuple[str, bool, bool]]:
    """What is to say of stated trees that have their shape; is it an error, and if not, does nobody doubt it?"""
    for name in TREES:
        entry = stated[name]
        if forgotten and name != "decisions":
            words = f"the tree of {name} cannot be recomputed: addresses are not in the log (any more)"
            yield words, False, True
        elif name == "domains" and entry.get("suffixes") != found[name].get("suffixes"):
            words = "the tree of domains is not recomputed: it was made with another public suffix list"
            yield words, False, False
        elif (entry["size"], entry["root"]) != (found[name]["size"], found[name]["root"]):
            words = f"the tree of {name} is stated as {_spelt(entry)}, but the records come to {_spelt(found[name])}"
            yield words, True, False


def _spelt(entry: Mapping[str, Any]) -> str:
    return f"{entry['size']}:{str(entry['root'])[:16]}…"
