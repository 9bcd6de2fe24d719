"""`check`: one decision per URL, through the same guarded client that users have."""

from __future__ import annotations

import os
import tempfile
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tdm_guard._version import __version__
from tdm_guard.cli.console import record, say, waiting
from tdm_guard.cli.options import with_tables
from tdm_guard.cli.page import show
from tdm_guard.decision import Withheld
from tdm_guard.errors import ConfigurationError
from tdm_guard.httpx import GuardClient
from tdm_guard.log.record import line_of
from tdm_guard.options import Options
from tdm_guard.options.config import with_config
from tdm_guard.origin import Origin
from tdm_guard.plain import address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tdm_guard.decision import Decision

AGENT = "tdm-guard"  # who asks, unless the caller says for whom
PAGE_TIMEOUT = 20.0  # seconds for each step of the page's own request
MAX_REDIRECTS = 10


def check(urls: Sequence[str], given: Mapping[str, Any], *, as_json: bool) -> int:
    """
    Prints the decision for each URL; 0 if all are admitted, 1 if one is withheld, 2 if a page gave no answer.

    Nothing is stored, so the log goes to a temporary file unless one is asked for. Raises `ConfigurationError`
    before anything is fetched.
    """
    options = _options(urls, given)
    codes = {0}
    with tempfile.TemporaryDirectory(prefix="tdm-guard-") as folder:
        options.setdefault("log", str(Path(folder) / "check.jsonl"))
        with client_for(options) as client:
            for url in urls:
                decision = judge(client, url)
                if decision is None:
                    codes.add(2)
                    continue
                codes.add(0 if decision.admitted else 1)
                if as_json:
                    record(line_of(decision.to_dict()))
                else:
                    show(decision)
    return max(codes)


def _options(urls: Sequence[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options by name, checked with the URLs in one go, so that every mistake is told at once."""
    problems: list[str] = []
    options: dict[str, Any] = {}
    try:
        options = with_config(with_tables(given), environ=os.environ)
        options.setdefault("agent", AGENT)
        Options.read(options)
    except ConfigurationError as error:
        problems.extend(error.problems)
    for url in urls:
        try:
            requestable(url)
        except ConfigurationError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigurationError(*problems)
    return options


def requestable(url: str) -> None:
    """Raises `ConfigurationError` for a URL that no request can be made for."""
    if "//" not in url:
        raise ConfigurationError(f"the URL {address(url)} has no scheme; for example https://example.org/")
    Origin.parse(url)
    try:
        httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:  # the latter: bytes that are no text, in the shell's words
        raise ConfigurationError(f"the URL {address(url)} cannot be requested: {error}") from None


def client_for(options: Mapping[str, Any]) -> GuardClient:
    """The guarded client of the commands: it follows redirects and goes by its agent's name."""
    return GuardClient(**options, **_way(options))


def _way(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "headers": {"user-agent": f"{options['agent']}/{__version__}"},
        "follow_redirects": True,
        "max_redirects": MAX_REDIRECTS,
        "timeout": PAGE_TIMEOUT,
    }


def plain_client(options: Mapping[str, Any], *, connections: int) -> httpx.Client:
    """
    A client that goes the same way and is not guarded yet, for so many connections at a time.

    It takes no cookies: each address is asked for as by a stranger.
    """
    client = httpx.Client(
        **_way(options)
        | {
            "timeout": httpx.Timeout(PAGE_TIMEOUT, pool=None),
            "limits": httpx.Limits(max_connections=None, max_keepalive_connections=connections),
        }
    )
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client


def judge(client: GuardClient, url: str, *, item: Any = None) -> Decision | None:
    """
    The decision, or None if the page itself gave no answer; `item` is what is known of the work there.

    A body that need not be judged is not downloaded.
    """
    try:
        with waiting(f"reading {url} and what its site declares …"):
            return page_of(client, url, item=item)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        say(f"tdm-guard: {url} gave no answer to judge: {type(error).__name__}: {error}")
        return None


def page_of(client: httpx.Client, url: str, *, item: Any = None) -> Decision:
    """The decision on a page that is asked for by a guarded client. Raises what httpx raises if it gave no answer."""
    known = {"tdm_guard_item": item} if item else {}
    try:
        with client.stream("GET", url, extensions=known) as response:
            decision: Decision = response.extensions["tdm_guard"]
    except Withheld as refusal:
        return refusal.decision
    return decision
