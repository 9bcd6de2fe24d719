"""
A pretend web on loopback: for tests of crawlers, our own users' included.

`PretendWeb` serves any number of `Site`s, each a mapping from paths to `Answer`s, as a forward proxy (so that sites
have lifelike names) and on a port of its own. `sample_web()` is a ready one, with sites that reserve, permit, keep
silent and fail in the ways that sites do.
"""

from tdm_guard.testing.behaviour import digest_protected, endless, one_after_another, with_cookie
from tdm_guard.testing.content import marker
from tdm_guard.testing.sample import SITES, sample_web
from tdm_guard.testing.server import PretendWeb
from tdm_guard.testing.site import Answer, Received, Site

__all__ = [
    "SITES",
    "Answer",
    "PretendWeb",
    "Received",
    "Site",
    "digest_protected",
    "endless",
    "marker",
    "one_after_another",
    "sample_web",
    "with_cookie",
]
