"""Scrapy's download handlers, by settings: a crawl is held to the same with each of them."""

from __future__ import annotations

from typing import Any

import pytest
import scrapy

_PACKAGE = "scrapy.core.downloader.handlers"
AIOHTTP = {
    "DOWNLOAD_HANDLERS": {"http": f"{_PACKAGE}._aiohttp.AiohttpDownloadHandler"},
    "TWISTED_REACTOR_ENABLED": False,
}
HANDLERS: dict[str, dict[str, Any]] = {
    "default reactor": {},
    "aiohttp without a reactor": AIOHTTP,
    "httpx": {"DOWNLOAD_HANDLERS": {"http": f"{_PACKAGE}._httpx.HttpxDownloadHandler"}},
    "muted handler": {"DOWNLOAD_HANDLERS": {"http": "probe_parts.MutedHandler"}},
}
YOUNG = pytest.mark.skipif(scrapy.version_info < (2, 18), reason="this Scrapy has no such handler")
TWO = [pytest.param({}, id="default reactor"), pytest.param(AIOHTTP, id="aiohttp", marks=YOUNG)]


def way(name: str) -> Any:
    """A parameter of this name; handlers other than Twisted's are younger than the oldest Scrapy supported."""
    return pytest.param(name, marks=YOUNG if "http" in name else ())
