"""What all crawls of the benchmarks have in common."""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, Any] = {
    "LOG_LEVEL": "ERROR",
    "USER_AGENT": "ExampleBot/1.0 (+http://example.org/bot)",
    "TELNETCONSOLE_ENABLED": False,
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "RETRY_ENABLED": False,
}
GUARD: dict[str, Any] = {"ADDONS": {"tdm_guard.scrapy.Addon": 500}}
