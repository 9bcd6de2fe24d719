"""How long a test waits for what comes at once, before it says that it hangs."""

from __future__ import annotations

PATIENCE = 120.0  # seconds; a machine that is slow and busy needs far less
