"""Seals of logs, and proofs from them: what was admitted and what was not, checkable without the log."""
