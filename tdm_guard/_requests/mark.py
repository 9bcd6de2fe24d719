"""
What travels with a request: the trail of its redirects, and what the caller knows of the work.

`PreparedRequest.copy`, of which redirects and answers to challenges are made, takes the `hooks` along as they are, and
nothing else that is ours to add to. So the mark is on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Hooks(dict[str, Any]):
    """The hooks of a request, with what is ours to know of it."""

    __slots__ = ("item", "trail")

    def __init__(self, hooks: Mapping[str, Any]) -> None:
        super().__init__(hooks)
        self.item: object = None
        self.trail: Any = None

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # what it says is of this run


def marked(request: Any) -> Hooks:
    """The mark of a request, put there if it has none."""
    hooks = request.hooks
    if not isinstance(hooks, Hooks):
        hooks = request.hooks = Hooks(hooks or {})
    return hooks
