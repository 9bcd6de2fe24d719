"""What the run record says of a declaration or a list of works that was loaded."""

from __future__ import annotations

from dataclasses import dataclass

from tdm_guard.matched import Told


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loaded(Told):
    """Name, version, and SHA-256 of the file it stood in; of a list its size in bytes, too."""

    id: str
    version: str
    sha256: str
    size: str | None = None
