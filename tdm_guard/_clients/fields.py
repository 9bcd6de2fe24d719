"""Header lines as they were received, in bytes, made text; of those of a response, the ones that are heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from tdm_guard.model import Headers

MAX_SPELLINGS = 1000  # header names that are remembered; servers know some hundreds
MAX_SPELLING = 100  # bytes of one of them, so that they take at most 200 kB


def pairs(raw: Sequence[tuple[bytes, bytes]]) -> Headers:
    """All header lines as text, repeated ones kept apart: ASCII, else UTF-8, else Latin-1, the same for all of them."""
    for coding in ("ascii", "utf-8"):
        try:
            return tuple([(name.decode(coding), value.decode(coding)) for name, value in raw])
        except UnicodeDecodeError:
            continue
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw])


class Picker:
    """
    Picks the header lines with certain `names` (lower case).

    Servers send the same few names over and over: whether one as it is spelt is ours is looked up, not worked out.
    """

    __slots__ = ("_known", "_names")

    def __init__(self, names: Set[str]) -> None:
        self._names = names
        self._known: dict[bytes, str | None] = {}

    def pairs(self, raw: Sequence[tuple[bytes, bytes]]) -> Headers:
        """The lines as text, names in lower case, repeated ones kept apart."""
        known = self._known
        found: list[tuple[str, str]] = []
        try:
            for spelt, value in raw:
                name = known[spelt] if spelt in known else self._learn(spelt)
                if name is not None:
                    found.append((name, value.decode("ascii")))
        except UnicodeDecodeError:
            return self.among(pairs(raw))
        return tuple(found)

    def among(self, headers: Iterable[tuple[str, str]]) -> Headers:
        """The same of lines that are text already."""
        return tuple([(name.lower(), value) for name, value in headers if name.lower() in self._names])

    def _learn(self, raw: bytes) -> str | None:
        name = raw.decode("ascii").lower()
        own = name if name in self._names else None
        if len(self._known) < MAX_SPELLINGS and len(raw) <= MAX_SPELLING:
            self._known[raw] = own
        return own
