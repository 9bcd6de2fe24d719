"""What is no response has no decision, and what may have none must be asked."""

from __future__ import annotations

import aiohttp
import httpx
import requests
from scrapy import Request

from tdm_guard import decision_of

decision_of(None)  # error: arg-type
decision_of("http://site.example/")  # error: arg-type
decision_of(httpx.Request("GET", "http://site.example/"))  # error: arg-type
decision_of(Request("http://site.example/"))  # error: arg-type
decision_of(requests.Request("GET", "http://site.example/"))  # error: arg-type
print(decision_of(httpx.Response(200)).verdict)  # error: union-attr
decision_of(aiohttp.ClientSession())  # error: arg-type
