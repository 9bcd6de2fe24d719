"""
What was made of the same options before: for functions that take options at every call.

strategy: what is made is known by a copy of the options, so that neither a list that its caller changes nor a value
that only is equal (`True`, `1`) is taken for the same. Options that name files are never known: a file may have
changed since. What is known is one tuple that is replaced as a whole: threads and forks see one or the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Generic, TypeVar

from tdm_guard.holdings.files import BUNDLED
from tdm_guard.options import HELD

T = TypeVar("T")

MAX_KNOWN = 8  # options that are known at a time, each with a judge of some kilobytes: a program has a handful
_FILES = (*HELD, "excluded_sites")
_LOOSE = (bool, int, float)  # of different kinds and yet equal
_PLAIN: frozenset[Any] = frozenset({str, type(None), date, datetime, *_LOOSE})
_GROUPS: frozenset[Any] = frozenset({list, tuple, set, frozenset})


class Remembered(Generic[T]):
    """The last things that `make` made of options."""

    def __init__(self, make: Callable[[Mapping[str, Any]], T]) -> None:
        self._make = make
        # each with a copy of its options, and how they were written if equal ones may differ
        self._known: tuple[tuple[dict[str, Any], str | None, T], ...] = ()

    def known(self, options: Mapping[str, Any]) -> T | None:
        """What was made of the same options lately; None if nothing was."""
        try:
            for kept, written, made in self._known:
                if kept == options and (written is None or written == repr(options)):
                    return made
        except Exception:  # noqa: BLE001 - values that cannot be compared, such as arrays, are not the same
            return None
        return None

    def made(self, options: Mapping[str, Any]) -> T:
        """What is made of options, which is known from now on. Raises what making it does."""
        made = self._make(options)
        if not any(_may_change(options.get(name)) for name in _FILES):
            try:
                kept = _copied(options)
            except TypeError:  # values of a caller's own, which may be anything
                return made
            written = repr(options) if _is_loose(kept) else None
            self._known = ((kept, written, made), *self._known[: MAX_KNOWN - 1])
        return made


def _may_change(names: Any) -> bool:
    """True for names of files, unless all of them are part of the package."""
    if names is None:
        return False
    if names.__class__ is str:
        names = names.split(",")
    if names.__class__ not in _GROUPS:
        return True
    return not all(isinstance(name, str) and name.strip().startswith(BUNDLED) for name in names)


def _copied(value: Any) -> Any:
    """A copy of plain values in plain groups. Raises `TypeError` for others."""
    kind: Any = type(value)
    if kind in _PLAIN or isinstance(value, Enum):
        return value
    if kind in _GROUPS:
        return kind(map(_copied, value))
    if kind is dict:
        return {_copied(name): _copied(each) for name, each in value.items()}
    raise TypeError(kind)


def _is_loose(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_loose, value.values())) or any(map(_is_loose, value))
    if value.__class__ in _GROUPS:
        return any(map(_is_loose, value))
    return value.__class__ in _LOOSE
