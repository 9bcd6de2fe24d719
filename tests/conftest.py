"""How properties run: an example may take as long as a slow and busy machine needs for it, under coverage."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Fixtures of properties here are folders, and lists that each example clears.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
settings.register_profile("unhurried", UNHURRIED)
settings.load_profile("unhurried")
