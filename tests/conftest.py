"""How properties run: an example may take as long as a slow and busy machine needs for it, under coverage."""

from __future__ import annotations

import signal
from importlib import import_module
from pathlib import Path

from hypothesis import HealthCheck, settings

import tdm_guard.cli

# Commands load what they need when they are called: all of it now, lest one takes over what a test has patched.
for each in sorted(Path(tdm_guard.cli.__file__).parent.glob("[a-z]*.py")):
    import_module(f"tdm_guard.cli.{each.stem}")

# A shell has what it runs in the background ignore this signal, and so would all commands that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Fixtures of properties here are folders, and lists that each example clears.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
settings.register_profile("unhurried", UNHURRIED)
settings.load_profile("unhurried")
