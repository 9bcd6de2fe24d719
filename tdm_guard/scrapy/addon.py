"""The add-on: both gates at their places, where a project has not put them itself, and there when a crawl begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tdm_guard.scrapy.request_gate import RequestGate
from tdm_guard.scrapy.response_gate import ResponseGate
from tdm_guard.scrapy.settings import MIDDLEWARES, check_gates, own_name, switched_off

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

REQUEST_GATE_ORDER = 110  # just inside RobotsTxtMiddleware (100), outside all that sends, follows and repeats requests
RESPONSE_GATE_ORDER = 950  # nearest the downloader, so that HttpCacheMiddleware (900) stores only what it let through


class Addon:
    """Puts `RequestGate` and `ResponseGate` into `DOWNLOADER_MIDDLEWARES`, and the agent's name into `USER_AGENT`."""

    def update_settings(self, settings: BaseSettings) -> None:
        """
        Called by Scrapy before the crawl. Raises `ConfigurationError` (a `ValueError`) if a gate was taken out.

        To switch the guard off, say so: `TDM_GUARD_ENABLED = False`.
        """
        settings.setdefault_in_component_priority_dict(MIDDLEWARES, RequestGate, REQUEST_GATE_ORDER)
        settings.setdefault_in_component_priority_dict(MIDDLEWARES, ResponseGate, RESPONSE_GATE_ORDER)
        settings.setdefault_in_component_priority_dict("EXTENSIONS", Watch, 0)
        _check(settings)
        if not switched_off(settings) and (name := own_name(settings)):
            settings.set("USER_AGENT", name, priority="addon")


class Watch:
    """Looks for the gates when the crawl begins: an add-on that came later may have taken them out."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Watch:
        """Called by Scrapy when all settings are made. Raises `ConfigurationError` if a gate is missing."""
        _check(crawler.settings)
        return cls()


def _check(settings: BaseSettings) -> None:
    if not switched_off(settings):
        check_gates(settings)
