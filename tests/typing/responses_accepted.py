"""Responses of each framework have their decision, or none."""

from __future__ import annotations

import aiohttp
import httpx
import httpx2
import requests
from scrapy.http import HtmlResponse, Response

from tdm_guard import Decision, decision_of


def verdicts(
    one: httpx.Response, two: httpx2.Response, three: Response, four: HtmlResponse, five: requests.Response
) -> list[str]:
    decisions: list[Decision | None] = [
        decision_of(one),
        decision_of(two),
        decision_of(three),
        decision_of(four),
        decision_of(five),
    ]
    return [decision.verdict for decision in decisions if decision is not None]


def verdict(response: aiohttp.ClientResponse) -> str | None:
    decision: Decision | None = decision_of(response)
    return None if decision is None else decision.verdict
