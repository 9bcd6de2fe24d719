"""
The standards that are listened to: one module each, and `SIGNALS`, the only list.

And the parts of which a signal is made, for signals of your own (docs/own-signals.md): `signals=(*SIGNALS, mine)`.
"""

from tdm_guard.formats.files.asset import Asset, Packet, Place, Unread
from tdm_guard.formats.page.html import Page, Tag
from tdm_guard.formats.site.robots_txt import RobotsTxt
from tdm_guard.model import (
    NOTHING,
    Declared,
    Fault,
    Fetched,
    Headers,
    Kind,
    Layer,
    Posture,
    Reading,
    Result,
    Source,
    Stance,
    Statement,
)
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
from tdm_guard.signals._signal import Document, DocumentReading, Listener, Signal, Site
from tdm_guard.usage import EVERY, TDM, TRAINING, Usage

__all__ = [
    "EVERY",
    "NOTHING",
    "SIGNALS",
    "TDM",
    "TRAINING",
    "Asset",
    "Declared",
    "Document",
    "DocumentReading",
    "Fault",
    "Fetched",
    "Headers",
    "Kind",
    "Layer",
    "Listener",
    "Packet",
    "Page",
    "Place",
    "Posture",
    "Reading",
    "Result",
    "RobotsTxt",
    "Signal",
    "Site",
    "Source",
    "Stance",
    "Statement",
    "Tag",
    "Unread",
    "Usage",
]

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
