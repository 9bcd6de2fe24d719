"""What stands apart from a decision, beside its log, as a proof shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdm_guard.errors import ConfigurationError
from tdm_guard.log.aside import sides_in
from tdm_guard.log.compressed import DAMAGED, open_log
from tdm_guard.log.personal import side_of

if TYPE_CHECKING:
    from collections.abc import Iterable


def personal_of(logs: Iterable[str], run: str, seq: int) -> dict[str, str] | None:
    """
    Salt and members of a decision, these as they are spelt beside the logs; None where nothing stands apart.

    Raises `ConfigurationError` if such a file cannot be read.
    """
    for path in filter(None, map(side_of, logs)):
        try:
            with open_log(path) as file:
                for _, side in sides_in(file):
                    if side is not None and (side.run, side.seq) == (run, seq):
                        return {"salt": side.salt.hex(), "members": side.members.decode("utf-8", "replace")}
        except DAMAGED as error:
            raise ConfigurationError(f"{path!r} cannot be read: {error}") from error
    return None
