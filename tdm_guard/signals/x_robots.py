"""
X-Robots-Tag and meta robots: AI words addressed to everyone or to our agent.

strategy: the rules that address us are united, the stricter wins. Search controls (noindex, noarchive, nosnippet, ...)
are no reservation of mining. Words addressed to others are heard by `ai_agents`, where those are AI agents.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tdm_guard.model import Fault, Headers, Reading, Source
from tdm_guard.signals._ai_words import FIELD, WORDS, AiWord, in_fields, in_page, is_image, weigh
from tdm_guard.signals._signal import Listener, Signal
from tdm_guard.usage import TRAINING

if TYPE_CHECKING:
    from tdm_guard.formats.html import Page

NAME = "x-robots"
MAX_FAULTS = 8

# Spellings that seem to mean a refusal but are defined nowhere (`no-ai`, `noaitraining`, `notrain`): noted only.
_UNDEFINED = re.compile(r"(?:no|dis)[a-z_-]{0,40}(?:ai|ml|llm|train)[a-z_-]{0,40}")


def read_headers(headers: Headers, source: Source, listener: Listener) -> Reading:
    """The X-Robots-Tag lines; `headers` may hold the content type, by which noimageai reserves or not."""
    return _read(list(in_fields(headers)), source, listener, image=is_image(headers))


def read_html(page: Page, source: Source, listener: Listener) -> Reading:
    """The meta tags named `robots` or as our agent, in head or body."""
    return _read(list(in_page(page)), source, listener, image=False)


def _read(words: list[AiWord], source: Source, listener: Listener, *, image: bool | None) -> Reading:
    own = listener.agent.lower()
    ours = [word for word in words if word.address is None or word.address == own]
    reading = weigh(ours, source, signal=NAME, cautious=listener.cautious, image=image)
    undefined = [word for word in ours if word.rule not in WORDS and _UNDEFINED.fullmatch(word.rule)]
    if not undefined:
        return reading
    faults = tuple(
        Fault.at(source, "not a rule that anybody defines", signal=NAME, locator=word.locator, excerpt=word.excerpt)
        for word in undefined[:MAX_FAULTS]
    )
    return Reading(reading.statements, faults)


SIGNAL = Signal(
    name=NAME,
    title="X-Robots-Tag and meta robots: noai, noimageai, noml",
    spec="no standard: Google's and MDN's descriptions of the syntax; DeviantArt, 2022-11; Mojeek's noml proposal",
    usages=TRAINING,
    headers=frozenset({FIELD}),
    html_words=WORDS,
    read_headers=read_headers,
    read_html=read_html,
)
