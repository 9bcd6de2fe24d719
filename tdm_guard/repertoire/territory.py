"""Where a declaration or an authorisation reaches: country codes, EU, EEA, or the whole world."""

from __future__ import annotations

from tdm_guard.formats.countries import EEA, EU

WORLD = "WORLD"
_UNIONS = {"EU": EU, "EEA": EEA}


def covers(territory: tuple[str, ...], country: str | None) -> bool | None:
    """
    Whether `territory` reaches copies made in `country` (ISO 3166-1 alpha-2); None if no country is known.

    EU and EEA stand for their member states of 2026.
    """
    if WORLD in territory:
        return True
    if country is None:
        return None
    return country in territory or any(country in members for code, members in _UNIONS.items() if code in territory)
