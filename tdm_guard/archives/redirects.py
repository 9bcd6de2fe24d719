"""Redirects of an archive as what they were: the way to what they lead to, whose fields count for it, too."""

from __future__ import annotations

from collections import OrderedDict
from urllib.parse import urljoin

from tdm_guard.archives.captured import is_judged
from tdm_guard.archives.items import Item
from tdm_guard.formats.site.path_pattern import normal_url
from tdm_guard.model import Fetched

_REMEMBERED = 10_000  # addresses that were redirected to and not met yet; a crawler soon follows
_LONGEST = 20  # redirects in a row; browsers follow as many
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Redirects:
    """The ways that were not gone to their end yet."""

    def __init__(self) -> None:
        self.ways: OrderedDict[str, tuple[Fetched, ...]] = OrderedDict()

    def along(self, item: Item) -> Item:
        """`item` with the redirects that led to it; one that is a redirect itself is remembered."""
        if self.ways and (hops := self.ways.pop(_place(item.url), ())):
            item = item._replace(hops=hops)
        if item.status in REDIRECTS:
            location = next((value for name, value in item.headers if name.lower() == "location"), "")
            target = _target(item.url, location)
            if target and len(item.hops) < _LONGEST:
                hop = Fetched(status=item.status, headers=item.headers, url=item.url, at=item.at)
                self.ways[_place(target)] = (*item.hops, hop)
                if len(self.ways) > _REMEMBERED:
                    self.ways.popitem(last=False)
        return item


def _target(url: str, location: str) -> str:
    try:
        target = urljoin(url, location.strip()) if location else ""
    except ValueError:
        return ""
    return target if is_judged(target) else ""


def _place(url: str) -> str:
    return normal_url(url.partition("#")[0])
