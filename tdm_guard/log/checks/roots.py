"""The roots that a run states at its end, held against those that its records come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tdm_guard.log.bodies import shown
from tdm_guard.log.members import is_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TREES = ("decisions", "addresses", "domains")


class Roots(Protocol):
    """The trees of one run, as they grow."""

    def decided(self, digest: str, addresses: Sequence[str]) -> None:
        """Takes in a decision by its hash, and the addresses of what it admitted."""

    def stated(self) -> Mapping[str, Any]:
        """The trees as an end record states them."""

    def close(self) -> None:
        """Gives the space back."""


def root_problems(stated: object, found: Mapping[str, Any], *, forgotten: bool) -> Iterator[tuple[str, bool]]:
    """What is wrong with the stated trees; each with True if it is one that nobody can be blamed for."""
    if not isinstance(stated, dict):
        yield f"trees {shown(stated)} of an end record are none", False
        return
    for name in TREES:
        entry = stated.get(name)
        if not isinstance(entry, dict) or not is_size(entry.get("size")) or not isinstance(entry.get("root"), str):
            yield f"the tree of {name} is stated as {shown(entry)}: no size and root", False
        elif forgotten and name != "decisions":
            yield f"the tree of {name} cannot be recomputed: addresses are not in the log (any more)", True
        elif name == "domains" and entry.get("suffixes") != found[name].get("suffixes"):
            yield "the tree of domains is not recomputed: it was made with another public suffix list", True
        elif (entry["size"], entry["root"]) != (found[name]["size"], found[name]["root"]):
            yield (
                f"the tree of {name} is stated as {_spelt(entry)}, but the records come to {_spelt(found[name])}",
                False,
            )


def _spelt(entry: Mapping[str, Any]) -> str:
    return f"{entry['size']}:{str(entry['root'])[:16]}…"
