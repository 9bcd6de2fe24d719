"""The standards that are listened to: one module each, and this, the only list."""

from tdm_guard.signals import ai_agents, robots, tdmrep, x_robots
from tdm_guard.signals._signal import Signal

SIGNALS: tuple[Signal, ...] = (
    robots.SIGNAL,
    ai_agents.SIGNAL,
    tdmrep.SIGNAL,
    x_robots.SIGNAL,
)
