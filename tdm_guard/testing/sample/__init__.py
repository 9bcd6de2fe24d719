"""
The sample web: some seventy sites that reserve, permit, keep silent, contradict themselves and fail as sites do.

Each is data (`press`, `culture`, `town`, `music`; by standard `standards`, `licences`, `carriers`; `contradictions`);
one more is one more entry there. `index.example` links to every page.
"""

from __future__ import annotations

from tdm_guard.testing.content import marker, page
from tdm_guard.testing.sample import carriers, contradictions, culture, licences, music, press, standards, town
from tdm_guard.testing.sample._build import UNRESERVED
from tdm_guard.testing.server import PretendWeb
from tdm_guard.testing.site import Answer, Received, Site

_LISTED = (
    *press.SITES,
    *culture.SITES,
    *town.SITES,
    *music.SITES,
    *carriers.SITES,
    *standards.SITES,
    *licences.SITES,
    *contradictions.SITES,
)


def _index(request: Received) -> Answer:
    links = [
        (request.base(site.name) + path, f"{site.name}{path}: {site.about}" if path == "/" else f"{site.name}{path}")
        for site in _LISTED
        for path in site.expected
    ]
    text = "Every page of this pretend web."
    return Answer.html(page(mark=marker("index.example", "/"), title="Index", text=text, links=links))


SITES: tuple[Site, ...] = (
    Site(
        name="index.example",
        pages={"/": _index},
        expected={"/": UNRESERVED},
        about="A list of every page of the sample web.",
    ),
    *_LISTED,
)


def sample_web() -> PretendWeb:
    """The sample web, ready to open: `with sample_web() as web: ...`."""
    return PretendWeb(SITES)
