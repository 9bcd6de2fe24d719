"""Requests that are cancelled on their way."""

from __future__ import annotations

import asyncio
from typing import Any


def cancel_after(task: asyncio.Task[Any], turns: int) -> None:
    """Cancels `task` after so many turns of the loop."""
    if turns:
        asyncio.get_running_loop().call_soon(cancel_after, task, turns - 1)
    else:
        task.cancel()
