"""
What the operator holds: declarations, authorisations, reviews, contacts and lists, read from the files options name.

Any TOML file may hold `[[declarations]]`, `[[authorisations]]`, `[[reviews]]` and `[[contacts]]`; beside files there
are folders of them, lists and the bundled set. They are read once, when a run starts, and all of them before anything
is reported, so that one call shows every mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tdm_guard.errors import ConfigurationError
from tdm_guard.holdings.files import BUNDLED, EVERY, LIST_SUFFIX, MAX_BYTES, Holdings, Reader, bundled
from tdm_guard.repertoire.contact import GOOD_CONTACT, Contact
from tdm_guard.repertoire.problem import Problem, Severity, shown

__all__ = ["BUNDLED", "EVERY", "LIST_SUFFIX", "MAX_BYTES", "Holdings", "bundled", "lint", "load", "load_contacts"]


def load(names: Sequence[str | Path]) -> Holdings:
    """
    What the files, folders and bundled entries named hold. Raises `ConfigurationError` with every mistake in them.
    """
    reader = Reader()
    reader.read(names)
    reader.check(Severity.MISTAKE)
    reader.stop_at_mistakes()
    return reader.holdings()


def load_contacts(names: Sequence[str | Path]) -> tuple[Contact, ...]:
    """The contacts in the files and folders named, whatever else they hold. Raises as `load` does, and if none is."""
    reader = Reader()
    reader.read(names)
    reader.stop_at_mistakes()
    if names and not reader.contacts:
        raise ConfigurationError(f"contacts: {shown(str(names[0]))} holds none; for example {GOOD_CONTACT}")
    return tuple(contact for _, contact in reader.contacts)


def lint(names: Sequence[str | Path], *, today: date | None = None) -> tuple[Problem, ...]:
    """
    Every problem in the files named, in the order of the files.

    What they refer to may stand in files not named, so that an unknown id is only a warning. With `today` (UTC),
    entries whose review has run out are named too.
    """
    reader = Reader()
    reader.read(names)
    reader.check(Severity.WARNING)
    if today is not None:
        reader.check_age(today)
    return tuple(reader.problems)
