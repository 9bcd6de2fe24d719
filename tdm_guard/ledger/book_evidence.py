"""What documents answered, kept where the run of a ledger keeps evidence, which begins with the first of it."""

from __future__ import annotations

from collections.abc import Callable

from tdm_guard.ledger.book import Book


class BookEvidence:
    """Keeps it in the book that `opened` gives (a `Keeper`)."""

    def __init__(self, opened: Callable[[], Book]) -> None:
        self._opened = opened

    def holds(self, sha256: str) -> bool:
        """True if there is a copy."""
        store = self._opened().evidence
        return store is not None and store.holds(sha256)

    def take(self, sha256: str, body: bytes) -> None:
        """Takes what a document answered."""
        store = self._opened().evidence
        if store is not None:
            store.take(sha256, body)
