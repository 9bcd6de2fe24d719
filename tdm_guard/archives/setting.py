"""What the readings of one scan share: where files are opened, what others refer to, what was passed over."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable

from tdm_guard.archives.octets import Octets
from tdm_guard.archives.originals import Originals

_INFOS = 128  # of a file that are remembered; a record that is read late stood some sixty before
INSIDE = "!/"  # between a file and what lies in it, as in addresses of what is in a JAR


class Setting:
    """
    `archives` are those in which the originals of revisits may lie. `passed` counts what is read and not judged, by its
    kind: requests, `warcinfo`, records of `dns:` and the like. `infos` are the last `warcinfo` records that were met in
    each file, as they are stored.
    """

    def __init__(
        self,
        archives: Iterable[str] = (),
        passed: Counter[str] | None = None,
        *,
        opened: Callable[[str], Octets],
        infos: dict[str, deque[tuple[int, int]]] | None = None,
    ) -> None:
        self.originals = Originals(archives)
        self.passed = Counter[str]() if passed is None else passed
        self.opened = opened
        self._infos = {} if infos is None else infos

    def met_info(self, path: str, raw: tuple[int, int]) -> None:
        """Takes in a `warcinfo` record."""
        self._infos.setdefault(path, deque(maxlen=_INFOS)).append(raw)

    def close(self) -> None:
        """Gives up what is kept."""
        self.originals.close()
