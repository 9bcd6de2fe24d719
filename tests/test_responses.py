"""The decision behind a response: that of what a guard handed on, and of nothing else."""

from __future__ import annotations

import gc
import pickle
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import httpx2
import pytest
import requests
import scrapy
from scrapy.http import HtmlResponse

from tdm_guard import ConfigurationError, Decision, decision_of, evaluate
from tdm_guard.responses import forget, remember

URL = "http://site.example/"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
HTTPX = pytest.mark.parametrize("module", [httpx, httpx2], ids=lambda module: module.__name__)


@pytest.fixture
def decision() -> Decision:
    return evaluate(URL, status=404, unread="ignore", now=NOW)


@HTTPX
def test_that_of_an_httpx_response_is_in_its_extensions(module: Any, decision: Decision) -> None:
    assert decision_of(module.Response(200, extensions={"tdm_guard": decision})) is decision


@HTTPX
@pytest.mark.parametrize("extensions", [{}, {"tdm_guard": {"verdict": "permitted"}}, {"tdm_guard": None}])
def test_an_httpx_response_without_one_was_not_judged(module: Any, extensions: dict[str, Any]) -> None:
    assert decision_of(module.Response(200, extensions=extensions)) is None


@HTTPX
def test_what_was_unpickled_was_not_judged(module: Any, decision: Decision) -> None:
    response = module.Response(200, text="words", extensions={"tdm_guard": decision})
    assert decision_of(pickle.loads(pickle.dumps(response))) is None


def test_that_of_a_response_of_requests_is_beside_it(decision: Decision) -> None:
    response = requests.Response()
    assert decision_of(response) is None
    response.tdm_guard = decision  # type: ignore[attr-defined]
    assert decision_of(response) is decision
    response._content = b"words"
    assert decision_of(pickle.loads(pickle.dumps(response))) is None


def test_that_of_a_scrapy_response_is_that_of_its_request(decision: Decision) -> None:
    request = scrapy.Request(URL)
    response = HtmlResponse(URL, request=request, body=b"words")
    remember(request, decision)
    assert decision_of(response) is decision
    assert decision_of(response.replace(body=b"others")) is decision


def test_what_a_mark_says_is_no_decision(decision: Decision) -> None:
    request = scrapy.Request(URL, meta={"tdm_guard": {"verdict": "permitted", "decision": "x"}})
    assert decision_of(HtmlResponse(URL, request=request)) is None
    assert decision_of(HtmlResponse(URL)) is None
    remember(request, decision)
    assert decision_of(HtmlResponse(URL, request=request.copy())) is None


def test_a_request_that_is_sent_again_has_none(decision: Decision) -> None:
    request = scrapy.Request(URL)
    remember(request, decision)
    forget(request)
    forget(request)
    assert decision_of(HtmlResponse(URL, request=request)) is None


def test_it_is_kept_no_longer_than_the_request(decision: Decision) -> None:
    request = scrapy.Request(URL)
    remember(request, decision._replace(url="http://kept.example/"))
    del request
    gc.collect()
    kept = [item for item in gc.get_objects() if isinstance(item, Decision) and item.url == "http://kept.example/"]
    assert kept == []


@pytest.mark.parametrize(
    "other",
    [None, "response", httpx.Request("GET", URL), scrapy.Request(URL), SimpleNamespace(extensions={}, status_code=200)],
    ids=lambda other: type(other).__name__,
)
def test_what_is_no_response_is_a_mistake(other: Any) -> None:
    with pytest.raises(
        ConfigurationError, match=r"response: .* is no response of httpx, httpx2, requests, aiohttp or Scrapy"
    ):
        decision_of(other)


def test_a_response_of_a_class_derived_from_theirs_is_one(decision: Decision) -> None:
    class Response(httpx.Response):
        pass

    assert decision_of(Response(200, extensions={"tdm_guard": decision})) is decision
