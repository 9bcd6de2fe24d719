"""What the readings of one scan share: where files are opened, what others refer to, what was passed over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from tdm_guard.archives.octets import Octets
from tdm_guard.archives.originals import Originals

INSIDE = "!/"  # between a file and what lies in it, as in addresses of what is in a JAR


class Setting:
    """
    `archives` are those in which the originals of revisits may lie. `passed` counts what is read and not judged, by its
    kind: requests, `warcinfo`, records of `dns:` and the like.
    """

    def __init__(
        self,
        archives: Iterable[str] = (),
        passed: Counter[str] | None = None,
        *,
        opened: Callable[[str], Octets],
    ) -> None:
        self.originals = Originals(archives)
        self.passed = Counter[str]() if passed is None else passed
        self.opened = opened

    def close(self) -> None:
        """Gives up what is kept."""
        self.originals.close()
