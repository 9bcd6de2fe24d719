"""The standards that are listened to: one module each, and this, the only list."""

from tdm_guard.signals import (
    ai_agents,
    ai_txt,
    aipref,
    c2pa,
    content_signals,
    payment,
    repertoire,
    robots,
    rsl,
    tdmrep,
    trust_txt,
    x_robots,
    xmp,
)
from tdm_guard.signals._signal import Signal

SIGNALS: tuple[Signal, ...] = (
    robots.SIGNAL,
    ai_agents.SIGNAL,
    payment.SIGNAL,
    tdmrep.SIGNAL,
    aipref.SIGNAL,
    content_signals.SIGNAL,
    rsl.SIGNAL,
    ai_txt.SIGNAL,
    trust_txt.SIGNAL,
    x_robots.SIGNAL,
    xmp.SIGNAL,
    c2pa.SIGNAL,
    repertoire.SIGNAL,
)
