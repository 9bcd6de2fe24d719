"""
The standards that are listened to: a module or a folder each, and `SIGNALS`, the only list.

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
    content_signals,
    payment,
    repertoire,
    robots,
    trust_txt,
    x_robots,
)
from tdm_guard.signals.ai_agents import ai_agents_signal
from tdm_guard.signals.ai_txt import ai_txt_signal
from tdm_guard.signals.aipref import aipref_signal
from tdm_guard.signals.c2pa import c2pa_signal
from tdm_guard.signals.rsl import rsl_signal
from tdm_guard.signals.shape import Document, DocumentReading, Listener, Signal, Site, WideSite
from tdm_guard.signals.tdmrep import tdmrep_signal
from tdm_guard.signals.xmp import xmp_signal
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
    "WideSite",
]

SIGNALS: tuple[Signal, ...] = (
    robots.SIGNAL,
    ai_agents_signal.SIGNAL,
    payment.SIGNAL,
    tdmrep_signal.SIGNAL,
    aipref_signal.SIGNAL,
    content_signals.SIGNAL,
    rsl_signal.SIGNAL,
    ai_txt_signal.SIGNAL,
    trust_txt.SIGNAL,
    x_robots.SIGNAL,
    xmp_signal.SIGNAL,
    c2pa_signal.SIGNAL,
    repertoire.SIGNAL,
)
