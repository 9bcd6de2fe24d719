"""
The guard for Scrapy: `ADDONS = {"tdm_guard.scrapy.Addon": 500}` does it all.

By hand, two downloader middlewares: `RequestGate` at 110 and `ResponseGate` at 950. What is withheld reaches errbacks
and media pipelines as `Withheld`, an `IgnoreRequest`; the signal `withheld` is sent with `request` and `decision`.
"""

from tdm_guard.errors import without_extra

try:
    from tdm_guard.scrapy.addon import Addon
    from tdm_guard.scrapy.outcome import Unjudged, Withheld, withheld
    from tdm_guard.scrapy.request_gate import RequestGate
    from tdm_guard.scrapy.response_gate import ResponseGate
except ModuleNotFoundError as error:
    raise without_extra("scrapy", error) from None

__all__ = ["Addon", "RequestGate", "ResponseGate", "Unjudged", "Withheld", "withheld"]
